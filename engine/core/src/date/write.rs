//! The one way to write a rule; reading what is written gives the rule again.
//!
//! Owns: the words of units, stretches and kinds of day, which `parse` reads by the same tables.

use super::{Anchor, Count, Direction, Rule, Step, Stretch, Target, Unit};
use core::fmt;
use jiff::civil::Weekday;

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.anchor)?;
        self.steps.iter().try_for_each(|step| write!(f, ", {step}"))
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => write!(f, "{date}"),
            Self::Due => f.write_str("due"),
            Self::KeyDate(path) | Self::Path(path) => f.write_str(path),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shift { direction, count, unit } => {
                let sign = if *direction == Direction::Forward { '+' } else { '-' };
                let plural = if *count == Count::Number(1) { "" } else { "s" };
                let (unit, rest) = unit.words();
                write!(f, "{sign}{count} {unit}{plural}{rest}")
            }
            Self::DayOfMonth(count) => write!(f, "day {count} of month"),
            Self::StartOf(stretch) => write!(f, "start of {}", stretch.words()),
            Self::EndOf(stretch) => write!(f, "end of {}", stretch.words()),
            Self::Nearest(Direction::Forward, target) => write!(f, "next {}", target.words()),
            Self::Nearest(Direction::Back, target) => write!(f, "previous {}", target.words()),
            Self::At(time) => write!(f, "at {:02}:{:02}", time.hour(), time.minute()),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Path(path) => f.write_str(path),
        }
    }
}

impl Unit {
    pub(super) const ALL: [Self; 10] = [
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::WorkingDay,
        Self::Week,
        Self::Month,
        Self::MonthKeepingEnd,
        Self::Quarter,
        Self::Year,
        Self::YearKeepingEnd,
    ];

    /// The unit for one, and what follows the plural's `s`.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Minute => ("minute", ""),
            Self::Hour => ("hour", ""),
            Self::Day => ("day", ""),
            Self::WorkingDay => ("working day", ""),
            Self::Week => ("week", ""),
            Self::Month => ("month", ""),
            Self::MonthKeepingEnd => ("month", " keeping month end"),
            Self::Quarter => ("quarter", ""),
            Self::Year => ("year", ""),
            Self::YearKeepingEnd => ("year", " keeping month end"),
        }
    }
}

impl Stretch {
    pub(super) const ALL: [Self; 6] =
        [Self::Week, Self::Month, Self::Quarter, Self::Year, Self::TaxMonth, Self::TaxYear];

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::TaxMonth => "tax month",
            Self::TaxYear => "tax year",
        }
    }
}

impl Target {
    pub(super) const ALL: [Self; 8] = [
        Self::WorkingDay,
        Self::Weekday(Weekday::Monday),
        Self::Weekday(Weekday::Tuesday),
        Self::Weekday(Weekday::Wednesday),
        Self::Weekday(Weekday::Thursday),
        Self::Weekday(Weekday::Friday),
        Self::Weekday(Weekday::Saturday),
        Self::Weekday(Weekday::Sunday),
    ];

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::WorkingDay => "working day",
            Self::Weekday(Weekday::Monday) => "monday",
            Self::Weekday(Weekday::Tuesday) => "tuesday",
            Self::Weekday(Weekday::Wednesday) => "wednesday",
            Self::Weekday(Weekday::Thursday) => "thursday",
            Self::Weekday(Weekday::Friday) => "friday",
            Self::Weekday(Weekday::Saturday) => "saturday",
            Self::Weekday(Weekday::Sunday) => "sunday",
        }
    }
}
