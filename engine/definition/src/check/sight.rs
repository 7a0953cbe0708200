//! What an expression, a script or a text can see, with types.
//!
//! Owns: the names of language.md 3.3 as types, exactly as the runtime hands them out as values. What may not be there
//! when it is read is optional: fields of the client, dates that hang on them, and outputs of tasks that have not surely
//! completed. Leaves reading texts to `expression`.

mod job;
mod outputs;
mod people;

use std::collections::BTreeMap;

use jobwright_core::date::Rule;
use jobwright_core::id::Name;
use jobwright_core::plan::{Parts, Task, Work};
use jobwright_core::task::TaskState;
use jobwright_core::value::Type;
use jobwright_expression::Scope;

use super::graph::Graph;
use super::names;
use super::outcome::{BY_FORCE, outcomes};
use super::surely::Surely;
use crate::draft::{Draft, Role, TextRole};
use crate::surroundings::Surroundings;
use outputs::{outputs, wanted_outputs};
use people::{client, contact, staff_of_client};

/// Everything that anything in the definition can see.
pub(super) struct Sight<'a> {
    pub draft: &'a Draft,
    pub graph: &'a Graph,
    pub surely: Surely<'a>,
    /// The client, its staff, the practice: what is there before the job.
    outside: BTreeMap<String, Type>,
    /// What a job has from its first moment.
    job: BTreeMap<String, Type>,
    contact: Type,
    recipient: Type,
}

/// Which names are in sight, besides those of the client and the practice.
#[derive(Clone, Copy, Default)]
struct View {
    job: bool,
    dates: bool,
    tasks: bool,
    item: bool,
    contact: bool,
    recipient: bool,
    clock: bool,
}

impl<'a> Sight<'a> {
    pub fn of(draft: &'a Draft, graph: &'a Graph, surroundings: &Surroundings) -> Self {
        let client = match &surroundings.practice {
            Some(practice) => client(practice),
            None => Type::Any,
        };
        let outside = [("client", client), ("staff", staff_of_client()), ("practice", record([("name", Type::Text)]))];
        Self {
            draft,
            graph,
            surely: Surely::of(draft, graph),
            outside: outside.map(|(name, of)| (name.to_owned(), of)).into(),
            job: job::job(draft),
            contact: contact(false),
            recipient: contact(true),
        }
    }

    /// What an expression sees.
    pub fn of_expression(&self, text: &str, owner: Option<&Name>, role: &Role, wants: Type) -> Scope {
        let all = View { job: true, dates: true, tasks: true, item: true, clock: true, ..View::default() };
        let view = match role {
            Role::AppliesTo | Role::From(_) => View::default(),
            Role::Anchor | Role::Offset => View { job: true, ..View::default() },
            Role::DateExists => View { job: true, clock: true, ..View::default() },
            Role::When | Role::List => View { item: false, ..all },
            Role::Key => all,
            Role::Unless => View { item: false, clock: false, ..all },
            Role::Candidate => View { contact: true, ..all },
            Role::Contact
            | Role::People
            | Role::Set(_)
            | Role::With
            | Role::Period
            | Role::KeyDate
            | Role::Job
            | Role::Document => all,
        };
        self.scope(text, &names::in_code(text), owner, view, wants)
    }

    /// What a text sees when it is merged for a task.
    pub fn of_text(&self, text: &str, owner: Option<&Name>, role: &TextRole) -> Scope {
        let recipient = *role != TextRole::Label;
        let view = View { job: true, dates: true, tasks: true, item: true, recipient, ..View::default() };
        self.scope(text, &names::in_text(text), owner, view, Type::Text)
    }

    /// What a script sees; it must give the outputs of its task.
    pub fn of_script(&self, text: &str, owner: Option<&Name>) -> Scope {
        let outputs = owner.and_then(|owner| self.draft.task(owner)).map_or(Type::Any, wanted_outputs);
        let view = View { job: true, dates: true, tasks: true, item: true, clock: true, ..View::default() };
        self.scope(text, &names::in_code(text), owner, view, outputs)
    }

    fn scope(&self, text: &str, named: &[(&str, usize)], owner: Option<&Name>, view: View, wants: Type) -> Scope {
        // A name that the text does not hold is known all the same, for "did you mean"; its type is not looked at, and
        // copying all of them for every text would be most of the work.
        let seen = |(name, of): (&String, &Type)| {
            (name.clone(), if text.contains(name.as_str()) { of.clone() } else { Type::Any })
        };
        let mut names: BTreeMap<String, Type> = self.outside.iter().map(seen).collect();
        names.extend(self.job.iter().filter(|(name, _)| view.job && (view.dates || *name != "dates")).map(seen));
        let own = owner.and_then(|owner| self.graph.place(owner.as_str()));
        if view.tasks {
            names.insert("tasks".to_owned(), self.tasks(named, own));
            names.extend(own.map(|own| ("task".to_owned(), self.own(&self.draft.plan.tasks[own]))));
        }
        if view.item {
            names.extend(own.and_then(|own| self.item(&self.draft.plan.tasks[own])));
        }
        let people = [("contact", view.contact, &self.contact), ("recipient", view.recipient, &self.recipient)];
        names.extend(people.into_iter().filter(|(_, seen, _)| *seen).map(|(name, _, of)| seen((&name.to_owned(), of))));
        let scope = Scope::new(names, wants);
        if view.clock { scope.with_clock() } else { scope }
    }

    /// The item of a task's list, under its name.
    fn item(&self, task: &Task) -> Option<(String, Type)> {
        let list = task.for_each.as_ref()?;
        let source = self.draft.plan.expression(list.list).trim();
        Some((list.item.to_string(), self.element(source)))
    }

    /// The type of a list's items, where the list is a path, filtered or not.
    fn element(&self, list: &str) -> Type {
        let path = list.split_once(".filter(").map_or(list, |(path, _)| path);
        let mut names = path.trim().split('.');
        let root = names.next().unwrap_or_default();
        let root = self.outside.get(root).or_else(|| self.job.get(root));
        let found = root.cloned().and_then(|root| {
            names.try_fold(root, |of, name| match of {
                Type::Record(fields) => fields.get(name).cloned(),
                _ => None,
            })
        });
        let plain = !list.contains(".map(") && !list.contains(".split(");
        match found {
            Some(Type::List(of)) if plain => *of,
            _ => Type::Any,
        }
    }

    /// The tasks that a text names, each as it is seen from the task whose text it is.
    fn tasks(&self, names: &[(&str, usize)], own: Option<usize>) -> Type {
        let mut tasks = BTreeMap::new();
        for (name, _) in names {
            // What is not there, or could not be read, is told elsewhere.
            let of = self.graph.place(name).map_or(Type::Any, |place| self.other(place, own));
            tasks.insert((*name).to_owned(), of);
        }
        Type::Record(tasks)
    }

    /// A task as others see it.
    fn other(&self, place: usize, own: Option<usize>) -> Type {
        let task = &self.draft.plan.tasks[place];
        let sure = own.is_some_and(|own| self.surely.has_completed(place, own));
        let each = task.for_each.is_some();
        let mut fields = BTreeMap::from([
            ("state".to_owned(), states()),
            ("outputs".to_owned(), outputs(task, sure && !each)),
            ("due".to_owned(), optional(task.due.as_ref().map_or(Type::Any, |due| self.dated(due)))),
            ("completed_at".to_owned(), if sure { Type::Moment } else { optional(Type::Moment) }),
            ("missing_items".to_owned(), missing_items()),
        ]);
        // Staff may close any task by their own decision, and its outcome says so.
        let outcomes = outcomes(task).into_iter().chain(BY_FORCE.map(str::to_owned)).collect();
        let always = sure
            && !each
            && matches!(&task.work, Work::Request(request) if matches!(request.parts, Parts::Approval { .. }));
        let of = Type::Enum(outcomes);
        fields.insert("outcome".to_owned(), if always { of } else { optional(of) });
        if each {
            let item = task
                .for_each
                .as_ref()
                .map_or(Type::Any, |list| self.element(self.draft.plan.expression(list.list).trim()));
            let one =
                record([("key", Type::Text), ("state", states()), ("item", item), ("outputs", outputs(task, sure))]);
            fields.insert("each".to_owned(), Type::List(Box::new(one)));
        }
        Type::Record(fields)
    }

    /// The task whose text it is.
    fn own(&self, task: &Task) -> Type {
        let date = |rule: &Option<Rule>| optional(rule.as_ref().map_or(Type::Any, |rule| self.dated(rule)));
        record([
            ("id", Type::Text),
            ("label", Type::Text),
            ("state", states()),
            ("due", date(&task.due)),
            ("expires", date(&task.expires)),
            ("missing_items", missing_items()),
            ("outcomes", texts()),
            ("checklist", texts()),
        ])
    }

    fn dated(&self, rule: &Rule) -> Type {
        job::dated(rule, self.draft, 0)
    }
}

fn record<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::Record(fields.map(|(name, of)| (name.to_owned(), of)).into())
}

fn optional(of: Type) -> Type {
    match of {
        Type::Optional(_) => of,
        of => Type::Optional(Box::new(of)),
    }
}

fn words(words: &[&str]) -> Type {
    Type::Enum(words.iter().map(ToString::to_string).collect())
}

fn texts() -> Type {
    Type::List(Box::new(Type::Text))
}

fn states() -> Type {
    words(&TaskState::ALL.map(TaskState::word))
}

fn missing_items() -> Type {
    let item = record([("id", Type::Text), ("label", Type::Text), ("required", Type::Bool)]);
    Type::List(Box::new(item))
}
