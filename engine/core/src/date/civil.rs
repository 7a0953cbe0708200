//! Arithmetic of civil days that can leave the range of dates but never panic.
//!
//! Owns: months that keep to their ends, the stretches of the calendar, and the range: years that four digits can write.

use super::Stretch;
use core::fmt;
use jiff::{Span, ToSpan, civil::Date};

/// A day that has no instant, at the very ends of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date outside the years 1 to 9999")
    }
}

impl core::error::Error for OutOfRange {}

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
pub(super) fn in_range(day: Result<Date, jiff::Error>) -> Result<Date, OutOfRange> {
    day.ok().filter(|day| day.year() >= 1).ok_or(OutOfRange)
}
