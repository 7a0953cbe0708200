//! What the columns of a table mean.
//!
//! Owns: the names of columns, and the map file that gives them to the columns of another system: one column for several
//! fields, several joined into one, words translated, the order of dates. Leaves which fields of clients exist to
//! practice.yaml.

use std::collections::BTreeMap;
use std::path::Path;

use jobwright_core::id::RoleId;
use jobwright_core::value::Field;
use jobwright_definition::diagnostic::{Diagnostics, quoted};
use jobwright_definition::people::property;
use jobwright_definition::source::Sources;
use jobwright_definition::suggest::suggest;
use jobwright_definition::syntax::{self, Fields, Kind, Node, choice, map_of};

use super::cells::Encoding;
use super::dates::Order;
use super::ids::reference;
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
/// Most pieces of a joined field.
const PIECES_MAX: usize = 20;

/// What a column means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// The client's id.
    ClientId,
    /// The contact's id.
    ContactId,
    /// Something of the client.
    Client(String, Field),
    /// Who works for the client: `primary_staff`, `staff.ROLE`.
    Staff(String),
    /// Something of the contact.
    Contact(String, Field),
}

/// One of our fields, and where a row has it.
#[derive(Clone, Debug)]
pub struct Column {
    /// What it means.
    pub meaning: Meaning,
    /// What people know it by: their heading, or ours where several are joined.
    pub name: String,
    from: Taken,
    /// Their words for ours, in lower case.
    values: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
enum Taken {
    Cell(usize),
    Joined(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Cell(usize),
}

/// What the columns of one file mean.
#[derive(Debug)]
pub struct Columns {
    /// Our fields that the file has.
    pub fields: Vec<Column>,
    /// Columns that were left out because the map does not name them.
    pub left_out: Vec<String>,
    /// Cells that a row has at least: up to the last heading.
    pub needed: usize,
    /// Cells without a heading, where no map leaves them out.
    pub nameless: Vec<usize>,
}

/// What a map file says.
#[derive(Debug, Default)]
pub struct Map {
    /// Where they have it, for each of our names.
    columns: Vec<(String, Theirs)>,
    /// What stands between two cells.
    pub separator: Option<char>,
    /// How the file was written.
    pub encoding: Option<Encoding>,
    /// How it writes dates.
    pub dates: Option<Order>,
}

#[derive(Debug, Default)]
struct Theirs {
    column: String,
    values: BTreeMap<String, String>,
}

/// Reads a map file.
pub fn read_map(path: &Path, caller: &dyn Caller) -> Result<Map> {
    let bytes = caller.read(path).map_err(|error| Report::file("read", path, &error))?;
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, &shown(path), &bytes, &mut diagnostics);
    let map = node.and_then(|node| map(&node, &mut diagnostics));
    map.filter(|_| !diagnostics.has_errors()).ok_or_else(|| unusable(&shown(path), &sources, &diagnostics))
}

fn map(node: &Node, diagnostics: &mut Diagnostics) -> Option<Map> {
    let mut fields = Fields::of(node, "an import map", diagnostics)?;
    let columns = fields.required("columns", map_of(theirs));
    let separator = fields.optional("separator", |node: &Node, diagnostics: &mut Diagnostics| {
        let text = node.text(diagnostics)?;
        let mut letters = text.chars();
        match (text.as_str(), letters.next(), letters.next()) {
            ("tab", ..) => Some('\t'),
            (_, Some(letter), None) if letter != '"' && letter != '\n' => Some(letter),
            _ => node.bad("a separator is one letter, or `tab`", diagnostics),
        }
    });
    let encodings = [("utf-8", Encoding::Utf8), ("windows-1252", Encoding::Windows1252)];
    let encoding = fields.optional("encoding", choice(&encodings));
    let dates = fields.optional("dates", |node: &Node, diagnostics: &mut Diagnostics| {
        let text = node.text(diagnostics)?;
        Order::read(&text)
            .or_else(|| node.bad("dates are `day/month/year`, `month/day/year` or `year/month/day`", diagnostics))
    });
    fields.finish();
    let columns = columns?.into_iter().map(|(ours, theirs)| (ours.value, theirs)).collect();
    Some(Map { columns, separator, encoding, dates })
}

/// `Ref`, `"{First} {Last}"`, or `{ column: Status, values: { Active: active } }`.
fn theirs(node: &Node, diagnostics: &mut Diagnostics) -> Option<Theirs> {
    if let Kind::Scalar(_) = node.kind {
        return Some(Theirs { column: node.text(diagnostics)?.into_string(), values: BTreeMap::new() });
    }
    let mut fields = Fields::of(node, "a column of a map", diagnostics)?;
    let column = fields.required("column", Node::text);
    let values = fields.optional("values", map_of(Node::text)).unwrap_or_default();
    fields.finish();
    let values = values.into_iter().map(|(theirs, ours)| (theirs.value.trim().to_lowercase(), ours.into_string()));
    Some(Theirs { column: column?.into_string(), values: values.collect() })
}

impl Columns {
    /// The meaning of a file's columns; everything that is wrong with its head is told at once.
    pub fn of(head: &[String], map: Option<&Map>, known: &Known<'_>) -> Result<Self> {
        let head: Vec<String> = head.iter().map(|name| reference(name)).collect();
        let needed = head.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        let mut finding = Finding { head: &head, used: vec![false; head.len()], faults: Vec::new() };
        let mut fields = Vec::new();
        for (ours, theirs) in map.iter().flat_map(|map| &map.columns) {
            let from = finding.from(ours, &theirs.column);
            match (meaning(ours, known), from) {
                (None, _) => finding.faults.push(unknown(ours, known)),
                (Some(_), None) => {}
                (Some(meaning), Some(from)) => {
                    let name = if let Taken::Cell(at) = from { head[at].clone() } else { ours.clone() };
                    fields.push(Column { meaning, name, from, values: theirs.values.clone() });
                }
            }
        }
        let mut left_out = Vec::new();
        for (at, name) in head.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let is_mapped = map.is_some_and(|map| map.columns.iter().any(|(ours, _)| ours == name));
            match (meaning(name, known), map) {
                _ if finding.used[at] => {}
                (Some(meaning), _) if !is_mapped => {
                    finding.doubled(name);
                    fields.push(Column { meaning, name: name.clone(), from: Taken::Cell(at), values: BTreeMap::new() });
                }
                (_, Some(_)) => left_out.push(name.clone()),
                (_, None) => finding.faults.push(unknown(name, known)),
            }
        }
        let Finding { mut faults, .. } = finding;
        if !fields.iter().any(|field| matches!(field.meaning, Meaning::ClientId)) {
            faults.push(format!("no column is `{CLIENT_ID}`"));
        }
        faults.dedup();
        let nameless = (0..head.len()).filter(|at| map.is_none() && head[*at].is_empty()).collect();
        if faults.is_empty() { Ok(Self { fields, left_out, needed, nameless }) } else { Err(refused(faults, &head)) }
    }
}

/// Headings that are looked for.
struct Finding<'a> {
    head: &'a [String],
    used: Vec<bool>,
    faults: Vec<String>,
}

impl Finding<'_> {
    /// Where a field of ours stands, by what a map says of it: a heading, else a text with headings in braces.
    fn from(&mut self, ours: &str, theirs: &str) -> Option<Taken> {
        let heading = reference(theirs);
        if let Some(at) = self.head.iter().position(|name| *name == heading) {
            self.used_up(&heading);
            return Some(Taken::Cell(at));
        }
        if !theirs.contains('{') {
            self.faults.push(format!("there is no column {} for {ours}", quoted(theirs)));
            return None;
        }
        let (mut pieces, mut rest) = (Vec::new(), theirs);
        while let Some((text, behind)) = rest.split_once('{') {
            let Some((name, behind)) = behind.split_once('}') else {
                self.faults.push(format!("{ours}: a `{{` in {} is never closed", quoted(theirs)));
                return None;
            };
            let name = reference(name);
            let Some(at) = self.head.iter().position(|one| *one == name) else {
                self.faults.push(format!("there is no column {} for {ours}", quoted(&name)));
                return None;
            };
            self.used_up(&name);
            pieces.extend([Piece::Text(text.to_owned()), Piece::Cell(at)]);
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        if pieces.len() > PIECES_MAX {
            self.faults.push(format!("{ours}: at most {PIECES_MAX} pieces are joined"));
            return None;
        }
        Some(Taken::Joined(pieces))
    }

    fn used_up(&mut self, heading: &str) {
        self.doubled(heading);
        self.head.iter().zip(&mut self.used).filter(|(name, _)| *name == heading).for_each(|(_, used)| *used = true);
    }

    fn doubled(&mut self, heading: &str) {
        let places: Vec<_> =
            (1..).zip(self.head).filter(|(_, name)| *name == heading).map(|(at, _)| at.to_string()).collect();
        if places.len() > 1 {
            let fault = format!("{} columns are called {}: {}", places.len(), quoted(heading), places.join(" and "));
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
    }
}

impl Column {
    /// What a row says here: their words, or ours where the map translates them. Nothing when it says nothing.
    pub fn text(&self, cells: &[String]) -> Option<String> {
        let cell = |at: &usize| cells.get(*at).map_or("", |cell| cell.trim());
        let text = match &self.from {
            Taken::Cell(at) => cell(at).to_owned(),
            Taken::Joined(pieces) => {
                let is_empty = pieces.iter().all(|piece| !matches!(piece, Piece::Cell(at) if !cell(at).is_empty()));
                let joined: String = pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(text) => text.as_str(),
                        Piece::Cell(at) => cell(at),
                    })
                    .collect();
                // What joins two values says nothing where one of them is missing.
                let joined = joined.split_whitespace().collect::<Vec<_>>().join(" ");
                if is_empty { String::new() } else { joined.trim_matches([' ', ',', ';', '-', '/']).to_owned() }
            }
        };
        let text = self.values.get(&text.to_lowercase()).cloned().unwrap_or(text);
        (!text.is_empty()).then_some(text)
    }

    /// Our word for one of theirs, in a list.
    pub fn translated<'a>(&'a self, word: &'a str) -> &'a str {
        self.values.get(&word.to_lowercase()).map_or(word, String::as_str)
    }
}

fn meaning(name: &str, known: &Known<'_>) -> Option<Meaning> {
    let client = |key: &str| property::client_field(key).map(|field| Meaning::Client(key.to_owned(), field));
    let contact = |key: &str| property::contact_field(key).map(|field| Meaning::Contact(key.to_owned(), field));
    match name {
        CLIENT_ID => Some(Meaning::ClientId),
        CONTACT_ID => Some(Meaning::ContactId),
        CLIENT_NAME => client("name"),
        CONTACT_NAME => contact("name"),
        PRIMARY_STAFF => Some(Meaning::Staff(name.to_owned())),
        // Ambiguous: a client and a contact both have one.
        "name" => None,
        name => match name.strip_prefix(STAFF).map(RoleId::new) {
            Some(role) => role.ok().map(|_| Meaning::Staff(name.to_owned())),
            None => {
                let declared = known.file.declared.get(name);
                let declared = declared.map(|declared| Meaning::Client(name.to_owned(), declared.field.clone()));
                client(name).or_else(|| contact(name)).or(declared)
            }
        },
    }
}

/// All names that a column can have, and that `--overwrite` takes.
pub fn names<'k>(known: &'k Known<'_>) -> impl Iterator<Item = &'k str> {
    let ours = [CLIENT_ID, CLIENT_NAME, CONTACT_ID, CONTACT_NAME, PRIMARY_STAFF].into_iter();
    let keys = property::CLIENT_KEYS.iter().chain(property::CONTACT_KEYS).copied().filter(|key| *key != "name");
    ours.chain(keys).chain(known.file.declared.iter().map(|(path, _)| path))
}

fn unknown(name: &str, known: &Known<'_>) -> String {
    let meant = suggest(name, names(known));
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    format!("the column {} means nothing here{meant}", quoted(name))
}

/// More would hide what is wrong: the file has no head, or is of another kind.
const FAULTS_TOLD_MAX: usize = 20;

fn refused(faults: Vec<String>, head: &[String]) -> Report {
    let report = Report::new(Exit::No, "the columns of the file are not clear, and nothing was read");
    let more = faults.len().saturating_sub(FAULTS_TOLD_MAX);
    let report = faults.into_iter().take(FAULTS_TOLD_MAX).fold(report, Report::because);
    let report = if more > 0 { report.because(format!("{more} more columns are as unclear")) } else { report };
    // A title above the table is read for its head.
    let report = match head {
        [one] if one.contains(' ') => report.because(format!("its first line holds one heading only: {}", quoted(one))),
        _ => report,
    };
    report.next("rename the columns, or say what they are in a map: `jobwright help import`")
}
