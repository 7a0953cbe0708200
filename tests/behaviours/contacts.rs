//! Contacts, and which of them a letter goes to.

use expect_test::expect;
use jobwright_core::command::Act;
use jobwright_core::event::Answered;
use jobwright_core::value::{Currency, Money, Value};
use jobwright_runtime::Existing;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::{Office, chosen};

/// A client with two contacts, the first of them the primary one.
const TWO: &str = "
roles: { payroll: Payroll contact, vat: VAT contact }
staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
clients:
  - id: 4711
    name: Acme Foundry
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example }
      - { id: bob, name: Bob Cole, email: bob@acme.example }
";

/// A letter to nobody in particular.
const LETTER: &str = r#"
format: 1
id: letter
name: A letter
tasks:
  - { id: ask, type: email, template: ask }
templates:
  ask: { subject: Changes, body: "Dear {{ recipient.first_name }}" }
"#;

/// Every way in which a client is written to, and no role anywhere.
const MONTH: &str = r#"
format: 1
id: month
name: A month
flow: sequence
tasks:
  - { id: ask, type: email, template: ask }
  - id: figures
    type: document_request
    template: ask
    items: [{ id: hours, label: Hours }]
  - { id: approve, type: approval, recipient: primary_contact, template: ask, outcomes: [approved, rejected] }
  - { id: payslips, type: email, recipient: primary_contact, template: ask }
templates:
  ask: { subject: Changes, body: "Dear {{ recipient.first_name }}" }
"#;

#[test]
fn b001_one_contact_is_enough_for_a_whole_job_and_a_client_may_have_any_number() {
    let people = "
      staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
      clients: [{ id: 4711, name: Acme, contacts: [{ id: ann, name: Ann Bell, email: ann@acme.example }] }]
    ";
    let office = Office::with(people);
    office.publish(MONTH, Existing::Keep);
    let job = office.start("month", "4711");
    office.work();
    let hours = Answered::Value(Value::Document(office.document("hours.pdf", "40")));
    let answer = Act::Answer { item: "hours".parse().unwrap(), answer: hours };
    office.act(job, "figures", answer, "contact:ann").unwrap();
    office.work();
    office.act(job, "approve", Act::Approve { outcome: "approved".parse().unwrap() }, "contact:ann").unwrap();
    office.work();
    assert_eq!(office.job(job), "completed");
    let each = ["ask", "figures", "approve", "payslips"].map(|task| format!("{task} → ann@acme.example"));
    assert_eq!(office.sent(job), each);

    let contact = |number: usize| format!("{{ id: c{number}, name: C, email: c{number}@many.example }}");
    let contacts: Vec<String> = (0..300).map(contact).collect();
    office.import(&format!("clients: [{{ id: many, name: Many, contacts: [{}] }}]", contacts.join(", ")));
    let job = office.start("month", "many");
    office.work();
    assert_eq!(office.look(job).client.contacts.len(), 300);
    assert_eq!(office.sent(job), ["ask → c0@many.example", "figures → c0@many.example"]);
}

/// A client of the sample practice with one contact, on whom no role is ticked.
const ONE_WITHOUT_A_ROLE: &str = "
roles: { payroll: Payroll contact }
staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
clients:
  - id: 4711
    name: Acme Foundry
    services: [payroll]
    staff: { primary: pat }
    payroll.pay_day: 28
    contacts: [{ id: ann, name: Ann Bell, email: ann@acme.example, can_sign: true }]
";

#[test]
fn b001_the_payroll_that_ships_runs_to_its_end_with_one_contact_and_no_role_set_up() {
    let office = Office::of(include_str!("../../workflows/sample/practice.yaml"), ONE_WITHOUT_A_ROLE);
    office.publish(include_str!("../../workflows/monthly-payroll.job.yaml"), Existing::Keep);
    let job = office.start("monthly-payroll", "4711");
    let act = |task: &str, act: Act, who: &str| {
        office.work();
        office.act(job, task, act, who).unwrap_or_else(|error| panic!("{task}: {error}"));
    };
    let name = |text: &str| text.parse().expect("a name");
    act("changes_in", Act::Answer { item: name("changes"), answer: Answered::Nothing }, "contact:ann");
    let net = Value::Money(Money { amount: "4000.00".parse().unwrap(), currency: Currency::new("GBP").unwrap() });
    let outputs = [(name("headcount"), Value::Int(2)), (name("net_total"), net)].into();
    act("prepare", Act::Complete { outputs, awaited: None }, "pat");
    act("approve", Act::Approve { outcome: name("approved") }, "contact:ann");
    let record = Value::Document(office.document("record.pdf", "2 people"));
    let outputs = [(name("receipt"), Value::text("R1")), (name("record"), record)].into();
    act("file_fps", Act::Complete { outputs, awaited: None }, "pat");
    act("sign_off", Act::Sign { signer: name("client") }, "contact:ann");
    office.work();
    assert_eq!(office.job(job), "completed");
    let to_ann = ["ask_changes", "changes_in", "approve", "sign_off", "payslips"];
    let to_ann = to_ann.map(|task| format!("{task} → ann@acme.example"));
    let sent: Vec<String> = office.sent(job).into_iter().filter(|one| one.contains("ann@")).collect();
    assert_eq!(sent, to_ann);
}

#[test]
fn b002_when_contacts_are_reordered_the_next_letter_goes_to_the_new_first_one() {
    let office = Office::with(TWO);
    office.publish(LETTER, Existing::Keep);
    let before = office.start("letter", "4711");
    office.work();
    office.change("4711", |client| client.move_contact(&"bob".parse().unwrap(), 0).unwrap());
    let after = office.start("letter", "4711");
    office.work();
    assert_eq!(office.sent(before), ["ask → ann@acme.example"]);
    assert_eq!(office.sent(after), ["ask → bob@acme.example"]);
    // Who was first is still a contact, and is first again when the other one goes.
    office.change("4711", |client| drop(client.remove_contact(&"bob".parse().unwrap()).unwrap()));
    let last = office.start("letter", "4711");
    office.work();
    assert_eq!(office.sent(last), ["ask → ann@acme.example"]);
}

#[test]
fn b003_a_letter_that_names_nobody_goes_to_the_primary_contact_and_why_says_that_this_is_the_default() {
    let program = Practice::empty(TO_FILES);
    program.done(["client", "add", "4711", "Acme Foundry"]);
    program.done(["contact", "add", "4711/ann", "Ann Bell", "email=ann@acme.example"]);
    program.done(["contact", "add", "4711/bob", "Bob Cole", "email=bob@acme.example"]);
    program.write("letter.job.yaml", LETTER);
    program.done(["publish", "letter.job.yaml"]);
    program.done(["start", "letter", "--client", "4711"]);
    let why = program.json(&["why", "letter/4711", "ask"]);
    assert_eq!(why["tree"]["rule"], "primary contact, the default", "{why}");
    let said = program.done(["why", "letter/4711", "ask"]);
    let tree: String = said.lines().skip(1).map(|line| format!("{line}\n")).collect();
    expect![[r#"
        primary contact, the default → chosen
          ✓ Ann Bell (ann): is the first contact listed
    "#]]
    .assert_eq(&tree);

    // Written out it is a choice, and no default.
    program.write("letter.job.yaml", LETTER.replace("type: email,", "type: email, recipient: primary_contact,"));
    program.done(["publish", "letter.job.yaml", "--existing", "keep"]);
    let job = program.json(&["start", "letter", "--client", "4711"]);
    let why = program.json(&["why", job["job"].as_str().unwrap(), "ask"]);
    assert_eq!(why["tree"]["rule"], "primary contact", "{why}");
}

#[test]
fn b008_a_contact_holds_the_roles_that_are_ticked_and_may_hold_several() {
    let office = Office::with(TWO);
    office.publish(&to_role("payroll"), Existing::Keep);
    office.publish(&to_role("vat"), Existing::Keep);
    office.tick("4711/bob", "payroll", true);
    office.tick("4711/bob", "vat", true);
    let (payroll, vat) = (office.start("to-payroll", "4711"), office.start("to-vat", "4711"));
    office.work();
    assert_eq!(office.sent(payroll), ["ask → bob@acme.example"]);
    assert_eq!(office.sent(vat), ["ask → bob@acme.example"]);

    // One box is unticked: the other one stays.
    office.tick("4711/bob", "vat", false);
    let (payroll, vat) = (office.start("to-payroll", "4711"), office.start("to-vat", "4711"));
    office.work();
    assert_eq!(office.sent(payroll), ["ask → bob@acme.example"]);
    assert_eq!(office.task(vat, "ask"), "uncompletable, no_contact_with_role(vat)");
}

#[test]
fn b009_a_role_is_ticked_per_client_and_the_same_person_at_another_client_does_not_hold_it() {
    let office = Office::with(&format!(
        "{TWO}  - id: 4712
    name: Acme Castings
    contacts: [{{ id: ann, name: Ann Bell, email: ann@acme.example }}]
"
    ));
    office.publish(&to_role("payroll"), Existing::Keep);
    office.tick("4711/ann", "payroll", true);
    let (here, there) = (office.start("to-payroll", "4711"), office.start("to-payroll", "4712"));
    office.work();
    assert_eq!(office.sent(here), ["ask → ann@acme.example"]);
    assert_eq!(office.task(there, "ask"), "uncompletable, no_contact_with_role(payroll)");
    let answers = office.resolutions(there, "ask");
    assert!(answers.iter().all(|(_, resolution)| chosen(resolution).is_empty()));
}

/// A letter to a role.
fn to_role(role: &str) -> String {
    let names_role = LETTER.replace("type: email,", &format!("type: email, recipient: {{ role: {role} }},"));
    names_role.replace("id: letter", &format!("id: to-{role}"))
}
