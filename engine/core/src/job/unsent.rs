//! Letters that have not left, looked at once more.
//!
//! Owns: what follows when whoever a letter is for is otherwise now: at another address, the letter is written again;
//! not to be written to any more, it is dropped, and their place is asked again where nobody is left in it. Until its
//! letter has left, nobody has been asked. Leaves finding out how people are to the runtime, and which letters have not
//! left to the outbox.

use super::{Job, MailState, Run, people};
use crate::command::{Otherwise, Refusal};
use crate::event::{Event, Slot};
use crate::id::EffectId;
use crate::plan::Plan;
use crate::recipient::{PersonId, Reason};
use crate::task::TaskKey;
use alloc::{collections::BTreeMap, vec::Vec};

/// Takes what was found. Letters that are to be written again are those of people who are otherwise, and those that name
/// them.
pub(super) fn look_again(
    job: &Job,
    plan: &Plan,
    key: &TaskKey,
    found: Vec<Otherwise>,
    unsent: Vec<EffectId>,
) -> Result<Vec<Event>, Refusal> {
    let missing = || Refusal::NoSuchTask(key.clone());
    let run = job.run(key).ok_or_else(missing)?;
    let task = plan.task(&key.task).ok_or_else(missing)?;
    let found: Vec<Otherwise> = found.into_iter().filter(|one| fills(run, one)).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let is_open = |effect: &EffectId| {
        let slot = job.effects.get(effect).filter(|(of, _)| of == key).map(|(_, slot)| slot);
        slot.and_then(|slot| run.mail(slot, *effect)).is_some_and(|mail| mail.state == MailState::Open)
    };
    let mut events: Vec<Event> =
        unsent.into_iter().filter(is_open).map(|effect| Event::LetterDropped { effect }).collect();
    let mut lost: BTreeMap<Slot, (Vec<PersonId>, Reason)> = BTreeMap::new();
    for one in &found {
        if let Err(reason) = &one.now {
            let place = lost.entry(one.slot.clone()).or_insert_with(|| (Vec::new(), reason.clone()));
            place.0.push(one.before.id.clone());
        }
    }
    for Otherwise { slot, before, now, notice } in found {
        let (task, reason) = (key.clone(), now.as_ref().err().cloned());
        events.push(Event::RecipientChanged { task, slot: slot.clone(), before, after: now.ok(), reason });
        events.extend(notice.map(|letter| Event::LetterWritten { task: key.clone(), slot, letter }));
    }
    if run.state.is_under_way() {
        let in_vain = lost.into_iter().find(|(slot, (gone, _))| {
            let people = run.places.get(slot).into_iter().flat_map(|place| &place.people).map(|one| &one.id);
            let stay: Vec<&PersonId> = people.filter(|id| !gone.contains(id)).collect();
            !people::is_copy(slot) && (stay.is_empty() || people::too_few(task, run, slot, stay).is_some())
        });
        // Its letters go with the place, and whoever is found now gets one of their own.
        events.extend(in_vain.into_iter().flat_map(|(slot, (_, reason))| {
            let mut events = super::decide::dropped_in(run, &slot, |_| true);
            events.push(Event::TaskUncompletable { task: key.clone(), reason, slot });
            events
        }));
    }
    Ok(events)
}

fn fills(run: &Run, one: &Otherwise) -> bool {
    run.places.get(&one.slot).is_some_and(|place| place.people.contains(&one.before))
}
