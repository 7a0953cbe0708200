//! Guests that mean harm, or that are broken.
//!
//! Owns: that each is stopped with words of its own, and that the next call works: `run` makes one after each.

use crate::{
    guests::Guest,
    world::{Practice, call_of, called, run, run_granted, short, shown},
};
use jobwright_component::{Given, Options};
use jobwright_plugin::{Ended, Level};
use serde_json::json;
use std::collections::BTreeMap;

/// How a guest ends, and that a good one can be called after it.
#[track_caller]
fn check(run_body: &str, expected: &str) {
    check_guest(&Guest::task(run_body), expected);
}

#[track_caller]
fn check_guest(guest: &Guest, expected: &str) {
    let (shown, _) = run(guest);
    assert_eq!(shown, expected);
}

const CPU: &str =
    "permanent plugin-cpu: plugin `test` used up its 60 ms of computing; `limits.cpu_ms` of its grant gives more";

#[test]
fn a_good_task_is_done() {
    check("(call $done (str `{\"ok\":true}`))", "done ok: true");
}

#[test]
fn an_endless_loop_is_stopped_and_the_next_call_works() {
    check("(loop $on (br $on)) unreachable", CPU);
}

#[test]
fn a_loop_of_host_calls_is_stopped_and_its_flood_of_lines_is_cut() {
    let (shown, called) =
        run(&Guest::task("(loop $on (call $log (i32.const 1) (str `again`) (str ``)) (br $on)) unreachable"));
    assert_eq!(shown, CPU);
    assert_eq!(called.lines.len(), 21);
    assert_eq!((called.lines[0].level, &*called.lines[0].message), (Level::Info, "again"));
    assert!(called.lines[20].message.ends_with(" more lines were left out"), "{:?}", called.lines[20]);
    assert!(called.spent.cpu_ms >= 60, "{:?}", called.spent);
}

#[test]
fn a_long_line_is_cut_and_fields_that_are_no_object_are_kept_as_text() {
    let guest = Guest::task(
        "(memory.fill (i32.const 8192) (i32.const 120) (i32.const 40000))
         (call $log (i32.const 3) (i32.const 8192) (i32.const 40000) (str `[1`))
         (call $log (i32.const 0) (str `x`) (str `{\"a\":1}`))
         (call $done (str `{}`))",
    );
    let (shown, called) = run(&guest);
    assert_eq!(shown, "done ");
    assert_eq!((called.lines[0].level, called.lines[0].message.len()), (Level::Error, 4096 + '…'.len_utf8()));
    assert_eq!((&*called.lines[0].fields, &*called.lines[1].fields), ("{\"text\":\"[1\"}", "{\"a\":1}"));
}

#[test]
fn a_memory_bomb_is_refused_more() {
    check(
        "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
        "permanent plugin-memory: plugin `test` wanted 9 MiB of memory, limit 8; `limits.memory_mib` of its grant gives more",
    );
}

#[test]
fn a_guest_that_takes_no_for_an_answer_goes_on() {
    check("(drop (memory.grow (i32.const 1000))) (call $done (str `{}`))", "done ");
}

#[test]
fn more_memory_from_the_start_than_is_granted_is_refused() {
    let (shown, _) = run_granted(&Guest { pages: 100, ..Guest::good() }, |grant| grant.limits.memory_mib = Some(4));
    assert_eq!(
        shown,
        "permanent plugin-memory: plugin `test` wanted 7 MiB of memory, limit 4; `limits.memory_mib` of its grant gives more"
    );
}

#[test]
fn a_table_does_not_grow_forever() {
    let guest = Guest::task(
        "(loop $on (br_if $on (i32.ne (table.grow $t (ref.null func) (i32.const 40000)) (i32.const -1)))) unreachable",
    );
    check_guest(
        &guest.with_more("(table $t 1 funcref)"),
        "permanent plugin-memory: plugin `test` wanted a table of 120001 elements, which is more than any plugin gets",
    );
}

#[test]
fn a_call_into_ever_deeper_ground_is_a_stack_overflow() {
    let guest = Guest::task("(call $deep (i32.const 1))")
        .with_more("(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))");
    check_guest(&guest, "permanent plugin-stack: plugin `test` called itself too deeply in deep ← deep ← deep");
}

#[test]
fn a_panic_is_a_crash_with_its_place_and_its_last_words() {
    let guest = Guest::task("(call $log (i32.const 3) (str `oh no`) (str ``)) (call $boom) unreachable")
        .with_more("(func $boom unreachable)");
    let (shown, called) = run(&guest);
    assert_eq!(
        shown,
        "permanent plugin-crashed: plugin `test` crashed: it gave up (a panic, or a trap of its own) in boom; \
         its last lines are on the timeline"
    );
    assert_eq!(called.lines[0].message, "oh no");
}

#[test]
fn a_bad_pointer_is_a_crash() {
    let (shown, _) = run(&Guest::task("(i32.load (i32.const -8))"));
    assert!(
        shown.starts_with("permanent plugin-crashed: plugin `test` crashed: stack overflow or bad pointer"),
        "{shown}"
    );
}

#[test]
fn a_trap_at_the_start_is_a_crash() {
    let (shown, _) = run(&Guest::good().with_more("(func $begin unreachable) (start $begin)"));
    assert!(shown.starts_with("permanent plugin-crashed: plugin `test` crashed: it gave up"), "{shown}");
}

#[test]
fn a_loop_at_the_start_is_stopped() {
    check_guest(&Guest::good().with_more("(func $begin (loop $on (br $on))) (start $begin)"), CPU);
}

#[test]
fn a_division_by_zero_says_so() {
    let (shown, _) = run(&Guest::task("(i32.div_u (i32.const 1) (i32.const 0))"));
    assert!(shown.contains("crashed: wasm trap: integer divide by zero"), "{shown}");
}

#[test]
fn an_answer_outside_its_memory_is_a_crash() {
    let (shown, _) = run(&Guest::task("(call $done (i32.const -64) (i32.const 4096))"));
    assert!(shown.starts_with("permanent plugin-crashed: plugin `test` crashed: "), "{shown}");
}

#[test]
fn four_megabytes_of_output_are_too_much() {
    check(
        "(drop (memory.grow (i32.const 64))) (call $done (i32.const 8192) (i32.const 4000000))",
        "permanent plugin-output: plugin `test` gave more than 64 KiB at once; `limits.output_kib` of its grant gives more",
    );
}

#[test]
fn whoever_may_send_requests_may_still_not_give_a_large_answer() {
    let guest = Guest::task("(drop (memory.grow (i32.const 64))) (call $done (i32.const 8192) (i32.const 4000000))");
    check_guest(
        &guest.with("/capabilities", json!({ "http": [{ "host": "a.example" }] })),
        "permanent plugin-output: plugin `test` gave an answer of 3906 KiB, limit 64",
    );
}

#[test]
fn text_that_is_no_text_is_a_crash() {
    let (shown, _) =
        run(&Guest::task("(i32.store8 (i32.const 9000) (i32.const 255)) (call $done (i32.const 9000) (i32.const 1))"));
    assert!(shown.starts_with("permanent plugin-crashed: plugin `test` crashed: invalid utf-8"), "{shown}");
}

#[test]
fn outputs_that_are_no_json_are_refused() {
    check(
        "(call $done (str `{\"ok\":`))",
        "permanent plugin-output: plugin `test` gave outputs that are not JSON: EOF while parsing a value at line 1 column 6",
    );
}

#[test]
fn outputs_that_do_not_fit_their_schema_are_refused_with_their_place() {
    let schema = json!({
        "type": "object", "required": ["sum"],
        "properties": { "sum": { "type": "array", "items": { "type": "integer" } } },
    });
    check_guest(
        &Guest::task("(call $done (str `{\"sum\":[1,\"x\"]}`))").with("/tasks/0/outputs", schema.clone()),
        "permanent plugin-output: plugin `test` gave outputs that do not fit its own schema: `/sum/1`: \"x\" is not of type \"integer\"",
    );
    check_guest(
        &Guest::task("(call $done (str `{\"sum\":[1,2],\"more\":3}`))").with("/tasks/0/outputs", schema),
        "done sum: 1, 2",
    );
}

#[test]
fn outputs_that_a_definition_could_not_read_are_refused() {
    let schema = json!({ "type": "object", "properties": { "sum": { "type": "object", "x-jobwright": "money" } } });
    check_guest(
        &Guest::task("(call $done (str `{\"sum\":{\"amount\":1}}`))").with("/tasks/0/outputs", schema),
        "permanent plugin-output: plugin `test` gave outputs of which `/sum`: a map where money is asked",
    );
}

#[test]
fn a_failure_of_the_list_is_told_as_it_is() {
    check("(call $fail (i32.const 1) (str `nope`) (str `not now`))", "busy nope: not now");
}

#[test]
fn a_failure_that_the_manifest_does_not_list_is_told_so() {
    check(
        "(call $fail (i32.const 0) (str `what`) (str `no idea`))",
        "permanent plugin-code: plugin `test` failed with `what`, which its manifest does not list: no idea",
    );
}

#[test]
fn the_end_may_come_later() {
    check("(call $later (str `abc`) (i64.const 60000))", "later abc Some(1m)");
}

#[test]
fn an_ungranted_field_is_not_read() {
    let guest = Guest::task("(call $client (call $list (str `iban`)) (i32.const 1) (i32.const 2048)) (call $read)");
    check_guest(
        &guest.with("/capabilities", json!({ "read": ["client.name"] })),
        "needs_person plugin-not-granted: plugin `test` is not granted `client.iban`: add `read = [\"client.iban\"]` under \
         `[test]` in plugins/grants.toml, or see what it wishes with `jobwright plugin add`; then it said: client.iban",
    );
}

#[test]
fn a_granted_field_is_read_and_no_other() {
    for (asked, granted, expected) in [
        ("name", "client.name", "done name: Ada & Co"),
        ("vat.number", "client.vat.*", "done vat.number: DE1"),
        ("fax", "client.*", "done "),
    ] {
        let body = format!("(call $client (call $list (str `{asked}`)) (i32.const 1) (i32.const 2048)) (call $read)");
        check_guest(&Guest::task(&body).with("/capabilities", json!({ "read": [granted] })), expected);
    }
}

#[test]
fn a_checkpoint_does_not_change() {
    check(
        "(call $checkpoint (str `a`) (str `1`) (i32.const 2048))
         (call $checkpoint (str `a`) (str `1`) (i32.const 2048))
         (call $checkpoint (str `a`) (str `2`) (i32.const 2048)) (call $kept)",
        "permanent nope: the checkpoint `a` was kept with another value",
    );
}

#[test]
fn a_checkpoint_is_json() {
    check(
        "(call $checkpoint (str `a`) (str `{`) (i32.const 2048)) (call $kept)",
        "permanent nope: the value of the checkpoint `a` is not JSON",
    );
}

#[test]
fn a_flood_of_checkpoints_is_stemmed() {
    check(
        "(local $n i32)
         (loop $on (call $checkpoint (str `a`) (str `1`) (i32.const 2048))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $n) (i32.const 65))))
         (call $kept)",
        "permanent nope: a call keeps at most 64 checkpoints and 256 KiB",
    );
}

#[test]
fn too_many_random_bytes_are_not_given() {
    let (shown, _) =
        run(&Guest::task("(call $random (str `a`) (i32.const 1025) (i32.const 2048)) (call $done (str `{}`))"));
    assert_eq!(shown, "permanent plugin-crashed: plugin `test` asked for 1025 random bytes, where 1024 is the most");
}

#[test]
fn an_effect_that_is_granted_is_wanted() {
    let guest = Guest::task("(call $effect (str `client.set`) (str `{\"vat.number\":\"DE2\",\"vat.due\":3}`))");
    let (shown, _) = run(&guest.with("/tasks/0/effects", json!(["client.set:vat.*"])));
    assert_eq!(shown, "done  wants [SetClient([(\"vat.due\", Int(3)), (\"vat.number\", Text(\"DE2\"))])]");
}

#[test]
fn an_effect_that_is_not_granted_is_refused() {
    let guest = Guest::task("(call $effect (str `client.set`) (str `{\"iban\":\"DE2\"}`))");
    check_guest(
        &guest.with("/tasks/0/effects", json!(["client.set:vat.*"])),
        "needs_person plugin-effect: plugin `test` is not granted `client.set:iban`: add `effects = [\"client.set:iban\"]` \
         under `[test]` in plugins/grants.toml",
    );
}

#[test]
fn an_effect_that_there_is_not_is_refused() {
    check(
        "(call $effect (str `mail.send`) (str `{}`))",
        "permanent plugin-effect: plugin `test` wants the effect `mail.send`, which there is not",
    );
    check(
        "(call $effect (str `client.set`) (str `[]`))",
        "permanent plugin-effect: plugin `test` gave `client.set` a body that is not a JSON object",
    );
}

const SEND: &str = "(call $send (str `GET`) (str `URL`) (i32.const 0) (i32.const 0) (str ``) (i32.const 900) (i32.const 1) (i32.const 2048))";

fn sending(url: &str, granted: &str) -> Guest {
    let body = format!("{} (call $answered)", SEND.replace("URL", url));
    Guest::task(&body).with("/capabilities", json!({ "http": [{ "host": granted }] }))
}

#[test]
fn a_host_that_is_not_granted_is_not_reached() {
    check_guest(
        &sending("https://other.example/x?y", "api.example"),
        "needs_person plugin-not-granted: plugin `test` is not granted `GET other.example/x`: add \
         `http = [{ host = \"other.example\", methods = [\"GET\"], paths = [\"/x\"] }]` under `[test]` in plugins/grants.toml, \
         or see what it wishes with `jobwright plugin add`; then it said: GET other.example/x",
    );
}

#[test]
fn addresses_of_a_network_of_its_own_are_not_reached() {
    for address in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let (shown, _) = run(&sending(&format!("https://{address}/"), "*"));
        assert!(shown.starts_with("needs_person plugin-not-granted"), "{shown}");
        assert!(
            shown.contains("an address of a network of its own: grant that address itself, if it is meant"),
            "{shown}"
        );
    }
}

#[test]
fn without_encryption_nothing_is_sent_to_the_world() {
    let (shown, _) = run(&sending("http://api.example/", "api.example"));
    assert!(
        shown.starts_with("needs_person plugin-not-granted: plugin `test` is not granted `GET http://api.example/`"),
        "{shown}"
    );
}

#[test]
fn a_url_that_hides_where_it_goes_is_refused() {
    for (url, expected) in [
        (
            "https://api.example@evil.example/",
            "permanent nope: the URL has a name or a password before `@`; send them in a header",
        ),
        ("ftp://api.example/", "permanent nope: the URL begins with `ftp:`, where `https:` is needed"),
        ("https://api.example/vat/../admin", "permanent nope: the path has `.` or `..` parts, plain or encoded"),
        ("https://api.example/vat/%2e%2e/admin", "permanent nope: the path has `.` or `..` parts, plain or encoded"),
    ] {
        check_guest(&sending(url, "api.example"), expected);
    }
}

#[test]
fn after_twenty_requests_there_are_no_more() {
    let body = format!(
        "(local $n i32)
         (loop $on {} (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $on (i32.lt_u (local.get $n) (i32.const 21))))
         (call $answered)",
        SEND.replace("URL", "https://api.example/a/../b")
    );
    // The problem `too-many` is the seventh.
    check_guest(
        &Guest::task(&body).with("/capabilities", json!({ "http": [{ "host": "api.example" }] })),
        "permanent nope: 6",
    );
}

#[test]
fn a_secret_goes_to_its_own_host_alone() {
    let body = "(call $send (str `GET`) (str `https://b.example/`) (call $header (str `authorization`) (i32.const 1) (str `token`))
          (i32.const 1) (str ``) (i32.const 900) (i32.const 1) (i32.const 2048)) (call $answered)";
    let wishes = json!({
        "http": [{ "host": "a.example" }, { "host": "b.example" }],
        "secrets": [{ "name": "token", "host": "a.example" }],
    });
    let guest = Guest::task(body).with("/capabilities", wishes);
    let mut practice = Practice::new();
    practice.options = Options {
        ceilings: short(),
        given: Given { secrets: BTreeMap::from([("token".into(), "s3cret".into())]), ..Given::default() },
        ..Options::default()
    };
    let digest = practice.add(&guest);
    let called = called(&practice.open(), call_of(digest, "test.task"));
    assert_eq!(shown(&called), "permanent nope: the secret `token` is for a.example and is not sent to b.example");
}

#[test]
fn headers_that_say_how_a_message_is_carried_are_the_hosts() {
    for name in ["host", "content-length", "transfer-encoding", "proxy-authorization", "idempotency-key"] {
        let body = format!(
            "(call $send (str `POST`) (str `https://a.example/`) (call $header (str `{name}`) (i32.const 0) (str `x`))
               (i32.const 1) (str ``) (i32.const 900) (i32.const 1) (i32.const 2048)) (call $answered)"
        );
        let guest = Guest::task(&body).with("/capabilities", json!({ "http": [{ "host": "a.example" }] }));
        check_guest(&guest, &format!("permanent nope: the header `{name}` is the host's to set"));
    }
}

#[test]
fn in_a_dry_run_nothing_leaves() {
    let mut practice = Practice::new();
    practice.options.ceilings = short();
    let digest = practice.add(&sending("https://api.example/", "api.example"));
    let mut call = call_of(digest, "test.task");
    call.dry_run = true;
    // The problem `not-sent` is the eighth.
    assert_eq!(shown(&called(&practice.open(), call)), "permanent nope: 7");
}

#[test]
fn what_waits_too_long_is_out_of_time() {
    let mut practice = Practice::new();
    practice.options.ceilings = short();
    practice.options.ceilings.wall_ms = Some(100);
    practice.options.ceilings.cpu_ms = None;
    let digest = practice.add(&Guest::task("(loop $on (br $on)) unreachable"));
    let shelf = practice.open();
    let slow = called(&shelf, call_of(digest, "test.task"));
    assert_eq!(
        shown(&slow),
        "timeout plugin-timeout: plugin `test` was not done within 100 ms; `limits.wall_ms` of its grant gives more"
    );
}

#[test]
fn settings_that_are_not_what_it_asks_for_do_not_reach_it() {
    let guest = Guest::task("unreachable").with("/tasks/0/settings", json!({ "type": "object", "required": ["year"] }));
    check_guest(
        &guest,
        "permanent plugin-settings: these settings are not what plugin `test` asks for: \"year\" is a required property",
    );
}

#[test]
fn a_grant_can_give_less_than_the_default() {
    let guest = Guest::task("(loop $on (br $on)) unreachable");
    let (shown, _) = run_granted(&guest, |grant| grant.limits.cpu_ms = Some(20));
    assert!(shown.contains("used up its 20 ms"), "{shown}");
}

#[test]
fn a_name_that_it_does_not_offer_and_a_digest_that_is_not_kept_are_missing() {
    let practice = Practice::new();
    let digest = practice.add(&Guest::good());
    let shelf = practice.open();
    let other = jobwright_core::id::Hash([9; 32]);
    for (digest, name) in [(digest, "test.other"), (other, "test.task")] {
        let called = called(&shelf, call_of(digest, name));
        let Ended::Failed { failure, .. } = &called.ended else { panic!("{called:?}") };
        assert_eq!(failure.code, "plugin-missing");
    }
}

#[test]
fn a_plugin_that_crashes_five_times_within_an_hour_is_held_and_the_others_run_on() {
    let practice = Practice::sharing();
    let (bad, good) = (practice.add(&Guest::task("unreachable")), practice.add(&Guest::good().named("good")));
    let shelf = practice.open();
    let at = |minutes: i64| {
        let call = call_of(bad, "test.task");
        let now = call.now + jiff::SignedDuration::from_mins(minutes);
        shown(&called(&shelf, jobwright_plugin::Call { now, ..call }))
    };
    for minutes in [0, 10, 20, 30, 40] {
        assert!(at(minutes).starts_with("permanent plugin-crashed"), "{}", at(minutes));
    }
    assert_eq!(
        at(50),
        "needs_person plugin-held: plugin `test` crashed 5 times between 4 Mar 05:06 and 4 Mar 05:46 UTC, so it is not \
         called for now: mend it and `jobwright plugin add` it, or try the task again after 4 Mar 06:06 UTC"
    );
    assert_eq!(shown(&called(&shelf, call_of(good, "good.task"))), "done ok: true");
    let mended = practice.add(&Guest::good());
    assert!(shelf.look_again());
    assert_eq!(shown(&called(&shelf, call_of(mended, "test.task"))), "done ok: true");
    assert!(at(60).starts_with("permanent plugin-crashed"), "an hour after the first it is tried again");
    assert!(at(61).starts_with("needs_person plugin-held"), "and has crashed five times within the hour before");
}

#[test]
fn codes_that_the_libraries_of_authors_make_need_not_be_listed() {
    for code in ["bad-settings", "bad-outputs", "unknown-name"] {
        let body = format!("(call $fail (i32.const 2) (str `{code}`) (str `so it is`))");
        check(&body, &format!("permanent {code}: so it is"));
    }
}
