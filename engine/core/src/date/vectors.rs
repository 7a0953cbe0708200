//! Rules against dates that the tax office, Companies House and the clocks have fixed.

use super::*;
use crate::calendar::Calendar;
use jiff::{civil::time, tz::TimeZone};

fn england() -> Calendar {
    let holidays = ["2019-12-25", "2019-12-26", "2026-05-04", "2026-05-25"];
    Calendar::new("england", "England", holidays.map(|day| (day.parse().unwrap(), "holiday".into())).into())
}

#[test]
fn vat_is_due_a_month_and_seven_days_after_the_period() {
    let calendar = england();
    let zone = TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").unwrap();
    for (end, due) in [("2016-03-28", "2016-05-04"), ("2016-06-30", "2016-08-07"), ("2027-02-28", "2027-04-07")] {
        let lookup = |path: &str| (path == "period.end").then(|| Anchored::Day(end.parse().unwrap()));
        let ctx = Context {
            zone: &zone,
            calendar: &calendar,
            opening: time(9, 0, 0, 0),
            closing: time(17, 0, 0, 0),
            meaning: Meaning::Due,
            lookup: &lookup,
        };
        let rule = Rule::parse("period.end, +7 days, +1 month").unwrap();
        assert_eq!(evaluate(&rule, &ctx).unwrap().value, When::Day(due.parse().unwrap()), "{end}");
    }
}
