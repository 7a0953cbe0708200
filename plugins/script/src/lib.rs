//! The task type `script`: a definition's own arithmetic.
//!
//! Owns: running a compiled script with what the turn knows, and what a failed run means. Leaves the language to
//! `expression`, holding outputs to their declared types to `core`, and journaling the answer to the turn. A script
//! changes nothing: a mail it wants is a task.
#![warn(missing_docs)]

mod cache;
mod known;
mod place;

use cache::Cache;
use jobwright_core::{
    effect::Failure,
    retry::FailureKind,
    value::{Type, Value},
};
use jobwright_expression::{Cause, EvaluationError, Fault, Limits, Scope, Script as Compiled};
use jobwright_plugin::{Answers, Asked};
use known::Known;
use place::Place;
use std::sync::Arc;

pub use cache::SCRIPTS_MAX;

/// The task type that computes.
#[derive(Debug, Default)]
pub struct Script {
    compiled: Cache,
}

impl Script {
    /// Nothing is compiled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The script, compiled when it was not. A definition's types were checked before it was published; here any name
    /// may hold anything.
    fn compiled(&self, asked: &Asked<'_>) -> Result<Arc<Compiled>, Failure> {
        let (source, names) = (&asked.script.source, asked.facts.names());
        if let Some(compiled) = self.compiled.get(source, &names) {
            return Ok(compiled);
        }
        let scope = Scope::new(names.iter().map(|name| (*name, Type::Any)), Type::Map).with_clock();
        let compiled = Compiled::compile(source, &scope).map_err(|faults| refused(source, &faults))?;
        Ok(self.compiled.keep(source, &names, compiled))
    }
}

impl Answers for Script {
    fn task_type(&self) -> &'static str {
        "script"
    }

    fn answer(&self, asked: &Asked<'_>) -> Result<Value, Failure> {
        let limits = Limits { operations: asked.script.operations_max };
        let compiled = self.compiled(asked)?;
        compiled.evaluate(&Known(asked), limits).map_err(|error| failed(&asked.script.source, &error))
    }
}

/// The first fault is the one to mend; the others are told when the definition is checked.
fn refused(source: &str, faults: &[Fault]) -> Failure {
    let words = match faults.first() {
        Some(fault) => told(source, fault.span.start, &fault.message),
        None => "the script cannot be read".into(),
    };
    Failure::permanent("script-refused", words)
}

fn failed(source: &str, error: &EvaluationError) -> Failure {
    let (kind, code) = match error.cause {
        Cause::Empty { .. } => (FailureKind::NeedsPerson, "script-missing-value"),
        Cause::Bound => (FailureKind::Permanent, "script-limit"),
        Cause::Wrong => (FailureKind::Permanent, "script-failed"),
    };
    Failure { kind, code: code.into(), message: told(source, error.span.start, &error.message) }
}

fn told(source: &str, at: usize, message: &str) -> String {
    format!("the script, {}: {message}", Place::of(source, at))
}

#[cfg(test)]
mod tests;
