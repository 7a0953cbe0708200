//! What README, help and schema claim.

use std::process::Command;

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};

const README: &str = include_str!("../../README.md");

/// A section of the README, by its heading.
fn section(heading: &str) -> &'static str {
    let begin = README.find(&format!("## {heading}\n")).unwrap_or_else(|| panic!("README has a section {heading}"));
    let rest = &README[begin + 3..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// The lines that a section tells people to type.
fn typed(heading: &str) -> Vec<&'static str> {
    section(heading)
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with(' '))
        .collect()
}

#[test]
fn r73_the_five_minutes_of_the_readme_run_word_for_word() {
    let commands = typed("Five minutes to your own workflow");
    let commands: Vec<_> = commands
        .into_iter()
        // Building is what has made the program that is run here.
        .filter(|line| !line.starts_with("cargo build") && !line.starts_with("export PATH"))
        .collect();
    assert!(commands.len() >= 8 && commands.iter().any(|line| line.starts_with("jobwright show")), "{commands:?}");
    let folder = Folder::new();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_jobwright")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let script = format!("set -e\n{}\n", commands.join("\n"));
    let mut shell = Command::new("sh");
    let ended = shell.args(["-c", &script]).current_dir(folder.path()).env("PATH", path).env_remove("JOBWRIGHT_AS");
    let ended = ended.output().expect("a shell");
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + String::from_utf8_lossy(&ended.stderr).as_ref();
    assert!(ended.status.success(), "{said}");
    let letters = std::fs::read_dir(folder.path().join("my-practice/letters")).expect("letters left").count();
    assert!(letters >= 1, "{said}");
}

/// The verbs, as `help` lists them.
fn verbs() -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_jobwright")).arg("help").output().expect("the program runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let list = help.split("Commands:\n").nth(1).expect("a list of commands");
    let verbs = list.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    verbs.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").map(str::to_owned).collect()
}

#[test]
fn r73_every_verb_takes_json_and_a_wrong_use_of_it_is_told_as_json_too() {
    let practice = Practice::with_people(TO_FILES);
    let verbs = verbs();
    assert!(verbs.len() >= 30, "{verbs:?}");
    for verb in &verbs {
        let said = practice.run([verb.as_str(), "--json", "--no-such-flag"]);
        assert_eq!(said.code, Some(2), "{verb}: {said:?}");
        let lines: Vec<_> = said.errors.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 1, "{verb}: {}", said.errors);
        let json: serde_json::Value =
            serde_json::from_str(lines[0]).unwrap_or_else(|_| panic!("{verb}: {}", said.errors));
        assert_eq!(json["error"]["exit"], 2, "{verb}: {json}");
        assert!(json["error"]["what"].as_str().is_some_and(|what| what.contains("--no-such-flag")), "{verb}: {json}");
    }
}

#[test]
fn r73_the_exit_codes_of_the_readme_are_those_that_the_program_ends_with() {
    let practice = Practice::with_people(TO_FILES);
    let words = section("Commands");
    for code in
        ["0 done", "1 the answer is no", "2 wrong usage", "3 not found", "4 the store", "5 something outside", "70 "]
    {
        assert!(words.contains(code), "{code}: {words}");
    }
    assert_eq!(practice.run(["jobs"]).code, Some(0));
    assert_eq!(practice.run(["client", "add", "birchwood", "Twice"]).code, Some(1));
    assert_eq!(practice.run(["jobs", "--no-such-flag"]).code, Some(2));
    assert_eq!(practice.run(["client", "show", "nosuch"]).code, Some(3));
    let damaged = Practice::empty(TO_FILES);
    std::fs::write(damaged.folder().join(".jobwright"), "not a folder").unwrap();
    assert_eq!(damaged.run(["jobs"]).code, Some(4));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a disk that is full");
    let mut program = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    let ended = program.args(["completions", "bash"]).stdout(full).output().expect("the program runs");
    assert_eq!(ended.status.code(), Some(5));
}

#[test]
fn r73_what_the_readme_says_cannot_run_yet_is_refused_by_its_own_name() {
    let practice = Practice::with_people(TO_FILES);
    let words = section("What is not there yet");
    for key in ["remind", "escalate"] {
        assert!(words.contains(&format!("`{key}`")), "the README names `{key}`: {words}");
        practice.write(
            "later.job.yaml",
            format!("format: 1\nid: later\nname: Later\ntasks:\n  - {{ id: ask, type: manual, assign: {{ staff: primary }}, {key}: [] }}\n"),
        );
        let said = practice.run(["check", "later.job.yaml"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains(key) && said.out.contains("cannot run yet"), "{key}: {}", said.out);
        assert!(!said.out.contains("unknown key"), "{key}: {}", said.out);
    }
    for of_type in ["generate_document", "portal_invite"] {
        assert!(words.contains(&format!("`{of_type}`")), "the README names `{of_type}`: {words}");
        practice.write(
            "later.job.yaml",
            format!("format: 1\nid: later\nname: Later\ntasks:\n  - {{ id: make, type: {of_type} }}\n"),
        );
        let said = practice.run(["check", "later.job.yaml"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains(of_type) && said.out.contains("cannot run yet"), "{of_type}: {}", said.out);
    }
}

#[test]
fn r73_a_rule_finds_staff_by_their_dealings_which_can_be_noted_as_the_readme_says() {
    let practice = Practice::with_people(TO_FILES);
    practice.done(["client", "dealing", "birchwood", "lee", "a call"]);
    assert_eq!(practice.json(&["client", "show", "birchwood"])["staff"]["last_interaction"], "lee");
}
