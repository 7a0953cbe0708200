//! Statements of scripts.
//!
//! Owns: variables, assignments and loops. A script writes to its own variables and to nothing else; operations bound
//! its loops.

use super::{
    Machine, Outcome, Stop, bound, error,
    held::{Held, length, weight},
    words, wrong,
};
use crate::{
    fault::{Cause, Span},
    node::{Kind, Node, Operator, Over, Place, Step},
    scope::LIST_MAX,
};
use jobwright_core::value::Value;
use std::rc::Rc;

/// Letters of the longest message that a script throws.
const THROWN_CHARACTERS_MAX: usize = 500;

/// A step into a variable, its index computed.
enum Into<'r> {
    Name(&'r str),
    At(Value),
}

impl<'r> Machine<'r> {
    pub(super) fn statement(&mut self, node: &'r Node) -> Outcome<'r> {
        match &node.kind {
            Kind::Block(nodes) => return self.block(nodes),
            Kind::Discard(inner) => drop(self.eval(inner)?),
            Kind::Let { slot, value } => {
                let held = self.eval(value)?.kept();
                self.locals.truncate(self.base + slot);
                self.locals.push(held);
            }
            Kind::Assign { place, operator, value } => self.assign(place, *operator, value)?,
            Kind::Push { place, value } => self.push(place, value)?,
            Kind::While { condition, body } => self.repeat_while(condition.as_deref(), body, node.span)?,
            Kind::DoWhile { body, condition, until } => loop {
                self.spend(1, node.span)?;
                if !self.round(body)? || self.condition(condition)? == *until {
                    break;
                }
            },
            Kind::For { slot, counter, over, body } => self.repeat_for(*slot, *counter, over, body)?,
            Kind::Break => return Err(Stop::Break),
            Kind::Continue => return Err(Stop::Continue),
            Kind::Return(value) => {
                let value = match value {
                    Some(value) => {
                        let held = self.eval(value)?;
                        self.own(held, node.span)?
                    }
                    None => Value::Nothing,
                };
                return Err(Stop::Return(value));
            }
            Kind::Throw(value) => {
                let mut message = String::new();
                match value {
                    Some(value) => {
                        let held = self.there(value)?;
                        self.write(&held, &mut message).map_err(|message| wrong(node.span, message))?;
                        shorten(&mut message);
                    }
                    None => message.push_str("the script gave up"),
                }
                return Err(error(node.span, Cause::Wrong, message));
            }
            _ => return Err(wrong(node.span, "this cannot run")),
        }
        Ok(Held::NOTHING)
    }

    fn block(&mut self, nodes: &'r [Node]) -> Outcome<'r> {
        let outside = self.locals.len();
        let mut outcome = Ok(Held::NOTHING);
        for node in nodes {
            outcome = self.eval(node);
            if outcome.is_err() {
                break;
            }
        }
        self.locals.truncate(outside);
        outcome
    }

    /// One round of a loop; false when it was left.
    fn round(&mut self, body: &'r Node) -> Result<bool, Stop> {
        match self.eval(body) {
            Ok(_) | Err(Stop::Continue) => Ok(true),
            Err(Stop::Break) => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    fn repeat_while(&mut self, condition: Option<&'r Node>, body: &'r Node, span: Span) -> Result<(), Stop> {
        loop {
            self.spend(1, span)?;
            let goes_on = match condition {
                Some(condition) => self.condition(condition)?,
                None => true,
            };
            if !goes_on || !self.round(body)? {
                return Ok(());
            }
        }
    }

    fn repeat_for(&mut self, slot: usize, counter: bool, over: &'r Over, body: &'r Node) -> Result<(), Stop> {
        let outside = self.base + slot;
        let outcome = match over {
            Over::Numbers { from, to, inclusive } => {
                let (first, last) = (self.whole(from)?, self.whole(to)?);
                let last = if *inclusive { Some(last) } else { last.checked_sub(1) };
                let numbers = last.into_iter().flat_map(|last| first..=last);
                self.rounds(numbers.map(|number| Held::Own(Value::Int(number))), outside, counter, body)
            }
            Over::List(list) => {
                let span = list.span;
                let items = self.items(list)?;
                if matches!(items, Items::Copied(_)) {
                    self.spend(1, span)?;
                }
                self.rounds(items, outside, counter, body)
            }
        };
        self.locals.truncate(outside);
        outcome
    }

    fn rounds(
        &mut self,
        items: impl Iterator<Item = Held<'r>>,
        outside: usize,
        counter: bool,
        body: &'r Node,
    ) -> Result<(), Stop> {
        for (index, item) in items.enumerate() {
            self.spend(1, body.span)?;
            self.locals.truncate(outside);
            self.locals.push(item.kept());
            if counter {
                self.locals.push(Held::Own(Value::Int(index as i64)));
            }
            if !self.round(body)? {
                break;
            }
        }
        Ok(())
    }

    fn whole(&mut self, node: &'r Node) -> Result<i64, Stop> {
        match &*self.there(node)? {
            Value::Int(number) => Ok(*number),
            other => Err(wrong(node.span, format!("this is {}, where a whole number is asked", words(other)))),
        }
    }

    /// The items of a list, borrowed where it is a fact.
    pub(super) fn items(&mut self, node: &'r Node) -> Result<Items<'r>, Stop> {
        let held = self.there(node)?;
        match held {
            Held::Fact(Value::List(list)) => Ok(Items::Facts(list.iter())),
            Held::Own(Value::List(list)) => Ok(Items::Copied(list.into_iter())),
            held => match &*held {
                Value::List(list) => {
                    self.spend(weight(&held), node.span)?;
                    Ok(Items::Copied(list.clone().into_iter()))
                }
                other => Err(wrong(node.span, format!("this is {}, where a list is asked", words(other)))),
            },
        }
    }

    fn assign(&mut self, place: &'r Place, operator: Option<(Operator, Span)>, value: &'r Node) -> Result<(), Stop> {
        let value = match operator {
            None => self.eval(value)?,
            Some((operator, at)) => {
                let right = self.there(value)?;
                let steps = self.steps(place)?;
                let left = std::mem::replace(reach(self.variable(place)?, &steps, place.span)?, Value::Nothing);
                let made = self.applied(operator, at, &left, &right)?;
                *reach(self.variable(place)?, &steps, place.span)? = made.into_value();
                return Ok(());
            }
        };
        if place.steps.is_empty() {
            let held = value.kept();
            if let Some(local) = self.locals.get_mut(self.base + place.slot) {
                *local = held;
            }
            return Ok(());
        }
        let value = self.own(value, place.span)?;
        let steps = self.steps(place)?;
        *reach(self.variable(place)?, &steps, place.span)? = value;
        Ok(())
    }

    fn push(&mut self, place: &'r Place, value: &'r Node) -> Result<(), Stop> {
        let held = self.eval(value)?;
        let value = self.own(held, place.span)?;
        let steps = self.steps(place)?;
        match reach(self.variable(place)?, &steps, place.span)? {
            Value::List(list) if list.len() < LIST_MAX => list.push(value),
            Value::List(_) => return Err(bound(place.span, format!("this list has more than {LIST_MAX} items"))),
            other => return Err(wrong(place.span, format!("nothing can be added to {}", words(other)))),
        }
        Ok(())
    }

    fn steps(&mut self, place: &'r Place) -> Result<Vec<Into<'r>>, Stop> {
        let step = |step: &'r Step| match step {
            Step::Name(name) => self.spend(length(name), place.span).map(|()| Into::Name(name)),
            Step::At(at) => {
                let held = self.there(at)?;
                self.own(held, place.span).map(Into::At)
            }
        };
        place.steps.iter().map(step).collect()
    }

    /// The variable itself, copied when others hold the same value.
    fn variable(&mut self, place: &Place) -> Result<&mut Value, Stop> {
        let at = self.base + place.slot;
        let copied = match self.locals.get(at) {
            Some(Held::Fact(value)) => weight(value),
            Some(Held::Shared(value)) if Rc::strong_count(value) > 1 => weight(value),
            _ => 0,
        };
        self.spend(copied, place.span)?;
        match self.locals.get_mut(at) {
            Some(local) => {
                if let Held::Fact(value) = local {
                    *local = Held::Own(value.clone()).kept();
                }
                match local {
                    Held::Shared(value) => Ok(Rc::make_mut(value)),
                    Held::Own(value) => Ok(value),
                    Held::Fact(_) => Err(wrong(place.span, "facts are only read")),
                }
            }
            None => Err(wrong(place.span, "this variable has no value yet")),
        }
    }
}

/// What a script throws is told to people: its beginning.
fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(THROWN_CHARACTERS_MAX) {
        message.truncate(end);
        message.push('…');
    }
}

/// The items a loop runs over.
pub(super) enum Items<'r> {
    Facts(std::slice::Iter<'r, Value>),
    Copied(std::vec::IntoIter<Value>),
}

impl<'r> Iterator for Items<'r> {
    type Item = Held<'r>;

    fn next(&mut self) -> Option<Held<'r>> {
        match self {
            Self::Facts(items) => items.next().map(Held::Fact),
            Self::Copied(items) => items.next().map(Held::Own),
        }
    }
}

impl<'r> Items<'r> {
    /// The last one, without a look at those before it.
    pub fn end(self) -> Option<Held<'r>> {
        match self {
            Self::Facts(mut items) => items.next_back().map(Held::Fact),
            Self::Copied(mut items) => items.next_back().map(Held::Own),
        }
    }
}

/// A part of a variable; a name that a map does not have is made.
fn reach<'v>(mut value: &'v mut Value, steps: &[Into<'_>], span: Span) -> Result<&'v mut Value, Stop> {
    for step in steps {
        value = match (value, step) {
            (Value::Map(map), Into::Name(name)) => entry(map, name, span)?,
            (Value::Map(map), Into::At(Value::Text(name))) => entry(map, name, span)?,
            (Value::List(list), Into::At(Value::Int(at))) => {
                let length = list.len();
                let item = usize::try_from(*at).ok().and_then(|at| list.get_mut(at));
                item.ok_or_else(|| wrong(span, format!("the list has {length} items and none at {at}")))?
            }
            (other, _) => return Err(wrong(span, format!("{} has no such part", words(other)))),
        };
    }
    Ok(value)
}

fn entry<'v>(
    map: &'v mut std::collections::BTreeMap<String, Value>,
    name: &str,
    span: Span,
) -> Result<&'v mut Value, Stop> {
    if map.len() >= LIST_MAX && !map.contains_key(name) {
        return Err(bound(span, format!("this map has more than {LIST_MAX} names")));
    }
    Ok(map.entry(name.to_string()).or_insert(Value::Nothing))
}
