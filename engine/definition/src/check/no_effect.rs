//! A key that is read and can never have an effect on its task (WF0607).

use jobwright_core::plan::{Task, Work};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

/// A key, when it means nothing, and why.
type Row = (&'static str, fn(&Task) -> bool, &'static str);

const ROWS: &[Row] = &[
    ("retry", |task| !acts(task), "only letters and started jobs are tried again"),
    ("in_doubt", |task| !asks(task), "the task writes no letter"),
    ("on_expired", |task| task.expires.is_none(), "the task has no `expires`"),
    ("timeout", is_instant, "the task ends in the moment it begins"),
    ("expires", is_instant, "the task ends in the moment it begins"),
    ("on_uncompletable", |task| !asks(task), "the task asks nobody"),
];

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for (task, places) in draft.plan.tasks.iter().zip(&draft.tasks) {
        for (key, means_nothing, why) in ROWS {
            let written = places.keys.iter().find(|(name, _)| name == key);
            if let Some((_, span)) = written.filter(|_| means_nothing(task)) {
                let message = format!("`{key}` means nothing here: {why}");
                diagnostics.push(Diagnostic::warning(code::NO_EFFECT, message).at(*span, ""));
            }
        }
    }
}

fn acts(task: &Task) -> bool {
    matches!(task.work, Work::Email(_) | Work::StartJob(_) | Work::Plugin(_))
}

fn is_instant(task: &Task) -> bool {
    matches!(task.work, Work::Script(_) | Work::UpdateClient(_))
}

fn asks(task: &Task) -> bool {
    matches!(task.work, Work::Email(_) | Work::Request(_))
}
