//! A letter's text with values in it.
//!
//! Owns: subjects, bodies and HTML bodies. Reading finds every wrong word; checking needs the types of a definition.

use crate::{
    check::check_letter,
    evaluate::render,
    expression::in_order,
    fault::{Cause, Fault},
    node::Read,
    scope::{Facts, Scope},
    syntax::letter::{Letter, read_letter},
};
use jiff::tz::TimeZone;
use std::ops::Range;

/// Where a text will stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateKind {
    /// A subject, label or name: one line.
    Subject,
    /// A plain text.
    Body,
    /// HTML: values are escaped.
    Html,
}

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    text: String,
    kind: TemplateKind,
    letter: Letter,
}

/// For whom a letter is written.
#[derive(Clone, Debug)]
pub struct MergeContext {
    /// The zone its times are told in.
    pub zone: TimeZone,
}

/// Why a letter could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// A field the letter needs is empty: somebody can fill it.
    EmptyField {
        /// The field, as written: `recipient.first_name`.
        path: String,
        /// Where, in bytes of the template.
        span: Range<usize>,
    },
    /// Anything else.
    Fault {
        /// Where, in bytes of the template.
        span: Range<usize>,
        /// What happened.
        message: String,
    },
}

impl std::fmt::Display for MergeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EmptyField { path, .. } => write!(f, "`{path}` is empty"),
            Self::Fault { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for MergeError {}

impl Template {
    /// Reads a template; gives every fault that needs no types.
    pub fn compile(text: &str, kind: TemplateKind) -> Result<Self, Vec<Fault>> {
        let letter = read_letter(text).map_err(in_order)?;
        Ok(Self { text: text.into(), kind, letter })
    }

    /// The facts it reads, in the order of the text.
    pub fn reads(&self) -> &[Read] {
        &self.letter.reads
    }

    /// Checks every name and value against the types of a definition, on every branch.
    pub fn check(&self, scope: &Scope) -> Vec<Fault> {
        in_order(check_letter(&self.text, &self.letter.pieces, scope))
    }

    /// Writes it.
    pub fn render(&self, facts: &dyn Facts, ctx: &MergeContext) -> Result<String, MergeError> {
        let html = self.kind == TemplateKind::Html;
        match render(&self.letter.pieces, &self.letter.roots, facts, &ctx.zone, html) {
            Ok(text) if self.kind == TemplateKind::Subject => Ok(one_line(&text)),
            Ok(text) => Ok(text),
            Err(error) => Err(match error.cause {
                Cause::Empty { path } => MergeError::EmptyField { path, span: error.span },
                Cause::Bound | Cause::Wrong => MergeError::Fault { span: error.span, message: error.message },
            }),
        }
    }
}

/// Line breaks and other control characters become one space: a value must not begin a new header.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let parts: Vec<_> = text.split(breaks).map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}
