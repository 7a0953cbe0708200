//! What an evaluation says: the value, each step towards it, or why there is none.

use super::When;
use alloc::{string::String, vec::Vec};
use core::fmt;

/// The value of a rule, and how it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The value.
    pub value: When,
    /// The anchor and each step, in order.
    pub trace: Vec<Trace>,
}

/// One line of the explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The anchor or step, as written.
    pub text: String,
    /// What it gave.
    pub result: When,
    /// What a person might not expect.
    pub note: Option<Note>,
}

/// What a person might not expect of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The clocks skip that time: moved forward.
    GapMovedForward,
    /// That time comes twice: the first was taken.
    FoldTookFirst,
    /// The month is shorter: its last day was taken.
    Clamped,
    /// Outside the calendar's data: only weekends were counted.
    BeyondCalendar,
}

/// A rule that has no value now: the reason `date_unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undated {
    /// The path that is to blame; the date itself when it was written out.
    pub anchor: String,
    /// Why it gives no date.
    pub cause: Cause,
}

/// Why a path gives no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody has given it a value.
    Unknown,
    /// It is a number where a date is asked.
    NotADate,
    /// It is a date where a number is asked.
    NotANumber,
    /// It leads out of the years 1 to 9999, above [`COUNT_MAX`](super::COUNT_MAX), to a day of the month outside 1 to 31, or to a
    /// calendar without working days.
    OutOfRange,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GapMovedForward => "the clocks skip that time, so it was moved forward",
            Self::FoldTookFirst => "that time comes twice, and the first was taken",
            Self::Clamped => "the month has no such day, so its last day was taken",
            Self::BeyondCalendar => "the calendar has no holidays for that year, so only weekends were counted",
        })
    }
}

impl fmt::Display for Undated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let anchor = &self.anchor;
        match self.cause {
            Cause::Unknown => write!(f, "`{anchor}` has no value yet"),
            Cause::NotADate => write!(f, "`{anchor}` is a number, not a date"),
            Cause::NotANumber => write!(f, "`{anchor}` is a date, not a number"),
            Cause::OutOfRange => write!(f, "`{anchor}` leads to no date that can be counted to"),
        }
    }
}

impl core::error::Error for Undated {}
