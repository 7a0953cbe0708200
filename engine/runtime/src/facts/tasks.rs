//! Tasks as values.

use super::{Scene, dated, named};
use jobwright_core::{
    event::DateKey,
    job::Run,
    plan::{Item, Parts, Request, Task, Work},
    task::TaskKey,
    value::Value,
};

/// Every task by name: what others may read of it.
pub(super) fn all(scene: &Scene<'_>, plain: bool) -> Value {
    let plan = &scene.prepared.plan;
    Value::map(plan.tasks.iter().filter_map(|task| {
        let key = TaskKey::of(&task.id);
        Some((task.id.as_str(), outside(scene, task, &key, plain)?))
    }))
}

fn outside(scene: &Scene<'_>, task: &Task, key: &TaskKey, plain: bool) -> Option<Value> {
    let run = scene.job.run(key)?;
    let each = scene.job.instances(key).map(|(key, run)| {
        Value::map([
            ("key", Value::text(key.item.unwrap_or_default())),
            ("state", Value::text(run.state.word())),
            ("item", run.item.clone().unwrap_or(Value::Nothing)),
            ("outputs", outputs(task, run)),
        ])
    });
    Some(Value::map([
        ("state", Value::text(run.state.word())),
        ("outcome", run.outcome.as_ref().map_or(Value::Nothing, |outcome| Value::text(outcome.as_str()))),
        ("outputs", outputs(task, run)),
        ("due", dated(scene.job.dates.get(&DateKey::Due(key.clone())))),
        ("completed_at", run.ended_at.map_or(Value::Nothing, Value::Moment)),
        ("each", Value::List(each.collect())),
        ("missing_items", missing_items(scene, task, key, plain)),
    ]))
}

/// What a task gave: its outputs, and the answers to its items.
fn outputs(task: &Task, run: &Run) -> Value {
    let Value::Map(mut map) = named(&run.outputs) else { return Value::Nothing };
    for (item, (answer, _)) in &run.answers {
        let value = match answer {
            jobwright_core::event::Answered::Value(value) => value.clone(),
            jobwright_core::event::Answered::Nothing => Value::Nothing,
        };
        map.entry(item.as_str().to_string()).or_insert(value);
    }
    // Declared outputs that are not there are nothing, so that `??` can stand in for them.
    for name in task.outputs.keys().chain(items(task).iter().map(|item| &item.id)) {
        map.entry(name.as_str().to_string()).or_insert(Value::Nothing);
    }
    Value::Map(map)
}

fn items(task: &Task) -> &[Item] {
    match &task.work {
        Work::Request(Request { parts: Parts::Documents { items, .. } | Parts::Form(items), .. }) => items,
        _ => &[],
    }
}

/// The task that a letter or an expression belongs to.
pub(super) fn own(scene: &Scene<'_>, key: &TaskKey, plain: bool) -> Value {
    let plan = &scene.prepared.plan;
    let (Some(task), Some(run)) = (plan.task(&key.task), scene.job.run(key)) else { return Value::Nothing };
    let date = |key| dated(scene.job.dates.get(&key));
    Value::map([
        ("id", Value::text(key.to_string())),
        ("label", if plain { Value::text(key.to_string()) } else { Value::text(scene.label(key)) }),
        ("state", Value::text(run.state.word())),
        ("due", date(DateKey::Due(key.clone()))),
        ("expires", date(DateKey::Expires(key.clone()))),
        ("missing_items", missing_items(scene, task, key, plain)),
        ("outcomes", outcomes(task)),
        ("checklist", checklist(task)),
    ])
}

fn outcomes(task: &Task) -> Value {
    match &task.work {
        Work::Request(Request { parts: Parts::Approval { outcomes, .. }, .. }) => {
            Value::List(outcomes.iter().map(|outcome| Value::text(outcome.as_str())).collect())
        }
        _ => Value::List(vec![]),
    }
}

fn checklist(task: &Task) -> Value {
    match &task.work {
        Work::Request(Request { parts: Parts::Manual { checklist }, .. }) => {
            Value::List(checklist.iter().map(Value::text).collect())
        }
        _ => Value::List(vec![]),
    }
}

fn missing_items(scene: &Scene<'_>, task: &Task, key: &TaskKey, plain: bool) -> Value {
    let Some(run) = scene.job.run(key) else { return Value::Nothing };
    let open = items(task).iter().filter(|item| !run.answers.contains_key(&item.id));
    let item = |item: &Item| {
        Value::map([
            ("id", Value::text(item.id.as_str())),
            ("label", if plain { Value::text(item.id.as_str()) } else { Value::text(scene.line(item.label, key)) }),
            ("required", Value::Bool(item.required)),
        ])
    };
    Value::List(open.map(item).collect())
}
