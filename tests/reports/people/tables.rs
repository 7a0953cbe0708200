//! Boundaries of the rules that find people, by the day, the client and the letter (r117, r118, r119).

use std::collections::BTreeMap;

use jobwright_core::directory::trail::Attribution;
use jobwright_runtime::Existing;

use crate::support::Office;

/// Whom work for a clerk goes to so many hours after the office began, when one of the clerks is away from the 5th to the
/// 7th of May 2026.
fn clerk_on(hours: i64) -> String {
    let office = Office::with(
        "
staff:
  - { id: pat, name: Pat, email: pat@practice.example }
  - { id: kim, name: Kim, roles: [clerk], away: [{ from: 2026-05-05, until: 2026-05-07 }] }
  - { id: lee, name: Lee, roles: [clerk] }
clients: [{ id: acme, name: Acme }]
",
    );
    office.publish(
        "format: 1\nid: it\nname: It\ntasks:\n  - { id: do, type: manual, assign: { staff: clerk, pick: one, order_by: [listed] } }\n",
        Existing::Keep,
    );
    office.wait(hours);
    let job = office.start("it", "acme");
    office.asked(job, "do").join(" ")
}

#[test]
fn r117_leave_begins_with_its_first_day_and_ends_with_its_last() {
    // The office begins on Monday 4 May 2026 at 09:00 in London.
    let days = [(0, "kim"), (14, "kim"), (15, "lee"), (24, "lee"), (48, "lee"), (86, "lee"), (87, "kim"), (96, "kim")];
    let found: BTreeMap<i64, String> = days.iter().map(|(hours, _)| (*hours, clerk_on(*hours))).collect();
    let expected: BTreeMap<i64, String> = days.iter().map(|(hours, who)| (*hours, (*who).to_owned())).collect();
    assert_eq!(found, expected, "the day before, both edges of the first day, the last day, and the day after");
}

#[test]
fn r118_whoever_holds_a_role_across_the_practice_is_asked_only_where_the_client_has_nobody_of_its_own() {
    let office = Office::with(
        "
staff:
  - { id: pat, name: Pat, email: pat@practice.example }
  - { id: kim, name: Kim, roles: [clerk] }
  - { id: lee, name: Lee, roles: [clerk] }
  - { id: sam, name: Sam }
clients:
  - { id: acme, name: Acme, staff: { clerk: sam } }
  - { id: birch, name: Birch }
",
    );
    office.publish(
        "format: 1\nid: it\nname: It\ntasks:\n  - { id: ok, type: approval, assign: { staff: clerk, pick: all }, outcomes: [y, n] }\n",
        Existing::Keep,
    );
    let acme = office.start("it", "acme");
    assert_eq!(office.asked(acme, "ok"), ["sam"], "the client's own, and nobody beside");
    let birch = office.start("it", "birch");
    assert_eq!(office.asked(birch, "ok"), ["kim", "lee"]);
    let staff = jobwright_store::directory::staff(&office.engine().reader()).unwrap().value;
    let mut sam = staff.into_iter().find(|one| one.id.as_str() == "sam").unwrap();
    sam.active = false;
    office.engine().put_staff(&sam, &Attribution::engine("test")).expect("kept");
    assert_eq!(office.asked(acme, "ok"), ["kim", "lee"], "the client's own has left, so the practice's are asked");
}

#[test]
fn r119_one_address_gets_one_letter_however_many_people_and_copies_share_it() {
    let office = Office::with(
        "
roles: { payroll: Payroll, copy: Copy }
staff: [{ id: pat, name: Pat, email: Office@acme.example }]
clients:
  - id: acme
    name: Acme
    staff: { primary: pat }
    contacts:
      - { id: ann, name: Ann, email: office@acme.example, roles: [payroll] }
      - { id: bob, name: Bob, email: \"OFFICE@acme.example\", roles: [payroll, copy] }
      - { id: cy, name: Cy, email: cy@acme.example, roles: [copy] }
",
    );
    let definition = "format: 1
id: it
name: It
tasks:
  - id: mail
    type: email
    recipient: { role: payroll }
    cc: { role: copy }
    bcc: { staff: primary }
    template: t
templates: { t: { subject: S, body: B } }
";
    office.publish(definition, Existing::Keep);
    let job = office.start("it", "acme");
    office.work();
    assert_eq!(office.job(job), "completed");
    assert_eq!(office.sent(job), ["mail → office@acme.example", "mail → cy@acme.example"]);
    assert_eq!(office.tries(), 2);
}
