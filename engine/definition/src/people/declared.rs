//! A client's own fields: those that the practice declared.
//!
//! Owns: reading them nested or by their dotted paths, and telling of those that nobody declared. Without a practice a
//! value is what it looks like. Leaves the types to `practice`.

use jobwright_core::directory::Client;
use jobwright_core::value::{Currency, Field, Type, Value};

use super::property;
use super::row::Reading;
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::practice::{CLIENT_PATHS, Declared, DeclaredField};
use crate::source::Span;
use crate::syntax::{Entry, Fields, Kind, Node, Style};
use crate::typed;

/// All keys that are not built in: declared, or, without a practice, whatever they look like.
pub(super) fn declared_fields<'n>(
    node: &'n Node,
    fields: &mut Fields<'n, '_>,
    reading: &'n Reading<'_>,
    client: &mut Client,
) {
    let Kind::Map(entries) = &node.kind else { return };
    for root in reading.declared.iter().flat_map(|declared| declared.roots()) {
        fields.declared(root);
    }
    for entry in entries {
        let key = entry.key.value.as_str();
        let known = reading.declared.is_none_or(|declared| declared.get(key).is_some() || declared.is_above(key));
        if known && !CLIENT_PATHS.contains(&key) {
            fields.declared(key);
            let mut found = Vec::new();
            declared_values(entry, reading, &mut found, fields.diagnostics());
            for (path, value) in found {
                if let Err(fault) = property::set_client(client, &path, value) {
                    entry.value.bad::<()>(fault, fields.diagnostics());
                }
            }
        }
    }
    let required = |declared: &DeclaredField| !declared.field.optional && !reading.invented;
    for (path, _) in reading.declared.iter().flat_map(|all| all.iter()).filter(|(_, declared)| required(declared)) {
        if path.split('.').try_fold(&client.fields, |value, name| value.get(name)).is_none() {
            let message = format!("a client needs `{path}`");
            fields.diagnostics().push(Diagnostic::error(code::MISSING_KEY, message).at(node.head(), ""));
        }
    }
}

/// The declared fields at a key and below it, by their whole paths.
pub(crate) fn declared_values(
    entry: &Entry,
    reading: &Reading<'_>,
    found: &mut Vec<(String, Value)>,
    diagnostics: &mut Diagnostics,
) {
    read_path(&entry.key.value, entry, reading, found, diagnostics);
}

fn read_path(
    path: &str,
    entry: &Entry,
    reading: &Reading<'_>,
    found: &mut Vec<(String, Value)>,
    diagnostics: &mut Diagnostics,
) {
    let node = &entry.value;
    if node.is_absent() {
        return;
    }
    let declared = reading.declared.and_then(|declared| declared.get(path));
    let value = match (&node.kind, declared, reading.declared) {
        (_, Some(declared), _) => typed::value(node, &declared.field, reading.currency, diagnostics),
        (_, None, None) => Some(looks_like(node, reading.currency)),
        (Kind::Map(entries), None, Some(all)) if all.is_above(path) => {
            for entry in entries {
                read_path(&format!("{path}.{}", entry.key.value), entry, reading, found, diagnostics);
            }
            return;
        }
        (_, None, Some(all)) => return unknown_field(path, entry.key.span, all, diagnostics),
    };
    found.extend(value.map(|value| (path.to_owned(), value)));
}

fn unknown_field(path: &str, place: Span, declared: &Declared, diagnostics: &mut Diagnostics) {
    let message = if declared.is_above(path) {
        format!("{} is a mapping of fields, not a value", quoted(path))
    } else {
        format!("the practice keeps no field {}", quoted(path))
    };
    let label = declared.nearest(path).map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
    let diagnostic = Diagnostic::error(code::UNKNOWN_KEY, message).at(place, label);
    diagnostics.push(diagnostic.help("fields are declared in practice.yaml under `fields: client:`"));
}

/// Without a declaration a value is what it looks like; quotes make a text.
pub(crate) fn looks_like(node: &Node, currency: Currency) -> Value {
    match &node.kind {
        Kind::Map(entries) => {
            let pair = |entry: &Entry| (entry.key.value.clone(), looks_like(&entry.value, currency));
            Value::Map(entries.iter().map(pair).collect())
        }
        Kind::List(nodes) => Value::List(nodes.iter().map(|node| looks_like(node, currency)).collect()),
        Kind::Refused => Value::Nothing,
        Kind::Scalar(text) if node.is_absent() || text.style() != Style::Plain => Value::text(text.as_str()),
        Kind::Scalar(text) => {
            let exact = |of| typed::typed(text, &Field::of(of), currency).ok();
            let truth = matches!(text.as_str(), "true" | "false").then(|| exact(Type::Bool)).flatten();
            let number = || exact(Type::Int).or_else(|| exact(Type::Decimal));
            let other = || Value::text(text.as_str());
            truth.or_else(number).or_else(|| exact(Type::Date)).unwrap_or_else(other)
        }
    }
}
