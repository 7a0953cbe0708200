//! The schemas of the shapes in `crate::shape`: people, reasons, values, events.
//!
//! Owns: one schema for each function there, under the same name.

use jobwright_core::job::JobState;
use jobwright_core::recipient::Found;
use jobwright_core::task::TaskState;
use jobwright_definition::TaskType;
use serde_json::{Map, Value as Json, json};

/// An object that always has these keys, and no others.
pub(super) fn object<'k>(keys: impl IntoIterator<Item = (&'k str, Json)>) -> Json {
    let properties: Map<String, Json> = keys.into_iter().map(|(key, of)| (key.to_owned(), of)).collect();
    let required: Vec<&String> = properties.keys().collect();
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

/// Or `null`.
pub(super) fn maybe(of: Json) -> Json {
    json!({ "anyOf": [of, { "type": "null" }] })
}

pub(super) fn list(of: Json) -> Json {
    json!({ "type": "array", "items": of })
}

pub(super) fn text() -> Json {
    json!({ "type": "string" })
}

pub(super) fn truth() -> Json {
    json!({ "type": "boolean" })
}

pub(super) fn count() -> Json {
    json!({ "type": "integer", "minimum": 0 })
}

pub(super) fn day() -> Json {
    json!({ "type": "string", "format": "date" })
}

/// RFC 3339 with the offset of the practice's clocks.
pub(super) fn moment() -> Json {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Json {
    json!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

pub(super) fn any_of(forms: impl IntoIterator<Item = Json>) -> Json {
    json!({ "anyOf": forms.into_iter().collect::<Json>() })
}

/// A mapping of names.
pub(super) fn by_name(of: Json) -> Json {
    json!({ "type": "object", "additionalProperties": of })
}

/// A part that stands under `$defs`.
pub(super) fn named(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

pub(super) fn job_state() -> Json {
    words([JobState::Open, JobState::Completed, JobState::Cancelled].map(JobState::word))
}

pub(super) fn task_state() -> Json {
    words(TaskState::ALL.iter().map(|state| state.word()))
}

/// What selectors answer.
pub(super) fn found() -> Json {
    words(Found::ALL.map(Found::word))
}

pub(super) fn store_revision() -> Json {
    object([("client", count()), ("staff", count())])
}

/// All parts, by name.
pub(super) fn parts() -> Vec<(&'static str, Json)> {
    vec![
        ("value", value()),
        ("person", person()),
        ("actor", actor()),
        ("reason", object([("code", text()), ("about", text()), ("mend", text())])),
        ("period", object([("key", text()), ("label", text()), ("start", day()), ("end", day())])),
        ("dated", dated()),
        ("failure", object([("kind", text()), ("code", text()), ("message", text())])),
        ("task", task()),
        ("resolution", object(resolution())),
        ("branch", branch()),
        ("link", link()),
        ("letter", letter()),
        ("event", super::output::event::event()),
    ]
}

fn value() -> Json {
    let plain = json!({ "type": ["null", "boolean", "integer", "string"] });
    any_of([plain, list(named("value")), by_name(named("value"))])
}

fn person() -> Json {
    let kind = words(["contact", "staff"]);
    object([("kind", kind), ("id", text()), ("name", text()), ("address", maybe(text()))])
}

fn actor() -> Json {
    let kind = |word: &str| json!({ "const": word });
    let acting = |word: &str| object([("kind", kind(word)), ("id", text()), ("entered_by", text())]);
    let operator = object([("kind", kind("operator")), ("entered_by", text())]);
    let contact = object([
        ("kind", kind("contact")),
        ("id", text()),
        ("entered_by", text()),
        ("entered_by_staff", maybe(text())),
        ("present", truth()),
    ]);
    any_of([object([("kind", kind("engine"))]), acting("staff"), contact, operator])
}

/// A date may hang on something that is not known, or not be there at all.
fn dated() -> Json {
    any_of([
        object([("day", day()), ("at", moment())]),
        object([("at", moment())]),
        object([("unknown", text())]),
        json!({ "type": "null" }),
    ])
}

fn task() -> Json {
    let answer = object([("answer", named("value")), ("by", named("actor"))]);
    let amended = object([
        ("item", text()),
        ("before", named("value")),
        ("after", named("value")),
        ("by", named("actor")),
        ("note", text()),
    ]);
    object([
        ("id", text()),
        ("label", text()),
        ("type", maybe(words(TaskType::ALL.map(TaskType::word)))),
        ("state", task_state()),
        ("reason", maybe(named("reason"))),
        ("recipients", list(named("person"))),
        ("due", named("dated")),
        ("overdue", truth()),
        ("round", count()),
        ("outcome", maybe(text())),
        ("failure", maybe(named("failure"))),
        ("started_at", maybe(moment())),
        ("ended_at", maybe(moment())),
        ("completed_by", maybe(named("actor"))),
        ("outputs", by_name(named("value"))),
        ("answers", by_name(answer.clone())),
        ("previous", object([("answers", by_name(answer)), ("outputs", by_name(named("value")))])),
        ("forced", maybe(words(["out_of_turn", "overridden"]))),
        ("missing", list(text())),
        ("amended", list(amended)),
    ])
}

/// The keys of a selector's answer.
pub(super) fn resolution() -> Vec<(&'static str, Json)> {
    vec![
        ("outcome", found()),
        ("chosen", list(named("person"))),
        ("reason", maybe(named("reason"))),
        ("tree", named("branch")),
    ]
}

fn branch() -> Json {
    let candidate = object([
        ("id", text()),
        ("kind", words(["contact", "staff"])),
        ("name", text()),
        ("kept", truth()),
        ("because", text()),
    ]);
    object([
        ("rule", text()),
        ("result", found()),
        ("candidates", list(candidate)),
        ("children", list(named("branch"))),
    ])
}

/// Another job that started this one, or was started by it.
fn link() -> Json {
    object([("task", text()), ("job", maybe(text())), ("definition", text()), ("state", maybe(job_state()))])
}

fn letter() -> Json {
    object([
        ("to", named("person")),
        ("cc", list(named("person"))),
        ("class", words(["service", "crm"])),
        ("subject", text()),
        ("text", text()),
        ("html", maybe(text())),
        ("copy_of", maybe(named("person"))),
    ])
}
