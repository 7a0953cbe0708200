//! Waiting for something that cannot happen (WF0603): for a task to be overdue that is never due, or for a moment that
//! comes only when the task that waits has begun or ended.

use jobwright_core::plan::Is;

use super::graph::Graph;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, RuleRole, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    overdue(draft, diagnostics);
    let graph = Graph::of(draft);
    for written in &draft.rules {
        let Some(owner) = written.owner.as_ref().filter(|_| waits(&written.role)) else { continue };
        let (Some(path), Some(own)) = (written.rule.anchor.path(), graph.place(owner.as_str())) else { continue };
        let later = match path.split_once('.') {
            // A wait has begun; a start has not.
            Some(("task", event)) => written.role == RuleRole::Start || matches!(event, "completed" | "ended"),
            Some(("tasks", rest)) => {
                let task = rest.split('.').next().and_then(|task| graph.place(task));
                task.is_some_and(|task| task == own || graph.is_before(own, task))
            }
            _ => false,
        };
        if later {
            let at = written.text.find(path).unwrap_or(0);
            let message = format!("`{owner}` waits for `{path}`, which comes only after it");
            let span = written.text.place_range(at..at + path.len());
            diagnostics.push(Diagnostic::error(code::CANNOT_HAPPEN, message).at(span, ""));
        }
    }
}

/// Whether a task stands still until the rule's date.
fn waits(role: &RuleRole) -> bool {
    matches!(role, RuleRole::Start | RuleRole::Until)
}

fn overdue(draft: &Draft, diagnostics: &mut Diagnostics) {
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
