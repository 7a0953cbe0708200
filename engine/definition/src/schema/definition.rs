//! The schema of a job definition.
//!
//! Owns: the definition's own keys, `schedule`, `dates`, `templates` and `on_change`, and the names of all that stands
//! under `$defs`. Leaves tasks to `task`, and tests to `scenario`.

use jobwright_core::date::OFFSET_MAX;
use jobwright_core::plan::TASKS_MAX;
use serde_json::{Map, Value as Json, json};

use super::part::{
    about, and, bounded, by_name, choice, either, expression, format, list, mapping, may, must, named, one_of, rule,
    text, truth, whole, with,
};
use super::{flow, part, scenario, selector, task};

pub(super) fn definition() -> Json {
    let mut definition = mapping([
        format(),
        must("id", "The definition's id, for ever: `monthly-payroll`.", named("slug")),
        must("name", "What people call the job.", text()),
        may("version", "A label for people. What tells versions apart is their content.", text()),
        may("description", "What the job is for.", text()),
        may("tags", "Words to find it by.", list(named("slug"))),
        may("applies_to", "Who may have this job, an expression over `client`.", expression()),
        may("inputs", "Values that are fixed when the job opens, by name.", by_name(task::field(input()))),
        may("roles", "The contact roles that the tasks ask for, with what the practice ticks.", by_name(text())),
        may("dates", "Key dates: shown on the job, and anchors for the rules of tasks.", dates()),
        may("schedule", "For which period the job is, and when it opens.", schedule()),
        may(
            "flow",
            "`sequence` lets each task wait for the one before it; in a `graph` only `depends_on` counts.",
            choice(["graph", "sequence"]),
        ),
        must("tasks", "What is to be done.", bounded(named("task"), 1, Some(TASKS_MAX))),
        may("templates", "The letters, by name.", by_name(template())),
        may("on_change", "What becomes of running jobs when another version is published.", on_change()),
        may("tests", "Tests of the definition, run by `jobwright test` and before it is published.", scenario::tests()),
    ]);
    let mut parts = Map::new();
    parts.insert("name".into(), about("Small letters, digits and `_`.", part::name()));
    parts.insert("slug".into(), about("Small letters, digits and single hyphens.", part::slug()));
    selector::parts(&mut parts);
    flow::parts(&mut parts);
    task::parts(&mut parts);
    scenario::parts(&mut parts);
    definition["$defs"] = Json::Object(parts);
    definition
}

fn input() -> Vec<part::Key> {
    let mut keys = task::field_keys();
    keys.push(may("optional", "The job opens without it as well.", truth()));
    keys.push(may("from", "Where it is taken from, an expression over `client`.", expression()));
    keys.push(may("default", "What it is when nothing else says so.", json!({})));
    keys
}

fn dates() -> Json {
    let whole = mapping([
        must("rule", "The date rule.", rule()),
        may("label", "What people call the date.", text()),
        may("column", "Lists of jobs show it as a column.", truth()),
        may("when", "The date exists only where this holds.", expression()),
    ]);
    // In a rule, `due` is the task's own date.
    let names = json!({ "allOf": [named("name"), { "not": { "const": "due" } }] });
    json!({ "type": "object", "propertyNames": names, "additionalProperties": either([rule(), whole]) })
}

fn schedule() -> Json {
    let bound = i64::from(OFFSET_MAX);
    let offset = mapping([
        must("unit", "In what the period is shifted.", choice(["day", "week", "month"])),
        may("expr", "By how much, an expression.", expression()),
        may("value", "By how much.", whole(-bound, bound)),
    ]);
    let schedule = mapping([
        may("every", "The length of a period.", choice(["week", "month", "quarter", "year"])),
        may("anchor", "The day from which a client's periods are counted, an expression.", expression()),
        may("offset", "Shifts a client's periods against the calendar's.", and(offset, [one_of(&["expr", "value"])])),
        may("open", "When the job of a period opens.", rule()),
        may("calendar", "The bank holidays that working days are counted by; else the practice's.", named("slug")),
        may("timezone", "Where the job's clocks are; else the practice's.", text()),
        may("once_per", "One job for each client, or for each of its periods.", choice(["client", "period"])),
    ]);
    let every = || json!({ "required": ["every"] });
    and(schedule, [with("anchor", every()), with("offset", every())])
}

fn template() -> Json {
    let template = mapping([
        may("file", "A file beside the definition that holds the body.", text()),
        may("subject", "The subject line, with `{{ … }}` for what is filled in.", text()),
        may("body", "The text, with `{{ … }}` for what is filled in.", text()),
        may("html", "The same as HTML.", text()),
    ]);
    and(template, [one_of(&["body", "file"])])
}

fn on_change() -> Json {
    mapping([
        may(
            "running_jobs",
            "`auto` moves jobs without a conflict, `ask` lets a person choose, `never` leaves them.",
            choice(["ask", "auto", "never"]),
        ),
        may("unless", "A job stays where this holds.", expression()),
        may("map", "Old task ids and their new ones.", by_name(named("name"))),
    ])
}
