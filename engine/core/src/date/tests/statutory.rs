//! Dates that the law sets, and those of the shipped jobs.

use super::*;

fn check(rule: &str, rows: &[(&str, &str)]) {
    for (from, expected) in rows {
        assert_eq!(value(&rule.replace("ANCHOR", from)), *expected, "{rule} from {from}");
    }
}

#[test]
fn vat_is_due_a_month_and_seven_days_after_the_period() {
    check(
        "ANCHOR, +7 days, +1 month",
        &[
            ("2016-03-28", "2016-05-04"),
            ("2016-06-30", "2016-08-07"),
            ("2027-02-28", "2027-04-07"),
            ("2026-01-31", "2026-03-07"),
            ("2026-11-30", "2027-01-07"),
        ],
    );
    for month in 1..=12 {
        let end = Date::constant(2026, month, 1).last_of_month();
        assert!(value(&alloc::format!("{end}, +7 days, +1 month")).ends_with("-07"), "{end}");
    }
}

#[test]
fn accounts_are_filed_nine_months_on_and_month_ends_stay_month_ends() {
    check(
        "ANCHOR, +9 months keeping month end",
        &[
            ("2026-06-30", "2027-03-31"),
            ("2027-02-28", "2027-11-30"),
            ("2028-02-28", "2028-11-28"),
            ("2026-06-15", "2027-03-15"),
            ("2026-05-31", "2027-02-28"),
        ],
    );
    check("ANCHOR, +9 months keeping month end, +1 day", &[("2026-06-30", "2027-04-01"), ("2027-02-28", "2027-12-01")]);
    for step in ["+12 months keeping month end", "+1 year keeping month end"] {
        let rule = ["ANCHOR, ", step].concat();
        check(&rule, &[("2026-06-30", "2027-06-30"), ("2027-02-28", "2028-02-29"), ("2028-02-29", "2029-02-28")]);
    }
}

#[test]
fn first_accounts_are_filed_twenty_one_months_from_incorporation_to_the_day() {
    check("ANCHOR, +21 months", &[("2019-01-01", "2020-10-01")]);
}

#[test]
fn payroll_tax_is_paid_by_the_22nd_after_the_tax_month_or_the_working_day_before() {
    check(
        "ANCHOR, end of tax month, day 22 of month, previous working day",
        &[
            ("2019-11-29", "2019-12-20"),
            ("2026-05-01", "2026-05-22"),
            ("2026-05-05", "2026-05-22"),
            ("2026-05-06", "2026-06-22"),
            ("2026-05-28", "2026-06-22"),
            ("2026-12-31", "2027-01-22"),
            ("2027-01-04", "2027-01-22"),
        ],
    );
}

#[test]
fn a_pay_date_on_a_day_off_moves_to_the_working_day_before() {
    check(
        "ANCHOR, previous working day",
        &[("2019-10-26", "2019-10-25"), ("2026-05-25", "2026-05-22"), ("2019-10-25", "2019-10-25")],
    );
}

#[test]
fn the_tax_year_runs_from_6_april_and_the_tax_month_from_the_6th() {
    check("ANCHOR, start of tax year", &[("2026-04-05", "2025-04-06"), ("2026-04-06", "2026-04-06")]);
    check("ANCHOR, end of tax year", &[("2026-04-05", "2026-04-05"), ("2026-04-06", "2027-04-05")]);
    check("ANCHOR, start of tax month", &[("2026-01-05", "2025-12-06"), ("2026-01-06", "2026-01-06")]);
    check("ANCHOR, end of tax month", &[("2026-01-05", "2026-01-05"), ("2026-12-06", "2027-01-05")]);
    check("ANCHOR, start of tax year", &[("2027-01-31", "2026-04-06"), ("2026-12-31", "2026-04-06")]);
}

#[test]
fn stretches_of_the_calendar_begin_and_end_where_people_think() {
    for (stretch, first, last) in [
        ("week", "2028-02-28", "2028-03-05"),
        ("month", "2028-02-01", "2028-02-29"),
        ("quarter", "2028-01-01", "2028-03-31"),
        ("year", "2028-01-01", "2028-12-31"),
    ] {
        assert_eq!(value(&["2028-02-29, start of ", stretch].concat()), first);
        assert_eq!(value(&["2028-02-29, end of ", stretch].concat()), last);
    }
    check("ANCHOR, end of quarter", &[("2026-12-31", "2026-12-31"), ("2026-10-01", "2026-12-31")]);
}

#[test]
fn a_weekday_is_looked_for_from_the_day_itself() {
    check("ANCHOR, end of month, previous friday", &[("2026-05-01", "2026-05-29"), ("2026-07-01", "2026-07-31")]);
    check("ANCHOR, next monday", &[("2026-05-18", "2026-05-18"), ("2026-05-19", "2026-05-25")]);
    check("ANCHOR, previous sunday", &[("2026-05-18", "2026-05-17")]);
}

#[test]
fn the_shipped_jobs_have_the_dates_their_tests_ask_for() {
    let payroll = [("period.start", Anchored::Day(day("2026-05-01"))), ("inputs.pay_day", Anchored::Int(25))];
    let pay_date = run("period.start, day inputs.pay_day of month, previous working day", Meaning::Due, &payroll);
    assert_eq!(pay_date.unwrap().value, When::Day(day("2026-05-22")));
    check("ANCHOR, -5 working days", &[("2026-05-22", "2026-05-15"), ("2026-08-07", "2026-07-31")]);
    check("ANCHOR, +12 days, next working day", &[("2026-06-30", "2026-07-13")]);
}

#[test]
fn the_shipped_calendars_hold_the_days_the_government_publishes() {
    let scotland = shipped(include_str!("../../../../../workflows/calendars/scotland.yaml"));
    let ireland = shipped(include_str!("../../../../../workflows/calendars/northern-ireland.yaml"));
    assert_eq!([england(), scotland.clone(), ireland.clone()].map(|c| c.holidays.len()), [83, 94, 103]);
    for calendar in [&england(), &scotland, &ireland] {
        assert_eq!((calendar.first_year, calendar.last_year), (2019, 2028));
        for once in ["2020-05-08", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08"] {
            assert!(calendar.holidays.contains_key(&day(once)), "{once}");
        }
        let weekend = |day: &&Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        assert_eq!(calendar.holidays.keys().find(weekend), None);
    }
    assert!(scotland.holidays.contains_key(&day("2026-06-15")) && !england().holidays.contains_key(&day("2026-06-15")));
    assert!(ireland.holidays.contains_key(&day("2026-07-13")));
}
