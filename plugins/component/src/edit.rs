//! Changing a practice's folder of plugins, one at a time.
//!
//! Owns: that two who change it wait for one another, that what is written is made of what stands there by then, and the
//! order of writing: component, grants, lock, so that a crash leaves a plugin either as it was or as it is now. Leaves the
//! text of the grants to `grants`, and who is granted what to whoever asks.

use crate::{
    file::{self, Readers},
    grants::{FILE_BYTES_MAX, Grant, Grants, edited},
    inspection::{GRANTS, LOCK},
    lock::{Lock, Locked},
};
use rustix::{fs::FlockOperation, io::Errno};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How long one waits for another who changes the same folder.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How long to wait between two tries.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// A folder that nobody else changes meanwhile; let go when dropped.
#[derive(Debug)]
pub struct Edit {
    folder: PathBuf,
    /// Only kept open: the system frees the lock with it.
    _held: File,
}

impl Edit {
    /// Makes the folder when it is not there, and waits for whoever else changes it.
    ///
    /// # Errors
    /// When it cannot be had in time.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let held = File::open(folder)?;
        let begun = Instant::now();
        loop {
            match rustix::fs::flock(&held, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { folder: folder.to_owned(), _held: held }),
                Err(Errno::WOULDBLOCK) if begun.elapsed() < WAIT_MAX => thread::sleep(TRY_AGAIN_AFTER),
                Err(Errno::WOULDBLOCK) => {
                    return Err(io::Error::other("another `jobwright plugin add` or `remove` is changing it"));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The lock as it stands.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn lock(&self) -> io::Result<Lock> {
        Lock::read(&self.folder.join(LOCK))
    }

    /// The grants as they stand.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn grants(&self) -> io::Result<Grants> {
        Grants::read(&self.folder.join(GRANTS))
    }

    /// Takes a plugin in, in place of an older one; without bytes its file is there already.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn put(&self, plugin: Locked, component: Option<&[u8]>, grant: &Grant) -> io::Result<()> {
        let mut lock = self.lock()?;
        if let Some(bytes) = component {
            file::write(&self.folder.join(&plugin.file), bytes, Readers::Anyone)?;
        }
        self.write_grants(&plugin.name, Some(grant))?;
        lock.put(plugin);
        lock.write(&self.folder.join(LOCK))
    }

    /// Takes a plugin out: from the lock and the grants before its file goes. Nothing, when there is none of this name.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn remove(&self, plugin: &str) -> io::Result<Option<Locked>> {
        let mut lock = self.lock()?;
        let Some(at) = lock.plugins.iter().position(|locked| locked.name == plugin) else { return Ok(None) };
        let gone = lock.plugins.remove(at);
        lock.write(&self.folder.join(LOCK))?;
        self.write_grants(plugin, None)?;
        match fs::remove_file(self.folder.join(&gone.file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Some(gone)),
        }
    }

    fn write_grants(&self, plugin: &str, grant: Option<&Grant>) -> io::Result<()> {
        let path = self.folder.join(GRANTS);
        let before = file::read_text(&path, FILE_BYTES_MAX)?.unwrap_or_default();
        let after = edited(&before, plugin, grant)?;
        if after == before { Ok(()) } else { file::write(&path, after.as_bytes(), Readers::Anyone) }
    }
}
