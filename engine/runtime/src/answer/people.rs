//! Who fills a place of a task, who no longer can, and to whom it may be given.

use super::signers;
use crate::desk::SceneDesk;
use crate::facts::{Focus, Scene};
use jobwright_core::{
    command::Refusal,
    directory::Directory,
    event::{Actor, Slot},
    id::Name,
    job::{Run, did, hold_to_needed, lost_place, needed, selector},
    plan::{Asked, ExpressionId, Parts, Request, Task, Work},
    recipient::{
        Channel, Evaluate, Form, Named, Person, PersonId, Reason, Resolution, Selector, Who, fits, lost as lost_person,
        resolve_at_least, same_address,
    },
    task::TaskKey,
    value::Value,
};
use jobwright_plugin::{Choice, Inquiry};
use std::collections::BTreeMap;

/// Asks the selector of each place, in order; of signers in the light of those found before.
pub fn find(scene: &Scene<'_>, key: &TaskKey, slots: &[Slot]) -> Vec<(Slot, Resolution)> {
    let mut found = Vec::with_capacity(slots.len());
    for slot in slots {
        let (Some(mut resolution), Some(run)) = (explain(scene, key, slot), scene.job.run(key)) else { continue };
        signers::refuse_shared(slot, &mut resolution, &run.places, &found);
        if let Some(task) = scene.prepared.plan.task(&key.task) {
            hold_to_needed(task, run, slot, &mut resolution);
        }
        found.push((slot.clone(), resolution));
    }
    found
}

/// Asks the selector of one place by itself, with its proof; nothing when the task has no such place.
pub(super) fn explain(scene: &Scene<'_>, key: &TaskKey, slot: &Slot) -> Option<Resolution> {
    let (task, run) = (scene.prepared.plan.task(&key.task)?, scene.job.run(key)?);
    let (selector, channel) = selector(task, run, slot)?;
    Some(ask_for(needed(task, run, slot), scene, key, &selector, channel))
}

/// Asks a selector that stands in a task.
pub(crate) fn ask(scene: &Scene<'_>, key: &TaskKey, selector: &Selector, channel: Channel) -> Resolution {
    ask_for(1, scene, key, selector, channel)
}

/// The same where so many must act.
fn ask_for(many: usize, scene: &Scene<'_>, key: &TaskKey, selector: &Selector, channel: Channel) -> Resolution {
    let did_it = |other: &Name, person: &PersonId| did_it(scene, key, other, person);
    let expressions = Expressions { scene: *scene, task: key };
    resolve_at_least(many, selector, channel, &scene.directory(), &did_it, &expressions, scene.today())
}

/// The first place of a task whose people can no longer do it.
pub(super) fn lost(scene: &Scene<'_>, key: &TaskKey) -> Option<(Slot, Reason)> {
    let (task, run) = (scene.prepared.plan.task(&key.task)?, scene.job.run(key)?);
    let directory = scene.directory();
    lost_place(task, run, &|slot, one| {
        // Work on a desk needs no address.
        lost_person(one, &directory).filter(|why| *slot != Slot::Assign || *why == Reason::Deactivated)
    })
}

/// Who would do a task that those who were asked can no longer do, by its rules: nothing while they still can.
pub fn without(scene: &Scene<'_>, key: &TaskKey) -> Option<Vec<(Slot, Resolution)>> {
    let (slot, _) = lost(scene, key)?;
    Some(find(scene, key, &[slot]))
}

/// Whether this person did, or holds, a task that somebody else must have done; also where they are staff and a contact
/// of the client at once, which one address tells.
fn did_it(scene: &Scene<'_>, key: &TaskKey, other: &Name, person: &PersonId) -> bool {
    if did(scene.job, &scene.prepared.plan, key, other, person) {
        return true;
    }
    let directory = scene.directory();
    let Some(box_of_theirs) = address(&directory, person) else { return false };
    let staff = directory.staff.iter().map(|one| PersonId::Staff(one.id.clone()));
    let contacts = directory.client.contacts.iter().map(|one| PersonId::Contact(one.id.clone()));
    let everybody = staff.chain(contacts).filter(|one| one.kind() != person.kind());
    let mut alike =
        everybody.filter(|one| address(&directory, one).is_some_and(|one| same_address(one, box_of_theirs)));
    alike.any(|one| did(scene.job, &scene.prepared.plan, key, other, &one))
}

fn address<'a>(directory: &Directory<'a>, person: &PersonId) -> Option<&'a str> {
    match person {
        PersonId::Contact(id) => directory.client.contact(id).and_then(|one| Who::Contact(one).address()),
        PersonId::Staff(id) => {
            directory.staff.iter().find(|one| one.id == *id).and_then(|one| Who::Staff(one).address())
        }
    }
}

/// Whether a person fits a rule, or why they do not; without one, whether they can still be written to.
pub(super) fn fit(
    scene: &Scene<'_>,
    key: &TaskKey,
    rule: Option<&Selector>,
    channel: Channel,
    who: &PersonId,
) -> Result<(), Reason> {
    let did_it = |other: &Name, person: &PersonId| did_it(scene, key, other, person);
    let expressions = Expressions { scene: *scene, task: key };
    fits(rule, channel, &scene.directory(), &did_it, &expressions, scene.today(), who)
}

/// Whether whoever gives a task to others may give it to these. Work may go to anybody who is here. A decision (an
/// approval, a signature) stays with those whom its rule names: nobody takes one that the rule does not give them, what
/// the client decides stays with the client's contacts, and giving it to a stand-in wants a note.
pub(crate) fn may_be_given(
    scene: &Scene<'_>,
    key: &TaskKey,
    people: &[Person],
    by: &Actor,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let (Some(task), Some(run)) = (scene.prepared.plan.task(&key.task), scene.job.run(key)) else { return Ok(()) };
    let directory = scene.directory();
    let refused =
        |one: &Person, why: String| Err(Refusal::NotToThem { task: key.clone(), who: one.id.as_str().into(), why });
    for one in people {
        if let Some(reason) = lost_person(one, &directory) {
            return refused(
                one,
                match reason {
                    Reason::Deactivated => "they are not active; choose somebody who is".into(),
                    reason => format!("{reason}; {}", reason.mend()),
                },
            );
        }
    }
    let Some((rule, channel)) = decision(task, run) else { return Ok(()) };
    for one in people {
        let Err(reason) = fit(scene, key, Some(&rule), channel, &one.id) else { continue };
        let is_of_practice = channel == Channel::Assign || names_staff(&rule);
        let kind_fits = matches!(one.id, PersonId::Staff(_)) == is_of_practice;
        let words = if by.person().as_ref() == Some(&one.id) {
            "it is a decision, and nobody takes one that its rule does not give them; somebody else can give it to \
             them, with a note"
        } else if !kind_fits && is_of_practice {
            "the practice decides it, and they are a contact of the client"
        } else if !kind_fits {
            "the client decides it, and they are staff of the practice"
        } else if note.is_none_or(|note| note.trim().is_empty()) {
            "its rule does not name them; say with --note why they decide instead"
        } else {
            continue;
        };
        return refused(one, format!("{words} ({reason})"));
    }
    Ok(())
}

/// The rule by which those are found who decide, where a task is a decision and its definition has such a rule.
fn decision(task: &Task, run: &Run) -> Option<(Selector, Channel)> {
    match &task.work {
        _ if run.by_hand => None,
        Work::Request(Request { asked: Asked::Assign(None), .. }) => None,
        Work::Request(Request { parts: Parts::Approval { .. } | Parts::Signature { .. }, .. }) => {
            selector(task, run, &decided_in(task, run))
        }
        _ => None,
    }
}

/// Whether a rule names nobody but staff.
fn names_staff(rule: &Selector) -> bool {
    match &rule.form {
        Form::Staff(_) => true,
        Form::FirstOf(branches) | Form::AnyOf(branches) | Form::AllOf(branches) => branches.iter().all(names_staff),
        _ => false,
    }
}

/// The place that whoever decides fills, also while nobody does.
fn decided_in(task: &Task, run: &Run) -> Slot {
    match (&task.work, run.given_slot()) {
        (Work::Request(Request { asked: Asked::Recipient(_), .. }), Slot::Assign) => Slot::Recipient,
        (_, slot) => slot,
    }
}

/// The expressions inside selectors.
struct Expressions<'a> {
    scene: Scene<'a>,
    task: &'a TaskKey,
}

impl Expressions<'_> {
    fn value(&self, id: ExpressionId, contact: Option<&PersonId>) -> Result<Value, String> {
        let focus = Focus { task: Some(self.task), contact, ..Focus::default() };
        self.scene.prepared.evaluate(id, &self.scene.seen(focus))
    }
}

impl Evaluate for Expressions<'_> {
    fn text(&self, id: ExpressionId) -> &str {
        self.scene.prepared.plan.expression(id)
    }

    fn contact(&self, id: ExpressionId) -> Result<Option<String>, String> {
        match self.value(id, None)? {
            Value::Nothing => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(format!("a contact's id is {}, where text is asked", other.kind())),
        }
    }

    fn keep(&self, id: ExpressionId, who: Who<'_>) -> Result<bool, String> {
        let candidate = who.id();
        let focus = Focus { task: Some(self.task), contact: Some(&candidate), ..Focus::default() };
        self.scene.prepared.holds(id, &self.scene.seen(focus))
    }

    fn ids(&self, id: ExpressionId) -> Result<Vec<Named>, String> {
        match self.value(id, None)? {
            Value::Nothing => Ok(vec![]),
            Value::List(values) => values.into_iter().map(named).collect(),
            single => Ok(vec![named(single)?]),
        }
    }

    fn plugin(&self, name: &str, with: &BTreeMap<String, Value>) -> Result<Vec<Named>, String> {
        let inquiry = inquiry(&self.scene, name, self.task);
        let settings = Value::Map(with.clone());
        let chosen = self.scene.world.plugins.select(&inquiry, &settings, &SceneDesk(self.scene));
        let named = |one: Choice| Named { id: one.id, because: Some(one.because).filter(|why| !why.is_empty()) };
        Ok(chosen.map_err(|failure| failure.to_string())?.into_iter().map(named).collect())
    }
}

/// Where a selector or a check is asked.
pub(super) fn inquiry(scene: &Scene<'_>, name: &str, task: &TaskKey) -> Inquiry {
    Inquiry {
        name: name.to_owned(),
        job: scene.job.id,
        task: task.clone(),
        client: scene.client.id.clone(),
        now: scene.now,
    }
}

/// A person that a script names: an id, or a map with `contact` or `staff` and perhaps `because`.
fn named(value: Value) -> Result<Named, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_text).map(ToString::to_string);
    let because = text("because");
    match &value {
        Value::Text(id) => Ok(Named { id: id.clone(), because }),
        Value::Map(_) => match (text("contact"), text("staff")) {
            (Some(id), None) => Ok(Named { id: format!("contact:{id}"), because }),
            (None, Some(id)) => Ok(Named { id: format!("staff:{id}"), because }),
            _ => Err("a person is named by `contact` or by `staff`".into()),
        },
        other => Err(format!("a person is {}, where an id is asked", other.kind())),
    }
}
