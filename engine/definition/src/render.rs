//! Diagnostics as pictures for people, and as JSON and SARIF for machines.
//!
//! Owns: how a diagnostic looks. Everything is made from the same sorted list, so the three never disagree. Leaves where
//! it is printed, and whether in colour, to the caller.

mod human;
mod json;
mod sarif;

pub use human::human;
pub use json::json;
pub use sarif::sarif;

use crate::diagnostic::Diagnostics;

/// One line: "2 errors, 1 warning".
pub fn summary(diagnostics: &Diagnostics) -> String {
    match (diagnostics.errors(), diagnostics.warnings()) {
        (0, 0) => "no errors".to_owned(),
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::code;
    use crate::diagnostic::Diagnostic;
    use crate::source::{Sources, Span};

    /// Two files with an error of two places, a warning with help, and a note about nothing in particular.
    fn sample() -> (Sources, Diagnostics) {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
        let job = sources.add("jobs/über uns.yaml", "name: Müller\ndue: a\nid: b\ndue: c\n");
        let people = sources.add("people.yaml", "staff:\n  - name: Pat\n");
        let duplicate = Diagnostic::error(code::DUPLICATE_KEY, "key `due` stands twice in one mapping");
        diagnostics.push(Diagnostic::note(code::EMPTY_FILE, "jobs do not open by themselves yet"));
        diagnostics.push(
            Diagnostic::warning(code::UNKNOWN_KEY, "no one is asked")
                .at(Span::new(people, 11..20), "did you mean `id`?")
                .help("possible here: id, name"),
        );
        diagnostics.push(duplicate.at(Span::new(job, 27..30), "again here").also(Span::new(job, 14..17), "first here"));
        (sources, diagnostics)
    }

    #[test]
    fn people_see_the_lines() {
        let (sources, diagnostics) = sample();
        expect![[r#"
            error[WF0104]: key `due` stands twice in one mapping
             --> jobs/über uns.yaml:4:1
              |
            2 | due: a
              | --- first here
            3 | id: b
            4 | due: c
              | ^^^ again here

            warning[WF0203]: no one is asked
             --> people.yaml:2:5
              |
            2 |   - name: Pat
              |     ^^^^^^^^^ did you mean `id`?
              |
              = help: possible here: id, name

            note[WF0117]: jobs do not open by themselves yet
        "#]]
        .assert_eq(&human(&sources, &diagnostics, false));
        assert!(human(&sources, &diagnostics, true).contains("\u{1b}["));
        assert_eq!(summary(&diagnostics), "1 error, 1 warning");
    }

    #[test]
    fn scripts_see_a_list() {
        let (sources, diagnostics) = sample();
        expect![[r#"
            [
              {
                "code": "WF0104",
                "column": 1,
                "end_column": 4,
                "end_line": 4,
                "file": "jobs/über uns.yaml",
                "help": [
                  "again here"
                ],
                "line": 4,
                "message": "key `due` stands twice in one mapping",
                "severity": "error"
              },
              {
                "code": "WF0203",
                "column": 5,
                "end_column": 14,
                "end_line": 2,
                "file": "people.yaml",
                "help": [
                  "did you mean `id`?",
                  "possible here: id, name"
                ],
                "line": 2,
                "message": "no one is asked",
                "severity": "warning"
              },
              {
                "code": "WF0117",
                "column": null,
                "end_column": null,
                "end_line": null,
                "file": null,
                "help": [],
                "line": null,
                "message": "jobs do not open by themselves yet",
                "severity": "note"
              }
            ]"#]]
        .assert_eq(&format!("{:#}", json(&sources, &diagnostics)));
    }

    #[test]
    fn reviewers_see_sarif() {
        let (sources, diagnostics) = sample();
        expect![[r#"
            {
              "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
              "runs": [
                {
                  "columnKind": "unicodeCodePoints",
                  "results": [
                    {
                      "level": "error",
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "jobs/%C3%BCber%20uns.yaml"
                            },
                            "region": {
                              "endColumn": 4,
                              "endLine": 4,
                              "startColumn": 1,
                              "startLine": 4
                            }
                          }
                        }
                      ],
                      "message": {
                        "text": "key `due` stands twice in one mapping\nagain here"
                      },
                      "relatedLocations": [
                        {
                          "message": {
                            "text": "first here"
                          },
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "jobs/%C3%BCber%20uns.yaml"
                            },
                            "region": {
                              "endColumn": 4,
                              "endLine": 2,
                              "startColumn": 1,
                              "startLine": 2
                            }
                          }
                        }
                      ],
                      "ruleId": "WF0104",
                      "ruleIndex": 0
                    },
                    {
                      "level": "warning",
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "people.yaml"
                            },
                            "region": {
                              "endColumn": 14,
                              "endLine": 2,
                              "startColumn": 5,
                              "startLine": 2
                            }
                          }
                        }
                      ],
                      "message": {
                        "text": "no one is asked\ndid you mean `id`?\npossible here: id, name"
                      },
                      "ruleId": "WF0203",
                      "ruleIndex": 2
                    },
                    {
                      "level": "note",
                      "locations": [],
                      "message": {
                        "text": "jobs do not open by themselves yet"
                      },
                      "ruleId": "WF0117",
                      "ruleIndex": 1
                    }
                  ],
                  "tool": {
                    "driver": {
                      "name": "jobwright",
                      "rules": [
                        {
                          "id": "WF0104",
                          "shortDescription": {
                            "text": "a key stands twice in one mapping"
                          }
                        },
                        {
                          "id": "WF0117",
                          "shortDescription": {
                            "text": "the file says nothing"
                          }
                        },
                        {
                          "id": "WF0203",
                          "shortDescription": {
                            "text": "a key is not known here"
                          }
                        }
                      ],
                      "version": "0.1.0"
                    }
                  }
                }
              ],
              "version": "2.1.0"
            }"#]]
        .assert_eq(&format!("{:#}", sarif(&sources, &diagnostics)));
    }

    #[test]
    fn places_far_apart_are_drawn_apart_and_endless_lines_not_at_all() {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
        let text = format!("due: a\n{}due: b\n{}\n", "x: y\n".repeat(2_000), "z".repeat(20_000));
        let file = sources.add("a.yaml", text);
        let apart = Diagnostic::error(code::DUPLICATE_KEY, "key `due` stands twice");
        diagnostics
            .push(apart.at(Span::new(file, 10_007..10_010), "again here").also(Span::new(file, 0..3), "first here"));
        diagnostics.push(Diagnostic::error(code::TAB, "a tab").at(Span::new(file, 20_000..20_001), "here"));
        expect![[r#"
            error[WF0104]: key `due` stands twice
                --> a.yaml:2002:1
                 |
            2002 | due: b
                 | ^^^ again here
                 |
                ::: a.yaml:1:1
                 |
               1 | due: a
                 | --- first here

            error[WF0109]: a tab
            --> a.yaml:2003:9987
        "#]]
        .assert_eq(&human(&sources, &diagnostics, false));
    }

    #[test]
    fn a_summary_counts_as_people_do() {
        let mut diagnostics = Diagnostics::new();
        assert_eq!(summary(&diagnostics), "no errors");
        diagnostics.push(Diagnostic::warning(code::TAB, "a"));
        assert_eq!(summary(&diagnostics), "1 warning");
        diagnostics.push(Diagnostic::error(code::TAB, "b"));
        diagnostics.push(Diagnostic::error(code::TAB, "c"));
        assert_eq!(summary(&diagnostics), "2 errors, 1 warning");
    }
}
