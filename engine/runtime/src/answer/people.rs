//! Who fills a place of a task, and who no longer can.

use super::signers;
use crate::desk::SceneDesk;
use crate::facts::{Focus, Scene};
use jobwright_core::{
    event::Slot,
    id::Name,
    job::{did, selector},
    plan::ExpressionId,
    recipient::{Channel, Evaluate, Named, PersonId, Reason, Resolution, Selector, Who, lost as lost_person, resolve},
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
        found.push((slot.clone(), resolution));
    }
    found
}

/// Asks the selector of one place by itself, with its proof; nothing when the task has no such place.
pub(super) fn explain(scene: &Scene<'_>, key: &TaskKey, slot: &Slot) -> Option<Resolution> {
    let (task, run) = (scene.prepared.plan.task(&key.task)?, scene.job.run(key)?);
    let (selector, channel) = selector(task, run, slot)?;
    Some(ask(scene, key, &selector, channel))
}

/// Asks a selector that stands in a task.
pub(crate) fn ask(scene: &Scene<'_>, key: &TaskKey, selector: &Selector, channel: Channel) -> Resolution {
    let did_it = |other: &Name, person: &PersonId| did(scene.job, &scene.prepared.plan, other, person);
    let expressions = Expressions { scene: *scene, task: key };
    resolve(selector, channel, &scene.directory(), &did_it, &expressions, scene.today())
}

/// The first place of a task whose people can all no longer act.
pub(super) fn lost(scene: &Scene<'_>, key: &TaskKey) -> Option<(Slot, Reason)> {
    let run = scene.job.run(key)?;
    let directory = scene.directory();
    run.places.iter().find_map(|(slot, place)| {
        let is_copy = matches!(slot, Slot::Cc | Slot::Bcc | Slot::Notice);
        let is_signed = matches!(slot, Slot::Signer(name) if run.is_signed(name));
        if is_copy || is_signed || place.people.is_empty() {
            return None;
        }
        let reasons: Option<Vec<Reason>> = place.people.iter().map(|one| lost_person(one, &directory)).collect();
        Some((slot.clone(), reasons?.into_iter().next()?))
    })
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
