//! A task that is reopened and does not come before the one that reopens it (WF0604).

use super::graph::Graph;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    let graph = Graph::of(draft);
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::Reopened) {
        let Some(owner) = &mention.owner else { continue };
        let (Some(own), Some(target)) = (graph.place(owner.as_str()), graph.place(&mention.name.value)) else {
            continue;
        };
        // A task may also be done again alone.
        if own != target && !graph.is_before(target, own) {
            let message =
                format!("`{}` does not come before `{owner}`, so it cannot be reopened from here", mention.name.value);
            let help = format!("reopen `{owner}` itself, or a task that it waits for");
            diagnostics.push(Diagnostic::error(code::REOPEN_NOT_BEFORE, message).at(mention.name.span, "").help(help));
        }
    }
}
