//! The schemas of what people write, held against the decoders that read it.
//!
//! Each file of the corpus is changed in one place after the other: a key too many, a key too few, another value. What
//! the decoder takes, the schema must take; the keys, words and bounds that the decoder names must be the schema's.

#[path = "schemas/agreement.rs"]
mod agreement;
#[path = "schemas/document.rs"]
mod document;
#[path = "schemas/walk.rs"]
mod walk;

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use jobwright_definition::schema::{ALL, Schema};
use serde_json::Value as Json;

use agreement::{Proof, Reader};
use document::Document;

/// The reasons why a definition that is wrong on level 2 can pass its schema.
const BEYOND_A_SCHEMA: &[(&str, &str)] = &[
    ("wf0212-not-installed", "a schema does not know what is installed"),
    ("wf0217-plugin-lacks", "nor what of it lacks a grant"),
    ("wf0218-bad-settings", "nor what its settings are"),
    ("wf0214-unreadable-file", "a schema sees no files"),
    ("wf0215-staff-only", "a fallback may lie as deep as it likes, and each of its forms must find staff"),
    ("wf0216-pick-missing", "whether a selector may find several people follows from all of its branches"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(name: &str) -> &'static Schema {
    ALL.iter().find(|schema| schema.name == name).expect(name)
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect(folder);
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    files.sort();
    assert!(!files.is_empty(), "{folder} holds files that end with {ending}");
    files
}

/// What an editor finds wrong with a file.
fn faults(name: &str, path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a file");
    let schema: Json = schema(name).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let document = Document::read(&text).json();
    validator.iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

fn passes(name: &str, path: &Path) {
    let faults = faults(name, path);
    assert!(faults.is_empty(), "{}:\n{}", path.display(), faults.join("\n"));
}

#[test]
fn the_files_are_what_the_code_says() {
    for schema in ALL {
        expect_file![root().join("schemas").join(schema.name).with_extension("json")].assert_eq(&schema.text());
    }
}

#[test]
fn every_schema_is_one_and_every_key_has_its_sentence() {
    fn keys(at: &str, schema: &Json) {
        for (key, of) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let conditional = at.contains("/if/") || at.contains("/then/") && !at.ends_with("/then/properties/set");
            let shared = of.get("$ref").and_then(Json::as_str).is_some_and(|name| name.contains("/properties/"));
            let said = of
                .get("description")
                .and_then(Json::as_str)
                .is_some_and(|text| text.ends_with('.') || text.contains("`"));
            assert!(said || shared || conditional, "{at}: {key} says nothing");
        }
        let children: Vec<(String, &Json)> = match schema {
            Json::Object(map) => map.iter().map(|(key, one)| (format!("{at}/{key}"), one)).collect(),
            Json::Array(list) => list.iter().map(|one| (format!("{at}/"), one)).collect(),
            _ => Vec::new(),
        };
        children.iter().for_each(|(at, one)| keys(&format!("{at}/"), one));
    }
    for schema in ALL {
        let json = schema.json();
        jsonschema::meta::validate(&json).unwrap_or_else(|fault| panic!("{}: {fault}", schema.name));
        keys(schema.name, &json);
    }
}

#[test]
fn what_ships_passes_its_schema() {
    for path in files("workflows", ".job.yaml").iter().chain(&files("tests/definitions/valid", ".yaml")) {
        passes("job-definition", path);
    }
    for path in files("workflows/calendars", ".yaml") {
        passes("calendar", &path);
    }
    passes("practice", &root().join("workflows/sample/practice.yaml"));
    for path in files("workflows/sample", ".yaml") {
        if path.to_string_lossy().contains("people") {
            passes("people", &path);
        }
    }
}

#[test]
fn a_definition_of_the_wrong_shape_fails_its_schema_or_is_beyond_it() {
    for path in files("tests/definitions/invalid", ".yaml") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let beyond = BEYOND_A_SCHEMA.iter().find(|(file, _)| *file == name);
        if name.starts_with("wf02") {
            assert_eq!(faults("job-definition", &path).is_empty(), beyond.is_some(), "{name}");
        }
    }
}

fn agrees(name: &str, reader: Reader, corpus: &[PathBuf]) {
    let mut proof = Proof::new(schema(name).json(), reader);
    for path in corpus {
        proof.read(&path.file_name().expect("a name").to_string_lossy(), &fs::read_to_string(path).expect("a file"));
    }
    proof.finish();
}

#[test]
fn the_schema_of_definitions_agrees_with_their_decoder() {
    agrees("job-definition", Reader::Definition, &files("engine/definition/tests/schemas", ".job.yaml"));
}

#[test]
fn the_schema_of_tests_agrees_with_their_decoder() {
    agrees("job-test", Reader::Tests, &files("engine/definition/tests/schemas", ".test.yaml"));
    let part = |schema: &str, part: &str| self::schema(schema).json()["$defs"][part].clone();
    for name in ["test", "step", "contact"] {
        assert_eq!(part("job-test", name), part("job-definition", name));
    }
}

#[test]
fn the_schema_of_settings_agrees_with_their_decoder() {
    agrees("practice", Reader::Practice, &files("engine/definition/tests/schemas", "practice.yaml"));
}

#[test]
fn the_schema_of_people_agrees_with_their_decoder() {
    agrees("people", Reader::People, &files("engine/definition/tests/schemas", "people.yaml"));
}

#[test]
fn the_schema_of_calendars_agrees_with_their_decoder() {
    agrees("calendar", Reader::Calendar, &files("engine/definition/tests/schemas", "calendar.yaml"));
}
