//! The schema of people.yaml, and of the people of a test.
//!
//! Owns: the sentences on their keys. The keys and their types are the tables of `people::property`. A client's mapping
//! stays open: which fields a practice declared is its own affair.

use jobwright_core::value::Field;
use serde_json::{Value as Json, json};

use super::part::{Key, by_key, day, either, id, list, mapping, may, must, open, text, truth, value};
use crate::people::property::{CLIENT_KEYS, CONTACT_KEYS, STAFF_KEYS, client_field, contact_field, staff_field};

pub(super) fn people() -> Json {
    let mut people = mapping([
        may("format", "The version of the language: 1.", json!({ "const": 1 })),
        may("roles", "What is ticked on contacts, by the id that definitions name.", by_key(role())),
        may("staff", "The practice's people.", list(staff(false))),
        may("clients", "The clients with their contacts.", list(client(false))),
    ]);
    people["$defs"] = json!({ "contact": contact(false) });
    people
}

fn role() -> Json {
    let whole = mapping([
        must("label", "What people tick.", text()),
        may("hint", "Who should have it, in a sentence.", text()),
    ]);
    either([text(), whole])
}

/// A client; of one that is invented for a test, what is not written is made up.
pub(super) fn client(invented: bool) -> Json {
    let known = |name: &&'static str| !matches!(*name, "name");
    let mut keys =
        head("The practice's own id of the client, kept for ever.", "The client's name.", invented, !invented);
    keys.extend(CLIENT_KEYS.iter().filter(|name| known(name)).filter_map(|name| key(name, client_field(name))));
    let staff = either([id(), list(id())]);
    keys.push(may("staff", "Who works for the client: `primary`, and staff roles.", by_key(staff)));
    let about = "The people at the client; the first is the primary contact.";
    keys.push(may("contacts", about, list(json!({ "$ref": "#/$defs/contact" }))));
    open(keys)
}

/// A contact.
pub(super) fn contact(invented: bool) -> Json {
    let about = "The id of the contact, unique within the client.";
    let mut keys = head(about, "The person's name.", invented, true);
    keys.extend(contact_keys());
    mapping(keys)
}

/// What may be set on a contact.
pub(super) fn contact_values() -> Json {
    mapping(without_required("The person's name.").chain(contact_keys()))
}

/// What may be set on a member of staff.
pub(super) fn staff_values() -> Json {
    mapping(without_required("The person's name.").chain(staff_keys()))
}

/// A member of staff.
pub(super) fn staff(invented: bool) -> Json {
    let mut keys = head("The practice's own id of the person, kept for ever.", "The person's name.", invented, true);
    keys.extend(staff_keys());
    let days = mapping([must("from", "The first day.", day()), must("until", "The last day.", day())]);
    keys.push(may("away", "When the person is away.", list(days)));
    if invented {
        keys.push(may("primary", "The client's primary staff.", truth()));
    }
    mapping(keys)
}

fn contact_keys() -> impl Iterator<Item = Key> {
    CONTACT_KEYS.iter().filter(|name| **name != "name").filter_map(|name| key(name, contact_field(name)))
}

fn staff_keys() -> impl Iterator<Item = Key> {
    STAFF_KEYS.iter().filter(|name| **name != "name").filter_map(|name| key(name, staff_field(name)))
}

fn without_required(name: &'static str) -> impl Iterator<Item = Key> {
    [may("name", name, text())].into_iter()
}

fn head(about_id: &'static str, about_name: &'static str, invented: bool, id_required: bool) -> Vec<Key> {
    let id = if id_required { must("id", about_id, id()) } else { may("id", about_id, id()) };
    let name = if invented { may("name", about_name, text()) } else { must("name", about_name, text()) };
    vec![id, name]
}

fn key(name: &'static str, field: Option<Field>) -> Option<Key> {
    Some(may(name, sentence(name)?, value(&field?)))
}

/// What a key of a person means, in one line.
fn sentence(key: &str) -> Option<&'static str> {
    Some(match key {
        "type" => "A company, or a person for themselves.",
        "status" => "Whether the client is one already, or still.",
        "services" => "What the practice does for the client, by the ids in practice.yaml.",
        "office" => "The office that looks after the client.",
        "source" => "Where the record came from; a second import from there updates it.",
        "email" => "The address that letters go to.",
        "roles" => "The roles ticked on the person.",
        "department" => "The person's department.",
        "position" => "What the person does.",
        "phone" => "A telephone number.",
        "offices" => "The offices that the person belongs to.",
        "portal" => "Whether the person can use the portal.",
        "active" => "Whether the person is still there.",
        "can_sign" => "Whether the person may sign for the client.",
        "greeting" => "What stands after \"Dear\" in a letter, when it is not the first name.",
        "crm_opt_out" => "Whether the person wants no `crm` mail.",
        "refuses_mail" => "Whether the address takes no mail: nothing is written to it until it is another one.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_people_has_its_sentence() {
        for key in CLIENT_KEYS.iter().chain(CONTACT_KEYS).chain(STAFF_KEYS).filter(|key| **key != "name") {
            assert!(sentence(key).is_some(), "{key}");
        }
    }
}
