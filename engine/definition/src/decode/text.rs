//! Texts with merge fields, and values that stand there or are computed.
//!
//! Owns: `{ expr: … }` beside plain values, labels, and the messages under `templates`. Leaves what a text may name to
//! `check`.

use jobwright_core::plan::{Computed, Template, TextId, TextKind};

use super::name;
use crate::diagnostic::Diagnostics;
use crate::draft::{Draft, Role, TextRole};
use crate::field::literal;
use crate::include::FILE;
use crate::source::Spanned;
use crate::syntax::{Fields, Kind, Node};

/// The key that makes a value computed.
pub(crate) const EXPR: &str = "expr";

/// A value that stands there, or `{ expr: … }`.
pub(crate) fn computed(node: &Node, role: Role, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Computed> {
    match expression(node, role, draft, diagnostics) {
        Some(found) => found,
        None => literal(node, diagnostics).map(Computed::Literal),
    }
}

/// A text as it is written, or one to be evaluated: `2026-05` is the key of a period and no sum.
pub(crate) fn computed_text(
    node: &Node,
    role: Role,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<Computed> {
    match expression(node, role, draft, diagnostics) {
        Some(found) => found,
        None => Some(Computed::Literal(jobwright_core::value::Value::text(node.text(diagnostics)?.into_string()))),
    }
}

/// `{ expr: … }`, if it is one; inside, whether it could be read.
pub(crate) fn expression(
    node: &Node,
    role: Role,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Computed>> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key.value == EXPR)?;
    let text = Fields::of(node, "a computed value", diagnostics).and_then(|mut fields| {
        let text = fields.required(EXPR, Node::text);
        fields.finish();
        text
    });
    Some(text.map(|text| Computed::Expression(draft.expression(text, role))))
}

/// A line that names a task or a part of it.
pub(crate) fn label(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<TextId> {
    Some(draft.text(node.text(diagnostics)?, TextKind::Line, TextRole::Label))
}

/// All messages.
pub(crate) fn templates(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<()> {
    for entry in name::entries(node, "templates by name", diagnostics)? {
        let name = name::key(&entry.key, diagnostics);
        if let Some(name) = name
            && let Some(template) = template(&entry.value, &name, draft, diagnostics)
        {
            draft.plan.templates.insert(name.value, template);
        }
    }
    Some(())
}

fn template(
    node: &Node,
    name: &Spanned<jobwright_core::id::Name>,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<Template> {
    let mut fields = Fields::of(node, "a template", diagnostics)?;
    // A file was put in the place of `body` already; asked for, so that it is named among what is possible.
    fields.node(FILE);
    let role = || TextRole::Template(name.value.clone());
    let subject = fields.optional("subject", Node::text).map(|text| draft.text(text, TextKind::Line, role()));
    let body = fields.required("body", Node::text).map(|text| draft.text(text, TextKind::Body, role()));
    let html = fields.optional("html", Node::text).map(|text| draft.text(text, TextKind::Html, role()));
    fields.finish();
    Some(Template { subject, body: body?, html })
}

/// A name of a template, noted as used.
pub(crate) fn template_name(
    node: &Node,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<jobwright_core::id::Name> {
    let name = name::name(node, diagnostics)?;
    draft.mention(crate::draft::Thing::Template, Spanned::new(name.value.to_string(), name.span));
    Some(name.value)
}
