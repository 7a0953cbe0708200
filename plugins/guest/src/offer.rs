//! What a plugin may offer.
//!
//! Owns: the traits that authors implement, and a table of them whose entries take and give JSON.

use crate::{Call, Choice, Effect, Failure, Found, Outcome};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A task type.
pub trait Task {
    /// Its dotted name, as in `plugin.toml`: `vat.checks`.
    const TYPE: &'static str;
    /// What a definition says of it, read by its schema.
    type Settings: DeserializeOwned;
    /// What it gives, by its schema.
    type Outputs: Serialize;

    /// Does it.
    ///
    /// # Errors
    /// With one of the codes in `plugin.toml`.
    fn run(settings: Self::Settings, call: &Call) -> Result<Outcome<Self::Outputs>, Failure>;

    /// What is wrong with settings that a schema can't say. Asked when a definition is loaded; may do nothing but log.
    fn check(_settings: Self::Settings) -> Vec<Failure> {
        vec![]
    }

    /// What became of an attempt whose end nobody knows, and of a task that answered `later`.
    ///
    /// # Errors
    /// When that cannot be found out now.
    fn find(_settings: Self::Settings, _call: &Call) -> Result<Found<Self::Outputs>, Failure> {
        Ok(Found::Unknown)
    }

    /// The task is no longer wanted.
    ///
    /// # Errors
    /// When it could not be stopped.
    fn cancel(_settings: Self::Settings, _call: &Call) -> Result<(), Failure> {
        Ok(())
    }
}

/// A recipient selector: it reads and chooses.
pub trait Selector {
    /// Its dotted name, as in `plugin.toml`.
    const NAME: &'static str;
    /// What a definition says of it.
    type Settings: DeserializeOwned;

    /// Chooses, the best first.
    ///
    /// # Errors
    /// When it cannot tell; nobody at all is an empty list.
    fn select(settings: Self::Settings, call: &Call) -> Result<Vec<Choice>, Failure>;
}

/// A check of a value that a person or a task gives.
pub trait Check {
    /// Its dotted name, as in `plugin.toml`.
    const NAME: &'static str;
    /// What is checked.
    type Value: DeserializeOwned;

    /// What is wrong, one sentence each for whoever gave it.
    ///
    /// # Errors
    /// When it cannot tell.
    fn check(value: Self::Value, call: &Call) -> Result<Vec<String>, Failure>;
}

/// Somebody who is told what was committed.
pub trait Listener {
    /// Told at least once, in the order of each job's events.
    ///
    /// # Errors
    /// When it wants to be told again.
    fn observe(event: &str, body: &Value, call: &Call) -> Result<Vec<Effect>, Failure>;
}

/// All that a plugin offers of one kind.
pub trait Offer<T: 'static> {
    /// Each of them.
    const ALL: &'static [T];
}

/// A task type, from JSON to JSON.
#[derive(Clone, Copy)]
pub struct Tasks {
    name: &'static str,
    check: fn(&str) -> Vec<Failure>,
    run: fn(&str, &Call) -> Result<Outcome<String>, Failure>,
    find: fn(&str, &Call) -> Result<Found<String>, Failure>,
    cancel: fn(&str, &Call) -> Result<(), Failure>,
}

#[allow(missing_docs, clippy::missing_errors_doc)]
impl Tasks {
    #[must_use]
    pub const fn of<T: Task>() -> Self {
        Self {
            name: T::TYPE,
            check: |settings| read(settings).map_or_else(|failure| vec![failure], T::check),
            run: |settings, call| T::run(read(settings)?, call)?.try_map(written),
            find: |settings, call| {
                Ok(match T::find(read(settings)?, call)? {
                    Found::Happened(outcome) => Found::Happened(outcome.try_map(written)?),
                    Found::DidNotHappen => Found::DidNotHappen,
                    Found::Unknown => Found::Unknown,
                })
            },
            cancel: |settings, call| T::cancel(read(settings)?, call),
        }
    }

    pub fn check(all: &[Self], name: &str, settings: &str) -> Vec<Failure> {
        Self::named(all, name).map_or_else(|failure| vec![failure], |task| (task.check)(settings))
    }

    pub fn run(all: &[Self], name: &str, settings: &str, call: &Call) -> Result<Outcome<String>, Failure> {
        (Self::named(all, name)?.run)(settings, call)
    }

    pub fn find(all: &[Self], name: &str, settings: &str, call: &Call) -> Result<Found<String>, Failure> {
        (Self::named(all, name)?.find)(settings, call)
    }

    pub fn cancel(all: &[Self], name: &str, settings: &str, call: &Call) -> Result<(), Failure> {
        (Self::named(all, name)?.cancel)(settings, call)
    }

    fn named<'a>(all: &'a [Self], name: &str) -> Result<&'a Self, Failure> {
        all.iter().find(|task| task.name == name).ok_or_else(|| unknown(name))
    }
}

/// A selector, from JSON on.
#[derive(Clone, Copy)]
pub struct Selectors {
    name: &'static str,
    select: fn(&str, &Call) -> Result<Vec<Choice>, Failure>,
}

#[allow(missing_docs, clippy::missing_errors_doc)]
impl Selectors {
    #[must_use]
    pub const fn of<S: Selector>() -> Self {
        Self { name: S::NAME, select: |settings, call| S::select(read(settings)?, call) }
    }

    pub fn select(all: &[Self], name: &str, settings: &str, call: &Call) -> Result<Vec<Choice>, Failure> {
        let selector = all.iter().find(|selector| selector.name == name).ok_or_else(|| unknown(name))?;
        (selector.select)(settings, call)
    }
}

/// A check, from JSON on.
#[derive(Clone, Copy)]
pub struct Checks {
    name: &'static str,
    check: fn(&str, &Call) -> Result<Vec<String>, Failure>,
}

#[allow(missing_docs, clippy::missing_errors_doc)]
impl Checks {
    #[must_use]
    pub const fn of<C: Check>() -> Self {
        Self { name: C::NAME, check: |value, call| C::check(read(value)?, call) }
    }

    pub fn check(all: &[Self], name: &str, value: &str, call: &Call) -> Result<Vec<String>, Failure> {
        let check = all.iter().find(|check| check.name == name).ok_or_else(|| unknown(name))?;
        (check.check)(value, call)
    }
}

/// A listener, from JSON on.
#[derive(Clone, Copy)]
pub struct Listeners(fn(&str, &Value, &Call) -> Result<Vec<Effect>, Failure>);

#[allow(missing_docs, clippy::missing_errors_doc)]
impl Listeners {
    #[must_use]
    pub const fn of<L: Listener>() -> Self {
        Self(L::observe)
    }

    pub fn observe(all: &[Self], event: &str, body: &str, call: &Call) -> Result<Vec<Effect>, Failure> {
        let body: Value = read(body)?;
        let told = all.iter().map(|listener| listener.0(event, &body, call)).collect::<Result<Vec<_>, _>>()?;
        Ok(told.into_iter().flatten().collect())
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::permanent("bad-settings", error.to_string()))
}

fn written<T: Serialize>(outputs: T) -> Result<String, Failure> {
    serde_json::to_string(&outputs).map_err(|error| Failure::permanent("bad-outputs", error.to_string()))
}

fn unknown(name: &str) -> Failure {
    Failure::permanent("unknown-name", format!("this plugin has no `{name}`, though its manifest says so"))
}
