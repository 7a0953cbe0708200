//! The life of one practice, from one seed.
//!
//! Owns: the order of things: steps in which something happens, processes that die and begin anew; in the end faults stop,
//! everything is mended, and every job must come to its end. Leaves what happens in a step to `happenings` and every
//! judgement to `checks`.

mod happenings;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use jiff::{SignedDuration, Timestamp};
use jobwright_core::directory::Contact;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::Actor;
use jobwright_core::id::{ClientId, ContactId, JobId};
use jobwright_core::task::TaskState;
use jobwright_core::value::Document;
use jobwright_runtime::{Clock, Engine, Error, Existing, Parts, Publish};
use jobwright_store::Error as StoreError;
use jobwright_store::memory::MemoryView;
use jobwright_store::{Commit, CommitError, Durable, View, Written, directory};
use tokio::runtime::Runtime;

use super::chance::Chance;
use super::checks::Checks;
use super::checks::letters::Sight;
use super::disk::{FailingDisk, Plate};
use super::figures::Figures;
use super::files::FailingFiles;
use super::machine::{Broken, Machine};
use super::mail::{Mail, Weather};
use super::office;
use super::people;
use super::plan::FaultPlan;
use super::practice::{Simulated, simulated};
use super::view::{FallingView, Ground};
use super::witness::{Model, Witness};

/// When every simulation begins: before anything in it is due.
const BEGINS: &str = "2026-03-02T08:00:00Z";
/// A process that does not come up after so many deaths on the way never will.
const BOOTS_MAX: usize = 200;
/// The first deeds of a step, among which the one is at which the process dies.
const DEEDS_BEFORE_DEATH_MAX: usize = 14;
/// Rounds after the end of all faults in which every job must end.
const ROUNDS_TO_THE_END_MAX: usize = 600;
/// After so many of them what nobody can do is skipped.
const ROUNDS_OF_PATIENCE: usize = 12;
/// Steps between two comparisons of everything.
const STEPS_BETWEEN_WHOLE_CHECKS: usize = 24;

/// How a simulation ended.
pub enum Ended {
    /// Every promise was kept.
    Well {
        /// What was counted.
        figures: Figures,
        /// Stands for all that happened.
        trace: u64,
    },
    /// A promise was broken.
    Badly(Box<Failure>),
}

/// A promise that was broken, with all that is known of it.
pub struct Failure {
    /// Which, and how.
    pub broken: Broken,
    /// Seed, plan and the end of the story.
    pub story: String,
}

/// Simulates one seed.
pub fn simulate(seed: u64) -> Ended {
    let mut chance = Chance::of(seed);
    let plan = FaultPlan::draw(&mut chance);
    let machine = Arc::new(Machine::new(chance.branch()));
    let lived = catch_unwind(AssertUnwindSafe(|| Life::new(&plan, chance, machine.clone()).live()));
    if let Err(panic) = lived {
        machine.broke(12, format_args!("a panic: {}", words(&*panic)));
    }
    match machine.broken() {
        None => Ended::Well { figures: machine.figures(), trace: machine.trace() },
        Some(broken) => {
            let Broken { invariant, how } = &broken;
            let story = format!(
                "seed {seed} breaks promise {invariant}: {how}\nplan: {plan}\n{}\nJOBWRIGHT_TEST_SEED={seed} cargo \
                 test --all-features --test suite simulation::a_seed has it again",
                machine.story()
            );
            Ended::Badly(Box::new(Failure { broken, story }))
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words").to_owned()
}

type Acted = Result<(), Error>;

struct Life<'a> {
    plan: &'a FaultPlan,
    chance: Chance,
    all: &'static Arc<Simulated>,
    machine: Arc<Machine>,
    plate: Arc<Plate>,
    ground: Arc<Ground>,
    files: Arc<FailingFiles>,
    model: Arc<Model>,
    mail: Arc<Mail>,
    checks: Checks,
    runtime: Runtime,
    /// The time that everybody but the machine has.
    now: Timestamp,
    /// How far the machine's clock is off.
    off: SignedDuration,
    clock: Arc<Clock>,
    process: Option<Process>,
    /// Counts jobs, deeds, changes.
    number: u64,
    clients: Vec<ClientId>,
    /// Contacts of each client as they were before something about it changed: some are there no more.
    leavers: BTreeMap<ClientId, BTreeMap<ContactId, Contact>>,
    paper: Document,
    ledger: Vec<Commit>,
}

/// What dies together.
struct Process {
    durable: Arc<Durable<FallingView>>,
    store: Arc<Witness>,
    engine: Arc<Engine>,
    /// How far its last checkpoint reached.
    reached: Option<u64>,
    /// There was no room when it began, so that its engine has not taken over until it writes.
    came_up_full: bool,
    /// Engines that another one took over from, and that have not noticed.
    former: Vec<Arc<Engine>>,
}

impl<'a> Life<'a> {
    fn new(plan: &'a FaultPlan, chance: Chance, machine: Arc<Machine>) -> Self {
        let all = simulated();
        let model = Arc::new(Model::new());
        let files = Arc::new(FailingFiles::new(machine.clone()));
        let sight = Sight { model: model.clone(), files: files.clone(), all: all.clone() };
        let mail = Mail::new(all.types.letters.clone(), machine.clone(), plan.letters_at_once, sight);
        let now = BEGINS.parse().expect("a moment");
        let paper = Document { hash: jobwright_core::id::Hash([0; 32]), name: "paper.pdf".to_owned(), size: 5 };
        Self {
            plan,
            chance,
            all,
            checks: Checks::new(machine.clone(), model.clone(), files.clone(), mail.clone(), all.clone()),
            machine,
            plate: Arc::default(),
            ground: Arc::default(),
            files,
            model,
            mail,
            runtime: tokio::runtime::Builder::new_current_thread().build().expect("a thread can be had"),
            now,
            off: SignedDuration::ZERO,
            clock: Arc::new(Clock::standing_at(now)),
            process: None,
            number: 0,
            clients: vec![],
            leavers: BTreeMap::new(),
            paper,
            ledger: vec![],
        }
    }

    fn live(mut self) {
        self.rise();
        if self.is_over() {
            return;
        }
        self.begin().unwrap_or_else(|error| self.machine.broke(13, format_args!("nothing begins: {error}")));
        self.mail.set_weather(self.plan.weather);
        for step in 0..self.plan.steps {
            if self.is_over() {
                return;
            }
            self.step(step);
        }
        self.end();
        let days: f64 = self.checks.job_days(self.now);
        self.machine.count(|figures| {
            figures.seeds = 1;
            figures.job_days = days;
        });
    }

    fn is_over(&self) -> bool {
        self.machine.broken().is_some()
    }

    /// People and definitions, before anything fails.
    fn begin(&mut self) -> Acted {
        let engine = self.engine();
        for staff in &self.all.people.staff {
            engine.put_staff(staff, &Attribution::engine("test"))?;
        }
        let first = self.chance.below(self.all.people.clients.len());
        let clients = self.all.people.clients.iter().cycle().skip(first).take(self.plan.clients);
        for client in clients {
            engine.change_client(&client.id, &Attribution::engine("test"), |_| Ok::<_, Error>((client.clone(), ())))?;
            self.clients.push(client.id.clone());
        }
        for versions in &self.all.definitions {
            let version = &versions[0];
            let publish = Publish { plan: version.plan.clone(), text: version.text.clone(), by: operator() };
            engine.publish(&publish, Existing::Keep)?;
        }
        self.paper = engine.keep_document("paper.pdf", b"paper")?;
        self.whole();
        Ok(())
    }

    fn step(&mut self, step: usize) {
        self.machine.tell(format_args!("step {step} at {}", self.now));
        self.machine.count(|figures| figures.steps += 1);
        self.arm();
        self.machine.step_begins();
        self.checks.step_begins();
        let followed = self.the_view_follows();
        if followed.is_err() || self.machine.is_dead() {
            return self.settle(followed, false);
        }
        let (acted, is_quiet) = self.something();
        self.settle(acted, is_quiet);
        if !self.is_over() && step.is_multiple_of(STEPS_BETWEEN_WHOLE_CHECKS) {
            self.whole();
        }
    }

    /// Compares all there is: the rows, the view once it has followed, and the journal from its beginning.
    fn whole(&mut self) {
        self.machine.dies_in(None);
        self.machine.fails_one_in(0);
        let is_full = self.machine.is_full();
        self.machine.fill(false);
        let process = self.process.as_ref().expect("a process runs");
        self.checks.whole(&*process.store);
        match follow_to_the_end(&process.durable) {
            Ok(replayed) => self.checks.followed(process.durable.view(), replayed.as_ref()),
            Err(error) => self.machine.broke(12, format_args!("the view cannot follow: {}", chain(&error))),
        }
        self.machine.fill(is_full);
    }

    /// The threads beside the engine take their steps.
    fn the_view_follows(&mut self) -> Acted {
        let durable = self.process().durable.clone();
        for _ in 0..self.chance.below(4) {
            durable.follow(1 + self.chance.below(12))?;
        }
        if self.chance.one_in(self.plan.checkpoints) {
            let reached = durable.checkpoint()?;
            self.machine.tell(format_args!("a checkpoint at {reached}"));
            self.process.as_mut().expect("a process runs").reached = Some(reached);
        }
        // Much may have been committed since that checkpoint.
        if let Some(reached) = self.process().reached.filter(|_| self.chance.one_in(self.plan.trims)) {
            let gone = durable.trim(reached)?;
            self.machine.tell(format_args!("{gone} segments are let go"));
        }
        if self.chance.one_in(self.plan.closes) {
            durable.close()?;
            self.machine.kill(format_args!("it is told to stop"));
        }
        Ok(())
    }

    /// Draws what fails in this step.
    fn arm(&mut self) {
        self.machine.fails_one_in(self.plan.failures);
        if self.chance.one_in(self.plan.deaths) {
            let deeds_max = 1 + self.chance.below(DEEDS_BEFORE_DEATH_MAX);
            let deeds = self.chance.below(deeds_max);
            self.machine.dies_in(Some(deeds));
        }
        self.files.narrow(self.chance.one_in(6));
        let is_full = self.machine.is_full();
        if self.chance.one_in(if is_full { 3 } else { self.plan.full }) {
            self.machine.fill(!is_full);
        }
        if self.chance.one_in(self.plan.clock_jumps) {
            let minutes = i64::try_from(self.chance.below(24 * 60)).unwrap_or_default() - 12 * 60;
            self.off = SignedDuration::from_mins(minutes);
            self.machine.tell(format_args!("the clock is off by {minutes} minutes"));
            self.machine.count(|figures| figures.clock_jumps += 1);
            self.set_clock();
        }
    }

    /// Takes what an act came to: goes on, or lets the process die and another begin.
    fn settle(&mut self, acted: Acted, is_quiet: bool) {
        if self.is_over() {
            return;
        }
        let is_whole = acted.is_ok();
        if let Err(error) = &acted {
            self.machine.tell(format_args!("error: {}", chain(error)));
        }
        if self.machine.is_dead() || acted.as_ref().is_err_and(ends_the_process) {
            self.machine.kill(format_args!("and another begins"));
            self.rise();
        } else {
            self.machine.dies_in(None);
            if let Err(error) = acted
                && !self.is_excused(&error)
            {
                self.machine.broke(12, format_args!("an error without a fault: {}", chain(&error)));
            }
        }
        if !self.is_over() {
            let paused = self.engine().paused().is_some();
            self.checks.step(&self.engine(), is_quiet && is_whole && !paused);
        }
    }

    /// Whether an error is an answer, or the fault was ours.
    fn is_excused(&self, error: &Error) -> bool {
        match error {
            Error::Together(error) => self.is_excused(error),
            Error::Refused(_)
            | Error::NoSuchClient(_)
            | Error::DoesNotApply { .. }
            | Error::Period(_)
            | Error::Inputs(_)
            | Error::KeyDates(_)
            | Error::HeldBack(_)
            | Error::Unchanged(_) => true,
            Error::Store(StoreError::DiskFull { .. }) => self.machine.is_full(),
            Error::Store(StoreError::Io { .. }) => true,
            Error::Commit(CommitError::Unwritten(cause)) => {
                matches!(**cause, StoreError::DiskFull { .. } | StoreError::Io { .. })
            }
            _ => false,
        }
    }

    /// Begins processes until one is up.
    fn rise(&mut self) {
        for boot in 0..BOOTS_MAX {
            self.process = None;
            self.ground.fall_back(&self.machine);
            if self.chance.one_in(self.plan.power_cuts) {
                self.machine.count(|figures| figures.power_cuts += 1);
                self.plate.lose_power(&self.machine);
            } else {
                self.plate.lose_process(&self.machine);
            }
            let process = self.machine.reborn();
            self.machine.tell(format_args!("process {process} begins"));
            self.machine.fill(self.machine.is_full() && boot == 0);
            self.machine.fails_one_in(0);
            if boot + 20 < BOOTS_MAX && self.chance.one_in(self.plan.deaths_again) {
                let deeds = self.chance.below(DEEDS_BEFORE_DEATH_MAX);
                self.machine.dies_in(Some(deeds));
            }
            let flip = if self.chance.one_in(self.plan.flips) { self.plate.flip(&self.machine) } else { None };
            let booted = self.boot();
            flip.iter().for_each(|flip| self.plate.heal(flip));
            if self.is_over() {
                return;
            }
            match booted {
                // Told, and nothing was done; with the bit as it was another one comes up.
                Err(Error::Store(StoreError::Damaged { .. })) if flip.is_some() => {
                    self.machine.count(|figures| figures.flips_told += 1);
                }
                Ok(()) if !self.machine.is_dead() => {
                    self.machine.dies_in(None);
                    return;
                }
                Err(error) if !self.machine.is_dead() && !self.machine.is_full() => {
                    return self.machine.broke(13, format_args!("no process comes up: {}", chain(&error)));
                }
                _ => {}
            }
        }
        self.machine.broke(13, format_args!("no process comes up in {BOOTS_MAX} tries"));
    }

    fn boot(&mut self) -> Acted {
        let view = FallingView::new(self.ground.clone(), self.machine.clone());
        let disk = Arc::new(FailingDisk::new(self.plate.clone(), self.machine.clone()));
        let (durable, opened) = Durable::open(disk, view, self.plan.journal(self.clients.is_empty()))?;
        self.machine.tell(format_args!("{opened:?}"));
        let durable = Arc::new(durable);
        if let Some(wrong) = self.model.settle(&*durable)?
            && !self.machine.is_dead()
        {
            self.machine.broke(1, format_args!("after a death {wrong}"));
        }
        let store = Arc::new(Witness::new(durable.clone(), self.model.clone(), self.machine.clone()));
        self.clock = Arc::new(Clock::standing_at(self.now + self.off));
        let engine = self.engine_on(store.clone())?;
        self.checks.opened(&engine);
        let in_doubt = engine.recover()?;
        self.machine.tell(format_args!("{in_doubt} letters are in doubt"));
        let came_up_full = self.machine.is_full();
        self.process = Some(Process { durable, store, engine, reached: None, came_up_full, former: vec![] });
        Ok(())
    }

    fn engine_on(&self, store: Arc<Witness>) -> Result<Arc<Engine>, Error> {
        self.engine_by(store, self.clock.clone())
    }

    fn engine_by(&self, store: Arc<Witness>, clock: Arc<Clock>) -> Result<Arc<Engine>, Error> {
        let mut types = self.all.types.clone();
        types.letters = self.mail.clone();
        Engine::open(Parts {
            store,
            files: self.files.clone(),
            clock,
            world: self.all.world.clone(),
            types,
            compile: self.all.compile(),
            durable_steps: self.plan.durable_steps,
        })
        .map(Arc::new)
    }

    /// Faults stop, everything is mended, and everybody helps: every job must end.
    fn end(&mut self) {
        self.machine.tell(format_args!("faults stop"));
        self.machine.fails_one_in(0);
        self.machine.fill(false);
        self.files.narrow(false);
        self.mail.set_weather(Weather::default());
        self.off = SignedDuration::ZERO;
        self.set_clock();
        self.machine.kill(format_args!("one last time"));
        self.rise();
        for round in 0..ROUNDS_TO_THE_END_MAX {
            if self.is_over() {
                return;
            }
            for job in self.checks.set_aside() {
                if let Err(error) = self.engine().take_up(job) {
                    self.machine.broke(15, format_args!("job {job} cannot be taken up: {}", chain(&error)));
                }
            }
            self.machine.step_begins();
            self.checks.step_begins();
            let helped = self.help(round);
            self.settle(helped, true);
            if !self.is_over() && self.checks.open_jobs().is_empty() {
                self.whole();
                return self.checks.end();
            }
        }
        let open = self.checks.open_jobs();
        let stuck = open.first().and_then(|job| self.engine().look(*job).ok());
        let tasks = stuck.map(|looked| {
            let tasks = looked.job.tasks.iter().filter(|(_, run)| !run.state.is_settled());
            let tasks = tasks.map(|(key, run)| format!("{key} {} {:?}", run.state, run.reason)).collect::<Vec<_>>();
            format!("{} of {} with {}", looked.job.id, looked.job.definition, tasks.join(", "))
        });
        self.machine.broke(9, format_args!("{} jobs do not end, the first is {tasks:?}", open.len()));
    }

    fn help(&mut self, round: usize) -> Acted {
        self.drive()?;
        if round.is_multiple_of(ROUNDS_OF_PATIENCE) {
            self.mend()?;
            self.drive()?;
            for job in self.checks.open_jobs() {
                self.checks.healed(&self.engine().look(job)?.job);
            }
        }
        for job in self.checks.open_jobs() {
            let looked = self.engine().look(job)?;
            let mut deeds = people::helpful(&looked, &self.paper, false, &mut self.chance);
            if round > ROUNDS_OF_PATIENCE {
                deeds.extend(people::skips(&looked, |state| state == TaskState::Uncompletable));
            }
            for deed in deeds {
                self.does(&looked, &deed)?;
            }
        }
        self.drive()?;
        if let Some(next) = self.engine().next_at()? {
            self.now = self.now.max(next);
        }
        self.now += SignedDuration::from_mins(1);
        self.set_clock();
        self.drive()
    }

    fn mend(&mut self) -> Acted {
        let engine = self.engine();
        for mut staff in directory::staff(&engine.reader())?.value {
            office::mend_staff(&mut staff);
            engine.put_staff(&staff, &Attribution::engine("test"))?;
        }
        for id in self.clients.clone() {
            self.number += 1;
            let (number, leavers) = (self.number, self.leavers.get(&id));
            engine.change_client(&id, &Attribution::engine("test"), |client| {
                let mut client = client.ok_or(Error::NoSuchClient(id.clone()))?;
                office::mend_client(&mut client, leavers.unwrap_or(&BTreeMap::new()), number);
                Ok::<_, Error>((client, ()))
            })?;
        }
        Ok(())
    }

    fn an_open_job(&mut self) -> Option<JobId> {
        let open = self.checks.open_jobs();
        self.chance.pick(&open).copied()
    }

    fn set_clock(&self) {
        if let Clock::Virtual(now) = &*self.clock {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = self.now + self.off;
        }
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("a process runs")
    }

    fn engine(&self) -> Arc<Engine> {
        self.process().engine.clone()
    }
}

/// Brings everything into the view; gives what the journal alone makes, where it still has its beginning.
fn follow_to_the_end(durable: &Durable<FallingView>) -> Result<Option<MemoryView>, StoreError> {
    // Ends with what waits: nobody commits meanwhile.
    while durable.follow(usize::MAX)? {}
    if durable.journal()?.first > 1 {
        return Ok(None);
    }
    let replayed = MemoryView::default();
    durable.replay_journal(0, |position, writes| {
        let writes: Vec<Written<'_>> = writes.iter().map(|write| (&write.key, write.row.as_ref())).collect();
        replayed.apply(&writes, Some(position))
    })?;
    Ok(Some(replayed))
}

fn operator() -> Actor {
    Actor::Operator { entered_by: "the simulation".to_owned() }
}

/// Errors after which nothing can be known of what was written.
fn ends_the_process(error: &Error) -> bool {
    match error {
        Error::Together(error) => ends_the_process(error),
        Error::Commit(CommitError::Unwritten(cause)) => matches!(**cause, StoreError::Stopped { .. }),
        Error::Commit(CommitError::OutcomeUnknown(_)) | Error::Store(StoreError::Stopped { .. }) => true,
        _ => false,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
