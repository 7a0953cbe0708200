//! Date rules: `anchor, step, step …`, read and evaluated.
//!
//! Owns: the rule as a value. `parse` reads it, `write` writes it, `evaluate` turns it into a day or a moment, `order`
//! sorts key dates that name one another, `period` cuts time into the periods jobs repeat by. Nothing here has a clock:
//! what an anchor means is asked from whoever evaluates.

mod civil;
mod context;
mod evaluate;
mod order;
mod parse;
mod period;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod write;

pub use crate::calendar::Direction;
pub use civil::OutOfRange;
pub use context::{Anchored, Context, Meaning, When};
pub use evaluate::evaluate;
pub use order::{Cycle, order};
pub use parse::RuleError;
pub use period::{BadKey, BadOffset, Every, OFFSET_MAX, OffsetUnit, Period, Periods};
pub use text::{day, instant, local_moment};
pub use trace::{Cause, Evaluation, Note, Trace, Undated};

use alloc::{string::String, vec::Vec};
use jiff::civil::{Date, Time, Weekday};

/// Longest text of a rule, in bytes.
pub const RULE_BYTES_MAX: usize = 1_000;
/// Most steps of a rule.
pub const STEPS_MAX: usize = 32;
/// Largest number a step may count, written or from an input, either way.
pub const COUNT_MAX: u32 = crate::calendar::WORKING_DAYS_MAX;

/// A date rule: from where, and which steps, left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What the rule hangs on.
    pub anchor: Anchor,
    /// The steps from there, at most [`STEPS_MAX`].
    pub steps: Vec<Step>,
}

/// What a rule hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// A day, written out.
    Date(Date),
    /// When the rule's own task is due.
    Due,
    /// A key date of the definition; `dates.pay_date` and `pay_date` are the same.
    KeyDate(String),
    /// A dotted path: `period.start`, `job.opened`, `client.year_end`, `tasks.x.completed`.
    Path(String),
}

/// One step. `at` sets the time of day and hours and minutes move it; a time that was written survives steps of days and
/// longer, one that a clock gave (`job.opened`) does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `+7 days`, `-2 working days`, `+9 months keeping month end`.
    Shift {
        /// Plus or minus.
        direction: Direction,
        /// How many.
        count: Count,
        /// Of what.
        unit: Unit,
    },
    /// `day 22 of month`; a month that is shorter gives its last day.
    DayOfMonth(Count),
    /// `start of quarter`.
    StartOf(Stretch),
    /// `end of tax month`.
    EndOf(Stretch),
    /// `next working day`, `previous friday`: the nearest such day, and a day that is one already stays.
    Nearest(Direction, Target),
    /// `at 09:00`.
    At(Time),
}

/// A number in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// Written in the rule.
    Number(u32),
    /// The path of a whole number, `inputs.pay_day`.
    Path(String),
}

/// What a shift counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Sixty seconds of real time.
    Minute,
    /// Sixty minutes of real time, also across a change of clocks.
    Hour,
    /// Calendar days.
    Day,
    /// Days that the calendar works.
    WorkingDay,
    /// Seven days.
    Week,
    /// Calendar months; a shorter month gives its last day.
    Month,
    /// Months, and the last day of a month stays the last day.
    MonthKeepingEnd,
    /// Three months.
    Quarter,
    /// Twelve months; 29 February gives 28 February.
    Year,
    /// Years, and the last day of February stays the last day.
    YearKeepingEnd,
}

/// A stretch of the calendar that has a first and a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A quarter of the calendar year.
    Quarter,
    /// A calendar year.
    Year,
    /// The 6th to the 5th (United Kingdom).
    TaxMonth,
    /// 6 April to 5 April (United Kingdom).
    TaxYear,
}

/// A kind of day to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A day that the calendar works.
    WorkingDay,
    /// A day of the week.
    Weekday(Weekday),
}

impl Rule {
    /// Every path the rule's value depends on: its anchor (`due`, a key date's name, a dotted path), then its counts.
    pub fn anchors(&self) -> impl Iterator<Item = &str> {
        let counts = self.steps.iter().filter_map(|step| match step {
            Step::Shift { count: Count::Path(path), .. } | Step::DayOfMonth(Count::Path(path)) => Some(path.as_str()),
            _ => None,
        });
        self.anchor.path().into_iter().chain(counts)
    }

    /// Whether the rule's time of day was written by a person: by `at` in one of its steps, or else where its anchor has
    /// its time from, which `of_anchor` knows.
    pub fn writes_time(&self, of_anchor: impl FnOnce(&str) -> bool) -> bool {
        let sets = self.steps.iter().any(|step| matches!(step, Step::At(_)));
        sets || self.anchor.path().is_some_and(of_anchor)
    }

    /// The key date the rule hangs on.
    pub fn key_date(&self) -> Option<&str> {
        match &self.anchor {
            Anchor::KeyDate(name) => Some(name),
            Anchor::Date(_) | Anchor::Due | Anchor::Path(_) => None,
        }
    }
}

impl Anchor {
    /// The path under which the anchor's value is asked; a written date needs none.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Date(_) => None,
            Self::Due => Some("due"),
            Self::KeyDate(path) | Self::Path(path) => Some(path),
        }
    }

    /// Whether the day this anchor gives is one that something ends with, so that hours count from its end.
    pub(super) fn ends_its_day(&self) -> bool {
        match self {
            Self::Due => true,
            Self::Path(path) => path.ends_with(".due") || path.ends_with(".expires"),
            Self::Date(_) | Self::KeyDate(_) => false,
        }
    }
}
