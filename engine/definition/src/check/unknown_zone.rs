//! A calendar (WF0306) or a time zone (WF0307) that is not known.

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let calendars = || surroundings.calendars.keys().map(String::as_str);
    for mention in &draft.mentions {
        let name = &mention.name;
        match mention.thing {
            // Whoever hands in no calendars knows none, and cannot tell.
            Thing::Calendar if !surroundings.calendars.is_empty() && !calendars().any(|id| id == name.value) => {
                let message = |name| format!("there is no calendar {name}");
                diagnostics.push(unknown(code::UNKNOWN_CALENDAR, message, name, calendars()));
            }
            Thing::Zone if !(surroundings.is_zone)(&name.value) => {
                let message = format!("there is no time zone {}", quoted(&name.value));
                let help = "write it as the zone data do, by continent and city: `Europe/London`";
                diagnostics.push(Diagnostic::error(code::UNKNOWN_ZONE, message).at(name.span, "").help(help));
            }
            _ => {}
        }
    }
}
