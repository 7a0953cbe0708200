//! Working days: weekends and the holidays of a calendar, handed in as values.
//!
//! Owns: whether a day is worked, and counting from one working day to another. Past the years a calendar has data for,
//! only weekends count, and every answer says so. Leaves reading calendar files to `definition`.

use alloc::{collections::BTreeMap, string::String};
use jiff::civil::{Date, Weekday};

/// Most working days that one step may count, either way: about 38 years.
pub const WORKING_DAYS_MAX: u32 = 9_999;

/// Longest run of days off that is searched for a working day; a calendar with a longer one has none.
pub const DAYS_OFF_MAX: u32 = 366;

/// The holidays of one country or practice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The id that a definition names, `england-and-wales`.
    pub id: String,
    /// The name that people read.
    pub name: String,
    /// The days that are not worked besides weekends, with their names.
    pub holidays: BTreeMap<Date, String>,
    /// First year of the data.
    pub first_year: i16,
    /// Last year of the data.
    pub last_year: i16,
}

/// A day that was counted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The day.
    pub day: Date,
    /// Some of the days passed lie outside the calendar's data, where only weekends counted.
    pub beyond_data: bool,
}

/// Which way to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To later days.
    Forward,
    /// To earlier days.
    Back,
}

impl Calendar {
    /// A calendar whose data spans the years of its holidays. One without holidays is the plain calendar of weekends,
    /// and knows every year.
    pub fn new(id: impl Into<String>, name: impl Into<String>, holidays: BTreeMap<Date, String>) -> Self {
        let year = |entry: Option<(&Date, &String)>, none| entry.map_or(none, |(day, _)| day.year());
        Self {
            id: id.into(),
            name: name.into(),
            first_year: year(holidays.first_key_value(), i16::MIN),
            last_year: year(holidays.last_key_value(), i16::MAX),
            holidays,
        }
    }

    /// Whether the day is worked: neither a weekend nor a holiday.
    pub fn is_working_day(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.contains_key(&day)
    }

    /// Whether the day lies outside the years of the data, so that its holidays are not known.
    pub fn is_beyond_data(&self, day: Date) -> bool {
        !(self.first_year..=self.last_year).contains(&day.year())
    }

    /// The day itself when it is worked, else the nearest one that is. `None` when the search leaves
    /// [`DAYS_OFF_MAX`] or the range of dates.
    pub fn nearest_working_day(&self, from: Date, direction: Direction) -> Option<Reached> {
        let start = Reached { day: from, beyond_data: self.is_beyond_data(from) };
        if self.is_working_day(from) { Some(start) } else { self.following(start, direction) }
    }

    /// Counts so many working days on; zero leaves the day alone. `None` above [`WORKING_DAYS_MAX`], and where
    /// [`Self::nearest_working_day`] has none.
    pub fn add_working_days(&self, from: Date, count: u32, direction: Direction) -> Option<Reached> {
        if count > WORKING_DAYS_MAX {
            return None;
        }
        let start = Reached { day: from, beyond_data: false };
        (0..count).try_fold(start, |reached, _| self.following(reached, direction))
    }

    /// The first working day strictly after or before.
    fn following(&self, from: Reached, direction: Direction) -> Option<Reached> {
        let mut reached = from;
        for _ in 0..=DAYS_OFF_MAX {
            reached.day = match direction {
                Direction::Forward => reached.day.tomorrow().ok()?,
                Direction::Back => reached.day.yesterday().ok()?,
            };
            reached.beyond_data |= self.is_beyond_data(reached.day);
            if self.is_working_day(reached.day) {
                return Some(reached);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction::*, *};
    use jiff::{ToSpan, civil::date};

    fn christmas() -> Calendar {
        let holidays = [date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)];
        Calendar::new("test", "Test", holidays.map(|day| (day, "holiday".into())).into())
    }

    fn days() -> impl Iterator<Item = Date> {
        date(2026, 11, 1).series(1.day()).take(120)
    }

    #[test]
    fn working_days_skip_weekends_and_holidays() {
        for (from, count, direction, day) in [
            (date(2026, 12, 24), 1, Forward, date(2026, 12, 29)),
            (date(2026, 12, 26), 1, Forward, date(2026, 12, 29)),
            (date(2026, 12, 29), 1, Back, date(2026, 12, 24)),
            (date(2026, 12, 26), 0, Forward, date(2026, 12, 26)),
            (date(2026, 12, 24), 5, Forward, date(2027, 1, 5)),
        ] {
            let reached = christmas().add_working_days(from, count, direction);
            assert_eq!(reached, Some(Reached { day, beyond_data: false }), "{from} {count} {direction:?}");
        }
    }

    #[test]
    fn rolling_leaves_a_working_day_alone_and_rolling_twice_changes_nothing() {
        let calendar = christmas();
        for day in days() {
            for direction in [Forward, Back] {
                let once = calendar.nearest_working_day(day, direction).unwrap();
                assert_eq!(calendar.nearest_working_day(once.day, direction).unwrap().day, once.day);
                assert!(calendar.is_working_day(once.day));
                assert_eq!(once.day == day, calendar.is_working_day(day));
            }
        }
    }

    #[test]
    fn adding_and_removing_working_days_returns_to_a_working_day() {
        let calendar = christmas();
        for day in days().filter(|day| calendar.is_working_day(*day)) {
            for count in [0, 1, 2, 7, 60] {
                let there = calendar.add_working_days(day, count, Forward).unwrap().day;
                assert_eq!(calendar.add_working_days(there, count, Back).unwrap().day, day, "{day} + {count}");
            }
        }
    }

    #[test]
    fn a_later_day_never_reaches_an_earlier_one() {
        let calendar = christmas();
        for (day, next) in days().zip(days().skip(1)) {
            for direction in [Forward, Back] {
                for count in [1, 3, 20] {
                    let reached = |from| calendar.add_working_days(from, count, direction).unwrap().day;
                    assert!(reached(day) <= reached(next), "{day} {count} {direction:?}");
                }
            }
        }
    }

    #[test]
    fn outside_the_data_only_weekends_count_and_the_answer_says_so() {
        let calendar = christmas();
        let reached = calendar.add_working_days(date(2027, 12, 31), 1, Forward).unwrap();
        assert_eq!(reached, Reached { day: date(2028, 1, 3), beyond_data: true });
        assert!(calendar.nearest_working_day(date(2025, 12, 25), Forward).unwrap().beyond_data);
        // Back into the data: the days passed on the way were not known.
        let back = calendar.add_working_days(date(2028, 1, 5), 3, Back).unwrap();
        assert_eq!(back, Reached { day: date(2027, 12, 31), beyond_data: true });
        assert!(!calendar.add_working_days(date(2027, 12, 30), 1, Forward).unwrap().beyond_data);
        assert!(!Calendar::new("none", "Weekends", BTreeMap::new()).is_beyond_data(date(2999, 1, 1)));
    }

    #[test]
    fn counts_and_calendars_without_an_end_are_refused() {
        assert_eq!(christmas().add_working_days(date(2026, 1, 1), WORKING_DAYS_MAX + 1, Forward), None);
        assert_eq!(christmas().add_working_days(Date::MAX, 1, Forward), None);
        let closed = date(2026, 1, 1).series(1.day()).take(400).map(|day| (day, "closed".into())).collect();
        let closed = Calendar::new("closed", "Closed", closed);
        assert_eq!(closed.nearest_working_day(date(2026, 1, 1), Forward), None);
    }
}
