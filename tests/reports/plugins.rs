//! Components, their grants, secrets and bounds, through the program.
//!
//! Owns: guests that are small enough to be compiled in a debug build, taken in by a practice. What a component may do to
//! its host is the business of `plugins/component`.

mod cache;
mod grants;
// Written for the tests of the host, which need more kinds of guests.
#[allow(dead_code)]
#[path = "../../plugins/component/tests/suite/guests.rs"]
mod guests;
mod terminal;
mod values;

use serde_json::{Value as Json, json};

use crate::support::practice::{Practice, TO_FILES};
use guests::Guest;

/// A practice with people, and a file of this component in its folder.
fn with(guest: &Guest) -> Practice {
    let practice = Practice::with_people(TO_FILES);
    practice.write("test.wasm", guest.plugin());
    practice
}

/// The same, taken in with all that it asks for, and with a job of one task of it.
fn at_work(guest: &Guest, retry: &str) -> Practice {
    let practice = with(guest);
    practice.done(["plugin", "add", "test.wasm", "--grant", "all"]);
    let job = format!("format: 1\nid: one\nname: One\ntasks:\n  - {{ id: a, name: A, type: test.task{retry} }}\n");
    practice.write("one.job.yaml", job);
    practice.done(["publish", "one.job.yaml"]);
    practice.done(["start", "one", "--client", "birchwood"]);
    practice
}

/// A task that gives these outputs of this schema.
fn giving(outputs: &str, schema: &Json) -> Guest {
    Guest::task(&format!("(call $done (str `{outputs}`))")).with("/tasks/0/outputs", schema.clone())
}

/// A task that is done.
fn good() -> Guest {
    giving(r#"{"ok":true}"#, &json!({ "type": "object", "properties": { "ok": { "type": "boolean" } } }))
}

/// A task that is busy, and wants to be left alone for so many milliseconds.
fn busy(ms: i64) -> Guest {
    Guest::task(&format!(
        "(drop (call $fail (i32.const 1) (str `nope`) (str `not now`)))
         (i32.store8 (i32.const 1064) (i32.const 1)) (i64.store (i32.const 1072) (i64.const {ms})) (i32.const 1024)"
    ))
}

/// The outputs of the one task.
fn outputs(practice: &Practice) -> Json {
    let job = practice.json(&["show", "one/birchwood"]);
    let task = job["tasks"].as_array().and_then(|tasks| tasks.iter().find(|task| task["id"] == "a").cloned());
    task.map_or(json!(null), |task| task["outputs"].clone())
}
