//! The workflows that ship: every test of every one of them.
//!
//! Owns: that each holds, as it stands and with a restart after each step, within the sample practice. A new workflow is
//! found by itself. Dying at every commit is `crash`'s.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jobwright::arguments::Arguments;
use jobwright::output::Paint;
use jobwright::play::tested::Tested;
use jobwright::play::verdict::verdict;
use jobwright::practice::Practice;

use clap::Parser;

use crate::support::Folder;

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
    assert!(shipped().len() >= 4);
}

#[test]
fn the_demo_leaves_a_practice_in_which_everything_can_be_looked_at() {
    let folder = Folder::new();
    let demo = folder.path().join("demo");
    let said = jobwright(&["demo", demo.to_str().expect("our folder is UTF-8")]);
    assert!(said.contains("sign_off") && said.contains("job completed") && said.contains("role payroll → chosen"));
    assert!(said.contains("no_contact_with_role(payroll)"), "{said}");
    let practice = ["-C", demo.to_str().expect("our folder is UTF-8")];
    let shown = |verb: &[&str]| jobwright(&[&practice[..], verb].concat());
    let look = said.lines().find(|line| line.contains("show monthly-payroll/birchwood/")).expect("a command to look");
    let job = look.split_whitespace().nth(2).expect("the job's name");
    assert!(shown(&["show", job, "--json"]).contains("\"state\":\"completed\""));
    let why = said.lines().find(|line| line.contains("why salary-review/cloudberry/")).expect("a command to ask why");
    let healed = why.split_whitespace().nth(2).expect("the job's name");
    assert!(shown(&["why", healed, "ask"]).contains("Lou Pickering"));
    let letters = std::fs::read_dir(demo.join("letters")).expect("letters left").map(|letter| {
        let path = letter.expect("an entry").path();
        std::fs::read_to_string(path).expect("a letter can be read")
    });
    let letters: Vec<String> = letters.collect();
    let asked =
        letters.iter().filter(|letter| letter.contains("lou@cloudberry.example") && letter.contains("Dear Lou"));
    let asked = asked.filter(|letter| letter.contains("We ask you alone"));
    assert_eq!((letters.len(), asked.count()), (9, 1), "healed once, sent once");
    let payroll = demo.join("workflows/monthly-payroll.job.yaml");
    let payroll = payroll.to_str().expect("our folder is UTF-8");
    let real = shown(&["run", payroll, "--client", "drystone", "--clock", "real", "--json"]);
    assert!(real.contains("\"state\":\"awaiting_client\""), "{real}");
    assert!(shown(&["jobs"]).contains("drystone"), "a job on the real clock stays in the practice");
    assert_eq!(typed(&["demo", practice[1]]).status.code(), Some(1), "nothing is written over");
}

fn jobwright(arguments: &[&str]) -> String {
    let output = typed(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the program writes UTF-8")
}

fn typed(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    command.env_remove("JOBWRIGHT_AS").args(arguments).output().expect("the program runs")
}
