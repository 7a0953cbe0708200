//! A practice's store in a folder of this machine.
//!
//! Owns: what may be chosen, the steps of opening (lock, judge the folder, open journal and view, compare them, rebuild
//! what is damaged, seal a new store last), and the thread that lets the view follow. A store that once was made is
//! never taken for a new one, whatever is left of it. Leaves what a commit is to `durable`.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    Changes, Commit, CommitError, Counters, Direction, Durable, Error, FileDisk, JournalState, Key, LOCK_WAIT, Limits,
    Opened, Page, Range, Receipt, Store, Sums, Versioned, View,
    blob::{make_folder, sync_folder},
    error::io_error,
    format::{self, Folder},
    journal::JournalOptions,
    lock::Lock,
    redb::RedbView,
    sled::SledView,
};

mod follower;
mod rebuild;
#[cfg(test)]
mod tests;

use follower::Follower;
pub use rebuild::{BackupRecord, record_backup, recorded_backup};

/// What the view may keep in memory, unless the options say otherwise.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// What must stay free on the disk, unless the options say otherwise: sled must never meet a full disk itself.
pub const FREE_BYTES_MIN: u64 = 32 * 1024 * 1024;
/// A view of so many rows is counted when it is opened after a clean end.
const COUNTED_AT_OPEN_MAX: u64 = 20_000;
/// And of so many after another end; a larger one is counted beside the work.
const COUNTED_AFTER_CRASH_MAX: u64 = 100_000;

const JOURNAL: &str = "journal";
const SLED: &str = "sled";
const REDB: &str = "redb";

/// What holds the rows behind the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewKind {
    /// sled, which is what we are measured with.
    #[default]
    Sled,
    /// redb.
    Redb,
}

/// What may be chosen when a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to wait while another process holds the folder.
    pub lock_wait: Duration,
    /// What holds the rows.
    pub view: ViewKind,
    /// What it may keep in memory.
    pub cache_bytes: u64,
    /// What must stay free on the disk for a batch to be taken.
    pub free_bytes_min: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_wait: LOCK_WAIT,
            view: ViewKind::default(),
            cache_bytes: CACHE_BYTES,
            free_bytes_min: FREE_BYTES_MIN,
        }
    }
}

impl Options {
    fn journal(&self, may_begin: bool) -> JournalOptions {
        JournalOptions { free_bytes_min: self.free_bytes_min, may_begin, ..JournalOptions::default() }
    }
}

/// A store in a folder.
pub struct LocalStore {
    // Dropped in this order: the thread first, the folder's lock last.
    follower: Follower,
    durable: Arc<Durable<Box<dyn View>>>,
    opening: Opening,
    folder: PathBuf,
    _lock: Lock,
}

/// What opening found and did, for whoever tells people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Of the journal and the view behind it.
    pub opened: Opened,
    /// Why the view was made again from the journal, when it was.
    pub rebuilt: Option<String>,
}

/// Opens the store in a folder, or makes one where nothing of a store is yet. Other files in the folder are left alone.
///
/// # Errors
/// When another process holds it, it is not a store of ours, a later program wrote it, or its journal is damaged.
pub fn open(folder: &Path, options: &Options) -> Result<LocalStore, Error> {
    fs::create_dir_all(folder).map_err(io_error("create", folder))?;
    let lock = Lock::take(folder, options.lock_wait)?;
    let journal = folder.join(JOURNAL);
    let found = format::examine(folder, &[journal.clone(), folder.join(SLED), folder.join(REDB)])?;
    match found {
        Folder::New => refuse_full(folder, options.free_bytes_min)?,
        // Before this format there was no journal; it begins behind what the view has.
        Folder::Ours(1) => {}
        Folder::Ours(_) if !journal.exists() => {
            return Err(Error::Damaged { what: format!("{} is gone", journal.display()) });
        }
        Folder::Ours(_) => {}
    }
    make_folder(&journal)?;
    let (durable, opening) = rebuild::open(folder, &journal, options, found)?;
    let uncounted = !opening.opened.closed && opening.rebuilt.is_none() && !rebuild::is_counted(&durable, &opening)?;
    if found != Folder::Ours(format::FORMAT) {
        finish(folder, options.view)?;
    }
    let durable = Arc::new(durable);
    let follower = Follower::start(Arc::clone(&durable), folder.into(), uncounted);
    Ok(LocalStore { follower, durable, opening, folder: folder.into(), _lock: lock })
}

/// A view in a folder where nothing is yet, for a backup to fill.
pub(crate) fn new_view(folder: &Path, options: &Options) -> Result<Box<dyn View>, Error> {
    options.view.open(folder, options)
}

/// Makes a folder whose view was filled by a backup a whole store, with a journal that begins behind it.
pub(crate) fn finish_restored(folder: &Path, options: &Options, position: u64) -> Result<(), Error> {
    let journal = folder.join(JOURNAL);
    make_folder(&journal)?;
    crate::journal::begin(disk(&journal), position, options.journal(true))?;
    finish(folder, options.view)
}

/// Makes the names of a new store survive, its mark last.
fn finish(folder: &Path, view: ViewKind) -> Result<(), Error> {
    let data = view.folder(folder);
    if view == ViewKind::Sled {
        let settings = data.join("conf");
        File::open(&settings).and_then(|file| file.sync_all()).map_err(io_error("sync", settings))?;
    }
    sync_folder(&data)?;
    format::seal(folder)?;
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

impl ViewKind {
    fn folder(self, store: &Path) -> PathBuf {
        store.join(match self {
            Self::Sled => SLED,
            Self::Redb => REDB,
        })
    }

    fn other(self) -> Self {
        match self {
            Self::Sled => Self::Redb,
            Self::Redb => Self::Sled,
        }
    }

    fn open(self, store: &Path, options: &Options) -> Result<Box<dyn View>, Error> {
        let folder = self.folder(store);
        Ok(match self {
            Self::Sled => Box::new(SledView::open(folder, options)?),
            Self::Redb => Box::new(RedbView::open(folder, options)?),
        })
    }
}

impl LocalStore {
    /// What opening found and did.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// What it has counted since it was opened.
    pub fn counters(&self) -> Counters {
        self.durable.counters()
    }

    /// What the journal holds.
    ///
    /// # Errors
    /// When a file cannot be looked at.
    pub fn journal(&self) -> Result<JournalState, Error> {
        self.durable.journal()
    }

    /// The journal and the view, for backups and checks.
    pub fn durable(&self) -> &Durable<Box<dyn View>> {
        &self.durable
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Brings everything into the view and the view to the disk, and lets go of the journal that a verified backup
    /// holds.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn checkpoint(&self) -> Result<(), Error> {
        follower::checkpoint(&self.durable, &self.folder)
    }

    /// Counts every row of the view again. Gives what should be there and what is.
    ///
    /// # Errors
    /// When the view cannot be read, or too much is written meanwhile.
    pub fn count(&self) -> Result<(Sums, Sums), Error> {
        let counted = rebuild::count(&self.durable);
        self.heard(counted)
    }

    /// What the view says of itself when it is read and is damaged is remembered: the next opening makes it again.
    fn heard<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Damaged { what }) = &answer {
            rebuild::ask_for_it(&self.folder, what);
        }
        answer
    }
}

impl Store for LocalStore {
    fn limits(&self) -> Limits {
        self.durable.limits()
    }

    fn epoch(&self) -> Result<u64, Error> {
        self.durable.epoch()
    }

    fn raise_epoch(&self) -> Result<u64, Error> {
        self.durable.raise_epoch()
    }

    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        let answers = self.heard(self.durable.commit(batch));
        self.follower.wake();
        answers
    }

    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        self.heard(self.durable.get(keys))
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.heard(self.durable.scan(range, after, limit, direction))
    }

    fn changes(&self, from: u64) -> Changes {
        self.durable.changes(from)
    }
}

/// Says `DiskFull` when so many bytes are not free where the folder lies.
pub(crate) fn refuse_full(folder: &Path, needed: u64) -> Result<(), Error> {
    let found = rustix::fs::statvfs(folder).map_err(|error| io_error("look at", folder)(error.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    if free >= needed { Ok(()) } else { Err(Error::DiskFull { folder: folder.into(), free, needed }) }
}

fn disk(journal: &Path) -> Arc<FileDisk> {
    Arc::new(FileDisk::new(journal))
}
