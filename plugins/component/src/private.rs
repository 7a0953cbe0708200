//! The folder of an account's cache: what lies there is run as machine code.
//!
//! Owns: making the folder, and whether it may be relied on: it is this account's own, nobody else can look into it or put
//! another one in its place, and no part of it is a link. Leaves which folder it is to the program, and what lies in it to
//! `cache` and `seen`.

use rustix::process::geteuid;
use std::{
    fs::{self, DirBuilder, Metadata, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Rights of the folder: its owner's alone.
const FOLDER_MODE: u32 = 0o700;
/// Rights of others to read or write.
const OTHERS: u32 = 0o077;
/// Rights of others to write.
const OTHERS_WRITE: u32 = 0o022;
/// Only its owner may take a file out of such a folder.
const STICKY: u32 = 0o1000;

/// Opens the folder, and makes it when it is not there; gives its path without links.
///
/// # Errors
/// When it cannot be made, or may not be relied on.
pub fn open(folder: &Path) -> io::Result<PathBuf> {
    if !folder.is_absolute() {
        return Err(bad(folder, "is not an absolute path"));
    }
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    if fs::symlink_metadata(folder)?.is_symlink() {
        return Err(bad(folder, "is a link"));
    }
    let folder = folder.canonicalize()?;
    let data = fs::metadata(&folder)?;
    if data.uid() != geteuid().as_raw() {
        return Err(bad(&folder, "belongs to another account"));
    }
    if data.mode() & OTHERS_WRITE != 0 {
        return Err(bad(&folder, "can be written by others; delete it"));
    }
    for above in folder.ancestors().skip(1) {
        if can_be_swapped(&fs::metadata(above)?) {
            return Err(bad(above, "can be written by others, who could put another folder in the place of the cache"));
        }
    }
    if data.mode() & OTHERS != 0 {
        fs::set_permissions(&folder, Permissions::from_mode(FOLDER_MODE))?;
    }
    Ok(folder)
}

/// Whether somebody else can rename what lies in a folder.
fn can_be_swapped(data: &Metadata) -> bool {
    let is_trusted = [0, geteuid().as_raw()].contains(&data.uid());
    !is_trusted || (data.mode() & OTHERS_WRITE != 0 && data.mode() & STICKY == 0)
}

/// Whether a path is a file of this account that nobody else can write, and no link.
pub fn is_own_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| is_own(&data) && data.mode() & OTHERS_WRITE == 0)
}

/// The same of a file that nobody else can read either.
pub fn is_secret_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| is_own(&data) && data.mode() & OTHERS == 0)
}

/// Whether a folder is this account's own, and no link to another one.
pub fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_dir() && data.uid() == geteuid().as_raw())
}

fn is_own(data: &Metadata) -> bool {
    data.is_file() && data.uid() == geteuid().as_raw()
}

fn bad(path: &Path, why: &str) -> io::Error {
    io::Error::other(format!("{} {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("jobwright-private-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        DirBuilder::new().mode(0o700).create(&place).unwrap();
        place
    }

    #[test]
    fn a_folder_is_made_for_its_owner_alone_and_narrowed_when_others_may_read_it() {
        let place = place("made");
        let cache = place.join("a/b");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let opened = open(&cache).unwrap();
        assert_eq!((mode(&opened), mode(&place.join("a"))), (0o700, 0o700));
        fs::set_permissions(&cache, Permissions::from_mode(0o755)).unwrap();
        open(&cache).unwrap();
        assert_eq!(mode(&cache), 0o700);
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn a_folder_that_others_could_have_filled_is_refused_in_words() {
        let place = place("refused");
        let cache = place.join("cache");
        let why = |path: &Path| open(path).unwrap_err().to_string();
        assert!(why(Path::new("cache")).ends_with("is not an absolute path"));
        fs::create_dir(&cache).unwrap();
        fs::set_permissions(&cache, Permissions::from_mode(0o777)).unwrap();
        assert!(why(&cache).contains("can be written by others; delete it"), "{}", why(&cache));
        fs::set_permissions(&cache, Permissions::from_mode(0o700)).unwrap();
        symlink(&cache, place.join("link")).unwrap();
        assert!(why(&place.join("link")).ends_with("is a link"));
        fs::set_permissions(&place, Permissions::from_mode(0o777)).unwrap();
        assert!(why(&cache).contains("who could put another folder"), "{}", why(&cache));
        fs::set_permissions(&place, Permissions::from_mode(0o700)).unwrap();
        fs::remove_dir_all(place).unwrap();
    }
}
