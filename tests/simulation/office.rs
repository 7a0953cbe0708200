//! What the practice changes: people, roles, addresses.
//!
//! Owns: one change of a client or of staff by chance, and putting everything right again at the end. Leaves what a
//! change means to the engine.

use std::collections::BTreeMap;

use jobwright_core::directory::{Client, ClientStatus, Contact, Portal, Staff};
use jobwright_core::id::{ContactId, RoleId};

use super::chance::Chance;

/// Roles that the definitions ask for.
const ROLES: [&str; 5] = ["payroll", "director", "vat", "finance", "signatory"];
/// Contacts of one client at most: worlds stay small.
const CONTACTS_MAX: usize = 4;

/// Changes one thing about a client; gives what, in words.
pub fn change_client(client: &mut Client, chance: &mut Chance, number: u64) -> String {
    let at = chance.below(client.contacts.len());
    let roles = ROLES.map(role);
    let Some(contact) = client.contacts.get_mut(at) else {
        client.contacts.push(newcomer(number, &roles));
        return format!("contact {number} comes to {}", client.id);
    };
    let who = format!("{}/{}", client.id, contact.id);
    match chance.below(9) {
        0..=2 => {
            let role = chance.pick(&roles[..2]).expect("there are roles").clone();
            if contact.roles.remove(&role) {
                return format!("{who} loses {role}");
            }
            let said = format!("{who} gets {role}");
            contact.roles.insert(role);
            said
        }
        3 => {
            contact.active = !contact.active;
            format!("{who} is {}", if contact.active { "back" } else { "gone" })
        }
        4 => {
            contact.email = (!chance.one_in(4)).then(|| format!("{}{number}@example.com", contact.id));
            format!("{who} has the address {:?}", contact.email)
        }
        5 => {
            contact.email = Some(format!("not an address {number}"));
            format!("{who} has a bad address")
        }
        6 if client.contacts.len() < CONTACTS_MAX => {
            client.contacts.push(newcomer(number, &roles));
            format!("contact {number} comes to {}", client.id)
        }
        6 => {
            client.contacts.remove(at);
            format!("{who} is removed")
        }
        7 => {
            let contact = client.contacts.remove(at);
            client.contacts.insert(0, contact);
            format!("{who} becomes the primary contact")
        }
        _ => {
            let name = format!("{} {number}", client.id);
            client.name.clone_from(&name);
            format!("{} is called {name}", client.id)
        }
    }
}

/// Changes one of the staff; gives what, in words.
pub fn change_staff(staff: &mut Staff, chance: &mut Chance, number: u64) -> String {
    match chance.below(3) {
        0 => staff.active = !staff.active,
        1 => staff.email = (!chance.one_in(3)).then(|| format!("{}{number}@larkfield.example", staff.id)),
        _ => staff.name = format!("{} {number}", staff.id),
    }
    format!("staff {} is active: {}, has the address {:?}", staff.id, staff.active, staff.email)
}

/// Makes a client one that every task can be done for; whoever has left comes back.
pub fn mend_client(client: &mut Client, leavers: &BTreeMap<ContactId, Contact>, number: u64) {
    let roles = ROLES.map(role);
    let is_gone = |contact: &&Contact| client.contacts.iter().all(|other| other.id != contact.id);
    let leavers: Vec<Contact> = leavers.values().filter(is_gone).cloned().collect();
    client.contacts.extend(leavers);
    if client.contacts.is_empty() {
        client.contacts.push(newcomer(number, &roles));
    }
    client.status = ClientStatus::Active;
    for contact in &mut client.contacts {
        contact.active = true;
        contact.can_sign = true;
        contact.crm_opt_out = false;
        contact.bounced = None;
        contact.portal = Portal::Active;
        contact.email = Some(format!("{}{number}@example.com", contact.id));
        contact.roles = roles.iter().cloned().collect();
    }
}

/// Makes a member of staff one who is there.
pub fn mend_staff(staff: &mut Staff) {
    staff.active = true;
    staff.away.clear();
    staff.email = Some(format!("{}@larkfield.example", staff.id));
}

fn newcomer(number: u64, roles: &[RoleId]) -> Contact {
    let id = format!("new{number}");
    Contact {
        id: ContactId::new(&id).expect("an id"),
        name: format!("Nora {number}"),
        email: Some(format!("{id}@example.com")),
        roles: roles.iter().cloned().collect(),
        department: None,
        position: None,
        offices: vec![],
        phone: None,
        portal: Portal::Active,
        active: true,
        crm_opt_out: false,
        can_sign: true,
        bounced: None,
        last_login: None,
        source: None,
        greeting: None,
    }
}

fn role(word: &str) -> RoleId {
    RoleId::new(word).expect("a role")
}
