//! Typing of branches, statements and results.
//!
//! Owns: what a variable may hold as a script goes on, which values a branch may count on, and whether the result is
//! what was asked. A variable that takes kinds with nothing in common is left to the run.

use super::{Checker, family, joined, known_after, may_stand_for, optional, stripped, types::Family};
use crate::{
    fault::{Fault, FaultKind, did_you_mean},
    node::{Kind, Node, Over, Place, Step},
};
use jobwright_core::value::{Type, Value};

impl Checker<'_> {
    pub(super) fn statement(&mut self, node: &Node) -> Type {
        match &node.kind {
            Kind::Block(nodes) => return self.block(nodes),
            Kind::Discard(inner) => drop(self.infer(inner)),
            Kind::Let { slot, value } => {
                let of = self.variable(value);
                self.locals.truncate(*slot);
                self.locals.push(of);
            }
            Kind::Assign { place, operator, value } => self.assigned(place, *operator, value),
            Kind::Push { place, value } => self.pushed(place, value),
            Kind::While { condition, body } => {
                let before = self.known.len();
                if let Some(condition) = condition {
                    self.condition(condition);
                    self.known.extend(known_after(condition, true));
                }
                self.infer(body);
                self.known.truncate(before);
            }
            Kind::DoWhile { body, condition, .. } => {
                self.infer(body);
                self.condition(condition);
            }
            Kind::For { counter, over, body, .. } => self.repeated(*counter, over, body),
            Kind::Return(value) => {
                let of = value.as_ref().map(|value| self.infer(value));
                match (value, of, self.wanted) {
                    (Some(value), Some(of), _) => self.result(value, of),
                    (_, _, Some(wanted)) => self.silent(node, wanted),
                    _ => {}
                }
            }
            Kind::Throw(Some(value)) => self.written_out(value),
            _ => {}
        }
        // Nobody reads the value of a statement; where one is asked, the result is checked when it runs.
        Type::Any
    }

    pub(super) fn branch(&mut self, condition: &Node, then: &Node, otherwise: Option<&Node>) -> Type {
        self.condition(condition);
        let one = self.knowing(known_after(condition, true), then);
        let Some(otherwise) = otherwise else { return optional(one) };
        let other = self.knowing(known_after(condition, false), otherwise);
        joined(one, other).unwrap_or(Type::Any)
    }

    fn knowing(&mut self, paths: Vec<String>, node: &Node) -> Type {
        let before = self.known.len();
        self.known.extend(paths);
        let of = self.infer(node);
        self.known.truncate(before);
        of
    }

    fn block(&mut self, nodes: &[Node]) -> Type {
        let (locals, known) = (self.locals.len(), self.known.len());
        let mut last = optional(Type::Any);
        for node in nodes {
            last = self.infer(node);
            self.known.extend(known_behind(node));
        }
        self.locals.truncate(locals);
        self.known.truncate(known);
        last
    }

    /// A variable that begins as nothing, or as an empty list or map, says nothing about what it will hold.
    fn variable(&mut self, value: &Node) -> Type {
        let of = self.infer(value);
        if value.is_nothing() { Type::Any } else { of }
    }

    fn assigned(&mut self, place: &Place, operator: Option<(crate::node::Operator, crate::fault::Span)>, value: &Node) {
        self.steps(place);
        let of = match operator {
            None => self.variable(value),
            Some((operator, at)) if place.steps.is_empty() => {
                let target = Node::new(Kind::Local { slot: place.slot, name: place.name.clone() }, place.span);
                self.binary(operator, at, &target, value)
            }
            Some(_) => self.there(value),
        };
        let inside = format!("{}.", place.name);
        self.known.retain(|path| **path != *place.name && !path.starts_with(&inside));
        if let Some(held) = self.locals.get_mut(place.slot) {
            *held = match (std::mem::replace(held, Type::Any), place.steps.is_empty()) {
                (held, true) => joined(held, of).unwrap_or(Type::Any),
                (Type::Record(_) | Type::Map, false) => Type::Map,
                (Type::List(_), false) => Type::List(Box::new(Type::Any)),
                _ => Type::Any,
            };
        }
    }

    fn steps(&mut self, place: &Place) {
        for step in &place.steps {
            if let Step::At(at) = step {
                self.there(at);
            }
        }
    }

    fn pushed(&mut self, place: &Place, value: &Node) {
        self.steps(place);
        let of = self.infer(value);
        if let (Some(held), true) = (self.locals.get_mut(place.slot), place.steps.is_empty()) {
            *held = match std::mem::replace(held, Type::Any) {
                Type::List(inner) if *inner == Type::Any => Type::List(Box::new(of)),
                Type::List(inner) => Type::List(Box::new(joined(*inner, of).unwrap_or(Type::Any))),
                other => other,
            };
        }
    }

    fn repeated(&mut self, counter: bool, over: &Over, body: &Node) {
        let of = match over {
            Over::Numbers { from, to, .. } => {
                self.of_family(from, Family::Number, "a number");
                self.of_family(to, Family::Number, "a number");
                Type::Int
            }
            Over::List(list) => self.items_of(list),
        };
        let outside = self.locals.len();
        self.locals.push(of);
        if counter {
            self.locals.push(Type::Int);
        }
        self.infer(body);
        self.locals.truncate(outside);
    }

    /// The type of a list's items.
    pub(super) fn items_of(&mut self, list: &Node) -> Type {
        match self.there(list) {
            Type::List(of) => *of,
            Type::Any => Type::Any,
            other => {
                let message = format!("this is {}, where a list is asked", family(&other).words());
                self.report(Fault::new(list.span, FaultKind::WrongType, message));
                Type::Any
            }
        }
    }

    /// Whether a value is the one that was asked for.
    pub(super) fn result(&mut self, node: &Node, of: Type) {
        let Some(wanted) = self.wanted else { return };
        match &node.kind {
            Kind::Return(_) => {}
            Kind::Block(nodes) => match nodes.last() {
                Some(last) => self.result(last, of),
                None => self.silent(node, wanted),
            },
            kind if gives_nothing(kind) => self.silent(node, wanted),
            Kind::Map(pairs) => match (wanted, &of) {
                (Type::Record(wanted), Type::Record(given)) => self.record(node, pairs, given, wanted),
                _ => self.given(node, &of, wanted),
            },
            _ => self.given(node, &of, wanted),
        }
    }

    /// A text that ends without a value, where one is asked.
    fn silent(&mut self, node: &Node, wanted: &Type) {
        if !matches!(wanted, Type::Optional(_) | Type::Any) {
            let message = format!("this gives nothing, where {wanted} is asked");
            let help = "end with the value, such as #{ total: total }";
            self.report(Fault::new(node.span, FaultKind::WrongType, message).help(help));
        }
    }

    fn record(
        &mut self,
        node: &Node,
        pairs: &[(Box<str>, Node)],
        given: &std::collections::BTreeMap<String, Type>,
        wanted: &std::collections::BTreeMap<String, Type>,
    ) {
        for (name, value) in pairs {
            match (wanted.get(&**name), given.get(&**name)) {
                (Some(wanted), Some(of)) => self.given(value, of, wanted),
                (Some(_), None) => {}
                (None, _) => {
                    let help = did_you_mean(name, wanted.keys().map(String::as_str));
                    let message = format!("nothing named `{name}` is asked for");
                    self.report(Fault::new(value.span, FaultKind::UnknownProperty, message).help_if(help));
                }
            }
        }
        for (name, of) in wanted {
            if !given.contains_key(name) && !matches!(of, Type::Optional(_) | Type::Any) {
                let message = format!("the result lacks `{name}`, which is {of}");
                self.report(Fault::new(node.span, FaultKind::WrongType, message));
            }
        }
    }

    fn given(&mut self, node: &Node, of: &Type, wanted: &Type) {
        if let (Type::Enum(words), Kind::Value(Value::Text(word))) = (&stripped(wanted.clone()), &node.kind)
            && !words.contains(word)
        {
            let help = did_you_mean(word, words.iter().map(String::as_str));
            let message = format!("\"{word}\" is not {wanted}");
            self.report(Fault::new(node.span, FaultKind::WrongType, message).help_if(help));
            return;
        }
        if may_stand_for(of, wanted) {
            return;
        }
        if matches!(of, Type::Optional(_)) && may_stand_for(&stripped(of.clone()), wanted) {
            self.may_be_empty(node);
            return;
        }
        let message = format!("this gives {of}, where {wanted} is asked");
        let help = match (of, wanted) {
            (Type::Decimal, Type::Int) => Some("write round(…)".to_string()),
            _ => None,
        };
        self.report(Fault::new(node.span, FaultKind::WrongType, message).help_if(help));
    }
}

/// What lines after an `if … { return … }` may count on.
fn known_behind(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Discard(inner) => known_behind(inner),
        Kind::If { condition, then, otherwise: None } if leaves(then) => known_after(condition, false),
        _ => Vec::new(),
    }
}

fn leaves(node: &Node) -> bool {
    match &node.kind {
        Kind::Return(_) | Kind::Throw(_) | Kind::Break | Kind::Continue => true,
        Kind::Discard(inner) => leaves(inner),
        Kind::Block(nodes) => nodes.iter().any(leaves),
        Kind::If { then, otherwise: Some(otherwise), .. } => leaves(then) && leaves(otherwise),
        _ => false,
    }
}

/// Statements that never are a value.
fn gives_nothing(kind: &Kind) -> bool {
    match kind {
        Kind::Let { .. } | Kind::Assign { .. } | Kind::Push { .. } | Kind::For { .. } | Kind::DoWhile { .. } => true,
        Kind::While { condition, .. } => condition.is_some(),
        _ => false,
    }
}
