//! What plugins say in a test, so that no component has to run.
//!
//! Owns: `plugins:` of a test, which holds from its beginning, and the step `plugin_reply`, which is the next answer to
//! one task. Leaves calling, retrying and waiting to the engine, which cannot tell such an answer from a component's.

use jobwright_core::effect::Failure;
use jobwright_core::id::Name;
use jobwright_core::plan::Task;
use jobwright_core::recipient::PersonId;
use jobwright_core::retry::FailureKind;
use jobwright_core::task::TaskKey;
use jobwright_core::value::Value;

use super::named::Offers;
use super::world::{People, Stage};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::suggest::suggest;
use crate::syntax::{Fields, Node, choice, list_of, map_of};

/// The name under which an end that comes later is awaited, when a test gives none.
const CORRELATION: &str = "the test";

/// What stands for a plugin in a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Stub {
    /// The dotted name of what it stands for.
    pub name: String,
    /// What it says, however often it is asked.
    pub says: Says,
}

/// What a plugin says in a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// To a task.
    Reply(Reply),
    /// Of a selector: these people.
    Chooses(Vec<PersonId>),
    /// Of a value: what is wrong with it.
    Finds(Vec<String>),
}

/// How a call of a task's plugin ends in a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Done.
    Gives {
        /// The outputs.
        outputs: Vec<(Name, Value)>,
        /// A word for the timeline.
        note: Option<String>,
    },
    /// It did not work.
    Fails(Failure),
    /// The end comes later, under this name.
    Later(String),
}

/// The answer to one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Replied {
    /// Which task, or instance.
    pub task: TaskKey,
    /// What.
    pub reply: Reply,
}

/// Reads `plugins` of a test.
pub(super) fn stubs(node: &Node, stage: &Stage<'_>, people: &People, d: &mut Diagnostics) -> Option<Vec<Stub>> {
    let entries = map_of(|node, _| Some(node.clone()))(node, d)?;
    let stub = |(name, node): (crate::source::Spanned<String>, Node)| {
        if let Some(offers) = stage.offers().filter(|offers| !offers.has(&name.value)) {
            let label = suggest(&name.value, offers.names());
            let label = label.map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
            let message = format!("the definition uses nothing of a plugin that is called {}", quoted(&name.value));
            d.push(Diagnostic::error(code::NOT_THERE, message).at(name.span, label));
            return None;
        }
        Some(Stub { says: says(&name.value, &node, stage, people, d)?, name: name.value })
    };
    Some(entries.into_iter().filter_map(stub).collect())
}

fn says(name: &str, node: &Node, stage: &Stage<'_>, people: &People, d: &mut Diagnostics) -> Option<Says> {
    let mut fields = Fields::of(node, "what a plugin says", d)?;
    let chooses = fields.optional("chooses", list_of(|node, d| people.actor(node, d)));
    let finds = fields.optional("finds", list_of(|node, d| Some(node.text(d)?.into_string())));
    let task = stage.offers().and_then(|offers| offers.task_of(name));
    let reply = reply(&mut fields, task, stage);
    let fits = match (stage.offers(), &chooses, &finds, &reply) {
        (Some(offers), Some(_), None, None) => offers.selectors.contains(name),
        (Some(offers), None, Some(_), None) => offers.checks.contains(name),
        (Some(offers), None, None, Some(_)) => offers.tasks.contains_key(name),
        (None, ..) => [chooses.is_some(), finds.is_some(), reply.is_some()].iter().filter(|one| **one).count() == 1,
        _ => false,
    };
    if !fits {
        let head = fields.head();
        let message = format!("this is not what `{name}` can say");
        let help = "a task `gives`, `fails` or answers `later`; a selector `chooses`; a check `finds`";
        fields.diagnostics().push(Diagnostic::error(code::ONE_OF, message).at(head, "").help(help));
        fields.finish();
        return None;
    }
    fields.finish();
    chooses.map(Says::Chooses).or(finds.map(Says::Finds)).or(reply.map(Says::Reply))
}

/// Reads the step `plugin_reply`.
pub(super) fn replied(node: &Node, stage: &Stage<'_>, d: &mut Diagnostics) -> Option<Replied> {
    let mut fields = Fields::of(node, "the answer of a plugin", d)?;
    let task = fields.required("task", |node, d| stage.task(node, d))?;
    let planned = stage.planned(&task);
    if planned.is_some_and(|task| !matches!(task.work, jobwright_core::plan::Work::Plugin(_))) {
        let place = fields.place("task").unwrap_or(fields.head());
        let message = format!("task `{task}` calls no plugin");
        fields.diagnostics().push(Diagnostic::error(code::WRONG_KIND, message).at(place, ""));
    }
    let reply = reply(&mut fields, planned, stage);
    let head = fields.head();
    if reply.is_none() {
        let message = "what it answers: one of `gives`, `fails` and `later`";
        fields.diagnostics().push(Diagnostic::error(code::ONE_OF, message).at(head, ""));
    }
    fields.finish();
    Some(Replied { task, reply: reply? })
}

/// One of `gives`, `fails`, `later`; nothing when none or several stand there.
fn reply(fields: &mut Fields<'_, '_>, task: Option<&Task>, stage: &Stage<'_>) -> Option<Reply> {
    let gives = fields.optional("gives", |node, d| stage.outputs_of(task, node, d));
    let note = fields.optional("note", Node::text).map(|note| note.into_string());
    let fails = fields.optional("fails", fails);
    let later = fields.optional("later", |node, d| match choice(&[("true", ())])(node, &mut Diagnostics::new()) {
        Some(()) => Some(CORRELATION.to_owned()),
        None => Some(node.text(d)?.into_string()),
    });
    match (gives, fails, later) {
        (Some(outputs), None, None) => Some(Reply::Gives { outputs, note }),
        (None, Some(failure), None) => Some(Reply::Fails(failure)),
        (None, None, Some(correlation)) => Some(Reply::Later(correlation)),
        _ => None,
    }
}

fn fails(node: &Node, d: &mut Diagnostics) -> Option<Failure> {
    let mut fields = Fields::of(node, "a failure", d)?;
    let code = fields.required("code", Node::text).map(|code| code.into_string());
    let kinds = FailureKind::ALL.map(|kind| (kind.word(), kind));
    let kind = fields.or("kind", choice(&kinds), FailureKind::Permanent);
    let message = fields.optional("message", Node::text).map(|message| message.into_string());
    fields.finish();
    Some(Failure { kind, code: code?, message: message.unwrap_or_else(|| "the test says so".to_owned()) })
}

impl<'a> Offers<'a> {
    fn has(&self, name: &str) -> bool {
        self.tasks.contains_key(name) || self.selectors.contains(name) || self.checks.contains(name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.selectors.iter().chain(&self.checks);
        self.tasks.keys().chain(others).map(String::as_str)
    }

    fn task_of(&self, name: &str) -> Option<&'a Task> {
        self.tasks.get(name).copied()
    }
}
