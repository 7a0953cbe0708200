//! Files that are no plugins, or not for us.
//!
//! Owns: that each is refused with words of its own, and that no code of it runs.

use crate::guests::Guest;
use jobwright_component::{Asked, LoadFault, Manifest, Plugin, Sandbox};
use serde_json::{Value as Json, json};
use std::{io, sync::LazyLock};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::new(&Asked::default()).expect("an engine"));

fn load(bytes: &[u8]) -> Result<Plugin, LoadFault> {
    SANDBOX.load(bytes)
}

#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    assert_eq!(load(bytes).expect_err("refused").to_string(), expected);
}

/// A component with these bytes as its manifest.
fn with_section(manifest: &[u8]) -> Vec<u8> {
    let mut bytes = Guest::good().component();
    let name = b"jobwright:manifest";
    let size = u8::try_from(name.len()).expect("short");
    let body: Vec<u8> = [&[size][..], name, manifest].concat();
    bytes.push(0);
    let mut length = body.len();
    while length > 0x7f {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(body);
    bytes
}

fn with_manifest(change: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut manifest = Guest::good().manifest;
    change(&mut manifest);
    with_section(manifest.to_string().as_bytes())
}

#[test]
fn a_good_file_is_loaded() {
    let plugin = load(&Guest::good().plugin()).expect("a plugin");
    assert_eq!(plugin.manifest.name, "test");
    assert_eq!(plugin.imports, ["jobwright:plugin/types@0.1.0"]);
}

#[test]
fn what_is_no_component_says_what_it_is() {
    check(b"", "is no WebAssembly at all");
    check(b"#!/bin/sh", "is no WebAssembly at all");
    check(b"\0asm", "is damaged: unexpected end-of-file");
    let module = wat::parse_str("(module)").expect("a module");
    check(&module, "is a core module, not a component: build it with `jobwright plugin build`");
    let whole = Guest::good().plugin();
    check(&whole[..whole.len() - 9], "is damaged: unexpected end-of-file");
    check(&whole[..100], "is damaged: unexpected end-of-file");
}

#[test]
fn a_damaged_body_cannot_be_compiled() {
    let mut bytes = Guest::good().plugin();
    let code = bytes.windows(5).position(|window| window == b"alloc").unwrap_or(200);
    bytes[code - 40..code - 30].fill(0xff);
    let fault = load(&bytes).expect_err("refused").to_string();
    assert!(fault.starts_with("cannot be compiled: ") || fault.starts_with("is damaged: "), "{fault}");
}

#[test]
fn a_component_without_a_manifest_says_how_to_get_one() {
    check(&Guest::good().component(), "has no manifest: build it with `jobwright plugin build`");
}

#[test]
fn a_manifest_is_json_of_a_shape() {
    check(&with_section(b"{"), "has a wrong manifest: is no JSON: EOF while parsing an object at line 1 column 1");
    check(
        &with_manifest(|manifest| {
            manifest["colour"] = json!("red");
            manifest["name"] = json!("Not A Slug");
            manifest["tasks"][0]["type"] = json!("undotted");
        }),
        "has a wrong manifest: `/name`: \"Not A Slug\" does not match \"^[a-z][a-z0-9]*(-[a-z0-9]+)*$\"; `/tasks/0/type`: \
         \"undotted\" does not match \"^[a-z][a-z0-9_-]*\\.[a-z][a-z0-9_-]*$\"; Additional properties are not allowed \
         ('colour' was unexpected)",
    );
}

#[test]
fn what_the_shape_cannot_say_is_said_all_at_once() {
    check(
        &with_manifest(|manifest| {
            manifest["tasks"][0]["settings"] = json!({ "type": "strnig" });
            manifest["selectors"] = json!([{ "name": "test.task" }]);
            manifest["listeners"] = json!([{ "events": ["job_completed", "job_started"] }]);
            manifest["capabilities"] =
                json!({ "read": ["passwords"], "secrets": [{ "name": "token", "host": "a.example" }] });
        }),
        "has a wrong manifest: offers `test.task` twice; `/tasks/0/settings/type`: is no JSON Schema: \"strnig\" is not valid \
         under any of the schemas listed in the 'anyOf' keyword; `/listeners/0/events/1`: nothing is called `job_started` \
         that could be listened to: job_opened, task_activated, task_uncompletable, task_completed, task_skipped, task_failed, \
         task_overdue, job_completed, job_cancelled; `/capabilities/read/0`: `passwords` cannot be read: name \
         `client.…`, `contacts.…`, `staff.…`, `outputs` or `documents`; `/capabilities/secrets/0`: `token` is for \
         `a.example`, which `http` does not name",
    );
    check(
        &with_manifest(|manifest| manifest["tasks"] = json!([])),
        "has a wrong manifest: offers nothing: name a task, a selector, a check or a listener",
    );
}

#[test]
fn a_manifest_has_an_end() {
    let bytes = with_section(&vec![b' '; 1024 * 1024 + 1]);
    check(&bytes, "has a manifest of 1048577 bytes, where 1048576 is the most");
}

#[test]
fn two_manifests_are_one_too_many() {
    let mut twice = Guest::good().plugin();
    let once = Guest::good().component().len();
    twice.extend_from_within(once..);
    check(&twice, "has two manifests");
}

#[test]
fn embedding_again_replaces_the_manifest() {
    let first = Guest::good().plugin();
    let mut manifest = Manifest::of_component(&first).expect("a manifest");
    manifest.version = "2.0.0".into();
    let second = manifest.embed(&first).expect("a component");
    assert_eq!(Manifest::of_component(&second).expect("a manifest"), manifest);
    assert_eq!(second.len(), first.len());
}

#[test]
fn a_newer_contract_needs_a_newer_engine() {
    let newer = ": a newer Jobwright is needed";
    let guest = Guest { version: "0.1.7", ..Guest::good() };
    check(&guest.plugin(), &format!("is made for contract 0.1.7, and this engine serves 0.1.0 to 0.1.0{newer}"));
    let guest = Guest { version: "0.2.0", ..Guest::good() };
    check(&guest.plugin(), &format!("is made for contract 0.2.0, and this engine serves 0.1.0 to 0.1.0{newer}"));
    let guest = Guest::good().with("/api", json!("1.0"));
    check(&guest.plugin(), &format!("is made for contract 1.0, and this engine serves 0.1.0 to 0.1.0{newer}"));
    let guest = Guest { version: "0.0.3", ..Guest::good() };
    check(&guest.plugin(), "is made for contract 0.0.3, and this engine serves 0.1.0 to 0.1.0");
}

#[test]
fn what_is_offered_is_exported_and_the_other_way_round() {
    let guest = Guest::good().with("/selectors", json!([{ "name": "test.select" }]));
    check(&guest.plugin(), "offers selectors in its manifest, and does not export `jobwright:plugin/selectors`");
    let guest = Guest { manifest: Guest::selector("").manifest, ..Guest::good() };
    check(&guest.plugin(), "exports `jobwright:plugin/tasks`, and its manifest offers no tasks");
}

#[test]
fn what_is_imported_is_asked_for() {
    let guest = Guest::task("(call $client (i32.const 0) (i32.const 0) (i32.const 2048)) (call $read)");
    check(&guest.plugin(), "imports `jobwright:plugin/records`, and its manifest asks for no `read`");
    let send = "(call $send (str ``) (str ``) (i32.const 0) (i32.const 0) (str ``) (i32.const 1) (i32.const 1) (i32.const 2048))";
    check(
        &Guest::task(&format!("{send} (call $answered)")).plugin(),
        "imports `jobwright:plugin/http`, and its manifest asks for no `http`",
    );
}

/// A component that imports an instance.
fn importing(instance: &str) -> Vec<u8> {
    let text = format!("(component (import \"{instance}\" (instance (export \"f\" (func)))))");
    let bytes = wat::parse_str(text).expect("a component");
    Manifest::from_json(Guest::good().manifest.to_string().as_bytes()).expect("a manifest").embed(&bytes).expect("one")
}

#[test]
fn other_doors_to_the_world_are_shut() {
    let door = "a plugin reaches the net by `jobwright:plugin/http`, which the practice grants host by host";
    for name in ["wasi:http/outgoing-handler@0.2.3", "wasi:sockets/tcp@0.2.0"] {
        let fault = importing_fault(name);
        assert_eq!(fault, format!("imports `{name}`: {door}"));
    }
    assert_eq!(importing_fault("acme:shell/exec@1.0.0"), "imports `acme:shell/exec@1.0.0`, which plugins do not have");
}

fn importing_fault(name: &str) -> String {
    load(&importing(name)).expect_err("refused").to_string()
}

#[test]
fn an_author_writes_schemas_as_files_beside_the_manifest() {
    let text = r#"
        name = "vat"
        version = "1.0.0"
        api = "0.1"
        [[task]]
        type = "vat.checks"
        settings = "schemas/in.json"
        repeat_safe = "key"
        [[selectors]]
        name = "vat.contact"
        settings = { type = "object" }
    "#;
    let read = |path: &str| match path {
        "schemas/in.json" => Ok(r#"{ "required": ["year"] }"#.to_owned()),
        _ => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let manifest = Manifest::from_author(text, &read).expect("a manifest");
    assert_eq!(manifest.tasks[0].settings, json!({ "required": ["year"] }));
    assert_eq!(Manifest::from_json(&manifest.to_json()).expect("the same"), manifest);
    let fault = Manifest::from_author(&text.replace("in.json", "out.json"), &read).expect_err("a fault");
    assert_eq!(fault.to_string(), "`/tasks/0/settings`: cannot read `schemas/out.json`: entity not found");
}
