//! The pieces that schemas are put together from: mappings of known keys, texts, names, words, numbers.
//!
//! Owns: how each kind of value that the decoders read is said in JSON Schema. Only keywords of draft 7 are used, under
//! the name of 2020-12: editors for YAML still ignore the newer ones (`unevaluatedProperties` above all), and then an
//! unknown key would pass in silence.

use jobwright_core::id::ID_BYTES_MAX;
use jobwright_core::value::{Field, Type};
use serde_json::{Map, Value as Json, json};

/// A key of a mapping.
pub(super) struct Key {
    pub name: &'static str,
    about: &'static str,
    of: Json,
    required: bool,
}

/// A key that must stand there.
pub(super) fn must(name: &'static str, about: &'static str, of: Json) -> Key {
    Key { name, about, of, required: true }
}

/// A key that may be left out.
pub(super) fn may(name: &'static str, about: &'static str, of: Json) -> Key {
    Key { name, about, of, required: false }
}

/// A mapping of these keys and no others.
pub(super) fn mapping(keys: impl IntoIterator<Item = Key>) -> Json {
    let mut mapping = open(keys);
    mapping["additionalProperties"] = false.into();
    mapping
}

/// A mapping of these keys and others that people chose.
pub(super) fn open(keys: impl IntoIterator<Item = Key>) -> Json {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for key in keys {
        properties.insert(key.name.into(), about(key.about, key.of));
        if key.required {
            required.push(key.name);
        }
    }
    let mut mapping = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        mapping["required"] = json!(required);
    }
    mapping
}

/// The same schema with its sentence.
pub(super) fn about(text: &str, mut of: Json) -> Json {
    of["description"] = text.into();
    of
}

/// The same schema with more to be met: `all` are conditions on a mapping.
pub(super) fn and(mut of: Json, all: impl IntoIterator<Item = Json>) -> Json {
    of["allOf"] = all.into_iter().collect();
    of
}

/// What follows from a key that stands there.
pub(super) fn with(key: &str, then: Json) -> Json {
    json!({ "if": { "required": [key] }, "then": then })
}

/// What follows from a word after a key.
pub(super) fn where_it_says(key: &str, words: &[&str], then: Json) -> Json {
    json!({ "if": { "required": [key], "properties": { key: { "enum": words } } }, "then": then })
}

/// Exactly one of these keys.
pub(super) fn one_of(keys: &[&str]) -> Json {
    json!({ "oneOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Json>() })
}

/// One of several forms.
pub(super) fn either(forms: impl IntoIterator<Item = Json>) -> Json {
    json!({ "anyOf": forms.into_iter().collect::<Json>() })
}

/// A schema that stands under `$defs`.
pub(super) fn named(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A list.
pub(super) fn list(items: Json) -> Json {
    json!({ "type": "array", "items": items })
}

/// A list with at least so many items, and at most so many.
pub(super) fn bounded(items: Json, min: usize, max: Option<usize>) -> Json {
    let mut list = list(items);
    list["minItems"] = min.into();
    if let Some(max) = max {
        list["maxItems"] = max.into();
    }
    list
}

/// A mapping of names of people's own choice.
pub(super) fn by_name(of: Json) -> Json {
    json!({ "type": "object", "propertyNames": named("name"), "additionalProperties": of })
}

/// A mapping of other texts of people's own choice.
pub(super) fn by_key(of: Json) -> Json {
    json!({ "type": "object", "additionalProperties": of })
}

/// Characters as written; what an editor takes for a number is a text as well.
pub(super) fn text() -> Json {
    json!({ "type": ["string", "number"], "minLength": 1 })
}

/// An expression.
pub(super) fn expression() -> Json {
    json!({ "type": ["string", "number", "boolean"], "minLength": 1 })
}

/// A date rule. Its grammar is beyond a schema.
pub(super) fn rule() -> Json {
    json!({ "type": "string", "minLength": 1, "examples": ["period.end, -5 working days", "task.ready, +3 days"] })
}

/// A count and a unit.
pub(super) fn length<'u>(units: impl IntoIterator<Item = &'u str>) -> Json {
    let units: Vec<&str> = units.into_iter().collect();
    json!({ "type": "string", "pattern": format!("^[0-9]+ +({})s?$", units.join("|")), "examples": ["3 days"] })
}

/// The same characters in another text.
pub(super) fn pattern(pattern: &str) -> Json {
    json!({ "type": "string", "pattern": pattern })
}

/// An id of people's own choice: `4711`, `ann`, `harewood-bikes`.
pub(super) fn id() -> Json {
    json!({ "type": ["string", "number"], "pattern": format!("^[a-z0-9._-]{{1,{ID_BYTES_MAX}}}$") })
}

/// A day.
pub(super) fn day() -> Json {
    pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
}

/// An exact decimal number, quoted or not.
pub(super) fn decimal() -> Json {
    json!({ "type": ["number", "string"], "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$" })
}

/// One of a few words.
pub(super) fn choice<'w>(words: impl IntoIterator<Item = &'w str>) -> Json {
    json!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

/// `true` or `false`.
pub(super) fn truth() -> Json {
    json!({ "type": "boolean" })
}

/// A whole number.
pub(super) fn whole(min: i64, max: i64) -> Json {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}

/// The version of the format.
pub(super) fn format() -> Key {
    must("format", "The version of the language: 1.", json!({ "const": 1 }))
}

/// A value of a declared type.
pub(super) fn value(of: &Field) -> Json {
    match &of.of {
        Type::Bool => truth(),
        Type::Int => json!({ "type": "integer" }),
        Type::Decimal => decimal(),
        Type::Date => day(),
        Type::Enum(words) => choice(words.iter().map(String::as_str)),
        Type::List(item) => list(value(&Field::of((**item).clone()))),
        _ => text(),
    }
}

/// A name of a task, an input, an output and of all else that a definition names.
pub(super) fn name() -> Json {
    pattern(&format!("^[a-z][a-z0-9_]{{0,{}}}$", ID_BYTES_MAX - 1))
}

/// A name with hyphens: a definition's id, a calendar's, a tag.
pub(super) fn slug() -> Json {
    pattern("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
}
