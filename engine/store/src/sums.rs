//! How many rows there are and what their hashes add up to.
//!
//! Owns: the sums of a view, which move with every row that is written, so that a row lost or altered behind our back is
//! noticed by counting again. A sum does not depend on the order of rows. Not proof against a forger: the journal's
//! chain is for that.

use xxhash_rust::xxh3::Xxh3;

use crate::{Direction, Error, Key, Range, Space, View, view::PAGE_ROWS_MAX};

/// Bytes of the sums as they are stored: for each space a count and a hash.
const STORED_BYTES: usize = Space::ALL.len() * (8 + 16);

/// The sums of all spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums([Sum; Space::ALL.len()]);

/// The sum of one space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    /// What their hashes add up to.
    pub hash: u128,
}

impl Default for Sums {
    fn default() -> Self {
        Self([Sum::default(); Space::ALL.len()])
    }
}

impl Sums {
    /// A row takes the place of another, given as they are stored.
    pub fn replace(&mut self, key: &Key, before: Option<&[u8]>, after: Option<&[u8]>) {
        let sum = &mut self.0[key.space.place()];
        if let Some(before) = before {
            sum.rows = sum.rows.wrapping_sub(1);
            sum.hash = sum.hash.wrapping_sub(hash(key, before));
        }
        if let Some(after) = after {
            sum.rows = sum.rows.wrapping_add(1);
            sum.hash = sum.hash.wrapping_add(hash(key, after));
        }
    }

    /// How many rows there are in all.
    pub fn rows(&self) -> u64 {
        self.0.iter().map(|sum| sum.rows).sum()
    }

    /// The sum of a space.
    pub fn of(&self, space: Space) -> Sum {
        self.0[space.place()]
    }

    /// The spaces that differ.
    pub fn differences(&self, other: &Self) -> Vec<Space> {
        Space::ALL.into_iter().filter(|space| self.of(*space) != other.of(*space)).collect()
    }

    /// Counts every row of a view again.
    pub fn count(view: &dyn View) -> Result<Self, Error> {
        let mut sums = Self::default();
        for space in Space::ALL {
            let (range, mut after) = (Range::all(space), None);
            loop {
                let page = view.scan(&range, after.as_ref(), PAGE_ROWS_MAX, Direction::Forward)?;
                for (key, row) in &page.rows {
                    sums.replace(key, None, Some(&row.to_bytes()));
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(sums)
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let bytes = self.0.iter().flat_map(|sum| sum.rows.to_be_bytes().into_iter().chain(sum.hash.to_be_bytes()));
        bytes.collect()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != STORED_BYTES {
            return Err(Error::Damaged { what: format!("its sums have {} bytes", bytes.len()) });
        }
        let mut sums = Self::default();
        for (sum, bytes) in sums.0.iter_mut().zip(bytes.chunks_exact(24)) {
            let (rows, hash) = bytes.split_at(8);
            sum.rows = rows.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            sum.hash = hash.iter().fold(0, |number, byte| number << 8 | u128::from(*byte));
        }
        Ok(sums)
    }
}

fn hash(key: &Key, stored: &[u8]) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&[key.space as u8, key.bytes.len() as u8, (key.bytes.len() >> 8) as u8]);
    hash.update(&key.bytes);
    hash.update(stored);
    hash.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_does_not_depend_on_the_order_and_forgets_what_was_replaced() {
        let key = |name: u8| Key::new(Space::Job, [name]);
        let (mut one, mut other) = (Sums::default(), Sums::default());
        one.replace(&key(1), None, Some(b"a"));
        one.replace(&key(2), None, Some(b"b"));
        one.replace(&key(1), Some(b"a"), Some(b"c"));
        other.replace(&key(2), None, Some(b"b"));
        other.replace(&key(1), None, Some(b"c"));
        assert_eq!((one, one.rows()), (other, 2));
        other.replace(&key(1), Some(b"c"), None);
        assert_eq!(one.differences(&other), [Space::Job]);
        assert_eq!(Sums::from_bytes(&one.to_bytes()).unwrap(), one);
        assert!(Sums::from_bytes(&[0; 7]).is_err());
    }

    #[test]
    fn bytes_that_move_from_key_to_value_change_the_sum() {
        let (mut one, mut other) = (Sums::default(), Sums::default());
        one.replace(&Key::new(Space::Job, *b"ab"), None, Some(b"c"));
        other.replace(&Key::new(Space::Job, *b"a"), None, Some(b"bc"));
        assert_ne!(one, other);
    }
}
