//! People's files: contact roles, staff, clients and their contacts.
//!
//! Owns: reading people.yaml, an import source and never a second truth. A client with an error in it is left out and
//! told; the others are given, so that one bad row holds nothing back. Leaves writing them down to the importer, and CSV
//! to `cli`, which types its cells by the same tables.

mod declared;
pub mod email;
pub mod kept;
pub mod property;
mod row;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jobwright_core::directory::{Client, Staff};
use jobwright_core::id::{RoleId, StaffId};
use jobwright_core::value::Currency;

pub(crate) use declared::{declared_values, looks_like};
pub(crate) use row::{Reading, client, client_staff, contact, invented_client, staff_member};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::practice::PracticeFile;
use crate::source::{Span, Spanned};
use crate::suggest::suggest;
use crate::syntax::{Fields, Kind, Node, choice, list_of};

/// Words that say which staff without naming a staff role.
pub const RESERVED_STAFF_WORDS: &[&str] = &["primary", "additional", "last_interaction", "default"];

/// What a people file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The contact roles that the practice ticks, as listed.
    pub roles: Vec<ContactRole>,
    /// The practice's people, as listed.
    pub staff: Vec<Staff>,
    /// The clients with their contacts, as listed.
    pub clients: Vec<Client>,
}

/// A role that is ticked on contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRole {
    /// Its id, which definitions name.
    pub id: RoleId,
    /// What people tick.
    pub label: String,
    /// Who should have it, in a sentence.
    pub hint: Option<String>,
}

/// Who is in the store already: a file may name them without listing them again.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Staff, and whether they are still there.
    pub staff: BTreeMap<StaffId, bool>,
    /// Contact roles.
    pub roles: BTreeSet<RoleId>,
}

/// Reads a people file. What is wrong is told with its place. A row with an error in it is left out, and the others are
/// given; a file with an error in its text, or outside of its rows, is not given at all: what it says cannot be trusted.
pub fn people(node: &Node, practice: &PracticeFile, known: &Known, diagnostics: &mut Diagnostics) -> Option<People> {
    let of_rows = Cell::new(0);
    let mut fields = Fields::of(node, "a people file", diagnostics)?;
    fields.optional("format", choice(&[("1", ())]));
    let mut roles = Vec::new();
    fields.optional("roles", |node, diagnostics| {
        let Kind::Map(entries) = &node.kind else { return node.wrong_kind("a mapping", diagnostics) };
        for entry in entries {
            let role =
                |diagnostics: &mut Diagnostics| named_role(&entry.key, role(&entry.value, diagnostics)?, diagnostics);
            roles.extend(counted(&of_rows, diagnostics, role));
        }
        Some(())
    });
    let mut reading = Reading::of(practice);
    reading.roles = Some(known.roles.iter().cloned().chain(roles.iter().map(|role| role.id.clone())).collect());
    let mut seen = Seen::new("members of staff");
    let staff = fields.list("staff", |node, diagnostics| {
        let staff = counted(&of_rows, diagnostics, |diagnostics| staff_member(node, &reading, diagnostics))?;
        let is_first = counted(&of_rows, diagnostics, |d| seen.first(staff.id.as_str(), node, d).then_some(()));
        is_first.map(|()| staff)
    });
    let listed = staff.iter().map(|staff| (staff.id.clone(), staff.active));
    reading.staff = Some(known.staff.iter().map(|(id, active)| (id.clone(), *active)).chain(listed).collect());
    let mut seen = Seen::new("clients");
    let clients = fields.list("clients", |node, diagnostics| {
        let client = counted(&of_rows, diagnostics, |diagnostics| client(node, &reading, diagnostics))?;
        let is_first = counted(&of_rows, diagnostics, |d| seen.first(client.id.as_str(), node, d).then_some(()));
        is_first.map(|()| client)
    });
    fields.finish();
    (diagnostics.errors() == of_rows.get()).then_some(People { roles, staff, clients })
}

/// Reads a row, and counts its errors as the row's own.
fn counted<T>(
    of_rows: &Cell<usize>,
    diagnostics: &mut Diagnostics,
    read: impl FnOnce(&mut Diagnostics) -> Option<T>,
) -> Option<T> {
    let before = diagnostics.errors();
    let read = read(diagnostics);
    of_rows.set(of_rows.get() + diagnostics.errors() - before);
    read
}

/// Ids that were read so far, and where.
pub(crate) struct Seen {
    what: &'static str,
    places: BTreeMap<String, Span>,
}

impl Seen {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, places: BTreeMap::new() }
    }

    /// Whether the id is new; tells when it is not.
    pub(crate) fn first(&mut self, id: &str, node: &Node, diagnostics: &mut Diagnostics) -> bool {
        let place = node.get("id").unwrap_or(node).head();
        let Some(first) = self.places.get(id) else {
            self.places.insert(id.to_owned(), place);
            return true;
        };
        let message = format!("two {} have the id {}", self.what, quoted(id));
        let diagnostic = Diagnostic::error(code::EQUAL_IDS, message).at(place, "again here").also(*first, "first here");
        diagnostics.push(diagnostic);
        false
    }
}

/// Tells that something named is not there, with what was probably meant.
pub(crate) fn unknown<'w>(
    what: &str,
    name: &str,
    place: Span,
    possible: impl Iterator<Item = &'w str> + Clone,
    diagnostics: &mut Diagnostics,
) {
    let label = suggest(name, possible.clone()).map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
    let diagnostic = Diagnostic::error(code::NOT_THERE, format!("there is no {what} {}", quoted(name)));
    let listed: Vec<_> = possible.take(LISTED_MAX).collect();
    let help = if listed.is_empty() {
        format!("no {what} is known here")
    } else {
        format!("known are: {}", listed.join(", "))
    };
    diagnostics.push(diagnostic.at(place, label).help(help));
}

/// More names would hide the message.
const LISTED_MAX: usize = 12;

/// `payroll: Payroll contact`, or a mapping with a hint.
fn role(node: &Node, diagnostics: &mut Diagnostics) -> Option<(String, Option<String>)> {
    if let Kind::Scalar(_) = node.kind {
        return Some((node.text(diagnostics)?.into_string(), None));
    }
    let mut fields = Fields::of(node, "a contact role", diagnostics)?;
    let label = fields.required("label", Node::text);
    let hint = fields.optional("hint", Node::text);
    fields.finish();
    Some((label?.into_string(), hint.map(|hint| hint.into_string())))
}

fn named_role(
    id: &Spanned<String>,
    (label, hint): (String, Option<String>),
    diagnostics: &mut Diagnostics,
) -> Option<ContactRole> {
    match RoleId::new(&id.value) {
        Ok(id) => Some(ContactRole { id, label, hint }),
        Err(fault) => {
            diagnostics.push(Diagnostic::error(code::BAD_VALUE, fault.to_string()).at(id.span, ""));
            None
        }
    }
}

/// A list of texts with their places.
pub(crate) fn texts(node: &Node, diagnostics: &mut Diagnostics) -> Vec<Spanned<String>> {
    let text = |node: &Node, diagnostics: &mut Diagnostics| {
        Some(Spanned::new(node.text(diagnostics)?.into_string(), node.span))
    };
    list_of(text)(node, diagnostics).unwrap_or_default()
}

impl<'a> Reading<'a> {
    /// Reads by what the practice declared; people must exist.
    pub(crate) fn of(practice: &'a PracticeFile) -> Self {
        Self {
            declared: Some(&practice.declared),
            services: Some(&practice.practice.services),
            offices: Some(&practice.practice.offices),
            ..Self::loose(practice.practice.currency)
        }
    }

    /// Reads without a practice: nothing is looked up, and fields are read as they look.
    pub(crate) fn loose(currency: Currency) -> Self {
        Self { declared: None, services: None, offices: None, staff: None, roles: None, currency, invented: false }
    }
}

#[cfg(test)]
mod tests;
