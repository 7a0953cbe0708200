//! Calendar files: the days that are not worked.
//!
//! Owns: reading `calendars/*.yaml` into the core's calendar. Leaves counting to `core::calendar`, and which calendar a
//! job counts by to its definition and the practice.

use std::collections::BTreeMap;

use jobwright_core::calendar::Calendar;
use jobwright_core::date::day;
use jobwright_core::id::DefinitionId;

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::syntax::{Fields, Node, choice, map_of, parsed};

/// Most holidays of one calendar: a century and more of the busiest country.
pub const HOLIDAYS_MAX: usize = 5_000;

/// Reads a calendar. Every day that is wrong is told; a calendar with an error, in its text or its days, is not given,
/// since a missing holiday would move dates in silence.
pub fn calendar(node: &Node, diagnostics: &mut Diagnostics) -> Option<Calendar> {
    let mut fields = Fields::of(node, "a calendar", diagnostics)?;
    fields.required("format", choice(&[("1", ())]));
    let id = fields.required("id", parsed::<DefinitionId>);
    let name = fields.required("name", Node::text);
    fields.optional("source", Node::text);
    let holidays = fields.required("holidays", holidays);
    fields.finish();
    let calendar = Calendar::new(id?.as_str(), name?.as_str(), holidays?);
    (!diagnostics.has_errors()).then_some(calendar)
}

fn holidays(node: &Node, diagnostics: &mut Diagnostics) -> Option<BTreeMap<jiff::civil::Date, String>> {
    let entries = map_of(Node::text)(node, diagnostics)?;
    if entries.len() > HOLIDAYS_MAX {
        return node.bad(format!("a calendar has at most {HOLIDAYS_MAX} holidays"), diagnostics);
    }
    let mut holidays = BTreeMap::new();
    for (key, name) in entries {
        match day(&key.value) {
            Some(day) => {
                holidays.insert(day, name.into_string());
            }
            None => {
                let message = format!("{} is not a day of the calendar, `YYYY-MM-DD`", quoted(&key.value));
                diagnostics.push(Diagnostic::error(code::BAD_VALUE, message).at(key.span, ""));
            }
        }
    }
    Some(holidays)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use jiff::civil::date;

    use super::*;
    use crate::syntax::testing::decoded;

    fn shipped(text: &str) -> Calendar {
        let (calendar, picture) = decoded(text, calendar);
        assert_eq!(picture, "");
        calendar.expect("a calendar")
    }

    #[test]
    fn the_shipped_calendars_know_the_holidays_of_the_three_nations() {
        let england = shipped(include_str!("../../../workflows/calendars/england-and-wales.yaml"));
        let scotland = shipped(include_str!("../../../workflows/calendars/scotland.yaml"));
        let ireland = shipped(include_str!("../../../workflows/calendars/northern-ireland.yaml"));
        assert_eq!([england.holidays.len(), scotland.holidays.len(), ireland.holidays.len()], [83, 94, 103]);
        for (day, england_works, scotland_works, ireland_works) in [
            // Easter Monday is worked in Scotland, St Andrew's Day and the 2nd of January are not.
            (date(2026, 4, 6), false, true, false),
            (date(2026, 11, 30), true, false, true),
            (date(2026, 1, 2), true, false, true),
            // The Battle of the Boyne, on the Monday since the 12th of July 2026 is a Sunday.
            (date(2026, 7, 13), true, true, false),
            // Boxing Day 2026 is a Saturday.
            (date(2026, 12, 28), false, false, false),
            (date(2026, 5, 22), true, true, true),
        ] {
            let works = [&england, &scotland, &ireland].map(|calendar| calendar.is_working_day(day));
            assert_eq!(works, [england_works, scotland_works, ireland_works], "{day}");
        }
        assert_eq!((england.id.as_str(), england.first_year, england.last_year), ("england-and-wales", 2019, 2028));
    }

    #[test]
    fn every_day_that_is_none_is_told() {
        let text = "format: 1\nid: x\nname: X\nholidays:\n  2026-02-30: Never\n  1 May 2026: Labour Day\n";
        let (calendar, picture) = decoded(text, calendar);
        assert_eq!(calendar, None);
        expect![[r#"
            error[WF0205]: `2026-02-30` is not a day of the calendar, `YYYY-MM-DD`
             --> vat.job.yaml:5:3
              |
            5 |   2026-02-30: Never
              |   ^^^^^^^^^^

            error[WF0205]: `1 May 2026` is not a day of the calendar, `YYYY-MM-DD`
             --> vat.job.yaml:6:3
              |
            6 |   1 May 2026: Labour Day
              |   ^^^^^^^^^^
        "#]]
        .assert_eq(&picture);
    }
}
