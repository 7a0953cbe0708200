//! Moving a running job to another version of its definition.
//!
//! Owns: the plan of such a move and its conflicts. What was done stays history; waiting, ready and uncompletable
//! tasks take the new text; what is under way keeps its people and its letters (b016, b017).

use super::decide::dropped_of;
use super::{Job, JobState, Run, conflict};
use crate::command::{MoveTo, Refusal};
use crate::event::Event;
use crate::id::Name;
use crate::plan::Plan;
use crate::task::{Move, TaskKey, TaskState, next};
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

/// The new names of tasks that the job has.
fn renamed_here(job: &Job, renamed: &[(Name, Name)]) -> Vec<(Name, Name)> {
    let is_here = |(old, new): &&(Name, Name)| old != new && job.tasks.contains_key(&TaskKey::of(old));
    renamed.iter().filter(is_here).cloned().collect()
}

/// What moving the job to this plan would do, without doing it.
pub fn preview(job: &Job, before: &Plan, plan: &Plan, renamed: &[(Name, Name)]) -> Preview {
    let renamed = &renamed_here(job, renamed);
    let misnamed = renamed.iter().filter_map(|(old, new)| misnamed(job, plan, renamed, old, new));
    let conflicts = misnamed.chain(conflict::of_job(job, plan)).collect();
    let mut preview = Preview { conflicts, added: added(job, plan, renamed), ..Preview::default() };
    for (key, run) in &job.tasks {
        let now = renamed.iter().find(|(old, _)| *old == key.task).map_or(&key.task, |(_, new)| new);
        // What was done stays history, also when the definition no longer has it.
        let has_ended = next(run.state, Move::Cancel).is_none();
        match plan.task(now) {
            None if !has_ended => {
                preview.conflicts.extend(conflict::of_removed(key, run));
                if key.item.is_none() {
                    preview.removed.push(key.task.clone());
                }
            }
            None => preview.kept.push(key.clone()),
            Some(_) if run.state == TaskState::Cancelled => {}
            Some(task) => {
                preview.conflicts.extend(conflict::of_task(key, run, before.task(&key.task), task));
                let list = if takes_new_text(run) { &mut preview.updated } else { &mut preview.kept };
                list.push(key.clone());
            }
        }
    }
    preview
}

/// Tasks that the job does not have. One that an earlier version removed is new when it comes back.
fn added(job: &Job, plan: &Plan, renamed: &[(Name, Name)]) -> Vec<Name> {
    let had = |task: &Name| {
        let is_here = job.run(&TaskKey::of(task)).is_some_and(|run| run.state != TaskState::Cancelled);
        let left = renamed.iter().any(|(old, _)| old == task);
        (is_here && !left) || renamed.iter().any(|(_, new)| new == task)
    };
    plan.tasks.iter().map(|task| task.id.clone()).filter(|task| !had(task)).collect()
}

/// Why a task cannot have its new name.
fn misnamed(job: &Job, plan: &Plan, renamed: &[(Name, Name)], old: &Name, new: &Name) -> Option<String> {
    let is_taken = job.tasks.contains_key(&TaskKey::of(new)) && !renamed.iter().any(|(other, _)| other == new);
    let is_double = renamed.iter().filter(|(_, other)| other == new).count() > 1;
    if plan.task(new).is_none() {
        Some(format!("task `{old}` is to be called `{new}`, which the new version does not have"))
    } else if is_taken || is_double {
        Some(format!("task `{old}` is to be called `{new}`, which is the name of another task of the job"))
    } else {
        None
    }
}

fn takes_new_text(run: &Run) -> bool {
    matches!(run.state, TaskState::Waiting | TaskState::Ready | TaskState::Uncompletable)
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
    let renamed = renamed_here(job, &to.renamed);
    let preview = preview(job, &to.before, plan, &renamed);
    if !preview.conflicts.is_empty() {
        return Err(Refusal::CannotMove(preview.conflicts.join("; ")));
    }
    let mut events: Vec<Event> = preview.removed.iter().flat_map(|task| dropped_of(job, &TaskKey::of(task))).collect();
    events.push(Event::JobMoved {
        from: job.hash,
        to: plan.hash,
        added: preview.added,
        removed: preview.removed,
        renamed,
        by: to.by,
    });
    Ok(events)
}
