//! A component's file, read no more often than it changes.
//!
//! Owns: whether a file is the component of a digest. One that was read to the end once, and whose stamp is still the same,
//! is not read again: its manifest was put down and sealed with the stamp, `<sha256>.known`. Large components take a good
//! part of a second to read. Leaves the compiled form to `cache`.

use crate::{
    file::{self, Readers, STAMP_BYTES, Stamp},
    limits::COMPONENT_BYTES_MAX,
    load::digest,
    private,
    seal::{Key, SEAL_BYTES},
};
use jobwright_core::id::Hash;
use std::{
    borrow::Cow,
    fmt, io,
    path::{Path, PathBuf},
};

/// Bytes of a manifest that is put down.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;

/// Why a file is not the component of a digest.
#[derive(Debug)]
pub enum Unseen {
    /// There is none.
    Absent,
    /// It cannot be read.
    Unreadable(io::Error),
    /// It has another digest.
    Differs(Hash),
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("is not there"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::Differs(found) => write!(f, "is sha256:{found:.12}…"),
        }
    }
}

/// A file that is the component of a digest.
pub struct Seen {
    /// Its digest.
    pub digest: Hash,
    path: PathBuf,
    stamp: Stamp,
    known: Known,
}

enum Known {
    /// Its bytes, read just now.
    Bytes(Vec<u8>),
    /// Its manifest, from when it was read.
    Manifest(Vec<u8>),
}

impl Seen {
    /// Looks at a file; with a place for what is known of files, reads it only when it has changed.
    ///
    /// # Errors
    /// When it is not that component.
    pub fn look(path: &Path, digest: Hash, notes: Option<&Notes>) -> Result<Self, Unseen> {
        let stamp = Stamp::of(path).map_err(Unseen::Unreadable)?.ok_or(Unseen::Absent)?;
        let seen = |stamp, known| Self { digest, path: path.to_owned(), stamp, known };
        if let Some(manifest) = notes.and_then(|notes| notes.manifest(&digest, &stamp)) {
            return Ok(seen(stamp, Known::Manifest(manifest)));
        }
        let (bytes, stamp) = read(path, &digest)?;
        Ok(seen(stamp, Known::Bytes(bytes)))
    }

    /// A component that is no file.
    pub fn of(bytes: Vec<u8>) -> Self {
        let stamp = Stamp([0; STAMP_BYTES]);
        Self { digest: digest(&bytes), path: PathBuf::new(), stamp, known: Known::Bytes(bytes) }
    }

    /// Its manifest as JSON, when it was put down.
    pub fn manifest(&self) -> Option<&[u8]> {
        if let Known::Manifest(manifest) = &self.known { Some(manifest) } else { None }
    }

    /// Its bytes, when they were read.
    pub fn bytes(&self) -> Option<&[u8]> {
        if let Known::Bytes(bytes) = &self.known { Some(bytes) } else { None }
    }

    /// Its bytes, which are read when they were not.
    ///
    /// # Errors
    /// When they are not there any more.
    pub fn all_bytes(&self) -> Result<Cow<'_, [u8]>, Unseen> {
        match &self.known {
            Known::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Known::Manifest(_) => read(&self.path, &self.digest).map(|(bytes, _)| Cow::Owned(bytes)),
        }
    }
}

fn read(path: &Path, wanted: &Hash) -> Result<(Vec<u8>, Stamp), Unseen> {
    let (bytes, stamp) =
        file::read_stamped(path, COMPONENT_BYTES_MAX).map_err(Unseen::Unreadable)?.ok_or(Unseen::Absent)?;
    let found = digest(&bytes);
    if found == *wanted { Ok((bytes, stamp)) } else { Err(Unseen::Differs(found)) }
}

/// What is put down of files that were read.
#[derive(Clone, Debug)]
pub struct Notes {
    folder: PathBuf,
    key: Key,
}

impl Notes {
    /// In this folder, sealed with this key.
    pub fn new(folder: &Path, key: Key) -> Self {
        Self { folder: folder.to_owned(), key }
    }

    fn path(&self, digest: &Hash) -> PathBuf {
        self.folder.join(format!("{digest}.known"))
    }

    fn seal(&self, digest: &Hash, stamp: &Stamp, manifest: &[u8]) -> [u8; SEAL_BYTES] {
        self.key.seal(&[b"known", &digest.0, &stamp.0, manifest])
    }

    fn manifest(&self, digest: &Hash, stamp: &Stamp) -> Option<Vec<u8>> {
        let path = self.path(digest);
        let note = private::is_own_file(&path)
            .then(|| file::read(&path, SEAL_BYTES as u64 + MANIFEST_BYTES_MAX).ok().flatten())??;
        let (seal, manifest) = note.split_at_checked(SEAL_BYTES)?;
        (*seal == self.seal(digest, stamp, manifest)).then(|| manifest.to_vec())
    }

    /// Puts down the manifest of a component that was read, for as long as its file stays as it is. One that was written a
    /// moment ago is not: another change in the same moment could not be told.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, seen: &Seen, manifest: &[u8]) -> io::Result<()> {
        if seen.bytes().is_none() || !seen.stamp.has_settled() || manifest.len() as u64 > MANIFEST_BYTES_MAX {
            return Ok(());
        }
        let note = [&self.seal(&seen.digest, &seen.stamp, manifest), manifest].concat();
        file::write(&self.path(&seen.digest), &note, Readers::Owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MANIFEST: &[u8] = br#"{"name":"test"}"#;

    fn notes(name: &str) -> Notes {
        let folder = std::env::temp_dir().join(format!("jobwright-seen-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Notes::new(&folder, Key::open(&folder.join("key")).unwrap())
    }

    #[test]
    fn what_was_put_down_of_a_file_holds_for_as_long_as_its_stamp_is_the_same() {
        let notes = notes("same");
        let seen = Seen::of(b"component".to_vec());
        notes.put(&seen, MANIFEST).unwrap();
        assert_eq!(notes.manifest(&seen.digest, &seen.stamp).as_deref(), Some(MANIFEST));
        let mut other = seen.stamp;
        other.0[0] ^= 1;
        assert_eq!(notes.manifest(&seen.digest, &other), None);
        assert_eq!(notes.manifest(&digest(b"other"), &seen.stamp), None);
        fs::remove_dir_all(&notes.folder).unwrap();
    }

    #[test]
    fn a_forged_note_is_none() {
        let notes = notes("forged");
        let seen = Seen::of(b"component".to_vec());
        notes.put(&seen, MANIFEST).unwrap();
        let path = notes.path(&seen.digest);
        let whole = fs::read(&path).unwrap();
        for at in [0, SEAL_BYTES, whole.len() - 1] {
            let mut forged = whole.clone();
            forged[at] ^= 1;
            fs::write(&path, forged).unwrap();
            assert_eq!(notes.manifest(&seen.digest, &seen.stamp), None, "byte {at}");
        }
        fs::write(&path, &whole[..SEAL_BYTES - 1]).unwrap();
        assert_eq!(notes.manifest(&seen.digest, &seen.stamp), None, "cut short");
        fs::write(&path, &whole).unwrap();
        fs::remove_file(notes.folder.join("key")).unwrap();
        let elsewhere = Notes::new(&notes.folder, Key::open(&notes.folder.join("key")).unwrap());
        assert_eq!(elsewhere.manifest(&seen.digest, &seen.stamp), None, "another key");
        fs::remove_dir_all(&notes.folder).unwrap();
    }

    #[test]
    fn a_file_is_read_while_it_is_new_and_known_once_it_has_settled() {
        let notes = notes("new");
        let path = notes.folder.join("test.wasm");
        fs::write(&path, b"component").unwrap();
        let mut seen = Seen::look(&path, digest(b"component"), Some(&notes)).unwrap();
        notes.put(&seen, MANIFEST).unwrap();
        assert!(!notes.path(&seen.digest).exists(), "another change in the same moment could not be told");
        // Time goes by.
        let now = seen.stamp;
        seen.stamp = Stamp([0; STAMP_BYTES]);
        notes.put(&seen, MANIFEST).unwrap();
        let known = notes.manifest(&seen.digest, &seen.stamp).unwrap();
        seen = Seen { stamp: now, known: Known::Manifest(known), ..seen };
        assert_eq!((seen.manifest(), seen.bytes()), (Some(MANIFEST), None));
        assert_eq!(seen.all_bytes().unwrap().as_ref(), b"component", "for whoever has to compile it");
        fs::write(&path, b"another").unwrap();
        assert!(matches!(seen.all_bytes(), Err(Unseen::Differs(_))));
        fs::remove_dir_all(&notes.folder).unwrap();
    }
}
