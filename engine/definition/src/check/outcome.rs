//! An outcome that its task cannot end with (WF0308).

use jobwright_core::id::Name;
use jobwright_core::job::ByForce;
use jobwright_core::plan::{Parts, Request, Task, Work};

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

/// The outcome of a signature that somebody refused.
const DECLINED: &str = "declined";
/// What every task may end with when staff close it by their own decision.
pub(super) const BY_FORCE: [&str; 2] = [ByForce::OutOfTurn.word(), ByForce::Overridden.word()];

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for mention in &draft.mentions {
        let task = || draft.task(mention.owner.as_ref()?);
        let (Thing::Outcome | Thing::ContinueAs, Some(task)) = (mention.thing, task()) else { continue };
        let given = of_work(task);
        let known = || given.iter().map(String::as_str);
        let continued = || task.on_failed.continue_as.as_ref().map(Name::as_str);
        let name = mention.name.value.as_str();
        let fits = match mention.thing {
            // What has no outcomes of its own may end with any word when it failed.
            Thing::ContinueAs => given.is_empty() || known().any(|outcome| outcome == name),
            _ => known().chain(continued()).chain(BY_FORCE).any(|outcome| outcome == name),
        };
        if fits {
            continue;
        }
        if given.is_empty() {
            let message = format!("a task of type `{}` has no outcome {}", task.work.word(), quoted(name));
            let help = "approvals have `outcomes`, a signature has `declined`; others end without one";
            diagnostics.push(Diagnostic::error(code::UNKNOWN_OUTCOME, message).at(mention.name.span, "").help(help));
        } else {
            let message = |name| format!("the task cannot end with the outcome {name}");
            diagnostics.push(unknown(code::UNKNOWN_OUTCOME, message, &mention.name, known()));
        }
    }
}

/// The outcomes of a task's own work.
fn of_work(task: &Task) -> Vec<String> {
    let Work::Request(Request { parts, .. }) = &task.work else { return Vec::new() };
    match parts {
        Parts::Approval { outcomes, .. } => outcomes.iter().map(ToString::to_string).collect(),
        Parts::Signature { .. } => vec![DECLINED.to_owned()],
        Parts::Documents { .. } | Parts::Form(_) | Parts::Manual { .. } => Vec::new(),
    }
}

/// Every outcome that a task may end with.
pub(super) fn outcomes(task: &Task) -> Vec<String> {
    let mut all = of_work(task);
    all.extend(
        task.on_failed
            .continue_as
            .iter()
            .map(ToString::to_string)
            .filter(|name| !all.contains(name))
            .collect::<Vec<_>>(),
    );
    all
}
