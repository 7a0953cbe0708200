//! Expressions, scripts and letters: bounded, typed, without floats.
//!
//! Owns: three ways to write (rhai's expressions and scripts, minijinja's templates), read into one tree, typed by one
//! check and run by one evaluator; so that a comparison means the same in all. Knows values and types of `core` only.
#![warn(missing_docs)]

mod check;
mod evaluate;
mod expression;
mod fault;
mod format;
mod function;
mod node;
mod scope;
mod script;
mod syntax;
mod template;
#[cfg(test)]
mod tests;

pub use expression::Expression;
pub use fault::{Cause, EvaluationError, Fault, FaultKind, Label};
pub use node::Read;
pub use scope::{
    DEPTH_MAX, EXPRESSION_OPERATIONS_MAX, Facts, LETTER_OPERATIONS_MAX, LIST_MAX, Limits, SCRIPT_OPERATIONS,
    SCRIPT_OPERATIONS_MAX, SOURCE_BYTES_MAX, Scope, TEXT_BYTES_MAX,
};
pub use script::Script;
pub use template::{MergeContext, MergeError, Template, TemplateKind};

/// The language's version; part of a definition's hash, so that a function added later changes no old definition.
pub const PROFILE: u32 = 1;
