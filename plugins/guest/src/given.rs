//! The engine's stand-in, for a plugin's own tests: each test gives it the world that its call shall see.
//!
//! What is given holds for the thread, and so for one test. What is read but was not given is not granted.

use crate::{
    Answer, Call, Check, Choice, Effect, Failure, Found, Level, Listener, Selector, Task,
    http::{Problem, Request, Response},
    records::ReadError,
};
use serde_json::{Map, Value};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
};

#[derive(Default)]
struct World {
    records: BTreeMap<String, Value>,
    answers: VecDeque<Result<Response, Problem>>,
    sent: Vec<Request>,
    said: Vec<String>,
    kept: BTreeMap<String, String>,
}

thread_local!(static WORLD: RefCell<World> = RefCell::default());

fn with<T>(look: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(look)
}

/// The job's client: an object.
pub fn client(client: Value) {
    with(|world| world.records.insert("client".to_owned(), client));
}

/// The client's contacts: a list of objects.
pub fn contacts(contacts: Value) {
    with(|world| world.records.insert("contacts".to_owned(), contacts));
}

/// The staff: a list of objects.
pub fn staff(staff: Value) {
    with(|world| world.records.insert("staff".to_owned(), staff));
}

/// The outputs of another task of the job: an object.
pub fn outputs(task: &str, outputs: Value) {
    with(|world| world.records.insert(format!("outputs.{task}"), outputs));
}

/// The answer to the next request that has none yet.
pub fn answer(answer: Result<Response, Problem>) {
    with(|world| world.answers.push_back(answer));
}

/// What was sent.
#[must_use]
pub fn sent() -> Vec<Request> {
    with(|world| world.sent.clone())
}

/// What was logged.
#[must_use]
pub fn said() -> Vec<String> {
    with(|world| world.said.clone())
}

/// A call such as the engine makes: the first attempt of some task.
#[must_use]
pub fn call() -> Call {
    let texts = ["job-1", "task", "client-1", "key-1"].map(str::to_owned);
    let [job, task, client, key] = texts;
    Call { job, task, client, key, attempt: 1, now_ms: 0, deadline_ms: 30_000, dry_run: false }
}

/// Runs a task with settings as JSON, and gives its outputs.
///
/// # Errors
/// As the task fails.
///
/// # Panics
/// When the task answers that its end comes later.
pub fn run<T: Task>(settings: &str) -> Result<Value, Failure> {
    let task = [crate::Tasks::of::<T>()];
    match crate::Tasks::run(&task, T::TYPE, settings, &call())?.answer {
        Answer::Done(outputs) => Ok(serde_json::from_str(&outputs).expect("outputs are JSON")),
        Answer::Later(correlation, _) => panic!("the end of `{}` comes later, as `{correlation}`", T::TYPE),
    }
}

/// Asks a task what became of it, with settings as JSON.
///
/// # Errors
/// As the task fails to find out.
pub fn find<T: Task>(settings: &str) -> Result<Found<String>, Failure> {
    crate::Tasks::find(&[crate::Tasks::of::<T>()], T::TYPE, settings, &call())
}

/// Asks a selector with settings as JSON.
///
/// # Errors
/// As the selector fails.
pub fn select<S: Selector>(settings: &str) -> Result<Vec<Choice>, Failure> {
    crate::Selectors::select(&[crate::Selectors::of::<S>()], S::NAME, settings, &call())
}

/// Asks a check about a value as JSON.
///
/// # Errors
/// As the check fails.
pub fn check<C: Check>(value: &str) -> Result<Vec<String>, Failure> {
    crate::Checks::check(&[crate::Checks::of::<C>()], C::NAME, value, &call())
}

/// Tells a listener of an event.
///
/// # Errors
/// As the listener fails.
pub fn observe<L: Listener>(event: &str, body: &Value) -> Result<Vec<Effect>, Failure> {
    L::observe(event, body, &call())
}

pub(crate) mod host {
    //! What the engine would answer.

    use super::{Level, Map, Problem, ReadError, Request, Response, Value, with};

    pub fn log(level: Level, message: &str, fields: &str) {
        let line = format!("{}: {message} {fields}", format!("{level:?}").to_lowercase());
        with(|world| world.said.push(line.trim_end().to_owned()));
    }

    pub fn checkpoint(name: &str, value: &str) -> Result<(), String> {
        with(|world| match world.kept.get(name) {
            Some(kept) if kept != value => Err(format!("`{name}` was kept with another value")),
            _ => {
                world.kept.insert(name.to_owned(), value.to_owned());
                Ok(())
            }
        })
    }

    pub fn checkpointed(name: &str) -> Option<String> {
        with(|world| world.kept.get(name).cloned())
    }

    /// The same for the same name; not random at all.
    pub fn random(name: &str, length: u32) -> Vec<u8> {
        let seed = name.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        (0..length).map(|at| seed.wrapping_add((at % 251) as u8)).collect()
    }

    pub fn client(fields: &[String]) -> Result<String, ReadError> {
        read("client", |client| chosen(client, fields))
    }

    pub fn contacts(fields: &[String]) -> Result<String, ReadError> {
        read("contacts", |contacts| each(contacts, fields))
    }

    pub fn staff(fields: &[String]) -> Result<String, ReadError> {
        read("staff", |staff| each(staff, fields))
    }

    pub fn outputs(task: &str) -> Result<String, ReadError> {
        read(&format!("outputs.{task}"), Value::clone)
    }

    pub fn document(_: &str, _: u64, _: u32) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::NotFound)
    }

    pub fn send(request: Request) -> Result<Response, Problem> {
        with(|world| {
            world.sent.push(request);
            world.answers.pop_front().unwrap_or(Err(Problem::NotSent))
        })
    }

    fn read(what: &str, look: impl FnOnce(&Value) -> Value) -> Result<String, ReadError> {
        let found = with(|world| world.records.get(what).map(look));
        found.map(|value| value.to_string()).ok_or_else(|| ReadError::NotGranted(what.to_owned()))
    }

    fn each(list: &Value, fields: &[String]) -> Value {
        list.as_array().into_iter().flatten().map(|one| chosen(one, fields)).collect()
    }

    fn chosen(whole: &Value, fields: &[String]) -> Value {
        let one = |field: &String| Some((field.clone(), whole.get(field)?.clone()));
        Value::Object(fields.iter().filter_map(one).collect::<Map<_, _>>())
    }
}
