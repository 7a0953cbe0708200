//! Many jobs' turns in one batch.
//!
//! Owns: what must be true of batches, of callers who wait, and of what the engine keeps in mind. The store is in memory
//! and can be told to hold its breath, to count, and to lose a commit.

mod practice;

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use jiff::ToSpan;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::{
    command::{Act, Command, Refusal},
    event::{Actor, Event},
    id::{JobId, StaffId},
    job::{Job, JobState},
    value::{Value, Values},
};
use jobwright_runtime::{DurableSteps, Engine, Error, Started};
use jobwright_store::{
    Changes, Commit, CommitError, Direction, Key, Limits, Page, Pre, Range, Receipt, Space, Store, Versioned, memory,
};
use practice::{client_id, fill, job, parts, start};

const SCRIPTS: &str = r##"
format: 1
id: scripts
name: Three scripts
tasks:
  - { id: one, type: script, source: "#{ n: 1 }", outputs: { n: { type: int } } }
  - { id: two, type: script, source: "#{ n: tasks.one.outputs.n + 1 }", outputs: { n: { type: int } }, depends_on: [one] }
  - { id: three, type: script, source: "#{ n: tasks.two.outputs.n + 1 }", outputs: { n: { type: int } }, depends_on: [two] }
"##;

const BY_HAND: &str = r##"
format: 1
id: by-hand
name: By hand
tasks:
  - { id: look, type: manual }
  - { id: name, type: script, source: "#{ who: client.name }", outputs: { who: { type: string } }, depends_on: [look] }
"##;

const LETTERS: &str = r##"
format: 1
id: letters
name: Two letters
tasks:
  - { id: one, type: email, recipient: { staff: { id: pat } }, template: hello }
  - { id: two, type: email, recipient: { staff: { id: pat } }, template: hello }
templates:
  hello: { body: Hello }
"##;

const LATER: &str = r##"
format: 1
id: later
name: Later
tasks:
  - { id: rest, type: wait, until: "job.opened, +2 days" }
  - { id: look, type: manual, depends_on: [rest] }
"##;

/// A store in memory that counts its batches.
struct Watched {
    inner: memory::MemoryStore,
    batches: Mutex<Vec<usize>>,
    /// The job whose commits are lost.
    unlucky: Mutex<Option<JobId>>,
    fails: AtomicBool,
    /// While it is shut, whoever commits waits.
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Watched {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: memory::open().expect("a store"),
            batches: Mutex::default(),
            unlucky: Mutex::default(),
            fails: AtomicBool::new(false),
            gate: Mutex::new(true),
            opened: Condvar::new(),
        })
    }

    fn batches(&self) -> Vec<usize> {
        std::mem::take(&mut self.batches.lock().expect("no panic"))
    }

    fn shut(&self, shut: bool) {
        *self.gate.lock().expect("no panic") = !shut;
        self.opened.notify_all();
    }
}

impl Store for Watched {
    fn limits(&self) -> Limits {
        self.inner.limits()
    }
    fn epoch(&self) -> Result<u64, jobwright_store::Error> {
        self.inner.epoch()
    }
    fn raise_epoch(&self) -> Result<u64, jobwright_store::Error> {
        self.inner.raise_epoch()
    }
    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, jobwright_store::Error> {
        drop(self.opened.wait_while(self.gate.lock().expect("no panic"), |open| !*open).expect("no panic"));
        if self.fails.load(SeqCst) {
            return Err(jobwright_store::Error::Damaged { what: "nothing was written".into() });
        }
        self.batches.lock().expect("no panic").push(batch.len());
        let unlucky = self.unlucky.lock().expect("no panic").map(|job| Key::new(Space::Job, job.0));
        let is_unlucky = |commit: &Commit| commit.ops.iter().any(|op| Some(op.key()) == unlucky.as_ref());
        let lost = unlucky.clone().map(|key| Pre::Version(key, u64::MAX));
        let batch = batch.into_iter().map(|commit| match &lost {
            Some(lost) if is_unlucky(&commit) => Commit { pre: vec![lost.clone()], ..commit },
            _ => commit,
        });
        self.inner.commit(batch.collect())
    }
    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, jobwright_store::Error> {
        self.inner.get(keys)
    }
    fn scan(
        &self,
        range: &Range,
        after: Option<&Key>,
        limit: usize,
        direction: Direction,
    ) -> Result<Page, jobwright_store::Error> {
        self.inner.scan(range, after, limit, direction)
    }
    fn changes(&self, from: u64) -> Changes {
        self.inner.changes(from)
    }
}

fn engine(store: &Arc<Watched>, durable_steps: DurableSteps) -> Engine {
    Engine::open(parts(store.clone(), durable_steps)).expect("an engine")
}

fn opened(text: &str) -> (Arc<Watched>, Engine) {
    let store = Watched::new();
    let engine = engine(&store, DurableSteps::Turn);
    fill(&engine, text, &["4711", "4712"]);
    store.batches();
    (store, engine)
}

fn by_pat() -> Actor {
    Actor::Staff { id: StaffId::new("pat").expect("an id"), entered_by: "test".into() }
}

fn complete(task: &str) -> Command {
    let act = Act::Complete { outputs: Values::new(), awaited: None };
    Command::Act { task: task.parse().expect("a task"), act, by: by_pat(), active: true, note: None }
}

/// The state of a job, which must be what its events make of it.
fn state(engine: &Engine, number: u64) -> JobState {
    let looked = engine.look(job(number)).expect("a job");
    assert_eq!(Job::replay(&looked.events).expect("events that fit").as_ref(), Some(&looked.job));
    looked.job.state
}

/// A text that the job's last script gave.
fn who(engine: &Engine, number: u64) -> Value {
    let events = engine.look(job(number)).expect("a job").events;
    let outputs = events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::TaskCompleted { outputs, .. } => outputs.values().next().cloned(),
        _ => None,
    });
    outputs.expect("outputs")
}

#[test]
fn each_answer_is_a_commit_of_its_own_and_a_turn_is_one() {
    for (durable_steps, commits) in [(DurableSteps::Each, 4), (DurableSteps::Turn, 1)] {
        let store = Watched::new();
        let engine = engine(&store, durable_steps);
        fill(&engine, SCRIPTS, &["4711"]);
        store.batches();
        engine.start(start(1, "scripts", "4711")).expect("started");
        assert_eq!(store.batches().len(), commits, "{durable_steps:?}: the dates and three scripts");
        assert_eq!(state(&engine, 1), JobState::Completed);
        let rows = store.scan(&Range::all(Space::Event), None, 99, Direction::Forward).expect("rows");
        assert_eq!(rows.rows.len(), 1, "few events make one row");
        let timers = store.scan(&Range::all(Space::Timer), None, 99, Direction::Forward).expect("rows");
        assert_eq!(timers.rows, [], "nothing is left to be woken");
    }
}

#[test]
fn a_step_that_goes_on_writes_its_timer_once() {
    let store = Watched::new();
    let engine = engine(&store, DurableSteps::Each);
    fill(&engine, SCRIPTS, &["4711"]);
    let mut changes = store.changes(0);
    while changes.next_now().is_some() {}
    engine.start(start(1, "scripts", "4711")).expect("started");
    let mut timers = 0;
    while let Some(jobwright_store::Heard::Change(change)) = changes.next_now() {
        timers += change.keys.iter().filter(|key| key.space == Space::Timer).count();
    }
    assert_eq!(timers, 2, "written with the first step, removed with the last");
}

#[test]
fn many_jobs_go_through_their_steps_side_by_side() {
    let store = Watched::new();
    let engine = engine(&store, DurableSteps::Each);
    fill(&engine, SCRIPTS, &["4711"]);
    store.batches();
    let mut started = Vec::new();
    let starts = (1..=20).map(|number| start(number, "scripts", "4711"));
    engine.start_each(starts, 10, |at, answer| started.push((at, answer.expect("started").job()))).expect("seated");
    assert_eq!(store.batches(), [10; 8], "two times ten jobs of four commits");
    started.sort();
    assert_eq!(started, (0..20).map(|at| (at, job(at as u64 + 1))).collect::<Vec<_>>());
    (1..=20).for_each(|number| assert_eq!(state(&engine, number), JobState::Completed));
}

#[test]
fn a_lost_commit_costs_its_own_wish() {
    let (store, engine) = opened(BY_HAND);
    *store.unlucky.lock().expect("no panic") = Some(job(2));
    engine.start_each((1..=3).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    assert!(engine.look(job(2)).is_err_and(|error| matches!(error, Error::NoSuchJob(_))), "it was lost alone");
    *store.unlucky.lock().expect("no panic") = None;
    engine.start(start(2, "by-hand", "4711")).expect("started");
    store.batches();
    *store.unlucky.lock().expect("no panic") = Some(job(2));
    let mut lost = vec![];
    let commands = (1..=3).map(|number| (job(number), complete("look")));
    engine.command_each(commands, 9, |at, answer| lost.extend(answer.is_err().then_some(at))).expect("seated");
    assert_eq!((store.batches().len(), lost), (1, vec![1]));
    *store.unlucky.lock().expect("no panic") = None;
    // What was thought of it is forgotten: the job is as it was, and takes the command now.
    assert_eq!(state(&engine, 2), JobState::Open);
    engine.command(job(2), complete("look")).expect("done");
    (1..=3).for_each(|number| assert_eq!(state(&engine, number), JobState::Completed));
}

#[test]
fn a_refused_wish_costs_only_itself() {
    let (store, engine) = opened(BY_HAND);
    engine.start_each((1..=2).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    store.batches();
    let mut answers = vec![];
    let commands = [(job(1), complete("name")), (job(9), complete("look")), (job(2), complete("look"))];
    engine.command_each(commands, 9, |at, answer| answers.push((at, answer.map(drop)))).expect("seated");
    answers.sort_by_key(|(at, _)| *at);
    assert!(
        matches!(answers.as_slice(), [(0, Err(Error::Refused(_))), (1, Err(Error::NoSuchJob(_))), (2, Ok(()))]),
        "{answers:?}"
    );
    assert_eq!(store.batches().len(), 1);
}

#[test]
fn two_wishes_for_one_job_go_one_after_the_other() {
    let (store, engine) = opened(BY_HAND);
    engine.start(start(1, "by-hand", "4711")).expect("started");
    store.batches();
    let cancel = Command::Cancel { by: by_pat(), why: "no longer a client".into() };
    let mut answers = vec![];
    engine
        .command_each([(job(1), complete("look")), (job(1), cancel)], 9, |_, answer| answers.push(answer.map(drop)))
        .expect("seated");
    assert!(matches!(answers.as_slice(), [Ok(()), Err(Error::Refused(Refusal::JobEnded))]), "{answers:?}");
    assert_eq!(state(&engine, 1), JobState::Completed);
}

#[test]
fn whoever_comes_while_a_flush_is_under_way_rides_in_the_next_one() {
    let (store, engine) = opened(BY_HAND);
    engine.start_each((1..=4).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    store.batches();
    store.shut(true);
    thread::scope(|scope| {
        let command = |number| {
            scope.spawn({
                let engine = &engine;
                move || engine.command(job(number), complete("look")).map(drop)
            })
        };
        let first = command(1);
        while engine.counters().read().turns < 5 {
            thread::yield_now();
        }
        let others: Vec<_> = (2..=4).map(command).collect();
        while engine.counters().read().waiting < 3 {
            thread::yield_now();
        }
        store.shut(false);
        first.join().expect("no panic").expect("done");
        others.into_iter().for_each(|other| other.join().expect("no panic").expect("done"));
    });
    assert_eq!(store.batches(), [1, 3], "three callers, one flush");
    assert_eq!((engine.counters().read().waiting, engine.counters().read().waiting_max), (0, 3));
}

#[test]
fn a_change_of_people_is_seen_by_the_very_next_turn() {
    let (_store, engine) = opened(BY_HAND);
    engine.start_each((1..=2).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    engine.command(job(1), complete("look")).expect("done");
    assert_eq!(who(&engine, 1), Value::text("Client 4711"));
    let renamed = engine.change_client(&client_id("4711"), &Attribution::engine("test"), |client| {
        let mut client = client.ok_or(Error::NoSuchClient(client_id("4711")))?;
        client.name = "Larkfield".into();
        Ok::<_, Error>((client, ()))
    });
    renamed.expect("changed");
    engine.command(job(2), complete("look")).expect("done");
    assert_eq!(who(&engine, 2), Value::text("Larkfield"));
}

const RENAMES: &str = r##"
format: 1
id: renames
name: Renames its client
tasks:
  - { id: look, type: manual }
  - { id: rename, type: update_client, set: { name: { expr: 'client.name + "!"' } }, depends_on: [look] }
"##;

#[test]
fn jobs_that_change_one_client_see_one_anothers_changes() {
    let (_store, engine) = opened(RENAMES);
    engine.start_each((1..=3).map(|number| start(number, "renames", "4711")), 9, |_, _| {}).expect("seated");
    let commands = (1..=3).map(|number| (job(number), complete("look")));
    engine.command_each(commands, 9, |_, answer| drop(answer.expect("done"))).expect("seated");
    assert_eq!(engine.look(job(1)).expect("a job").client.name, "Client 4711!!!");
}

#[test]
fn what_the_store_could_not_take_is_forgotten_and_told_to_everybody() {
    let (store, engine) = opened(BY_HAND);
    engine.start_each((1..=2).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    store.fails.store(true, SeqCst);
    let mut told = 0;
    let commands = (1..=2).map(|number| (job(number), complete("look")));
    engine.command_each(commands, 9, |_, answer| told += usize::from(answer.is_err())).expect("seated");
    assert_eq!(told, 2);
    store.fails.store(false, SeqCst);
    (1..=2).for_each(|number| assert_eq!(state(&engine, number), JobState::Open));
    engine.command(job(1), complete("look")).expect("done");
    assert_eq!(state(&engine, 1), JobState::Completed);
}

#[test]
fn jobs_that_are_due_are_woken_with_one_flush_and_an_idle_engine_reads_nothing() {
    let (store, engine) = opened(LATER);
    engine.start_each((1..=50).map(|number| start(number, "later", "4711")), 64, |_, _| {}).expect("seated");
    store.batches();
    assert_eq!(engine.wake().expect("woken").jobs, 0);
    let next = engine.next_at().expect("read").expect("a moment");
    engine.clock().advance_to(next);
    assert_eq!(engine.wake().expect("woken").jobs, 50);
    assert_eq!(store.batches(), [51], "fifty jobs and the time");
    assert_eq!(engine.next_at().expect("read"), None);
    engine.clock().advance_to(next + 24.hours());
    assert_eq!(engine.wake().expect("woken").jobs, 0);
    assert_eq!(store.batches(), [0; 0]);
}

#[test]
fn after_a_restart_what_was_due_is_due_and_the_earlier_engine_is_fenced() {
    let (store, before) = opened(LATER);
    before.start_each((1..=3).map(|number| start(number, "later", "4711")), 9, |_, _| {}).expect("seated");
    let next = before.next_at().expect("read").expect("a moment");
    let after = engine(&store, DurableSteps::Turn);
    assert_eq!(after.next_at().expect("read"), Some(next));
    let cancel = Command::Cancel { by: by_pat(), why: "too late".into() };
    let fenced = before.command(job(1), cancel.clone());
    assert!(matches!(fenced, Err(Error::Commit(CommitError::Fenced { .. }))), "{fenced:?}");
    after.command(job(1), cancel).expect("done");
    after.clock().advance_to(next);
    assert_eq!(after.wake().expect("woken").jobs, 2);
}

#[test]
fn the_second_of_two_starts_that_may_be_one_finds_the_first() {
    let once = SCRIPTS.replace("tasks:", "schedule: { once_per: client }\ntasks:");
    let (store, engine) = opened(&once);
    let mut started = vec![];
    let starts = (1..=2).map(|number| start(number, "scripts", "4711"));
    engine.start_each(starts, 9, |_, answer| started.push(answer.expect("an answer"))).expect("seated");
    assert!(
        matches!(started.as_slice(), [Started::New(_), Started::Already(found)] if *found == job(1)),
        "{started:?}"
    );
    assert_eq!(store.batches().len(), 1);
}

#[test]
fn the_time_is_written_once_for_a_batch() {
    let (store, engine) = opened(BY_HAND);
    engine.clock().advance_to(engine.now() + 1.hour());
    engine.start_each((1..=5).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    assert_eq!(store.batches(), [6], "five jobs and the time");
    engine.start_each((6..=7).map(|number| start(number, "by-hand", "4711")), 9, |_, _| {}).expect("seated");
    assert_eq!(store.batches(), [2], "the clock stands");
}

#[test]
fn a_parked_job_is_few_rows() {
    let (store, engine) = opened(BY_HAND);
    let rows = |store: &Watched| {
        let of = |space| store.scan(&Range::all(space), None, 99, Direction::Forward).expect("rows").rows.len();
        [
            Space::Job,
            Space::Event,
            Space::Timer,
            Space::TaskByChange,
            Space::JobByClient,
            Space::JobByVersion,
            Space::JobBySuffix,
        ]
        .map(of)
    };
    engine.start(start(1, "by-hand", "4711")).expect("started");
    // Who has the task may leave, so the job waits for changes of the staff.
    assert_eq!(rows(&store), [1, 1, 0, 1, 1, 1, 1]);
}

#[test]
fn two_letters_of_one_job_that_cannot_be_built_are_both_told_of() {
    let (_store, engine) = opened(LETTERS);
    let mut staff = jobwright_store::directory::staff(&engine.reader()).unwrap().value;
    staff[0].email = Some("nowhere".into());
    engine.put_staff(&staff[0], &Attribution::engine("test")).unwrap();
    engine.start(start(1, "letters", "4711")).unwrap();
    let engine = Arc::new(engine);
    let driving = tokio::runtime::Builder::new_current_thread().build().unwrap();
    driving.block_on(engine.drive()).unwrap();
    let refused = |event: &Event| matches!(event, Event::LetterRefused { .. });
    let events = engine.look(job(1)).unwrap().events;
    assert_eq!(events.iter().filter(|recorded| refused(&recorded.event)).count(), 2);
}
