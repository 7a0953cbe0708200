//! Every capability, granted and not.
//!
//! Owns: that nothing is reached without a grant, whatever else is granted, and that it is with one.

use crate::{
    guests::Guest,
    world::{Practice, Table, call_of, called, called_at, run, shown},
};
use jobwright_component::{Asked, Finding, LoadFault, SERVED, Sandbox, Trial, conformance};
use jobwright_core::value::Value;
use jobwright_plugin::{Desk, Level, Plugins, Purpose, Rehearsed};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// What a guest gives back as the outputs of a request.
const ASKS: &str = "(call $send (str `GET`) (str `https://127.0.0.1:1/`) (i32.const 0) (i32.const 0) (str ``)
     (i32.const 900) (i32.const 1) (i32.const 2048)) (call $answered)";

/// A capability: how a guest uses it, what it wishes for, and what it wishes for beside it.
#[derive(Clone)]
struct Row {
    uses: &'static str,
    grant: serde_json::Value,
    other: serde_json::Value,
    granted: &'static str,
    barred: &'static str,
}

fn rows() -> Vec<Row> {
    let read = |field: &str| json!({ "read": [field] });
    let row = |uses, field: &str, granted, barred| Row {
        uses,
        grant: read(field),
        other: read("client.else"),
        granted,
        barred,
    };
    vec![
        row("(call $client (call $list (str `name`)) (i32.const 1) (i32.const 2048)) (call $read)", "client.name", "done name: Ada & Co", "client.name"),
        // A list is no object, so whoever gives it as its outputs has read it.
        row("(call $contacts (call $list (str `id`)) (i32.const 1) (i32.const 2048)) (call $read)", "contacts.id", "permanent plugin-output", "contacts.id"),
        row("(call $staff (call $list (str `id`)) (i32.const 1) (i32.const 2048)) (call $read)", "staff.*", "permanent plugin-output", "staff.id"),
        row("(call $outputs (str `before`) (i32.const 2048)) (call $read)", "outputs", "done sum: 7", "outputs"),
        row("(call $document (str `d1`) (i64.const 3) (i32.const 2) (i32.const 2048)) (call $read)", "documents", "permanent plugin-output", "documents"),
        Row {
            uses: "(call $send (str `GET`) (str `https://127.0.0.1:1/`) (i32.const 0) (i32.const 0) (str ``) (i32.const 900)
                     (i32.const 1) (i32.const 2048)) (call $answered)",
            grant: json!({ "http": [{ "host": "127.0.0.1:1" }] }),
            other: json!({ "http": [{ "host": "127.0.0.1:2" }, { "host": "127.0.0.1:1", "methods": ["POST"] },
                { "host": "127.0.0.1:1", "paths": ["/a*"] }, { "host": "http://127.0.0.1:1" }] }),
            granted: "permanent nope: Connection refused",
            barred: "GET 127.0.0.1:1/",
        },
    ]
}

/// Every version of the contract that is served.
fn versions() -> Vec<&'static str> {
    let (series, newest) = SERVED;
    (0..=newest).map(|patch| &*format!("{series}.{patch}").leak()).collect()
}

#[test]
fn in_every_version_of_the_contract_nothing_is_reached_without_its_grant_and_it_is_with_it() {
    let rows = rows().into_iter().flat_map(|row| versions().into_iter().map(move |version| (version, row.clone())));
    for (version, Row { uses, grant, other, granted, barred }) in rows {
        let guest = Guest { version, ..Guest::task(uses) };
        let (with, _) = run(&guest.clone().with("/capabilities", grant));
        assert!(with.starts_with(granted), "{with}");
        let (without, called) = run(&guest.with("/capabilities", other));
        assert!(
            without.starts_with(&format!(
                "needs_person plugin-not-granted: plugin `test` is not granted `{barred}`: add `"
            )),
            "{without}"
        );
        assert_eq!(called.lines[0].message, format!("`{barred}` is not granted"));
    }
}

#[test]
fn in_every_version_of_the_contract_a_wish_that_is_not_granted_does_not_load() {
    for (version, Row { uses, grant, .. }) in
        rows().into_iter().flat_map(|row| versions().into_iter().map(move |version| (version, row.clone())))
    {
        let guest = Guest { version, ..Guest::task(uses) }.with("/capabilities", grant);
        let practice = Practice::sharing();
        practice.lock("test", &guest.plugin());
        let problems = practice.open().problems();
        assert!(problems[0].what.contains("not granted"), "{version}: {problems:?}");
    }
}

#[test]
fn a_dry_run_is_answered_by_whoever_rehearses_it_and_what_is_not_granted_is_not() {
    let answer = Rehearsed::Answer { status: 200, headers: vec![], body: b"{\"from\":\"nowhere\"}".to_vec() };
    let practice = Practice::sharing();
    let ended = |host: &str, net: Option<Rehearsed>| {
        let digest = practice.add(&Guest::task(ASKS).with("/capabilities", json!({ "http": [{ "host": host }] })));
        let call = jobwright_plugin::Call { dry_run: true, ..call_of(digest, "test.task") };
        shown(&called_at(&practice.open(), call, Arc::new(Table { net, ..Table::default() })))
    };
    assert_eq!(ended("127.0.0.1:1", Some(answer.clone())), "done from: nowhere");
    assert_eq!(ended("127.0.0.1:1", Some(Rehearsed::Unreachable("away".into()))), "permanent nope: away");
    assert_eq!(ended("127.0.0.1:1", None), "permanent nope: 7", "not sent");
    assert!(ended("127.0.0.1:2", Some(answer)).starts_with("needs_person plugin-not-granted"));
}

#[test]
fn a_secret_that_nobody_granted_is_unknown() {
    let guest = Guest::task(
        "(call $send (str `GET`) (str `https://127.0.0.1:1/`) (call $header (str `x`) (i32.const 1) (str `token`))
           (i32.const 1) (str ``) (i32.const 900) (i32.const 1) (i32.const 2048)) (call $answered)",
    );
    let (shown, _) = run(&guest.with("/capabilities", json!({ "http": [{ "host": "127.0.0.1:1" }] })));
    assert_eq!(shown, "permanent nope: token");
}

#[test]
fn a_task_is_found_polled_and_cancelled() {
    let practice = Practice::new();
    let guest = Guest { find: "(call $happened (str `{\"ref\":1}`))".into(), ..Guest::good() };
    let digest = practice.add(&guest);
    let shelf = practice.open();
    let ended = |purpose| shown(&called(&shelf, jobwright_plugin::Call { purpose, ..call_of(digest, "test.task") }));
    assert_eq!(ended(Purpose::Find), "done ref: 1");
    assert_eq!(ended(Purpose::Poll), "done ref: 1");
    assert_eq!(ended(Purpose::Cancel), "Cancelled");
    for (find, expected) in [
        ("(call $did-not-happen)", "DidNotHappen"),
        ("(call $unknown)", "Unknown(\"plugin `test` cannot tell what became of it\")"),
    ] {
        let digest = practice.add(&Guest { find: find.into(), ..Guest::good() });
        let call = jobwright_plugin::Call { purpose: Purpose::Find, ..call_of(digest, "test.task") };
        assert_eq!(shown(&called(&practice.open(), call)), expected);
    }
}

#[test]
fn a_listener_hears_of_what_it_asked_for_and_wants_effects() {
    let practice = Practice::new();
    // The good half of its result is a list of effects; `$effect` has put one at 1160.
    let guest = Guest::listener(
        "(drop (call $effect (str `client.set`) (str `{\"seen\":true}`)))
         (i32.store (i32.const 1032) (i32.const 1160)) (i32.store (i32.const 1036) (i32.const 1)) (i32.const 1024)",
    );
    let digest = practice.add(&guest.with("/capabilities", json!({ "effects": ["client.set:seen"] })));
    let shelf = practice.open();
    assert_eq!(shelf.listeners("job_completed").iter().map(|(_, of)| *of).collect::<Vec<_>>(), [digest]);
    assert_eq!(shelf.listeners("job_started"), []);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let called = runtime.block_on(shelf.clone().observe(call_of(digest, "job_completed"), Arc::new(Table::default())));
    assert_eq!(shown(&called), "done  wants [SetClient([(\"seen\", Bool(true))])]");
}

#[test]
fn the_standard_library_of_a_guest_finds_an_empty_world() {
    let guest = Guest {
        world: "wasi-plugin",
        ..Guest::task(
            "(call $get-environment (i32.const 2048)) (if (i32.load (i32.const 2052)) (then unreachable))
             (if (i64.eq (call $get-random-u64 ) (call $get-random-u64 )) (then unreachable))
             (call $done (str `{\"ok\":true}`))",
        )
    };
    let (shown, _) = run(&guest);
    assert_eq!(shown, "done ok: true");
    let (shown, _) = run(&Guest { run: "(call $exit (i32.const 0)) unreachable".into(), ..guest });
    assert_eq!(shown, "permanent plugin-crashed: plugin `test` called `wasi:cli/exit#exit`, which plugins do not have");
}

#[test]
fn what_a_standard_library_writes_are_lines_and_its_clock_stands_at_the_calls_own_time() {
    let guest = Guest {
        world: "wasi-plugin",
        ..Guest::task(
            "(local $out i32) (local $err i32)
             (local.set $out (call $get-stdout )) (local.set $err (call $get-stderr ))
             (call $check-write (local.get $out) (i32.const 2048))
             (if (i32.or (i32.load8_u (i32.const 2048)) (i64.eqz (i64.load (i32.const 2056)))) (then unreachable))
             (call $blocking-write-and-flush (local.get $out) (str `one\ntw`) (i32.const 2048))
             (call $blocking-write-and-flush (local.get $err) (str `thread panicked`) (i32.const 2048))
             (call $blocking-write-and-flush (local.get $out) (str `o\n\n`) (i32.const 2048))
             (if (i32.load8_u (i32.const 2048)) (then unreachable))
             (call $block (call $subscribe (local.get $err)))
             (call $block (call $subscribe-duration (i64.const 1000000000000)))
             (call $now (i32.const 2048))
             (if (i64.ne (i64.load (i32.const 2048)) (i64.const 1772600767)) (then unreachable))
             (call $done (str `{\"ok\":true}`))",
        )
    };
    let (shown, called) = run(&guest);
    assert_eq!(shown, "done ok: true");
    let lines: Vec<_> = called.lines.iter().map(|line| (line.level, line.message.as_str())).collect();
    assert_eq!(lines, [(Level::Info, "one"), (Level::Info, "two"), (Level::Warn, "thread panicked")]);
}

fn findings(guest: &Guest) -> Result<Vec<Finding>, LoadFault> {
    let sandbox = Sandbox::new(&Asked::default()).expect("an engine");
    let desk = || -> Arc<dyn Desk> { Arc::new(Table::default()) };
    let settings = BTreeMap::from([("test.task".to_owned(), Value::map([("year", Value::Int(2026))]))]);
    let trial = Trial { settings, desk: &desk, now: call_of(jobwright_core::id::Hash([0; 32]), "x").now };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(conformance(&sandbox, &guest.plugin(), &trial))
}

#[test]
fn conformance_finds_what_a_practice_would_stumble_over() {
    let settings =
        json!({ "type": "object", "required": ["year"], "additionalProperties": false, "properties": { "year": {} } });
    let shown =
        |guest: &Guest| -> Vec<String> { findings(guest).expect("it loads").iter().map(ToString::to_string).collect() };
    let good = Guest::good().with("/tasks/0/settings", settings.clone());
    assert_eq!(shown(&good), <[String; 0]>::default());
    assert_eq!(
        shown(&Guest::good().with("/capabilities", json!({ "read": ["client.name"] }))),
        ["`test` wishes for `read` and never uses it", "`test.task` takes any settings: its schema refuses nothing"]
    );
    let forgetful = Guest::task(
        "(call $checkpointed (str `a`) (i32.const 2048)) (call $checkpoint (str `a`) (str `1`) (i32.const 2064))
         (if (result i32) (i32.load8_u (i32.const 2048)) (then (call $done (str `{\"was\":1}`))) (else (call $done (str `{}`))))",
    );
    assert_eq!(
        shown(&forgetful.with("/tasks/0/settings", settings.clone())),
        ["`test.task` ends otherwise in a second attempt that finds its own checkpoints"]
    );
    let crashes = Guest { cancel: "unreachable".into(), ..good };
    let found = shown(&crashes);
    assert!(found[0].starts_with("`test.task` is cancelled, and plugin `test` crashed: it gave up"), "{found:?}");
    let selector = Guest::selector("(call $choice (str `ada`) (str `x`))");
    assert_eq!(shown(&selector), <[String; 0]>::default());
}
