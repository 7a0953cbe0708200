//! From a node to a value, by the place where it stands.
//!
//! Owns: what a text, a truth value, a number, a date, a list, a mapping of names and a choice look like. Every decoder
//! is a function `(&Node, &mut Diagnostics) -> Option<T>`: it says what is wrong and gives nothing, or gives a value.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;
use jobwright_core::date::day;
use jobwright_core::invisible;
use rust_decimal::Decimal;

use super::fault;
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

    /// The characters as written, `""` included. A value that is not there at all is still a fault, and so is one that
    /// ends at a `#` which was probably meant to belong to it.
    pub fn text_or_empty(&self, diagnostics: &mut Diagnostics) -> Option<Text> {
        let text = self.written(diagnostics)?;
        if let Some(comment) = text.comment() {
            let certain = comment.is_text;
            diagnostics.push(fault::cut(&text, comment));
            if certain {
                return None;
            }
        }
        Some(text)
    }

    /// A word, number, day or rule: what a comment behind it cuts off cannot have belonged to it.
    pub fn word(&self, diagnostics: &mut Diagnostics) -> Option<Text> {
        let text = self.written(diagnostics)?;
        if text.is_empty() {
            diagnostics.push(Diagnostic::error(code::EMPTY_VALUE, "the text is empty").at(self.span, ""));
            return None;
        }
        Some(text)
    }

    fn written(&self, diagnostics: &mut Diagnostics) -> Option<Text> {
        let text = self.scalar("a text", diagnostics)?;
        if self.is_absent() {
            let diagnostic = Diagnostic::error(code::EMPTY_VALUE, "a value is missing here").at(self.span, "");
            let help =
                text.comment().map(|_| "what follows `#` is a comment; write a text that begins with `#` in quotes");
            diagnostics.push(help.into_iter().fold(diagnostic, Diagnostic::help));
            return None;
        }
        // A character of the file itself was told when it was read; this one is written as an escape.
        if let Some((at, character)) = text.char_indices().find(|(_, character)| is_refused(*character)) {
            let message = format!("the invisible character {} is written here", invisible::name(character));
            diagnostics
                .push(Diagnostic::error(code::CONTROL_CHARACTER, message).at(text.place(at), "").help("leave it out"));
            return None;
        }
        Some(text.clone())
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
        let text = self.word(diagnostics)?;
        let value = is_number(&text, true).then(|| Decimal::from_str_exact(&text).ok()).flatten();
        value.or_else(|| self.bad(format!("{} is not a decimal number like `12.50`", quoted(&text)), diagnostics))
    }

    /// A day, `YYYY-MM-DD`, quoted or not.
    pub fn date(&self, diagnostics: &mut Diagnostics) -> Option<Date> {
        let text = self.word(diagnostics)?;
        day(&text)
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
pub fn spanned<T>(
    mut decode: impl FnMut(&Node, &mut Diagnostics) -> Option<T>,
) -> impl FnMut(&Node, &mut Diagnostics) -> Option<Spanned<T>> {
    move |node, diagnostics| Some(Spanned::new(decode(node, diagnostics)?, node.span))
}

/// A list; items that are wrong are reported and left out, so that the others are still looked at.
pub fn list_of<T>(
    mut item: impl FnMut(&Node, &mut Diagnostics) -> Option<T>,
) -> impl FnMut(&Node, &mut Diagnostics) -> Option<Vec<T>> {
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
pub fn map_of<T>(
    mut value: impl FnMut(&Node, &mut Diagnostics) -> Option<T>,
) -> impl FnMut(&Node, &mut Diagnostics) -> Option<Vec<(Spanned<String>, T)>> {
    move |node, diagnostics| match &node.kind {
        Kind::Map(entries) => {
            let pair = |entry: &super::Entry| Some((entry.key.clone(), value(&entry.value, diagnostics)?));
            Some(entries.iter().filter_map(pair).collect())
        }
        _ => node.wrong_kind("a mapping", diagnostics),
    }
}

/// One of a few words.
pub fn choice<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&Node, &mut Diagnostics) -> Option<T> {
    move |node, diagnostics| {
        let text = node.word(diagnostics)?;
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

/// What a text never holds, however it is written. Tabs and line breaks are fine in one.
fn is_refused(character: char) -> bool {
    invisible::is_refused(character) && !matches!(character, '\t' | '\n' | '\r')
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::testing::decoded;
    use super::*;

    fn reads<T: PartialEq + std::fmt::Debug>(
        decode: impl Fn(&Node, &mut Diagnostics) -> Option<T>,
        table: &[(&str, Option<T>)],
    ) {
        for (text, expected) in table {
            let (value, picture) = decoded(text, &decode);
            assert_eq!(value, *expected, "{text}\n{picture}");
            assert_eq!(value.is_none(), picture.contains("error["), "{text}\n{picture}");
        }
    }

    #[test]
    fn a_text_is_the_characters_that_were_written() {
        let text = |node: &Node, diagnostics: &mut Diagnostics| Some(node.text(diagnostics)?.into_string());
        let same = |text: &'static str| (text, Some(text.to_owned()));
        reads(text, &["1.10", "NO", "007", "true", "null", "~", "2026-01-31", "1_000", "12:30", "a b"].map(same));
        reads(text, &[("'1'", Some("1".into())), ("|\n  a\n  b\n", Some("a\nb\n".into()))]);
        reads(text, &[("''", None), ("[a]", None), ("a: b", None)]);
    }

    #[test]
    fn a_truth_value_is_true_or_false_and_nothing_else() {
        reads(Node::boolean, &[("true", Some(true)), ("false", Some(false))]);
        reads(Node::boolean, &["yes", "on", "True", "TRUE", "1", "\"true\"", "[true]"].map(|text| (text, None)));
    }

    #[test]
    fn a_whole_number_has_no_leading_zero_and_no_quotes() {
        reads(
            Node::integer,
            &[("0", Some(0)), ("28", Some(28)), ("-7", Some(-7)), ("9223372036854775807", Some(i64::MAX))],
        );
        reads(
            Node::integer,
            &["007", "+7", "1_000", "1.0", "0x1F", "9223372036854775808", "- 7", "'7'"].map(|text| (text, None)),
        );
        reads(
            in_range(1_u8..=31),
            &[("1", Some(1)), ("31", Some(31)), ("0", None), ("32", None), ("-1", None), ("999", None)],
        );
    }

    #[test]
    fn a_decimal_is_exact() {
        let decimal = |text: &str| Decimal::from_str_exact(text).ok();
        reads(Node::decimal, &["0", "12.50", "-0.10", "1000000000000.01"].map(|text| (text, decimal(text))));
        reads(Node::decimal, &[("'12.50'", decimal("12.50"))]);
        reads(Node::decimal, &[".5", "5.", "1e3", "01.5", "1,5", "1_0.0", ".inf", "NaN"].map(|text| (text, None)));
        let digits = format!("0.{}", "1".repeat(40));
        reads(Node::decimal, &[(digits.as_str(), None)]);
    }

    #[test]
    fn a_date_is_a_day_of_the_calendar() {
        reads(Node::date, &[("2026-01-31", Some(jiff::civil::date(2026, 1, 31)))]);
        reads(
            Node::date,
            &["2026-02-30", "0000-01-01", "2026-1-31", "31.01.2026", "2026-01-31T00:00", "é026-01-3"]
                .map(|text| (text, None)),
        );
    }

    #[test]
    fn a_choice_suggests_the_word_that_was_meant() {
        let (_, picture) = decoded("mnoth\n", choice(&[("week", 1), ("month", 2)]));
        expect![[r#"
            error[WF0206]: `mnoth` is not possible here
             --> vat.job.yaml:1:1
              |
            1 | mnoth
              | ^^^^^ did you mean `month`?
              |
              = help: possible are: week, month
        "#]]
        .assert_eq(&picture);
    }

    #[test]
    fn a_list_keeps_its_good_items_and_tells_of_the_others() {
        let (value, picture) = decoded("[1, x, 3]\n", list_of(Node::integer));
        assert_eq!(value, Some(vec![1, 3]));
        expect![[r#"
            error[WF0205]: `x` is not a whole number
             --> vat.job.yaml:1:5
              |
            1 | [1, x, 3]
              |     ^
        "#]]
        .assert_eq(&picture);
        let (_, picture) = decoded("prepare\n", list_of(Node::text));
        expect![[r#"
            error[WF0201]: expected a list, found a text
             --> vat.job.yaml:1:1
              |
            1 | prepare
              | ^^^^^^^ this is a text
              |
              = help: write `[prepare]`
        "#]]
        .assert_eq(&picture);
    }

    #[test]
    fn a_mapping_of_names_keeps_their_order_and_places() {
        let (value, _) = decoded("payroll: 1\naml: 2\n", map_of(Node::integer));
        let pairs = value.expect("a mapping");
        assert_eq!(
            pairs.iter().map(|(key, value)| (key.value.as_str(), *value)).collect::<Vec<_>>(),
            [("payroll", 1), ("aml", 2)]
        );
        assert_eq!(pairs[1].0.span.range(), 11..14);
    }

    #[test]
    fn a_text_in_braces_is_told_to_be_quoted() {
        let (_, picture) = decoded("{ client.name }\n", Node::text);
        expect![[r#"
            error[WF0201]: expected a text, found a mapping
             --> vat.job.yaml:1:1
              |
            1 | { client.name }
              | ^^^^^^^^^^^^^^^ this is a mapping
              |
              = help: a text which begins with `{` or ends with `:` is written in quotes
        "#]]
        .assert_eq(&picture);
    }

    #[test]
    fn a_type_reads_itself_and_says_what_is_wrong() {
        reads(parsed::<std::net::Ipv4Addr>, &[("127.0.0.1", Some([127, 0, 0, 1].into())), ("127.0.0", None)]);
    }
}
