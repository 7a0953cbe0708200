//! The engine: one store, one clock, one practice.
//!
//! Owns: loading what a turn needs, committing what it gives, and answering only then. One owner writes at a time; there
//! is no lock and no lease, since the store knows its owner by an epoch. Leaves every decision to `turn` and the core.

mod condition;
mod look;
mod people;
mod publish;
mod report;
mod start;
mod wake;

pub use condition::Condition;
pub use look::Looked;
pub use publish::{Existing, Plans, Publish, Published};
pub use report::IN_DOUBT;
pub use start::{Start, Started};
pub use wake::Woken;

use crate::answer::STANDARD_NOTICE;
use crate::turn::{self, Cause, STEPS_PER_TURN_MAX, Setting, Turned, Untaken};
use crate::{Clock, Error, Prepared, World};
use jiff::Timestamp;
use jobwright_core::{
    calendar::Calendar,
    command::{Command, Refusal},
    directory::{Client, Staff},
    effect::{Consequence, DirectoryChange},
    event::{Recorded, Revision},
    id::{ClientId, Hash, JobId},
    job::Job,
    plan::Plan,
    value::Document,
};
use jobwright_plugin::{Acts, Answers, StandardLetter};
use jobwright_store::{
    Draft, Files, Loaded, Receipt, Store,
    definitions::Source,
    directory,
    jobs::{self, Head, Outlook},
    meta, outbox,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

/// Most turns that one command may take when each stops at its bound.
const TURNS_PER_COMMAND_MAX: usize = 10_000;
/// Most effects forgotten within one commit; the rest is found out when it comes due.
const FORGOTTEN_PER_TURN_MAX: usize = 10;
/// Compiled versions kept.
const PREPARED_MAX: usize = 256;

/// From a stored definition to its plan: handed in, since the runtime never compiles.
pub type Compile = Arc<dyn Fn(&Source) -> Result<Plan, String> + Send + Sync>;

/// The task types an engine works with.
#[derive(Clone)]
pub struct TaskTypes {
    /// Computes.
    pub scripts: Arc<dyn Answers>,
    /// Sends letters.
    pub letters: Arc<dyn Acts>,
    /// The letters of tasks whose definition has none.
    pub standard: Vec<StandardLetter>,
}

/// What an engine is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Where large records lie.
    pub files: Arc<dyn Files>,
    /// What time it is.
    pub clock: Arc<Clock>,
    /// The practice's surroundings.
    pub world: World,
    /// The task types.
    pub types: TaskTypes,
    /// How a stored definition becomes a plan.
    pub compile: Compile,
}

/// The engine.
pub struct Engine {
    parts: Parts,
    epoch: u64,
    seen_ms: AtomicI64,
    prepared: Mutex<BTreeMap<Hash, Arc<Prepared>>>,
    /// The way out is at fault: nothing more is tried until somebody has mended it.
    paused: Mutex<Option<String>>,
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    /// The job as it is now.
    pub job: Job,
    /// What happened.
    pub events: Vec<Recorded>,
}

/// A client and the staff, as a turn sees them.
struct Slice {
    client: Loaded<Option<Client>>,
    staff: Loaded<Vec<Staff>>,
}

impl Slice {
    fn revision(&self) -> Revision {
        Revision { client: self.client.version, staff: self.staff.version }
    }
}

impl Engine {
    /// Opens an engine that takes over the store.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn open(parts: Parts) -> Result<Self, Error> {
        let epoch = parts.store.epoch()?;
        let seen = meta::seen_time(&*parts.store)?.unwrap_or(i64::MIN);
        Ok(Self { parts, epoch, seen_ms: AtomicI64::new(seen), prepared: Mutex::default(), paused: Mutex::default() })
    }

    /// The store's time: the clock's, and never before a moment that was decided by.
    pub fn now(&self) -> Timestamp {
        let now = self.parts.clock.now();
        let seen = Timestamp::from_millisecond(self.seen_ms.load(Ordering::Acquire)).unwrap_or(Timestamp::MIN);
        now.max(seen)
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    /// The practice's surroundings.
    pub fn world(&self) -> &World {
        &self.parts.world
    }

    /// Its store.
    pub fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    pub(crate) fn letters(&self) -> Arc<dyn Acts> {
        self.parts.types.letters.clone()
    }

    /// Keeps a file that somebody hands in, before anything names it.
    ///
    /// # Errors
    /// When it is too large, or cannot be written.
    pub fn keep_document(&self, name: &str, bytes: &[u8]) -> Result<Document, Error> {
        let hash = self.parts.files.put(bytes)?;
        Ok(Document { hash, name: name.to_owned(), size: bytes.len() as u64 })
    }

    /// The bytes of a document that was handed in; bytes that do not match its hash are an error, never an answer.
    /// Whether somebody may have them is asked before, of `Scene::document_for`.
    ///
    /// # Errors
    /// When they are damaged or cannot be read.
    pub fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.parts.files.get(&document.hash)?)
    }

    /// Reads the practice's records.
    pub fn reader(&self) -> jobwright_store::Reader<'_> {
        jobwright_store::Reader::new(&*self.parts.store, &*self.parts.files)
    }

    /// Why nothing leaves at present, when the way out is at fault.
    pub fn paused(&self) -> Option<String> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does a command to a job, and commits what follows. A refusal that belongs on the timeline is committed too.
    ///
    /// # Errors
    /// When the job refuses, is not there, or the store cannot be written.
    pub fn command(&self, job: JobId, command: Command) -> Result<Done, Error> {
        let _span = tracing::info_span!("job", %job).entered();
        let attempt = command.clone();
        match self.turn(job, Cause::Command(Box::new(command)), Draft::default()) {
            Err(Error::Refused(refusal)) => {
                self.journal_refusal(job, &attempt, &refusal)?;
                Err(Error::Refused(refusal))
            }
            done => done,
        }
    }

    fn journal_refusal(&self, job: JobId, attempt: &Command, refusal: &Refusal) -> Result<(), Error> {
        if let Some(event) = turn::refused(attempt, refusal) {
            self.turn(job, Cause::Refused(Box::new(event)), Draft::default())?;
        }
        Ok(())
    }

    /// Takes turns of a job until it is quiet; `beside` belongs in the commit of the first one.
    fn turn(&self, id: JobId, cause: Cause, beside: Draft) -> Result<Done, Error> {
        let (mut cause, mut beside) = (Some(cause), beside);
        let mut events = Vec::new();
        for _ in 0..TURNS_PER_COMMAND_MAX {
            let looked = self.look(id)?;
            let cause = cause.take().unwrap_or_else(|| Cause::Command(Box::new(Command::Advance)));
            let turned = looked.take(self, cause)?;
            let is_unfinished = turned.is_unfinished;
            self.commit_turn(Some(&looked.head), &turned, &looked.slice, std::mem::take(&mut beside))?;
            events.extend(turned.events);
            if !is_unfinished {
                return Ok(Done { job: turned.job, events });
            }
        }
        Err(Error::TooManyTurns(id))
    }

    /// Writes what a turn gave, with everything it calls for, in one commit.
    fn commit_turn(
        &self,
        before: Option<&Loaded<Head>>,
        turned: &Turned,
        slice: &Slice,
        beside: Draft,
    ) -> Result<(), Error> {
        let nothing_new = turned.events.is_empty()
            && beside.is_empty()
            && before.is_some_and(|head| head.value.outlook.wake_at == turned.wake_at);
        if nothing_new {
            return Ok(());
        }
        let prepared = self.prepared(turned.job.hash)?;
        let once_per = prepared.plan.schedule.as_ref().and_then(|schedule| schedule.once_per);
        // A turn that stopped at its bound is due at once, also after a crash.
        let wake_at = if turned.is_unfinished { Some(self.now()) } else { turned.wake_at };
        let outlook = Outlook { once_per, wake_at, waits: turn::waits(&turned.job, &prepared) };
        let head = Head::of(&turned.job, outlook);
        let draft = jobs::append(before, &head, &turned.events)?.and(beside);
        let draft = draft.and(self.consequences(turned, slice)?);
        self.commit(draft)?;
        for recorded in &turned.events {
            tracing::info!(number = recorded.number, event = ?std::mem::discriminant(&recorded.event), "event");
        }
        Ok(())
    }

    fn consequences(&self, turned: &Turned, slice: &Slice) -> Result<Draft, Error> {
        let mut draft = Draft::default();
        let mut changed: Option<Client> = None;
        let mut forgotten = 0;
        for consequence in &turned.consequences {
            match consequence {
                Consequence::Act(id, effect) => draft = draft.and(outbox::want(*id, (**effect).clone(), self.now())?),
                Consequence::Again(id) => {
                    if let Some(entry) = outbox::load(&self.reader(), *id)? {
                        draft = draft.and(outbox::revive(&entry, self.now())?);
                    }
                }
                Consequence::Drop(id) if forgotten < FORGOTTEN_PER_TURN_MAX => {
                    if let Some(entry) = outbox::load(&self.reader(), *id)? {
                        draft = draft.and(outbox::forget(&entry).unwrap_or_default());
                        forgotten += 1;
                    }
                }
                Consequence::Drop(_) => {}
                Consequence::Set(change) => {
                    if let Some(client) = changed.take().or_else(|| slice.client.value.clone()) {
                        changed = Some(self.set(client, change)?);
                    }
                }
            }
        }
        match changed {
            Some(client) => Ok(draft.and(directory::put_client(&slice.client, &client)?)),
            None => Ok(draft),
        }
    }

    /// A change that a task makes of its client.
    fn set(&self, mut client: Client, change: &DirectoryChange) -> Result<Client, Error> {
        match change {
            DirectoryChange::Client(fields) => {
                for (path, value) in fields {
                    client.set_path(path, value.clone())?;
                }
            }
            DirectoryChange::Bounced { person, address, reply } => client.note_bounce(person, address, reply),
        }
        Ok(client)
    }

    /// Makes a draft durable. Nothing is acknowledged before this returns.
    fn commit(&self, draft: Draft) -> Result<Receipt, Error> {
        let now_ms = self.now().as_millisecond();
        let (seen, op) = meta::advance_time(&*self.parts.store, now_ms)?;
        let limits = self.parts.store.limits();
        let commits = draft.with(op).into_commits(&*self.parts.files, limits, self.epoch, None)?;
        let mut batch = commits.before;
        batch.push(commits.main);
        let receipt = self.parts.store.commit(batch)?.pop().ok_or(Error::Unanswered)??;
        self.seen_ms.fetch_max(seen, Ordering::AcqRel);
        if !commits.after.is_empty() {
            // Rows that nothing needs any more: they may be left behind.
            self.parts.store.commit(commits.after)?;
        }
        Ok(receipt)
    }

    fn slice(&self, client: &ClientId) -> Result<Slice, Error> {
        let reader = self.reader();
        Ok(Slice { client: directory::client(&reader, client)?, staff: directory::staff(&reader)? })
    }

    /// A version of a definition, compiled; kept, since a version never changes.
    pub fn prepared(&self, hash: Hash) -> Result<Arc<Prepared>, Error> {
        let kept = || self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = kept().get(&hash) {
            return Ok(prepared.clone());
        }
        let source = jobwright_store::definitions::source(&self.reader(), hash)?;
        let source = source.ok_or(Error::NoSuchVersion(hash))?;
        let plan = (self.parts.compile)(&source).map_err(|why| crate::Unprepared::new(&source.id, why))?;
        let prepared = Arc::new(self.prepare(plan)?);
        let mut kept = kept();
        if kept.len() >= PREPARED_MAX {
            kept.pop_first();
        }
        kept.insert(hash, prepared.clone());
        Ok(prepared)
    }

    /// Compiles the texts of a plan that is not published yet.
    pub(crate) fn prepare(&self, plan: Plan) -> Result<Prepared, Error> {
        let zone = self.parts.world.zone_of(&plan);
        let mut standard = self.parts.types.standard.clone();
        standard.push(STANDARD_NOTICE);
        Ok(Prepared::new(plan, &standard, zone)?)
    }

    fn setting<'a>(
        &'a self,
        prepared: &'a Prepared,
        calendar: &'a Calendar,
        client: &'a Client,
        slice: &'a Slice,
    ) -> Setting<'a> {
        Setting {
            world: &self.parts.world,
            prepared,
            calendar,
            client,
            staff: &slice.staff.value,
            revision: slice.revision(),
            scripts: &*self.parts.types.scripts,
            now: self.now(),
            steps_max: STEPS_PER_TURN_MAX,
        }
    }

    /// Takes a job out of the way whose events do not fit, so that the rest goes on.
    fn set_aside(&self, head: &Loaded<Head>, why: String) -> Result<(), Error> {
        tracing::error!(job = %head.value.id, why, "job set aside");
        self.commit(jobs::set_aside(head, why)?)?;
        Ok(())
    }
}

impl From<Untaken> for Error {
    fn from(untaken: Untaken) -> Self {
        match untaken {
            Untaken::Refused(refusal) => Self::Refused(refusal),
            Untaken::Impossible(source) => Self::SetAside { job: source.job, source },
        }
    }
}
