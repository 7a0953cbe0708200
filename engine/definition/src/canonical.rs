//! The one text of a definition: what the store keeps, and what the hash is taken of.
//!
//! Owns: canonical JSON in the manner of RFC 8785 (keys sorted, no space, no floats) of the tree with its files inlined,
//! and the way back into the same tree. Comments, layout, the order of keys, `tests`, and keys without a value do not
//! count. Unquoted truth values and whole numbers are JSON's own; every other value is a text.

use std::fmt::Write;

use jobwright_core::id::Hash;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::field::whole;
use crate::source::{Span, Spanned};
use crate::syntax::{Entry, Kind, Node, Style, Text};

/// The key whose value does not count: it says nothing about what a job does.
const TESTS: &str = "tests";

/// The canonical text of a definition.
pub(crate) fn write(root: &Node) -> String {
    let mut out = String::new();
    match &root.kind {
        Kind::Map(entries) => map(entries.iter().filter(|entry| entry.key.value != TESTS), &mut out),
        _ => node(root, &mut out),
    }
    out
}

/// SHA-256 of the canonical text.
pub(crate) fn hash(canonical: &str) -> Hash {
    Hash(Sha256::digest(canonical).into())
}

/// The tree of a canonical text; its nodes have no places.
pub(crate) fn read(canonical: &str) -> Result<Node, serde_json::Error> {
    Ok(tree(serde_json::from_str(canonical)?))
}

fn node(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Scalar(_) if node.is_absent() => out.push_str("null"),
        Kind::Scalar(text) if text.style() == Style::Plain && is_typed(text) => out.push_str(text),
        Kind::Scalar(text) => string(text, out),
        Kind::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                self::node(item, out);
            }
            out.push(']');
        }
        Kind::Map(entries) => map(entries.iter(), out),
        Kind::Refused => out.push_str("null"),
    }
}

fn map<'n>(entries: impl Iterator<Item = &'n Entry>, out: &mut String) {
    let mut entries: Vec<&Entry> = entries.filter(|entry| !entry.value.is_absent()).collect();
    entries.sort_by(|one, other| one.key.value.encode_utf16().cmp(other.key.value.encode_utf16()));
    out.push('{');
    for (at, entry) in entries.into_iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        string(&entry.key.value, out);
        out.push(':');
        node(&entry.value, out);
    }
    out.push('}');
}

/// As RFC 8785 writes texts: serde_json escapes what must be escaped, in the same short forms.
fn string(text: &str, out: &mut String) {
    // Writing into a text cannot fail.
    let _ = write!(out, "{}", Json::from(text));
}

/// Whether an unquoted scalar is written as JSON's own truth value or number.
fn is_typed(text: &str) -> bool {
    matches!(text, "true" | "false") || whole(text).is_some()
}

fn tree(json: Json) -> Node {
    let kind = match json {
        Json::Null => scalar(String::new(), Style::Plain),
        Json::Bool(yes) => scalar(yes.to_string(), Style::Plain),
        Json::Number(number) => scalar(number.to_string(), Style::Plain),
        // A text that would read as something else without quotes had them.
        Json::String(text) if text.is_empty() || is_typed(&text) => scalar(text, Style::DoubleQuoted),
        Json::String(text) => scalar(text, Style::Plain),
        Json::Array(items) => Kind::List(items.into_iter().map(tree).collect()),
        Json::Object(pairs) => Kind::Map(pairs.into_iter().map(entry).collect()),
    };
    Node { span: Span::default(), kind }
}

fn entry((key, value): (String, Json)) -> Entry {
    Entry { key: Spanned::new(key, Span::default()), value: tree(value) }
}

fn scalar(text: String, style: Style) -> Kind {
    Kind::Scalar(Text::new(text, Span::default(), style, "", 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::source::Sources;
    use crate::syntax;

    fn canonical(yaml: &str) -> String {
        let mut diagnostics = Diagnostics::new();
        let root = syntax::read(&mut Sources::default(), "a.job.yaml", yaml.as_bytes(), &mut diagnostics).expect(yaml);
        assert!(diagnostics.is_empty(), "{yaml}");
        write(&root)
    }

    #[test]
    fn keys_are_sorted_and_values_are_texts_unless_json_has_them() {
        let yaml = "b: 1.10\na: [true, 'true', 28, \"28\", NO, 007, 2026-01-31]\nc:\ntests: []\nd: \"\"\n";
        let expected = r#"{"a":[true,"true",28,"28","NO","007","2026-01-31"],"b":"1.10","d":""}"#;
        assert_eq!(canonical(yaml), expected);
    }

    #[test]
    fn comments_layout_and_the_order_of_keys_do_not_count() {
        let one = canonical("a: x # why\nb:\n  - one line\n  - c: 1\n    d: 2\n");
        let other = canonical("# hello\nb: [one\n  line, {d: 2, c: 1}]\n\na: 'x'\n");
        assert_eq!(one, other);
    }

    #[test]
    fn the_canonical_text_is_read_into_the_same_tree() {
        let text =
            canonical("a: [true, 'true', 28, \"28\", 99999999999999999999, \"\", \"\\u0001ü\\n\"]\nb: {c: {}}\n");
        assert_eq!(write(&read(&text).unwrap()), text);
    }

    #[test]
    fn the_hash_is_that_of_any_other_tool() {
        let shown = hash("{}").to_string();
        assert_eq!(shown, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
