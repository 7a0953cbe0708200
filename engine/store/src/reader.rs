//! Reading records: rows, and the files that large ones lie in.
//!
//! Owns: from a key or a range to values with their versions. Leaves to each part which keys those are.

use crate::{
    Direction, Error, Files, Key, Page, Range, Store, Versioned,
    record::{self, Body, Record},
};

/// Reads a practice's records.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    store: &'a dyn Store,
    files: &'a dyn Files,
}

/// A value as it was stored, with the version to be expected when it is changed. Whoever keeps it and writes it counts
/// one more after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    /// The version of its row.
    pub version: u64,
    /// The value.
    pub value: T,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T, Mark> {
    /// What was found.
    pub found: Vec<T>,
    /// What to go on after; nothing when the list has ended.
    pub next: Option<Mark>,
}

impl<'a> Reader<'a> {
    /// Reads this store, and these files for what is too large for it.
    pub fn new(store: &'a dyn Store, files: &'a dyn Files) -> Self {
        Self { store, files }
    }

    pub(crate) fn row(&self, key: Key) -> Result<Option<Versioned>, Error> {
        Ok(self.store.get(&[key])?.pop().flatten())
    }

    pub(crate) fn load<T: Record>(&self, key: Key) -> Result<Option<Loaded<T>>, Error> {
        self.row(key)?.map(|row| self.read(&row)).transpose()
    }

    pub(crate) fn load_each<T: Record>(&self, keys: &[Key]) -> Result<Vec<Option<Loaded<T>>>, Error> {
        let rows = self.store.get(keys)?;
        rows.iter().map(|row| row.as_ref().map(|row| self.read(row)).transpose()).collect()
    }

    /// A record that may lie in a file.
    pub(crate) fn read<T: Record>(&self, row: &Versioned) -> Result<Loaded<T>, Error> {
        let value = match record::body(&row.value)? {
            Body::Here(bytes) => record::decode(bytes)?,
            Body::File(hash) => {
                let gone = || Error::Damaged { what: format!("the file {hash} ({}) is gone", T::WHAT) };
                record::decode(&self.files.get(&hash)?.ok_or_else(gone)?)?
            }
        };
        Ok(Loaded { version: row.version, value })
    }

    pub(crate) fn page(
        &self,
        range: &Range,
        after: Option<&Key>,
        limit: usize,
        direction: Direction,
    ) -> Result<Page, Error> {
        self.store.scan(range, after, limit, direction)
    }

    /// The first rows of a range, at most so many.
    pub(crate) fn first(&self, range: &Range, limit: usize) -> Result<Vec<(Key, Versioned)>, Error> {
        let (mut rows, mut after) = (Vec::new(), None);
        while rows.len() < limit {
            let page = self.page(range, after.as_ref(), limit - rows.len(), Direction::Forward)?;
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(rows)
    }

    /// A part of a range as a list, going on after the mark of the part before.
    pub(crate) fn list<T, Mark>(
        &self,
        range: &Range,
        after: Option<Key>,
        limit: usize,
        direction: Direction,
        found: impl FnMut((Key, Versioned)) -> Result<T, Error>,
        mark: impl FnOnce(&Key) -> Result<Mark, Error>,
    ) -> Result<Listing<T, Mark>, Error> {
        let page = self.page(range, after.as_ref(), limit, direction)?;
        let next = page.next.as_ref().map(mark).transpose()?;
        Ok(Listing { found: page.rows.into_iter().map(found).collect::<Result<_, _>>()?, next })
    }
}
