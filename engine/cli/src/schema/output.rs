//! The schemas of what verbs answer with `--json`.
//!
//! Owns: which there are, and the object of each verb. Leaves the pieces to `part`, events to `event`. Verbs that answer
//! a list print one such object a line, except `check`, whose answer is one list.

pub(super) mod event;

use serde_json::{Map, Value as Json, json};

use super::part::{
    any_of, by_name, count, job_state, list, maybe, moment, named, object, parts, resolution, store_revision,
    task_state, text, truth, words,
};

/// The schema of one answer.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Its name, which is also that of its file in `schemas/output/`, less `.json`.
    pub name: &'static str,
    /// Of what, in one line.
    pub about: &'static str,
    make: fn() -> Json,
}

/// All of them.
pub const ALL: [Output; 15] = [
    Output { name: "show", about: "one job: what `show` and `run` answer", make: show },
    Output { name: "jobs", about: "one line of `jobs`", make: jobs },
    Output { name: "why", about: "what `why` answers: one object for each proof", make: why },
    Output { name: "check", about: "the list of diagnostics that `check` answers", make: || list(diagnostic()) },
    Output {
        name: "publish",
        about: "what `publish` answers: the version, or what would become of jobs",
        make: publish,
    },
    Output { name: "start", about: "one line of `start`: a client's job, or why there is none", make: start },
    Output { name: "work", about: "what `work` did, and what waits", make: work },
    Output {
        name: "staff-leave",
        about: "what `staff leave` answers: what lies on the desk, and what becomes of it",
        make: staff_leave,
    },
    Output { name: "backup", about: "what `backup` wrote", make: || object(backup()) },
    Output { name: "restore", about: "what `restore` made, and what waits in it", make: restore },
    Output { name: "export", about: "what `export` wrote, and how much of it", make: export },
    Output { name: "verify", about: "what `verify` read and found wrong, of a store or of a backup", make: verify },
    Output { name: "doctor", about: "one line of `doctor`: a finding, with the numbers behind it", make: doctor },
    Output {
        name: "event",
        about: "one event of a timeline: a line of `why … state` and of what people do",
        make: || named("event"),
    },
    Output { name: "error", about: "what every verb says on standard error when it does not end well", make: error },
];

impl Output {
    /// The schema, with the parts that it speaks of.
    pub fn json(&self) -> Json {
        let Json::Object(made) = (self.make)() else { return Json::Null };
        let mut whole = Map::new();
        whole.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        whole.insert("$id".into(), format!("urn:jobwright:schema:output:{}:1", self.name).into());
        whole.insert("title".into(), self.about.into());
        whole.extend(made);
        let parts = needed(&Json::Object(whole.clone()));
        if !parts.is_empty() {
            whole.insert("$defs".into(), Json::Object(parts));
        }
        Json::Object(whole)
    }

    /// The schema as its file has it.
    pub fn text(&self) -> String {
        // Indenting a value in memory cannot fail.
        serde_json::to_string_pretty(&self.json()).unwrap_or_default() + "\n"
    }
}

/// The parts that are spoken of, and those that these speak of.
fn needed(whole: &Json) -> Map<String, Json> {
    let all = parts();
    let mut found: Map<String, Json> = Map::new();
    // Each round finds one more at least, so there are at most as many rounds as parts.
    for _ in 0..all.len() {
        let said = format!("{whole}{}", Json::Object(found.clone()));
        let new = all.iter().filter(|(name, _)| said.contains(&format!("\"#/$defs/{name}\"")));
        found.extend(new.map(|(name, part)| ((*name).to_owned(), part.clone())));
    }
    found
}

fn show() -> Json {
    let mut job = object([
        ("job", text()),
        ("definition", text()),
        ("version_hash", text()),
        ("client", text()),
        ("state", job_state()),
        ("needs_attention", truth()),
        ("period", maybe(named("period"))),
        ("opened_at", moment()),
        ("ended_at", maybe(moment())),
        ("inputs", by_name(named("value"))),
        ("dates", by_name(named("dated"))),
        ("tasks", list(named("task"))),
        ("events", list(named("event"))),
        ("parent", maybe(named("link"))),
        ("children", list(named("link"))),
    ]);
    // `run` says where its letters lie.
    job["properties"]["letters"] = maybe(text());
    job
}

fn jobs() -> Json {
    let person = object([("kind", words(["contact", "staff"])), ("id", text())]);
    let task = object([
        ("id", text()),
        ("state", task_state()),
        ("reason", maybe(named("reason"))),
        ("due_at", maybe(moment())),
        ("overdue", truth()),
        ("people", list(person)),
    ]);
    object([
        ("job", text()),
        ("definition", text()),
        ("version_hash", text()),
        ("client", text()),
        ("period", maybe(named("period"))),
        ("state", job_state()),
        ("opened_at", moment()),
        ("ended_at", maybe(moment())),
        ("needs_attention", truth()),
        ("set_aside", maybe(text())),
        ("open", count()),
        ("uncompletable", count()),
        ("overdue", count()),
        ("failed", count()),
        ("due_at", maybe(moment())),
        ("tasks", list(task)),
        ("parent", maybe(named("link"))),
        ("children", list(named("link"))),
    ])
}

fn staff_leave() -> Json {
    let away = object([("from", text()), ("until", text())]);
    let staff = object([
        ("id", text()),
        ("name", text()),
        ("email", maybe(text())),
        ("roles", list(text())),
        ("active", truth()),
        ("away", list(away)),
    ]);
    let task = object([
        ("job", text()),
        ("name", text()),
        ("task", text()),
        ("label", text()),
        ("then", words(["handed_over", "asked_again", "stays", "uncompletable"])),
        ("people", list(named("person"))),
        ("reason", maybe(named("reason"))),
        ("not_handed_over", maybe(text())),
    ]);
    let named_by = object([("client", text()), ("staff", list(text()))]);
    object([("staff", staff), ("left", truth()), ("tasks", list(task)), ("named_by", list(named_by))])
}

fn why() -> Json {
    let mut recipient = resolution();
    recipient.push(("place", text()));
    recipient.push(("store_revision", store_revision()));
    recipient.push(("evaluated_at", moment()));
    let step = object([("step", text()), ("result", text()), ("note", maybe(text()))]);
    let unknown = object([("unknown", text()), ("why", text())]);
    let date = object([("date", text()), ("rule", text()), ("steps", any_of([list(step), unknown]))]);
    let waiting = object([("task", text()), ("label", text()), ("waits_for", text())]);
    any_of([object(recipient), date, waiting, named("event")])
}

fn diagnostic() -> Json {
    let place = || maybe(json!({ "type": "integer", "minimum": 1 }));
    object([
        ("code", json!({ "type": "string", "pattern": "^WF[0-9]{4}$" })),
        ("severity", words(["error", "warning", "note"])),
        ("message", text()),
        ("file", maybe(text())),
        ("line", place()),
        ("column", place()),
        ("end_line", place()),
        ("end_column", place()),
        ("help", list(text())),
    ])
}

fn publish() -> Json {
    let kept = object([("job", text()), ("why", text())]);
    let published = object([
        ("definition", text()),
        ("number", count()),
        ("version_hash", text()),
        ("new", truth()),
        ("moved", list(text())),
        ("kept", list(kept)),
    ]);
    let preview = object([
        ("job", text()),
        ("updated", list(text())),
        ("kept", list(text())),
        ("added", list(text())),
        ("removed", list(text())),
        ("conflicts", list(text())),
    ]);
    any_of([published, object([("running_jobs", list(preview))])])
}

fn start() -> Json {
    any_of([
        object([("job", text()), ("client", text()), ("already", truth())]),
        object([("client", text()), ("would_start", truth())]),
        object([("client", text()), ("left_out", text())]),
        object([("client", text()), ("failed", text())]),
    ])
}

fn work() -> Json {
    object([
        ("turns", count()),
        ("tries", count()),
        ("set_aside", count()),
        ("letters", effects()),
        ("counters", counters()),
        ("next_at", maybe(moment())),
        ("clock", maybe(text())),
    ])
}

fn verify() -> Json {
    let counts = ["commits", "rows", "files", "jobs", "events", "effects", "clients", "wrong"];
    let finding = object([("what", text()), ("found", text())]);
    let head = object([("position", count()), ("chain", text())]);
    let others = [("indexes_counted", truth()), ("findings", list(finding)), ("head", head)];
    any_of([object(counts.map(|name| (name, count())).into_iter().chain(others)), object(backup())])
}

fn effects() -> Json {
    object([("wanted", count()), ("claimed", count()), ("given_up", count())])
}

fn backup() -> Vec<(&'static str, Json)> {
    let counts = ["position", "rows", "files", "bytes"].map(|name| (name, count()));
    [("file", text()), ("digest", text())].into_iter().chain(counts).collect()
}

fn restore() -> Json {
    let mut made = backup();
    made.extend([("folder", text()), ("letters", effects())]);
    object(made)
}

fn export() -> Json {
    let counts = [
        "files",
        "bytes",
        "clients",
        "contacts",
        "staff",
        "roles",
        "definitions",
        "jobs",
        "events",
        "letters",
        "letters_left_out",
        "documents",
    ];
    object([("folder", text())].into_iter().chain(counts.map(|name| (name, count()))))
}

fn counters() -> Json {
    let size = object([("up_to", maybe(count())), ("batches", count())]);
    let counts = [
        "turns",
        "commits",
        "batches",
        "callers_waiting",
        "callers_waiting_max",
        "callers_turned_away",
        "letters_claimed",
        "letters_sent",
        "letters_in_doubt",
        "letters_tried_again",
    ];
    object(counts.map(|name| (name, count())).into_iter().chain([("batches_by_size", list(size))]))
}

fn journal() -> Json {
    let size = object([("up_to", maybe(count())), ("flushes", count())]);
    let journal = object(["first", "last", "bytes"].map(|name| (name, count())));
    let counts =
        ["commits", "flushes", "journal_bytes", "rows_followed", "rows_waiting", "bytes_waiting", "callers_waiting"];
    let others = [("flushes_by_size", list(size)), ("journal", journal)];
    object(counts.map(|name| (name, count())).into_iter().chain(others))
}

fn doctor() -> Json {
    let flushes = object([("flushes", count()), ("median_us", count()), ("p99_us", count())]);
    let backup = object([("file", text()), ("position", count()), ("days", count())]);
    let taken_back =
        object([("from", moment()), ("to", moment()), ("is_done", truth()), ("jobs", count()), ("effects", count())]);
    let restored = object([("since", moment())]);
    let halted = object([("since", moment()), ("again_at", moment()), ("tried", count())]);
    let free = object([("free_bytes", count())]);
    let data = [free, flushes, effects(), counters(), journal(), backup, taken_back, restored, halted];
    object([
        ("grade", words(["ok", "warn", "bad"])),
        ("what", text()),
        ("found", text()),
        ("next", maybe(text())),
        ("data", maybe(any_of(data))),
    ])
}

fn error() -> Json {
    let told = object([
        ("exit", json!({ "type": "integer", "minimum": 0, "maximum": 255 })),
        ("what", text()),
        ("why", list(text())),
        ("next", list(text())),
        ("diagnostics", list(diagnostic())),
    ]);
    object([("error", told)])
}
