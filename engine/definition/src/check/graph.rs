//! Which task waits for which.
//!
//! Owns: the tasks that could be read as a graph, by their place in the list. Leaves judging it to the rules.

use std::collections::{BTreeMap, BTreeSet};

use jobwright_core::plan::Dependency;

use crate::draft::Draft;

/// Which task waits for which, by place.
pub(super) struct Graph {
    places: BTreeMap<String, usize>,
    before: Vec<Vec<usize>>,
}

impl Graph {
    pub fn of(draft: &Draft) -> Self {
        let tasks = &draft.plan.tasks;
        // Of two tasks with one id the first is meant; that there are two was told.
        let mut places = BTreeMap::new();
        for (at, task) in tasks.iter().enumerate() {
            places.entry(task.id.to_string()).or_insert(at);
        }
        let before = tasks.iter().map(|task| {
            let mut before = BTreeSet::new();
            task.depends_on.iter().for_each(|dependency| named(dependency, &places, &mut before));
            before.into_iter().collect()
        });
        let before = before.collect();
        Self { places, before }
    }

    /// Where a task stands in the list.
    pub fn place(&self, task: &str) -> Option<usize> {
        self.places.get(task).copied()
    }

    /// The tasks that one waits for.
    pub fn before(&self, task: usize) -> &[usize] {
        &self.before[task]
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.before.len()
    }

    /// Whether one task comes before another, at any distance.
    pub fn is_before(&self, one: usize, other: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![other];
        while let Some(task) = open.pop() {
            for before in self.before(task) {
                if *before == one {
                    return true;
                }
                if seen.insert(*before) {
                    open.push(*before);
                }
            }
        }
        false
    }
}

fn named(dependency: &Dependency, places: &BTreeMap<String, usize>, before: &mut BTreeSet<usize>) {
    match dependency {
        Dependency::Task { task, .. } => before.extend(places.get(task.as_str())),
        Dependency::AnyOf(any) => any.iter().for_each(|dependency| named(dependency, places, before)),
    }
}
