//! The schema of a task, and of declared values.
//!
//! Owns: the keys that every type has, and how a type is chosen: by `if` and `then`, which name the wrong key, where
//! `oneOf` would only say that nothing fits. Leaves what a type alone has to `work`.

use serde_json::{Map, Value as Json, json};

use super::part::{
    Key, and, by_name, choice, either, list, mapping, may, must, named, pattern, text, truth, where_it_says,
};
use super::{flow, part, work};
use crate::decode::task::TaskType;
use crate::field::TYPE_WORDS;

/// The names that plugins give their task types and selectors.
pub(super) const DOTTED: &str = r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$";

pub(super) fn parts(parts: &mut Map<String, Json>) {
    let common: Vec<&str> = common().iter().map(|key| key.name).collect();
    let whole = TaskType::ALL.into_iter().chain([TaskType::Plugin]).map(|of| (name_of(of), typed(of, &common)));
    let branch = |of: TaskType| {
        json!({
            "if": { "required": ["type"], "properties": { "type": { "const": of.word() } } },
            "then": named(&name_of(of)),
        })
    };
    // The keys stand here as well, so that an editor offers them before the type is known.
    let of_plugin = json!({
        "if": { "required": ["type"], "properties": { "type": { "pattern": DOTTED } } },
        "then": named(&name_of(TaskType::Plugin)),
    });
    let branches = TaskType::ALL.into_iter().map(branch).chain([of_plugin]);
    parts.insert("task".into(), and(part::open(self::common()), branches));
    parts.extend(whole);
}

fn name_of(of: TaskType) -> String {
    format!("task_{}", of.word())
}

/// A task of one type: the common keys, its own, and no others.
fn typed(of: TaskType, common: &[&str]) -> Json {
    let mut task = mapping(work::keys(of));
    for name in common {
        let shared = json!({ "$ref": format!("#/$defs/task/properties/{name}") });
        // `properties` of a mapping is always there; a type's own word on a key stands above the common one.
        if task["properties"].get(*name).is_none() {
            task["properties"][*name] = shared;
        }
    }
    work::conditions(of, task)
}

fn common() -> Vec<Key> {
    let mut keys = vec![
        must("id", "The task's id within the definition.", named("name")),
        must(
            "type",
            "What kind of work it is: one of these words, or the dotted name of a plugin's.",
            either([choice(TaskType::ALL.map(TaskType::word)), pattern(DOTTED)]),
        ),
        may("name", "What people call the task; its id when left out.", text()),
    ];
    keys.extend(flow::keys());
    let mut output = field_keys();
    output.push(check());
    output.push(may("optional", "The task can be completed without it.", truth()));
    keys.push(may("outputs", "What the task gives to later ones, by name.", by_name(field(output))));
    keys
}

/// The keys of a declared value.
pub(super) fn field_keys() -> Vec<Key> {
    let words = || choice(TYPE_WORDS);
    vec![
        must("type", "What kind of value it is.", words()),
        may("of", "What a `list` holds.", words()),
        may("values", "The words that an `enum` may be.", list(text())),
        may("currency", "The currency of `money`, as `GBP`.", pattern("^[A-Z]{3}$")),
        may("min", "The least it may be.", part::decimal()),
        may("max", "The most it may be.", part::decimal()),
    ]
}

/// The check of a plugin.
pub(super) fn check() -> Key {
    may("check", "The check of a plugin that looks at the value before it counts, as `bank.iban`.", pattern(DOTTED))
}

/// A declared value with these keys.
pub(super) fn field(keys: Vec<Key>) -> Json {
    let needs_values = where_it_says("type", &["enum"], json!({ "required": ["values"] }));
    let of_a_list = part::with("of", json!({ "properties": { "type": { "const": "list" } } }));
    and(mapping(keys), [needs_values, of_a_list])
}
