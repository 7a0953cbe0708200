//! What survives a crash.
//!
//! Owns, below: committing batches of named changes with preconditions, reading them back, the folder they live in, and
//! files by content. Owns, above the trait `Store`: jobs, timers, effects, people and definitions as records (`record`
//! alone knows their bytes); a `Draft` gathers what belongs in one commit, a `Reader` reads. Leaves to the runtime when
//! to commit and what time it is. Everything is synchronous: no transaction stays open between two calls, no closure and
//! no iterator is held.
#![warn(missing_docs)]

pub mod backup;
pub mod blob;
mod changes;
mod commit;
#[cfg(test)]
mod conformance;
mod counters;
pub mod definitions;
mod direct;
pub mod directory;
pub mod disk;
mod draft;
mod durable;
mod error;
mod files;
mod format;
pub mod jobs;
mod journal;
mod key;
pub mod lane;
pub mod local;
mod lock;
pub mod memory;
pub mod meta;
pub mod outbox;
mod overlay;
mod reader;
mod record;
mod redb;
pub mod sabotage;
mod sled;
mod staging;
mod sums;
#[cfg(test)]
mod testing;
pub mod timers;
#[cfg(test)]
mod trial;
pub mod verify;
mod view;
pub mod woken;

pub use blob::Blobs;
pub use changes::{Change, Changes, Heard};
pub use commit::{Commit, CommitId, Limits, Op, Pre, Receipt};
pub use counters::{Counters, GROUP_SIZES};
pub use direct::Direct;
pub use disk::{Disk, FileDisk};
pub use draft::{Commits, Draft};
pub use durable::{Durable, JournalState, OVERLAY_BYTES_MAX, Opened, STEP_ROWS_MAX};
pub use error::{CommitError, Error, Holder, panics_are_caught};
pub use files::{Files, MemoryFiles};
pub use format::FORMAT;
pub use journal::JournalOptions;
pub use key::{Direction, Key, Range, Space};
pub use local::LocalStore;
pub use lock::LOCK_WAIT;
pub use memory::MemoryStore;
pub use reader::{Listing, Loaded, Reader};
pub use sums::{Sum, Sums};
pub use view::{Page, Versioned, View, Write, Written};

/// What the runtime sees of the store.
///
/// A commit is atomic and durable once it is answered; a batch is not: it is a group that shares one flush. One owner
/// writes at a time, told apart by an epoch that every commit carries.
pub trait Store: Send + Sync {
    /// What a commit may ask for at most.
    fn limits(&self) -> Limits;

    /// The epoch that commits must carry now.
    fn epoch(&self) -> Result<u64, Error>;

    /// Takes over: from now on only commits of the returned epoch are accepted, those of an earlier owner are fenced.
    fn raise_epoch(&self) -> Result<u64, Error>;

    /// Commits each of the batch on its own, in order, later ones seeing earlier ones, with one durable flush for all.
    ///
    /// A lost precondition costs that commit alone. The outer error means that nothing of the batch was written.
    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error>;

    /// Reads rows by key, in the order asked. Two rows may straddle a commit: hold them together by `Pre::Version`.
    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error>;

    /// Reads a page of at most `limit` rows of the range, beyond `after` in the given direction.
    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error>;

    /// Tells of commits after the position `from`: hints that may lag, never the truth, which is a scan.
    fn changes(&self, from: u64) -> Changes;
}
