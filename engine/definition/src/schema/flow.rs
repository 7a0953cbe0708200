//! The schema of what a task waits for and of what follows from how it ends.
//!
//! Owns: `depends_on`, `for_each`, `retry` and the `on_…` keys.

use jobwright_core::plan::REOPEN_LIMIT_MAX;
use jobwright_core::retry::{FailureKind, TRIES_MAX};
use serde_json::{Map, Value as Json, json};

use super::part::{
    Key, and, by_name, choice, decimal, either, expression, length, list, mapping, may, must, named, one_of, pattern,
    rule, text, where_it_says, whole, with,
};
use crate::decode::flow::STATES;
use crate::decode::when::SECONDS;

/// A plugin's own code of a failure, as its manifest has it.
const CODE: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";

/// Units of a length of time that hangs on an event of the task.
const UNITS: [&str; 8] = ["minute", "hour", "day", "working day", "week", "month", "quarter", "year"];

pub(super) fn parts(parts: &mut Map<String, Json>) {
    parts.insert("dependency".into(), dependency());
    parts.insert("then".into(), either([choice(["complete_job"]), then()]));
}

/// What every type of task may wait for, and what follows.
pub(super) fn keys() -> Vec<Key> {
    vec![
        may(
            "depends_on",
            "The tasks that come before this one. Each must be completed or skipped.",
            list(named("dependency")),
        ),
        may("when", "The task is skipped where this does not hold. Asked once, when its time has come.", expression()),
        may("for_each", "One task for each item of a list.", for_each()),
        may("start", "Not before this date.", rule()),
        may("due", "When it should be done; later it is overdue.", rule()),
        may("expires", "When waiting for it ends.", rule()),
        may("timeout", "How long one try may take.", length(UNITS)),
        may("retry", "How often it is tried again, and after which pause.", retry()),
        may(
            "in_doubt",
            "What becomes of a letter of which nobody knows whether it was delivered: `resend` (the default) sends it \
             again under the same Message-ID, `hold` leaves that to a person.",
            choice(["resend", "hold"]),
        ),
        may("on_uncompletable", "What follows when nobody can be found for it.", on_uncompletable()),
        may("on_failed", "What follows when it fails for good.", on_failed()),
        may("on_outcome", "What each outcome does to the job.", by_name(named("then"))),
        may("on_expired", "What follows when it expires.", named("then")),
    ]
}

fn dependency() -> Json {
    let keys = mapping([
        may("any_of", "One of these is enough.", list(named("dependency"))),
        may("task", "The task.", named("name")),
        may("is", "The state it must be in.", choice(STATES.iter().map(|(word, _)| *word))),
        may(
            "item",
            "`same`: each instance waits for the other task's instance of the same item. Both tasks have `for_each` over \
             the same list with the same key.",
            choice(["same"]),
        ),
    ]);
    let alone = json!({ "properties": { "task": false, "is": false, "item": false } });
    let stated = json!({ "required": ["task"], "anyOf": [{ "required": ["is"] }, { "required": ["item"] }] });
    let either_way = json!({ "if": { "required": ["any_of"] }, "then": alone, "else": stated });
    either([named("name"), and(keys, [either_way])])
}

fn for_each() -> Json {
    mapping([
        must("item", "What the task calls one item.", named("name")),
        must("in", "The list, an expression. It is frozen when the task becomes ready.", expression()),
        must("key", "What tells the items apart, an expression over one.", expression()),
    ])
}

fn retry() -> Json {
    let pause = || length(SECONDS.iter().map(|(unit, _)| *unit));
    let factor = json!({ "minimum": 1, "maximum": 100 });
    mapping([
        must("times", "How often, the first try included.", whole(1, TRIES_MAX.into())),
        may("first", "The first pause.", pause()),
        may("factor", "How much longer each pause is than the one before.", and(decimal(), [factor])),
        may("max", "The longest pause.", pause()),
        may("on", "For which failures: their kind, or a code of the task's plugin.", list(failures())),
    ])
}

fn failures() -> Json {
    either([choice(FailureKind::ALL.iter().map(|kind| kind.word())), pattern(CODE)])
}

fn on_uncompletable() -> Json {
    let words = ["hold", "skip", "manual", "fail"];
    let keys = mapping([
        may("notify", "Who is told.", named("selector")),
        may("message", "What they are told.", text()),
        may("after", "How long it waits before something else is done.", length(UNITS)),
        may("else", "What is done then: `manual` gives it to staff.", choice(words)),
    ]);
    and(keys, [where_it_says("else", &words[1..], json!({ "required": ["after"] }))])
}

fn on_failed() -> Json {
    let keys = mapping([
        may("notify", "Who is told.", named("selector")),
        may("else", "What is done: `manual` gives it to staff.", choice(["hold", "manual", "skip"])),
        may("continue_as", "The outcome that the job goes on with.", named("name")),
    ]);
    and(keys, [json!({ "not": { "required": ["else", "continue_as"] } })])
}

fn then() -> Json {
    let limit = whole(1, REOPEN_LIMIT_MAX.into());
    let keys = mapping([
        may("reopen", "This task, the task itself and everything built on either are done again.", named("name")),
        may("limit", "How often at most.", limit),
        may(
            "on_limit",
            "What becomes of the task at the limit, with its outcome recorded: it fails, or the job goes on.",
            choice(["fail", "continue"]),
        ),
        may("cancel_job", "The job ends, for this reason.", text()),
        may("complete_job", "The job ends well.", json!({ "const": true })),
    ]);
    let both = ["reopen", "limit"].map(|key| with(key, json!({ "required": ["reopen", "limit"] })));
    and(keys, [one_of(&["reopen", "cancel_job", "complete_job"])].into_iter().chain(both))
}
