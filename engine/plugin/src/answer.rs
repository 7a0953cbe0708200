//! Work that is an answer: pure, bounded, inside the turn.

use jiff::{Timestamp, civil::Date};
use jobwright_core::{effect::Failure, plan::Script, value::Value};
use std::{borrow::Cow, collections::BTreeMap};

/// What may be known for an answer. A value is worked out when it is asked for, and most are never asked for.
pub trait Known {
    /// The names there are, always in the same order.
    fn names(&self) -> Vec<&str>;

    /// The value of a name.
    fn value(&self, name: &str) -> Option<Cow<'_, Value>>;
}

impl Known for BTreeMap<String, Value> {
    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }

    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.get(name).map(Cow::Borrowed)
    }
}

/// What is asked, with everything that may be known for it.
pub struct Asked<'a> {
    /// What the definition says.
    pub script: &'a Script,
    /// What it may read.
    pub facts: &'a dyn Known,
    /// The journaled time of this evaluation.
    pub now: Timestamp,
    /// Its day in the practice's zone.
    pub today: Date,
    /// Whether the practice works on a day.
    pub is_working_day: &'a dyn Fn(Date) -> bool,
    /// The job definition that the practice names for a service.
    pub job_for_service: &'a dyn Fn(&str) -> Option<String>,
}

/// A task type that computes. The same question must always get the same answer: it is journaled and never asked again.
pub trait Answers: Send + Sync {
    /// The word after `type:` in a definition.
    fn task_type(&self) -> &'static str;

    /// Computes the task's outputs, as a map.
    ///
    /// # Errors
    /// A failure says in its code and message what went wrong and where.
    fn answer(&self, asked: &Asked<'_>) -> Result<Value, Failure>;
}
