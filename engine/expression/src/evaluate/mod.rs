//! Running a text.
//!
//! Owns: one evaluation over the tree, with its variables and its bounds. Pure: what it knows are the facts it asks, each
//! once and when first needed. Leaves arithmetic to `operator` and `amount`, functions to `call`, writing letters to
//! `letter`.

mod amount;
mod call;
mod held;
mod letter;
mod operator;
mod statement;

pub(crate) use letter::render;

use crate::{
    fault::{Cause, EvaluationError, Span},
    node::{Kind, LocalFunction, Node, Program},
    scope::{DEPTH_MAX, Facts, LIST_MAX, TEXT_BYTES_MAX},
};
use held::{Held, MAP_WEIGHT, compared, length, weight};
use jiff::tz::TimeZone;
use jobwright_core::{invisible::shown, value::Value};
use std::{borrow::Cow, cell::OnceCell, collections::BTreeMap};

/// Letters of a value that a message repeats.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// Runs an expression or a script.
pub(crate) fn evaluate(program: &Program, facts: &dyn Facts, operations: u64) -> Result<Value, EvaluationError> {
    let roots: Vec<_> = program.roots.iter().map(|_| OnceCell::new()).collect();
    let mut machine = Machine::new(&program.roots, &roots, &program.functions, facts, operations);
    match machine.eval(&program.body) {
        Ok(held) => Ok(held.into_value()),
        Err(Stop::Return(value)) => Ok(value),
        Err(Stop::Error(error)) => Err(*error),
        // rhai refuses both outside of a loop.
        Err(Stop::Break | Stop::Continue) => Ok(Value::Nothing),
    }
}

/// A fact, once it was asked for.
type Asked<'r> = OnceCell<Option<Cow<'r, Value>>>;

/// Why an evaluation left its path.
enum Stop {
    Error(Box<EvaluationError>),
    Break,
    Continue,
    Return(Value),
}

type Outcome<'r> = Result<Held<'r>, Stop>;

struct Machine<'r> {
    names: &'r [String],
    roots: &'r [Asked<'r>],
    functions: &'r [LocalFunction],
    facts: &'r dyn Facts,
    locals: Vec<Held<'r>>,
    /// Where the variables of the running function begin.
    base: usize,
    operations: u64,
    depth: usize,
    /// The zone of a letter's reader; expressions and scripts have none.
    zone: Option<&'r TimeZone>,
}

impl<'r> Machine<'r> {
    fn new(
        names: &'r [String],
        roots: &'r [Asked<'r>],
        functions: &'r [LocalFunction],
        facts: &'r dyn Facts,
        operations: u64,
    ) -> Self {
        Self { names, roots, functions, facts, locals: Vec::new(), base: 0, operations, depth: 0, zone: None }
    }

    fn eval(&mut self, node: &'r Node) -> Outcome<'r> {
        self.spend(1, node.span)?;
        if self.depth == DEPTH_MAX {
            return Err(bound(node.span, format!("evaluations nest deeper than {DEPTH_MAX} levels")));
        }
        self.depth += 1;
        let outcome = self.part(node);
        self.depth -= 1;
        outcome
    }

    /// A value that must be there.
    fn there(&mut self, node: &'r Node) -> Outcome<'r> {
        let held = self.eval(node)?;
        if matches!(*held, Value::Nothing) { Err(empty(node)) } else { Ok(held) }
    }

    fn spend(&mut self, operations: u64, span: Span) -> Result<(), Stop> {
        match self.operations.checked_sub(operations) {
            Some(left) => {
                self.operations = left;
                Ok(())
            }
            None => Err(bound(span, "this takes more operations than it may")),
        }
    }

    fn part(&mut self, node: &'r Node) -> Outcome<'r> {
        match &node.kind {
            Kind::Value(value) => Ok(Held::Fact(value)),
            Kind::Root { number, name } => self.root(*number, name, node.span),
            Kind::Local { slot, .. } => match self.locals.get(self.base + slot) {
                Some(held) => Ok(held.share()),
                None => Err(wrong(node.span, "this variable has no value yet")),
            },
            Kind::Property { of, name, safe, .. } => {
                // A group of a record that nobody has filled in is as empty as each of its fields; the whole path is told
                // where it is used. What a script made itself is strict.
                let held = if *safe || of.is_fact() { self.eval(of)? } else { self.there(of)? };
                self.property(held, name, node.span)
            }
            Kind::Index { of, at, safe } => self.index(of, at, *safe, node.span),
            Kind::List(items) => self.list(items, node.span),
            Kind::Map(pairs) => self.map(pairs, node.span),
            Kind::Text(parts) => self.text(parts, node.span),
            Kind::Not(inner) => Ok(Held::Own(Value::Bool(!self.condition(inner)?))),
            Kind::Negate(inner) => {
                let held = self.there(inner)?;
                operator::negated(&held).map(Held::Own).map_err(|message| wrong(node.span, message))
            }
            Kind::Truth(inner) => {
                let held = self.eval(inner)?;
                truth(&held).map(|yes| Held::Own(Value::Bool(yes))).map_err(|message| wrong(node.span, message))
            }
            Kind::Present(inner) => Ok(Held::Own(Value::Bool(!matches!(*self.eval(inner)?, Value::Nothing)))),
            Kind::And(sides) => self.chained(sides, true),
            Kind::Or(sides) => self.chained(sides, false),
            Kind::Coalesce(sides) => self.coalesced(sides),
            Kind::Binary { operator, place, sides } => self.binary(*operator, *place, &sides.0, &sides.1),
            Kind::Call { function, arguments, .. } => self.call(*function, arguments, node.span),
            Kind::CallLocal { function, arguments } => self.call_local(*function, arguments, node.span),
            Kind::If { condition, then, otherwise } => match (self.condition(condition)?, otherwise) {
                (true, _) => self.eval(then),
                (false, Some(otherwise)) => self.eval(otherwise),
                (false, None) => Ok(Held::NOTHING),
            },
            _ => self.statement(node),
        }
    }

    fn root(&mut self, number: usize, name: &str, span: Span) -> Outcome<'r> {
        let Some(asked) = self.roots.get(number) else { return Err(wrong(span, format!("nobody gives `{name}`"))) };
        let (facts, names) = (self.facts, self.names);
        match asked.get_or_init(|| names.get(number).and_then(|name| facts.root(name))) {
            Some(value) => Ok(Held::Fact(value)),
            None => Err(wrong(span, format!("nobody gives `{name}`"))),
        }
    }

    /// A key that is missing is nothing, and nothing stops at its first use.
    fn property(&mut self, held: Held<'r>, name: &str, span: Span) -> Outcome<'r> {
        self.spend(length(name), span)?;
        match held {
            Held::Fact(Value::Map(map)) => Ok(map.get(name).map_or(Held::NOTHING, Held::Fact)),
            Held::Own(Value::Map(mut map)) => Ok(map.remove(name).map_or(Held::NOTHING, Held::Own)),
            held => match &*held {
                Value::Map(map) => match map.get(name) {
                    Some(value) => {
                        self.spend(weight(value), span)?;
                        Ok(Held::Own(value.clone()))
                    }
                    None => Ok(Held::NOTHING),
                },
                Value::Nothing => Ok(Held::NOTHING),
                other => Err(wrong(span, format!("{} has no property `{name}`", words(other)))),
            },
        }
    }

    fn index(&mut self, of: &'r Node, at: &'r Node, safe: bool, span: Span) -> Outcome<'r> {
        let held = if safe { self.eval(of)? } else { self.there(of)? };
        let at = self.there(at)?;
        match (&*held, &*at) {
            (Value::Map(_), Value::Text(name)) => self.property(held, name, span),
            (Value::List(list), Value::Int(at)) => {
                let found = usize::try_from(*at).ok().filter(|at| *at < list.len());
                let Some(found) = found else {
                    return Err(wrong(span, format!("the list has {} items and none at {at}", list.len())));
                };
                match held {
                    Held::Fact(Value::List(list)) => Ok(Held::Fact(&list[found])),
                    held => match &*held {
                        Value::List(list) => {
                            self.spend(weight(&list[found]), span)?;
                            Ok(Held::Own(list[found].clone()))
                        }
                        _ => Ok(Held::NOTHING),
                    },
                }
            }
            (Value::Nothing, _) => Ok(Held::NOTHING),
            (held, at) => Err(wrong(span, format!("{} has no part at {}", words(held), words(at)))),
        }
    }

    /// Takes a value over into a list, a map or a variable. What is copied is counted, so that memory is bounded by
    /// operations.
    fn own(&mut self, held: Held<'r>, span: Span) -> Result<Value, Stop> {
        if !matches!(held, Held::Own(_)) {
            self.spend(weight(&held), span)?;
        }
        Ok(held.into_value())
    }

    fn list(&mut self, items: &'r [Node], span: Span) -> Outcome<'r> {
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let held = self.eval(item)?;
            list.push(self.own(held, span)?);
        }
        Ok(Held::Own(Value::List(list)))
    }

    fn map(&mut self, pairs: &'r [(Box<str>, Node)], span: Span) -> Outcome<'r> {
        let mut map = BTreeMap::new();
        for (name, value) in pairs {
            let held = self.eval(value)?;
            self.spend(1 + length(name), span)?;
            map.insert(name.to_string(), self.own(held, span)?);
        }
        self.spend(MAP_WEIGHT, span)?;
        Ok(Held::Own(Value::Map(map)))
    }

    fn text(&mut self, parts: &'r [Node], span: Span) -> Outcome<'r> {
        let mut text = String::new();
        for part in parts {
            let held = self.there(part)?;
            self.write(&held, &mut text).map_err(|message| wrong(part.span, message))?;
            self.bounded(&text, span)?;
        }
        self.made(text, span)
    }

    /// Asked of each part that a text grows by, not of the whole: a short script could ask for a text of gigabytes.
    fn bounded(&self, text: &str, span: Span) -> Result<(), Stop> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(bound(span, format!("this text is longer than {TEXT_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    /// A new text, within its bound.
    fn made(&mut self, text: String, span: Span) -> Outcome<'r> {
        self.bounded(&text, span)?;
        let value = Value::Text(text);
        self.spend(weight(&value), span)?;
        Ok(Held::Own(value))
    }

    /// A new list, within its bound.
    fn made_list(&mut self, list: Vec<Value>, span: Span) -> Outcome<'r> {
        if list.len() > LIST_MAX {
            return Err(bound(span, format!("this list has more than {LIST_MAX} items")));
        }
        Ok(Held::Own(Value::List(list)))
    }

    fn condition(&mut self, node: &'r Node) -> Result<bool, Stop> {
        match &*self.there(node)? {
            Value::Bool(yes) => Ok(*yes),
            other => Err(wrong(node.span, format!("this is {}, where true or false is asked", words(other)))),
        }
    }

    fn chained(&mut self, sides: &'r [Node], all: bool) -> Outcome<'r> {
        for side in sides {
            if self.condition(side)? != all {
                return Ok(Held::Own(Value::Bool(!all)));
            }
        }
        Ok(Held::Own(Value::Bool(all)))
    }

    fn coalesced(&mut self, sides: &'r [Node]) -> Outcome<'r> {
        for side in sides {
            let held = self.eval(side)?;
            if !matches!(*held, Value::Nothing) {
                return Ok(held);
            }
        }
        Ok(Held::NOTHING)
    }

    fn binary(&mut self, operator: crate::node::Operator, place: Span, left: &'r Node, right: &'r Node) -> Outcome<'r> {
        if operator.is_equality() && (left.is_nothing() || right.is_nothing()) {
            let (left, right) = (self.eval(left)?, self.eval(right)?);
            let same = matches!((&*left, &*right), (Value::Nothing, Value::Nothing));
            return Ok(Held::Own(Value::Bool(same == (operator == crate::node::Operator::Equal))));
        }
        let (left, right) = (self.there(left)?, self.there(right)?);
        self.applied(operator, place, &left, &right)
    }

    fn applied(&mut self, operator: crate::node::Operator, place: Span, left: &Value, right: &Value) -> Outcome<'r> {
        match (left, right) {
            // Two lists are copied into a third.
            (Value::List(_), Value::List(_)) if !operator.is_comparison() => {
                self.spend(weight(left) + weight(right), place)?;
            }
            _ => self.spend(compared(left, right), place)?,
        }
        match operator::apply(operator, left, right).map_err(|message| wrong(place, message))? {
            Value::Text(text) => self.made(text, place),
            Value::List(list) => self.made_list(list, place),
            value => Ok(Held::Own(value)),
        }
    }

    fn call_local(&mut self, function: usize, arguments: &'r [Node], span: Span) -> Outcome<'r> {
        let functions = self.functions;
        let Some(function) = functions.get(function) else { return Err(wrong(span, "there is no such function")) };
        let frame = self.locals.len();
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(self.eval(argument)?.kept());
        }
        self.locals.extend(given);
        let outside = std::mem::replace(&mut self.base, frame);
        let outcome = self.eval(&function.body);
        self.base = outside;
        self.locals.truncate(frame);
        match outcome {
            Err(Stop::Return(value)) => Ok(Held::Own(value)),
            outcome => outcome,
        }
    }
}

fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(yes) => Ok(*yes),
        Value::Nothing => Ok(false),
        Value::Text(text) => Ok(!text.is_empty()),
        Value::List(list) => Ok(!list.is_empty()),
        Value::Map(map) => Ok(!map.is_empty()),
        Value::Date(_) | Value::Moment(_) | Value::Document(_) => Ok(true),
        Value::Int(_) | Value::Decimal(_) | Value::Money(_) => {
            Err(format!("{} is neither true nor false", words(value)))
        }
    }
}

/// A kind of value in words, for a sentence.
fn words(value: &Value) -> &'static str {
    match value {
        Value::Nothing => "nothing",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Decimal(_) => "a number",
        Value::Money(_) => "money",
        Value::Text(_) => "text",
        Value::Date(_) => "a date",
        Value::Moment(_) => "a datetime",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Document(_) => "a document",
    }
}

/// A text inside a message: in quotes, and its beginning when it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((end, _)) => format!("\"{}…\"", shown(&text[..end])),
        None => format!("\"{}\"", shown(text)),
    }
}

fn error(span: Span, cause: Cause, message: impl Into<String>) -> Stop {
    Stop::Error(Box::new(EvaluationError { span: span.range(), message: message.into(), cause }))
}

fn wrong(span: Span, message: impl Into<String>) -> Stop {
    error(span, Cause::Wrong, message)
}

fn bound(span: Span, message: impl Into<String>) -> Stop {
    error(span, Cause::Bound, message)
}

fn empty(node: &Node) -> Stop {
    match node.path() {
        Some(path) => error(node.span, Cause::Empty { path: path.clone() }, format!("`{path}` is empty")),
        None => wrong(node.span, "this is empty"),
    }
}
