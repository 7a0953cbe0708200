//! A job that is started and that the practice does not have (WF0312).

use super::unknown;
use crate::code;
use crate::diagnostic::Diagnostics;
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let Some(practice) = &surroundings.practice else { return };
    let named: Vec<_> = draft.mentions.iter().filter(|mention| mention.thing == Thing::Definition).collect();
    if named.is_empty() {
        return;
    }
    let others = surroundings.others.ids();
    let known = || practice.definitions.iter().chain(&others).chain([&draft.plan.id]).map(|id| id.as_str());
    for mention in named {
        if !known().any(|id| id == mention.name.value) {
            let message = |name| format!("the practice has no job definition {name}");
            diagnostics.push(unknown(code::UNKNOWN_DEFINITION, message, &mention.name, known()));
        }
    }
}
