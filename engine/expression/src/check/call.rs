//! Typing of function calls.
//!
//! Owns: what every function takes and gives. Constant dates and amounts are read here, so that a wrong one is a fault
//! and not an error of the first run.

use super::{Checker, family, joined, optional, stripped, types::Family};
use crate::{
    fault::{Fault, FaultKind, Span},
    function::{Builtin, usage},
    node::{Kind, Node},
};
use jobwright_core::date::day;
use jobwright_core::invisible::shown;
use jobwright_core::value::{Currency, Type, Value};
use rust_decimal::Decimal;

impl Checker<'_> {
    pub(super) fn call(&mut self, function: Builtin, name_span: Span, arguments: &[Node], node: &Node) -> Type {
        let known = usage(function);
        if !(known.arguments_min..=known.arguments_max).contains(&arguments.len()) {
            let message = match arguments.len() {
                0 => format!("`{}` needs an argument", known.name),
                1 => format!("`{}` needs more than one argument", known.name),
                given => format!("`{}` does not take {given} arguments", known.name),
            };
            self.report(
                Fault::new(name_span, FaultKind::WrongArguments, message).help(format!("write {}", known.usage)),
            );
            return Type::Any;
        }
        match function {
            Builtin::Filter | Builtin::Map | Builtin::Any | Builtin::All => self.with_lambda(function, arguments),
            Builtin::Sum => self.sum(arguments, node),
            Builtin::Contains => self.contains(arguments),
            Builtin::Min | Builtin::Max => self.extreme(function, arguments),
            Builtin::First | Builtin::Last => optional(self.items_of(&arguments[0])),
            Builtin::Join => {
                self.items_of(&arguments[0]);
                self.take(function, &arguments[1], Family::Text);
                Type::Text
            }
            Builtin::Today | Builtin::Now => self.clock(function, name_span),
            Builtin::Round | Builtin::Abs => self.rounded(function, arguments),
            _ => self.plain(function, arguments),
        }
    }

    fn plain(&mut self, function: Builtin, arguments: &[Node]) -> Type {
        use Family::{Date, Moment, Money, Number, Text};
        let any_of: &[&[Family]] = match function {
            Builtin::Lower | Builtin::Upper | Builtin::Title | Builtin::Trim | Builtin::JobForService => &[&[Text]],
            Builtin::StartsWith | Builtin::EndsWith | Builtin::Split => &[&[Text], &[Text]],
            Builtin::Replace => &[&[Text], &[Text], &[Text]],
            Builtin::Len => &[&[Text, Family::List, Family::Map]],
            Builtin::Money => &[&[Text, Number], &[Text]],
            Builtin::Decimal => &[&[Text, Number, Money(None)]],
            Builtin::Date => &[&[Text]],
            Builtin::IsWorkingDay => &[&[Date]],
            Builtin::DaysBetween => &[&[Date], &[Date]],
            Builtin::AddDays => &[&[Date], &[Number]],
            Builtin::FormatDate => &[&[Date, Moment]],
            Builtin::FormatMoment => &[&[Moment]],
            Builtin::FormatMoney => &[&[Money(None)]],
            Builtin::FormatNumber => &[&[Number], &[Number]],
            _ => &[],
        };
        for (argument, families) in arguments.iter().zip(any_of) {
            self.take_any(function, argument, families);
        }
        self.constants(function, arguments);
        match function {
            Builtin::StartsWith | Builtin::EndsWith | Builtin::IsWorkingDay => Type::Bool,
            Builtin::Split => Type::List(Box::new(Type::Text)),
            Builtin::Len | Builtin::DaysBetween => Type::Int,
            Builtin::Money => Type::Money(constant_text(&arguments[1]).and_then(Currency::new)),
            Builtin::Decimal => Type::Decimal,
            Builtin::Date | Builtin::AddDays => Type::Date,
            _ => Type::Text,
        }
    }

    fn take(&mut self, function: Builtin, node: &Node, wanted: Family) -> Type {
        self.take_any(function, node, &[wanted])
    }

    fn take_any(&mut self, function: Builtin, node: &Node, wanted: &[Family]) -> Type {
        let of = self.there(node);
        let given = family(&of);
        if !wanted.iter().any(|wanted| given.meets(*wanted)) {
            let asked: Vec<_> = wanted.iter().map(|wanted| wanted.words()).collect();
            let known = usage(function);
            let message = format!("`{}` takes {}, not {}", known.name, asked.join(" or "), given.words());
            let fault = Fault::new(node.span, FaultKind::WrongArguments, message);
            self.report(fault.help(format!("write {}", known.usage)));
        }
        of
    }

    fn constants(&mut self, function: Builtin, arguments: &[Node]) {
        let texts: Vec<_> = arguments.iter().map(constant_text).collect();
        let (at, message) = match (function, texts.as_slice()) {
            (Builtin::Date, [Some(text)]) if day(text).is_none() => {
                (0, format!("\"{}\" is not a day, YYYY-MM-DD", shown(text)))
            }
            (Builtin::Money, [Some(text), _]) if Decimal::from_str_exact(text).is_err() => {
                (0, format!("\"{text}\" is not an amount"))
            }
            (Builtin::Money, [_, Some(text)]) if Currency::new(text).is_none() => {
                (1, format!("\"{text}\" is not a currency"))
            }
            (Builtin::Decimal, [Some(text)]) if Decimal::from_str_exact(text).is_err() => {
                (0, format!("\"{text}\" is not a number"))
            }
            _ => return,
        };
        let fault = Fault::new(arguments[at].span, FaultKind::WrongArguments, message);
        self.report(fault.help(format!("write {}", usage(function).usage)));
    }

    /// Types a function argument with what it is called with.
    fn lambda(&mut self, function: Builtin, node: &Node, item: Type) -> Type {
        let Kind::Lambda { names, body } = &node.kind else {
            let known = usage(function);
            let message = format!("`{}` takes a function here", known.name);
            self.report(
                Fault::new(node.span, FaultKind::WrongArguments, message).help(format!("write {}", known.usage)),
            );
            return Type::Any;
        };
        if names.len() != 1 {
            let message = format!("this function is called with one value, not {}", names.len());
            self.report(Fault::new(node.span, FaultKind::WrongArguments, message));
        }
        let outside = self.locals.len();
        self.locals.push(item);
        self.locals.extend(names.iter().skip(1).map(|_| Type::Any));
        let of = self.infer(body);
        self.locals.truncate(outside);
        of
    }

    fn with_lambda(&mut self, function: Builtin, arguments: &[Node]) -> Type {
        let item = self.items_of(&arguments[0]);
        let of = self.lambda(function, &arguments[1], item.clone());
        if function == Builtin::Map {
            return Type::List(Box::new(of));
        }
        let found = family(&of);
        if matches!(of, Type::Optional(_)) {
            if let Kind::Lambda { body, .. } = &arguments[1].kind {
                self.may_be_empty(body);
            }
        } else if !found.meets(Family::Bool) {
            let message = format!("this gives {}, where true or false is asked", found.words());
            self.report(Fault::new(arguments[1].span, FaultKind::WrongType, message));
        }
        if function == Builtin::Filter { Type::List(Box::new(item)) } else { Type::Bool }
    }

    fn sum(&mut self, arguments: &[Node], node: &Node) -> Type {
        let item = self.items_of(&arguments[0]);
        let (of, beginning) = match arguments {
            [_, lambda, beginning @ ..] if matches!(lambda.kind, Kind::Lambda { .. }) => {
                (self.lambda(Builtin::Sum, lambda, item), beginning.first())
            }
            [_, beginning] => (item, Some(beginning)),
            [_] => (item, None),
            [_, wrong, ..] => (self.lambda(Builtin::Sum, wrong, item), None),
            [] => (item, None),
        };
        if matches!(of, Type::Optional(_)) {
            self.may_be_empty(arguments.get(1).unwrap_or(node));
        }
        let of = stripped(of);
        match (family(&of), beginning) {
            (Family::Number | Family::Any, None) => of,
            (Family::Money(currency), None) => {
                // An empty list would be the number 0, and no money.
                let currency = currency.as_ref().map_or("GBP", Currency::as_str);
                let help = format!("write a beginning: sum(…, money(\"0.00\", \"{currency}\"))");
                let message = "the sum of an empty list would have no currency";
                self.report(Fault::new(node.span, FaultKind::WrongArguments, message).help(help));
                of
            }
            (Family::Number | Family::Money(_) | Family::Any, Some(beginning)) => {
                let begun = self.take(Builtin::Sum, beginning, family(&of));
                joined(begun, of).unwrap_or(Type::Any)
            }
            (other, _) => {
                let message = format!("`sum` adds numbers or money, not {}", other.words());
                self.report(Fault::new(node.span, FaultKind::WrongArguments, message));
                Type::Any
            }
        }
    }

    fn contains(&mut self, arguments: &[Node]) -> Type {
        let place = self.there(&arguments[0]);
        let what = self.there(&arguments[1]);
        let inside = match &place {
            Type::List(of) => stripped((**of).clone()),
            Type::Record(_) | Type::Map => Type::Text,
            of => of.clone(),
        };
        let holds = matches!(family(&place), Family::Text | Family::List | Family::Map | Family::Any);
        if !holds || !family(&inside).meets(family(&what)) {
            let message = match (&place, holds) {
                (Type::List(_), true) => {
                    format!("a list of {} never contains {}", inside, family(&what).words())
                }
                (_, true) => format!("{} never contains {}", family(&place).words(), family(&what).words()),
                (_, false) => format!("{} contains nothing", family(&place).words()),
            };
            self.report(Fault::new(arguments[1].span, FaultKind::MixedTypes, message));
        } else if let (Type::Enum(words), Type::List(_), Kind::Value(Value::Text(word))) =
            (&inside, &place, &arguments[1].kind)
            && !words.contains(word)
        {
            let help = crate::fault::did_you_mean(word, words.iter().map(String::as_str));
            let message = format!("the list never contains \"{word}\"");
            self.report(Fault::new(arguments[1].span, FaultKind::NeverTrue, message).help_if(help));
        }
        Type::Bool
    }

    fn extreme(&mut self, function: Builtin, arguments: &[Node]) -> Type {
        if let [list] = arguments {
            return optional(self.items_of(list));
        }
        let mut whole = self.ordered(function, &arguments[0]);
        for argument in &arguments[1..] {
            let of = self.ordered(function, argument);
            whole = match joined(whole.clone(), of.clone()) {
                Some(whole) => whole,
                None => {
                    let (one, other) = (family(&whole).words(), family(&of).words());
                    let message = format!("`{}` compares {one} with {other}", usage(function).name);
                    self.report(Fault::new(argument.span, FaultKind::MixedTypes, message));
                    Type::Any
                }
            };
        }
        whole
    }

    fn ordered(&mut self, function: Builtin, node: &Node) -> Type {
        let families = [Family::Number, Family::Money(None), Family::Date, Family::Moment, Family::Text];
        self.take_any(function, node, &families)
    }

    fn clock(&mut self, function: Builtin, name_span: Span) -> Type {
        if !self.scope.has_clock() {
            let message = format!("`{}()` cannot be asked here", usage(function).name);
            let help = "the time is known to `when` and to scripts";
            self.report(Fault::new(name_span, FaultKind::NotAllowed, message).help(help));
        }
        if function == Builtin::Today { Type::Date } else { Type::Moment }
    }

    fn rounded(&mut self, function: Builtin, arguments: &[Node]) -> Type {
        let of = self.take_any(function, &arguments[0], &[Family::Number, Family::Money(None)]);
        let to_whole = function == Builtin::Round && arguments.len() == 1;
        if let Some(decimals) = arguments.get(1) {
            self.take(function, decimals, Family::Number);
        }
        match family(&of) {
            Family::Number if to_whole => Type::Int,
            Family::Number if function == Builtin::Round => Type::Decimal,
            _ => of,
        }
    }
}

fn constant_text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Value(Value::Text(text)) => Some(text),
        _ => None,
    }
}
