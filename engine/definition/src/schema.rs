//! JSON Schemas of what people write, for the completion and the red lines of an ordinary editor.
//!
//! Owns: which schemas there are, and the one sentence on every key that an editor shows. Words, bounds and types come
//! from the tables that the decoders read by; keys stand here once more, and `tests/schemas.rs` holds them against the
//! decoders one by one. What cannot run yet is left out, so that no editor offers it; `check` says what to do instead.
//! A schema refuses nothing that the decoders take. It may take what they refuse: they alone know names, rules and types.

mod calendar;
mod definition;
mod flow;
mod part;
mod people;
mod practice;
mod scenario;
mod selector;
mod step;
mod task;
mod work;

use serde_json::Value as Json;

/// A schema that the program speaks.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Its name, which is also that of its file in `schemas/`, less `.json`.
    pub name: &'static str,
    /// Of which files, in one line.
    pub about: &'static str,
    make: fn() -> Json,
}

/// All of them, in the order in which people meet the files.
pub const ALL: [Schema; 5] = [
    Schema { name: "job-definition", about: "a job definition, `*.job.yaml`", make: definition::definition },
    Schema { name: "job-test", about: "the tests beside a job definition, `*.test.yaml`", make: scenario::file },
    Schema { name: "practice", about: "the settings of a practice, `practice.yaml`", make: practice::practice },
    Schema { name: "people", about: "contact roles, staff and clients to import, `people.yaml`", make: people::people },
    Schema { name: "calendar", about: "the days that are not worked, `calendars/*.yaml`", make: calendar::calendar },
];

impl Schema {
    /// The schema.
    pub fn json(&self) -> Json {
        let Json::Object(made) = (self.make)() else { return Json::Null };
        let mut whole = serde_json::Map::new();
        whole.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        whole.insert("$id".into(), format!("urn:jobwright:schema:{}:1", self.name).into());
        whole.insert("title".into(), self.name.replace('-', " ").into());
        whole.extend(made);
        Json::Object(whole)
    }

    /// The schema as its file has it.
    pub fn text(&self) -> String {
        // Indenting a value in memory cannot fail.
        serde_json::to_string_pretty(&self.json()).unwrap_or_default() + "\n"
    }
}
