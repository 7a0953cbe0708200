//! A view that falls back when its process dies.
//!
//! Owns: rows in memory with the way back to what was flushed. A flush holds; whatever was applied after it may be gone
//! after a death, from any step on. A position comes with the last of its steps, so rows may be ahead of the position that
//! is told, never behind it.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jobwright_store::memory::MemoryView;
use jobwright_store::{Direction, Error, Key, Page, Range, Sums, Versioned, View, Written};

use super::machine::{Fate, Machine};

/// The rows, which outlive a process.
#[derive(Default)]
pub struct Ground {
    rows: MemoryView,
    /// How to take back what was not flushed, the last one last.
    back: Mutex<VecDeque<Back>>,
}

struct Back {
    position_before: u64,
    rows_before: Vec<(Key, Option<Versioned>)>,
}

impl Ground {
    /// Loses what was not flushed, or a part of it.
    pub fn fall_back(&self, machine: &Machine) {
        let mut back = self.back();
        let steps = machine.chance(|chance| chance.below(back.len() + 1));
        for _ in 0..steps {
            let Some(step) = back.pop_back() else { break };
            let rows: Vec<Written<'_>> = step.rows_before.iter().map(|(key, row)| (key, row.as_ref())).collect();
            self.rows.apply(&rows, Some(step.position_before)).expect("memory does not fail");
        }
        back.clear();
        if steps > 0 {
            machine.tell(format_args!("  the view falls back by {steps} steps"));
        }
    }

    fn back(&self) -> MutexGuard<'_, VecDeque<Back>> {
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The view of one process.
pub struct FallingView {
    ground: Arc<Ground>,
    machine: Arc<Machine>,
}

impl FallingView {
    /// A view on rows that are there already.
    pub fn new(ground: Arc<Ground>, machine: Arc<Machine>) -> Self {
        Self { ground, machine }
    }
}

impl View for FallingView {
    fn apply(&self, writes: &[Written<'_>], reached: Option<u64>) -> Result<(), Error> {
        let fate = self.machine.deed(format_args!("view: apply {} rows, {reached:?}", writes.len()));
        // In the middle of a step nothing of it is there: a view's step is atomic.
        if matches!(fate, Fate::Done | Fate::After) {
            let rows = &self.ground.rows;
            let before = |(key, _): &Written<'_>| Ok(((*key).clone(), rows.get(key)?));
            let rows_before = writes.iter().map(before).collect::<Result<_, Error>>()?;
            self.ground.back().push_back(Back { position_before: rows.applied()?, rows_before });
            rows.apply(writes, reached)?;
        }
        answer(fate)
    }

    fn applied(&self) -> Result<u64, Error> {
        self.ground.rows.applied()
    }

    fn sums(&self) -> Result<Sums, Error> {
        self.ground.rows.sums()
    }

    fn flush(&self) -> Result<(), Error> {
        let fate = self.machine.deed(format_args!("view: flush"));
        if matches!(fate, Fate::Done | Fate::After) {
            self.ground.back().clear();
        }
        answer(fate)
    }

    fn room_for(&self, _bytes: usize) -> Result<(), Error> {
        if self.machine.is_full() {
            return Err(Error::DiskFull { folder: PathBuf::from("simulated"), free: 0, needed: 1 });
        }
        Ok(())
    }

    fn get(&self, key: &Key) -> Result<Option<Versioned>, Error> {
        self.ground.rows.get(key)
    }

    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.ground.rows.scan(range, after, limit, direction)
    }

    fn wipe(&self) -> Result<(), Error> {
        let fate = self.machine.deed(format_args!("view: wipe"));
        if matches!(fate, Fate::Done | Fate::After | Fate::Within) {
            self.ground.rows.wipe()?;
            self.ground.back().clear();
        }
        answer(fate)
    }
}

fn answer(fate: Fate) -> Result<(), Error> {
    match fate {
        Fate::Done => Ok(()),
        _ => Err(Error::Io { doing: "write", path: PathBuf::from("simulated"), source: failure(fate) }),
    }
}

/// What the operating system says.
pub fn failure(fate: Fate) -> io::Error {
    match fate {
        Fate::Fails => io::Error::other("input/output error"),
        _ => io::Error::other("the process has died"),
    }
}
