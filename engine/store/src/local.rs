//! A practice's store in a folder of this machine.
//!
//! Owns: what may be chosen, the steps of opening (lock, judge the folder, open journal and view, compare them, rebuild
//! what is damaged, seal a new store last), and the thread that lets the view follow. A store that once was made is
//! never taken for a new one, whatever is left of it. Leaves what a commit is to `durable`.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
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

mod copied;
mod follower;
mod rebuild;
#[cfg(test)]
mod tests;

use copied::Copied;
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
    /// Whether a store is made where there is none yet.
    pub makes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_wait: LOCK_WAIT,
            view: ViewKind::default(),
            cache_bytes: CACHE_BYTES,
            free_bytes_min: FREE_BYTES_MIN,
            makes: true,
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
    /// What is open is a copy: the folder itself cannot be written.
    copied: Option<Copied>,
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
    let data = [folder.join(JOURNAL), folder.join(SLED), folder.join(REDB)];
    // Looked at before anything is made: whoever only reads must not leave an empty store where one is missing.
    if !options.makes && format::examine(folder, &data)? == Folder::New {
        return Err(Error::NoStore { folder: folder.into() });
    }
    fs::create_dir_all(folder).map_err(io_error("create", folder))?;
    refuse_links_of_others(folder)?;
    let lock = Lock::take(folder, options.lock_wait)?;
    let journal = folder.join(JOURNAL);
    let found = format::examine(folder, &data)?;
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
    // Whoever went on from here would write a second history.
    if let Some(record) = recorded_backup(folder)?
        && let Some(what) = rebuild::behind(&durable, &record, false)?
    {
        return Err(Error::JournalBehind { what });
    }
    let uncounted = !opening.opened.closed && opening.rebuilt.is_none() && !rebuild::is_counted(&durable, &opening)?;
    if found != Folder::Ours(format::FORMAT) {
        finish(folder, options.view)?;
    }
    let durable = Arc::new(durable);
    let follower = Follower::start(Arc::clone(&durable), folder.into(), uncounted);
    Ok(LocalStore { follower, durable, opening, folder: folder.into(), _lock: lock, copied: None })
}

/// Opens a store that cannot be written, to be read: every commit is refused.
///
/// # Errors
/// When there is none, another process has it, or there is no room for a copy of its rows.
pub fn open_to_read(folder: &Path, options: &Options) -> Result<LocalStore, Error> {
    let names = ["FORMAT", JOURNAL, SLED, REDB];
    let copied = Copied::of(folder, &names)?;
    let opened = open(copied.folder(), &Options { makes: false, free_bytes_min: 0, ..options.clone() })?;
    Ok(LocalStore { folder: folder.into(), copied: Some(copied), ..opened })
}

/// Most entries of a folder that are looked at for links.
const ENTRIES_MAX: usize = 100_000;

/// In a folder of another account a link may lead anywhere, and whoever opens the store (the administrator, then) would
/// read and write there with rights that the other does not have. In a folder of our own a link is our own.
fn refuse_links_of_others(folder: &Path) -> Result<(), Error> {
    let owner = fs::metadata(folder).map_err(io_error("look at", folder))?.uid();
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let (journal, sled, blobs) = (folder.join(JOURNAL), folder.join(SLED), folder.join("blobs"));
    for place in [folder, &journal, &sled, &blobs] {
        let Ok(entries) = fs::read_dir(place) else { continue };
        for entry in entries.take(ENTRIES_MAX) {
            let path = entry.map_err(io_error("read", place))?.path();
            if path.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
                let why = format!("{} is a link, and the folder belongs to another account ({owner})", path.display());
                return Err(Error::Foreign { folder: folder.into(), why });
            }
        }
    }
    Ok(())
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

    /// Whether it can only be read, since its folder cannot be written.
    pub fn is_to_be_read(&self) -> bool {
        self.copied.is_some()
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

    /// What speaks against the journal when it is held against the backup that was proven last.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn behind_backup(&self) -> Result<Option<String>, Error> {
        let Some(record) = recorded_backup(&self.folder)? else { return Ok(None) };
        rebuild::behind(&self.durable, &record, true)
    }

    /// What speaks against the journal when it is held against a backup that somebody has kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn behind(&self, backup: &BackupRecord) -> Result<Option<String>, Error> {
        rebuild::behind(&self.durable, backup, true)
    }

    /// Counts every row of the view again. Gives what should be there and what is.
    ///
    /// # Errors
    /// When the view cannot be read, or too much is written meanwhile.
    pub fn count(&self) -> Result<(Sums, Sums), Error> {
        let counted = rebuild::count(&self.durable);
        self.heard(counted)
    }

    fn must_be_writable(&self) -> Result<(), Error> {
        if self.copied.is_none() { Ok(()) } else { Err(Error::ReadOnly { folder: self.folder.clone() }) }
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
        self.must_be_writable()?;
        self.durable.raise_epoch()
    }

    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        self.must_be_writable()?;
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
