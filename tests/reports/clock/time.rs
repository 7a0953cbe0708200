//! r15: a clock that jumps, or is far from the last commit, is not the reason for a letter.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jobwright::assemble;
use jobwright_core::event::Actor;
use jobwright_core::id::JobId;
use jobwright_core::value::Values;
use jobwright_runtime::{Clock, ClockDoubt, Engine, Existing, Sample, Samples, Start};

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::Running;

const PEOPLE: &str = "
staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
clients:
  - { id: acme, name: Acme, contacts: [{ id: ann, name: Ann Bell, email: ann@acme.example }] }
  - { id: birch, name: Birch, contacts: [{ id: dan, name: Dan Rowe, email: dan@birch.example }] }
";

const SETTINGS: &str = "
format: 1
name: Larkfield & Rowe
operator: pat
assignment: { default: pat }
mail: { from: office@larkfield.example }
";

/// A letter two days after the job has opened.
const LATER: &str = r#"
format: 1
id: later
name: A later letter
tasks: [{ id: ask, name: Ask, type: email, template: ask, start: "job.opened, +2 days" }]
templates: { ask: { subject: Changes, body: Hello } }
"#;

const BEGIN: &str = "2026-11-30T12:00:00Z";

/// A machine whose two clocks are set by hand.
#[derive(Clone)]
struct Machine(Arc<Mutex<Sample>>);

impl Samples for Machine {
    fn sample(&self) -> Sample {
        *self.0.lock().unwrap()
    }
}

impl Machine {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Sample { wall: BEGIN.parse().unwrap(), running: Duration::ZERO })))
    }

    fn clock(&self) -> Arc<Clock> {
        Arc::new(Clock::of(Box::new(self.clone())))
    }

    /// Seconds pass on both clocks.
    fn pass(&self, seconds: u64) {
        let mut sample = self.0.lock().unwrap();
        sample.wall += SignedDuration::from_secs(seconds as i64);
        sample.running += Duration::from_secs(seconds);
    }

    /// Somebody sets the wall clock.
    fn set_by(&self, hours: i64) {
        self.0.lock().unwrap().wall += SignedDuration::from_hours(hours);
    }
}

/// The office on this machine, with a letter that is due in two days.
fn office_on(machine: &Machine) -> (Office, JobId) {
    let clock = machine.clock();
    let office = Office::built(SETTINGS, PEOPLE, |trial| trial.clock = clock);
    office.publish(LATER, Existing::Keep);
    let job = office.start("later", "acme");
    office.work();
    (office, job)
}

#[test]
fn r15_a_jump_of_a_running_clock_sends_nothing_until_a_second_look_agrees() {
    let machine = Machine::new();
    let (office, job) = office_on(&machine);
    machine.set_by(20 * 365 * 24);
    office.work();
    assert_eq!(office.sent(job).len(), 0);
    assert!(matches!(office.engine().clock_doubt(), Some(ClockDoubt::Jumped { .. })));
    machine.pass(31);
    machine.set_by(-20 * 365 * 24);
    office.work();
    assert_eq!((office.sent(job).len(), office.engine().clock_doubt()), (0, None), "it was a slip, and left nothing");
    // Three days that stay are three days.
    machine.set_by(72);
    office.work();
    assert_eq!(office.sent(job).len(), 0, "one look");
    machine.pass(29);
    office.work();
    assert_eq!(office.sent(job).len(), 0, "too soon");
    machine.pass(1);
    office.work();
    assert_eq!(office.sent(job).len(), 1);
}

#[test]
fn r15_a_running_clock_that_is_set_back_waits_for_its_second_look_too() {
    let machine = Machine::new();
    let (office, _) = office_on(&machine);
    machine.pass(60);
    let before = office.engine().now();
    machine.set_by(-24);
    assert!(matches!(office.engine().clock_doubt(), Some(ClockDoubt::Jumped { .. })));
    assert_eq!(office.engine().now(), before, "the time goes on as it went");
    machine.pass(10);
    assert_eq!(office.engine().now(), before + SignedDuration::from_secs(10));
    machine.pass(20);
    assert!(matches!(office.engine().clock_doubt(), Some(ClockDoubt::Behind { .. })), "believed, and behind");
}

#[test]
fn r15_a_start_long_after_the_last_commit_holds_timers_and_letters_until_a_person_has_looked() {
    let machine = Machine::new();
    let (office, job) = office_on(&machine);
    for (hours, holds) in [(59 * 24, false), (61 * 24, true)] {
        machine.set_by(hours);
        let engine = again(&office, &machine);
        assert_eq!(engine.holds_for_clock(), holds, "{hours} hours");
        machine.set_by(-hours);
    }
    machine.set_by(20 * 365 * 24);
    let mut office = office;
    office.on_clock(machine.clock());
    office.restart();
    office.work();
    assert_eq!(office.sent(job).len(), 0, "a timer of two days waits");
    // What is done meanwhile is dated by the last sure moment, and no later start takes it for a proof.
    let other = office.start("later", "birch");
    assert_eq!(office.look(other).head.value.opened_at, BEGIN.parse::<Timestamp>().unwrap());
    office.on_clock(machine.clock());
    office.restart();
    office.work();
    assert_eq!(office.sent(job).len(), 0, "the next start holds too");
    let taken_back = office.engine().accept_clock().expect("accepted");
    assert!(taken_back.is_empty());
    assert_eq!(office.engine().clock_doubt(), None);
    office.work();
    assert_eq!(office.sent(job).len(), 1);
    office.on_clock(machine.clock());
    office.restart();
    assert_eq!(office.engine().clock_doubt(), None, "for good");
}

/// Another engine on what the office has stored, with the machine's clock as it stands.
fn again(office: &Office, machine: &Machine) -> Arc<Engine> {
    office.engine_on(machine.clock())
}

#[test]
fn r15_one_look_at_a_clock_that_was_far_ahead_leaves_nothing_behind() {
    let machine = Machine::new();
    let (mut office, job) = office_on(&machine);
    machine.set_by(20 * 365 * 24);
    office.on_clock(machine.clock());
    office.restart();
    office.work();
    machine.set_by(-20 * 365 * 24);
    office.on_clock(machine.clock());
    office.restart();
    office.work();
    assert_eq!((office.sent(job).len(), office.engine().clock_doubt()), (0, None));
    let other = office.start("later", "birch");
    assert_eq!(office.look(other).head.value.opened_at, BEGIN.parse::<Timestamp>().unwrap());
}

#[test]
fn r15_a_time_that_turned_out_wrong_is_taken_back_and_what_waits_in_it_leaves() {
    let machine = Machine::new();
    let (mut office, job) = office_on(&machine);
    // Thirty days ahead is believed by a start.
    machine.set_by(30 * 24);
    office.on_clock(machine.clock());
    office.restart();
    office.publish(
        &LATER.replace("id: later", "id: now").replace(", start: \"job.opened, +2 days\"", ""),
        Existing::Keep,
    );
    let wrong = office.start("now", "birch");
    machine.set_by(-30 * 24);
    office.on_clock(machine.clock());
    office.restart();
    office.work();
    assert!(matches!(office.engine().clock_doubt(), Some(ClockDoubt::Behind { .. })));
    assert_eq!(office.sent(job).len(), 0, "timers wait");
    let plan = office.engine().clock_plan().expect("a plan");
    assert_eq!((plan.job_count, plan.jobs.as_slice(), plan.effects.len()), (1, &[wrong][..], 1));
    assert!(matches!(office.engine().clock_doubt(), Some(ClockDoubt::Behind { .. })), "a plan changes nothing");
    office.engine().accept_clock().expect("taken back");
    office.work();
    assert_eq!((office.sent(wrong).len(), office.sent(job).len()), (1, 0), "it leaves now; what is not due waits");
    let right = office.start("later", "birch");
    assert_eq!(office.look(right).head.value.opened_at, BEGIN.parse::<Timestamp>().unwrap());
}

/// A practice whose last commit was made so many hours from now, with a job that has a letter to send.
fn practice_at(hours: i64) -> Practice {
    let practice = Practice::open_for_business(TO_FILES);
    let at = Timestamp::now() + SignedDuration::from_hours(hours);
    let own = assemble::own_parts(&practice.opened(), Duration::from_secs(60)).expect("parts").expect("free");
    let mut parts = own.parts;
    parts.clock = Arc::new(Clock::standing_at(at));
    let engine = Engine::open(parts).expect("an engine");
    engine.accept_clock().expect("its time is that time");
    let start = Start {
        id: JobId([7; 16]),
        definition: "monthly-payroll".parse().unwrap(),
        client: "birchwood".parse().unwrap(),
        period: Some("2026-05".into()),
        inputs: Values::new(),
        by: Actor::Operator { entered_by: "test".into() },
        parent: None,
    };
    engine.start(start).expect("started");
    practice
}

fn letters(practice: &Practice) -> usize {
    std::fs::read_dir(practice.folder().join("letters")).map_or(0, Iterator::count)
}

#[test]
fn r15_every_command_says_so_while_the_clock_is_behind_and_doctor_takes_the_time_back() {
    let practice = practice_at(400 * 24);
    for typed in [&["jobs"][..], &["work"], &["client", "list"], &["work", "--json"]] {
        let said = practice.run(typed);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.errors.contains("before the last commit"), "{typed:?}: {said:?}");
        assert!(said.errors.contains("doctor --clock"), "{typed:?}: {said:?}");
    }
    assert_eq!(letters(&practice), 0, "letters wait");
    assert!(practice.json(&["work"])["clock"].as_str().is_some_and(|clock| clock.contains("last commit")));
    let found = practice.run(["doctor", "--quick"]);
    assert_eq!(found.code, Some(1));
    assert!(found.out.contains("400 days before the last commit"), "{}", found.out);
    let plan = practice.done(["doctor", "--clock"]);
    assert!(plan.contains("goes back") && plan.contains("nothing was changed"), "{plan}");
    assert!(practice.run(["jobs"]).errors.contains("before the last commit"));
    practice.done(["doctor", "--clock", "--yes"]);
    assert_eq!(practice.run(["jobs"]).errors, "");
    practice.done(["work"]);
    assert!(letters(&practice) > 0);
    practice.json(&["start", "monthly-payroll", "--client", "copperfield", "--period", "2026-05"]);
    let jobs = practice.done(["jobs", "--json"]);
    let year = Timestamp::now().strftime("%Y").to_string();
    let opened = jobs.lines().find(|line| line.contains("copperfield")).expect("listed");
    assert!(opened.contains(&format!("\"opened_at\":\"{year}")), "{opened}");
}

#[test]
fn r15_work_holds_long_after_the_last_commit_until_it_is_told_that_the_clock_is_right() {
    let practice = practice_at(-61 * 24);
    let said = practice.run(["work"]);
    assert_eq!(said.code, Some(0));
    assert!(said.errors.contains("61 days after the last commit"), "{said:?}");
    assert!(said.errors.contains("--accept-clock"), "{said:?}");
    assert_eq!(letters(&practice), 0);
    // Also beside an engine that stays, which says so to everybody.
    let running = Running::start(&practice, &[]);
    assert!(practice.run(["jobs"]).errors.contains("61 days after the last commit"));
    practice.done(["work", "--accept-clock"]);
    assert!(letters(&practice) > 0);
    assert_eq!(practice.run(["jobs"]).errors, "");
    assert_eq!(running.stop().code, Some(0));
}
