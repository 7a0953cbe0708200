//! Numbers and amounts made and rounded.
//!
//! Owns: reading them from text, and the one rounding. Leaves adding and comparing them to `operator`.

use super::{operator::number, quoted, words};
use crate::format;
use jobwright_core::value::{Currency, Money, Value};
use rust_decimal::{Decimal, RoundingStrategy};

/// Most decimals a number is rounded to; a decimal holds no more.
const DECIMALS_MAX: i64 = 28;

pub(super) fn money(amount: &Value, currency: &str) -> Result<Value, String> {
    let currency = Currency::new(currency).ok_or_else(|| format!("{} is not a currency", quoted(currency)))?;
    let amount = match amount {
        Value::Money(_) => return Err("this is money already".into()),
        Value::Text(text) => Decimal::from_str_exact(text).map_err(|_| format!("{} is not an amount", quoted(text)))?,
        other => decimal(other)?,
    };
    Ok(Value::Money(Money { amount, currency }))
}

pub(super) fn decimal(value: &Value) -> Result<Decimal, String> {
    match value {
        Value::Text(text) => Decimal::from_str_exact(text).map_err(|_| format!("{} is not a number", quoted(text))),
        Value::Money(money) => Ok(money.amount),
        other => number(other).ok_or_else(|| format!("{} is not a number", words(other))),
    }
}

pub(super) fn places(value: &Value) -> Result<u32, String> {
    match value {
        Value::Int(places @ 0..=DECIMALS_MAX) => Ok(*places as u32),
        other => Err(format!("a number has 0 to {DECIMALS_MAX} decimals, not {other}")),
    }
}

/// The one rounding of this language: halves go away from zero, as on paper.
pub(super) fn round_to(number: Decimal, places: u32) -> Decimal {
    format::rounded(number, places)
}

pub(super) fn rounded(value: &Value, decimals_asked: Option<&Value>) -> Result<Value, String> {
    match (value, decimals_asked) {
        (Value::Money(money), None) => {
            Ok(Value::Money(Money { amount: round_to(money.amount, money.currency.minor_digits()), ..*money }))
        }
        (Value::Money(money), Some(asked)) => {
            Ok(Value::Money(Money { amount: round_to(money.amount, places(asked)?), ..*money }))
        }
        (value, asked) => {
            let Some(of) = number(value) else { return Err(format!("`round` does not take {}", words(value))) };
            match asked {
                Some(asked) => Ok(Value::Decimal(round_to(of, places(asked)?))),
                None => {
                    let whole = of.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
                    i64::try_from(whole).map(Value::Int).map_err(|_| "the result is too large".into())
                }
            }
        }
    }
}
