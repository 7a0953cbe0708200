//! Key dates that hang on one another in a ring (WF0606).

use jobwright_core::date;

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let mut dates: Vec<_> = draft.plan.dates.iter().collect();
    // One ring at a time is found; what is in it is taken out, so that the next one is found as well.
    while let Err(ring) = date::order(dates.iter().map(|date| (date.name.as_str(), &date.rule))) {
        let message = format!("key dates hang on one another: {ring}");
        let mut diagnostic = Diagnostic::error(code::DATE_CYCLE, message);
        for date in draft.declared.dates.iter().filter(|date| ring.0.contains(&date.value)) {
            let first = diagnostic.labels.is_empty();
            diagnostic = if first { diagnostic.at(date.span, "") } else { diagnostic.also(date.span, "") };
        }
        diagnostics.push(diagnostic.help("let one of them count from the period, the job or a task"));
        dates.retain(|date| !ring.0.iter().any(|name| name == date.name.as_str()));
    }
}
