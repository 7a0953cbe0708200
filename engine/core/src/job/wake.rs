//! When a job wants to be looked at again.
//!
//! Owns: the next moment that moves it by itself. Effects keep their own times in the outbox.

use super::advance::gives_up;
use super::dependency::{Holds, holds};
use super::{Job, JobState, Run};
use crate::event::DateKey;
use crate::plan::{Plan, Task, Work};
use crate::task::{TaskKey, TaskState};
use alloc::{vec, vec::Vec};
use jiff::Timestamp;

/// The earliest moment after which `advance` finds something, or nothing when only people, letters or the directory
/// can move the job.
pub fn next_wake(job: &Job, plan: &Plan) -> Option<Timestamp> {
    if job.state != JobState::Open || !plan.has_rules() {
        return None;
    }
    let unsettled = job.tasks.iter().filter(|(_, run)| !run.state.is_settled());
    let moments = unsettled.filter_map(|(key, run)| Some((key, run, plan.task(&key.task)?)));
    moments.flat_map(|(key, run, task)| moments_of(job, key, run, task)).filter_map(|key| job.date(&key)).min()
}

fn moments_of(job: &Job, key: &TaskKey, run: &Run, task: &Task) -> Vec<DateKey> {
    let mut moments = vec![];
    // A start that has come while another task is still open wakes nobody.
    if run.state == TaskState::Waiting && task.start.is_some() && holds(job, task, key) == Holds::Yes {
        moments.push(DateKey::Start(key.clone()));
    }
    if !run.state.is_settled() && !run.overdue && task.due.is_some() {
        moments.push(DateKey::Due(key.clone()));
    }
    if run.runs_out() {
        moments.extend(task.expires.as_ref().map(|_| DateKey::Expires(key.clone())));
        moments.extend(task.timeout.as_ref().map(|_| DateKey::Timeout(key.clone())));
        if matches!(task.work, Work::Wait(_)) {
            moments.push(DateKey::Until(key.clone()));
        }
    }
    if gives_up(task, run) {
        moments.push(DateKey::GiveUp(key.clone()));
    }
    moments
}
