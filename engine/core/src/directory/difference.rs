//! What differs between two states of a client or a member of staff, field by field.
//!
//! Owns: the names of the fields as people type them (`status`, `vat.scheme`, `staff.primary`, `contact.ann.email`), and
//! each value as a person reads it. The trail of changes is made of it, and so is the preview of an import, so both say
//! the same. Leaves who made the change, and when, to `trail`.

use super::{Client, ClientKind, ClientStatus, Contact, Portal, Staff};
use crate::value::Value;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// One field before and after. An empty field is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name: `name`, `vat.scheme`, `contact.ann.email`.
    pub field: String,
    /// Its value before, as a person reads it.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

/// Fields by their names, as they are shown; what is empty is left out.
type Fields = BTreeMap<String, String>;

/// Every field in which two states of a client differ, by name; with nothing before, all that a new one has.
pub fn of_client(before: Option<&Client>, after: Option<&Client>) -> Vec<FieldChange> {
    between(before.map(client_fields).unwrap_or_default(), after.map(client_fields).unwrap_or_default())
}

/// Every field in which two states of a member of staff differ, by name.
pub fn of_staff(before: Option<&Staff>, after: Option<&Staff>) -> Vec<FieldChange> {
    between(before.map(staff_fields).unwrap_or_default(), after.map(staff_fields).unwrap_or_default())
}

fn between(mut before: Fields, after: Fields) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for (field, new) in after {
        let old = before.remove(&field);
        if old.as_ref() != Some(&new) {
            changes.push(FieldChange { field, before: old, after: Some(new) });
        }
    }
    changes.extend(before.into_iter().map(|(field, old)| FieldChange { field, before: Some(old), after: None }));
    changes.sort_by(|a, b| a.field.cmp(&b.field));
    changes
}

fn client_fields(client: &Client) -> Fields {
    // Every field is named: a new one does not compile until it stands here.
    let Client { id: _, name, kind, status, services, office, fields, staff, contacts, source } = client;
    let mut all = Fields::new();
    put(&mut all, "name", name);
    put(&mut all, "type", kind_word(*kind));
    put(&mut all, "status", status_word(*status));
    put(&mut all, "services", &services.join(", "));
    put(&mut all, "office", office.as_deref().unwrap_or_default());
    put(&mut all, "source", source.as_deref().unwrap_or_default());
    declared(&mut all, "", fields);
    put(&mut all, "staff.primary", staff.primary.as_ref().map_or("", |id| id.as_str()));
    for (role, holders) in &staff.assigned {
        let holders: Vec<&str> = holders.iter().map(|id| id.as_str()).collect();
        put(&mut all, &format!("staff.{role}"), &holders.join(", "));
    }
    for dealing in &staff.additional {
        put(&mut all, &format!("dealing.{}", dealing.staff), &format!("{} {}", dealing.at, dealing.what));
    }
    if let Some(last) = &staff.last {
        put(&mut all, "dealing.last", &format!("{} {} {}", last.at, last.staff, last.what));
    }
    for (place, contact) in contacts.iter().enumerate() {
        contact_fields(&mut all, place, contact);
    }
    all
}

fn contact_fields(all: &mut Fields, place: usize, contact: &Contact) {
    let Contact {
        id,
        name,
        email,
        roles,
        department,
        position,
        offices,
        phone,
        portal,
        active,
        crm_opt_out,
        can_sign,
        bounced,
        last_login: _,
        source,
        greeting,
    } = contact;
    let mut put = |field: &str, value: &str| put(all, &format!("contact.{id}.{field}"), value);
    put("name", name);
    put("place", &(place + 1).to_string());
    put("greeting", greeting.as_deref().unwrap_or_default());
    put("email", email.as_deref().unwrap_or_default());
    let ticked: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    put("roles", &ticked.join(", "));
    put("department", department.as_deref().unwrap_or_default());
    put("position", position.as_deref().unwrap_or_default());
    put("offices", &offices.join(", "));
    put("phone", phone.as_deref().unwrap_or_default());
    put(
        "portal",
        match portal {
            Portal::None => "",
            Portal::Active => "active",
            Portal::Stale => "stale",
        },
    );
    put("active", yes_no(*active));
    put("crm_opt_out", if *crm_opt_out { "yes" } else { "" });
    put("can_sign", if *can_sign { "yes" } else { "" });
    put(
        "refuses_mail",
        &bounced.as_ref().map(|bounce| format!("{}: {}", bounce.address, bounce.reply)).unwrap_or_default(),
    );
    put("source", source.as_deref().unwrap_or_default());
}

fn staff_fields(staff: &Staff) -> Fields {
    let Staff { id: _, name, email, roles, active, away } = staff;
    let mut all = Fields::new();
    put(&mut all, "name", name);
    put(&mut all, "email", email.as_deref().unwrap_or_default());
    let held: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    put(&mut all, "roles", &held.join(", "));
    put(&mut all, "active", yes_no(*active));
    let away: Vec<String> = away.iter().map(|(first, last)| format!("{first} to {last}")).collect();
    put(&mut all, "away", &away.join(", "));
    all
}

/// The fields that a practice declared, by their paths.
fn declared(all: &mut Fields, path: &str, value: &Value) {
    match value {
        Value::Nothing => {}
        Value::Map(map) => {
            for (name, value) in map {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                declared(all, &below, value);
            }
        }
        value => put(all, path, &value.to_string()),
    }
}

fn put(all: &mut Fields, field: &str, value: &str) {
    if !value.is_empty() {
        all.insert(field.to_string(), value.to_string());
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn kind_word(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Company => "company",
        ClientKind::Individual => "individual",
    }
}

fn status_word(status: ClientStatus) -> &'static str {
    match status {
        ClientStatus::Prospect => "prospect",
        ClientStatus::Active => "active",
        ClientStatus::Former => "former",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Bounce, Interaction};
    use crate::id::RoleId;
    use crate::recipient::testing::World;
    use alloc::collections::BTreeSet;
    use alloc::vec;

    fn said(changes: &[FieldChange]) -> Vec<String> {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        changes.iter().map(|one| format!("{}: {} → {}", one.field, shown(&one.before), shown(&one.after))).collect()
    }

    #[test]
    fn a_client_differs_by_the_fields_that_changed_and_by_no_other() {
        let before = World::of(&["ann", "bob"]).client;
        let mut after = before.clone();
        after.office = Some("Leeds".into());
        after.fields = Value::map([("vat", Value::map([("scheme", Value::text("cash"))]))]);
        after.staff.primary = Some("pat".parse().unwrap());
        after.contacts[0].roles = BTreeSet::from([RoleId::new("payroll").unwrap()]);
        after.contacts[1].crm_opt_out = true;
        assert_eq!(
            said(&of_client(Some(&before), Some(&after))),
            [
                "contact.ann.roles: nothing → payroll",
                "contact.bob.crm_opt_out: nothing → yes",
                "office: nothing → Leeds",
                "staff.primary: nothing → pat",
                "vat.scheme: nothing → cash",
            ]
        );
        assert_eq!(of_client(Some(&after), Some(&after)), vec![]);
    }

    #[test]
    fn what_is_added_removed_moved_or_refused_is_told_of_each_contact() {
        let before = World::of(&["ann", "bob"]).client;
        let mut after = before.clone();
        after.contacts.swap(0, 1);
        after.contacts[1].bounced = Some(Bounce { address: "ann@x.example".into(), reply: "550 no".into() });
        let told = said(&of_client(Some(&before), Some(&after)));
        assert!(told.contains(&"contact.ann.place: 1 → 2".into()) && told.contains(&"contact.bob.place: 2 → 1".into()));
        assert!(told.contains(&"contact.ann.refuses_mail: nothing → ann@x.example: 550 no".into()), "{told:?}");
        let removed = said(&of_client(Some(&before), None));
        assert!(removed.iter().all(|line| line.ends_with("→ nothing")) && removed.len() >= 10, "{removed:?}");
    }

    #[test]
    fn a_dealing_is_a_change() {
        let before = World::of(&["ann"]).client;
        let mut after = before.clone();
        let at = "2026-05-04T09:00:00Z".parse().unwrap();
        after.note_interaction(Interaction { staff: "kim".parse().unwrap(), at, what: "call".into() });
        let told = said(&of_client(Some(&before), Some(&after)));
        let expected = [
            "dealing.kim: nothing → 2026-05-04T09:00:00Z call",
            "dealing.last: nothing → 2026-05-04T09:00:00Z kim call",
        ];
        assert_eq!(told, expected);
    }
}
