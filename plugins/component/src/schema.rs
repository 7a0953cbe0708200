//! JSON Schemas that plugins bring.
//!
//! Owns: compiling one, and saying where a value does not fit. Nothing is fetched, patterns match in linear time, and the
//! ways in which a value is looked at are counted before, so that a schema cannot stall the engine. Leaves what a schema is
//! for to the manifest.

use jobwright_plugin::json::Misfit;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt};

/// Most faults that are told of one value.
pub const FAULTS_MAX: usize = 20;

/// Most parts of a schema that one value is held to: alternatives on top of alternatives double with each level.
const WAYS_MAX: u64 = 10_000;
/// Deepest references and alternatives, one within the other.
const DEPTH_MAX: usize = 256;

/// Keywords with one schema, and with several, that look at the same value.
const ONE: &[&str] = &["not", "if", "then", "else"];
const SEVERAL: &[&str] = &["allOf", "anyOf", "oneOf", "dependentSchemas", "dependencies"];

/// Longer words are cut in the middle.
const WORDS_BYTES_MAX: usize = 400;

/// A schema that values are held to.
pub struct Schema(Validator);

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schema")
    }
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// When it is not a valid one, or refers to something outside itself.
    pub fn new(schema: &Json) -> Result<Self, Misfit> {
        let mut ways = Ways { root: schema, of: BTreeMap::new() };
        if ways.most(schema) > WAYS_MAX {
            let what = format!(
                "may hold one value to more than {WAYS_MAX} parts of itself; put fewer `anyOf`, `allOf`, `oneOf` and `$ref` \
                 on top of one another"
            );
            return Err(Misfit { at: String::new(), what });
        }
        if let Err(error) = jsonschema::meta::validate(schema) {
            return Err(misfit(&error));
        }
        let options = jsonschema::options().with_pattern_options(PatternOptions::regex()).should_validate_formats(true);
        options.build(schema).map(Self).map_err(|error| misfit(&error))
    }

    /// What does not fit, at most [`FAULTS_MAX`] of it.
    pub fn faults(&self, value: &Json) -> Vec<Misfit> {
        if self.0.is_valid(value) {
            return Vec::new();
        }
        self.0.iter_errors(value).take(FAULTS_MAX).map(|error| misfit(&error)).collect()
    }
}

/// In how many ways a schema looks at one value.
struct Ways<'a> {
    root: &'a Json,
    /// Of what references lead to; nothing while it is being counted: what refers to itself ends there.
    of: BTreeMap<&'a str, Option<u64>>,
}

impl<'a> Ways<'a> {
    /// The most of any part.
    fn most(&mut self, part: &'a Json) -> u64 {
        let own = self.count(part, 0);
        let within = match part {
            Json::Object(map) => map.values().map(|one| self.most(one)).max(),
            Json::Array(list) => list.iter().map(|one| self.most(one)).max(),
            _ => None,
        };
        own.max(within.unwrap_or(0))
    }

    fn count(&mut self, schema: &'a Json, depth: usize) -> u64 {
        let Json::Object(map) = schema else { return 1 };
        if depth > DEPTH_MAX {
            return u64::MAX;
        }
        let mut ways: u64 = 1;
        for (key, one) in map {
            let key = key.as_str();
            let more = match one {
                Json::String(reference) if key == "$ref" => self.referred(reference, depth),
                one if ONE.contains(&key) => self.count(one, depth + 1),
                Json::Array(list) if SEVERAL.contains(&key) => self.sum(list.iter(), depth),
                Json::Object(map) if SEVERAL.contains(&key) => self.sum(map.values(), depth),
                _ => 0,
            };
            ways = ways.saturating_add(more);
        }
        ways
    }

    fn sum(&mut self, schemas: impl Iterator<Item = &'a Json>, depth: usize) -> u64 {
        schemas.fold(0, |sum: u64, one| sum.saturating_add(self.count(one, depth + 1)))
    }

    fn referred(&mut self, reference: &'a str, depth: usize) -> u64 {
        if let Some(known) = self.of.get(reference) {
            return known.unwrap_or(1);
        }
        // What lies elsewhere is refused when it is compiled.
        let Some(target) = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { return 1 };
        self.of.insert(reference, None);
        let ways = self.count(target, depth + 1);
        self.of.insert(reference, Some(ways));
        ways
    }
}

fn misfit(error: &jsonschema::ValidationError<'_>) -> Misfit {
    Misfit { at: error.instance_path().to_string(), what: cut(error.to_string()) }
}

/// The words repeat the value that does not fit, however long it is.
fn cut(mut words: String) -> String {
    if words.len() > WORDS_BYTES_MAX {
        let half = WORDS_BYTES_MAX / 2;
        let end = words.split_off(words.ceil_char_boundary(words.len() - half));
        words.truncate(words.floor_char_boundary(half));
        words = format!("{words} … {end}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn r07_alternatives_that_double_with_each_level_are_refused_before_anything_is_compiled() {
        for keyword in ["anyOf", "allOf", "oneOf"] {
            let mut defs = serde_json::Map::new();
            for level in 0..40 {
                let next = json!({ "$ref": format!("#/$defs/n{}", level + 1) });
                defs.insert(format!("n{level}"), json!({ keyword: [next, next] }));
            }
            defs.insert("n40".into(), json!({ "type": "integer" }));
            let schema = json!({ "$defs": defs, "properties": { "x": { "$ref": "#/$defs/n0" } } });
            let misfit = Schema::new(&schema).expect_err("refused");
            assert!(misfit.what.contains("more than 10000 parts"), "{misfit}");
        }
    }

    #[test]
    fn r07_an_honest_schema_that_refers_to_itself_is_taken() {
        let tree = json!({
            "$defs": { "n": { "type": "object", "properties": {
                "left": { "$ref": "#/$defs/n" }, "middle": { "$ref": "#/$defs/n" }, "right": { "$ref": "#/$defs/n" },
                "value": { "anyOf": [{ "type": "integer" }, { "$ref": "#/$defs/n" }] },
            } } },
            "$ref": "#/$defs/n",
        });
        let schema = Schema::new(&tree).expect("a schema");
        assert!(schema.faults(&json!({ "left": { "right": {}, "value": 3 } })).is_empty());
        assert_eq!(schema.faults(&json!({ "left": { "right": 3 } })).len(), 1);
        let itself = json!({ "$defs": { "a": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" });
        let _ = Schema::new(&itself).map(|schema| schema.faults(&json!(1)));
    }
}
