//! From a backup to a store.
//!
//! Owns: filling an empty view from a backup, and a new folder around it, which gets its name only when all of it is
//! proven. Nothing that was there is touched.

use super::{
    read::{Entry, damaged, each},
    *,
};
use crate::{
    Commit,
    local::{self, BackupRecord, Options},
    meta,
};

/// Makes a new store of a backup, in a folder that is not there yet.
///
/// # Errors
/// When the folder is there, the backup is not whole, or something cannot be written; then nothing is left of it.
pub fn restore(path: &Path, folder: &Path, options: &Options, at: i64, watch: Watch<'_>) -> Result<Summary, Error> {
    if folder.symlink_metadata().is_ok() {
        return Err(io_error("create", folder)(io::ErrorKind::AlreadyExists.into()));
    }
    let summary = verify(path, watch)?;
    let part = part(folder);
    let made = fill(path, &part, options, at, &summary, watch);
    if let Err(error) = made.and_then(|()| give_folder_name(&part, folder)) {
        // A half store is of no use, and the first failure is the one to tell.
        let _ = fs::remove_dir_all(&part);
        return Err(error);
    }
    sync_folder(parent(folder))?;
    Ok(summary)
}

fn fill(
    path: &Path,
    part: &Path,
    options: &Options,
    at: i64,
    summary: &Summary,
    watch: Watch<'_>,
) -> Result<(), Error> {
    make_folders(parent(part))?;
    fs::DirBuilder::new().mode(0o700).create(part).map_err(io_error("create", part))?;
    let files = Blobs::open(part)?;
    {
        let view = local::new_view(part, options)?;
        let reached = take(path, &*view, Some((&files, part)), watch)?;
        let (found, counted) = (view.sums()?, Sums::count(&*view)?);
        if reached != summary.position || found != summary.sums || counted != summary.sums {
            return Err(damaged(path, "the store made of it does not add up to what the backup says"));
        }
    }
    local::finish_restored(part, options, summary.position)?;
    let path = fs::canonicalize(path).map_err(io_error("look at", path))?;
    local::record_backup(part, &BackupRecord { position: summary.position, path, at, chain: None })?;
    hold_letters(part, options, at)
}

/// What waited when the backup was made, and what falls due again, may have left before the store was lost.
fn hold_letters(part: &Path, options: &Options, at: i64) -> Result<(), Error> {
    let store = local::open(part, options)?;
    let commit = Commit { epoch: store.epoch()?, ops: vec![meta::hold_letters(at)], ..Commit::default() };
    let refused = store.commit(vec![commit])?.into_iter().find_map(Result::err);
    refused.map_or(Ok(()), |error| Err(Error::Damaged { what: format!("the new store takes no commit: {error}") }))
}

/// Puts a file beside the rows where it was, for its own account alone.
fn put_beside(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    make_folders(parent(path))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = made.map_err(io_error("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("write", path))?;
    sync_folder(parent(path))
}

/// Makes a folder with those above it, and each name survive.
fn make_folders(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    make_folders(parent(path))?;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(io_error("create", path)),
    }?;
    sync_folder(parent(path))
}

/// Gives a folder that was made its name, unless something has it by then: an empty folder takes the name first.
fn give_folder_name(made: &Path, name: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().mode(0o700).create(name).map_err(io_error("create", name))?;
    fs::rename(made, name).map_err(io_error("rename", made))
}

/// Fills an empty view; gives the position that it has then reached.
pub(crate) fn load(path: &Path, view: &dyn View) -> Result<u64, Error> {
    verify(path, &mut |_| {})?;
    take(path, view, None, &mut |_| {})
}

fn take(path: &Path, view: &dyn View, files: Option<(&Blobs, &Path)>, watch: Watch<'_>) -> Result<u64, Error> {
    let summary = each(path, watch, |entry| match entry {
        Entry::Rows(writes) | Entry::Commit(writes) => {
            view.apply(&writes.iter().map(Write::as_written).collect::<Vec<_>>(), None)
        }
        Entry::File(bytes) => files.map_or(Ok(()), |(files, _)| files.put(&bytes).map(drop)),
        Entry::Beside(place, bytes) => files.map_or(Ok(()), |(_, folder)| put_beside(&folder.join(place), &bytes)),
    })?;
    view.apply(&[], Some(summary.position))?;
    view.flush()?;
    Ok(summary.position)
}
