//! What the language has and this version cannot run yet.
//!
//! Owns: the one table. A key that stands in it is refused with its own code and a way to do without, never ignored and
//! never taken for a slip of the pen. What can run one day leaves this table and enters `decode`.

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::syntax::Fields;

/// The kind of mapping a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum In {
    /// The definition itself.
    Definition,
    /// `schedule`.
    Schedule,
    /// A task of any type.
    Task,
    /// A `document_request`.
    DocumentRequest,
    /// A task that asks people, of any type.
    Request,
    /// An `approval`.
    Approval,
    /// An `email`.
    Email,
    /// A `wait`.
    Wait,
    /// A `script`.
    Script,
    /// `limits` of a script.
    ScriptLimits,
    /// An item of a `document_request`.
    Item,
    /// A recipient selector.
    Selector,
}

/// Keys that cannot run yet: where, which, and what to do without them.
pub const KEYS: &[(In, &str, &str)] = &[
    (In::Definition, "group", "cancel or reopen the tasks one by one"),
    (In::Schedule, "rrule", "write `every: week`, `month`, `quarter` or `year`, with `offset` where it is shifted"),
    (In::Schedule, "on_event", "start the job by hand"),
    (In::Schedule, "if_late", "jobs do not open by themselves yet, so none is late"),
    (In::Task, "remind", "leave it out; an overdue task is marked"),
    (In::Task, "escalate", "leave it out; an overdue task is marked"),
    (In::Task, "on_recipient_change", "leave it out: who was asked stays asked"),
    (In::Task, "group", "leave it out"),
    (In::Task, "cancel_rest", "leave it out, or end the job with an outcome that says `complete_job`"),
    (In::Task, "send_window", "leave it out: letters go out when they are due"),
    (In::Task, "idempotency_key", "leave it out: every letter and every started job already has one"),
    (In::DocumentRequest, "visible_to", "write it on each of the items"),
    (In::Request, "cc", "put an `email` task beside this one"),
    (In::Request, "bcc", "put an `email` task beside this one"),
    (In::Approval, "deemed", "let a person approve by hand when the client does not answer"),
    (In::Email, "attach", "leave it out; say in the letter where the document is"),
    (In::Email, "on_bounce", "leave it out: a letter that every address refuses makes its task uncompletable"),
    (In::Wait, "event", "wait `until` a date, or let a person complete a `manual` task"),
    (In::Script, "check", "write the check into the script"),
    (In::ScriptLimits, "time", "bound the script by `operations`"),
    (In::Item, "max_age", "say in the label how old it may be"),
];

/// Task types that cannot run yet, and what stands for them.
pub const TYPES: &[(&str, &str)] = &[
    ("portal_invite", "let a `manual` task stand for it"),
    ("generate_document", "let a `manual` task with an output of type `document` stand for it"),
];

/// Refuses the keys of this mapping that cannot run yet.
pub(crate) fn refuse(fields: &mut Fields, place: In) {
    for (_, key, instead) in KEYS.iter().filter(|(of, ..)| *of == place) {
        if let Some(span) = fields.refused(key) {
            fields.diagnostics().push(not_yet(&format!("`{key}`"), span, instead));
        }
    }
}

/// Words for what is part of the language and cannot run yet.
pub(crate) fn not_yet(what: &str, span: Span, instead: &str) -> Diagnostic {
    Diagnostic::error(code::NOT_YET, format!("{what} cannot run yet")).at(span, "not supported yet").help(instead)
}

/// Refuses a task type that is none of ours: one that cannot run yet, or a plugin's. False when it is neither.
pub(crate) fn refuse_type(word: &str, span: Span, diagnostics: &mut Diagnostics) -> bool {
    let not_yet = TYPES.iter().find(|(name, _)| *name == word);
    let diagnostic = match not_yet {
        Some((_, instead)) => {
            let diagnostic = Diagnostic::error(code::TYPE_NOT_YET, format!("tasks of type `{word}` cannot run yet"));
            diagnostic.at(span, "not supported yet").help(*instead)
        }
        None if word == "plugin" => {
            let message = "a plugin's task type is named by its own name, which has a dot";
            let help =
                "write the dotted name itself, as in `type: vat.checks`; `jobwright plugin list` says what there is";
            Diagnostic::error(code::UNKNOWN_CHOICE, message).at(span, "").help(help)
        }
        None if word.contains('.') => {
            let message = format!("no plugin that is installed has tasks of type `{word}`");
            let help = "`jobwright plugin list` says what there is, `jobwright plugin add FILE` adds one";
            Diagnostic::error(code::NOT_INSTALLED, message).at(span, "not installed").help(help)
        }
        None => return false,
    };
    diagnostics.push(diagnostic);
    true
}
