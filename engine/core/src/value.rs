//! What a job can know: values and their types.
//!
//! Owns: the closed set of values that inputs, outputs, fields and answers are made of, and whether a value fits a
//! type. There are no floats: money and decimals are exact. Leaves reading text into values to `definition`.

use crate::bound;
use crate::id::{ContactId, Name, StaffId};
use alloc::{borrow::ToOwned, boxed::Box, collections::BTreeMap, format, string::String, vec::Vec};
use core::fmt;
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

/// A value. Maps keep their keys sorted, so that the same value is always written the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value: an empty optional field.
    Nothing,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal; keeps its trailing zeros.
    Decimal(Decimal),
    /// An amount with its currency.
    Money(Money),
    /// A text.
    Text(String),
    /// A day.
    Date(Date),
    /// An instant.
    Moment(Timestamp),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(BTreeMap<String, Value>),
    /// A file, by its content.
    Document(Document),
}

/// An amount of money. Two currencies never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The amount, in the currency's main unit.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// A currency by its three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads three capital letters.
    pub fn new(text: &str) -> Option<Self> {
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }
    /// The three letters.
    pub fn as_str(&self) -> &str {
        // Only capital ASCII letters get in.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Currencies without pence, and those with thousands of them (ISO 4217).
const WITHOUT_MINOR: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
const WITH_THREE: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Currency {
    /// How many decimals an amount in this currency has.
    pub fn minor_digits(&self) -> u32 {
        match self.as_str() {
            code if WITHOUT_MINOR.contains(&code) => 0,
            code if WITH_THREE.contains(&code) => 3,
            _ => 2,
        }
    }
}

impl Money {
    /// What is wrong with an amount that nobody can pay: it has fractions of the currency's smallest coin. Within an
    /// expression such an amount may stand until it is rounded; whatever is kept or handed on has none.
    pub fn fault(&self) -> Option<String> {
        let digits = self.currency.minor_digits();
        if self.amount.normalize().scale() <= digits {
            return None;
        }
        let most = match digits {
            0 => "none".to_owned(),
            digits => format!("{digits}"),
        };
        Some(format!("has more decimals than {} has, which is {most}: round it", self.currency))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file that somebody handed in or a task wrote; its bytes lie in the blob store under their hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// SHA-256 of the bytes.
    pub hash: crate::id::Hash,
    /// The file name it came with.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The type of an input, output or declared field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    Text,
    /// A whole number.
    Int,
    /// An exact decimal; takes whole numbers too.
    Decimal,
    /// `true` or `false`.
    Bool,
    /// A day.
    Date,
    /// An instant.
    Moment,
    /// Money, in one currency when it is named.
    Money(Option<Currency>),
    /// One of these words.
    Enum(Vec<String>),
    /// A list of one type.
    List(Box<Type>),
    /// Named values whose names and types are known.
    Record(BTreeMap<String, Type>),
    /// Named values that nobody described.
    Map,
    /// A file.
    Document,
    /// A contact of the job's client, by id.
    Contact,
    /// A member of staff, by id.
    Staff,
    /// This, or nothing.
    Optional(Box<Type>),
    /// Not known before it runs; everything fits.
    Any,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Int => f.write_str("int"),
            Self::Decimal => f.write_str("decimal"),
            Self::Bool => f.write_str("bool"),
            Self::Date => f.write_str("date"),
            Self::Moment => f.write_str("datetime"),
            Self::Money(Some(currency)) => write!(f, "money in {currency}"),
            Self::Money(None) => f.write_str("money"),
            Self::Enum(words) => write!(f, "one of {}", words.join(", ")),
            Self::List(of) => write!(f, "list of {of}"),
            Self::Record(_) | Self::Map => f.write_str("map"),
            Self::Document => f.write_str("document"),
            Self::Contact => f.write_str("contact"),
            Self::Staff => f.write_str("staff"),
            Self::Optional(of) => write!(f, "{of} or nothing"),
            Self::Any => f.write_str("any value"),
        }
    }
}

/// A declared input, output or field: its type and its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The type of the value.
    pub of: Type,
    /// Smallest number allowed, or shortest text.
    pub min: Option<Decimal>,
    /// Largest number allowed, or longest text.
    pub max: Option<Decimal>,
    /// May be absent.
    pub optional: bool,
    /// The check of a plugin, by its dotted name, that looks at a value before it counts.
    pub check: Option<String>,
}

impl Field {
    /// A field of this type without bounds.
    pub fn of(of: Type) -> Self {
        Self { of, min: None, max: None, optional: false, check: None }
    }

    /// Says in a practice's words what is wrong with a value, or nothing.
    pub fn fault(&self, value: &Value) -> Option<String> {
        // First of all: what is looked at below is no deeper than can be stored.
        if let Err(excess) = bound::size(value) {
            return Some(format!("{excess}"));
        }
        if matches!(value, Value::Nothing) {
            return (!self.optional && !matches!(self.of, Type::Optional(_) | Type::Any)).then(|| "is missing".into());
        }
        if !value.fits(&self.of) {
            return Some(format!("is {}, where {} is asked", value.kind(), self.of));
        }
        if let Some(fault) = value.money_fault() {
            return Some(fault);
        }
        let size = value.size()?;
        match (self.min, self.max) {
            (Some(min), _) if size < min => Some(format!("is below {min}")),
            (_, Some(max)) if size > max => Some(format!("is above {max}")),
            _ => None,
        }
    }
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A map from pairs.
    pub fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The value under a name, when this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(name),
            _ => None,
        }
    }

    /// The text, when this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What is wrong with an amount of money in it, at any depth.
    pub fn money_fault(&self) -> Option<String> {
        match self {
            Self::Money(money) => money.fault(),
            Self::List(values) => values.iter().find_map(Self::money_fault),
            Self::Map(map) => map.values().find_map(Self::money_fault),
            _ => None,
        }
    }

    /// What kind of value this is, in one word for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Decimal(_) => "decimal",
            Self::Money(_) => "money",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::Moment(_) => "datetime",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Document(_) => "document",
        }
    }

    /// Whether the value is of the type.
    pub fn fits(&self, of: &Type) -> bool {
        match (of, self) {
            (Type::Any, _)
            | (Type::Optional(_), Self::Nothing)
            | (Type::Text, Self::Text(_))
            | (Type::Int, Self::Int(_))
            | (Type::Decimal, Self::Decimal(_) | Self::Int(_))
            | (Type::Bool, Self::Bool(_))
            | (Type::Date, Self::Date(_))
            | (Type::Moment, Self::Moment(_))
            | (Type::Money(None), Self::Money(_))
            | (Type::Map, Self::Map(_))
            | (Type::Document, Self::Document(_)) => true,
            (Type::Money(Some(currency)), Self::Money(money)) => money.currency == *currency,
            (Type::Enum(words), Self::Text(text)) => words.contains(text),
            (Type::List(of), Self::List(values)) => values.iter().all(|value| value.fits(of)),
            (Type::Record(fields), Self::Map(map)) => {
                fields.iter().all(|(name, of)| map.get(name).unwrap_or(&Self::Nothing).fits(of))
            }
            (Type::Contact, Self::Text(text)) => ContactId::new(text).is_ok(),
            (Type::Staff, Self::Text(text)) => StaffId::new(text).is_ok(),
            (Type::Optional(of), value) => value.fits(of),
            _ => false,
        }
    }

    fn size(&self) -> Option<Decimal> {
        match self {
            Self::Int(number) => Some(Decimal::from(*number)),
            Self::Decimal(number) => Some(*number),
            Self::Money(money) => Some(money.amount),
            Self::Text(text) => Some(Decimal::from(text.chars().count() as u64)),
            Self::List(values) => Some(Decimal::from(values.len() as u64)),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// As a person reads it: no quotes, no type names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::Money(money) => write!(f, "{money}"),
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => write!(f, "{date}"),
            Self::Moment(at) => write!(f, "{at}"),
            Self::List(values) => separated(f, values, |f, value| write!(f, "{value}")),
            Self::Map(map) => separated(f, map, |f, (name, value)| write!(f, "{name}: {value}")),
            Self::Document(document) => f.write_str(&document.name),
        }
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    parts: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(f, part)?;
    }
    Ok(())
}

/// Named values: a job's inputs, a task's outputs.
pub type Values = BTreeMap<Name, Value>;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec};

    #[test]
    fn a_value_is_refused_with_the_type_that_was_asked() {
        let headcount = Field { min: Some(Decimal::ZERO), ..Field::of(Type::Int) };
        assert_eq!(headcount.fault(&Value::Int(3)), None);
        assert_eq!(headcount.fault(&Value::Int(-1)).as_deref(), Some("is below 0"));
        assert_eq!(headcount.fault(&Value::text("3")).as_deref(), Some("is text, where int is asked"));
        assert_eq!(headcount.fault(&Value::Nothing).as_deref(), Some("is missing"));
    }

    #[test]
    fn money_fits_only_its_own_currency() {
        let gbp = Currency::new("GBP");
        let ten = |currency| Value::Money(Money { amount: Decimal::TEN, currency });
        assert!(ten(gbp.unwrap()).fits(&Type::Money(gbp)));
        assert!(!ten(Currency::new("EUR").unwrap()).fits(&Type::Money(gbp)));
        assert_eq!(Currency::new("gbp"), None);
    }

    #[test]
    fn r40_an_amount_has_the_decimals_of_its_currency() {
        for (amount, currency, fault) in [
            ("12.50", "GBP", None),
            ("12.500", "GBP", None),
            ("-0.01", "GBP", None),
            ("12.505", "GBP", Some("has more decimals than GBP has, which is 2: round it")),
            ("100", "JPY", None),
            ("100.0", "JPY", None),
            ("99.5", "JPY", Some("has more decimals than JPY has, which is none: round it")),
            ("1.234", "KWD", None),
            ("1.2345", "KWD", Some("has more decimals than KWD has, which is 3: round it")),
        ] {
            let (amount, currency) = (Decimal::from_str_exact(amount).unwrap(), Currency::new(currency).unwrap());
            let money = Value::Money(Money { amount, currency });
            let inside = Value::List(vec![Value::map([("fee", money.clone())])]);
            assert_eq!(Field::of(Type::Money(None)).fault(&money).as_deref(), fault, "{amount} {currency}");
            assert_eq!(Field::of(Type::Any).fault(&inside).as_deref(), fault, "{amount} {currency}");
        }
    }

    #[test]
    fn values_read_as_a_person_would_say_them() {
        let value = Value::map([("a", Value::Int(1)), ("b", Value::List(vec![Value::text("x"), Value::Bool(true)]))]);
        assert_eq!(value.to_string(), "a: 1, b: x, true");
    }
}
