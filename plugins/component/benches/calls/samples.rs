//! The samples as an author built them, with one call each.
//!
//! Owns: building them by their own script, and the practice that they are put into. What was compiled for this engine is
//! kept between runs: JavaScript and Python take seconds.

use crate::world::{Practice, call_of};
use jobwright_component::Manifest;
use jobwright_core::{id::Hash, value::Value};
use jobwright_plugin::{Call, Desk};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Each sample, and the example that it is called with.
const CALLED: &[(&str, &str)] = &[
    (RUST, "adds-up"),
    (JS, "a-letter"),
    // Refused before it asks anybody.
    (PYTHON, "bad-number"),
    (SELECTOR, "anybody"),
];

/// A task in Rust.
pub const RUST: &str = "vat-checks";
/// A task in JavaScript.
pub const JS: &str = "word-count";
/// A task in Python.
pub const PYTHON: &str = "company-lookup";
/// A selector in Rust.
pub const SELECTOR: &str = "least-loaded-staff";

/// Where they are built to.
const OUT: &str = "samples";

pub type Samples = BTreeMap<&'static str, Sample>;

/// A plugin, ready to be added.
pub struct Sample {
    component: Vec<u8>,
    manifest: Manifest,
    pub plugin: Vec<u8>,
    name: String,
    settings: Value,
}

impl Sample {
    pub fn call(&self, digest: Hash) -> Call {
        Call { settings: self.settings.clone(), ..call_of(digest, &self.name) }
    }

    /// The same call with another example, for what is the guest's own work and what is not.
    pub fn with_example(&self, example: &str) -> Self {
        sample(&target().join(OUT), &self.manifest.name, example).expect("built before")
    }

    /// The same under another name, for a folder with several.
    pub fn renamed(&self, number: usize) -> Vec<u8> {
        let mut manifest = self.manifest.clone();
        manifest.name = format!("{}{number}", manifest.name);
        for task in &mut manifest.tasks {
            task.name = format!("{}{number}", task.name);
        }
        manifest.embed(&self.component).expect("a component")
    }
}

/// A practice whose plugins were compiled by an earlier run, if there was one.
pub fn practice() -> Practice {
    let mut practice = Practice::new();
    practice.cache = target().join("compiled-samples");
    practice.options.given.secrets = BTreeMap::from([("register_key".into(), "s3cret".into())]);
    practice
}

/// Those whose toolchain is there; the script says which are not.
pub fn built() -> Samples {
    let out = target().join(OUT);
    fs::create_dir_all(&out).expect("a folder");
    let ended = Command::new("bash")
        .arg(folder().join("build.sh"))
        .args(CALLED.iter().map(|(name, _)| *name))
        .arg("--out")
        .arg(&out)
        .stdout(std::process::Stdio::null())
        .status();
    if !ended.is_ok_and(|status| status.success()) {
        println!("some samples could not be built; their lines are left out");
    }
    CALLED.iter().filter_map(|(name, example)| Some((*name, sample(&out, name, example)?))).collect()
}

fn sample(out: &Path, name: &str, example: &str) -> Option<Sample> {
    let component = fs::read(out.join(format!("{name}.wasm"))).ok()?;
    let folder = folder().join(name);
    let text = fs::read_to_string(folder.join("plugin.toml")).expect("a manifest");
    let manifest = Manifest::from_author(&text, &|path| fs::read_to_string(folder.join(path))).expect("a manifest");
    let plugin = manifest.embed(&component).expect("a component");
    let example = fs::read(folder.join("examples").join(format!("{example}.json"))).expect("an example");
    let example: Json = serde_json::from_slice(&example).expect("JSON");
    let name = example["call"].as_str().expect("a name").to_owned();
    Some(Sample { component, manifest, plugin, name, settings: value(&example["settings"]) })
}

fn value(json: &Json) -> Value {
    match json {
        Json::Object(map) => Value::Map(map.iter().map(|(name, json)| (name.clone(), value(json))).collect()),
        Json::Array(list) => Value::List(list.iter().map(value).collect()),
        Json::Bool(yes) => Value::Bool(*yes),
        Json::String(text) => Value::text(text.as_str()),
        Json::Number(number) => Value::Int(number.as_i64().expect("a whole number")),
        Json::Null => Value::Nothing,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

pub fn target() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A desk with three of the staff.
#[derive(Debug)]
pub struct Office;

impl Desk for Office {
    fn checkpoint(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn checkpointed(&self, _: &str) -> Option<String> {
        None
    }

    fn client(&self) -> Value {
        Value::map([("name", Value::text("Ada & Co"))])
    }

    fn contacts(&self) -> Value {
        Value::List(vec![])
    }

    fn staff(&self) -> Value {
        let one = |id: &str, open: i64| {
            let roles = Value::List(vec![Value::text("partner")]);
            Value::map([("id", Value::text(id)), ("roles", roles), ("open_tasks", Value::Int(open))])
        };
        Value::List(vec![one("cem", 3), one("ada", 1), one("ben", 2)])
    }

    fn outputs(&self, _: &str) -> Option<Value> {
        None
    }

    fn document(&self, _: &str, _: u64, _: usize) -> Option<Vec<u8>> {
        None
    }
}
