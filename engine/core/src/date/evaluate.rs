//! What a rule comes to: a pure function of the rule and what its anchors mean.
//!
//! Owns: the meaning of every step, taken from left to right on civil dates in the job's zone. Leaves the clocks to
//! `context` and the arithmetic of days to `civil`.

use super::{
    Anchor, Anchored, COUNT_MAX, Cause, Context, Count, Direction, Evaluation, Meaning, Note, OutOfRange, Rule, Step,
    Target, Trace, Undated, Unit, When,
    civil::{add_months, add_months_keeping_end, first_of, in_range, last_of},
};
use crate::calendar::Reached;
use alloc::{
    string::{String, ToString},
    vec,
};
use jiff::{
    SignedDuration, Span, ToSpan,
    civil::{Date, Time},
};

/// Works a rule out, step by step.
pub fn evaluate(rule: &Rule, ctx: &Context<'_>) -> Result<Evaluation, Undated> {
    let (mut value, mut written) = anchor(&rule.anchor, ctx)?;
    let mut trace = vec![Trace { text: rule.anchor.to_string(), result: value, note: None }];
    // A rule that hangs on a due date counts its hours from where that date ends, whatever the rule is for.
    let ctx = Context { meaning: if rule.anchor.ends_its_day() { Meaning::Due } else { ctx.meaning }, ..*ctx };
    for step in &rule.steps {
        let counted = count_of(step, &ctx)?;
        let out_of_range = |OutOfRange| undated(rule.anchor.to_string(), Cause::OutOfRange);
        let (taken, note) = take(step, counted, value, &ctx).map_err(out_of_range)?;
        let (result, clock) = timed(taken, written, &ctx).map_err(out_of_range)?;
        written = time_written(step, result, written, &ctx);
        trace.push(Trace { text: step.to_string(), result, note: note.or(clock) });
        value = result;
    }
    Ok(Evaluation { value, trace })
}

/// A day that a step gave, at the time that was written before: noon stays noon, also where the clocks moved it once.
fn timed(taken: When, written: Option<Time>, ctx: &Context<'_>) -> Stepped {
    match (taken, written) {
        (When::Day(day), Some(time)) => {
            let (at, note) = ctx.resolve(day, time)?;
            Ok((When::Moment(at), note))
        }
        (taken, _) => Ok((taken, None)),
    }
}

/// The time of day that was written so far. Hours and minutes move it; on a time that only a clock gave they write none.
fn time_written(step: &Step, result: When, before: Option<Time>, ctx: &Context<'_>) -> Option<Time> {
    match (step, result) {
        (Step::At(time), _) => Some(*time),
        (Step::Shift { unit: Unit::Hour | Unit::Minute, .. }, When::Moment(at)) => {
            before.map(|_| ctx.zone.to_datetime(at).time())
        }
        _ => before,
    }
}

type Stepped = Result<(When, Option<Note>), OutOfRange>;

fn undated(anchor: impl Into<String>, cause: Cause) -> Undated {
    Undated { anchor: anchor.into(), cause }
}

/// What the anchor gives, and the time of day that was written for it.
fn anchor(anchor: &Anchor, ctx: &Context<'_>) -> Result<(When, Option<Time>), Undated> {
    let path = match anchor {
        Anchor::Date(date) => return Ok((When::Day(*date), None)),
        Anchor::Due => "due",
        Anchor::KeyDate(path) | Anchor::Path(path) => path,
    };
    match (ctx.lookup)(path) {
        Some(Anchored::Day(day)) => Ok((When::Day(day), None)),
        Some(Anchored::Moment(at)) => Ok((When::Moment(at), None)),
        Some(Anchored::Timed(at)) => Ok((When::Moment(at), Some(ctx.zone.to_datetime(at).time()))),
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
    let number = match count {
        Count::Number(number) => i64::from(*number),
        Count::Path(path) => match (ctx.lookup)(path) {
            Some(Anchored::Int(number)) => number,
            Some(Anchored::Day(_) | Anchored::Moment(_) | Anchored::Timed(_)) => {
                return Err(undated(path, Cause::NotANumber));
            }
            Some(Anchored::Unknown) | None => return Err(undated(path, Cause::Unknown)),
        },
    };
    if range.contains(&number) { Ok(number) } else { Err(undated(count.to_string(), Cause::OutOfRange)) }
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
    let to = When::Moment(from.checked_add(length).map_err(|_| OutOfRange)?);
    in_range(Ok(ctx.day_of(to)))?;
    Ok((to, note))
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
