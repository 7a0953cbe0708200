//! Days and instants as texts: one form each, wherever the product reads them.
//!
//! Owns: `2026-03-31`, `2026-03-31T09:00` on somebody's clocks, and `2026-03-31T09:00Z`, of the years 1 to 9999. ISO 8601
//! has dozens of other spellings, and a time or a zone behind a day would be dropped in silence: it is another day in
//! London. Leaves words for people to the reader.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

/// Most digits of the fraction of a second.
const FRACTION_DIGITS_MAX: usize = 9;

/// `YYYY-MM-DD`, and nothing else that ISO 8601 would allow.
pub fn day(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let date = Date::new(digits(year, 4)?, digits(month, 2)?.try_into().ok()?, digits(day, 2)?.try_into().ok()?);
    date.ok().filter(|date| date.year() > 0)
}

/// `YYYY-MM-DDTHH:MM`, with seconds when they matter, on clocks that the caller knows.
pub fn local_moment(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once('T')?;
    Some(day(date)?.to_datetime(clock_time(time)?))
}

/// A local moment with its distance from UTC: `Z`, `+01:00` or `-05:00`. Without it, it would depend on who reads it.
pub fn instant(text: &str) -> Option<Timestamp> {
    let (local, offset) = match text.strip_suffix('Z') {
        Some(local) => (local, Offset::UTC),
        None => {
            let at = text.len().checked_sub(OFFSET_BYTES)?;
            (text.get(..at)?, offset(text.get(at..)?)?)
        }
    };
    let zoned = TimeZone::fixed(offset).to_ambiguous_timestamp(local_moment(local)?);
    zoned.compatible().ok()
}

const OFFSET_BYTES: usize = "+00:00".len();

fn offset(text: &str) -> Option<Offset> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes) = (i32::from(digits(hours, 2)?), i32::from(digits(minutes, 2)?));
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`.
fn clock_time(text: &str) -> Option<Time> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':').map_or((rest, None), |(minute, rest)| (minute, Some(rest)));
    let (second, nanosecond) = match rest.map(|rest| rest.split_once('.').map_or((rest, None), |(s, f)| (s, Some(f)))) {
        None => (0, 0),
        Some((second, None)) => (digits(second, 2)?, 0),
        Some((second, Some(fraction))) => (digits(second, 2)?, nanoseconds(fraction)?),
    };
    let small = |number: i16| i8::try_from(number).ok();
    Time::new(small(digits(hour, 2)?)?, small(digits(minute, 2)?)?, small(second)?, nanosecond).ok()
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let whole = (1..=FRACTION_DIGITS_MAX).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    let number: i32 = whole.then(|| fraction.parse().ok())??;
    let missing = u32::try_from(FRACTION_DIGITS_MAX - fraction.len()).ok()?;
    number.checked_mul(10_i32.checked_pow(missing)?)
}

/// A number of exactly so many digits.
pub(super) fn digits(text: &str, length: usize) -> Option<i16> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn r39_a_day_has_one_spelling() {
        for text in ["2026-04-01", "0001-01-01", "9999-12-31", "2028-02-29"] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "20260401",
            "2026-4-1",
            "2026-04-31",
            "2026-02-29",
            "0000-01-01",
            "-002026-04-01",
            "+002026-04-01",
            "12026-04-01",
            "2026-04-01T23:30",
            "2026-04-01T23:30-05:00",
            "2026-04-01 10:00",
            "2026-04-01Z",
            "2026-04-01[America/New_York]",
            " 2026-04-01",
            "2026-04-01 ",
            "2026-W14-3",
            "2026-091",
            "01/04/2026",
            "2026‐04‐01",
            "２０２６-04-01",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn r39_an_instant_has_a_day_a_time_and_its_distance_from_utc() {
        for (text, read) in [
            ("2026-05-04T09:00Z", "2026-05-04T09:00:00Z"),
            ("2026-05-04T09:00:30Z", "2026-05-04T09:00:30Z"),
            ("2026-05-04T09:00+01:00", "2026-05-04T08:00:00Z"),
            ("2026-05-04T09:00:00.5-05:30", "2026-05-04T14:30:00.5Z"),
        ] {
            assert_eq!(instant(text).map(|at| at.to_string()).as_deref(), Some(read), "{text}");
        }
        for text in [
            "2026-05-04T09:00",
            "2026-05-04 09:00Z",
            "2026-05-04T9:00Z",
            "2026-05-04T24:00Z",
            "2026-05-04T09:00+1",
            "2026-05-04T09:00+01:00[Europe/London]",
            "0000-05-04T09:00Z",
            "2026-05-04T09:00+01:60",
            "2026-05-04Z",
            "Z",
            "2026-05-04T09:00:00.Z",
            "2026-05-04T09:00:00.0123456789Z",
            "ä2026-05-04T09:00+01:00",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
        assert!(local_moment("2026-05-04T09:00").is_some() && local_moment("2026-05-04T09:00Z").is_none());
    }
}
