//! CSV: a row is a contact, and rows of one client that follow one another are one client.
//!
//! Owns: reading row by row, typing cells, and telling what is wrong with file and line. The client's own columns stand
//! in its first row. An empty cell says nothing: what is known stays as it is. Leaves finding who is there already to
//! `put`.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use jobwright_core::id::{ClientId, ContactId, StaffId};
use jobwright_core::value::{Field, Value};
use jobwright_definition::diagnostic::quoted;
use jobwright_definition::people::email;
use jobwright_definition::typed::{LIST_SEPARATOR, typed};

use super::columns::Column;
use super::{Columns, Fault, Incoming, IncomingContact, Map, Said, Sink, Towards, id_text};
use crate::caller::Caller;
use crate::people::Known;
use crate::practice::shown;
use crate::report::{Report, Result};

/// A longer row is a file that was cut wrong.
const ROW_BYTES_MAX: usize = 256 << 10;
/// Separators that a head is tried with when no map names one.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Reads a table into the sink; gives the columns that were left out.
pub fn read_table(
    path: &Path,
    map: Option<&Map>,
    known: &Known<'_>,
    caller: &dyn Caller,
    sink: &mut dyn Sink,
) -> Result<Vec<String>> {
    let first = first_line(caller, path).map_err(|error| Report::file("read", path, &error))?;
    let separator = map.and_then(|map| map.separator).unwrap_or_else(|| separator(&first));
    // Where lines end in two characters the reader stands between the two after each row, one line too early.
    let behind = u64::from(first.ends_with(b"\r\n"));
    let file = caller.open(path).map_err(|error| Report::file("read", path, &error))?;
    let mut rows = ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(file.bytes);
    let broken = |error: csv::Error| Report::file("read", path, &io::Error::other(error));
    let head: Vec<String> = rows.byte_headers().map_err(broken)?.iter().map(lossy).collect();
    let columns = Columns::of(&head, map, known)?;
    let mut table = Table { file: shown(path), head, columns: &columns, known, open: None, sink };
    let mut row = ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(broken)? {
        let position = row.position();
        table.sink.progress(position.map_or(0, csv::Position::byte));
        table.row(position.map_or(0, |position| position.line() + behind), &row)?;
    }
    table.close()?;
    Ok(columns.left_out)
}

fn first_line(caller: &dyn Caller, path: &Path) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    io::Read::take(BufReader::new(caller.open(path)?.bytes), ROW_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// The separator that cuts the head into most columns.
fn separator(head: &[u8]) -> u8 {
    let count = |separator: &u8| head.iter().filter(|byte| *byte == separator).count();
    // The first of equals, so that a single column is read with commas.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn lossy(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).into_owned()
}

struct Table<'a> {
    file: String,
    head: Vec<String>,
    columns: &'a Columns,
    known: &'a Known<'a>,
    /// The client whose rows are being read; `None` in it when its first row was bad.
    open: Option<(ClientId, Option<Incoming>)>,
    sink: &'a mut dyn Sink,
}

/// What a row holds.
#[derive(Default)]
struct Row {
    client_id: String,
    contact_id: String,
    client: Vec<(String, Value)>,
    staff: Vec<(Towards, Vec<StaffId>)>,
    contact: Vec<(String, Value)>,
    faults: Vec<String>,
    warnings: Vec<String>,
}

impl Table<'_> {
    fn row(&mut self, line: u64, record: &ByteRecord) -> Result<()> {
        let mut row = self.cells(record);
        for why in std::mem::take(&mut row.warnings) {
            self.fault(line, why, true)?;
        }
        let id = id_text(&row.client_id).and_then(|id| ClientId::new(id).ok());
        let Some(id) = id else {
            row.faults.insert(0, format!("{} cannot be a client's id", quoted(&row.client_id)));
            return self.faults(line, row.faults);
        };
        if self.open.as_ref().is_none_or(|(open, _)| *open != id) {
            self.close()?;
            let incoming = if row.faults.is_empty() { Some(first(&id, &mut row, line)) } else { None };
            self.open = Some((id, incoming));
        } else if self.open.as_ref().is_some_and(|(_, incoming)| incoming.is_none()) {
            row.faults.push("left out with the client, whose first row is wrong".to_owned());
        }
        if !row.faults.is_empty() {
            return self.faults(line, row.faults);
        }
        let contact = contact(row, line);
        match (contact, &mut self.open) {
            (Ok(Some(contact)), Some((_, Some(Incoming { said: Said::Some { contacts, .. }, .. })))) => {
                contacts.push(contact);
                Ok(())
            }
            (Err(why), _) => self.fault(line, why, false),
            _ => Ok(()),
        }
    }

    /// Hands on the client whose rows have ended.
    fn close(&mut self) -> Result<()> {
        match self.open.take() {
            Some((_, Some(incoming))) => self.sink.client(&self.file, incoming),
            _ => Ok(()),
        }
    }

    fn cells(&self, record: &ByteRecord) -> Row {
        let mut row = Row::default();
        if record.as_slice().len() > ROW_BYTES_MAX {
            row.faults.push(format!("the row has more than {ROW_BYTES_MAX} bytes; is a quotation mark missing?"));
            return row;
        }
        if record.len() > self.head.len() {
            row.faults.push(format!("the row has {} cells, the head {}", record.len(), self.head.len()));
        }
        for ((cell, name), column) in record.iter().zip(&self.head).zip(&self.columns.meaning) {
            match std::str::from_utf8(cell).map(str::trim) {
                Ok("") => {}
                Ok(text) => {
                    if let Err(fault) = self.cell(text, column, &mut row) {
                        row.faults.push(format!("{name}: {fault}"));
                    }
                }
                Err(_) => row.faults.push(format!("{name}: the text is not UTF-8")),
            }
        }
        row
    }

    fn cell(&self, text: &str, column: &Column, row: &mut Row) -> std::result::Result<(), String> {
        match column {
            Column::ClientId => text.clone_into(&mut row.client_id),
            Column::ContactId => text.clone_into(&mut row.contact_id),
            Column::Client(key, field) => {
                let value = self.typed(text, field)?;
                self.look_up(key, &value)?;
                row.client.push((key.clone(), value));
            }
            Column::Staff(towards) => row.staff.push((towards.clone(), self.members(text)?)),
            Column::Contact(key, _) if key == "email" => match email::shaped(text) {
                Ok(address) => row.contact.push((key.clone(), Value::Text(address))),
                // As in people files: the contact then counts as one without an address.
                Err(why) => row.warnings.push(format!("{why}; it is left out")),
            },
            Column::Contact(key, field) => {
                let value = self.typed(text, field)?;
                if key == "roles" {
                    texts(&value).find_map(|role| self.known.role(role)).map_or(Ok(()), Err)?;
                }
                row.contact.push((key.clone(), value));
            }
            Column::Nothing => {}
        }
        Ok(())
    }

    fn typed(&self, text: &str, field: &Field) -> std::result::Result<Value, String> {
        typed(text, field, self.known.file.practice.currency)
    }

    fn look_up(&self, key: &str, value: &Value) -> std::result::Result<(), String> {
        let missing = match key {
            "services" => texts(value).find_map(|service| self.known.service(service)),
            "office" => value.as_text().and_then(|office| self.known.office(office)),
            _ => None,
        };
        missing.map_or(Ok(()), Err)
    }

    fn members(&self, text: &str) -> std::result::Result<Vec<StaffId>, String> {
        let names = text.split(LIST_SEPARATOR).map(str::trim).filter(|name| !name.is_empty());
        let member = |name: &str| match self.known.member(name) {
            Some(fault) => Err(fault),
            None => StaffId::new(name).map_err(|fault| fault.to_string()),
        };
        names.map(member).collect()
    }

    fn faults(&mut self, line: u64, faults: Vec<String>) -> Result<()> {
        faults.into_iter().try_for_each(|why| self.fault(line, why, false))
    }

    fn fault(&mut self, line: u64, why: String, is_warning: bool) -> Result<()> {
        self.sink.fault(Fault { place: format!("{}:{line}", self.file), why, is_warning })
    }
}

/// The client of a first row.
fn first(id: &ClientId, row: &mut Row, line: u64) -> Incoming {
    let source = (row.client_id != id.as_str()).then(|| row.client_id.clone());
    let (keys, staff) = (std::mem::take(&mut row.client), std::mem::take(&mut row.staff));
    Incoming { id: id.clone(), source, line, said: Said::Some { keys, staff, contacts: Vec::new() } }
}

/// The contact of a row; none when the row says nothing of one.
fn contact(row: Row, line: u64) -> std::result::Result<Option<IncomingContact>, String> {
    if row.contact_id.is_empty() && row.contact.is_empty() {
        return Ok(None);
    }
    let said = |key: &str| row.contact.iter().find(|(one, _)| one == key).and_then(|(_, value)| value.as_text());
    let id_is_given = !row.contact_id.is_empty();
    // Without an id of theirs, the address names a person better than the name does.
    let local = said("email").and_then(|address| address.split('@').next());
    let text = if id_is_given { Some(row.contact_id.as_str()) } else { local.or(said("name")) };
    let id = text.and_then(id_text).and_then(|id| ContactId::new(id).ok());
    let id = id.ok_or("the contact has no id, no address and no name to make one of")?;
    Ok(Some(IncomingContact { id, id_is_given, line, keys: row.contact }))
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let values = if let Value::List(values) = value { values.as_slice() } else { &[] };
    values.iter().filter_map(Value::as_text)
}
