//! An approval or a signature that needs more people than its rules ever find (WF0620).

use jobwright_core::plan::{Asked, Parts, Request, Required, Task, Work};
use jobwright_core::recipient::{Form, Pick, Selector, StaffForm};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

pub(super) fn check(draft: &Draft, _: &Surroundings, diagnostics: &mut Diagnostics) {
    for (task, places) in draft.plan.tasks.iter().zip(&draft.tasks) {
        let Some((needed, most)) = needed(task).filter(|(needed, most)| needed > most) else { continue };
        let message = format!("{needed} people must act here, and at most {most} can ever be asked");
        let help = "let the rule find more (`pick: all`, or a larger number), or ask for fewer";
        diagnostics.push(Diagnostic::error(code::NEVER_ENOUGH, message).at(places.id, "").help(help));
    }
}

/// How many must act, and the most that can be asked, where both are known.
fn needed(task: &Task) -> Option<(usize, usize)> {
    let Work::Request(Request { asked, parts, .. }) = &task.work else { return None };
    match (parts, asked) {
        (Parts::Approval { required: Required::AtLeast(needed), .. }, asked) => {
            let most = match asked {
                Asked::Assign(None) => 1,
                Asked::Assign(Some(rule)) if rule.pick.is_none() => 1,
                Asked::Assign(Some(rule)) | Asked::Recipient(rule) => most(rule)?,
                Asked::Signers => return None,
            };
            Some((*needed as usize, most))
        }
        (Parts::Signature { signers, required: Required::AtLeast(needed), .. }, _) => {
            Some((*needed as usize, signers.len()))
        }
        _ => None,
    }
}

/// The most people that a rule can find, where it has a bound.
fn most(rule: &Selector) -> Option<usize> {
    let found = match &rule.form {
        Form::PrimaryContact | Form::Default | Form::Contact(_) => Some(1),
        Form::Staff(StaffForm::Additional | StaffForm::Role(_)) => None,
        Form::Staff(_) => Some(1),
        Form::FirstOf(branches) => branches.iter().map(most).try_fold(0, |most, one| one.map(|one| most.max(one))),
        Form::AnyOf(branches) | Form::AllOf(branches) => branches.iter().map(most).sum(),
        Form::Role(_) | Form::Script(_) | Form::Plugin { .. } => None,
    };
    match rule.pick {
        Some(Pick::One) => Some(1),
        Some(Pick::AtMost(count)) => Some(found.map_or(count as usize, |found| found.min(count as usize))),
        Some(Pick::All) | None => found,
    }
}
