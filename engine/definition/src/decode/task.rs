//! A task: the keys that every type has.
//!
//! Owns: the list of types, the common keys, and the order in which both are asked. Leaves what a type alone has to
//! `work`.

use jobwright_core::plan::{OnUncompletable, Task};
use jobwright_core::retry::Retry;

use super::{flow, name, text, values, when, work};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Role, RuleRole, TaskPlaces, TextRole};
use crate::source::{Span, Spanned};
use crate::suggest::suggest;
use crate::supported::{self, In};
use crate::syntax::{Fields, Kind, Node, Style, Text};
use jobwright_core::plan::TextKind;

/// A task type that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskType {
    Email,
    DocumentRequest,
    Form,
    Approval,
    Signature,
    Manual,
    Script,
    UpdateClient,
    StartJob,
    Wait,
    /// A plugin's, by its own dotted name; a word of its own only in here.
    Plugin,
}

impl TaskType {
    /// Those of the language, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Email,
        Self::DocumentRequest,
        Self::Form,
        Self::Approval,
        Self::Signature,
        Self::Manual,
        Self::Script,
        Self::UpdateClient,
        Self::StartJob,
        Self::Wait,
    ];

    /// The word after `type:`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::DocumentRequest => "document_request",
            Self::Form => "form",
            Self::Approval => "approval",
            Self::Signature => "signature",
            Self::Manual => "manual",
            Self::Script => "script",
            Self::UpdateClient => "update_client",
            Self::StartJob => "start_job",
            Self::Wait => "wait",
            Self::Plugin => "plugin",
        }
    }

    /// A task of the type, as messages call it.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Email => "an email task",
            Self::DocumentRequest => "a document_request",
            Self::Form => "a form",
            Self::Approval => "an approval",
            Self::Signature => "a signature",
            Self::Manual => "a manual task",
            Self::Script => "a script task",
            Self::UpdateClient => "an update_client task",
            Self::StartJob => "a start_job task",
            Self::Wait => "a wait task",
            Self::Plugin => "a task of a plugin",
        }
    }
}

/// Reads a task into the draft.
pub(crate) fn task(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    let word = node.get("type").and_then(|word| match &word.kind {
        Kind::Scalar(text) if !text.is_empty() => Some((text.as_str(), word.span)),
        _ => None,
    });
    let Some((word, span)) = word else {
        let mut fields = Fields::of(node, "a task", diagnostics)?;
        fields.required("id", name::name);
        fields.required("type", Node::text);
        return None;
    };
    match TaskType::ALL.into_iter().find(|of| of.word() == word) {
        Some(of) => typed(node, of, draft, diagnostics),
        None if draft.installed.iter().any(|name| name == word) => typed(node, TaskType::Plugin, draft, diagnostics),
        None if supported::refuse_type(word, span, diagnostics) => None,
        None => unknown_type(word, span, diagnostics),
    }
}

fn unknown_type(word: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<()> {
    let words = || TaskType::ALL.into_iter().map(TaskType::word);
    let label = suggest(word, words()).map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
    let help = format!("possible are: {}", words().collect::<Vec<_>>().join(", "));
    let diagnostic = Diagnostic::error(code::UNKNOWN_CHOICE, format!("{} is no task type", quoted(word)));
    diagnostics.push(diagnostic.at(span, label).help(help));
    None
}

fn typed(node: &Node, of: TaskType, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    let mut fields = Fields::of(node, of.what(), diagnostics)?;
    supported::refuse(&mut fields, In::Task);
    let id = fields.required("id", name::name);
    draft.enter(id.as_ref().map(|id| id.value.clone()));
    fields.node("type");
    let label = fields.optional("name", |node, d| text::label(node, draft, d));
    let label = label.or_else(|| Some(label_of(id.as_ref()?, draft)));
    let depends_on = fields.list("depends_on", |node, d| flow::dependency(node, draft, d));
    let condition = fields.optional("when", Node::text).map(|text| draft.expression(text, Role::When));
    let for_each = fields.optional("for_each", |node, d| flow::for_each(node, draft, d));
    let mut rule = |key, role| fields.optional(key, |node, d| when::rule(node, role, draft, d));
    let (start, due) = (rule("start", RuleRole::Start), rule("due", RuleRole::Due));
    let expires = rule("expires", RuleRole::Expires);
    let timeout = fields.optional("timeout", |node, d| when::after(node, "task.active", draft, d));
    let retry = fields.or("retry", |node, d| flow::retry(node, of, d), Retry::default());
    let in_doubt = fields.or("in_doubt", flow::in_doubt, retry.in_doubt);
    let retry = Retry { in_doubt, ..retry };
    let nobody = fields.optional("on_uncompletable", |node, d| flow::on_uncompletable(node, draft, d));
    let on_failed = fields.optional("on_failed", |node, d| flow::on_failed(node, draft, d)).unwrap_or_default();
    let on_outcome = fields.optional("on_outcome", |node, d| flow::on_outcome(node, draft, d)).unwrap_or_default();
    let on_expired = fields.optional("on_expired", |node, d| flow::then(node, draft, d));
    let outputs = fields.optional("outputs", values::outputs).unwrap_or_default();
    let work = work::work(&mut fields, of, draft);
    let places = places(&mut fields);
    fields.finish();
    let (id, label, work) = (id?, label?, work?);
    draft.tasks.push(TaskPlaces { id: id.span, ..places });
    draft.plan.tasks.push(Task {
        id: id.value,
        label,
        depends_on,
        when: condition,
        for_each,
        start,
        due,
        expires,
        timeout,
        retry,
        on_uncompletable: nobody.unwrap_or_else(OnUncompletable::default),
        on_failed,
        on_outcome,
        on_expired,
        outputs,
        reads: Vec::new(), // known when everything is read: `compile` says it
        work,
    });
    Some(())
}

/// A task without a name is called by its id.
fn label_of(id: &Spanned<jobwright_core::id::Name>, draft: &mut Draft) -> jobwright_core::plan::TextId {
    let text = Text::new(id.value.to_string(), id.span, Style::Plain, "", 0);
    draft.text(text, TextKind::Line, TextRole::Label)
}

fn places(fields: &mut Fields) -> TaskPlaces {
    const SOME: [&str; 13] = [
        "depends_on",
        "when",
        "for_each",
        "start",
        "due",
        "expires",
        "timeout",
        "retry",
        "in_doubt",
        "on_uncompletable",
        "on_failed",
        "on_outcome",
        "on_expired",
    ];
    let keys: Vec<_> = SOME.iter().filter_map(|key| Some((*key, fields.place(key)?))).collect();
    let of = |key| keys.iter().find(|(name, _)| *name == key).map(|(_, span)| *span);
    TaskPlaces { id: fields.head(), when: of("when"), due: of("due"), keys }
}
