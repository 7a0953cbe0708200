//! The store that writes straight to its view.
//!
//! Owns: the one writer, the order of commits, and what an answer means: durable, refused, or unknown. After a failed
//! write it never writes again, because a second flush may claim what the first one lost. Readers go to the view and
//! may see a batch shortly before it is durable; whoever acts on the world acts on receipts.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::{
    Changes, Commit, CommitError, Direction, Error, FORMAT, Key, Limits, Op, Page, Range, Receipt, Store, Versioned,
    View, changes::Feed, meta, staging::Staging,
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

    /// The view below, for tests that reach behind the store's back.
    #[cfg(test)]
    pub(crate) fn view(&self) -> &V {
        &self.view
    }

    fn write_own(&self, writer: &mut Writer, op: Op) -> Result<(), Error> {
        let mut staging = Staging::new(&self.view, writer.epoch, writer.position);
        staging.stage([op])?;
        self.view.room_for(staging.bytes())?;
        self.write(writer, staging).map_err(|source| Error::Stopped { source })
    }

    /// The only place that changes the view. What is written here and then fails is of unknown outcome.
    fn write(&self, writer: &mut Writer, staging: Staging<'_, V>) -> Result<(), Arc<Error>> {
        let applied = staging.steps().iter().try_for_each(|step| self.view.apply(step.position, step.writes));
        if let Err(error) = applied.and_then(|()| self.view.flush()) {
            let error = Arc::new(error);
            writer.stopped = Some(Arc::clone(&error));
            return Err(error);
        }
        writer.position = staging.position();
        self.feed.publish(staging.into_changes());
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
        self.view.room_for(staging.bytes())?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

    use super::*;
    use crate::{
        Pre, Write,
        conformance::{commit, key, put},
        memory::MemoryView,
    };

    /// A view on a disk that can be told to fail.
    #[derive(Default)]
    struct Failing {
        rows: MemoryView,
        flush_fails: AtomicBool,
        apply_fails: AtomicBool,
        full: AtomicBool,
        flushes: AtomicUsize,
    }

    fn failure(fails: &AtomicBool) -> Result<(), Error> {
        if fails.load(SeqCst) { Err(Error::Damaged { what: "the disk is on fire".into() }) } else { Ok(()) }
    }

    impl View for Failing {
        fn apply(&self, position: u64, writes: &[Write]) -> Result<(), Error> {
            failure(&self.apply_fails)?;
            self.rows.apply(position, writes)
        }
        fn applied(&self) -> Result<u64, Error> {
            self.rows.applied()
        }
        fn flush(&self) -> Result<(), Error> {
            self.flushes.fetch_add(1, SeqCst);
            failure(&self.flush_fails)
        }
        fn room_for(&self, _bytes: usize) -> Result<(), Error> {
            failure(&self.full)
        }
        fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
            self.rows.get(key)
        }
        fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
            self.rows.scan(range, after, limit, direction)
        }
        fn wipe(&self) -> Result<(), Error> {
            self.rows.wipe()
        }
    }

    fn three_commits() -> Vec<Commit> {
        let once = Commit { id: Some([1; 16]), ops: vec![put(1, "x")], ..Commit::default() };
        let lost = Commit { pre: vec![Pre::Present(key(9))], ..Commit::default() };
        vec![once, lost, Commit { ops: vec![put(2, "x")], ..Commit::default() }]
    }

    #[test]
    fn after_a_failed_flush_nothing_is_promised_written_or_flushed_again() {
        let store = Direct::new(Failing::default()).unwrap();
        let mut changes = store.changes(store.commit(three_commits()).unwrap()[2].as_ref().unwrap().position);
        store.view.flush_fails.store(true, SeqCst);
        let answers = store.commit(three_commits()).unwrap();
        assert!(matches!(&answers[0], Ok(receipt) if receipt.repeated), "it was durable before");
        assert!(matches!(answers[1], Err(CommitError::Conflict(_))));
        assert!(matches!(answers[2], Err(CommitError::OutcomeUnknown(_))));
        store.view.flush_fails.store(false, SeqCst);
        let flushes = store.view.flushes.load(SeqCst);
        assert!(matches!(store.commit(three_commits()), Err(Error::Stopped { .. })));
        assert!(matches!(store.raise_epoch(), Err(Error::Stopped { .. })));
        assert_eq!(store.view.flushes.load(SeqCst), flushes);
        assert_eq!(changes.next_now(), None);
    }

    #[test]
    fn after_a_failed_write_nothing_is_flushed() {
        let store = Direct::new(Failing::default()).unwrap();
        let flushes = store.view.flushes.load(SeqCst);
        store.view.apply_fails.store(true, SeqCst);
        let answers = store.commit(three_commits()).unwrap();
        assert!(matches!(answers[0], Err(CommitError::OutcomeUnknown(_))));
        assert!(matches!(store.commit(Vec::new()), Err(Error::Stopped { .. })));
        assert_eq!(store.view.flushes.load(SeqCst), flushes);
    }

    #[test]
    fn a_full_disk_refuses_the_batch_and_the_store_goes_on_when_there_is_room() {
        let store = Direct::new(Failing::default()).unwrap();
        store.view.full.store(true, SeqCst);
        assert!(store.commit(three_commits()).is_err());
        assert!(store.raise_epoch().is_err());
        store.view.full.store(false, SeqCst);
        assert_eq!(store.get(&[key(1)]).unwrap(), [None]);
        assert_eq!(store.epoch().unwrap(), 0);
        commit(&store, [put(1, "x")]);
    }

    #[test]
    fn one_batch_is_one_flush_and_a_batch_that_changes_nothing_is_none() {
        let store = Direct::new(Failing::default()).unwrap();
        store.commit(three_commits()).unwrap();
        let flushes = store.view.flushes.load(SeqCst);
        store.commit(vec![Commit { ops: vec![put(3, "x")], ..Commit::default() }; 64]).unwrap();
        assert_eq!(store.view.flushes.load(SeqCst), flushes + 1);
        store.commit(three_commits().into_iter().take(2).collect()).unwrap();
        assert_eq!(store.view.flushes.load(SeqCst), flushes + 1);
    }

    #[test]
    fn a_view_with_rows_but_without_a_format_is_no_new_store() {
        let view = MemoryView::default();
        view.apply(3, &[]).unwrap();
        assert!(matches!(Direct::new(view), Err(Error::Damaged { .. })));
    }
}
