//! Files that we write: whole or not at all.
//!
//! Owns: reading with a bound, and writing beside the old file and then over it. Leaves what is in them to their owners.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

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
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("is larger than {bytes_max} bytes")));
    }
    Ok(Some(bytes))
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
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
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
