//! Which tasks have surely completed before another begins.
//!
//! Owns: what follows from dependencies alone. A task that its own `when` or a rule may skip has not surely completed;
//! a person may skip any task, which nobody can foresee and the engine tells when it happens.

use std::collections::BTreeSet;

use jobwright_core::plan::{Dependency, Is, Otherwise, Task};

use super::graph::Graph;
use crate::draft::Draft;

/// For each task, the places of those that have surely completed before it begins.
pub(super) struct Surely<'a> {
    draft: &'a Draft,
    graph: &'a Graph,
    before: Vec<Option<Places>>,
}

/// A set of tasks: whether each, by its place, belongs to it.
type Places = Vec<bool>;

impl<'a> Surely<'a> {
    pub fn of(draft: &'a Draft, graph: &'a Graph) -> Self {
        let mut surely = Self { draft, graph, before: vec![None; graph.len()] };
        for task in 0..graph.len() {
            surely.work_out(task);
        }
        surely
    }

    /// Whether one has surely completed when the other begins.
    pub fn has_completed(&self, one: usize, other: usize) -> bool {
        self.before[other].as_ref().is_some_and(|before| before[one])
    }

    /// Works a task out after all before it: the walk keeps its own stack, since a definition may be one long chain.
    fn work_out(&mut self, task: usize) {
        let mut begun = BTreeSet::new();
        let mut open = vec![task];
        while let Some(task) = open.last().copied() {
            let unknown = |before: &&usize| self.before[**before].is_none() && !begun.contains(*before);
            let next = self.graph.before(task).iter().find(unknown).copied();
            begun.insert(task);
            match next {
                Some(next) if next != task => open.push(next),
                _ => {
                    let each = self.draft.plan.tasks[task].depends_on.iter().map(|dependency| self.after(dependency));
                    self.before[task] = Some(each.fold(self.nobody(), |one, other| joined(one, &other, |a, b| a || b)));
                    open.pop();
                }
            }
        }
    }

    /// What has surely completed when a dependency holds.
    fn after(&self, dependency: &Dependency) -> Places {
        match dependency {
            Dependency::AnyOf(any) => {
                let sets = any.iter().map(|dependency| self.after(dependency));
                sets.reduce(|one, other| joined(one, &other, |a, b| a && b)).unwrap_or_else(|| self.nobody())
            }
            Dependency::Task { task, is, .. } => {
                let Some(place) = self.graph.place(task.as_str()) else { return self.nobody() };
                let task = &self.draft.plan.tasks[place];
                let earlier = || self.before[place].clone().unwrap_or_else(|| self.nobody());
                let with_itself = || {
                    let mut all = earlier();
                    all[place] = true;
                    all
                };
                match is {
                    Is::Completed => with_itself(),
                    Is::Done if !self.may_be_skipped(task) => with_itself(),
                    // Its own condition is asked when its dependencies hold, so those before it have completed.
                    Is::Done if !self.may_be_dead(task) => earlier(),
                    Is::Done | Is::Skipped | Is::Settled | Is::Failed | Is::Overdue => self.nobody(),
                }
            }
        }
    }

    fn nobody(&self) -> Places {
        vec![false; self.graph.len()]
    }

    fn may_be_skipped(&self, task: &Task) -> bool {
        may_skip_itself(task) || self.may_be_dead(task)
    }

    /// Whether its dependencies may turn out never to hold.
    fn may_be_dead(&self, task: &Task) -> bool {
        task.depends_on.iter().any(|dependency| self.may_never_hold(dependency))
    }

    fn may_never_hold(&self, dependency: &Dependency) -> bool {
        match dependency {
            Dependency::AnyOf(any) => any.iter().all(|dependency| self.may_never_hold(dependency)),
            Dependency::Task { is: Is::Done | Is::Settled, .. } => false,
            Dependency::Task { task, is: Is::Completed, .. } => self.draft.task(task).is_none_or(may_skip_itself),
            Dependency::Task { .. } => true,
        }
    }
}

fn joined(one: Places, other: &Places, how: fn(bool, bool) -> bool) -> Places {
    one.into_iter().zip(other).map(|(one, other)| how(one, *other)).collect()
}

/// Whether a rule of its own may skip it.
fn may_skip_itself(task: &Task) -> bool {
    let gives_up = task.on_uncompletable.after.is_some() && task.on_uncompletable.otherwise == Otherwise::Skip;
    task.when.is_some() || task.on_failed.otherwise == Otherwise::Skip || gives_up
}
