//! A store in a folder that cannot be written, opened to be read.
//!
//! Owns: a copy of journal and rows in a folder of our own, gone with the store: both are brought up to date when they are
//! opened, and that takes writing. Files by content stay where they are. Nothing can be committed to such a store. Leaves
//! opening it to `local`.

use std::{
    env,
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::fs::FlockOperation;

use crate::{Error, Holder, error::io_error};

/// How deep folders of a store lie in one another.
const DEPTH_MAX: usize = 4;
/// Most files of a store's journal and rows.
const FILES_MAX: usize = 200_000;

/// The copy; removed when dropped.
pub(super) struct Copied {
    folder: PathBuf,
    /// Held as long as the copy is made, where there is a lock to hold.
    _original: Option<File>,
}

impl Copied {
    /// Copies what of a store is rows or journal.
    pub fn of(store: &Path, names: &[&str]) -> Result<Self, Error> {
        let original = shared_lock(store)?;
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("jobwright-read-{}-{number}", std::process::id()));
        // Made anew, for our own account alone: one that is there is somebody else's.
        DirBuilder::new().mode(0o700).create(&folder).map_err(io_error("create", &folder))?;
        let copied = Self { folder, _original: original };
        let mut files = 0;
        for name in names {
            copy(&store.join(name), &copied.folder.join(name), 0, &mut files)?;
        }
        Ok(copied)
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "a copy that was read is left behind");
        }
    }
}

/// Keeps an engine of another account from changing what is copied; one that is at work is told.
fn shared_lock(store: &Path) -> Result<Option<File>, Error> {
    let path = store.join("LOCK");
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(io_error("open", &path))?,
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::InUse { folder: store.into(), holder: Holder::Unknown }),
        Err(error) => Err(io_error("lock", path)(error.into())),
    }
}

/// Plain files and folders; a link is none of a store's.
fn copy(from: &Path, to: &Path, depth: usize, files: &mut usize) -> Result<(), Error> {
    let found = match from.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(io_error("look at", from))?,
    };
    *files += 1;
    if depth > DEPTH_MAX || *files > FILES_MAX {
        return Err(Error::Damaged { what: format!("{} holds more than a store has", from.display()) });
    }
    if found.is_file() {
        return fs::copy(from, to).map(drop).map_err(io_error("copy", from));
    }
    if !found.is_dir() {
        return Ok(());
    }
    DirBuilder::new().mode(0o700).create(to).map_err(io_error("create", to))?;
    for entry in fs::read_dir(from).map_err(io_error("read", from))? {
        let entry = entry.map_err(io_error("read", from))?;
        copy(&entry.path(), &to.join(entry.file_name()), depth + 1, files)?;
    }
    Ok(())
}
