//! Reading a backup, and proving that it is whole.
//!
//! Owns: entries with their checksums in order, and the count of what they add up to. Trusts no length before the bytes
//! are there.

use std::collections::BTreeMap;

use super::*;

/// Checks a backup from its title to its end: every checksum, the digest of the whole, and that its rows add up to what
/// the store said of itself.
///
/// # Errors
/// When it is none, cannot be read, or is not whole.
pub fn verify(path: &Path, watch: Watch<'_>) -> Result<Summary, Error> {
    let mut late: BTreeMap<Key, Option<Versioned>> = BTreeMap::new();
    let summary = each(path, watch, |entry| {
        if let Entry::Commit(writes) = entry {
            late.extend(writes.into_iter().map(|write| (write.key, write.row)));
        }
        Ok(())
    })?;
    let mut sums = Sums::default();
    for (key, row) in &late {
        sums.replace(key, None, row.as_ref().map(Versioned::to_bytes).as_deref());
    }
    each(path, watch, |entry| {
        if let Entry::Rows(writes) = entry {
            for write in writes.iter().filter(|write| !late.contains_key(&write.key)) {
                sums.replace(&write.key, None, write.row.as_ref().map(Versioned::to_bytes).as_deref());
            }
        }
        Ok(())
    })?;
    match summary.sums.differences(&sums).first() {
        None => Ok(summary),
        Some(space) => Err(damaged(path, &format!("its rows of kind {space:?} are not those of the store"))),
    }
}

/// A part of a backup.
pub(super) enum Entry {
    Rows(Vec<Write>),
    Commit(Vec<Write>),
    File(Vec<u8>),
    Beside(PathBuf, Vec<u8>),
}

/// Hands out every part in order; gives what the end says once all of it is proven.
pub(super) fn each(
    path: &Path,
    watch: Watch<'_>,
    mut take: impl FnMut(Entry) -> Result<(), Error>,
) -> Result<Summary, Error> {
    let mut reader = Reader::open(path)?;
    let mut progress = Progress::default();
    loop {
        let digest = reader.digest.clone().finalize();
        let (kind, payload) = reader.entry()?;
        let writes = |bytes: &[u8]| {
            let mut rest = bytes;
            let writes = frame::take_commit(&mut rest).filter(|_| rest.is_empty());
            writes.ok_or_else(|| damaged(path, "an entry's checksum fits, but it says what no program of ours writes"))
        };
        progress.bytes = reader.bytes;
        match kind {
            1 => {
                let rows = writes(&payload)?;
                progress.rows += rows.len() as u64;
                take(Entry::Rows(rows))?;
            }
            2 => {
                let (_, rest) = number(path, &payload)?;
                take(Entry::Commit(writes(rest)?))?;
            }
            3 => {
                progress.files += 1;
                let (hash, bytes) = payload.split_at_checked(32).ok_or_else(|| damaged(path, "a file has no name"))?;
                let hash = Hash(hash.try_into().map_err(|_| damaged(path, "a file has no name"))?);
                if Sha256::digest(bytes).as_slice() != hash.0 {
                    return Err(damaged(path, &format!("the content of file {hash} does not match its name")));
                }
                take(Entry::File(bytes.to_vec()))?;
            }
            4 => return end(path, &payload, digest.into(), progress, reader),
            5 => {
                let (place, bytes) = beside(path, &payload)?;
                take(Entry::Beside(place, bytes.to_vec()))?;
            }
            other => return Err(damaged(path, &format!("it has an entry of kind {other}"))),
        }
        watch(progress);
    }
}

fn end(
    path: &Path,
    payload: &[u8],
    digest: [u8; 32],
    progress: Progress,
    mut reader: Reader,
) -> Result<Summary, Error> {
    let short = || damaged(path, "its end is too short");
    let (position, rest) = number(path, payload)?;
    let (chain, rest) = rest.split_first_chunk::<32>().ok_or_else(short)?;
    let (files, rest) = number(path, rest)?;
    let (told, sums) = rest.split_first_chunk::<32>().ok_or_else(short)?;
    if *told != digest {
        return Err(damaged(path, "its digest does not fit its content"));
    }
    if files != progress.files {
        return Err(damaged(path, &format!("it has {} files and should have {files}", progress.files)));
    }
    if reader.from.read(&mut [0]).map_err(io_error("read", path))? != 0 {
        return Err(damaged(path, "something stands behind its end"));
    }
    let (chain, digest) = (*chain, Hash(digest));
    Ok(Summary { position, chain, sums: Sums::from_bytes(sums)?, files, bytes: reader.bytes, digest })
}

/// A file beside the rows: its place, which stays below the store's folder, and its bytes.
fn beside<'a>(path: &Path, payload: &'a [u8]) -> Result<(PathBuf, &'a [u8]), Error> {
    let short = || damaged(path, "a file beside the rows has no place");
    let (length, rest) = payload.split_first_chunk::<2>().ok_or_else(short)?;
    let (place, bytes) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or_else(short)?;
    let place = std::str::from_utf8(place).map_err(|_| short())?;
    let is_below = Path::new(place).components().all(|part| matches!(part, Component::Normal(_)));
    if place.is_empty() || place.len() > PLACE_BYTES_MAX || !is_below {
        return Err(damaged(path, "a file beside the rows has a place outside of the store"));
    }
    Ok((place.into(), bytes))
}

struct Reader {
    from: BufReader<File>,
    path: PathBuf,
    digest: Sha256,
    bytes: u64,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(io_error("open", path))?;
        let mut reader = Self { from: BufReader::new(file), path: path.into(), digest: Sha256::new(), bytes: 0 };
        let mut title = vec![0; TITLE.len()];
        match reader.exactly(&mut title) {
            Ok(()) if title == TITLE => Ok(reader),
            Ok(()) | Err(Error::Damaged { .. }) => {
                Err(damaged(path, "it is no backup of jobwright, or of a newer one"))
            }
            Err(error) => Err(error),
        }
    }

    fn entry(&mut self) -> Result<(u8, Vec<u8>), Error> {
        let mut head = [0; ENTRY_HEAD];
        self.exactly(&mut head)?;
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let length = number(1) as usize;
        if length > ENTRY_BYTES_MAX {
            return Err(damaged(&self.path, &format!("an entry claims {length} bytes at byte {}", self.bytes)));
        }
        let mut payload = Vec::new();
        let read = self.from.by_ref().take(length as u64).read_to_end(&mut payload);
        read.map_err(io_error("read", &self.path))?;
        self.digest.update(&payload);
        self.bytes += payload.len() as u64;
        if payload.len() < length || crc32c::crc32c(&payload) != number(5) {
            return Err(damaged(&self.path, &format!("the entry that ends at byte {} is damaged", self.bytes)));
        }
        Ok((head[0], payload))
    }

    fn exactly(&mut self, into: &mut [u8]) -> Result<(), Error> {
        match self.from.read_exact(into) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(damaged(&self.path, "it ends too early")),
            read => {
                read.map_err(io_error("read", &self.path))?;
                self.digest.update(&*into);
                self.bytes += into.len() as u64;
                Ok(())
            }
        }
    }
}

fn number<'a>(path: &Path, bytes: &'a [u8]) -> Result<(u64, &'a [u8]), Error> {
    let (number, rest) = bytes.split_first_chunk().ok_or_else(|| damaged(path, "an entry is too short"))?;
    Ok((u64::from_le_bytes(*number), rest))
}

pub(super) fn damaged(path: &Path, why: &str) -> Error {
    Error::BackupDamaged { path: path.into(), why: why.into() }
}
