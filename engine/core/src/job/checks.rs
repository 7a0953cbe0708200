//! Values that a plugin's check looks at before they count.
//!
//! Owns: which values of what was decided have a check, and what becomes of a command whose value does not pass: a
//! person's act is refused, a task whose own outputs are unfit has failed. Leaves asking the checks to the turn.

use crate::command::{Answer, CallEnd, Command, Outcome, Refusal};
use crate::effect::Failure;
use crate::event::{Amended, Answered, Event};
use crate::id::Name;
use crate::plan::{Item, Parts, Plan, Request, Takes, Task, Work};
use crate::retry::FailureKind;
use crate::task::TaskKey;
use crate::value::{Field, Value};
use alloc::{string::ToString, vec::Vec};

/// A value and the check that must find nothing wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkable<'a> {
    /// Of which task.
    pub task: &'a TaskKey,
    /// Which answer or output.
    pub name: &'a Name,
    /// The check, by its dotted name.
    pub check: &'a str,
    /// The value.
    pub value: &'a Value,
}

/// The values in these events that have a check. What is absent is not looked at: whether it may be is a matter of its
/// field.
pub fn checkable<'a>(plan: &'a Plan, events: &'a [Event]) -> Vec<Checkable<'a>> {
    let mut all = Vec::new();
    for event in events {
        match event {
            Event::ItemAnswered { task, item, answer: Answered::Value(value), .. } => {
                let field = plan.task(&task.task).and_then(|of| item_field(of, item));
                all.extend(one(task, item, field, value));
            }
            Event::TaskCompleted { task, outputs, .. } => {
                let Some(of) = plan.task(&task.task) else { continue };
                all.extend(outputs.iter().filter_map(|(name, value)| one(task, name, of.outputs.get(name), value)));
            }
            Event::TaskDoneOutOfTurn(forced) | Event::TaskOverridden(forced) => {
                let Some(of) = plan.task(&forced.task.task) else { continue };
                let outputs = forced.outputs.iter().map(|(name, value)| (name, of.outputs.get(name), value));
                let answers = forced.answers.iter().filter_map(|(item, answer)| match answer {
                    Answered::Value(value) => Some((item, item_field(of, item), value)),
                    Answered::Nothing => None,
                });
                all.extend(
                    outputs.chain(answers).filter_map(|(name, field, value)| one(&forced.task, name, field, value)),
                );
            }
            Event::AnswerAmended(Amended { task, item, is_output, after: Answered::Value(value), .. }) => {
                let Some(of) = plan.task(&task.task) else { continue };
                let field = if *is_output { of.outputs.get(item) } else { item_field(of, item) };
                all.extend(one(task, item, field, value));
            }
            _ => {}
        }
    }
    all
}

fn one<'a>(task: &'a TaskKey, name: &'a Name, field: Option<&'a Field>, value: &'a Value) -> Option<Checkable<'a>> {
    let check = field?.check.as_deref()?;
    (*value != Value::Nothing).then_some(Checkable { task, name, check, value })
}

fn item_field<'a>(task: &'a Task, item: &Name) -> Option<&'a Field> {
    let Work::Request(Request { parts: Parts::Form(items), .. }) = &task.work else { return None };
    items.iter().find(|one| one.id == *item).and_then(Item::field)
}

impl Item {
    fn field(&self) -> Option<&Field> {
        match &self.takes {
            Takes::Value(field) => Some(field),
            Takes::File { .. } => None,
        }
    }
}

impl Task {
    /// Every value that it asks for or gives.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let form = match &self.work {
            Work::Request(Request { parts: Parts::Form(items), .. }) => items.as_slice(),
            _ => &[],
        };
        form.iter().filter_map(Item::field).chain(self.outputs.values())
    }
}

impl Plan {
    /// Whether any value of it has a check.
    pub fn has_checks(&self) -> bool {
        self.tasks.iter().any(|task| task.fields().any(|field| field.check.is_some()))
    }
}

/// The command that stands in the place of one whose value does not pass.
///
/// # Errors
/// The refusal itself, where a person can give another value.
pub fn unfit(command: Command, refusal: Refusal) -> Result<Command, Refusal> {
    // What was computed is not computed again by itself: it would be the same, or be done twice.
    let failure = || match &refusal {
        Refusal::NotChecked { .. } => {
            Failure { kind: FailureKind::NeedsPerson, code: "not-checked".into(), message: refusal.to_string() }
        }
        _ => Failure::permanent("bad-output", refusal.to_string()),
    };
    match command {
        Command::Answer(Answer::Script(task, _)) => Ok(Command::Answer(Answer::Script(task, Err(failure())))),
        Command::Record { effect, outcome: Outcome::Called { lines, .. } } => {
            Ok(Command::Record { effect, outcome: Outcome::Called { lines, end: CallEnd::Unfit(failure()) } })
        }
        _ => Err(refusal),
    }
}
