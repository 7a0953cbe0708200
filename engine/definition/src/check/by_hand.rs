//! A schedule: jobs do not open by themselves yet (WF0690). Said once.

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let repeats = draft.plan.schedule.as_ref().is_some_and(|schedule| schedule.every.is_some());
    if let Some(span) = draft.schedule.filter(|_| repeats) {
        let message = "jobs do not open by themselves yet; the schedule gives jobs started by hand their period";
        diagnostics.push(Diagnostic::note(code::BY_HAND, message).at(span, ""));
    }
}
