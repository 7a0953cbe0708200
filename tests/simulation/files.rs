//! A place for large records that fails.
//!
//! Owns: files by their content, which outlive a process; what was put is durable when that returns. A file that was
//! not put is there sometimes all the same, as after a death between writing and answering.

use std::sync::Arc;

use jobwright_core::id::Hash;
use jobwright_store::{Error, Files, MemoryFiles};

use super::machine::{Fate, Machine};
use super::view::failure;

/// The files of one machine.
pub struct FailingFiles {
    kept: MemoryFiles,
    machine: Arc<Machine>,
}

impl FailingFiles {
    /// An empty place.
    pub fn new(machine: Arc<Machine>) -> Self {
        Self { kept: MemoryFiles::default(), machine }
    }

    /// What is kept, read without asking the machine.
    pub fn kept(&self) -> &MemoryFiles {
        &self.kept
    }
}

impl Files for FailingFiles {
    fn put(&self, bytes: &[u8]) -> Result<Hash, Error> {
        if self.machine.is_full() {
            return Err(Error::DiskFull { folder: "simulated".into(), free: 0, needed: bytes.len() as u64 });
        }
        match self.machine.deed(format_args!("keep a file of {} bytes", bytes.len())) {
            Fate::Done => self.kept.put(bytes),
            fate => {
                if fate == Fate::After {
                    self.kept.put(bytes)?;
                }
                Err(Error::Io { doing: "write", path: "simulated".into(), source: failure(fate) })
            }
        }
    }

    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, Error> {
        self.kept.get(hash)
    }
}
