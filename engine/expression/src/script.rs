//! A script: statements that end in a value.
//!
//! Owns: the way from text to value. A script changes nothing; a mail it wants is a task.

use crate::{
    check::{check, unrounded},
    evaluate::evaluate,
    expression::{in_order, of_type},
    fault::{EvaluationError, Fault},
    node::{Program, Read},
    scope::{Facts, Limits, SCRIPT_OPERATIONS_MAX, Scope},
    syntax::script::read_script,
};
use jobwright_core::value::{Type, Value};
use std::ops::Range;

/// A compiled script.
#[derive(Clone, Debug)]
pub struct Script {
    program: Program,
    wants: Type,
    length: usize,
}

impl Script {
    /// Reads and checks a script; gives every fault it finds.
    pub fn compile(text: &str, scope: &Scope) -> Result<Self, Vec<Fault>> {
        let (program, mut faults) = read_script(text)?;
        faults.extend(check(text, &program, scope));
        if faults.is_empty() {
            return Ok(Self { program, wants: scope.wants().clone(), length: text.len() });
        }
        Err(in_order(faults))
    }

    /// The facts it reads.
    pub fn reads(&self) -> &[Read] {
        &self.program.reads
    }

    /// Where it gives an amount of money that nothing has rounded.
    pub fn unrounded(&self) -> Vec<Range<usize>> {
        unrounded(&self.program.body, &self.wants)
    }

    /// Its value.
    pub fn evaluate(&self, facts: &dyn Facts, limits: Limits) -> Result<Value, EvaluationError> {
        let operations = limits.operations.min(SCRIPT_OPERATIONS_MAX);
        of_type(evaluate(&self.program, facts, operations)?, &self.wants, self.length)
    }
}
