//! People as values.

use super::Scene;
use jobwright_core::{
    directory::{Client, ClientKind, ClientStatus, Contact, Portal, Staff, first_name, greeting},
    id::StaffId,
    recipient::{Person, PersonId},
    value::Value,
};
use std::collections::BTreeMap;

/// The job's client: the built-in paths, and the fields that the practice declared.
pub(super) fn client(scene: &Scene<'_>) -> Value {
    client_alone(scene.client, scene.staff)
}

/// A client as a value, with the staff to look names up in.
pub(crate) fn client_alone(client: &Client, all: &[Staff]) -> Value {
    let mut map = match &client.fields {
        Value::Map(fields) => fields.clone(),
        _ => BTreeMap::new(),
    };
    let mut put = |name: &str, value: Value| map.insert(name.to_string(), value);
    put("id", Value::text(client.id.as_str()));
    put("name", Value::text(&client.name));
    put("type", Value::text(kind(client.kind)));
    put("status", Value::text(status(client.status)));
    put("services", texts(&client.services));
    put("office", optional(client.office.as_ref()));
    put("staff", staff_of(client, all));
    put("contacts", Value::List(client.contacts.iter().map(contact).collect()));
    Value::Map(map)
}

/// The contacts of the job's client, in the order listed.
pub(super) fn contacts(scene: &Scene<'_>) -> Value {
    Value::List(scene.client.contacts.iter().map(contact).collect())
}

/// All staff of the practice.
pub(super) fn all_staff(scene: &Scene<'_>) -> Value {
    Value::List(scene.staff.iter().map(|one| with_open_tasks(scene, one)).collect())
}

/// A member of staff, with the number of tasks that lie on their desk where it is known.
fn with_open_tasks(scene: &Scene<'_>, one: &Staff) -> Value {
    let mut value = staff(one);
    if let (Value::Map(map), Some(open_tasks)) = (&mut value, scene.open_tasks) {
        let number = open_tasks.get(&one.id).copied().unwrap_or_default();
        map.insert("open_tasks".into(), Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
    }
    value
}

/// The word for a client's kind.
pub(super) fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Company => "company",
        ClientKind::Individual => "individual",
    }
}

/// The word for a client's status.
pub(super) fn status(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Prospect => "prospect",
        ClientStatus::Active => "active",
        ClientStatus::Former => "former",
    }
}

/// The staff who work for the client.
pub(super) fn staff_of_client(scene: &Scene<'_>) -> Value {
    staff_of(scene.client, scene.staff)
}

fn staff_of(client: &Client, all: &[Staff]) -> Value {
    let by_id = |id: &StaffId| all.iter().find(|one| one.id == *id).map_or(Value::Nothing, staff);
    let of = &client.staff;
    let primary = of.primary.as_ref().map_or(Value::Nothing, by_id);
    let last = of.last.as_ref().map_or(Value::Nothing, |last| by_id(&last.staff));
    let additional = of.additional.iter().map(|one| by_id(&one.staff)).collect();
    Value::map([("primary", primary), ("last_interaction", last), ("additional", Value::List(additional))])
}

/// The person a letter is for: as found, with the first name to greet by.
pub(super) fn person(scene: &Scene<'_>, person: &Person) -> Value {
    match candidate(scene, &person.id) {
        Value::Map(mut map) => {
            map.insert("name".into(), Value::text(&person.name));
            map.insert("first_name".into(), Value::Text(first_name(&person.name)));
            map.insert("email".into(), optional(person.address.as_ref()));
            Value::Map(map)
        }
        _ => Value::map([
            ("id", Value::text(person.id.as_str())),
            ("name", Value::text(&person.name)),
            ("first_name", Value::Text(first_name(&person.name))),
            ("greeting", Value::Text(first_name(&person.name))),
            ("email", optional(person.address.as_ref())),
        ]),
    }
}

/// A candidate of a selector, as the directory has them.
pub(super) fn candidate(scene: &Scene<'_>, id: &PersonId) -> Value {
    let found = match id {
        PersonId::Contact(id) => scene.client.contact(id).map(contact),
        PersonId::Staff(id) => scene.directory().staff(id).map(staff),
    };
    found.unwrap_or(Value::Nothing)
}

/// A contact as a value.
pub(crate) fn contact_alone(one: &Contact) -> Value {
    contact(one)
}

fn contact(contact: &Contact) -> Value {
    let portal = match contact.portal {
        Portal::None => "none",
        Portal::Active => "active",
        Portal::Stale => "stale",
    };
    Value::map([
        ("id", Value::text(contact.id.as_str())),
        ("name", Value::text(&contact.name)),
        ("first_name", Value::Text(first_name(&contact.name))),
        ("greeting", Value::Text(greeting(contact))),
        ("email", optional(contact.email.as_ref())),
        ("roles", Value::List(contact.roles.iter().map(|role| Value::text(role.as_str())).collect())),
        ("department", optional(contact.department.as_ref())),
        ("position", optional(contact.position.as_ref())),
        ("phone", optional(contact.phone.as_ref())),
        ("offices", texts(&contact.offices)),
        ("portal", Value::text(portal)),
        ("can_sign", Value::Bool(contact.can_sign)),
        ("active", Value::Bool(contact.active)),
        ("last_login", contact.last_login.map_or(Value::Nothing, Value::Moment)),
    ])
}

fn staff(staff: &Staff) -> Value {
    Value::map([
        ("id", Value::text(staff.id.as_str())),
        ("name", Value::text(&staff.name)),
        ("first_name", Value::Text(first_name(&staff.name))),
        ("greeting", Value::Text(first_name(&staff.name))),
        ("email", optional(staff.email.as_ref())),
        ("roles", Value::List(staff.roles.iter().map(|role| Value::text(role.as_str())).collect())),
        ("active", Value::Bool(staff.active)),
    ])
}

fn optional(text: Option<&String>) -> Value {
    text.map_or(Value::Nothing, Value::text)
}

fn texts(texts: &[String]) -> Value {
    Value::List(texts.iter().map(Value::text).collect())
}
