//! Scripts as a definition has them: what they give, and what is said when they give nothing.

use super::*;
use expect_test::{Expect, expect};
use jiff::civil::{Date, date};
use jobwright_core::{
    plan,
    value::{Currency, Money},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const OPERATIONS: u64 = 50_000;

/// The boxes of a VAT return, as the shipped definition computes them.
const BOXES: &str = r#"let b = tasks.bookkeeping.outputs;
let due_tax = if inputs.flat_rate != () {
    (b.sales_net + b.output_tax) * inputs.flat_rate / 100
} else {
    b.output_tax
};
let reclaim = if inputs.flat_rate != () { money("0.00", "GBP") } else { b.input_tax };
#{ box1: due_tax.round(2), box4: reclaim.round(2), box5: (due_tax - reclaim).abs().round(2), repayment: reclaim > due_tax }
"#;

fn pounds(amount: &str) -> Value {
    Value::Money(Money { amount: Decimal::from_str_exact(amount).unwrap(), currency: Currency::new("GBP").unwrap() })
}

fn facts(flat_rate: Value) -> BTreeMap<String, Value> {
    let outputs = Value::map([
        ("sales_net", pounds("10000.10")),
        ("output_tax", pounds("2000.02")),
        ("input_tax", pounds("499.995")),
    ]);
    let tasks = Value::map([("bookkeeping", Value::map([("outputs", outputs)]))]);
    let inputs = Value::map([("flat_rate", flat_rate)]);
    BTreeMap::from([("tasks".into(), tasks), ("inputs".into(), inputs)])
}

fn answer(
    types: &Script,
    source: &str,
    operations_max: u64,
    facts: &BTreeMap<String, Value>,
) -> Result<Value, Failure> {
    let script = plan::Script { source: source.into(), file: None, reads: vec![], operations_max };
    asked(types, &script, facts)
}

fn asked(types: &Script, script: &plan::Script, facts: &BTreeMap<String, Value>) -> Result<Value, Failure> {
    with_asked(script, facts, |asked| types.answer(asked))
}

fn with_asked<T>(script: &plan::Script, facts: &BTreeMap<String, Value>, ask: impl FnOnce(&Asked<'_>) -> T) -> T {
    ask(&Asked {
        script,
        facts,
        now: "2026-05-04T08:00:00Z".parse().unwrap(),
        today: date(2026, 5, 4),
        is_working_day: &|day: Date| day.weekday().to_monday_one_offset() < 6,
        job_for_service: &|service| (service == "payroll").then(|| "monthly-payroll".into()),
    })
}

fn run(source: &str) -> Result<Value, Failure> {
    answer(&Script::new(), source, OPERATIONS, &facts(Value::Nothing))
}

fn gives(source: &str, expected: &Expect) {
    expected.assert_eq(&run(source).unwrap().to_string());
}

fn fails(source: &str, expected: &Expect) {
    let failure = run(source).unwrap_err();
    expected.assert_eq(&format!("{}: {failure}", failure.kind.word()));
}

#[test]
fn the_boxes_of_a_vat_return_are_right_to_the_penny() {
    gives(BOXES, &expect!["box1: 2000.02 GBP, box4: 500.00 GBP, box5: 1500.03 GBP, repayment: false"]);
    let flat = facts(Value::Decimal(Decimal::from_str_exact("14.5").unwrap()));
    let boxes = answer(&Script::new(), BOXES, OPERATIONS, &flat).unwrap();
    expect!["box1: 1740.02 GBP, box4: 0.00 GBP, box5: 1740.02 GBP, repayment: false"].assert_eq(&boxes.to_string());
}

#[test]
fn the_same_question_gets_the_same_answer_from_the_cache_and_from_other_names() {
    let types = Script::new();
    let ask = |rate: &str, name: &str| {
        let mut facts = facts(Value::Decimal(Decimal::from_str_exact(rate).unwrap()));
        facts.insert(name.into(), Value::Nothing);
        answer(&types, BOXES, OPERATIONS, &facts).unwrap()
    };
    let first = ask("10", "task");
    assert_ne!(first, ask("20", "task"));
    assert_eq!(first, ask("10", "task"));
    assert_eq!(first, ask("10", "client"));
}

#[test]
fn a_script_is_read_once_however_often_it_runs() {
    let (types, facts) = (Script::new(), facts(Value::Nothing));
    let script = plan::Script { source: BOXES.into(), file: None, reads: vec![], operations_max: OPERATIONS };
    let compiled = || with_asked(&script, &facts, |asked| types.compiled(asked).unwrap());
    let first = compiled();
    asked(&types, &script, &facts).unwrap();
    assert!(Arc::ptr_eq(&first, &compiled()));
}

#[test]
fn the_clock_and_the_calendar_are_those_of_the_turn() {
    gives(
        r#"#{ day: today(), at: now(), works: is_working_day(today()), rests: is_working_day(date("2026-05-09")), job: job_for_service("payroll") }"#,
        &expect!["at: 2026-05-04T08:00:00Z, day: 2026-05-04, job: monthly-payroll, rests: false, works: true"],
    );
    fails(
        "#{ job: job_for_service(\"gardening\") }",
        &expect![[
            r#"permanent: the script, line 1, column 9: the practice names no job for the service "gardening" (script-failed)"#
        ]],
    );
}

#[test]
fn a_script_without_end_is_stopped_at_its_bound() {
    for (source, place) in [
        ("let n = 0;\nloop { n += 1; }\n#{ n: n }", "line 2"),
        ("let n = 0;\nwhile true { }\n#{}", "line 2"),
        ("fn again(n) { again(n + 1) }\n#{ n: again(0) }", "line 1"),
        ("let t = \"x\";\nloop { t += t; }\n#{}", "line 2"),
        ("let l = [1];\nloop { l += l; }\n#{}", "line 2"),
    ] {
        let failure = run(source).unwrap_err();
        assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::Permanent, "script-limit"), "{failure}");
        assert!(failure.message.contains(place), "{failure}");
    }
    fails(
        "let n = 0;\nloop { n += 1; }\n#{ n: n }",
        &expect!["permanent: the script, line 2, column 8: this takes more operations than it may (script-limit)"],
    );
}

#[test]
fn the_bound_is_the_definitions_own() {
    let source = "let n = 0; for i in 0..100 { n += i; } #{ n: n }";
    let with = |operations_max| answer(&Script::new(), source, operations_max, &facts(Value::Nothing));
    assert_eq!(with(OPERATIONS), Ok(Value::map([("n", Value::Int(4950))])));
    assert_eq!(with(100).unwrap_err().code, "script-limit");
    assert_eq!(with(0).unwrap_err().code, "script-limit");
}

#[test]
fn whatever_is_no_map_is_refused() {
    fails(
        "let n = 1;\nn + 1",
        &expect!["permanent: the script, line 2, column 1: this gives int, where map is asked (script-refused)"],
    );
    fails(
        "tasks.bookkeeping.outputs.input_tax",
        &expect!["permanent: the script, line 1, column 1: this gave money, where map is asked (script-failed)"],
    );
    fails(
        "if inputs.flat_rate == () { () } else { #{} }",
        &expect!["permanent: the script, line 1, column 1: this gave nothing, where map is asked (script-failed)"],
    );
    fails(
        "",
        &expect!["permanent: the script, line 1, column 1: this gives nothing, where map is asked (script-refused)"],
    );
}

#[test]
fn a_failed_script_names_the_place() {
    fails(
        "let n = 1;\n\n    #{ n: n / 0 }",
        &expect!["permanent: the script, line 3, column 13: division by zero (script-failed)"],
    );
    fails(
        "let b = tasks.bookkeeping.outputs;\n#{ sum: b.sales_net + 1 }",
        &expect!["permanent: the script, line 2, column 21: `+` adds a number to money (script-failed)"],
    );
    fails(
        "#{ sum: tasks.bookkeeping.outputs.input_tax > money(\"1\", \"EUR\") }",
        &expect!["permanent: the script, line 1, column 45: GBP and EUR are two currencies (script-failed)"],
    );
    fails(
        "#{ rate: inputs.flat_rate * 2 }",
        &expect!["needs_person: the script, line 1, column 10: `inputs.flat_rate` is empty (script-missing-value)"],
    );
}

#[test]
fn a_script_that_cannot_be_read_names_every_fault() {
    fails(
        "let n = 1;\n#{ n: m, k: lowr(n) }",
        &expect![[
            r"permanent: the script, line 2, column 7: unknown name `m`; the script, line 2, column 13: unknown function `lowr` (script-refused)"
        ]],
    );
    fails("let n = ;", &expect!["permanent: the script, line 1, column 9: unexpected `;` (script-refused)"]);
    fails(
        "#{ t: sleep(1) }",
        &expect!["permanent: the script, line 1, column 7: `sleep` is not part of this language (script-refused)"],
    );
    fails(
        "import \"os\" as os;\n#{}",
        &expect!["permanent: the script, line 1, column 1: `import` is not part of this language (script-refused)"],
    );
}

#[test]
fn what_is_wrong_in_a_file_is_told_by_its_name() {
    let said = |source: &str, operations_max| {
        let file = Some("scripts/boxes.rhai".to_owned());
        let script = plan::Script { source: source.into(), file, reads: vec![], operations_max };
        asked(&Script::new(), &script, &facts(Value::Nothing)).unwrap_err().to_string()
    };
    expect!["scripts/boxes.rhai, line 2, column 10: division by zero (script-failed)"]
        .assert_eq(&said("#{\n    n: 1 / 0,\n}", OPERATIONS));
    expect!["scripts/boxes.rhai, line 1, column 1: this takes more operations than it may (script-limit)"]
        .assert_eq(&said("loop { }", 100));
    expect!["scripts/boxes.rhai, line 2, column 7: unknown name `m` (script-refused)"]
        .assert_eq(&said("let n = 1;\n#{ n: m }", OPERATIONS));
}

#[test]
fn a_script_that_failed_leaves_the_next_one_alone() {
    let types = Script::new();
    let ask = |source: &str| answer(&types, source, OPERATIONS, &facts(Value::Nothing));
    assert!(ask("loop {}").is_err());
    assert!(ask("#{ n: 1 / 0 }").is_err());
    assert_eq!(ask("#{ n: 1 }"), Ok(Value::map([("n", Value::Int(1))])));
}
