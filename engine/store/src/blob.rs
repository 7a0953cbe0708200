//! Files by their content: letters, documents, definitions and whatever is too large for a row.
//!
//! Owns: the folder `blobs/ab/cdef…`, named by SHA-256. A file is whole and durable before its name can be committed,
//! so the order is always: put the file, then commit the row that names it. Used under the store's lock.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use jobwright_core::{bound::RECORD_BYTES_MAX, id::Hash};
use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use crate::{Error, error::io_error};

/// The largest file: what no row takes lies in one, so it is as large as any record.
pub const BLOB_BYTES_MAX: u64 = RECORD_BYTES_MAX as u64;
/// What is larger than this goes to a file rather than into a row.
pub const ROW_BYTES_MAX: usize = 32 * 1024;

const FOLDER: &str = "blobs";
/// Files on their way; whatever a crash left there is of no use.
const NEW: &str = "new";

/// The files of one practice.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
    written: AtomicU64,
}

impl Blobs {
    /// Opens the folder `blobs` beside the store's data and clears what a crash left unfinished.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let blobs = folder.join(FOLDER);
        let new = blobs.join(NEW);
        make_folder(&blobs)?;
        make_folder(&new)?;
        for left in fs::read_dir(&new).map_err(io_error("read", &new))? {
            let path = left.map_err(io_error("read", &new))?.path();
            fs::remove_file(&path).map_err(io_error("remove", path))?;
        }
        Ok(Self { folder: blobs, written: AtomicU64::new(0) })
    }

    /// The folder `blobs` of a store that cannot be written; nothing is made or cleared.
    pub fn open_to_read(folder: &Path) -> Self {
        Self { folder: folder.join(FOLDER), written: AtomicU64::new(0) }
    }

    /// Keeps the bytes; when it returns they survive a power cut. What is there already, whole, is not written again.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash, Error> {
        check_size(bytes.len() as u64)?;
        let hash = Hash(Sha256::digest(bytes).into());
        let path = self.path(&hash);
        let parent = path.parent().unwrap_or(&self.folder);
        // A damaged file is written anew by whoever brings the right bytes.
        if !matches!(self.get(&hash), Ok(Some(_))) {
            make_folder(parent)?;
            let number = self.written.fetch_add(1, Ordering::Relaxed);
            let new = self.folder.join(NEW).join(number.to_string());
            let kept = write_new(&new, bytes);
            if let Err(error) = kept.and_then(|()| fs::rename(&new, &path).map_err(io_error("rename", &new))) {
                // On a full disk the half file must not take the last room; the first failure is the one to tell.
                let _ = fs::remove_file(&new);
                return Err(error);
            }
        }
        // Also for a file that was there: whoever renamed it may have died before this line.
        sync_folder(parent)?;
        Ok(hash)
    }

    /// The bytes with this hash, if they are kept. Bytes that do not match their name are an error, never an answer.
    pub fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(hash);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(io_error("open", &path))?,
        };
        check_size(file.metadata().map_err(io_error("look at", &path))?.len())?;
        let mut bytes = Vec::new();
        file.take(BLOB_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_error("read", &path))?;
        if Sha256::digest(&bytes).as_slice() == hash.0 {
            Ok(Some(bytes))
        } else {
            Err(Error::Damaged { what: format!("the content of {} does not match its name", path.display()) })
        }
    }

    /// Hands out every file, in no order. Bytes that do not match their name are an error.
    pub fn each(&self, mut take: impl FnMut(Hash, Vec<u8>) -> Result<(), Error>) -> Result<(), Error> {
        let names = |folder: &Path| -> Result<Vec<PathBuf>, Error> {
            let entries = fs::read_dir(folder).map_err(io_error("read", folder))?;
            entries.map(|entry| Ok(entry.map_err(io_error("read", folder))?.path())).collect()
        };
        for folder in names(&self.folder)?.into_iter().filter(|path| path.is_dir() && !path.ends_with(NEW)) {
            for path in names(&folder)? {
                let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
                let digits = name(&folder).zip(name(&path)).map(|(first, rest)| first + &rest);
                // What is not named by a hash is not ours.
                let Some(hash) = digits.and_then(|digits| read_hash(&digits)) else { continue };
                if let Some(bytes) = self.get(&hash)? {
                    take(hash, bytes)?;
                }
            }
        }
        Ok(())
    }

    fn path(&self, hash: &Hash) -> PathBuf {
        let name = hash.to_string();
        let (folder, file) = name.split_at(2);
        self.folder.join(folder).join(file)
    }
}

/// The hash that a name says, of 64 lower-case hexadecimal digits.
fn read_hash(name: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(name.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    (Hash(hash).to_string() == name).then_some(Hash(hash))
}

pub(crate) fn check_size(found: u64) -> Result<(), Error> {
    if found <= BLOB_BYTES_MAX { Ok(()) } else { Err(Error::BlobTooLarge { found, limit: BLOB_BYTES_MAX }) }
}

/// Writes a file and its bytes through to the disk, over whatever a crash left there; its name is the caller's to sync.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // A link is what a crash never left: it is taken away, and what it leads to stays as it is.
    if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        fs::remove_file(path).map_err(io_error("remove", path))?;
    }
    let no_links = OFlags::NOFOLLOW.bits().cast_signed();
    let opened = OpenOptions::new().write(true).create(true).truncate(true).custom_flags(no_links).open(path);
    let mut file = opened.map_err(io_error("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("write", path))
}

/// Makes the names in a folder survive a power cut.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("sync", path))
}

/// Makes a folder, and its name survive, unless it is there.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => {
            made.map_err(io_error("create", path))?;
            path.parent().map_or(Ok(()), sync_folder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_document_is_found_by_its_content_after_a_restart() {
        let folder = Folder::new();
        let hash = Blobs::open(folder.path()).unwrap().put(b"abc").unwrap();
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(folder.path().join("blobs/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").exists());
        let blobs = Blobs::open(folder.path()).unwrap();
        assert_eq!(blobs.get(&hash).unwrap().as_deref(), Some(b"abc".as_slice()));
        assert_eq!(blobs.get(&Hash([0; 32])).unwrap(), None);
    }

    #[test]
    fn the_same_document_again_is_not_written_again() {
        use std::os::unix::fs::MetadataExt;
        let folder = Folder::new();
        let blobs = Blobs::open(folder.path()).unwrap();
        let number = |hash: &Hash| fs::metadata(blobs.path(hash)).unwrap().ino();
        let first = number(&blobs.put(b"letter").unwrap());
        assert_eq!(number(&blobs.put(b"letter").unwrap()), first);
    }

    #[test]
    fn a_damaged_document_is_told_and_mended_by_bringing_it_again() {
        let folder = Folder::new();
        let blobs = Blobs::open(folder.path()).unwrap();
        let hash = blobs.put(b"letter").unwrap();
        fs::write(blobs.path(&hash), b"lettuce").unwrap();
        assert!(matches!(blobs.get(&hash), Err(Error::Damaged { .. })));
        blobs.put(b"letter").unwrap();
        assert_eq!(blobs.get(&hash).unwrap().as_deref(), Some(b"letter".as_slice()));
    }

    #[test]
    fn what_a_crash_left_on_the_way_is_cleared() {
        let folder = Folder::new();
        Blobs::open(folder.path()).unwrap();
        fs::write(folder.path().join("blobs/new/0"), b"hal").unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("blobs/new")).unwrap().count(), 0);
        assert_eq!(blobs.get(&blobs.put(b"half").unwrap()).unwrap().as_deref(), Some(b"half".as_slice()));
    }

    #[test]
    fn a_document_beyond_the_bound_is_refused_before_it_is_read() {
        let folder = Folder::new();
        let blobs = Blobs::open(folder.path()).unwrap();
        let hash = blobs.put(b"letter").unwrap();
        File::options().write(true).open(blobs.path(&hash)).unwrap().set_len(BLOB_BYTES_MAX + 1).unwrap();
        let error = blobs.get(&hash).unwrap_err();
        assert!(matches!(error, Error::BlobTooLarge { found, .. } if found == BLOB_BYTES_MAX + 1));
    }
}
