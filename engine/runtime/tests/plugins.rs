//! Jobs whose work a plugin does: what the engine promises it, and what it promises the job.
//!
//! Owns: keys, attempts, progress, answers that come later, calls of which nobody heard the end. The plugins here answer
//! what a test wants; how a component is run, bounded and kept in is tested where components are.

#[allow(dead_code, reason = "other tests and benchmarks use the rest of it")]
mod practice;

use std::{
    collections::{BTreeMap, VecDeque},
    future::ready,
    sync::{Arc, Mutex},
};

use jiff::{SignedDuration, ToSpan};
use jobwright_core::{
    command::{Act, Command},
    effect::Failure,
    event::{Actor, Answered, Event, Level, Line},
    id::{EffectId, Hash, StaffId},
    job::{Job, JobState},
    retry::FailureKind,
    task::TaskState,
    value::{Field, Type, Value, Values},
};
use jobwright_definition::surroundings::{self, Surroundings};
use jobwright_plugin::{
    Call, Called, Calling, Choice, Desk, Ended, Examined, Inquiry, Offer, Offered, Plugins, Purpose, RepeatSafe, Spent,
    Wanted,
};
use jobwright_runtime::{DurableSteps, Engine};
use jobwright_store::{jobs, memory, outbox};
use practice::{fill_with, job, parts, start};

const FILING: &str = r##"
format: 1
id: filing
name: Filing
tasks:
  - id: file
    type: vat.file
    with: { box5: "12.50", who: { expr: client.name } }
    retry: { times: 3, first: 1 minute, factor: 2, max: 1 hour }
  - { id: note, type: script, source: "#{ got: tasks.file.outputs.receipt }", outputs: { got: { type: string } }, depends_on: [file] }
"##;

const CHOSEN: &str = r##"
format: 1
id: chosen
name: Chosen
tasks:
  - { id: look, type: manual, assign: { plugin: office.least_loaded, with: { role: clerk } } }
"##;

const BANKING: &str = r##"
format: 1
id: banking
name: Bank details
tasks:
  - id: ask
    type: form
    recipient: { plugin: office.least_loaded, with: { role: clerk } }
    fields:
      - { id: iban, label: The account, type: string, check: bank.iban }
      - { id: bic, label: The bank, type: string, required: false, check: bank.iban }
  - id: told
    type: manual
    outputs: { account: { type: string, check: bank.iban }, other: { type: string, check: bank.iban, optional: true } }
  - { id: found, type: script, source: "#{ account: inputs.account }", outputs: { account: { type: string, check: bank.iban } } }
inputs:
  account: { type: string, default: GB33 }
"##;

type Answer = Box<dyn FnOnce(&Call, &dyn Desk) -> Called + Send>;

/// Plugins that answer what a test wants, one answer a call, and note what they were asked.
struct Scripted {
    digest: Mutex<Option<Hash>>,
    repeat_safe: Mutex<RepeatSafe>,
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<Call>>,
    listens: Mutex<Vec<&'static str>>,
    desks: Mutex<Vec<i64>>,
}

impl Plugins for Scripted {
    fn offer(&self, _: &str) -> Option<Offer> {
        let digest = (*self.digest.lock().unwrap())?;
        let kind = Offered::Task { outputs: BTreeMap::new(), failures: vec![] };
        Some(Offer { plugin: "filing".into(), digest, kind })
    }

    fn repeat_safe(&self, _: &Hash, _: &str) -> RepeatSafe {
        *self.repeat_safe.lock().unwrap()
    }

    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        let answer = self.answers.lock().unwrap().pop_front();
        let called = match answer {
            Some(answer) => answer(&call, &*desk),
            None => panic!("nobody expects {call:?}"),
        };
        self.calls.lock().unwrap().push(call);
        Box::pin(ready(called))
    }

    fn listeners(&self, event: &str) -> Vec<(String, Hash)> {
        let listens = self.listens.lock().unwrap().contains(&event);
        if listens { vec![("ledger".into(), OLD)] } else { vec![] }
    }

    fn at_once_max(&self) -> usize {
        4
    }

    fn select(&self, inquiry: &Inquiry, settings: &Value, desk: &dyn Desk) -> Result<Vec<Choice>, Failure> {
        assert_eq!(inquiry.name, "office.least_loaded");
        let because = format!("the first who is a {}", settings.get("role").unwrap_or(&Value::Nothing));
        let Value::List(staff) = desk.staff() else { panic!("staff are a list") };
        let on_desk = staff.first().and_then(|one| one.get("open_tasks")).cloned();
        self.desks.lock().unwrap().extend(on_desk.and_then(|number| number.to_string().parse::<i64>().ok()));
        let first = staff.first().and_then(|one| one.get("id")).and_then(Value::as_text).expect("somebody");
        Ok(vec![Choice { id: first.into(), because }])
    }

    fn check(&self, inquiry: &Inquiry, value: &Value) -> Result<Examined, Failure> {
        assert_eq!(inquiry.name, "bank.iban");
        match value.as_text() {
            Some("down") => Err(Failure::permanent("plugin-crashed", "the plugin stopped by itself")),
            Some(text) if text.starts_with("GB") => Ok(Examined { digest: NEW, findings: vec![] }),
            _ => Ok(Examined { digest: NEW, findings: vec!["no IBAN begins so".into(), "too short".into()] }),
        }
    }
}

struct Stage {
    engine: Arc<Engine>,
    plugins: Arc<Scripted>,
    store: Arc<memory::MemoryStore>,
}

const OLD: Hash = Hash([1; 32]);
const NEW: Hash = Hash([2; 32]);

impl Stage {
    fn begin(text: &str) -> Self {
        let plugins = Arc::new(Scripted {
            digest: Mutex::new(Some(OLD)),
            repeat_safe: Mutex::new(RepeatSafe::Yes),
            answers: Mutex::default(),
            calls: Mutex::default(),
            listens: Mutex::default(),
            desks: Mutex::default(),
        });
        let store = Arc::new(memory::open().expect("a store"));
        let engine = engine(&store, &plugins);
        fill_with(&engine, text, &["4711"], &offers());
        Self { engine, plugins, store }
    }

    fn answers(&self, answer: impl FnOnce(&Call, &dyn Desk) -> Called + Send + 'static) {
        self.plugins.answers.lock().unwrap().push_back(Box::new(answer));
    }

    /// The engine dies, and another one takes the store over.
    fn die(&mut self) {
        self.engine = engine(&self.store, &self.plugins);
        self.engine.recover().expect("recovered");
    }

    fn drive(&self) {
        block_on(self.engine.drive()).expect("driven");
    }

    fn wait(&self, minutes: i64) {
        let until = self.engine.now().checked_add(minutes.minutes()).expect("a moment");
        block_on(self.engine.drive_until(until)).expect("driven");
    }

    fn job(&self) -> Job {
        self.engine.look(job(1)).expect("the job").job
    }

    fn state(&self) -> TaskState {
        self.job().run(&"file".parse().unwrap()).expect("the task").state
    }

    fn failure(&self) -> Failure {
        self.job().run(&"file".parse().unwrap()).and_then(|run| run.failure.clone()).expect("it failed")
    }

    fn events(&self) -> Vec<Event> {
        let looked = self.engine.look(job(1)).expect("the job");
        looked.events.into_iter().map(|recorded| recorded.event).collect()
    }

    fn calls(&self) -> Vec<(Purpose, u32)> {
        self.plugins.calls.lock().unwrap().iter().map(|call| (call.purpose, call.attempt)).collect()
    }

    fn act(&self, act: Act, note: &str) {
        let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
        let task = "file".parse().unwrap();
        let command = Command::Act { task, act, by, active: true, note: Some(note.into()) };
        self.engine.command(job(1), command).expect("done");
    }

    fn effect(&self) -> EffectId {
        self.plugins.calls.lock().unwrap()[0].key
    }
}

fn engine(store: &Arc<memory::MemoryStore>, plugins: &Arc<Scripted>) -> Arc<Engine> {
    let mut parts = parts(store.clone(), DurableSteps::Turn);
    parts.world.plugins = plugins.clone();
    Arc::new(Engine::open(parts).expect("an engine"))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn offers() -> Surroundings<'static> {
    let outputs = BTreeMap::from([("receipt".to_owned(), Field::of(Type::Text))]);
    let offer = |kind| surroundings::Offer {
        plugin: "filing".into(),
        digest: OLD,
        kind,
        settings: Arc::new(|_, _| vec![]),
        lacks: None,
    };
    let task = offer(surroundings::Offered::Task { outputs, failures: vec!["login-expired".into()] });
    let selector = offer(surroundings::Offered::Selector);
    let check = offer(surroundings::Offered::Check);
    let offers =
        [("vat.file".to_owned(), task), ("office.least_loaded".to_owned(), selector), ("bank.iban".to_owned(), check)];
    Surroundings { offers: offers.into(), ..Surroundings::default() }
}

fn called(ended: Ended) -> Called {
    Called { ended, lines: vec![], spent: Spent::default() }
}

fn done(receipt: &str) -> Ended {
    let outputs = Value::map([("receipt", Value::text(receipt))]);
    Ended::Done { outputs, wanted: vec![], note: None }
}

fn failed(kind: FailureKind, code: &str) -> Ended {
    let failure = Failure { kind, code: code.into(), message: "it did not work".into() };
    Ended::Failed { failure, retry_after: None }
}

fn later(poll_after: Option<SignedDuration>) -> Ended {
    Ended::Later { correlation: "hmrc-7".into(), poll_after, wanted: vec![], note: None }
}

#[test]
fn a_plugin_does_its_task_once_with_the_settings_of_the_definition() {
    let stage = Stage::begin(FILING);
    stage.answers(|call, _| {
        assert_eq!((call.name.as_str(), call.digest, call.client.as_str()), ("vat.file", OLD, "4711"));
        let settings = Value::map([("box5", Value::text("12.50")), ("who", Value::text("Client 4711"))]);
        assert_eq!(call.settings, settings);
        called(done("r-1"))
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    assert_eq!(stage.calls(), [], "nothing is called before the commit that wants it");
    stage.drive();
    assert_eq!(stage.calls(), [(Purpose::Run, 1)]);
    let job = stage.job();
    assert_eq!(job.state, JobState::Completed);
    let note = job.run(&"note".parse().unwrap()).expect("the task");
    assert_eq!(note.outputs.values().collect::<Vec<_>>(), [&Value::text("r-1")], "others read its outputs");
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    assert!(job.effects.is_empty());
}

#[test]
fn every_attempt_has_the_same_key_and_the_component_it_began_with() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(failed(FailureKind::Transient, "unreachable")));
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    *stage.plugins.digest.lock().unwrap() = Some(NEW);
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Run, 2)]);
    let calls = stage.plugins.calls.lock().unwrap();
    assert_eq!((calls[0].key, calls[0].digest), (calls[1].key, calls[1].digest));
    drop(calls);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_busy_other_side_is_left_alone_for_as_long_as_it_says() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| {
        let failure = Failure { kind: FailureKind::Busy, code: "busy".into(), message: "come back".into() };
        called(Ended::Failed { failure, retry_after: Some(SignedDuration::from_mins(30)) })
    });
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(29);
    assert_eq!(stage.calls().len(), 1);
    stage.wait(2);
    assert_eq!(stage.calls().len(), 2);
}

#[test]
fn what_a_plugin_says_and_wants_is_committed_with_its_answer() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| {
        let line = Line { level: Level::Info, message: "filed".into(), fields: String::new() };
        let wanted = vec![Wanted::SetClient(vec![("vat.filed".into(), Value::Bool(true))])];
        let outputs = Value::map([("receipt", Value::text("r-1"))]);
        let ended = Ended::Done { outputs, wanted, note: Some("by wire".into()) };
        Called { ended, lines: vec![line], spent: Spent::default() }
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let events = stage.events();
    let words: Vec<_> = events.iter().map(Event::word).collect();
    let from = words.iter().position(|word| *word == "plugin_asked").expect("it was asked");
    assert_eq!(
        words[from..from + 5],
        ["plugin_asked", "plugin_said", "plugin_returned", "client_updated", "task_completed"]
    );
    let looked = stage.engine.look(job(1)).unwrap();
    assert_eq!(looked.client.fields.get("vat").and_then(|vat| vat.get("filed")), Some(&Value::Bool(true)));
}

#[test]
fn outputs_that_are_not_what_was_declared_fail_the_task_and_a_person_has_it_done_anew() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(Ended::Done { outputs: Value::map::<&str>([]), wanted: vec![], note: None }));
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.failure().code, "bad-output");
    stage.act(Act::Retry, "mended");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
    let calls = stage.plugins.calls.lock().unwrap();
    assert_ne!(calls[0].key, calls[1].key, "what has come back is not the same call");
}

#[test]
fn progress_outlives_an_attempt_and_is_kept_once() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, desk| {
        assert_eq!(desk.checkpointed("sent"), None);
        desk.checkpoint("sent", "1").expect("kept");
        desk.checkpoint("sent", "1").expect("the same again is nothing new");
        assert!(desk.checkpoint("sent", "2").unwrap_err().contains("another value"));
        called(failed(FailureKind::Transient, "cut"))
    });
    stage.answers(|_, desk| {
        assert_eq!(desk.checkpointed("sent").as_deref(), Some("1"));
        for number in 1..64 {
            desk.checkpoint(&format!("page-{number}"), "true").expect("kept");
        }
        assert!(desk.checkpoint("page-64", "true").unwrap_err().contains("64 pieces"));
        called(done("r-1"))
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(5);
    assert_eq!(stage.job().state, JobState::Completed);
    let kept = stage.events().iter().filter(|event| matches!(event, Event::ProgressKept { .. })).count();
    assert_eq!(kept, 64);
}

#[test]
fn an_answer_that_comes_later_is_asked_for_until_it_is_there() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(Some(SignedDuration::from_mins(10)))));
    stage.answers(|_, _| called(Ended::DidNotHappen));
    stage.answers(|_, _| called(done("r-1")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.state(), TaskState::AwaitingExternal);
    stage.wait(9);
    assert_eq!(stage.calls().len(), 1);
    stage.wait(2);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Poll, 2)]);
    stage.wait(20);
    assert_eq!(stage.calls()[2], (Purpose::Poll, 3));
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_plugin_that_can_find_out_is_not_asked_without_end_for_what_comes_later() {
    let stage = Stage::begin(FILING);
    *stage.plugins.repeat_safe.lock().unwrap() = RepeatSafe::Find;
    stage.answers(|_, _| called(later(Some(SignedDuration::from_mins(10)))));
    stage.answers(|_, _| called(Ended::DidNotHappen));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.wait(12);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Poll, 2)], "once, and not again at once");
}

#[test]
fn an_answer_that_comes_later_can_be_given_by_a_person() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(None)));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.state(), TaskState::AwaitingExternal);
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    let outputs = Values::from([("receipt".parse().unwrap(), Value::text("by post"))]);
    stage.act(Act::Complete { outputs }, "the letter came");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
}

/// A call that was claimed, and whose engine died before it came back.
fn cut_off(repeat_safe: RepeatSafe) -> Stage {
    let mut stage = Stage::begin(FILING);
    *stage.plugins.repeat_safe.lock().unwrap() = repeat_safe;
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    let effect = stage.job().effects.keys().next().copied().expect("a call");
    let entry = outbox::load(&stage.engine.reader(), effect).unwrap().expect("it is wanted");
    let claim = outbox::claim(&entry, None, stage.engine.now()).unwrap();
    practice_commit(&stage, claim);
    stage.die();
    stage
}

fn practice_commit(stage: &Stage, draft: jobwright_store::Draft) {
    use jobwright_store::{MemoryFiles, Store};
    let files = MemoryFiles::default();
    let epoch = stage.store.epoch().unwrap();
    let commits = draft.into_commits(&files, stage.store.limits(), epoch, None).unwrap();
    stage.store.commit(vec![commits.main]).unwrap().into_iter().for_each(|one| assert!(one.is_ok()));
}

#[test]
fn a_call_that_may_be_repeated_is_repeated_after_a_crash() {
    let stage = cut_off(RepeatSafe::Key);
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Run, 2)]);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_call_that_may_not_be_repeated_is_left_to_a_person_after_a_crash() {
    let stage = cut_off(RepeatSafe::No);
    stage.wait(5);
    assert_eq!(stage.calls(), []);
    let failure = stage.failure();
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::NeedsPerson, "in-doubt"));
    stage.answers(|_, _| called(done("r-1")));
    stage.act(Act::Retry, "it did not arrive, they say");
    stage.drive();
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_plugin_that_can_find_out_is_asked_before_it_is_run_again() {
    let stage = cut_off(RepeatSafe::Find);
    stage.answers(|_, _| called(Ended::DidNotHappen));
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Find, 2), (Purpose::Run, 3)]);
    assert_eq!(stage.job().state, JobState::Completed);

    let stage = cut_off(RepeatSafe::Find);
    stage.answers(|_, _| called(done("r-1")));
    stage.wait(5);
    assert_eq!(stage.calls(), [(Purpose::Find, 2)], "it had happened");
    assert_eq!(stage.job().state, JobState::Completed);

    let stage = cut_off(RepeatSafe::Find);
    stage.answers(|_, _| called(Ended::Unknown("their log is gone".into())));
    stage.wait(5);
    assert_eq!(stage.failure().code, "plugin-unknown");
}

#[test]
fn a_call_that_was_cut_off_in_the_middle_is_in_doubt_too() {
    let stage = Stage::begin(FILING);
    *stage.plugins.repeat_safe.lock().unwrap() = RepeatSafe::No;
    stage.answers(|_, _| called(failed(FailureKind::Timeout, "plugin-timeout")));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let failure = stage.failure();
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::NeedsPerson, "plugin-timeout"));
    assert!(failure.message.contains("nobody knows"), "{failure}");
}

#[test]
fn a_task_that_is_no_longer_wanted_is_not_begun_and_one_that_has_begun_is_told() {
    let stage = Stage::begin(FILING);
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.act(Act::Skip, "not this quarter");
    stage.drive();
    assert_eq!(stage.calls(), []);

    let stage = Stage::begin(FILING);
    stage.answers(|_, _| called(later(Some(SignedDuration::from_mins(10)))));
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    stage.act(Act::Skip, "not this quarter");
    stage.answers(|_, _| called(Ended::Cancelled));
    stage.wait(30);
    assert_eq!(stage.calls(), [(Purpose::Run, 1), (Purpose::Cancel, 2)]);
    assert_eq!(outbox::counts(&stage.engine.reader()).unwrap(), outbox::Counts::default());
    assert!(stage.job().effects.is_empty());
}

#[test]
fn an_answer_that_comes_after_the_task_was_skipped_changes_nothing() {
    let stage = Stage::begin(FILING);
    let engine = stage.engine.clone();
    stage.answers(move |_, _| {
        let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
        let (task, note) = ("file".parse().unwrap(), Some("by hand".into()));
        engine.command(job(1), Command::Act { task, act: Act::Skip, by, active: true, note }).expect("skipped");
        let wanted = vec![Wanted::SetClient(vec![("vat.filed".into(), Value::Bool(true))])];
        called(Ended::Done { outputs: Value::map([("receipt", Value::text("r"))]), wanted, note: None })
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!(stage.state(), TaskState::Skipped);
    assert_eq!(stage.engine.look(job(1)).unwrap().client.fields.get("vat"), None);
    assert!(!stage.job().effects.contains_key(&stage.effect()));
}

#[test]
fn a_task_without_its_plugin_says_so_and_runs_once_it_is_there() {
    let stage = Stage::begin(FILING);
    *stage.plugins.digest.lock().unwrap() = None;
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let failure = stage.failure();
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::NeedsPerson, "plugin-missing"));
    *stage.plugins.digest.lock().unwrap() = Some(NEW);
    stage.answers(|_, _| called(done("r-1")));
    stage.act(Act::Retry, "it is installed");
    stage.drive();
    assert_eq!(stage.plugins.calls.lock().unwrap()[0].digest, NEW);
    assert_eq!(stage.job().state, JobState::Completed);
}

#[test]
fn a_selector_of_a_plugin_finds_people_and_its_reason_is_kept() {
    let stage = Stage::begin(CHOSEN);
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    let resolved = stage.events().into_iter().find_map(|event| match event {
        Event::RecipientsResolved { resolution, .. } => Some(resolution),
        _ => None,
    });
    let resolved = resolved.expect("somebody was looked for");
    assert_eq!(resolved.chosen.len(), 1);
    assert_eq!(resolved.chosen[0].name, "Pat");
    assert!(format!("{:?}", resolved.tree).contains("the first who is a clerk"), "{:?}", resolved.tree);
}

#[test]
fn a_job_with_a_plugin_is_read_back_as_it_was() {
    let mut stage = Stage::begin(FILING);
    stage.answers(|_, desk| {
        desk.checkpoint("sent", "1").expect("kept");
        called(later(None))
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    let before = stage.job();
    stage.die();
    assert_eq!(stage.job(), before);
    let head = jobs::head(&stage.engine.reader(), job(1)).unwrap().expect("its head");
    assert_eq!(head.value.set_aside, None);
}

fn banking() -> Stage {
    Stage::begin(BANKING)
}

impl Stage {
    fn try_act(&self, task: &str, act: Act) -> Result<(), String> {
        let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
        let command = Command::Act { task: task.parse().unwrap(), act, by, active: true, note: None };
        self.engine.command(job(1), command).map(drop).map_err(|error| error.to_string())
    }

    fn state_of(&self, task: &str) -> TaskState {
        self.job().run(&task.parse().unwrap()).expect("the task").state
    }
}

fn answer(item: &str, value: &str) -> Act {
    Act::Answer { item: item.parse().unwrap(), answer: Answered::Value(Value::text(value)) }
}

fn outputs(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), Value::text(*value))).collect()
}

#[test]
fn an_answer_that_a_check_finds_unfit_is_refused_in_its_words_and_the_attempt_stays_on_the_timeline() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let refused = stage.try_act("ask", answer("iban", "12345"));
    assert_eq!(refused.unwrap_err(), "`iban`: no IBAN begins so; too short (checked by `bank.iban`)");
    let tried = stage.events().into_iter().filter(|event| matches!(event, Event::ActRefused { .. })).count();
    assert_eq!((tried, stage.state_of("ask").is_settled()), (1, false));
}

#[test]
fn an_answer_that_passes_its_check_counts_and_the_component_that_looked_is_named() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    stage.try_act("ask", answer("iban", "GB33BUKB")).expect("taken");
    let checked = stage.events().into_iter().find_map(|event| match event {
        Event::ValueChecked { name, check, digest, .. } if name.as_str() == "iban" => Some((check, digest)),
        _ => None,
    });
    assert_eq!(checked, Some(("bank.iban".to_owned(), NEW)));
    let run = stage.job().run(&"ask".parse().unwrap()).expect("the task").clone();
    assert!(run.answers.contains_key(&"iban".parse().unwrap()));
}

#[test]
fn what_is_left_out_is_not_checked() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    stage.try_act("told", Act::Complete { outputs: outputs(&[("account", "GB1")]) }).expect("taken");
    let checked = stage
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::ValueChecked { task, .. } if task.task.as_str() == "told"));
    assert_eq!((checked.count(), stage.state_of("told")), (1, TaskState::Completed));
}

#[test]
fn outputs_that_a_person_gives_are_checked_before_the_task_is_done() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let given = outputs(&[("account", "GB1"), ("other", "FR2")]);
    let refused = stage.try_act("told", Act::Complete { outputs: given }).unwrap_err();
    assert_eq!(refused, "`other`: no IBAN begins so; too short (checked by `bank.iban`)");
    assert!(!stage.state_of("told").is_settled());
}

#[test]
fn a_value_whose_check_cannot_be_asked_is_not_taken() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let refused = stage.try_act("ask", answer("iban", "down")).unwrap_err();
    assert!(refused.starts_with("`iban` cannot be checked by `bank.iban`, and so it is not taken: "), "{refused}");
    assert!(refused.contains("the plugin stopped by itself"), "{refused}");
}

#[test]
fn outputs_of_a_script_that_a_check_finds_unfit_fail_the_task() {
    let stage = Stage::begin(&BANKING.replace("default: GB33", "default: XX33"));
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let run = stage.job().run(&"found".parse().unwrap()).expect("the task").clone();
    let failure = run.failure.expect("it failed");
    assert_eq!((run.state, failure.code.as_str()), (TaskState::Failed, "bad-output"));
    assert!(failure.message.contains("no IBAN begins so"), "{}", failure.message);
}

#[test]
fn a_selector_sees_how_many_open_tasks_lie_on_whose_desk_also_of_jobs_started_a_moment_ago() {
    let stage = Stage::begin(CHOSEN);
    for number in 1..=3 {
        stage.engine.start(start(number, "chosen", "4711")).expect("started");
    }
    let seen = || stage.plugins.desks.lock().unwrap().clone();
    assert_eq!(seen(), [0, 1, 2]);
    let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
    let (task, act) = ("look".parse().unwrap(), Act::Complete { outputs: Values::new() });
    stage.engine.command(job(1), Command::Act { task, act, by, active: true, note: None }).expect("done");
    stage.engine.start(start(4, "chosen", "4711")).expect("started");
    assert_eq!(seen(), [0, 1, 2, 2]);
}

fn listening(words: &[&'static str]) -> Stage {
    let stage = Stage::begin(CHOSEN);
    stage.plugins.listens.lock().unwrap().extend(words);
    stage
}

fn heard() -> Called {
    called(Ended::Done { outputs: Value::map::<String>([]), wanted: vec![], note: None })
}

impl Stage {
    /// What listeners were told, in order, with the number of each event.
    fn told(&self) -> Vec<(String, u64)> {
        let calls = self.plugins.calls.lock().unwrap();
        calls
            .iter()
            .filter(|call| call.purpose == Purpose::Observe)
            .map(|call| (call.name.clone(), call.key.event))
            .collect()
    }

    fn finish(&self) {
        self.try_act("look", Act::Complete { outputs: Values::new() }).expect("done");
    }
}

#[test]
fn a_listener_hears_the_events_of_a_job_in_their_order_and_each_once() {
    let stage = listening(&["job_opened", "task_completed", "job_completed"]);
    (0..3).for_each(|_| stage.answers(|_, _| heard()));
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    let told = stage.told();
    let words: Vec<&str> = told.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["job_opened", "task_completed", "job_completed"]);
    assert!(told.is_sorted_by_key(|(_, number)| *number), "{told:?}");
    assert_eq!(outbox::counts(&stage.engine.reader()).expect("counted"), outbox::Counts::default());
    let heard = stage.events().into_iter().filter(|event| matches!(event, Event::ListenerHeard { .. })).count();
    assert_eq!(heard, 0, "whoever says nothing leaves no line");
}

#[test]
fn a_listener_is_told_what_happened_and_to_whom() {
    let stage = listening(&["task_completed"]);
    stage.answers(|call, _| {
        assert_eq!((call.task.to_string().as_str(), call.client.as_str()), ("look", "4711"));
        let text = |name: &str| call.settings.get(name).and_then(Value::as_text).map(str::to_owned);
        assert_eq!((text("task").as_deref(), text("definition").as_deref()), (Some("look"), Some("chosen")));
        assert_eq!(text("by").as_deref(), Some("staff pat"));
        heard()
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn a_listener_that_is_away_for_a_moment_is_told_again_and_hears_what_came_after_only_then() {
    let stage = listening(&["task_activated", "task_completed"]);
    stage.answers(|_, _| called(failed(FailureKind::Transient, "ledger-away")));
    stage.answers(|call, _| {
        assert_eq!((call.name.as_str(), call.attempt), ("task_activated", 2));
        heard()
    });
    stage.answers(|_, _| heard());
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    stage.finish();
    stage.drive();
    assert_eq!(stage.told().len(), 1, "the second waits behind the first");
    stage.wait(2);
    let words: Vec<String> = stage.told().into_iter().map(|(word, _)| word).collect();
    assert_eq!(words, ["task_activated", "task_activated", "task_completed"]);
}

#[test]
fn what_a_listener_changes_and_says_is_committed_also_after_the_job_has_ended() {
    let stage = listening(&["job_completed"]);
    stage.answers(|_, _| {
        let wanted = vec![Wanted::SetClient(vec![("vat.filed".into(), Value::text("yes"))])];
        let lines = vec![Line { level: Level::Info, message: "posted".into(), fields: String::new() }];
        let ended = Ended::Done { outputs: Value::map::<String>([]), wanted, note: None };
        Called { ended, lines, spent: Spent::default() }
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    let said = stage.events().into_iter().find_map(|event| match event {
        Event::ListenerHeard { listener, lines, changes, failure: None, .. } => Some((listener, lines.len(), changes)),
        _ => None,
    });
    assert_eq!(said, Some(("ledger".to_owned(), 1, vec![("vat.filed".to_owned(), Value::text("yes"))])));
    assert_eq!(stage.job().state, JobState::Completed);
    let client = stage.engine.look(job(1)).expect("the job").client.clone();
    let filed = client.fields.get("vat").and_then(|vat| vat.get("filed")).cloned();
    assert_eq!(filed, Some(Value::text("yes")));
}

#[test]
fn a_listener_that_can_never_be_told_is_on_the_timeline_and_holds_nothing_up() {
    let stage = listening(&["task_activated", "task_completed"]);
    stage.answers(|_, _| called(failed(FailureKind::Permanent, "ledger-closed")));
    stage.answers(|_, _| heard());
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.finish();
    stage.drive();
    assert_eq!(stage.told().len(), 2);
    let failed = stage.events().into_iter().any(
        |event| matches!(event, Event::ListenerHeard { failure: Some(failure), .. } if failure.code == "ledger-closed"),
    );
    assert!(failed);
}

#[test]
fn a_listener_that_was_being_told_when_the_engine_died_is_told_again() {
    let mut stage = listening(&["task_activated"]);
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    let due = outbox::due(&stage.engine.reader(), stage.engine.now(), 9).expect("due");
    let entry = outbox::load(&stage.engine.reader(), due[0]).unwrap().expect("it is wanted");
    let claim = outbox::claim(&entry, None, stage.engine.now()).unwrap();
    practice_commit(&stage, claim);
    stage.die();
    stage.answers(|_, _| heard());
    stage.wait(2);
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn a_change_that_the_clients_record_does_not_take_fails_the_task_and_nothing_else() {
    let stage = Stage::begin(FILING);
    stage.answers(|_, _| {
        let wanted = vec![Wanted::SetClient(vec![("id".into(), Value::text("other"))])];
        called(Ended::Done { outputs: Value::map([("receipt", Value::text("R1"))]), wanted, note: None })
    });
    stage.engine.start(start(1, "filing", "4711")).expect("started");
    stage.drive();
    assert_eq!((stage.state(), stage.failure().code.as_str()), (TaskState::Failed, "bad-effect"));
    assert!(stage.failure().message.contains("`id`"), "{}", stage.failure().message);
}

#[test]
fn a_change_of_a_listener_that_the_clients_record_does_not_take_is_told_on_the_timeline() {
    let stage = listening(&["task_activated"]);
    stage.answers(|_, _| {
        let wanted = vec![Wanted::SetClient(vec![("id".into(), Value::text("other"))])];
        called(Ended::Done { outputs: Value::map::<String>([]), wanted, note: None })
    });
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    let failed = stage.events().into_iter().any(
        |event| matches!(event, Event::ListenerHeard { failure: Some(failure), .. } if failure.code == "bad-effect"),
    );
    assert!(failed);
}

#[test]
fn a_listener_whom_somebody_must_mend_first_is_told_later() {
    let stage = listening(&["task_activated"]);
    stage.answers(|_, _| called(failed(FailureKind::NeedsPerson, "plugin-held")));
    stage.answers(|_, _| heard());
    stage.engine.start(start(1, "chosen", "4711")).expect("started");
    stage.drive();
    stage.wait(2);
    assert_eq!(stage.told().len(), 2);
}

#[test]
fn what_goes_to_a_desk_in_the_same_breath_is_seen_by_the_job_after_it() {
    const OTHER: &str = "format: 1\nid: other\nname: Other\ntasks:\n  - { id: look, type: manual }\n";
    let stage = Stage::begin(CHOSEN);
    fill_with(&stage.engine, OTHER, &["4711"], &offers());
    let starts = [start(1, "other", "4711"), start(2, "chosen", "4711"), start(3, "chosen", "4711")];
    stage.engine.start_each(starts, 3, |_, started| drop(started.expect("started"))).expect("seated");
    assert_eq!(*stage.plugins.desks.lock().unwrap(), [1, 2]);
}
