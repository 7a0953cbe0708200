//! A place for large records that fails.
//!
//! Owns: files by their content, which outlive a process; what was put is durable when that returns. A file that was
//! not put is there sometimes all the same, as after a death between writing and answering.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jobwright_core::id::Hash;
use jobwright_store::{Error, Files, MemoryFiles};

use super::machine::{Fate, Machine};
use super::view::failure;

/// What a narrow place takes: definitions and letters, and no long text.
const NARROW_BYTES: u64 = 36_000;

/// The files of one machine.
pub struct FailingFiles {
    kept: MemoryFiles,
    /// It takes no large record now, and says how large one may be: nothing that another try would mend.
    is_narrow: AtomicBool,
    machine: Arc<Machine>,
}

impl FailingFiles {
    /// An empty place.
    pub fn new(machine: Arc<Machine>) -> Self {
        Self { kept: MemoryFiles::default(), is_narrow: AtomicBool::new(false), machine }
    }

    /// From now on it takes large records or does not.
    pub fn narrow(&self, is_narrow: bool) {
        self.is_narrow.store(is_narrow, Ordering::Relaxed);
    }

    /// What is kept, read without asking the machine.
    pub fn kept(&self) -> &MemoryFiles {
        &self.kept
    }
}

impl Files for FailingFiles {
    fn put(&self, bytes: &[u8]) -> Result<Hash, Error> {
        let found = bytes.len() as u64;
        if found > NARROW_BYTES && self.is_narrow.load(Ordering::Relaxed) {
            return Err(Error::BlobTooLarge { found, limit: NARROW_BYTES });
        }
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
