//! Whom a task goes to, when that is worked out, and what happens when there is nobody.

use jobwright_core::id::JobId;
use jobwright_runtime::Existing;

use crate::support::{Office, chosen};

const PEOPLE: &str = "
roles: { payroll: Payroll contact, vat: VAT contact }
staff: [{ id: pat, name: Pat Quill, email: pat@larkfield.example }]
clients:
  - id: 4711
    name: Acme
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example }
      - { id: bob, name: Bob Cole, email: bob@acme.example, roles: [vat] }
";

/// One letter to the payroll contact with another behind it, and a letter of its own to the VAT contact.
const BRANCHES: &str = r#"
format: 1
id: branches
name: Two branches
tasks:
  - { id: payroll, type: email, recipient: { role: payroll }, template: ask }
  - { id: behind, type: email, recipient: primary_contact, template: ask, depends_on: [payroll] }
  - { id: vat, type: email, recipient: { role: vat }, template: ask }
templates:
  ask: { subject: Changes, body: "Dear {{ recipient.first_name }}" }
"#;

/// A letter two days after the job opened.
const LATER: &str = r#"
format: 1
id: later
name: A later letter
tasks:
  - { id: ask, type: email, recipient: { role: vat }, template: ask, start: "job.opened, +2 days" }
templates:
  ask: { subject: Changes, body: "Dear {{ recipient.first_name }}" }
"#;

#[test]
fn b013_the_recipient_belongs_to_the_task_so_two_tasks_of_one_job_go_to_different_people() {
    let office = Office::with(PEOPLE);
    office.tick("4711/ann", "payroll", true);
    office.publish(BRANCHES, Existing::Keep);
    let job = office.start("branches", "4711");
    office.work();
    let mut sent = office.sent(job);
    sent.sort();
    assert_eq!(sent, ["behind → ann@acme.example", "payroll → ann@acme.example", "vat → bob@acme.example"]);
}

#[test]
fn b018_when_nobody_holds_the_role_the_task_is_uncompletable_and_the_rest_of_the_job_goes_on() {
    let office = Office::with(PEOPLE);
    office.publish(BRANCHES, Existing::Keep);
    let job = office.start("branches", "4711");
    office.wait(24 * 30);
    assert_eq!(office.task(job, "payroll"), "uncompletable, no_contact_with_role(payroll)");
    // Not the primary contact, since nobody wrote that it should be; and not what waits behind it.
    assert_eq!(office.task(job, "behind"), "waiting");
    assert_eq!(office.sent(job), ["vat → bob@acme.example"]);
    assert_eq!(office.job(job), "open");

    // Somebody holds it and is not available, since they have left.
    let left = Office::with(PEOPLE);
    left.tick("4711/ann", "payroll", true);
    left.change("4711", |client| client.contact_mut(&"ann".parse().unwrap()).unwrap().active = false);
    left.publish(BRANCHES, Existing::Keep);
    let job = left.start("branches", "4711");
    assert_eq!(left.task(job, "payroll"), "uncompletable, deactivated");

    // The definition may say who stands in.
    let stands_in = BRANCHES.replace("{ role: payroll }", "{ role: payroll, or: primary_contact }");
    let office = Office::with(PEOPLE);
    office.publish(&stands_in, Existing::Keep);
    let job = office.start("branches", "4711");
    office.work();
    assert_eq!(office.job(job), "completed");
    assert!(office.sent(job).contains(&"payroll → ann@acme.example".to_owned()));
}

#[test]
fn b019_ticking_the_role_heals_the_task_by_itself_and_the_letter_goes_exactly_once() {
    let office = Office::with(PEOPLE);
    office.publish(BRANCHES, Existing::Keep);
    let job = office.start("branches", "4711");
    office.wait(24);
    office.tick("4711/bob", "payroll", true);
    assert_eq!(office.task(job, "payroll"), "active", "healed before anybody worked");
    office.work();
    let healed = ["vat → bob@acme.example", "payroll → bob@acme.example", "behind → ann@acme.example"];
    assert_eq!(office.sent(job), healed);
    assert_eq!(office.job(job), "completed");

    // However the directory changes afterwards, nothing is sent again.
    office.tick("4711/ann", "payroll", true);
    office.tick("4711/bob", "payroll", false);
    office.wait(24);
    assert_eq!(office.sent(job), healed);
    assert_eq!(office.tries(), 3);
}

#[test]
fn b019_a_tick_heals_also_when_the_process_ends_between_the_tick_and_the_work() {
    let mut office = Office::with(PEOPLE);
    office.publish(BRANCHES, Existing::Keep);
    let (waits, also_waits) = (office.start("branches", "4711"), office.start("branches", "4711"));
    office.work();
    // The tick is written down, and nobody is left to act on it.
    office.tick_and_die("4711/ann", "payroll");
    assert_eq!(office.task(waits, "payroll"), "uncompletable, no_contact_with_role(payroll)");
    office.work();
    for job in [waits, also_waits] {
        assert_eq!(office.job(job), "completed");
        let expected = ["vat → bob@acme.example", "payroll → ann@acme.example", "behind → ann@acme.example"];
        assert_eq!(office.sent(job), expected);
    }

    // Healed by the tick, and ended before the letter left.
    let mut office = Office::with(PEOPLE);
    office.publish(BRANCHES, Existing::Keep);
    let job = office.start("branches", "4711");
    office.work();
    office.tick("4711/ann", "payroll", true);
    office.restart();
    office.work();
    office.restart();
    office.work();
    assert_eq!(office.sent(job), ["vat → bob@acme.example", "payroll → ann@acme.example", "behind → ann@acme.example"]);
    assert_eq!(office.tries(), 3);
}

#[test]
fn b020_the_recipient_is_chosen_when_the_task_runs_and_never_looked_for_again() {
    let mut office = Office::with(PEOPLE);
    office.publish(LATER, Existing::Keep);
    let job = office.start("later", "4711");
    office.wait(24);
    assert!(office.resolutions(job, "ask").is_empty(), "bob held the role when the job opened, and was not asked for");
    office.tick("4711/bob", "vat", false);
    office.tick("4711/ann", "vat", true);
    office.wait(48);
    assert_eq!(office.sent(job), ["ask → ann@acme.example"]);

    // The role moves on, the contact who was written to goes; what happened stays what happened.
    office.tick("4711/bob", "vat", true);
    office.change("4711", |client| drop(client.remove_contact(&"ann".parse().unwrap()).unwrap()));
    office.restart();
    office.wait(24);
    let answers = office.resolutions(job, "ask");
    assert_eq!(answers.iter().map(|(_, answer)| chosen(answer)).collect::<Vec<_>>(), [["ann"]]);
    assert_eq!(office.asked(job, "ask"), ["ann"]);
    assert_eq!((office.tries(), office.job(job)), (1, "completed"));
}

/// The first letter of the payroll that ships, for a client with these contacts.
fn first_letter_of_the_shipped_payroll(contacts: &str) -> (Office, JobId) {
    let office = Office::of(
        include_str!("../../workflows/sample/practice.yaml"),
        &format!(
            "
roles: {{ payroll: Payroll contact }}
staff: [{{ id: pat, name: Pat Quill, email: pat@larkfield.example, roles: [partner] }}]
clients:
  - id: 4711
    name: Acme Foundry
    services: [payroll]
    staff: {{ primary: pat }}
    payroll.pay_day: 28
    contacts: {contacts}
"
        ),
    );
    office.publish(include_str!("../../workflows/monthly-payroll.job.yaml"), Existing::Keep);
    let job = office.start("monthly-payroll", "4711");
    office.work();
    (office, job)
}

#[test]
fn b021_the_payroll_job_that_ships_begins_with_a_letter_that_asks_for_payroll_changes() {
    let (office, job) = first_letter_of_the_shipped_payroll("[{ id: ann, name: Ann Bell, email: ann@acme.example }]");
    let looked = office.look(job);
    let first = &looked.prepared.plan.tasks[0];
    assert_eq!((first.id.as_str(), first.work.word()), ("ask_changes", "email"));
    assert!(first.depends_on.is_empty(), "nothing stands before it");
    assert_eq!(office.sent(job)[0], "ask_changes → ann@acme.example", "the primary contact, where no role is ticked");
    let letter = office.letter(job, "ask_changes");
    assert_eq!(letter.subject, "Acme Foundry: payroll for May 2026");
    for words in ["Dear Ann", "anybody who has started or left", "changes of salary", "May 2026"] {
        assert!(letter.text.contains(words), "{words}: {}", letter.text);
    }
}

#[test]
fn b021_whoever_has_the_payroll_role_is_asked_for_payroll_changes_in_place_of_the_primary_contact() {
    let contacts = "[{ id: ann, name: Ann Bell, email: ann@acme.example }, \
                     { id: bob, name: Bob Cole, email: bob@acme.example, roles: [payroll] }]";
    let (office, job) = first_letter_of_the_shipped_payroll(contacts);
    assert_eq!(office.sent(job)[0], "ask_changes → bob@acme.example");
    assert!(office.sent(job).iter().all(|sent| !sent.contains("ann@")), "{:?}", office.sent(job));
}
