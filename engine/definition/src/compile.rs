//! From a draft without faults to a plan.
//!
//! Owns: the order of key dates, which tasks each task reads, and the hash. Everything else stands in the draft already:
//! places are left behind here.

use std::collections::BTreeSet;

use jobwright_core::date;
use jobwright_core::id::{Hash, Name};
use jobwright_core::plan::{Plan, Request, Task, Work};

use crate::check::names;
use crate::draft::{Draft, TextRole};

/// The plan; none when key dates hang on one another in a ring, which a check has told.
pub(crate) fn compile(draft: Draft, hash: Hash) -> Option<Plan> {
    let reads: Vec<Vec<Name>> = draft.plan.tasks.iter().map(|task| reads(&draft, task)).collect();
    let mut plan = draft.plan;
    for (task, reads) in plan.tasks.iter_mut().zip(reads) {
        task.reads = reads;
    }
    let order: Vec<String> = date::order(plan.dates.iter().map(|date| (date.name.as_str(), &date.rule)))
        .ok()?
        .into_iter()
        .map(str::to_owned)
        .collect();
    plan.dates.sort_by_key(|date| order.iter().position(|name| *name == date.name.as_str()));
    plan.hash = hash;
    Some(plan)
}

/// The tasks that a task's expressions, scripts and texts name, itself left out, and those that a key date hangs on that
/// they name.
fn reads(draft: &Draft, task: &Task) -> Vec<Name> {
    let template = match &task.work {
        Work::Email(email) => Some(&email.template),
        Work::Request(Request { template, .. }) => template.as_ref(),
        _ => None,
    };
    let is_own = |owner: &Option<Name>| owner.as_ref() == Some(&task.id);
    let is_its_text =
        |role: &TextRole| matches!((role, template), (TextRole::Template(name), Some(own)) if name == own);
    let expressions = draft.expressions.iter().filter(|one| is_own(&one.owner)).map(|one| one.text.as_str());
    let scripts = draft.scripts.iter().filter(|one| is_own(&one.owner)).map(|one| one.text.as_str());
    let texts =
        draft.texts.iter().filter(|one| is_own(&one.owner) || is_its_text(&one.role)).map(|one| one.text.as_str());
    let (mut tasks, mut dates) = (BTreeSet::new(), BTreeSet::new());
    for code in expressions.chain(scripts) {
        tasks.extend(names::in_code(code).into_iter().map(|(name, _)| name));
        dates.extend(names::dates_in_code(code).into_iter().map(|(name, _)| name));
    }
    for text in texts {
        tasks.extend(names::in_text(text).into_iter().map(|(name, _)| name));
        dates.extend(names::dates_in_text(text).into_iter().map(|(name, _)| name));
    }
    let dated = draft.plan.dates.iter().filter(|date| dates.contains(date.name.as_str()));
    tasks.extend(dated.flat_map(|date| draft.plan.anchored_on(&date.rule)).map(Name::as_str));
    let known = draft.plan.tasks.iter().map(|other| &other.id).filter(|id| **id != task.id);
    known.filter(|id| tasks.contains(id.as_str())).cloned().collect()
}
