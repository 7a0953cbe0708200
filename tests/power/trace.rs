//! What a command did to its files, in order, as `tests/shim/disk.c` wrote it down.
//!
//! Owns: reading that, and the marks a test sets into it when a command was acknowledged.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Kind, seven bytes of nothing, and four numbers.
const HEAD_BYTES: usize = 40;
/// The kind of a test's own marks.
const MARK: u8 = 100;

/// One thing that happened. Files are known by their inode.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A file was made.
    Create { inode: u64, path: PathBuf },
    /// Bytes were written.
    Write { inode: u64, at: u64, bytes: Vec<u8> },
    /// A file was made shorter or longer.
    Length { inode: u64, length: u64 },
    /// All bytes of a file are on the disk.
    Sync { inode: u64 },
    /// All names of a folder are on the disk.
    SyncNames { inode: u64 },
    /// A name became another.
    Rename { from: PathBuf, to: PathBuf },
    /// A file got a second name.
    Link { from: PathBuf, to: PathBuf },
    /// A name of a file or of an empty folder went.
    Remove { path: PathBuf },
    /// A folder was made.
    MakeFolder { inode: u64, path: PathBuf },
    /// The command of this number was acknowledged.
    Acknowledged(usize),
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { inode, path } => write!(f, "file {inode} is made: {}", path.display()),
            Self::Write { inode, at, bytes } => write!(f, "file {inode}: {} bytes at {at}", bytes.len()),
            Self::Length { inode, length } => write!(f, "file {inode}: {length} bytes long"),
            Self::Sync { inode } => write!(f, "file {inode}: synced"),
            Self::SyncNames { inode } => write!(f, "folder {inode}: synced"),
            Self::Rename { from, to } => write!(f, "{} becomes {}", from.display(), to.display()),
            Self::Link { from, to } => write!(f, "{} is {} too", from.display(), to.display()),
            Self::Remove { path } => write!(f, "{} is removed", path.display()),
            Self::MakeFolder { inode, path } => write!(f, "folder {inode} is made: {}", path.display()),
            Self::Acknowledged(command) => write!(f, "command {command} is acknowledged"),
        }
    }
}

/// Everything that happened. Records that are cut off are those of a process that was killed in them.
pub fn read(trace: &Path) -> Vec<Happened> {
    let bytes = fs::read(trace).expect("a trace");
    let mut rest = bytes.as_slice();
    let mut all = Vec::new();
    while rest.len() >= HEAD_BYTES {
        let number = |at: usize| u64::from_le_bytes(rest[at..at + 8].try_into().expect("eight bytes"));
        let (inode, at, first, second) = (number(8), number(16), number(24) as usize, number(32) as usize);
        let Some(parts) = rest.get(HEAD_BYTES..HEAD_BYTES + first + second) else { break };
        let (one, other) = parts.split_at(first);
        all.push(happened(rest[0], inode, at, one, other));
        rest = &rest[HEAD_BYTES + first + second..];
    }
    all
}

fn happened(kind: u8, inode: u64, at: u64, one: &[u8], other: &[u8]) -> Happened {
    let path = |bytes: &[u8]| PathBuf::from(String::from_utf8(bytes.to_vec()).expect("our paths are UTF-8"));
    match kind {
        1 => Happened::Create { inode, path: path(one) },
        2 => Happened::Write { inode, at, bytes: one.to_vec() },
        3 => Happened::Length { inode, length: at },
        4 => Happened::Sync { inode },
        5 => Happened::SyncNames { inode },
        6 => Happened::Rename { from: path(one), to: path(other) },
        7 | 9 => Happened::Remove { path: path(one) },
        8 => Happened::MakeFolder { inode, path: path(one) },
        10 => Happened::Link { from: path(one), to: path(other) },
        MARK => Happened::Acknowledged(inode as usize),
        other => panic!("the trace has a record of kind {other}"),
    }
}

/// Marks that a command was acknowledged by now.
pub fn mark(trace: &Path, command: usize) {
    let mut record = vec![0; HEAD_BYTES];
    record[0] = MARK;
    record[8..16].copy_from_slice(&(command as u64).to_le_bytes());
    let mut file = OpenOptions::new().append(true).open(trace).expect("a trace");
    file.write_all(&record).expect("a mark");
}
