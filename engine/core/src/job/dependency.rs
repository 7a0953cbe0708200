//! Whether what a task waits for has happened, can still happen, or never will.
//!
//! Owns: the reading of `depends_on`. Skipped counts as done for a plain name, so that merges wait exactly for the
//! branches that live.

use super::Job;
use crate::id::Name;
use crate::plan::{self, Dependency, Is, Task};
use crate::task::{TaskKey, TaskState};
use alloc::vec::Vec;

/// How a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    NotYet,
    Never,
}

/// Whether all dependencies of a task hold, or those of one of its instances: an instance waits for what the list as a
/// whole did not, its own item in other tasks.
pub(super) fn holds(job: &Job, task: &Task, key: &TaskKey) -> Holds {
    let counts = |dependency: &&Dependency| key.item.is_none() || names_item(dependency);
    let all = task.depends_on.iter().filter(counts).map(|dependency| one(job, dependency, key));
    all.fold(Holds::Yes, |so_far, next| match (so_far, next) {
        (Holds::Never, _) | (_, Holds::Never) => Holds::Never,
        (Holds::NotYet, _) | (_, Holds::NotYet) => Holds::NotYet,
        (Holds::Yes, Holds::Yes) => Holds::Yes,
    })
}

/// The tasks that a task still waits for.
pub fn waits_on(job: &Job, task: &Task) -> Vec<Name> {
    let key = TaskKey::of(&task.id);
    let waits = |dependency: &&Dependency| {
        let mut instances = job.instances(&key).filter(|(_, run)| run.state == TaskState::Waiting);
        one(job, dependency, &key) != Holds::Yes
            || names_item(dependency) && instances.any(|(key, _)| one(job, dependency, &key) != Holds::Yes)
    };
    let open = task.depends_on.iter().filter(waits);
    plan::dependencies(open).into_iter().cloned().collect()
}

/// Whether an instance waits for its own item in another task.
pub(super) fn names_item(dependency: &Dependency) -> bool {
    match dependency {
        Dependency::Task { same_item, .. } => *same_item,
        Dependency::AnyOf(branches) => branches.iter().any(names_item),
    }
}

fn one(job: &Job, dependency: &Dependency, key: &TaskKey) -> Holds {
    match dependency {
        Dependency::Task { task, is, same_item: true } => of_item(job, task, *is, key),
        Dependency::Task { task, is, same_item: false } => state_of(job, &TaskKey::of(task), *is),
        Dependency::AnyOf(branches) => {
            let mut all_dead = true;
            for branch in branches {
                match one(job, branch, key) {
                    Holds::Yes => return Holds::Yes,
                    Holds::NotYet => all_dead = false,
                    Holds::Never => {}
                }
            }
            if all_dead { Holds::Never } else { Holds::NotYet }
        }
    }
}

/// The other task's instance of the same item. The list itself waits only until the other list is known; an item that
/// is not in it is never done there, unless the other list ended without items.
fn of_item(job: &Job, task: &Name, is: Is, key: &TaskKey) -> Holds {
    let whole = TaskKey::of(task);
    let is_listed = job.run(&whole).is_some_and(|run| run.items.is_some());
    match &key.item {
        Some(item) if is_listed => state_of(job, &TaskKey::item(task, item), is),
        None if is_listed => Holds::Yes,
        _ => state_of(job, &whole, is),
    }
}

fn state_of(job: &Job, key: &TaskKey, is: Is) -> Holds {
    use TaskState as S;
    // A task that a new version removed cannot be waited for.
    let Some(run) = job.run(key) else { return Holds::Never };
    let state = standing(job, key).unwrap_or(run.state);
    let (yes, never) = match is {
        Is::Done => (matches!(state, S::Completed | S::Skipped), state == S::Cancelled),
        Is::Completed => (state == S::Completed, matches!(state, S::Skipped | S::Cancelled)),
        Is::Skipped => (state == S::Skipped, matches!(state, S::Completed | S::Cancelled)),
        Is::Settled => (state.is_settled(), false),
        Is::Failed => (state == S::Failed, matches!(state, S::Completed | S::Skipped | S::Cancelled)),
        // One that failed may be tried again, and be late then.
        Is::Overdue => (run.overdue, matches!(state, S::Completed | S::Skipped | S::Cancelled)),
    };
    match (yes, never) {
        (true, _) => Holds::Yes,
        (_, true) => Holds::Never,
        _ => Holds::NotYet,
    }
}

/// The state of a task with instances, as others see it: failed when every instance has ended and one of them failed.
fn standing(job: &Job, key: &TaskKey) -> Option<TaskState> {
    let mut failed = false;
    let mut instances = job.instances(key).peekable();
    instances.peek()?;
    for (_, run) in instances {
        if !run.state.is_settled() {
            return None;
        }
        failed |= run.state == TaskState::Failed;
    }
    failed.then_some(TaskState::Failed)
}
