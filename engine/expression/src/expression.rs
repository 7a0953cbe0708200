//! One expression: a condition, a list, a computed value.
//!
//! Owns: the way from text to value. Compiled once and shared; an evaluation keeps nothing.

use crate::{
    check::{check, unrounded},
    evaluate::evaluate,
    fault::{Cause, EvaluationError, Fault},
    node::{Program, Read},
    scope::{EXPRESSION_OPERATIONS_MAX, Facts, Scope},
    syntax::script::read_expression,
};
use jobwright_core::value::{Type, Value};
use std::ops::Range;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    program: Program,
    wants: Type,
    length: usize,
}

impl Expression {
    /// Reads and checks an expression; gives every fault it finds.
    pub fn compile(text: &str, scope: &Scope) -> Result<Self, Vec<Fault>> {
        let (program, mut faults) = read_expression(text)?;
        faults.extend(check(text, &program, scope));
        if faults.is_empty() {
            return Ok(Self { program, wants: scope.wants().clone(), length: text.len() });
        }
        Err(in_order(faults))
    }

    /// The facts it reads, in the order of the text.
    pub fn reads(&self) -> &[Read] {
        &self.program.reads
    }

    /// Where it gives an amount of money that may have fractions of a penny, since nothing rounds what a division or a
    /// percentage leaves.
    pub fn unrounded(&self) -> Vec<Range<usize>> {
        unrounded(&self.program.body, &self.wants)
    }

    /// Its value.
    pub fn evaluate(&self, facts: &dyn Facts) -> Result<Value, EvaluationError> {
        let value = evaluate(&self.program, facts, EXPRESSION_OPERATIONS_MAX)?;
        of_type(value, &self.wants, self.length)
    }
}

/// Faults in the order a person reads them, each once.
pub(crate) fn in_order(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    faults.dedup();
    faults
}

/// Holds a result to its type: facts without a type may have let anything through.
pub(crate) fn of_type(value: Value, wants: &Type, length: usize) -> Result<Value, EvaluationError> {
    let fractions = if wants_money(wants) { value.money_fault() } else { None };
    if value.fits(wants) && fractions.is_none() {
        return Ok(value);
    }
    let message = match fractions {
        Some(fault) => format!("{value} {fault}"),
        None => format!("this gave {}, where {wants} is asked", value.kind()),
    };
    Err(EvaluationError { span: 0..length, message, cause: Cause::Wrong })
}

fn wants_money(wants: &Type) -> bool {
    match wants {
        Type::Money(_) => true,
        Type::Optional(of) | Type::List(of) => wants_money(of),
        _ => false,
    }
}
