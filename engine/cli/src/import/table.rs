//! Tables: a row is a contact, and the rows of one client are one client, wherever they stand.
//!
//! Owns: typing cells, looking up what they name, and telling what is wrong with file and line. What the client's own
//! columns say may stand in any of its rows, and is the same in all of them. An empty cell says nothing: what is known
//! stays as it is. Leaves who is there already to `plan`.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use jobwright_core::address::{self, is_invisible};
use jobwright_core::id::StaffId;
use jobwright_core::value::{Field, Type, Value};
use jobwright_definition::diagnostic::quoted;
use jobwright_definition::typed::{LIST_SEPARATOR, typed};

use super::cells::{self, Cells};
use super::columns::{Column, Columns, Meaning};
use super::ids::{reference, spoilt};
use super::{Fault, Incoming, IncomingContact, Map};
use crate::caller::Caller;
use crate::exit::Exit;
use crate::people::Known;
use crate::practice::shown;
use crate::report::{Report, Result};

/// A longer file is more than one import.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What a table holds.
#[derive(Debug, Default)]
pub struct Table {
    /// Its clients, in the order of their first rows.
    pub clients: Vec<Incoming>,
    /// What is wrong with rows that belong to no client.
    pub loose: Vec<Fault>,
    /// Columns that the map does not name.
    pub left_out: Vec<String>,
}

/// Reads a table. What leaves it uncertain where a row ends refuses the file.
pub fn read_table(path: &Path, map: Option<&Map>, known: &Known<'_>, caller: &dyn Caller) -> Result<Table> {
    let file = shown(path);
    let mut bytes = Vec::new();
    let opened = caller.open(path).map_err(|error| Report::file("read", path, &error))?;
    opened
        .bytes
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Report::file("read", path, &error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(
            &file,
            vec![format!("it has more than {} MiB", FILE_BYTES_MAX >> 20)],
            "import it in parts",
        ));
    }
    let text = cells::text(&bytes, map.and_then(|map| map.encoding)).map_err(|faults| {
        let next = "save it as CSV UTF-8, or say `encoding: windows-1252` in a map: `jobwright help import`";
        unreadable(&file, faults, next)
    })?;
    let rows = cells::rows(&text, map.and_then(|map| map.separator)).map_err(|faults| {
        unreadable(&file, faults, "close the quotation mark, or write it twice where it belongs to the text")
    })?;
    let Some((head, rows)) = rows.split_first() else {
        return Err(unreadable(&file, vec!["it is empty".to_owned()], "its first row names the columns"));
    };
    let columns = Columns::of(&head.cells, map, known)?;
    let mut reading = Reading { map, known, columns: &columns, table: Table::default(), places: HashMap::new() };
    for row in rows {
        // Two tables in one file: what stands in the second head is no client.
        if row.cells == head.cells {
            let why = "the row repeats the headings; were two tables put into one file?".to_owned();
            reading.table.loose.push(Fault { place: format!("{file}:{}", row.line), why, is_warning: false });
            continue;
        }
        reading.row(&file, row);
    }
    let mut table = reading.table;
    table.left_out = columns.left_out;
    Ok(table)
}

fn unreadable(file: &str, faults: Vec<String>, next: &str) -> Report {
    let report = Report::new(Exit::No, format!("{file} cannot be read, and nothing was imported"));
    faults.into_iter().fold(report, Report::because).next(next)
}

struct Reading<'a> {
    map: Option<&'a Map>,
    known: &'a Known<'a>,
    columns: &'a Columns,
    table: Table,
    /// Where a client stands in the table, by its reference.
    places: HashMap<String, usize>,
}

/// What a row holds.
#[derive(Default)]
struct Row {
    client_id: String,
    client: Vec<(String, Value)>,
    contact: IncomingContact,
    faults: Vec<String>,
    warnings: Vec<String>,
}

impl Reading<'_> {
    fn row(&mut self, file: &str, cells: &Cells) {
        let line = cells.line;
        let mut row = self.read(cells);
        row.contact.line = line;
        if row.client_id.is_empty() {
            let loose = |why: String| Fault { place: format!("{file}:{line}"), why, is_warning: false };
            self.table.loose.push(loose("the row has no client_id".to_owned()));
            self.table.loose.extend(row.faults.into_iter().map(loose));
            return;
        }
        let next = self.table.clients.len();
        let place = *self.places.entry(row.client_id.clone()).or_insert(next);
        if place == next {
            self.table.clients.push(Incoming { reference: row.client_id.clone(), ..Incoming::default() });
        }
        take(&mut self.table.clients[place], row, line);
    }

    fn read(&self, cells: &Cells) -> Row {
        let mut row = Row::default();
        let Cells { cells, .. } = cells;
        let surplus = cells.iter().skip(self.columns.needed).filter(|cell| !cell.trim().is_empty()).count();
        if surplus > 0 {
            row.faults.push(format!(
                "the row has {} cells, the head {}; does a separator stand in a cell without quotation marks?",
                cells.len(),
                self.columns.needed
            ));
        }
        if cells.len() < self.columns.needed {
            row.faults.push(format!(
                "the row has {} cells, the head {}; is a line broken within a cell without quotation marks?",
                cells.len(),
                self.columns.needed
            ));
        }
        let nameless = self.columns.nameless.iter().filter_map(|at| Some((*at, cells.get(*at)?.trim())));
        for (at, cell) in nameless.filter(|(_, cell)| !cell.is_empty()) {
            row.faults.push(format!("column {} has no heading, and says {}", at + 1, quoted(cell)));
        }
        for column in &self.columns.fields {
            let Some(text) = column.text(cells) else { continue };
            let text = self.cleaned(&text, column, &mut row);
            if let Err(fault) = self.cell(&text, column, &mut row) {
                row.faults.push(format!("{}: {fault}", column.name));
            }
        }
        row
    }

    /// The text without signs that nobody sees; joiners that a script is written with stay.
    fn cleaned(&self, text: &str, column: &Column, row: &mut Row) -> String {
        let is_stray = |c: char| {
            (is_invisible(c) && !matches!(c, '\u{200c}' | '\u{200d}')) || (c.is_control() && !"\n\r\t".contains(c))
        };
        // An address says for itself what was taken out of it.
        let is_address = matches!(&column.meaning, Meaning::Contact(key, _) if key == "email");
        if is_address || !text.contains(is_stray) {
            return text.to_owned();
        }
        row.warnings.push(format!("{}: signs that nobody sees were taken out", column.name));
        text.chars().filter(|c| !is_stray(*c)).collect::<String>().trim().to_owned()
    }

    fn cell(&self, text: &str, column: &Column, row: &mut Row) -> std::result::Result<(), String> {
        let reference_of = |text: &str| {
            let reference = reference(text);
            spoilt(&reference).map_or(Ok(reference.clone()), |why| Err(format!("{} {why}", quoted(&reference))))
        };
        match &column.meaning {
            Meaning::ClientId => {
                row.client_id = reference(text);
                reference_of(text)?;
            }
            Meaning::ContactId => row.contact.reference = Some(reference_of(text)?),
            Meaning::Client(key, field) => {
                let value = self.typed(text, field, column)?;
                self.look_up(key, &value)?;
                row.client.push((key.clone(), value));
            }
            Meaning::Staff(key) => {
                let members = self.members(text)?;
                let value = match (key.as_str(), members.as_slice()) {
                    ("primary_staff", [one]) => one.clone(),
                    ("primary_staff", _) => return Err("a client has one primary member of staff".to_owned()),
                    _ => Value::List(members),
                };
                row.client.push((key.clone(), value));
            }
            Meaning::Contact(key, _) if key == "email" => match address::read(text) {
                Ok(address) => {
                    if address.was_cleaned() {
                        row.warnings
                            .push(format!("{}: signs that nobody sees were taken out of {address}", column.name));
                    }
                    row.contact.said.push((key.clone(), Value::text(address.shown())));
                }
                // As in people files: the contact then counts as one without an address.
                Err(why) => row.warnings.push(format!("{why}; it is left out")),
            },
            Meaning::Contact(key, field) if key == "roles" => {
                let value = self.roles(text, field, column)?;
                row.contact.said.push((key.clone(), value));
            }
            Meaning::Contact(key, field) => {
                let value = self.typed(text, field, column)?;
                row.contact.said.push((key.clone(), value));
            }
        }
        Ok(())
    }

    fn typed(&self, text: &str, field: &Field, column: &Column) -> std::result::Result<Value, String> {
        let currency = self.known.file.practice.currency;
        let of = if let Type::Optional(of) = &field.of { of } else { &field.of };
        match of {
            Type::Date => {
                let day = self.map.and_then(|map| map.dates).and_then(|order| order.day(text));
                let typed = typed(day.as_deref().unwrap_or(text), field, currency);
                let has_order = self.map.is_some_and(|map| map.dates.is_some());
                let hint = if has_order { "" } else { "; say their order in a map, `dates: day/month/year`" };
                typed.map_err(|why| format!("{why}{hint}"))
            }
            Type::Enum(words) => {
                let mut meant = words.iter().filter(|word| word.eq_ignore_ascii_case(text));
                let one = meant.next().filter(|_| meant.next().is_none());
                typed(one.map_or(text, String::as_str), field, currency)
            }
            Type::List(_) => {
                let parts: Vec<_> = parts(text).map(|part| column.translated(part)).collect();
                typed(&parts.join(";"), field, currency)
            }
            _ => typed(text, field, currency),
        }
    }

    /// Contact roles by their ids or their labels.
    fn roles(&self, text: &str, field: &Field, column: &Column) -> std::result::Result<Value, String> {
        let (mut ids, mut faults) = (Vec::new(), Vec::new());
        for part in parts(text).map(|part| column.translated(part)) {
            match self.known.role_called(part) {
                Ok(id) => ids.push(id.to_string()),
                Err(fault) if part.contains(',') => {
                    faults.push(format!("{fault}; several stand with `;` between them"))
                }
                Err(fault) => faults.push(fault),
            }
        }
        faults.dedup();
        if !faults.is_empty() {
            return Err(faults.join("; "));
        }
        ids.sort();
        ids.dedup();
        typed(&ids.join(";"), field, self.known.file.practice.currency)
    }

    fn look_up(&self, key: &str, value: &Value) -> std::result::Result<(), String> {
        let missing = match key {
            "services" => texts(value).find_map(|service| self.known.service(service)),
            "office" => value.as_text().and_then(|office| self.known.office(office)),
            _ => None,
        };
        missing.map_or(Ok(()), Err)
    }

    fn members(&self, text: &str) -> std::result::Result<Vec<Value>, String> {
        let member = |name: &str| match self.known.member(name) {
            Some(fault) => Err(fault),
            None => StaffId::new(name).map(|id| Value::text(id.as_str())).map_err(|fault| fault.to_string()),
        };
        parts(text).map(member).collect()
    }
}

/// Adds a row to its client.
fn take(client: &mut Incoming, row: Row, line: u64) {
    client.lines.push(line);
    client.warnings.extend(row.warnings.into_iter().map(|why| (line, why)));
    client.faults.extend(row.faults.into_iter().map(|why| (line, why)));
    for (key, value) in row.client {
        match client.said.iter().find(|(known, ..)| *known == key) {
            None => client.said.push((key, value, line)),
            Some((_, known, first)) if *known != value => {
                let key = if key == "name" { "client_name" } else { &key };
                client.faults.push((
                    line,
                    format!(
                        "{key} is {} here and {} in line {first}, for the same client {}",
                        quoted(&value.to_string()),
                        quoted(&known.to_string()),
                        quoted(&client.reference)
                    ),
                ));
            }
            Some(_) => {}
        }
    }
    if row.contact.reference.is_some() || !row.contact.said.is_empty() {
        client.contacts.push(row.contact);
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(LIST_SEPARATOR).map(str::trim).filter(|part| !part.is_empty())
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let values = if let Value::List(values) = value { values.as_slice() } else { &[] };
    values.iter().filter_map(Value::as_text)
}
