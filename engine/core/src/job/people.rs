//! Which places a task has, and by which rule each is filled.
//!
//! Owns: from a task's work to its places. Leaves finding people to `recipient` and the runtime.

use super::{Job, Run};
use crate::event::Slot;
use crate::job::MailState;
use crate::plan::{Asked, Parts, Plan, Request, Signer, Task, Work};
use crate::recipient::{Channel, Form, Person, Pick, Selector, StaffForm, same_address};
use crate::task::{TaskKey, TaskState};
use alloc::{vec, vec::Vec};

/// The selector of a place, and the channel it serves. Work that nobody is named for goes to the default assignee.
pub fn selector(task: &Task, run: &Run, slot: &Slot) -> Option<(Selector, Channel)> {
    if run.by_hand && *slot == Slot::Assign {
        return Some((by_default(), Channel::Assign));
    }
    match (&task.work, slot) {
        (Work::Email(email), Slot::Recipient) => Some((email.recipient.clone(), letter_channel(email.class))),
        (Work::Email(email), Slot::Cc) => email.cc.clone().map(|cc| (cc, letter_channel(email.class))),
        (Work::Email(email), Slot::Bcc) => email.bcc.clone().map(|bcc| (bcc, letter_channel(email.class))),
        (_, Slot::Notice) => notice(task, run).map(|selector| (selector.clone(), Channel::Letter)),
        (Work::Request(request), slot) => of_request(request, slot),
        _ => None,
    }
}

fn letter_channel(class: crate::plan::Class) -> Channel {
    match class {
        crate::plan::Class::Service => Channel::Letter,
        crate::plan::Class::Crm => Channel::CrmLetter,
    }
}

fn by_default() -> Selector {
    Selector { pick: Some(Pick::One), ..Selector::of(Form::Staff(StaffForm::Default)) }
}

fn of_request(request: &Request, slot: &Slot) -> Option<(Selector, Channel)> {
    match (&request.asked, &request.parts, slot) {
        (Asked::Recipient(selector), _, Slot::Recipient) => Some((selector.clone(), Channel::Request)),
        (Asked::Assign(Some(selector)), _, Slot::Assign) => Some((selector.clone(), Channel::Assign)),
        (Asked::Assign(None), _, Slot::Assign) => Some((by_default(), Channel::Assign)),
        (Asked::Signers, Parts::Signature { signers, .. }, Slot::Signer(name)) => {
            let signer = signers.iter().find(|signer| signer.id == *name)?;
            Some((signer.recipient.clone(), Channel::Signer))
        }
        _ => None,
    }
}

/// Who is told of the trouble a task is in, or that its definition passed over.
pub(super) fn notice<'a>(task: &'a Task, run: &Run) -> Option<&'a Selector> {
    match run.state {
        TaskState::Uncompletable => task.on_uncompletable.notify.as_ref(),
        TaskState::Failed | TaskState::Skipped | TaskState::Active if run.failure.is_some() => {
            task.on_failed.notify.as_ref()
        }
        _ => None,
    }
}

/// Places that must be filled before the task can go on and are not; copies are asked beside the first of them.
pub(super) fn wanted(task: &Task, run: &Run) -> Vec<Slot> {
    let slots = match &task.work {
        _ if run.by_hand => vec![Slot::Assign],
        Work::Email(email) => {
            let mut slots = vec![Slot::Recipient];
            slots.extend(email.cc.as_ref().map(|_| Slot::Cc));
            slots.extend(email.bcc.as_ref().map(|_| Slot::Bcc));
            slots
        }
        Work::Request(request) => match (&request.asked, &request.parts) {
            (Asked::Recipient(_), _) => vec![Slot::Recipient],
            (Asked::Signers, Parts::Signature { signers, .. }) => whose_turn(run, signers),
            (Asked::Assign(_) | Asked::Signers, _) => vec![Slot::Assign],
        },
        Work::Script(_) | Work::UpdateClient(_) | Work::StartJob(_) | Work::Wait(_) | Work::Plugin(_) => vec![],
    };
    slots.into_iter().filter(|slot| !run.places.contains_key(slot)).collect()
}

/// Signers who may sign now: those before them have.
fn whose_turn(run: &Run, signers: &[Signer]) -> Vec<Slot> {
    let ready = |signer: &&Signer| signer.after.as_ref().is_none_or(|before| run.is_signed(before));
    signers.iter().filter(ready).map(|signer| Slot::Signer(signer.id.clone())).collect()
}

/// Every place that a task of the plan has.
pub fn places(plan: &crate::plan::Plan, task: &crate::id::Name) -> Vec<Slot> {
    let Some(task) = plan.task(task) else { return vec![] };
    let mut slots = wanted(task, &Run::new(1));
    if let Work::Request(Request { parts: Parts::Signature { signers, .. }, .. }) = &task.work {
        slots = signers.iter().map(|signer| Slot::Signer(signer.id.clone())).collect();
    }
    slots
}

/// Places with somebody who must be written to, and was not.
pub(super) fn unwritten(task: &Task, run: &Run) -> Vec<Slot> {
    let is_written_to = |slot: &Slot| match (&task.work, slot) {
        _ if run.by_hand => false,
        (Work::Email(_), Slot::Recipient | Slot::Cc | Slot::Bcc) => true,
        (Work::Request(_), Slot::Recipient | Slot::Signer(_)) => true,
        _ => false,
    };
    let unwritten = run.places.iter().filter(|(slot, _)| is_written_to(slot) && to_write(run, slot).next().is_some());
    unwritten.map(|(slot, _)| slot.clone()).collect()
}

/// The people of a place who have not got its letter. Whoever gets the letter itself needs no copy, nor does anybody
/// with the same address; one that was dropped on its way was none.
pub fn to_write<'a>(run: &'a Run, slot: &Slot) -> impl Iterator<Item = &'a Person> {
    let people = run.places.get(slot).map(|place| place.people.as_slice()).unwrap_or_default();
    let instead: &[Slot] = match slot {
        Slot::Cc => &[Slot::Recipient],
        Slot::Bcc => &[Slot::Recipient, Slot::Cc],
        _ => &[],
    };
    let letters = run.places.get(slot).into_iter().flat_map(|place| place.letters.values());
    let mut served: Vec<&Person> =
        letters.filter(|mail| mail.state != MailState::Dropped).map(|mail| &mail.to).collect();
    served.extend(instead.iter().filter_map(|slot| run.places.get(slot)).flat_map(|place| &place.people));
    people.iter().filter(move |person| !served.iter().any(|one| one.id == person.id || is_same_address(one, person)))
}

fn is_same_address(one: &Person, other: &Person) -> bool {
    matches!((&one.address, &other.address), (Some(one), Some(other)) if same_address(one, other))
}

/// Places filled by people who have still to act.
pub(super) fn acting(run: &Run) -> Vec<Slot> {
    let acts = |slot: &&Slot| match slot {
        Slot::Signer(name) => run.is_open(name),
        slot => !is_copy(slot),
    };
    run.places.keys().filter(acts).cloned().collect()
}

/// Whether a copy was asked for: nobody found for it does not hold the letter up.
pub(super) fn is_copy(slot: &Slot) -> bool {
    matches!(slot, Slot::Cc | Slot::Bcc | Slot::Notice)
}

/// Whether this person did, or holds, the task that must be done by somebody else.
pub fn did(job: &Job, plan: &Plan, other: &crate::id::Name, person: &crate::recipient::PersonId) -> bool {
    let key = TaskKey::of(other);
    let runs = job.run(&key).into_iter().chain(job.instances(&key).map(|(_, run)| run));
    plan.task(other).is_some()
        && runs.into_iter().any(|run| match &run.by {
            Some(by) => by.person().as_ref() == Some(person),
            None => run.state.is_under_way() && run.doers().any(|doer| doer.id == *person),
        })
}
