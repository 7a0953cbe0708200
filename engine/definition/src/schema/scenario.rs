//! The schema of tests: their head, their people, and their steps.
//!
//! Owns: what stands before the steps, and a file of tests. Leaves steps to `step`.

use serde_json::{Map, Value as Json, json};

use super::part::{about, bounded, by_key, format, id, list, mapping, may, must, named, text};
use super::{part, people, step};
use crate::scenario::{SCENARIOS_MAX, STEPS_MAX};

/// A file of tests beside its definition.
pub(super) fn file() -> Json {
    let mut file = mapping([
        format(),
        must("definition", "The id of the definition that is tested.", id()),
        must("tests", "The tests.", tests()),
    ]);
    let mut defs = Map::new();
    defs.insert("name".into(), about("Small letters, digits and `_`.", part::name()));
    parts(&mut defs);
    file["$defs"] = Json::Object(defs);
    file
}

pub(super) fn parts(parts: &mut Map<String, Json>) {
    parts.insert("test".into(), test());
    parts.insert("step".into(), step::step());
    parts.insert("contact".into(), people::contact(true));
}

/// The list of tests.
pub(super) fn tests() -> Json {
    let mut tests = list(named("test"));
    tests["maxItems"] = SCENARIOS_MAX.into();
    tests
}

fn test() -> Json {
    mapping([
        must("name", "What the test shows, as a sentence.", text()),
        may("client", "The client; what is not written is made up.", people::client(true)),
        may("staff", "The staff; without it one person, who holds every staff role.", list(people::staff(true))),
        may("inputs", "Inputs of the job.", by_key(json!({}))),
        may("period", "The period, as `2026-05`.", text()),
        may("plugins", "What plugins say, by the dotted name of a task type, selector or check.", by_key(step::stub())),
        must("start", "When the job opens: `2026-05-04T09:00`, or a day.", text()),
        must("steps", "What happens, and what is expected.", bounded(named("step"), 1, Some(STEPS_MAX))),
    ])
}
