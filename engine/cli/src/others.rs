//! The other definitions that one definition may name: those given with it, those beside it, those that are published.
//!
//! Owns: finding them when somebody asks, and not before: most definitions start no other job. Each is read by itself, as
//! far as it can be without the others. Leaves what must fit between two of them to `definition`.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobwright_core::id::DefinitionId;
use jobwright_core::plan::Plan;
use jobwright_definition::surroundings::Others;
use jobwright_runtime::Engine;
use jobwright_store::definitions;

use crate::caller::Caller;
use crate::practice::Practice;
use crate::read::{self, DEFINITION};

/// Most definitions of a folder that are looked at.
const FILES_MAX: usize = 500;

/// A definition without faults.
#[derive(Clone)]
pub struct Known {
    /// Its plan.
    pub plan: Arc<Plan>,
    /// Its canonical text.
    pub canonical: String,
}

/// Other definitions, found when they are asked for.
pub struct Around<'a> {
    files: Vec<PathBuf>,
    practice: Option<&'a Practice>,
    engine: Option<&'a Engine>,
    caller: &'a dyn Caller,
    read: OnceCell<BTreeMap<DefinitionId, Option<Known>>>,
}

impl<'a> Around<'a> {
    /// These files, those beside them, and what the practice has published.
    pub fn files(
        files: &[PathBuf],
        practice: Option<&'a Practice>,
        engine: Option<&'a Engine>,
        caller: &'a dyn Caller,
    ) -> Self {
        let mut all = files.to_vec();
        for folder in files.iter().filter_map(|file| file.parent()) {
            for file in beside(folder).into_iter().take(FILES_MAX) {
                if !all.contains(&file) {
                    all.push(file);
                }
            }
        }
        Self { files: all, practice, engine, caller, read: OnceCell::new() }
    }

    /// What the practice has published, and nothing else: what is published now must find it there.
    pub fn published(engine: &'a Engine, caller: &'a dyn Caller) -> Self {
        Self { files: vec![], practice: None, engine: Some(engine), caller, read: OnceCell::new() }
    }

    /// One of them.
    pub fn known(&self, id: &DefinitionId) -> Option<Known> {
        match self.read().get(id) {
            Some(known) => known.clone(),
            None => self.newest(id),
        }
    }

    /// Those that lie in files, and have no faults.
    pub fn in_files(&self) -> Vec<Known> {
        self.read().values().flatten().cloned().collect()
    }

    fn read(&self) -> &BTreeMap<DefinitionId, Option<Known>> {
        self.read.get_or_init(|| {
            let mut found = BTreeMap::new();
            for file in &self.files {
                let Some((id, known)) = read::alone(file, self.practice, self.caller) else { continue };
                // The first one counts: files that were named come before those beside them.
                found.entry(id).or_insert(known);
            }
            found
        })
    }

    fn newest(&self, id: &DefinitionId) -> Option<Known> {
        let engine = self.engine?;
        let latest = definitions::latest(&engine.reader(), id).ok().flatten()?;
        let source = definitions::source(&engine.reader(), latest.hash).ok().flatten()?;
        Some(Known { plan: Arc::clone(&engine.prepared(latest.hash).ok()?.plan), canonical: source.text })
    }
}

impl Others for Around<'_> {
    fn ids(&self) -> Vec<DefinitionId> {
        self.read().keys().cloned().collect()
    }

    fn plan(&self, id: &DefinitionId) -> Option<Arc<Plan>> {
        self.known(id).map(|known| known.plan)
    }
}

/// The definitions of a folder, by name; none when it cannot be looked into.
fn beside(folder: &Path) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(DEFINITION))
        .map(|entry| if folder == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() })
        .collect();
    files.sort();
    files
}
