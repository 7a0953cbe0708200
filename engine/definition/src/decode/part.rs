//! The parts of a request: documents, fields of a form, signers.
//!
//! Owns: their keys, and that no two of one task share an id. Leaves who asks and who is asked to `work`.

use std::collections::BTreeMap;

use jobwright_core::plan::{Item, Signer, Takes};
use jobwright_core::recipient::Channel;
use jobwright_core::value::Field;

use super::{name, selector, text};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::{Draft, Thing};
use crate::field::field;
use crate::source::{Span, Spanned};
use crate::supported::{self, In};
use crate::syntax::{Fields, Kind, Node, list_of};

/// A list of parts: not empty, and each id once. A part that could not be read takes the whole list with it.
pub(crate) fn parts<T>(
    node: &Node,
    what: &str,
    diagnostics: &mut Diagnostics,
    part: impl FnMut(&Node, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    let parts = list_of(part)(node, diagnostics)?;
    let Kind::List(written) = &node.kind else { return None };
    if written.is_empty() {
        diagnostics.push(Diagnostic::error(code::OUT_OF_RANGE, format!("there must be {what}")).at(node.span, ""));
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (id, span) in written.iter().filter_map(id_of) {
        if let Some(first) = seen.insert(id, span) {
            let message = format!("two parts of this task are called `{id}`");
            let diagnostic = Diagnostic::error(code::EQUAL_IDS, message).at(span, "again here");
            diagnostics.push(diagnostic.also(first, "first here"));
        }
    }
    (!parts.is_empty() && parts.len() == written.len()).then_some(parts)
}

fn id_of(node: &Node) -> Option<(&str, Span)> {
    let id = node.get("id")?;
    match &id.kind {
        Kind::Scalar(text) => Some((text.as_str(), id.span)),
        _ => None,
    }
}

/// An item of a `document_request`.
pub(crate) fn document(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Item> {
    let mut fields = Fields::of(node, "an item", diagnostics)?;
    supported::refuse(&mut fields, In::Item);
    let id = fields.required("id", name::name);
    let label = fields.required("label", |node, d| text::label(node, draft, d));
    let accept = fields.list("accept", ending);
    let required = fields.or("required", Node::boolean, true);
    let visible_to = fields.optional("visible_to", |node, d| selector::asked(node, Channel::View, false, draft, d));
    fields.finish();
    let takes = Takes::File { accept };
    Some(Item { id: id?.value, label: label?, required, takes, visible_to })
}

fn ending(node: &Node, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = node.text(diagnostics)?;
    if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Some(text.into_string());
    }
    let help = "write the ending of the file's name in small letters, without a dot, as in `pdf`";
    let diagnostic = Diagnostic::error(code::BAD_VALUE, format!("`{text}` is no ending of a file's name"));
    diagnostics.push(diagnostic.at(node.span, "").help(help));
    None
}

/// A field of a `form`.
pub(crate) fn value(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Item> {
    let mut fields = Fields::of(node, "a field of a form", diagnostics)?;
    let id = fields.required("id", name::name);
    let label = fields.required("label", |node, d| text::label(node, draft, d));
    let of = field(&mut fields);
    let check = super::values::check(&mut fields);
    let required = fields.or("required", Node::boolean, true);
    fields.finish();
    let takes = Takes::Value(Field { optional: !required, check, ..of? });
    Some(Item { id: id?.value, label: label?, required, takes, visible_to: None })
}

/// A signer of a `signature`.
pub(crate) fn signer(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Signer> {
    let mut fields = Fields::of(node, "a signer", diagnostics)?;
    let id = fields.required("id", name::name);
    let recipient = fields.required("recipient", |node, d| selector::asked(node, Channel::Signer, true, draft, d));
    let after = fields.optional("after", name::name);
    if let Some(after) = &after {
        draft.mention(Thing::Signer, Spanned::new(after.value.to_string(), after.span));
    }
    fields.finish();
    Some(Signer { id: id?.value, recipient: recipient?, after: after.map(|after| after.value) })
}
