//! A practice's settings, its people, its calendars.
//!
//! Owns: that any text is read to values or to faults with a place.

use std::sync::LazyLock;

use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::people::{Known, people};
use jobwright_definition::practice::{PracticeFile, practice};
use jobwright_definition::source::Sources;
use jobwright_definition::{calendar, syntax};

use super::definitions::every_fault_has_its_place;
use super::text::{Words, damaged};
use super::{Chance, Input, fuzz};

const SETTINGS: &str = include_str!("../../workflows/sample/practice.yaml");
const FILES: Words = Words {
    seeds: &[
        include_str!("../../workflows/sample/people.yaml"),
        SETTINGS,
        SETTINGS,
        include_str!("../../workflows/calendars/england-and-wales.yaml"),
        SMALL,
        SMALL,
    ],
    words: &[
        "format: 1",
        "name",
        "timezone: Europe/London",
        "calendar",
        "opening_hour: 09:00",
        "closing_hour",
        "currency: GBP",
        "offices",
        "services",
        "fields",
        "assignment",
        "mail",
        "transport: smtp",
        "host",
        "port: 587",
        "tls: starttls",
        "from",
        "address: a@b.example",
        "limits",
        "store",
        "cache_mib",
        "operator",
        "clients:\n",
        "  - id: acme\n",
        "contacts",
        "email",
        "roles: [payroll]",
        "staff",
        "status: active",
        "prospect",
        "former",
        "primary_contact",
        "primary: true",
        "year_end: 2026-03-31",
        "holidays",
        "2026-12-25",
        "active: false",
        "client_access: portal",
        "type: date",
        "enum",
        "label",
        "hint",
        "phone",
        "portal",
        "source",
    ],
};
const SMALL: &str = "\
format: 1
roles:
  payroll: { label: Payroll contact, hint: Sends the hours }
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example, roles: [partner] }
clients:
  - id: acme
    name: Acme Ltd
    status: active
    year_end: 31 March
    services: [payroll]
    staff: { primary: pat }
    contacts:
      - { id: ann, name: Ann Archer, email: ann@acme.example, roles: [payroll], primary: true }
";

static PRACTICE: LazyLock<PracticeFile> = LazyLock::new(|| {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, "practice.yaml", SETTINGS.as_bytes(), &mut diagnostics).expect("YAML");
    practice(&node, &mut diagnostics).expect("the sample's settings")
});

#[test]
fn no_text_does_harm_as_settings_people_or_calendar() {
    fuzz!(35, |chance: &mut Chance<'_>| damaged(&FILES, chance), told_or_taken);
}

fn told_or_taken(input: &Input) {
    for kind in 0..3 {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
        let node = syntax::read(&mut sources, "fuzz.yaml", &input.0, &mut diagnostics);
        let is_read = node.is_some_and(|node| match kind {
            0 => people(&node, &PRACTICE, &Known::default(), &mut diagnostics).is_some(),
            1 => practice(&node, &mut diagnostics).is_some(),
            _ => calendar::calendar(&node, &mut diagnostics).is_some(),
        });
        every_fault_has_its_place(&sources, &diagnostics);
        assert!(is_read || diagnostics.has_errors(), "neither taken nor told why not");
    }
}
