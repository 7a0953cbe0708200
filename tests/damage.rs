//! Damage to every file of a store: everything is there all the same, or the store says what is wrong and where.
//!
//! Owns: a real store with some dozens of jobs, closed as it should be or killed, and damage of every kind at places all
//! over its files. Never a panic, never a hang, never a row missing or altered without a word. Leaves torn ends, which
//! are no damage, to the power cuts.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use jobwright_core::id::Hash;
use jobwright_store::{Blobs, Direction, Error, Key, Range, Space, Store, Versioned, local};

use crate::support::Folder;
use crate::support::chance::Chance;
use crate::support::program::run;
use crate::support::size::size;
use crate::support::story::{self, STORY};

/// Damages, by size.
const DAMAGES: (usize, usize, usize) = (60, 1_000, 100_000);
/// Of so many damages the real program is asked once, as people would.
const ASKED_EVERY: usize = 20;
/// Clients who get a job each beside the story's.
const CLIENTS: [&str; 12] = [
    "ash-tree",
    "bell-lane",
    "birchwood-tools",
    "cloudberry",
    "copperfield",
    "drystone",
    "eastgate",
    "elsie",
    "fenwick",
    "foxglove",
    "garrick",
    "jessop",
];
/// Longer than this an opening hangs.
const OPEN_TIME_MAX: Duration = Duration::from_secs(120);
const PAGE_ROWS: usize = 1000;
const BLOCKS: [usize; 3] = [64, 512, 4096];
/// What a damaged row would be kept under; nothing that is not one of ours stands there.
const NAME_OF_BLOB_CHARS: usize = 64;

type Rows = BTreeMap<(u8, Vec<u8>), Versioned>;
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A store as it lies on the disk, and what is in it.
struct Whole {
    files: Files,
    rows: Rows,
    blobs: BTreeMap<[u8; 32], Vec<u8>>,
}

/// One damage.
enum Damage {
    FlippedBit(PathBuf, usize),
    ZeroedBlock(PathBuf, usize, usize),
    OtherBytes(PathBuf, usize, usize),
    CutAt(PathBuf, usize),
    Gone(PathBuf),
    FolderGone(PathBuf),
    LongerBy(PathBuf, usize),
    BlocksExchanged(PathBuf, usize, usize, usize),
    FilesExchanged(PathBuf, PathBuf),
}

#[test]
fn no_damage_to_a_stores_files_goes_unnoticed_or_loses_a_row_in_silence() {
    let (quick, push, long) = DAMAGES;
    let damages = size().of(quick, push, long);
    let chance = Chance::new();
    let whole = whole();
    let (next, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    let works = || {
        for number in std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < damages)) {
            let mut chance = chance.part(number as u64);
            let damage = Damage::any(&whole.files, &mut chance);
            match stood(&whole, &damage, number % ASKED_EVERY == 0) {
                Ok(Told::Everything) => {}
                Ok(Told::Refusal) => drop(refused.fetch_add(1, Ordering::Relaxed)),
                Err(why) => {
                    faults.lock().expect("no worker panics").push(format!("damage {number}, {damage}: {why}"));
                }
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_| drop(scope.spawn(works)));
    });
    let faults = faults.into_inner().expect("no worker panics");
    assert!(faults.is_empty(), "{} of {damages} damages:\n{}", faults.len(), faults.join("\n\n"));
    let refused = refused.into_inner();
    assert!(refused > 0 && refused < damages, "{refused} of {damages} refused");
    println!("{damages} damages: {refused} refused, {} opened with everything there", damages - refused);
}

/// How a damage ended well.
enum Told {
    Everything,
    Refusal,
}

/// The story to its end, jobs of more clients, and a store that was closed.
fn whole() -> Whole {
    let practice = story::beginning();
    for order in STORY {
        practice.done(order.words());
    }
    for client in CLIENTS {
        practice.done(["start", "ring", "--client", client, "--period", "2026-04"]);
    }
    practice.done(["work"]);
    let store = practice.folder().join(".jobwright");
    let rows = rows(&open(&store).expect("a whole store"));
    let mut files = BTreeMap::new();
    collect(&store, &store, &mut files);
    let blobs = files.iter().filter_map(|(path, bytes)| Some((blob_hash(path)?, bytes.clone()))).collect();
    assert!(rows.len() > 300, "{} rows are not much", rows.len());
    Whole { files, rows, blobs }
}

fn collect(root: &Path, folder: &Path, files: &mut Files) {
    for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.is_file() {
            files.insert(path.strip_prefix(root).expect("it lies in there").into(), fs::read(&path).expect("a file"));
        }
    }
}

/// The name of a blob, from its path `blobs/ab/cdef…`.
fn blob_hash(path: &Path) -> Option<[u8; 32]> {
    let name: String = path.strip_prefix("blobs").ok()?.to_str()?.chars().filter(|c| *c != '/').collect();
    if name.len() != NAME_OF_BLOB_CHARS {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(name.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    bytes?.try_into().ok()
}

fn open(folder: &Path) -> Result<local::LocalStore, Error> {
    local::open(folder, &local::Options { lock_wait: Duration::ZERO, ..local::Options::default() })
}

/// Every row of the store.
fn rows(store: &impl Store) -> Rows {
    let mut rows = Rows::new();
    for space in Space::ALL {
        // What the store writes for itself, and with every opening anew, is none of the practice's rows.
        if space == Space::Meta {
            continue;
        }
        let mut after: Option<Key> = None;
        loop {
            let page = store.scan(&Range::all(space), after.as_ref(), PAGE_ROWS, Direction::Forward);
            let page = page.unwrap_or_else(|error| panic!("{space:?}: {error}"));
            rows.extend(page.rows.into_iter().map(|(key, row)| ((key.space as u8, key.bytes), row)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    rows
}

fn stood(whole: &Whole, damage: &Damage, is_asked: bool) -> Result<Told, String> {
    let folder = Folder::new();
    let store = folder.path().join(".jobwright");
    lay_out(&store, &damage.done_to(whole.files.clone()), damage);
    if is_asked {
        the_program_says_so(folder.path())?;
        fs::remove_dir_all(&store).map_err(|error| error.to_string())?;
        lay_out(&store, &damage.done_to(whole.files.clone()), damage);
    }
    let (tell, told) = mpsc::channel();
    let opened = store.clone();
    let opening = thread::spawn(move || drop(tell.send(open(&opened).map(|store| rows(&store)))));
    let found = told.recv_timeout(OPEN_TIME_MAX).map_err(|_| "it hangs".to_owned());
    match found {
        Ok(Ok(found)) => {
            drop(opening.join());
            same(&whole.rows, &found)?;
            the_blobs_tell(whole, &store)?;
            Ok(Told::Everything)
        }
        Ok(Err(error)) => is_clear(&error, &store),
        Err(why) if !opening.is_finished() => Err(why),
        Err(_) => Err("it panics".into()),
    }
}

fn lay_out(store: &Path, files: &Files, damage: &Damage) {
    for (path, bytes) in files {
        let path = store.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be written");
        fs::write(path, bytes).expect("the folder can be written");
    }
    // Folders that hold nothing are there as well, unless they are what is gone.
    for folder in ["blobs/new", "sled/blobs"] {
        if !matches!(damage, Damage::FolderGone(gone) if folder.starts_with(gone.to_str().expect("UTF-8"))) {
            fs::create_dir_all(store.join(folder)).expect("the folder can be written");
        }
    }
}

fn same(expected: &Rows, found: &Rows) -> Result<(), String> {
    let lost = expected.iter().filter(|(key, row)| found.get(*key) != Some(row)).count();
    let new = found.keys().filter(|key| !expected.contains_key(*key)).count();
    if lost + new > 0 {
        return Err(format!("{lost} of {} rows are gone or altered without a word, {new} are new", expected.len()));
    }
    Ok(())
}

/// A blob says itself that it is damaged, or is the one that was kept.
fn the_blobs_tell(whole: &Whole, store: &Path) -> Result<(), String> {
    let blobs = match Blobs::open(store) {
        Ok(blobs) => blobs,
        Err(error) => return is_clear(&error, store).map(drop),
    };
    for (hash, bytes) in &whole.blobs {
        match blobs.get(&Hash(*hash)) {
            Ok(Some(found)) if found == *bytes => {}
            Ok(Some(_)) => return Err("a document was altered, and nobody says so".into()),
            // Whoever wants it tells that it is gone.
            Ok(None) | Err(_) => {}
        }
    }
    Ok(())
}

fn is_clear(error: &Error, store: &Path) -> Result<Told, String> {
    let words = error.to_string();
    let names = ["journal", "sled", "FORMAT", "blobs", "view", "format", store.to_str().unwrap_or_default()];
    if names.iter().any(|name| words.contains(name)) {
        return Ok(Told::Refusal);
    }
    Err(format!("it says `{words}`, and not what of the store is meant"))
}

/// The program, asked by people, works or ends with words and a way on.
fn the_program_says_so(folder: &Path) -> Result<(), String> {
    fs::write(folder.join("practice.yaml"), include_str!("../workflows/sample/practice.yaml"))
        .map_err(|error| error.to_string())?;
    let said = run(folder, ["jobs", "--all"]);
    let has_way_on = ["next:", "start again"].iter().any(|words| said.errors.contains(words));
    let is_told = said.code == Some(4) && said.errors.contains("why:") && has_way_on;
    if said.code == Some(0) || is_told { Ok(()) } else { Err(format!("{said:#?}")) }
}

impl Damage {
    /// Some damage at some place.
    fn any(files: &Files, chance: &mut Chance) -> Self {
        let names: Vec<&PathBuf> = files.keys().filter(|path| !path.starts_with("LOCK")).collect();
        // Where most bytes are, most damage is; but every file has its turn.
        let path = names[chance.place(names.len())].clone();
        let bytes = &files[&path];
        // Preallocated zeros at a file's end are no data: most damage falls before them.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        let reach = if chance.happens(90) { used } else { bytes.len() };
        let (at, block) = (chance.place(reach), BLOCKS[chance.place(BLOCKS.len())]);
        match chance.below(20) {
            0..4 => Self::FlippedBit(path, at * 8 + chance.place(8)),
            4..7 => Self::ZeroedBlock(path, at / block * block, block),
            7..9 => Self::OtherBytes(path, at, block),
            9..12 => Self::CutAt(path, at),
            12..14 => Self::Gone(path),
            14 => Self::FolderGone(["sled", "journal", "blobs"][chance.place(3)].into()),
            15..17 => Self::LongerBy(path, 1 + chance.place(8192)),
            17..19 => Self::BlocksExchanged(path, at / block * block, chance.place(used) / block * block, block),
            _ => Self::FilesExchanged(path, names[chance.place(names.len())].clone()),
        }
    }

    fn done_to(&self, mut files: Files) -> Files {
        let noise = |at: usize| (at.wrapping_mul(0x9e37_79b1) >> 7) as u8;
        match self {
            Self::FlippedBit(path, bit) => {
                if let Some(byte) = bytes(&mut files, path).get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::ZeroedBlock(path, at, long) => {
                bytes(&mut files, path).iter_mut().skip(*at).take(*long).for_each(|byte| *byte = 0);
            }
            Self::OtherBytes(path, at, long) => {
                let all = bytes(&mut files, path).iter_mut().enumerate().skip(*at).take(*long);
                all.for_each(|(at, byte)| *byte = noise(at));
            }
            Self::CutAt(path, at) => bytes(&mut files, path).truncate(*at),
            Self::Gone(path) => drop(files.remove(path)),
            Self::FolderGone(folder) => files.retain(|path, _| !path.starts_with(folder)),
            Self::LongerBy(path, by) => {
                let all = bytes(&mut files, path);
                let end = all.len();
                all.extend((end..end + by).map(noise));
            }
            Self::BlocksExchanged(path, one, other, long) => {
                let all = bytes(&mut files, path);
                let long = (*long).min(all.len().saturating_sub(*one.max(other))).min(one.abs_diff(*other));
                (0..long).for_each(|at| all.swap(one + at, other + at));
            }
            Self::FilesExchanged(one, other) => {
                let first = std::mem::take(bytes(&mut files, one));
                let second = std::mem::replace(bytes(&mut files, other), first);
                if one != other {
                    *bytes(&mut files, one) = second;
                }
            }
        }
        files
    }
}

fn bytes<'f>(files: &'f mut Files, path: &Path) -> &'f mut Vec<u8> {
    files.get_mut(path).expect("the file is one of these")
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FlippedBit(path, bit) => write!(f, "bit {bit} of {} flipped", path.display()),
            Self::ZeroedBlock(path, at, long) => write!(f, "{long} bytes at {at} of {} zeroed", path.display()),
            Self::OtherBytes(path, at, long) => write!(f, "{long} other bytes at {at} of {}", path.display()),
            Self::CutAt(path, at) => write!(f, "{} cut at {at}", path.display()),
            Self::Gone(path) => write!(f, "{} gone", path.display()),
            Self::FolderGone(path) => write!(f, "the folder {} gone", path.display()),
            Self::LongerBy(path, by) => write!(f, "{} longer by {by} bytes", path.display()),
            Self::BlocksExchanged(path, one, other, long) => {
                write!(f, "{long} bytes at {one} and at {other} of {} exchanged", path.display())
            }
            Self::FilesExchanged(one, other) => write!(f, "{} and {} exchanged", one.display(), other.display()),
        }
    }
}
