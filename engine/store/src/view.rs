//! The ordered rows that answer every read.
//!
//! Owns: the trait behind which memory, sled and others stand, a row with its version, and a page. Leaves preconditions,
//! epochs and command ids to `direct`, which is the same over every view.

use crate::{Direction, Error, Key, Range, sums::Sums};

/// The most rows of one page.
pub const PAGE_ROWS_MAX: usize = 1000;
/// A page ends after the row that brings its values to this size.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// An ordered map of rows that changes in atomic steps and knows the last one it took.
pub trait View: Send + Sync {
    /// Makes the writes, each of another row, all or none. With the last ones that belong to a position comes the
    /// position reached; until then rows may be ahead of it, never behind. The sums move in the same step.
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error>;

    /// The position that was reached last, 0 before the first.
    fn applied(&self) -> Result<u64, Error>;

    /// How many rows each space should have, and what their hashes should add up to: as counted while they were written.
    fn sums(&self) -> Result<Sums, Error>;

    /// Returns once every step so far survives a power cut. Never called again after it failed.
    fn flush(&self) -> Result<(), Error>;

    /// Says `DiskFull` when so many bytes had better not be tried.
    fn room_for(&self, bytes: usize) -> Result<(), Error>;

    /// Reads one row.
    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error>;

    /// How often a row was written; 0 when it is not there.
    fn version(&self, key: &Key) -> Result<u64, Error> {
        Ok(self.get(key)?.map_or(0, |row| row.version))
    }

    /// Reads a page of at most `limit` rows, at least one and at most `PAGE_ROWS_MAX`.
    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error>;

    /// Removes every row and falls back to position 0, the position first: what is left of an interrupted wipe is
    /// found at position 0 and wiped again.
    fn wipe(&self) -> Result<(), Error>;
}

/// A row: how often it was written, and what was written last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// 1 when first written, then one more each time.
    pub version: u64,
    /// The bytes.
    pub value: Vec<u8>,
}

/// A row and what it becomes; `None` removes it.
pub type Written<'a> = (&'a Key, Option<&'a Versioned>);

/// What a commit makes of one row: new content, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which row.
    pub key: Key,
    /// What it becomes; `None` removes it.
    pub row: Option<Versioned>,
}

/// A part of a range. It may be shorter than asked for although more follows: only `next` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows in the direction of the scan.
    pub rows: Vec<(Key, Versioned)>,
    /// Where the next page goes on, as its `after`; `None` when the range was exhausted.
    pub next: Option<Key>,
}

impl Versioned {
    /// The stored form: the version as a variable-length number, then the value.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let bytes = Vec::with_capacity(self.value.len() + 2);
        match postcard::to_extend(&self.version, bytes) {
            Ok(mut bytes) => {
                bytes.extend_from_slice(&self.value);
                bytes
            }
            Err(never) => unreachable!("a number always fits a vector: {never}"),
        }
    }

    /// Reads no more than the version of the stored form.
    pub(crate) fn version_of(bytes: &[u8]) -> Result<u64, Error> {
        match postcard::take_from_bytes(bytes) {
            Ok((version, _)) => Ok(version),
            Err(_) => Err(Error::Damaged { what: format!("a row of {} bytes has no version", bytes.len()) }),
        }
    }

    /// Reads the stored form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        match postcard::take_from_bytes(bytes) {
            Ok((version, value)) => Ok(Self { version, value: value.to_vec() }),
            Err(_) => Err(Error::Damaged { what: format!("a row of {} bytes has no version", bytes.len()) }),
        }
    }
}

impl Write {
    /// As a view takes it.
    pub fn as_written(&self) -> Written<'_> {
        (&self.key, self.row.as_ref())
    }
}

impl Page {
    /// Takes rows until the page is full.
    pub(crate) fn fill(
        mut rows: impl Iterator<Item = Result<(Key, Versioned), Error>>,
        limit: usize,
    ) -> Result<Self, Error> {
        let limit = limit.clamp(1, PAGE_ROWS_MAX);
        let mut page = Self::default();
        let mut bytes = 0;
        while page.rows.len() < limit && bytes < PAGE_BYTES_MAX {
            let Some(row) = rows.next() else { return Ok(page) };
            let (key, row) = row?;
            bytes += row.value.len();
            page.rows.push((key, row));
        }
        if rows.next().transpose()?.is_some() {
            page.next = page.rows.last().map(|(key, _)| key.clone());
        }
        Ok(page)
    }
}

impl<V: View + ?Sized> View for Box<V> {
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error> {
        (**self).apply(writes, reached)
    }

    fn applied(&self) -> Result<u64, Error> {
        (**self).applied()
    }

    fn sums(&self) -> Result<Sums, Error> {
        (**self).sums()
    }

    fn flush(&self) -> Result<(), Error> {
        (**self).flush()
    }

    fn room_for(&self, bytes: usize) -> Result<(), Error> {
        (**self).room_for(bytes)
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        (**self).get(key)
    }

    fn version(&self, key: &Key) -> Result<u64, Error> {
        (**self).version(key)
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        (**self).scan(range, after, limit, direction)
    }

    fn wipe(&self) -> Result<(), Error> {
        (**self).wipe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back_as_it_was_stored() {
        for (version, value, bytes) in
            [(1, vec![], vec![1]), (127, vec![9], vec![127, 9]), (300, vec![0xff, 0], vec![0xac, 0x02, 0xff, 0])]
        {
            let row = Versioned { version, value };
            assert_eq!(row.to_bytes(), bytes);
            assert_eq!(Versioned::from_bytes(&bytes).unwrap(), row);
        }
        assert!(matches!(Versioned::from_bytes(&[0x80]), Err(Error::Damaged { .. })));
        assert!(matches!(Versioned::from_bytes(&[]), Err(Error::Damaged { .. })));
    }

    #[test]
    fn a_page_of_large_rows_ends_early_and_says_where_to_go_on() {
        let row = |n: u8| {
            let value = vec![n; PAGE_BYTES_MAX / 4];
            Ok((Key::new(crate::Space::Job, [n]), Versioned { version: 1, value }))
        };
        let page = Page::fill((0..9).map(row), 100).unwrap();
        assert_eq!(page.rows.len(), 4);
        assert_eq!(page.next, Some(Key::new(crate::Space::Job, [3])));
        assert_eq!(Page::fill((0..4).map(row), 100).unwrap().next, None);
    }
}
