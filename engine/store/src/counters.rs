//! What a store has done since it was opened, for operators and benchmarks.
//!
//! Owns: counting without locks. Numbers only, never what was written.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Groups are counted by size: of 1, up to 4, 16, 64, 256, 1024 and above.
pub const GROUP_SIZES: [usize; 6] = [1, 4, 16, 64, 256, 1024];

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commits made durable.
    pub commits: u64,
    /// Syncs of the journal: each is one group of commits.
    pub flushes: u64,
    /// Bytes written to the journal.
    pub journal_bytes: u64,
    /// How many groups had up to so many commits, as in `GROUP_SIZES`; the last number is those above.
    pub groups: [u64; GROUP_SIZES.len() + 1],
    /// Rows brought from the overlay into the view.
    pub rows_followed: u64,
    /// Rows that wait for the view now.
    pub rows_waiting: usize,
    /// Their bytes.
    pub bytes_waiting: usize,
    /// Callers that wait for the writer now.
    pub callers_waiting: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Counted {
    commits: AtomicU64,
    flushes: AtomicU64,
    journal_bytes: AtomicU64,
    groups: [AtomicU64; GROUP_SIZES.len() + 1],
    rows_followed: AtomicU64,
}

impl Counted {
    pub fn flushed(&self, commits: usize, bytes: usize) {
        self.commits.fetch_add(commits as u64, Relaxed);
        self.flushes.fetch_add(1, Relaxed);
        self.journal_bytes.fetch_add(bytes as u64, Relaxed);
        self.groups[GROUP_SIZES.partition_point(|size| *size < commits)].fetch_add(1, Relaxed);
    }

    pub fn followed(&self, rows: usize) {
        self.rows_followed.fetch_add(rows as u64, Relaxed);
    }

    pub fn read(&self, (rows_waiting, bytes_waiting): (usize, usize), callers_waiting: usize) -> Counters {
        Counters {
            commits: self.commits.load(Relaxed),
            flushes: self.flushes.load(Relaxed),
            journal_bytes: self.journal_bytes.load(Relaxed),
            groups: std::array::from_fn(|at| self.groups[at].load(Relaxed)),
            rows_followed: self.rows_followed.load(Relaxed),
            rows_waiting,
            bytes_waiting,
            callers_waiting,
        }
    }
}
