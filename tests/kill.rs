//! The program killed in the middle, again and again: what it acknowledged is there, and what it began comes to an end.
//!
//! Owns: kills of the real program at random moments. Leaves two processes at one store to `socket`, cut power and
//! damaged files to the store's own tests, and letters in doubt at a mail server to `mail`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use jobwright_core::event::Event;
use jobwright_core::job::JobState;
use jobwright_runtime::{Engine, Looked};
use jobwright_store::jobs;

use crate::support::chance::Chance;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::{Said, jobwright};
use crate::support::running::Running;
use crate::support::shim;
use crate::support::size::size;

/// Fewest kills of a command, by size; on a busy machine more are needed until enough commands came to their end
/// beside them.
const KILLS: (usize, usize, usize) = (20, 60, 1_000);
/// Kills of an engine that others give commands to, by size, and in how many practices one after the other.
const KILLS_UNDER_LOAD: (usize, usize, usize) = (10, 140, 1_000);
const PRACTICES_UNDER_LOAD: (usize, usize, usize) = (1, 1, 9);
/// Fewest different commands that must have been acknowledged in between.
const ACKNOWLEDGED_MIN: usize = 10;
/// Commands that end before their kill do not count as kills; so many for each kill are enough in any case.
const COMMANDS_FOR_A_KILL: usize = 7;
/// Between two looks at everything that was acknowledged, the share of all kills.
const LOOKS: (usize, usize, usize) = (4, 4, 4);
/// Those who give commands at once to the engine that is killed.
const CALLERS: usize = 3;
/// An engine lives for less than this before it is killed.
const LIFE_MILLISECONDS_MAX: u64 = 160;
/// Jobs for each kill; beyond them callers only do what is left to do.
const JOBS_FOR_A_KILL: usize = 2;
/// Past every wait of a letter in doubt.
const LATER_SECONDS: i64 = 3600;
/// So often the rest is worked on: a letter in doubt brings about another one.
const ROUNDS: i64 = 3;
const RING: &str = "\
format: 1
id: ring
name: Ring
roles: { payroll: Payroll contact }
schedule: { every: month, once_per: period }
tasks:
  - id: ask
    type: email
    recipient: { role: payroll }
    template: ask
    retry: { times: 100, first: 1 second, factor: 1, max: 10 seconds }
  - { id: note, type: manual, assign: { staff: primary } }
  - id: thank
    type: email
    depends_on: [ask, note]
    recipient: { role: payroll }
    template: thank
    retry: { times: 100, first: 1 second, factor: 1, max: 10 seconds }
templates:
  ask: { subject: 'Hours for {{ period.label }}', body: 'Dear {{ recipient.first_name }}, which hours?' }
  thank: { subject: 'Thanks', body: 'Dear {{ recipient.first_name }}, thank you.' }
";

/// A command given to a program that is killed at some moment of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Start(usize),
    Note(usize),
    Work,
}

impl Order {
    fn arguments(self) -> Vec<String> {
        let words = match self {
            Self::Start(number) => format!("start ring --client birchwood --period {}", period(number)),
            Self::Note(number) => format!("complete ring/birchwood/{} note --as pat", period(number)),
            Self::Work => "work".to_owned(),
        };
        words.split(' ').map(str::to_owned).collect()
    }

    /// Whether it was acknowledged: done now, or found done by an earlier command that could not say so any more.
    fn is_acknowledged(self, said: &Said) -> bool {
        match said.code {
            Some(0) => true,
            Some(1) if matches!(self, Self::Note(_)) => {
                let is_done = ["completed", "the job has ended"].iter().any(|words| said.errors.contains(words));
                assert!(is_done, "{self:?}: {said:#?}");
                true
            }
            None => false,
            _ => panic!("{self:?}: {said:#?}"),
        }
    }
}

/// The n-th month since 2020.
fn period(number: usize) -> String {
    format!("{}-{:02}", 2020 + number / 12, number % 12 + 1)
}

#[test]
fn what_was_acknowledged_outlives_every_kill_and_all_work_comes_to_its_end() {
    let mut chance = Chance::new();
    let practice = Practice::with_people(TO_FILES);
    practice.write("ring.job.yaml", RING);
    practice.done(["publish", "ring.job.yaml"]);
    // How long a command takes here and now, so that kills fall before, into and after its commit.
    let begun = Instant::now();
    practice.done(Order::Start(0).arguments());
    let mut span = begun.elapsed();
    let mut acknowledged = BTreeSet::from([Order::Start(0)]);
    let mut started = 1;
    let (quick, push, long) = KILLS;
    let kills_min = size().of(quick, push, long);
    let mut kills = 0_usize;
    for _ in 0..kills_min * COMMANDS_FOR_A_KILL {
        let order = match chance.below(5) {
            0 | 1 => Order::Start(started),
            2 | 3 => Order::Note(chance.below(started as u64) as usize),
            _ => Order::Work,
        };
        let (said, took) = run_and_kill(&practice, order, span.mul_f64(chance.below(2000) as f64 / 1000.0));
        if order.is_acknowledged(&said) {
            span = (span + took) / 2;
            acknowledged.insert(order);
            started += usize::from(order == Order::Start(started));
            continue;
        }
        // Killed: later the next time, so that about every second command comes to its end, on a busy machine too.
        span = span.mul_f64(1.1);
        kills += 1;
        if kills.is_multiple_of(kills_min.div_ceil(looks())) {
            everything_acknowledged_is_there(&practice.engine(), &acknowledged);
        }
        if kills >= kills_min && acknowledged.len() >= ACKNOWLEDGED_MIN {
            break;
        }
    }
    let enough = kills >= kills_min && acknowledged.len() >= ACKNOWLEDGED_MIN;
    assert!(enough, "{kills} kills, {} acknowledged", acknowledged.len());
    finish(&practice, started, &acknowledged);
}

/// What the callers of an engine that is killed have done together.
#[derive(Default)]
struct Done {
    started: AtomicUsize,
    acknowledged: Mutex<BTreeSet<Order>>,
    /// Commands that nobody knows the end of: their engine was killed under them.
    unknown: AtomicUsize,
    is_over: AtomicBool,
    /// Held by each command while it runs, and by who wants none to run.
    runs: RwLock<()>,
}

#[test]
fn an_engine_killed_under_load_loses_nothing_it_acknowledged_and_doubles_nothing() {
    let (quick, push, long) = PRACTICES_UNDER_LOAD;
    let chance = Chance::new();
    for practice in 0..size().of(quick, push, long) {
        kill_under_load(chance.part(practice as u64));
    }
}

fn kill_under_load(mut chance: Chance) {
    let (quick, push, long) = KILLS_UNDER_LOAD;
    let kills = size().of(quick, push, long);
    let practice = Practice::with_people(TO_FILES);
    practice.write("ring.job.yaml", RING);
    practice.done(["publish", "ring.job.yaml"]);
    practice.done(Order::Start(0).arguments());
    let done = Done { started: 1.into(), ..Done::default() };
    let begun = Instant::now();
    thread::scope(|scope| {
        for number in 0..CALLERS {
            let chance = chance.part(number as u64);
            let (practice, done) = (&practice, &done);
            scope.spawn(move || call(practice, done, kills * JOBS_FOR_A_KILL, chance));
        }
        // A fault here must end the callers too, or nobody would hear of it.
        let _ends = Ends(&done.is_over);
        for kill in 1..=kills {
            let engine = Running::start(&practice, &[]);
            thread::sleep(Duration::from_millis(chance.below(LIFE_MILLISECONDS_MAX)));
            engine.kill();
            if kill.is_multiple_of(kills.div_ceil(looks())) {
                let _none_runs = done.runs.write().unwrap_or_else(PoisonError::into_inner);
                let acknowledged = done.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                everything_acknowledged_is_there(&practice.engine(), &acknowledged);
                println!("{kill} kills under load: {} commands acknowledged, 0 lost so far", acknowledged.len());
            }
        }
    });
    let took = begun.elapsed();
    let acknowledged = done.acknowledged.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(acknowledged.len() >= ACKNOWLEDGED_MIN, "only {} commands were acknowledged", acknowledged.len());
    finish(&practice, done.started.into_inner() - 1, &acknowledged);
    println!(
        "{kills} kills under load in {took:.1?}: {} commands acknowledged, 0 lost, 0 doubled, {} of unknown end",
        acknowledged.len(),
        done.unknown.into_inner(),
    );
}

fn looks() -> usize {
    let (quick, push, long) = LOOKS;
    size().of(quick, push, long)
}

/// Says that it is over, also when a test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Gives commands until it is over.
fn call(practice: &Practice, done: &Done, jobs_max: usize, mut chance: Chance) {
    while !done.is_over.load(Ordering::Relaxed) {
        let started = done.started.load(Ordering::Relaxed);
        let order = match chance.below(2) {
            0 if started < jobs_max => Order::Start(done.started.fetch_add(1, Ordering::Relaxed)),
            // One that was begun, or is just being begun by somebody else.
            _ => Order::Note(chance.place(started)),
        };
        let _runs = done.runs.read().unwrap_or_else(PoisonError::into_inner);
        let said = practice.run(order.arguments());
        match said.code {
            // Not there yet, held by an engine that dies, or cut off by its death: none of it is an acknowledgement.
            Some(3..=5) => drop(done.unknown.fetch_add(1, Ordering::Relaxed)),
            _ if order.is_acknowledged(&said) => {
                done.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).insert(order);
            }
            _ => panic!("{order:?}: {said:#?}"),
        }
    }
}

/// Runs a command and kills it after so long, unless it has ended by then.
fn run_and_kill(practice: &Practice, order: Order, after: Duration) -> (Said, Duration) {
    let begun = Instant::now();
    let mut command = jobwright(practice.folder());
    let command = command.args(order.arguments()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().expect("the program runs");
    // The one wait in real time that is the point of the test: the moment of the kill.
    while begun.elapsed() < after && program.try_wait().expect("its state").is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    let took = begun.elapsed();
    program.kill().expect("killed, or ended already");
    (Said::of(program.wait_with_output().expect("ended")), took)
}

fn everything_acknowledged_is_there(engine: &Engine, acknowledged: &BTreeSet<Order>) {
    for order in acknowledged {
        match order {
            Order::Start(number) => drop(looked(engine, *number)),
            Order::Note(number) => {
                let looked = looked(engine, *number);
                let note = looked.job.run(&"note".parse().expect("a task")).expect("the task");
                assert!(note.state.is_settled(), "{order:?} was acknowledged and is {:?}", note.state);
            }
            Order::Work => {}
        }
    }
}

/// The one job of a period.
fn looked(engine: &Engine, number: usize) -> Looked {
    let name = format!("ring/birchwood/{}", period(number));
    match jobs::find(&engine.reader(), &name).expect("the store can be read") {
        jobs::Found::One(job) => engine.look(job).expect("its events fit"),
        other => panic!("{name}: {other:?}"),
    }
}

/// Gives every command that was not acknowledged once more without killing it, and counts.
fn finish(practice: &Practice, started: usize, acknowledged: &BTreeSet<Order>) {
    // Any of these may have been cut off before or after its commit: given again, it is one job either way.
    for order in (0..=started).flat_map(|number| [Order::Start(number), Order::Note(number)]) {
        if !acknowledged.contains(&order) {
            assert!(order.is_acknowledged(&practice.run(order.arguments())), "{order:?}");
        }
    }
    // Letters in doubt wait for their time; the clock is put forward rather than waited for.
    for round in 1..=ROUNDS {
        let mut command = jobwright(practice.folder());
        let said = shim::shifted(command.arg("work"), LATER_SECONDS * round).output();
        let said = Said::of(said.expect("the program runs"));
        assert_eq!(said.code, Some(0), "{said:#?}");
    }
    // The clock was put forward; what comes after lives by the right time again.
    practice.done(["doctor", "--clock", "--yes"]);
    let engine = practice.engine();
    everything_acknowledged_is_there(&engine, acknowledged);
    let mut sent = BTreeSet::new();
    for number in 0..=started {
        let looked = looked(&engine, number);
        assert!(matches!(looked.job.state, JobState::Completed), "{}: {:?}", period(number), looked.job.state);
        assert_eq!(looked.head.value.set_aside, None);
        let letters = looked.events.iter().filter_map(|recorded| match &recorded.event {
            Event::LetterSent { effect, .. } => Some(format!("{effect}.eml")),
            _ => None,
        });
        let letters: Vec<_> = letters.collect();
        assert_eq!(letters.len(), 2, "{}: each letter was reported once", period(number));
        sent.extend(letters);
    }
    let files = fs::read_dir(practice.folder().join("letters")).expect("letters");
    let files: BTreeSet<_> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    assert_eq!(files, sent, "each letter is one file, and nothing else lies there");
    assert_eq!(files.len(), 2 * (started + 1));
}

#[test]
fn the_store_of_a_process_that_was_killed_is_free_at_once() {
    let practice = Practice::with_people(TO_FILES);
    Running::start(&practice, &[]).kill();
    practice.done(["jobs"]);
}
