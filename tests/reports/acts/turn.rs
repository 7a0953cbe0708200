//! Closing a task: in its turn, out of it, by override, for somebody else, without what may be left out.

use super::{at_work, events, refused, states, task};

/// A payroll in small, with every kind of task that somebody might close too early.
const EARLY: &str = r#"format: 1
id: early
name: Early
tasks:
  - { id: first, type: manual, assign: { staff: primary }, outputs: { amount: { type: int }, doc: { type: document } } }
  - { id: appr, type: approval, depends_on: [first], recipient: primary_contact, outcomes: [approved, rejected] }
  - { id: sign, type: signature, depends_on: [appr], document: { expr: "tasks.first.outputs.doc" }, signers: [{ id: c, recipient: primary_contact }] }
  - { id: letter, type: email, depends_on: [sign], template: l }
  - { id: file, type: manual, depends_on: [letter], assign: { staff: primary }, outputs: { receipt: { type: string } } }
  - { id: dated, type: manual, start: "2099-06-01", assign: { staff: primary } }
templates: { l: { subject: S, body: "Receipt" } }
"#;

#[test]
fn r25_nothing_is_completed_before_its_turn_and_the_refusal_names_what_it_waits_for() {
    let (practice, job) = at_work(EARLY);
    let complete = |task: &str| refused(&practice, &["complete", &job, task, "--as", "pat"]);
    let said = complete("file");
    assert!(said.contains("task `file` waits for `letter` (waiting)") && said.contains("--out-of-turn"), "{said}");
    assert!(complete("appr").contains("waits for `first` (active)"));
    assert!(complete("letter").contains("waits for `sign` (waiting)"));
    assert!(complete("dated").contains("waits for its start on 2099-06-01"));
    for (verb, more) in [("approve", &["--outcome", "approved"][..]), ("sign", &["--signer", "c"])] {
        let task = if verb == "approve" { "appr" } else { "sign" };
        let said = refused(&practice, &[&[verb, &job, task, "--as", "contact:ann"], more].concat());
        assert!(said.contains("waits for"), "{said}");
    }
    assert_eq!(
        states(&practice, &job),
        "first active, appr waiting, sign waiting, letter waiting, file waiting, dated waiting"
    );
}

#[test]
fn r25_an_approval_a_signature_and_a_letter_that_waits_are_not_completed_by_saying_so() {
    let (practice, job) = at_work(EARLY);
    practice.done(["complete", &job, "first", "--as", "pat", "--set", "amount=4", "--set", "doc=a.job.yaml"]);
    let complete = |task: &str| refused(&practice, &["complete", &job, task, "--as", "pat"]);
    assert!(complete("appr").contains("`approve` gives one"));
    practice.done(["approve", &job, "appr", "--as", "contact:ann"]);
    assert!(complete("sign").contains("done by its signatures and by nothing else"));
    for verb in [&["override"][..], &["complete", "--out-of-turn"]] {
        let said = refused(&practice, &[verb, &[&job, "sign", "--as", "pat", "--note", "so"]].concat());
        assert!(said.contains("by its signatures and by nothing else"), "{said}");
    }
    practice.done(["sign", &job, "sign", "--as", "contact:ann"]);
    let said = complete("letter");
    assert!(said.contains("is done when its letter to Ann Sykes is sent") && said.contains("`skip`"), "{said}");
    assert_eq!(task(&practice, &job, "letter")["state"], "active");
}

#[test]
fn r25_staff_complete_out_of_turn_with_a_note_and_what_follows_can_tell() {
    let (practice, job) = at_work(
        r#"format: 1
id: early
name: Early
tasks:
  - { id: first, type: manual, assign: { staff: primary } }
  - { id: file, type: manual, depends_on: [first], assign: { staff: primary }, outputs: { receipt: { type: string } } }
  - { id: check, type: manual, depends_on: [file], when: '(tasks.file.outcome ?? "none") == "out_of_turn"', assign: { staff: primary } }
  - { id: usual, type: manual, depends_on: [file], when: '(tasks.file.outcome ?? "none") != "out_of_turn"', assign: { staff: primary } }
"#,
    );
    let early = ["complete", &job, "file", "--out-of-turn", "--set", "receipt=R1"];
    assert!(refused(&practice, &[&early[..], &["--as", "pat"]].concat()).contains("say why with a note"));
    let by_ann = [&early[..], &["--as", "contact:ann", "--note", "so"]].concat();
    assert!(refused(&practice, &by_ann).contains("is for staff"));
    let said = practice.done([&early[..], &["--as", "pat", "--note", "filed by hand"]].concat());
    assert!(said.contains("completed out of turn by staff pat: receipt R1 - \"filed by hand\""), "{said}");
    assert!(practice.done(["show", &job]).contains("completed out of turn by staff pat"));
    let shown = task(&practice, &job, "file");
    assert_eq!((shown["outcome"].as_str(), shown["forced"].as_str()), (Some("out_of_turn"), Some("out_of_turn")));
    assert_eq!(events(&practice, &job, "task_done_out_of_turn")[0]["note"], "filed by hand");
    assert_eq!(states(&practice, &job), "first active, file completed, check active, usual skipped");
}

/// A form, a letter that reads it, and an approval.
const FORM: &str = r#"format: 1
id: form
name: Form
tasks:
  - { id: ask, type: form, recipient: primary_contact, fields: [{ id: day, label: Day, type: string }, { id: staff, label: Staff, type: int }] }
  - { id: tell, type: email, depends_on: [ask], template: l }
  - { id: appr, type: approval, depends_on: [ask], recipient: primary_contact, outcomes: [approved, rejected] }
  - { id: pay, type: manual, depends_on: [appr], when: 'tasks.appr.outcome == "approved"', assign: { staff: primary } }
templates: { l: { subject: S, body: "On {{ tasks.ask.outputs.day }}" } }
"#;

#[test]
fn r26_a_form_with_answers_missing_is_closed_with_a_note_and_what_follows_is_no_dead_end() {
    let (practice, job) = at_work(FORM);
    let said = refused(&practice, &["complete", &job, "ask", "--as", "pat"]);
    assert!(said.contains("still needs `day` `staff`") && said.contains("`override`"), "{said}");
    assert!(refused(&practice, &["override", &job, "ask", "--as", "pat"]).contains("say why with a note"));
    let close = ["override", &job, "ask", "--as", "pat", "--set", "staff=4", "--note", "told by telephone"];
    let said = practice.done(close);
    assert!(said.contains("overridden by staff pat: staff 4, without day - \"told by telephone\""), "{said}");
    assert!(said.contains("`day` was not given: `tell` may read it") && said.contains("amend"), "{said}");
    let shown = task(&practice, &job, "ask");
    assert_eq!((shown["outcome"].as_str(), shown["missing"][0].as_str()), (Some("overridden"), Some("day")));
    assert_eq!(task(&practice, &job, "tell")["state"], "uncompletable");
    let said = practice.done(["amend", &job, "ask", "day", "Monday", "--as", "pat", "--note", "she rang again"]);
    assert!(said.contains("day amended by staff pat: Monday, was not given"), "{said}");
    assert!(task(&practice, &job, "ask")["missing"].as_array().unwrap().is_empty());
    practice.done(["contact", "set", "acme/ann", "position=HR"]);
    practice.done(["work"]);
    assert_eq!(task(&practice, &job, "tell")["state"], "completed");
}

#[test]
fn r26_an_approval_is_overridden_with_an_outcome_that_what_follows_can_tell() {
    for (given, outcome, pay) in
        [(&[][..], "overridden", "skipped"), (&["--outcome", "approved"], "approved", "active")]
    {
        let (practice, job) = at_work(FORM);
        practice.done(["answer", &job, "ask", "day", "--as", "contact:ann", "--value", "Monday"]);
        practice.done(["answer", &job, "ask", "staff", "--as", "contact:ann", "--value", "4"]);
        practice.done([&["override", &job, "appr", "--as", "pat", "--note", "Ann is ill"], given].concat());
        let shown = task(&practice, &job, "appr");
        assert_eq!((shown["outcome"].as_str(), shown["forced"].as_str()), (Some(outcome), Some("overridden")));
        assert_eq!(task(&practice, &job, "pay")["state"], pay);
        assert!(practice.done(["show", &job]).contains("overridden by staff pat"));
    }
}

#[test]
fn r12_staff_enter_what_a_client_said_and_it_says_so_everywhere_but_never_a_signature() {
    let (practice, job) = at_work(FORM);
    let said = refused(&practice, &["answer", &job, "ask", "day", "--as", "pat", "--value", "Monday"]);
    assert!(said.contains("--for contact:ann"), "{said}");
    let by_kim = ["--as", "kim", "--for", "contact:ann"];
    let said = practice.done([&["answer", &job, "ask", "day", "--value", "Monday"][..], &by_kim].concat());
    assert!(said.contains("day: Monday (Ann Sykes, entered by Kim Ode)"), "{said}");
    practice.done([&["answer", &job, "ask", "staff", "--value", "4"][..], &by_kim].concat());
    let shown = practice.done(["show", &job]);
    assert!(shown.contains("by Ann Sykes, entered by Kim Ode"), "{shown}");
    let by = events(&practice, &job, "item_answered")[0]["by"].clone();
    assert_eq!((by["id"].as_str(), by["entered_by_staff"].as_str()), (Some("ann"), Some("kim")));
    // Typed by whoever owns the folder, it says who that is.
    let said = practice.done(["approve", &job, "appr", "--as", "contact:ann"]);
    assert!(said.contains("Ann Sykes, entered by Pat Quill"), "{said}");
    assert!(
        refused(&practice, &["answer", &job, "ask", "day", "--as", "kim", "--for", "bob", "--value", "Friday"])
            .contains("is completed")
    );
    let said = practice.run(["sign", &job, "ask", "--as", "kim", "--for", "contact:ann"]);
    assert_eq!(said.code, Some(2), "a signature has no --for: {said:#?}");
}

#[test]
fn r36_what_may_be_left_out_holds_no_request_up_and_may_still_come() {
    let (practice, job) = at_work(
        r#"format: 1
id: papers
name: Papers
tasks:
  - { id: ask, type: form, recipient: primary_contact, fields: [{ id: day, label: Day, type: string }, { id: more, label: More, type: string, required: false }] }
  - { id: next, type: manual, depends_on: [ask], assign: { staff: primary } }
"#,
    );
    practice.done(["answer", &job, "ask", "day", "--as", "contact:ann", "--value", "Monday"]);
    assert_eq!(states(&practice, &job), "ask completed, next active");
    practice.done(["answer", &job, "ask", "more", "--as", "contact:ann", "--value", "and bring cake"]);
    assert_eq!(task(&practice, &job, "ask")["answers"]["more"]["answer"], "and bring cake");
    let said = refused(&practice, &["answer", &job, "ask", "day", "--as", "contact:ann", "--value", "Friday"]);
    assert!(said.contains("is completed") && said.contains("amend"), "{said}");
}
