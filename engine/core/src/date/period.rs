//! The periods that jobs repeat by: weeks, months, quarters and years, as the calendar has them or shifted.
//!
//! Owns: where a period begins and ends, its key and its label. Periods follow one another without a gap: each begins
//! the day after the last one ended. Leaves to the caller when a period's job opens.

use super::{
    Stretch,
    evaluate::{add_months_keeping_end, first_of, last_of},
    parse::{date, digits},
};
use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, ISOWeekDate, Weekday},
    tz::TimeZone,
};

/// Furthest that periods may be shifted, in any unit.
pub const OFFSET_MAX: i32 = 366;

/// Periods before and after today's whose opening is asked for.
const OPENINGS_ASKED: i64 = 60;

/// How often a job repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Monday to Sunday, unless shifted.
    Week,
    /// A calendar month, unless shifted.
    Month,
    /// A quarter of the calendar year, unless shifted.
    Quarter,
    /// A calendar year, unless shifted.
    Year,
}

/// What an offset counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetUnit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months; ends of months stay ends of months.
    Month,
}

/// One period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its name for machines: `2026-05`, `2026-W18`, `2026-Q2`, `2026`, or `to-2026-05-31` when it is shifted.
    pub key: String,
    /// Its first day.
    pub start: Date,
    /// Its last day.
    pub end: Date,
    /// Its name for people: `May 2026`, `the quarter to 31 May 2026`.
    pub label: String,
}

/// All periods of one schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    every: Every,
    /// The last day of one period; all others are counted from it.
    last: Date,
    /// Days by which each end is moved on.
    days: i32,
}

/// A key that names no period of the schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKey {
    /// The key.
    pub key: String,
    /// The key of the period that holds the same days, when the text names some.
    pub near: Option<String>,
    /// A key of the schedule, to show how they look.
    pub example: String,
}

/// An offset that periods cannot have: above [`OFFSET_MAX`], or weeks shifted by months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadOffset;

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.near {
            Some(near) => write!(f, "`{}` is no period of this job; did you mean `{near}`?", self.key),
            None => write!(f, "`{}` is no period; write it as `{}`", self.key, self.example),
        }
    }
}

impl core::error::Error for BadKey {}

impl fmt::Display for BadOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "periods move by at most {OFFSET_MAX} days, weeks or months, and weeks not by months")
    }
}

impl core::error::Error for BadOffset {}

impl Periods {
    /// The periods as the calendar has them.
    pub fn of_calendar(every: Every) -> Self {
        let last = match every {
            Every::Week => Date::constant(2023, 1, 1),
            Every::Month | Every::Quarter | Every::Year => Date::constant(2022, 12, 31),
        };
        Self { every, last, days: 0 }
    }

    /// The periods of which one ends on the anchor, such as a client's year end. An anchor that is the last day of its
    /// month keeps to last days.
    pub fn ending_on(every: Every, anchor: Date) -> Self {
        Self { every, last: anchor, days: 0 }
    }

    /// The same periods, later by so much.
    pub fn offset(self, by: i32, unit: OffsetUnit) -> Result<Self, BadOffset> {
        if by.unsigned_abs() > OFFSET_MAX.unsigned_abs() {
            return Err(BadOffset);
        }
        match (unit, self.every) {
            (OffsetUnit::Day, _) => Ok(Self { days: self.days + by, ..self }),
            (OffsetUnit::Week, _) => Ok(Self { days: self.days + 7 * by, ..self }),
            (OffsetUnit::Month, Every::Week) => Err(BadOffset),
            (OffsetUnit::Month, _) => {
                let last = add_months_keeping_end(self.last, i64::from(by)).map_err(|_| BadOffset)?;
                Ok(Self { last, ..self })
            }
        }
    }

    /// The period that holds the day. `None` at the ends of time.
    pub fn holding(&self, day: Date) -> Option<Period> {
        self.period(self.number_holding(day)?)
    }

    /// The period after this one.
    pub fn after(&self, period: &Period) -> Option<Period> {
        self.holding(period.end.tomorrow().ok()?)
    }

    /// The period before this one.
    pub fn before(&self, period: &Period) -> Option<Period> {
        self.holding(period.start.yesterday().ok()?)
    }

    /// The period with this key.
    pub fn with_key(&self, key: &str) -> Result<Period, BadKey> {
        let named = day_named(key).and_then(|day| self.holding(day));
        match named {
            Some(period) if period.key == key => Ok(period),
            near => {
                let example = self.holding(Date::constant(2026, 5, 1)).map_or_else(String::new, |period| period.key);
                Err(BadKey { key: key.into(), near: near.map(|period| period.key), example })
            }
        }
    }

    /// The period whose opening is the latest not after now; of two that open together, the later one. `open` answers
    /// `None` for a period whose opening is not known. Asks 60 periods to either side of today's.
    pub fn latest_open(
        &self,
        now: Timestamp,
        zone: &TimeZone,
        mut open: impl FnMut(&Period) -> Option<Timestamp>,
    ) -> Option<Period> {
        let today = self.number_holding(zone.to_datetime(now).date())?;
        (today - OPENINGS_ASKED..=today + OPENINGS_ASKED)
            .filter_map(|number| self.period(number))
            .filter_map(|period| open(&period).filter(|at| *at <= now).map(|at| (at, period)))
            .max_by_key(|(at, _)| *at)
            .map(|(_, period)| period)
    }

    /// The end of the period with this number; the one that `last` ends has 0.
    fn end(&self, number: i64) -> Option<Date> {
        let end = match self.months() {
            None => self.last.checked_add(7_i64.checked_mul(number)?.days()).ok()?,
            Some(months) => add_months_keeping_end(self.last, months.checked_mul(number)?).ok()?,
        };
        end.checked_add(self.days.days()).ok().filter(|end| end.year() >= 1)
    }

    fn number_holding(&self, day: Date) -> Option<i64> {
        let unshifted = day.checked_sub(self.days.days()).ok()?;
        let guess = match self.months() {
            None => i64::from(self.last.until(unshifted).ok()?.get_days()).div_euclid(7),
            Some(months) => (month_number(unshifted) - month_number(self.last)).div_euclid(months),
        };
        // The guess ends in the day's own week or month, or before: one period early at most, and never late.
        Some(guess + i64::from(self.end(guess)? < day))
    }

    fn period(&self, number: i64) -> Option<Period> {
        let start = self.end(number - 1)?.tomorrow().ok()?;
        let end = self.end(number)?;
        let key = self.key(start, end);
        Some(Period { label: self.label(&key, start, end), key, start, end })
    }

    /// Months in a period; weeks have none.
    fn months(&self) -> Option<i64> {
        match self.every {
            Every::Week => None,
            Every::Month => Some(1),
            Every::Quarter => Some(3),
            Every::Year => Some(12),
        }
    }

    fn as_calendar_has_it(&self, start: Date, end: Date) -> bool {
        let stretch = match self.every {
            Every::Week => Stretch::Week,
            Every::Month => Stretch::Month,
            Every::Quarter => Stretch::Quarter,
            Every::Year => Stretch::Year,
        };
        first_of(stretch, end) == Ok(start) && last_of(stretch, end) == Ok(end)
    }

    fn key(&self, start: Date, end: Date) -> String {
        if !self.as_calendar_has_it(start, end) {
            return format!("to-{end}");
        }
        match self.every {
            Every::Week => {
                let week = end.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Every::Month => format!("{:04}-{:02}", end.year(), end.month()),
            Every::Quarter => format!("{:04}-Q{}", end.year(), quarter(end)),
            Every::Year => format!("{:04}", end.year()),
        }
    }

    fn label(&self, key: &str, start: Date, end: Date) -> String {
        let month = MONTHS[usize::from(end.month().unsigned_abs()) - 1];
        if !self.as_calendar_has_it(start, end) {
            let every = match self.every {
                Every::Week => "week",
                Every::Month => "month",
                Every::Quarter => "quarter",
                Every::Year => "year",
            };
            return format!("the {every} to {} {month} {}", end.day(), end.year());
        }
        match self.every {
            Every::Week => {
                let week = end.iso_week_date();
                format!("week {} of {}", week.week(), week.year())
            }
            Every::Month => format!("{month} {}", end.year()),
            Every::Quarter => format!("Q{} {}", quarter(end), end.year()),
            Every::Year => key.to_string(),
        }
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

fn month_number(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

/// The last of the days that a key names.
fn day_named(key: &str) -> Option<Date> {
    if let Some(end) = key.strip_prefix("to-") {
        return date(end);
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
