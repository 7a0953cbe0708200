//! Money that nothing has rounded.
//!
//! Owns: seeing in the text alone that a result which must be money is what a division or a percentage left, so that the
//! author says how the rest goes before anything runs. What only the values show is refused where the amount is kept.

use crate::{
    function::Builtin,
    node::{Kind, Node, Operator},
};
use jobwright_core::value::{Type, Value};
use std::ops::Range;

/// The places of a result where money of the wanted type may have fractions of a penny.
pub(crate) fn unrounded(result: &Node, wanted: &Type) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    look(result, wanted, &mut found);
    found
}

fn look(node: &Node, wanted: &Type, found: &mut Vec<Range<usize>>) {
    if let Type::Optional(of) = wanted {
        return look(node, of, found);
    }
    match (&node.kind, wanted) {
        (Kind::Block(nodes), _) => {
            if let Some((last, before)) = nodes.split_last() {
                before.iter().for_each(|inner| returned(inner, wanted, found));
                look(last, wanted, found);
            }
        }
        (Kind::Return(Some(inner)), _) => look(inner, wanted, found),
        (Kind::If { then, otherwise, .. }, _) => {
            look(then, wanted, found);
            otherwise.iter().for_each(|otherwise| look(otherwise, wanted, found));
        }
        (Kind::Coalesce(sides), _) => sides.iter().for_each(|side| look(side, wanted, found)),
        (Kind::Map(pairs), Type::Record(fields)) => pairs.iter().for_each(|(name, value)| {
            if let Some(of) = fields.get(&**name) {
                look(value, of, found);
            }
        }),
        (Kind::List(items), Type::List(of)) => items.iter().for_each(|item| look(item, of, found)),
        (_, Type::Money(_)) => amount(node, wanted, found),
        _ => {}
    }
}

/// What a statement gives that ends the whole before its end.
fn returned(node: &Node, wanted: &Type, found: &mut Vec<Range<usize>>) {
    match &node.kind {
        Kind::Return(Some(inner)) => look(inner, wanted, found),
        Kind::Lambda { .. } => {}
        _ => node.children().into_iter().for_each(|child| returned(child, wanted, found)),
    }
}

/// A node that gives money: the operators that leave fractions, and those that hand them on.
fn amount(node: &Node, wanted: &Type, found: &mut Vec<Range<usize>>) {
    match &node.kind {
        Kind::Binary { operator: Operator::Divide, .. } => found.push(node.span.range()),
        Kind::Binary { operator: Operator::Multiply, sides, .. } if is_part(&sides.0) || is_part(&sides.1) => {
            found.push(node.span.range());
        }
        Kind::Binary { operator: Operator::Multiply | Operator::Add | Operator::Subtract, sides, .. } => {
            look(&sides.0, wanted, found);
            look(&sides.1, wanted, found);
        }
        Kind::Negate(inner) => look(inner, wanted, found),
        Kind::Call { function: Builtin::Sum, arguments, .. } => {
            for argument in arguments {
                if let Kind::Lambda { body, .. } = &argument.kind {
                    look(body, wanted, found);
                }
            }
        }
        _ => {}
    }
}

/// A number with decimals, written out: a percentage.
fn is_part(node: &Node) -> bool {
    matches!(&node.kind, Kind::Value(Value::Decimal(number)) if !number.fract().is_zero())
}
