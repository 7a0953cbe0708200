//! A task that is due before it may start, in every period of three years (WF0605).
//!
//! Only dates that follow from the period, from written dates and from defaults of inputs can be worked out without a
//! job; a task with any other date is left alone. One period in which the order is right is enough.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jobwright_core::calendar::Calendar;
use jobwright_core::date::{Anchored, Context, Meaning, Period, Periods, Rule, When, evaluate};
use jobwright_core::event::DateKey;
use jobwright_core::plan::{Computed, Schedule, Task};
use jobwright_core::value::Value;

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::draft::Draft;
use crate::surroundings::Surroundings;

/// The three years that are looked at: whichever, as long as they are the same for everybody.
const FIRST: Date = Date::constant(2026, 1, 1);
const LAST: Date = Date::constant(2028, 12, 31);

/// Key dates that name one another further than this are left alone.
const DEPTH_MAX: usize = 32;

const OPENING: Time = Time::constant(9, 0, 0, 0);
const CLOSING: Time = Time::constant(17, 0, 0, 0);

pub(super) fn check(draft: &Draft, surroundings: &Surroundings, diagnostics: &mut Diagnostics) {
    let both = |(task, _): &(&Task, _)| task.start.is_some() && task.due.is_some();
    let tasks: Vec<_> = draft.plan.tasks.iter().zip(&draft.tasks).filter(both).collect();
    let Some(periods) = draft.plan.schedule.as_ref().filter(|_| !tasks.is_empty()).and_then(periods) else { return };
    let calendar = calendar(draft, surroundings);
    let years = Years { draft, calendar: &calendar, periods };
    for (task, places) in tasks {
        let (Some(start), Some(due)) = (&task.start, &task.due) else { continue };
        if let (Some(period), Some(span)) = (years.always_late(start, due), places.due) {
            let message = format!("the task `{}` is due before it may start, in every period", task.id);
            let (from, to) = (years.date(start, &period, 0), years.date(due, &period, 0));
            let shown = |date: Option<When>| date.map_or(String::new(), |date| date.to_string());
            let help = format!("for {} it may start on {} and is due on {}", period.label, shown(from), shown(to));
            let diagnostic = Diagnostic::error(code::DUE_BEFORE_START, message).at(span, "").help(help);
            let start = places.keys.iter().find(|(key, _)| *key == "start");
            diagnostics.push(start.iter().fold(diagnostic, |told, (_, span)| told.also(*span, "may start")));
        }
    }
}

fn periods(schedule: &Schedule) -> Option<Periods> {
    let periods = Periods::of_calendar(schedule.every?);
    match &schedule.offset {
        _ if schedule.anchor.is_some() => None,
        None => Some(periods),
        Some(offset) => match &offset.amount {
            Computed::Literal(Value::Int(by)) => periods.offset(i32::try_from(*by).ok()?, offset.unit).ok(),
            _ => None,
        },
    }
}

fn calendar(draft: &Draft, surroundings: &Surroundings) -> Calendar {
    let named = draft.plan.schedule.as_ref().and_then(|schedule| schedule.calendar.as_ref());
    let named = named.or(surroundings.practice.as_ref().and_then(|practice| practice.calendar.as_ref()));
    let known = named.and_then(|id| surroundings.calendars.get(id));
    known.cloned().unwrap_or_else(|| Calendar::new("weekends", "Weekends", Default::default()))
}

struct Years<'a> {
    draft: &'a Draft,
    calendar: &'a Calendar,
    periods: Periods,
}

impl Years<'_> {
    /// The first period, when the order is wrong in all of them.
    fn always_late(&self, start: &Rule, due: &Rule) -> Option<Period> {
        let first = self.periods.holding(FIRST)?;
        let mut period = first.clone();
        while period.start <= LAST {
            let (start, due) = (self.date(start, &period, 0)?, self.date(due, &period, 0)?);
            if self.instant(start, Meaning::Start, &period)? < self.instant(due, Meaning::Due, &period)? {
                return None;
            }
            period = self.periods.after(&period)?;
        }
        Some(first)
    }

    fn date(&self, rule: &Rule, period: &Period, depth: usize) -> Option<When> {
        let lookup = |path: &str| self.anchor(path, period, depth + 1);
        evaluate(rule, &self.context(&lookup)).ok().map(|evaluation| evaluation.value)
    }

    fn instant(&self, when: When, meaning: Meaning, period: &Period) -> Option<jiff::Timestamp> {
        let lookup = |path: &str| self.anchor(path, period, 0);
        self.context(&lookup).instant(when, meaning).ok()
    }

    fn context<'c>(&'c self, lookup: &'c dyn Fn(&str) -> Option<Anchored>) -> Context<'c> {
        const ZONE: &TimeZone = &TimeZone::UTC;
        Context {
            zone: ZONE,
            calendar: self.calendar,
            opening: OPENING,
            closing: CLOSING,
            meaning: Meaning::Start,
            lookup,
        }
    }

    fn anchor(&self, path: &str, period: &Period, depth: usize) -> Option<Anchored> {
        match path.split_once('.') {
            _ if depth > DEPTH_MAX => None,
            Some(("period", "start")) => Some(Anchored::Day(period.start)),
            Some(("period", "end")) => Some(Anchored::Day(period.end)),
            Some(("inputs", name)) => {
                let input = self.draft.plan.inputs.iter().find(|input| input.name.as_str() == name)?;
                match input.default.as_ref()? {
                    Value::Int(number) => Some(Anchored::Int(*number)),
                    Value::Date(day) => Some(Anchored::Day(*day)),
                    _ => None,
                }
            }
            None => {
                let date = self.draft.plan.dates.iter().find(|date| date.name.as_str() == path)?;
                self.date(&date.rule, period, depth).map(|when| match when {
                    When::Day(day) => Anchored::Day(day),
                    When::Moment(at) if self.draft.plan.writes_time(&DateKey::Key(date.name.clone())) => {
                        Anchored::Timed(at)
                    }
                    When::Moment(at) => Anchored::Moment(at),
                })
            }
            Some(_) => None,
        }
    }
}
