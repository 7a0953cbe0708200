//! As many as must decide, and nobody who may not (r27, r47).

use jobwright_core::command::{Act, Command};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::Actor;
use jobwright_core::id::JobId;
use jobwright_core::recipient::{Person, PersonId};
use jobwright_runtime::{Done, Error, Existing};

use crate::support::Office;

const PEOPLE: &str = "
roles: { director: Director }
staff:
  - { id: pat, name: Pat, email: pat@practice.example, roles: [partner] }
  - { id: ida, name: Ida, email: ida@practice.example, roles: [partner], active: false }
  - { id: kim, name: Kim, email: kim@practice.example, roles: [clerk] }
  - { id: lee, name: Lee, email: lee@practice.example, roles: [clerk] }
clients:
  - id: acme
    name: Acme
    staff: { primary: kim }
    contacts:
      - { id: ann, name: Ann, email: ann@acme.example, roles: [director] }
      - { id: bob, name: Bob, email: bob@acme.example }
";

/// An office with one definition `it` of these tasks, and a job of it.
fn job_of(tasks: &str) -> (Office, JobId) {
    let office = Office::with(PEOPLE);
    office.publish(&format!("format: 1\nid: it\nname: It\n{tasks}"), Existing::Keep);
    let job = office.start("it", "acme");
    (office, job)
}

fn two_partners(required: &str) -> String {
    format!(
        "tasks:\n  - {{ id: pay, type: approval, assign: {{ staff: partner, pick: 2, order_by: [listed] }}, \
         outcomes: [approved, rejected], required: {required} }}\n"
    )
}

fn approve(office: &Office, job: JobId, task: &str, who: &str) -> Result<Done, Error> {
    office.act(job, task, Act::Approve { outcome: "approved".parse().unwrap() }, who)
}

/// Gives a task to others, as this member of staff.
fn give(office: &Office, job: JobId, task: &str, to: &[&str], by: &str, note: Option<&str>) -> Result<Done, Error> {
    let looked = office.look(job);
    let person = |name: &&str| match name.strip_prefix("contact:") {
        Some(id) => {
            let one = looked.client.contact(&id.parse().unwrap()).expect("a contact");
            Person { id: PersonId::Contact(one.id.clone()), name: one.name.clone(), address: one.email.clone() }
        }
        None => {
            let one = looked.staff().iter().find(|one| one.id.as_str() == *name).expect("staff");
            Person { id: PersonId::Staff(one.id.clone()), name: one.name.clone(), address: one.email.clone() }
        }
    };
    let act = Act::Reassign { people: to.iter().map(person).collect() };
    let by = Actor::Staff { id: by.parse().unwrap(), entered_by: "test".into() };
    let note = note.map(Into::into);
    let command = Command::Act { task: task.parse().unwrap(), act, by, active: true, note };
    office.engine().command(job, command)
}

/// A member of staff who is here or not, with these roles.
fn set(office: &Office, id: &str, active: bool, roles: &[&str]) {
    let staff = jobwright_store::directory::staff(&office.engine().reader()).unwrap().value;
    let mut one = staff.into_iter().find(|one| one.id.as_str() == id).expect("staff");
    one.active = active;
    one.roles = roles.iter().map(|role| role.parse().unwrap()).collect();
    office.engine().put_staff(&one, &Attribution::engine("test")).expect("kept");
}

#[track_caller]
fn refused(done: Result<Done, Error>, words: &str) {
    let said = done.err().map(|error| error.to_string()).expect("it is refused");
    assert!(said.contains(words), "`{words}` is not in: {said}");
}

#[test]
fn r27_an_approval_by_two_waits_until_two_are_found_says_how_many_and_heals_itself() {
    let (office, job) = job_of(&two_partners("2"));
    assert_eq!(office.task(job, "pay"), "uncompletable, too_few(1 of 2)");
    refused(approve(&office, job, "pay", "pat"), "pay");
    let (_, found) = office.resolutions(job, "pay").pop().expect("an answer");
    assert_eq!(found.found.word(), "too_few");
    assert!(found.tree.rule.ends_with("1 can act, and 2 must"), "{}", found.tree.rule);
    assert!(found.tree.candidates.iter().any(|one| one.kept), "whoever was found is shown as fitting");

    set(&office, "ida", true, &["partner"]);
    assert_eq!(office.task(job, "pay"), "active");
    assert_eq!(office.asked(job, "pay"), ["pat", "ida"]);
    approve(&office, job, "pay", "pat").expect("one of two");
    assert_eq!(office.task(job, "pay"), "active");
    refused(approve(&office, job, "pay", "pat"), "already");
    approve(&office, job, "pay", "ida").expect("the second");
    assert_eq!(office.job(job), "completed");
}

#[test]
fn r27_contacts_of_one_address_are_one_and_too_few_for_two() {
    let approval = "tasks:\n  - { id: ok, type: approval, recipient: { role: director, pick: all }, required: 2, \
                    outcomes: [approved, rejected], template: t }\ntemplates:\n  t: { subject: S, body: B }\n";
    let (office, job) = job_of(approval);
    assert_eq!(office.task(job, "ok"), "uncompletable, too_few(1 of 2)");
    office.change("acme", |acme| acme.contacts[1].email = Some("Ann@acme.example".into()));
    office.tick("acme/bob", "director", true);
    assert_eq!(office.task(job, "ok"), "uncompletable, too_few(1 of 2)", "one box is one voice");
    office.change("acme", |acme| acme.contacts[1].email = Some("bob@acme.example".into()));
    assert_eq!(office.task(job, "ok"), "awaiting_client");
    office.work();
    approve(&office, job, "ok", "contact:ann").expect("one");
    assert_eq!(office.task(job, "ok"), "awaiting_client");
    approve(&office, job, "ok", "contact:bob").expect("two");
    assert_eq!(office.job(job), "completed");
}

#[test]
fn r27_a_voice_that_was_given_counts_and_the_one_that_left_is_asked_of_somebody_else() {
    for required in ["2", "all"] {
        let (office, job) = job_of(&two_partners(required));
        set(&office, "ida", true, &["partner"]);
        if required == "all" {
            // Both were not there when it was first asked: all were one. So it is begun again with both.
            office.engine().command(job, cancel()).expect("cancelled");
        }
        let job = if required == "all" { office.start("it", "acme") } else { job };
        assert_eq!(office.asked(job, "pay"), ["pat", "ida"], "{required}");
        approve(&office, job, "pay", "pat").expect("one of two");
        set(&office, "ida", false, &["partner"]);
        assert_eq!(office.task(job, "pay"), "uncompletable, too_few(1 of 2)", "{required}");
        set(&office, "lee", true, &["partner"]);
        assert_eq!(office.task(job, "pay"), "active", "{required}");
        approve(&office, job, "pay", "lee").expect("the second voice");
        assert_eq!(office.job(job), "completed", "{required}");
    }
}

fn cancel() -> Command {
    Command::Cancel { by: Actor::Operator { entered_by: "test".into() }, why: "begun again".into() }
}

#[test]
fn r27_whoever_is_away_is_asked_too_where_there_are_too_few_without_them() {
    let (office, job) = {
        let office = Office::with(&PEOPLE.replace(
            "roles: [partner], active: false }",
            "roles: [partner], away: [{ from: 2026-05-01, until: 2026-05-31 }] }",
        ));
        office.publish(&format!("format: 1\nid: it\nname: It\n{}", two_partners("2")), Existing::Keep);
        let job = office.start("it", "acme");
        (office, job)
    };
    assert_eq!(office.asked(job, "pay"), ["pat", "ida"], "who is here comes first, and ida decides when she is back");
    approve(&office, job, "pay", "pat").expect("one of two");
    assert_eq!(office.task(job, "pay"), "active");
    set(&office, "kim", true, &["partner"]);
    let next = office.start("it", "acme");
    assert_eq!(office.asked(next, "pay"), ["pat", "kim"], "with enough others she is left alone");
}

#[test]
fn r27_reassign_keeps_the_count_and_a_task_that_nobody_can_do_is_given_by_hand() {
    let (office, job) = job_of(&two_partners("2"));
    refused(give(&office, job, "pay", &["kim"], "pat", Some("pat is away")), "needs 2 people to act, and 1 could");
    refused(give(&office, job, "pay", &["pat", "pat"], "kim", None), "needs 2");
    refused(give(&office, job, "pay", &["pat", "ida"], "kim", None), "they are not active");
    give(&office, job, "pay", &["pat", "lee"], "kim", Some("Ida has left, Lee stands in")).expect("two decide");
    assert_eq!(office.task(job, "pay"), "active");
    approve(&office, job, "pay", "pat").expect("one");
    refused(give(&office, job, "pay", &["pat"], "kim", None), "already");
    assert_eq!(office.task(job, "pay"), "active");
    approve(&office, job, "pay", "lee").expect("two");
    assert_eq!(office.job(job), "completed");
}

#[test]
fn r27_nobody_takes_a_decision_that_its_rule_does_not_give_them() {
    let one = "tasks:\n  - { id: pay, type: approval, assign: { staff: partner, pick: one, order_by: [listed] }, \
               outcomes: [approved, rejected] }\n";
    let (office, job) = job_of(one);
    refused(give(&office, job, "pay", &["kim"], "kim", Some("quicker")), "nobody takes one");
    refused(give(&office, job, "pay", &["kim"], "lee", None), "--note");
    refused(give(&office, job, "pay", &["contact:ann"], "pat", Some("let her")), "the practice decides it");
    assert_eq!(office.asked(job, "pay"), ["pat"]);
    give(&office, job, "pay", &["kim"], "pat", Some("Pat is on leave, Kim knows the case")).expect("with a note");
    assert_eq!(office.asked(job, "pay"), ["kim"]);
    give(&office, job, "pay", &["pat"], "pat", None).expect("whom the rule names may take it");

    let clients = "tasks:\n  - { id: ok, type: approval, recipient: { role: director, pick: all }, \
                   outcomes: [approved, rejected], template: t }\ntemplates:\n  t: { subject: S, body: B }\n";
    let (office, job) = job_of(clients);
    refused(give(&office, job, "ok", &["lee"], "pat", Some("by telephone")), "the client decides it");
    give(&office, job, "ok", &["contact:bob"], "pat", Some("Ann is ill")).expect("another contact of the client");
    assert_eq!(office.asked(job, "ok"), ["bob"]);
    office.change("acme", |acme| acme.contacts[0].active = false);
    refused(give(&office, job, "ok", &["contact:ann"], "pat", Some("back")), "they are not active");
}

#[test]
fn r27_whoever_prepared_it_does_not_get_the_check_by_hand() {
    let tasks = "tasks:
  - { id: prepare, type: manual, assign: { staff: clerk, pick: one, order_by: [listed] } }
  - id: check
    type: approval
    depends_on: [prepare]
    assign: { staff: clerk, pick: one, order_by: [listed], not_same_as: tasks.prepare }
    outcomes: [approved, rejected]
";
    let (office, job) = job_of(tasks);
    let done = Act::Complete { outputs: Default::default(), awaited: None };
    office.act(job, "prepare", done, "kim").expect("prepared");
    assert_eq!(office.asked(job, "check"), ["lee"]);
    refused(give(&office, job, "check", &["kim"], "pat", Some("lee is busy")), "somebody else than task `prepare`");
    set(&office, "lee", false, &["clerk"]);
    assert_eq!(office.task(job, "check"), "uncompletable, no_right");
    refused(give(&office, job, "check", &["kim"], "pat", Some("nobody else")), "somebody else than task `prepare`");
    give(&office, job, "check", &["pat"], "kim", Some("no other clerk is here")).expect("a stand-in");
    approve(&office, job, "check", "pat").expect("decided");
    assert_eq!(office.job(job), "completed");
}

#[test]
fn r27_whoever_prepared_it_as_staff_does_not_check_it_as_a_contact_of_the_client() {
    let tasks = "tasks:
  - { id: prepare, type: manual, assign: { staff: clerk, pick: one, order_by: [listed] } }
  - id: check
    type: approval
    depends_on: [prepare]
    recipient: { role: director, pick: all, not_same_as: tasks.prepare }
    outcomes: [approved, rejected]
    template: t
templates:
  t: { subject: S, body: B }
";
    let (office, job) = job_of(tasks);
    office.change("acme", |acme| acme.contacts[0].email = Some("KIM@practice.example".into()));
    let done = Act::Complete { outputs: Default::default(), awaited: None };
    office.act(job, "prepare", done, "kim").expect("prepared");
    assert_eq!(office.task(job, "check"), "uncompletable, no_right", "one person, staff and director at once");
    office.tick("acme/bob", "director", true);
    assert_eq!(office.asked(job, "check"), ["bob"]);
}

#[test]
fn r27_check_says_what_can_never_be_decided_by_so_many() {
    let office = Office::with(PEOPLE);
    let check = |task: &str| office.check(&format!("format: 1\nid: it\nname: It\ntasks:\n  - {task}\n")).0;
    let never = [
        "{ id: a, type: approval, recipient: { role: director, pick: one, order_by: [listed] }, outcomes: [y, n], required: 2 }",
        "{ id: b, type: approval, assign: { staff: partner, pick: 2, order_by: [listed] }, outcomes: [y, n], required: 3 }",
        "{ id: c, type: approval, recipient: primary_contact, outcomes: [y, n], required: 2 }",
        "{ id: d, type: approval, assign: { staff: partner }, outcomes: [y, n], required: 2 }",
        "{ id: e, type: approval, recipient: { role: director, pick: one, order_by: [listed], or: primary_contact }, outcomes: [y, n], required: 2 }",
    ];
    for task in never {
        let said = check(task);
        assert!(said.contains("WF0620"), "{task}\n{said}");
    }
    let may_be = [
        "{ id: a, type: approval, recipient: { role: director, pick: all }, outcomes: [y, n], required: 2 }",
        "{ id: b, type: approval, assign: { staff: partner, pick: 2, order_by: [listed] }, outcomes: [y, n], required: all }",
    ];
    for task in may_be {
        let said = check(task);
        assert!(!said.contains("WF0620"), "{task}\n{said}");
    }
}

#[test]
fn r47_two_people_of_one_address_at_one_signature_are_told_so() {
    let tasks = "tasks:
  - { id: draft, type: manual, assign: { staff: clerk, pick: one, order_by: [listed] }, outputs: { paper: { type: document } } }
  - id: sign
    type: signature
    depends_on: [draft]
    document: { expr: tasks.draft.outputs.paper }
    signers:
      - { id: owner, recipient: { role: director, pick: all } }
      - { id: witness, recipient: primary_contact }
";
    let signature = |roles: &[&str], bobs: &str| {
        let (office, job) = job_of(tasks);
        office.change("acme", |acme| acme.contacts[1].email = Some(bobs.into()));
        for (contact, ticked) in [("ann", roles.contains(&"ann")), ("bob", roles.contains(&"bob"))] {
            office.tick(&format!("acme/{contact}"), "director", ticked);
        }
        let paper = office.document("paper.pdf", "A contract");
        let outputs = [("paper".parse().unwrap(), jobwright_core::value::Value::Document(paper))].into();
        office.act(job, "draft", Act::Complete { outputs, awaited: None }, "kim").expect("drafted");
        (office, job)
    };
    // One place, two people of one box.
    let (office, job) = signature(&["ann", "bob"], "ann@acme.example");
    assert_eq!(office.task(job, "sign"), "uncompletable, shared_address(ann and bob)");
    let looked = office.look(job);
    let reason = looked.job.run(&"sign".parse().unwrap()).unwrap().reason.clone().unwrap();
    assert!(reason.mend().contains("give ann and bob an e-mail address each"), "{}", reason.mend());
    assert!(!reason.mend().contains("order"), "{}", reason.mend());
    // Two places, two people of one box.
    let (office, job) = signature(&["bob"], "ANN@acme.example");
    assert_eq!(office.task(job, "sign"), "uncompletable, shared_address(ann and bob)");
    office.change("acme", |acme| acme.contacts[1].email = Some("bob@acme.example".into()));
    assert_eq!(office.task(job, "sign"), "awaiting_client");
    // Two places, one person.
    let (office, job) = signature(&["ann"], "bob@acme.example");
    assert_eq!(office.task(job, "sign"), "uncompletable, signs_twice(ann signs as owner)");
}
