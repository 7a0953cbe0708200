//! What no test of a definition ever reached.
//!
//! Owns: which tasks began, which outcomes were given and which sides of a `when` were taken, over all tests of one
//! definition. Leaves whether that is enough to people.

use std::collections::BTreeSet;

use jobwright_core::event::{Event, Recorded, Skip};
use jobwright_core::id::Name;
use jobwright_core::plan::{Parts, Plan, Task, Work};
use serde_json::{Value as Json, json};

/// What was reached so far.
#[derive(Default)]
pub struct Coverage {
    begun: BTreeSet<Name>,
    left_out: BTreeSet<Name>,
    outcomes: BTreeSet<(Name, Name)>,
}

impl Coverage {
    /// Counts what a test reached.
    pub fn add(&mut self, events: &[Recorded]) {
        for recorded in events {
            match &recorded.event {
                Event::TaskReady { task } => _ = self.begun.insert(task.task.clone()),
                Event::TaskSkipped { task, why: Skip::ConditionFalse } => _ = self.left_out.insert(task.task.clone()),
                Event::TaskCompleted { task, outcome: Some(outcome), .. } => {
                    self.outcomes.insert((task.task.clone(), outcome.clone()));
                }
                Event::TaskOverridden(forced) => {
                    self.outcomes.insert((forced.task.task.clone(), forced.outcome.clone()));
                }
                Event::ReopenLimitReached { task, outcome: Some(outcome), .. } => {
                    self.outcomes.insert((task.task.clone(), outcome.clone()));
                }
                _ => {}
            }
        }
    }

    /// What is left, in the order of the definition.
    pub fn unreached(&self, plan: &Plan) -> Vec<String> {
        plan.tasks.iter().flat_map(|task| self.unreached_of(task)).collect()
    }

    /// The same for machines, with the numbers.
    pub fn json(&self, plan: &Plan) -> Json {
        json!({ "tasks": plan.tasks.len(), "tasks_begun": self.begun.len(), "unreached": self.unreached(plan) })
    }

    fn unreached_of(&self, task: &Task) -> Vec<String> {
        let id = &task.id;
        let mut left = Vec::new();
        if !self.begun.contains(id) {
            left.push(match task.when {
                Some(_) => format!("`{id}` never begins: its `when` is never true"),
                None => format!("`{id}` never begins"),
            });
        }
        if task.when.is_some() && !self.left_out.contains(id) {
            left.push(format!("`{id}` is never left out: its `when` is never false"));
        }
        let never = outcomes(task).filter(|outcome| !self.outcomes.contains(&(id.clone(), outcome.clone())));
        left.extend(never.map(|outcome| format!("`{id}` never ends with the outcome `{outcome}`")));
        left
    }
}

/// The outcomes a task can end with: an approval's own, and those that have a consequence.
fn outcomes(task: &Task) -> impl Iterator<Item = Name> {
    let own = match &task.work {
        Work::Request(request) => match &request.parts {
            Parts::Approval { outcomes, .. } => outcomes.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    let all: BTreeSet<Name> = own.iter().chain(task.on_outcome.keys()).cloned().collect();
    all.into_iter()
}
