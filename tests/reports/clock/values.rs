//! r13: one value that cannot be stored fails its task or sets its job aside, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jobwright_core::command::Command;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::{Actor, Event, Recorded};
use jobwright_core::id::{Hash, JobId};
use jobwright_core::value::Value;
use jobwright_runtime::{Error, Existing};
use jobwright_store::jobs::{self, Head};
use jobwright_store::{Error as StoreError, Files, MemoryFiles};

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const PEOPLE: &str = "
roles: { payroll: Payroll contact }
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
fields:
  client:
    vat.scheme: { type: string }
";

/// A letter, and nothing else.
const LETTER: &str = "
format: 1
id: letter
name: A letter
tasks: [{ id: greet, name: Greet, type: email, template: t }]
templates: { t: { subject: Hello, body: Hello } }
";

/// A script behind a letter whose value is nested so deep, and so long after the job has opened.
fn deep(levels: usize, start: &str) -> String {
    format!(
        "
format: 1
id: deep
name: Deep
tasks:
  - {{ id: greet, name: Greet, type: email, template: t }}
  - id: a
    name: A
    type: script
    depends_on: [greet]
{start}    limits: {{ operations: 1000000 }}
    source: |
      let m = #{{ x: 1 }};
      for i in 0..{levels} {{ m = #{{ a: m }}; }}
      #{{ r: m }}
    outputs: {{ r: {{ type: map }} }}
templates: {{ t: {{ subject: Hello, body: Hello }} }}
"
    )
}

/// A script behind a letter that gives 40 KiB of text, which is more than a row takes.
const LONG: &str = r#"
format: 1
id: long
name: Long
tasks:
  - { id: greet, name: Greet, type: email, template: t }
  - id: a
    name: A
    type: script
    depends_on: [greet]
    source: |
      let t = "0123456789";
      for i in 0..12 { t = t + t; }
      #{ r: t }
    outputs: { r: { type: string } }
templates: { t: { subject: Hello, body: Hello } }
"#;

fn failure(office: &Office, job: JobId, task: &str) -> (String, String) {
    let looked = office.look(job);
    let run = looked.job.run(&task.parse().unwrap()).expect("the task");
    let failure = run.failure.as_ref().unwrap_or_else(|| panic!("`{task}` is {}", run.state.word()));
    (failure.code.clone(), failure.message.clone())
}

#[test]
fn r13_a_script_whose_value_is_nested_too_deep_fails_its_task_and_everything_else_goes_on() {
    for start in ["", "    start: job.opened, +1 day\n"] {
        let office = Office::of(SETTINGS, PEOPLE);
        office.publish(&deep(127, start), Existing::Keep);
        office.publish(LETTER, Existing::Keep);
        let job = office.start("deep", "acme");
        office.work();
        let other = office.start("letter", "birch");
        office.wait(48);
        assert_eq!(office.sent(job), ["greet → ann@acme.example"], "once");
        assert_eq!(office.sent(other), ["greet → dan@birch.example"]);
        let (code, message) = failure(&office, job, "a");
        assert_eq!(code, "bad-output");
        assert!(message.contains("`r` is nested more than 128 levels deep"), "{message}");
        assert!(office.look(job).head.value.needs_attention());
    }
    let office = Office::of(SETTINGS, PEOPLE);
    office.publish(&deep(126, ""), Existing::Keep);
    let job = office.start("deep", "acme");
    office.work();
    assert_eq!(office.job(job), "completed", "what is as deep as can be stored is stored");
}

#[test]
fn r13_a_change_of_the_client_that_cannot_be_fails_its_task_and_the_engine_goes_on() {
    let office = Office::of(SETTINGS, PEOPLE);
    office.change("acme", |client| {
        client.set_path("vat", Value::text("not a group of fields")).expect("set");
    });
    office.publish(
        "
format: 1
id: set
name: Set
tasks: [{ id: a, name: A, type: update_client, set: { vat.scheme: standard } }]
",
        Existing::Keep,
    );
    let job = office.start("set", "acme");
    office.work();
    let (code, message) = failure(&office, job, "a");
    assert_eq!(code, "bad-effect");
    assert!(message.contains("vat.scheme"), "{message}");
    // Mended, and tried again.
    office.change("acme", |client| client.set_path("vat", Value::Nothing).expect("set"));
    office.act(job, "a", jobwright_core::command::Act::Retry, "pat").expect("tried again");
    assert_eq!(office.job(job), "completed");
}

#[test]
fn r13_the_record_of_a_client_that_outgrows_its_bound_is_refused_at_every_door() {
    let office = Office::of(SETTINGS, PEOPLE);
    let engine = office.shared();
    let id = "acme".parse().unwrap();
    let grown = |fields: usize| {
        engine.change_client(&id, &Attribution::engine("test"), |client| {
            let mut client = client.ok_or_else(|| Error::NoSuchClient("acme".parse().unwrap()))?;
            for field in 0..fields {
                client.set_path(&format!("f{field}"), Value::text("x".repeat(15_000_000)))?;
            }
            Ok::<_, Error>((client, ()))
        })
    };
    let refused = grown(5).expect_err("75 MB");
    assert!(matches!(refused, Error::Unchanged(_)), "{refused:?}");
    let mut whole = engine.look(office_job(&office)).expect("a job").client;
    whole.name = "x".repeat(70 << 20);
    assert!(
        matches!(engine.put_clients(&[whole], &Attribution::engine("test")), Err(Error::Unchanged(_))),
        "an import"
    );
    grown(1).expect("15 MB are no trouble");
}

fn office_job(office: &Office) -> JobId {
    office.publish(LETTER, Existing::Keep);
    office.start("letter", "acme")
}

#[test]
fn r13_a_path_of_any_length_is_refused_by_name_before_anything_walks_it() {
    let practice = Practice::open_for_business(TO_FILES);
    let path = vec!["a"; 40_000].join(".");
    let said = practice.run(["client", "set", "birchwood", &format!("{path}=1")]);
    assert_ne!(said.code, Some(0));
    assert!(said.code.is_some(), "it was not killed: {said:?}");
    assert!(!said.errors.contains("overflow"), "{}", said.errors);
}

/// Files that take no more than so many bytes, until somebody makes room.
struct Narrow {
    files: MemoryFiles,
    most: AtomicU64,
}

impl Files for Narrow {
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError> {
        let (found, limit) = (bytes.len() as u64, self.most.load(Ordering::Relaxed));
        if found > limit { Err(StoreError::BlobTooLarge { found, limit }) } else { self.files.put(bytes) }
    }

    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        self.files.get(hash)
    }
}

/// An office whose files take what a definition takes, and no long text.
fn narrow() -> (Office, Arc<Narrow>) {
    let files = Arc::new(Narrow { files: MemoryFiles::default(), most: AtomicU64::new(35_000) });
    let given = files.clone();
    let office = Office::built(SETTINGS, PEOPLE, |trial| trial.files = given);
    (office, files)
}

#[test]
fn r13_a_job_that_comes_to_what_cannot_be_stored_is_set_aside_and_its_letter_does_not_leave_again() {
    let (mut office, files) = narrow();
    office.publish(LONG, Existing::Keep);
    office.publish(LETTER, Existing::Keep);
    let job = office.start("long", "acme");
    let other = office.start("letter", "birch");
    let driven = office.driven().expect("one job ends nothing");
    assert_eq!((driven.tries, driven.set_aside), (2, 1));
    assert_eq!(office.sent(job), ["greet → ann@acme.example"], "that it left is recorded");
    assert_eq!(office.sent(other), ["greet → dan@birch.example"]);
    let aside = |office: &Office| office.look(job).head.value.set_aside.clone();
    let why = aside(&office).expect("it is set aside");
    assert!(why.contains("too many for one file"), "{why}");
    assert!(office.look(job).head.value.needs_attention());
    // Neither another process nor time sends it again.
    office.restart();
    office.wait(24 * 5);
    let sent = office.look(job).events.iter().filter(|one| matches!(one.event, Event::LetterSent { .. })).count();
    assert_eq!(sent, 1);
    // Taken up while nothing is mended it is set aside again, with the reason.
    assert!(office.shared().take_up(job).is_err());
    assert!(aside(&office).is_some());
    files.most.store(1 << 20, Ordering::Relaxed);
    office.shared().take_up(job).expect("it goes on");
    assert_eq!((office.job(job), aside(&office)), ("completed", None));
}

#[test]
fn r13_a_job_that_was_set_aside_can_be_cancelled() {
    let (office, _files) = narrow();
    office.publish(LONG, Existing::Keep);
    let job = office.start("long", "acme");
    office.driven().expect("driven");
    assert!(office.look(job).head.value.set_aside.is_some());
    let by = Actor::Operator { entered_by: "test".into() };
    office.shared().command(job, Command::Cancel { by, why: "no use".into() }).expect("cancelled");
    assert_eq!((office.job(job), office.look(job).head.value.set_aside.clone()), ("cancelled", None));
}

#[test]
fn r13_a_timer_whose_turn_cannot_be_stored_sets_its_job_aside_and_is_not_woken_again() {
    let (office, _files) = narrow();
    office.publish(&LONG.replace("depends_on: [greet]", "start: job.opened, +1 day"), Existing::Keep);
    let job = office.start("long", "acme");
    office.driven().expect("driven");
    let clock = office.engine().clock();
    clock.advance_to(office.engine().now() + jiff::SignedDuration::from_hours(30));
    assert_eq!(office.driven().expect("driven").set_aside, 1);
    assert_eq!(office.driven().expect("driven").set_aside, 0);
    assert!(office.look(job).head.value.set_aside.is_some());
}

#[test]
fn r13_a_job_that_was_set_aside_is_shown_and_taken_up_from_the_command_line() {
    let practice = Practice::open_for_business(TO_FILES);
    let started = practice.json(&["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    let id = started["job"].as_str().expect("a job").to_owned();
    {
        let engine = practice.engine();
        let head = jobs::head(&engine.reader(), job_of(&id)).expect("read").expect("a job");
        let draft = jobs::set_aside(&head, "70 MiB cannot be stored".into()).expect("a draft");
        let store = engine.store();
        let commits = draft.into_commits(&MemoryFiles::default(), store.limits(), store.epoch().unwrap(), None);
        assert!(store.commit(vec![commits.expect("commits").main]).expect("committed").iter().all(Result::is_ok));
    }
    let listed = practice.run(["jobs", "--attention"]);
    assert!(listed.out.contains("set aside") && listed.out.contains("70 MiB cannot be stored"), "{listed:?}");
    assert!(practice.done(["show", &id]).contains("set aside: 70 MiB cannot be stored"));
    practice.done(["retry", &id, "--as", "pat"]);
    assert_eq!(practice.run(["work"]).code, Some(0));
    assert!(!practice.done(["show", &id]).contains("set aside"));
    practice.run(["retry", &id, "--as", "pat"]).refuses(1, &["was not set aside"]);
}

fn job_of(id: &str) -> JobId {
    let byte = |at: usize| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).expect("hexadecimal");
    JobId(std::array::from_fn(byte))
}

#[test]
fn r13_a_job_that_cannot_be_read_stays_on_its_version_and_holds_up_no_publication() {
    const TASKS: &str = "format: 1\nid: mig\nname: Migration\ntasks:\n  - { id: a, type: manual }\n";
    let mut office = Office::with("clients: [{ id: acme, name: Acme }, { id: other, name: Other }]");
    office.publish(TASKS, Existing::Keep);
    let (damaged, sound) = (office.start("mig", "acme"), office.start("mig", "other"));
    // An event that no version of the program would have written here.
    let mut loaded = jobs::load(&office.engine().reader(), damaged).expect("read").expect("a job");
    let (number, at) = (loaded.head.value.events + 1, office.engine().now());
    let event = Recorded { number, at, event: Event::TaskOverdue { task: "nowhere".parse().expect("a task") } };
    let after = Head { events: number, ..loaded.head.value.clone() };
    let draft = jobs::append(Some(&loaded.head), &after, &[event], &mut loaded.tail).expect("a draft");
    office.commit_and_die(draft);
    let (said, publish) = office.check(&format!("{TASKS}  - {{ id: b, type: manual }}\n"));
    let publish = publish.unwrap_or_else(|| panic!("{said}"));
    let plans = office.engine().plans(&publish.plan).expect("plans");
    let told = |job| &plans.jobs.iter().find(|(one, _)| *one == job).expect("it runs").1.conflicts;
    assert!(told(damaged)[0].contains("nowhere") && told(sound).is_empty(), "{plans:?}");
    let published = office.engine().publish(&publish, Existing::Update).expect("published");
    assert_eq!(published.moved, [sound]);
    assert!(published.kept.len() == 1 && published.kept[0].1.contains("nowhere"), "{published:?}");
}
