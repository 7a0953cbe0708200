//! The store on disk: a folder with sled in it.
//!
//! Owns: what may be chosen, and the steps of opening: lock, judge the folder, open sled, and seal a new store last.
//! A store that once was made is never taken for a new one, whatever is left of it.

use std::{
    fs::{self, File},
    path::Path,
    time::Duration,
};

use crate::{
    Direct, Error, LOCK_WAIT, View,
    blob::sync_folder,
    error::io_error,
    format::{self, Folder},
    lock::Lock,
};

mod side_files;
#[cfg(test)]
mod tests;
mod view;

pub use view::SledView;

/// A store in a folder of this machine.
pub type SledStore = Direct<SledView>;

/// What sled may keep in memory, unless the options say otherwise.
pub const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// What must stay free on the disk, unless the options say otherwise: sled must never meet a full disk itself.
pub const FREE_BYTES_MIN: u64 = 32 * 1024 * 1024;

const FOLDER: &str = "sled";

/// What may be chosen when a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long to wait while another process holds the folder.
    pub lock_wait: Duration,
    /// What sled may keep in memory.
    pub cache_bytes: u64,
    /// What must stay free on the disk for a batch to be taken.
    pub free_bytes_min: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { lock_wait: LOCK_WAIT, cache_bytes: CACHE_BYTES, free_bytes_min: FREE_BYTES_MIN }
    }
}

/// Opens the store in a folder, or makes one where nothing of a store is yet. Other files in the folder are left alone.
pub fn open(folder: &Path, options: &Options) -> Result<SledStore, Error> {
    fs::create_dir_all(folder).map_err(io_error("create", folder))?;
    let lock = Lock::take(folder, options.lock_wait)?;
    let data = folder.join(FOLDER);
    let found = format::examine(folder, &data)?;
    if found == Folder::New {
        view::refuse_full(folder, options.free_bytes_min)?;
    }
    let view = SledView::open(data.clone(), lock, options)?;
    if found == Folder::Ours && view.applied()? == 0 {
        return Err(Error::Damaged {
            what: format!("{} holds no rows although a store was made here", data.display()),
        });
    }
    let store = Direct::new(view)?;
    if found == Folder::New {
        let settings = data.join("conf");
        File::open(&settings).and_then(|file| file.sync_all()).map_err(io_error("sync", settings))?;
        sync_folder(&data)?;
        format::seal(folder)?;
        folder.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)?;
    }
    Ok(store)
}
