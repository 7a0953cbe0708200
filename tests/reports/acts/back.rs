//! Going back: reopening, correcting, taking a cancellation back.

use super::{at_work, events, refused, states, task};

/// Two approvals side by side, and a letter that only reads what was prepared.
const PARALLEL: &str = r#"format: 1
id: parallel
name: Two approvals side by side
tasks:
  - { id: prepare, type: manual, assign: { staff: primary }, outputs: { net: { type: int }, doc: { type: document } } }
  - { id: manager_ok, type: approval, depends_on: [prepare], assign: { staff: primary }, outcomes: [approved, rejected] }
  - id: client_ok
    type: approval
    depends_on: [prepare]
    recipient: primary_contact
    outcomes: [approved, rejected]
    on_outcome: { rejected: { reopen: prepare, limit: 1 } }
  - { id: sign, type: signature, depends_on: [prepare], document: { expr: "tasks.prepare.outputs.doc" }, signers: [{ id: d, recipient: { role: director, pick: all } }] }
  - { id: post, type: manual, start: tasks.prepare.completed, assign: { staff: primary } }
  - { id: note, type: email, depends_on: [prepare], when: "tasks.prepare.outputs.net > 0", template: l }
  - { id: pay, type: manual, depends_on: [manager_ok, client_ok], assign: { staff: primary } }
templates: { l: { subject: S, body: "Net {{ tasks.prepare.outputs.net }}" } }
"#;

fn at_the_client() -> (crate::support::practice::Practice, String) {
    let (practice, job) = at_work(PARALLEL);
    practice.done(["complete", &job, "prepare", "--as", "pat", "--set", "net=100", "--set", "doc=a.job.yaml"]);
    practice.done(["approve", &job, "manager_ok", "--as", "pat"]);
    practice.done(["sign", &job, "sign", "--as", "contact:bob"]);
    practice.done(["complete", &job, "post", "--as", "pat"]);
    assert_eq!(task(&practice, &job, "manager_ok")["state"], "completed");
    (practice, job)
}

const ALL_BACK: &str = "prepare active, manager_ok waiting, client_ok waiting, sign waiting, post waiting, note waiting, \
                        pay waiting";

#[test]
fn r28_everything_built_on_what_an_outcome_reopens_goes_back_with_it() {
    let (practice, job) = at_the_client();
    let said = practice.done(["approve", &job, "client_ok", "--as", "contact:ann", "--outcome", "rejected"]);
    assert!(said.contains("the signature of Bob Cole, entered by Pat Quill as d is void"), "{said}");
    assert_eq!(states(&practice, &job), ALL_BACK);
    let said = refused(&practice, &["complete", &job, "post", "--as", "pat"]);
    assert!(said.contains("task `post` waits for"), "{said}");
    practice.done(["complete", &job, "prepare", "--as", "pat", "--set", "net=900", "--set", "doc=a.job.yaml"]);
    practice.done(["approve", &job, "client_ok", "--as", "contact:ann"]);
    assert_eq!(task(&practice, &job, "pay")["state"], "waiting", "the manager has not seen the new figure");
}

#[test]
fn r33_staff_reopen_a_task_as_an_outcome_does_with_a_note() {
    let (practice, job) = at_the_client();
    assert!(refused(&practice, &["reopen", &job, "prepare", "--as", "pat"]).contains("say why with a note"));
    assert!(
        refused(&practice, &["reopen", &job, "prepare", "--as", "contact:ann", "--note", "so"])
            .contains("is for staff")
    );
    let seen = practice.done(["reopen", &job, "prepare", "--dry-run"]);
    assert!(seen.contains("done once more: prepare, manager_ok, client_ok, sign, post, note"), "{seen}");
    let said = practice.done(["reopen", &job, "prepare", "--as", "pat", "--note", "the van is missing"]);
    assert!(said.contains("reopened by staff pat") && said.contains("the van is missing"), "{said}");
    assert_eq!(states(&practice, &job), ALL_BACK);
    assert_eq!(events(&practice, &job, "signature_voided").len(), 1);
    assert!(practice.done(["show", &job]).contains("the signature of Bob Cole"));
    // What was given is offered again.
    let before = task(&practice, &job, "prepare");
    assert_eq!(before["previous"]["outputs"]["net"], 100);
    practice.done(["complete", &job, "prepare", "--as", "pat", "--previous"]);
    assert_eq!(task(&practice, &job, "prepare")["outputs"]["net"], 100);
    practice.done(["verify"]);
}

#[test]
fn r28_letters_that_wait_are_dropped_and_never_leave() {
    let (practice, job) = at_the_client();
    let waiting = events(&practice, &job, "letter_written").len();
    practice.done(["reopen", &job, "prepare", "--as", "pat", "--note", "the van is missing"]);
    let dropped = events(&practice, &job, "letter_dropped").len();
    assert!(dropped > 0 && dropped <= waiting);
    practice.done(["work"]);
    assert!(events(&practice, &job, "letter_sent").is_empty());
}

#[test]
fn r29_the_decision_at_the_limit_is_recorded_then_the_task_fails_and_its_letter_stays() {
    let (practice, job) = at_work(PARALLEL);
    let reject = |note: &str| {
        practice.done(["complete", &job, "prepare", "--as", "pat", "--set", "net=100", "--set", "doc=a.job.yaml"]);
        let reject = ["approve", &job, "client_ok", "--as", "contact:ann", "--outcome", "rejected", "--note", note];
        practice.done(reject)
    };
    reject("van missing");
    let said = reject("still missing");
    assert!(said.contains("rejected by Ann Sykes, entered by Pat Quill - \"still missing\""), "{said}");
    let shown = task(&practice, &job, "client_ok");
    assert_eq!((shown["state"].as_str(), shown["outcome"].as_str()), (Some("failed"), Some("rejected")));
    assert_eq!(events(&practice, &job, "reopen_limit_reached")[0]["note"], "still missing");
    practice.done(["work"]);
    let asked = events(&practice, &job, "letter_written");
    let asked = asked.iter().filter(|event| event["task"] == "client_ok").map(|event| event["seq"].as_u64().unwrap());
    let sent = events(&practice, &job, "letter_sent");
    for seq in asked {
        let is_it = |event: &serde_json::Value| event["effect"].as_str().unwrap().contains(&format!("-{seq}-"));
        assert!(!sent.iter().any(is_it), "a dropped letter left");
    }
    // A person decides: asked again, with a letter.
    practice.done(["retry", &job, "client_ok", "--as", "pat"]);
    assert_eq!(task(&practice, &job, "client_ok")["state"], "awaiting_client");
    practice.done(["work"]);
    let to_ann = events(&practice, &job, "letter_sent").len();
    assert!(to_ann > sent.len(), "who is asked again is written to again");
}

#[test]
fn r29_on_limit_continue_goes_on_with_the_outcome() {
    let definition = PARALLEL.replace("limit: 1 }", "limit: 1, on_limit: continue }");
    let (practice, job) = at_work(&definition);
    for _ in 0..2 {
        practice.done(["complete", &job, "prepare", "--as", "pat", "--set", "net=100", "--set", "doc=a.job.yaml"]);
        practice.done(["approve", &job, "client_ok", "--as", "contact:ann", "--outcome", "rejected"]);
    }
    let shown = task(&practice, &job, "client_ok");
    assert_eq!((shown["state"].as_str(), shown["outcome"].as_str()), (Some("completed"), Some("rejected")));
}

/// A form of three fields, and what is built on it.
const FORM: &str = r##"format: 1
id: form
name: Form
tasks:
  - { id: ask, type: form, recipient: primary_contact, fields: [{ id: a, label: A, type: int }, { id: b, label: B, type: int }, { id: c, label: C, type: int }] }
  - { id: sum, type: script, depends_on: [ask], source: "#{ total: tasks.ask.outputs.a + tasks.ask.outputs.b }", outputs: { total: { type: int } } }
  - { id: tell, type: email, depends_on: [sum], template: l }
  - { id: last, type: manual, depends_on: [tell], assign: { staff: primary } }
templates: { l: { subject: S, body: "Total {{ tasks.sum.outputs.total }}" } }
"##;

fn answered() -> (crate::support::practice::Practice, String) {
    let (practice, job) = at_work(FORM);
    for (item, value) in [("a", "1"), ("b", "2"), ("c", "3")] {
        practice.done(["answer", &job, "ask", item, "--as", "contact:ann", "--value", value]);
    }
    practice.done(["work"]);
    assert_eq!(states(&practice, &job), "ask completed, sum completed, tell completed, last active");
    (practice, job)
}

#[test]
fn r33_one_wrong_digit_is_answered_again_and_the_rest_is_confirmed() {
    let (practice, job) = answered();
    let said = practice.done(["reopen", &job, "ask", "--as", "pat", "--note", "b was wrong"]);
    assert!(said.contains("tell: a letter has gone to Ann Sykes, and stays so"), "{said}");
    let shown = practice.done(["show", &job]);
    assert!(shown.contains("offered again by --previous: a 1, b 2, c 3"), "{shown}");
    practice.done(["answer", &job, "ask", "b", "--as", "contact:ann", "--value", "20"]);
    practice.done(["answer", &job, "ask", "--previous", "--as", "contact:ann"]);
    practice.done(["work"]);
    assert_eq!(task(&practice, &job, "sum")["outputs"]["total"], 21);
    assert_eq!(states(&practice, &job), "ask completed, sum completed, tell completed, last active");
}

#[test]
fn r33_an_answer_is_amended_with_both_kept_and_what_was_built_on_it_named() {
    let (practice, job) = answered();
    let amend = ["amend", &job, "ask", "b", "20"];
    assert!(refused(&practice, &[&amend[..], &["--as", "pat"]].concat()).contains("say why with a note"));
    assert!(
        refused(&practice, &[&amend[..], &["--as", "contact:ann", "--note", "so"]].concat()).contains("is for staff")
    );
    let said = practice.done([&amend[..], &["--as", "pat", "--note", "a slip"]].concat());
    assert!(said.contains("b amended by staff pat: 20, was 2; built on it: sum, tell, last"), "{said}");
    assert!(said.contains("tell: a letter has gone to Ann Sykes, and stays so"), "{said}");
    let event = events(&practice, &job, "answer_amended")[0].clone();
    assert_eq!((event["before"].as_i64(), event["after"].as_i64()), (Some(2), Some(20)));
    assert_eq!(task(&practice, &job, "ask")["answers"]["b"]["answer"], 20);
    assert!(practice.done(["show", &job]).contains("ask: b is 20, was 2"));
    practice.done(["reopen", &job, "sum", "--as", "pat", "--note", "with the right b"]);
    assert_eq!(task(&practice, &job, "sum")["outputs"]["total"], 21);
}

#[test]
fn r33_an_output_that_staff_gave_is_amended_also_after_the_job_has_completed() {
    let (practice, job) = at_work(
        "format: 1\nid: one\nname: One\ntasks:\n  - { id: do, type: manual, assign: { staff: primary }, outputs: { net: { type: int } } }\n",
    );
    practice.done(["complete", &job, "do", "--as", "pat", "--set", "net=4"]);
    assert_eq!(practice.json(&["show", &job])["state"], "completed");
    practice.done(["amend", &job, "do", "net", "5", "--as", "pat", "--note", "a slip"]);
    assert_eq!(task(&practice, &job, "do")["outputs"]["net"], 5);
    practice.done(["reopen", &job, "do", "--as", "pat", "--note", "once more"]);
    assert_eq!(practice.json(&["show", &job])["state"], "open");
    practice.done(["complete", &job, "do", "--as", "pat", "--previous"]);
    assert_eq!(task(&practice, &job, "do")["outputs"]["net"], 5);
    practice.done(["verify"]);
}

#[test]
fn r33_a_cancellation_is_taken_back_while_nothing_has_left() {
    let (practice, job) = at_work(FORM);
    let said = practice.done(["cancel", &job, "--as", "pat", "--note", "client withdrew"]);
    assert!(said.contains("uncancel"), "{said}");
    assert!(refused(&practice, &["uncancel", &job, "--as", "pat"]).contains("say why with a note"));
    practice.done(["uncancel", &job, "--as", "pat", "--note", "the wrong client"]);
    assert_eq!(states(&practice, &job), "ask awaiting_client, sum waiting, tell waiting, last waiting");
    practice.done(["work"]);
    assert_eq!(events(&practice, &job, "letter_sent").len(), 1, "the letter that was dropped is written again");
    practice.done(["verify"]);
    assert!(refused(&practice, &["uncancel", &job, "--as", "pat", "--note", "so"]).contains("is not cancelled"));
}
