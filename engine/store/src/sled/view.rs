//! The view in sled.
//!
//! Owns: one tree for each space, the one transaction that writes them, and what sled 0.34 leaves undone: a flush that
//! reaches the disk, and its panics. Leaves preconditions and epochs to `direct`, the folder to `sled`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use ::sled::{
    Db, IVec, Mode, Tree,
    transaction::{ConflictableTransactionError, TransactionError, Transactional, TransactionalTree},
};

use super::side_files::SideFiles;
use crate::{
    Direction, Error, Key, Page, Range, Space, Sums, Versioned, View, Written,
    error::{Ending, bounded, caught, io_error},
    local::{Options, refuse_full},
};

/// How often sled's own thread writes and collects garbage; without it memory and disk grew several times over.
const FLUSH_EVERY_MS: u64 = 500;
/// How much of the disk a batch may take beyond its own size, since sled writes whole leaves.
const WRITTEN_PER_BYTE_MAX: u64 = 8;
/// How long to wait between two tries while sled's threads of an earlier opening still end.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

const APPLIED_TREE: &[u8] = b"applied";
const APPLIED_KEY: &[u8] = b"position";
const SUMS_KEY: &[u8] = b"sums";

/// Rows in sled.
pub struct SledView {
    sled: Ending<Sled>,
    /// What stands in `applied`, which only this view writes.
    state: Mutex<State>,
    /// The file behind all trees, opened once more to reach the disk: sled's own flush on Linux does not.
    file: File,
    side_files: SideFiles,
    folder: PathBuf,
    free_bytes_min: u64,
}

/// sled itself.
struct Sled {
    trees: Vec<Tree>,
    applied: Tree,
    db: Db,
}

#[derive(Clone, Copy, Default)]
struct State {
    position: u64,
    sums: Sums,
}

impl SledView {
    /// Opens the rows in a folder of their own, or makes them where there are none.
    pub(crate) fn open(folder: PathBuf, options: &Options) -> Result<Self, Error> {
        let db = open_patiently(&folder, options)?;
        let tree = |name: Vec<u8>| guarded("open", &folder, || db.open_tree(name));
        let trees = Space::ALL.into_iter().map(|space| tree(format!("{:02x}", space as u8).into_bytes()));
        let trees = trees.collect::<Result<_, _>>()?;
        let applied = tree(APPLIED_TREE.to_vec())?;
        let file = folder.join("db");
        let file = File::open(&file).map_err(io_error("open", file))?;
        let view = Self {
            sled: Ending::new("sled", &folder, Sled { trees, applied, db }),
            state: Mutex::default(),
            file,
            side_files: SideFiles::of(&folder),
            folder,
            free_bytes_min: options.free_bytes_min,
        };
        *view.state() = view.read_state()?;
        Ok(view)
    }

    fn read_state(&self) -> Result<State, Error> {
        let row = |key: &[u8]| guarded("read", &self.folder, || self.sled.applied.get(key));
        let position = row(APPLIED_KEY)?.map_or(Ok(0), |bytes| read_position(&bytes))?;
        let sums = match row(SUMS_KEY)? {
            Some(bytes) => Sums::from_bytes(&bytes)?,
            // Format 1 kept none: what is there now is what there should be from now on.
            None => Sums::count(self)?,
        };
        Ok(State { position, sums })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tree(&self, space: Space) -> &Tree {
        &self.sled.trees[space.place()]
    }

    /// The only transaction over sled's trees. Two writes outside of it would be two steps to a crash.
    fn transact(&self, before: State, writes: &[Written<'_>], reached: Option<u64>) -> ::sled::Result<State> {
        let mut spaces: Vec<Space> = writes.iter().map(|(key, _)| key.space).collect();
        spaces.sort_unstable();
        spaces.dedup();
        let mut trees: Vec<&Tree> = spaces.iter().map(|space| self.tree(*space)).collect();
        trees.push(&self.sled.applied);
        let rows: Vec<(usize, &Key, Option<IVec>)> = writes
            .iter()
            .map(|(key, row)| {
                let tree = spaces.partition_point(|space| *space < key.space);
                (tree, *key, row.map(|row| IVec::from(row.to_bytes())))
            })
            .collect();
        let done = trees.as_slice().transaction(|trees: &Vec<TransactionalTree>| {
            let mut after = before;
            for (tree, key, bytes) in &rows {
                let old = match bytes {
                    Some(bytes) => trees[*tree].insert(key.bytes.as_slice(), bytes)?,
                    None => trees[*tree].remove(key.bytes.as_slice())?,
                };
                after.sums.replace(key, old.as_deref(), bytes.as_deref());
            }
            let own = &trees[spaces.len()];
            own.insert(SUMS_KEY, after.sums.to_bytes())?;
            if let Some(position) = reached {
                own.insert(APPLIED_KEY, &position.to_be_bytes())?;
                after.position = position;
            }
            Ok::<_, ConflictableTransactionError<::sled::Error>>(after)
        });
        done.map_err(|error| match error {
            TransactionError::Abort(error) | TransactionError::Storage(error) => error,
        })
    }
}

impl View for SledView {
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error> {
        let mut state = self.state();
        *state = guarded("write", &self.folder, || self.transact(*state, writes, reached))?;
        Ok(())
    }

    fn applied(&self) -> Result<u64, Error> {
        Ok(self.state().position)
    }

    fn sums(&self) -> Result<Sums, Error> {
        Ok(self.state().sums)
    }

    fn flush(&self) -> Result<(), Error> {
        let (db, folder) = (self.sled.db.clone(), self.folder.clone());
        bounded("sled", &self.folder, move || db.flush().map_err(|error| told("flush", &folder, error)))?;
        self.side_files.sync()?;
        self.file.sync_data().map_err(io_error("sync", &self.folder))
    }

    fn room_for(&self, bytes: usize) -> Result<(), Error> {
        refuse_full(&self.folder, self.free_bytes_min.saturating_add(bytes as u64 * WRITTEN_PER_BYTE_MAX))
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        let found = guarded("read", &self.folder, || self.tree(key.space).get(&key.bytes))?;
        found.map(|bytes| Versioned::from_bytes(&bytes)).transpose()
    }

    fn version(&self, key: &Key) -> Result<u64, Error> {
        let found = guarded("read", &self.folder, || self.tree(key.space).get(&key.bytes))?;
        found.map_or(Ok(0), |bytes| Versioned::version_of(&bytes))
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
        guarded("write", &self.folder, || self.sled.applied.remove(APPLIED_KEY))?;
        guarded("write", &self.folder, || self.sled.applied.remove(SUMS_KEY))?;
        self.flush()?;
        self.sled.trees.iter().try_for_each(|tree| guarded("write", &self.folder, || tree.clear()))?;
        *self.state() = State::default();
        self.flush()
    }
}

fn read_position(bytes: &[u8]) -> Result<u64, Error> {
    let what = || format!("its applied position has {} bytes", bytes.len());
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| Error::Damaged { what: what() })
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
    caught("sled", folder, || work().map_err(|error| told(doing, folder, error)))
}

fn told(doing: &'static str, folder: &Path, error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(source) if !crate::error::is_damage(&source) => {
            Error::Io { doing, path: folder.into(), source }
        }
        other => Error::Damaged { what: format!("sled cannot {doing} {}: {other}", folder.display()) },
    }
}
