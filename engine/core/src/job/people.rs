//! Which places a task has, and by which rule each is filled.
//!
//! Owns: from a task's work to its places. Leaves finding people to `recipient` and the runtime.

use super::{Job, Run};
use crate::event::Slot;
use crate::id::Name;
use crate::job::MailState;
use crate::plan::{Asked, Parts, Plan, Request, Required, Signer, Task, Work};
use crate::recipient::{
    Channel, Form, Found, Person, PersonId, Pick, Reason, Resolution, Selector, StaffForm, same_address,
};
use crate::task::{TaskKey, TaskState};
use alloc::{format, vec, vec::Vec};

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

/// How many must act in a place: those an approval needs, or whoever signs there. "All" are as many as were asked in
/// this round: whoever leaves takes no voice away.
pub fn needed(task: &Task, run: &Run, slot: &Slot) -> usize {
    let all = || run.asked.get(slot).copied().unwrap_or_default().max(1);
    match (&task.work, slot) {
        _ if run.by_hand || is_copy(slot) => 1,
        (Work::Request(Request { parts: Parts::Approval { required, .. }, .. }), _) => match required {
            Required::All => all(),
            Required::AtLeast(number) => (*number as usize).max(1),
        },
        (_, Slot::Signer(_)) => all(),
        _ => 1,
    }
}

/// How many have acted in a place already, whoever fills it now.
fn acted(run: &Run, slot: &Slot) -> usize {
    match slot {
        Slot::Signer(name) => run.signed.get(name).map_or(0, Vec::len),
        _ => run.votes.len(),
    }
}

/// Whether this person gave an outcome, or signed in this place.
pub(super) fn has_acted(run: &Run, slot: &Slot, person: &PersonId) -> bool {
    match slot {
        Slot::Signer(name) => run.has_signed(name, person),
        _ => run.votes.iter().any(|vote| vote.by.person().as_ref() == Some(person)),
    }
}

/// How many are still to act before a place has all that it needs.
pub(super) fn lacking(task: &Task, run: &Run, slot: &Slot) -> usize {
    needed(task, run, slot).saturating_sub(acted(run, slot))
}

/// Why these people are too few to fill a place, if they are: how many can act, or have, and how many must.
pub(super) fn too_few<'a>(
    task: &Task,
    run: &Run,
    slot: &Slot,
    people: impl IntoIterator<Item = &'a PersonId>,
) -> Option<Reason> {
    let can = people.into_iter().filter(|person| !has_acted(run, slot, person)).count();
    let (found, needed) = (acted(run, slot) + can, needed(task, run, slot));
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (found < needed).then(|| Reason::TooFew { found: number(found), needed: number(needed) })
}

/// Holds an answer to what its place needs: one that finds fewer people than must act there has found too few.
pub fn hold_to_needed(task: &Task, run: &Run, slot: &Slot, answer: &mut Resolution) {
    if answer.found != Found::Chosen || is_copy(slot) {
        return;
    }
    let Some(reason) = too_few(task, run, slot, answer.chosen.iter().map(|one| &one.id)) else { return };
    if let Reason::TooFew { found, needed } = &reason {
        answer.tree.rule = format!("{}: {found} can act, and {needed} must", answer.tree.rule);
    }
    answer.found = Found::TooFew;
    answer.tree.found = Found::TooFew;
    answer.reason = Some(reason);
    answer.chosen.clear();
}

/// The first place of a task that cannot be done any more by those who were asked, since too many of them can no longer
/// act; and why the first of these cannot. What somebody has done already stays done.
pub fn lost_place(task: &Task, run: &Run, lost: &dyn Fn(&Slot, &Person) -> Option<Reason>) -> Option<(Slot, Reason)> {
    let counts = |slot: &Slot| match slot {
        Slot::Signer(name) => run.is_open(name),
        slot => !is_copy(slot),
    };
    let places = run.places.iter().filter(|(slot, place)| counts(slot) && !place.people.is_empty());
    places.into_iter().find_map(|(slot, place)| {
        let open = || place.people.iter().filter(|one| !has_acted(run, slot, &one.id));
        let reason = open().find_map(|one| lost(slot, one))?;
        let stay = open().filter(|one| lost(slot, one).is_none()).map(|one| &one.id);
        // Where one of several is enough, somebody must be left.
        let nobody = open().all(|one| lost(slot, one).is_some()) && lacking(task, run, slot) > 0;
        (nobody || too_few(task, run, slot, stay).is_some()).then(|| (slot.clone(), reason))
    })
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
    let people = people.iter().filter(|person| is_copy(slot) || !has_acted(run, slot, &person.id));
    people.filter(move |person| !served.iter().any(|one| one.id == person.id || is_same_address(one, person)))
}

fn is_same_address(one: &Person, other: &Person) -> bool {
    matches!((&one.address, &other.address), (Some(one), Some(other)) if same_address(one, other))
}

/// Whether a task that is under way waits for people to act, and not for the engine.
pub fn hangs_on_people(task: &Task, run: &Run) -> bool {
    run.state.is_under_way() && run.items.is_none() && (run.by_hand || matches!(task.work, Work::Request(_)))
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

/// Whether this person did, or holds, the task that must be done by somebody else; of an instance only the other task's
/// instance of the same item counts, where there is one.
pub fn did(job: &Job, plan: &Plan, key: &TaskKey, other: &Name, person: &PersonId) -> bool {
    let same = key.item.as_ref().map(|item| TaskKey::item(other, item)).filter(|same| job.run(same).is_some());
    let key = same.unwrap_or_else(|| TaskKey::of(other));
    let runs = job.run(&key).into_iter().chain(job.instances(&key).map(|(_, run)| run));
    plan.task(other).is_some()
        && runs.into_iter().any(|run| match &run.by {
            Some(by) => by.is_or_entered(person),
            None => run.state.is_under_way() && run.doers().any(|doer| doer.id == *person),
        })
}
