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
    plan,
    retry::FailureKind,
    value::{Type, Value},
};
use jobwright_expression::{Cause, EvaluationError, Fault, Limits, Scope, Script as Compiled};
use jobwright_plugin::{Answers, Asked};
use known::Known;
use place::Place;
use std::sync::Arc;

pub use cache::SCRIPTS_MAX;

/// Faults that a refused script tells; whoever mends them checks the definition anyway.
const FAULTS_TOLD_MAX: usize = 20;

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
        let compiled = Compiled::compile(source, &scope).map_err(|faults| refused(asked.script, &faults))?;
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
        compiled.evaluate(&Known(asked), limits).map_err(|error| failed(asked.script, &error))
    }
}

/// Each fault with its place: a definition was checked before it was published, so this one was published by a version
/// that knew a different language, and somebody has to mend all of it.
fn refused(script: &plan::Script, faults: &[Fault]) -> Failure {
    let told = faults.iter().take(FAULTS_TOLD_MAX).map(|fault| told(script, fault.span.start, &fault.message));
    let more = faults.len().saturating_sub(FAULTS_TOLD_MAX);
    let more = (more > 0).then(|| format!("{more} more faults are told when the definition is checked"));
    Failure::permanent("script-refused", told.chain(more).collect::<Vec<_>>().join("; "))
}

fn failed(script: &plan::Script, error: &EvaluationError) -> Failure {
    let (kind, code) = match error.cause {
        Cause::Empty { .. } => (FailureKind::NeedsPerson, "script-missing-value"),
        Cause::Bound => (FailureKind::Permanent, "script-limit"),
        Cause::Wrong => (FailureKind::Permanent, "script-failed"),
    };
    Failure { kind, code: code.into(), message: told(script, error.span.start, &error.message) }
}

/// What is wrong, and where: in the file that the definition names, else in the text that it holds.
fn told(script: &plan::Script, at: usize, message: &str) -> String {
    let place = Place::of(&script.source, at);
    match &script.file {
        Some(file) => format!("{file}, {place}: {message}"),
        None => format!("the script, {place}: {message}"),
    }
}

#[cfg(test)]
mod tests;
