//! Date rules and names of periods.
//!
//! Owns: that any text is a rule or has faults with a place, that a rule written is the rule read, that what it comes to
//! is a moment or a reason, and that a period found by its key has that key and no hole beside it.

use std::sync::LazyLock;

use jiff::civil::{Time, date};
use jiff::tz::TimeZone;
use jobwright_core::calendar::Calendar;
use jobwright_core::date::{Anchored, Context, Every, Meaning, OffsetUnit, Periods, Rule, evaluate};

use super::text::{Words, changed};
use super::{Chance, Input, fuzz};

const RULES: Words = Words {
    seeds: &[
        "period.end, +7 days, +1 month",
        "pay_date, end of tax month, day 22 of month, previous working day",
        "due, -2 working days, at 09:00",
        "2026-06-30, +9 months keeping month end, next friday",
        "client.year_end, +1 year keeping month end, start of tax year",
        "tasks.ask.completed, +90 minutes",
        "job.opened, +inputs.days days, day inputs.day of month",
        "9999-12-31, +1 day",
        "0001-01-01, -1 day",
        "2026-Q2",
        "to-2026-05-31",
        "2026-W53",
    ],
    words: &[
        "period.start",
        "period.end",
        "due",
        "dates.pay_date",
        "inputs.days",
        "client.year_end",
        "job.opened",
        "+",
        "-",
        "minutes",
        "hours",
        "days",
        "working days",
        "weeks",
        "months",
        "quarters",
        "years",
        "keeping month end",
        "start of",
        "end of",
        "week",
        "month",
        "quarter",
        "year",
        "tax month",
        "tax year",
        "day 31 of month",
        "next",
        "previous",
        "working day",
        "monday",
        "sunday",
        "at 00:00",
        "at 23:59",
        "at 02:30",
        ", ",
        "2028-02-29",
        "2026-03-29",
        "2026-10-25",
        "9999-12-31",
        "-9999-01-01",
        "100000",
        "4294967295",
    ],
};

/// Clocks change in March and October; far and odd zones besides.
static ZONES: LazyLock<Vec<TimeZone>> = LazyLock::new(|| {
    let named = ["Europe/London", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"];
    named.iter().map(|name| TimeZone::get(name).expect("a zone that ships")).collect()
});
static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
    Calendar::new("fuzz", "Fuzz", [(date(2026, 12, 25), "Christmas Day".into())].into_iter().collect())
});

#[test]
fn no_text_does_harm_as_a_date_rule() {
    fuzz!(380, |chance: &mut Chance<'_>| changed(&RULES, chance), told_or_dated);
}

fn told_or_dated(input: &Input) {
    let text = input.text();
    a_key_finds_its_period(&text);
    let rule = match Rule::parse(&text) {
        Ok(rule) => rule,
        Err(faults) => {
            assert!(!faults.is_empty(), "neither a rule nor a fault");
            for fault in faults {
                assert!(text.get(fault.span.clone()).is_some() && !fault.message.is_empty(), "{fault:?}");
            }
            return;
        }
    };
    assert_eq!(Rule::parse(&rule.to_string()).as_ref(), Ok(&rule), "written and read again");
    let lookup = |path: &str| match path.len() % 4 {
        0 => Some(Anchored::Day(date(2028, 2, 29))),
        1 => Some(Anchored::Moment("2026-03-29T00:59:59Z".parse().expect("a moment"))),
        2 => Some(Anchored::Int(i64::from(text.len() as u32) - 20)),
        _ => None,
    };
    let (opening, closing) = (Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0));
    for meaning in [Meaning::Start, Meaning::Due] {
        let zone = &ZONES[text.len() % ZONES.len()];
        let ctx = Context { zone, calendar: &CALENDAR, opening, closing, meaning, lookup: &lookup };
        match evaluate(&rule, &ctx) {
            Ok(evaluation) => drop(ctx.instant(evaluation.value, meaning).map(|at| ctx.open_moment(at))),
            Err(undated) => assert!(!undated.to_string().is_empty()),
        }
    }
}

fn a_key_finds_its_period(text: &str) {
    for every in [Every::Week, Every::Month, Every::Quarter, Every::Year] {
        let shifted = Periods::of_calendar(every).offset(-5, OffsetUnit::Day).expect("a small shift");
        for periods in [Periods::of_calendar(every), Periods::ending_on(every, date(2024, 2, 29)), shifted] {
            let Ok(period) = periods.with_key(text) else { continue };
            assert_eq!(period.key, text);
            let (Some(after), Some(before)) = (periods.after(&period), periods.before(&period)) else { continue };
            assert_eq!(period.end.tomorrow().ok(), Some(after.start), "{period:?} {after:?}");
            assert_eq!(period.start.yesterday().ok(), Some(before.end), "{before:?} {period:?}");
        }
    }
}
