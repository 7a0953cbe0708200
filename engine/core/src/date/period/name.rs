//! What periods are called: a key for machines, a label for people, and a key read back.

use super::Every;
use crate::date::{
    Stretch,
    civil::{first_of, last_of},
    text::{day, digits},
};
use alloc::{format, string::String};
use jiff::civil::{Date, ISOWeekDate, Weekday};

fn as_calendar_has_it(every: Every, start: Date, end: Date) -> bool {
    let stretch = match every {
        Every::Week => Stretch::Week,
        Every::Month => Stretch::Month,
        Every::Quarter => Stretch::Quarter,
        Every::Year => Stretch::Year,
    };
    first_of(stretch, end) == Ok(start) && last_of(stretch, end) == Ok(end)
}

/// The name for machines: the calendar's own, or the last day when the period is shifted.
pub(super) fn key(every: Every, start: Date, end: Date) -> String {
    if !as_calendar_has_it(every, start, end) {
        return format!("to-{end}");
    }
    match every {
        Every::Week => {
            let week = end.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
        Every::Month => format!("{:04}-{:02}", end.year(), end.month()),
        Every::Quarter => format!("{:04}-Q{}", end.year(), quarter(end)),
        Every::Year => format!("{:04}", end.year()),
    }
}

/// The name for people.
pub(super) fn label(every: Every, start: Date, end: Date) -> String {
    let month = MONTHS[usize::from(end.month().unsigned_abs()) - 1];
    if !as_calendar_has_it(every, start, end) {
        let every = match every {
            Every::Week => "week",
            Every::Month => "month",
            Every::Quarter => "quarter",
            Every::Year => "year",
        };
        return format!("the {every} to {} {month} {}", end.day(), end.year());
    }
    match every {
        Every::Week => {
            let week = end.iso_week_date();
            format!("week {} of {}", week.week(), week.year())
        }
        Every::Month => format!("{month} {}", end.year()),
        Every::Quarter => format!("Q{} {}", quarter(end), end.year()),
        Every::Year => format!("{}", end.year()),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn quarter(day: Date) -> i8 {
    (day.month() + 2) / 3
}

/// The last of the days that a key names.
pub(super) fn day_named(key: &str) -> Option<Date> {
    if let Some(end) = key.strip_prefix("to-") {
        return day(end);
    }
    let Some((year, rest)) = key.split_once('-') else {
        return Date::new(digits(key, 4)?, 12, 31).ok();
    };
    let year = digits(year, 4)?;
    if let Some(week) = rest.strip_prefix('W') {
        return ISOWeekDate::new(year, digits(week, 2)?.try_into().ok()?, Weekday::Sunday).ok().map(ISOWeekDate::date);
    }
    let month = match rest.strip_prefix('Q') {
        Some(quarter) => digits(quarter, 1)? * 3,
        None => digits(rest, 2)?,
    };
    Date::new(year, month.try_into().ok()?, 1).ok().map(Date::last_of_month)
}
