//! An office that the practice does not have (WF0311).
//!
//! `{ office: X }` filters contacts by an office of the client or of the practice; only a practice that lists offices
//! can be asked, and a client's own offices are not listed anywhere, so this is a warning.

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostics, Severity};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let Some(practice) = surroundings.practice.as_ref().filter(|practice| !practice.offices.is_empty()) else { return };
    let offices = || practice.offices.iter().map(String::as_str);
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::Office) {
        if !offices().any(|office| office == mention.name.value) {
            let message = |name| format!("the practice has no office {name}");
            let mut diagnostic = unknown(code::UNKNOWN_OFFICE, message, &mention.name, offices());
            diagnostic.severity = Severity::Warning;
            diagnostics.push(diagnostic);
        }
    }
}
