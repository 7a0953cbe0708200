//! Selectors and checks: asked inside the turn, without a runtime.
//!
//! Owns: that they read what is granted, answer in time, and do nothing else.

use crate::{
    guests::Guest,
    world::{Practice, Table, call_of, inquiry},
};
use jobwright_core::value::Value;
use jobwright_plugin::{Offered, Plugins};
use serde_json::json;

fn select(guest: &Guest) -> String {
    let practice = Practice::new();
    practice.add(guest);
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    let settings = Value::map::<String>([]);
    let ask = || shelf.select(&inquiry("test.select"), &settings, &Table::default());
    let answer = ask();
    assert_eq!(answer, ask(), "the same question has the same answer");
    answer.map_or_else(
        |failure| failure.to_string(),
        |choices| choices.iter().map(|choice| format!("{} because {}", choice.id, choice.because)).collect(),
    )
}

#[test]
fn a_selector_chooses_and_says_why() {
    assert_eq!(select(&Guest::selector("(call $choice (str `ada`) (str `she signs`))")), "ada because she signs");
}

#[test]
fn a_selector_reads_what_it_is_granted() {
    // The contacts as JSON are its reason, so that the test sees them.
    let guest = Guest::selector(
        "(call $contacts (call $list (str `id`)) (i32.const 1) (i32.const 2048))
         (if (result i32) (i32.load8_u (i32.const 2048))
           (then (call $nope (i32.load (i32.const 2056)) (i32.load (i32.const 2060))))
           (else (call $choice (str `ada`) (i32.load (i32.const 2052)) (i32.load (i32.const 2056)))))",
    );
    assert_eq!(
        select(&guest.clone().with("/capabilities", json!({ "read": ["contacts.id"] }))),
        "ada because [{\"id\":\"ada\"}]"
    );
    let failure = select(&guest.with("/capabilities", json!({ "read": ["contacts.email"] })));
    assert!(
        failure.starts_with("plugin `test` is not granted `contacts.id`: add `read = [\"contacts.id\"]`"),
        "{failure}"
    );
}

#[test]
fn a_selector_that_does_not_end_is_stopped_soon() {
    let failure = select(&Guest::selector("(loop $on (br $on)) unreachable"));
    assert!(failure.starts_with("plugin `test` used up its 50 ms of computing"), "{failure}");
}

#[test]
fn a_selector_keeps_no_checkpoints() {
    let guest = Guest::selector(
        "(call $checkpoint (str `a`) (str `1`) (i32.const 2048))
         (call $nope (i32.load (i32.const 2052)) (i32.load (i32.const 2056)))",
    );
    assert_eq!(select(&guest), "only a task keeps checkpoints (nope)");
}

#[test]
fn a_selector_draws_the_same_lots_each_time() {
    // Two calls with other bytes would not give the same answer.
    let guest = Guest::selector(
        "(call $random (str `lot`) (i32.const 1) (i32.const 2048))
         (i32.store8 (i32.const 3000) (i32.add (i32.const 65) (i32.and (i32.load8_u (i32.load (i32.const 2048))) (i32.const 15))))
         (call $choice (i32.const 3000) (i32.const 1) (str `by lot`))",
    );
    assert!(select(&guest).ends_with(" because by lot"));
}

#[test]
fn a_check_says_what_is_wrong() {
    let practice = Practice::new();
    practice.add(&Guest::check(
        "(i32.store (i32.const 1160) (local.get 2)) (i32.store (i32.const 1164) (local.get 3))
         (call $clear) (i32.store (i32.const 1032) (i32.const 1160)) (i32.store (i32.const 1036) (i32.const 1))
         (i32.const 1024)",
    ));
    let shelf = practice.open();
    // The guest gives the value back as its finding.
    let examined = shelf.check(&inquiry("test.check"), &Value::Int(12)).expect("examined");
    assert_eq!(examined.findings, ["12"]);
    assert_eq!(shelf.offer("test.check").map(|offer| offer.kind), Some(Offered::Check));
    let missing = shelf.check(&inquiry("test.other"), &Value::Int(12)).expect_err("missing");
    assert_eq!(missing.code, "plugin-missing");
}

#[test]
fn settings_are_checked_by_schema_and_then_by_the_plugin() {
    let practice = Practice::new();
    practice.add(&Guest::good().with("/tasks/0/settings", json!({ "type": "object", "required": ["year"] })));
    let shelf = practice.open();
    let check = |settings: Value| shelf.check_settings("test.task", &settings).map(|found| found.len());
    assert_eq!(check(Value::map([("year", Value::Int(2026))])), Ok(0));
    assert_eq!(check(Value::map::<String>([])), Ok(1));
}

#[test]
fn a_selector_can_be_asked_from_within_a_runtime() {
    let practice = Practice::new();
    practice.add(&Guest::selector("(call $choice (str `ada`) (str `x`))"));
    let digest = practice.add(&Guest::good().named("other"));
    let shelf = practice.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let chosen = shelf.select(&inquiry("test.select"), &Value::map::<String>([]), &Table::default());
        assert_eq!(chosen.map(|choices| choices.len()), Ok(1));
        let desk = std::sync::Arc::new(Table::default());
        shelf.clone().call(call_of(digest, "other.task"), desk).await;
    });
}
