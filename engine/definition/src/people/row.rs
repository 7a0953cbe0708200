//! One client with its contacts, one member of staff.
//!
//! Owns: reading a row and looking up what it names. An address that cannot be written to is left out with a warning:
//! the contact then counts as one without an address, which a task says as soon as it matters.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jobwright_core::directory::{Client, ClientStaff, Contact, Service, Staff};
use jobwright_core::id::{ClientId, ContactId, RoleId, StaffId};
use jobwright_core::value::{Currency, Field, Value};

use super::declared::declared_fields;
use super::{RESERVED_STAFF_WORDS, Seen, email, property, texts, unknown};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::practice::Declared;
use crate::source::Spanned;
use crate::syntax::{Fields, Kind, Node, map_of, parsed, spanned};
use crate::typed;

/// By what rows are read. What is `None` is not looked up.
pub(crate) struct Reading<'a> {
    pub declared: Option<&'a Declared>,
    pub services: Option<&'a BTreeMap<String, Service>>,
    pub offices: Option<&'a [String]>,
    /// Staff, and whether they are still there.
    pub staff: Option<BTreeMap<StaffId, bool>>,
    pub roles: Option<BTreeSet<RoleId>>,
    pub currency: Currency,
    /// The people are made up for a test: what is not written is filled in.
    pub invented: bool,
}

/// The client of a test that names none.
const INVENTED_CLIENT: &str = "acme";

/// Its id.
pub(crate) fn invented_client() -> Option<ClientId> {
    ClientId::new(INVENTED_CLIENT).ok()
}

/// Reads a client. `None` when there is an error anywhere in it, which is told.
pub(crate) fn client<'n>(node: &'n Node, reading: &'n Reading<'_>, diagnostics: &mut Diagnostics) -> Option<Client> {
    let before = diagnostics.errors();
    let mut fields = Fields::of(node, "a client", diagnostics)?;
    let id = match fields.node("id") {
        None if reading.invented => invented_client(),
        _ => fields.required("id", parsed::<ClientId>),
    };
    if !reading.invented {
        fields.required("name", Node::text);
    }
    // The row is read on without its id, so that everything wrong with it is told at once.
    let mut client = property::new_client(id.clone().or_else(invented_client)?);
    for key in property::CLIENT_KEYS {
        let Some(value) = known_value(&mut fields, key, property::client_field(key), reading) else { continue };
        // The value was read by the table's own type.
        if let Err(fault) = property::set_client(&mut client, key, value) {
            fields.node(key).and_then(|node| node.bad::<()>(fault, fields.diagnostics()));
        }
    }
    look_up_services(&mut fields, reading);
    if let Some(staff) = fields.optional("staff", |node, diagnostics| client_staff(node, reading, diagnostics)) {
        client.staff = staff;
    }
    let mut seen = Seen::new("contacts of one client");
    client.contacts = fields.list("contacts", |node, diagnostics| {
        let contact = contact(node, reading, diagnostics)?;
        seen.first(contact.id.as_str(), node, diagnostics).then_some(contact)
    });
    declared_fields(node, &mut fields, reading, &mut client);
    fields.finish();
    (id.is_some() && diagnostics.errors() == before && !has_refused(node)).then_some(client)
}

/// Reads a member of staff.
pub(crate) fn staff_member(node: &Node, reading: &Reading<'_>, diagnostics: &mut Diagnostics) -> Option<Staff> {
    let before = diagnostics.errors();
    let mut fields = Fields::of(node, "a member of staff", diagnostics)?;
    let id = fields.required("id", parsed::<StaffId>);
    if !reading.invented {
        fields.required("name", Node::text);
    }
    let mut staff = property::new_staff(id.clone().or_else(|| StaffId::new("nobody").ok())?);
    if reading.invented {
        staff.name = spoken(staff.id.as_str());
        staff.email = Some(format!("{}@practice.example", staff.id));
    }
    for key in property::STAFF_KEYS {
        let Some(value) = known_value(&mut fields, key, property::staff_field(key), reading) else { continue };
        if let Err(fault) = property::set_staff(&mut staff, key, value) {
            fields.node(key).and_then(|node| node.bad::<()>(fault, fields.diagnostics()));
        }
    }
    if let Some(node) = fields.node("roles") {
        for role in texts(node, fields.diagnostics()) {
            refuse_reserved(&role, fields.diagnostics());
        }
    }
    staff.away = fields.list("away", days_away);
    // A test marks who is the client's primary here; elsewhere the client says it.
    if reading.invented {
        fields.optional("primary", Node::boolean);
    }
    fields.finish();
    (id.is_some() && diagnostics.errors() == before && !has_refused(node)).then_some(staff)
}

pub(crate) fn contact(node: &Node, reading: &Reading<'_>, diagnostics: &mut Diagnostics) -> Option<Contact> {
    let mut fields = Fields::of(node, "a contact", diagnostics)?;
    let id = fields.required("id", parsed::<ContactId>);
    if !reading.invented {
        fields.required("name", Node::text);
    }
    let mut contact = property::new_contact(id.clone().or_else(|| ContactId::new("nobody").ok())?);
    if reading.invented {
        contact.name = spoken(contact.id.as_str());
    }
    for key in property::CONTACT_KEYS {
        let Some(value) = known_value(&mut fields, key, property::contact_field(key), reading) else { continue };
        if let Err(fault) = property::set_contact(&mut contact, key, value) {
            fields.node(key).and_then(|node| node.bad::<()>(fault, fields.diagnostics()));
        }
    }
    if let (Some(node), Some(known)) = (fields.node("roles"), &reading.roles) {
        for role in texts(node, fields.diagnostics()) {
            if !known.iter().any(|known| known.as_str() == role.value) {
                let possible = known.iter().map(RoleId::as_str);
                unknown("contact role", &role.value, role.span, possible, fields.diagnostics());
            }
        }
    }
    fields.finish();
    id.map(|_| contact)
}

/// The value of a key, typed by its table. An address is forgiven: it is left out with a warning.
fn known_value(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    of: Option<Field>,
    reading: &Reading<'_>,
) -> Option<Value> {
    let of = of?;
    fields.optional(key, |node, diagnostics| {
        let value = typed::value(node, &of, reading.currency, diagnostics)?;
        match (key, value.as_text()) {
            ("email", Some(text)) => address(text, node, diagnostics),
            _ => Some(value),
        }
    })
}

fn address(text: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Value> {
    match email::shaped(text) {
        Ok(address) => Some(Value::Text(address)),
        Err(fault) => {
            let diagnostic = Diagnostic::warning(code::BAD_ADDRESS, fault).at(node.span, "");
            diagnostics.push(diagnostic.help("the person is taken without an address; tasks that write to them wait"));
            None
        }
    }
}

fn look_up_services(fields: &mut Fields<'_, '_>, reading: &Reading<'_>) {
    if let (Some(node), Some(known)) = (fields.node("services"), reading.services) {
        for service in texts(node, fields.diagnostics()) {
            if !known.contains_key(&service.value) {
                let possible = known.keys().map(String::as_str);
                unknown("service", &service.value, service.span, possible, fields.diagnostics());
            }
        }
    }
    if let (Some(node), Some(known)) = (fields.node("office"), reading.offices)
        && let Kind::Scalar(office) = &node.kind
        && !known.iter().any(|known| *office == known.as_str())
    {
        unknown("office", office, node.span, known.iter().map(String::as_str), fields.diagnostics());
    }
}

/// `{ primary: pat, payroll_clerk: [kim, lee] }`.
pub(crate) fn client_staff(node: &Node, reading: &Reading<'_>, diagnostics: &mut Diagnostics) -> Option<ClientStaff> {
    let mut staff = ClientStaff::default();
    for (role, ids) in map_of(one_or_more)(node, diagnostics)? {
        for id in &ids {
            look_up_staff(id, reading, diagnostics);
        }
        let ids: Vec<_> = ids.into_iter().map(|id| id.value).collect();
        match RoleId::new(&role.value) {
            _ if role.value == "primary" && ids.len() == 1 => {
                // Written down by a person, so rules leave it alone (b033).
                (staff.primary, staff.primary_by_hand) = (ids.into_iter().next(), true);
            }
            _ if role.value == "primary" => {
                let message = "one person looks after a client; give the others a staff role";
                diagnostics.push(Diagnostic::error(code::BAD_VALUE, message).at(role.span, ""));
            }
            Ok(id) if refuse_reserved(&role, diagnostics) => {
                staff.assigned.insert(id, ids);
            }
            Ok(_) => {}
            Err(fault) => diagnostics.push(Diagnostic::error(code::BAD_VALUE, fault.to_string()).at(role.span, "")),
        }
    }
    Some(staff)
}

fn one_or_more(node: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<Spanned<StaffId>>> {
    match node.kind {
        Kind::List(_) => crate::syntax::list_of(spanned(parsed::<StaffId>))(node, diagnostics),
        _ => Some(vec![spanned(parsed::<StaffId>)(node, diagnostics)?]),
    }
}

fn look_up_staff(id: &Spanned<StaffId>, reading: &Reading<'_>, diagnostics: &mut Diagnostics) {
    let Some(known) = &reading.staff else { return };
    match known.get(&id.value) {
        None => unknown("member of staff", id.value.as_str(), id.span, known.keys().map(StaffId::as_str), diagnostics),
        Some(true) => {}
        Some(false) => {
            let message = format!("{} has left; work for them goes to nobody", quoted(id.value.as_str()));
            let diagnostic = Diagnostic::warning(code::STAFF_LEFT, message).at(id.span, "");
            diagnostics.push(diagnostic.help("choose somebody who is there"));
        }
    }
}

fn refuse_reserved(role: &Spanned<String>, diagnostics: &mut Diagnostics) -> bool {
    let reserved = RESERVED_STAFF_WORDS.contains(&role.value.as_str());
    if reserved {
        let message = format!("{} is a word of the language, not a staff role", quoted(&role.value));
        diagnostics.push(Diagnostic::error(code::BAD_VALUE, message).at(role.span, ""));
    }
    !reserved
}

fn days_away(node: &Node, diagnostics: &mut Diagnostics) -> Option<(Date, Date)> {
    let mut fields = Fields::of(node, "days away", diagnostics)?;
    let from = fields.required("from", Node::date);
    let until = fields.required("until", Node::date);
    fields.finish();
    match (from?, until?) {
        (from, until) if from > until => node.bad("`from` is later than `until`", diagnostics),
        days => Some(days),
    }
}

/// A part of the row that is not our YAML was told and refused when the file was read.
fn has_refused(node: &Node) -> bool {
    match &node.kind {
        Kind::Refused => true,
        Kind::Scalar(_) => false,
        Kind::List(nodes) => nodes.iter().any(has_refused),
        Kind::Map(entries) => entries.iter().any(|entry| has_refused(&entry.value)),
    }
}

/// An id as a name: `ann` is Ann.
fn spoken(id: &str) -> String {
    let mut letters = id.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
