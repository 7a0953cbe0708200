//! Expressions, scripts and templates.
//!
//! Owns: that any text is compiled or has faults with a place, and that what was compiled gives a value or an error with
//! a place, within its bounds.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jobwright_core::value::{Currency, Type, Value};
use jobwright_expression::{
    Expression, Fault, Limits, MergeContext, MergeError, Scope, Script, Template, TemplateKind,
};

use super::text::{Words, changed};
use super::{Chance, Input, fuzz};

const TEXTS: Words = Words {
    seeds: &[
        "client.name == \"Acme\" && inputs.limit > 3",
        "client.services.contains(\"payroll\") || client.year_end ?? today() < today()",
        "let sum = 0; for line in inputs.lines { sum += line; } if sum > 10 { sum * 2 } else { sum }",
        "#{ total: inputs.limit * 3, words: [\"a\", `b${inputs.limit}`] }",
        "fn half(x) { x / 2 } half(inputs.limit)",
        "switch client.status { \"active\" => 1, _ => 2 }",
        "Dear {{ recipient.first_name | upper }}, {% if client.name %}{{ client.name }}{% else %}you{% endif %}",
        "{% for s in client.services %}{{ loop.index }}: {{ s | default('x') }}{% endfor %}",
        "{{ inputs.limit + 1 }} and {{ client.year_end | date }}",
    ],
    words: &[
        "client",
        ".name",
        "?.",
        "?.year_end",
        "inputs.limit",
        "inputs.lines",
        "anything",
        "tasks",
        "[0]",
        "(",
        ")",
        "{",
        "}",
        "|x| x",
        "||",
        "&&",
        "??",
        "==",
        "!=",
        "<",
        "<=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "1",
        "1.5",
        "\"a\"",
        "'c'",
        "`a${",
        "}`",
        "let x = ",
        ";",
        "if ",
        "else ",
        "for i in ",
        "0..3",
        "while true {",
        "loop {",
        "fn f(a) {",
        "return ",
        "break",
        "#{",
        ":",
        ",",
        "switch ",
        "=>",
        "_",
        "!",
        "in ",
        "throw ",
        "{{ ",
        " }}",
        "{% if ",
        "{% for c in ",
        "{% endfor %}",
        "{% endif %}",
        " %}",
        "| upper",
        "| lower",
        "| default(1)",
        "is defined",
        "{% set x = 1 %}",
        "{# ",
        " #}",
        "today()",
        "now()",
        ".len()",
        ".filter(",
        ".map(",
        ".contains(",
        "round(",
        "money(",
        "days(",
        "job_for_service(",
        "is_working_day(today())",
        "eval(",
        "import ",
        "const ",
        "this",
        "99999999999999999999",
    ],
};

static SCOPE: LazyLock<Scope> = LazyLock::new(|| {
    let record = |fields: &[(&str, Type)]| {
        Type::Record(fields.iter().map(|(name, of)| ((*name).to_owned(), of.clone())).collect())
    };
    let client = record(&[
        ("name", Type::Text),
        ("status", Type::Enum(vec!["active".into(), "former".into()])),
        ("services", Type::List(Box::new(Type::Text))),
        ("year_end", Type::Optional(Box::new(Type::Date))),
        ("turnover", Type::Money(Currency::new("GBP"))),
        ("custom", Type::Map),
    ]);
    let inputs = record(&[("limit", Type::Int), ("rate", Type::Decimal), ("lines", Type::List(Box::new(Type::Int)))]);
    let recipient = record(&[("first_name", Type::Text)]);
    let names = [("client", client), ("inputs", inputs), ("recipient", recipient), ("anything", Type::Any)];
    Scope::new(names, Type::Any).with_clock()
});
static FACTS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let client = Value::map([
        ("name", Value::text("Harbour & <Sons>")),
        ("status", Value::text("active")),
        ("services", Value::List(vec![Value::text("payroll"), Value::text("vat")])),
        ("year_end", Value::Nothing),
        ("custom", Value::map([("rank", Value::Int(i64::MAX))])),
    ]);
    let lines = Value::List((0..5).map(Value::Int).collect());
    let inputs = Value::map([("limit", Value::Int(7)), ("lines", lines)]);
    let recipient = Value::map([("first_name", Value::text("Zoë\nBcc: x"))]);
    let named = [("client", client), ("inputs", inputs), ("recipient", recipient), ("anything", Value::Int(i64::MIN))];
    named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
});

#[test]
fn no_text_does_harm_as_expression_script_or_template() {
    fuzz!(250, |chance: &mut Chance<'_>| changed(&TEXTS, chance), told_or_evaluated);
}

fn told_or_evaluated(input: &Input) {
    let text = &*input.text();
    let within = |span: &std::ops::Range<usize>| assert!(text.get(span.clone()).is_some(), "{span:?}");
    let all_within = |faults: Vec<Fault>| {
        for fault in faults {
            within(&fault.span);
            fault.labels.iter().for_each(|label| within(&label.span));
            assert!(!fault.message.is_empty());
        }
    };
    match Expression::compile(text, &SCOPE) {
        Ok(expression) => drop(expression.evaluate(&*FACTS).map_err(|error| within(&error.span))),
        Err(faults) => all_within(faults),
    }
    match Script::compile(text, &SCOPE) {
        Ok(script) => {
            drop(script.evaluate(&*FACTS, Limits { operations: 2_000 }).map_err(|error| within(&error.span)));
        }
        Err(faults) => all_within(faults),
    }
    for kind in [TemplateKind::Subject, TemplateKind::Body, TemplateKind::Html] {
        match Template::compile(text, kind) {
            Ok(template) => merged(&template, kind, all_within, within),
            Err(faults) => all_within(faults),
        }
    }
}

fn merged(
    template: &Template,
    kind: TemplateKind,
    all_within: impl Fn(Vec<Fault>),
    within: impl Fn(&std::ops::Range<usize>),
) {
    all_within(template.check(&SCOPE));
    match template.render(&*FACTS, &MergeContext { zone: TimeZone::UTC }) {
        Ok(line) if kind == TemplateKind::Subject => assert!(!line.contains(char::is_control), "{line:?}"),
        Ok(_) => {}
        Err(MergeError::EmptyField { span, .. } | MergeError::Fault { span, .. }) => within(&span),
    }
}
