//! What is on a disk for sure, what may be, and what a power cut makes of it.
//!
//! Owns: the model. Bytes are sure once their file was synced, names once their folder was. Of other bytes any sector may
//! have come through, or a part of it; a file may be as long as it was told to be, with nothing in it. Other names of a
//! folder come through in order, as a journal of the file system would keep them, each folder for itself.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::trace::Happened;
use crate::support::chance::Chance;

const SECTOR_BYTES: usize = 512;

/// How much of what was not synced comes through a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// Nothing.
    None,
    /// This many of a hundred sectors.
    Some(u64),
    /// Everything.
    All,
}

/// A disk at one moment of a story.
#[derive(Clone)]
pub struct Disk {
    root: PathBuf,
    /// What an inode means now; numbers are given again after a file is gone.
    known: HashMap<u64, usize>,
    /// The folders by path, as they are now.
    folders: BTreeMap<PathBuf, usize>,
    things: Vec<Thing>,
}

#[derive(Clone)]
enum Thing {
    File { sure: Vec<u8>, loose: Vec<Change> },
    Folder { sure: BTreeMap<String, usize>, loose: Vec<Naming> },
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// One step of a folder's names: what goes and what comes, together.
#[derive(Clone)]
struct Naming {
    goes: Option<String>,
    comes: Option<(String, usize)>,
}

impl Disk {
    /// A folder as it lies there, all of it sure.
    pub fn of(root: &Path) -> Self {
        let root = root.canonicalize().expect("the folder is there");
        let mut disk = Self { root: root.clone(), known: HashMap::new(), folders: BTreeMap::new(), things: Vec::new() };
        disk.take_in(&root);
        disk
    }

    fn take_in(&mut self, path: &Path) -> usize {
        let found = fs::symlink_metadata(path).expect("a file");
        if !found.is_dir() {
            let sure = fs::read(path).expect("a file");
            return self.add(found.ino(), Thing::File { sure, loose: Vec::new() });
        }
        let entries = fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
        let sure = entries.map(|entry| (last(&entry), self.take_in(&entry))).collect();
        let id = self.add(found.ino(), Thing::Folder { sure, loose: Vec::new() });
        self.folders.insert(path.into(), id);
        id
    }

    fn add(&mut self, inode: u64, thing: Thing) -> usize {
        self.things.push(thing);
        self.known.insert(inode, self.things.len() - 1);
        self.things.len() - 1
    }

    /// Goes on by one thing that happened.
    pub fn step(&mut self, happened: &Happened) {
        match happened {
            Happened::Create { inode, path } => {
                let id = self.add(*inode, Thing::File { sure: Vec::new(), loose: Vec::new() });
                self.name(path, None, Some(id));
            }
            Happened::MakeFolder { inode, path } => {
                let id = self.add(*inode, Thing::Folder { sure: BTreeMap::new(), loose: Vec::new() });
                self.folders.insert(path.clone(), id);
                self.name(path, None, Some(id));
            }
            Happened::Write { inode, at, bytes } => {
                self.change(*inode, Change::Write(*at as usize, bytes.clone()));
            }
            Happened::Length { inode, length } => self.change(*inode, Change::Length(*length as usize)),
            Happened::Sync { inode } | Happened::SyncNames { inode } => self.sync(*inode),
            Happened::Remove { path } => {
                self.folders.remove(path);
                self.name(path, Some(last(path)), None);
            }
            Happened::Rename { from, to } => self.rename(from, to),
            Happened::Link { from, to } => {
                let id = self.now(from).unwrap_or_else(|| panic!("{} is not known", from.display()));
                self.name(to, None, Some(id));
            }
            Happened::Acknowledged(_) => {}
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        let Some(Thing::File { loose, .. }) = self.known.get(&inode).map(|id| &mut self.things[*id]) else {
            panic!("inode {inode} is no file of this disk")
        };
        loose.push(change);
    }

    fn sync(&mut self, inode: u64) {
        match self.known.get(&inode).map(|id| &mut self.things[*id]) {
            Some(Thing::File { sure, loose }) => loose.drain(..).for_each(|change| change.make(sure)),
            Some(Thing::Folder { sure, loose }) => loose.drain(..).for_each(|naming| naming.make(sure)),
            None => {}
        }
    }

    fn name(&mut self, path: &Path, goes: Option<String>, comes: Option<usize>) {
        let comes = comes.map(|id| (last(path), id));
        self.naming(path.parent().expect("a folder"), Naming { goes, comes });
    }

    fn naming(&mut self, folder: &Path, naming: Naming) {
        let id = self.folders.get(folder).unwrap_or_else(|| panic!("{} is not known", folder.display()));
        if let Thing::Folder { loose, .. } = &mut self.things[*id] {
            loose.push(naming);
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) {
        let id = self.now(from).unwrap_or_else(|| panic!("{} is not known", from.display()));
        let (above_from, above_to) = (from.parent().expect("a folder"), to.parent().expect("a folder"));
        if above_from == above_to {
            self.naming(above_from, Naming { goes: Some(last(from)), comes: Some((last(to), id)) });
        } else {
            self.naming(above_to, Naming { goes: None, comes: Some((last(to), id)) });
            self.naming(above_from, Naming { goes: Some(last(from)), comes: None });
        }
        let moved: Vec<_> = self.folders.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            let folder = self.folders.remove(&path).expect("it was there");
            self.folders.insert(to.join(path.strip_prefix(from).expect("it starts so")), folder);
        }
    }

    /// What stands at a path now.
    fn now(&self, path: &Path) -> Option<usize> {
        let Thing::Folder { sure, loose } = &self.things[*self.folders.get(path.parent()?)?] else { return None };
        let mut names = sure.clone();
        loose.iter().cloned().for_each(|naming| naming.make(&mut names));
        names.get(&last(path)).copied()
    }

    /// Writes the disk down as it is found after a power cut now.
    pub fn cut(&self, into: &Path, luck: Luck, chance: &mut Chance) {
        self.cut_folder(self.folders[&self.root], into, luck, chance);
    }

    fn cut_folder(&self, id: usize, into: &Path, luck: Luck, chance: &mut Chance) {
        let Thing::Folder { sure, loose } = &self.things[id] else { return };
        let through = match luck {
            Luck::None => 0,
            Luck::All => loose.len(),
            Luck::Some(_) => chance.place(loose.len() + 1),
        };
        let mut names = sure.clone();
        loose[..through].iter().cloned().for_each(|naming| naming.make(&mut names));
        for (name, id) in names {
            let path = into.join(name);
            match &self.things[id] {
                Thing::File { sure, loose } => {
                    fs::write(&path, after_cut(sure, loose, luck, chance)).expect("the folder can be written");
                }
                Thing::Folder { .. } => {
                    fs::create_dir(&path).expect("the folder can be written");
                    self.cut_folder(id, &path, luck, chance);
                }
            }
        }
    }
}

/// The bytes of a file after a cut.
fn after_cut(sure: &[u8], loose: &[Change], luck: Luck, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = sure.to_vec();
    let percent = match luck {
        Luck::None => return bytes,
        Luck::All => 100,
        Luck::Some(percent) => percent,
    };
    let mut longest = bytes.len();
    for change in loose {
        match change {
            Change::Length(length) => {
                longest = *length;
                if chance.happens(percent) {
                    bytes.resize(*length, 0);
                }
            }
            Change::Write(at, written) => {
                longest = longest.max(at + written.len());
                for sector in sectors(*at, written) {
                    if chance.happens(percent) {
                        let torn = if percent < 100 && chance.happens(10) {
                            chance.place(sector.1.len())
                        } else {
                            sector.1.len()
                        };
                        Change::Write(sector.0, sector.1[..torn].to_vec()).make(&mut bytes);
                    }
                }
            }
        }
    }
    // The file system may know how long a file is before it has its bytes.
    if longest > bytes.len() && chance.happens(30) {
        bytes.resize(longest, 0);
    }
    bytes
}

/// A write, cut where the disk's sectors end.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let first = (SECTOR_BYTES - at % SECTOR_BYTES).min(bytes.len());
    let (head, rest) = bytes.split_at(first);
    let tail = rest.chunks(SECTOR_BYTES).enumerate().map(move |(n, part)| (at + first + n * SECTOR_BYTES, part));
    std::iter::once((at, head)).chain(tail)
}

impl Change {
    fn make(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(length, 0),
            Self::Write(at, written) => {
                if bytes.len() < at + written.len() {
                    bytes.resize(at + written.len(), 0);
                }
                bytes[at..at + written.len()].copy_from_slice(&written);
            }
        }
    }
}

impl Naming {
    fn make(self, names: &mut BTreeMap<String, usize>) {
        if let Some(goes) = self.goes {
            names.remove(&goes);
        }
        names.extend(self.comes);
    }
}

fn last(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
