//! What is refused, with which code, where and in which words; and the limits.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};

use super::testing::{accepted, decoded, reading};
use super::*;
use crate::diagnostic::DIAGNOSTICS_MAX;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&decoded(text, |_, _| Some(())).1);
}

/// The codes of everything wrong with a file, in the order of the text.
fn codes(bytes: &[u8]) -> Vec<&'static str> {
    reading(bytes).2.sorted().iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn a_second_document_is_told_beside_a_first_that_begins_with_any_character() {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    read(&mut sources, "a.yaml", "東京: 1\n---\nb: 1\n".as_bytes(), &mut diagnostics);
    let told = diagnostics.iter().next().expect("a diagnostic");
    assert_eq!(told.labels.iter().map(|label| sources.slice(label.span)).collect::<Vec<_>>(), ["---", "東"]);
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
fn refusals_of_our_own_read_as_prose() {
    let text = concat!(
        "name: VAT quarter\n",
        "tasks:\n",
        "  - id: prepare\n",
        "    when: !client.vat.exempt && inputs.ask\n",
        "    body: {{ client.name }}, hello\n",
        "    id: prepare_again\n",
        "    <<: *defaults\n",
        "    \"due\": period.end\n",
        "    label: a\u{7}b\n",
    );
    check(
        text,
        expect![[r#"
            error[WF0102]: a value which begins with `!` is taken for a tag
             --> vat.job.yaml:4:11
              |
            4 |     when: !client.vat.exempt && inputs.ask
              |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not part of this language
              |
              = help: write it in quotes: `"!client.vat.exempt && inputs.ask"`

            error[WF0116]: this text is taken for a mapping
             --> vat.job.yaml:5:11
              |
            5 |     body: {{ client.name }}, hello
              |           ^^^^^^^^^^^^^^^^^^^^^^^^ quote the text, it starts with `{{`
              |
              = help: write `"{{ client.name }}, hello"`

            error[WF0104]: key `id` stands twice in one mapping
             --> vat.job.yaml:6:5
              |
            3 |   - id: prepare
              |     -- first here
            ...
            6 |     id: prepare_again
              |     ^^ again here

            error[WF0105]: `<<` is a merge key
             --> vat.job.yaml:7:5
              |
            7 |     <<: *defaults
              |     ^^ not part of this language
              |
              = help: write the keys out

            error[WF0101]: `*defaults` is an alias
             --> vat.job.yaml:7:9
              |
            7 |     <<: *defaults
              |         ^^^^^^^^^ not part of this language
              |
              = help: write the value out; a text which begins with `*` is written in quotes

            error[WF0108]: a key is a plain word, without quotes
             --> vat.job.yaml:8:5
              |
            8 |     "due": period.end
              |     ^^^^^

            error[WF0110]: the invisible character U+0007 stands here
             --> vat.job.yaml:9:13
              |
            9 |     label: a␇b
              |             ^
              |
              = help: delete it; it is often copied from another program
        "#]],
    );
}

#[test]
fn slips_of_yaml_read_as_prose() {
    for (text, expected) in [
        (
            "name: Payroll: May\n",
            expect![[r#"
            error[WF0115]: a second `: ` stands on this line
             --> vat.job.yaml:1:14
              |
            1 | name: Payroll: May
              |              ^
              |
              = help: a text which contains `: ` is written in quotes
        "#]],
        ),
        (
            "tasks:\n  - id: a\n   due: b\n",
            expect![[r#"
            error[WF0115]: what stands here belongs to nothing before it
             --> vat.job.yaml:3:4
              |
            3 |    due: b
              |    ^
              |
              = help: keys of one mapping and items of one list begin in the same column
        "#]],
        ),
        (
            "tasks:\n  - id: a\n    tags: [x, y\n    due: b\n",
            expect![[r#"
            error[WF0115]: this line does not line up with the ones it belongs to
             --> vat.job.yaml:4:5
              |
            4 |     due: b
              |     ^
              |
              = help: keys of one mapping and items of one list begin in the same column; an open bracket's lines are indented
        "#]],
        ),
        (
            "when: \"x\" == client.kind\n",
            expect![[r#"
            error[WF0115]: the value goes on after its closing quote
             --> vat.job.yaml:1:11
              |
            1 | when: "x" == client.kind
              |           ^
              |
              = help: put the whole value into the other kind of quotes, or on a line of its own below `|`
        "#]],
        ),
        (
            "name: \"Payroll\nid: payroll\n",
            expect![[r#"
            error[WF0115]: a quoted text is not closed before this place
             --> vat.job.yaml:2:1
              |
            2 | id: payroll
              | ^
              |
              = help: close the quote; further lines of a quoted text are indented deeper than its key
        "#]],
        ),
        (
            "name: @home\n",
            expect![[r#"
            error[WF0115]: a text cannot begin with `@`
             --> vat.job.yaml:1:7
              |
            1 | name: @home
              |       ^
              |
              = help: write the text in quotes
        "#]],
        ),
        (
            "name: a\nid\n",
            expect![[r#"
            error[WF0115]: a key with `:` and a value is missing here
             --> vat.job.yaml:2:1
              |
            2 | id
              | ^
              |
              = help: write `key: value`, with a space after the colon
        "#]],
        ),
        (
            "when: > 5\n",
            expect![[r#"
            error[WF0115]: a text after `|` or `>` begins on the next line
             --> vat.job.yaml:1:7
              |
            1 | when: > 5
              |       ^
              |
              = help: an expression which begins with `>` or `|` is written in quotes
        "#]],
        ),
        (
            "id: a\n- b\n",
            expect![[r#"
            error[WF0115]: what stands here belongs to nothing before it
             --> vat.job.yaml:2:3
              |
            2 | - b
              |   ^
              |
              = help: keys of one mapping and items of one list begin in the same column
        "#]],
        ),
        (
            "path: \"C:\\\\new\\data\"\n",
            expect![[r#"
            error[WF0115]: `\` begins an escape here, and this is none
             --> vat.job.yaml:1:7
              |
            1 | path: "C:\\new\data"
              |       ^
              |
              = help: in single quotes `\` stands for itself
        "#]],
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_file_in_another_encoding_is_named_as_such() {
    let pictures = [&b"name: a\nlabel: M\xfcller\n"[..], b"\xff\xfen\0a\0", b"a: \xc3"].map(|bytes| {
        let (sources, _, diagnostics) = reading(bytes);
        crate::render::human(&sources, &diagnostics, false)
    });
    expect![[r#"
        error[WF0111]: byte 16 (line 2) is not UTF-8
         --> vat.job.yaml:2:9
          |
        2 | label: M�ller
          |         ^ no character
          |
          = help: save the file as UTF-8; `ä` or `£` from an older program is the usual cause

        error[WF0111]: the file is UTF-16, not UTF-8
        --> vat.job.yaml:1:1
         = help: save the file as UTF-8

        error[WF0111]: byte 3 (line 1) is not UTF-8
         --> vat.job.yaml:1:4
          |
        1 | a: �
          |    ^ no character
          |
          = help: save the file as UTF-8; `ä` or `£` from an older program is the usual cause
    "#]]
    .assert_eq(&pictures.join("\n"));
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    let (sources, node, diagnostics) = reading(b"\xef\xbb\xbfa: 1\n");
    let span = node.and_then(|node| node.get("a").map(|value| value.span)).expect("the value");
    assert!(diagnostics.is_empty());
    assert_eq!((sources.slice(span), sources.place(span.file, span.range().start).column), ("1", 4));
}

#[test]
fn wrong_indentation_that_other_readers_let_pass_is_refused() {
    for (case, text) in [
        ("9C9N", "---\nflow: [a,\nb,\nc]\n"),
        ("DK95/01", "foo: \"bar\n\tbaz\"\n"),
        ("QB6E", "---\nquoted: \"a\nb\nc\"\n"),
    ] {
        assert_eq!(codes(text.as_bytes()).len(), 1, "{case}");
    }
}

#[test]
fn twenty_faults_are_told_at_once() {
    let faults = [
        "  a: *x",
        "  b: &y 1",
        "  c: !z",
        "  c: again",
        "  d: {{ client.name }}",
        "  <<: {}",
        "  \"e\": 1",
        "  f:\t1",
        "  g: a\u{1}b",
        "  ? [h]\n  : 1",
    ];
    let text = format!("first:\n{0}\nsecond:\n{0}\n", faults.join("\n"));
    assert_eq!(codes(text.as_bytes()).len(), 20);
}

#[test]
fn a_value_that_is_no_yaml_hides_nothing_below_it() {
    let text = concat!(
        "a: {{ client.name }}, hello\n",
        "b: \"x\" == y\n",
        "c: Payroll: May\n",
        "d:\n  - @home\n  - !tasks.a[\"x\"]\n",
        "e: > 5\n",
        "f: \"C:\\data\"\n",
        "h: {x: @y, z: 1}\n",
        "a: 2\n",
        "g: fine\n",
    );
    let (sources, node, diagnostics) = reading(text.as_bytes());
    let lines = diagnostics.sorted().into_iter().filter_map(|diagnostic| {
        diagnostic.span().map(|span| (sources.place(span.file, span.range().start).line, diagnostic.code))
    });
    let expected = [
        (1, code::UNQUOTED_TEMPLATE),
        (2, code::NOT_YAML),
        (3, code::NOT_YAML),
        (5, code::NOT_YAML),
        (6, code::TAG),
        (7, code::NOT_YAML),
        (8, code::NOT_YAML),
        (9, code::NOT_YAML),
        (10, code::DUPLICATE_KEY),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    let node = node.expect("a tree");
    assert_eq!(node.get("c").map(|value| &value.kind), Some(&Kind::Refused));
    assert!(matches!(&node.get("g").map(|value| &value.kind), Some(Kind::Scalar(text)) if *text == "fine"));
}

#[test]
fn a_value_that_goes_on_below_is_not_guessed_at() {
    for text in ["a: {b: @c,\n  d: e}\nf: 1\n", "a: \"x \\d\n  y\"\nf: 1\n", "a: [@b,\n  c]\n"] {
        let (_, node, diagnostics) = reading(text.as_bytes());
        assert_eq!((node, diagnostics.errors()), (None, 1), "{text}");
    }
}

#[test]
fn a_refused_part_is_not_reported_again_by_its_decoder() {
    let (_, picture) = decoded("a: !x\nb: {{ c }}\nd: *e\n", |node, diagnostics| {
        let mut fields = Fields::of(node, "a test", diagnostics)?;
        let _ = fields.required("a", Node::text);
        let _ = fields.required("b", Node::integer);
        let _ = fields.list("d", Node::text);
        fields.finish();
        Some(())
    });
    assert_eq!(picture.matches("error[").count(), 3, "{picture}");
}

#[test]
fn limits_hold() {
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let wide = |nodes: usize| format!("[{}]", vec!["1"; nodes - 1].join(", "));
    let long = |bytes: usize| format!("a: {}", "x".repeat(bytes - 3));
    accepted(&deep(DEPTH_MAX));
    accepted(&wide(NODES_MAX));
    accepted(&long(FILE_BYTES_MAX));
    for (text, code) in [
        (deep(DEPTH_MAX + 1), code::TOO_DEEP),
        (deep(100_000), code::TOO_DEEP),
        ("{a: ".repeat(300), code::TOO_DEEP),
        ("- ".repeat(1_000), code::TOO_DEEP),
        (wide(NODES_MAX + 1), code::TOO_MANY_VALUES),
        (long(FILE_BYTES_MAX + 1), code::TOO_LARGE),
    ] {
        assert_eq!(codes(text.as_bytes()), [code]);
    }
}

/// Generous for a debug build on a busy machine; anything that grows with the square of the file takes minutes.
const HOSTILE_AFTER: Duration = Duration::from_secs(60);

#[test]
fn a_hostile_file_takes_bounded_time_and_words() {
    let began = Instant::now();
    let fill = |piece: &str| piece.repeat(FILE_BYTES_MAX / piece.len());
    for text in [
        "x".repeat(100 << 20),
        fill("["),
        fill("{"),
        fill("? "),
        fill("- "),
        fill("\t"),
        fill("\0a"),
        fill("a: b\n"),
        fill("!a "),
        fill("&a "),
        fill("#\n"),
        fill("%a\n"),
        fill("\"\\x\n"),
        fill("a:\n "),
        fill("{{"),
        fill("'"),
        format!("{{{}", fill("a,").split_off(9)),
        format!("a: |\n{}", fill(" x\n").split_off(9)),
    ] {
        let (sources, _, diagnostics) = reading(text.as_bytes());
        assert!(diagnostics.iter().count() <= DIAGNOSTICS_MAX);
        let words = crate::render::human(&sources, &diagnostics, false).len();
        assert!(words < 16 << 20, "{words} bytes of words for {:?}", &text[..8]);
        assert!(began.elapsed() < HOSTILE_AFTER, "{:?} is slow", &text[..8]);
    }
}
