//! A folder of its own for each test, gone when the test ends; a disk that can be told to fail; how many cases are tried.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::Disk;

/// What a disk does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    Sync,
    Write,
    Full,
    Remove,
    Names,
}

/// Files in memory, each as it is and as a power cut would leave it.
#[derive(Default)]
pub(crate) struct MemoryDisk(Mutex<Files>);

#[derive(Default)]
struct Files {
    now: BTreeMap<String, Vec<u8>>,
    synced: BTreeMap<String, Vec<u8>>,
    /// What the next sync takes for written already, although it is not: file, from, until.
    forgotten: Vec<(String, usize, usize)>,
    /// What was written since the last sync: file, from, until.
    dirty: Vec<(String, usize, usize)>,
    names: BTreeMap<String, ()>,
    fault: Fault,
    calls: usize,
    syncs: usize,
}

impl MemoryDisk {
    fn files(&self) -> MutexGuard<'_, Files> {
        let mut files = self.0.lock().unwrap();
        files.calls += 1;
        files
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.0.lock().unwrap().fault = fault;
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls
    }

    pub(crate) fn syncs(&self) -> usize {
        self.0.lock().unwrap().syncs
    }

    /// Loses everything that was not synced, and names that were not.
    pub(crate) fn crash(&self) {
        let mut files = self.0.lock().unwrap();
        let names = std::mem::take(&mut files.names);
        files.now =
            names.keys().map(|name| (name.clone(), files.synced.get(name).cloned().unwrap_or_default())).collect();
        files.names = names;
    }

    /// What was written since the last sync will never be: as after a sync that failed.
    pub(crate) fn forget_what_is_not_synced(&self) {
        let mut files = self.0.lock().unwrap();
        let dirty = std::mem::take(&mut files.dirty);
        files.forgotten.extend(dirty);
    }

    /// Changes a file behind everybody's back.
    pub(crate) fn alter(&self, name: &str, alter: impl FnOnce(&mut Vec<u8>)) {
        let mut files = self.0.lock().unwrap();
        let bytes = files.now.get_mut(name).unwrap();
        alter(bytes);
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.0.lock().unwrap().now[name].clone()
    }

    pub(crate) fn all_names(&self) -> Vec<String> {
        self.0.lock().unwrap().now.keys().cloned().collect()
    }
}

impl Disk for MemoryDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.files().now.keys().cloned().collect())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(self.files().now.get(name).ok_or(io::ErrorKind::NotFound)?.len() as u64)
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let files = self.files();
        let rest = files.now.get(name).ok_or(io::ErrorKind::NotFound)?.get(at as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        into[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn create(&self, name: &str) -> io::Result<()> {
        match self.files().now.insert(name.into(), Vec::new()) {
            None => Ok(()),
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    fn write(&self, name: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut files = self.files();
        if files.fault == Fault::Write {
            return Err(io::Error::other("the disk is on fire"));
        }
        let file = files.now.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        let end = at as usize + bytes.len();
        file.resize(file.len().max(end), 0);
        file[at as usize..end].copy_from_slice(bytes);
        files.dirty.push((name.into(), at as usize, end));
        Ok(())
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        let mut files = self.files();
        if files.fault == Fault::Sync {
            return Err(io::Error::other("the disk is on fire"));
        }
        files.syncs += 1;
        let mut bytes = files.now.get(name).ok_or(io::ErrorKind::NotFound)?.clone();
        let Files { synced, forgotten, dirty, .. } = &mut *files;
        // Bytes that were written again are no longer forgotten.
        forgotten.retain(|lost| {
            !dirty.iter().any(|(file, from, until)| *file == lost.0 && *from <= lost.1 && *until >= lost.2)
        });
        let before = synced.get(name).cloned().unwrap_or_default();
        for (_, from, until) in forgotten.iter().filter(|(file, ..)| file == name) {
            for (at, byte) in bytes.iter_mut().enumerate().take(*until).skip(*from) {
                *byte = before.get(at).copied().unwrap_or(0);
            }
        }
        dirty.retain(|(file, ..)| file != name);
        synced.insert(name.into(), bytes);
        Ok(())
    }

    fn cut(&self, name: &str, length: u64) -> io::Result<()> {
        self.files().now.get_mut(name).ok_or(io::ErrorKind::NotFound)?.truncate(length as usize);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut files = self.files();
        if files.fault == Fault::Remove {
            return Err(io::Error::other("the disk is on fire"));
        }
        files.now.remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut files = self.files();
        if files.fault == Fault::Names {
            return Err(io::Error::other("the disk is on fire"));
        }
        files.names = files.now.keys().map(|name| (name.clone(), ())).collect();
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(if self.files().fault == Fault::Full { 0 } else { u64::MAX })
    }
}

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("jobwright-store-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Best effort: a folder left in the temporary place harms nobody, a panic while panicking hides the cause.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Cases of a property, by the size of the run that the whole repository's tests go by (`tests/support/size.rs`).
pub(crate) fn cases(quick: u32, push: u32, long: u32) -> proptest::prelude::ProptestConfig {
    let cases = match std::env::var("JOBWRIGHT_TEST_SIZE").as_deref() {
        Ok("push") => push,
        Ok("long") => long,
        _ => quick,
    };
    proptest::prelude::ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}
