//! A template that is not there (WF0303).

use super::unknown;
use crate::code;
use crate::diagnostic::Diagnostics;
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let templates = || draft.declared.templates.iter().map(|template| template.value.as_str());
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::Template) {
        if !templates().any(|template| template == mention.name.value) {
            let message = |name| format!("there is no template {name}");
            diagnostics.push(unknown(code::UNKNOWN_TEMPLATE, message, &mention.name, templates()));
        }
    }
}
