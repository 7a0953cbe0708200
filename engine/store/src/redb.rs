//! The view in redb, for who prefers it to sled; and the way out, should sled fail us.
//!
//! Owns: one table for all rows, named by space and key, and one for what the view knows of itself. A step is one
//! transaction, which reaches the disk with the next `flush`; the journal holds what a crash takes in between.

use std::{
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ::redb::{AccessGuard, Database, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition};

use crate::{
    Direction, Error, Key, Page, Range, Sums, Versioned, View, Written,
    error::caught,
    local::{Options, refuse_full},
};

/// How much of the disk a step may take beyond its own size: redb writes whole pages of every table it touches.
const WRITTEN_PER_BYTE_MAX: u64 = 32;

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");
const STATE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("state");
const APPLIED: &str = "position";
const SUMS: &str = "sums";
const FILE: &str = "redb";

/// A row as redb hands it out: key and value.
type Found<'a> = (AccessGuard<'a, &'static [u8]>, AccessGuard<'a, &'static [u8]>);

/// Rows in redb.
pub(crate) struct RedbView {
    db: Database,
    state: Mutex<State>,
    folder: PathBuf,
    free_bytes_min: u64,
}

#[derive(Clone, Copy, Default)]
struct State {
    position: u64,
    sums: Sums,
}

impl RedbView {
    /// Opens the rows in a folder of their own, or makes them where there are none.
    pub fn open(folder: PathBuf, options: &Options) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder).map_err(crate::error::io_error("create", &folder))?;
        let cache = usize::try_from(options.cache_bytes).unwrap_or(usize::MAX);
        let file = folder.join(FILE);
        let db = caught("redb", &folder, || {
            Database::builder().set_cache_size(cache).create(file).map_err(told("open", &folder))
        })?;
        let view = Self { db, state: Mutex::default(), folder, free_bytes_min: options.free_bytes_min };
        let state = view.written(Durability::Immediate, |_, own| {
            let position = own.get(APPLIED)?.map(|row| row.value().to_vec());
            Ok((position, own.get(SUMS)?.map(|row| row.value().to_vec())))
        })?;
        *view.state() = read_state(state.0.as_deref(), state.1.as_deref())?;
        Ok(view)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction over both tables.
    fn written<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(
            &mut Table<'_, &'static [u8], &'static [u8]>,
            &mut Table<'_, &'static str, &'static [u8]>,
        ) -> Result<T, ::redb::StorageError>,
    ) -> Result<T, Error> {
        let told = || told::<::redb::Error>("write", &self.folder);
        caught("redb", &self.folder, || {
            let mut transaction = self.db.begin_write().map_err(|error| told()(error.into()))?;
            transaction.set_durability(durability).map_err(|error| told()(error.into()))?;
            let done = {
                let mut rows = transaction.open_table(ROWS).map_err(|error| told()(error.into()))?;
                let mut own = transaction.open_table(STATE).map_err(|error| told()(error.into()))?;
                work(&mut rows, &mut own).map_err(|error| told()(error.into()))?
            };
            transaction.commit().map_err(|error| told()(error.into()))?;
            Ok(done)
        })
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&::redb::ReadOnlyTable<&'static [u8], &'static [u8]>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let told = || told::<::redb::Error>("read", &self.folder);
        caught("redb", &self.folder, || {
            let transaction = self.db.begin_read().map_err(|error| told()(error.into()))?;
            let rows = transaction.open_table(ROWS).map_err(|error| told()(error.into()))?;
            work(&rows)
        })
    }
}

impl View for RedbView {
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error> {
        let mut state = self.state();
        let mut after = *state;
        self.written(Durability::None, |rows, own| {
            for (key, row) in writes {
                let (name, bytes) = (stored_key(key), row.map(Versioned::to_bytes));
                let old = match &bytes {
                    Some(bytes) => rows.insert(name.as_slice(), bytes.as_slice())?,
                    None => rows.remove(name.as_slice())?,
                };
                after.sums.replace(key, old.as_ref().map(|old| old.value()), bytes.as_deref());
            }
            own.insert(SUMS, after.sums.to_bytes().as_slice())?;
            if let Some(position) = reached {
                own.insert(APPLIED, position.to_be_bytes().as_slice())?;
                after.position = position;
            }
            Ok(())
        })?;
        *state = after;
        Ok(())
    }

    fn applied(&self) -> Result<u64, Error> {
        Ok(self.state().position)
    }

    fn sums(&self) -> Result<Sums, Error> {
        Ok(self.state().sums)
    }

    fn flush(&self) -> Result<(), Error> {
        self.written(Durability::Immediate, |_, _| Ok(()))
    }

    fn room_for(&self, bytes: usize) -> Result<(), Error> {
        refuse_full(&self.folder, self.free_bytes_min.saturating_add(bytes as u64 * WRITTEN_PER_BYTE_MAX))
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        self.read(|rows| {
            let found = rows.get(stored_key(key).as_slice()).map_err(told("read", &self.folder))?;
            found.map(|row| Versioned::from_bytes(row.value())).transpose()
        })
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        let Some((from, until)) = range.rest(after, direction) else { return Ok(Page::default()) };
        let name = |bytes: &[u8]| stored_key(&Key::new(range.space, bytes));
        let until = match until {
            Bound::Unbounded => Bound::Excluded(vec![range.space as u8 + 1]),
            until => until.map(name),
        };
        let bounds = (from.map(name), until);
        self.read(|rows| {
            let found =
                rows.range::<&[u8]>((bounds.0.as_ref().map(Vec::as_slice), bounds.1.as_ref().map(Vec::as_slice)));
            let found = found.map_err(told("read", &self.folder))?;
            let owned = |row: Result<Found<'_>, ::redb::StorageError>| {
                let (key, value) = row.map_err(told("read", &self.folder))?;
                Ok((Key::new(range.space, &key.value()[1..]), Versioned::from_bytes(value.value())?))
            };
            match direction {
                Direction::Forward => Page::fill(found.map(owned), limit),
                Direction::Backward => Page::fill(found.rev().map(owned), limit),
            }
        })
    }

    fn wipe(&self) -> Result<(), Error> {
        self.written(Durability::Immediate, |rows, own| {
            own.retain(|_, _| false)?;
            rows.retain(|_, _| false)
        })?;
        *self.state() = State::default();
        Ok(())
    }
}

fn stored_key(key: &Key) -> Vec<u8> {
    let mut name = Vec::with_capacity(key.bytes.len() + 1);
    name.push(key.space as u8);
    name.extend_from_slice(&key.bytes);
    name
}

fn read_state(position: Option<&[u8]>, sums: Option<&[u8]>) -> Result<State, Error> {
    let position = position.map_or(Ok(0), |bytes| {
        let what = || format!("its applied position has {} bytes", bytes.len());
        bytes.try_into().map(u64::from_be_bytes).map_err(|_| Error::Damaged { what: what() })
    })?;
    Ok(State { position, sums: sums.map_or(Ok(Sums::default()), Sums::from_bytes)? })
}

fn told<E: Into<::redb::Error>>(doing: &'static str, folder: &Path) -> impl FnOnce(E) -> Error {
    move |error| match error.into() {
        ::redb::Error::Io(source) if !crate::error::is_damage(&source) => {
            Error::Io { doing, path: folder.into(), source }
        }
        other => Error::Damaged { what: format!("redb cannot {doing} {}: {other}", folder.display()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conformance, testing::Folder};

    #[test]
    fn the_redb_view_keeps_every_promise_of_a_view() {
        let folder = Folder::new();
        conformance::every_view(&RedbView::open(folder.path().join("redb"), &Options::default()).unwrap());
    }
}
