//! People written, changed and found again in memory.

use jobwright_core::{
    directory::{Client, Staff},
    id::{ContactId, StaffId},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

use super::*;
use crate::{CommitError, Key, trial::*, woken};

fn put(trial: &Trial, after: &Client) {
    let before = client(&trial.reader(), &after.id).unwrap();
    trial.commit(put_client(&before, after).unwrap());
}

fn member(id: &str) -> Staff {
    Staff {
        id: StaffId::new(id).unwrap(),
        name: id.to_uppercase(),
        email: None,
        roles: BTreeSet::new(),
        active: true,
        away: vec![],
    }
}

#[test]
fn any_change_of_a_contact_moves_the_clients_version_and_leaves_a_note() {
    let trial = Trial::new();
    let acme = a_client("4711", "Acme Ltd", &[("ann", "Ann Lee")]);
    put(&trial, &acme);
    assert_eq!(woken::notes(&trial.reader(), 9).unwrap(), [], "nobody can wait for a new client");
    let first = client(&trial.reader(), &acme.id).unwrap();
    assert_eq!((first.version, first.value.as_ref()), (1, Some(&acme)));

    let mut two = acme.clone();
    two.add_contact(a_contact("bob", "Bob Ray")).unwrap();
    trial.commit(put_client(&first, &two).unwrap());
    assert_eq!(client(&trial.reader(), &acme.id).unwrap(), Loaded { version: 2, value: Some(two.clone()) });
    let notes = woken::notes(&trial.reader(), 9).unwrap();
    assert_eq!(notes, [Loaded { version: 1, value: Changed::Client(acme.id.clone()) }]);
    let stale = Draft::default().when(client_unchanged(&acme.id, 1));
    assert!(matches!(trial.try_commit(stale), Err(CommitError::Conflict(_))));

    two.remove_contact(&ContactId::new("ann").unwrap()).unwrap();
    put(&trial, &two);
    assert!(trial.try_commit(woken::seen(&notes[0])).is_err(), "there was another change meanwhile");
    trial.commit(woken::seen(&woken::notes(&trial.reader(), 9).unwrap()[0]));
    assert_eq!(woken::notes(&trial.reader(), 9).unwrap(), []);
}

#[test]
fn a_deleted_client_keeps_its_version_for_those_who_relied_on_it() {
    let trial = Trial::new();
    let acme = a_client("4711", "Acme Ltd", &[]);
    put(&trial, &acme);
    trial.commit(delete_client(&client(&trial.reader(), &acme.id).unwrap()).unwrap());
    assert_eq!(client(&trial.reader(), &acme.id).unwrap(), Loaded { version: 2, value: None });
    assert_eq!(clients(&trial.reader(), None, 9).unwrap().found, []);
    assert_eq!(search(&trial.reader(), "acme", 9).unwrap(), []);
    put(&trial, &acme);
    assert_eq!(client(&trial.reader(), &acme.id).unwrap().version, 3);
}

#[test]
fn a_client_with_hundreds_of_contacts_is_one_record_like_any_other() {
    let trial = Trial::new();
    let mut large = a_client("4711", "Acme Ltd", &[]);
    large.contacts = (0..600).map(|n| a_contact(&format!("c{n}"), &format!("Person Number{n}"))).collect();
    put(&trial, &large);
    let before = client(&trial.reader(), &large.id).unwrap();
    assert_eq!((before.version, before.value.as_ref()), (1, Some(&large)));
    let hits = search(&trial.reader(), "number599", 9).unwrap();
    assert_eq!(hits[0].contacts, [ContactId::new("c599").unwrap()]);
    large.contacts.truncate(1);
    put(&trial, &large);
    assert_eq!(client(&trial.reader(), &large.id).unwrap(), Loaded { version: 2, value: Some(large) });
    assert_eq!(search(&trial.reader(), "number599", 9).unwrap(), []);
}

#[test]
fn staff_is_listed_in_order_and_every_change_moves_its_version() {
    let trial = Trial::new();
    let list = || staff(&trial.reader()).unwrap();
    let ids = |list: &Loaded<Vec<Staff>>| list.value.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
    for id in ["pat", "kim", "ada"] {
        trial.commit(put_staff(&list(), &member(id)).unwrap());
    }
    assert_eq!((list().version, ids(&list())), (3, vec!["pat".into(), "kim".into(), "ada".into()]));
    trial.commit(put_staff(&list(), &Staff { active: false, ..member("kim") }).unwrap());
    assert!(!list().value[1].active);
    trial.commit(order_staff(&list(), &[member("ada").id]).unwrap());
    let before = list();
    assert_eq!((before.version, ids(&before)), (5, vec!["ada".into(), "pat".into(), "kim".into()]));
    trial.commit(delete_staff(&before, &member("pat").id).unwrap());
    assert_eq!(ids(&list()), ["ada", "kim"]);
    assert!(trial.try_commit(put_staff(&before, &member("zoe")).unwrap()).is_err(), "staff changed meanwhile");
    assert_eq!(woken::notes(&trial.reader(), 9).unwrap()[0].value, Changed::Staff);
}

#[test]
fn contact_roles_are_listed_by_id() {
    let trial = Trial::new();
    let role = |id: &str| ContactRole { id: RoleId::new(id).unwrap(), label: id.to_uppercase(), hint: None };
    ["vat", "payroll"].into_iter().for_each(|id| trial.commit(put_role(&role(id)).unwrap()));
    assert_eq!(roles(&trial.reader()).unwrap(), [role("payroll"), role("vat")]);
    assert_eq!(super::role(&trial.reader(), &role("vat").id).unwrap(), Some(role("vat")));
    trial.commit(delete_role(&role("vat").id));
    assert_eq!(roles(&trial.reader()).unwrap(), [role("payroll")]);
}

#[test]
fn clients_are_listed_in_pages_past_those_deleted() {
    let trial = Trial::new();
    ["a", "b", "c", "d"].into_iter().for_each(|id| put(&trial, &a_client(id, "X", &[])));
    trial.commit(delete_client(&client(&trial.reader(), &client_id("b")).unwrap()).unwrap());
    let first = clients(&trial.reader(), None, 2).unwrap();
    assert_eq!((first.found.len(), first.next.clone()), (1, Some(client_id("b"))));
    let rest = clients(&trial.reader(), first.next.as_ref(), 9).unwrap();
    assert_eq!(rest.found.iter().map(|one| one.value.id.to_string()).collect::<Vec<_>>(), ["c", "d"]);
    assert_eq!(rest.next, None);
}

#[test]
fn b066_people_are_found_by_the_beginnings_of_their_names_and_addresses() {
    let trial = Trial::new();
    put(&trial, &a_client("4711", "Müller & Söhne Ltd", &[("ann", "Ann O'Brien"), ("bob", "Bob Ray")]));
    put(&trial, &a_client("4712", "Muller Bakery", &[("zed", "Zoë Brontë-Lee")]));
    let found = |text: &str| {
        let hits = search(&trial.reader(), text, 9).unwrap();
        let one = |hit: &Hit| {
            let contacts: Vec<_> = hit.contacts.iter().map(ContactId::as_str).collect();
            format!("{} {}", hit.client.id, contacts.join(" "))
        };
        hits.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    for (text, expected) in [
        ("mull", "4711 ; 4712 "),
        ("MÜLLER sohn", "4711 "),
        ("47", "4711 ; 4712 "),
        ("4712", "4712 "),
        ("bob", "4711 bob"),
        ("muller bob", "4711 bob"),
        ("ann@exam", "4711 ann"),
        ("brien", "4711 ann"),
        ("zoe bronte", "4712 zed"),
        ("zoe ray", ""),
        ("", ""),
        ("&", ""),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_name_index_is_the_one_that_the_clients_call_for(
        names in prop::collection::vec(("[abc]", "[A-Cé]{1,3}( [ab]{1,2})?", prop::option::of("[a-c ]{1,4}")), 1..12),
    ) {
        let trial = Trial::new();
        for (id, name, contact_name) in names {
            let before = client(&trial.reader(), &client_id(&id)).unwrap();
            let contacts: Vec<_> = contact_name.iter().map(|name| ("ann", name.as_str())).collect();
            let draft = if name == "A" {
                delete_client(&before)
            } else {
                put_client(&before, &a_client(&id, &name, &contacts))
            };
            trial.commit(draft.unwrap());
        }
        let stored: BTreeSet<Key> =
            trial.reader().first(&Range::all(Space::NameIndex), 1000).unwrap().into_iter().map(|(key, _)| key).collect();
        let clients = clients(&trial.reader(), None, 1000).unwrap().found;
        let rebuilt: BTreeSet<Key> = clients.iter().flat_map(|client| search::rows(&client.value)).collect();
        prop_assert_eq!(stored, rebuilt);
    }
}
