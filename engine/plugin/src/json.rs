//! Values as JSON, for plugins and for machines.
//!
//! Owns: the one form of each value: numbers only where JSON keeps them exactly, so decimals, dates and moments are texts.
//! Back from JSON a value is read as a type, since a text alone does not say what it is. What a plugin wrote is read with
//! each number as it stands there, and never by way of a float: it is exact, or it is refused.

use jobwright_core::{
    id::Hash,
    value::{Currency, Document, Money, Type, Value},
};
use rust_decimal::Decimal;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Value as Json, json};
use std::{cell::RefCell, collections::BTreeMap, fmt, str::FromStr};

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

/// Most digits that a number keeps.
const DIGITS_MAX: usize = 28;

/// JSON with its numbers as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exact {
    /// `null`.
    Nothing,
    /// `true` or `false`.
    Bool(bool),
    /// A number in its own digits.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object; of two values under one name the last counts.
    Map(BTreeMap<String, Self>),
}

impl Exact {
    /// Reads a text.
    ///
    /// # Errors
    /// In words, when it is no JSON.
    pub fn parse(text: &str) -> Result<Self, String> {
        let numbers = Numbers(RefCell::new(Digits { text: text.as_bytes(), at: 0 }));
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = (&numbers).deserialize(&mut reader).map_err(|error| error.to_string())?;
        reader.end().map_err(|error| error.to_string())?;
        Ok(read)
    }

    /// The same for those who know no exact numbers, such as a JSON Schema.
    pub fn approximate(&self) -> Json {
        match self {
            Self::Nothing => Json::Null,
            Self::Bool(yes) => json!(yes),
            Self::Number(digits) => serde_json::from_str(digits).unwrap_or(Json::Null),
            Self::Text(text) => json!(text),
            Self::List(values) => values.iter().map(Self::approximate).collect(),
            Self::Map(map) => map.iter().map(|(name, one)| (name.clone(), one.approximate())).collect(),
        }
    }

    /// The same with other texts, names among them.
    #[must_use]
    pub fn with_texts(self, change: &dyn Fn(String) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(text)),
            Self::List(values) => Self::List(values.into_iter().map(|one| one.with_texts(change)).collect()),
            Self::Map(map) => {
                Self::Map(map.into_iter().map(|(name, one)| (change(name), one.with_texts(change))).collect())
            }
            other => other,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bool(_) => "bool",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl From<&Json> for Exact {
    /// Of numbers that went through a float already, what the float stands for.
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Nothing,
            Json::Bool(yes) => Self::Bool(*yes),
            Json::Number(number) => Self::Number(number.to_string()),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            Json::Object(map) => Self::Map(map.iter().map(|(name, one)| (name.clone(), Self::from(one))).collect()),
        }
    }
}

/// The numbers of a text, in the order in which a reader comes by them.
struct Numbers<'a>(RefCell<Digits<'a>>);

struct Digits<'a> {
    text: &'a [u8],
    at: usize,
}

impl Digits<'_> {
    /// The next number, past texts and signs. The text is JSON as far as the reader has come.
    fn next(&mut self) -> Option<String> {
        loop {
            match *self.text.get(self.at)? {
                b'"' => self.pass_text(),
                b'-' | b'0'..=b'9' => break,
                _ => self.at += 1,
            }
        }
        let rest = &self.text[self.at..];
        let is_of_it = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let length = rest.iter().position(|byte| !is_of_it(byte)).unwrap_or(rest.len());
        self.at += length;
        String::from_utf8(rest[..length].to_vec()).ok()
    }

    fn pass_text(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
    }
}

impl Numbers<'_> {
    fn number<E: serde::de::Error>(&self) -> Result<Exact, E> {
        self.0.borrow_mut().next().map(Exact::Number).ok_or_else(|| E::custom("a number is missing"))
    }
}

impl<'de> DeserializeSeed<'de> for &Numbers<'_> {
    type Value = Exact;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Exact, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Numbers<'_> {
    type Value = Exact;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Exact, E> {
        Ok(Exact::Nothing)
    }

    fn visit_bool<E: serde::de::Error>(self, yes: bool) -> Result<Exact, E> {
        Ok(Exact::Bool(yes))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Exact, E> {
        self.number()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Exact, E> {
        self.number()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Exact, E> {
        self.number()
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Exact, E> {
        Ok(Exact::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Exact, A::Error> {
        let mut values = Vec::new();
        while let Some(one) = seq.next_element_seed(self)? {
            values.push(one);
        }
        Ok(Exact::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Exact, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let one = entries.next_value_seed(self).map_err(A::Error::custom)?;
            map.insert(name, one);
        }
        Ok(Exact::Map(map))
    }
}

/// A decimal in its own digits; nothing when it cannot be kept exactly.
pub fn decimal(text: &str) -> Option<Decimal> {
    match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(text).ok(),
        false => Decimal::from_str_exact(text).ok(),
    }
}

/// A whole number in its own digits, also as `1.0` and `1e3`.
fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let number = decimal(text)?;
        if number.is_integer() { number.trunc().normalize().to_string().parse().ok() } else { None }
    })
}

/// Reads JSON as a value of a type.
///
/// # Errors
/// At the first part that is not of its type.
pub fn read(json: &Json, of: &Type) -> Result<Value, Misfit> {
    read_exact(&Exact::from(json), of)
}

/// Reads JSON as a value of a type, with each number exactly as it was written.
///
/// # Errors
/// At the first part that is not of its type, or that cannot be kept exactly.
pub fn read_exact(json: &Exact, of: &Type) -> Result<Value, Misfit> {
    read_at(json, of, "")
}

fn read_at(json: &Exact, of: &Type, at: &str) -> Result<Value, Misfit> {
    let misfit = |what: String| Misfit { at: at.into(), what };
    let other = || misfit(format!("{} where {of} is asked", json.kind()));
    let text = || if let Exact::Text(text) = json { Ok(text) } else { Err(other()) };
    let inexact = |digits: &str| {
        let shown: String = digits.chars().take(DIGITS_MAX * 2).collect();
        misfit(format!("{shown} cannot be kept exactly: a number has at most {DIGITS_MAX} digits"))
    };
    Ok(match (of, json) {
        (Type::Optional(_), Exact::Nothing) => Value::Nothing,
        (Type::Optional(of), _) => read_at(json, of, at)?,
        (Type::Any, Exact::Nothing) => Value::Nothing,
        (Type::Any | Type::Bool, Exact::Bool(yes)) => Value::Bool(*yes),
        (Type::Int, Exact::Number(digits)) => Value::Int(whole(digits).ok_or_else(other)?),
        (Type::Any, Exact::Number(digits)) => match digits.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Decimal(decimal(digits).ok_or_else(|| inexact(digits))?),
        },
        (Type::Decimal, Exact::Number(digits)) => Value::Decimal(decimal(digits).ok_or_else(|| inexact(digits))?),
        (Type::Decimal, Exact::Text(text)) => Value::Decimal(decimal(text).ok_or_else(other)?),
        (Type::Text | Type::Contact | Type::Staff, _) => Value::text(text()?),
        (Type::Any, Exact::Text(text)) => Value::text(text),
        (Type::Enum(words), _) => {
            let text = text()?;
            if !words.contains(text) {
                return Err(misfit(format!("`{text}` is not {of}")));
            }
            Value::text(text)
        }
        (Type::Date, _) => Value::Date(parsed(text()?).ok_or_else(other)?),
        (Type::Moment, _) => Value::Moment(parsed(text()?).ok_or_else(other)?),
        (Type::Money(_), Exact::Map(map)) => {
            let part = |name: &str| if let Some(Exact::Text(text)) = map.get(name) { Some(text) } else { None };
            let amount = part("amount").and_then(|text| decimal(text)).ok_or_else(other)?;
            let currency = part("currency").and_then(|text| Currency::new(text)).ok_or_else(other)?;
            Value::Money(Money { amount, currency })
        }
        (Type::Document, Exact::Map(map)) => {
            let part = |name: &str| if let Some(Exact::Text(text)) = map.get(name) { Some(text) } else { None };
            let hash = part("sha256").and_then(|text| parsed::<Hash>(text)).ok_or_else(other)?;
            let name = part("name").ok_or_else(other)?.clone();
            let size = match map.get("size") {
                Some(Exact::Number(digits)) => digits.parse().map_err(|_| other())?,
                _ => return Err(other()),
            };
            Value::Document(Document { hash, name, size })
        }
        (Type::List(of), Exact::List(values)) => {
            let each = values.iter().enumerate().map(|(place, one)| read_at(one, of, &format!("{at}/{place}")));
            Value::List(each.collect::<Result<_, _>>()?)
        }
        (Type::Any, Exact::List(_)) => read_at(json, &Type::List(Box::new(Type::Any)), at)?,
        (Type::Any | Type::Map, Exact::Map(map)) => {
            let each =
                map.iter().map(|(name, one)| Ok((name.clone(), read_at(one, &Type::Any, &format!("{at}/{name}"))?)));
            Value::Map(each.collect::<Result<_, _>>()?)
        }
        (Type::Record(fields), Exact::Map(map)) => {
            let each = fields.iter().map(|(name, of)| {
                let one = read_at(map.get(name).unwrap_or(&Exact::Nothing), of, &format!("{at}/{name}"))?;
                Ok((name.clone(), one))
            });
            Value::Map(each.collect::<Result<_, _>>()?)
        }
        _ => return Err(other()),
    })
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number of a text, as it is read where nothing or a decimal is asked.
    fn shown(text: &str, of: &Type) -> String {
        let read = Exact::parse(text).map(|exact| read_exact(&exact, of));
        match read {
            Ok(Ok(value)) => value.to_string(),
            Ok(Err(misfit)) => misfit.what,
            Err(why) => why,
        }
    }

    #[test]
    fn r19_a_number_is_exact_or_refused() {
        for (text, exact) in [
            ("12345678901234567.89", "12345678901234567.89"),
            ("9007199254740993", "9007199254740993"),
            ("9223372036854775808", "9223372036854775808"),
            ("18446744073709551616", "18446744073709551616"),
            ("0.12345678901234567890123", "0.12345678901234567890123"),
            ("100000000000000000.01", "100000000000000000.01"),
            ("-0.10", "-0.10"),
            ("1e3", "1000"),
        ] {
            for of in [&Type::Decimal, &Type::Any] {
                assert_eq!(shown(text, of), exact, "{of}");
            }
        }
        for text in ["123456789012345678901234567890", "0.12345678901234567890123456789012", "1e40"] {
            for of in [&Type::Decimal, &Type::Any] {
                assert!(shown(text, of).contains("cannot be kept exactly"), "{}", shown(text, of));
            }
        }
        assert_eq!(shown("1.0", &Type::Int), "1");
        assert_eq!(shown("1.5", &Type::Int), "a number where int is asked");
        assert_eq!(shown("\"0.12345678901234567890123456789012\"", &Type::Decimal), "text where decimal is asked");
    }

    #[test]
    fn r19_each_number_keeps_its_place_among_texts_that_look_like_numbers() {
        let text = r#"{"b 1":[1.50,"-2","\\\"3",{"z":-4.250,"a":5}],"b 1":[6.10,[],{"c":7}],"x":"8\\"}"#;
        assert_eq!(shown(text, &Type::Any), "b 1: 6.10, , c: 7, x: 8\\");
        let text = r#"{"a":"\u0031","n":1.10}"#;
        assert_eq!(shown(text, &Type::Any), "a: 1, n: 1.10");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "01", "1 2", "nul", "NaN", "[1e]"] {
            assert!(Exact::parse(text).is_err(), "{text}");
        }
    }
}
