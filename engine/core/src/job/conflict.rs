//! What a new version of a definition asks of a job that the job cannot give any more.
//!
//! Owns: the list of conflicts, each in words for whoever publishes. What has not begun takes any new text; what is under
//! way must stay what people were asked for; what is done must still be what others will read of it.

use super::{Job, Run};
use crate::id::Name;
use crate::plan::{Asked, Item, Parts, Plan, Request, Signer, Task, Work};
use crate::task::{TaskKey, TaskState};
use crate::value::{Field, Value, Values};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

/// What the job itself cannot give: inputs and a period are fixed when it opens.
pub(super) fn of_job(job: &Job, after: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    for input in &after.inputs {
        let value = job.inputs.get(&input.name);
        if let Some(fault) = input.field.fault(value.unwrap_or(&Value::Nothing)) {
            let what = if value.is_some() { "" } else { ", which the job was started without" };
            found.push(format!("the new version has an input `{}` that {fault}{what}", input.name));
        }
    }
    let has_periods = after.schedule.as_ref().is_some_and(|schedule| schedule.every.is_some());
    if has_periods && job.period.is_none() {
        found.push("the new version has periods, and the job was started without one".into());
    }
    found
}

/// What a task that the new version still has cannot give.
pub(super) fn of_task(key: &TaskKey, run: &Run, before: Option<&Task>, after: &Task) -> Vec<String> {
    if !run.signed.is_empty() && !run.state.is_settled() {
        return vec![format!("task `{key}` has signatures and is not finished")];
    }
    if run.items.is_some() && after.for_each.is_none() {
        return vec![format!("task `{key}` has instances, and the new version has none")];
    }
    if run.state == TaskState::Completed {
        return given(key, run, after);
    }
    if !has_begun(run) || run.by_hand {
        return vec![];
    }
    if run.items.is_none() && key.item.is_none() && after.for_each.is_some() {
        return vec![format!("task `{key}` is under way as one, and the new version does it for each item of a list")];
    }
    before.map(|before| under_way(key, run, before, after)).unwrap_or_default()
}

/// What would be lost with a task that the new version does not have.
pub(super) fn of_removed(key: &TaskKey, run: &Run) -> Option<String> {
    let lost = match () {
        () if !run.signed.is_empty() => "has signatures",
        () if !run.answers.is_empty() => "has answers",
        () if !run.votes.is_empty() => "has approvals",
        () if run.child.is_some() && run.child_completed.is_none() => "has started a job that is not finished",
        () if run.call.is_some() && run.state.is_under_way() => "has called a plugin that has not ended",
        () => return None,
    };
    Some(format!("task `{key}` {lost}, and the new version does not have it"))
}

/// Somebody or something was set in motion for it, and it has not come to its end.
fn has_begun(run: &Run) -> bool {
    let was_written = run.places.values().any(|place| !place.letters.is_empty());
    run.state.is_under_way()
        || run.state == TaskState::Failed
        || (!run.state.is_settled() && (was_written || !run.answers.is_empty() || !run.votes.is_empty()))
}

/// What others read of a task that is done.
fn given(key: &TaskKey, run: &Run, after: &Task) -> Vec<String> {
    let mut found = Vec::new();
    // One that gives nothing by itself gives its instances' outputs.
    if run.items.is_none() {
        found.extend(unfit(key, "output", &after.outputs, &run.outputs));
    }
    if let Work::Request(Request { parts: Parts::Form(items), .. }) = &after.work {
        let fields = items.iter().filter_map(|item| Some((item.id.clone(), value_of(item)?)));
        let answers = run.answers.iter().filter_map(|(name, (answer, _))| match answer {
            crate::event::Answered::Value(value) => Some((name.clone(), value.clone())),
            crate::event::Answered::Nothing => None,
        });
        if run.items.is_none() {
            found.extend(unfit(key, "answer", &fields.collect(), &answers.collect()));
        }
    }
    if let Work::Request(Request { parts: Parts::Approval { outcomes, .. }, .. }) = &after.work
        && let Some(outcome) = &run.outcome
        && !outcomes.contains(outcome)
    {
        found.push(format!("task `{key}` was completed as `{outcome}`, which is no outcome of the new version"));
    }
    found
}

fn value_of(item: &Item) -> Option<Field> {
    match &item.takes {
        crate::plan::Takes::Value(field) => Some(Field { optional: field.optional || !item.required, ..field.clone() }),
        crate::plan::Takes::File { .. } => None,
    }
}

fn unfit(key: &TaskKey, what: &str, fields: &BTreeMap<Name, Field>, given: &Values) -> Vec<String> {
    let fault = |(name, field): (&Name, &Field)| {
        let fault = field.fault(given.get(name).unwrap_or(&Value::Nothing))?;
        Some(format!("task `{key}` is done, and its {what} `{name}` {fault} in the new version"))
    };
    fields.iter().filter_map(fault).collect()
}

/// What people were asked for, or what was begun, and what it would be now.
fn under_way(key: &TaskKey, run: &Run, before: &Task, after: &Task) -> Vec<String> {
    let says = |what: String| vec![format!("task `{key}` is under way, and the new version {what}")];
    let (was, is) = (type_of(&before.work), type_of(&after.work));
    if was != is {
        return says(format!("makes it {is} instead of {was}"));
    }
    match (&before.work, &after.work) {
        (Work::Request(old), Work::Request(new)) => {
            let mut found: Vec<String> = asked(old, new).into_iter().collect();
            found.extend(parts(&old.parts, &new.parts, run));
            found.into_iter().flat_map(says).collect()
        }
        (Work::StartJob(old), Work::StartJob(new)) if run.child_asked => {
            let mut found = Vec::new();
            if old.job != new.job {
                found.push("names another job to start".to_string());
            }
            if old.wait != new.wait {
                let waits = if new.wait { "waits for the job that it started" } else { "no longer waits for that job" };
                found.push(waits.to_string());
            }
            found.into_iter().flat_map(says).collect()
        }
        _ => vec![],
    }
}

fn type_of(work: &Work) -> &str {
    match work {
        Work::Plugin(plugin) => &plugin.name,
        work => work.word(),
    }
}

fn asked(old: &Request, new: &Request) -> Option<String> {
    match (&old.asked, &new.asked) {
        (Asked::Recipient(_), Asked::Assign(_)) => Some("gives it to staff instead of asking by letter".into()),
        (Asked::Assign(_), Asked::Recipient(_)) => Some("asks by letter instead of giving it to staff".into()),
        _ => None,
    }
}

fn parts(old: &Parts, new: &Parts, run: &Run) -> Vec<String> {
    match (old, new) {
        (
            Parts::Documents { items: old, nothing_to_report: was },
            Parts::Documents { items: new, nothing_to_report: is },
        ) => {
            let mut found = items("item", old, new);
            if was != is {
                found.push("changes whether \"nothing to report\" is an answer".into());
            }
            found
        }
        (Parts::Form(old), Parts::Form(new)) => items("field", old, new),
        (Parts::Approval { outcomes: old, required: was }, Parts::Approval { outcomes: new, required: is }) => {
            let mut found = changed("outcome", old, new);
            if found.is_empty() && old != new {
                found.push("lists its outcomes in another order".into());
            }
            if was != is && !run.votes.is_empty() {
                found.push("changes how many must approve".into());
            }
            found
        }
        (
            Parts::Signature { signers: old, required: was, document: text },
            Parts::Signature { signers: new, required: is, document: new_text },
        ) => {
            let names = |signers: &[Signer]| signers.iter().map(|signer| signer.id.clone()).collect::<Vec<_>>();
            let order = |signers: &[Signer]| signers.iter().map(|signer| signer.after.clone()).collect::<Vec<_>>();
            let mut found = changed("signer", &names(old), &names(new));
            if found.is_empty() && order(old) != order(new) {
                found.push("changes the order of its signers".into());
            }
            if was != is {
                found.push("changes how many must sign".into());
            }
            if matches!((text, new_text), (Some(_), None) | (None, Some(_))) {
                found.push("changes what is signed".into());
            }
            found
        }
        _ => vec![],
    }
}

fn items(what: &str, old: &[Item], new: &[Item]) -> Vec<String> {
    let names = |items: &[Item]| items.iter().map(|item| item.id.clone()).collect::<Vec<_>>();
    let mut found = changed(what, &names(old), &names(new));
    for item in new {
        let before = old.iter().find(|one| one.id == item.id);
        if before.is_some_and(|before| before.takes != item.takes) {
            found.push(format!("takes something else for {what} `{}`", item.id));
        } else if before.is_some_and(|before| before.required != item.required) {
            found.push(format!("changes whether {what} `{}` is required", item.id));
        }
    }
    found
}

fn changed(what: &str, old: &[Name], new: &[Name]) -> Vec<String> {
    let gone = old.iter().filter(|name| !new.contains(name)).map(|name| format!("has no {what} `{name}`"));
    let added = new.iter().filter(|name| !old.contains(name)).map(|name| format!("adds {what} `{name}`"));
    gone.chain(added).collect()
}
