//! A definition and its tests, read and ready to be played.
//!
//! Owns: from a path to scenarios: a definition with its `tests:`, or a `<id>.test.yaml` with the definition beside it.
//! What surrounds them is the practice's folder, or a bare practice where there is none. Leaves what a test may say to
//! `definition::scenario`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobwright_core::plan::Plan;
use jobwright_definition::definition::Checked;
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::practice::practice;
use jobwright_definition::scenario::{Scenario, scenarios, test_file};
use jobwright_definition::source::Sources;
use jobwright_definition::syntax;

use crate::caller::{Caller, Own};
use crate::exit::Exit;
use crate::plugins::Installed;
use crate::practice::{Calendars, Practice, shown, unusable, zone};
use crate::read::{self, DEFINITION, Definition, TEST_FILE};
use crate::report::{Report, Result};

/// A practice of which nothing is known but that it is one.
const BARE: &str = "format: 1\nname: The practice\n";

/// A definition with its tests.
pub struct Tested {
    /// As people name it.
    pub name: String,
    /// Where the definition lies; other versions that tests publish lie beside it.
    pub folder: PathBuf,
    /// Its plan.
    pub plan: Plan,
    /// Its canonical text.
    pub canonical: String,
    /// Its tests.
    pub scenarios: Vec<Scenario>,
    /// The texts, to point into.
    pub sources: Sources,
    /// Whose files the other versions are.
    pub caller: Arc<dyn Caller>,
}

impl Tested {
    /// Reads a definition and its tests, or everything that is wrong with them.
    pub fn read(path: &Path, practice: Option<&Practice>) -> Result<Self> {
        if path.to_string_lossy().ends_with(TEST_FILE) {
            return Self::read_beside(path, practice);
        }
        let (sources, checked) = read::look(path, practice, None, &Own)?;
        let Checked { plan, tests, mut diagnostics, canonical, .. } = checked;
        let file = practice.map(|practice| &practice.file);
        let scenarios = tests.map(|tests| scenarios(&tests, plan.as_ref(), file, &mut diagnostics));
        Self::whole(path, path, sources, diagnostics, plan, canonical, scenarios.unwrap_or_default())
    }

    /// A definition that was read to be published, with its tests.
    pub fn of(path: &Path, read: Definition, caller: Arc<dyn Caller>) -> Self {
        let Definition { plan, canonical, tests, sources } = read;
        Self { name: shown(path), folder: folder_of(path), plan, canonical, scenarios: tests, sources, caller }
    }

    fn read_beside(path: &Path, practice: Option<&Practice>) -> Result<Self> {
        let bytes = fs::read(path).map_err(|error| Report::file("read", path, &error))?;
        let text = path.to_string_lossy();
        let definition = PathBuf::from(format!("{}{DEFINITION}", text.strip_suffix(TEST_FILE).unwrap_or(&text)));
        let (mut sources, checked) = read::look(&definition, practice, None, &Own)?;
        let Checked { plan, mut diagnostics, canonical, .. } = checked;
        let node = syntax::read(&mut sources, &shown(path), &bytes, &mut diagnostics);
        let file = node.as_ref().and_then(|node| test_file(node, &mut diagnostics));
        let of = practice.map(|practice| &practice.file);
        let scenarios = file.map(|file| scenarios(file.tests, plan.as_ref(), of, &mut diagnostics));
        Self::whole(path, &definition, sources, diagnostics, plan, canonical, scenarios.unwrap_or_default())
    }

    fn whole(
        path: &Path,
        definition: &Path,
        sources: Sources,
        diagnostics: Diagnostics,
        plan: Option<Plan>,
        canonical: String,
        scenarios: Vec<Scenario>,
    ) -> Result<Self> {
        match plan.filter(|_| !diagnostics.has_errors()) {
            Some(plan) => {
                let (name, folder) = (shown(path), folder_of(definition));
                Ok(Self { name, folder, plan, canonical, scenarios, sources, caller: Arc::new(Own) })
            }
            None => Err(unusable(&shown(path), &sources, &diagnostics)),
        }
    }
}

fn folder_of(definition: &Path) -> PathBuf {
    definition.parent().unwrap_or(Path::new("")).to_owned()
}

/// A practice for definitions that lie in none.
pub fn bare() -> Result<Practice> {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "practice.yaml", BARE.as_bytes(), &mut diagnostics);
    let file = node.and_then(|node| practice(&node, &mut diagnostics));
    let file = file.ok_or_else(|| Report::new(Exit::Fault, "the bare practice cannot be read"))?;
    let zone = zone(&file.timezone.value)?;
    let (folder, store) = (PathBuf::new(), PathBuf::new());
    Ok(Practice { folder, store, zone, file, calendars: Calendars::shipped()?, installed: Installed::default() })
}
