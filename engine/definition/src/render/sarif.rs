//! Diagnostics as SARIF 2.1.0, for the code review pages that draw them beside the lines.
//!
//! Owns: the mapping onto one run of one tool. Leaves the rules' words to `code`.

use serde_json::{Value, json};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::source::{Sources, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The whole log: the rules that were broken, and each result with its places.
pub fn sarif(sources: &Sources, diagnostics: &Diagnostics) -> Value {
    let sorted = diagnostics.sorted();
    let mut broken: Vec<&str> = sorted.iter().map(|diagnostic| diagnostic.code).collect();
    broken.sort_unstable();
    broken.dedup();
    let rules: Vec<Value> = broken.iter().map(|id| rule(id)).collect();
    let results: Vec<Value> = sorted.iter().map(|diagnostic| result(sources, diagnostic, &broken)).collect();
    let driver = json!({ "name": "jobwright", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] })
}

fn rule(id: &str) -> Value {
    json!({ "id": id, "shortDescription": { "text": code::meaning(id).unwrap_or(id) } })
}

fn result(sources: &Sources, diagnostic: &Diagnostic, broken: &[&str]) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": broken.binary_search(&diagnostic.code).ok(),
        "level": diagnostic.severity.as_str(),
        "message": { "text": words(diagnostic) },
        "locations": diagnostic.span().map(|span| location(sources, span)).into_iter().collect::<Vec<_>>(),
    });
    let related: Vec<Value> =
        diagnostic.labels.iter().filter(|label| !label.primary).map(|label| related(sources, label)).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

/// A viewer shows one text, so the words at the place and the help go with the message.
fn words(diagnostic: &Diagnostic) -> String {
    let primary = diagnostic.labels.iter().filter(|label| label.primary && !label.text.is_empty());
    let more = primary.map(|label| label.text.as_str()).chain(diagnostic.help.iter().map(String::as_str));
    std::iter::once(diagnostic.message.as_str()).chain(more).collect::<Vec<_>>().join("\n")
}

fn related(sources: &Sources, label: &Label) -> Value {
    let mut related = location(sources, label.span);
    related["message"] = json!({ "text": label.text });
    related
}

fn location(sources: &Sources, span: Span) -> Value {
    let (start, end) = (sources.place(span.file, span.range().start), sources.place(span.file, span.range().end));
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(sources.name(span.file)) },
        "region": {
            "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
        },
    }})
}

/// A path as a relative reference: what a URI cannot hold is percent-encoded.
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
        match byte {
            b'\\' => uri.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
        uri
    })
}
