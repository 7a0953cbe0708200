//! What is handed to another job and taken from it (WF0315), and jobs that start one another in a ring (WF0608).
//!
//! Owns: holding a `start_job` to the definition that it names, where that is known. Leaves the types of computed inputs to
//! `expression`, which asks here what is wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use jobwright_core::id::{DefinitionId, Name};
use jobwright_core::plan::{Computed, ExpressionId, Parts, Plan, Request, StartJob, Takes, Task, Work};
use jobwright_core::value::{Type, Value};

use super::unknown;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::source::{Span, Spanned};
use crate::surroundings::Surroundings;

/// Most definitions that a ring is looked for in.
const RING_MAX: usize = 100;

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    for (place, task) in draft.plan.tasks.iter().enumerate() {
        let Work::StartJob(start) = &task.work else { continue };
        let check = Check { draft, task, start, span: draft.tasks[place].id };
        check.takes_fit(diagnostics);
        if let Some(other) = other(draft, surroundings, start) {
            check.fits(&other, diagnostics);
        }
        check.ring(surroundings, diagnostics);
    }
}

/// The type that an expression must give which is handed to another job, where that job is known.
pub(super) fn wanted(draft: &Draft, surroundings: &Surroundings, at: usize) -> Option<Type> {
    let is_it = |value: &Computed| matches!(value, Computed::Expression(ExpressionId(id)) if *id as usize == at);
    let mut starts = draft.plan.tasks.iter().filter_map(|task| match &task.work {
        Work::StartJob(start) => Some(start),
        _ => None,
    });
    let (start, name) = starts.find_map(|start| {
        let (name, _) = start.with.iter().find(|(_, value)| is_it(value))?;
        Some((start, name))
    })?;
    let other = other(draft, surroundings, start)?;
    let field = &other.inputs.iter().find(|input| input.name == *name)?.field;
    let of = field.of.clone();
    Some(if field.optional { Type::Optional(Box::new(of)) } else { of })
}

/// The definition that is named, when it is written out and known.
fn other(draft: &Draft, surroundings: &Surroundings, start: &StartJob) -> Option<Arc<Plan>> {
    let id = named(start)?;
    if id == draft.plan.id { Some(Arc::new(draft.plan.clone())) } else { surroundings.others.plan(&id) }
}

fn named(start: &StartJob) -> Option<DefinitionId> {
    match &start.job {
        Computed::Literal(Value::Text(id)) => id.parse().ok(),
        _ => None,
    }
}

struct Check<'a> {
    draft: &'a Draft,
    task: &'a Task,
    start: &'a StartJob,
    span: Span,
}

impl Check<'_> {
    fn at(&self, thing: Thing, name: &str) -> Span {
        let own = self.draft.mentions.iter().filter(|mention| mention.owner.as_ref() == Some(&self.task.id));
        let mut named = own.filter(|mention| mention.thing == thing && mention.name.value == name);
        named.next().map_or(self.span, |mention| mention.name.span)
    }

    fn wrong(&self, message: String, at: Span) -> Diagnostic {
        Diagnostic::error(code::OTHER_JOB, message).at(at, "")
    }

    /// What is taken has a name here, and is waited for.
    fn takes_fit(&self, diagnostics: &mut Diagnostics) {
        for (name, _) in &self.start.take {
            if !self.task.outputs.contains_key(name) {
                let message = format!("`{name}` is taken from the other job and is no output of this task");
                let help = format!("declare it: `outputs: {{ {name}: {{ type: … }} }}`");
                diagnostics.push(self.wrong(message, self.at(Thing::Taken, name.as_str())).help(help));
            }
        }
        let untaken = |name: &&Name| !self.start.take.iter().any(|(taken, _)| taken == *name);
        for name in self.task.outputs.keys().filter(untaken) {
            let message = format!("nothing gives the output `{name}` of this task");
            let help = format!("say what it is taken from: `take: {{ {name}: tasks.TASK.outputs.OUTPUT }}`");
            diagnostics.push(self.wrong(message, self.span).help(help));
        }
        if !self.start.take.is_empty() && !self.start.wait {
            let message = "outputs can be taken only from a job that is waited for".to_owned();
            diagnostics.push(self.wrong(message, self.span).help("add `wait: true`"));
        }
    }

    fn fits(&self, other: &Plan, diagnostics: &mut Diagnostics) {
        let id = &other.id;
        let inputs = || other.inputs.iter().map(|input| input.name.as_str());
        for (name, value) in &self.start.with {
            let at = self.at(Thing::Handed, name.as_str());
            match (other.inputs.iter().find(|input| input.name == *name), value) {
                (None, _) => {
                    let named = Spanned::new(name.to_string(), at);
                    let message = |name| format!("`{id}` has no input {name}");
                    diagnostics.push(unknown(code::OTHER_JOB, message, &named, inputs()));
                }
                (Some(input), Computed::Literal(value)) => {
                    if let Some(fault) = input.field.fault(value) {
                        let told = self.wrong(format!("the input `{name}` of `{id}` {fault}"), at);
                        diagnostics.push(match written_as(&input.field.of) {
                            Some(way) => told.help(format!("write it as `{name}: {{ expr: '{way}' }}`")),
                            None => told,
                        });
                    }
                }
                (Some(_), Computed::Expression(_)) => {}
            }
        }
        for input in &other.inputs {
            let is_given = self.start.with.iter().any(|(name, _)| *name == input.name);
            let is_found = input.from.is_some() || input.default.is_some() || input.field.optional;
            if !is_given && !is_found {
                let message = format!("`{id}` needs the input `{}`, and nothing gives it", input.name);
                let help = format!("add `with: {{ {}: … }}`", input.name);
                diagnostics.push(self.wrong(message, self.span).help(help));
            }
        }
        if self.start.period.is_some() && other.schedule.as_ref().and_then(|schedule| schedule.every).is_none() {
            let message = format!("`{id}` has no periods (`schedule: every`)");
            diagnostics.push(self.wrong(message, self.span).help("leave out `period`"));
        }
        let dates = || other.dates.iter().map(|date| date.name.as_str());
        for (name, _) in &self.start.dates {
            if !dates().any(|date| date == name.as_str()) {
                let named = Spanned::new(name.to_string(), self.at(Thing::Handed, name.as_str()));
                let message = |name| format!("`{id}` has no key date {name}");
                diagnostics.push(unknown(code::OTHER_JOB, message, &named, dates()));
            }
        }
        for (name, taken) in &self.start.take {
            let at = self.at(Thing::Taken, name.as_str());
            let Some(task) = other.task(&taken.task) else {
                let named = Spanned::new(taken.task.to_string(), at);
                let message = |name| format!("`{id}` has no task {name}");
                let tasks = other.tasks.iter().map(|task| task.id.as_str());
                diagnostics.push(unknown(code::OTHER_JOB, message, &named, tasks));
                continue;
            };
            let own = self.task.outputs.get(name).map(|field| &field.of);
            match (output(task, &taken.output), own) {
                (None, _) => {
                    let message = format!("task `{}` of `{id}` gives no `{}`", taken.task, taken.output);
                    let given: Vec<&str> = outputs(task).map(Name::as_str).collect();
                    let told = self.wrong(message, at);
                    let help = format!("it gives: {}", given.join(", "));
                    diagnostics.push(if given.is_empty() { told } else { told.help(help) });
                }
                (Some(_), _) if task.for_each.is_some() => {
                    let message = format!("task `{}` of `{id}` gives an output for each item, not one", taken.task);
                    diagnostics.push(self.wrong(message, at));
                }
                (Some(of), Some(own)) if *own != of && *own != Type::Any => {
                    let message = format!("`{}` of `{id}` is {of}, and `{name}` is declared as {own}", taken.output);
                    diagnostics.push(self.wrong(message, at));
                }
                _ => {}
            }
        }
    }

    /// Whether this task begins a ring of jobs that start one another, by the shortest way back.
    fn ring(&self, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
        let own = &self.draft.plan;
        let Some(first) = named(self.start) else { return };
        let mut seen = BTreeSet::new();
        // Each with the way to it, and whether every job on it waits for the next.
        let mut open = vec![(first.clone(), vec![own.id.to_string(), first.to_string()], self.start.wait)];
        let mut bound = has_bound(own, self.task);
        for _ in 0..RING_MAX {
            if open.is_empty() {
                return;
            }
            let (id, way, waits) = open.remove(0);
            if id == own.id {
                if waits || !bound {
                    diagnostics.push(self.tell_ring(&way, waits));
                }
                return;
            }
            if !seen.insert(id.clone()) {
                continue;
            }
            let Some(plan) = surroundings.others.plan(&id) else { continue };
            for task in &plan.tasks {
                let Work::StartJob(start) = &task.work else { continue };
                let Some(next) = named(start) else { continue };
                bound |= has_bound(&plan, task);
                let way = way.iter().cloned().chain([next.to_string()]).collect();
                open.push((next, way, waits && start.wait));
            }
        }
    }

    fn tell_ring(&self, way: &[String], waits: bool) -> Diagnostic {
        let way = way.join(" → ");
        let at = self.at(Thing::Definition, way.split(" → ").nth(1).unwrap_or_default());
        if waits {
            let message = format!("jobs wait for one another and none can end: {way}");
            return Diagnostic::error(code::JOB_RING, message).at(at, "").help("leave out `wait: true` in one of them");
        }
        let message = format!("jobs start one another without end: {way}");
        let help = "let a `when` end it, or a person, a client or a date come before the next job starts";
        Diagnostic::error(code::JOB_RING, message).at(at, "").help(help)
    }
}

/// Whether something other than the engine itself decides that, or when, a task begins.
fn has_bound(plan: &Plan, task: &Task) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![&task.id];
    while let Some(id) = open.pop() {
        let Some(task) = plan.task(id).filter(|task| seen.insert(&task.id)) else { continue };
        let waits = matches!(&task.work, Work::Request(_) | Work::Wait(_) | Work::Email(_) | Work::Plugin(_));
        if task.when.is_some() || task.start.is_some() || task.for_each.is_some() || waits {
            return true;
        }
        open.extend(names(&task.depends_on));
    }
    plan.schedule.as_ref().is_some_and(|schedule| schedule.once_per.is_some())
}

fn names(dependencies: &[jobwright_core::plan::Dependency]) -> Vec<&Name> {
    use jobwright_core::plan::Dependency;
    dependencies
        .iter()
        .flat_map(|dependency| match dependency {
            Dependency::Task { task, .. } => vec![task],
            Dependency::AnyOf(branches) => names(branches),
        })
        .collect()
}

/// How a value is written out that is no plain text, number or truth value.
fn written_as(of: &Type) -> Option<&'static str> {
    match of {
        Type::Date => Some("date(\"2026-05-31\")"),
        Type::Money(_) => Some("money(\"12.50\", \"GBP\")"),
        _ => None,
    }
}

/// What others may read of a task, by name.
fn outputs(task: &Task) -> impl Iterator<Item = &Name> {
    let items = match &task.work {
        Work::Request(Request { parts: Parts::Documents { items, .. } | Parts::Form(items), .. }) => &items[..],
        _ => &[],
    };
    task.outputs.keys().chain(items.iter().map(|item| &item.id))
}

fn output(task: &Task, name: &Name) -> Option<Type> {
    if let Some(field) = task.outputs.get(name) {
        return Some(field.of.clone());
    }
    let Work::Request(Request { parts: Parts::Documents { items, .. } | Parts::Form(items), .. }) = &task.work else {
        return None;
    };
    items.iter().find(|item| item.id == *name).map(|item| match &item.takes {
        Takes::Value(field) => field.of.clone(),
        Takes::File { .. } => Type::Document,
    })
}
