//! What a person does to a task in a test.
//!
//! Owns: the words from `complete` to `amend`, with values typed as the task asks for them. Leaves who may do it to the
//! engine: a test may well show that somebody may not.

use jobwright_core::command::{Act, Given};
use jobwright_core::event::Answered;
use jobwright_core::id::Name;
use jobwright_core::plan::{Item, Parts, Request, Takes, Task, Work};
use jobwright_core::recipient::{Person, PersonId};
use jobwright_core::task::TaskKey;
use jobwright_core::value::{Field, Type, Value};

use super::Acted;
use super::world::{People, Stage};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::people::unknown;
use crate::source::Spanned;
use crate::syntax::{Entry, Fields, Kind, Node, choice, list_of, parsed};

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
        return Some(Acted { task, act, by: None, for_whom: None, note: None, refused: false });
    }
    let mut fields = Fields::of(node, "this step", diagnostics)?;
    let task = fields.required("task", |node, d| stage.task(node, d));
    let act = task.as_ref().and_then(|task| doing(&word.value, task, &mut fields, stage, people));
    let by = fields.optional("as", |node, d| people.actor(node, d));
    let for_whom = match word.value.as_str() {
        "answer" | "approve" | "outcome" | "complete" | "amend" => {
            fields.optional("for", |node, d| people.contact(node, d))
        }
        _ => None,
    };
    let note = fields.optional("note", Node::text).map(|note| note.into_string());
    let refused = fields.or("refused", Node::boolean, false);
    // Without its task, what else stands there cannot be judged.
    if task.is_some() {
        fields.finish();
    }
    Some(Acted { task: task?, act: act?, by, for_whom, note, refused })
}

fn doing(word: &str, task: &TaskKey, fields: &mut Fields<'_, '_>, stage: &Stage<'_>, people: &People) -> Option<Act> {
    let planned = stage.planned(task);
    Some(match word {
        "complete" => {
            let outputs = fields.optional("outputs", |node, d| stage.outputs(task, node, d)).unwrap_or_default();
            let outputs = outputs.into_iter().collect();
            if fields.or("out_of_turn", Node::boolean, false) {
                Act::CompleteOutOfTurn(Given { outputs, answers: answers(planned, fields, stage) })
            } else {
                Act::Complete { outputs, awaited: None }
            }
        }
        "answer" if fields.place("previous").is_some() => {
            fields.required("previous", choice(&[("true", ())]))?;
            let items = item_names(planned);
            Act::Confirm { item: fields.optional("item", |node, d| one_of("item", items.as_deref(), node, d)) }
        }
        "answer" => answer(planned, fields, stage)?,
        "override" => {
            let outputs = fields.optional("outputs", |node, d| stage.outputs(task, node, d)).unwrap_or_default();
            let answers = answers(planned, fields, stage);
            let outcome = fields.optional("outcome", |node, d| one_of("outcome", outcomes(planned), node, d));
            Act::Override { outcome, given: Given { outputs: outputs.into_iter().collect(), answers } }
        }
        "reopen" => Act::Reopen,
        "amend" => amend(planned, fields, stage)?,
        "sign" => Act::Sign { signer: signer(planned, fields)? },
        "decline" => Act::Decline { signer: signer(planned, fields)? },
        "skip" => Act::Skip,
        "retry" => Act::Retry,
        "reassign" => {
            let to = fields.required("to", list_of(|node, d| people.staff(node, d)))?;
            Act::Reassign { people: to.iter().filter_map(|id| person(id, people)).collect() }
        }
        // `approve` and `outcome` are one word.
        _ => Act::Approve {
            outcome: fields.required("outcome", |node, d| one_of("outcome", outcomes(planned), node, d))?,
        },
    })
}

fn person(id: &jobwright_core::id::StaffId, people: &People) -> Option<Person> {
    let staff = people.staff.iter().find(|staff| staff.id == *id)?;
    Some(Person { id: PersonId::Staff(id.clone()), name: staff.name.clone(), address: staff.email.clone() })
}

fn outcomes(planned: Option<&Task>) -> Option<&[Name]> {
    match request(planned).map(|request| &request.parts) {
        Some(Parts::Approval { outcomes, .. }) => Some(outcomes.as_slice()),
        _ => None,
    }
}

fn items(planned: Option<&Task>) -> Option<&[Item]> {
    match request(planned).map(|request| &request.parts) {
        Some(Parts::Documents { items, .. } | Parts::Form(items)) => Some(items.as_slice()),
        _ => None,
    }
}

fn item_names(planned: Option<&Task>) -> Option<Vec<Name>> {
    items(planned).map(|items| items.iter().map(|item| item.id.clone()).collect())
}

/// `answers`: what is known of a form that staff close, by item.
fn answers(planned: Option<&Task>, fields: &mut Fields<'_, '_>, stage: &Stage<'_>) -> Vec<(Name, Answered)> {
    let Some(node) = fields.node("answers") else { return vec![] };
    let names = item_names(planned);
    let mut all = Vec::new();
    let entries = mapping(node, fields.diagnostics());
    for entry in entries {
        let known = items(planned).and_then(|items| items.iter().find(|one| one.id.as_str() == entry.key.value));
        let Some(item) = known else {
            // Without the definition beside it a test's items are not known, and nothing of it runs.
            if names.is_none() {
                continue;
            }
            let possible = names.iter().flatten().map(Name::as_str);
            unknown("item", &entry.key.value, entry.key.span, possible, fields.diagnostics());
            continue;
        };
        let file = Field::of(Type::Document);
        let of = match &item.takes {
            Takes::Value(field) => field,
            Takes::File { .. } => &file,
        };
        let value = stage.value(&entry.value, Some(of), fields.diagnostics());
        all.extend(value.map(|value| (item.id.clone(), Answered::Value(value))));
    }
    all
}

fn mapping<'n>(node: &'n Node, diagnostics: &mut Diagnostics) -> &'n [Entry] {
    match &node.kind {
        Kind::Map(entries) => entries,
        _ => {
            node.wrong_kind::<()>("a mapping of items and their answers", diagnostics);
            &[]
        }
    }
}

/// A correction of an item, or of an output where the task has no such item.
fn amend(planned: Option<&Task>, fields: &mut Fields<'_, '_>, stage: &Stage<'_>) -> Option<Act> {
    let mut names = item_names(planned);
    if let (Some(task), Some(names)) = (planned, &mut names) {
        names.extend(task.outputs.keys().cloned());
    }
    let outputs = || planned.map(|task| task.outputs.keys().cloned().collect::<Vec<_>>());
    let names = names.or_else(outputs);
    let item = fields.required("item", |node, d| one_of("item", names.as_deref(), node, d))?;
    let takes = items(planned).and_then(|items| items.iter().find(|one| one.id == item)).map(|item| &item.takes);
    let of = match takes {
        Some(Takes::Value(field)) => Some(field),
        Some(Takes::File { .. }) => None,
        None => planned.and_then(|task| task.outputs.get(&item)),
    };
    Some(Act::Amend { item, answer: given(fields, of, stage)? })
}

fn answer(planned: Option<&Task>, fields: &mut Fields<'_, '_>, stage: &Stage<'_>) -> Option<Act> {
    let items = items(planned);
    let names = item_names(planned);
    let item = fields.required("item", |node, d| one_of("item", names.as_deref(), node, d));
    let takes = items.and_then(|items| items.iter().find(|one| Some(&one.id) == item.as_ref())).map(|item| &item.takes);
    let of = match takes {
        Some(Takes::Value(field)) => Some(field),
        Some(Takes::File { .. }) | None => None,
    };
    let answer = given(fields, of, stage)?;
    Some(Act::Answer { item: item?, answer })
}

/// `file`, `value` or `nothing: true`.
fn given(fields: &mut Fields<'_, '_>, of: Option<&Field>, stage: &Stage<'_>) -> Option<Answered> {
    let file = Field::of(Type::Document);
    let file = fields.optional("file", |node, d| stage.value(node, Some(&file), d));
    let value = fields.optional("value", |node, d| stage.value(node, of, d));
    let nothing = fields.or("nothing", Node::boolean, false);
    if ["file", "value", "nothing"].iter().filter(|key| fields.place(key).is_some()).count() != 1 {
        let head = fields.head();
        let diagnostic = Diagnostic::error(code::MISSING_KEY, "an answer is a `file`, a `value` or `nothing: true`");
        fields.diagnostics().push(diagnostic.at(head, ""));
        return None;
    }
    let given: Option<Value> = file.or(value);
    given.map(Answered::Value).or(nothing.then_some(Answered::Nothing))
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
