//! Rules against what others have fixed: the tax office, Companies House, the clocks, and the shipped calendars.

mod clocks;
mod properties;
mod statutory;

use super::*;
use crate::calendar::Calendar;
use alloc::string::ToString;
use jiff::{Timestamp, civil::time, tz::TimeZone};

fn london() -> TimeZone {
    TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").unwrap()
}

/// A shipped calendar, read without a YAML reader: its holidays are the lines that begin with a date.
fn shipped(text: &str) -> Calendar {
    let entry =
        |line: &str| line.trim().split_once(": ").and_then(|(day, name)| Some((day.parse().ok()?, name.into())));
    Calendar::new("shipped", "Shipped", text.lines().filter_map(entry).collect())
}

fn england() -> Calendar {
    shipped(include_str!("../../../../workflows/calendars/england-and-wales.yaml"))
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Runs a rule in London with the English calendar, open 9 to 17, where `values` says what the paths mean.
fn run(rule: &str, meaning: Meaning, values: &[(&str, Anchored)]) -> Result<Evaluation, Undated> {
    world(meaning, values, |ctx| evaluate(&Rule::parse(rule).expect(rule), ctx))
}

fn world<T>(meaning: Meaning, values: &[(&str, Anchored)], then: impl FnOnce(&Context<'_>) -> T) -> T {
    let lookup = |path: &str| values.iter().find(|(name, _)| *name == path).map(|(_, value)| *value);
    let (zone, calendar) = (london(), england());
    let (opening, closing) = (time(9, 0, 0, 0), time(17, 0, 0, 0));
    then(&Context { zone: &zone, calendar: &calendar, opening, closing, meaning, lookup: &lookup })
}

/// What a rule without paths comes to.
fn value(rule: &str) -> String {
    match run(rule, Meaning::Start, &[]) {
        Ok(evaluation) => evaluation.value.to_string(),
        Err(undated) => undated.to_string(),
    }
}
