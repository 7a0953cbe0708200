//! Who does what a step says.
//!
//! Owns: whoever is meant when a test names nobody, and the acts that a step stands for. Leaves whether they may to the
//! engine.

use jobwright_core::command::Act;
use jobwright_core::event::{Actor, Slot};
use jobwright_core::id::ContactId;
use jobwright_core::job::Run;
use jobwright_core::recipient::PersonId;
use jobwright_core::task::TaskKey;
use jobwright_runtime::Looked;

/// The account that enters what people do in a play.
pub const ENTERED_BY: &str = "the play";

/// The tasks that an act on this one is about: a parent stands for all its open instances.
pub(super) fn meant(looked: &Looked, task: &TaskKey, act: &Act) -> Vec<TaskKey> {
    let is_parent = looked.job.run(task).is_some_and(|run| run.items.is_some());
    if !is_parent || matches!(act, Act::Skip | Act::Reopen) {
        return vec![task.clone()];
    }
    let open = looked.job.instances(task).filter(|(_, run)| !run.state.is_settled());
    open.map(|(key, _)| key).collect()
}

/// Whoever was asked. Work that is only said to be done, skipped or given to others is said so by staff.
pub(super) fn asked(looked: &Looked, task: &TaskKey, act: &Act) -> Option<PersonId> {
    let run = looked.job.run(task)?;
    let place = |slot: &Slot| run.places.get(slot)?.people.first().map(|person| person.id.clone());
    let asked = match act {
        Act::Sign { signer } | Act::Decline { signer } => place(&Slot::Signer(signer.clone())),
        Act::Complete { .. } => place(&Slot::Assign),
        Act::Answer { .. } | Act::Confirm { .. } => place(&run.working_slot()),
        Act::Approve { .. } => undecided(run),
        Act::Skip
        | Act::Retry
        | Act::Reassign { .. }
        | Act::CompleteOutOfTurn(_)
        | Act::Override { .. }
        | Act::Reopen
        | Act::Amend { .. } => None,
    };
    asked.or_else(|| primary(looked))
}

/// The first of those asked who has not given an outcome.
fn undecided(run: &Run) -> Option<PersonId> {
    let place = run.places.get(&run.working_slot())?;
    let has_voted = |id: &PersonId| run.votes.iter().any(|vote| vote.by.person().as_ref() == Some(id));
    place.people.iter().map(|person| &person.id).find(|id| !has_voted(id)).cloned()
}

/// The client's primary staff, else the first of all.
pub(super) fn primary(looked: &Looked) -> Option<PersonId> {
    let primary = looked.client.staff.primary.clone();
    primary.or_else(|| looked.staff().first().map(|staff| staff.id.clone())).map(PersonId::Staff)
}

/// A person as the timeline names them.
pub fn actor(person: &PersonId) -> Actor {
    let entered_by = ENTERED_BY.to_owned();
    match person {
        PersonId::Staff(id) => Actor::Staff { id: id.clone(), entered_by },
        PersonId::Contact(id) => Actor::Contact { id: id.clone(), entered_by },
    }
}

/// A contact whose act somebody of the staff enters.
pub(super) fn entering(by: &PersonId, contact: &ContactId) -> Actor {
    let staff = match by {
        PersonId::Staff(id) => Some(id.clone()),
        PersonId::Contact(_) => None,
    };
    Actor::Entered { contact: contact.clone(), staff, entered_by: ENTERED_BY.to_owned(), is_present: false }
}

/// Whether the directory has them as active now.
pub fn is_active(looked: &Looked, person: &PersonId) -> bool {
    match person {
        PersonId::Staff(id) => looked.staff().iter().any(|staff| staff.id == *id && staff.active),
        PersonId::Contact(id) => looked.client.contacts.iter().any(|one| one.id == *id && one.active),
    }
}
