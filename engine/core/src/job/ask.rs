//! What a job wants to know next.
//!
//! Owns: which question follows from which state. The first one found is put; its answer moves the job, and the turn
//! asks again.

use super::advance::{needs_document, start_reached};
use super::dependency::{Holds, holds};
use super::{Job, JobState, Moved, Run, people};
use crate::plan::{Plan, Task, Work};
use crate::question::Question;
use crate::recipient::Reason;
use crate::task::{TaskKey, TaskState};
use alloc::{vec, vec::Vec};
use jiff::Timestamp;

/// The next question, or nothing.
pub fn ask(job: &Job, plan: &Plan, now: Timestamp) -> Option<Question> {
    if job.state != JobState::Open {
        return None;
    }
    if dates_moved(job, plan) {
        return Some(Question::Dates);
    }
    plan.tasks.iter().find_map(|task| of_plan_task(job, task, now))
}

/// The next question about a task or one of its instances.
pub(super) fn of_plan_task(job: &Job, task: &Task, now: Timestamp) -> Option<Question> {
    let key = TaskKey::of(&task.id);
    let run = job.run(&key)?;
    of_run(job, task, &key, run, now)
        .or_else(|| job.instances(&key).find_map(|(key, run)| of_run(job, task, &key, run, now)))
}

/// Dates are worked out anew when a task moved that some rule names.
pub(super) fn dates_moved(job: &Job, plan: &Plan) -> bool {
    match &job.moved {
        Moved::All => true,
        Moved::Tasks(moved) => {
            !moved.is_empty() && plan.has_rules() && moved.iter().any(|key| plan.is_anchor(&key.task))
        }
    }
}

fn of_run(job: &Job, task: &Task, key: &TaskKey, run: &Run, now: Timestamp) -> Option<Question> {
    if wants_notice(task, run) {
        return Some(Question::Notice(key.clone()));
    }
    match run.state {
        TaskState::Waiting => {
            let is_list = key.item.is_none();
            let may_begin = is_list && holds(job, task, key) == Holds::Yes && start_reached(job, task, key, now);
            (may_begin && task.when.is_some()).then(|| Question::Condition(key.clone()))
        }
        TaskState::Ready => of_ready(task, key, run),
        TaskState::Active | TaskState::AwaitingClient if run.items.is_none() => of_active(task, key, run),
        _ => None,
    }
}

fn of_ready(task: &Task, key: &TaskKey, run: &Run) -> Option<Question> {
    if task.for_each.is_some() && key.item.is_none() {
        return Some(Question::Items(key.clone()));
    }
    let wanted = people::wanted(task, run);
    if !wanted.is_empty() {
        return Some(Question::People(key.clone(), wanted));
    }
    needs_document(task, run).then(|| Question::Document(key.clone()))
}

fn of_active(task: &Task, key: &TaskKey, run: &Run) -> Option<Question> {
    let key = key.clone();
    // Work taken over by hand, and the next signer's turn, want people while the task is under way.
    let wanted = people::wanted(task, run);
    if !wanted.is_empty() {
        return Some(Question::People(key, wanted));
    }
    let unwritten = people::unwritten(task, run);
    if !unwritten.is_empty() {
        return Some(Question::Letters(key, unwritten));
    }
    match &task.work {
        _ if run.by_hand => None,
        Work::Script(_) => Some(Question::Script(key)),
        Work::UpdateClient(_) => Some(Question::Changes(key)),
        Work::StartJob(_) if !run.child_asked => Some(Question::Child(key)),
        Work::Plugin(_) if run.call.is_none() => Some(Question::Plugin(key)),
        _ => None,
    }
}

/// Whether somebody is to be told of a task's trouble and was not. A failure is told also where the definition passes
/// over it.
pub(super) fn wants_notice(task: &Task, run: &Run) -> bool {
    !run.noticed && people::notice(task, run).is_some()
}

/// What to ask again because the directory changed: the dates, who fills the places of tasks that nobody could do, and
/// whether those who were asked are still there.
pub fn reasks(job: &Job, plan: &Plan) -> Vec<Question> {
    if job.state != JobState::Open {
        return vec![];
    }
    let known = job.tasks.iter().filter_map(|(key, run)| Some((plan.task(&key.task)?, key, run)));
    let of_tasks = known.flat_map(|(task, key, run)| again(task, key, run));
    [Question::Dates].into_iter().chain(of_tasks).collect()
}

/// The letters that could not be written because a field was empty, to be tried once more.
pub fn lacking(job: &Job, plan: &Plan) -> Vec<Question> {
    let lacks =
        |run: &Run| run.state == TaskState::Uncompletable && matches!(run.reason, Some(Reason::MissingField(_)));
    let open = job.tasks.iter().filter(|(_, run)| job.state == JobState::Open && lacks(run));
    let known = open.filter_map(|(key, run)| Some((plan.task(&key.task)?, key, run)));
    known.map(|(task, key, run)| Question::Letters(key.clone(), people::unwritten(task, run))).collect()
}

/// What the job may want to know of one task: what it asks next, and what it asks again when the directory changed.
pub(super) fn of_task(job: &Job, task: &Task, key: &TaskKey, run: &Run, now: Timestamp) -> Vec<Question> {
    of_run(job, task, key, run, now).into_iter().chain(again(task, key, run)).collect()
}

/// What to ask again of one task because the directory changed. Whether people are still there is asked once a place,
/// since each answer tells of one; and then at once who else would be, since nobody may change the directory again.
fn again(task: &Task, key: &TaskKey, run: &Run) -> Vec<Question> {
    let acting = people::acting(run);
    let people = |slots| Question::People(key.clone(), slots);
    let standing = acting.iter().map(|_| Question::Standing(key.clone()));
    match (run.state, &run.reason) {
        (TaskState::AwaitingClient | TaskState::Active, _) if people::hangs_on_people(task, run) => {
            standing.chain([people(acting.clone())]).collect()
        }
        // A field that was filled in, or somebody else who does not lack it.
        (TaskState::Uncompletable, Some(Reason::MissingField(_))) => {
            vec![Question::Letters(key.clone(), people::unwritten(task, run)), people(acting)]
        }
        (TaskState::Uncompletable, _) => {
            let wanted = people::wanted(task, run).into_iter().chain(acting.iter().cloned());
            standing.chain([people(wanted.collect())]).collect()
        }
        _ => vec![],
    }
}
