//! What can go wrong, told so that the next move is clear.
//!
//! Owns: the two errors of this crate, one for the store as a whole and one for a commit alone, and how a fault of the
//! disk is told from a full disk. Leaves exit codes and printing to the edge.

use std::{
    cell::Cell,
    fmt, io,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use crate::Pre;

/// The store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else has the folder open.
    #[error("{} is in use by {holder}", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// A later version of the program wrote it.
    #[error("the store has format {found}, this program knows formats up to {known}; use a newer program")]
    NewerFormat {
        /// The format found.
        found: u64,
        /// The newest format this program knows.
        known: u64,
    },
    /// There is none, and whoever asked wants to make none.
    #[error("there is no store in {}", folder.display())]
    NoStore {
        /// The folder.
        folder: PathBuf,
    },
    /// Its folder cannot be written, and so it can only be read.
    #[error("{} cannot be written, and so the store in it can only be read", folder.display())]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds something else.
    #[error("{} is not a jobwright store: {why}", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What gave it away.
        why: String,
    },
    /// The program died while it made the store.
    #[error(
        "the store in {} has no file FORMAT: it was never finished, or the file was lost; if nothing was ever kept here, \
         remove {} and start again",
        folder.display(),
        made.display()
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// What was made so far.
        made: PathBuf,
    },
    /// Locks and flushes cannot be relied on over a network.
    #[error("{} is on a network file system ({kind}); put the store on a local disk", folder.display())]
    NetworkFolder {
        /// The folder.
        folder: PathBuf,
        /// The file system.
        kind: &'static str,
    },
    /// There is no room. Nothing of the batch was written and everything acknowledged is safe.
    #[error("the disk of {} is full: {free} bytes are free, {needed} are needed", folder.display())]
    DiskFull {
        /// The folder.
        folder: PathBuf,
        /// Bytes left.
        free: u64,
        /// Bytes that must be left.
        needed: u64,
    },
    /// What is stored contradicts itself.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// A backup cannot be relied on.
    #[error("the backup {} is damaged: {why}", path.display())]
    BackupDamaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The journal has lost its end: what it held is in the view, and nothing may be added to it.
    #[error("the journal is damaged: {what}")]
    JournalBehind {
        /// What was found.
        what: String,
    },
    /// The view has lost more than the journal still holds.
    #[error(
        "the view has reached {reached} and the journal begins at {journal_first}: what lies between is in a backup only"
    )]
    ViewBehind {
        /// What the view has reached.
        reached: u64,
        /// Where the journal begins.
        journal_first: u64,
    },
    /// Too many wait already. Nothing was written; try again.
    #[error("the store is busy: {waiting} callers wait for it; try again")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// An earlier write failed in a way that leaves its outcome unknown; only a restart may go on.
    #[error("the store stopped writing after a failure; restart the program")]
    Stopped {
        /// The first failure.
        source: Arc<Error>,
    },
    /// More was asked to be kept in one file than the bound allows.
    #[error("{found} bytes are too many for one file, at most {limit} fit")]
    BlobTooLarge {
        /// Bytes given.
        found: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A later version of the program wrote this record.
    #[error("a record ({what}) has version {found}, this program knows versions up to {known}; use a newer program")]
    NewerRecord {
        /// What it records.
        what: &'static str,
        /// The version found.
        found: u8,
        /// The newest version this program knows.
        known: u8,
    },
    /// What was given does not fit the records.
    #[error("cannot store {what}: {why}")]
    Unstorable {
        /// What it is.
        what: String,
        /// Why not.
        why: String,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// A commit was not made, or is not known to be.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A precondition no longer holds: load again and decide again.
    #[error("the row {} changed meanwhile", .0.key())]
    Conflict(Pre),
    /// It asks for more than the limits allow.
    #[error("a commit of {found} {what} is too large, at most {limit} fit")]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// How much there was.
        found: usize,
        /// How much may be.
        limit: usize,
    },
    /// Somebody else owns the store now.
    #[error("epoch {given} has ended, the store is at epoch {now}")]
    Fenced {
        /// The commit's epoch.
        given: u64,
        /// The store's.
        now: u64,
    },
    /// It writes a row that only the store writes.
    #[error("the row {0} is written by the store alone")]
    Reserved(crate::Key),
    /// The batch was full: give it again.
    #[error("more than {limit} commits in one batch")]
    Busy {
        /// How many fit.
        limit: usize,
    },
    /// It was not made, because the store could not write; what was acknowledged is safe.
    #[error("the commit was not made")]
    Unwritten(#[source] Arc<Error>),
    /// It may have been made or not; only a restart can tell, and a repetition under the same id is safe.
    #[error("the commit's outcome is unknown")]
    OutcomeUnknown(#[source] Arc<Error>),
}

/// Who holds a store, as far as the lock file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A process of this machine.
    Process(u32),
    /// A process of another machine or another start of this one, seen over a shared folder.
    Elsewhere(u32),
    /// The file could not be read: its holder has only just taken it.
    Unknown,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "process {pid}"),
            Self::Elsewhere(pid) => write!(f, "process {pid} of another machine"),
            Self::Unknown => f.write_str("another process"),
        }
    }
}

impl Error {
    /// The same error once more, for another who is told of it.
    pub(crate) fn again(cause: &Arc<Self>) -> Self {
        match &**cause {
            Self::DiskFull { folder, free, needed } => {
                Self::DiskFull { folder: folder.clone(), free: *free, needed: *needed }
            }
            Self::ReadOnly { folder } => Self::ReadOnly { folder: folder.clone() },
            Self::Stopped { source } => Self::Stopped { source: Arc::clone(source) },
            Self::Damaged { what } => Self::Damaged { what: what.clone() },
            Self::Io { doing, path, source } => {
                let number = source.raw_os_error().map(io::Error::from_raw_os_error);
                let source = number.unwrap_or_else(|| io::Error::new(source.kind(), source.to_string()));
                Self::Io { doing, path: path.clone(), source }
            }
            _ => Self::Stopped { source: Arc::clone(cause) },
        }
    }
}

/// Whether a library says by this that what it read makes no sense, and not that it could not be read.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

thread_local! {
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread, now, becomes an error: then it is no fault of the program's own, and no hook need
/// tell of it.
pub fn panics_are_caught() -> bool {
    IS_CAUGHT.get()
}

/// Runs the code of a library that panics where its files contradict themselves.
pub(crate) fn caught<T>(library: &str, folder: &Path, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let before = IS_CAUGHT.replace(true);
    let worked = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(before);
    worked.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
        Err(Error::Damaged { what: format!("{library} gave up on {}: {words}", folder.display()) })
    })
}

/// How long a library may take to bring what it holds to the disk: sled has been seen to wait for ever after a write
/// that failed.
pub(crate) const LIBRARY_TIME_MAX: Duration = Duration::from_secs(60);

/// Runs the code of a library that may panic, or never come back; then it is left to itself.
pub(crate) fn bounded<T: Send + 'static>(
    library: &'static str,
    folder: &Path,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (tell, told) = mpsc::channel();
    let its = folder.to_owned();
    // Nobody listens any more once it took too long.
    let worker =
        thread::Builder::new().name(library.into()).spawn(move || drop(tell.send(caught(library, &its, work))));
    worker.map_err(io_error("begin to write", folder))?;
    let late = |_| io_error("finish writing", folder)(io::ErrorKind::TimedOut.into());
    told.recv_timeout(LIBRARY_TIME_MAX).map_err(late)?
}

/// Something of a library that may panic when it ends, since it still writes then. What it writes can be made anew.
pub(crate) struct Ending<T: Send + 'static> {
    library: &'static str,
    folder: PathBuf,
    /// There until the end.
    inner: Option<T>,
}

impl<T: Send + 'static> Ending<T> {
    pub fn new(library: &'static str, folder: &Path, inner: T) -> Self {
        Self { library, folder: folder.into(), inner: Some(inner) }
    }
}

impl<T: Send + 'static> Deref for Ending<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let Some(inner) = &self.inner else { unreachable!("it is there until it ends") };
        inner
    }
}

impl<T: Send + 'static> Drop for Ending<T> {
    fn drop(&mut self) {
        let inner = self.inner.take();
        let ended = bounded(self.library, &self.folder, move || {
            drop(inner);
            Ok(())
        });
        if let Err(error) = ended {
            tracing::warn!(%error, "not closed cleanly; nothing is lost, the next start has more to do");
        }
    }
}

/// Names the file and the deed when the operating system refuses.
pub(crate) fn io_error(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    move |source| Error::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Explodes;

    impl Drop for Explodes {
        fn drop(&mut self) {
            assert!(!panics_are_caught(), "caught");
        }
    }

    #[test]
    fn a_library_that_panics_at_its_end_ends_nothing_else() {
        drop(Ending::new("sled", Path::new("store"), Explodes));
        assert!(!panics_are_caught());
    }
}
