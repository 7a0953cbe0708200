//! Doing a part of a job once more.
//!
//! Owns: what goes back with a task that is reopened, whether its definition's outcome does it or staff do: everything
//! that was built on it, by `depends_on`, by reading it, by a date that hangs on it or by `not_same_as`. Letters of it
//! that wait are dropped, and signatures under the old document are void. Leaves how often an outcome may do it to
//! `record`.

use super::decide::dropped_of;
use super::{Job, JobState};
use crate::event::{Actor, Event};
use crate::id::Name;
use crate::plan::Plan;
use crate::task::{TaskKey, TaskState};
use alloc::{collections::BTreeSet, string::String, vec, vec::Vec};

/// Who has it done once more.
pub(super) enum Cause {
    /// A task, by its outcome or because it expired.
    Task(TaskKey),
    /// Staff.
    Staff(Actor, String),
}

/// What happens when a task, or one instance of it, is done once more.
pub(super) fn reopened(job: &Job, plan: &Plan, from: &TaskKey, cause: Cause) -> Vec<Event> {
    let also = match &cause {
        Cause::Task(task) => Some(&task.task),
        Cause::Staff(..) => None,
    };
    let tasks = going_back(job, plan, from, also);
    let mut events = Vec::new();
    for task in &tasks {
        events.extend(dropped_of(job, task));
        events.extend(voided(job, task));
    }
    events.push(match cause {
        Cause::Task(task) => Event::TasksReopened { cause: task.parent(), from: from.task.clone(), tasks },
        Cause::Staff(by, note) => Event::TaskReopened { from: from.clone(), tasks, by, note },
    });
    events
}

/// The tasks that are done once more with this one, as listed in the plan; of a job that has ended also those that
/// ended with it. One instance goes back alone, and not the others of its list. What has not begun stays where it is.
pub fn going_back(job: &Job, plan: &Plan, from: &TaskKey, also: Option<&Name>) -> Vec<TaskKey> {
    let built = built_upon(plan, [&from.task].into_iter().chain(also));
    let is_back = |name: &Name| match (name == &from.task, &from.item) {
        (true, Some(_)) => false,
        (true, None) => true,
        (false, _) => built.contains(name) || also == Some(name),
    };
    let has_begun =
        |key: &TaskKey| job.run(key).is_some_and(|run| !matches!(run.state, TaskState::Waiting | TaskState::Cancelled));
    let ended_with_it =
        |key: &TaskKey| job.state == JobState::Completed && job.run(key).is_some_and(|run| run.cut_off.is_some());
    let keys = plan.tasks.iter().map(|task| TaskKey::of(&task.id));
    let others = keys.filter(|key| (is_back(&key.task) && has_begun(key)) || ended_with_it(key));
    let instance = from.item.as_ref().map(|_| from.clone());
    instance.into_iter().chain(others).collect()
}

/// The tasks that may have been built on what a task gave, and have begun: with instances, these.
pub fn built_on(job: &Job, plan: &Plan, task: &Name) -> Vec<TaskKey> {
    let built = built_upon(plan, [task]);
    let mut keys = Vec::new();
    for other in plan.tasks.iter().filter(|other| other.id != *task && built.contains(&other.id)) {
        let key = TaskKey::of(&other.id);
        let instances: Vec<TaskKey> = job.instances(&key).map(|(key, _)| key).collect();
        keys.extend(if instances.is_empty() { vec![key] } else { instances });
    }
    keys.retain(|key| job.run(key).is_some_and(|run| !matches!(run.state, TaskState::Waiting | TaskState::Cancelled)));
    keys
}

/// Everything built on these tasks, directly or by others between; a plan has at most `TASKS_MAX` tasks, so this ends.
fn built_upon<'a>(plan: &'a Plan, on: impl IntoIterator<Item = &'a Name>) -> BTreeSet<&'a Name> {
    let mut seen = BTreeSet::new();
    let mut queue: Vec<&Name> = on.into_iter().collect();
    while let Some(name) = queue.pop() {
        for task in plan.tasks.iter().filter(|task| plan.built_on(task).contains(&name)) {
            if seen.insert(&task.id) {
                queue.push(&task.id);
            }
        }
    }
    seen
}

/// Signatures of a task and its instances, which no longer count.
fn voided(job: &Job, task: &TaskKey) -> Vec<Event> {
    let instances = job.instances(task);
    let runs = job.run(task).map(|run| (task.clone(), run)).into_iter().chain(instances);
    let mut events = vec![];
    for (key, run) in runs {
        for (signer, signed) in &run.signed {
            let void = |(by, _): &(Actor, _)| Event::SignatureVoided {
                task: key.clone(),
                signer: signer.clone(),
                by: by.clone(),
            };
            events.extend(signed.iter().map(void));
        }
    }
    events
}
