//! What a task does: the keys of each type.
//!
//! Owns: one function for each type, which reads as the list of its keys. Leaves the parts of requests to `part`.

use jiff::civil::Date;
use jobwright_core::id::Name;
use jobwright_core::plan::{
    Asked, Class, Computed, Email, OnParentEnd, Parts, PluginTask, Request, Required, StartJob, Taken, Work,
};
use jobwright_core::recipient::{Channel, Form, Selector};
use jobwright_core::value::Value;

use super::task::TaskType;
use super::{name, part, selector, text, when};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Role, RuleRole, Thing};
use crate::include::FILE;
use crate::plugins::WITH;
use crate::source::Spanned;
use crate::supported::{self, In};
use crate::syntax::{Fields, Kind, Node, choice, in_range};

use jobwright_expression::{SCRIPT_OPERATIONS, SCRIPT_OPERATIONS_MAX};

/// Most people who may have to act.
pub(crate) const REQUIRED_MAX: u32 = 100;

/// Reads what a task of this type does.
pub(crate) fn work(fields: &mut Fields, of: TaskType, draft: &mut Draft) -> Option<Work> {
    match of {
        TaskType::Email => email(fields, draft).map(Work::Email),
        TaskType::DocumentRequest => documents(fields, draft).map(Work::Request),
        TaskType::Form => form(fields, draft).map(Work::Request),
        TaskType::Approval => approval(fields, draft).map(Work::Request),
        TaskType::Signature => signature(fields, draft).map(Work::Request),
        TaskType::Manual => manual(fields, draft).map(Work::Request),
        TaskType::Script => script(fields, draft),
        TaskType::UpdateClient => update_client(fields, draft),
        TaskType::StartJob => start_job(fields, draft).map(Work::StartJob),
        TaskType::Wait => wait(fields, draft),
        TaskType::Plugin => plugin(fields, draft).map(Work::Plugin),
    }
}

fn email(fields: &mut Fields, draft: &mut Draft) -> Option<Email> {
    supported::refuse(fields, In::Email);
    let class = fields.or("class", choice(&[("service", Class::Service), ("crm", Class::Crm)]), Class::Service);
    let channel = match class {
        Class::Service => Channel::Letter,
        Class::Crm => Channel::CrmLetter,
    };
    let mut people = |key| fields.optional(key, |node, d| selector::asked(node, channel, false, draft, d));
    let (recipient, cc, bcc) = (people("recipient"), people("cc"), people("bcc"));
    let recipient = recipient.or_else(|| absent(fields, "recipient"));
    let template = fields.required("template", |node, d| text::template_name(node, draft, d));
    Some(Email { recipient: recipient?, cc, bcc, template: template?, class })
}

/// Whoever is not named is the primary contact; a selector that could not be read is nobody.
fn absent(fields: &mut Fields, key: &'static str) -> Option<Selector> {
    fields.node(key).is_none().then(|| Selector::of(Form::Default))
}

fn recipient(fields: &mut Fields, must_pick: bool, draft: &mut Draft) -> Option<Asked> {
    let asked = |node: &Node, d: &mut Diagnostics| selector::asked(node, Channel::Request, must_pick, draft, d);
    let recipient = fields.optional("recipient", asked);
    recipient.or_else(|| absent(fields, "recipient")).map(Asked::Recipient)
}

/// `Some(Assign(None))` is the practice's default assignee.
fn assign(fields: &mut Fields, draft: &mut Draft) -> Option<Asked> {
    let assign = fields.optional("assign", |node, d| selector::asked(node, Channel::Assign, false, draft, d));
    (assign.is_some() || fields.node("assign").is_none()).then_some(Asked::Assign(assign))
}

fn template(fields: &mut Fields, draft: &mut Draft) -> Option<Name> {
    fields.optional("template", |node, d| text::template_name(node, draft, d))
}

fn documents(fields: &mut Fields, draft: &mut Draft) -> Option<Request> {
    supported::refuse(fields, In::Request);
    supported::refuse(fields, In::DocumentRequest);
    let asked = recipient(fields, false, draft);
    let template = template(fields, draft);
    let items = |node: &Node, d: &mut Diagnostics| {
        part::parts(node, "at least one item", d, |node, d| part::document(node, draft, d))
    };
    let items = fields.required("items", items);
    let nothing_to_report = fields.or("allow_nothing_to_report", Node::boolean, false);
    Some(Request { asked: asked?, parts: Parts::Documents { items: items?, nothing_to_report }, template })
}

fn form(fields: &mut Fields, draft: &mut Draft) -> Option<Request> {
    supported::refuse(fields, In::Request);
    let asked = recipient(fields, false, draft);
    let template = template(fields, draft);
    let values = |node: &Node, d: &mut Diagnostics| {
        part::parts(node, "at least one field", d, |node, d| part::value(node, draft, d))
    };
    let values = fields.required("fields", values);
    Some(Request { asked: asked?, parts: Parts::Form(values?), template })
}

fn approval(fields: &mut Fields, draft: &mut Draft) -> Option<Request> {
    supported::refuse(fields, In::Request);
    supported::refuse(fields, In::Approval);
    let asked = match (fields.place("recipient"), fields.place("assign")) {
        (Some(_), None) => recipient(fields, true, draft),
        (None, Some(_)) => assign(fields, draft),
        (one, other) => {
            let message = match one {
                Some(_) => "an approval has either a `recipient` or an `assign`, not both",
                None => "an approval must say who approves",
            };
            let help = "write `recipient` for contacts, or `assign` for staff";
            let place = other.unwrap_or(fields.head());
            fields.diagnostics().push(Diagnostic::error(code::ONE_OF, message).at(place, "").help(help));
            None
        }
    };
    let template = template(fields, draft);
    let outcomes = fields.required("outcomes", outcomes);
    let required = fields.or("required", required, Required::AtLeast(1));
    Some(Request { asked: asked?, parts: Parts::Approval { outcomes: outcomes?, required }, template })
}

fn outcomes(node: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<Name>> {
    let Kind::List(items) = &node.kind else {
        return node.wrong_kind("a list of outcomes", diagnostics);
    };
    let mut outcomes: Vec<Name> = Vec::new();
    for item in items {
        let Some(outcome) = name::name(item, diagnostics) else { continue };
        if outcomes.contains(&outcome.value) {
            let message = format!("the outcome `{}` stands twice", outcome.value);
            diagnostics.push(Diagnostic::error(code::EQUAL_IDS, message).at(outcome.span, "again here"));
        } else {
            outcomes.push(outcome.value);
        }
    }
    if items.is_empty() {
        let diagnostic = Diagnostic::error(code::OUT_OF_RANGE, "there must be at least one outcome");
        diagnostics.push(diagnostic.at(node.span, "").help("write `outcomes: [approved, rejected]`"));
    }
    (!outcomes.is_empty()).then_some(outcomes)
}

fn required(node: &Node, diagnostics: &mut Diagnostics) -> Option<Required> {
    match &node.kind {
        Kind::Scalar(text) if *text == "all" => Some(Required::All),
        _ => in_range(1..=REQUIRED_MAX)(node, diagnostics).map(Required::AtLeast),
    }
}

fn signature(fields: &mut Fields, draft: &mut Draft) -> Option<Request> {
    supported::refuse(fields, In::Request);
    let document = fields.required("document", |node, d| document(node, draft, d));
    let template = template(fields, draft);
    let signers = |node: &Node, d: &mut Diagnostics| {
        part::parts(node, "at least one signer", d, |node, d| part::signer(node, draft, d))
    };
    let signers = fields.required("signers", signers);
    let required = fields.or("required", required, Required::All);
    let parts = Parts::Signature { document: Some(document?), signers: signers?, required };
    Some(Request { asked: Asked::Signers, parts, template })
}

/// A document is somebody's output; a name would sign nothing.
fn document(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Computed> {
    if let Some(found) = text::expression(node, Role::Document, draft, diagnostics) {
        return found;
    }
    let diagnostic = Diagnostic::error(code::WRONG_KIND, "the document to sign is the output of a task");
    diagnostics.push(diagnostic.at(node.head(), "").help("write `document: { expr: tasks.letter.outputs.file }`"));
    None
}

fn manual(fields: &mut Fields, draft: &mut Draft) -> Option<Request> {
    supported::refuse(fields, In::Request);
    let asked = assign(fields, draft);
    let checklist = fields.list("checklist", |node, d| Some(node.text(d)?.into_string()));
    Some(Request { asked: asked?, parts: Parts::Manual { checklist }, template: None })
}

fn script(fields: &mut Fields, draft: &mut Draft) -> Option<Work> {
    supported::refuse(fields, In::Script);
    fields.optional("language", choice(&[("rhai", ())]));
    let reads = fields.list("reads", Node::text);
    let operations = fields.optional("limits", limits).unwrap_or(SCRIPT_OPERATIONS);
    // What it says was put beside it as `source` already.
    let file = fields.optional(FILE, Node::text);
    let source = fields.required("source", Node::text);
    if fields.place("outputs").is_none() {
        let head = fields.head();
        let diagnostic = Diagnostic::error(code::MISSING_KEY, "a script task needs `outputs`");
        fields.diagnostics().push(diagnostic.at(head, "`outputs` is missing").help("a script has no other effect"));
    }
    Some(Work::Script(draft.script(source?, file, reads, operations)))
}

fn limits(node: &Node, diagnostics: &mut Diagnostics) -> Option<u64> {
    let mut fields = Fields::of(node, "`limits`", diagnostics)?;
    supported::refuse(&mut fields, In::ScriptLimits);
    let operations = fields.optional("operations", in_range(1..=SCRIPT_OPERATIONS_MAX));
    fields.finish();
    operations
}

fn update_client(fields: &mut Fields, draft: &mut Draft) -> Option<Work> {
    let set = fields.required("set", |node, d| {
        let mut changes = Vec::new();
        for entry in name::entries(node, "fields of the client and their new values", d)? {
            let path = &entry.key;
            draft.mention(Thing::ClientField, path.clone());
            let value = text::computed(&entry.value, Role::Set(path.value.clone()), draft, d);
            changes.extend(value.map(|value| (path.value.clone(), value)));
        }
        Some(changes)
    });
    set.map(Work::UpdateClient)
}

fn start_job(fields: &mut Fields, draft: &mut Draft) -> Option<StartJob> {
    let job = fields.required("job", |node, d| match text::expression(node, Role::Job, draft, d) {
        Some(found) => found,
        None => {
            let id = name::slug(node, d)?;
            draft.mention(Thing::Definition, Spanned::new(id.value.to_string(), id.span));
            Some(Computed::Literal(Value::text(id.value.as_str())))
        }
    });
    let period = fields.optional("period", |node, d| text::computed_text(node, Role::Period, draft, d));
    let with = fields.optional("with", |node, d| handed(node, "inputs of the other job", Role::With, draft, d));
    let dates = fields.optional("dates", |node, d| handed(node, "key dates of the other job", Role::KeyDate, draft, d));
    let wait = fields.or("wait", Node::boolean, false);
    let take = fields.optional("take", |node, d| {
        let mut all = Vec::new();
        for entry in name::entries(node, "outputs of this task and where each is taken from", d)? {
            let name = name::key(&entry.key, d);
            let taken = taken(&entry.value, d);
            if let (Some(name), Some(taken)) = (name, taken) {
                draft.mention(Thing::Taken, Spanned::new(name.value.to_string(), entry.value.span));
                all.push((name.value, taken));
            }
        }
        Some(all)
    });
    let on_parent_end = fields.or("on_parent_end", choice(&PARENT_ENDS), OnParentEnd::default());
    let (with, dates, take) = (with.unwrap_or_default(), dates.unwrap_or_default(), take.unwrap_or_default());
    Some(StartJob { job: job?, period, with, dates, wait, take, on_parent_end })
}

/// What becomes of a job when the one that started it ends; left out, it depends on how.
pub(crate) const PARENT_ENDS: [(&str, OnParentEnd); 2] = [("cancel", OnParentEnd::Cancel), ("keep", OnParentEnd::Keep)];

/// Values that another job is handed, by name.
fn handed(
    node: &Node,
    what: &str,
    role: Role,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<(Name, Computed)>> {
    let mut all = Vec::new();
    for entry in name::entries(node, what, diagnostics)? {
        let name = name::key(&entry.key, diagnostics);
        let value = text::computed(&entry.value, role.clone(), draft, diagnostics);
        let value = match role {
            Role::KeyDate => value.and_then(|value| day(value, &entry.value, diagnostics)),
            _ => value,
        };
        if let Some(name) = name {
            draft.mention(Thing::Handed, Spanned::new(name.value.to_string(), name.span));
            all.extend(value.map(|value| (name.value, value)));
        }
    }
    Some(all)
}

/// A key date that is written out is a day.
fn day(value: Computed, node: &Node, diagnostics: &mut Diagnostics) -> Option<Computed> {
    let Computed::Literal(written) = &value else { return Some(value) };
    match written.as_text().and_then(|text| text.parse::<Date>().ok()) {
        Some(day) => Some(Computed::Literal(Value::Date(day))),
        None => {
            let words =
                format!("{} is no day; write one as 2026-05-31, or `{{ expr: … }}`", quoted(&written.to_string()));
            node.bad(words, diagnostics)
        }
    }
}

/// An output of a task of the other job, as that job would read it itself.
fn taken(node: &Node, diagnostics: &mut Diagnostics) -> Option<Taken> {
    let text = node.text(diagnostics)?;
    let parts = text.strip_prefix("tasks.").and_then(|rest| rest.split_once(".outputs."));
    let names = parts.and_then(|(task, output)| Some((Name::new(task).ok()?, Name::new(output).ok()?)));
    match names {
        Some((task, output)) => Some(Taken { task, output }),
        None => {
            let words = format!("{} names no output; write `tasks.TASK.outputs.OUTPUT`", quoted(&text));
            node.bad(words, diagnostics)
        }
    }
}

/// Its settings were held to the plugin's schema before.
fn plugin(fields: &mut Fields, draft: &mut Draft) -> Option<PluginTask> {
    let name = fields.required("type", Node::text)?.into_string();
    let with = fields.optional(WITH, |node, d| {
        let mut settings = Vec::new();
        for entry in name::entries(node, "settings of the plugin", d)? {
            let value = text::computed(&entry.value, Role::With, draft, d);
            settings.extend(value.map(|value| (entry.key.value.clone(), value)));
        }
        Some(settings)
    });
    Some(PluginTask { name, with: with.unwrap_or_default() })
}

fn wait(fields: &mut Fields, draft: &mut Draft) -> Option<Work> {
    supported::refuse(fields, In::Wait);
    if fields.refused("event").is_some() {
        return None;
    }
    let until = fields.required("until", |node, d| when::rule(node, RuleRole::Until, draft, d));
    until.map(Work::Wait)
}
