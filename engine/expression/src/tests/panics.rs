//! No text makes a reader, a check or an evaluation panic.

use super::*;
use crate::{Limits, MergeContext, Script, Template, TemplateKind};
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// Words and signs that meet more of the language than chance would.
const PIECES: &[&str] = &[
    "client",
    ".",
    "name",
    "?.",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "|x|",
    "||",
    "&&",
    "??",
    "==",
    "!=",
    "<",
    "+",
    "-",
    "*",
    "/",
    "%",
    "1",
    "1.5",
    "\"a\"",
    "'c'",
    "`a${",
    "}`",
    "`",
    "let x = ",
    "x",
    ";",
    "if ",
    "else ",
    "for i in ",
    "0..3",
    "while ",
    "loop ",
    "fn f(a) ",
    "f(",
    "return ",
    "break",
    "continue",
    "#{",
    ":",
    ",",
    "switch ",
    "=>",
    "_",
    "!",
    "in ",
    "try ",
    "catch ",
    "throw ",
    "this",
    "eval(",
    "Fn(",
    "curry",
    "{{",
    "}}",
    "{%",
    "%}",
    "for c in client.contacts",
    "endfor",
    "if client",
    "endif",
    "elif ",
    "| upper",
    "| default(1)",
    "is defined",
    "set ",
    "raw",
    "\n",
    " ",
    "£",
    "\0",
    "//",
    "/*",
    "*/",
    "\\",
    "\u{2028}",
    "import ",
    "const ",
    "do ",
    "until ",
    "+=",
    "=",
    "**",
    "..",
    "..=",
    "is_shared",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat());
    prop_oneof![pieces, any::<String>()]
}

fn try_all(text: &str) {
    let practice = Practice::new();
    let scope = scope(Type::Any).with_clock();
    let spans_hold = |faults: Vec<Fault>| faults.iter().for_each(|fault| drop(told(text, std::slice::from_ref(fault))));
    match Expression::compile(text, &scope) {
        Ok(expression) => drop(expression.evaluate(&practice).map_err(|error| told_error(text, &error))),
        Err(faults) => spans_hold(faults),
    }
    match Script::compile(text, &scope) {
        Ok(script) => {
            let limits = Limits { operations: 2_000 };
            drop(script.evaluate(&practice, limits).map_err(|error| told_error(text, &error)));
        }
        Err(faults) => spans_hold(faults),
    }
    for kind in [TemplateKind::Subject, TemplateKind::Body, TemplateKind::Html] {
        match Template::compile(text, kind) {
            Ok(template) => {
                spans_hold(template.check(&scope));
                let _ = template.render(&practice, &MergeContext { zone: TimeZone::UTC });
            }
            Err(faults) => spans_hold(faults),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_anything_panic(text in text()) {
        try_all(&text);
    }
}

#[test]
fn no_repetition_overflows_the_stack() {
    let many = 12_000;
    let repeated = [
        ("client", ".a", ""),
        ("client", "?.a", ""),
        ("client", "[0]", ""),
        ("anything", ".a()", ""),
        ("", "!", "true"),
        ("", "-", "inputs.limit"),
        ("", "lower(", ""),
        ("", "[", ""),
        ("", "#{a:", ""),
        ("", "(", ""),
        ("", "{", ""),
        ("1", " + 1", ""),
        ("true", " && true", ""),
        ("1", " ?? 1", ""),
        ("1", " == 1", ""),
        ("", "if true {", ""),
        ("1", "; 1", ""),
        ("", "|x| ", "x"),
        ("", "`${", ""),
        ("if true {1}", " else if true {1}", ""),
        ("let x = 1;", "x = x + 1;", "x"),
        ("", "fn f(){", ""),
        ("{{ client", ".a", " }}"),
        ("{{ client", "[0]", " }}"),
        ("{{ client", "|upper", " }}"),
        ("{{ client", " is defined", " }}"),
        ("{{ 1", " + 1", " }}"),
        ("{{ true", " and true", " }}"),
        ("{{ 1", " ~ 1", " }}"),
        ("{{ 1", " < 1", " }}"),
        ("{{ 1", " if 1", " }}"),
        ("{{ ", "not ", "true }}"),
        ("{{ ", "-", "1 }}"),
        ("{{ ", "(", "1 }}"),
        ("{{ ", "[", "1 }}"),
        ("", "{% if true %}", ""),
        ("{% if true %}", "{% elif true %}", "{% endif %}"),
        ("", "{% for x in client.contacts %}", ""),
    ];
    for (start, part, end) in repeated {
        for count in [30, 90, 140, 400, many] {
            let count = count.min(55_000 / part.len());
            try_all(&format!("{start}{}{end}", part.repeat(count)));
        }
    }
    try_all(&format!("{}{}", "{% if true %}".repeat(140), "{% endif %}".repeat(140)));
    try_all(&format!("{}1{}", "[".repeat(90), "]".repeat(90)));
    try_all(&format!("{}1{}", "{".repeat(90), "}".repeat(90)));
}
