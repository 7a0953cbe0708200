//! What an evaluation costs: `cargo bench -p jobwright-expression`; a word picks the lines that hold it.
//!
//! Owns: a condition and a script of ordinary size, compiled and run, and how long the costliest scripts we know of last
//! until their operations are used up. Each line stands beside its bar. Processor time counts, so that others on the
//! machine do not.

use std::{collections::BTreeMap, hint::black_box};

use jobwright_core::value::{Currency, Money, Type, Value};
use jobwright_expression::{Expression, LIST_MAX, Limits, SCRIPT_OPERATIONS_MAX, Scope, Script, TEXT_BYTES_MAX};
use rust_decimal::Decimal;

/// Batches of one line; the median counts.
const BATCHES: usize = 31;
/// Rounds of a batch.
const ROUNDS: u32 = 2_000;
/// Microseconds of a condition.
const CONDITION_BAR: f64 = 2.0;
/// Microseconds of a script of twenty lines.
const SCRIPT_BAR: f64 = 10.0;
/// Milliseconds of a script that takes all operations that a definition may ask for.
const LONGEST_BAR: f64 = 200.0;

const CONDITION: &str = r#"client.status == "active" && client.services.contains("vat")
    && tasks.bookkeeping.outputs.output_tax > money("1000", "GBP") && (inputs.flat_rate ?? 0.0) < 20"#;

const SCRIPT: &str = r#"let b = tasks.bookkeeping.outputs;
let flat = inputs.flat_rate;
let due_tax = b.output_tax;
let reclaim = b.input_tax;
if flat != () {
    due_tax = (b.sales_net + b.output_tax) * flat / 100;
    reclaim = money("0.00", "GBP");
}
let total = due_tax + b.acquisitions_tax;
let net = total - reclaim;
let late = 0;
for day in b.days_late {
    if day > inputs.days_allowed {
        late += 1;
    }
}
let status = if net < money("0.00", "GBP") { "repayment" } else { "payment" };
#{ box1: due_tax.round(2), box2: b.acquisitions_tax.round(2), box3: total.round(2), box4: reclaim.round(2),
   box5: net.abs().round(2), box6: round(b.sales_net), status: status, late: late,
   note: `${client.name}: ${status} of ${net.abs().round(2)}` }
"#;

/// Scripts that do nothing but what costs most, each in a loop without end.
const COSTLY: &[(&str, &str)] = &[
    ("counting", "let i = 0; loop { i += 1; }"),
    ("empty rounds", "loop { }"),
    ("calls", "fn f(a) { a } loop { f(1); }"),
    ("a map grown", "let i = 0; let m = #{}; loop { if m.len() >= 9999 { m = #{}; } m[`k${i}`] = i; i += 1; }"),
    ("maps made", "loop { #{ a: 1 }; }"),
    ("maps kept", "let l = []; loop { if l.len() >= 9999 { l = []; } l.push(#{ a: #{ b: 1 } }); }"),
    ("lists copied", "loop { let l = many; l[0] = 1; }"),
    ("lists compared", "loop { many == many; }"),
    ("records compared", "loop { rows == rows; }"),
    ("records copied", "loop { [rows]; }"),
    ("texts made", "let i = 0; loop { `${i} ${i} ${i}`; }"),
    ("a long text searched", "loop { long.contains(\"xxxxxxxxy\"); }"),
    ("a long text replaced", "loop { long.replace(\"x\", \"y\"); }"),
    ("a long text in capitals", "loop { long.upper(); }"),
    ("a long text of letters in capitals", "loop { letters.upper(); }"),
    ("a long text measured", "loop { letters.len(); }"),
    ("a text split", "loop { words.split(\" \"); }"),
    ("words joined", "let w = words.split(\" \"); loop { w.join(\"\"); }"),
    ("products", "let a = 1.000000000000000000000000001; loop { a * 1.1; }"),
    ("quotients", "loop { 79228162514264337593543950335.0 / 3.0000000000000000000000000007; }"),
    ("remainders", "loop { 79228162514264337593543950335.0 % 0.0000000000000000000000000007; }"),
    ("numbers read", "loop { decimal(\"79228162514264337593543950335\"); }"),
    ("amounts rounded", "let m = money(\"1.005\", \"GBP\"); loop { m.round(2); }"),
    ("days", "let d = date(\"2026-01-31\"); loop { days_between(d, add_days(d, 70000)); }"),
    ("days read", "loop { date(\"2026-01-31\"); }"),
    ("filters", "loop { many.filter(|x| x > 5); }"),
    ("sums", "loop { many.sum(); }"),
    ("long names", "let m = #{}; m[long] = 1; loop { m[long] = 2; }"),
];

fn main() {
    let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let (scope, facts) = (scope(), facts());
    println!("{:44} {:>10} {:>10}", "", "µs", "bar");
    let line = |name: &str, bar: f64, work: &mut dyn FnMut()| {
        if name.contains(&word) {
            told(name, median(work) * 1e6, bar);
        }
    };
    let condition = Expression::compile(CONDITION, &scope.wanting(Type::Bool)).expect("a condition");
    let script = Script::compile(SCRIPT, &scope).expect("a script");
    line("a condition evaluated", CONDITION_BAR, &mut || drop(black_box(condition.evaluate(&facts).expect("a value"))));
    line("a script of twenty lines evaluated", SCRIPT_BAR, &mut || {
        drop(black_box(script.evaluate(&facts, Limits::default()).expect("a record")));
    });
    line("a condition compiled", f64::INFINITY, &mut || {
        drop(black_box(Expression::compile(CONDITION, &scope.wanting(Type::Bool)).expect("a condition")));
    });
    line("a script of twenty lines compiled", f64::INFINITY, &mut || {
        drop(black_box(Script::compile(SCRIPT, &scope).expect("a script")));
    });
    println!("\n{:44} {:>10} {:>10}", format!("{SCRIPT_OPERATIONS_MAX} operations of"), "ms", "bar");
    for (name, source) in COSTLY.iter().filter(|(name, _)| name.contains(&word)) {
        let script =
            Script::compile(source, &scope.wanting(Type::Any)).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        let began = on_processor();
        let ended = script.evaluate(&facts, Limits { operations: SCRIPT_OPERATIONS_MAX }).expect_err("it has no end");
        told(name, (on_processor() - began) * 1e3, LONGEST_BAR);
        assert_eq!(ended.message, "this takes more operations than it may", "{name}");
    }
}

fn told(name: &str, figure: f64, bar: f64) {
    let (shown, word) = match bar {
        f64::INFINITY => ("-".to_owned(), ""),
        bar if figure <= bar => (bar.to_string(), "reached"),
        bar => (bar.to_string(), "MISSED"),
    };
    println!("{name:44} {figure:>10.2} {shown:>10} {word}");
}

/// Seconds of one round.
fn median(work: &mut dyn FnMut()) -> f64 {
    let mut batches: Vec<f64> = (0..BATCHES)
        .map(|_| {
            let began = on_processor();
            (0..ROUNDS).for_each(|_| work());
            (on_processor() - began) / f64::from(ROUNDS)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    batches[BATCHES / 2]
}

/// Seconds that this thread was on a processor.
fn on_processor() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanoseconds = told.split_whitespace().next().and_then(|first| first.parse::<f64>().ok()).expect("a number");
    nanoseconds / 1e9
}

fn record<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::Record(fields.map(|(name, of)| (name.to_owned(), of)).into())
}

fn pounds() -> Type {
    Type::Money(Currency::new("GBP"))
}

/// The names as a definition's check would give them.
fn scope() -> Scope {
    let list = |of| Type::List(Box::new(of));
    let amounts = ["sales_net", "output_tax", "input_tax", "acquisitions_tax"].map(|name| (name.to_owned(), pounds()));
    let mut outputs: BTreeMap<_, _> = amounts.into();
    outputs.insert("days_late".to_owned(), list(Type::Int));
    let names = [
        ("client", record([("name", Type::Text), ("status", Type::Text), ("services", list(Type::Text))])),
        ("tasks", record([("bookkeeping", record([("outputs", Type::Record(outputs))]))])),
        ("inputs", record([("flat_rate", Type::Optional(Box::new(Type::Decimal))), ("days_allowed", Type::Int)])),
        ("many", list(Type::Int)),
        ("rows", list(record([("name", Type::Text)]))),
        ("long", Type::Text),
        ("letters", Type::Text),
        ("words", Type::Text),
    ];
    let boxes = ["box1", "box2", "box3", "box4", "box5"].map(|name| (name.to_owned(), pounds()));
    let mut wants: BTreeMap<_, _> = boxes.into();
    wants.extend([("box6", pounds()), ("status", Type::Text), ("late", Type::Int), ("note", Type::Text)].map(own));
    Scope::new(names, Type::Record(wants))
}

fn own((name, of): (&str, Type)) -> (String, Type) {
    (name.to_owned(), of)
}

fn facts() -> BTreeMap<String, Value> {
    let gbp = |text: &str| {
        let (amount, currency) =
            (Decimal::from_str_exact(text).expect("an amount"), Currency::new("GBP").expect("pounds"));
        Value::Money(Money { amount, currency })
    };
    let client = Value::map([
        ("name", Value::text("Harbour & Sons")),
        ("status", Value::text("active")),
        ("services", Value::List(vec![Value::text("payroll"), Value::text("vat")])),
    ]);
    let outputs = Value::map([
        ("sales_net", gbp("10000.10")),
        ("output_tax", gbp("2000.02")),
        ("input_tax", gbp("499.995")),
        ("acquisitions_tax", gbp("12.50")),
        ("days_late", Value::List([1, 40, 7, 31].map(Value::Int).into())),
    ]);
    let row = |number: usize| Value::map([("name", Value::text(format!("row {number}")))]);
    let names = [
        ("client", client),
        ("tasks", Value::map([("bookkeeping", Value::map([("outputs", outputs)]))])),
        ("inputs", Value::map([("flat_rate", Value::Nothing), ("days_allowed", Value::Int(30))])),
        ("many", Value::List((0..LIST_MAX as i64).map(Value::Int).collect())),
        ("rows", Value::List((0..LIST_MAX).map(row).collect())),
        ("long", Value::text("x".repeat(TEXT_BYTES_MAX))),
        ("letters", Value::text("é".repeat(TEXT_BYTES_MAX / 2))),
        ("words", Value::text("word ".repeat(LIST_MAX - 1))),
    ];
    names.map(|(name, value)| (name.to_owned(), value)).into()
}
