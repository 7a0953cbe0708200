//! Declared values: their types, and values of these types as people write them.
//!
//! Owns: `{ type: int, min: 0 }` as a `Field`, and reading a value by the type it must have. Definitions and the
//! practice's own fields are read by the same lines. Leaves what a value is for to whoever declares it.

use jobwright_core::date::instant;
use jobwright_core::value::{Currency, Field, Money, Type, Value};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::syntax::{Fields, Kind, Node, Style, choice, list_of};

/// The words after `type:` that need nothing beside them.
const PLAIN: &[(&str, Type)] = &[
    ("string", Type::Text),
    ("int", Type::Int),
    ("decimal", Type::Decimal),
    ("bool", Type::Bool),
    ("date", Type::Date),
    ("datetime", Type::Moment),
    ("map", Type::Map),
    ("document", Type::Document),
    ("contact", Type::Contact),
    ("staff", Type::Staff),
    ("any", Type::Any),
];

/// The words that take more keys.
const MONEY: &str = "money";
const ENUM: &str = "enum";
const LIST: &str = "list";

/// Every word that may stand after `type:` of a field.
pub const TYPE_WORDS: [&str; 14] = [
    "string", "int", "decimal", "bool", "date", "datetime", "money", "enum", "list", "map", "document", "contact",
    "staff", "any",
];

/// Reads the keys of a declared value: `type`, `of`, `values`, `currency`, `min`, `max`. Optionality is the caller's.
pub fn field(fields: &mut Fields) -> Option<Field> {
    let words: Vec<(&str, &str)> = TYPE_WORDS.iter().map(|word| (*word, *word)).collect();
    let word = fields.required("type", |node, diagnostics| choice(&words)(node, diagnostics));
    let of = fields.optional("of", |node, diagnostics| choice(&words)(node, diagnostics));
    let values = fields.list("values", |node, diagnostics| Some(node.text(diagnostics)?.into_string()));
    let currency = fields.optional("currency", currency);
    let min = fields.optional("min", Node::decimal);
    let max = fields.optional("max", Node::decimal);
    let word = word?;
    let element = if word == LIST { of } else { Some(word) };
    misplaced(fields, "of", word == LIST, "a `list`");
    misplaced(fields, "values", element == Some(ENUM), "an `enum`");
    misplaced(fields, "currency", element == Some(MONEY), "`money`");
    let of = match word {
        LIST => Type::List(Box::new(of.map_or(Some(Type::Any), |of| typed(of, values, currency, fields))?)),
        word => typed(word, values, currency, fields)?,
    };
    if let (Some(low), Some(high)) = (min, max)
        && low > high
    {
        let place = fields.place("min").unwrap_or(fields.head());
        let message = format!("`min` {low} is above `max` {high}");
        fields.diagnostics().push(Diagnostic::error(code::OUT_OF_RANGE, message).at(place, "no value fits"));
    }
    Some(Field { min, max, ..Field::of(of) })
}

fn typed(word: &str, values: Vec<String>, currency: Option<Currency>, fields: &mut Fields) -> Option<Type> {
    match word {
        MONEY => Some(Type::Money(currency)),
        ENUM if values.is_empty() => {
            let diagnostic = Diagnostic::error(code::MISSING_KEY, "an `enum` needs `values`");
            let head = fields.head();
            fields.diagnostics().push(diagnostic.at(head, "which words are possible?").help("write `values: [a, b]`"));
            None
        }
        ENUM => Some(Type::Enum(values)),
        LIST => {
            let place = fields.place("of").unwrap_or(fields.head());
            let diagnostic = Diagnostic::error(code::UNKNOWN_CHOICE, "a list holds no lists");
            fields.diagnostics().push(diagnostic.at(place, "").help("use `of: map`"));
            None
        }
        word => PLAIN.iter().find(|(name, _)| *name == word).map(|(_, of)| of.clone()),
    }
}

fn misplaced(fields: &mut Fields, key: &'static str, fits: bool, of: &str) {
    if let Some(span) = fields.place(key).filter(|_| !fits) {
        let diagnostic = Diagnostic::error(code::UNKNOWN_KEY, format!("`{key}` belongs to {of}"));
        fields.diagnostics().push(diagnostic.at(span, "means nothing here"));
    }
}

/// Three capital letters.
pub(crate) fn currency(node: &Node, diagnostics: &mut Diagnostics) -> Option<Currency> {
    let text = node.text(diagnostics)?;
    let help = "is no currency; write three capital letters, as in `GBP`";
    Currency::new(&text).or_else(|| node.bad(format!("{} {help}", quoted(&text)), diagnostics))
}

/// Reads a value that must be of a type.
pub fn value_of(node: &Node, of: &Type, diagnostics: &mut Diagnostics) -> Option<Value> {
    match of {
        Type::Text => Some(Value::text(node.text_or_empty(diagnostics)?.into_string())),
        Type::Int => node.integer(diagnostics).map(Value::Int),
        Type::Decimal => node.decimal(diagnostics).map(Value::Decimal),
        Type::Bool => node.boolean(diagnostics).map(Value::Bool),
        Type::Date => node.date(diagnostics).map(Value::Date),
        Type::Moment => {
            let text = node.word(diagnostics)?;
            let bad = || node.bad(format!("{} is not an instant like `2026-01-31T09:00Z`", quoted(&text)), diagnostics);
            instant(&text).map(Value::Moment).or_else(bad)
        }
        Type::Money(Some(currency)) => {
            let amount = node.decimal(diagnostics)?;
            Some(Value::Money(Money { amount, currency: *currency }))
        }
        Type::Money(None) => node.bad("an amount needs a currency; declare it with `currency: GBP`", diagnostics),
        Type::Enum(words) => {
            let words: Vec<(&str, &str)> = words.iter().map(|word| (word.as_str(), word.as_str())).collect();
            choice(&words)(node, diagnostics).map(Value::text)
        }
        Type::List(of) => {
            let mut item = |node: &Node, diagnostics: &mut Diagnostics| value_of(node, of, diagnostics);
            list_of(&mut item)(node, diagnostics).map(Value::List)
        }
        Type::Contact | Type::Staff => {
            let text = node.text(diagnostics)?;
            let value = Value::text(text.as_str());
            if value.fits(of) { Some(value) } else { node.bad(format!("{} is no id", quoted(&text)), diagnostics) }
        }
        Type::Document => node.bad("a document cannot be written here", diagnostics),
        Type::Optional(_) if node.is_absent() => Some(Value::Nothing),
        Type::Optional(of) => value_of(node, of, diagnostics),
        Type::Map | Type::Record(_) | Type::Any => literal(node, diagnostics),
    }
}

/// Reads a value where no type is declared. Only what cannot be mistaken is more than a text: `true`, `false` and whole
/// numbers, without quotes.
pub fn literal(node: &Node, diagnostics: &mut Diagnostics) -> Option<Value> {
    match &node.kind {
        Kind::Scalar(_) if node.is_absent() => node.wrong_kind("a value", diagnostics),
        Kind::Scalar(text) if text.style() == Style::Plain => match plain(text) {
            Value::Text(_) => Some(Value::text(node.text_or_empty(diagnostics)?.into_string())),
            value => Some(value),
        },
        Kind::Scalar(_) => Some(Value::text(node.text_or_empty(diagnostics)?.into_string())),
        Kind::List(items) => {
            let values = items.iter().filter_map(|item| literal(item, diagnostics)).collect();
            Some(Value::List(values))
        }
        Kind::Map(entries) => {
            let pairs = entries.iter().filter_map(|e| Some((e.key.value.clone(), literal(&e.value, diagnostics)?)));
            Some(Value::Map(pairs.collect()))
        }
        Kind::Refused => None,
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => whole(text).map_or_else(|| Value::text(text), Value::Int),
    }
}

/// A whole number that every reader of JSON takes for the same number.
pub(crate) fn whole(text: &str) -> Option<i64> {
    const EXACT_MAX: u64 = 1 << 53;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" && text == "0" || !digits.starts_with('0'));
    let number: i64 = text.parse().ok().filter(|_| canonical)?;
    (number.unsigned_abs() < EXACT_MAX).then_some(number)
}
