//! What ships: the sample practice, its people, and the three workflows with their tests.

use jobwright_core::calendar::Calendar;
use jobwright_core::directory::{Client, ClientStatus};
use jobwright_core::id::DefinitionId;
use jobwright_definition::definition::{self, Checked};
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::people::{Known, People, people};
use jobwright_definition::practice::{PracticeFile, practice};
use jobwright_definition::scenario::{Scenario, scenarios};
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{self, Surroundings};
use jobwright_definition::{calendar, render, syntax};
use std::collections::BTreeMap;

const PRACTICE: &str = include_str!("../../../workflows/sample/practice.yaml");
const PEOPLE: &str = include_str!("../../../workflows/sample/people.yaml");
const CSV: &str = include_str!("../../../workflows/sample/people.csv.expected.yaml");
const CALENDAR: &str = include_str!("../../../workflows/calendars/england-and-wales.yaml");
const WORKFLOWS: [(&str, &str); 3] = [
    ("monthly-payroll", include_str!("../../../workflows/monthly-payroll.job.yaml")),
    ("vat-quarter", include_str!("../../../workflows/vat-quarter.job.yaml")),
    ("client-onboarding", include_str!("../../../workflows/client-onboarding.job.yaml")),
];

/// The value, and the picture of everything that was said about the file.
fn reading<T>(text: &str, decode: impl FnOnce(&syntax::Node, &mut Diagnostics) -> Option<T>) -> (T, String) {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "sample.yaml", text.as_bytes(), &mut diagnostics);
    let value = node.and_then(|node| decode(&node, &mut diagnostics));
    let picture = render::human(&sources, &diagnostics, false);
    (value.unwrap_or_else(|| panic!("not read:\n{picture}")), picture)
}

fn sample_practice() -> PracticeFile {
    let (file, picture) = reading(PRACTICE, practice);
    assert_eq!(picture, "");
    file
}

fn sample_people(practice: &PracticeFile) -> (People, String) {
    reading(PEOPLE, |node, diagnostics| people(node, practice, &Known::default(), diagnostics))
}

fn client<'p>(people: &'p People, id: &str) -> &'p Client {
    people.clients.iter().find(|client| client.id.as_str() == id).unwrap_or_else(|| panic!("no client {id}"))
}

#[test]
fn the_sample_people_read_and_only_who_left_is_warned_about() {
    let (people, picture) = sample_people(&sample_practice());
    assert_eq!((people.clients.len(), people.staff.len(), people.roles.len()), (30, 8, 5));
    assert_eq!(picture.matches("warning[").count(), 1, "{picture}");
    assert!(picture.contains("warning[WF0721]: `tom` has left"), "{picture}");
}

#[test]
fn the_sample_people_hold_the_awkward_cases() {
    let (people, _) = sample_people(&sample_practice());
    let holders = |id: &str| {
        let contacts = client(&people, id).contacts.iter();
        contacts.filter(|contact| contact.roles.iter().any(|role| role.as_str() == "payroll")).count()
    };
    assert!(client(&people, "dunmore").contacts.is_empty());
    assert_eq!(client(&people, "elsie").contacts.len(), 1);
    assert_eq!((holders("copperfield"), holders("northgate")), (0, 3));
    assert_eq!(client(&people, "fenwick").contacts[1].email, None);
    let addresses: Vec<_> = client(&people, "garrick").contacts.iter().flat_map(|contact| &contact.email).collect();
    assert!(addresses[0].eq_ignore_ascii_case(addresses[1]) && addresses[0] != addresses[1]);
    assert!(!client(&people, "jessop").contacts[1].active);
    assert!(client(&people, "iremonger").contacts[0].crm_opt_out);
    assert_eq!(client(&people, "kestrel").status, ClientStatus::Prospect);
    assert_eq!(client(&people, "marlow").status, ClientStatus::Former);
    assert_eq!(client(&people, "winterbourne").staff.primary, None);
    assert!(client(&people, "pemberton").name.len() > 100);
    assert_eq!(client(&people, "quentin").contacts[1].name, "Żofia Ząbek-Müller");
    let payroll = client(&people, "ottershaw").fields.get("payroll").expect("payroll");
    assert_eq!(payroll.get("pay_day"), None);
    let same = |id: &str, contact: usize| client(&people, id).contacts[contact].email.clone();
    assert_eq!(same("birchwood", 1), same("birchwood-tools", 1));
}

#[test]
fn every_address_of_the_sample_is_on_a_domain_that_takes_no_mail() {
    let practice = sample_practice();
    let (people, _) = sample_people(&practice);
    let contacts = people.clients.iter().flat_map(|client| &client.contacts).flat_map(|contact| &contact.email);
    let staff = people.staff.iter().flat_map(|staff| &staff.email);
    let own = practice.mail.from.iter().map(|from| &from.address);
    let all: Vec<_> = contacts.chain(staff).chain(own).collect();
    assert!(all.len() >= 50 && all.iter().all(|address| address.ends_with(".example")), "{all:?}");
}

#[test]
fn the_expected_form_of_the_csv_sample_reads() {
    let practice = sample_practice();
    let (everybody, _) = sample_people(&practice);
    let known = Known {
        staff: everybody.staff.iter().map(|staff| (staff.id.clone(), staff.active)).collect(),
        roles: everybody.roles.iter().map(|role| role.id.clone()).collect(),
    };
    let (people, picture) = reading(CSV, |node, diagnostics| people(node, &practice, &known, diagnostics));
    assert_eq!((picture.as_str(), people.clients.len()), ("", 3));
}

fn england() -> Calendar {
    reading(CALENDAR, calendar::calendar).0
}

/// The workflow as it is checked inside the sample practice, with everything that was said.
fn checked(name: &str, text: &str) -> (Checked, Vec<Scenario>, String) {
    let practice = sample_practice();
    let (people, _) = sample_people(&practice);
    let known = surroundings::Practice {
        client_fields: practice.declared.clone(),
        contact_roles: people.roles.iter().map(|role| role.id.clone()).collect(),
        staff_roles: people.staff.iter().flat_map(|staff| staff.roles.iter().cloned()).collect(),
        services: practice.practice.services.keys().cloned().collect(),
        offices: practice.practice.offices.iter().cloned().collect(),
        definitions: WORKFLOWS.iter().map(|(id, _)| DefinitionId::new(id).expect("an id")).collect(),
        calendar: Some(practice.calendar.value.clone()),
    };
    let calendars = BTreeMap::from([("england-and-wales".to_owned(), england())]);
    let surroundings = Surroundings {
        practice: Some(known),
        calendars,
        is_zone: &|zone| zone == "Europe/London",
        ..Surroundings::default()
    };
    let mut sources = Sources::default();
    let file = format!("{name}.job.yaml");
    let mut checked =
        definition::read(&mut sources, &file, text.as_bytes(), &|_| Err("no files".into()), &surroundings);
    let tests = checked.tests.clone().expect("tests");
    let tests = scenarios(&tests, checked.plan.as_ref(), Some(&practice), &mut checked.diagnostics);
    let picture = render::human(&sources, &checked.diagnostics, false);
    (checked, tests, picture)
}

#[test]
fn the_shipped_workflows_have_no_fault() {
    for (name, text) in WORKFLOWS {
        let (checked, tests, picture) = checked(name, text);
        assert!(!picture.contains("error[") && !picture.contains("warning["), "{name}\n{picture}");
        let plan = checked.plan.unwrap_or_else(|| panic!("{name} gives a plan"));
        assert_eq!(plan.id.as_str(), name);
        assert!(tests.len() >= 6, "{name} has {} tests", tests.len());
    }
}

#[test]
fn the_shipped_workflows_are_those_that_the_sample_sells() {
    let practice = sample_practice();
    let sold = practice.practice.services.values().filter_map(|service| service.definition.as_ref());
    for definition in sold {
        assert!(WORKFLOWS.iter().any(|(id, _)| *id == definition.as_str()), "{definition}");
    }
}
