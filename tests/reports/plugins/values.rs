//! What a plugin says of itself and gives back: bounded, exact, of the types that were declared.

use serde_json::json;

use super::{Guest, at_work, busy, giving, outputs, with};

#[test]
fn r07_a_manifest_that_describes_itself_without_end_is_looked_at_within_bounds() {
    let node = json!({ "type": "object", "properties": {
        "a": { "$ref": "#/$defs/n" }, "b": { "$ref": "#/$defs/n" }, "c": { "$ref": "#/$defs/n" } } });
    let schema = json!({ "type": "object", "$defs": { "n": node }, "properties": { "x": { "$ref": "#/$defs/n" } } });
    let practice = with(&giving(r#"{"x":{"a":{"b":{}}}}"#, &schema));
    assert!(practice.done(["plugin", "inspect", "test.wasm"]).contains("outputs    x?: "));
    practice.done(["plugin", "add", "test.wasm"]);
    assert!(practice.done(["plugin", "run", "test.wasm"]).contains("\"done\""));
}

#[test]
fn r18_however_long_a_plugin_wants_to_be_left_alone_it_is_no_longer_than_the_task_says() {
    const DAY_MS: i64 = 86_400_000;
    for ms in [400 * DAY_MS, i64::MAX, -1] {
        let practice = at_work(&busy(ms), ", retry: { times: 5, first: 1 minute, factor: 1, max: 1 hour, on: [busy] }");
        practice.done(["work"]);
        let job = practice.json(&["show", "one/birchwood"]);
        let events = job["events"].as_array().expect("events").clone();
        let moment = |value: &serde_json::Value| value.as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        let last = events.last().expect("an event");
        let (at, next) = (moment(&last["at"]).expect("a moment"), moment(&last["next_at"]).expect("a moment"));
        let pause = next.duration_since(at);
        assert!(pause.as_mins() >= 59 && pause.as_mins() <= 60, "{ms}: {pause}");
        // A person need not wait for it.
        practice.done(["retry", "one/birchwood", "a", "--as", "pat"]);
        practice.done(["work"]);
        let shown = practice.done(["show", "one/birchwood"]);
        assert_eq!(shown.matches("not now (nope)").count(), 2, "{shown}");
    }
}

#[test]
fn r18_a_plugin_that_answers_later_is_asked_again_within_the_tasks_bounds_and_at_once_when_a_person_says_so() {
    let later = Guest::task("(call $later (str `corr-1`) (i64.const -1))");
    let practice = at_work(&later, ", retry: { times: 9, first: 1 minute, max: 2 hours }");
    practice.done(["work"]);
    let last = || {
        let job = practice.json(&["show", "one/birchwood"]);
        job["events"].as_array().and_then(|events| events.last().cloned()).expect("an event")
    };
    let moment = |value: &serde_json::Value| value.as_str().expect("a moment").parse::<jiff::Timestamp>().expect("one");
    let deferred = last();
    assert!(moment(&deferred["next_at"]).duration_since(moment(&deferred["at"])).as_mins() <= 120, "{deferred}");
    practice.done(["retry", "one/birchwood", "a", "--as", "pat"]);
    practice.done(["work"]);
    assert_ne!(last(), deferred, "it was asked");
}

#[test]
fn r19_numbers_of_a_plugin_are_exact_or_refused() {
    let schema = json!({ "type": "object", "properties": { "x": { "type": "number" } } });
    for number in ["12345678901234567.89", "9223372036854775808", "0.12345678901234567890123", "100000000000000000.01"]
    {
        let practice = at_work(&giving(&format!("{{\"x\":{number}}}"), &schema), "");
        practice.done(["work"]);
        let x = outputs(&practice)["x"].clone();
        assert_eq!(x.as_str().map_or_else(|| x.to_string(), str::to_owned), number);
    }
    let practice = at_work(&giving("{\"x\":123456789012345678901234567890}", &schema), "");
    practice.done(["work"]);
    let shown = practice.done(["show", "one/birchwood"]);
    assert!(shown.contains("cannot be kept exactly"), "{shown}");
}

#[test]
fn r19_a_schema_that_says_nothing_takes_anything() {
    let any = json!({ "type": "object", "properties": { "x": {} } });
    let lists = json!({ "type": "object", "properties": { "x": { "type": "array" } } });
    for (value, schema) in [
        ("1", &any),
        ("\"t\"", &any),
        ("true", &any),
        ("[1,\"a\",{\"b\":[2]}]", &any),
        ("{\"a\":1}", &any),
        ("[1,\"a\"]", &lists),
        ("[[1]]", &lists),
    ] {
        let practice = at_work(&giving(&format!("{{\"x\":{value}}}"), schema), "");
        practice.done(["work"]);
        let expected: serde_json::Value = serde_json::from_str(value).expect("JSON");
        assert_eq!(outputs(&practice)["x"], expected, "{}", practice.done(["show", "one/birchwood"]));
    }
}

#[test]
fn r19_what_a_plugin_sets_has_the_type_that_the_practice_declared_as_by_hand() {
    let sets = |body: &str| {
        Guest::task(&format!("(call $effect (str `client.set`) (str `{body}`))"))
            .with("/tasks/0/effects", json!(["client.set:*"]))
    };
    for (body, words) in [
        (r#"{"vat.registered":"no"}"#, "is text, where bool is asked"),
        (r#"{"year_end":"tomorrow"}"#, "is text, where date is asked"),
        (r#"{"payroll.pay_day":77}"#, "is above 31"),
        (r#"{"nobody.declared":1}"#, "is not a field that practice.yaml declares"),
    ] {
        let practice = at_work(&sets(body), "");
        practice.done(["work"]);
        let shown = practice.done(["show", "one/birchwood"]);
        assert!(shown.contains(words) && shown.contains("bad-effect"), "{words}:\n{shown}");
    }
    let practice = at_work(&sets(r#"{"year_end":"2028-02-29","vat.registered":false}"#), "");
    practice.done(["work"]);
    let card = practice.done(["client", "show", "birchwood"]);
    assert!(card.contains("2028-02-29"), "{card}\n{}", practice.done(["show", "one/birchwood"]));
}
