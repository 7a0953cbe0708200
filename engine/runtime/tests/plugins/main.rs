//! Jobs whose work a plugin does: what the engine promises it, and what it promises the job.
//!
//! Owns: the stage: an engine whose plugins answer what a test wants. How a component is run, bounded and kept in is tested
//! where components are.

#[path = "../practice/mod.rs"]
#[allow(dead_code, reason = "other tests and benchmarks use the rest of it")]
mod practice;

mod calls;
mod checks;
mod listeners;
mod selectors;

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

    /// Another engine takes the store over, which cannot read the definitions of its jobs.
    fn forget_how_to_read(&mut self) {
        let mut parts = parts(self.store.clone(), DurableSteps::Turn);
        parts.world.plugins = self.plugins.clone();
        parts.compile = Arc::new(|_| Err("a newer one is needed".into()));
        self.engine = Arc::new(Engine::open(parts).expect("an engine"));
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

    fn try_act(&self, task: &str, act: Act) -> Result<(), String> {
        let by = Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() };
        let command = Command::Act { task: task.parse().unwrap(), act, by, active: true, note: None };
        self.engine.command(job(1), command).map(drop).map_err(|error| error.to_string())
    }

    fn state_of(&self, task: &str) -> TaskState {
        self.job().run(&task.parse().unwrap()).expect("the task").state
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

fn practice_commit(stage: &Stage, draft: jobwright_store::Draft) {
    use jobwright_store::{MemoryFiles, Store};
    let files = MemoryFiles::default();
    let epoch = stage.store.epoch().unwrap();
    let commits = draft.into_commits(&files, stage.store.limits(), epoch, None).unwrap();
    stage.store.commit(vec![commits.main]).unwrap().into_iter().for_each(|one| assert!(one.is_ok()));
}
