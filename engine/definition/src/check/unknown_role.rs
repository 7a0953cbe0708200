//! A contact role that nobody declared (WF0304), and a staff role that nobody holds (WF0305).
//!
//! A staff role may be given to somebody tomorrow, so that one is a warning; a contact role is a word of the practice.

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostics, Severity};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let practice = surroundings.practice.as_ref();
    let roles = || {
        let known = practice.into_iter().flat_map(|practice| &practice.contact_roles);
        draft.declared.roles.iter().map(|role| role.value.as_str()).chain(known.map(|role| role.as_str()))
    };
    for mention in &draft.mentions {
        if mention.thing == Thing::ContactRole && !roles().any(|role| role == mention.name.value) {
            let message = |name| format!("there is no contact role {name}");
            let diagnostic = unknown(code::UNKNOWN_ROLE, message, &mention.name, roles());
            diagnostics.push(diagnostic.help(format!("declare it under `roles`: `{}: LABEL`", mention.name.value)));
        }
        if let (Thing::StaffRole, Some(practice)) = (mention.thing, practice) {
            let held = || practice.staff_roles.iter().map(|role| role.as_str());
            if !held().any(|role| role == mention.name.value) {
                let message = |name| format!("nobody of the staff holds the staff role {name}");
                let mut diagnostic = unknown(code::UNKNOWN_STAFF_ROLE, message, &mention.name, held());
                diagnostic.severity = Severity::Warning;
                diagnostics.push(diagnostic);
            }
        }
    }
}
