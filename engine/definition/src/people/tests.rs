//! people.yaml read from text: people by the fields that a practice declares, and what is told of those that do not fit.

use expect_test::{Expect, expect};
use jobwright_core::directory::{ClientKind, ClientStatus, Portal};
use jobwright_core::value::Value;

use super::*;
use crate::practice;
use crate::syntax::testing::decoded;

const PRACTICE: &str = "format: 1
name: Larkfield
offices: [Leeds]
services: { payroll: Payroll, vat: VAT returns }
fields:
  client:
    payroll.pay_day: { type: int, min: 1, max: 31 }
    vat.registered: bool
    vat.flat_rate: decimal
    proposal.annual_fee: money
    year_end: date
";

fn read(text: &str) -> (People, String) {
    let (practice, picture) = decoded(PRACTICE, practice::practice);
    assert_eq!(picture, "");
    let practice = practice.expect("a practice");
    let (people, picture) = decoded(text, |node, diagnostics| people(node, &practice, &Known::default(), diagnostics));
    (people.expect("a mapping"), picture)
}

fn told(text: &str, clients: usize, expected: Expect) {
    let (people, picture) = read(text);
    expected.assert_eq(&picture);
    assert_eq!(people.clients.len(), clients, "clients given");
}

#[test]
fn b001_a_client_is_read_with_its_fields_staff_and_contacts_in_order() {
    let (people, picture) = read("
roles:
  payroll: { label: Payroll contact, hint: Gets our questions before each pay day. }
  vat: VAT contact
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example, roles: [partner], away: [{ from: 2026-08-03, until: 2026-08-14 }] }
  - { id: kim, name: Kim Lowe, roles: [payroll_clerk] }
clients:
  - id: '4711'
    name: Acme Foundry Ltd
    type: company
    status: prospect
    services: [payroll, vat]
    office: Leeds
    staff: { primary: pat, payroll_clerk: [kim, pat] }
    payroll: { pay_day: 28 }
    vat: { registered: true, flat_rate: 12.50 }
    proposal: { annual_fee: 1200.00 }
    year_end: 2026-03-31
    contacts:
      - { id: zoe, name: Zoë Ångström, email: zoe@acme.example, roles: [payroll], portal: active }
      - { id: ann, name: Ann Bell, can_sign: true, crm_opt_out: true, active: false, roles: [vat, payroll] }
");
    assert_eq!(picture, "");
    assert_eq!(people.roles[0].hint.as_deref(), Some("Gets our questions before each pay day."));
    assert_eq!(people.staff[0].away, [(jiff::civil::date(2026, 8, 3), jiff::civil::date(2026, 8, 14))]);
    let client = &people.clients[0];
    assert_eq!((client.kind, client.status), (ClientKind::Company, ClientStatus::Prospect));
    assert_eq!(client.primary_contact().map(|contact| contact.id.as_str()), Some("zoe"));
    assert_eq!(client.contacts[0].portal, Portal::Active);
    assert_eq!(
        (client.contacts[1].active, client.contacts[1].crm_opt_out, client.contacts[1].can_sign),
        (false, true, true)
    );
    assert_eq!(client.staff.primary.as_ref().map(StaffId::as_str), Some("pat"));
    assert_eq!(client.staff.assigned.len(), 1);
    assert_eq!(client.fields.get("payroll").and_then(|payroll| payroll.get("pay_day")), Some(&Value::Int(28)));
    assert_eq!(
        client.fields.to_string(),
        "payroll: pay_day: 28, proposal: annual_fee: 1200.00 GBP, vat: flat_rate: 12.50, registered: true, year_end: 2026-03-31"
    );
}

#[test]
fn a_bad_row_is_told_whole_and_holds_nothing_back() {
    told(
        "
staff: [{ id: pat, name: Pat }]
clients:
  - id: good
    name: Good Ltd
  - id: Bad One
    type: firm
    services: [payrol]
    office: York
    staff: { primary: pet, default: pat }
    payroll: { pay_dya: 28, pay_day: 32 }
    vta: { registered: true }
    colour: red
    contacts:
      - { id: ann, roles: [payroll] }
  - { id: good, name: Again Ltd }
",
        1,
        expect![[r#"
            error[WF0202]: a client needs `name`
             --> vat.job.yaml:6:5
              |
            6 |   - id: Bad One
              |     ^^ `name` is missing

            error[WF0205]: `Bad One` is no id: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`
             --> vat.job.yaml:6:9
              |
            6 |   - id: Bad One
              |         ^^^^^^^

            error[WF0205]: `firm` is not one of company, individual
             --> vat.job.yaml:7:11
              |
            7 |     type: firm
              |           ^^^^

            error[WF0340]: there is no service `payrol`
             --> vat.job.yaml:8:16
              |
            8 |     services: [payrol]
              |                ^^^^^^ did you mean `payroll`?
              |
              = help: known are: payroll, vat

            error[WF0340]: there is no office `York`
             --> vat.job.yaml:9:13
              |
            9 |     office: York
              |             ^^^^
              |
              = help: known are: Leeds

            error[WF0340]: there is no member of staff `pet`
              --> vat.job.yaml:10:23
               |
            10 |     staff: { primary: pet, default: pat }
               |                       ^^^ did you mean `pat`?
               |
               = help: known are: pat

            error[WF0205]: `default` is a word of the language, not a staff role
              --> vat.job.yaml:10:28
               |
            10 |     staff: { primary: pet, default: pat }
               |                            ^^^^^^^

            error[WF0203]: the practice keeps no field `payroll.pay_dya`
              --> vat.job.yaml:11:16
               |
            11 |     payroll: { pay_dya: 28, pay_day: 32 }
               |                ^^^^^^^ did you mean `payroll.pay_day`?
               |
               = help: fields are declared in practice.yaml under `fields: client:`

            error[WF0205]: `32` is above 31
              --> vat.job.yaml:11:38
               |
            11 |     payroll: { pay_dya: 28, pay_day: 32 }
               |                                      ^^

            error[WF0203]: unknown key `vta` in a client
              --> vat.job.yaml:12:5
               |
            12 |     vta: { registered: true }
               |     ^^^ did you mean `vat`?
               |
               = help: possible here: id, name, type, status, services, office, source, staff, contacts, payroll, proposal, vat, year_end

            error[WF0203]: unknown key `colour` in a client
              --> vat.job.yaml:13:5
               |
            13 |     colour: red
               |     ^^^^^^
               |
               = help: possible here: id, name, type, status, services, office, source, staff, contacts, payroll, proposal, vat, year_end

            error[WF0202]: a contact needs `name`
              --> vat.job.yaml:15:11
               |
            15 |       - { id: ann, roles: [payroll] }
               |           ^^ `name` is missing

            error[WF0340]: there is no contact role `payroll`
              --> vat.job.yaml:15:28
               |
            15 |       - { id: ann, roles: [payroll] }
               |                            ^^^^^^^
               |
               = help: no contact role is known here

            error[WF0301]: two clients have the id `good`
              --> vat.job.yaml:16:11
               |
             4 |   - id: good
               |         ---- first here
            ...
            16 |   - { id: good, name: Again Ltd }
               |           ^^^^ again here
        "#]],
    );
}

#[test]
fn an_address_that_cannot_be_written_to_and_staff_who_left_are_warnings() {
    told(
        "
staff: [{ id: lee, name: Lee Fox, active: false }]
clients:
  - id: a
    name: A Ltd
    staff: { primary: lee }
    contacts:
      - { id: ann, name: Ann, email: ann at a.example }
      - { id: ann, name: Anne }
",
        0,
        expect![[r#"
            warning[WF0721]: `lee` has left; work for them goes to nobody
             --> vat.job.yaml:6:23
              |
            6 |     staff: { primary: lee }
              |                       ^^^
              |
              = help: choose somebody who is there

            warning[WF0720]: `ann at a.example` is not an e-mail address: it has no `@`
             --> vat.job.yaml:8:38
              |
            8 |       - { id: ann, name: Ann, email: ann at a.example }
              |                                      ^^^^^^^^^^^^^^^^
              |
              = help: the person is taken without an address; tasks that write to them wait

            error[WF0301]: two contacts of one client have the id `ann`
             --> vat.job.yaml:9:15
              |
            8 |       - { id: ann, name: Ann, email: ann at a.example }
              |               --- first here
            9 |       - { id: ann, name: Anne }
              |               ^^^ again here
        "#]],
    );
    let (people, picture) = read("clients: [{ id: a, name: A, contacts: [{ id: ann, name: Ann, email: nowhere }] }]");
    assert!(picture.starts_with("warning[WF0720]"), "{picture}");
    assert_eq!(people.clients[0].contacts[0].email, None);
}

#[test]
fn what_the_store_knows_may_be_named_without_being_listed() {
    let (practice, _) = decoded(PRACTICE, practice::practice);
    let known = Known {
        staff: [(StaffId::new("pat").expect("an id"), true)].into(),
        roles: [RoleId::new("payroll").expect("an id")].into(),
    };
    let text =
        "clients: [{ id: a, name: A, staff: { primary: pat }, contacts: [{ id: ann, name: Ann, roles: [payroll] }] }]";
    let practice = practice.expect("a practice");
    let (people, picture) = decoded(text, |node, diagnostics| people(node, &practice, &known, diagnostics));
    assert_eq!((picture.as_str(), people.map(|people| people.clients.len())), ("", Some(1)));
}

#[test]
fn r53_a_file_with_something_that_is_not_our_yaml_gives_nobody() {
    let (practice, _) = decoded(PRACTICE, practice::practice);
    let practice = practice.expect("a practice");
    for (text, code) in [
        ("clients:\n  - { id: a, name: A, status: !former x }\n  - { id: b, name: B }\n", "WF0102"),
        ("clients:\n  - { id: a, name: A, name: C }\n  - { id: b, name: B }\n", "WF0104"),
        ("clients:\n  - { id: b, name: B }\ntasks: []\n", "WF0203"),
        ("format: 2\nclients:\n  - { id: b, name: B }\n", "WF0206"),
    ] {
        let (given, picture) = decoded(text, |node, d| people(node, &practice, &Known::default(), d));
        assert!(given.is_none() && picture.contains(&format!("error[{code}]")), "{text}\n{picture}");
    }
}
