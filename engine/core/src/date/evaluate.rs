//! What a rule comes to, and how: a pure function of the rule and what its anchors mean.
//!
//! Owns: the meaning of every step, the trace that people are shown, and the instant a bare day stands for. Steps run on
//! civil dates in the job's zone. A gap of the clocks moves forward, a fold takes the first, and the trace says so.

use super::{Anchor, COUNT_MAX, Count, Direction, Rule, Step, Stretch, Target, Unit};
use crate::calendar::{Calendar, Reached};
use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::fmt;
use jiff::{
    SignedDuration, Span, Timestamp, ToSpan,
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
    /// An instant.
    Moment(Timestamp),
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
    /// It leads out of the years 1 to 9999, above [`COUNT_MAX`], to a day of the month outside 1 to 31, or to a
    /// calendar without working days.
    OutOfRange,
}

/// A day that has no instant, at the very ends of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Moment(at) => write!(f, "{at}"),
        }
    }
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

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date outside the years 1 to 9999")
    }
}

impl core::error::Error for OutOfRange {}

/// Works a rule out, step by step.
pub fn evaluate(rule: &Rule, ctx: &Context<'_>) -> Result<Evaluation, Undated> {
    let mut value = anchor(&rule.anchor, ctx)?;
    let mut trace = vec![Trace { text: rule.anchor.to_string(), result: value, note: None }];
    // A rule that hangs on a due date counts its hours from where that date ends, whatever the rule is for.
    let ctx = Context { meaning: if rule.anchor.ends_its_day() { Meaning::Due } else { ctx.meaning }, ..*ctx };
    for step in &rule.steps {
        let counted = count_of(step, &ctx)?;
        let out_of_range = |OutOfRange| undated(rule.anchor.to_string(), Cause::OutOfRange);
        let (result, note) = take(step, counted, value, &ctx).map_err(out_of_range)?;
        trace.push(Trace { text: step.to_string(), result, note });
        value = result;
    }
    Ok(Evaluation { value, trace })
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

    fn edge(&self, day: Date, meaning: Meaning) -> Result<(Timestamp, Option<Note>), OutOfRange> {
        match meaning {
            Meaning::Start => self.resolve(day, self.opening),
            Meaning::Due => self.resolve(day.tomorrow().map_err(|_| OutOfRange)?, Time::midnight()),
        }
    }

    fn resolve(&self, day: Date, time: Time) -> Result<(Timestamp, Option<Note>), OutOfRange> {
        let local = self.zone.to_ambiguous_timestamp(day.to_datetime(time));
        let note = match local.offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Gap { .. } => Some(Note::GapMovedForward),
            AmbiguousOffset::Fold { .. } => Some(Note::FoldTookFirst),
        };
        Ok((local.compatible().map_err(|_| OutOfRange)?, note))
    }

    fn day_of(&self, when: When) -> Date {
        match when {
            When::Day(day) => day,
            When::Moment(at) => self.zone.to_datetime(at).date(),
        }
    }
}

type Stepped = Result<(When, Option<Note>), OutOfRange>;

fn undated(anchor: impl Into<String>, cause: Cause) -> Undated {
    Undated { anchor: anchor.into(), cause }
}

fn anchor(anchor: &Anchor, ctx: &Context<'_>) -> Result<When, Undated> {
    let path = match anchor {
        Anchor::Date(date) => return Ok(When::Day(*date)),
        Anchor::Due => "due",
        Anchor::KeyDate(path) | Anchor::Path(path) => path,
    };
    match (ctx.lookup)(path) {
        Some(Anchored::Day(day)) => Ok(When::Day(day)),
        Some(Anchored::Moment(at)) => Ok(When::Moment(at)),
        Some(Anchored::Int(_)) => Err(undated(path, Cause::NotADate)),
        Some(Anchored::Unknown) | None => Err(undated(path, Cause::Unknown)),
    }
}

/// The number of a step, zero for a step that counts nothing.
fn count_of(step: &Step, ctx: &Context<'_>) -> Result<i64, Undated> {
    let (count, range) = match step {
        Step::Shift { count, .. } => (count, -i64::from(COUNT_MAX)..=i64::from(COUNT_MAX)),
        Step::DayOfMonth(count) => (count, 1..=31),
        Step::StartOf(_) | Step::EndOf(_) | Step::Nearest(..) | Step::At(_) => return Ok(0),
    };
    let (number, path) = match count {
        Count::Number(number) => (i64::from(*number), ""),
        Count::Path(path) => match (ctx.lookup)(path) {
            Some(Anchored::Int(number)) => (number, path.as_str()),
            Some(Anchored::Day(_) | Anchored::Moment(_)) => return Err(undated(path, Cause::NotANumber)),
            Some(Anchored::Unknown) | None => return Err(undated(path, Cause::Unknown)),
        },
    };
    if range.contains(&number) { Ok(number) } else { Err(undated(path, Cause::OutOfRange)) }
}

fn take(step: &Step, count: i64, value: When, ctx: &Context<'_>) -> Stepped {
    let day = ctx.day_of(value);
    match step {
        Step::Shift { direction, unit, .. } => {
            let count = if *direction == Direction::Back { -count } else { count };
            shift(*unit, count, value, ctx)
        }
        Step::DayOfMonth(_) => {
            let last = i64::from(day.days_in_month());
            let note = (count > last).then_some(Note::Clamped);
            // The number is 1 to 31 and no longer than the month, so that this cannot miss.
            let found = day.first_of_month().checked_add((count.min(last) - 1).days());
            Ok((When::Day(in_range(found)?), note))
        }
        Step::StartOf(stretch) => Ok((When::Day(first_of(*stretch, day)?), None)),
        Step::EndOf(stretch) => Ok((When::Day(last_of(*stretch, day)?), None)),
        Step::Nearest(direction, Target::WorkingDay) => worked(ctx.calendar.nearest_working_day(day, *direction)),
        Step::Nearest(direction, Target::Weekday(weekday)) => {
            let days = match direction {
                Direction::Forward => i64::from(day.weekday().until(*weekday)),
                Direction::Back => -i64::from(day.weekday().since(*weekday)),
            };
            Ok((When::Day(in_range(day.checked_add(days.days()))?), None))
        }
        Step::At(time) => {
            let (at, note) = ctx.resolve(day, *time)?;
            Ok((When::Moment(at), note))
        }
    }
}

fn shift(unit: Unit, count: i64, value: When, ctx: &Context<'_>) -> Stepped {
    let day = ctx.day_of(value);
    let plain = |span: Span| Ok((When::Day(in_range(day.checked_add(span))?), None));
    match unit {
        Unit::Minute => pass(SignedDuration::from_mins(count), value, ctx),
        Unit::Hour => pass(SignedDuration::from_hours(count), value, ctx),
        Unit::Day => plain(count.days()),
        Unit::Week => plain(count.weeks()),
        Unit::WorkingDay => {
            let direction = if count < 0 { Direction::Back } else { Direction::Forward };
            let count = u32::try_from(count.unsigned_abs()).map_err(|_| OutOfRange)?;
            worked(ctx.calendar.add_working_days(day, count, direction))
        }
        Unit::Month => clamped(day, add_months(day, count)?),
        Unit::Quarter => clamped(day, add_months(day, 3 * count)?),
        Unit::Year => clamped(day, add_months(day, 12 * count)?),
        Unit::MonthKeepingEnd => keeping_month_end(day, count),
        Unit::YearKeepingEnd => keeping_month_end(day, 12 * count),
    }
}

/// Real time passes; a bare day starts or ends first.
fn pass(length: SignedDuration, value: When, ctx: &Context<'_>) -> Stepped {
    let (from, note) = match value {
        When::Moment(at) => (at, None),
        When::Day(day) => ctx.edge(day, ctx.meaning)?,
    };
    Ok((When::Moment(from.checked_add(length).map_err(|_| OutOfRange)?), note))
}

fn worked(reached: Option<Reached>) -> Stepped {
    let reached = reached.ok_or(OutOfRange)?;
    let day = in_range(Ok(reached.day))?;
    Ok((When::Day(day), reached.beyond_data.then_some(Note::BeyondCalendar)))
}

fn clamped(from: Date, to: Date) -> Stepped {
    Ok((When::Day(to), (from.day() != to.day()).then_some(Note::Clamped)))
}

fn keeping_month_end(from: Date, months: i64) -> Stepped {
    let to = add_months_keeping_end(from, months)?;
    let note = (from != from.last_of_month() && from.day() != to.day()).then_some(Note::Clamped);
    Ok((When::Day(to), note))
}

/// So many months on; a shorter month gives its last day.
pub(super) fn add_months(day: Date, months: i64) -> Result<Date, OutOfRange> {
    in_range(day.checked_add(Span::new().try_months(months).map_err(|_| OutOfRange)?))
}

/// So many months on, where the last day of a month stays the last day.
pub(super) fn add_months_keeping_end(day: Date, months: i64) -> Result<Date, OutOfRange> {
    let to = add_months(day, months)?;
    Ok(if day == day.last_of_month() { to.last_of_month() } else { to })
}

/// The first day of the stretch that holds the day.
pub(super) fn first_of(stretch: Stretch, day: Date) -> Result<Date, OutOfRange> {
    let first = day.first_of_month();
    let months_back = |months: i8| add_months(first, -i64::from(months));
    match stretch {
        Stretch::Week => in_range(day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days())),
        Stretch::Month => Ok(first),
        Stretch::Quarter => months_back((day.month() - 1) % 3),
        Stretch::Year => Ok(day.first_of_year()),
        Stretch::TaxMonth => in_range(months_back(i8::from(day.day() < 6))?.checked_add(5.days())),
        Stretch::TaxYear => {
            let month = first_of(Stretch::TaxMonth, day)?;
            add_months(month, -i64::from((month.month() + 8) % 12))
        }
    }
}

/// The last day of the stretch that holds the day.
pub(super) fn last_of(stretch: Stretch, day: Date) -> Result<Date, OutOfRange> {
    let first = first_of(stretch, day)?;
    let next = match stretch {
        Stretch::Week => in_range(first.checked_add(1.week()))?,
        Stretch::Month | Stretch::TaxMonth => add_months(first, 1)?,
        Stretch::Quarter => add_months(first, 3)?,
        Stretch::Year | Stretch::TaxYear => add_months(first, 12)?,
    };
    in_range(next.yesterday())
}

/// Years that can be written with four digits; the calendar of dates goes further.
fn in_range(day: Result<Date, jiff::Error>) -> Result<Date, OutOfRange> {
    day.ok().filter(|day| day.year() >= 1).ok_or(OutOfRange)
}
