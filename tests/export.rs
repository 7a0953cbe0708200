//! Everything written out in open formats, and read again without our program.
//!
//! Owns: that all of it is there, that it is true, and that it is the same through a running engine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::Running;

/// A practice with a job in the middle of its work, and one that was cancelled.
fn practice() -> Practice {
    let practice = Practice::open_for_business(TO_FILES);
    for client in ["birchwood", "copperfield", "quentin"] {
        practice.done(["start", "monthly-payroll", "--client", client, "--period", "2026-05"]);
    }
    practice.done(["work"]);
    practice.write("hours.csv", [0, 159, 146, 150]);
    let answer = ["answer", "monthly-payroll/birchwood/2026-05", "changes_in", "changes"];
    practice.done([&answer[..], &["--as", "contact:ann", "--file", "hours.csv"]].concat());
    let cancel = ["cancel", "monthly-payroll/quentin/2026-05", "--as", "pat", "--note", "Enough"];
    practice.done(cancel);
    practice
}

/// Every file of a folder by its path, sorted.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(inside).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("inside").display().to_string();
                found.insert(name, fs::read(path).expect("a file"));
            }
        }
    }
    found
}

fn lines(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<Json> {
    let text = String::from_utf8(files[name].clone()).expect("UTF-8");
    text.lines().map(|line| line.parse().expect("an object a line")).collect()
}

#[test]
fn an_export_holds_all_that_is_kept_and_proves_it() {
    let (practice, away) = (practice(), Folder::new());
    let to = away.path().join("all");
    let said = practice.json(&["export", to.to_str().expect("text")]);
    let files = files(&to);
    // The sums are right, and there is one for every file but theirs.
    let sums = String::from_utf8(files["SHA256SUMS"].clone()).expect("text");
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").expect("a sum and a name");
        assert_eq!(format!("{:x}", Sha256::digest(&files[name])), sum, "{name}");
    }
    assert_eq!((sums.lines().count(), said["files"].as_u64()), (files.len() - 1, Some(files.len() as u64 - 1)));
    // People, as the verbs tell them.
    for (name, verb) in [("clients", ["client", "list"]), ("staff", ["staff", "list"]), ("roles", ["role", "list"])] {
        let told: Vec<Json> =
            practice.done([&verb[..], &["--json"]].concat()).lines().map(|line| line.parse().expect("JSON")).collect();
        assert_eq!(lines(&files, &format!("{name}.jsonl")), told, "{name}");
        assert_eq!(said[name], told.len(), "{name}");
    }
    let contacts = lines(&files, "contacts.jsonl");
    assert!(contacts.iter().any(|one| one["client"] == "birchwood" && one["id"] == "ann"));
    // Jobs, each with its whole story.
    let jobs = lines(&files, "jobs.jsonl");
    assert_eq!(jobs.len(), 3);
    for job in &jobs {
        let shown = practice.json(&["show", job["job"].as_str().expect("an id")]);
        assert_eq!((&job["events"], &job["state"]), (&shown["events"], &shown["state"]));
    }
    // Each letter that lies in the folder of sent ones, byte for byte.
    let sent = self::files(&practice.folder().join("letters"));
    assert!(sent.len() > 3, "{}", sent.len());
    for (name, bytes) in &sent {
        let (job, rest) = name.split_once('-').expect("an effect");
        assert!(files.get(&format!("letters/{job}/{rest}")) == Some(bytes), "{name}");
    }
    // The document that was handed in.
    let documents: Vec<_> = files.keys().filter(|name| name.starts_with("documents/")).collect();
    assert!(documents.len() == 1 && files[documents[0]] == [0, 159, 146, 150], "{documents:?}");
    // A definition that means what was published: to publish it again is to publish nothing.
    let definition = to.join("definitions/monthly-payroll/1.yaml");
    let again = practice.json(&["publish", definition.to_str().expect("text")]);
    assert_eq!(
        (&again["new"], &again["version_hash"]),
        (&false.into(), &lines(&files, "definitions.jsonl")[0]["version_hash"])
    );
    // Nothing is written over.
    practice.run(["export", to.to_str().expect("text")]).refuses(1, &["all is not empty", "name a new folder"]);
}

#[test]
fn a_running_engine_writes_the_same_export_where_it_was_typed() {
    let practice = practice();
    let away = Folder::new();
    practice.done(["work"]);
    practice.done(["export", away.path().join("alone").to_str().expect("text")]);
    let running = Running::start(&practice, &[]);
    let mut command = crate::support::program::jobwright(away.path());
    let said = command.arg("-C").arg(practice.folder()).args(["export", "served"]).output().expect("the program runs");
    assert_eq!((said.status.code(), String::from_utf8_lossy(&said.stderr).as_ref()), (Some(0), ""));
    assert!(files(&away.path().join("served")) == files(&away.path().join("alone")));
    assert_eq!(running.stop().code, Some(0));
}
