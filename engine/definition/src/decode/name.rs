//! Names: of tasks, roles, templates and all else that a definition names.
//!
//! Owns: how a name is written, and keys of mappings that are names. Such mappings are always read in the order of
//! their keys, since the canonical text keeps no other.

use std::str::FromStr;

use jobwright_core::id::{DefinitionId, ID_BYTES_MAX, Name};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::Spanned;
use crate::syntax::{Entry, Kind, Node};

/// A name: a small letter, then small letters, digits and `_`.
pub(crate) fn name(node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<Name>> {
    let text = node.text(diagnostics)?;
    check(Spanned::new(text.into_string(), node.span), diagnostics)
}

/// A key that is a name of people's own choice.
pub(crate) fn key(key: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<Name>> {
    check(key.clone(), diagnostics)
}

/// A name of another vocabulary, such as a role.
pub(crate) fn id<T: FromStr>(node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
    let name = name(node, diagnostics)?;
    let id = name.value.as_str().parse().ok()?;
    Some(Spanned::new(id, name.span))
}

/// A name with hyphens, as definitions, calendars and tags have it.
pub(crate) fn slug(node: &Node, diagnostics: &mut Diagnostics) -> Option<Spanned<DefinitionId>> {
    let text = node.text(diagnostics)?;
    let parts = || text.split('-');
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && parts().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    let id = DefinitionId::new(text.as_str()).ok().filter(|_| fits);
    if id.is_none() {
        let help =
            format!("write small letters, digits and single hyphens, at most {ID_BYTES_MAX}, as in `vat-quarter`");
        let diagnostic = Diagnostic::error(code::BAD_NAME, format!("{} is no id", quoted(&text)));
        diagnostics.push(diagnostic.at(node.span, "").help(help));
    }
    Some(Spanned::new(id?, node.span))
}

/// The entries of a mapping of names, in the order of the names.
pub(crate) fn entries<'n>(node: &'n Node, what: &str, diagnostics: &mut Diagnostics) -> Option<Vec<&'n Entry>> {
    let Kind::Map(entries) = &node.kind else {
        return node.wrong_kind(what, diagnostics);
    };
    let mut entries: Vec<&Entry> = entries.iter().collect();
    entries.sort_by(|one, other| one.key.value.cmp(&other.key.value));
    Some(entries)
}

fn check(text: Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<Name>> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = text.value.starts_with(|first: char| first.is_ascii_lowercase()) && text.value.bytes().all(plain);
    let name = Name::new(&text.value).ok().filter(|_| fits);
    if name.is_none() {
        let help = format!("write a small letter, then small letters, digits and `_`, at most {ID_BYTES_MAX}");
        let diagnostic = Diagnostic::error(code::BAD_NAME, format!("{} is no name", quoted(&text.value)));
        diagnostics.push(diagnostic.at(text.span, "").help(help));
    }
    Some(Spanned::new(name?, text.span))
}
