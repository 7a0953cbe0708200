//! The store that writes straight to its view, for trials in memory: what it holds is forgotten with its process.
//!
//! Owns: the one writer and the order of commits. Leaves what survives to `durable`, which decides by the same `staging`.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::{
    Changes, Commit, CommitError, Direction, Error, FORMAT, Key, Limits, Op, Page, Range, Receipt, Store, Versioned,
    View, Write, changes::Feed, meta, staging::Staging, view::Written,
};

/// A view with preconditions, epochs and command ids.
pub struct Direct<V> {
    view: V,
    writer: Mutex<Writer>,
    feed: Arc<Feed>,
}

struct Writer {
    epoch: u64,
    position: u64,
    stopped: Option<Arc<Error>>,
}

impl<V: View> Direct<V> {
    /// Takes a view that nobody else writes, new or with a store's rows in it.
    pub fn new(view: V) -> Result<Self, Error> {
        let position = view.applied()?;
        let found = [view.get(&meta::format_key())?, view.get(&meta::epoch_key())?];
        let [format, epoch] = found.map(|row| row.map(|row| meta::number(&row)).transpose());
        let (format, epoch) = (format?, epoch?.unwrap_or(0));
        let writer = Mutex::new(Writer { epoch, position, stopped: None });
        let store = Self { view, writer, feed: Feed::behind(position) };
        match format {
            Some(found) => crate::format::check_known(found)?,
            None if position == 0 => {
                store.write_own(&mut *store.writer()?, meta::number_op(meta::format_key(), FORMAT))?;
            }
            None => return Err(Error::Damaged { what: "its format row is lost".into() }),
        }
        Ok(store)
    }

    fn write_own(&self, writer: &mut Writer, op: Op) -> Result<(), Error> {
        let mut staging = Staging::new(&self.view, writer.epoch, writer.position);
        staging.stage([op])?;
        self.write(writer, staging).map_err(|source| Error::Stopped { source })
    }

    /// The only place that changes the view. What is written here and then fails is of unknown outcome.
    fn write(&self, writer: &mut Writer, staging: Staging<'_, V>) -> Result<(), Arc<Error>> {
        let rows: Vec<Written<'_>> = staging.newest().into_iter().map(Write::as_written).collect();
        if let Err(error) = self.view.apply(&rows, Some(staging.position())) {
            let error = Arc::new(error);
            writer.stopped = Some(Arc::clone(&error));
            return Err(error);
        }
        writer.position = staging.position();
        self.feed.publish(staging.changes());
        Ok(())
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, Error> {
        let Ok(writer) = self.writer.lock() else {
            let source = Arc::new(Error::Damaged { what: "a write ended in a panic".into() });
            return Err(Error::Stopped { source });
        };
        match &writer.stopped {
            Some(source) => Err(Error::Stopped { source: Arc::clone(source) }),
            None => Ok(writer),
        }
    }
}

impl<V: View> Store for Direct<V> {
    fn limits(&self) -> Limits {
        Limits::LOCAL
    }

    fn epoch(&self) -> Result<u64, Error> {
        Ok(self.writer()?.epoch)
    }

    fn raise_epoch(&self) -> Result<u64, Error> {
        let mut writer = self.writer()?;
        let raised = writer.epoch + 1;
        self.write_own(&mut writer, meta::number_op(meta::epoch_key(), raised))?;
        writer.epoch = raised;
        Ok(raised)
    }

    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        let mut writer = self.writer()?;
        let before = writer.position;
        let mut staging = Staging::new(&self.view, writer.epoch, before);
        let mut answers = Vec::with_capacity(batch.len());
        let limit = self.limits().batch_commits_max;
        for (at, commit) in batch.into_iter().enumerate() {
            answers.push(if at < limit { staging.admit(commit)? } else { Err(CommitError::Busy { limit }) });
        }
        if staging.is_empty() {
            return Ok(answers);
        }
        if let Err(cause) = self.write(&mut writer, staging) {
            forget_receipts(&mut answers, before, &cause);
        }
        Ok(answers)
    }

    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        keys.iter().map(|key| self.view.get(key)).collect()
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.view.scan(range, after, limit, direction)
    }

    fn changes(&self, from: u64) -> Changes {
        self.feed.follow(from)
    }
}

/// Takes back every promise of this batch; what was committed before it, and is only repeated, stays true.
fn forget_receipts(answers: &mut [Result<Receipt, CommitError>], before: u64, cause: &Arc<Error>) {
    for answer in answers {
        if matches!(answer, Ok(receipt) if receipt.position > before) {
            *answer = Err(CommitError::OutcomeUnknown(Arc::clone(cause)));
        }
    }
}
