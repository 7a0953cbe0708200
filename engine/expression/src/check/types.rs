//! Which types go together.
//!
//! Owns: families of types that compare with one another, the type two branches share, and whether one type may stand
//! for another. Texts, enum words and ids are one family; whole numbers and decimals are one.

use jobwright_core::value::{Currency, Type};

/// Types that compare with one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Number,
    Money(Option<Currency>),
    Bool,
    Date,
    Moment,
    List,
    Map,
    Document,
    Any,
}

pub(super) fn family(of: &Type) -> Family {
    match of {
        Type::Text | Type::Enum(_) | Type::Contact | Type::Staff => Family::Text,
        Type::Int | Type::Decimal => Family::Number,
        Type::Bool => Family::Bool,
        Type::Date => Family::Date,
        Type::Moment => Family::Moment,
        Type::Money(currency) => Family::Money(*currency),
        Type::List(_) => Family::List,
        Type::Record(_) | Type::Map => Family::Map,
        Type::Document => Family::Document,
        Type::Optional(of) => family(of),
        Type::Any => Family::Any,
    }
}

impl Family {
    /// Whether two may be compared, added or held together; the currency is asked for apart.
    pub fn meets(self, other: Self) -> bool {
        self == Self::Any
            || other == Self::Any
            || self == other
            || matches!((self, other), (Self::Money(_), Self::Money(_)))
    }

    /// Whether one may be smaller than another.
    pub fn is_ordered(self) -> bool {
        !matches!(self, Self::Bool | Self::List | Self::Map | Self::Document)
    }

    /// In words, for a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Money(_) => "money",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::Moment => "a datetime",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Document => "a document",
            Self::Any => "any value",
        }
    }
}

/// The type without the nothing.
pub(super) fn stripped(of: Type) -> Type {
    match of {
        Type::Optional(of) => stripped(*of),
        of => of,
    }
}

/// This, or nothing.
pub(super) fn optional(of: Type) -> Type {
    match of {
        Type::Optional(_) | Type::Any => of,
        of => Type::Optional(Box::new(of)),
    }
}

/// The type of a value that is of the one or the other; none when they have nothing in common.
pub(super) fn joined(one: Type, other: Type) -> Option<Type> {
    Some(match (one, other) {
        (one, other) if one == other => one,
        (Type::Any, _) | (_, Type::Any) => Type::Any,
        (Type::Optional(one), other) | (other, Type::Optional(one)) => optional(joined(*one, stripped(other))?),
        (Type::List(one), Type::List(other)) => Type::List(Box::new(joined(*one, *other).unwrap_or(Type::Any))),
        (one, other) => match (family(&one), family(&other)) {
            (Family::Number, Family::Number) => Type::Decimal,
            (Family::Money(_), Family::Money(_)) => Type::Money(None),
            (Family::Text, Family::Text) => Type::Text,
            (Family::Map, Family::Map) => Type::Map,
            _ => return None,
        },
    })
}

/// Whether a value of one type may stand where another is asked. What only running can tell is let through.
pub(super) fn may_stand_for(given: &Type, wanted: &Type) -> bool {
    match (given, wanted) {
        (_, Type::Any) | (Type::Any, _) => true,
        (Type::Optional(given), Type::Optional(wanted)) => may_stand_for(given, wanted),
        (given, Type::Optional(wanted)) => may_stand_for(given, wanted),
        (Type::Optional(_), _) => false,
        (Type::Int, Type::Decimal) => true,
        (Type::Decimal, Type::Int) => false,
        (Type::Money(Some(given)), Type::Money(Some(wanted))) => given == wanted,
        (Type::List(given), Type::List(wanted)) => may_stand_for(given, wanted),
        (Type::Record(given), Type::Record(wanted)) => wanted.iter().all(|(name, wanted)| match given.get(name) {
            Some(given) => may_stand_for(given, wanted),
            None => matches!(wanted, Type::Optional(_) | Type::Any),
        }),
        (given, wanted) => family(given).meets(family(wanted)),
    }
}
