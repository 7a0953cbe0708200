//! JSON Schemas that plugins bring.
//!
//! Owns: compiling one, and saying where a value does not fit. Nothing is fetched, and patterns match in linear time, so
//! that a schema cannot stall the engine. Leaves what a schema is for to the manifest.

use jobwright_plugin::json::Misfit;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value as Json;
use std::fmt;

/// Most faults that are told of one value.
pub const FAULTS_MAX: usize = 20;

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

/// Longer words are cut in the middle.
const WORDS_BYTES_MAX: usize = 400;
