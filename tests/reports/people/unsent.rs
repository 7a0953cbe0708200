//! A letter that has not left looks at whom it is for once more (r35).

use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::Event;
use jobwright_core::id::JobId;
use jobwright_runtime::Existing;
use jobwright_store::directory;

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const PEOPLE: &str = "
roles: { payroll: Payroll, copy: Copy }
staff:
  - { id: pat, name: Pat, email: pat@practice.example }
  - { id: kim, name: Kim, email: kim@practice.example }
clients:
  - id: acme
    name: Acme
    staff: { primary: pat }
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example, roles: [payroll] }
      - { id: bob, name: Bob Cole, email: bob@acme.example }
      - { id: cy, name: Cy Moss, email: cy@acme.example, roles: [copy] }
";

/// A job with a letter that has not left.
fn written(task: &str) -> (Office, JobId) {
    let office = Office::with(PEOPLE);
    let definition = format!(
        "format: 1\nid: it\nname: It\ntasks:\n  - {task}\ntemplates:\n  t: {{ subject: S, body: \"Dear {{{{ recipient.first_name }}}}\" }}\n"
    );
    office.publish(&definition, Existing::Keep);
    let job = office.start("it", "acme");
    assert_eq!(office.tries(), 0);
    (office, job)
}

const LETTER: &str = "{ id: mail, type: email, recipient: { role: payroll }, template: t }";
const NEWS: &str = "{ id: mail, type: email, class: crm, recipient: { role: payroll }, template: t }";

/// How often the timeline says that somebody is otherwise.
fn changed(office: &Office, job: JobId) -> usize {
    let events = office.look(job).events;
    events.iter().filter(|one| matches!(one.event, Event::RecipientChanged { .. })).count()
}

#[test]
fn r35_a_corrected_address_is_where_the_letter_goes() {
    let (office, job) = written(LETTER);
    office.change("acme", |acme| acme.contacts[0].email = Some("ann.right@acme.example".into()));
    office.work();
    assert_eq!(office.sent(job), ["mail → ann.right@acme.example"]);
    assert_eq!((office.job(job), office.tries(), changed(&office, job)), ("completed", 2, 1));
    office.work();
    assert_eq!(office.tries(), 2, "nothing is left");
}

#[test]
fn r35_a_corrected_name_is_how_the_letter_greets() {
    let (office, job) = written(LETTER);
    office.change("acme", |acme| acme.contacts[0].name = "Anna Bell".into());
    office.work();
    assert_eq!(office.letter(job, "mail").text, "Dear Anna");
    assert_eq!(office.sent(job), ["mail → ann@acme.example"]);
}

#[test]
fn r35_whoever_left_opted_out_was_removed_or_unticked_is_not_written_to_and_the_task_asks_again() {
    type Change = fn(&mut jobwright_core::directory::Client);
    let cases: [(&str, &str, Change, &str); 5] = [
        ("left", LETTER, |acme| acme.contacts[0].active = false, "uncompletable, deactivated"),
        ("opted out", NEWS, |acme| acme.contacts[0].crm_opt_out = true, "uncompletable, opted_out"),
        ("removed", LETTER, |acme| drop(acme.contacts.remove(0)), "uncompletable, no_contact_with_role(payroll)"),
        ("unticked", LETTER, |acme| acme.contacts[0].roles.clear(), "uncompletable, no_contact_with_role(payroll)"),
        ("no address", LETTER, |acme| acme.contacts[0].email = None, "uncompletable, no_email"),
    ];
    for (what, task, change, stands) in cases {
        let (office, job) = written(task);
        office.change("acme", change);
        office.work();
        assert_eq!(office.task(job, "mail"), stands, "{what}");
        assert!(office.sent(job).is_empty(), "{what}");
        office.tick("acme/bob", "payroll", true);
        office.work();
        assert_eq!(office.sent(job), ["mail → bob@acme.example"], "{what}");
        assert_eq!(office.job(job), "completed", "{what}");
    }
}

#[test]
fn r35_whoever_opted_out_of_news_still_gets_what_the_service_needs() {
    let (office, job) = written(LETTER);
    office.change("acme", |acme| acme.contacts[0].crm_opt_out = true);
    office.work();
    assert_eq!(office.sent(job), ["mail → ann@acme.example"]);
    assert_eq!(changed(&office, job), 0);
}

#[test]
fn r35_somebody_else_of_the_rule_gets_the_letter_of_one_who_left() {
    let (office, job) = written(LETTER);
    office.change("acme", |acme| acme.contacts[0].active = false);
    office.tick("acme/bob", "payroll", true);
    office.work();
    assert_eq!(office.sent(job), ["mail → bob@acme.example"]);
}

#[test]
fn r35_one_of_several_who_left_costs_the_others_nothing() {
    let (office, job) = {
        let office = Office::with(&PEOPLE.replace("bob@acme.example }", "bob@acme.example, roles: [payroll] }"));
        office.publish(
            &format!(
                "format: 1\nid: it\nname: It\ntasks:\n  - {LETTER}\ntemplates: {{ t: {{ subject: S, body: B }} }}\n"
            ),
            Existing::Keep,
        );
        let job = office.start("it", "acme");
        (office, job)
    };
    office.change("acme", |acme| acme.contacts[0].active = false);
    office.work();
    assert_eq!(office.sent(job), ["mail → bob@acme.example"]);
    assert_eq!(office.job(job), "completed");
}

#[test]
fn r35_copies_go_to_whom_they_are_for_now_and_name_the_recipient_as_they_are_now() {
    let (office, job) =
        written("{ id: mail, type: email, recipient: { role: payroll }, cc: { role: copy }, template: t }");
    office.change("acme", |acme| acme.contacts[2].email = Some("cy.right@acme.example".into()));
    office.work();
    assert_eq!(office.sent(job), ["mail → ann@acme.example", "mail → cy.right@acme.example"]);
    let open = |letter: &jobwright_core::event::Letter| {
        letter.cc.iter().filter_map(|one| one.address.clone()).collect::<Vec<_>>()
    };
    let letters = office.look(job).events.into_iter().filter_map(|one| match one.event {
        Event::LetterWritten { letter, .. } => Some(letter),
        _ => None,
    });
    let last_to_ann = letters.filter(|one| one.to.id.as_str() == "ann").last().expect("a letter");
    assert_eq!(open(&last_to_ann), ["cy.right@acme.example"], "the open copy is named as it is now");

    let (office, job) =
        written("{ id: mail, type: email, recipient: { role: payroll }, cc: { role: copy }, template: t }");
    office.change("acme", |acme| acme.contacts[2].active = false);
    office.work();
    assert_eq!(office.sent(job), ["mail → ann@acme.example"], "a copy that cannot be sent holds nothing up");
    assert_eq!(office.job(job), "completed");
    assert!(office.letter(job, "mail").cc.is_empty(), "nobody is named who gets nothing");
}

#[test]
fn r35_a_request_is_asked_of_the_right_one_before_anybody_was_asked() {
    let request = "{ id: ask, type: form, recipient: { role: payroll }, template: t, \
                   fields: [{ id: day, label: Day, type: string }] }";
    let (office, job) = written(request);
    office.tick("acme/ann", "payroll", false);
    office.tick("acme/bob", "payroll", true);
    office.work();
    assert_eq!(office.sent(job), ["ask → bob@acme.example"]);
    assert_eq!(office.asked(job, "ask"), ["bob"]);
    // Once asked, whoever was asked stays asked.
    office.tick("acme/bob", "payroll", false);
    office.tick("acme/ann", "payroll", true);
    office.work();
    assert_eq!(office.asked(job, "ask"), ["bob"]);
    assert_eq!(office.tries(), 2);
}

#[test]
fn r35_a_notice_of_trouble_goes_to_whoever_is_to_be_told_now() {
    let task = "{ id: mail, type: email, recipient: { role: nobody }, template: t, \
                on_uncompletable: { notify: { staff: primary } } }";
    let office = Office::with(&PEOPLE.replace("copy: Copy", "copy: Copy, nobody: Nobody"));
    office.publish(
        &format!("format: 1\nid: it\nname: It\ntasks:\n  - {task}\ntemplates: {{ t: {{ subject: S, body: B }} }}\n"),
        Existing::Keep,
    );
    let job = office.start("it", "acme");
    let mut pat = directory::staff(&office.engine().reader()).unwrap().value.remove(0);
    pat.email = Some("pat.right@practice.example".into());
    office.engine().put_staff(&pat, &Attribution::engine("test")).expect("kept");
    office.work();
    assert_eq!(office.sent(job), ["mail → pat.right@practice.example"]);

    let job = office.start("it", "acme");
    office.change("acme", |acme| acme.staff.primary = Some("kim".parse().unwrap()));
    office.work();
    assert_eq!(office.sent(job), ["mail → kim@practice.example"]);
}

#[test]
fn r35_the_look_outlives_the_process_and_happens_once() {
    let (mut office, job) = written(LETTER);
    office.change("acme", |acme| acme.contacts[0].email = Some("ann.right@acme.example".into()));
    office.restart();
    office.work();
    office.restart();
    office.work();
    assert_eq!(office.sent(job), ["mail → ann.right@acme.example"]);
    assert_eq!(changed(&office, job), 1);
}

#[test]
fn r35_through_the_program_the_file_of_the_letter_has_the_new_address_and_the_timeline_says_why() {
    let practice = Practice::with_people(TO_FILES);
    practice.write(
        "one.job.yaml",
        "format: 1\nid: one\nname: One\ntasks:\n  - { id: mail, type: email, recipient: { role: payroll }, template: t }\n\
         templates: { t: { subject: Figures, body: \"Dear {{ recipient.first_name }}\" } }\n",
    );
    practice.done(["publish", "one.job.yaml"]);
    let started = practice.json(&["start", "one", "--client", "birchwood"]);
    let job = started["job"].as_str().expect("a job").to_owned();
    practice.done(["contact", "set", "birchwood/ann", "email=ann.right@birchwood.example"]);
    practice.done(["contact", "set", "birchwood/ann", "portal=active"]);
    practice.done(["work"]);
    let letters: Vec<String> = std::fs::read_dir(practice.folder().join("letters"))
        .expect("letters")
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text"))
        .collect();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("<ann.right@birchwood.example>"), "{}", letters[0]);
    let shown = practice.done(["show", &job]);
    assert!(shown.contains("is Ann Sykes <ann.right@birchwood.example> now; the letter is written again"), "{shown}");
    let told = practice.json(&["show", &job]);
    let kinds: Vec<&str> = told["events"].as_array().unwrap().iter().filter_map(|one| one["kind"].as_str()).collect();
    assert!(kinds.contains(&"recipient_changed"), "{kinds:?}");
}
