//! A definition and its tests, read and ready to be played.
//!
//! Owns: from a path to scenarios: a definition with its `tests:`, or a `<id>.test.yaml` with the definition beside it.
//! What surrounds them is the practice's folder, or a bare practice where there is none. Leaves what a test may say to
//! `definition::scenario`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobwright_core::id::DefinitionId;
use jobwright_core::plan::{Computed, Plan, StartJob, Work};
use jobwright_core::value::Value;
use jobwright_definition::definition::Checked;
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::practice::practice;
use jobwright_definition::scenario::{Scenario, scenarios_among, test_file};
use jobwright_definition::source::Sources;
use jobwright_definition::syntax;

use crate::caller::{Caller, Own};
use crate::exit::Exit;
use crate::others::{Around, Known};
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
    /// Definitions that its jobs may start.
    pub others: Vec<Known>,
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
        Self::read_with(path, practice, &Around::files(&[definition_of(path)], practice, None, &Own))
    }

    /// A definition that was read to be published, with its tests.
    pub fn of(path: &Path, read: Definition, others: &Around<'_>, caller: Arc<dyn Caller>) -> Self {
        let Definition { plan, canonical, tests, sources } = read;
        let (name, folder) = (shown(path), folder_of(path));
        Self { name, folder, plan, canonical, others: vec![], scenarios: tests, sources, caller }.among(others)
    }

    /// The same among others that it may start.
    pub fn read_with(path: &Path, practice: Option<&Practice>, others: &Around<'_>) -> Result<Self> {
        if path.to_string_lossy().ends_with(TEST_FILE) {
            return Self::read_beside(path, practice, others);
        }
        let (sources, checked) = read::look(path, practice, None, &Own, others)?;
        let Checked { plan, tests, mut diagnostics, canonical, .. } = checked;
        let file = practice.map(|practice| &practice.file);
        let scenarios = tests.map(|tests| scenarios_among(&tests, plan.as_ref(), others, file, &mut diagnostics));
        let tested = Self::whole(path, path, sources, diagnostics, plan, canonical, scenarios.unwrap_or_default())?;
        Ok(tested.among(others))
    }

    fn read_beside(path: &Path, practice: Option<&Practice>, others: &Around<'_>) -> Result<Self> {
        let bytes = fs::read(path).map_err(|error| Report::file("read", path, &error))?;
        let definition = definition_of(path);
        let (mut sources, checked) = read::look(&definition, practice, None, &Own, others)?;
        let Checked { plan, mut diagnostics, canonical, .. } = checked;
        let node = syntax::read(&mut sources, &shown(path), &bytes, &mut diagnostics);
        let file = node.as_ref().and_then(|node| test_file(node, &mut diagnostics));
        let of = practice.map(|practice| &practice.file);
        let scenarios = file.map(|file| scenarios_among(file.tests, plan.as_ref(), others, of, &mut diagnostics));
        let scenarios = scenarios.unwrap_or_default();
        let tested = Self::whole(path, &definition, sources, diagnostics, plan, canonical, scenarios)?;
        Ok(tested.among(others))
    }

    /// With those that its jobs may start, and those that these may start.
    fn among(mut self, others: &Around<'_>) -> Self {
        let mut open = named(&self.plan);
        if names_any(&self.plan) {
            self.others = others.in_files();
            open.clear();
        }
        // Each definition is taken once, so this ends.
        while let Some(id) = open.pop() {
            let is_new = id != self.plan.id && self.others.iter().all(|other| other.plan.id != id);
            if let Some(known) = others.known(&id).filter(|_| is_new) {
                open.extend(named(&known.plan));
                self.others.push(known);
            }
        }
        self.others.retain(|other| other.plan.id != self.plan.id);
        self
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
                let caller = Arc::new(Own);
                Ok(Self { name, folder, plan, canonical, others: vec![], scenarios, sources, caller })
            }
            None => Err(unusable(&shown(path), &sources, &diagnostics)),
        }
    }
}

fn folder_of(definition: &Path) -> PathBuf {
    definition.parent().unwrap_or(Path::new("")).to_owned()
}

/// The definition that a file of tests stands beside; any other file is one itself.
pub fn definition_of(path: &Path) -> PathBuf {
    match path.to_string_lossy().strip_suffix(TEST_FILE) {
        Some(name) => PathBuf::from(format!("{name}{DEFINITION}")),
        None => path.to_owned(),
    }
}

/// The definitions that a plan's tasks start by name.
fn named(plan: &Plan) -> Vec<DefinitionId> {
    let jobs = plan.tasks.iter().filter_map(|task| match &task.work {
        Work::StartJob(StartJob { job: Computed::Literal(Value::Text(id)), .. }) => id.parse().ok(),
        _ => None,
    });
    jobs.collect()
}

/// Whether some task works out which job it starts.
fn names_any(plan: &Plan) -> bool {
    let computed = |work: &Work| matches!(work, Work::StartJob(StartJob { job: Computed::Expression(_), .. }));
    plan.tasks.iter().any(|task| computed(&task.work))
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
