//! Nothing from outside reaches a terminal as a command.

use serde_json::{Value as Json, json};

use super::{Guest, with};
use crate::support::program::Said;

/// What a terminal would obey, or would not show.
const HOSTILE: &str = "Evil\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}8m\u{202e}drow\u{200b}\u{feff}";

/// The same in YAML, where it is written by its escapes.
const IN_YAML: &str = r#""Evil\e[2J\e]0;owned\a\x9b8m\u202edrow\u200b\ufeff""#;

fn is_hidden(letter: char) -> bool {
    letter != '\n' && (letter.is_control() || "\u{202e}\u{200b}\u{feff}".contains(letter))
}

#[track_caller]
fn harmless(what: &str, said: &Said) {
    for text in [&said.out, &said.errors] {
        let found: Vec<String> = text.chars().filter(|one| is_hidden(*one)).map(|one| format!("{one:?}")).collect();
        assert!(found.is_empty(), "`{what}` lets {found:?} through:\n{text:?}");
    }
}

#[test]
fn r04_no_verb_lets_anything_through_that_a_terminal_obeys_or_hides() {
    let guest =
        Guest::task(&format!("(call $log (i32.const 1) (str `{HOSTILE}`) (str ``)) (call $nope (str `{HOSTILE}`))"))
            .with("/description", json!(HOSTILE))
            .with("/tasks/0/description", json!(HOSTILE))
            .with("/version", json!("1.0.0"))
            .with("/tasks/0/effects", json!([format!("client.set:x{HOSTILE}\n  9. read = [\"client.name\"]")]))
            .with("/capabilities", json!({ "http": [{ "host": "a.example", "why": HOSTILE }] }));
    let practice = with(&guest);
    practice.write(
        "evil.yaml",
        format!(
            "format: 1\nstaff:\n  - {{ id: eve, name: {IN_YAML}, email: eve@larkfield.example, roles: [partner] }}\nclients:\n  \
             - id: evil\n    name: {IN_YAML}\n    services: [payroll]\n    staff: {{ primary: eve }}\n    contacts:\n      - \
             {{ id: mal, name: {IN_YAML}, email: mal@evil.example, roles: [payroll], position: {IN_YAML} }}\n"
        ),
    );
    practice.write(
        "evil.job.yaml",
        format!(
            "format: 1\nid: evil\nname: {IN_YAML}\ntasks:\n  - {{ id: a, name: {IN_YAML}, type: test.task}}\n  - {{ id: b, name: {IN_YAML}, type: manual, assign: {{ staff: primary }} }}\n"
        ),
    );
    practice.write(
        "broken.job.yaml",
        format!("format: 1\nid: evil\nname: {IN_YAML}\ncolour: {IN_YAML}\ntasks: {IN_YAML}\n"),
    );
    practice.write("odd.toml", format!("[test]\ndigest = \"{}\"\n", HOSTILE.escape_unicode()));
    let verbs: &[&[&str]] = &[
        &["import", "evil.yaml", "--dry-run"],
        &["import", "evil.yaml"],
        &["plugin", "inspect", "test.wasm"],
        &["plugin", "run", "test.wasm"],
        &["plugin", "check", "test.wasm"],
        &["plugin", "add", "test.wasm", "--grant", "none"],
        &["plugin", "list"],
        &["plugin", "add", "test.wasm", "--grant", "all"],
        &["plugin", "list"],
        &["check", "evil.job.yaml"],
        &["check", "broken.job.yaml"],
        &["publish", "broken.job.yaml"],
        &["publish", "evil.job.yaml"],
        &["test", "evil.job.yaml"],
        &["graph", "evil.job.yaml"],
        &["run", "evil.job.yaml", "--client", "evil"],
        &["start", "evil", "--where", "true"],
        &["start", "evil", "--where", HOSTILE],
        &["start", "evil", "--client", "evil"],
        &["work"],
        &["jobs"],
        &["show", "evil/evil"],
        &["why", "evil/evil", "b"],
        &["client", "list"],
        &["client", "show", "evil"],
        &["client", "set", "evil", "office=x"],
        &["contact", "show", "evil/mal"],
        &["contact", "form"],
        &["staff", "list"],
        &["staff", "show", "eve"],
        &["role", "list"],
        &["complete", "evil/evil", "b", "--as", "eve", "--note", HOSTILE],
        &["retry", "evil/evil", "a", "--as", "eve"],
        &["cancel", "evil/evil", "--as", "eve", "--note", HOSTILE],
        &["show", "evil/evil"],
        &["show", HOSTILE],
        &["verify"],
        &["doctor", "--quick"],
        &["export", "out"],
        &["backup", "today.backup"],
    ];
    let mut seen = 0;
    for verb in verbs {
        let json = [*verb, &["--json"]].concat();
        let said = practice.run(*verb);
        harmless(&verb.join(" "), &said);
        seen += usize::from(said.out.contains("Evil�[2J"));
        let said = practice.run(&json);
        harmless(&json.join(" "), &said);
        for line in said.out.lines().filter(|line| line.starts_with('{')) {
            serde_json::from_str::<Json>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
    }
    assert!(seen >= 3, "the names are shown, with marks in them: {seen}");
    // What is granted is asked in lines that are what they seem.
    let asked = practice.run(["plugin", "inspect", "test.wasm"]).out;
    assert!(!asked.lines().any(|line| line.trim_start().starts_with("9. read")), "{asked}");
}
