//! The engine: one store, one clock, one practice.
//!
//! Owns: its parts, opening it, and a command to a job. One at a time decides, see `seat`; many jobs' turns go into one
//! batch, see `round`; what is committed goes through one place, see `commit`. An epoch raised at open tells the store
//! who owns it. Leaves every decision to `turn` and the core.

mod called;
mod children;
mod commit;
mod condition;
mod desks;
mod due;
mod halt;
mod held;
mod imported;
mod look;
mod people;
mod publish;
mod recent;
mod report;
mod round;
mod seat;
mod slot;
mod start;
mod time;
mod told;
mod trouble;
mod unsent;
mod wake;
mod wish;

pub(crate) use called::{CameBack, settable};
pub use condition::Condition;
pub(crate) use desks::OpenTasks;
pub use halt::{Halt, Pause};
pub use imported::ImportedClient;
pub use look::Looked;
pub use publish::{Existing, Plans, Publish, Published};
pub use report::IN_DOUBT;
pub(crate) use report::{Claimed, ClaimedWork};
pub use start::{Parent, Start, Started};
pub use time::{AHEAD_MAX, BEHIND_MAX, ClockDoubt, ClockPlan};
pub(crate) use told::tellings;
pub use trouble::Troubles;
pub use wake::Woken;

use crate::answer::STANDARD_NOTICE;
use crate::counters::Counters;
use crate::turn::{Cause, DurableSteps, Setting, Untaken};
use crate::{Clock, Error, Prepared, World};
use held::{Held, LiveJob, Slice};
use jiff::Timestamp;
use jobwright_core::{
    command::Command,
    directory::Client,
    event::Recorded,
    id::{ClientId, DefinitionId, EffectId, Hash, JobId},
    job::{Agenda, Job},
    plan::Plan,
    value::Document,
};
use jobwright_plugin::{Acts, Answers, Plugins, StandardLetter};
use jobwright_store::{
    Commit, Files, Store,
    definitions::{self, Source},
    directory, jobs, meta,
    sabotage::{Bug, is_planted},
};
use seat::{Seat, Seated};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;
use wish::{Answer, Given, Wish};

/// Compiled versions kept.
const PREPARED_MAX: usize = 256;

/// The epoch of an engine that has not taken over yet, since the disk was full. A store's epochs begin after it.
const NOT_RAISED: u64 = 0;

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
    /// When an answer is durable.
    pub durable_steps: DurableSteps,
}

/// The engine.
pub struct Engine {
    parts: Parts,
    epoch: AtomicU64,
    /// The latest moment that a commit was decided at.
    seen_ms: AtomicI64,
    /// The latest moment at which nothing spoke against the clock.
    trusted_ms: AtomicI64,
    seat: Seat,
    counters: Counters,
    prepared: Mutex<BTreeMap<Hash, Arc<Prepared>>>,
    /// Why no letter leaves; until somebody has mended it.
    paused: Mutex<Option<Pause>>,
    /// How letters and calls went that the store had no room to be told of; as many at most as are under way at once.
    unreported: Mutex<Vec<(EffectId, CameBack)>>,
    /// Jobs set aside since somebody last asked, because how an effect of theirs went cannot be stored.
    quarantined: AtomicUsize,
    /// What came to nothing since somebody last asked.
    troubles: Mutex<Troubles>,
    /// Somebody said stop: nothing new sets out.
    stopping: AtomicBool,
    /// Somebody has committed something.
    committed: Notify,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The job.
    pub job: JobId,
    /// What happened.
    pub events: Vec<Recorded>,
}

impl Engine {
    /// Opens an engine that takes over the store: from now on an earlier owner's commits are fenced. When the disk is full
    /// it opens for reading, and takes over with its first commit.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn open(parts: Parts) -> Result<Self, Error> {
        let raised = if is_planted(Bug::EpochNotRaised) { parts.store.epoch() } else { parts.store.raise_epoch() };
        let epoch = match raised {
            Ok(epoch) => epoch,
            Err(jobwright_store::Error::DiskFull { .. } | jobwright_store::Error::ReadOnly { .. }) => NOT_RAISED,
            Err(error) => return Err(error.into()),
        };
        let seen =
            meta::seen_time(&*parts.store)?.filter(|_| !is_planted(Bug::TimeForgottenAtOpen)).unwrap_or(i64::MIN);
        let restored_at = meta::restored_at(&*parts.store)?.and_then(|at| Timestamp::from_second(at).ok());
        let halt = meta::halted(&*parts.store)?.and_then(|said| Halt::of(said, &parts.types.letters.way_out()));
        let paused = restored_at.map(|at| Pause::Restored { at }).or(halt.map(Pause::Server));
        Ok(Self {
            parts,
            epoch: AtomicU64::new(epoch),
            seen_ms: AtomicI64::new(seen),
            trusted_ms: AtomicI64::new(seen),
            seat: Seat::default(),
            counters: Counters::default(),
            prepared: Mutex::default(),
            paused: Mutex::new(paused),
            unreported: Mutex::default(),
            quarantined: AtomicUsize::default(),
            troubles: Mutex::default(),
            stopping: AtomicBool::default(),
            committed: Notify::new(),
        })
    }

    /// The epoch that every commit carries.
    fn epoch(&self) -> Result<u64, Error> {
        match self.epoch.load(Ordering::Acquire) {
            NOT_RAISED => {
                let raised = self.parts.store.raise_epoch()?;
                self.epoch.store(raised, Ordering::Release);
                Ok(raised)
            }
            epoch => Ok(epoch),
        }
    }

    /// How much it has done since it was opened.
    pub fn counters(&self) -> &Counters {
        &self.counters
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

    pub(crate) fn plugins(&self) -> Arc<dyn Plugins> {
        self.parts.world.plugins.clone()
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

    /// From now on nothing new sets out: driving brings to its end what is on its way. For good, since whoever says so is
    /// about to let go of the store.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.committed.notify_one();
    }

    /// Whoever drives looks again, although nothing was committed.
    pub fn nudge(&self) {
        self.committed.notify_one();
    }

    /// Waits until something may be due that was not: somebody has committed, or said stop. What was committed before is
    /// told once.
    pub async fn news(&self) {
        self.committed.notified().await;
    }

    /// How many jobs were set aside since this was last asked, beside those that a turn of their own set aside.
    pub(crate) fn take_quarantined(&self) -> usize {
        self.quarantined.swap(0, Ordering::AcqRel)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Lets out the letters of a store that was made of a backup. Whoever says so knows which of them had left before.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release_letters(&self) -> Result<(), Error> {
        // The seat first, as everywhere: whoever sits may have to say that letters pause.
        let _seated = self.seat.sit_patiently(&self.counters);
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*paused, Some(Pause::Restored { .. })) {
            let commit = Commit { epoch: self.epoch()?, ops: vec![meta::release_letters()], ..Commit::default() };
            self.write(vec![commit])?.into_iter().try_for_each(|answer| answer.map(drop))?;
            *paused = None;
        }
        Ok(())
    }

    /// Does a command to a job, and commits what follows. A refusal that belongs on the timeline is committed too. Callers
    /// of several threads ride together: one decides for all who wait, with one flush.
    ///
    /// # Errors
    /// When the job refuses, is not there, the store cannot be written, or too many callers wait already.
    pub fn command(&self, job: JobId, command: Command) -> Result<Done, Error> {
        if let Command::Uncancel { .. } = &command {
            self.must_come_back(job)?;
        }
        let answer = self.ride(Wish::Turn(job, Cause::Command(Box::new(command))));
        self.done(job, answer)
    }

    /// Does a command to each of these jobs, as many at once as are said, and tells of each by its place in the order.
    pub fn command_each(
        &self,
        commands: impl IntoIterator<Item = (JobId, Command)>,
        at_once: usize,
        mut told: impl FnMut(usize, Result<Done, Error>),
    ) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let wish = |(job, command)| Wish::Turn(job, Cause::Command(Box::new(command)));
        let mut wishes = commands.into_iter().map(wish);
        self.rounds(&mut seated, &mut wishes, at_once, &mut |at, answer| told(at, answer.and_then(Given::into_done)));
        Ok(())
    }

    /// What came of a turn; a job that turned out not to fit its own events is taken out of the way.
    fn done(&self, job: JobId, answer: Answer) -> Result<Done, Error> {
        if let Err(error @ Error::SetAside { .. }) = &answer {
            self.set_aside(job, error)?;
        }
        answer?.into_done()
    }

    /// Lets a job that was set aside go on; what still cannot be stored sets it aside again, with the reason.
    ///
    /// # Errors
    /// When it still cannot go on, has ended, or the store cannot be written.
    pub fn take_up(&self, job: JobId) -> Result<Done, Error> {
        let answer = self.ride(Wish::Turn(job, Cause::Advance));
        if let Err(error) = &answer
            && error.is_of_one_job()
        {
            self.set_aside(job, error)?;
        }
        answer?.into_done()
    }

    /// Takes a job out of the way whose events do not fit, so that the rest goes on.
    fn set_aside(&self, job: JobId, error: &Error) -> Result<(), Error> {
        let wishes = Self::out_of_the_way(job, error).into_iter().collect();
        let mut seated = self.seat.sit_patiently(&self.counters);
        self.all(&mut seated, wishes).into_iter().try_for_each(|answer| answer.map(drop))
    }

    fn sit(&self) -> Result<Seated<'_>, Error> {
        self.seat.sit(&self.counters)
    }

    /// A job as it is after its last commit.
    fn live(&self, held: &mut Held, id: JobId) -> Result<Box<LiveJob>, Error> {
        if let Some(live) = held.jobs.take(&id) {
            return Ok(live);
        }
        let loaded = jobs::load(&self.reader(), id)?.ok_or(Error::NoSuchJob(id))?;
        let job = Job::replay(&loaded.events).map_err(|source| Error::SetAside { job: id, source })?;
        let job = job.ok_or(Error::NoSuchJob(id))?;
        let prepared = self.prepared(job.hash)?;
        let agenda = Agenda::whole(&prepared.plan);
        Ok(Box::new(LiveJob { job, agenda, head: Some(loaded.head), tail: loaded.tail, prepared }))
    }

    /// A client and the staff as they are after the last commit.
    fn slice(&self, held: &mut Held, id: &ClientId) -> Result<Slice, Error> {
        let client = match held.clients.get(id) {
            Some(client) => Arc::clone(client),
            None => {
                let client = Arc::new(directory::client(&self.reader(), id)?);
                held.clients.put(id.clone(), Arc::clone(&client));
                client
            }
        };
        let staff = match &held.staff {
            Some(staff) => Arc::clone(staff),
            None => Arc::clone(held.staff.insert(Arc::new(directory::staff(&self.reader())?))),
        };
        Ok(Slice { client, staff })
    }

    /// The newest version of a definition.
    fn latest(&self, held: &mut Held, id: &DefinitionId) -> Result<Hash, Error> {
        if let Some(hash) = held.latest.get(id) {
            return Ok(*hash);
        }
        let latest = definitions::latest(&self.reader(), id)?;
        let hash = latest.ok_or_else(|| Error::NoSuchDefinition(id.clone()))?.hash;
        held.latest.put(id.clone(), hash);
        Ok(hash)
    }

    /// A version of a definition, compiled; kept, since a version never changes.
    pub fn prepared(&self, hash: Hash) -> Result<Arc<Prepared>, Error> {
        let kept = || self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = kept().get(&hash) {
            return Ok(prepared.clone());
        }
        let source = definitions::source(&self.reader(), hash)?;
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
        client: &'a Client,
        slice: &'a Slice,
        open_tasks: Option<&'a OpenTasks>,
    ) -> Result<Setting<'a>, Error> {
        Ok(Setting {
            world: &self.parts.world,
            prepared,
            calendar: self.parts.world.calendar_of(&prepared.plan)?,
            client,
            staff: &slice.staff.value,
            open_tasks,
            revision: slice.revision(),
            scripts: &*self.parts.types.scripts,
            now: self.now(),
            steps_max: self.parts.durable_steps.steps_max(),
        })
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
