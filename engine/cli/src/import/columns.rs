//! What the columns of a table mean.
//!
//! Owns: the names of columns, and the map file that gives them to the columns of another system. Leaves which fields of
//! clients exist to practice.yaml.

use std::collections::BTreeMap;
use std::path::Path;

use jobwright_core::id::RoleId;
use jobwright_core::value::Field;
use jobwright_definition::diagnostic::{Diagnostics, quoted};
use jobwright_definition::people::property;
use jobwright_definition::source::Sources;
use jobwright_definition::suggest::suggest;
use jobwright_definition::syntax::{self, Fields, Node, map_of};

use super::Towards;
use crate::caller::Caller;
use crate::exit::Exit;
use crate::people::Known;
use crate::practice::{shown, unusable};
use crate::report::{Report, Result};

const CLIENT_ID: &str = "client_id";
const CLIENT_NAME: &str = "client_name";
const CONTACT_ID: &str = "contact_id";
const CONTACT_NAME: &str = "contact_name";
const PRIMARY_STAFF: &str = "primary_staff";
/// Before a staff role: `staff.payroll_clerk`.
const STAFF: &str = "staff.";

/// What a column means.
#[derive(Clone, Debug)]
pub enum Column {
    /// The client's id.
    ClientId,
    /// The contact's id.
    ContactId,
    /// Something of the client.
    Client(String, Field),
    /// Who works for the client.
    Staff(Towards),
    /// Something of the contact.
    Contact(String, Field),
    /// Left out.
    Nothing,
}

/// What the columns of one file mean, in their order.
#[derive(Debug)]
pub struct Columns {
    /// One for each column.
    pub meaning: Vec<Column>,
    /// Columns that were left out because the map does not name them.
    pub left_out: Vec<String>,
}

/// What a map file says.
#[derive(Debug, Default)]
pub struct Map {
    /// Their column for each of our names.
    columns: BTreeMap<String, String>,
    /// What stands between two cells.
    pub separator: Option<u8>,
}

/// Reads a map file: `columns: { client_id: Ref, client_name: Company }` and `separator`.
pub fn read_map(path: &Path, caller: &dyn Caller) -> Result<Map> {
    let bytes = caller.read(path).map_err(|error| Report::file("read", path, &error))?;
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, &shown(path), &bytes, &mut diagnostics);
    let map = node.and_then(|node| map(&node, &mut diagnostics));
    map.filter(|_| !diagnostics.has_errors()).ok_or_else(|| unusable(&shown(path), &sources, &diagnostics))
}

fn map(node: &Node, diagnostics: &mut Diagnostics) -> Option<Map> {
    let mut fields = Fields::of(node, "an import map", diagnostics)?;
    let columns = fields.required("columns", map_of(Node::text));
    let separator = fields.optional("separator", |node: &Node, diagnostics: &mut Diagnostics| {
        let text = node.text(diagnostics)?;
        match text.as_str() {
            "tab" => Some(b'\t'),
            text if text.len() == 1 => text.bytes().next(),
            _ => node.bad("a separator is one letter, or `tab`", diagnostics),
        }
    });
    fields.finish();
    let columns = columns?.into_iter().map(|(ours, theirs)| (ours.value, theirs.into_string()));
    Some(Map { columns: columns.collect(), separator })
}

impl Columns {
    /// The meaning of a file's columns; everything that is wrong with its head is told at once.
    pub fn of(head: &[String], map: Option<&Map>, known: &Known<'_>) -> Result<Self> {
        let mut faults = Vec::new();
        let mut columns = Self { meaning: Vec::new(), left_out: Vec::new() };
        for theirs in head.iter().map(|name| name.trim()) {
            let mapped = map.and_then(|map| map.columns.iter().find(|(_, column)| column.trim() == theirs));
            let ours = mapped.map_or(theirs, |(ours, _)| ours.as_str());
            let meaning = meaning(ours, known).unwrap_or_else(|| {
                match map.filter(|_| mapped.is_none()) {
                    Some(_) => columns.left_out.push(theirs.to_owned()),
                    None => faults.push(unknown(ours, known)),
                }
                Column::Nothing
            });
            columns.meaning.push(meaning);
        }
        let absent = map.into_iter().flat_map(|map| &map.columns);
        let absent = absent.filter(|(_, theirs)| !head.iter().any(|name| name.trim() == theirs.trim()));
        faults.extend(absent.map(|(ours, theirs)| format!("there is no column {} for {ours}", quoted(theirs))));
        if !columns.meaning.iter().any(|meaning| matches!(meaning, Column::ClientId)) {
            faults.push(format!("no column is `{CLIENT_ID}`"));
        }
        if faults.is_empty() { Ok(columns) } else { Err(refused(faults)) }
    }
}

fn meaning(name: &str, known: &Known<'_>) -> Option<Column> {
    let client = |key: &str| property::client_field(key).map(|field| Column::Client(key.to_owned(), field));
    let contact = |key: &str| property::contact_field(key).map(|field| Column::Contact(key.to_owned(), field));
    match name {
        CLIENT_ID => Some(Column::ClientId),
        CONTACT_ID => Some(Column::ContactId),
        CLIENT_NAME => client("name"),
        CONTACT_NAME => contact("name"),
        PRIMARY_STAFF => Some(Column::Staff(Towards::Primary)),
        // Ambiguous: a client and a contact both have one.
        "name" => None,
        name => match name.strip_prefix(STAFF).map(RoleId::new) {
            Some(role) => role.ok().map(|role| Column::Staff(Towards::Role(role))),
            None => {
                let declared = known.file.declared.get(name);
                let declared = declared.map(|declared| Column::Client(name.to_owned(), declared.field.clone()));
                client(name).or_else(|| contact(name)).or(declared)
            }
        },
    }
}

fn unknown(name: &str, known: &Known<'_>) -> String {
    let ours = [CLIENT_ID, CLIENT_NAME, CONTACT_ID, CONTACT_NAME, PRIMARY_STAFF].into_iter();
    let keys = property::CLIENT_KEYS.iter().chain(property::CONTACT_KEYS).copied().filter(|key| *key != "name");
    let declared = known.file.declared.iter().map(|(path, _)| path);
    let meant = suggest(name, ours.chain(keys).chain(declared));
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    format!("the column {} means nothing here{meant}", quoted(name))
}

/// More would hide what is wrong: the file has no head, or is of another kind.
const FAULTS_TOLD_MAX: usize = 20;

fn refused(faults: Vec<String>) -> Report {
    let report = Report::new(Exit::No, "the columns of the file are not clear, and nothing was read");
    let more = faults.len().saturating_sub(FAULTS_TOLD_MAX);
    let report = faults.into_iter().take(FAULTS_TOLD_MAX).fold(report, Report::because);
    let report = if more > 0 { report.because(format!("{more} more columns are as unclear")) } else { report };
    report.next("rename the columns, or say what they are in a map: `jobwright help import`")
}
