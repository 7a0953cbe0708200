//! People put in order by something that they do not have (WF0314).

use jobwright_core::recipient::ORDER_FIELDS;

use super::unknown;
use crate::code;
use crate::diagnostic::Diagnostics;
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let known = || ORDER_FIELDS.iter().copied().chain(["listed"]);
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::Order) {
        if !ORDER_FIELDS.contains(&mention.name.value.as_str()) {
            let message = |name| format!("people cannot be put in order by {name}");
            diagnostics.push(unknown(code::UNKNOWN_ORDER, message, &mention.name, known()));
        }
    }
}
