//! `K=V` on the command line, put into a client, a contact or a member of staff.
//!
//! Owns: reading it, looking up what it names, and telling all that is wrong at once. Leaves types to `definition`.

use std::str::FromStr;

use jobwright_core::directory::{Client, Contact, Staff};
use jobwright_core::id::{RoleId, StaffId};
use jobwright_core::value::{Field, Value};
use jobwright_definition::diagnostic::quoted;
use jobwright_definition::people::{RESERVED_STAFF_WORDS, property};
use jobwright_definition::suggest::suggest;
use jobwright_definition::typed::{LIST_SEPARATOR, typed};

use super::Known;
use crate::exit::Exit;
use crate::report::{Report, Result};

/// What stands before the role of a member of staff towards a client: `staff.primary=pat`.
const STAFF: &str = "staff.";

/// One `K=V`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    key: String,
    text: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (key, text) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
        Ok(Self { key: key.trim().to_owned(), text: text.to_owned() })
    }
}

type Set = std::result::Result<(), String>;

/// Puts all into a client.
pub fn set_client(client: &mut Client, all: &[Assignment], known: &Known<'_>) -> Result<()> {
    each(all, |one| match one.key.strip_prefix(STAFF) {
        Some(role) => set_client_staff(client, role, &one.text, known),
        None => set_client_key(client, one, known),
    })
}

/// Puts all into a contact.
pub fn set_contact(contact: &mut Contact, all: &[Assignment], known: &Known<'_>) -> Result<()> {
    each(all, |one| {
        let field = property::contact_field(&one.key).ok_or_else(|| no_key(&one.key, property::CONTACT_KEYS))?;
        let value = typed_value(one, &field, known)?;
        if one.key == "roles" {
            texts(&value).find_map(|role| known.role(role)).map_or(Ok(()), Err)?;
        }
        property::set_contact(contact, &one.key, value)
    })
}

/// Puts all into a member of staff.
pub fn set_staff(staff: &mut Staff, all: &[Assignment], known: &Known<'_>) -> Result<()> {
    each(all, |one| {
        let field = property::staff_field(&one.key).ok_or_else(|| no_key(&one.key, property::STAFF_KEYS))?;
        let value = typed_value(one, &field, known)?;
        if one.key == "roles" {
            texts(&value).find_map(reserved).map_or(Ok(()), Err)?;
        }
        property::set_staff(staff, &one.key, value)
    })
}

/// All of them, and everything that is wrong with any.
fn each(all: &[Assignment], mut set: impl FnMut(&Assignment) -> Set) -> Result<()> {
    let faults = all.iter().filter_map(|one| set(one).err().map(|fault| format!("{}: {fault}", one.key)));
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() {
        return Ok(());
    }
    let report = Report::new(Exit::No, "nothing was changed");
    Err(faults.into_iter().fold(report, Report::because))
}

fn set_client_key(client: &mut Client, one: &Assignment, known: &Known<'_>) -> Set {
    let declared = known.file.declared.get(&one.key).map(|declared| declared.field.clone());
    let field = property::client_field(&one.key).or(declared).ok_or_else(|| no_client_key(&one.key, known))?;
    let value = typed_value(one, &field, known)?;
    let missing = match one.key.as_str() {
        "services" => texts(&value).find_map(|service| known.service(service)),
        "office" => value.as_text().and_then(|office| known.office(office)),
        _ => None,
    };
    missing.map_or(Ok(()), Err)?;
    property::set_client(client, &one.key, value)
}

/// `staff.primary=pat`, `staff.payroll_clerk=kim;pat`; an empty text takes everybody away.
fn set_client_staff(client: &mut Client, role: &str, text: &str, known: &Known<'_>) -> Set {
    let names = text.split(LIST_SEPARATOR).map(str::trim).filter(|name| !name.is_empty());
    let people = names.map(|name| match known.member(name) {
        Some(fault) => Err(fault),
        None => StaffId::new(name).map_err(|fault| fault.to_string()),
    });
    let people = people.collect::<std::result::Result<Vec<_>, _>>()?;
    if role == "primary" {
        if people.len() > 1 {
            return Err("a client has one primary member of staff".to_owned());
        }
        client.set_primary_staff(people.into_iter().next(), true);
        return Ok(());
    }
    reserved(role).map_or(Ok(()), Err)?;
    let role = RoleId::new(role).map_err(|fault| fault.to_string())?;
    if people.is_empty() {
        client.staff.assigned.remove(&role);
    } else {
        client.staff.assigned.insert(role, people);
    }
    Ok(())
}

fn typed_value(one: &Assignment, field: &Field, known: &Known<'_>) -> std::result::Result<Value, String> {
    typed(&one.text, field, known.file.practice.currency)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let values = if let Value::List(values) = value { values.as_slice() } else { &[] };
    values.iter().filter_map(Value::as_text)
}

fn reserved(role: &str) -> Option<String> {
    RESERVED_STAFF_WORDS
        .contains(&role)
        .then(|| format!("{} is a word of the language, not a staff role", quoted(role)))
}

fn no_client_key(key: &str, known: &Known<'_>) -> String {
    let declared = known.file.declared.iter().map(|(path, _)| path);
    match suggest(key, declared.chain(property::CLIENT_KEYS.iter().copied())) {
        Some(meant) => format!("there is no {}; did you mean `{meant}`?", quoted(key)),
        None => format!("there is no {}; declare it under `fields: client:` in practice.yaml", quoted(key)),
    }
}

fn no_key(key: &str, keys: &[&str]) -> String {
    format!("there is no {}; known are: {}", quoted(key), keys.join(", "))
}
