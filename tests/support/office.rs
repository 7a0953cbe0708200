//! A practice in memory: everything real but its store, its clock and its post.
//!
//! Owns: reading people's texts, publishing, starting, acting and restarting in few words, and telling what was sent.
//! Nothing sleeps, and every try to send is counted. Leaves what must come out to the tests.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jobwright::assemble::{self, Trial};
use jobwright::caller::Own;
use jobwright::others::Around;
use jobwright::practice::{Calendars, zone};
use jobwright_core::command::{Act, Command};
use jobwright_core::directory::Client;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::{Actor, Event, Letter, Slot};
use jobwright_core::id::{ClientId, DefinitionId, JobId};
use jobwright_core::recipient::{PersonId, Resolution};
use jobwright_core::task::TaskKey;
use jobwright_core::value::{Document, Values};
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::people::{Known, people};
use jobwright_definition::practice::{PracticeFile, practice};
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{self, Surroundings};
use jobwright_definition::{definition, render, syntax};
use jobwright_email::transport::Transport;
use jobwright_runtime::{Clock, Done, Driven, Engine, Error, Existing, Looked, Publish, Published, Start, Started};
use jobwright_store::directory::{self, ContactRole};
use jobwright_store::{definitions, verify};
use tokio::runtime::{Builder, Runtime};

use super::practice::fill;

/// A practice that has said no more than it must.
const PRACTICE: &str = "\
format: 1
name: Larkfield & Rowe
operator: pat
assignment: { default: pat }
mail: { from: office@larkfield.example }
";

/// When a trial begins: a Monday morning.
const BEGIN: &str = "2026-05-04T08:00:00Z";

/// A practice in memory.
pub struct Office {
    trial: Trial,
    engine: Arc<Engine>,
    runtime: Runtime,
    file: PracticeFile,
    calendars: Calendars,
    started: Cell<u8>,
    tries: Cell<usize>,
}

impl Office {
    /// An office with these people, as people.yaml has them.
    pub fn with(people: &str) -> Self {
        Self::of(PRACTICE, people)
    }

    /// An office with these settings and people.
    pub fn of(settings: &str, people: &str) -> Self {
        Self::built(settings, people, |_| {})
    }

    /// An office of which a test has changed a part: its clock, its files, its post.
    pub fn built(settings: &str, people: &str, change: impl FnOnce(&mut Trial)) -> Self {
        super::deadline::watched();
        let file = read("practice.yaml", settings, practice);
        let calendars = Calendars::shipped().expect("the calendars that ship");
        let world = assemble::world(&file, zone(&file.timezone.value).expect("a zone"), &calendars);
        let types = assemble::task_types(&file, Transport::None).expect("task types");
        let mut trial = Trial::begin(world, types, BEGIN.parse().expect("a moment")).expect("a trial");
        change(&mut trial);
        let engine = trial.engine().expect("an engine");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let office = Self { trial, engine, runtime, file, calendars, started: Cell::default(), tries: Cell::default() };
        office.import(people);
        office
    }

    /// Takes people in.
    pub fn import(&self, text: &str) {
        let known = Known::default();
        let read = read("people.yaml", text, |node, diagnostics| people(node, &self.file, &known, diagnostics));
        fill(&self.engine, &read);
    }

    /// The engine of this moment; a restart makes another.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The same, for whoever keeps it.
    pub fn shared(&self) -> Arc<Engine> {
        self.engine.clone()
    }

    /// Does all that is due, and says what that was.
    pub fn driven(&self) -> Result<Driven, Error> {
        self.runtime.block_on(self.engine.drive())
    }

    /// The contact roles of this moment.
    pub fn roles(&self) -> Vec<ContactRole> {
        directory::roles(&self.engine.reader()).expect("roles")
    }

    fn published(&self) -> BTreeSet<DefinitionId> {
        let newest = definitions::newest(&self.engine.reader(), None, 100).expect("definitions");
        newest.found.into_iter().map(|one| one.id).collect()
    }

    /// What is wrong with what is stored.
    pub fn verified(&self) -> Vec<String> {
        #[derive(Default)]
        struct Told(Vec<String>);
        impl verify::Watch for Told {
            fn seen(&mut self, _: &verify::Seen) {}

            fn found(&mut self, finding: verify::Finding) {
                self.0.push(format!("{}: {}", finding.what, finding.found));
            }
        }
        let mut told = Told::default();
        verify::rows(&*self.trial.store, &*self.trial.files, &mut told).expect("the store can be read");
        told.0
    }

    /// What is said against a definition, and its plan when nothing is wrong.
    pub fn check(&self, text: &str) -> (String, Option<Publish>) {
        let known = surroundings::Practice {
            client_fields: self.file.declared.clone(),
            contact_roles: self.roles().into_iter().map(|role| role.id).collect(),
            services: self.file.practice.services.keys().cloned().collect(),
            calendar: Some(self.file.calendar.value.clone()),
            definitions: self.published(),
            staff_roles: ["partner", "payroll_clerk", "payroll_manager"].map(|role| role.parse().unwrap()).into(),
            ..surroundings::Practice::default()
        };
        let is_zone = |name: &str| zone(name).is_ok();
        let around = Surroundings {
            practice: Some(known),
            calendars: self.calendars.by_id().clone(),
            is_zone: &is_zone,
            others: &Around::published(&self.engine, &Own),
            ..Surroundings::default()
        };
        let mut sources = Sources::default();
        let no_files = |_: &str| Err("there is no such file".to_owned());
        let checked = definition::read(&mut sources, "job.yaml", text.as_bytes(), &no_files, &around);
        let said = render::human(&sources, &checked.diagnostics, false);
        (said, checked.plan.map(|plan| Publish { plan, text: checked.canonical, by: operator() }))
    }

    /// Publishes a definition without errors.
    pub fn publish(&self, text: &str, existing: Existing) -> Published {
        let (said, publish) = self.check(text);
        let publish = publish.unwrap_or_else(|| panic!("{said}"));
        self.engine.publish(&publish, existing).expect("published")
    }

    /// Starts a job, and gives its id.
    pub fn start(&self, definition: &str, client: &str) -> JobId {
        self.started.set(self.started.get() + 1);
        let mut id = [0; 16];
        id[15] = self.started.get();
        let (definition, client) = (definition.parse().expect("an id"), client.parse().expect("an id"));
        let by = operator();
        let start = Start { id: JobId(id), definition, client, period: None, inputs: Values::new(), by, parent: None };
        match self.engine.start(start).expect("started") {
            Started::New(done) => done.job,
            Started::Already(job) => panic!("job {job} was there already"),
        }
    }

    /// Does all that is due.
    pub fn work(&self) {
        self.count(self.runtime.block_on(self.engine.drive()).expect("driven"));
    }

    /// Lets hours pass, and does all that comes due.
    pub fn wait(&self, hours: i64) {
        let until: Timestamp = self.engine.now() + SignedDuration::from_hours(hours);
        self.count(self.runtime.block_on(self.engine.drive_until(until)).expect("driven"));
    }

    fn count(&self, driven: Driven) {
        assert_eq!(driven.set_aside, 0, "no job was set aside");
        self.tries.set(self.tries.get() + driven.tries);
    }

    /// How often anything was handed to the post.
    pub fn tries(&self) -> usize {
        self.tries.get()
    }

    /// Ends the process and begins anew on what was stored.
    pub fn restart(&mut self) {
        self.engine = self.trial.engine().expect("an engine");
        self.engine.recover().expect("recovered");
    }

    /// From the next restart on it lives by this clock.
    pub fn on_clock(&mut self, clock: Arc<Clock>) {
        self.trial.clock = clock;
    }

    /// Another engine on what is stored, by this clock.
    pub fn engine_on(&self, clock: Arc<Clock>) -> Arc<Engine> {
        let parts = Trial {
            store: self.trial.store.clone(),
            files: self.trial.files.clone(),
            clock,
            world: self.trial.world.clone(),
            types: self.trial.types.clone(),
        };
        parts.engine().expect("an engine")
    }

    /// Changes a client.
    pub fn change(&self, client: &str, change: impl FnOnce(&mut Client)) {
        let id: ClientId = client.parse().expect("an id");
        let changed = self.engine.change_client(&id, &Attribution::engine("test"), |before| {
            let mut client = before.ok_or_else(|| Error::NoSuchClient(id.clone()))?;
            change(&mut client);
            Ok::<_, Error>((client, ()))
        });
        changed.expect("changed");
    }

    /// Ticks or unticks a contact role.
    pub fn tick(&self, contact: &str, role: &str, ticked: bool) {
        let (client, contact) = contact.split_once('/').expect("CLIENT/CONTACT");
        self.change(client, |client| ticks(client, contact, role, ticked));
    }

    /// Ticks a role as a process does that ends between writing it down and letting anybody know.
    pub fn tick_and_die(&mut self, contact: &str, role: &str) {
        let (client, contact) = contact.split_once('/').expect("CLIENT/CONTACT");
        let before = directory::client(&self.engine.reader(), &client.parse().expect("an id")).expect("read");
        let mut after = before.value.clone().expect("a client");
        ticks(&mut after, contact, role, true);
        let draft = directory::put_client(&before, &after).expect("a draft");
        self.commit_and_die(draft);
    }

    /// Commits as a process does that ends before it lets anybody know.
    pub fn commit_and_die(&mut self, draft: jobwright_store::Draft) {
        let (store, files) = (&*self.trial.store, &*self.trial.files);
        let epoch = store.epoch().expect("an epoch");
        let commits = draft.into_commits(files, store.limits(), epoch, None).expect("commits");
        for commit in commits.before.into_iter().chain([commits.main]).chain(commits.after) {
            let receipts = store.commit(vec![commit]).expect("stored");
            assert!(receipts.iter().all(Result::is_ok), "{receipts:?}");
        }
        self.restart();
    }

    /// A person does something to a task: `pat` of the staff, or `contact:ann`.
    pub fn act(&self, job: JobId, task: &str, act: Act, who: &str) -> Result<Done, Error> {
        let entered_by = "test".to_owned();
        let by = match who.strip_prefix("contact:") {
            Some(id) => Actor::Contact { id: id.parse().expect("an id"), entered_by },
            None => Actor::Staff { id: who.parse().expect("an id"), entered_by },
        };
        let task = task.parse().expect("a task");
        self.engine.command(job, Command::Act { task, act, by, active: true, note: None })
    }

    /// A file that somebody hands in.
    pub fn document(&self, name: &str, text: &str) -> Document {
        self.engine.keep_document(name, text.as_bytes()).expect("kept")
    }

    /// A job with everything around it, read from the store and replayed.
    pub fn look(&self, job: JobId) -> Looked {
        self.engine.look(job).expect("a job")
    }

    /// Where a job stands.
    pub fn job(&self, job: JobId) -> &'static str {
        self.look(job).job.state.word()
    }

    /// Where a task stands, with its reason: `uncompletable, no_contact`.
    pub fn task(&self, job: JobId, task: &str) -> String {
        let looked = self.look(job);
        let run = looked.job.run(&task.parse().expect("a task")).expect("a task of the job");
        let reason = run.reason.as_ref().map_or(String::new(), |reason| format!(", {reason}"));
        format!("{}{reason}", run.state.word())
    }

    /// The people who were asked to do a task.
    pub fn asked(&self, job: JobId, task: &str) -> Vec<String> {
        let looked = self.look(job);
        let run = looked.job.run(&task.parse().expect("a task")).expect("a task of the job");
        run.doers().map(|person| person.id.as_str().to_owned()).collect()
    }

    /// Every letter of a job that was sent, in order: `ask → ann@acme.example`.
    pub fn sent(&self, job: JobId) -> Vec<String> {
        let events = self.look(job).events;
        let mut written = BTreeMap::new();
        let mut sent = Vec::new();
        for recorded in events {
            match recorded.event {
                Event::LetterWritten { task, letter, .. } => {
                    let address = letter.to.address.unwrap_or_default();
                    written.insert(recorded.number, format!("{task} → {address}"));
                }
                Event::LetterSent { effect, .. } => sent.extend(written.get(&effect.event).cloned()),
                _ => {}
            }
        }
        sent
    }

    /// The last letter that was written for a task.
    pub fn letter(&self, job: JobId, task: &str) -> Letter {
        let key: TaskKey = task.parse().expect("a task");
        let written = self.look(job).events.into_iter().rev().find_map(|recorded| match recorded.event {
            Event::LetterWritten { task, letter, .. } if task == key => Some(letter),
            _ => None,
        });
        written.expect("a letter of the task")
    }

    /// Every answer that a place of a task was given, as journaled.
    pub fn resolutions(&self, job: JobId, task: &str) -> Vec<(Slot, Resolution)> {
        let key: TaskKey = task.parse().expect("a task");
        let answers = self.look(job).events.into_iter().filter_map(|recorded| match recorded.event {
            Event::RecipientsResolved { task, slot, resolution, .. } if task == key => Some((slot, resolution)),
            _ => None,
        });
        answers.collect()
    }
}

/// The ids of the people that an answer chose.
pub fn chosen(resolution: &Resolution) -> Vec<&str> {
    resolution.chosen.iter().map(|person| PersonId::as_str(&person.id)).collect()
}

fn ticks(client: &mut Client, contact: &str, role: &str, ticked: bool) {
    let (contact, role) = (contact.parse().expect("an id"), role.parse().expect("a role"));
    client.tick(&contact, &role, ticked).expect("a contact of the client");
}

fn operator() -> Actor {
    Actor::Operator { entered_by: "test".into() }
}

/// Reads a text that has no errors.
fn read<T>(name: &str, text: &str, of: impl FnOnce(&syntax::Node, &mut Diagnostics) -> Option<T>) -> T {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, name, text.as_bytes(), &mut diagnostics);
    let read = node.and_then(|node| of(&node, &mut diagnostics)).filter(|_| !diagnostics.has_errors());
    read.unwrap_or_else(|| panic!("{}", render::human(&sources, &diagnostics, false)))
}
