//! Files that we write: whole or not at all.
//!
//! Owns: reading with a bound, writing beside the old file and then over it, and telling whether a file is still the same.
//! Leaves what is in them to their owners.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// Bytes of a stamp.
pub const STAMP_BYTES: usize = 7 * 8;
/// Which part of a stamp is the second of the last change of any kind.
const CHANGED_AT: usize = 5;
/// How long a file must have been as it is before its stamp tells every change: file systems count time in steps.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// What is another as soon as anybody writes to a file, or puts another in its place: which file it is, its size, and the
/// times of its last change. The time of the last change of any kind is the system's own; nobody can set it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(pub [u8; STAMP_BYTES]);

impl Stamp {
    /// The stamp of a file, when there is one.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(|data| Some(Self::new(&data))),
        }
    }

    fn new(data: &Metadata) -> Self {
        let signed = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()].map(i64::cast_unsigned);
        let [mtime, mtime_ns, ctime, ctime_ns] = signed;
        let parts = [data.dev(), data.ino(), data.len(), mtime, mtime_ns, ctime, ctime_ns];
        let mut stamp = [0; STAMP_BYTES];
        stamp.chunks_exact_mut(8).zip(parts).for_each(|(bytes, part)| bytes.copy_from_slice(&part.to_le_bytes()));
        Self(stamp)
    }

    /// Whether any later change makes another stamp of it.
    pub fn has_settled(&self) -> bool {
        let changed =
            self.0.chunks_exact(8).nth(CHANGED_AT).and_then(|part| part.try_into().ok()).map(u64::from_le_bytes);
        let changed = changed.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        changed.and_then(|at| SystemTime::now().duration_since(at).ok()).is_some_and(|since| since > SETTLED_AFTER)
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The service alone.
    Owner,
    /// As the practice's settings say.
    Anyone,
}

/// The bytes of a file, when there is one.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    Ok(read_stamped(path, bytes_max)?.map(|(bytes, _)| bytes))
}

/// The same, with its stamp from before it was read.
pub fn read_stamped(path: &Path, bytes_max: u64) -> io::Result<Option<(Vec<u8>, Stamp)>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let data = file.metadata()?;
    let mut bytes = Vec::with_capacity(usize::try_from(data.len().min(bytes_max)).unwrap_or(0).saturating_add(1));
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("is larger than {bytes_max} bytes")));
    }
    Ok(Some((bytes, Stamp::new(&data))))
}

/// The same as text.
pub fn read_text(path: &Path, bytes_max: u64) -> io::Result<Option<String>> {
    let bytes = read(path, bytes_max)?;
    bytes.map(|bytes| String::from_utf8(bytes).map_err(io::Error::other)).transpose()
}

/// Puts a file in its place; after a crash there is the old one or the new one.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = folder.join(format!(".{name}.{}-{count}", std::process::id()));
    let mode = if readers == Readers::Owner { 0o600 } else { 0o644 };
    // Who may read a file that is there already was decided by whoever has it.
    let before = fs::metadata(path).ok().filter(|_| readers == Readers::Anyone).map(|data| data.permissions());
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        if let Some(before) = before {
            file.set_permissions(before)?;
        }
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(folder)?.sync_all()
    });
    if written.is_err() {
        // It may not be there at all; the error that counts is the first.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_another_after_a_write_and_after_another_file_took_the_place() {
        let folder = std::env::temp_dir().join(format!("jobwright-stamp-{}", std::process::id()));
        let path = folder.join("file");
        write(&path, b"one", Readers::Owner).unwrap();
        let (bytes, first) = read_stamped(&path, 10).unwrap().unwrap();
        assert_eq!((bytes.as_slice(), Stamp::of(&path).unwrap()), (b"one".as_slice(), Some(first)));
        assert!(!first.has_settled(), "it was written a moment ago");
        fs::write(&path, b"longer").unwrap();
        let second = Stamp::of(&path).unwrap().unwrap();
        assert_ne!(second, first);
        write(&path, b"longer", Readers::Owner).unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), Some(second), "it is another file");
        assert_eq!(Stamp::of(&folder.join("none")).unwrap(), None);
        assert!(Stamp([0; STAMP_BYTES]).has_settled(), "of 1970");
        assert!(!Stamp([0xff; STAMP_BYTES]).has_settled(), "of a time to come");
        fs::remove_dir_all(&folder).unwrap();
    }
}
