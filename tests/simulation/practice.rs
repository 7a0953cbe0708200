//! The practice that is simulated: the sample's people, and definitions that use every kind of task.
//!
//! Owns: reading both once for all seeds, and the plans of every version, so that a process that begins anew compiles
//! nothing twice. Leaves what the definitions say to `workflows` here and to those that ship.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use jobwright::assemble::{task_types, world};
use jobwright::output::Paint;
use jobwright::practice::Practice;
use jobwright_core::id::{DefinitionId, Hash};
use jobwright_core::plan::Plan;
use jobwright_definition::definition;
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::people::{Known, People, people};
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{self, Surroundings};
use jobwright_definition::syntax;
use jobwright_runtime::{Compile, TaskTypes, World};

use crate::workflows::{sample, shipped};

/// Definitions of the simulation's own: each in several versions.
const OWN: [&str; 5] = ["errand", "panel", "fan", "vigil", "vast"];
/// A task that the third version of each has more.
const MORE: &str = "  - { id: extra, type: manual, assign: { staff: default } }\ntemplates:\n";

/// What all seeds share.
pub struct Simulated {
    /// The practice's surroundings.
    pub world: World,
    /// The task types, with letters that go nowhere.
    pub types: TaskTypes,
    /// The people of the sample.
    pub people: People,
    /// The definitions: of each its versions, the first one first.
    pub definitions: Vec<Vec<Version>>,
    by_text: BTreeMap<String, Plan>,
    by_hash: BTreeMap<Hash, Plan>,
}

/// A version of a definition.
pub struct Version {
    /// Its plan.
    pub plan: Plan,
    /// Its canonical text.
    pub text: String,
}

/// The practice; read once.
pub fn simulated() -> &'static Arc<Simulated> {
    static READ: OnceLock<Arc<Simulated>> = OnceLock::new();
    READ.get_or_init(|| Arc::new(Simulated::read()))
}

impl Simulated {
    fn read() -> Self {
        let practice = sample();
        let people = sample_people(&practice);
        let types = task_types(&practice.file, jobwright_email::Transport::None);
        let types = types.unwrap_or_else(|report| panic!("{}", report.human(Paint::plain())));
        let own = OWN.iter().map(|name| {
            let path = root().join(format!("tests/simulation/workflows/{name}.job.yaml"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            versions(&text).iter().map(|text| version(name, text, &practice, &people)).collect()
        });
        let shipped = shipped().into_iter().map(|path| {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            vec![version(&path.display().to_string(), &text, &practice, &people)]
        });
        let definitions: Vec<Vec<Version>> = own.chain(shipped).collect();
        let all = || definitions.iter().flatten();
        Self {
            by_text: all().map(|version| (version.text.clone(), version.plan.clone())).collect(),
            by_hash: all().map(|version| (version.plan.hash, version.plan.clone())).collect(),
            world: world(&practice.file, practice.zone.clone(), &practice.calendars),
            types,
            people,
            definitions,
        }
    }

    /// The plan of a version.
    pub fn plan(&self, hash: Hash) -> Option<&Plan> {
        self.by_hash.get(&hash)
    }

    /// From a stored text to its plan, without compiling it again.
    pub fn compile(self: &Arc<Self>) -> Compile {
        let all = self.clone();
        Arc::new(move |source| {
            all.by_text.get(&source.text).cloned().ok_or_else(|| "the stored text is another one".to_owned())
        })
    }
}

/// Another word in every letter, and then another task.
fn versions(first: &str) -> Vec<String> {
    let second = first.replace("version: 1.0", "version: 2.0").replace("Dear ", "Hello ");
    let third = first.replace("version: 1.0", "version: 3.0").replace("templates:\n", MORE);
    vec![first.to_owned(), second, third]
}

fn version(name: &str, text: &str, practice: &Practice, people: &People) -> Version {
    let known = surroundings::Practice {
        client_fields: practice.file.declared.clone(),
        contact_roles: people.roles.iter().map(|role| role.id.clone()).collect(),
        staff_roles: people.staff.iter().flat_map(|one| one.roles.iter().cloned()).collect(),
        services: practice.file.practice.services.keys().cloned().collect(),
        offices: practice.file.practice.offices.iter().cloned().collect(),
        definitions: OWN.iter().map(|own| DefinitionId::new(own).expect("a name")).collect(),
        calendar: Some(practice.file.calendar.value.clone()),
    };
    let around = Surroundings {
        practice: Some(known),
        calendars: practice.calendars.by_id().clone(),
        ..Surroundings::default()
    };
    let mut sources = Sources::default();
    let no_files = |_: &str| Err("no files here".to_owned());
    let checked = definition::read(&mut sources, name, text.as_bytes(), &no_files, &around);
    let words = || jobwright_definition::render::human(&sources, &checked.diagnostics, false);
    let plan = checked.plan.clone().unwrap_or_else(|| panic!("{}", words()));
    Version { plan, text: checked.canonical }
}

fn sample_people(practice: &Practice) -> People {
    let path = root().join("workflows/sample/people.yaml");
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "people.yaml", &bytes, &mut diagnostics);
    let read = node.and_then(|node| people(&node, &practice.file, &Known::default(), &mut diagnostics));
    read.expect("the sample's people can be read")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
