//! The workflows that ship: every test of every one of them.
//!
//! Owns: that each holds, as it stands and with a restart after each step, within the sample practice. A new workflow is
//! found by itself. Dying at every commit is `crash`'s.

use std::path::{Path, PathBuf};

use jobwright::arguments::Arguments;
use jobwright::output::Paint;
use jobwright::play::tested::Tested;
use jobwright::play::verdict::verdict;
use jobwright::practice::Practice;

use clap::Parser;

/// The sample practice.
pub fn sample() -> Practice {
    let folder = root().join("workflows/sample");
    let typed = ["jobwright", "man", "-C", folder.to_str().expect("our folder is UTF-8")];
    let arguments = Arguments::try_parse_from(typed).expect("this can be typed");
    Practice::open(&arguments.global).unwrap_or_else(|report| panic!("{}", report.human(Paint::plain())))
}

/// The workflows that ship.
pub fn shipped() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("workflows")).expect("workflows ship");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(".job.yaml")).collect();
    paths.sort();
    paths
}

/// A workflow with its tests.
pub fn tested(path: &Path, practice: &Practice) -> Tested {
    Tested::read(path, Some(practice)).unwrap_or_else(|report| panic!("{}", report.human(Paint::plain())))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_shipped_workflow_does_what_its_tests_say_also_after_restarts() {
    let practice = sample();
    let mut missed = String::new();
    for path in shipped() {
        let tested = tested(&path, &practice);
        assert!(tested.scenarios.len() >= 5, "{} has tests", tested.name);
        for scenario in &tested.scenarios {
            let verdict = verdict(&tested, scenario, &practice, Paint::plain());
            let verdict = verdict.unwrap_or_else(|report| panic!("{}", report.human(Paint::plain())));
            missed += &verdict.missed.map(|missed| missed.picture).unwrap_or_default();
        }
    }
    assert!(missed.is_empty(), "{missed}");
    assert!(shipped().len() >= 3);
}
