//! The periods that jobs repeat by: weeks, months, quarters and years, as the calendar has them or shifted.
//!
//! Owns: where a period begins and ends; `name` gives its key and label. Periods follow one another without a gap: each begins
//! the day after the last one ended. Leaves to the caller when a period's job opens.

mod name;

use super::civil::add_months_keeping_end;
use alloc::string::String;
use core::fmt;
use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};

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
            (OffsetUnit::Day, _) => self.moved(by),
            (OffsetUnit::Week, _) => self.moved(7 * by),
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
        let named = name::day_named(key).and_then(|day| self.holding(day));
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

    fn moved(self, by: i32) -> Result<Self, BadOffset> {
        let days = self.days.checked_add(by).filter(|days| days.unsigned_abs() <= 7 * OFFSET_MAX.unsigned_abs());
        Ok(Self { days: days.ok_or(BadOffset)?, ..self })
    }

    /// The end of the period with this number; the one that `last` ends has 0.
    fn end(&self, number: i64) -> Option<Date> {
        let end = match self.months() {
            None => self.last.checked_add(Span::new().try_weeks(number).ok()?).ok()?,
            Some(months) => add_months_keeping_end(self.last, months.checked_mul(number)?).ok()?,
        };
        end.checked_add(Span::new().try_days(self.days).ok()?).ok().filter(|end| end.year() >= 1)
    }

    fn number_holding(&self, day: Date) -> Option<i64> {
        let unshifted = day.checked_sub(Span::new().try_days(self.days).ok()?).ok()?;
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
        Some(Period { key: name::key(self.every, start, end), label: name::label(self.every, start, end), start, end })
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
}

fn month_number(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use jiff::{ToSpan, civil::date};

    fn shifted(every: Every, by: i32) -> Periods {
        Periods::of_calendar(every).offset(by, OffsetUnit::Month).unwrap()
    }

    fn schedules() -> [Periods; 10] {
        [
            Periods::of_calendar(Every::Week),
            Periods::of_calendar(Every::Month),
            Periods::of_calendar(Every::Quarter),
            Periods::of_calendar(Every::Year),
            Periods::of_calendar(Every::Week).offset(-3, OffsetUnit::Day).unwrap(),
            Periods::of_calendar(Every::Month).offset(5, OffsetUnit::Day).unwrap(),
            shifted(Every::Quarter, 1),
            shifted(Every::Quarter, -1),
            Periods::ending_on(Every::Year, date(2027, 2, 28)),
            Periods::ending_on(Every::Month, date(2026, 1, 30)),
        ]
    }

    #[test]
    fn a_period_has_a_key_for_machines_and_a_label_for_people() {
        let day = date(2026, 5, 1);
        for (periods, key, label, start, end) in [
            (Periods::of_calendar(Every::Week), "2026-W18", "week 18 of 2026", "2026-04-27", "2026-05-03"),
            (Periods::of_calendar(Every::Month), "2026-05", "May 2026", "2026-05-01", "2026-05-31"),
            (Periods::of_calendar(Every::Quarter), "2026-Q2", "Q2 2026", "2026-04-01", "2026-06-30"),
            (Periods::of_calendar(Every::Year), "2026", "2026", "2026-01-01", "2026-12-31"),
            (shifted(Every::Quarter, 2), "to-2026-05-31", "the quarter to 31 May 2026", "2026-03-01", "2026-05-31"),
            (shifted(Every::Quarter, 3), "2026-Q2", "Q2 2026", "2026-04-01", "2026-06-30"),
            (schedules()[5], "to-2026-05-05", "the month to 5 May 2026", "2026-04-06", "2026-05-05"),
            (schedules()[8], "to-2027-02-28", "the year to 28 February 2027", "2026-03-01", "2027-02-28"),
            (
                Periods::of_calendar(Every::Week).offset(1, OffsetUnit::Week).unwrap(),
                "2026-W18",
                "week 18 of 2026",
                "2026-04-27",
                "2026-05-03",
            ),
        ] {
            let period = periods.holding(day).unwrap();
            assert_eq!((period.key.as_str(), period.label.as_str()), (key, label));
            assert_eq!((period.start.to_string().as_str(), period.end.to_string().as_str()), (start, end));
        }
    }

    #[test]
    fn periods_follow_one_another_without_a_gap_and_every_key_is_read_back() {
        for periods in schedules() {
            let mut last = periods.holding(date(2026, 1, 1)).unwrap();
            for day in date(2026, 1, 1).series(1.day()).take(1_200) {
                let period = periods.holding(day).unwrap();
                assert!(period.start <= day && day <= period.end, "{day} {period:?}");
                assert_eq!(periods.with_key(&period.key), Ok(period.clone()));
                if period != last {
                    assert_eq!(periods.after(&last).as_ref(), Some(&period));
                    assert_eq!(periods.before(&period).as_ref(), Some(&last));
                    assert_eq!(last.end.tomorrow().ok(), Some(period.start));
                }
                last = period;
            }
        }
    }

    #[test]
    fn a_year_end_on_the_last_of_february_keeps_to_the_last_day() {
        let leap = schedules()[8].holding(date(2028, 2, 29)).unwrap();
        assert_eq!((leap.start, leap.end), (date(2027, 3, 1), date(2028, 2, 29)));
        let mid_month = Periods::ending_on(Every::Year, date(2026, 6, 15)).holding(date(2027, 1, 1)).unwrap();
        assert_eq!(mid_month.key, "to-2027-06-15");
    }

    #[test]
    fn a_week_belongs_to_the_year_of_its_thursday() {
        let weeks = Periods::of_calendar(Every::Week);
        assert_eq!(weeks.holding(date(2027, 1, 1)).unwrap().key, "2026-W53");
        assert_eq!(weeks.holding(date(2024, 12, 30)).unwrap().key, "2025-W01");
    }

    #[test]
    fn a_key_of_another_schedule_is_refused_with_the_one_that_was_meant() {
        let refusal = |periods: Periods, key| periods.with_key(key).unwrap_err().to_string();
        let stagger = shifted(Every::Quarter, 2);
        assert_eq!(refusal(stagger, "2026-05"), "`2026-05` is no period of this job; did you mean `to-2026-05-31`?");
        assert_eq!(refusal(stagger, "May"), "`May` is no period; write it as `to-2026-05-31`");
        let months = Periods::of_calendar(Every::Month);
        for bad in ["", "2026-13", "2026-5", "26-05", "2026-W54", "2026-Q5", "to-", "to-2026-02-30", "-", "2026-é"] {
            assert!(refusal(months, bad).ends_with("write it as `2026-05`"), "{bad}");
        }
        assert!(months.with_key("9999-11").is_ok());
        assert!(months.with_key("0000-01").is_err());
    }

    #[test]
    fn offsets_keep_to_their_bounds() {
        let weeks = Periods::of_calendar(Every::Week);
        assert_eq!(weeks.offset(1, OffsetUnit::Month), Err(BadOffset));
        for unit in [OffsetUnit::Day, OffsetUnit::Week, OffsetUnit::Month] {
            assert_eq!(Periods::of_calendar(Every::Month).offset(i32::MIN, unit), Err(BadOffset));
            assert!(Periods::of_calendar(Every::Month).offset(OFFSET_MAX, unit).is_ok());
        }
        let far = weeks.offset(OFFSET_MAX, OffsetUnit::Week).unwrap();
        assert_eq!(far.offset(1, OffsetUnit::Week), Err(BadOffset));
        assert_eq!(weeks.holding(Date::MAX), None);
        assert_eq!(weeks.holding(Date::MIN), None);
    }

    #[test]
    fn without_a_period_the_one_that_opened_last_is_taken() {
        let months = Periods::of_calendar(Every::Month);
        let latest = |now: &str, open: &dyn Fn(&Period) -> Option<Date>| {
            let open = |period: &Period| Some(open(period)?.at(9, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp());
            months.latest_open(now.parse().unwrap(), &TimeZone::UTC, open).map(|period| period.key)
        };
        let fourth = |period: &Period| period.start.checked_add(3.days()).ok();
        assert_eq!(latest("2026-05-04T09:00:00Z", &fourth).as_deref(), Some("2026-05"));
        assert_eq!(latest("2026-05-04T08:59:59Z", &fourth).as_deref(), Some("2026-04"));
        let early = |period: &Period| period.start.checked_sub(2.months()).ok();
        assert_eq!(latest("2026-05-04T08:00:00Z", &early).as_deref(), Some("2026-07"));
        let after = |period: &Period| period.end.checked_add(9.months()).ok();
        assert_eq!(latest("2026-05-04T08:00:00Z", &after).as_deref(), Some("2025-07"));
        assert_eq!(latest("2026-05-04T08:00:00Z", &|_| None), None);
        let at_once = |_: &Period| Some(date(2026, 1, 1));
        assert_eq!(latest("2026-05-04T08:00:00Z", &at_once).as_deref(), Some("2031-05"));
    }
}
