//! A practice in memory, as small as an engine needs it: for tests and for measuring.
//!
//! Owns: a clock that stands, a post that takes every letter, and definitions from their text. Leaves people and texts to
//! whoever asks.

use std::{future::ready, pin::Pin, sync::Arc};

use jiff::{Timestamp, civil::time, tz::TimeZone};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::{
    calendar::Calendar,
    command::Outcome,
    directory::{Client, ClientKind, ClientStaff, ClientStatus, Practice, Staff},
    effect::{Effect, Failure},
    event::Actor,
    id::{ClientId, DefinitionId, EffectId, JobId, StaffId},
    value::{Currency, Field, Type, Value, Values},
};
use jobwright_definition::{definition, source::Sources, surroundings::Surroundings};
use jobwright_plugin::{Acts, BAD_ADDRESS, Frozen, Report, Reporting};
use jobwright_runtime::{Clock, DurableSteps, Engine, Existing, Parts, Publish, Start, TaskTypes, World};
use jobwright_store::{MemoryFiles, Store};

/// A Monday morning.
pub const BEGIN: &str = "2026-05-04T08:00:00Z";

/// A post that takes everything.
struct Post;

impl Acts for Post {
    fn freeze(&self, _id: EffectId, effect: &Effect, _written_at: Timestamp) -> Result<Frozen, Failure> {
        match effect {
            Effect::SendLetter { letter, .. } => {
                let to = letter.to.address.clone().unwrap_or_default();
                if !to.contains('@') {
                    return Err(Failure::permanent(BAD_ADDRESS, "this is no address"));
                }
                Ok(Frozen { to, bytes: letter.subject.clone().into_bytes() })
            }
            _ => Err(Failure::permanent("no-letter", "this is no letter")),
        }
    }

    fn act<'a>(&'a self, _id: EffectId, _frozen: &'a Frozen) -> Reporting<'a> {
        Box::pin(ready(Report::Known(Outcome::Sent { reply: "taken".into() })))
    }

    fn at_once_max(&self) -> usize {
        4
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(ready(()))
    }
}

/// The parts of an engine on this store.
pub fn parts(store: Arc<dyn Store>, durable_steps: DurableSteps) -> Parts {
    Parts {
        store,
        files: Arc::new(MemoryFiles::default()),
        clock: Arc::new(Clock::standing_at(BEGIN.parse().expect("a moment"))),
        world: world(),
        types: TaskTypes {
            scripts: Arc::new(jobwright_script::Script::new()),
            letters: Arc::new(Post),
            standard: vec![],
        },
        compile: Arc::new(|source| definition::recompile(&source.text).map_err(|damaged| damaged.to_string())),
        durable_steps,
    }
}

fn world() -> World {
    let calendar = Calendar::new("plain", "No holidays", Default::default());
    World {
        practice: Practice {
            name: "Larkfield & Rowe".into(),
            operator: None,
            default_assignee: Some(staff_id("pat")),
            currency: Currency::new("GBP").expect("a currency"),
            portal_required: false,
            services: Default::default(),
            offices: vec![],
        },
        zone: TimeZone::UTC,
        calendar: "plain".into(),
        calendars: [("plain".to_string(), calendar)].into(),
        opening: time(9, 0, 0, 0),
        closing: time(17, 0, 0, 0),
        client_fields: [("vat.filed".to_owned(), Field { optional: true, ..Field::of(Type::Any) })].into(),
        zones: Arc::new(|_| None),
        plugins: Arc::new(jobwright_plugin::NoPlugins),
    }
}

/// Publishes a definition, and brings Pat and these clients.
pub fn fill(engine: &Engine, text: &str, clients: &[&str]) {
    fill_with(engine, text, clients, &Surroundings::default());
}

/// The same, with what is known around the definition.
pub fn fill_with(engine: &Engine, text: &str, clients: &[&str], surroundings: &Surroundings<'_>) {
    let mut sources = Sources::default();
    let no_files = |_: &str| Err("there is no such file".to_owned());
    let checked = definition::read(&mut sources, "job.yaml", text.as_bytes(), &no_files, surroundings);
    let plan = checked.plan.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    let publish = Publish { plan, text: checked.canonical, by: Actor::Engine };
    engine.publish(&publish, Existing::Keep).expect("published");
    engine.put_staff(&pat(), &Attribution::engine("test")).expect("staff is kept");
    let clients: Vec<Client> = clients.iter().map(|id| client(id)).collect();
    engine.put_clients(&clients, &Attribution::engine("test")).expect("clients are kept");
}

fn pat() -> Staff {
    let email = Some("pat@larkfield.example".into());
    Staff { id: staff_id("pat"), name: "Pat".into(), email, roles: Default::default(), active: true, away: vec![] }
}

fn staff_id(id: &str) -> StaffId {
    StaffId::new(id).expect("an id")
}

pub fn client_id(id: &str) -> ClientId {
    ClientId::new(id).expect("an id")
}

/// A client without contacts.
pub fn client(id: &str) -> Client {
    Client {
        id: client_id(id),
        name: format!("Client {id}"),
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

/// A job to start, whose id is its number.
pub fn start(number: u64, definition: &str, client: &str) -> Start {
    Start {
        id: job(number),
        definition: DefinitionId::new(definition).expect("an id"),
        client: client_id(client),
        period: None,
        inputs: Values::new(),
        by: Actor::Engine,
        parent: None,
    }
}

/// The job with a number.
pub fn job(number: u64) -> JobId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    JobId(id)
}
