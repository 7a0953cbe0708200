//! The language seen from outside: texts in, values and messages out.
//!
//! Owns: the practice every test speaks of, and one way to print what happened.

mod expressions;
mod letters;
mod panics;
mod scripts;
mod traps;

use crate::{EvaluationError, Expression, Facts, Fault, Scope};
use jiff::{Timestamp, civil::Date};
use jobwright_core::value::{Currency, Money, Type, Value};
use rust_decimal::Decimal;
use std::{borrow::Cow, cell::RefCell, collections::BTreeMap};

fn record<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::Record(fields.map(|(name, of)| (name.to_string(), of)).into_iter().collect())
}

fn list(of: Type) -> Type {
    Type::List(Box::new(of))
}

fn maybe(of: Type) -> Type {
    Type::Optional(Box::new(of))
}

fn gbp() -> Type {
    Type::Money(Currency::new("GBP"))
}

/// The names of a definition, as a checker would give them.
fn scope(wants: Type) -> Scope {
    let contact = record([
        ("id", Type::Contact),
        ("first_name", Type::Text),
        ("email", maybe(Type::Text)),
        ("roles", list(Type::Text)),
    ]);
    let client = record([
        ("id", Type::Text),
        ("name", Type::Text),
        ("trading_name", maybe(Type::Text)),
        ("status", Type::Enum(["prospect", "active", "former"].map(String::from).to_vec())),
        ("services", list(Type::Text)),
        ("year_end", maybe(Type::Date)),
        ("turnover", gbp()),
        ("vat", maybe(record([("scheme", Type::Text), ("registered", Type::Bool)]))),
        ("contacts", list(contact)),
        ("custom", Type::Map),
    ]);
    let prepare = record([
        ("state", Type::Text),
        ("outcome", maybe(Type::Text)),
        ("outputs", record([("headcount", Type::Int), ("net_total", gbp())])),
    ]);
    let inputs = record([
        ("limit", Type::Int),
        ("rate", Type::Decimal),
        ("flat_rate", maybe(Type::Decimal)),
        ("fee", gbp()),
        ("budget", Type::Money(Currency::new("EUR"))),
    ]);
    let dates = record([("pay_date", Type::Date), ("opened", Type::Moment)]);
    let names = [
        ("client", client),
        ("tasks", record([("prepare", prepare)])),
        ("inputs", inputs),
        ("dates", dates),
        ("anything", Type::Any),
    ];
    Scope::new(names, wants)
}

/// The facts behind those names, and a note of which were asked for.
struct Practice {
    names: BTreeMap<String, Value>,
    asked: RefCell<Vec<String>>,
}

impl Practice {
    fn new() -> Self {
        let ann = Value::map([
            ("id", Value::text("ann")),
            ("first_name", Value::text("Ann")),
            ("email", Value::text("ann@example.com")),
            ("roles", Value::List(vec![Value::text("payroll"), Value::text("director")])),
        ]);
        let bob = Value::map([
            ("id", Value::text("bob")),
            ("first_name", Value::text("Bob")),
            ("email", Value::Nothing),
            ("roles", Value::List(Vec::new())),
        ]);
        let client = Value::map([
            ("id", Value::text("4711")),
            ("name", Value::text("Harbour & Sons")),
            ("trading_name", Value::Nothing),
            ("status", Value::text("active")),
            ("services", Value::List(vec![Value::text("payroll"), Value::text("vat")])),
            ("turnover", money("95000.50", "GBP")),
            ("contacts", Value::List(vec![ann, bob])),
            ("custom", Value::map([("colour", Value::text("blue")), ("rank", Value::Int(3))])),
        ]);
        let outputs = Value::map([("headcount", Value::Int(12)), ("net_total", money("1400", "GBP"))]);
        let prepare =
            Value::map([("state", Value::text("completed")), ("outcome", Value::Nothing), ("outputs", outputs)]);
        let inputs = Value::map([
            ("limit", Value::Int(10)),
            ("rate", Value::Decimal(decimal("1.10"))),
            ("flat_rate", Value::Nothing),
            ("fee", money("1200.00", "GBP")),
            ("budget", money("10", "EUR")),
        ]);
        let dates = Value::map([
            ("pay_date", Value::Date(date("2026-05-22"))),
            ("opened", Value::Moment("2026-05-15T11:00:00Z".parse().unwrap())),
        ]);
        let names = [
            ("client", client),
            ("tasks", Value::map([("prepare", prepare)])),
            ("inputs", inputs),
            ("dates", dates),
            ("anything", Value::text("words")),
        ];
        let names = names.map(|(name, value)| (name.to_string(), value)).into_iter().collect();
        Self { names, asked: RefCell::default() }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.names.insert(name.into(), value);
        self
    }
}

impl Facts for Practice {
    fn root(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.asked.borrow_mut().push(name.into());
        self.names.get(name).map(Cow::Borrowed)
    }

    fn now(&self) -> Option<Timestamp> {
        "2026-05-04T08:00:00Z".parse().ok()
    }

    fn today(&self) -> Option<Date> {
        Some(date("2026-05-04"))
    }

    fn is_working_day(&self, date: Date) -> Option<bool> {
        Some(date.weekday().to_monday_one_offset() < 6)
    }

    fn job_for_service(&self, service: &str) -> Option<String> {
        (service == "payroll").then(|| "monthly-payroll".into())
    }
}

fn money(amount: &str, currency: &str) -> Value {
    Value::Money(Money { amount: decimal(amount), currency: Currency::new(currency).unwrap() })
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Faults as a person would see them, one below the other.
fn told(text: &str, faults: &[Fault]) -> String {
    let mut told = String::new();
    for fault in faults {
        let at = &text[fault.span.clone()];
        told += &format!("{}: {} at `{at}`\n", fault.kind.code(), fault.message);
        for label in &fault.labels {
            told += &format!("    `{}` is {}\n", &text[label.span.clone()], label.text);
        }
        if let Some(help) = &fault.help {
            told += &format!("    help: {help}\n");
        }
    }
    told
}

fn told_error(text: &str, error: &EvaluationError) -> String {
    format!("error: {} at `{}`", error.message, &text[error.span.clone()])
}

/// What an expression says: its value with its kind, its faults, or its error.
fn say(text: &str) -> String {
    say_in(text, &scope(Type::Any).with_clock(), &Practice::new())
}

fn say_in(text: &str, scope: &Scope, facts: &dyn Facts) -> String {
    match Expression::compile(text, scope) {
        Err(faults) => told(text, &faults),
        Ok(expression) => match expression.evaluate(facts) {
            Ok(value) => format!("{} {value}", value.kind()),
            Err(error) => told_error(text, &error),
        },
    }
}

/// Several expressions, each with what it says.
fn table(texts: &[&str]) -> String {
    texts
        .iter()
        .map(|text| {
            let said = say(text);
            let said = said.trim_end();
            if said.contains('\n') {
                format!("{text}\n  {}\n", said.replace('\n', "\n  "))
            } else {
                format!("{text}  →  {said}\n")
            }
        })
        .collect()
}
