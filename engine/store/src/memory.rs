//! A view in memory, for trials, simulation and tests.
//!
//! Owns: an ordered map. Nothing in it survives the process, and it is the plainest reading of what a view promises.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use crate::{Direct, Direction, Error, Key, Page, Range, Space, Versioned, View, sums::Sums, view::Written};

/// A store that forgets everything with its process.
pub type MemoryStore = Direct<MemoryView>;

/// The rows of a practice in an ordered map.
#[derive(Default)]
pub struct MemoryView {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Space, BTreeMap<Vec<u8>, Versioned>>,
    applied: u64,
    sums: Sums,
}

/// An empty store in memory.
pub fn open() -> Result<MemoryStore, Error> {
    Direct::new(MemoryView::default())
}

impl MemoryView {
    /// No step of this file can panic halfway, so a poisoned lock still guards whole rows.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View for MemoryView {
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let State { rows, applied, sums } = &mut *state;
        for (key, row) in writes {
            let space = rows.entry(key.space).or_default();
            let before = match row {
                Some(row) => space.insert(key.bytes.clone(), (*row).clone()),
                None => space.remove(&key.bytes),
            };
            let stored = |row: &Versioned| row.to_bytes();
            sums.replace(key, before.as_ref().map(stored).as_deref(), row.map(stored).as_deref());
        }
        *applied = reached.unwrap_or(*applied);
        Ok(())
    }

    fn applied(&self) -> Result<u64, Error> {
        Ok(self.read().applied)
    }

    fn sums(&self) -> Result<Sums, Error> {
        Ok(self.read().sums)
    }

    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }

    fn room_for(&self, _bytes: usize) -> Result<(), Error> {
        Ok(())
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        Ok(self.read().rows.get(&key.space).and_then(|space| space.get(&key.bytes)).cloned())
    }

    fn version(&self, key: &Key) -> Result<u64, Error> {
        let state = self.read();
        let row = state.rows.get(&key.space).and_then(|space| space.get(&key.bytes));
        Ok(row.map_or(0, |row| row.version))
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        let state = self.read();
        let (Some(rest), Some(space)) = (range.rest(after, direction), state.rows.get(&range.space)) else {
            return Ok(Page::default());
        };
        let rows = space.range::<[u8], _>(rest);
        let owned = |(bytes, row): (&Vec<u8>, &Versioned)| Ok((Key::new(range.space, bytes.as_slice()), row.clone()));
        match direction {
            Direction::Forward => Page::fill(rows.map(owned), limit),
            Direction::Backward => Page::fill(rows.rev().map(owned), limit),
        }
    }

    fn wipe(&self) -> Result<(), Error> {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[test]
    fn the_memory_store_keeps_every_promise_of_a_store() {
        conformance::every_store(&|| Box::new(open().unwrap()));
    }

    #[test]
    fn the_memory_view_keeps_every_promise_of_a_view() {
        conformance::every_view(&MemoryView::default());
    }
}
