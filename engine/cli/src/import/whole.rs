//! People files: roles, staff and clients, read whole by `definition`.
//!
//! Owns: turning its diagnostics into the importer's faults, with file and line. Such a file is bounded; long lists come
//! as tables.

use std::path::Path;

use jobwright_definition::diagnostic::{Diagnostics, Severity};
use jobwright_definition::people::{self, People, people};
use jobwright_definition::source::Sources;
use jobwright_definition::syntax;

use super::Fault;
use crate::caller::Caller;
use crate::practice::{Practice, shown};
use crate::report::{Report, Result};

/// Reads a people file, and tells what is wrong with it.
pub fn read_people(
    path: &Path,
    practice: &Practice,
    known: &people::Known,
    caller: &dyn Caller,
) -> Result<(People, Vec<Fault>)> {
    let bytes = caller.read(path).map_err(|error| Report::file("read", path, &error))?;
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, &shown(path), &bytes, &mut diagnostics);
    let read = node.and_then(|node| people(&node, &practice.file, known, &mut diagnostics));
    let mut faults = faults(&sources, &diagnostics, &shown(path));
    if read.is_none() {
        let why = "nothing of this file was taken: an error outside of its rows makes all of it doubtful".to_owned();
        faults.push(Fault { place: shown(path), why, is_warning: true });
    }
    Ok((read.unwrap_or_default(), faults))
}

fn faults(sources: &Sources, diagnostics: &Diagnostics, file: &str) -> Vec<Fault> {
    let fault = |one: jobwright_definition::diagnostic::Diagnostic| {
        let place = match one.span() {
            Some(span) => format!("{}:{}", sources.name(span.file), sources.place(span.file, span.range().start).line),
            None => file.to_owned(),
        };
        Fault { place, why: one.message, is_warning: one.severity != Severity::Error }
    };
    diagnostics.sorted().into_iter().map(fault).collect()
}
