//! What the program answers with `--json`, held against the schemas in `schemas/output`.
//!
//! Owns: real answers of the real program in a small practice and in the demo. That the schemas of what people write
//! agree with their decoders is proved beside the decoders.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect_file;
use jobwright::schema;
use jobwright::schema::output::ALL;
use serde_json::Value as Json;

use crate::support::Folder;
use crate::support::running::Running;

/// The line that tells an editor which schema a file has.
const MODELINE: &str = "# yaml-language-server: $schema=";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What was said on either stream, an object a line.
fn said(folder: &Path, typed: &str) -> Vec<Json> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("JOBWRIGHT_")) {
        command.env_remove(name);
    }
    let ended = command.current_dir(folder).args(typed.split(' ')).output().expect("the program runs");
    let both = [ended.stdout, ended.stderr].concat();
    let lines = String::from_utf8(both).expect("text");
    lines.lines().filter(|line| line.starts_with(['{', '['])).map(|line| line.parse().expect(typed)).collect()
}

/// Everything that was said fits its schema; given back to be looked at further.
fn answers(name: &str, folder: &Path, typed: &str) -> Vec<Json> {
    let output = ALL.iter().find(|output| output.name == name).expect(name);
    let validator = jsonschema::validator_for(&output.json()).expect("a schema");
    let said = said(folder, &format!("{typed} --json"));
    assert!(!said.is_empty(), "`{typed}` answers");
    for one in &said {
        let faults: Vec<String> = validator.iter_errors(one).map(|fault| format!("{fault:.400}")).collect();
        assert!(faults.is_empty(), "`{typed}` answers what its schema does not say:\n{}", faults.join("\n"));
    }
    said
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json[key].as_str().unwrap_or_else(|| panic!("{key} in {json}"))
}

#[test]
fn the_schemas_of_answers_are_what_the_code_says() {
    for output in ALL {
        expect_file![root().join("schemas/output").join(output.name).with_extension("json")].assert_eq(&output.text());
    }
}

#[test]
fn every_event_that_was_ever_written_has_its_schema() {
    let event = ALL.iter().find(|output| output.name == "event").expect("events").json();
    let one_of = event["$defs"]["event"]["oneOf"].as_array().expect("kinds");
    let kinds: BTreeSet<String> =
        one_of.iter().map(|kind| text(&kind["properties"]["kind"], "const").replace('_', "-")).collect();
    let files = fs::read_dir(root().join("schemas/event/v1")).expect("golden events");
    let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    assert_eq!(kinds, files.map(|entry| stem(entry.expect("an entry").path())).collect());
}

#[test]
fn a_small_practice_answers_as_its_schemas_say() {
    let home = Folder::new();
    said(home.path(), "init p");
    let practice = home.path().join("p");
    said(&practice, "import people.yaml");
    answers("check", &practice, "check workflows/first-job.job.yaml");
    fs::write(practice.join("wrong.job.yaml"), "format: 1\nid: wrong\nname: Wrong\ntasks: [{ id: a, typ: email }]\n")
        .expect("the folder can be written");
    let wrong = answers("check", &practice, "check wrong.job.yaml");
    assert!(wrong[0].as_array().is_some_and(|all| !all.is_empty()), "{wrong:?}");
    answers("error", &practice, "publish wrong.job.yaml");
    answers("publish", &practice, "publish workflows/first-job.job.yaml");
    let started = answers("start", &practice, "start first-job --client acme");
    let job = text(&started[0], "job").to_owned();
    answers("start", &practice, "start first-job --where true --yes");
    answers("work", &practice, "work");
    answers("doctor", &practice, "doctor");
    answers("export", &practice, "export everything");
    answers("backup", &practice, "backup safe.backup");
    answers("restore", &practice, "restore safe.backup restored");
    answers("verify", &practice, "verify");
    answers("verify", &practice, "verify --backup safe.backup");
    let running = Running::start_in(&practice, &[]);
    let found = answers("doctor", &practice, "doctor --quick");
    let engine = found.iter().find(|one| one["what"] == "engine").expect("the engine speaks for itself");
    assert!(text(engine, "found").contains(&format!("process {} is at work", running.id())), "{engine}");
    drop(running);
    answers("jobs", &practice, "jobs --all");
    answers("show", &practice, &format!("show {job}"));
    answers("why", &practice, &format!("why {job} papers state"));
    answers("why", &practice, &format!("why {job}"));
    answers("why", &practice, &format!("why {job} greet recipient"));
    answers("why", &practice, &format!("why {job} papers date"));
    answers("event", &practice, &format!("skip {job} papers --note done"));
    answers("event", &practice, &format!("cancel {job} --note enough"));
    answers("show", &practice, &format!("show {job}"));
    answers("staff-leave", &practice, "staff leave kim");
    answers("staff-leave", &practice, "staff leave kim --yes");
    answers("error", &practice, "show nothing");
}

#[test]
fn the_jobs_of_the_demo_answer_as_their_schema_says() {
    let home = Folder::new();
    said(home.path(), "demo d");
    let practice = home.path().join("d");
    assert!(practice.join("schemas/job-definition.json").is_file(), "an editor finds the schema here as well");
    let jobs = answers("jobs", &practice, "jobs --all");
    let mut kinds = BTreeSet::new();
    for job in &jobs {
        let shown = answers("show", &practice, &format!("show {}", text(job, "job")));
        let events = shown[0]["events"].as_array().expect("events");
        kinds.extend(events.iter().map(|event| text(event, "kind").to_owned()));
    }
    assert!(kinds.len() > 10, "{kinds:?}");
}

#[test]
fn an_editor_finds_the_schema_of_every_file_that_ships() {
    let leads_to_a_schema = |path: &Path| {
        let file = fs::read_to_string(path).expect("a file");
        let first = file.lines().next().and_then(|line| line.strip_prefix(MODELINE));
        let schema = first.map(|schema| path.with_file_name("").join(schema));
        assert!(schema.is_some_and(|schema| schema.is_file()), "{} names a schema that is there", path.display());
    };
    for path in crate::workflows::shipped() {
        leads_to_a_schema(&path);
    }
    let home = Folder::new();
    said(home.path(), "init p");
    for file in ["practice.yaml", "people.yaml", "workflows/first-job.job.yaml"] {
        leads_to_a_schema(&home.path().join("p").join(file));
    }
    let definition = schema::all().next().expect("schemas");
    let written = fs::read_to_string(home.path().join("p/schemas/job-definition.json")).expect("a schema");
    assert_eq!(written, definition.text);
}
