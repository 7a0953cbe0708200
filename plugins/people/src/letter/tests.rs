//! The letters as people get them: to be read aloud.

use super::{StandardLetter, letters};
use expect_test::{Expect, expect};
use jiff::{civil::date, tz::TimeZone};
use jobwright_core::value::{Type, Value};
use jobwright_expression::{MergeContext, Scope, Template, TemplateKind};
use std::collections::BTreeMap;

/// The names a standard letter may use: any job has them, whatever its definition.
const NAMES: [&str; 11] = [
    "client.name",
    "practice.name",
    "recipient.greeting",
    "task.label",
    "task.due",
    "task.missing_items",
    "task.outcomes",
    "period",
    "period.label",
    "staff.primary",
    "staff.primary.name",
];

fn standard(task_type: &str) -> &'static StandardLetter {
    letters().iter().find(|letter| letter.task_type == task_type).unwrap()
}

fn item(label: &str, required: bool) -> Value {
    Value::map([("label", Value::text(label)), ("required", Value::Bool(required))])
}

/// What the engine gives a letter when all is there.
fn everything(label: &str) -> BTreeMap<String, Value> {
    let items = [item("Sales invoices or till totals", true), item("Bank statements", false)];
    let pat = Value::map([("name", Value::text("Pat Doe"))]);
    let task = Value::map([
        ("label", Value::text(label)),
        ("due", Value::Date(date(2026, 5, 15))),
        ("missing_items", Value::List(items.to_vec())),
        ("outcomes", Value::List(vec![Value::text("approved"), Value::text("queried")])),
    ]);
    let facts = [
        ("client", Value::map([("name", Value::text("Harbour & Sons"))])),
        ("practice", Value::map([("name", Value::text("Miller & Co"))])),
        ("recipient", Value::map([("greeting", Value::text("Ann"))])),
        ("staff", Value::map([("primary", pat)])),
        ("period", Value::map([("label", Value::text("May 2026"))])),
        ("task", task),
    ];
    facts.map(|(name, value)| (name.to_string(), value)).into()
}

/// The same job without a period, a due date, a primary member of staff.
fn only_what_must_be(label: &str) -> BTreeMap<String, Value> {
    let mut facts = everything(label);
    facts.insert("period".into(), Value::Nothing);
    facts.insert("staff".into(), Value::map([("primary", Value::Nothing)]));
    if let Some(Value::Map(task)) = facts.get_mut("task") {
        task.insert("due".into(), Value::Nothing);
    }
    facts
}

fn compiled(letter: &StandardLetter) -> [Template; 2] {
    [(letter.subject, TemplateKind::Subject), (letter.body, TemplateKind::Body)]
        .map(|(text, kind)| Template::compile(text, kind).unwrap())
}

fn check(task_type: &str, facts: &BTreeMap<String, Value>, expected: &Expect) {
    let ctx = MergeContext { zone: TimeZone::UTC };
    let [subject, body] = compiled(standard(task_type)).map(|part| part.render(facts, &ctx).unwrap());
    expected.assert_eq(&format!("{subject}\n\n{body}"));
}

#[test]
fn documents_are_asked_for() {
    check(
        "document_request",
        &everything("VAT records"),
        &expect![[r#"
            Documents needed for Harbour & Sons: VAT records (May 2026)

            Dear Ann,

            Please could you send us the following for Harbour & Sons (May 2026):

            - Sales invoices or till totals
            - Bank statements (optional)

            Please let us have everything by 15 May 2026.

            Simply reply to this e-mail and attach the files. If there is nothing to send for one of them, tell us so in your reply.

            If anything is unclear, just reply and ask; we are glad to help.

            Kind regards,

            Pat Doe
            Miller & Co"#]],
    );
    check(
        "document_request",
        &only_what_must_be("VAT records"),
        &expect![[r#"
            Documents needed for Harbour & Sons: VAT records

            Dear Ann,

            Please could you send us the following for Harbour & Sons:

            - Sales invoices or till totals
            - Bank statements (optional)

            Simply reply to this e-mail and attach the files. If there is nothing to send for one of them, tell us so in your reply.

            If anything is unclear, just reply and ask; we are glad to help.

            Kind regards,

            Miller & Co"#]],
    );
}

#[test]
fn details_are_asked_for() {
    let wages = || Value::List(vec![item("Number of people to be paid", true), item("Change of bank account", false)]);
    let with_wages = |mut facts: BTreeMap<String, Value>| {
        if let Some(Value::Map(task)) = facts.get_mut("task") {
            task.insert("missing_items".into(), wages());
        }
        facts
    };
    check(
        "form",
        &with_wages(everything("Starters and leavers")),
        &expect![[r#"
            Details needed for Harbour & Sons: Starters and leavers (May 2026)

            Dear Ann,

            Please could you give us the following details for Harbour & Sons (May 2026):

            - Number of people to be paid
            - Change of bank account (optional)

            Please let us have your answers by 15 May 2026.

            Simply reply to this e-mail with your answers. If you do not have one of them yet, send us the others and tell us when we can expect it.

            If anything is unclear, just reply and ask; we are glad to help.

            Kind regards,

            Pat Doe
            Miller & Co"#]],
    );
    check(
        "form",
        &with_wages(only_what_must_be("Starters and leavers")),
        &expect![[r#"
            Details needed for Harbour & Sons: Starters and leavers

            Dear Ann,

            Please could you give us the following details for Harbour & Sons:

            - Number of people to be paid
            - Change of bank account (optional)

            Simply reply to this e-mail with your answers. If you do not have one of them yet, send us the others and tell us when we can expect it.

            If anything is unclear, just reply and ask; we are glad to help.

            Kind regards,

            Miller & Co"#]],
    );
}

#[test]
fn a_decision_is_asked_for() {
    check(
        "approval",
        &everything("Payroll figures for May 2026"),
        &expect![[r#"
            Your decision for Harbour & Sons: Payroll figures for May 2026

            Dear Ann,

            We need your decision on the following for Harbour & Sons (May 2026):

                Payroll figures for May 2026

            Simply reply to this e-mail with one of these answers:

            - approved
            - queried

            Please let us have your answer by 15 May 2026.

            If you would like to see anything again before you decide, or have doubts, just reply and tell us; we are glad to help.

            Kind regards,

            Pat Doe
            Miller & Co"#]],
    );
    check(
        "approval",
        &only_what_must_be("Payroll figures"),
        &expect![[r#"
            Your decision for Harbour & Sons: Payroll figures

            Dear Ann,

            We need your decision on the following for Harbour & Sons:

                Payroll figures

            Simply reply to this e-mail with one of these answers:

            - approved
            - queried

            If you would like to see anything again before you decide, or have doubts, just reply and tell us; we are glad to help.

            Kind regards,

            Miller & Co"#]],
    );
}

#[test]
fn a_signature_is_asked_for() {
    check(
        "signature",
        &everything("Engagement letter"),
        &expect![[r#"
            Your signature for Harbour & Sons: Engagement letter (May 2026)

            Dear Ann,

            We need your signature on the following document for Harbour & Sons (May 2026):

                Engagement letter

            Please let us have the signed copy by 15 May 2026.

            Please read the document, sign it, and reply to this e-mail with the signed copy attached. If the document has not reached you, reply and we will send it to you.

            If you would rather not sign it, reply and tell us why.

            If anything is unclear, just reply and ask; we are glad to help.

            Kind regards,

            Pat Doe
            Miller & Co"#]],
    );
    check(
        "signature",
        &only_what_must_be("Engagement letter"),
        &expect![[r#"
            Your signature for Harbour & Sons: Engagement letter

            Dear Ann,

            We need your signature on the following document for Harbour & Sons:

                Engagement letter

            Please read the document, sign it, and reply to this e-mail with the signed copy attached. If the document has not reached you, reply and we will send it to you.

            If you would rather not sign it, reply and tell us why.

            If anything is unclear, just reply and ask; we are glad to help.

            Kind regards,

            Miller & Co"#]],
    );
}

#[test]
fn a_due_time_is_told_in_the_practices_zone() {
    let mut facts = everything("Payroll figures");
    if let Some(Value::Map(task)) = facts.get_mut("task") {
        task.insert("due".into(), Value::Moment("2026-05-15T11:00:00Z".parse().unwrap()));
    }
    let ctx = MergeContext { zone: TimeZone::fixed(jiff::tz::offset(1)) };
    let [_, body] = compiled(standard("approval"));
    let body = body.render(&facts, &ctx).unwrap();
    assert!(body.contains("Please let us have your answer by 15 May 2026 at 12:00.\n"), "{body}");
}

#[test]
fn a_letter_names_only_what_every_job_has() {
    for letter in letters() {
        for read in compiled(letter).iter().flat_map(Template::reads) {
            assert!(NAMES.contains(&read.path.as_str()), "{} reads {}", letter.task_type, read.path);
        }
    }
}

#[test]
fn whatever_may_be_nothing_is_asked_for_before_it_is_named() {
    let text = |name: &str| Type::Record([(name.to_string(), Type::Text)].into());
    let maybe = |of| Type::Optional(Box::new(of));
    let item = Type::Record([("label".into(), Type::Text), ("required".into(), Type::Bool)].into());
    for due in [Type::Date, Type::Moment] {
        let task = [
            ("label", Type::Text),
            ("due", maybe(due)),
            ("missing_items", Type::List(Box::new(item.clone()))),
            ("outcomes", Type::List(Box::new(Type::Text))),
        ];
        let names = [
            ("client", text("name")),
            ("practice", text("name")),
            ("recipient", text("greeting")),
            ("staff", Type::Record([("primary".into(), maybe(text("name")))].into())),
            ("period", maybe(text("label"))),
            ("task", Type::Record(task.map(|(name, of)| (name.to_string(), of)).into())),
        ];
        let scope = Scope::new(names, Type::Text);
        for letter in letters() {
            let faults = compiled(letter).iter().flat_map(|part| part.check(&scope)).collect::<Vec<_>>();
            assert_eq!(faults, [], "{}", letter.task_type);
        }
    }
}
