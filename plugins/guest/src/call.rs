//! A call, and what comes of it.
//!
//! Owns: the shapes that authors read and build. How they cross the border is `host`'s.

use serde_json::{Map, Value};
use std::time::Duration;

/// What is known of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The job's id.
    pub job: String,
    /// The task's name in its definition.
    pub task: String,
    /// The id of the client whom the job is for.
    pub client: String,
    /// The same in every attempt, and of no other call.
    pub key: String,
    /// Counts the attempts from 1.
    pub attempt: u32,
    /// The journaled time in milliseconds since 1970: the only clock there is.
    pub now_ms: u64,
    /// After this an answer is of no use.
    pub deadline_ms: u64,
    /// Nothing will leave: what is sent is answered with [`http::Problem::NotSent`](crate::http::Problem::NotSent).
    pub dry_run: bool,
}

/// How a task ended, or will end.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<O> {
    /// Its end.
    pub answer: Answer<O>,
    /// What the engine shall do, committed together with the answer.
    pub effects: Vec<Effect>,
    /// A word for the job's timeline.
    pub note: Option<String>,
}

/// The end of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<O> {
    /// With these outputs.
    Done(O),
    /// Later, under this name; asked for by `find` after so long, or told by a person when there is no such time.
    Later(String, Option<Duration>),
}

impl<O> Outcome<O> {
    /// The task is done.
    pub fn done(outputs: O) -> Self {
        Self::of(Answer::Done(outputs))
    }

    /// The end comes later, by `jobwright complete` under this name, or by [`Task::find`](crate::Task::find) when
    /// [`poll_after`](Self::poll_after) follows.
    pub fn later(correlation: impl Into<String>) -> Self {
        Self::of(Answer::Later(correlation.into(), None))
    }

    fn of(answer: Answer<O>) -> Self {
        Self { answer, effects: vec![], note: None }
    }

    /// When to ask for an end that comes later.
    #[must_use]
    pub fn poll_after(mut self, wait: Duration) -> Self {
        if let Answer::Later(_, poll_after) = &mut self.answer {
            *poll_after = Some(wait);
        }
        self
    }

    /// A word for the job's timeline.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Something that the engine shall do together with this answer.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    pub(crate) fn try_map<P>(self, map: impl FnOnce(O) -> Result<P, Failure>) -> Result<Outcome<P>, Failure> {
        let answer = match self.answer {
            Answer::Done(outputs) => Answer::Done(map(outputs)?),
            Answer::Later(correlation, poll_after) => Answer::Later(correlation, poll_after),
        };
        Ok(Outcome { answer, effects: self.effects, note: self.note })
    }
}

/// Something that the engine shall do.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Which: `client.set`.
    pub kind: String,
    /// With what.
    pub body: Value,
}

impl Effect {
    /// New values of the client's fields, by dotted path.
    pub fn set_client<P: Into<String>>(values: impl IntoIterator<Item = (P, Value)>) -> Self {
        let body: Map<String, Value> = values.into_iter().map(|(path, value)| (path.into(), value)).collect();
        Self { kind: "client.set".to_owned(), body: Value::Object(body) }
    }
}

/// What became of an attempt whose end nobody knows, or of a task that answered `later`.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<O> {
    /// It happened, and here is its outcome.
    Happened(Outcome<O>),
    /// It did not; running it again is safe.
    DidNotHappen,
    /// A person decides.
    Unknown,
}

/// Why a call did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What may be done about it.
    pub kind: FailureKind,
    /// One of the codes in `plugin.toml`; job definitions name it.
    pub code: String,
    /// For staff: the thing, and the next move.
    pub message: String,
    /// A JSON pointer into the settings.
    pub at: Option<String>,
    /// Not to be tried again before so long.
    pub retry_after: Option<Duration>,
}

/// What may be done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It is tried again by the task's rule.
    Transient,
    /// It is tried again, not before `retry_after`.
    Busy,
    /// It will never work with these settings.
    Permanent,
    /// Somebody must mend something first.
    NeedsPerson,
}

impl Failure {
    /// It may work the next time.
    pub fn transient(code: &str, message: impl Into<String>) -> Self {
        Self::of(FailureKind::Transient, code, message)
    }

    /// The other side asks to wait.
    pub fn busy(code: &str, message: impl Into<String>, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::of(FailureKind::Busy, code, message) }
    }

    /// It will never work with these settings.
    pub fn permanent(code: &str, message: impl Into<String>) -> Self {
        Self::of(FailureKind::Permanent, code, message)
    }

    /// Somebody must mend something first.
    pub fn needs_person(code: &str, message: impl Into<String>) -> Self {
        Self::of(FailureKind::NeedsPerson, code, message)
    }

    fn of(kind: FailureKind, code: &str, message: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), message: message.into(), at: None, retry_after: None }
    }

    /// Which setting is wrong, as a JSON pointer: `/box1`.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.at = Some(pointer.into());
        self
    }
}

/// Somebody that a selector chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The id of a contact of the job's client, or of a member of staff.
    pub id: String,
    /// Why, in words for staff.
    pub because: String,
}
