//! What is kept of a client, a contact and a member of staff, by key: the way back from `property`.
//!
//! Owns: the value that stands under a key now, in the type of the key's table, so that what was said and what is there
//! can be compared; and which keys a row of a people file writes at all. Leaves setting them to `property`.

use std::collections::{BTreeMap, BTreeSet};

use jobwright_core::directory::{Client, ClientKind, ClientStatus, Contact, Portal, Staff};
use jobwright_core::id::RoleId;
use jobwright_core::value::Value;

use crate::source::Span;
use crate::syntax::{Kind, Node};

/// The value of a client's key: a built-in one, who works for it (`primary_staff`, `staff.ROLE`), or a declared path.
pub fn client_value(client: &Client, key: &str) -> Value {
    match key {
        "name" => Value::text(&client.name),
        "type" => Value::text(kind(client.kind)),
        "status" => Value::text(status(client.status)),
        "services" => texts(client.services.iter().map(String::as_str)),
        "office" => optional(client.office.as_deref()),
        "source" => optional(client.source.as_deref()),
        "primary_staff" => optional(client.staff.primary.as_ref().map(|id| id.as_str())),
        path => match path.strip_prefix("staff.") {
            Some(role) => {
                let found = client.staff.assigned.iter().find(|(known, _)| known.as_str() == role);
                found.map_or(Value::List(Vec::new()), |(_, ids)| texts(ids.iter().map(|id| id.as_str())))
            }
            None => path
                .split('.')
                .try_fold(&client.fields, |value, name| value.get(name))
                .cloned()
                .unwrap_or(Value::Nothing),
        },
    }
}

/// The value of a contact's key.
pub fn contact_value(contact: &Contact, key: &str) -> Value {
    match key {
        "name" => Value::text(&contact.name),
        "email" => optional(contact.email.as_deref()),
        "roles" => texts(contact.roles.iter().map(RoleId::as_str)),
        "department" => optional(contact.department.as_deref()),
        "position" => optional(contact.position.as_deref()),
        "phone" => optional(contact.phone.as_deref()),
        "offices" => texts(contact.offices.iter().map(String::as_str)),
        "portal" => Value::text(portal(contact.portal)),
        "active" => Value::Bool(contact.active),
        "can_sign" => Value::Bool(contact.can_sign),
        "crm_opt_out" => Value::Bool(contact.crm_opt_out),
        "refuses_mail" => Value::Bool(contact.is_bounced()),
        "source" => optional(contact.source.as_deref()),
        "greeting" => optional(contact.greeting.as_deref()),
        _ => Value::Nothing,
    }
}

/// The value of a staff member's key; days away are `from/until`.
pub fn staff_value(staff: &Staff, key: &str) -> Value {
    match key {
        "name" => Value::text(&staff.name),
        "email" => optional(staff.email.as_deref()),
        "roles" => texts(staff.roles.iter().map(RoleId::as_str)),
        "active" => Value::Bool(staff.active),
        "away" => Value::List(staff.away.iter().map(|(from, until)| Value::Text(format!("{from}/{until}"))).collect()),
        _ => Value::Nothing,
    }
}

/// The declared fields that a client has, by their paths.
pub fn client_paths(client: &Client) -> Vec<String> {
    let mut paths = Vec::new();
    let mut open = vec![(String::new(), &client.fields)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Map(map) => {
                open.extend(map.iter().map(|(name, value)| {
                    (if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value)
                }))
            }
            _ => paths.push(path),
        }
    }
    paths.sort();
    paths
}

/// What a row of a people file writes: a key that it does not write says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Where the row begins.
    pub place: Option<Span>,
    /// Its own keys.
    pub keys: BTreeSet<String>,
    /// Those of its contacts, by their ids.
    pub contacts: BTreeMap<String, BTreeSet<String>>,
}

/// What the rows of a list of a people file (`clients`, `staff`) write, by their ids.
pub fn written(file: &Node, list: &str) -> BTreeMap<String, Written> {
    let Some(Kind::List(rows)) = file.get(list).map(|node| &node.kind) else { return BTreeMap::new() };
    let row = |node: &Node| {
        let contacts = match node.get("contacts").map(|node| &node.kind) {
            Some(Kind::List(contacts)) => contacts.iter().filter_map(|node| Some((id(node)?, keys(node)))).collect(),
            _ => BTreeMap::new(),
        };
        Some((id(node)?, Written { place: Some(node.head()), keys: keys(node), contacts }))
    };
    rows.iter().filter_map(row).collect()
}

fn id(node: &Node) -> Option<String> {
    match &node.get("id")?.kind {
        Kind::Scalar(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn keys(node: &Node) -> BTreeSet<String> {
    let Kind::Map(entries) = &node.kind else { return BTreeSet::new() };
    entries.iter().filter(|entry| !entry.value.is_absent()).map(|entry| entry.key.value.clone()).collect()
}

fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Nothing, Value::text)
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    Value::List(texts.map(Value::text).collect())
}

fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Company => "company",
        ClientKind::Individual => "individual",
    }
}

fn status(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Prospect => "prospect",
        ClientStatus::Active => "active",
        ClientStatus::Former => "former",
    }
}

fn portal(portal: Portal) -> &'static str {
    match portal {
        Portal::None => "none",
        Portal::Active => "active",
        Portal::Stale => "stale",
    }
}

#[cfg(test)]
mod tests {
    use super::super::property::{self, CLIENT_KEYS, CONTACT_KEYS};
    use super::*;

    #[test]
    fn what_is_set_under_a_key_is_there_again() {
        let mut client = property::new_client("4711".parse().expect("an id"));
        for (key, value) in [
            ("name", Value::text("Acme")),
            ("type", Value::text("individual")),
            ("status", Value::text("former")),
            ("services", texts(["vat"].into_iter())),
            ("office", Value::text("leeds")),
            ("source", Value::text("A 1")),
            ("vat.scheme", Value::text("cash")),
        ] {
            property::set_client(&mut client, key, value.clone()).expect("set");
            assert_eq!(client_value(&client, key), value, "{key}");
        }
        assert!(CLIENT_KEYS.iter().all(|key| client_value(&client, key) != Value::Nothing));
        assert_eq!(client_paths(&client), ["vat.scheme"]);
        let mut ann = property::new_contact("ann".parse().expect("an id"));
        for key in CONTACT_KEYS {
            let value = match *key {
                "email" => Value::text("ann@acme.example"),
                "roles" | "offices" => texts(["a"].into_iter()),
                "portal" => Value::text("active"),
                "active" => Value::Bool(false),
                "can_sign" | "crm_opt_out" | "refuses_mail" => Value::Bool(true),
                _ => Value::text("Mrs Bell"),
            };
            property::set_contact(&mut ann, key, value.clone()).expect("set");
            assert_eq!(contact_value(&ann, key), value, "{key}");
        }
    }
}
