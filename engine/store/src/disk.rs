//! The disk below the journal: a folder of plain files, written in place.
//!
//! Owns: the few things a journal needs of a disk, and the real one. Names are those of files within one folder; nothing
//! survives a power cut before `sync` (for bytes) or `sync_names` (for names made, cut off or removed). The simulation
//! stands in the real one's place.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Files kept open at once.
const OPEN_FILES_MAX: usize = 8;

/// What a journal needs of a disk. An error may leave a write half done; whoever wrote then trusts nothing behind the
/// last sync.
pub trait Disk: Send + Sync {
    /// The names of all files, in no order.
    fn names(&self) -> io::Result<Vec<String>>;

    /// How long a file is.
    fn length(&self, name: &str) -> io::Result<u64>;

    /// Reads as much as there is, from a place on; fewer bytes than asked for mean the end of the file.
    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Makes an empty file that was not there.
    fn create(&self, name: &str) -> io::Result<()>;

    /// Writes all bytes at a place, growing the file where it ends before.
    fn write(&self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns once every byte written so far survives a power cut. Never called again after it failed.
    fn sync(&self, name: &str) -> io::Result<()>;

    /// Shortens a file.
    fn cut(&self, name: &str, length: u64) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns once the names as they are now survive a power cut.
    fn sync_names(&self) -> io::Result<()>;

    /// How much there is room for.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// A folder of this machine.
#[derive(Debug)]
pub struct FileDisk {
    folder: PathBuf,
    open: Mutex<BTreeMap<String, Arc<File>>>,
}

impl FileDisk {
    /// The folder, which is there.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), open: Mutex::default() }
    }

    fn file(&self, name: &str) -> io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(name) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(OpenOptions::new().read(true).write(true).open(self.folder.join(name))?);
        if open.len() >= OPEN_FILES_MAX {
            open.pop_first();
        }
        open.insert(name.into(), Arc::clone(&file));
        Ok(file)
    }

    fn close(&self, name: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Disk for FileDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(self.file(name)?.metadata()?.len())
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let file = self.file(name)?;
        let mut read = 0;
        while read < into.len() {
            match file.read_at(&mut into[read..], at + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn create(&self, name: &str) -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).open(self.folder.join(name)).map(drop)
    }

    fn write(&self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all_at(bytes, at)
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()
    }

    fn cut(&self, name: &str, length: u64) -> io::Result<()> {
        self.file(name)?.set_len(length)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.close(name);
        fs::remove_file(self.folder.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.folder)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }
}
