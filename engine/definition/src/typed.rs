//! Values of people, by the type that the practice declared.
//!
//! Owns: turning one text into a value, with the practice's currency for money that names none. The same function types
//! a cell of a CSV file, `client set K=V` and a value in people.yaml. Leaves reading declared types to `field`.

use jobwright_core::date;
use jobwright_core::id::{ContactId, StaffId};
use jobwright_core::value::{Currency, Field, Money, Type, Value};
use rust_decimal::Decimal;

use crate::diagnostic::{Diagnostics, quoted};
use crate::syntax::{Node, list_of};

/// What stands between the values of a list that is written as one text, in a cell of a CSV file.
pub const LIST_SEPARATOR: char = ';';

/// Most values of a list.
pub const LIST_VALUES_MAX: usize = 1_000;

/// The value of a field, written in YAML. Money without a currency is in the practice's.
pub fn value(node: &Node, field: &Field, currency: Currency, diagnostics: &mut Diagnostics) -> Option<Value> {
    let value = value_of(node, &field.of, currency, diagnostics)?;
    match field.fault(&value) {
        None => Some(value),
        Some(fault) => node.bad(format!("{} {fault}", quoted(&value.to_string())), diagnostics),
    }
}

/// The value of a field, written as one text: a cell of a CSV file, or the right side of `K=V`. An empty text is no
/// value; a list is separated by [`LIST_SEPARATOR`]. The answer to a bad text says what would be right.
pub fn typed(text: &str, field: &Field, currency: Currency) -> Result<Value, String> {
    let text = text.trim();
    let value = if text.is_empty() { Value::Nothing } else { typed_as(text, &field.of, currency)? };
    field.fault(&value).map_or(Ok(value), |fault| Err(format!("{} {fault}", quoted(text))))
}

fn value_of(node: &Node, of: &Type, currency: Currency, diagnostics: &mut Diagnostics) -> Option<Value> {
    match of {
        Type::Bool => node.boolean(diagnostics).map(Value::Bool),
        Type::Int => node.integer(diagnostics).map(Value::Int),
        Type::List(item) => {
            let read =
                list_of(|node: &Node, diagnostics: &mut Diagnostics| value_of(node, item, currency, diagnostics))(
                    node,
                    diagnostics,
                )?;
            if read.len() > LIST_VALUES_MAX {
                return node.bad(format!("a list has at most {LIST_VALUES_MAX} values"), diagnostics);
            }
            Some(Value::List(read))
        }
        Type::Optional(of) => value_of(node, of, currency, diagnostics),
        of => {
            let text =
                if matches!(of, Type::Text | Type::Any) { node.text(diagnostics) } else { node.word(diagnostics) }?;
            typed_as(&text, of, currency).map_or_else(|fault| node.bad(fault, diagnostics), Some)
        }
    }
}

fn typed_as(text: &str, of: &Type, currency: Currency) -> Result<Value, String> {
    let no = |what: &str| format!("{} is not {what}", quoted(text));
    match of {
        Type::Text | Type::Any => Ok(Value::text(text)),
        Type::Int => text.parse().map(Value::Int).map_err(|_| no("a whole number")),
        Type::Decimal => decimal(text).map(Value::Decimal).ok_or_else(|| no("a decimal number like `12.50`")),
        Type::Bool => truth(text).map(Value::Bool).ok_or_else(|| no("`true` or `false`")),
        Type::Date => date::day(text).map(Value::Date).ok_or_else(|| no("a day of the calendar, `YYYY-MM-DD`")),
        Type::Moment => date::instant(text).map(Value::Moment).ok_or_else(|| no("an instant like `2026-05-04T09:00Z`")),
        Type::Money(one) => money(text, *one, currency),
        Type::Enum(words) if words.iter().any(|word| word == text) => Ok(Value::text(text)),
        Type::Enum(words) => Err(no(&format!("one of {}", words.join(", ")))),
        Type::List(of) if text.starts_with('[') && text.ends_with(']') => from_json(text, of, currency),
        Type::List(of) => {
            let parts: Vec<_> = text.split(LIST_SEPARATOR).map(str::trim).filter(|part| !part.is_empty()).collect();
            if parts.len() > LIST_VALUES_MAX {
                return Err(format!("a list has at most {LIST_VALUES_MAX} values"));
            }
            parts.into_iter().map(|part| typed_as(part, of, currency)).collect::<Result<_, _>>().map(Value::List)
        }
        Type::Contact => ContactId::new(text).map(|_| Value::text(text)).map_err(|fault| fault.to_string()),
        Type::Staff => StaffId::new(text).map(|_| Value::text(text)).map_err(|fault| fault.to_string()),
        Type::Optional(of) => typed_as(text, of, currency),
        Type::Record(_) | Type::Map | Type::Document => Err(format!("a {of} cannot be written as one text")),
    }
}

/// `["de", "fr"]`, as programs write a list.
fn from_json(text: &str, of: &Type, currency: Currency) -> Result<Value, String> {
    let bad = || format!("{} is not a list; write `one;two`, or `[\"one\", \"two\"]`", quoted(text));
    let items: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|_| bad())?;
    if items.len() > LIST_VALUES_MAX {
        return Err(format!("a list has at most {LIST_VALUES_MAX} values"));
    }
    let item = |item: serde_json::Value| match item {
        serde_json::Value::String(text) => typed_as(&text, of, currency),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => typed_as(&item.to_string(), of, currency),
        _ => Err(bad()),
    };
    items.into_iter().map(item).collect::<Result<_, _>>().map(Value::List)
}

/// Spreadsheets write truth in their own ways.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// `1200.00`, `GBP 1200.00` or `1200.00 GBP`.
fn money(text: &str, one: Option<Currency>, practice: Currency) -> Result<Value, String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let (amount, named) = match words[..] {
        [amount] => (amount, None),
        [first, second] if Currency::new(first).is_some() => (second, Currency::new(first)),
        [first, second] => (first, Currency::new(second)),
        _ => ("", None),
    };
    let bad = || format!("{} is not an amount of money like `1200.00`, without signs and commas", quoted(text));
    let amount = decimal(amount).ok_or_else(bad)?;
    if words.len() == 2 && named.is_none() {
        return Err(bad());
    }
    let currency = named.or(one).unwrap_or(practice);
    match one {
        Some(one) if one != currency => Err(format!("{} is not in {one}", quoted(text))),
        _ => Ok(Value::Money(Money { amount, currency })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp() -> Currency {
        Currency::new("GBP").expect("a currency")
    }

    fn check(of: &Type, table: &[(&str, Result<&str, &str>)]) {
        let field = Field { optional: true, ..Field::of(of.clone()) };
        for (text, expected) in table {
            let read = typed(text, &field, gbp());
            let shown = read.as_ref().map(ToString::to_string);
            assert_eq!(shown.as_deref().map_err(|fault| fault.as_str()), *expected, "{text} as {of}");
            if let Ok(value) = read {
                assert!(value.fits(&Type::Optional(Box::new(of.clone()))), "{text} as {of}");
            }
        }
    }

    #[test]
    fn a_cell_becomes_a_value_of_the_declared_type_or_says_what_would_be_right() {
        check(
            &Type::Int,
            &[("28", Ok("28")), (" 28 ", Ok("28")), ("", Ok("nothing")), ("28.0", Err("`28.0` is not a whole number"))],
        );
        check(&Type::Bool, &[("TRUE", Ok("true")), ("no", Ok("false")), ("1", Err("`1` is not `true` or `false`"))]);
        let no_day = "`31/01/2026` is not a day of the calendar, `YYYY-MM-DD`";
        check(&Type::Date, &[("2026-01-31", Ok("2026-01-31")), ("31/01/2026", Err(no_day))]);
        check(&Type::Decimal, &[("12.50", Ok("12.50")), ("1e3", Err("`1e3` is not a decimal number like `12.50`"))]);
        let zone = "`2026-05-04T09:00` is not an instant like `2026-05-04T09:00Z`";
        check(
            &Type::Moment,
            &[("2026-05-04T09:00+01:00", Ok("2026-05-04T08:00:00Z")), ("2026-05-04T09:00", Err(zone))],
        );
        let words = Type::Enum(vec!["standard".into(), "cash".into()]);
        check(&words, &[("cash", Ok("cash")), ("Cash", Err("`Cash` is not one of standard, cash"))]);
        check(&Type::List(Box::new(Type::Text)), &[("payroll; vat", Ok("payroll, vat")), (";", Ok(""))]);
        check(
            &Type::Staff,
            &[("pat", Ok("pat")), ("Pat", Err("`Pat` is no id: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`"))],
        );
    }

    #[test]
    fn money_is_in_the_practices_currency_unless_it_says_so() {
        let bad = "`£1,200` is not an amount of money like `1200.00`, without signs and commas";
        check(
            &Type::Money(None),
            &[
                ("1200.00", Ok("1200.00 GBP")),
                ("EUR 1200", Ok("1200 EUR")),
                ("1200 EUR", Ok("1200 EUR")),
                ("£1,200", Err(bad)),
                (
                    "1200 pounds",
                    Err("`1200 pounds` is not an amount of money like `1200.00`, without signs and commas"),
                ),
            ],
        );
        check(&Type::Money(Some(gbp())), &[("1 EUR", Err("`1 EUR` is not in GBP")), ("1", Ok("1 GBP"))]);
    }

    #[test]
    fn a_value_keeps_to_its_bounds() {
        let pay_day = Field { min: Some(1.into()), max: Some(31.into()), ..Field::of(Type::Int) };
        assert_eq!(typed("31", &pay_day, gbp()), Ok(Value::Int(31)));
        assert_eq!(typed("32", &pay_day, gbp()), Err("`32` is above 31".into()));
        assert_eq!(typed("", &pay_day, gbp()), Err("`` is missing".into()));
    }
}
