//! Moving a running job to another version of its definition.
//!
//! Owns: the plan of such a move and its conflicts. What was done stays history; waiting, ready and uncompletable
//! tasks take the new text; what is under way keeps its people and its letters (b016, b017).

use super::{Job, JobState, Run};
use crate::command::{MoveTo, Refusal};
use crate::event::Event;
use crate::id::Name;
use crate::plan::Plan;
use crate::task::{TaskKey, TaskState};
use alloc::{format, string::String, vec, vec::Vec};

/// What moving a job would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Tasks that take the new text.
    pub updated: Vec<TaskKey>,
    /// Tasks that keep what they have, since they are under way or done.
    pub kept: Vec<TaskKey>,
    /// Tasks that are new.
    pub added: Vec<Name>,
    /// Tasks that are gone.
    pub removed: Vec<Name>,
    /// Why it cannot move, when it cannot.
    pub conflicts: Vec<String>,
}

/// What moving the job to this plan would do, without doing it.
pub fn preview(job: &Job, plan: &Plan, renamed: &[(Name, Name)]) -> Preview {
    let mut preview = Preview::default();
    for (key, run) in &job.tasks {
        let now = renamed.iter().find(|(old, _)| *old == key.task).map_or(&key.task, |(_, new)| new);
        match plan.task(now) {
            None if key.item.is_none() => preview.removed.push(key.task.clone()),
            None => {}
            Some(_) if takes_new_text(run) => preview.updated.push(key.clone()),
            Some(task) => {
                preview.conflicts.extend(conflict(key, run, task));
                preview.kept.push(key.clone());
            }
        }
    }
    let had = |task: &Name| job.tasks.contains_key(&TaskKey::of(task)) || renamed.iter().any(|(_, new)| new == task);
    preview.added = plan.tasks.iter().map(|task| task.id.clone()).filter(|task| !had(task)).collect();
    preview
}

fn takes_new_text(run: &Run) -> bool {
    matches!(run.state, TaskState::Waiting | TaskState::Ready | TaskState::Uncompletable)
}

fn conflict(key: &TaskKey, run: &Run, task: &crate::plan::Task) -> Option<String> {
    let signed = !run.signed.is_empty() && run.state.is_under_way();
    if signed {
        return Some(format!("task `{key}` has signatures and is not finished"));
    }
    let split = run.items.is_some() && task.for_each.is_none();
    split.then(|| format!("task `{key}` has instances, and the new version has none"))
}

/// Moves the job.
pub(super) fn follow(job: &Job, plan: &Plan, to: MoveTo) -> Result<Vec<Event>, Refusal> {
    if job.state != JobState::Open {
        return Err(Refusal::JobEnded);
    }
    if plan.id != job.definition {
        return Err(Refusal::CannotMove(format!("it follows `{}`, not `{}`", job.definition, plan.id)));
    }
    if plan.hash == job.hash {
        return Ok(vec![]);
    }
    let preview = preview(job, plan, &to.renamed);
    if let Some(conflict) = preview.conflicts.into_iter().next() {
        return Err(Refusal::CannotMove(conflict));
    }
    let is_here = |(old, _): &(Name, Name)| job.tasks.contains_key(&TaskKey::of(old));
    Ok(vec![Event::JobMoved {
        from: job.hash,
        to: plan.hash,
        added: preview.added,
        removed: preview.removed,
        renamed: to.renamed.into_iter().filter(is_here).collect(),
        by: to.by,
    }])
}
