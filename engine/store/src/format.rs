//! What kind of folder this is, before anything in it is touched.
//!
//! Owns: the file `FORMAT` and the judgement of a folder: new, ours, newer, foreign or unfinished. The file is written
//! last, when all else stands, so a folder with it holds a whole store.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Error,
    blob::{sync_folder, write_new},
    error::io_error,
};

/// The newest format this program reads and the one it writes. Format 1 had rows in sled and no journal.
pub const FORMAT: u64 = 2;

const FILE: &str = "FORMAT";
const TITLE: &str = "jobwright store, format ";
/// More than any format of ours needs; what is larger is not ours.
const FILE_BYTES_MAX: u64 = 256;

/// A folder that may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// Nothing of a store is in it.
    New,
    /// A store of this format is in it, which we know.
    Ours(u64),
}

/// Judges a folder whose data, if it has any, stands in one of these.
pub(crate) fn examine(folder: &Path, data: &[PathBuf]) -> Result<Folder, Error> {
    let file = folder.join(FILE);
    let foreign = |why: &str| Error::Foreign { folder: folder.into(), why: why.into() };
    let made = || data.iter().find(|data| data.exists());
    match fs::metadata(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match made() {
                None => Ok(Folder::New),
                Some(made) => Err(Error::Unfinished { folder: folder.into(), made: made.clone() }),
            };
        }
        Err(error) => return Err(io_error("look at", file)(error)),
        Ok(found) if !found.is_file() || found.len() > FILE_BYTES_MAX => {
            return Err(foreign("its FORMAT is not ours"));
        }
        Ok(_) => {}
    }
    let text = fs::read(&file).map_err(io_error("read", &file))?;
    let format = std::str::from_utf8(&text).ok().and_then(|text| text.strip_prefix(TITLE)?.trim_end().parse().ok());
    let format = format.ok_or_else(|| foreign("its FORMAT is not ours"))?;
    check_known(format)?;
    Ok(Folder::Ours(format))
}

/// Marks the folder as a whole store of our format.
pub(crate) fn seal(folder: &Path) -> Result<(), Error> {
    let (new, file) = (folder.join("FORMAT.new"), folder.join(FILE));
    write_new(&new, format!("{TITLE}{FORMAT}\n").as_bytes())?;
    fs::rename(&new, &file).map_err(io_error("rename", new))?;
    sync_folder(folder)
}

/// Refuses what a later program wrote.
pub(crate) fn check_known(found: u64) -> Result<(), Error> {
    if found <= FORMAT { Ok(()) } else { Err(Error::NewerFormat { found, known: FORMAT }) }
}
