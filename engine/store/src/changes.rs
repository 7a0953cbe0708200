//! The hint stream: which rows were committed, as they are.
//!
//! Owns: a bounded ring of the latest commits and readers that follow it. A reader that falls behind is told so and
//! loses hints, never a writer's time; what it missed is found by a scan. Nothing is heard before it is durable.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::Key;

/// How many commits are remembered for readers that come late.
pub const CHANGES_KEPT_MAX: usize = 1024;
/// How many keys are remembered over all kept commits.
pub const CHANGED_KEYS_KEPT_MAX: usize = 16 * 1024;

/// One commit, as its readers hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place in the order of commits.
    pub position: u64,
    /// The rows it wrote or removed.
    pub keys: Vec<Key>,
}

/// What a reader hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The next commit.
    Change(Arc<Change>),
    /// Commits up to this position were missed: scan again; the stream goes on behind it.
    Lagged(u64),
}

/// Follows the commits from a position on.
pub struct Changes {
    feed: Arc<Feed>,
    heard: u64,
}

impl Changes {
    /// What came next, if anything did; never waits.
    pub fn next_now(&mut self) -> Option<Heard> {
        let kept = self.feed.kept();
        kept.after(&mut self.heard)
    }

    /// What came next, waiting for it at most so long.
    pub fn next_within(&mut self, wait_max: Duration) -> Option<Heard> {
        let heard = self.heard;
        let waited = self.feed.moved.wait_timeout_while(self.feed.kept(), wait_max, |kept| kept.latest <= heard);
        let (kept, _) = waited.unwrap_or_else(PoisonError::into_inner);
        kept.after(&mut self.heard)
    }
}

/// The writer's end.
pub(crate) struct Feed {
    kept: Mutex<Kept>,
    moved: Condvar,
}

struct Kept {
    changes: VecDeque<Arc<Change>>,
    keys: usize,
    /// The last position that is no longer kept.
    forgotten: u64,
    latest: u64,
}

impl Feed {
    /// Begins behind what was committed before the store was opened.
    pub(crate) fn behind(position: u64) -> Arc<Self> {
        let kept = Kept { changes: VecDeque::new(), keys: 0, forgotten: position, latest: position };
        Arc::new(Self { kept: Mutex::new(kept), moved: Condvar::new() })
    }

    pub(crate) fn follow(self: &Arc<Self>, from: u64) -> Changes {
        Changes { feed: Arc::clone(self), heard: from }
    }

    /// Whether anybody would hear.
    pub(crate) fn is_followed(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    /// Goes on behind a position that nobody listened to.
    pub(crate) fn pass(&self, position: u64) {
        let mut kept = self.kept();
        (kept.forgotten, kept.latest, kept.keys) = (position, position, 0);
        kept.changes.clear();
    }

    pub(crate) fn publish(&self, changes: impl IntoIterator<Item = Change>) {
        let mut kept = self.kept();
        changes.into_iter().for_each(|change| kept.push(change));
        self.moved.notify_all();
    }

    /// A reader that panicked cannot have broken the ring: only `push` changes it.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn push(&mut self, change: Change) {
        self.latest = change.position;
        self.keys += change.keys.len();
        self.changes.push_back(Arc::new(change));
        while self.changes.len() > CHANGES_KEPT_MAX || self.keys > CHANGED_KEYS_KEPT_MAX {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.keys -= oldest.keys.len();
            self.forgotten = oldest.position;
        }
    }

    fn after(&self, heard: &mut u64) -> Option<Heard> {
        if *heard < self.forgotten {
            *heard = self.latest;
            return Some(Heard::Lagged(self.latest));
        }
        let next = self.changes.get(self.changes.partition_point(|change| change.position <= *heard))?;
        *heard = next.position;
        Some(Heard::Change(Arc::clone(next)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Space;

    fn change(position: u64, keys: usize) -> Change {
        Change { position, keys: vec![Key::new(Space::Job, [1]); keys] }
    }

    #[test]
    fn a_reader_that_falls_behind_is_told_once_and_goes_on_at_the_end() {
        let feed = Feed::behind(0);
        let mut changes = feed.follow(0);
        let last = CHANGES_KEPT_MAX as u64 + 1;
        feed.publish((1..=last).map(|position| change(position, 1)));
        assert_eq!(changes.next_now(), Some(Heard::Lagged(last)));
        assert_eq!(changes.next_now(), None);
        feed.publish([change(last + 1, 1)]);
        assert_eq!(changes.next_now(), Some(Heard::Change(Arc::new(change(last + 1, 1)))));
    }

    #[test]
    fn many_keys_push_out_old_commits_before_their_number_does() {
        let feed = Feed::behind(0);
        feed.publish((1..=3).map(|position| change(position, CHANGED_KEYS_KEPT_MAX / 2)));
        assert_eq!(feed.follow(0).next_now(), Some(Heard::Lagged(3)));
        assert!(matches!(feed.follow(1).next_now(), Some(Heard::Change(heard)) if heard.position == 2));
    }

    #[test]
    fn a_waiting_reader_is_woken_by_a_commit() {
        let feed = Feed::behind(4);
        let mut changes = feed.follow(4);
        let waiting = std::thread::spawn(move || changes.next_within(Duration::from_secs(60)));
        feed.publish([change(5, 0)]);
        assert_eq!(waiting.join().unwrap(), Some(Heard::Change(Arc::new(change(5, 0)))));
    }
}
