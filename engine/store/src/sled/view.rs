//! The view in sled.
//!
//! Owns: one tree for each space, the one transaction that writes them, and what sled 0.34 leaves undone: a flush that
//! reaches the disk, and its panics. Leaves preconditions and epochs to `direct`, the folder to `sled`.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use ::sled::{
    Db, IVec, Mode, Tree,
    transaction::{ConflictableTransactionError, TransactionError, Transactional, TransactionalTree},
};

use super::{Options, side_files::SideFiles};
use crate::{Direction, Error, Key, Page, Range, Space, Versioned, View, Write, error::io_error, lock::Lock};

/// How often sled's own thread writes and collects garbage; without it memory and disk grew several times over.
const FLUSH_EVERY_MS: u64 = 500;
/// How much of the disk a batch may take beyond its own size, since sled writes whole leaves.
const WRITTEN_PER_BYTE_MAX: u64 = 8;
/// How long to wait between two tries while sled's threads of an earlier opening still end.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

const APPLIED_TREE: &[u8] = b"applied";
const APPLIED_KEY: &[u8] = b"position";

/// Rows in sled. The fields are dropped in this order: sled first, the folder's lock last.
pub struct SledView {
    trees: Vec<Tree>,
    applied: Tree,
    db: Db,
    position: AtomicU64,
    /// The file behind all trees, opened once more to reach the disk: sled's own flush on Linux does not.
    file: File,
    side_files: SideFiles,
    folder: PathBuf,
    free_bytes_min: u64,
    _lock: Lock,
}

impl SledView {
    pub(super) fn open(folder: PathBuf, lock: Lock, options: &Options) -> Result<Self, Error> {
        let db = open_patiently(&folder, options)?;
        let tree = |name: Vec<u8>| guarded("open", &folder, || db.open_tree(name));
        let trees = Space::ALL.into_iter().map(|space| tree(format!("{:02x}", space as u8).into_bytes()));
        let trees = trees.collect::<Result<_, _>>()?;
        let applied = tree(APPLIED_TREE.to_vec())?;
        let position = guarded("read", &folder, || applied.get(APPLIED_KEY))?;
        let position = position.map_or(Ok(0), |bytes| read_position(&bytes))?;
        let file = folder.join("db");
        let file = File::open(&file).map_err(io_error("open", file))?;
        Ok(Self {
            trees,
            applied,
            db,
            position: position.into(),
            file,
            side_files: SideFiles::of(&folder),
            folder,
            free_bytes_min: options.free_bytes_min,
            _lock: lock,
        })
    }

    fn tree(&self, space: Space) -> &Tree {
        // The list of spaces is in the order of their bytes, and the trees are in the order of the list.
        &self.trees[place(space)]
    }

    /// The only transaction over sled's trees. Two writes outside of it would be two steps to a crash.
    fn transact(&self, position: u64, writes: &[Write]) -> ::sled::Result<()> {
        let mut spaces: Vec<Space> = writes.iter().map(|write| write.key.space).collect();
        spaces.sort_unstable();
        spaces.dedup();
        let mut trees: Vec<&Tree> = spaces.iter().map(|space| self.tree(*space)).collect();
        trees.push(&self.applied);
        let rows: Vec<(usize, &Write, Option<IVec>)> = writes
            .iter()
            .map(|write| {
                let tree = spaces.partition_point(|space| *space < write.key.space);
                (tree, write, write.row.as_ref().map(|row| IVec::from(row.to_bytes())))
            })
            .collect();
        let done = trees.as_slice().transaction(|trees: &Vec<TransactionalTree>| {
            for (tree, write, bytes) in &rows {
                match bytes {
                    Some(bytes) => trees[*tree].insert(write.key.bytes.as_slice(), bytes)?,
                    None => trees[*tree].remove(write.key.bytes.as_slice())?,
                };
            }
            trees[spaces.len()].insert(APPLIED_KEY, &position.to_be_bytes())?;
            Ok::<_, ConflictableTransactionError<::sled::Error>>(())
        });
        done.map_err(|error| match error {
            TransactionError::Abort(error) | TransactionError::Storage(error) => error,
        })
    }
}

impl View for SledView {
    fn apply(&self, position: u64, writes: &[Write]) -> Result<(), Error> {
        if position <= self.applied()? {
            return Ok(());
        }
        guarded("write", &self.folder, || self.transact(position, writes))?;
        self.position.store(position, Ordering::Release);
        Ok(())
    }

    fn applied(&self) -> Result<u64, Error> {
        Ok(self.position.load(Ordering::Acquire))
    }

    fn flush(&self) -> Result<(), Error> {
        guarded("flush", &self.folder, || self.db.flush())?;
        self.side_files.sync()?;
        rustix::fs::fdatasync(&self.file).map_err(|error| io_error("sync", &self.folder)(error.into()))
    }

    fn room_for(&self, bytes: usize) -> Result<(), Error> {
        refuse_full(&self.folder, self.free_bytes_min.saturating_add(bytes as u64 * WRITTEN_PER_BYTE_MAX))
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        let found = guarded("read", &self.folder, || self.tree(key.space).get(&key.bytes))?;
        found.map(|bytes| Versioned::from_bytes(&bytes)).transpose()
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        let Some(rest) = range.rest(after, direction) else { return Ok(Page::default()) };
        let fill = || {
            let rows = self.tree(range.space).range::<&[u8], _>(rest);
            let owned = |row: ::sled::Result<(IVec, IVec)>| {
                let (key, bytes) = row.map_err(|error| told("read", &self.folder, error))?;
                Ok((Key::new(range.space, key.as_ref()), Versioned::from_bytes(&bytes)?))
            };
            match direction {
                Direction::Forward => Page::fill(rows.map(owned), limit),
                Direction::Backward => Page::fill(rows.rev().map(owned), limit),
            }
        };
        guarded("read", &self.folder, || Ok(fill()))?
    }

    fn wipe(&self) -> Result<(), Error> {
        guarded("write", &self.folder, || self.applied.remove(APPLIED_KEY))?;
        self.position.store(0, Ordering::Release);
        self.flush()?;
        self.trees.iter().try_for_each(|tree| guarded("write", &self.folder, || tree.clear()))?;
        self.flush()
    }
}

fn read_position(bytes: &[u8]) -> Result<u64, Error> {
    let what = || format!("its applied position has {} bytes", bytes.len());
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| Error::Damaged { what: what() })
}

fn place(space: Space) -> usize {
    Space::ALL.partition_point(|earlier| *earlier < space)
}

/// Opens sled, trying again while its own lock is still held by threads of an earlier opening that is ending.
fn open_patiently(folder: &Path, options: &Options) -> Result<Db, Error> {
    let config = ::sled::Config::new()
        .path(folder)
        .mode(Mode::LowSpace)
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(Some(FLUSH_EVERY_MS));
    let give_up_at = Instant::now() + options.lock_wait;
    loop {
        match guarded("open", folder, || config.open()) {
            Err(error) if is_locked(&error) && Instant::now() < give_up_at => thread::sleep(TRY_AGAIN_AFTER),
            opened => return opened,
        }
    }
}

/// Sled gives its lock no error of its own, only these words.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.to_string().contains("could not acquire lock"))
}

/// Runs sled's code, which panics where its files contradict themselves.
fn guarded<T>(doing: &'static str, folder: &Path, work: impl FnOnce() -> ::sled::Result<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| told(doing, folder, error)),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
            Err(Error::Damaged { what: format!("sled gave up on {}: {words}", folder.display()) })
        }
    }
}

fn told(doing: &'static str, folder: &Path, error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(source) => Error::Io { doing, path: folder.into(), source },
        other => Error::Damaged { what: format!("sled cannot {doing} {}: {other}", folder.display()) },
    }
}

pub(super) fn refuse_full(folder: &Path, needed: u64) -> Result<(), Error> {
    let found = rustix::fs::statvfs(folder).map_err(|error| io_error("look at", folder)(error.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    if free >= needed { Ok(()) } else { Err(Error::DiskFull { folder: folder.into(), free, needed }) }
}
