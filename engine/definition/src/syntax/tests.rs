//! What is refused, with which code and where; and that a second reader agrees on all the rest.

use expect_test::{Expect, expect};

use super::*;
use crate::render;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&picture(text.as_bytes()));
}

/// Everything wrong with a file, as people see it.
fn picture(bytes: &[u8]) -> String {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    read(&mut sources, "vat.job.yaml", bytes, &mut diagnostics);
    render::human(&sources, &diagnostics, false)
}

/// The codes of everything wrong with a file, in the order of the text.
fn codes(bytes: &[u8]) -> Vec<&'static str> {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    read(&mut sources, "vat.job.yaml", bytes, &mut diagnostics);
    diagnostics.sorted().iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn each_refusal_has_its_code() {
    for (text, expected) in [
        ("a: *b\n", vec![code::ALIAS]),
        ("a: &b 1\nc: *b\n", vec![code::ANCHOR, code::ALIAS]),
        ("*a : 1\nb: 2\n", vec![code::ALIAS]),
        ("when: !client.active\n", vec![code::TAG]),
        ("when: !client.active && client.vat\n", vec![code::TAG]),
        ("when: !tasks.a[\"x\"]\n", vec![code::TAG]),
        ("when: !foo!bar\n", vec![code::TAG]),
        ("a: !!str 1\nb: !x {c: 1}\n", vec![code::TAG, code::TAG]),
        ("a: 1\nb: 2\na: 3\n", vec![code::DUPLICATE_KEY]),
        ("a: 1\na: 2\na: 3\n", vec![code::DUPLICATE_KEY, code::DUPLICATE_KEY]),
        ("<<: {a: 1}\nb: 2\n", vec![code::MERGE_KEY]),
        ("%YAML 1.2\n---\na: 1\n", vec![code::DIRECTIVE]),
        ("# hello\n%TAG ! x\n%FOO\n---\na: 1\n", vec![code::DIRECTIVE, code::DIRECTIVE]),
        ("a: 1\n---\nb: 1\n", vec![code::SEVERAL_DOCUMENTS]),
        ("a: 1\n...\n%YAML 1.2\n---\nb: 1\n", vec![code::DIRECTIVE]),
        ("\"a\": 1\n", vec![code::KEY_NOT_PLAIN]),
        ("? [a]\n: 1\nb: 2\n", vec![code::KEY_NOT_PLAIN]),
        (": 1\n", vec![code::KEY_NOT_PLAIN]),
        ("a:\t1\nb: \"x\ty\"\n", vec![code::TAB, code::TAB]),
        ("a:\n\tb: 1\n\tc: 2\n", vec![code::TAB, code::TAB]),
        ("a: x\0y\nb: \u{7}\nc: 1 2\u{85}\n", vec![code::CONTROL_CHARACTER; 3]),
        ("a: 1\rb: 2\r", vec![code::CONTROL_CHARACTER; 2]),
        ("a: x\u{feff}y\n", vec![code::CONTROL_CHARACTER]),
        ("a: [1, 2\nb: 3\n", vec![code::NOT_YAML]),
        ("a: b: c\n", vec![code::NOT_YAML]),
        ("body: {{ client.name }}\nb: 1\n", vec![code::UNQUOTED_TEMPLATE]),
        ("body: {{ client.name }}, hello\nb: 1\n", vec![code::UNQUOTED_TEMPLATE]),
        ("body: {% if a %}x{% endif %}\n", vec![code::UNQUOTED_TEMPLATE]),
        ("- {{ client.name }}\n- {{ a }} b\n", vec![code::UNQUOTED_TEMPLATE, code::UNQUOTED_TEMPLATE]),
        ("", vec![code::EMPTY_FILE]),
        ("# only a comment\n", vec![code::EMPTY_FILE]),
        ("---\n...\n", vec![code::EMPTY_FILE]),
    ] {
        assert_eq!(codes(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn pictures() {
    check(
        "a: 1\nb: 2\na: 3\nwhen: !client.active && client.vat\n",
        expect![[r#"
        error[WF0104]: key `a` stands twice in one mapping
         --> vat.job.yaml:3:1
          |
        1 | a: 1
          | - first here
        2 | b: 2
        3 | a: 3
          | ^ again here

        error[WF0102]: a value which begins with `!` is taken for a tag
         --> vat.job.yaml:4:7
          |
        4 | when: !client.active && client.vat
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not part of this language
          |
          = help: write it in quotes: `"!client.active && client.vat"`
    "#]],
    );
}
