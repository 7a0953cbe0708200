//! How much the engine has done.
//!
//! Owns: plain counters, for people and for measuring. They begin at zero with the process and decide nothing.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Upper bounds of the sizes of batches that are counted apart; larger ones are counted last.
pub const BATCH_SIZES: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// The engine's counters.
#[derive(Debug, Default)]
pub struct Counters {
    turns: AtomicU64,
    commits: AtomicU64,
    batches: AtomicU64,
    batch_sizes: [AtomicU64; BATCH_SIZES.len() + 1],
    busy: AtomicU64,
    waiting: AtomicUsize,
    waiting_max: AtomicUsize,
    letters_claimed: AtomicU64,
    letters_sent: AtomicU64,
    letters_in_doubt: AtomicU64,
    letters_again: AtomicU64,
}

/// What the counters say at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Turns that jobs took.
    pub turns: u64,
    /// Commits that were acknowledged.
    pub commits: u64,
    /// Batches given to the store: each is one flush.
    pub batches: u64,
    /// Batches by how many commits they had: up to each of [`BATCH_SIZES`], and more than that.
    pub batch_sizes: [u64; BATCH_SIZES.len() + 1],
    /// Callers who were told that the engine is busy.
    pub busy: u64,
    /// Callers who wait now.
    pub waiting: usize,
    /// The most callers who ever waited at once.
    pub waiting_max: usize,
    /// Letters claimed for a try.
    pub letters_claimed: u64,
    /// Letters that a server took.
    pub letters_sent: u64,
    /// Letters that were handed over and not answered.
    pub letters_in_doubt: u64,
    /// Tries of letters that had been tried before.
    pub letters_again: u64,
}

/// What happens to a letter, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    Claimed,
    ClaimedAgain,
    Sent,
    InDoubt,
}

impl Counters {
    /// What they say now.
    pub fn read(&self) -> Counted {
        Counted {
            turns: self.turns.load(Relaxed),
            commits: self.commits.load(Relaxed),
            batches: self.batches.load(Relaxed),
            batch_sizes: std::array::from_fn(|at| self.batch_sizes[at].load(Relaxed)),
            busy: self.busy.load(Relaxed),
            waiting: self.waiting.load(Relaxed),
            waiting_max: self.waiting_max.load(Relaxed),
            letters_claimed: self.letters_claimed.load(Relaxed),
            letters_sent: self.letters_sent.load(Relaxed),
            letters_in_doubt: self.letters_in_doubt.load(Relaxed),
            letters_again: self.letters_again.load(Relaxed),
        }
    }

    pub(crate) fn turn(&self) {
        self.turns.fetch_add(1, Relaxed);
    }

    pub(crate) fn batch(&self, given: usize, acknowledged: usize) {
        self.batches.fetch_add(1, Relaxed);
        self.commits.fetch_add(acknowledged as u64, Relaxed);
        let size = BATCH_SIZES.iter().position(|size| given <= *size).unwrap_or(BATCH_SIZES.len());
        self.batch_sizes[size].fetch_add(1, Relaxed);
    }

    pub(crate) fn refused_busy(&self) {
        self.busy.fetch_add(1, Relaxed);
    }

    pub(crate) fn waiting(&self, callers: usize) {
        self.waiting.store(callers, Relaxed);
        self.waiting_max.fetch_max(callers, Relaxed);
    }

    pub(crate) fn letter(&self, letter: Letter) {
        let counts: &[&AtomicU64] = match letter {
            Letter::Claimed => &[&self.letters_claimed],
            Letter::ClaimedAgain => &[&self.letters_claimed, &self.letters_again],
            Letter::Sent => &[&self.letters_sent],
            Letter::InDoubt => &[&self.letters_in_doubt],
        };
        for count in counts {
            count.fetch_add(1, Relaxed);
        }
    }
}
