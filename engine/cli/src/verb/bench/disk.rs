//! What this disk can do at most.
//!
//! Owns: small records, flushed alone and many together, on a file that is filled with zeros before, as a journal is.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::report::{Report, Result};

/// Bytes of a record, as many as a small step has.
pub const RECORD_BYTES: usize = 400;
/// Records of a group, where they are many.
pub const GROUP: usize = 500;
/// The file is this large and written from its beginning again.
const FILE_BYTES: usize = 32 << 20;

/// The disk's own limits.
pub struct Limits {
    /// Flushes of one record a second.
    pub flushes: f64,
    /// Records a second, when [`GROUP`] share a flush.
    pub records: f64,
}

/// Asks the disk, for so long each.
pub fn limits(folder: &Path, time: Duration) -> Result<Limits> {
    Ok(Limits { flushes: together(folder, time, 1)?, records: together(folder, time, GROUP)? })
}

/// Records a second when so many share a flush.
pub fn together(folder: &Path, time: Duration, records: usize) -> Result<f64> {
    let path = folder.join("disk");
    let asked = File::create_new(&path).and_then(|file| written(&file, time, records));
    let _ = fs::remove_file(&path);
    asked.map_err(|error| Report::file("write", &path, &error))
}

fn written(file: &File, time: Duration, records: usize) -> io::Result<f64> {
    file.write_all_at(&vec![0; FILE_BYTES], 0)?;
    file.sync_all()?;
    let group = vec![0x5a; RECORD_BYTES * records];
    let (began, mut at, mut flushes) = (Instant::now(), 0, 0_u32);
    while began.elapsed() < time {
        if at + group.len() > FILE_BYTES {
            at = 0;
        }
        file.write_all_at(&group, at as u64)?;
        rustix::fs::fdatasync(file)?;
        at += group.len();
        flushes += 1;
    }
    Ok(f64::from(flushes) * records as f64 / began.elapsed().as_secs_f64())
}
