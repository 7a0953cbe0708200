//! What can be kept of a client, a contact and a member of staff, by key: type, and where it goes.
//!
//! Owns: one table a kind. People files, CSV columns, `client set K=V` and the changes in tests all go through it, so
//! that a key means the same everywhere. Leaves ids, order and who may change what to the caller.

use jobwright_core::address;
use jobwright_core::directory::{Bounce, Client, ClientKind, ClientStaff, ClientStatus, Contact, Portal, Staff};
use jobwright_core::id::{ClientId, ContactId, RoleId, StaffId};
use jobwright_core::value::{Field, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

use super::email;

/// What can be set on every client, besides declared fields, staff and contacts.
pub const CLIENT_KEYS: &[&str] = &["name", "type", "status", "services", "office", "source"];

/// What can be set on a contact.
pub const CONTACT_KEYS: &[&str] = &[
    "name",
    "email",
    "roles",
    "department",
    "position",
    "phone",
    "offices",
    "portal",
    "active",
    "can_sign",
    "crm_opt_out",
    "refuses_mail",
    "source",
    "greeting",
];

/// What can be set on a member of staff.
pub const STAFF_KEYS: &[&str] = &["name", "email", "roles", "active"];

/// What stands for a server's words where somebody has set the mark.
const MARKED_BY_HAND: &str = "set by hand";

const KINDS: &[(&str, ClientKind)] = &[("company", ClientKind::Company), ("individual", ClientKind::Individual)];
const STATUSES: &[(&str, ClientStatus)] =
    &[("prospect", ClientStatus::Prospect), ("active", ClientStatus::Active), ("former", ClientStatus::Former)];
const PORTALS: &[(&str, Portal)] = &[("none", Portal::None), ("active", Portal::Active), ("stale", Portal::Stale)];

/// The type of a client's built-in key; a declared field's type is the practice's to say.
pub fn client_field(key: &str) -> Option<Field> {
    Some(match key {
        "name" => Field::of(Type::Text),
        "type" => words(KINDS),
        "status" => words(STATUSES),
        "services" => texts(),
        "office" | "source" => optional(Type::Text),
        _ => return None,
    })
}

/// The type of a contact's key.
pub fn contact_field(key: &str) -> Option<Field> {
    Some(match key {
        "name" => Field::of(Type::Text),
        "email" | "department" | "position" | "phone" | "source" | "greeting" => optional(Type::Text),
        "roles" | "offices" => texts(),
        "portal" => words(PORTALS),
        "active" | "can_sign" | "crm_opt_out" | "refuses_mail" => Field::of(Type::Bool),
        _ => return None,
    })
}

/// The type of a staff member's key.
pub fn staff_field(key: &str) -> Option<Field> {
    match key {
        "name" | "email" | "roles" | "active" => contact_field(key),
        _ => None,
    }
}

/// A client of whom nothing is known yet: an active company without contacts.
pub fn new_client(id: ClientId) -> Client {
    Client {
        name: id.to_string(),
        id,
        kind: ClientKind::Company,
        status: ClientStatus::Active,
        services: Vec::new(),
        office: None,
        fields: Value::Map(BTreeMap::new()),
        staff: ClientStaff::default(),
        contacts: Vec::new(),
        source: None,
    }
}

/// A contact of whom nothing is known yet: without roles, without an address, without the right to sign.
pub fn new_contact(id: ContactId) -> Contact {
    Contact {
        name: id.to_string(),
        id,
        email: None,
        roles: BTreeSet::new(),
        department: None,
        position: None,
        offices: Vec::new(),
        phone: None,
        portal: Portal::None,
        active: true,
        crm_opt_out: false,
        can_sign: false,
        bounced: None,
        last_login: None,
        source: None,
        greeting: None,
    }
}

/// A member of staff of whom nothing is known yet.
pub fn new_staff(id: StaffId) -> Staff {
    Staff { name: id.to_string(), id, email: None, roles: BTreeSet::new(), active: true, away: Vec::new() }
}

/// Sets a key of a client: a built-in one, else a declared path. The value is of the key's type already; no value takes
/// away what is there.
pub fn set_client(client: &mut Client, key: &str, value: Value) -> Result<(), String> {
    match key {
        "type" => client.kind = word(KINDS, &value)?,
        "source" => client.source = maybe(value)?,
        path => client.set_path(path, value).map_err(|refused| refused.to_string())?,
    }
    Ok(())
}

/// Sets a key of a contact. Another address than the one that was activated needs a new activation (b104).
pub fn set_contact(contact: &mut Contact, key: &str, value: Value) -> Result<(), String> {
    match key {
        "name" => contact.name = name(value)?,
        "email" => {
            let email = typed_address(value)?;
            if contact.portal == Portal::Active && !is_same(contact.email.as_deref(), email.as_deref()) {
                contact.portal = Portal::Stale;
            }
            contact.email = email;
        }
        "roles" => contact.roles = roles(value)?,
        "department" => contact.department = maybe(value)?,
        "position" => contact.position = maybe(value)?,
        "phone" => contact.phone = maybe(value)?,
        "offices" => contact.offices = list(value)?,
        "portal" => contact.portal = word(PORTALS, &value)?,
        "active" => contact.active = truth(&value)?,
        "can_sign" => contact.can_sign = truth(&value)?,
        "crm_opt_out" => contact.crm_opt_out = truth(&value)?,
        "refuses_mail" => contact.bounced = marked(contact, truth(&value)?)?,
        "source" => contact.source = maybe(value)?,
        "greeting" => contact.greeting = maybe(value)?,
        _ => return Err(no_key(key, CONTACT_KEYS)),
    }
    Ok(())
}

/// The mark of an address that takes no mail, set or taken back by hand. One that is there already keeps the server's words.
fn marked(contact: &Contact, refuses: bool) -> Result<Option<Bounce>, String> {
    if !refuses {
        return Ok(None);
    }
    if contact.is_bounced() {
        return Ok(contact.bounced.clone());
    }
    let address = contact.email.clone().ok_or("there is no address that could refuse mail")?;
    Ok(Some(Bounce { address, reply: MARKED_BY_HAND.into() }))
}

/// Sets a key of a member of staff.
pub fn set_staff(staff: &mut Staff, key: &str, value: Value) -> Result<(), String> {
    match key {
        "name" => staff.name = name(value)?,
        "email" => staff.email = typed_address(value)?,
        "roles" => staff.roles = roles(value)?,
        "active" => staff.active = truth(&value)?,
        _ => return Err(no_key(key, STAFF_KEYS)),
    }
    Ok(())
}

fn optional(of: Type) -> Field {
    Field { optional: true, ..Field::of(of) }
}

fn texts() -> Field {
    optional(Type::List(Box::new(Type::Text)))
}

fn words<T>(table: &[(&str, T)]) -> Field {
    Field::of(Type::Enum(table.iter().map(|(word, _)| (*word).to_owned()).collect()))
}

fn name(value: Value) -> Result<String, String> {
    maybe(value)?.filter(|name| !name.trim().is_empty()).ok_or_else(|| "a name cannot be empty".to_owned())
}

fn maybe(value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Nothing => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        other => Err(format!("is {}, where text is asked", other.kind())),
    }
}

/// Whether mail to both goes to one box: the same address in another spelling is no other address.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => address::same(one, other),
        (one, other) => one == other,
    }
}

fn typed_address(value: Value) -> Result<Option<String>, String> {
    maybe(value)?.map(|text| email::shaped(&text)).transpose()
}

fn list(value: Value) -> Result<Vec<String>, String> {
    let values = match value {
        Value::Nothing => Vec::new(),
        Value::List(values) => values,
        other => return Err(format!("is {}, where list is asked", other.kind())),
    };
    values.into_iter().map(|value| maybe(value)?.ok_or_else(|| "a list holds an empty value".to_owned())).collect()
}

fn roles(value: Value) -> Result<BTreeSet<RoleId>, String> {
    list(value)?.iter().map(|role| RoleId::new(role).map_err(|fault| fault.to_string())).collect()
}

fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(yes) => Ok(*yes),
        other => Err(format!("is {}, where bool is asked", other.kind())),
    }
}

fn word<T: Copy>(table: &[(&str, T)], value: &Value) -> Result<T, String> {
    let found = table.iter().find(|(word, _)| value.as_text() == Some(word));
    let words = || table.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.map(|(_, value)| *value).ok_or_else(|| format!("`{value}` is not one of {}", words()))
}

fn no_key(key: &str, keys: &[&str]) -> String {
    format!("there is no `{key}`; known are: {}", keys.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> Contact {
        new_contact(ContactId::new("ann").expect("an id"))
    }

    #[test]
    fn every_key_has_a_type_and_a_place() {
        let mut client = new_client(ClientId::new("4711").expect("an id"));
        let mut staff = new_staff(StaffId::new("pat").expect("an id"));
        let sample = |field: Field| match field.of {
            Type::Text => Value::text("ann@acme.example"),
            Type::Bool => Value::Bool(true),
            Type::List(_) => Value::List(vec![Value::text("a")]),
            Type::Enum(words) => Value::text(words[0].clone()),
            other => panic!("no sample for {other}"),
        };
        for key in CLIENT_KEYS {
            assert_eq!(set_client(&mut client, key, sample(client_field(key).expect("a type"))), Ok(()), "{key}");
        }
        for key in CONTACT_KEYS {
            let mut ann = Contact { email: Some("ann@acme.example".into()), ..ann() };
            assert_eq!(set_contact(&mut ann, key, sample(contact_field(key).expect("a type"))), Ok(()), "{key}");
        }
        for key in STAFF_KEYS {
            assert_eq!(set_staff(&mut staff, key, sample(staff_field(key).expect("a type"))), Ok(()), "{key}");
        }
        assert!(set_contact(&mut ann(), "id", Value::text("bob")).is_err());
    }

    #[test]
    fn a_field_is_put_at_its_path_and_taken_away_again() {
        let mut client = new_client(ClientId::new("4711").expect("an id"));
        set_client(&mut client, "vat.scheme", Value::text("cash")).expect("set");
        set_client(&mut client, "vat.registered", Value::Bool(true)).expect("set");
        assert_eq!(client.fields.get("vat").and_then(|vat| vat.get("scheme")), Some(&Value::text("cash")));
        assert!(set_client(&mut client, "vat.scheme.x", Value::Int(1)).is_err());
        set_client(&mut client, "vat.scheme", Value::Nothing).expect("taken");
        set_client(&mut client, "vat.registered", Value::Nothing).expect("taken");
        let vat = client.fields.get("vat").expect("still a mapping");
        assert_eq!((vat.get("scheme"), vat.get("registered")), (None, None));
    }

    #[test]
    fn b104_another_address_makes_the_activation_stale() {
        let mut ann = ann();
        for (key, value) in [("email", "ann@acme.example"), ("portal", "active"), ("email", "ann@acme.example")] {
            set_contact(&mut ann, key, Value::text(value)).expect("set");
        }
        assert_eq!(ann.portal, Portal::Active);
        set_contact(&mut ann, "email", Value::text("ann@new.example")).expect("set");
        assert_eq!(ann.portal, Portal::Stale);
        assert!(set_contact(&mut ann, "email", Value::text("nowhere")).is_err());
    }
}
