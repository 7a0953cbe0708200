//! Diagnostics as a JSON list, for scripts and editors.
//!
//! Owns: the names of its members, which are for ever. Lines and columns count from 1, columns in characters; what has
//! no place in a file has `null` there.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Sources;

#[derive(Serialize)]
struct Record<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    help: Vec<&'a str>,
}

/// The list, sorted as people see it.
pub fn json(sources: &Sources, diagnostics: &Diagnostics) -> serde_json::Value {
    let sorted = diagnostics.sorted();
    sorted.iter().map(|diagnostic| serde_json::json!(record(sources, diagnostic))).collect()
}

/// The primary label's words are the first help: often they are "did you mean".
fn record<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Record<'a> {
    let span = diagnostic.span();
    let start = span.map(|span| sources.place(span.file, span.range().start));
    let end = span.map(|span| sources.place(span.file, span.range().end));
    let primary = diagnostic.labels.iter().filter(|label| label.primary && !label.text.is_empty());
    let help = primary.map(|label| label.text.as_str()).chain(diagnostic.help.iter().map(String::as_str));
    Record {
        code: diagnostic.code,
        severity: diagnostic.severity.as_str(),
        message: &diagnostic.message,
        file: span.map(|span| sources.name(span.file)),
        line: start.map(|place| place.line),
        column: start.map(|place| place.column),
        end_line: end.map(|place| place.line),
        end_column: end.map(|place| place.column),
        help: help.collect(),
    }
}
