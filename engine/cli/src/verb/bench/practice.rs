//! The practice that is measured.
//!
//! Owns: its folder, its people and its two definitions: ten scripts that do nothing, and a task that waits for a person.
//! Opened as any practice is, with a store that can be watched.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobwright_core::directory::trail::Attribution;
use jobwright_core::directory::{Client, ClientKind, ClientStaff, ClientStatus, Staff};
use jobwright_core::event::Actor;
use jobwright_core::id::{ClientId, JobId, StaffId};
use jobwright_core::value::{Value, Values};
use jobwright_definition::definition;
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::Surroundings;
use jobwright_runtime::{DurableSteps, Engine, Existing, Publish, Start};
use jobwright_store::{LOCK_WAIT, Store, local::LocalStore};

use super::Rows;
use crate::arguments::Global;
use crate::assemble::{self, Own, engine_report};
use crate::exit::Exit;
use crate::practice::{FILE, Practice, STORE};
use crate::report::{Report, Result};

/// Scripts of a job.
pub const STEPS: u64 = 10;
/// Clients of the practice; jobs are theirs in turn.
const CLIENTS: u64 = 100;
/// The definition of jobs that run through.
pub const SCRIPTS: &str = "ten-scripts";
/// The definition of jobs that wait.
pub const WAITS: &str = "waits";
/// The task that waits.
pub const TASK: &str = "look";
/// Who does it.
const STAFF: &str = "pat";

const SETTINGS: &str = "\
format: 1
name: Measured
operator: pat
assignment: { default: pat }
mail: { transport: none }
";

/// A practice to measure.
pub struct Measured {
    folder: PathBuf,
    practice: Practice,
}

impl Measured {
    /// A new one.
    pub fn new(home: &Path, name: &str, view: Rows) -> Result<Self> {
        let folder = home.join(name);
        let file = folder.join(FILE);
        let made =
            fs::create_dir(&folder).and_then(|()| fs::write(&file, format!("{SETTINGS}store: {}\n", view.word())));
        made.map_err(|error| Report::file("make", &folder, &error))?;
        let measured = Self::open(&folder)?;
        let engine = measured.engine(DurableSteps::Turn, |store| store)?;
        for text in [
            ten_scripts(),
            format!("format: 1\nid: {WAITS}\nname: Waits\ntasks:\n  - {{ id: {TASK}, type: manual }}\n"),
        ] {
            publish(&engine, &text)?;
        }
        engine.put_staff(&staff(), &Attribution::engine("bench")).map_err(engine_report)?;
        let clients: Vec<Client> = (0..CLIENTS).map(client).collect();
        engine.put_clients(&clients, &Attribution::engine("bench")).map_err(engine_report)?;
        Ok(measured)
    }

    /// One that is there.
    pub fn open(folder: &Path) -> Result<Self> {
        let global = Global {
            practice: folder.to_owned(),
            store: None,
            json: false,
            quiet: true,
            verbose: 0,
            acting: None,
            note: None,
        };
        Ok(Self { folder: folder.to_owned(), practice: Practice::open(&global)? })
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its store's folder.
    pub fn store(&self) -> PathBuf {
        self.folder.join(STORE)
    }

    /// Its engine, on a store that somebody may watch.
    pub fn engine(
        &self,
        durable_steps: DurableSteps,
        watch: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Result<Arc<Engine>> {
        let mut parts = assemble::own_parts(&self.practice, LOCK_WAIT)??.parts;
        parts.durable_steps = durable_steps;
        parts.store = watch(parts.store);
        Engine::open(parts).map(Arc::new).map_err(engine_report)
    }

    /// Its engine, and the store that the engine stands on.
    pub fn engine_and_store(&self) -> Result<(Arc<Engine>, Arc<LocalStore>)> {
        let Own { parts, store, .. } = assemble::own_parts(&self.practice, LOCK_WAIT)??;
        Ok((Engine::open(parts).map(Arc::new).map_err(engine_report)?, store))
    }

    /// Removes it, so that the next one finds the disk as this one did.
    pub fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.folder).map_err(|error| Report::file("remove", &self.folder, &error))
    }
}

/// A job to start, of the client whose turn it is.
pub fn start(definition: &str, number: u64) -> Result<Start> {
    Ok(Start {
        id: JobId(*uuid::Uuid::now_v7().as_bytes()),
        definition: definition.parse().map_err(fault)?,
        client: client_id(number % CLIENTS),
        period: None,
        inputs: Values::new(),
        by: Actor::Engine,
        parent: None,
    })
}

/// Who does what waits.
pub fn person() -> Actor {
    Actor::Staff { id: staff().id, entered_by: "bench".into() }
}

fn ten_scripts() -> String {
    let mut text = format!("format: 1\nid: {SCRIPTS}\nname: Ten scripts\ntasks:\n");
    for step in 1..=STEPS {
        let after = if step == 1 { String::new() } else { format!(", depends_on: [step_{}]", step - 1) };
        let output = "outputs: { done: { type: bool, optional: true } }";
        // Writing to a text never fails.
        let _ = writeln!(text, "  - {{ id: step_{step}, type: script, source: \"#{{}}\", {output}{after} }}");
    }
    text
}

fn publish(engine: &Engine, text: &str) -> Result<()> {
    let (mut sources, no_files) = (Sources::default(), |_: &str| Err("there is no such file".to_owned()));
    let checked = definition::read(&mut sources, SCRIPTS, text.as_bytes(), &no_files, &Surroundings::default());
    let plan = checked.plan.ok_or_else(|| Report::new(Exit::Fault, "the benchmark's own definition is refused"))?;
    let publish = Publish { plan, text: checked.canonical, by: Actor::Engine };
    engine.publish(&publish, Existing::Keep).map(drop).map_err(engine_report)
}

fn staff() -> Staff {
    let id = StaffId::new(STAFF).unwrap_or_else(|bad| unreachable!("{bad}"));
    Staff { id, name: "Pat".into(), email: None, roles: Default::default(), active: true, away: vec![] }
}

fn client(number: u64) -> Client {
    Client {
        id: client_id(number),
        name: format!("Client {number}"),
        kind: ClientKind::Company,
        status: ClientStatus::Active,
        services: vec![],
        office: None,
        fields: Value::Map(Default::default()),
        staff: ClientStaff::default(),
        contacts: vec![],
        source: None,
    }
}

fn client_id(number: u64) -> ClientId {
    ClientId::new(format!("c{number}")).unwrap_or_else(|bad| unreachable!("{bad}"))
}

fn fault(error: impl std::error::Error) -> Report {
    Report::new(Exit::Fault, "the benchmark's own names are refused").caused_by(&error)
}
