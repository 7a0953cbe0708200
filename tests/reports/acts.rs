//! Acts out of turn, and going back: r12, r25, r26, r28, r29, r33, r36.
//!
//! Owns: each through the program, or through an engine where time must pass. The tables of every kind of work and every
//! state stand in the core, under `job/tests`.

mod back;
mod turn;

use crate::support::practice::{Practice, TO_FILES};

/// Two of the staff, and a client with two contacts.
pub(super) const PEOPLE: &str = "\
roles: { payroll: Payroll contact, director: Director }
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example }
  - { id: kim, name: Kim Ode, email: kim@larkfield.example }
clients:
  - id: acme
    name: Acme Foundry
    staff: { primary: pat }
    contacts:
      - { id: ann, name: Ann Sykes, email: ann@acme.example, roles: [payroll] }
      - { id: bob, name: Bob Cole, email: bob@acme.example, roles: [director] }
";

/// A practice with these people and this definition, and a job of it.
pub(super) fn at_work(definition: &str) -> (Practice, String) {
    let practice = Practice::empty(TO_FILES);
    practice.write("people.yaml", PEOPLE);
    practice.done(["import", "people.yaml"]);
    practice.write("a.job.yaml", definition);
    practice.done(["publish", "a.job.yaml"]);
    let id = definition.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id");
    practice.done(["start", id, "--client", "acme"]);
    (practice, format!("{id}/acme"))
}

/// What was refused, in its words.
#[track_caller]
pub(super) fn refused(practice: &Practice, arguments: &[&str]) -> String {
    let said = practice.run(arguments);
    assert_eq!(said.code, Some(1), "{said:#?}");
    said.errors
}

/// A task of a job, as machines read it.
pub(super) fn task(practice: &Practice, job: &str, task: &str) -> serde_json::Value {
    let shown = practice.json(&["show", job]);
    let tasks = shown["tasks"].as_array().expect("tasks").clone();
    tasks.into_iter().find(|one| one["id"] == task).unwrap_or_else(|| panic!("{task} in {shown:#}"))
}

/// Where each task stands.
pub(super) fn states(practice: &Practice, job: &str) -> String {
    let shown = practice.json(&["show", job]);
    let one =
        |task: &serde_json::Value| format!("{} {}", task["id"].as_str().unwrap(), task["state"].as_str().unwrap());
    shown["tasks"].as_array().expect("tasks").iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The events of a kind.
pub(super) fn events(practice: &Practice, job: &str, kind: &str) -> Vec<serde_json::Value> {
    let shown = practice.json(&["show", job]);
    shown["events"].as_array().expect("events").iter().filter(|event| event["kind"] == kind).cloned().collect()
}
