//! The schema of events: `seq`, `at`, `kind`, then what the kind has.
//!
//! Owns: the keys of each kind, as `shape::event` writes them. A new kind that is missing here fails a test.

use jobwright_core::event::Level;
use serde_json::{Value as Json, json};

use super::super::part::{
    any_of, by_name, count, list, maybe, moment, named, object, store_revision, text, truth, words,
};

/// An event of any kind.
pub(in crate::schema) fn event() -> Json {
    let one = |(kind, facts): (&'static str, Vec<(&'static str, Json)>)| {
        let head = [("seq", count()), ("at", moment()), ("kind", json!({ "const": kind }))];
        object(head.into_iter().chain(facts))
    };
    json!({ "oneOf": kinds().into_iter().map(one).collect::<Json>() })
}

/// A line that a plugin said; `fields` is whatever it gave beside the words.
fn line() -> Json {
    object([("level", words(Level::ALL.map(Level::word))), ("message", text()), ("fields", json!({}))])
}

/// Every kind with what it has. A long flat table, whole on purpose.
fn kinds() -> Vec<(&'static str, Vec<(&'static str, Json)>)> {
    let task = || ("task", text());
    let effect = || ("effect", text());
    let by = || ("by", named("actor"));
    let note = || ("note", maybe(text()));
    let place = || ("place", text());
    let failure = || ("failure", named("failure"));
    let values = || by_name(named("value"));
    vec![
        ("job_opened", opened()),
        ("dates_set", vec![("dates", by_name(named("dated")))]),
        ("task_ready", vec![task()]),
        ("task_expanded", vec![task(), ("items", list(text()))]),
        ("task_skipped", vec![task(), ("why", skip())]),
        (
            "recipients_resolved",
            vec![task(), place(), ("resolution", named("resolution")), ("store_revision", store_revision())],
        ),
        ("task_activated", vec![task(), ("awaits", text()), ("document", maybe(named("value")))]),
        ("task_uncompletable", vec![task(), ("reason", named("reason")), place()]),
        ("task_mended", vec![task(), ("store_revision", store_revision())]),
        ("letter_written", vec![task(), place(), ("letter", named("letter"))]),
        ("notice_unsent", vec![task(), ("why", text())]),
        ("letter_sent", vec![effect(), ("reply", text())]),
        ("letter_refused", vec![effect(), ("address", text()), ("reply", text())]),
        ("letter_dropped", vec![effect()]),
        ("effect_delayed", vec![effect(), failure(), ("tries", count()), ("next_at", moment())]),
        ("effect_given_up", vec![effect(), failure()]),
        ("item_answered", vec![task(), ("item", text()), ("answer", named("value")), by()]),
        ("outcome_given", vec![task(), ("outcome", text()), by(), note()]),
        ("signed", vec![task(), ("signer", text()), by()]),
        ("signature_declined", vec![task(), ("signer", text()), by(), note()]),
        ("child_asked", vec![task(), ("definition", text()), ("inputs", values())]),
        (
            "child_terms_set",
            vec![
                task(),
                ("period", maybe(text())),
                ("dates", by_name(text())),
                ("on_parent_end", maybe(words(["cancel", "keep"]))),
            ],
        ),
        ("child_gave", vec![effect(), ("outputs", values())]),
        ("key_dates_given", vec![("dates", by_name(text()))]),
        ("instances_held", vec![task()]),
        ("child_started", vec![effect(), ("job", text())]),
        ("child_ended", vec![effect(), ("completed", truth())]),
        ("plugin_asked", vec![task(), ("type", text()), ("component", text()), ("settings", values())]),
        ("plugin_said", vec![effect(), ("lines", list(line()))]),
        ("progress_kept", vec![effect(), ("name", text()), ("value", text())]),
        ("plugin_deferred", vec![effect(), ("correlation", text()), ("next_at", maybe(moment())), note()]),
        ("plugin_returned", vec![effect()]),
        ("value_checked", vec![task(), ("name", text()), ("check", text()), ("component", text())]),
        (
            "listener_heard",
            vec![
                effect(),
                ("listener", text()),
                ("lines", list(line())),
                ("changes", values()),
                ("failure", maybe(named("failure"))),
            ],
        ),
        ("client_updated", vec![task(), ("changes", values())]),
        ("task_completed", vec![task(), ("outcome", maybe(text())), ("outputs", values()), by(), note()]),
        ("task_failed", vec![task(), failure()]),
        ("task_taken_over", vec![task(), ("because", text())]),
        ("task_reassigned", vec![task(), ("to", list(named("person"))), by(), note()]),
        (
            "recipient_changed",
            vec![
                task(),
                place(),
                ("before", named("person")),
                ("after", maybe(named("person"))),
                ("reason", maybe(named("reason"))),
            ],
        ),
        ("task_retried", vec![task(), by()]),
        ("tasks_reopened", vec![("cause", text()), ("from", text()), ("tasks", list(text()))]),
        ("task_overdue", vec![task()]),
        ("act_refused", vec![task(), ("act", text()), by(), ("why", text())]),
        ("job_moved", moved()),
        ("job_completed", Vec::new()),
        ("job_cancelled", vec![by(), ("why", text())]),
        ("task_done_out_of_turn", forced()),
        ("task_overridden", forced()),
        (
            "answer_amended",
            vec![
                task(),
                ("item", text()),
                ("before", named("value")),
                ("after", named("value")),
                by(),
                ("note", text()),
                ("built_on", list(text())),
            ],
        ),
        ("task_reopened", vec![("from", text()), ("tasks", list(text())), by(), ("note", text())]),
        ("signature_voided", vec![task(), ("signer", text()), by()]),
        (
            "reopen_limit_reached",
            vec![task(), ("from", text()), ("limit", count()), ("outcome", maybe(text())), by(), note()],
        ),
        ("job_uncancelled", vec![by(), ("note", text())]),
    ]
}

/// A task that staff closed by their own decision.
fn forced() -> Vec<(&'static str, Json)> {
    vec![
        ("task", text()),
        ("outcome", text()),
        ("outputs", by_name(named("value"))),
        ("answers", by_name(named("value"))),
        ("missing", list(text())),
        ("by", named("actor")),
        ("note", text()),
    ]
}

fn opened() -> Vec<(&'static str, Json)> {
    vec![
        ("definition", text()),
        ("version_hash", text()),
        ("client", text()),
        ("period", maybe(named("period"))),
        ("inputs", by_name(named("value"))),
        ("by", named("actor")),
        ("parent", maybe(text())),
    ]
}

fn moved() -> Vec<(&'static str, Json)> {
    vec![
        ("from", text()),
        ("to", text()),
        ("added", list(text())),
        ("removed", list(text())),
        ("renamed", by_name(text())),
        ("by", named("actor")),
    ]
}

fn skip() -> Json {
    let plain = words(["condition_false", "unreachable", "nothing_to_do", "failed", "at_limit"]);
    let code = |word: &str| ("code", json!({ "const": word }));
    any_of([
        object([("code", plain)]),
        object([code("nobody_found"), ("reason", named("reason"))]),
        object([code("person"), ("by", named("actor")), ("note", text())]),
    ])
}
