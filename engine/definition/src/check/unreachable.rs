//! A task that waits for two states of one task that never come together (WF0602).

use jobwright_core::plan::{Dependency, Is};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for task in &draft.plan.tasks {
        let named = |dependency: &Dependency| match dependency {
            Dependency::Task { task, is, .. } => Some((task.clone(), *is)),
            Dependency::AnyOf(_) => None,
        };
        let named: Vec<_> = task.depends_on.iter().filter_map(named).collect();
        for (at, (other, is)) in named.iter().enumerate() {
            let clash = named[..at].iter().find(|(before, was)| before == other && excludes(*was, *is));
            let Some((_, was)) = clash else { continue };
            let place = |is: Is| {
                let of_task = draft.mentions.iter().filter(|mention| mention.owner.as_ref() == Some(&task.id));
                let mut named = of_task.filter(|mention| mention.name.value == other.as_str());
                named.find(|mention| mention.thing == Thing::Dependency(is)).map(|mention| mention.name.span)
            };
            let message = format!("the task `{}` can never begin: `{other}` does not end in two ways", task.id);
            let (Some(first), Some(second)) = (place(*was), place(*is)) else { continue };
            let diagnostic =
                Diagnostic::error(code::UNREACHABLE, message).at(second, word(*is)).also(first, word(*was));
            diagnostics.push(diagnostic.help("write `any_of` when one of the two is enough"));
        }
    }
}

/// Whether a task that ended in one state cannot have ended in the other.
fn excludes(one: Is, other: Is) -> bool {
    let ways = |is| match is {
        Is::Done => &["completed", "skipped"][..],
        Is::Completed => &["completed"],
        Is::Skipped => &["skipped"],
        Is::Failed => &["failed"],
        Is::Settled | Is::Overdue => &["completed", "skipped", "failed"],
    };
    !ways(one).iter().any(|way| ways(other).contains(way))
}

fn word(is: Is) -> &'static str {
    match is {
        Is::Done => "completed or skipped",
        Is::Completed => "completed",
        Is::Skipped => "skipped",
        Is::Settled => "settled",
        Is::Failed => "failed",
        Is::Overdue => "overdue",
    }
}
