//! What a person does to a task in a test.
//!
//! Owns: the words from `complete` to `retry`, with values typed as the task asks for them. Leaves who may do it to the
//! engine: a test may well show that somebody may not.

use jobwright_core::command::Act;
use jobwright_core::event::Answered;
use jobwright_core::id::Name;
use jobwright_core::plan::{Parts, Request, Takes, Task, Work};
use jobwright_core::recipient::{Person, PersonId};
use jobwright_core::task::TaskKey;
use jobwright_core::value::{Field, Type, Value};

use super::Acted;
use super::world::{People, Stage};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::people::unknown;
use crate::source::Spanned;
use crate::syntax::{Fields, Kind, Node, list_of, parsed};

/// A task's name alone, or a mapping with who and what.
pub(super) fn act(
    word: &Spanned<String>,
    node: &Node,
    stage: &Stage<'_>,
    people: &People,
    diagnostics: &mut Diagnostics,
) -> Option<Acted> {
    if let Kind::Scalar(_) = &node.kind {
        let task = stage.task(node, diagnostics)?;
        let act = match word.value.as_str() {
            "complete" => Act::Complete { outputs: Default::default(), awaited: None },
            "skip" => Act::Skip,
            "retry" => Act::Retry,
            "sign" => Act::Sign { signer: only_signer(stage.planned(&task), node, diagnostics)? },
            _ => return node.wrong_kind("a mapping with `task` and what belongs to it", diagnostics),
        };
        return Some(Acted { task, act, by: None, note: None, refused: false });
    }
    let mut fields = Fields::of(node, "this step", diagnostics)?;
    let task = fields.required("task", |node, d| stage.task(node, d));
    let act = task.as_ref().and_then(|task| doing(&word.value, task, &mut fields, stage, people));
    let by = fields.optional("as", |node, d| people.actor(node, d));
    let note = fields.optional("note", Node::text).map(|note| note.into_string());
    let refused = fields.or("refused", Node::boolean, false);
    // Without its task, what else stands there cannot be judged.
    if task.is_some() {
        fields.finish();
    }
    Some(Acted { task: task?, act: act?, by, note, refused })
}

fn doing(word: &str, task: &TaskKey, fields: &mut Fields<'_, '_>, stage: &Stage<'_>, people: &People) -> Option<Act> {
    let planned = stage.planned(task);
    Some(match word {
        "complete" => {
            let outputs = fields.optional("outputs", |node, d| stage.outputs(task, node, d)).unwrap_or_default();
            Act::Complete { outputs: outputs.into_iter().collect(), awaited: None }
        }
        "answer" => answer(planned, fields, stage)?,
        "sign" => Act::Sign { signer: signer(planned, fields)? },
        "decline" => Act::Decline { signer: signer(planned, fields)? },
        "skip" => Act::Skip,
        "retry" => Act::Retry,
        "reassign" => {
            let to = fields.required("to", list_of(|node, d| people.staff(node, d)))?;
            Act::Reassign { people: to.iter().filter_map(|id| person(id, people)).collect() }
        }
        // `approve` and `outcome` are one word.
        _ => {
            let possible = match request(planned).map(|request| &request.parts) {
                Some(Parts::Approval { outcomes, .. }) => Some(outcomes.as_slice()),
                _ => None,
            };
            Act::Approve { outcome: fields.required("outcome", |node, d| one_of("outcome", possible, node, d))? }
        }
    })
}

fn person(id: &jobwright_core::id::StaffId, people: &People) -> Option<Person> {
    let staff = people.staff.iter().find(|staff| staff.id == *id)?;
    Some(Person { id: PersonId::Staff(id.clone()), name: staff.name.clone(), address: staff.email.clone() })
}

fn answer(planned: Option<&Task>, fields: &mut Fields<'_, '_>, stage: &Stage<'_>) -> Option<Act> {
    let items = match request(planned).map(|request| &request.parts) {
        Some(Parts::Documents { items, .. } | Parts::Form(items)) => Some(items.as_slice()),
        _ => None,
    };
    let names: Option<Vec<Name>> = items.map(|items| items.iter().map(|item| item.id.clone()).collect());
    let item = fields.required("item", |node, d| one_of("item", names.as_deref(), node, d));
    let takes = items.and_then(|items| items.iter().find(|one| Some(&one.id) == item.as_ref())).map(|item| &item.takes);
    let file = Field::of(Type::Document);
    let file = fields.optional("file", |node, d| stage.value(node, Some(&file), d));
    let of = match takes {
        Some(Takes::Value(field)) => Some(field),
        Some(Takes::File { .. }) | None => None,
    };
    let value = fields.optional("value", |node, d| stage.value(node, of, d));
    let nothing = fields.or("nothing", Node::boolean, false);
    if ["file", "value", "nothing"].iter().filter(|key| fields.place(key).is_some()).count() != 1 {
        let head = fields.head();
        let diagnostic = Diagnostic::error(code::MISSING_KEY, "an answer is a `file`, a `value` or `nothing: true`");
        fields.diagnostics().push(diagnostic.at(head, ""));
        return None;
    }
    let given: Option<Value> = file.or(value);
    let answer = given.map(Answered::Value).or(nothing.then_some(Answered::Nothing))?;
    Some(Act::Answer { item: item?, answer })
}

fn signer(planned: Option<&Task>, fields: &mut Fields<'_, '_>) -> Option<Name> {
    let signers = signers(planned);
    match fields.node("signer") {
        Some(node) => one_of("signer", signers.as_deref(), node, fields.diagnostics()),
        None => match signers.as_deref() {
            Some([only]) => Some(only.clone()),
            _ => fields.required("signer", |_, _| None),
        },
    }
}

fn only_signer(planned: Option<&Task>, node: &Node, diagnostics: &mut Diagnostics) -> Option<Name> {
    match signers(planned).as_deref() {
        Some([only]) => Some(only.clone()),
        _ => node.bad("say who signs: `{ task: …, signer: … }`", diagnostics),
    }
}

fn signers(planned: Option<&Task>) -> Option<Vec<Name>> {
    match request(planned).map(|request| &request.parts) {
        Some(Parts::Signature { signers, .. }) => Some(signers.iter().map(|signer| signer.id.clone()).collect()),
        _ => None,
    }
}

fn request(planned: Option<&Task>) -> Option<&Request> {
    match planned.map(|task| &task.work) {
        Some(Work::Request(request)) => Some(request),
        _ => None,
    }
}

/// A name among those that the task has; any name when that is not known.
fn one_of(what: &str, possible: Option<&[Name]>, node: &Node, diagnostics: &mut Diagnostics) -> Option<Name> {
    let name = parsed::<Name>(node, diagnostics)?;
    if let Some(possible) = possible.filter(|possible| !possible.contains(&name)) {
        unknown(what, name.as_str(), node.span, possible.iter().map(Name::as_str), diagnostics);
        return None;
    }
    Some(name)
}
