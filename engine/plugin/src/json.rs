//! Values as JSON, for plugins and for machines.
//!
//! Owns: the one form of each value: numbers only where JSON keeps them exactly, so decimals, dates and moments are texts.
//! Back from JSON a value is read as a type, since a text alone does not say what it is.

use jobwright_core::{
    id::Hash,
    value::{Currency, Document, Money, Type, Value},
};
use serde_json::{Value as Json, json};
use std::{fmt, str::FromStr};

/// A value as JSON.
pub fn write(value: &Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Bool(yes) => json!(yes),
        Value::Int(number) => json!(number),
        Value::Decimal(number) => json!(number.to_string()),
        Value::Money(money) => {
            json!({ "amount": money.amount.to_string(), "currency": money.currency.as_str() })
        }
        Value::Text(text) => json!(text),
        Value::Date(date) => json!(date.to_string()),
        Value::Moment(at) => json!(at.to_string()),
        Value::List(values) => values.iter().map(write).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(name, one)| (name.clone(), write(one))).collect()),
        Value::Document(document) => {
            json!({ "name": document.name, "sha256": document.hash.to_string(), "size": document.size })
        }
    }
}

/// JSON that is not of the type asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where, as a JSON pointer.
    pub at: String,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { f.write_str(&self.what) } else { write!(f, "`{}`: {}", self.at, self.what) }
    }
}

/// Reads JSON as a value of a type.
///
/// # Errors
/// At the first part that is not of its type.
pub fn read(json: &Json, of: &Type) -> Result<Value, Misfit> {
    read_at(json, of, "")
}

fn read_at(json: &Json, of: &Type, at: &str) -> Result<Value, Misfit> {
    let misfit = |what: String| Misfit { at: at.into(), what };
    let other = || misfit(format!("{} where {of} is asked", kind(json)));
    let text = || json.as_str().ok_or_else(other);
    Ok(match (of, json) {
        (Type::Optional(_), Json::Null) => Value::Nothing,
        (Type::Optional(of), _) => read_at(json, of, at)?,
        (Type::Any, _) => any(json),
        (Type::Bool, Json::Bool(yes)) => Value::Bool(*yes),
        (Type::Int, Json::Number(number)) => Value::Int(number.as_i64().ok_or_else(other)?),
        (Type::Decimal, Json::Number(number)) => Value::Decimal(parsed(&number.to_string()).ok_or_else(other)?),
        (Type::Decimal, Json::String(text)) => Value::Decimal(parsed(text).ok_or_else(other)?),
        (Type::Text | Type::Contact | Type::Staff, _) => Value::text(text()?),
        (Type::Enum(words), _) => {
            let text = text()?;
            if !words.iter().any(|word| word == text) {
                return Err(misfit(format!("`{text}` is not {of}")));
            }
            Value::text(text)
        }
        (Type::Date, _) => Value::Date(parsed(text()?).ok_or_else(other)?),
        (Type::Moment, _) => Value::Moment(parsed(text()?).ok_or_else(other)?),
        (Type::Money(_), Json::Object(map)) => {
            let amount = map.get("amount").and_then(Json::as_str).and_then(parsed).ok_or_else(other)?;
            let currency = map.get("currency").and_then(Json::as_str).and_then(Currency::new).ok_or_else(other)?;
            Value::Money(Money { amount, currency })
        }
        (Type::Document, Json::Object(map)) => {
            let hash = map.get("sha256").and_then(Json::as_str).and_then(parsed::<Hash>).ok_or_else(other)?;
            let name = map.get("name").and_then(Json::as_str).ok_or_else(other)?.to_owned();
            let size = map.get("size").and_then(Json::as_u64).ok_or_else(other)?;
            Value::Document(Document { hash, name, size })
        }
        (Type::List(of), Json::Array(values)) => {
            let each = values.iter().enumerate().map(|(place, one)| read_at(one, of, &format!("{at}/{place}")));
            Value::List(each.collect::<Result<_, _>>()?)
        }
        (Type::Map, Json::Object(_)) => any(json),
        (Type::Record(fields), Json::Object(map)) => {
            let each = fields.iter().map(|(name, of)| {
                let one = read_at(map.get(name).unwrap_or(&Json::Null), of, &format!("{at}/{name}"))?;
                Ok((name.clone(), one))
            });
            Value::Map(each.collect::<Result<_, _>>()?)
        }
        _ => return Err(other()),
    })
}

/// What JSON says by itself: a number that is no whole number is an exact decimal.
fn any(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nothing,
        Json::Bool(yes) => Value::Bool(*yes),
        Json::Number(number) => number.as_i64().map_or_else(
            || parsed(&number.to_string()).map_or_else(|| Value::text(number.to_string()), Value::Decimal),
            Value::Int,
        ),
        Json::String(text) => Value::text(text),
        Json::Array(values) => Value::List(values.iter().map(any).collect()),
        Json::Object(map) => Value::map(map.iter().map(|(name, one)| (name.clone(), any(one)))),
    }
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "nothing",
        Json::Bool(_) => "bool",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}
