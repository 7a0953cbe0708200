//! The product's store: a journal that makes commits durable, an overlay that shows them, and a view that follows.
//!
//! Owns: the order of commits, and what an answer means: durable, refused, or unknown. A commit is answered when the
//! journal holds it; the view takes its rows later, each once however often it was overwritten. So the view can always
//! be made again, and no read waits for it. After a failed write nothing is ever written again: a second sync may claim
//! what the first one lost. Leaves when to follow, check and trim to whoever opened it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{
    Changes, Commit, CommitError, Counters, Direction, Disk, Error, FORMAT, Key, Limits, Op, Page, Range, Receipt,
    Store, Sums, Versioned, View,
    changes::Feed,
    counters::Counted,
    journal::{Draft, Journal, JournalOptions, Unwritten},
    lane::Lane,
    meta,
    overlay::{Layer, Overlay},
    sabotage::{Bug, is_planted},
    staging::{Rows, Staging},
    view::Written,
};

/// What waits for the view at most; beyond it, whoever commits first helps the view along.
pub const OVERLAY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The view takes about so many rows in one step; large steps made sled's memory grow.
pub const STEP_ROWS_MAX: usize = 1000;
/// How many callers may wait for the writer; those beyond are answered `Busy`.
pub const WAITING_MAX: usize = 1024;
/// A group is written once it holds about so many bytes; what is left goes into the next one.
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A journal with a view that follows it.
pub struct Durable<V> {
    view: V,
    overlay: RwLock<Overlay>,
    writer: Mutex<Writer>,
    lane: Lane<Vec<Commit>, Answered>,
    follower: Mutex<Follower>,
    feed: Arc<Feed>,
    counted: Counted,
}

type Answer = Result<Receipt, CommitError>;
type Answered = Result<Vec<Answer>, Arc<Error>>;

struct Writer {
    journal: Journal,
    epoch: u64,
    buffer: Vec<u8>,
    stopped: Option<Arc<Error>>,
}

/// Where the leaving layer is: the last row that the view has.
#[derive(Default)]
struct Follower {
    last: Option<Key>,
}

/// What the journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalState {
    /// The first position that can be replayed.
    pub first: u64,
    /// The position of the last commit.
    pub last: u64,
    /// The hash of the last frame, which knows all before it.
    pub chain: [u8; 32],
    /// Bytes of its files.
    pub bytes: u64,
}

/// What opening found, for whoever tells people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Bytes cut off the journal's end: of a group that a crash tore, and nobody was told of.
    pub torn_bytes: u64,
    /// Commits that the view lacked and the journal had.
    pub replayed: u64,
    /// Whether the store was closed before, so that nothing can be missing.
    pub closed: bool,
}

impl<V: View> Durable<V> {
    /// Opens the journal of a disk with the view that follows it; both may be new.
    ///
    /// # Errors
    /// When the journal is damaged, or the view is ahead of it or too far behind.
    pub fn open(disk: Arc<dyn Disk>, view: V, options: JournalOptions) -> Result<(Self, Opened), Error> {
        let applied = view.applied()?;
        let (journal, found) = Journal::open(disk, applied, options)?;
        if applied > journal.last() {
            let (last, lost) = (journal.last(), applied - journal.last());
            let what =
                format!("the journal ends at {last} and the view has reached {applied}: {lost} commits are lost");
            return Err(Error::JournalBehind { what });
        }
        if applied + 1 < journal.first() {
            return Err(Error::ViewBehind { reached: applied, journal_first: journal.first() });
        }
        if found.torn_bytes > 0 {
            tracing::warn!(
                bytes = found.torn_bytes,
                "the last stop tore a group that nobody was told of; it was cut off"
            );
        }
        let replayed = journal.last() - applied;
        let writer = Writer { journal, epoch: 0, buffer: Vec::new(), stopped: None };
        let store = Self {
            view,
            overlay: RwLock::default(),
            feed: Feed::behind(writer.journal.last()),
            writer: Mutex::new(writer),
            lane: Lane::new(WAITING_MAX),
            follower: Mutex::default(),
            counted: Counted::default(),
        };
        store.replay(applied)?;
        store.take_over()?;
        Ok((store, Opened { torn_bytes: found.torn_bytes, replayed, closed: found.closed && replayed == 0 }))
    }

    /// Brings what the view lacks into the overlay, and on into the view where it is too much.
    fn replay(&self, applied: u64) -> Result<(), Error> {
        let writer = self.writer()?;
        writer.journal.replay(applied, |position, writes| {
            let forgotten = is_planted(Bug::ForgetTail) && position == writer.journal.last();
            let writes = if forgotten { Vec::new() } else { writes };
            self.show(writes, position);
            while self.overlay().bytes() > OVERLAY_BYTES_MAX {
                self.follow(STEP_ROWS_MAX)?;
            }
            Ok(())
        })
    }

    fn take_over(&self) -> Result<(), Error> {
        let mut writer = self.writer()?;
        let [format, epoch] = [meta::format_key(), meta::epoch_key()].map(|key| Rows::get(self, &key));
        let number = |row: Option<Versioned>| row.map(|row| meta::number(&row)).transpose();
        match number(format?)? {
            Some(found) => crate::format::check_known(found)?,
            None if writer.journal.last() == 0 => {
                self.write_own(&mut writer, meta::number_op(meta::format_key(), FORMAT))?;
            }
            None => return Err(Error::Damaged { what: "its format row is lost".into() }),
        }
        writer.epoch = number(epoch?)?.unwrap_or(0);
        Ok(())
    }

    /// The view below.
    pub fn view(&self) -> &V {
        &self.view
    }

    /// What it has counted since it was opened.
    pub fn counters(&self) -> Counters {
        let overlay = self.overlay();
        let waiting = (overlay.rows(), overlay.bytes());
        drop(overlay);
        self.counted.read(waiting, self.lane.waiting())
    }

    /// Brings about so many waiting rows into the view, in one step of it. False when nothing waits.
    ///
    /// # Errors
    /// When the view cannot be written.
    pub fn follow(&self, rows_max: usize) -> Result<bool, Error> {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(layer) = self.overlay_mut().leave() else { return Ok(false) };
        self.step(&layer, &mut follower, rows_max)?;
        Ok(true)
    }

    fn step(&self, layer: &Layer, follower: &mut Follower, rows_max: usize) -> Result<(), Error> {
        let mut waiting = layer.after(follower.last.as_ref());
        let rows: Vec<Written<'_>> = waiting.by_ref().take(rows_max.max(1)).collect();
        let is_last = waiting.next().is_none();
        let bytes = rows.iter().map(|(key, row)| key.bytes.len() + row.map_or(0, |row| row.value.len())).sum();
        if is_planted(Bug::DropOverlayEarly) {
            self.overlay_mut().arrived();
        }
        let reached = (is_last || is_planted(Bug::PositionBeforeRows)).then_some(layer.reached);
        let applied = self.view.room_for(bytes).and_then(|()| self.view.apply(&rows, reached));
        // A step that failed is taken again: rows that arrive twice are the same rows.
        applied?;
        self.counted.followed(rows.len());
        let last = rows.last().map(|(key, _)| (*key).clone());
        follower.last = last.filter(|_| !is_last);
        if is_last {
            let arrived = self.overlay_mut().arrived();
            // Freed only now, outside of the lock that readers need.
            drop(arrived);
        }
        Ok(())
    }

    /// How many bytes wait for the view.
    pub fn waiting_bytes(&self) -> usize {
        self.overlay().bytes()
    }

    /// How many of them are not on their way yet.
    pub fn fresh_bytes(&self) -> usize {
        self.overlay().fresh_bytes()
    }

    /// Brings everything into the view and makes it survive a power cut there; gives the position that it has then
    /// certainly reached.
    ///
    /// # Errors
    /// When the view cannot be written.
    pub fn checkpoint(&self) -> Result<u64, Error> {
        // What is committed meanwhile follows at another time; without this bound a busy store would never end here.
        let until = self.writer()?.journal.last();
        while self.view.applied()? < until && self.follow(STEP_ROWS_MAX)? {}
        let reached = self.view.applied()?;
        self.view.flush()?;
        Ok(reached)
    }

    /// Lets go of the journal up to a position, of which the view must have a checkpoint and a backup a copy.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn trim(&self, up_to: u64) -> Result<usize, Error> {
        self.writer()?.journal.trim(up_to)
    }

    /// Ends cleanly: the view has everything, and the journal says that it ends here.
    ///
    /// # Errors
    /// When something cannot be written; nothing is lost then, and the next opening has more to do.
    pub fn close(&self) -> Result<(), Error> {
        if self.writer()?.journal.is_closed() && self.waiting_bytes() == 0 {
            return Ok(());
        }
        self.checkpoint()?;
        let mut writer = self.writer()?;
        writer.journal.close().map_err(|unwritten| match unwritten {
            Unwritten::Full(error) => error,
            Unwritten::Unknown(error) => Error::Stopped { source: stop(&mut writer, error) },
        })
    }

    /// What the journal holds: its first and last position, the hash of its last frame, and its size.
    ///
    /// # Errors
    /// When a file cannot be looked at.
    pub fn journal(&self) -> Result<JournalState, Error> {
        state(&self.writer()?.journal)
    }

    /// Hands out every commit of the journal after a position, in order, up to the last one when this was called.
    ///
    /// # Errors
    /// When it begins later, or is damaged.
    pub fn replay_journal(
        &self,
        after: u64,
        each: impl FnMut(u64, Vec<crate::Write>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.writer()?.journal.replay(after, each)
    }

    /// The hashes of the frames that end at this position; nothing, where the journal does not reach.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn chains_at(&self, position: u64) -> Result<Option<Vec<[u8; 32]>>, Error> {
        self.writer()?.journal.chains_at(position)
    }

    /// Brings everything into the view while nobody commits; gives where the journal stands and what all rows add up to
    /// there. Where the view has no room for what waits, that is added up beside it: whoever asks only reads.
    ///
    /// # Errors
    /// When the view cannot be written.
    pub fn settle(&self) -> Result<(JournalState, Sums), Error> {
        let writer = self.writer()?;
        let sums = loop {
            match self.follow(STEP_ROWS_MAX) {
                Ok(true) => {}
                Ok(false) => break self.view.sums()?,
                Err(Error::DiskFull { .. }) => break self.sums_with_waiting()?,
                Err(error) => return Err(error),
            }
        };
        Ok((state(&writer.journal)?, sums))
    }

    /// What the rows of the view add up to with those that wait for it laid over them.
    fn sums_with_waiting(&self) -> Result<Sums, Error> {
        // Nothing moves from one to the other meanwhile; a row that has moved already counts for the same.
        let _follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums = self.view.sums()?;
        let waiting = self.overlay().waiting();
        for (key, row) in &waiting {
            let before = self.view.get(key)?.map(|row| row.to_bytes());
            sums.replace(key, before.as_deref(), row.as_ref().map(Versioned::to_bytes).as_deref());
        }
        Ok(sums)
    }

    fn write_own(&self, writer: &mut Writer, op: Op) -> Result<(), Error> {
        let mut staging = Staging::new(self, writer.epoch, writer.journal.last());
        staging.stage([op])?;
        self.write(writer, staging).map_err(|unwritten| match unwritten {
            Unwritten::Full(error) => error,
            Unwritten::Unknown(source) => Error::Stopped { source: stop(writer, source) },
        })
    }

    /// The only place that writes. Nothing is shown, and nobody is told, before the journal holds it.
    fn write(&self, writer: &mut Writer, staging: Staging<'_, Self>) -> Result<(), Unwritten> {
        let commits = staging.len() as u32;
        if is_planted(Bug::ShowBeforeDurable) {
            self.show(staging.commits().flatten().cloned().collect(), staging.position());
        }
        let mut draft = Draft::in_buffer(std::mem::take(&mut writer.buffer));
        staging.commits().for_each(|writes| draft.commit(writes.iter()));
        let bytes = draft.payload_bytes();
        writer.buffer = writer.journal.append(draft, commits)?;
        self.counted.flushed(staging.len(), bytes);
        let position = staging.position();
        if self.feed.is_followed() {
            self.feed.publish(staging.changes());
        } else {
            self.feed.pass(position);
        }
        self.show(staging.into_writes(), position);
        Ok(())
    }

    fn show(&self, mut writes: Vec<crate::Write>, position: u64) {
        if is_planted(Bug::ApplyHalf) {
            writes.truncate(writes.len().div_ceil(2));
        }
        self.overlay_mut().put(writes, position);
    }

    /// Commits what several callers brought, in groups that each take one sync.
    fn commit_all(&self, batches: Vec<Vec<Commit>>) -> Vec<Answered> {
        let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        let limit = self.limits().batch_commits_max;
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(sizes.iter().sum());
        let mut commits = Vec::with_capacity(answers.capacity());
        for batch in batches {
            for (at, commit) in batch.into_iter().enumerate() {
                if at < limit {
                    commits.push((answers.len(), commit));
                    answers.push(None);
                } else {
                    answers.push(Some(Err(CommitError::Busy { limit })));
                }
            }
        }
        self.commit_groups(commits, &mut answers);
        let mut answers = answers.into_iter().map(|answer| answer.unwrap_or(Err(CommitError::Busy { limit })));
        sizes.into_iter().map(|size| answers.by_ref().take(size).collect()).map(whole).collect()
    }

    fn commit_groups(&self, commits: Vec<(usize, Commit)>, answers: &mut [Option<Answer>]) {
        let failed = |error: Error| {
            let cause = Arc::new(error);
            move || Some(Err(CommitError::Unwritten(Arc::clone(&cause))))
        };
        let mut commits = commits.into_iter().peekable();
        while commits.peek().is_some() {
            let group = self.lend_a_hand().and_then(|()| self.commit_group(&mut commits, answers));
            if let Err(error) = group {
                let unwritten = failed(error);
                // Those of the group that failed have no answer yet, and those behind it are not tried.
                answers.iter_mut().filter(|answer| answer.is_none()).for_each(|answer| *answer = unwritten());
                return;
            }
        }
    }

    /// Commits as many as make a group. An error means that none of the group was written.
    fn commit_group(
        &self,
        commits: &mut impl Iterator<Item = (usize, Commit)>,
        answers: &mut [Option<Answer>],
    ) -> Result<(), Error> {
        let mut writer = self.writer()?;
        let before = writer.journal.last();
        let mut staging = Staging::new(self, writer.epoch, before);
        let mut group = Vec::new();
        for (at, commit) in commits.by_ref() {
            group.push((at, staging.admit(commit)?));
            if staging.bytes() >= GROUP_BYTES_MAX {
                break;
            }
        }
        // Before the journal takes what the view then has no room for.
        self.view.room_for(staging.bytes())?;
        let written = if staging.is_empty() { Ok(()) } else { self.write(&mut writer, staging) };
        let unknown = match written {
            Ok(()) => None,
            Err(Unwritten::Full(error)) => return Err(error),
            Err(Unwritten::Unknown(error)) => Some(stop(&mut writer, error)),
        };
        for (at, answer) in group {
            answers[at] = Some(match (&unknown, answer) {
                // What was committed before, and is only repeated, stays true.
                (Some(cause), Ok(receipt)) if receipt.position > before => {
                    Err(CommitError::OutcomeUnknown(Arc::clone(cause)))
                }
                (_, answer) => answer,
            });
        }
        Ok(())
    }

    /// While too much waits for the view, whoever wants to add to it works it off first.
    fn lend_a_hand(&self) -> Result<(), Error> {
        while self.overlay().bytes() > OVERLAY_BYTES_MAX {
            self.follow(STEP_ROWS_MAX)?;
        }
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

    fn overlay(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn overlay_mut(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state(journal: &Journal) -> Result<JournalState, Error> {
    let (first, last, chain) = (journal.first(), journal.last(), journal.chain());
    Ok(JournalState { first, last, chain, bytes: journal.bytes()? })
}

fn stop(writer: &mut Writer, error: Error) -> Arc<Error> {
    let cause = Arc::new(error);
    if !is_planted(Bug::GoOnAfterFailure) {
        writer.stopped = Some(Arc::clone(&cause));
    }
    cause
}

/// A batch of which nothing was written for one reason is an error as a whole.
fn whole(answers: Vec<Answer>) -> Answered {
    match answers.iter().all(|answer| matches!(answer, Err(CommitError::Unwritten(_)))).then(|| answers.first()) {
        Some(Some(Err(CommitError::Unwritten(cause)))) => Err(Arc::clone(cause)),
        _ => Ok(answers),
    }
}

impl<V: View> Rows for Durable<V> {
    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        // Whatever leaves the overlay after this look is in the view by then.
        let over = self.overlay().get(key).map(|row| row.cloned());
        over.map_or_else(|| self.view.get(key), Ok)
    }

    fn version(&self, key: &Key) -> Result<u64, Error> {
        let over = self.overlay().get(key).map(|row| row.map_or(0, |row| row.version));
        over.map_or_else(|| self.view.version(key), Ok)
    }
}

impl<V: View> Store for Durable<V> {
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
        if batch.is_empty() {
            return self.writer().map(|_| Vec::new());
        }
        match self.lane.ride(batch, |batches| self.commit_all(batches)) {
            Ok(answered) => answered.map_err(|cause| Error::again(&cause)),
            Err(full) => Err(Error::Busy { waiting: full.waiting }),
        }
    }

    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        keys.iter().map(|key| Rows::get(self, key)).collect()
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        // Held over the whole page, so that no row can leave the overlay behind the scan and arrive before it.
        self.overlay().scan(&self.view, range, after, limit, direction)
    }

    fn changes(&self, from: u64) -> Changes {
        self.feed.follow(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Pre,
        conformance::{self, commit, key, put, values},
        memory::MemoryView,
        testing::{Fault, MemoryDisk},
    };

    fn open(disk: &Arc<MemoryDisk>) -> Durable<MemoryView> {
        Durable::open(disk.clone(), MemoryView::default(), options()).unwrap().0
    }

    fn options() -> JournalOptions {
        JournalOptions { free_bytes_min: 0, ..JournalOptions::default() }
    }

    fn three_commits() -> Vec<Commit> {
        let once = Commit { id: Some([1; 16]), ops: vec![put(1, "x")], ..Commit::default() };
        let lost = Commit { pre: vec![Pre::Present(key(9))], ..Commit::default() };
        vec![once, lost, Commit { ops: vec![put(2, "x")], ..Commit::default() }]
    }

    #[test]
    fn the_durable_store_keeps_every_promise_of_a_store_whether_its_view_follows_or_not() {
        conformance::every_store(&|| Box::new(open(&Arc::default())));
        conformance::every_store(&|| Box::new(Hasty(open(&Arc::default()))));
    }

    /// One whose view takes a row or two with every call.
    struct Hasty(Durable<MemoryView>);

    impl Store for Hasty {
        fn limits(&self) -> Limits {
            self.0.limits()
        }
        fn epoch(&self) -> Result<u64, Error> {
            self.0.epoch()
        }
        fn raise_epoch(&self) -> Result<u64, Error> {
            self.0.raise_epoch()
        }
        fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
            self.0.follow(2)?;
            self.0.commit(batch)
        }
        fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
            self.0.follow(1)?;
            Store::get(&self.0, keys)
        }
        fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, way: Direction) -> Result<Page, Error> {
            self.0.follow(1)?;
            Store::scan(&self.0, range, after, limit, way)
        }
        fn changes(&self, from: u64) -> Changes {
            self.0.changes(from)
        }
    }

    #[test]
    fn after_a_failed_sync_nothing_is_promised_shown_written_or_synced_again() {
        let disk = Arc::<MemoryDisk>::default();
        let store = open(&disk);
        let mut changes = store.changes(store.commit(three_commits()).unwrap()[2].as_ref().unwrap().position);
        let shown = values(&store);
        disk.fail(Fault::Sync);
        let answers = store.commit(three_commits()).unwrap();
        assert!(matches!(&answers[0], Ok(receipt) if receipt.repeated), "it was durable before");
        assert!(matches!(answers[1], Err(CommitError::Conflict(_))));
        assert!(matches!(answers[2], Err(CommitError::OutcomeUnknown(_))));
        disk.fail(Fault::None);
        let calls = disk.calls();
        assert!(matches!(store.commit(three_commits()), Err(Error::Stopped { .. })));
        assert!(matches!(store.raise_epoch(), Err(Error::Stopped { .. })));
        assert_eq!((disk.calls(), values(&store), changes.next_now()), (calls, shown, None));
    }

    #[test]
    fn a_full_disk_refuses_the_batch_and_the_store_goes_on_when_there_is_room() {
        let disk = Arc::<MemoryDisk>::default();
        let store = open(&disk);
        let large = || Commit { ops: (0..7).map(|n| put(n, &"x".repeat(60_000))).collect(), ..Commit::default() };
        disk.fail(Fault::Full);
        let refused = (0..9).find_map(|_| store.commit(vec![large()]).err()).expect("the file cannot grow");
        assert!(matches!(refused, Error::DiskFull { .. }), "{refused}");
        let before = values(&store);
        disk.fail(Fault::None);
        commit(&store, [put(99, "x")]);
        assert_eq!(values(&store).len(), before.len() + 1);
        drop(store);
        assert_eq!(values(&open(&disk)).len(), before.len() + 1);
    }

    #[test]
    fn one_batch_is_one_sync_and_a_batch_that_changes_nothing_is_none() {
        let disk = Arc::<MemoryDisk>::default();
        let store = open(&disk);
        store.commit(three_commits()).unwrap();
        let syncs = disk.syncs();
        store.commit(vec![Commit { ops: vec![put(3, "x")], ..Commit::default() }; 64]).unwrap();
        assert_eq!(disk.syncs(), syncs + 1);
        store.commit(three_commits().into_iter().take(2).collect()).unwrap();
        assert_eq!(disk.syncs(), syncs + 1);
        assert_eq!(store.counters().groups[..5], [1, 1, 0, 1, 0]);
    }

    #[test]
    fn what_the_view_lacks_after_a_crash_is_replayed_wherever_it_fell_back_to() {
        let disk = Arc::<MemoryDisk>::default();
        let store = open(&disk);
        for round in 0..9 {
            commit(&store, [put(round, "x"), put(0, "again"), crate::Op::Delete(key(round / 2))]);
        }
        let expected = values(&store);
        drop(store);
        disk.crash();
        let (store, opened) = Durable::open(disk.clone(), MemoryView::default(), options()).unwrap();
        assert_eq!((values(&store), opened.replayed, opened.closed), (expected.clone(), 10, false));
        store.close().unwrap();
        let (view, sums) = (store.view, Sums::count(&MemoryView::default()).unwrap());
        assert_ne!(Sums::count(&view).unwrap(), sums);
        let (store, opened) = Durable::open(disk.clone(), view, options()).unwrap();
        assert_eq!((values(&store), opened.replayed, opened.closed), (expected, 0, true));
        assert_eq!(Sums::count(&store.view).unwrap(), store.view.sums().unwrap());
    }

    #[test]
    fn a_view_ahead_of_its_journal_means_that_the_journal_lost_its_end() {
        let view = MemoryView::default();
        view.apply(&[], Some(3)).unwrap();
        let disk = Arc::<MemoryDisk>::default();
        drop(open(&disk));
        assert!(matches!(Durable::open(disk, view, options()), Err(Error::JournalBehind { .. })));
    }

    #[test]
    fn callers_that_come_together_share_a_sync() {
        let disk = Arc::<MemoryDisk>::default();
        let store = open(&disk);
        let syncs = disk.syncs();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    (0..50).for_each(|round| assert!(commit(store, [put(thread, &round.to_string())]) > 0))
                });
            }
        });
        assert_eq!(values(&store), (0..8).map(|thread| format!("{thread}.50 49")).collect::<Vec<_>>());
        assert!(disk.syncs() - syncs <= 400);
        assert_eq!(store.counters().commits, 401);
    }
}
