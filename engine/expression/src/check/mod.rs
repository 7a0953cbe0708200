//! Types before anything runs.
//!
//! Owns: walking the tree once, giving every part a type and collecting every fault. A value may be nothing only where
//! the text says what then. Leaves which types go together to `types`, and functions to `call`.

mod call;
mod letter;
mod money;
mod narrow;
mod operator;
mod statement;
mod types;

use crate::{
    fault::{Fault, FaultKind, Span, did_you_mean},
    node::{Kind, LocalFunction, Node, Program},
    scope::Scope,
};
use jobwright_core::value::{Type, Value};
use narrow::known_after;
use std::collections::BTreeMap;
use types::{Family, family, joined, may_stand_for, optional, stripped};

/// Checks an expression or a script against its scope.
pub(crate) fn check(text: &str, program: &Program, scope: &Scope) -> Vec<Fault> {
    let mut checker = Checker::new(text, scope);
    checker.declared = &program.declared;
    for function in &program.functions {
        checker.function(function);
    }
    checker.wanted = Some(scope.wants());
    let of = checker.infer(&program.body);
    checker.result(&program.body, of);
    checker.faults
}

pub(crate) use letter::check_letter;
pub(crate) use money::unrounded;

struct Checker<'a> {
    text: &'a str,
    scope: &'a Scope,
    faults: Vec<Fault>,
    locals: Vec<Type>,
    /// Variables declared anywhere in the text, to guess at a mistyped one.
    declared: &'a [String],
    /// Paths that a test around this place has shown to be there.
    known: Vec<String>,
    /// What `return` must give, outside of local functions.
    wanted: Option<&'a Type>,
    letter: bool,
}

impl<'a> Checker<'a> {
    fn new(text: &'a str, scope: &'a Scope) -> Self {
        let (faults, locals, known) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, scope, faults, locals, declared: &[], known, wanted: None, letter: false }
    }

    fn report(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn written(&self, node: &Node) -> &'a str {
        self.text.get(node.span.range()).unwrap_or_default()
    }

    fn function(&mut self, function: &LocalFunction) {
        self.locals = vec![Type::Any; function.parameters.len()];
        self.infer(&function.body);
        self.locals.clear();
    }

    fn infer(&mut self, node: &Node) -> Type {
        match &node.kind {
            Kind::Value(value) => type_of(value),
            Kind::Root { name, .. } => self.root(name, node),
            Kind::Local { slot, .. } => {
                let of = self.locals.get(*slot).cloned().unwrap_or(Type::Any);
                self.narrowed(node, of)
            }
            Kind::Property { of, name, name_span, safe } => {
                let found = self.property(of, name, *name_span, *safe);
                self.narrowed(node, found)
            }
            Kind::Index { of, at, safe } => self.index(of, at, *safe),
            Kind::List(items) => {
                let of = items
                    .iter()
                    .map(|item| self.infer(item))
                    .reduce(|one, other| joined(one, other).unwrap_or(Type::Any));
                Type::List(Box::new(of.unwrap_or(Type::Any)))
            }
            Kind::Map(pairs) if pairs.is_empty() => Type::Map,
            Kind::Map(pairs) => {
                let fields: BTreeMap<_, _> =
                    pairs.iter().map(|(name, value)| (name.to_string(), self.infer(value))).collect();
                Type::Record(fields)
            }
            Kind::Text(parts) => {
                parts.iter().for_each(|part| self.written_out(part));
                Type::Text
            }
            Kind::Not(inner) => {
                self.condition(inner);
                Type::Bool
            }
            Kind::Negate(inner) => self.negated(inner),
            Kind::Truth(inner) => self.truth(inner),
            Kind::Present(inner) => {
                self.infer(inner);
                Type::Bool
            }
            Kind::And(sides) => self.chained(sides, true),
            Kind::Or(sides) => self.chained(sides, false),
            Kind::Coalesce(sides) => self.coalesced(sides),
            Kind::Binary { operator, place, sides } => self.binary(*operator, *place, &sides.0, &sides.1),
            Kind::Call { function, name_span, arguments } => self.call(*function, *name_span, arguments, node),
            Kind::Lambda { .. } => {
                let message = "a function stands only as an argument of filter, map, any, all and sum";
                self.report(Fault::new(node.span, FaultKind::NotAllowed, message));
                Type::Any
            }
            Kind::CallLocal { arguments, .. } => {
                arguments.iter().for_each(|argument| drop(self.infer(argument)));
                Type::Any
            }
            Kind::If { condition, then, otherwise } => self.branch(condition, then, otherwise.as_deref()),
            _ => self.statement(node),
        }
    }

    /// The type of a value that must be there.
    fn there(&mut self, node: &Node) -> Type {
        let of = self.infer(node);
        if matches!(of, Type::Optional(_)) {
            self.may_be_empty(node);
        }
        stripped(of)
    }

    fn may_be_empty(&mut self, node: &Node) {
        let what = node.path();
        let message = match &what {
            Some(path) => format!("`{path}` may be empty here"),
            None => "this may be empty".into(),
        };
        let path = self.written(node);
        let help = if self.letter {
            format!("write {path} | default(\"…\"), or test it with {{% if {path} is defined %}}")
        } else {
            format!("write ({path} ?? …), or test it with {path} != ()")
        };
        self.report(Fault::new(node.span, FaultKind::MayBeEmpty, message).help(help));
    }

    /// Types a part that must be of a family; says what is asked when it is not.
    fn of_family(&mut self, node: &Node, wanted: Family, asked: &str) {
        let of = self.there(node);
        if !family(&of).meets(wanted) {
            let message = format!("this is {}, where {asked} is asked", family(&of).words());
            self.report(Fault::new(node.span, FaultKind::WrongType, message));
        }
    }

    fn condition(&mut self, node: &Node) {
        self.of_family(node, Family::Bool, "true or false");
    }

    fn root(&mut self, name: &str, node: &Node) -> Type {
        let Some(of) = self.scope.name(name) else {
            let declared = self.declared.iter().map(String::as_str);
            let help = did_you_mean(name, self.scope.names().chain(declared)).unwrap_or_else(|| {
                let known: Vec<_> = self.scope.names().collect();
                if known.is_empty() {
                    "no name is known here".into()
                } else {
                    format!("there are {}", known.join(", "))
                }
            });
            self.report(Fault::new(node.span, FaultKind::UnknownName, format!("unknown name `{name}`")).help(help));
            return Type::Any;
        };
        self.narrowed(node, of.clone())
    }

    fn narrowed(&self, node: &Node, of: Type) -> Type {
        match (&of, node.path()) {
            (Type::Optional(_), Some(path)) if self.known.contains(&path) => stripped(of),
            _ => of,
        }
    }

    fn property(&mut self, of: &Node, name: &str, name_span: Span, safe: bool) -> Type {
        let base = self.infer(of);
        let may_miss = matches!(base, Type::Optional(_));
        if may_miss && !safe {
            let written = self.written(of);
            let message = format!("`{written}` may be empty here");
            let help = format!("write {written}?.{name}, or test it with {written} != ()");
            self.report(Fault::new(of.span, FaultKind::MayBeEmpty, message).help(help));
        }
        let may_miss = may_miss && safe;
        let found = match stripped(base) {
            Type::Record(fields) => match fields.get(name) {
                Some(found) => found.clone(),
                None => self.unknown_property(of, name, name_span, fields.keys()),
            },
            Type::Map | Type::Any => Type::Any,
            other => {
                let message = format!("{} has no property `{name}`", family(&other).words());
                let help = crate::function::by_name(name).map(|function| format!("write it as {}", function.usage));
                self.report(Fault::new(name_span, FaultKind::UnknownProperty, message).help_if(help));
                Type::Any
            }
        };
        if may_miss { optional(found) } else { found }
    }

    fn unknown_property<'n>(
        &mut self,
        of: &Node,
        name: &str,
        name_span: Span,
        known: impl Iterator<Item = &'n String> + Clone,
    ) -> Type {
        let message = match of.path() {
            Some(path) => format!("`{path}` has no property `{name}`"),
            None => format!("there is no property `{name}` here"),
        };
        let help = did_you_mean(name, known.clone().map(String::as_str));
        let help = help.or_else(|| {
            let all: Vec<_> = known.map(String::as_str).collect();
            (!all.is_empty()).then(|| format!("there are {}", all.join(", ")))
        });
        self.report(Fault::new(name_span, FaultKind::UnknownProperty, message).help_if(help));
        Type::Any
    }

    fn index(&mut self, of: &Node, at: &Node, safe: bool) -> Type {
        let base = if safe { self.infer(of) } else { self.there(of) };
        let may_miss = matches!(base, Type::Optional(_));
        let found = match (stripped(base), &at.kind) {
            (Type::Record(fields), Kind::Value(Value::Text(name))) => match fields.get(name) {
                Some(found) => found.clone(),
                None => self.unknown_property(of, name, at.span, fields.keys()),
            },
            (Type::Record(_) | Type::Map, _) => {
                self.of_family(at, Family::Text, "the name of a property");
                Type::Any
            }
            (Type::List(of), _) => {
                self.of_family(at, Family::Number, "a number");
                *of
            }
            (Type::Any, _) => {
                self.there(at);
                Type::Any
            }
            (other, _) => {
                let message = format!("{} has no parts", family(&other).words());
                self.report(Fault::new(of.span, FaultKind::WrongType, message));
                Type::Any
            }
        };
        if may_miss { optional(found) } else { found }
    }

    fn negated(&mut self, inner: &Node) -> Type {
        let of = self.there(inner);
        match family(&of) {
            Family::Number | Family::Money(_) | Family::Any => of,
            other => {
                let message = format!("`-` stands before {}", other.words());
                self.report(Fault::new(inner.span, FaultKind::WrongType, message));
                Type::Any
            }
        }
    }

    fn chained(&mut self, sides: &[Node], outcome: bool) -> Type {
        let before = self.known.len();
        for side in sides {
            self.condition(side);
            self.known.extend(known_after(side, outcome));
        }
        self.known.truncate(before);
        Type::Bool
    }

    fn coalesced(&mut self, sides: &[Node]) -> Type {
        let mut whole: Option<Type> = None;
        for (index, side) in sides.iter().enumerate() {
            let of = self.infer(side);
            let of = if index + 1 < sides.len() { stripped(of) } else { of };
            whole = Some(match whole.take() {
                None => of,
                Some(before) => match joined(before.clone(), of.clone()) {
                    Some(joined) => joined,
                    None => {
                        let message = format!("`??` gives {} or {}", family(&before).words(), family(&of).words());
                        let span = side.span;
                        self.report(
                            Fault::new(span, FaultKind::MixedTypes, message)
                                .label(sides[0].span, before.to_string())
                                .label(span, of.to_string()),
                        );
                        Type::Any
                    }
                },
            });
        }
        whole.unwrap_or(Type::Any)
    }

    /// A value put into a text.
    fn written_out(&mut self, node: &Node) {
        let of = self.there(node);
        let help = match family(&of) {
            Family::List => "join it: list.join(\", \")",
            Family::Bool => "write what it means, with if and else",
            Family::Map => "write one of its properties",
            Family::Document => "write its name",
            _ => return,
        };
        let help = match (self.letter, family(&of)) {
            (true, Family::List) => "write {{ list | join(\", \") }} or a {% for %}",
            (true, Family::Bool) => "write what it means, with {% if %}",
            _ => help,
        };
        let message = format!("{} cannot be written out", family(&of).words());
        self.report(Fault::new(node.span, FaultKind::WrongType, message).help(help));
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Nothing => Type::Optional(Box::new(Type::Any)),
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Decimal(_) => Type::Decimal,
        Value::Money(money) => Type::Money(Some(money.currency)),
        Value::Text(_) => Type::Text,
        Value::Date(_) => Type::Date,
        Value::Moment(_) => Type::Moment,
        Value::List(_) => Type::List(Box::new(Type::Any)),
        Value::Map(_) => Type::Map,
        Value::Document(_) => Type::Document,
    }
}
