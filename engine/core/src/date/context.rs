//! What a rule is evaluated in: zone, calendar, hours, and what its anchors mean.
//!
//! Owns: the instant that a bare day stands for, the choice at a change of clocks (a gap moves forward, a fold takes the
//! first), and the practice's open hours.

use super::{Direction, Note, OutOfRange};
use crate::calendar::Calendar;
use core::fmt;
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::{AmbiguousOffset, TimeZone},
};

/// What a rule is evaluated in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The zone of the job.
    pub zone: &'a TimeZone,
    /// The calendar of the job.
    pub calendar: &'a Calendar,
    /// When the practice opens: what a bare day means.
    pub opening: Time,
    /// When the practice closes.
    pub closing: Time,
    /// What the rule is for.
    pub meaning: Meaning,
    /// The value of a path: an anchor's or a count's. `None` and `Unknown` both leave the rule undated.
    pub lookup: &'a dyn Fn(&str) -> Option<Anchored>,
}

/// What a rule is for, which decides what a day without a time means.
///
/// It matters in two places: in [`Context::instant`], and where a step of hours or minutes meets a bare day. There,
/// hours also count from the day's end in a rule that hangs on `due`, `….due` or `….expires`, whatever it is for:
/// `due, +2 hours` is never before the task is overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Something begins or happens: at the opening hour.
    Start,
    /// Something ends (`due`, `expires`): with the day, at the next local midnight.
    Due,
}

/// The value of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchored {
    /// A day.
    Day(Date),
    /// An instant that a clock gave: its time of day means nothing to steps of days, which drop it.
    Moment(Timestamp),
    /// An instant whose time of day a person wrote, by `at` or in a field: steps of days keep it.
    Timed(Timestamp),
    /// A whole number, for counts.
    Int(i64),
    /// The path is right, but nobody has given it a value yet.
    Unknown,
}

/// What a rule comes to: a day, shown as the day, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A day without a time.
    Day(Date),
    /// An instant.
    Moment(Timestamp),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Moment(at) => write!(f, "{at}"),
        }
    }
}

impl Context<'_> {
    /// The instant that a day or a moment means: a bare day that is due ends with it, at the next local midnight; any
    /// other is the opening hour.
    pub fn instant(&self, when: When, meaning: Meaning) -> Result<Timestamp, OutOfRange> {
        match when {
            When::Moment(at) => Ok(at),
            When::Day(day) => Ok(self.edge(day, meaning)?.0),
        }
    }

    /// The moment itself when the practice is open then, else when it next opens: when a reminder may go out.
    pub fn open_moment(&self, at: Timestamp) -> Result<Timestamp, OutOfRange> {
        let local = self.zone.to_datetime(at);
        let reached = |from: Date| {
            let found = self.calendar.nearest_working_day(from, Direction::Forward);
            Ok(found.ok_or(OutOfRange)?.day)
        };
        let day = reached(local.date())?;
        if day != local.date() || local.time() < self.opening {
            return self.instant(When::Day(day), Meaning::Start);
        }
        if local.time() < self.closing {
            return Ok(at);
        }
        self.instant(When::Day(reached(day.tomorrow().map_err(|_| OutOfRange)?)?), Meaning::Start)
    }

    pub(super) fn edge(&self, day: Date, meaning: Meaning) -> Result<(Timestamp, Option<Note>), OutOfRange> {
        match meaning {
            Meaning::Start => self.resolve(day, self.opening),
            Meaning::Due => self.resolve(day.tomorrow().map_err(|_| OutOfRange)?, Time::midnight()),
        }
    }

    pub(super) fn resolve(&self, day: Date, time: Time) -> Result<(Timestamp, Option<Note>), OutOfRange> {
        let local = self.zone.to_ambiguous_timestamp(day.to_datetime(time));
        let note = match local.offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Gap { .. } => Some(Note::GapMovedForward),
            AmbiguousOffset::Fold { .. } => Some(Note::FoldTookFirst),
        };
        Ok((local.compatible().map_err(|_| OutOfRange)?, note))
    }

    pub(super) fn day_of(&self, when: When) -> Date {
        match when {
            When::Day(day) => day,
            When::Moment(at) => self.zone.to_datetime(at).date(),
        }
    }
}
