//! Changes of a client and its contacts, each keeping what must always hold.
//!
//! Owns: position 0 is the primary contact and there is exactly one while there is any; a changed address makes an
//! activated portal stale; a dealing adds staff once; a manual choice of primary staff wins over rules. Leaves who may
//! do it to the shell.

use super::{Bounce, Client, ClientKind, ClientStaff, ClientStatus, Contact, Interaction, Portal};
use crate::bound::{self, CLIENT_BYTES_MAX, Excess, PATH_PARTS_MAX, VALUE_DEPTH_MAX};
use crate::id::{ClientId, ContactId, RoleId, StaffId};
use crate::recipient::PersonId;
use crate::value::Value;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// At least what an id, an instant or a mark takes of a record.
const PART_BYTES: usize = 80;

/// Most contacts of one client.
pub const CONTACTS_MAX: usize = 1_000;

/// Characters of a path that a message repeats.
const PATH_SHOWN_CHARS_MAX: usize = 100;

/// Why a change of a client is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// The client has no such contact.
    NoSuchContact(ContactId),
    /// The client has that contact already.
    ContactExists(ContactId),
    /// The client has as many contacts as it may.
    TooManyContacts,
    /// The record would be more than can be stored.
    TooLarge(Excess),
    /// The path cannot be set, or not to this.
    BadPath {
        /// Which.
        path: String,
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Unchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchContact(contact) => write!(f, "the client has no contact `{contact}`"),
            Self::ContactExists(contact) => write!(f, "the client has a contact `{contact}` already"),
            Self::TooManyContacts => write!(f, "the client has {CONTACTS_MAX} contacts, which are the most"),
            Self::TooLarge(excess) => write!(f, "the client's record {excess}"),
            // A path that is too long to be one is too long to be repeated.
            Self::BadPath { path, why } => match path.char_indices().nth(PATH_SHOWN_CHARS_MAX) {
                Some((end, _)) => write!(f, "`{}…` {why}", &path[..end]),
                None => write!(f, "`{path}` {why}"),
            },
        }
    }
}

impl core::error::Error for Unchanged {}

impl Client {
    /// Adds a contact at the end; the first one is thereby the primary (b050).
    ///
    /// # Errors
    /// When the id is taken, or there are too many.
    pub fn add_contact(&mut self, contact: Contact) -> Result<(), Unchanged> {
        if self.contact(&contact.id).is_some() {
            return Err(Unchanged::ContactExists(contact.id));
        }
        if self.contacts.len() >= CONTACTS_MAX {
            return Err(Unchanged::TooManyContacts);
        }
        self.contacts.push(contact);
        Ok(())
    }

    /// Takes a contact away; the next one in order is the primary then.
    ///
    /// # Errors
    /// When there is no such contact.
    pub fn remove_contact(&mut self, id: &ContactId) -> Result<Contact, Unchanged> {
        let position = self.position(id)?;
        Ok(self.contacts.remove(position))
    }

    /// Moves a contact to a position, counted from 0; position 0 makes it the primary (b002, b052).
    ///
    /// # Errors
    /// When there is no such contact.
    pub fn move_contact(&mut self, id: &ContactId, to: usize) -> Result<(), Unchanged> {
        let from = self.position(id)?;
        let contact = self.contacts.remove(from);
        self.contacts.insert(to.min(self.contacts.len()), contact);
        Ok(())
    }

    /// Ticks or unticks a contact role (b008, b009).
    ///
    /// # Errors
    /// When there is no such contact.
    pub fn tick(&mut self, id: &ContactId, role: &RoleId, ticked: bool) -> Result<(), Unchanged> {
        let contact = self.contact_mut(id)?;
        if ticked {
            contact.roles.insert(role.clone());
        } else {
            contact.roles.remove(role);
        }
        Ok(())
    }

    /// Changes the address; an activated portal must be activated again (b104).
    ///
    /// # Errors
    /// When there is no such contact.
    pub fn set_email(&mut self, id: &ContactId, email: Option<String>) -> Result<(), Unchanged> {
        let contact = self.contact_mut(id)?;
        let is_same = match (&contact.email, &email) {
            (Some(known), Some(said)) => crate::address::same(known, said),
            (known, said) => known == said,
        };
        contact.email = email;
        if !is_same && contact.portal == Portal::Active {
            contact.portal = Portal::Stale;
        }
        Ok(())
    }

    /// Notes that a contact's address refused mail for good. Staff have no such mark: the timeline tells of them.
    pub fn note_bounce(&mut self, person: &PersonId, address: &str, reply: &str) {
        if let PersonId::Contact(id) = person
            && let Ok(contact) = self.contact_mut(id)
        {
            contact.bounced = Some(Bounce { address: address.into(), reply: reply.into() });
        }
    }

    /// Notes that an address took a letter: whoever is marked for it refuses mail no longer. Says whether anybody was.
    pub fn note_arrival(&mut self, address: &str) -> bool {
        let refused = |bounce: &Bounce| crate::address::same(&bounce.address, address);
        let marked = self.contacts.iter_mut().filter(|contact| contact.bounced.as_ref().is_some_and(refused));
        marked.fold(false, |_, contact| contact.bounced.take().is_some())
    }

    /// A client of whom nothing is left but the id: what a job of a removed client sees.
    pub fn removed(id: ClientId) -> Self {
        Self {
            name: id.to_string(),
            id,
            kind: ClientKind::Company,
            status: ClientStatus::Former,
            services: Vec::new(),
            office: None,
            fields: Value::Map(BTreeMap::new()),
            staff: ClientStaff::default(),
            contacts: Vec::new(),
            source: None,
        }
    }

    /// A contact to be changed.
    ///
    /// # Errors
    /// When there is no such contact.
    pub fn contact_mut(&mut self, id: &ContactId) -> Result<&mut Contact, Unchanged> {
        let position = self.position(id)?;
        Ok(&mut self.contacts[position])
    }

    fn position(&self, id: &ContactId) -> Result<usize, Unchanged> {
        let position = self.contacts.iter().position(|contact| contact.id == *id);
        position.ok_or_else(|| Unchanged::NoSuchContact(id.clone()))
    }

    /// Notes a dealing: whoever had none before joins the additional staff, once (b027, b028).
    pub fn note_interaction(&mut self, dealing: Interaction) {
        let staff = &mut self.staff;
        if staff.last.as_ref().is_none_or(|last| last.at <= dealing.at) {
            staff.last = Some(dealing.clone());
        }
        let is_primary = staff.primary.as_ref() == Some(&dealing.staff);
        match staff.additional.iter_mut().find(|one| one.staff == dealing.staff) {
            Some(known) if dealing.at < known.at => *known = dealing,
            Some(_) => {}
            None if is_primary => {}
            None => staff.additional.push(dealing),
        }
        staff.additional.sort_by_key(|one| one.at);
    }

    /// Chooses the primary staff; a choice by hand stays when rules run later (b031, b033).
    pub fn set_primary_staff(&mut self, primary: Option<StaffId>, by_hand: bool) {
        if by_hand || !self.staff.primary_by_hand {
            self.staff.primary = primary;
            self.staff.primary_by_hand = by_hand;
        }
    }

    /// The client with these paths set, when each can be and the record stays within its bound.
    ///
    /// # Errors
    /// When a path cannot be set, or not to such a value, or the record would outgrow its bound.
    pub fn with_paths(&self, changes: &[(String, Value)]) -> Result<Self, Unchanged> {
        let mut client = self.clone();
        for (path, value) in changes {
            client.set_path(path, value.clone())?;
        }
        client.must_fit()?;
        Ok(client)
    }

    /// Holds the record to its bound: whoever changes a client asks this before it is stored.
    ///
    /// # Errors
    /// When it is more than can be stored.
    pub fn must_fit(&self) -> Result<(), Unchanged> {
        let bytes = self.bytes();
        match bound::depth(&self.fields) {
            _ if bytes > CLIENT_BYTES_MAX => Err(Unchanged::TooLarge(Excess::Bytes(bytes, CLIENT_BYTES_MAX))),
            Err(excess) => Err(Unchanged::TooLarge(excess)),
            Ok(_) => Ok(()),
        }
    }

    /// The bytes of the record, and never fewer than are stored.
    fn bytes(&self) -> usize {
        let text = |text: &String| bound::text_bytes(text);
        let maybe = |one: &Option<String>| one.as_ref().map_or(1, text);
        let contact = |one: &Contact| {
            let bounced = one.bounced.as_ref().map_or(0, |bounce| text(&bounce.address) + text(&bounce.reply));
            let texts = [&one.email, &one.department, &one.position, &one.phone, &one.source, &one.greeting];
            let texts = texts.into_iter().map(maybe).sum::<usize>();
            let lists = one.offices.iter().map(text).sum::<usize>() + one.roles.len() * PART_BYTES;
            PART_BYTES * 2 + text(&one.name) + texts + lists + bounced
        };
        let dealings = self.staff.last.iter().chain(&self.staff.additional);
        let dealings = dealings.map(|dealing| PART_BYTES * 2 + text(&dealing.what)).sum::<usize>();
        let own = text(&self.name) + self.services.iter().map(text).sum::<usize>() + maybe(&self.office);
        let contacts = self.contacts.iter().map(contact).sum::<usize>();
        PART_BYTES * 4 + own + maybe(&self.source) + contacts + dealings + bound::bytes(&self.fields)
    }

    /// Sets a built-in path (`name`, `status`, `services`, `office`) or a declared field such as `vat.scheme`.
    ///
    /// # Errors
    /// When the path cannot be set by a rule, or not to such a value.
    pub fn set_path(&mut self, path: &str, value: Value) -> Result<(), Unchanged> {
        let bad = |why: String| Unchanged::BadPath { path: path.to_string(), why };
        let wants = |what: &str, value: &Value| bad(format!("wants {what}, not {}", value.kind()));
        match (path, value) {
            ("name", Value::Text(name)) if !name.trim().is_empty() => self.name = name,
            ("status", Value::Text(word)) => {
                self.status = status(&word).ok_or_else(|| bad("is prospect, active or former".into()))?;
            }
            ("services", Value::List(services)) => {
                let texts = services.iter().map(|one| one.as_text().map(ToString::to_string));
                self.services = texts.collect::<Option<Vec<_>>>().ok_or_else(|| bad("wants a list of texts".into()))?;
            }
            ("office", Value::Text(office)) => self.office = Some(office),
            ("office", Value::Nothing) => self.office = None,
            ("name" | "status" | "office", value) => return Err(wants("text", &value)),
            ("services", value) => return Err(wants("a list", &value)),
            ("id" | "type" | "staff" | "contacts", _) => return Err(bad("cannot be set by a rule".into())),
            (path, value) => {
                // Counted before anything walks it, and with what the value brings: the two make one record.
                let names: Vec<&str> = path.split('.').take(PATH_PARTS_MAX + 1).collect();
                if names.len() > PATH_PARTS_MAX {
                    return Err(bad(format!("has more than {PATH_PARTS_MAX} names, the most that a path may have")));
                }
                let size = bound::size(&value).map_err(|excess| bad(format!("is set to a value that {excess}")))?;
                if names.len() + size.depth > VALUE_DEPTH_MAX {
                    return Err(bad(format!("is set to a value that, with the path, {}", Excess::Depth)));
                }
                set_field(&mut self.fields, &names, value).map_err(bad)?;
            }
        }
        Ok(())
    }
}

/// The word of a status.
fn status(word: &str) -> Option<ClientStatus> {
    match word {
        "prospect" => Some(ClientStatus::Prospect),
        "active" => Some(ClientStatus::Active),
        "former" => Some(ClientStatus::Former),
        _ => None,
    }
}

fn set_field(into: &mut Value, names: &[&str], value: Value) -> Result<(), String> {
    let Value::Map(map) = into else { return Err("is part of a field that holds a single value".into()) };
    match names {
        [] => Err("names no field".into()),
        [name] if value == Value::Nothing => {
            map.remove(*name);
            Ok(())
        }
        [name] => {
            map.insert((*name).to_string(), value);
            Ok(())
        }
        [name, rest @ ..] => {
            let inner = map.entry((*name).to_string()).or_insert_with(|| Value::Map(BTreeMap::new()));
            set_field(inner, rest, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, vec};
    use jiff::Timestamp;

    fn contact(id: &str) -> Contact {
        Contact {
            id: id.parse().unwrap(),
            name: id.to_uppercase(),
            email: Some(format!("{id}@example.com")),
            roles: BTreeSet::new(),
            department: None,
            position: None,
            offices: vec![],
            phone: None,
            portal: Portal::None,
            active: true,
            crm_opt_out: false,
            can_sign: true,
            bounced: None,
            last_login: None,
            source: None,
            greeting: None,
        }
    }

    fn client(contacts: &[&str]) -> Client {
        Client {
            id: "4711".parse().unwrap(),
            name: "Acme".into(),
            kind: ClientKind::Company,
            status: ClientStatus::Active,
            services: vec![],
            office: None,
            fields: Value::map::<String>([]),
            staff: ClientStaff::default(),
            contacts: contacts.iter().map(|id| contact(id)).collect(),
            source: None,
        }
    }

    fn order(client: &Client) -> Vec<&str> {
        client.contacts.iter().map(|contact| contact.id.as_str()).collect()
    }

    #[test]
    fn b002_reordering_contacts_makes_the_new_first_one_the_primary() {
        let mut client = client(&["ann", "bob", "cat"]);
        client.move_contact(&"cat".parse().unwrap(), 0).unwrap();
        assert_eq!(order(&client), ["cat", "ann", "bob"]);
        assert_eq!(client.primary_contact().unwrap().id.as_str(), "cat");
    }

    #[test]
    fn b050_the_first_contact_added_is_the_primary_and_the_next_takes_over_when_it_goes() {
        let mut client = client(&[]);
        client.add_contact(contact("ann")).unwrap();
        client.add_contact(contact("bob")).unwrap();
        assert_eq!(client.primary_contact().unwrap().id.as_str(), "ann");
        assert!(client.add_contact(contact("ann")).is_err());
        client.remove_contact(&"ann".parse().unwrap()).unwrap();
        assert_eq!(client.primary_contact().unwrap().id.as_str(), "bob");
    }

    #[test]
    fn b009_a_role_is_ticked_for_one_contact_of_one_client() {
        let mut client = client(&["ann", "bob"]);
        let (ann, payroll) = ("ann".parse().unwrap(), "payroll".parse().unwrap());
        client.tick(&ann, &payroll, true).unwrap();
        client.tick(&ann, &"billing".parse().unwrap(), true).unwrap();
        assert_eq!(client.contacts[0].roles.len(), 2);
        assert!(client.contacts[1].roles.is_empty());
        client.tick(&ann, &payroll, false).unwrap();
        assert!(!client.contacts[0].roles.contains(&payroll));
    }

    #[test]
    fn b104_a_changed_address_makes_an_activated_portal_stale() {
        let mut client = client(&["ann"]);
        let ann: ContactId = "ann".parse().unwrap();
        client.contact_mut(&ann).unwrap().portal = Portal::Active;
        client.set_email(&ann, Some("ann@example.com".into())).unwrap();
        assert_eq!(client.contacts[0].portal, Portal::Active, "the same address changes nothing");
        client.set_email(&ann, Some("ann@example.org".into())).unwrap();
        assert_eq!(client.contacts[0].portal, Portal::Stale);
    }

    #[test]
    fn b028_the_same_dealing_twice_adds_staff_once_and_the_newest_is_the_last() {
        let mut client = client(&[]);
        let dealing = |staff: &str, second: i64| Interaction {
            staff: staff.parse().unwrap(),
            at: Timestamp::from_second(second).unwrap(),
            what: "a call".into(),
        };
        for one in [dealing("pat", 20), dealing("kim", 10), dealing("pat", 20), dealing("pat", 15)] {
            client.note_interaction(one);
        }
        let additional: Vec<&str> = client.staff.additional.iter().map(|one| one.staff.as_str()).collect();
        assert_eq!(additional, ["kim", "pat"]);
        assert_eq!(client.staff.last.unwrap().staff.as_str(), "pat");
    }

    #[test]
    fn b033_a_choice_by_hand_is_left_alone_by_rules() {
        let mut client = client(&[]);
        client.set_primary_staff(Some("pat".parse().unwrap()), true);
        client.set_primary_staff(Some("kim".parse().unwrap()), false);
        assert_eq!(client.staff.primary.unwrap().as_str(), "pat");
    }

    #[test]
    fn a_rule_sets_declared_fields_and_some_of_the_built_in_ones() {
        let mut client = client(&[]);
        client.set_path("vat.scheme", Value::text("flat_rate")).unwrap();
        client.set_path("status", Value::text("former")).unwrap();
        assert_eq!(client.fields.get("vat").and_then(|vat| vat.get("scheme")), Some(&Value::text("flat_rate")));
        assert_eq!(client.status, ClientStatus::Former);
        assert!(client.set_path("id", Value::text("x")).is_err());
        assert!(client.set_path("status", Value::text("gone")).is_err());
        assert!(client.set_path("vat.scheme.deep", Value::Int(1)).is_err());
    }

    #[test]
    fn a_path_is_as_long_as_can_be_stored_with_its_value_and_no_longer() {
        let path = |parts: usize| vec!["a"; parts].join(".");
        for (parts, value, is_set) in [
            (PATH_PARTS_MAX, Value::Int(1), true),
            (PATH_PARTS_MAX + 1, Value::Int(1), false),
            (PATH_PARTS_MAX, Value::List(vec![Value::Int(1)]), false),
            (100_001, Value::Int(1), false),
        ] {
            assert_eq!(client(&[]).set_path(&path(parts), value).is_ok(), is_set, "{parts} parts");
        }
        let told = client(&[]).set_path(&path(100_001), Value::Int(1)).unwrap_err().to_string();
        assert!(told.len() < 300 && told.contains("127 names"), "{told}");
    }

    #[test]
    fn a_record_that_outgrows_its_bound_is_refused_before_it_is_stored() {
        let large = Value::text("x".repeat(15_000_000));
        let mut client = client(&["ann"]);
        for field in ["a", "b", "c", "d"] {
            client = client.with_paths(&[(field.into(), large.clone())]).unwrap();
        }
        let refused = client.with_paths(&[("e".into(), large)]).unwrap_err();
        assert!(matches!(refused, Unchanged::TooLarge(Excess::Bytes(..))), "{refused}");
    }
}
