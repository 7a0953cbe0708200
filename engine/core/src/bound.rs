//! What fits into a stored record.
//!
//! Owns: every bound of a value and of the records that hold values, by name, and the one measure of them. It is asked
//! where a value is made (a script's and a plugin's outputs, an answer, an input, an import, a change of a client), so that
//! whoever made it hears which bound it broke. Leaves bytes to the store, which holds its records to the same bounds.

use crate::value::Value;
use alloc::vec::Vec;
use core::fmt;

/// How deep a value may be nested: a plain value is one level, a list or map one more than what it holds.
pub const VALUE_DEPTH_MAX: usize = 128;
/// Most names of a path such as `vat.scheme`: with the value at its end it is the deepest that a record holds.
pub const PATH_PARTS_MAX: usize = VALUE_DEPTH_MAX - 1;
/// Most parts of a value, or of the values that are stored together: each list, map and plain value is one.
pub const VALUE_PARTS_MAX: usize = 500_000;
/// Most bytes of a value, or of the values that are stored together: the outputs of a task, the inputs of a job.
pub const VALUE_BYTES_MAX: usize = 16 << 20;
/// Values of the events of one turn, after which the next turn goes on: with one more event they fit into a record.
pub const TURN_BYTES_MAX: usize = 16 << 20;
/// Most bytes of a client's record, with all its fields and contacts.
pub const CLIENT_BYTES_MAX: usize = 60 << 20;
/// Most bytes of any record, and of any file: what is larger than a row lies in a file of its own.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

/// The bound that a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It is nested too deep.
    Depth,
    /// It has too many parts.
    Parts,
    /// It has too many bytes: so many at least, and so many may be.
    Bytes(usize, usize),
}

impl fmt::Display for Excess {
    /// What is wrong with a value, as a sentence about it goes on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth => write!(f, "is nested more than {VALUE_DEPTH_MAX} levels deep, the most that can be stored"),
            Self::Parts => write!(f, "has more than {VALUE_PARTS_MAX} parts, the most that can be stored"),
            Self::Bytes(found, most) => {
                write!(f, "takes {} MiB or more, and at most {} MiB can be stored", found >> 20, most >> 20)
            }
        }
    }
}

/// How much of a record a value takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Its levels.
    pub depth: usize,
    /// Its parts.
    pub parts: usize,
    /// Its bytes, and never fewer than are stored.
    pub bytes: usize,
}

/// The size of a value, or the bound that it breaks. Looks no deeper and no further than the bounds.
pub fn size(value: &Value) -> Result<Size, Excess> {
    sizes([value])
}

/// The size of values that are stored together, or the bound that they break.
pub fn sizes<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<Size, Excess> {
    let mut size = Size::default();
    for value in values {
        walk(value, |part, depth| {
            size.depth = size.depth.max(depth);
            size.parts += 1;
            size.bytes = size.bytes.saturating_add(own_bytes(part));
            match () {
                () if depth > VALUE_DEPTH_MAX => Err(Excess::Depth),
                () if size.parts > VALUE_PARTS_MAX => Err(Excess::Parts),
                () if size.bytes > VALUE_BYTES_MAX => Err(Excess::Bytes(size.bytes, VALUE_BYTES_MAX)),
                () => Ok(()),
            }
        })?;
    }
    Ok(size)
}

/// How deep a value is nested, which may be larger than a single one may be: the fields of a client.
///
/// # Errors
/// When it is nested too deep.
pub fn depth(value: &Value) -> Result<usize, Excess> {
    let mut deepest = 0;
    walk(value, |_, depth| {
        deepest = deepest.max(depth);
        if depth > VALUE_DEPTH_MAX { Err(Excess::Depth) } else { Ok(()) }
    })?;
    Ok(deepest)
}

/// The bytes of a value, however many.
pub fn bytes(value: &Value) -> usize {
    let mut bytes = 0usize;
    let counted: Result<(), Excess> = walk(value, |part, _| {
        bytes = bytes.saturating_add(own_bytes(part));
        Ok(())
    });
    counted.map_or(usize::MAX, |()| bytes)
}

/// Shows each part of a value with its level, until one is refused. With a stack of our own: how deep a value is nested is
/// nothing to the program's.
fn walk(value: &Value, mut look: impl FnMut(&Value, usize) -> Result<(), Excess>) -> Result<(), Excess> {
    let mut open: Vec<(&Value, usize)> = Vec::from([(value, 1)]);
    while let Some((value, depth)) = open.pop() {
        look(value, depth)?;
        match value {
            Value::List(values) => open.extend(values.iter().map(|value| (value, depth + 1))),
            Value::Map(map) => open.extend(map.values().map(|value| (value, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

/// The bytes of a value without those that it holds; each is at least what the store writes for it.
fn own_bytes(value: &Value) -> usize {
    match value {
        Value::Nothing | Value::Bool(_) => 2,
        Value::Int(_) => 12,
        Value::Decimal(_) => 40,
        Value::Money(_) => 48,
        Value::Text(text) => text_bytes(text),
        Value::Date(_) => 8,
        Value::Moment(_) => 20,
        Value::List(_) => 12,
        Value::Map(map) => map.keys().fold(12, |bytes, name| bytes + text_bytes(name)),
        Value::Document(document) => 64 + text_bytes(&document.name),
    }
}

/// The bytes of a text with its length before it.
pub fn text_bytes(text: &str) -> usize {
    text.len() + 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec};

    fn nested(levels: usize) -> Value {
        (1..levels).fold(Value::Int(1), |inner, _| Value::List(vec![inner]))
    }

    #[test]
    fn each_bound_is_told_by_its_name_and_what_is_within_all_fits() {
        let long = Value::text(String::from_utf8(vec![b'x'; VALUE_BYTES_MAX]).unwrap());
        let wide = Value::List(vec![Value::Nothing; VALUE_PARTS_MAX]);
        for (value, told) in [
            (nested(VALUE_DEPTH_MAX), None),
            (nested(VALUE_DEPTH_MAX + 1), Some(Excess::Depth)),
            (wide, Some(Excess::Parts)),
            (long, Some(Excess::Bytes(VALUE_BYTES_MAX + 8, VALUE_BYTES_MAX))),
            (Value::text("a name"), None),
        ] {
            assert_eq!(size(&value).err(), told);
        }
    }

    #[test]
    fn values_that_are_stored_together_share_the_bound() {
        let half = Value::text(String::from_utf8(vec![b'x'; VALUE_BYTES_MAX / 2]).unwrap());
        assert!(size(&half).is_ok());
        assert!(matches!(sizes([&half, &half]), Err(Excess::Bytes(..))));
    }
}
