//! Days as other systems write them, in the order that a map declares.
//!
//! Owns: `31/03/2027` and its like. The order is never guessed: 03/04 is two days of the year, and a file that is right
//! in its first rows would be wrong in a later one. `YYYY-MM-DD` needs no order.

use jiff::civil::Date;

/// The order of a day's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `31/03/2027`.
    DayMonthYear,
    /// `03/31/2027`.
    MonthDayYear,
    /// `2027/03/31`.
    YearMonthDay,
}

impl Order {
    /// The order that a map names: `day/month/year`, with any sign between, or `dmy`.
    pub fn read(text: &str) -> Option<Self> {
        let letters: String = text.to_lowercase().split(|c: char| !c.is_alphanumeric()).collect::<Vec<_>>().join(" ");
        match letters.as_str() {
            "day month year" | "dd mm yyyy" | "d m y" | "dmy" => Some(Self::DayMonthYear),
            "month day year" | "mm dd yyyy" | "m d y" | "mdy" => Some(Self::MonthDayYear),
            "year month day" | "yyyy mm dd" | "y m d" | "ymd" => Some(Self::YearMonthDay),
            _ => None,
        }
    }

    /// The day, as it is written in YAML and JSON. A time of midnight behind it is passed over.
    pub fn day(self, text: &str) -> Option<String> {
        let text = text.trim();
        let text = text.strip_suffix("00:00:00").or_else(|| text.strip_suffix("00:00")).unwrap_or(text).trim_end();
        let parts: Vec<&str> = text.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty()).collect();
        let [one, two, three] = parts[..] else { return None };
        let (year, month, day) = match self {
            Self::DayMonthYear => (three, two, one),
            Self::MonthDayYear => (three, one, two),
            Self::YearMonthDay => (one, two, three),
        };
        let is_number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
            digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        // A year of two digits is a guess.
        let are_numbers = is_number(year, 4..=4) && is_number(month, 1..=2) && is_number(day, 1..=2);
        let (year, month, day) =
            are_numbers.then(|| Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))).flatten()?;
        Date::new(year, month, day).ok().map(|date| date.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r59_a_day_is_read_in_the_declared_order_and_never_guessed() {
        use Order::{DayMonthYear, MonthDayYear, YearMonthDay};
        for (order, text, day) in [
            (DayMonthYear, "31/03/2027", Some("2027-03-31")),
            (DayMonthYear, "3.4.2027", Some("2027-04-03")),
            (DayMonthYear, "31/03/2027 00:00", Some("2027-03-31")),
            (MonthDayYear, "03/04/2027", Some("2027-03-04")),
            (MonthDayYear, "31/03/2027", None),
            (YearMonthDay, "2027/03/31", Some("2027-03-31")),
            (DayMonthYear, "31/03/27", None),
            (DayMonthYear, "31/02/2027", None),
            (DayMonthYear, "31 March 2027", None),
            (DayMonthYear, "31/03/2027 10:30", None),
            (DayMonthYear, "", None),
        ] {
            assert_eq!(order.day(text).as_deref(), day, "{text}");
        }
        assert_eq!(Order::read("DD.MM.YYYY"), Some(DayMonthYear));
        assert_eq!(Order::read("31/03"), None);
    }
}
