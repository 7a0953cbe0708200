//! When a job wants to be looked at again.
//!
//! Owns: the next moment that moves it by itself. Effects keep their own times in the outbox.

use super::{Job, JobState, Run};
use crate::event::DateKey;
use crate::plan::{Otherwise, Plan, Task, Work};
use crate::task::{TaskKey, TaskState};
use alloc::{vec, vec::Vec};
use jiff::Timestamp;

/// The earliest moment after which `advance` finds something, or nothing when only people, letters or the directory
/// can move the job.
pub fn next_wake(job: &Job, plan: &Plan) -> Option<Timestamp> {
    if job.state != JobState::Open {
        return None;
    }
    let moments = job.tasks.iter().filter_map(|(key, run)| Some((key, run, plan.task(&key.task)?)));
    moments.flat_map(|(key, run, task)| moments_of(key, run, task)).filter_map(|key| job.date(&key)).min()
}

fn moments_of(key: &TaskKey, run: &Run, task: &Task) -> Vec<DateKey> {
    let mut moments = vec![];
    if run.state == TaskState::Waiting && task.start.is_some() {
        moments.push(DateKey::Start(key.clone()));
    }
    if !run.state.is_settled() && !run.overdue && task.due.is_some() {
        moments.push(DateKey::Due(key.clone()));
    }
    if run.state.is_under_way() {
        moments.extend(task.expires.as_ref().map(|_| DateKey::Expires(key.clone())));
        moments.extend(task.timeout.as_ref().map(|_| DateKey::Timeout(key.clone())));
        if matches!(task.work, Work::Wait(_)) {
            moments.push(DateKey::Until(key.clone()));
        }
    }
    let gives_up = task.on_uncompletable.after.is_some() && task.on_uncompletable.otherwise != Otherwise::Hold;
    if run.state == TaskState::Uncompletable && gives_up {
        moments.push(DateKey::GiveUp(key.clone()));
    }
    moments
}
