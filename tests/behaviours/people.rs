//! What holds for a contact wherever it is written to: opt-outs, portals, addresses, people who are their own client.

use crate::support::Office;
use jobwright_runtime::Existing;

/// A letter of each class to the same person.
const CLASSES: &str = r#"
format: 1
id: classes
name: Two classes of mail
tasks:
  - { id: news, type: email, class: crm, template: hello }
  - { id: service, type: email, template: hello }
templates:
  hello: { subject: Hello, body: "Dear {{ recipient.first_name }}" }
"#;

#[test]
fn b071_who_wants_no_crm_mail_gets_none_and_still_gets_what_belongs_to_their_jobs() {
    let office = Office::with(
        "clients: [{ id: 4711, name: Acme, contacts: \
         [{ id: ann, name: Ann Bell, email: ann@acme.example, crm_opt_out: true }] }]",
    );
    office.publish(CLASSES, Existing::Keep);
    let job = office.start("classes", "4711");
    office.work();
    assert_eq!(office.sent(job), ["service → ann@acme.example"]);
    assert_eq!(office.task(job, "news"), "uncompletable, opted_out");
    // Who wants it again gets it, once.
    office.change("4711", |client| client.contacts[0].crm_opt_out = false);
    office.work();
    assert_eq!(office.sent(job), ["service → ann@acme.example", "news → ann@acme.example"]);
}

/// Two requests, each for the portal's user who has its role.
const TWO_USERS: &str = r#"
format: 1
id: two
name: Two people
tasks:
  - { id: wages, type: document_request, recipient: { role: payroll, where: [portal_active] }, template: ask, items: [{ id: a, label: A }] }
  - { id: figures, type: document_request, recipient: { role: vat, where: [portal_active] }, template: ask, items: [{ id: a, label: A }] }
templates:
  ask: { subject: Please, body: "Dear {{ recipient.first_name }}" }
"#;

const USERS: &str = "
roles: { payroll: Payroll contact, vat: VAT contact }
clients:
  - id: 4711
    name: Acme
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example, roles: [payroll], portal: active }
      - { id: bob, name: Bob Cole, email: bob@acme.example, roles: [vat], portal: active }
";

#[test]
fn b099_different_people_of_one_client_are_asked_for_different_things_and_act_on_their_own_alone() {
    let office = Office::with(USERS);
    office.publish(TWO_USERS, Existing::Keep);
    let job = office.start("two", "4711");
    office.work();
    assert_eq!((office.asked(job, "wages"), office.asked(job, "figures")), (vec!["ann".into()], vec!["bob".into()]));
    let document = || {
        let value = jobwright_core::value::Value::Document(office.document("a.pdf", "a"));
        jobwright_core::command::Act::Answer {
            item: "a".parse().unwrap(),
            answer: jobwright_core::event::Answered::Value(value),
        }
    };
    assert!(office.act(job, "wages", document(), "contact:bob").is_err(), "bob was not asked for the wages");
    office.act(job, "wages", document(), "contact:ann").unwrap();
    office.act(job, "figures", document(), "contact:bob").unwrap();
    office.work();
    assert_eq!(office.job(job), "completed");
}

#[test]
fn b100_an_individual_is_a_client_with_a_contact_of_its_own_and_is_written_to_like_any_other() {
    let office = Office::with(
        "clients: [{ id: quinn, name: Jo Quinn, type: individual, contacts: \
         [{ id: jo, name: Jo Quinn, email: jo@quinn.example }] }]",
    );
    office.publish(CLASSES, Existing::Keep);
    let job = office.start("classes", "quinn");
    office.work();
    assert_eq!(office.sent(job), ["news → jo@quinn.example", "service → jo@quinn.example"]);
    assert_eq!(office.job(job), "completed");
}

#[test]
fn b104_a_changed_address_makes_the_portal_stale_and_nothing_goes_to_the_old_one_until_it_is_activated_again() {
    let office = Office::with(USERS);
    office.publish(TWO_USERS, Existing::Keep);
    office.change("4711", |client| {
        client.set_email(&"ann".parse().unwrap(), Some("ann@new.example".to_owned())).unwrap();
    });
    let job = office.start("two", "4711");
    office.work();
    assert_eq!(office.task(job, "wages"), "uncompletable, activation_stale");
    assert_eq!(office.sent(job), ["figures → bob@acme.example"]);
    office.change("4711", |client| client.contacts[0].portal = jobwright_core::directory::Portal::Active);
    office.work();
    assert_eq!(office.sent(job), ["figures → bob@acme.example", "wages → ann@new.example"]);
}
