//! Functions on values.
//!
//! Owns: what each function computes. All are pure; days and services are asked of the facts.

use super::{
    Machine, Outcome, Stop,
    amount::{decimal, money, places, round_to, rounded},
    error,
    held::{Held, compared, length, letters, weight},
    operator::{equal, number, order},
    quoted, words, wrong,
};
use crate::{
    fault::{Cause, Span},
    format,
    function::{Builtin, usage},
    node::{Kind, Node, Operator},
    scope::TEXT_BYTES_MAX,
};
use jiff::{Span as Days, Unit};
use jobwright_core::date::day;
use jobwright_core::value::{Money, Value};

/// Most days a date is moved.
const DAYS_MAX: i64 = 366 * 200;

impl<'r> Machine<'r> {
    pub(super) fn call(&mut self, function: Builtin, arguments: &'r [Node], span: Span) -> Outcome<'r> {
        match function {
            Builtin::Filter | Builtin::Map | Builtin::Any | Builtin::All => self.each(function, arguments, span),
            Builtin::Sum => self.sum(arguments, span),
            Builtin::First | Builtin::Last => self.end_of_list(function, &arguments[0]),
            Builtin::Contains => self.contains(&arguments[0], &arguments[1], span),
            Builtin::Min | Builtin::Max => self.extreme(function, arguments, span),
            Builtin::Today => self.clock(self.facts.today().map(Value::Date), span),
            Builtin::Now => self.clock(self.facts.now().map(Value::Moment), span),
            _ => self.plain(function, arguments, span),
        }
    }

    /// Functions of values alone.
    fn plain(&mut self, function: Builtin, arguments: &'r [Node], span: Span) -> Outcome<'r> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            given.push(self.there(argument)?);
        }
        let values: Vec<&Value> = given.iter().map(|held| &**held).collect();
        self.spend(values.iter().map(|value| read(function, value)).sum(), span)?;
        let made = self.computed(function, &values).map_err(|message| wrong(span, message))?;
        match made {
            Value::Text(text) => self.made(text, span),
            Value::List(list) => {
                self.spend(list.iter().map(weight).sum(), span)?;
                self.made_list(list, span)
            }
            value => Ok(Held::Own(value)),
        }
    }

    fn computed(&self, function: Builtin, values: &[&Value]) -> Result<Value, String> {
        match (function, values) {
            (Builtin::Lower, [Value::Text(text)]) => Ok(Value::Text(text.to_lowercase())),
            (Builtin::Upper, [Value::Text(text)]) => Ok(Value::Text(text.to_uppercase())),
            (Builtin::Title, [Value::Text(text)]) => Ok(Value::Text(format::title(text))),
            (Builtin::Trim, [Value::Text(text)]) => Ok(Value::text(text.trim())),
            (Builtin::StartsWith, [Value::Text(text), Value::Text(what)]) => {
                Ok(Value::Bool(text.starts_with(what.as_str())))
            }
            (Builtin::EndsWith, [Value::Text(text), Value::Text(what)]) => {
                Ok(Value::Bool(text.ends_with(what.as_str())))
            }
            (Builtin::Replace, [Value::Text(text), Value::Text(what), Value::Text(with)]) => replaced(text, what, with),
            (Builtin::Split, [Value::Text(_), Value::Text(by)]) if by.is_empty() => {
                Err("a text is split at something".into())
            }
            (Builtin::Split, [Value::Text(text), Value::Text(by)]) => {
                Ok(Value::List(text.split(by.as_str()).map(Value::text).collect()))
            }
            (Builtin::Join, [Value::List(list), Value::Text(by)]) => self.joined(list, by),
            (Builtin::Len, [Value::Text(text)]) => Ok(Value::Int(text.chars().count() as i64)),
            (Builtin::Len, [Value::List(list)]) => Ok(Value::Int(list.len() as i64)),
            (Builtin::Len, [Value::Map(map)]) => Ok(Value::Int(map.len() as i64)),
            (Builtin::Money, [amount, Value::Text(currency)]) => money(amount, currency),
            (Builtin::Decimal, [value]) => decimal(value).map(Value::Decimal),
            (Builtin::Round, [value, decimals @ ..]) => rounded(value, decimals.first().copied()),
            (Builtin::Abs, [Value::Int(number)]) => {
                number.checked_abs().map(Value::Int).ok_or_else(|| "the result is too large".into())
            }
            (Builtin::Abs, [Value::Decimal(number)]) => Ok(Value::Decimal(number.abs())),
            (Builtin::Abs, [Value::Money(money)]) => Ok(Value::Money(Money { amount: money.amount.abs(), ..*money })),
            (Builtin::FormatDate | Builtin::FormatMoment | Builtin::FormatMoney | Builtin::FormatNumber, values) => {
                self.formatted(function, values)
            }
            _ => self.dated(function, values),
        }
    }

    fn dated(&self, function: Builtin, values: &[&Value]) -> Result<Value, String> {
        match (function, values) {
            (Builtin::Date, [Value::Text(text)]) => {
                day(text).map(Value::Date).ok_or_else(|| format!("{} is not a day, YYYY-MM-DD", quoted(text)))
            }
            (Builtin::DaysBetween, [Value::Date(from), Value::Date(to)]) => {
                let days = from.until((Unit::Day, *to)).map_err(|_| "the dates lie too far apart")?;
                Ok(Value::Int(i64::from(days.get_days())))
            }
            (Builtin::AddDays, [Value::Date(date), Value::Int(days)]) if (-DAYS_MAX..=DAYS_MAX).contains(days) => {
                let found = date.checked_add(Days::new().days(*days)).ok().filter(|day| day.year() >= 1);
                found.map(Value::Date).ok_or_else(|| "there is no such day in the years 1 to 9999".into())
            }
            (Builtin::AddDays, [Value::Date(_), Value::Int(_)]) => Err("that is too many days".into()),
            (Builtin::IsWorkingDay, [Value::Date(date)]) => match self.facts.is_working_day(*date) {
                Some(yes) => Ok(Value::Bool(yes)),
                None => Err("there is no calendar here".into()),
            },
            (Builtin::JobForService, [Value::Text(service)]) => match self.facts.job_for_service(service) {
                Some(definition) => Ok(Value::Text(definition)),
                None => Err(format!("the practice names no job for the service {}", quoted(service))),
            },
            (function, values) => {
                let given: Vec<_> = values.iter().map(|value| words(value)).collect();
                Err(format!("`{}` does not take {}", usage(function).name, given.join(", ")))
            }
        }
    }

    fn formatted(&self, function: Builtin, values: &[&Value]) -> Result<Value, String> {
        let text = match (function, values) {
            (Builtin::FormatDate, [Value::Date(date)]) => format::date(*date),
            (Builtin::FormatDate, [Value::Moment(at)]) => match self.zone {
                Some(zone) => format::date(at.to_zoned(zone.clone()).date()),
                None => return Err("there is no time zone here".into()),
            },
            (Builtin::FormatMoment, [Value::Moment(at)]) => match self.zone {
                Some(zone) => format::moment(*at, zone),
                None => return Err("there is no time zone here".into()),
            },
            (Builtin::FormatMoney, [Value::Money(money)]) => format::money(money),
            (Builtin::FormatNumber, [value, decimals @ ..]) => {
                let Some(of) = number(value) else {
                    return Err(format!("`number` does not take {}", words(value)));
                };
                match decimals.first() {
                    Some(decimals) => format::number(round_to(of, places(decimals)?)),
                    None => format::number(of),
                }
            }
            (function, values) => {
                let given: Vec<_> = values.iter().map(|value| words(value)).collect();
                return Err(format!("`{}` does not take {}", usage(function).name, given.join(", ")));
            }
        };
        Ok(Value::Text(text))
    }

    /// Writes a value into a text: in a letter as its reader expects it, in an expression as it is.
    pub(super) fn write(&self, value: &Value, text: &mut String) -> Result<(), String> {
        let written = match (value, self.zone) {
            (Value::Text(inner), _) => {
                text.push_str(inner);
                return Ok(());
            }
            (Value::Date(date), Some(_)) => format::date(*date),
            (Value::Moment(at), Some(zone)) => format::moment(*at, zone),
            (Value::Money(money), Some(_)) => format::money(money),
            (Value::Int(_) | Value::Decimal(_) | Value::Money(_) | Value::Date(_) | Value::Moment(_), _) => {
                value.to_string()
            }
            (other, _) => return Err(format!("{} cannot be written out", words(other))),
        };
        text.push_str(&written);
        Ok(())
    }

    fn joined(&self, list: &[Value], by: &str) -> Result<Value, String> {
        let mut text = String::new();
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                text.push_str(by);
            }
            self.write(item, &mut text)?;
            if text.len() > TEXT_BYTES_MAX {
                return Err(too_long());
            }
        }
        Ok(Value::Text(text))
    }

    /// Calls a function argument with one item. Its parameter lies above the variables around it.
    fn with(&mut self, lambda: &'r Node, item: Held<'r>) -> Outcome<'r> {
        let Kind::Lambda { names, body } = &lambda.kind else {
            return Err(wrong(lambda.span, "a function stands here"));
        };
        let outside = self.locals.len();
        self.locals.push(item.kept());
        self.locals.extend(names.iter().skip(1).map(|_| Held::NOTHING));
        let outcome = self.eval(body);
        self.locals.truncate(outside);
        match outcome {
            Err(Stop::Return(value)) => Ok(Held::Own(value)),
            outcome => outcome,
        }
    }

    fn holds(&mut self, lambda: &'r Node, item: Held<'r>) -> Result<bool, Stop> {
        match &*self.with(lambda, item)? {
            Value::Bool(yes) => Ok(*yes),
            other => Err(wrong(lambda.span, format!("this gives {}, where true or false is asked", words(other)))),
        }
    }

    fn each(&mut self, function: Builtin, arguments: &'r [Node], span: Span) -> Outcome<'r> {
        let lambda = &arguments[1];
        let mut made = Vec::new();
        for item in self.items(&arguments[0])? {
            match function {
                Builtin::Map => {
                    let held = self.with(lambda, item)?;
                    made.push(self.own(held, span)?);
                }
                Builtin::Filter => {
                    let item = item.kept();
                    if self.holds(lambda, item.share())? {
                        made.push(self.own(item, span)?);
                    }
                }
                _ => {
                    let found = self.holds(lambda, item)?;
                    if found == (function == Builtin::Any) {
                        return Ok(Held::Own(Value::Bool(found)));
                    }
                }
            }
        }
        match function {
            Builtin::Map | Builtin::Filter => self.made_list(made, span),
            _ => Ok(Held::Own(Value::Bool(function == Builtin::All))),
        }
    }

    fn sum(&mut self, arguments: &'r [Node], span: Span) -> Outcome<'r> {
        let lambda = arguments.get(1).filter(|argument| matches!(argument.kind, Kind::Lambda { .. }));
        let beginning = arguments.get(if lambda.is_some() { 2 } else { 1 });
        let mut sum = match beginning {
            Some(beginning) => Some(self.there(beginning)?.into_value()),
            None => None,
        };
        for item in self.items(&arguments[0])? {
            let held = match lambda {
                Some(lambda) => self.with(lambda, item)?,
                None => item,
            };
            self.spend(1, span)?;
            sum = Some(match (&sum, &*held) {
                (_, Value::Nothing) => {
                    let path = lambda.map_or_else(|| arguments[0].path(), body_path);
                    let path = path.unwrap_or_else(|| "an item".into());
                    return Err(error(span, Cause::Empty { path: path.clone() }, format!("`{path}` is empty")));
                }
                (None, Value::Int(_) | Value::Decimal(_) | Value::Money(_)) => held.into_value(),
                (Some(sum @ (Value::Int(_) | Value::Decimal(_) | Value::Money(_))), item) => {
                    super::operator::apply(Operator::Add, sum, item).map_err(|message| wrong(span, message))?
                }
                (_, other) => return Err(wrong(span, format!("`sum` adds numbers or money, not {}", words(other)))),
            });
        }
        Ok(Held::Own(sum.unwrap_or(Value::Int(0))))
    }

    fn end_of_list(&mut self, function: Builtin, list: &'r Node) -> Outcome<'r> {
        let mut items = self.items(list)?;
        let found = if function == Builtin::First { items.next() } else { items.end() };
        Ok(found.unwrap_or(Held::NOTHING))
    }

    fn contains(&mut self, place: &'r Node, what: &'r Node, span: Span) -> Outcome<'r> {
        let (place, what) = (self.there(place)?, self.there(what)?);
        let found = match (&*place, &*what) {
            (Value::Text(text), Value::Text(what)) => {
                self.spend(length(text) + length(what), span)?;
                text.contains(what.as_str())
            }
            (Value::Map(map), Value::Text(name)) => {
                self.spend(length(name), span)?;
                map.contains_key(name)
            }
            (Value::List(list), what) => {
                self.spend(list.iter().map(|item| 1 + compared(item, what)).sum(), span)?;
                let mut found = false;
                for item in list.iter().filter(|item| **item != Value::Nothing) {
                    found = found || equal(item, what).map_err(|message| wrong(span, message))?;
                }
                found
            }
            (place, what) => {
                return Err(wrong(span, format!("{} never contains {}", words(place), words(what))));
            }
        };
        Ok(Held::Own(Value::Bool(found)))
    }

    fn extreme(&mut self, function: Builtin, arguments: &'r [Node], span: Span) -> Outcome<'r> {
        let (operator, wanted) = match function {
            Builtin::Min => (Operator::Less, std::cmp::Ordering::Less),
            _ => (Operator::Greater, std::cmp::Ordering::Greater),
        };
        let items: Vec<Held<'r>> = match arguments {
            [list] => self.items(list)?.collect(),
            several => {
                let mut items = Vec::with_capacity(several.len());
                for argument in several {
                    items.push(self.there(argument)?);
                }
                items
            }
        };
        self.spend(items.iter().map(|item| 1 + text_length(item)).sum(), span)?;
        let mut best: Option<Held<'r>> = None;
        for item in items {
            let better = match &best {
                None => true,
                Some(best) => order(operator, &item, best).map_err(|message| wrong(span, message))? == wanted,
            };
            if better {
                best = Some(item);
            }
        }
        Ok(best.unwrap_or(Held::NOTHING))
    }

    fn clock(&self, value: Option<Value>, span: Span) -> Outcome<'r> {
        value.map(Held::Own).ok_or_else(|| wrong(span, "there is no time here"))
    }
}

/// What a function has to read to its end, beyond the step itself.
fn read(function: Builtin, value: &Value) -> u64 {
    match (function, value) {
        (Builtin::Join, Value::List(_)) => weight(value),
        (Builtin::Lower | Builtin::Upper | Builtin::Title | Builtin::Replace | Builtin::Split, Value::Text(text)) => {
            letters(text)
        }
        _ => text_length(value),
    }
}

fn text_length(value: &Value) -> u64 {
    if let Value::Text(text) = value { length(text) } else { 0 }
}

fn too_long() -> String {
    format!("this text is longer than {TEXT_BYTES_MAX} bytes")
}

fn body_path(lambda: &Node) -> Option<String> {
    match &lambda.kind {
        Kind::Lambda { body, .. } => body.path(),
        _ => None,
    }
}

/// The result is measured before it is made: each letter may become many.
fn replaced(text: &str, what: &str, with: &str) -> Result<Value, String> {
    if what.is_empty() {
        return Err("something is replaced".into());
    }
    let grown = text.matches(what).count().saturating_mul(with.len().saturating_sub(what.len()));
    if text.len().saturating_add(grown) > TEXT_BYTES_MAX {
        return Err(too_long());
    }
    Ok(Value::Text(text.replace(what, with)))
}
