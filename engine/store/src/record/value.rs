//! Values as they are stored.
//!
//! Owns: a value as a list of its parts, each list or map before what it holds. Such a list nests nothing, so that the
//! bound on depth is ours and not the stack's.

use jiff::{Timestamp, civil::Date};
use jobwright_core::{
    bound::VALUE_DEPTH_MAX,
    id::Hash,
    value::{Currency, Document, Money, Value},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Fault, Mirror, mirror};

mirror! {
    struct Money as MoneyRow { amount: Decimal, currency: Currency }
}
mirror! {
    struct Document as DocumentRow { hash: Hash, name: String, size: u64 }
}

/// A value: its parts in the order in which they are written.
#[derive(Serialize, Deserialize)]
pub(crate) struct ValueRow(Vec<Part>);

#[derive(Serialize, Deserialize)]
enum Part {
    Nothing,
    Bool(bool),
    Int(i64),
    Decimal(<Decimal as Mirror>::Row),
    Money(MoneyRow),
    Text(String),
    Date(<Date as Mirror>::Row),
    Moment(<Timestamp as Mirror>::Row),
    /// So many values follow.
    List(u32),
    /// A value for each name follows.
    Map(Vec<String>),
    Document(DocumentRow),
}

impl Mirror for Value {
    type Row = ValueRow;

    fn to_row(&self) -> Result<ValueRow, Fault> {
        let mut parts = Vec::new();
        take_apart(self, &mut parts, 0)?;
        Ok(ValueRow(parts))
    }

    fn from_row(row: ValueRow) -> Result<Self, Fault> {
        let mut parts = row.0.into_iter();
        let value = put_together(&mut parts, 0)?;
        if parts.next().is_none() { Ok(value) } else { Err(Fault("a value has parts left over".into())) }
    }
}

fn take_apart(value: &Value, parts: &mut Vec<Part>, depth: usize) -> Result<(), Fault> {
    check_depth(depth)?;
    parts.push(match value {
        Value::Nothing => Part::Nothing,
        Value::Bool(yes) => Part::Bool(*yes),
        Value::Int(number) => Part::Int(*number),
        Value::Decimal(number) => Part::Decimal(number.to_row()?),
        Value::Money(money) => Part::Money(money.to_row()?),
        Value::Text(text) => Part::Text(text.clone()),
        Value::Date(day) => Part::Date(day.to_row()?),
        Value::Moment(at) => Part::Moment(at.to_row()?),
        Value::List(values) => Part::List(u32::try_from(values.len()).map_err(|_| Fault("a list is too long".into()))?),
        Value::Map(map) => Part::Map(map.keys().cloned().collect()),
        Value::Document(document) => Part::Document(document.to_row()?),
    });
    match value {
        Value::List(values) => values.iter().try_for_each(|value| take_apart(value, parts, depth + 1)),
        Value::Map(map) => map.values().try_for_each(|value| take_apart(value, parts, depth + 1)),
        _ => Ok(()),
    }
}

fn put_together(parts: &mut impl Iterator<Item = Part>, depth: usize) -> Result<Value, Fault> {
    check_depth(depth)?;
    Ok(match parts.next().ok_or_else(|| Fault("a value lacks parts".into()))? {
        Part::Nothing => Value::Nothing,
        Part::Bool(yes) => Value::Bool(yes),
        Part::Int(number) => Value::Int(number),
        Part::Decimal(number) => Value::Decimal(Mirror::from_row(number)?),
        Part::Money(money) => Value::Money(Mirror::from_row(money)?),
        Part::Text(text) => Value::Text(text),
        Part::Date(day) => Value::Date(Mirror::from_row(day)?),
        Part::Moment(at) => Value::Moment(Mirror::from_row(at)?),
        Part::List(count) => Value::List((0..count).map(|_| put_together(parts, depth + 1)).collect::<Result<_, _>>()?),
        Part::Map(names) => {
            let mut named = |name| Ok((name, put_together(parts, depth + 1)?));
            Value::Map(names.into_iter().map(&mut named).collect::<Result<_, _>>()?)
        }
        Part::Document(document) => Value::Document(Mirror::from_row(document)?),
    })
}

fn check_depth(depth: usize) -> Result<(), Fault> {
    if depth < VALUE_DEPTH_MAX { Ok(()) } else { Err(Fault(format!("values nested more than {VALUE_DEPTH_MAX} deep"))) }
}
