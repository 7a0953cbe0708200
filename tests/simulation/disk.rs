//! A disk that fails, and that loses what was not synced when the power goes.
//!
//! Owns: files as a process sees them and as they lie on the plate, sector by sector; torn and short writes; syncs that
//! fail and lie afterwards; names that were not synced. Outlives the processes. Leaves when anything
//! happens to `machine`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jobwright_store::Disk;

use super::chance::Chance;
use super::machine::{Fate, Machine};
use super::view::failure;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
/// Room on the disk, when there is any.
const FREE_BYTES: u64 = 1 << 40;

/// A plate with files, and what the operating system holds of them in memory.
#[derive(Default)]
pub struct Plate(Mutex<State>);

#[derive(Default)]
struct State {
    /// Files by the name a process sees.
    names: BTreeMap<String, u64>,
    /// Files by the name that a power cut leaves.
    names_synced: BTreeMap<String, u64>,
    files: BTreeMap<u64, File>,
    made: u64,
}

#[derive(Default)]
struct File {
    /// As a process reads it.
    seen: Vec<u8>,
    /// As it lies on the plate.
    synced: Vec<u8>,
    /// Sectors that a sync has still to write.
    dirty: BTreeSet<usize>,
    /// Sectors that a failed sync has let go of: read as they were written, and never written down.
    forgotten: BTreeSet<usize>,
}

impl Plate {
    /// The power goes: of what was not synced, each sector and each name is there or not.
    pub fn lose_power(&self, machine: &Machine) {
        machine.chance(|chance| {
            let mut state = self.state();
            state.lose_names(chance);
            state.files.values_mut().for_each(|file| file.lose(chance));
        });
        machine.tell(format_args!("  the power goes, and with it what was not synced"));
    }

    /// The process dies and the machine stays up. What a failed sync let go of may be gone all the same.
    pub fn lose_process(&self, machine: &Machine) {
        machine.chance(|chance| {
            for file in self.state().files.values_mut().filter(|file| !file.forgotten.is_empty()) {
                file.lose_forgotten(chance);
            }
        });
    }

    /// A bit is read wrongly, in a file that is no longer written to: the last one's end may pass for torn, as it must.
    pub fn flip(&self, machine: &Machine) -> Option<Flip> {
        let flip = machine.chance(|chance| {
            let mut state = self.state();
            let names: Vec<String> = state.names.keys().cloned().collect();
            let (_, older) = names.split_last()?;
            let name = chance.pick(older)?.clone();
            let seen = &mut state.file(&name).ok()?.seen;
            let at = chance.below(seen.len());
            let byte = seen.get_mut(at)?;
            *byte ^= 1 << chance.below(8);
            Some(Flip { name, at, byte: *byte })
        })?;
        machine.tell(format_args!("  a bit of {} is read wrongly at {}", flip.name, flip.at));
        machine.count(|figures| figures.flipped_bits += 1);
        Some(flip)
    }

    /// From now on it is read as it was written.
    pub fn heal(&self, flip: &Flip) {
        let mut state = self.state();
        if let Ok(file) = state.file(&flip.name)
            && let (Some(seen), Some(synced)) = (file.seen.get_mut(flip.at), file.synced.get(flip.at))
            && *seen == flip.byte
        {
            *seen = *synced;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A byte that is read with a wrong bit.
pub struct Flip {
    name: String,
    at: usize,
    byte: u8,
}

impl State {
    /// Each name that was made or removed since the last sync is so afterwards, or is not.
    fn lose_names(&mut self, chance: &mut Chance) {
        let all: BTreeSet<String> = self.names.keys().chain(self.names_synced.keys()).cloned().collect();
        for name in all {
            let (seen, synced) = (self.names.get(&name).copied(), self.names_synced.get(&name).copied());
            let stays = if seen != synced && chance.one_in(2) { synced } else { seen };
            match stays {
                Some(id) => self.names.insert(name, id),
                None => self.names.remove(&name),
            };
        }
        self.names_synced = self.names.clone();
        let named: BTreeSet<u64> = self.names.values().copied().collect();
        self.files.retain(|id, _| named.contains(id));
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        let id = self.names.get(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        self.files.get_mut(id).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl File {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        self.seen[at..end].copy_from_slice(bytes);
        self.dirty.extend(at / SECTOR..end.div_ceil(SECTOR));
    }

    fn sync(&mut self) {
        self.synced.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector);
            self.forgotten.remove(&sector);
        }
    }

    /// A sync that fails: some sectors are written, none is tried again.
    fn fail_to_sync(&mut self, chance: &mut Chance) {
        for sector in std::mem::take(&mut self.dirty) {
            self.forgotten.insert(sector);
            if chance.one_in(2) {
                self.synced.resize(self.synced.len().max(self.seen.len()), 0);
                self.keep(sector);
                self.forgotten.remove(&sector);
            }
        }
    }

    fn keep(&mut self, sector: usize) {
        let (from, to) = (sector * SECTOR, ((sector + 1) * SECTOR).min(self.seen.len()).min(self.synced.len()));
        if from < to {
            self.synced[from..to].copy_from_slice(&self.seen[from..to]);
        }
    }

    /// Of what was not synced each sector is written or not, and the length with it.
    fn lose(&mut self, chance: &mut Chance) {
        if self.dirty.is_empty() && self.forgotten.is_empty() && self.seen.len() == self.synced.len() {
            return;
        }
        if self.seen.len() != self.synced.len() && chance.one_in(2) {
            self.synced.resize(self.seen.len(), 0);
        }
        // All, none, or each by itself.
        let kept_one_in = [1, 0, 2][chance.below(3)];
        for sector in std::mem::take(&mut self.dirty) {
            if chance.one_in(kept_one_in) {
                self.keep(sector);
            }
        }
        self.forgotten.clear();
        self.seen.clone_from(&self.synced);
    }

    fn lose_forgotten(&mut self, chance: &mut Chance) {
        for sector in std::mem::take(&mut self.forgotten) {
            let (from, to) = (sector * SECTOR, ((sector + 1) * SECTOR).min(self.seen.len()));
            if chance.one_in(2) && from < to {
                for at in from..to {
                    self.seen[at] = self.synced.get(at).copied().unwrap_or(0);
                }
            }
        }
    }
}

/// The disk of one process.
pub struct FailingDisk {
    plate: Arc<Plate>,
    machine: Arc<Machine>,
}

impl FailingDisk {
    /// A disk with files that are there already.
    pub fn new(plate: Arc<Plate>, machine: Arc<Machine>) -> Self {
        Self { plate, machine }
    }

    /// Asks the machine; a deed that is done in part is left to `partly`, which says how much of it there is.
    fn deed(&self, fate: Fate, whole: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        match fate {
            Fate::Done => whole(&mut self.plate.state()),
            Fate::After => whole(&mut self.plate.state()).and(Err(failure(fate))),
            Fate::Before | Fate::Within | Fate::Fails | Fate::Dead => Err(failure(fate)),
        }
    }
}

impl Disk for FailingDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        match self.machine.glance(format_args!("disk: names")) {
            Fate::Done => Ok(self.plate.state().names.keys().cloned().collect()),
            fate => Err(failure(fate)),
        }
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        if self.machine.is_dead() {
            return Err(failure(Fate::Dead));
        }
        Ok(self.plate.state().file(name)?.seen.len() as u64)
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> io::Result<usize> {
        match self.machine.glance(format_args!("disk: read {name} from {at}")) {
            Fate::Done => {
                let mut state = self.plate.state();
                let seen = &state.file(name)?.seen;
                let from = usize::try_from(at).unwrap_or(usize::MAX).min(seen.len());
                let read = into.len().min(seen.len() - from);
                into[..read].copy_from_slice(&seen[from..from + read]);
                Ok(read)
            }
            fate => Err(failure(fate)),
        }
    }

    fn create(&self, name: &str) -> io::Result<()> {
        if self.machine.is_full() {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let fate = self.machine.deed(format_args!("disk: create {name}"));
        self.deed(fate, |state| {
            state.made += 1;
            let id = state.made;
            if state.names.insert(name.to_owned(), id).is_some() {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            state.files.insert(id, File::default());
            Ok(())
        })
    }

    fn write(&self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(at).map_err(io::Error::other)?;
        let fate = self.machine.deed(format_args!("disk: write {} bytes of {name} from {at}", bytes.len()));
        let part = |state: &mut State| {
            let written = self.machine.chance(|chance| chance.below(bytes.len() + 1));
            state.file(name).map(|file| file.write(at, &bytes[..written]))
        };
        if self.machine.is_full() && fate == Fate::Done {
            let mut state = self.plate.state();
            let end = at + bytes.len();
            if state.file(name)?.seen.len() < end {
                part(&mut state)?;
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
        }
        match fate {
            // A write that fails or is cut off leaves a part of itself.
            Fate::Within | Fate::Fails => part(&mut self.plate.state()).and(Err(failure(fate))),
            fate => self.deed(fate, |state| state.file(name).map(|file| file.write(at, bytes))),
        }
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        let fate = self.machine.deed(format_args!("disk: sync {name}"));
        if fate == Fate::Fails {
            let mut state = self.plate.state();
            let file = state.file(name)?;
            self.machine.chance(|chance| file.fail_to_sync(chance));
            return Err(failure(fate));
        }
        self.deed(fate, |state| state.file(name).map(File::sync))
    }

    fn cut(&self, name: &str, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let fate = self.machine.deed(format_args!("disk: cut {name} to {length}"));
        self.deed(fate, |state| {
            let file = state.file(name)?;
            file.seen.truncate(length);
            file.dirty.retain(|sector| sector * SECTOR < length);
            file.dirty.insert(length / SECTOR);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let fate = self.machine.deed(format_args!("disk: remove {name}"));
        self.deed(fate, |state| match state.names.remove(name) {
            Some(_) => Ok(()),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        })
    }

    fn sync_names(&self) -> io::Result<()> {
        let fate = self.machine.deed(format_args!("disk: sync names"));
        self.deed(fate, |state| {
            state.names_synced = state.names.clone();
            // Lengths are of the folder, as names are.
            for file in state.files.values_mut() {
                let length = file.synced.len().min(file.seen.len());
                file.synced.truncate(length);
            }
            Ok(())
        })
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(if self.machine.is_full() { 0 } else { FREE_BYTES })
    }
}
