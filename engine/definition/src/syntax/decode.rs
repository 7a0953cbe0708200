//! From a node to a value, by the place where it stands.
//!
//! Owns: what a text, a truth value, a number, a date, a list, a mapping of names and a choice look like. Every decoder
//! is a function `(&Node, &mut Diagnostics) -> Option<T>`: it says what is wrong and gives nothing, or gives a value.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::tree::{Kind, Node, Style, Text};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::source::Spanned;
use crate::suggest::suggest;

impl Node {
    /// The characters as written; not none.
    pub fn text(&self, diagnostics: &mut Diagnostics) -> Option<Text> {
        let text = self.text_or_empty(diagnostics)?;
        if text.is_empty() {
            diagnostics.push(Diagnostic::error(code::EMPTY_VALUE, "the text is empty").at(self.span, ""));
            return None;
        }
        Some(text)
    }

    /// The characters as written, `""` included. A value that is not there at all is still a fault.
    pub fn text_or_empty(&self, diagnostics: &mut Diagnostics) -> Option<Text> {
        match self.scalar("a text", diagnostics)? {
            _ if self.is_absent() => {
                diagnostics.push(Diagnostic::error(code::EMPTY_VALUE, "a value is missing here").at(self.span, ""));
                None
            }
            text => Some(text.clone()),
        }
    }

    /// `true` or `false`, nothing else.
    pub fn boolean(&self, diagnostics: &mut Diagnostics) -> Option<bool> {
        let text = self.unquoted("`true` or `false`", diagnostics)?;
        match text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => self.bad(format!("{} is not `true` or `false`", quoted(other)), diagnostics),
        }
    }

    /// A whole number.
    pub fn integer(&self, diagnostics: &mut Diagnostics) -> Option<i64> {
        let text = self.unquoted("a whole number", diagnostics)?;
        let value = is_number(text, false).then(|| text.parse().ok()).flatten();
        value.or_else(|| self.bad(format!("{} is not a whole number", quoted(text)), diagnostics))
    }

    /// An exact decimal number, quoted or not.
    pub fn decimal(&self, diagnostics: &mut Diagnostics) -> Option<Decimal> {
        let text = self.text(diagnostics)?;
        let value = is_number(&text, true).then(|| Decimal::from_str_exact(&text).ok()).flatten();
        value.or_else(|| self.bad(format!("{} is not a decimal number like `12.50`", quoted(&text)), diagnostics))
    }

    /// A day, `YYYY-MM-DD`, quoted or not.
    pub fn date(&self, diagnostics: &mut Diagnostics) -> Option<Date> {
        let text = self.text(diagnostics)?;
        parse_date(&text)
            .or_else(|| self.bad(format!("{} is not a day of the calendar, `YYYY-MM-DD`", quoted(&text)), diagnostics))
    }

    /// Refuses a value with words of the caller's, at this node.
    pub fn bad<T>(&self, message: impl Into<String>, diagnostics: &mut Diagnostics) -> Option<T> {
        diagnostics.push(Diagnostic::error(code::BAD_VALUE, message).at(self.span, ""));
        None
    }

    /// Says that another kind of value belongs here, as in "expected a list, found a text".
    pub fn wrong_kind<T>(&self, expected: &str, diagnostics: &mut Diagnostics) -> Option<T> {
        let found = match &self.kind {
            Kind::Refused => return None,
            Kind::Scalar(_) if self.is_absent() => "nothing",
            Kind::Scalar(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        };
        let diagnostic = Diagnostic::error(code::WRONG_KIND, format!("expected {expected}, found {found}"));
        diagnostics.push(diagnostic.at(self.head(), format!("this is {found}")));
        None
    }

    fn scalar(&self, expected: &str, diagnostics: &mut Diagnostics) -> Option<&Text> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            Kind::Map(entries) if entries.iter().all(|entry| entry.value.is_absent()) => {
                let diagnostic = Diagnostic::error(code::WRONG_KIND, format!("expected {expected}, found a mapping"));
                let help = "a text which begins with `{` or ends with `:` is written in quotes";
                diagnostics.push(diagnostic.at(self.span, "this is a mapping").help(help));
                None
            }
            _ => self.wrong_kind(expected, diagnostics),
        }
    }

    /// Quotes around a number or truth value would make it a text for every other tool.
    fn unquoted(&self, expected: &str, diagnostics: &mut Diagnostics) -> Option<&Text> {
        let text = self.scalar(expected, diagnostics)?;
        if text.style() == Style::Plain && !text.is_empty() {
            return Some(text);
        }
        if self.is_absent() {
            return self.wrong_kind(expected, diagnostics);
        }
        let diagnostic = Diagnostic::error(code::BAD_VALUE, format!("expected {expected}, found a quoted text"));
        diagnostics.push(diagnostic.at(self.span, "").help("write it without quotes"));
        None
    }
}

/// The value with the place of its node.
pub fn spanned<'n, T>(
    decode: impl FnOnce(&'n Node, &mut Diagnostics) -> Option<T>,
) -> impl FnOnce(&'n Node, &mut Diagnostics) -> Option<Spanned<T>> {
    |node, diagnostics| Some(Spanned::new(decode(node, diagnostics)?, node.span))
}

/// A list; items that are wrong are reported and left out, so that the others are still looked at.
pub fn list_of<'n, T>(
    mut item: impl FnMut(&'n Node, &mut Diagnostics) -> Option<T>,
) -> impl FnOnce(&'n Node, &mut Diagnostics) -> Option<Vec<T>> {
    move |node, diagnostics| match &node.kind {
        Kind::List(items) => Some(items.iter().filter_map(|node| item(node, diagnostics)).collect()),
        Kind::Scalar(text) if !node.is_absent() => {
            let diagnostic = Diagnostic::error(code::WRONG_KIND, "expected a list, found a text");
            let help = format!("write {}", quoted(&format!("[{text}]")));
            diagnostics.push(diagnostic.at(node.span, "this is a text").help(help));
            None
        }
        _ => node.wrong_kind("a list", diagnostics),
    }
}

/// A mapping whose keys are names of people's own choice, in the order written.
pub fn map_of<'n, T>(
    mut value: impl FnMut(&'n Node, &mut Diagnostics) -> Option<T>,
) -> impl FnOnce(&'n Node, &mut Diagnostics) -> Option<Vec<(Spanned<String>, T)>> {
    move |node, diagnostics| match &node.kind {
        Kind::Map(entries) => {
            let pair = |entry: &'n super::Entry| Some((entry.key.clone(), value(&entry.value, diagnostics)?));
            Some(entries.iter().filter_map(pair).collect())
        }
        _ => node.wrong_kind("a mapping", diagnostics),
    }
}

/// One of a few words.
pub fn choice<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&Node, &mut Diagnostics) -> Option<T> {
    move |node, diagnostics| {
        let text = node.text(diagnostics)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| text == *word) {
            return Some(*value);
        }
        let words = || choices.iter().map(|(word, _)| *word);
        let label = suggest(&text, words()).map_or(String::new(), |word| format!("did you mean `{word}`?"));
        let help = format!("possible are: {}", words().collect::<Vec<_>>().join(", "));
        let diagnostic = Diagnostic::error(code::UNKNOWN_CHOICE, format!("{} is not possible here", quoted(&text)));
        diagnostics.push(diagnostic.at(node.span, label).help(help));
        None
    }
}

/// A whole number between two bounds.
pub fn in_range<T>(range: RangeInclusive<T>) -> impl Fn(&Node, &mut Diagnostics) -> Option<T>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    move |node, diagnostics| {
        let number = node.integer(diagnostics)?;
        let value = T::try_from(number).ok().filter(|value| range.contains(value));
        if value.is_none() {
            let message = format!("{number} is not between {} and {}", range.start(), range.end());
            diagnostics.push(Diagnostic::error(code::OUT_OF_RANGE, message).at(node.span, ""));
        }
        value
    }
}

/// A text which reads as a `T`; what `T` says against it is the message.
pub fn parsed<T>(node: &Node, diagnostics: &mut Diagnostics) -> Option<T>
where
    T: FromStr,
    T::Err: Display,
{
    let text = node.text(diagnostics)?;
    text.parse().map_or_else(|fault: T::Err| node.bad(fault.to_string(), diagnostics), Some)
}

/// Digits without a leading zero, after an optional minus; with `fraction`, a point and more digits may follow.
fn is_number(text: &str, fraction: bool) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = match text.split_once('.') {
        Some((whole, rest)) if fraction => (whole, rest),
        _ => (text, "0"),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(rest) && (whole == "0" || !whole.starts_with('0'))
}

fn parse_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !shape {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?).ok()
}
