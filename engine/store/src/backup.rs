//! A whole store in one file, written while the store is at work, and made a store again.
//!
//! Owns: the file's layout and the proof that it is whole. Rows are read page by page while commits go on; then come the
//! commits that were made meanwhile, and laid over the rows they give exactly the store at the last one. The file says
//! at its end how many rows there are and what they add up to, counted by the store itself and not by the copying.
//!
//! Layout: a title line; entries of kind (1), length (4), CRC-32C (4) and payload; the last one is the end, with the
//! SHA-256 of all bytes before it. Everything is little-endian.
//!
//! While it is written it has a name that no other run has, is made new and for its own account alone, and follows no
//! link; it gets its name at the end, and only where nothing has that name by then.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use jobwright_core::id::Hash;
use sha2::{Digest, Sha256};

use crate::{
    Blobs, Direction, Durable, Error, Key, Range, Space, Store, Sums, Versioned, View, Write,
    blob::{BLOB_BYTES_MAX, sync_folder},
    error::io_error,
    journal::frame,
    view::PAGE_ROWS_MAX,
};

mod read;
mod restore;
#[cfg(test)]
mod tests;

pub use read::verify;
pub(crate) use restore::load;
pub use restore::restore;

const TITLE: &[u8] = b"jobwright backup, format 1\n";
/// Kind, length and checksum.
const ENTRY_HEAD: usize = 9;
/// A page of rows, a commit, or a file with its name.
const ENTRY_BYTES_MAX: usize = BLOB_BYTES_MAX as usize + 1024;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The last commit that it holds.
    pub position: u64,
    /// The hash of the journal's last frame then, which knows all before it.
    pub chain: [u8; 32],
    /// How many rows, and what they add up to.
    pub sums: Sums,
    /// How many files.
    pub files: u64,
    /// Bytes of the backup.
    pub bytes: u64,
    /// Its SHA-256, without the end.
    pub digest: Hash,
}

/// How far a backup has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows written or read.
    pub rows: u64,
    /// Files written or read.
    pub files: u64,
    /// Bytes of the backup so far.
    pub bytes: u64,
}

/// Whoever watches.
pub type Watch<'a> = &'a mut dyn FnMut(Progress);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Rows as they were when they were read.
    Rows = 1,
    /// A commit that was made meanwhile, after its position.
    Commit = 2,
    /// A file.
    File = 3,
    End = 4,
    /// A file beside the rows, by its place in the store's folder: what running jobs need and no row names.
    Beside = 5,
}

/// Longest place of a file beside the rows.
const PLACE_BYTES_MAX: usize = 256;

/// Writes a backup of a store that may be at work, reads it back, and only then gives it its name.
///
/// # Errors
/// When the file is there already, cannot be written, or what was read back is not what the store says of itself.
pub fn write<V: View>(
    store: &Durable<V>,
    files: &Blobs,
    beside: &[Beside],
    path: &Path,
    watch: Watch<'_>,
) -> Result<Summary, Error> {
    // A link that leads nowhere is something too.
    if path.symlink_metadata().is_ok() {
        return Err(io_error("create", path)(io::ErrorKind::AlreadyExists.into()));
    }
    let part = part(path);
    let written = write_part(store, files, beside, &part, watch).and_then(|()| verify(&part, watch));
    let named = written.and_then(|summary| give_name(&part, path).map(|()| summary));
    if named.is_err() {
        // A half file is of no use, and the first failure is the one to tell. What another run has made stays.
        let _ = fs::remove_file(&part);
    }
    let summary = named?;
    sync_folder(parent(path))?;
    Ok(summary)
}

/// A file beside the rows that goes into a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Its place in the store's folder, and in that of a store made of the backup.
    pub place: String,
    /// Where it lies now.
    pub path: PathBuf,
}

/// A name that no other run has, in this process or another.
fn part(path: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.part", std::process::id()));
    path.with_file_name(name)
}

/// Gives a file that was made its name, unless something has it by then: whoever came first keeps it.
fn give_name(made: &Path, name: &Path) -> Result<(), Error> {
    // A second name is given only where there is none yet, which a renaming does not promise.
    match fs::hard_link(made, name) {
        Ok(()) => {
            // The file has its name and is whole; the other name takes no room.
            let _ = fs::remove_file(made);
            return Ok(());
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(io_error("create", name)(error)),
        // Some file systems know no second names: then the name is looked at once more just before.
        Err(_) => {}
    }
    if name.symlink_metadata().is_ok() {
        return Err(io_error("create", name)(io::ErrorKind::AlreadyExists.into()));
    }
    fs::rename(made, name).map_err(io_error("rename", made))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_part<V: View>(
    store: &Durable<V>,
    files: &Blobs,
    beside: &[Beside],
    part: &Path,
    watch: Watch<'_>,
) -> Result<(), Error> {
    let mut writer = Writer::create(part, watch)?;
    let begun_at = store.journal()?.last;
    for space in Space::ALL {
        writer.rows(store, space)?;
    }
    // From here on the store stands still for a moment, until its view has what it has.
    let (state, sums) = store.settle()?;
    store.replay_journal(
        begun_at,
        |position, writes| {
            if position <= state.last { writer.commit(position, &writes) } else { Ok(()) }
        },
    )?;
    // A file is there before the row that names it, so every file that is named is among these.
    files.each(|hash, bytes| writer.file(&hash, &bytes))?;
    beside.iter().try_for_each(|beside| writer.beside(beside))?;
    writer.end(state.last, &state.chain, &sums)
}

struct Writer<'a> {
    to: BufWriter<File>,
    path: PathBuf,
    digest: Sha256,
    progress: Progress,
    watch: Watch<'a>,
    payload: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn create(path: &Path, watch: Watch<'a>) -> Result<Self, Error> {
        // People's data, for its own account alone.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let to = BufWriter::new(file.map_err(io_error("create", path))?);
        let (digest, progress, payload) = (Sha256::new(), Progress::default(), Vec::new());
        let mut writer = Self { to, path: path.into(), digest, progress, watch, payload };
        writer.bytes(TITLE)?;
        Ok(writer)
    }

    fn rows(&mut self, store: &dyn Store, space: Space) -> Result<(), Error> {
        let (range, mut after) = (Range::all(space), None);
        loop {
            let page = store.scan(&range, after.as_ref(), PAGE_ROWS_MAX, Direction::Forward)?;
            let rows = page.rows.into_iter().map(|(key, row)| Write { key, row: Some(row) }).collect::<Vec<_>>();
            if !rows.is_empty() {
                self.payload.clear();
                frame::write_commit(&mut self.payload, rows.iter());
                self.progress.rows += rows.len() as u64;
                self.entry(Kind::Rows)?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn commit(&mut self, position: u64, writes: &[Write]) -> Result<(), Error> {
        self.payload.clear();
        self.payload.extend_from_slice(&position.to_le_bytes());
        frame::write_commit(&mut self.payload, writes.iter());
        self.entry(Kind::Commit)
    }

    fn file(&mut self, hash: &Hash, bytes: &[u8]) -> Result<(), Error> {
        self.payload.clear();
        self.payload.extend_from_slice(&hash.0);
        self.payload.extend_from_slice(bytes);
        self.progress.files += 1;
        self.entry(Kind::File)
    }

    fn beside(&mut self, beside: &Beside) -> Result<(), Error> {
        let mut bytes = Vec::new();
        let file = File::open(&beside.path).map_err(io_error("open", &beside.path))?;
        file.take(BLOB_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_error("read", &beside.path))?;
        crate::blob::check_size(bytes.len() as u64)?;
        self.payload.clear();
        self.payload.extend_from_slice(&(beside.place.len() as u16).to_le_bytes());
        self.payload.extend_from_slice(beside.place.as_bytes());
        self.payload.extend_from_slice(&bytes);
        self.entry(Kind::Beside)
    }

    fn end(mut self, position: u64, chain: &[u8; 32], sums: &Sums) -> Result<(), Error> {
        self.payload.clear();
        self.payload.extend_from_slice(&position.to_le_bytes());
        self.payload.extend_from_slice(chain);
        self.payload.extend_from_slice(&self.progress.files.to_le_bytes());
        self.payload.extend_from_slice(&self.digest.clone().finalize());
        self.payload.extend_from_slice(&sums.to_bytes());
        self.entry(Kind::End)?;
        let file = self.to.into_inner().map_err(|error| io_error("write", &self.path)(error.into_error()))?;
        file.sync_all().map_err(io_error("sync", &self.path))
    }

    fn entry(&mut self, kind: Kind) -> Result<(), Error> {
        let payload = std::mem::take(&mut self.payload);
        let mut head = [0; ENTRY_HEAD];
        head[0] = kind as u8;
        head[1..5].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        head[5..9].copy_from_slice(&crc32c::crc32c(&payload).to_le_bytes());
        self.bytes(&head)?;
        self.bytes(&payload)?;
        self.payload = payload;
        (self.watch)(self.progress);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.digest.update(bytes);
        self.progress.bytes += bytes.len() as u64;
        self.to.write_all(bytes).map_err(io_error("write", &self.path))
    }
}
