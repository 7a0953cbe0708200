//! A definition's canonical text as YAML that people can read.
//!
//! Owns: layout alone. Every text is quoted as JSON quotes it, which YAML reads the same way, and keys are the plain words
//! they were, so that the file means what was published: its hash is the same.

use std::fmt::Write;

use serde_json::Value as Json;

/// Deeper than any definition; what lies below is written on one line, which means the same.
const DEPTH_MAX: usize = 64;

/// The YAML of a canonical text; the text itself when it is none, so that nothing is left out.
pub fn yaml(canonical: &str) -> String {
    let Ok(json) = serde_json::from_str::<Json>(canonical) else { return canonical.to_owned() };
    let mut out = String::new();
    block(&json, 0, &mut out);
    out
}

/// Lines of a mapping or a list; anything else stands on one.
fn block(json: &Json, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match json {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let _ = write!(out, "{indent}{key}:");
                after(value, depth, out);
            }
        }
        Json::Array(list) if !list.is_empty() => {
            for value in list {
                out.push_str(&indent);
                out.push('-');
                after(value, depth, out);
            }
        }
        other => {
            let _ = writeln!(out, "{indent}{other}");
        }
    }
}

/// What stands behind a key or a dash.
fn after(value: &Json, depth: usize, out: &mut String) {
    let is_flat = match value {
        Json::Object(map) => map.is_empty(),
        Json::Array(list) => list.is_empty(),
        _ => true,
    };
    if is_flat || depth >= DEPTH_MAX {
        let _ = writeln!(out, " {value}");
    } else {
        out.push('\n');
        block(value, depth + 1, out);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_canonical_text_becomes_lines() {
        let canonical = r#"{"format":1,"id":"ring","tasks":[{"id":"ask","when":{}},"a\nb"],"title":"Ann: \"x\""}"#;
        expect![[r#"
            format: 1
            id: "ring"
            tasks:
              -
                id: "ask"
                when: {}
              - "a\nb"
            title: "Ann: \"x\""
        "#]]
        .assert_eq(&yaml(canonical));
    }
}
