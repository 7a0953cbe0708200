//! Two tasks with one id (WF0301).

use std::collections::BTreeMap;

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for id in &draft.declared.tasks {
        let first = *seen.entry(id.value.as_str()).or_insert(id.span);
        if first != id.span {
            let diagnostic = Diagnostic::error(code::EQUAL_IDS, format!("two tasks are called {}", quoted(&id.value)));
            diagnostics.push(diagnostic.at(id.span, "again here").also(first, "first here"));
        }
    }
}
