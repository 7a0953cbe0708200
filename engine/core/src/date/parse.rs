//! Reading a rule: all its faults at once, each with its place and a way out.
//!
//! Owns: the grammar. The text is cut at commas; the first part is the anchor, each further one a step. Leaves to
//! `definition` whether an anchor exists and whether an input is a whole number.

use super::text::{day, digits};
use super::{Anchor, COUNT_MAX, Count, Direction, RULE_BYTES_MAX, Rule, STEPS_MAX, Step, Stretch, Target, Unit};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::{fmt, ops::Range};
use jiff::civil::Time;

/// What is wrong with a rule, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The bytes of the text that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for RuleError {}

const ANCHOR_HELP: &str =
    "begin with what the rule counts from, such as `period.end, +7 days` or `due, -2 working days`";
const STEP_HELP: &str = "a step is `+7 days`, `day 22 of month`, `end of month`, `next working day` or `at 09:00`";
const UNIT_HELP: &str = "units are minutes, hours, days, working days, weeks, months, quarters and years; \
                         months and years may end in `keeping month end`";
const STRETCH_HELP: &str = "write week, month, quarter, year, tax month or tax year";
const TARGET_HELP: &str = "write `working day` or a day of the week";
const TIME_HELP: &str = "write hours and minutes as `09:00`, from 00:00 to 23:59";

impl Rule {
    /// Reads a rule, or tells every fault in it.
    pub fn parse(text: &str) -> Result<Self, Vec<RuleError>> {
        if text.len() > RULE_BYTES_MAX {
            return Err(vec![fault(0..text.len(), format!("a date rule has at most {RULE_BYTES_MAX} bytes"), None)]);
        }
        let mut faults = Vec::new();
        let mut keep = |fault| faults.push(fault);
        let mut parts = parts(text);
        let anchor = parts.next().and_then(|part| anchor(&part).map_err(&mut keep).ok());
        let steps: Vec<Step> = parts.filter_map(|part| step(&part).map_err(&mut keep).ok()).collect();
        if steps.len() > STEPS_MAX {
            keep(fault(0..text.len(), format!("a date rule has at most {STEPS_MAX} steps"), None));
        }
        match anchor {
            Some(anchor) if faults.is_empty() => Ok(Self { anchor, steps }),
            _ => Err(faults),
        }
    }
}

/// What stands between two commas.
struct Part<'a> {
    words: Vec<Word<'a>>,
    span: Range<usize>,
}

/// A word, or a sign that begins one.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    at: usize,
}

impl Word<'_> {
    fn span(self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    text.split(',').scan(0, |at, part| {
        let begin = *at;
        *at += part.len() + 1;
        let trimmed = part.trim();
        let span = match trimmed {
            // An empty part is shown with the commas around it, so that there is something to underline.
            "" => begin.saturating_sub(1)..(begin + part.len() + 1).min(text.len()),
            _ => {
                let first = begin + (part.len() - part.trim_start().len());
                first..first + trimmed.len()
            }
        };
        Some(Part { words: words(part, begin), span })
    })
}

fn words(part: &str, begin: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for text in part.split_whitespace() {
        let at = begin + (text.as_ptr() as usize - part.as_ptr() as usize);
        match text.strip_prefix(['+', '-']) {
            Some(rest) if words.is_empty() => {
                words.push(Word { text: &text[..1], at });
                if !rest.is_empty() {
                    words.push(Word { text: rest, at: at + 1 });
                }
            }
            _ => words.push(Word { text, at }),
        }
    }
    words
}

fn fault(span: Range<usize>, message: impl Into<String>, help: Option<&str>) -> RuleError {
    RuleError { span, message: message.into(), help: help.map(ToString::to_string) }
}

fn anchor(part: &Part<'_>) -> Result<Anchor, RuleError> {
    let Some((first, rest)) = part.words.split_first() else {
        return Err(fault(part.span.clone(), "the rule has no anchor", Some(ANCHOR_HELP)));
    };
    if step(part).is_ok() {
        return Err(fault(part.span.clone(), "the rule begins with a step", Some(ANCHOR_HELP)));
    }
    let anchor = anchor_name(*first)?;
    match (rest.first(), rest.last()) {
        (Some(from), Some(to)) => {
            let help = format!("put a comma after `{}`", first.text);
            Err(fault(from.at..to.span().end, "a comma is missing before this step", Some(&help)))
        }
        _ => Ok(anchor),
    }
}

fn anchor_name(word: Word<'_>) -> Result<Anchor, RuleError> {
    if word.text.starts_with(|c: char| c.is_ascii_digit()) {
        return match day(word.text) {
            Some(date) => Ok(Anchor::Date(date)),
            None => {
                let message = format!("`{}` is no date", word.text);
                Err(fault(word.span(), message, Some("write a date as `2026-03-31`")))
            }
        };
    }
    let name = word.text.strip_prefix("dates.").unwrap_or(word.text);
    match name {
        _ if !is_path(name) => Err(fault(word.span(), format!("`{}` is no anchor", word.text), Some(ANCHOR_HELP))),
        "due" if name == word.text => Ok(Anchor::Due),
        "due" => Err(fault(word.span(), "a key date cannot be called `due`", Some("give the key date another name"))),
        _ if !name.contains('.') => Ok(Anchor::KeyDate(name.into())),
        _ if name == word.text => Ok(Anchor::Path(name.into())),
        _ => Err(fault(word.span(), "a key date has no parts", Some("write `dates.` and the key date's name"))),
    }
}

fn step(part: &Part<'_>) -> Result<Step, RuleError> {
    let lower: Vec<String> = part.words.iter().map(|word| word.text.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    // The words after the first `skip`, which name a unit, a stretch or a kind of day.
    let tail = |skip: usize| Tail { text: lower[skip..].join(" "), span: tail_span(part, skip) };
    match lower.as_slice() {
        [] => Err(fault(part.span.clone(), "a step is missing here", Some(STEP_HELP))),
        [sign @ ("+" | "-"), _, ..] => {
            let direction = if *sign == "+" { Direction::Forward } else { Direction::Back };
            Ok(Step::Shift { direction, count: count(part.words[1], COUNT_MAX)?, unit: unit(&tail(2))? })
        }
        ["day", _, "of", "month"] => Ok(Step::DayOfMonth(day_of_month(part.words[1])?)),
        ["start", "of", ..] => Ok(Step::StartOf(stretch(&tail(2))?)),
        ["end", "of", ..] => Ok(Step::EndOf(stretch(&tail(2))?)),
        ["next", ..] => Ok(Step::Nearest(Direction::Forward, target(&tail(1))?)),
        ["previous", ..] => Ok(Step::Nearest(Direction::Back, target(&tail(1))?)),
        ["at", text] => match time(text) {
            Some(time) => Ok(Step::At(time)),
            None => Err(fault(part.words[1].span(), format!("`{text}` is no time of day"), Some(TIME_HELP))),
        },
        _ => Err(fault(part.span.clone(), "this is no step", Some(STEP_HELP))),
    }
}

struct Tail {
    text: String,
    span: Range<usize>,
}

/// The place of the words after the first `skip`; the whole part when there are none.
fn tail_span(part: &Part<'_>, skip: usize) -> Range<usize> {
    part.words.get(skip).map_or(part.span.clone(), |word| word.at..part.span.end)
}

fn count(word: Word<'_>, max: u32) -> Result<Count, RuleError> {
    if word.text.starts_with(|c: char| c.is_ascii_digit()) && word.text.bytes().all(|b| b.is_ascii_digit()) {
        return match word.text.parse() {
            Ok(number) if number <= max => Ok(Count::Number(number)),
            _ => Err(fault(word.span(), format!("`{}` is too large", word.text), Some(&format!("at most {max}")))),
        };
    }
    if is_path(word.text) && word.text.contains('.') {
        return Ok(Count::Path(word.text.into()));
    }
    let help = "write digits and then the unit, as in `+7 days`, or the path of a whole number, as in `inputs.pay_day`";
    Err(fault(word.span(), format!("`{}` is no number", word.text), Some(help)))
}

fn day_of_month(word: Word<'_>) -> Result<Count, RuleError> {
    match count(word, DAY_OF_MONTH_MAX)? {
        Count::Number(0) => Err(fault(word.span(), "days of a month begin at 1", None)),
        count => Ok(count),
    }
}

const DAY_OF_MONTH_MAX: u32 = 31;

fn unit(tail: &Tail) -> Result<Unit, RuleError> {
    let named = |unit: &&Unit| {
        let (one, rest) = unit.words();
        tail.text.strip_prefix(one).is_some_and(|end| end.strip_prefix('s').unwrap_or(end) == rest)
    };
    let unit = Unit::ALL.iter().find(named).copied();
    unit.ok_or_else(|| unknown(tail, "unit", UNIT_HELP))
}

fn stretch(tail: &Tail) -> Result<Stretch, RuleError> {
    let stretch = Stretch::ALL.into_iter().find(|stretch| stretch.words() == tail.text);
    stretch.ok_or_else(|| unknown(tail, "stretch of the calendar", STRETCH_HELP))
}

fn target(tail: &Tail) -> Result<Target, RuleError> {
    let target = Target::ALL.into_iter().find(|target| target.words() == tail.text);
    target.ok_or_else(|| unknown(tail, "kind of day", TARGET_HELP))
}

fn unknown(tail: &Tail, what: &str, help: &str) -> RuleError {
    let message = match tail.text.as_str() {
        "" => format!("a {what} is missing"),
        text => format!("`{text}` is no {what}"),
    };
    fault(tail.span.clone(), message, Some(help))
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(digits(hour, 2)?.try_into().ok()?, digits(minute, 2)?.try_into().ok()?, 0, 0).ok()
}

/// Names joined by dots; a name is lower case, and the first letter of the whole is no digit.
fn is_path(text: &str) -> bool {
    let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('.').all(|name| !name.is_empty() && name.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of a text, each as `underlined text: message`.
    fn faults(text: &str) -> Vec<String> {
        let show = |fault: &RuleError| format!("{}: {}", &text[fault.span.clone()], fault.message);
        Rule::parse(text).expect_err(text).iter().map(show).collect()
    }

    #[test]
    fn every_form_of_the_language_is_read_and_written_back() {
        for text in [
            "period.start",
            "pay_date",
            "due, -1 minute, +90 minutes, -4 hours",
            "2026-02-28, +1 day, +7 days, +1 working day, -5 working days, +2 weeks",
            "client.year_end, +9 months keeping month end, +1 day",
            "client.year_end, +1 year keeping month end, -2 years, +3 quarters, +1 month",
            "period.start, day inputs.pay_day of month, previous working day",
            "period.end, +inputs.grace working days, +inputs.n months keeping month end",
            "job.opened, start of week, end of month, start of quarter, end of year, start of tax year, end of tax month",
            "tasks.x-1.completed, next monday, previous sunday, next working day, at 08:05",
            "task.ready, day 31 of month, +0 days, at 00:00",
        ] {
            assert_eq!(Rule::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn spaces_capitals_and_plurals_are_read_and_written_in_one_way() {
        for (text, canonical) in [
            (" period.end ,+7 day,  + 1 Months ", "period.end, +7 days, +1 month"),
            ("dates.pay_date, Next  Monday", "pay_date, next monday"),
            ("period.end,\n  End of Tax Month", "period.end, end of tax month"),
            ("due, +1 months KEEPING month end, +007 days", "due, +1 month keeping month end, +7 days"),
        ] {
            assert_eq!(Rule::parse(text).expect(text).to_string(), canonical);
        }
    }

    #[test]
    fn all_faults_of_a_rule_are_told_at_once() {
        assert_eq!(
            faults("Period.End, +7d, end of moth, at 24:00, , foo"),
            [
                "Period.End: `Period.End` is no anchor",
                "7d: `7d` is no number",
                "moth: `moth` is no stretch of the calendar",
                "24:00: `24:00` is no time of day",
                ", ,: a step is missing here",
                "foo: this is no step",
            ]
        );
    }

    #[test]
    fn each_fault_stands_at_its_place() {
        for (text, fault) in [
            ("", ": the rule has no anchor"),
            ("+7 days", "+7 days: the rule begins with a step"),
            ("period.end +7 days", "+7 days: a comma is missing before this step"),
            ("2026-02-29", "2026-02-29: `2026-02-29` is no date"),
            ("20260228", "20260228: `20260228` is no date"),
            ("0000-01-01", "0000-01-01: `0000-01-01` is no date"),
            ("dates.due", "dates.due: a key date cannot be called `due`"),
            ("dates.a.b", "dates.a.b: a key date has no parts"),
            ("a..b", "a..b: `a..b` is no anchor"),
            ("due,", ",: a step is missing here"),
            ("due, +", "+: this is no step"),
            ("due, +7", "+7: a unit is missing"),
            ("due, 7 days", "7 days: this is no step"),
            ("due, +7 fortnights", "fortnights: `fortnights` is no unit"),
            ("due, +1 quarter keeping month end", "quarter keeping month end: `quarter keeping month end` is no unit"),
            ("due, +10000 days", "10000: `10000` is too large"),
            ("due, +99999999999999999999 days", "99999999999999999999: `99999999999999999999` is too large"),
            ("due, +pay_day days", "pay_day: `pay_day` is no number"),
            ("due, day 0 of month", "0: days of a month begin at 1"),
            ("due, day 32 of month", "32: `32` is too large"),
            ("due, next", "next: a kind of day is missing"),
            ("due, at 9:00", "9:00: `9:00` is no time of day"),
            ("due, +é days", "é: `é` is no number"),
        ] {
            assert_eq!(faults(text), [fault], "{text}");
        }
    }

    #[test]
    fn a_rule_without_bounds_is_refused() {
        let long = "due".to_string() + &", +1 day".repeat(STEPS_MAX + 1);
        assert_eq!(Rule::parse(&long).unwrap_err()[0].message, "a date rule has at most 32 steps");
        assert!(Rule::parse(&"x".repeat(RULE_BYTES_MAX + 1)).unwrap_err()[0].message.contains("1000 bytes"));
    }

    #[test]
    fn the_paths_of_a_rule_are_its_anchor_and_its_counts() {
        let paths = |text| Rule::parse(text).unwrap().anchors().map(String::from).collect::<Vec<_>>();
        assert_eq!(
            paths("period.start, day inputs.a of month, +inputs.b days"),
            ["period.start", "inputs.a", "inputs.b"]
        );
        assert_eq!(paths("due, +1 day"), ["due"]);
        assert_eq!(paths("dates.pay_date"), ["pay_date"]);
        assert!(paths("2026-01-01").is_empty());
    }
}
