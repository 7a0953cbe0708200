//! A value in the hand of an evaluation.
//!
//! Owns: borrowing facts instead of copying them, sharing variables instead of copying them, and what copying, reading and
//! comparing a value cost in operations, so that operations alone bound time and memory.

use jobwright_core::value::Value;
use std::{ops::Deref, rc::Rc};

/// Bytes of text that weigh as much as one value.
const TEXT_BYTES_A_WEIGHT: usize = 64;
/// What a map weighs before anything lies in it: its first name takes room for eleven.
pub(super) const MAP_WEIGHT: u64 = 8;
/// How much longer it takes to find, change or part the letters of a text than to copy them.
const LETTERS: u64 = 4;

/// A value: part of a fact or of the text itself, made here, or lying in a variable.
#[derive(Debug)]
pub(super) enum Held<'r> {
    Fact(&'r Value),
    Own(Value),
    Shared(Rc<Value>),
}

impl Deref for Held<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Fact(value) => value,
            Self::Own(value) => value,
            Self::Shared(value) => value,
        }
    }
}

impl Held<'_> {
    pub const NOTHING: Self = Self::Own(Value::Nothing);

    /// The value itself, copied when it belongs to somebody else.
    pub fn into_value(self) -> Value {
        match self {
            Self::Fact(value) => value.clone(),
            Self::Own(value) => value,
            Self::Shared(value) => Rc::unwrap_or_clone(value),
        }
    }

    /// The same for a variable: whatever is large can be read again without a copy.
    pub fn kept(self) -> Self {
        match self {
            Self::Own(value @ (Value::Text(_) | Value::List(_) | Value::Map(_) | Value::Document(_))) => {
                Self::Shared(Rc::new(value))
            }
            other => other,
        }
    }

    /// Another hand on the same value. What lies in a variable was `kept`, so nothing large is copied.
    pub fn share(&self) -> Self {
        match self {
            Self::Fact(value) => Self::Fact(value),
            Self::Own(value) => Self::Own(value.clone()),
            Self::Shared(value) => Self::Shared(Rc::clone(value)),
        }
    }
}

/// What a copy costs: one for each value and each name in it, one for each 64 bytes of text, and the room of its maps.
pub(super) fn weight(value: &Value) -> u64 {
    match value {
        Value::Text(text) => 1 + length(text),
        Value::List(list) => 1 + list.iter().map(weight).sum::<u64>(),
        Value::Map(map) => MAP_WEIGHT + map.iter().map(|(name, value)| 1 + length(name) + weight(value)).sum::<u64>(),
        _ => 1,
    }
}

/// What reading a text to its end costs: nothing more than the step itself when it is short.
pub(super) fn length(text: &str) -> u64 {
    (text.len() / TEXT_BYTES_A_WEIGHT) as u64
}

/// What it costs to go through a text letter by letter.
pub(super) fn letters(text: &str) -> u64 {
    LETTERS * length(text)
}

/// What it costs to hold two values side by side, beyond the step itself: what both have at most.
pub(super) fn compared(left: &Value, right: &Value) -> u64 {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => length(left).min(length(right)),
        (Value::List(left), Value::List(right)) => {
            left.iter().zip(right).map(|(left, right)| 1 + compared(left, right)).sum()
        }
        (Value::Map(left), Value::Map(right)) => {
            let beside = |name: &String, left| right.get(name).map_or(0, |right| compared(left, right));
            left.iter().map(|(name, left)| 1 + length(name) + beside(name, left)).sum()
        }
        _ => 0,
    }
}
