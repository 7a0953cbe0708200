//! The files that sled writes beside its own and never syncs.
//!
//! Owns: knowing which of them are safe. A leaf of sled holds up to sixteen rows, and one beyond 128 KiB leaves the
//! main file for a file of its own in sled's folder `blobs`; values well below our limit can bring that about.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{Error, blob::sync_folder, error::io_error};

pub(super) struct SideFiles {
    folder: PathBuf,
    /// The length each file had when it was last synced: one that has grown since is synced again.
    synced: Mutex<BTreeMap<OsString, u64>>,
}

impl SideFiles {
    pub(super) fn of(sled_folder: &Path) -> Self {
        Self { folder: sled_folder.join("blobs"), synced: Mutex::default() }
    }

    /// Makes every file that is there survive a power cut.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = BTreeMap::new();
        let mut fresh = false;
        for entry in fs::read_dir(&self.folder).map_err(io_error("read", &self.folder))? {
            let entry = entry.map_err(io_error("read", &self.folder))?;
            // Between listing and opening sled may have removed it as garbage.
            let Some((file, length)) = unless_gone(open(&entry.path()), &entry.path())? else { continue };
            if synced.get(&entry.file_name()) != Some(&length) {
                file.sync_all().map_err(io_error("sync", entry.path()))?;
                fresh = true;
            }
            found.insert(entry.file_name(), length);
        }
        *synced = found;
        if fresh { sync_folder(&self.folder) } else { Ok(()) }
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

fn unless_gone<T>(opened: io::Result<T>, path: &Path) -> Result<Option<T>, Error> {
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some).map_err(io_error("open", path)),
    }
}
