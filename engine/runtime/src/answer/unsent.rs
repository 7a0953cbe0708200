//! Letters that have not left, looked at once more.
//!
//! Owns: whether whoever a letter is for, or names, is still as they were when it was written: here, named by the rule
//! of their place, able to be written to, at the same address. Whom a person chose by hand the rule need not name. Leaves
//! what follows to the core, and which letters have not left to the engine.

use super::{letters, people::fit};
use crate::facts::Scene;
use jobwright_core::{
    command::Otherwise,
    event::{Letter, Slot},
    id::EffectId,
    job::selector,
    recipient::{Channel, Person, PersonId, Reason, Who},
    task::TaskKey,
};

/// Who of these letters is otherwise now, and which of the letters are for them or name them: all of one task, and none
/// has left.
pub(crate) fn look_again(
    scene: &Scene<'_>,
    key: &TaskKey,
    unsent: &[(EffectId, Letter)],
) -> (Vec<Otherwise>, Vec<EffectId>) {
    let mut found: Vec<Otherwise> = Vec::new();
    for (id, letter) in unsent {
        let Some((_, slot)) = scene.job.effects.get(id) else { continue };
        let is_known = found.iter().any(|one| one.slot == *slot && one.before == letter.to);
        if !is_known && let Some(now) = otherwise(scene, key, slot, &letter.to) {
            let notice = match (&now, slot) {
                // A notice that cannot be written any more is not written; the trouble stands on the timeline.
                (Ok(person), Slot::Notice) => letters::trouble(scene, key, person).ok(),
                _ => None,
            };
            found.push(Otherwise { slot: slot.clone(), before: letter.to.clone(), now, notice });
        }
    }
    let is_otherwise = |person: &Person| found.iter().any(|one| one.before == *person);
    let names = |letter: &Letter| {
        let mut named = [&letter.to].into_iter().chain(&letter.copy_of).chain(&letter.cc);
        named.any(is_otherwise)
    };
    let again = unsent.iter().filter(|(_, letter)| names(letter)).map(|(id, _)| *id).collect();
    (found, again)
}

/// Whether anybody whom a letter is for, or names, is otherwise: asked of each letter that is about to leave.
pub(crate) fn is_otherwise(scene: &Scene<'_>, key: &TaskKey, slot: &Slot, letter: &Letter) -> bool {
    let beside = letter.copy_of.iter().map(|one| (Slot::Recipient, one));
    let beside = beside.chain(letter.cc.iter().map(|one| (Slot::Cc, one)));
    let mut people = [(slot.clone(), &letter.to)].into_iter().chain(beside);
    people.any(|(slot, person)| otherwise(scene, key, &slot, person).is_some())
}

/// The person as they are now, where that is otherwise; or why they are not to be written to.
fn otherwise(scene: &Scene<'_>, key: &TaskKey, slot: &Slot, person: &Person) -> Option<Result<Person, Reason>> {
    let (task, run) = (scene.prepared.plan.task(&key.task)?, scene.job.run(key)?);
    let asked = selector(task, run, slot);
    let is_given = run.places.get(slot).is_some_and(|place| place.given);
    let channel = asked.as_ref().map_or(Channel::Letter, |(_, channel)| *channel);
    let rule = asked.as_ref().map(|(rule, _)| rule).filter(|_| !is_given);
    if let Err(reason) = fit(scene, key, rule, channel, &person.id) {
        return Some(Err(reason));
    }
    let directory = scene.directory();
    let now = match &person.id {
        PersonId::Contact(id) => directory.client.contact(id).map(Who::Contact),
        PersonId::Staff(id) => directory.staff(id).map(Who::Staff),
    };
    let now = now.map(Who::person).ok_or(Reason::Deactivated);
    (now.as_ref() != Ok(person)).then_some(now)
}
