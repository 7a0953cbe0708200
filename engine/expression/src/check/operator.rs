//! Typing of operators.
//!
//! Owns: which kinds of value an operator takes, what it gives, and the words when they do not go together. No pair of
//! kinds ever compares as plain `false`.

use super::{
    Checker,
    types::{Family, family},
};
use crate::{
    fault::{Fault, FaultKind, Span, nearest},
    node::{Kind, Node, Operator},
};
use jobwright_core::invisible::shown;
use jobwright_core::value::{Currency, Type, Value};
use rust_decimal::Decimal;

impl Checker<'_> {
    pub(super) fn binary(&mut self, operator: Operator, place: Span, left: &Node, right: &Node) -> Type {
        if operator.is_equality() && (left.is_nothing() || right.is_nothing()) {
            self.infer(left);
            self.infer(right);
            return Type::Bool;
        }
        let (left_type, right_type) = (self.there(left), self.there(right));
        let sides = [(left, &left_type), (right, &right_type)];
        if operator.is_comparison() {
            self.compared(operator, place, sides);
            return Type::Bool;
        }
        self.computed(operator, place, sides)
    }

    fn compared(&mut self, operator: Operator, place: Span, sides: [(&Node, &Type); 2]) {
        let [(_, left), (_, right)] = sides;
        let (left, right) = (family(left), family(right));
        if !left.meets(right) {
            let message = format!("`{}` compares {} with {}", operator.sign(), left.words(), right.words());
            self.mixed(place, sides, message);
        } else if currencies_differ(left, right) {
            self.mixed(place, sides, format!("`{}` compares two currencies", operator.sign()));
        } else if !(operator.is_equality() || left.is_ordered() && right.is_ordered()) {
            let unordered = if left.is_ordered() { right } else { left };
            let message = format!("`{}` cannot order {}", operator.sign(), unordered.words());
            self.mixed(place, sides, message);
        } else if operator.is_equality() {
            self.words(sides[0], sides[1].0);
            self.words(sides[1], sides[0].0);
        }
    }

    /// A word that an enum never holds makes a comparison that is never true.
    fn words(&mut self, (node, of): (&Node, &Type), other: &Node) {
        let (Type::Enum(words), Kind::Value(Value::Text(word))) = (of, &other.kind) else { return };
        if words.contains(word) {
            return;
        }
        let what = node.path().unwrap_or_else(|| "this".into());
        let near = nearest(word, words.iter().map(String::as_str));
        let help = near
            .map_or_else(|| format!("it is one of {}", words.join(", ")), |near| format!("did you mean \"{near}\"?"));
        self.report(
            Fault::new(other.span, FaultKind::NeverTrue, format!("`{what}` is never \"{}\"", shown(word))).help(help),
        );
    }

    fn computed(&mut self, operator: Operator, place: Span, sides: [(&Node, &Type); 2]) -> Type {
        let [(_, left), (_, right)] = sides;
        let (one, other) = (family(left), family(right));
        match result(operator, left, right) {
            Some(_) if currencies_differ(one, other) => {
                self.mixed(place, sides, format!("`{}` mixes two currencies", operator.sign()));
                Type::Money(None)
            }
            Some(of) => of,
            None => {
                let message = match operator {
                    Operator::Add => format!("`+` adds {} to {}", other.words(), one.words()),
                    Operator::Subtract => format!("`-` takes {} from {}", other.words(), one.words()),
                    Operator::Multiply => format!("`*` multiplies {} by {}", one.words(), other.words()),
                    _ => format!("`{}` divides {} by {}", operator.sign(), one.words(), other.words()),
                };
                self.mixed(place, sides, message);
                Type::Any
            }
        }
    }

    fn mixed(&mut self, place: Span, sides: [(&Node, &Type); 2], message: String) {
        let [(left, left_type), (right, right_type)] = sides;
        let fault = Fault::new(place, FaultKind::MixedTypes, message)
            .label(left.span, left_type.to_string())
            .label(right.span, right_type.to_string());
        let help = self.help(left, left_type, right_type).or_else(|| self.help(right, right_type, left_type));
        self.report(fault.help_if(help));
    }

    /// How to write `node` so that it goes with `other`.
    fn help(&self, node: &Node, of: &Type, other: &Type) -> Option<String> {
        let written = self.written(node);
        let literal = matches!(node.kind, Kind::Value(_));
        match (family(of), family(other)) {
            (Family::Number, Family::Money(currency)) => {
                let amount = if literal { format!("\"{written}\"") } else { written.to_string() };
                Some(format!("write money({amount}, \"{}\")", currency.as_ref().map_or("GBP", Currency::as_str)))
            }
            (Family::Text, Family::Money(currency)) => {
                Some(format!("write money({written}, \"{}\")", currency.as_ref().map_or("GBP", Currency::as_str)))
            }
            (Family::Text, Family::Date) => Some(format!("write date({written})")),
            (Family::Text, Family::Number) => match &node.kind {
                Kind::Value(Value::Text(text)) => {
                    Decimal::from_str_exact(text).is_ok().then(|| format!("write {text} without quotes"))
                }
                _ => Some(format!("write decimal({written})")),
            },
            (Family::Number, Family::Text) if literal => Some(format!("write \"{written}\"")),
            (Family::Number, Family::Text) => Some(format!("write `${{{written}}}`")),
            _ => None,
        }
    }
}

fn currencies_differ(one: Family, other: Family) -> bool {
    matches!((one, other), (Family::Money(Some(one)), Family::Money(Some(other))) if one != other)
}

fn result(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    use Operator as Op;
    Some(match (operator, family(left), family(right)) {
        (_, Family::Any, Family::Any | Family::Number | Family::Money(_)) | (_, Family::Number, Family::Any) => {
            Type::Any
        }
        (Op::Multiply | Op::Divide, Family::Money(_), Family::Any) => Type::Any,
        (Op::Add, Family::Any, Family::Text) | (Op::Add, Family::Text, Family::Any | Family::Text) => Type::Text,
        (Op::Divide, Family::Number, Family::Number) => Type::Decimal,
        (_, Family::Number, Family::Number) if *left == Type::Int && *right == Type::Int => Type::Int,
        (_, Family::Number, Family::Number) => Type::Decimal,
        (Op::Add | Op::Subtract, Family::Money(one), Family::Money(other)) => Type::Money(one.or(other)),
        (Op::Add | Op::Subtract, Family::Money(one), Family::Any) => Type::Money(one),
        (Op::Multiply | Op::Divide, Family::Money(one), Family::Number)
        | (Op::Multiply, Family::Number, Family::Money(one)) => Type::Money(one),
        (Op::Divide, Family::Money(_), Family::Money(_)) => Type::Decimal,
        (Op::Add, Family::List, Family::List | Family::Any) | (Op::Add, Family::Any, Family::List) => {
            Type::List(Box::new(Type::Any))
        }
        _ => return None,
    })
}
