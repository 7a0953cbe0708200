//! A dependency on something that cannot happen (WF0603): overdue, and never due.

use jobwright_core::plan::Is;

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for mention in draft.mentions.iter().filter(|mention| mention.thing == Thing::Dependency(Is::Overdue)) {
        let name = &mention.name;
        let task = draft.plan.tasks.iter().zip(&draft.tasks).find(|(task, _)| task.id.as_str() == name.value);
        let Some((task, places)) = task.filter(|(task, places)| task.due.is_none() && places.due.is_none()) else {
            continue;
        };
        let message = format!("`{}` is never overdue: it has no `due`", task.id);
        let diagnostic = Diagnostic::error(code::CANNOT_HAPPEN, message).at(name.span, "");
        diagnostics.push(diagnostic.also(places.id, "give it a `due`"));
    }
}
