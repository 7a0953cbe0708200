//! A second reader of YAML, and random bytes: what we accept, both read alike, and nothing makes us panic.

use proptest::prelude::*;
use saphyr::{LoadableYamlNode, Scalar, Yaml};

use super::testing::{accepted, reading};
use super::{Kind, Node, Style, Text};

const ACCEPTED: &[&str] = &[
    "a: 1\n",
    "- a\n- b:  c\n  d: [e, {f: g, h: }]\n-\n- - x\n  - y\n",
    "# comment\n---\na: 'it''s' # more\nb: \"x\\ty\\u00e9\\\n  z\"\n...\n",
    "text: |\n  one\n   two\n\n  three\n\n\nnext: |-\n  a\nkeep: |+\n  b\n\nend: >\n  folded\n  text\n\n  here\n",
    "plain: goes on\n  here and\n\n  there\nquoted: 'goes on\n  here'\n",
    "a: NO\nb: 1.10\nc: 0755\nd: 1_000\ne: 12:30\nf: 2026-01-31\ng: ~\nh: null\ni:\nj: ''\nk: true\nl: 0x1F\n",
    "when: tasks.a.outputs.x > 5 && !client.vat # note\nurl: https://example.org/a#b\nmask: '{{ client.name }}'\n",
    "tasks:\n- id: a\n  depends_on: []\n- id: b\n  depends_on:\n  - a\n",
    "a: {b: {}, \n  c: [],\n  }\nwindows: yes\r\nline: |\r\n  one\r\n  two\r\n",
    "ä: ü\n日本: 語\nemoji: \u{1F600} b\n",
    "roles: {payroll: Payroll contact, aml: \"AML\"}\nlast: 'no newline at the end'",
    "single",
    "|\n literal\n",
    "? a\n: b\n",
];

#[test]
fn what_we_accept_a_second_reader_reads_alike() {
    for text in ACCEPTED {
        agree(text);
    }
}

#[test]
fn each_character_of_a_text_is_found_in_the_file() {
    for text in ACCEPTED {
        each_text(&accepted(text), &mut |scalar| placed(scalar, text));
    }
}

#[test]
fn a_place_inside_a_text_is_exact_unless_escapes_hide_it() {
    for (text, exact) in [
        ("a: one x two\n", true),
        ("a: 'one x two'\n", true),
        ("a: \"one x two\"\n", true),
        ("a: |\n    one\n\n      x\n    two\n", true),
        ("a: |2-\r\n  one\r\n  x\r\n", true),
        ("a: >\n  one\n  x two\n", true),
        ("a: one\n  x\n", true),
        ("a: 'it''s x'\n", false),
        ("a: \"one\\n x two\"\n", false),
    ] {
        let node = accepted(text);
        let Some(Kind::Scalar(scalar)) = node.get("a").map(|node| &node.kind) else { panic!("{text}") };
        let offset = scalar.find('x').unwrap();
        let found = &text[scalar.place(offset).range()];
        assert_eq!(found == "x", exact, "{text}: {found}");
        assert_eq!(scalar.place(offset) == scalar.span(), !exact, "{text}");
        assert!(scalar.place(scalar.len()).range().end <= scalar.span().range().end, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        shown(&bytes);
    }

    #[test]
    fn any_text_of_yaml_marks_is_read_without_a_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
    ) {
        let text = pieces.concat();
        shown(text.as_bytes());
        let (sources, node, diagnostics) = reading(text.as_bytes());
        if diagnostics.is_empty() {
            let node = node.expect("a tree");
            each_text(&node, &mut |scalar| placed(scalar, sources.text(node.span.file)));
        }
    }
}

const PIECES: &[&str] = &[
    "a", "key", ": ", ":", "\n", "\n  ", "\n    ", "- ", "-", "[", "]", "{", "}", ",", "\"", "'", "|", ">", "|\n ",
    "#", " #", " ", "\t", "!", "!x ", "&", "&a ", "*", "*a ", "%", "? ", "<<", "{{ ", " }}", "---\n", "...\n", "\\",
    "\r\n", "\r", "\0", "é", "\u{feff}", "\u{85}", "\u{2028}", "~", "@", "`", "x: y\n", "\n\n",
];

/// Reads and draws, in all three ways.
fn shown(bytes: &[u8]) {
    let (sources, node, diagnostics) = reading(bytes);
    assert!(node.is_some() || !diagnostics.is_empty(), "no tree and no word about it");
    crate::render::human(&sources, &diagnostics, true);
    crate::render::json(&sources, &diagnostics);
    crate::render::sarif(&sources, &diagnostics);
}

fn agree(text: &str) {
    let ours = accepted(text);
    let theirs = Yaml::load_from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(theirs.len(), 1, "{text}");
    assert!(same(&ours, &theirs[0]), "{text}\n{ours:#?}\n{:#?}", theirs[0]);
}

/// The other reader types plain scalars; ours must then be characters of that type.
fn same(ours: &Node, theirs: &Yaml) -> bool {
    match (&ours.kind, theirs) {
        (Kind::List(ours), Yaml::Sequence(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Kind::Map(ours), Yaml::Mapping(theirs)) => {
            let pair = |(ours, theirs): (&super::Entry, (&Yaml, &Yaml))| {
                theirs.0.as_str() == Some(&ours.key.value) && same(&ours.value, theirs.1)
            };
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(pair)
        }
        (Kind::Scalar(ours), Yaml::Value(theirs)) => same_scalar(ours, theirs),
        _ => false,
    }
}

fn same_scalar(ours: &Text, theirs: &Scalar) -> bool {
    let plain = ours.style() == Style::Plain;
    match theirs {
        Scalar::String(theirs) => ours == theirs.as_ref(),
        Scalar::Null => plain && matches!(ours.as_str(), "" | "~" | "null"),
        Scalar::Boolean(theirs) => plain && ours.parse() == Ok(*theirs),
        Scalar::Integer(theirs) => {
            let hex = ours.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
            plain && ours.parse().ok().or(hex) == Some(*theirs)
        }
        Scalar::FloatingPoint(theirs) => plain && ours.parse() == Ok(theirs.into_inner()),
    }
}

fn each_text(node: &Node, visit: &mut impl FnMut(&Text)) {
    match &node.kind {
        Kind::Scalar(text) => visit(text),
        Kind::List(items) => items.iter().for_each(|item| each_text(item, visit)),
        Kind::Map(entries) => entries.iter().for_each(|entry| each_text(&entry.value, visit)),
        Kind::Refused => {}
    }
}

fn placed(scalar: &Text, source: &str) {
    for (offset, character) in scalar.char_indices().filter(|(_, character)| !character.is_whitespace()) {
        let place = scalar.place(offset);
        let found = &source[place.range()];
        assert!(place == scalar.span() || found == character.to_string(), "{character} is at {found} in {source}");
    }
}
