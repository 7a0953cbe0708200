//! Operators on values.
//!
//! Owns: exact arithmetic and comparison. Overflow, division by zero, two currencies and two kinds of value are errors;
//! no pair is ever just different.

use super::words;
use crate::node::Operator;
use jobwright_core::value::{Money, Value};
use rust_decimal::Decimal;
use std::cmp::Ordering;

const OVERFLOW: &str = "the result is too large";
const BY_ZERO: &str = "division by zero";

pub(super) fn apply(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    match operator {
        Operator::Equal => equal(left, right).map(Value::Bool),
        Operator::Differ => equal(left, right).map(|same| Value::Bool(!same)),
        Operator::Less => order(operator, left, right).map(|order| Value::Bool(order.is_lt())),
        Operator::LessOrEqual => order(operator, left, right).map(|order| Value::Bool(order.is_le())),
        Operator::Greater => order(operator, left, right).map(|order| Value::Bool(order.is_gt())),
        Operator::GreaterOrEqual => order(operator, left, right).map(|order| Value::Bool(order.is_ge())),
        _ => compute(operator, left, right),
    }
}

/// Whether two values are the same. Two kinds of value are an error, at any depth.
pub(super) fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::List(left), Value::List(right)) => {
            for (left, right) in left.iter().zip(right) {
                if !equal_inside(left, right)? {
                    return Ok(false);
                }
            }
            Ok(left.len() == right.len())
        }
        (Value::Map(left), Value::Map(right)) => {
            for (name, left) in left {
                match right.get(name) {
                    Some(right) if equal_inside(left, right)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(left.len() == right.len())
        }
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Document(left), Value::Document(right)) => Ok(left == right),
        _ => order(Operator::Equal, left, right).map(Ordering::is_eq),
    }
}

/// Inside a list or a map an empty place differs from a filled one.
fn equal_inside(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::Nothing, right) => Ok(*right == Value::Nothing),
        (_, Value::Nothing) => Ok(false),
        _ => equal(left, right),
    }
}

/// The order of two values of one kind.
pub(super) fn order(operator: Operator, left: &Value, right: &Value) -> Result<Ordering, String> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Ok(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Ok(left.cmp(right)),
        (Value::Moment(left), Value::Moment(right)) => Ok(left.cmp(right)),
        (Value::Money(left), Value::Money(right)) => {
            one_currency(left, right)?;
            Ok(left.amount.cmp(&right.amount))
        }
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            _ => Err(format!("`{}` compares {} with {}", operator.sign(), words(left), words(right))),
        },
    }
}

fn compute(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    use Operator as Op;
    match (operator, left, right) {
        (Op::Add, Value::Text(left), Value::Text(right)) => Ok(Value::Text(format!("{left}{right}"))),
        (Op::Add, Value::List(left), Value::List(right)) => {
            Ok(Value::List(left.iter().chain(right).cloned().collect()))
        }
        (Op::Add | Op::Subtract, Value::Money(one), Value::Money(other)) => {
            one_currency(one, other)?;
            Ok(money(decimals(operator, one.amount, other.amount)?, one))
        }
        (Op::Divide, Value::Money(one), Value::Money(other)) => {
            one_currency(one, other)?;
            decimals(operator, one.amount, other.amount).map(Value::Decimal)
        }
        (Op::Multiply | Op::Divide, Value::Money(one), factor) => match number(factor) {
            Some(factor) => Ok(money(decimals(operator, one.amount, factor)?, one)),
            None => Err(mixed(operator, left, right)),
        },
        (Op::Multiply, factor, Value::Money(one)) => match number(factor) {
            Some(factor) => Ok(money(decimals(operator, factor, one.amount)?, one)),
            None => Err(mixed(operator, left, right)),
        },
        (Op::Add | Op::Subtract | Op::Multiply | Op::Remainder, Value::Int(left), Value::Int(right)) => {
            integers(operator, *left, *right).map(Value::Int)
        }
        // 10 / 4 is 2.5: whoever wants a whole number rounds it.
        (Op::Divide, Value::Int(_) | Value::Decimal(_), Value::Int(_) | Value::Decimal(_)) => {
            let (left, right) = (number(left).unwrap_or_default(), number(right).unwrap_or_default());
            decimals(operator, left, right).map(|ratio| Value::Decimal(ratio.normalize()))
        }
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => decimals(operator, left, right).map(Value::Decimal),
            _ => Err(mixed(operator, left, right)),
        },
    }
}

fn integers(operator: Operator, left: i64, right: i64) -> Result<i64, String> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Remainder if right == 0 => return Err(BY_ZERO.into()),
        Operator::Remainder => left.checked_rem(right),
        _ => left.checked_mul(right),
    }
    .ok_or_else(|| OVERFLOW.into())
}

fn decimals(operator: Operator, left: Decimal, right: Decimal) -> Result<Decimal, String> {
    match operator {
        Operator::Divide | Operator::Remainder if right.is_zero() => return Err(BY_ZERO.into()),
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    }
    .ok_or_else(|| OVERFLOW.into())
}

pub(super) fn negated(value: &Value) -> Result<Value, String> {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or_else(|| OVERFLOW.into()),
        Value::Decimal(number) => Ok(Value::Decimal(-number)),
        Value::Money(one) => Ok(money(-one.amount, one)),
        other => Err(format!("`-` stands before {}", words(other))),
    }
}

/// A number as a decimal.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}

fn money(amount: Decimal, like: &Money) -> Value {
    Value::Money(Money { amount, currency: like.currency })
}

fn one_currency(one: &Money, other: &Money) -> Result<(), String> {
    if one.currency == other.currency {
        return Ok(());
    }
    Err(format!("{} and {} are two currencies", one.currency, other.currency))
}

fn mixed(operator: Operator, left: &Value, right: &Value) -> String {
    let (left, right) = (words(left), words(right));
    match operator {
        Operator::Add => format!("`+` adds {right} to {left}"),
        Operator::Subtract => format!("`-` takes {right} from {left}"),
        Operator::Multiply => format!("`*` multiplies {left} by {right}"),
        _ => format!("`{}` divides {left} by {right}", operator.sign()),
    }
}
