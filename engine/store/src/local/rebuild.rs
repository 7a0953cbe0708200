//! Opening journal and view together, and making the view again when it cannot be trusted.
//!
//! Owns: what counts as damage of a view (it cannot be opened, its rows do not add up, it fell behind what the journal
//! still holds), and the way back: from the journal alone where it begins at the first commit, else from the backup that
//! was verified last and the journal after it. The damaged view is kept aside. Never an empty store in its place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jobwright_core::id::Hash;

use super::{COUNTED_AFTER_CRASH_MAX, COUNTED_AT_OPEN_MAX, Opening, Options, disk, format::Folder};
use crate::{
    Direction, Durable, Error, Range, Space, Sums, View, Write, backup,
    blob::{sync_folder, write_new},
    error::io_error,
    view::PAGE_ROWS_MAX,
};

/// Left by a process that met a damaged view; the next opening makes it again.
const WANTED: &str = "REBUILD";
/// Where the last verified backup lies.
const BACKUP: &str = "BACKUP";
/// More than the record of a backup needs.
const RECORD_BYTES_MAX: usize = 8 * 1024;
/// A view that is written while it is counted is counted again, at most so often.
const COUNTS_MAX: usize = 5;

type Local = Durable<Box<dyn View>>;

/// The backup that was verified last: the journal is kept from it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRecord {
    /// The last position that it holds.
    pub position: u64,
    /// Where it was written.
    pub path: PathBuf,
    /// When it was verified, in seconds since 1970.
    pub at: i64,
    /// The hash of the journal's last frame in it: the journal must have it at that position for ever.
    pub chain: Option<[u8; 32]>,
}

/// Remembers a backup that was verified.
///
/// # Errors
/// When it cannot be written.
pub fn record_backup(folder: &Path, record: &BackupRecord) -> Result<(), Error> {
    let (new, file) = (folder.join("BACKUP.new"), folder.join(BACKUP));
    let path = std::path::absolute(&record.path).map_err(io_error("look at", &record.path))?;
    let chain = record.chain.map_or_else(String::new, |chain| format!("chain {}\n", Hash(chain)));
    let text = format!("position {}\nat {}\n{chain}path {}\n", record.position, record.at, path.display());
    let text = format!("{text}sum {:08x}\n", crc32c::crc32c(text.as_bytes()));
    let written = write_new(&new, text.as_bytes());
    if let Err(error) = written.and_then(|()| fs::rename(&new, &file).map_err(io_error("rename", &new))) {
        // A half record takes room that a full disk does not have.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    sync_folder(folder)
}

/// The backup that was verified last, if there was one.
///
/// # Errors
/// When the record cannot be read.
pub fn recorded_backup(folder: &Path) -> Result<Option<BackupRecord>, Error> {
    let file = folder.join(BACKUP);
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(io_error("read", &file))?,
    };
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let record = || {
        Some(BackupRecord {
            position: field("position")?.parse().ok()?,
            path: field("path")?.into(),
            at: field("at")?.parse().ok()?,
            chain: field("chain").and_then(|digits| digits.parse::<Hash>().ok()).map(|hash| hash.0),
        })
    };
    // A store is refused by what stands here, so a bit that fell over must not speak.
    if let Some((told, sum)) = text.rsplit_once("sum ")
        && u32::from_str_radix(sum.trim_end(), 16) != Ok(crc32c::crc32c(told.as_bytes()))
    {
        return Ok(None);
    }
    match record() {
        Some(record) if text.len() <= RECORD_BYTES_MAX => Ok(Some(record)),
        // Without it nothing is lost: the journal is kept until there is another backup.
        _ => Ok(None),
    }
}

/// What speaks against a journal that does not hold what a backup of its own was proven to hold: it is an older one that
/// was put back, or has gone on from one.
pub(super) fn behind(durable: &Local, record: &BackupRecord, thoroughly: bool) -> Result<Option<String>, Error> {
    // One that was written before there were hashes in it, or by a restore, says where a backup lies and no more.
    let Some(chain) = record.chain else { return Ok(None) };
    let last = durable.journal()?.last;
    let backup = record.path.display();
    if last < record.position {
        let lost = record.position - last;
        return Ok(Some(format!(
            "the journal ends at commit {last}, and the backup {backup} was proven to commit {}: {lost} commits are \
             lost, or an older journal was put back",
            record.position
        )));
    }
    if !thoroughly {
        return Ok(None);
    }
    let known = durable.chains_at(record.position)?;
    Ok(known.filter(|chains| !chains.contains(&chain)).map(|_| {
        format!(
            "commit {} of the journal is another one than in the backup {backup}, which was proven: an older journal was \
             put back and has gone on, or its past was rewritten",
            record.position
        )
    }))
}

/// Has the next opening make the view again.
pub(super) fn ask_for_it(folder: &Path, why: &str) {
    tracing::error!(why, "the view is damaged; the next start makes it again from the journal");
    // Where not even this can be written the next opening has to find the damage by itself.
    let _ = write_new(&folder.join(WANTED), why.as_bytes());
}

pub(super) fn open(folder: &Path, journal: &Path, options: &Options, found: Folder) -> Result<(Local, Opening), Error> {
    let kind = options.view;
    bring_over(folder, options)?;
    let why = match fs::read_to_string(folder.join(WANTED)) {
        Ok(why) => Some(why),
        Err(_) if found != Folder::New && !kind.folder(folder).exists() => {
            Some(format!("{} is gone", kind.folder(folder).display()))
        }
        Err(_) => None,
    };
    let why = match why {
        Some(why) => why,
        None => match try_open(folder, journal, options, found) {
            Err(Error::Damaged { what }) if found != Folder::New && !what.starts_with("journal/") => what,
            Err(Error::ViewBehind { reached, journal_first }) if found != Folder::New => {
                format!("it has fallen back to {reached} and the journal begins at {journal_first}")
            }
            opened => return opened,
        },
    };
    again(folder, journal, options, found, why)
}

fn try_open(folder: &Path, journal: &Path, options: &Options, found: Folder) -> Result<(Local, Opening), Error> {
    let view = options.view.open(folder, options)?;
    if found != Folder::New && view.applied()? == 0 && has_journal(journal) {
        return Err(Error::Damaged { what: "it holds no rows although a store was made here".into() });
    }
    let rows = view.sums()?.rows();
    let (durable, opened) = Durable::open(disk(journal), view, options.journal(may_begin(found)))?;
    if found != Folder::New && rows <= counted_max(opened.closed) {
        let (expected, counted) = count(&durable)?;
        check(&expected, &counted)?;
    }
    Ok((durable, Opening { opened, rebuilt: None }))
}

/// Only a store that is new, or had no journal before, begins one.
fn may_begin(found: Folder) -> bool {
    matches!(found, Folder::New | Folder::Ours(1))
}

fn counted_max(closed: bool) -> u64 {
    if closed { COUNTED_AT_OPEN_MAX } else { COUNTED_AFTER_CRASH_MAX }
}

/// Whether the view was counted when it was opened.
pub(super) fn is_counted(durable: &Local, opening: &Opening) -> Result<bool, Error> {
    Ok(durable.view().sums()?.rows() <= counted_max(opening.opened.closed))
}

/// Counts the view beside the work; what does not add up is made again at the next opening. False, when so much was
/// written meanwhile that nobody could count: later then.
pub(super) fn count_beside(durable: &Local, folder: &Path) -> bool {
    let counted = count(durable).and_then(|(expected, counted)| check(&expected, &counted));
    match counted {
        Ok(()) => tracing::debug!("the view was counted after an end that was not clean, and is whole"),
        Err(Error::Damaged { what }) => ask_for_it(folder, &what),
        Err(Error::Busy { .. }) => {
            tracing::debug!("the view is counted at a quieter time");
            return false;
        }
        Err(error) => tracing::warn!(%error, "the view could not be counted"),
    }
    true
}

/// A store of format 1, or one that died while it was made, has none yet.
fn has_journal(journal: &Path) -> bool {
    fs::read_dir(journal).is_ok_and(|mut names| names.next().is_some())
}

/// What the sums of the view should be and what they are.
pub(super) fn count(durable: &Local) -> Result<(Sums, Sums), Error> {
    for _ in 0..COUNTS_MAX {
        let before = durable.view().sums()?;
        let counted = Sums::count(durable.view())?;
        if durable.view().sums()? == before {
            return Ok((before, counted));
        }
    }
    Err(Error::Busy { waiting: COUNTS_MAX })
}

pub(super) fn check(expected: &Sums, counted: &Sums) -> Result<(), Error> {
    match expected.differences(counted).first() {
        None => Ok(()),
        Some(space) => {
            let (expected, counted) = (expected.of(*space).rows, counted.of(*space).rows);
            let what = format!("its rows of kind {space:?} do not add up: {counted} are there, {expected} should be");
            Err(Error::Damaged { what })
        }
    }
}

/// Makes the view again.
fn again(
    folder: &Path,
    journal: &Path,
    options: &Options,
    found: Folder,
    why: String,
) -> Result<(Local, Opening), Error> {
    tracing::error!(why, "the view is damaged and is made again from the journal");
    let data = options.view.folder(folder);
    if data.exists() {
        set_aside(&data)?;
    }
    let view = options.view.open(folder, options)?;
    let first = crate::journal::first(disk(journal), options.journal(may_begin(found)))?;
    if first > 1 {
        let record = recorded_backup(folder)?.filter(|record| record.position + 1 >= first);
        let Some(record) = record else {
            let what = format!(
                "{why}; the journal begins at commit {first} and no verified backup is known to hold what came before. \
                 Restore a backup with `jobwright restore`"
            );
            return Err(Error::Damaged { what });
        };
        tracing::warn!(backup = %record.path.display(), "the backup is read first");
        let reached = backup::load(&record.path, &*view)?;
        if reached != record.position {
            let what = format!("{} is another backup than the one that was verified", record.path.display());
            return Err(Error::Damaged { what });
        }
    }
    let (durable, opened) = Durable::open(disk(journal), view, options.journal(may_begin(found)))?;
    durable.checkpoint()?;
    let _ = fs::remove_file(folder.join(WANTED));
    Ok((durable, Opening { opened, rebuilt: Some(why) }))
}

/// Keeps a damaged view for who wants to look at it; the one before it goes.
fn set_aside(data: &Path) -> Result<(), Error> {
    let aside = data.with_extension("damaged");
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(io_error("remove", &aside))?;
    }
    fs::rename(data, &aside).map_err(io_error("rename", data))?;
    data.parent().map_or(Ok(()), sync_folder)
}

/// Moves the rows over when the practice has chosen the other kind of view.
fn bring_over(folder: &Path, options: &Options) -> Result<(), Error> {
    let (kind, other) = (options.view, options.view.other());
    let (new, old) = (kind.folder(folder), other.folder(folder));
    let moving = folder.join(MOVING);
    if !old.exists() || (new.exists() && !moving.exists()) {
        return Ok(());
    }
    write_new(&moving, b"")?;
    if new.exists() {
        // The move before this one was cut short.
        fs::remove_dir_all(&new).map_err(io_error("remove", &new))?;
    }
    {
        let (from, to) = (other.open(folder, options)?, kind.open(folder, options)?);
        copy(&*from, &*to)?;
    }
    sync_folder(folder)?;
    let aside = old.with_extension("moved");
    fs::rename(&old, &aside).map_err(io_error("rename", &old))?;
    fs::remove_file(&moving).map_err(io_error("remove", &moving))?;
    sync_folder(folder)?;
    fs::remove_dir_all(&aside).map_err(io_error("remove", &aside))
}

/// Stands while rows move from one kind of view to the other.
const MOVING: &str = "MOVING";

fn copy(from: &dyn View, to: &dyn View) -> Result<(), Error> {
    for space in Space::ALL {
        let (range, mut after) = (Range::all(space), None);
        loop {
            let page = from.scan(&range, after.as_ref(), PAGE_ROWS_MAX, Direction::Forward)?;
            let rows: Vec<Write> = page.rows.into_iter().map(|(key, row)| Write { key, row: Some(row) }).collect();
            to.apply(&rows.iter().map(Write::as_written).collect::<Vec<_>>(), None)?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    check(&from.sums()?, &to.sums()?)?;
    to.apply(&[], Some(from.applied()?))?;
    to.flush()
}
