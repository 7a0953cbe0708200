//! People files: roles, staff and clients, read whole by `definition`.
//!
//! Owns: turning its diagnostics into the importer's faults, with file and line, and its clients into what they say: a
//! key that the file does not write says nothing. Such a file is bounded; long lists come as tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jobwright_core::directory::{Client, Contact};
use jobwright_core::value::Value;
use jobwright_definition::diagnostic::{Diagnostics, Severity};
use jobwright_definition::people::kept::{Written, client_paths, client_value, contact_value, written};
use jobwright_definition::people::{self, People, people, property};
use jobwright_definition::source::Sources;
use jobwright_definition::syntax;

use super::{Fault, Incoming, IncomingContact};
use crate::caller::Caller;
use crate::practice::{Practice, shown};
use crate::report::{Report, Result};

/// What a people file holds.
#[derive(Debug, Default)]
pub struct Read {
    /// Its roles, staff and clients, as they are read.
    pub people: People,
    /// Its clients as they come in.
    pub clients: Vec<Incoming>,
    /// The keys that it writes of its staff, and the lines that they begin in.
    pub staff: BTreeMap<String, (BTreeSet<String>, u64)>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Reads a people file, and tells what is wrong with it.
pub fn read_people(path: &Path, practice: &Practice, known: &people::Known, caller: &dyn Caller) -> Result<Read> {
    let bytes = caller.read(path).map_err(|error| Report::file("read", path, &error))?;
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, &shown(path), &bytes, &mut diagnostics);
    let line = |row: &Written| row.place.map_or(0, |span| sources.place(span.file, span.range().start).line as u64);
    let (mut clients_written, mut staff_written) = (BTreeMap::new(), BTreeMap::new());
    if let Some(node) = &node {
        clients_written = written(node, "clients");
        staff_written =
            written(node, "staff").into_iter().map(|(id, row)| (id, (row.keys.clone(), line(&row)))).collect();
    }
    let read = node.and_then(|node| people(&node, &practice.file, known, &mut diagnostics));
    let is_doubtful = read.is_none();
    let people = read.unwrap_or_default();
    let said = |client: &Client| {
        let row = clients_written.get(client.id.as_str()).cloned().unwrap_or_default();
        incoming(client, &row, line(&row))
    };
    let clients = people.clients.iter().map(said).collect();
    let mut faults = faults(&sources, &diagnostics, &shown(path));
    if is_doubtful {
        let why = "nothing of this file was taken: an error outside of its rows makes all of it doubtful".to_owned();
        faults.push(Fault { place: shown(path), why, is_warning: true });
    }
    Ok(Read { people, clients, staff: staff_written, faults })
}

/// What a row says of its client.
fn incoming(client: &Client, row: &Written, line: u64) -> Incoming {
    let mut said = Vec::new();
    let mut says = |key: &str, value: Value| said.push((key.to_owned(), value, line));
    for key in property::CLIENT_KEYS.iter().filter(|key| row.keys.contains(**key)) {
        says(key, client_value(client, key));
    }
    for path in client_paths(client) {
        says(&path, client_value(client, &path));
    }
    if client.staff.primary.is_some() {
        says("primary_staff", client_value(client, "primary_staff"));
    }
    for role in client.staff.assigned.keys() {
        let key = format!("staff.{role}");
        says(&key, client_value(client, &key));
    }
    let contacts = client.contacts.iter().map(|contact| incoming_contact(contact, row, line)).collect();
    let reference = client.id.to_string();
    Incoming { reference, is_exact: true, lines: vec![line], said, contacts, ..Incoming::default() }
}

fn incoming_contact(contact: &Contact, row: &Written, line: u64) -> IncomingContact {
    let keys = row.contacts.get(contact.id.as_str()).cloned().unwrap_or_default();
    let is_said = |key: &&&str| keys.contains(**key);
    let said =
        property::CONTACT_KEYS.iter().filter(is_said).map(|key| ((*key).to_owned(), contact_value(contact, key)));
    // An address that cannot be used was left out with a warning.
    let said = said.filter(|(_, value)| *value != Value::Nothing).collect();
    IncomingContact { reference: Some(contact.id.to_string()), line, said }
}

fn faults(sources: &Sources, diagnostics: &Diagnostics, file: &str) -> Vec<Fault> {
    let fault = |one: jobwright_definition::diagnostic::Diagnostic| {
        let place = match one.span() {
            Some(span) => format!("{}:{}", sources.name(span.file), sources.place(span.file, span.range().start).line),
            None => file.to_owned(),
        };
        Fault { place, why: one.message, is_warning: one.severity != Severity::Error }
    };
    diagnostics.sorted().into_iter().map(fault).collect()
}
