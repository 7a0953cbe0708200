//! The house rules that a compiler does not see.
//!
//! Owns: who may know whom, that each dependency has its reason, words we do not use, what every file begins with, and
//! that the map is true. Each test reads the repository as it lies there and names what breaks the rule.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crates each may depend on. A new arrow is a decision worth its own commit, and its own line here.
const ARROWS: &[(&str, &[&str])] = &[
    ("engine/core", &[]),
    ("engine/expression", &["core"]),
    ("engine/definition", &["core", "expression"]),
    ("engine/plugin", &["core"]),
    ("engine/store", &["core"]),
    ("engine/runtime", &["core", "expression", "plugin", "store"]),
    ("plugins/component", &["core", "plugin"]),
    ("plugins/email", &["core", "plugin"]),
    ("plugins/guest", &[]),
    ("plugins/people", &["core", "plugin"]),
    ("plugins/script", &["core", "plugin", "expression"]),
];

/// What stands there as an author of plugins would have it: no crates of ours, built by their own tools. What is said of
/// words and of files holds for them too.
const AUTHORS: &[&str] = &["plugins/samples", "plugins/templates"];

/// Words for which we have another, and words that say nothing, as parts of file names.
const WORDS_REFUSED: &[&str] = &[
    "agent", "common", "customer", "employee", "executor", "handler", "helper", "helpers", "hook", "manager", "misc",
    "tenant", "user", "users", "util", "utils",
];

/// Files and folders deeper than this are none of ours.
const DEPTH_MAX: usize = 12;

#[test]
fn nobody_knows_more_crates_than_they_may() {
    let mut manifests = files("Cargo.toml");
    manifests.retain(|path| !AUTHORS.iter().any(|room| path.starts_with(root().join(room))));
    let mut wrong = Vec::new();
    for manifest in manifests.iter().filter(|path| path.parent() != Some(&root())) {
        let room = manifest.parent().map(relative).unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == room) else {
            wrong.push(format!("{room} is not in the table of crates"));
            continue;
        };
        let known = section(&read(manifest), "[dependencies]");
        let ours = known.iter().filter_map(|line| line.strip_prefix("jobwright-"));
        let names = ours.map(|line| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned());
        wrong.extend(names.filter(|name| !allowed.contains(&name.as_str())).map(|name| format!("{room} knows {name}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(manifests.len() > ARROWS.len(), "every crate of the table is there");
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let lines = section(&read(&root().join("Cargo.toml")), "[workspace.dependencies]");
    let foreign = lines.iter().filter(|line| line.contains('=') && !line.contains("path ="));
    let silent: Vec<_> = foreign.filter(|line| !line.contains("# ")).collect();
    assert!(silent.is_empty() && lines.len() > 30, "{silent:#?}");
}

#[test]
fn file_names_use_the_words_of_the_practice() {
    let sources = files(".rs");
    let parts = |path: &Path| relative(path).split(['/', '_', '.', '-']).map(str::to_owned).collect::<Vec<_>>();
    let refused = |path: &&PathBuf| parts(path).iter().any(|part| WORDS_REFUSED.contains(&part.as_str()));
    assert_eq!(sources.iter().filter(refused).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}

#[test]
fn every_file_opens_with_what_it_owns() {
    let silent = |path: &&PathBuf| !read(path).starts_with("//!");
    assert_eq!(files(".rs").iter().filter(silent).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}

#[test]
fn every_place_that_the_map_names_is_there() {
    let map = read(&root().join("ARCHITECTURE.md"));
    let quoted = map.split('`').skip(1).step_by(2);
    let places: Vec<&str> = quoted.filter(|text| text.contains('/') && !text.contains([' ', '<', '\n'])).collect();
    let gone: Vec<_> = places.iter().filter(|place| !root().join(place).exists()).collect();
    assert!(gone.is_empty() && places.len() > 20, "{gone:#?}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of a section of a manifest.
fn section(manifest: &str, title: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != title).skip(1).take_while(|line| !line.starts_with('['));
    lines.map(str::to_owned).collect()
}

/// All files of ours whose name ends like this.
fn files(ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in ["engine", "plugins", "tests", "workflows"] {
        collect(&root().join(room), ending, DEPTH_MAX, &mut found);
    }
    found.extend(Some(root().join("Cargo.toml")).filter(|path| path.ends_with(ending)));
    found.sort();
    found
}

fn collect(folder: &Path, ending: &str, depth: usize, found: &mut Vec<PathBuf>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default().into_owned();
        if path.is_dir() && name != "target" {
            collect(&path, ending, deeper, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}
