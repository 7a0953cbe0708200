//! Times of day, the change of clocks, what a bare day means, and what an evaluation says.

use super::*;

/// The trace as lines of text.
fn told(evaluation: &Evaluation) -> Vec<String> {
    let line = |step: &Trace| match step.note {
        None => alloc::format!("{} = {}", step.text, step.result),
        Some(note) => alloc::format!("{} = {}: {note}", step.text, step.result),
    };
    evaluation.trace.iter().map(line).collect()
}

#[test]
fn a_time_that_the_clocks_skip_moves_forward_and_one_that_comes_twice_is_the_first() {
    for (rule, at, note) in [
        ("2027-03-28, at 01:30", "2027-03-28T01:30:00Z", Some(Note::GapMovedForward)),
        ("2027-10-31, at 01:30", "2027-10-31T00:30:00Z", Some(Note::FoldTookFirst)),
        ("2027-03-28, at 00:59", "2027-03-28T00:59:00Z", None),
        ("2027-10-31, at 02:00", "2027-10-31T02:00:00Z", None),
    ] {
        let evaluation = run(rule, Meaning::Start, &[]).unwrap();
        assert_eq!(evaluation.value, When::Moment(moment(at)), "{rule}");
        assert_eq!(evaluation.trace[1].note, note, "{rule}");
    }
}

#[test]
fn a_day_is_not_24_hours_when_the_clocks_change() {
    let saturday = [("task.ready", Anchored::Moment(moment("2027-03-27T09:00:00Z")))];
    let at = |rule| run(rule, Meaning::Start, &saturday).unwrap().value;
    assert_eq!(at("task.ready, +24 hours"), When::Moment(moment("2027-03-28T09:00:00Z")));
    assert_eq!(at("task.ready, +1 day, at 09:00"), When::Moment(moment("2027-03-28T08:00:00Z")));
}

#[test]
fn steps_of_days_drop_the_time_that_a_clock_gave_and_steps_of_hours_keep_it() {
    // Half past midnight in London, still the day before in UTC.
    let ready = [("task.ready", Anchored::Moment(moment("2026-06-10T23:30:00Z")))];
    for (rule, value) in [
        ("task.ready", "2026-06-10T23:30:00Z"),
        ("task.ready, +0 days", "2026-06-11"),
        ("task.ready, next working day", "2026-06-11"),
        ("task.ready, end of month", "2026-06-30"),
        ("task.ready, +1 month", "2026-07-11"),
        ("task.ready, -90 minutes", "2026-06-10T22:00:00Z"),
        ("task.ready, at 12:00", "2026-06-11T11:00:00Z"),
    ] {
        assert_eq!(run(rule, Meaning::Start, &ready).unwrap().value.to_string(), value, "{rule}");
    }
}

#[test]
fn r38_a_time_that_was_written_survives_every_step_of_days() {
    let values = [
        ("task.ready", Anchored::Moment(moment("2026-06-10T23:30:00Z"))),
        ("cut_off", Anchored::Timed(moment("2026-05-28T11:00:00Z"))),
        ("period.start", Anchored::Day(day("2026-05-01"))),
    ];
    for (rule, value) in [
        ("task.ready, at 12:00, -1 working day", "2026-06-10T11:00:00Z"),
        ("period.start, day 28 of month, at 12:00, -1 working day", "2026-05-27T11:00:00Z"),
        ("period.start, at 12:00, day 28 of month", "2026-05-28T11:00:00Z"),
        ("period.start, at 12:00, end of month", "2026-05-31T11:00:00Z"),
        ("period.start, at 12:00, end of month, next working day", "2026-06-01T11:00:00Z"),
        ("period.start, at 12:00, next monday", "2026-05-04T11:00:00Z"),
        ("period.start, at 12:00, +1 week, +1 month, +1 quarter, +1 year", "2027-09-08T11:00:00Z"),
        ("period.start, at 12:00, +9 months keeping month end", "2027-02-01T12:00:00Z"),
        ("period.start, at 12:00, start of tax year", "2026-04-06T11:00:00Z"),
        // Hours move the time that was written; the last `at` counts.
        ("period.start, at 12:00, -90 minutes, +1 day", "2026-05-02T09:30:00Z"),
        ("period.start, at 12:00, +1 day, at 09:00, +1 day", "2026-05-03T08:00:00Z"),
        ("period.start, at 00:00, +1 day", "2026-05-01T23:00:00Z"),
        // Through a key date, and a time that a clock gave stays without one.
        ("cut_off, -1 working day", "2026-05-27T11:00:00Z"),
        ("task.ready, +2 hours, +1 day", "2026-06-12"),
        // The clocks skip half past one on the day between and nowhere else.
        ("2027-03-27, at 01:30, +1 day", "2027-03-28T01:30:00Z"),
        ("2027-03-27, at 01:30, +1 day, +1 day", "2027-03-29T00:30:00Z"),
    ] {
        assert_eq!(run(rule, Meaning::Due, &values).unwrap().value.to_string(), value, "{rule}");
    }
    let gap = run("2027-03-27, at 01:30, +1 day", Meaning::Due, &values).unwrap();
    assert_eq!(gap.trace.last().and_then(|step| step.note), Some(Note::GapMovedForward));
}

#[test]
fn hours_on_a_bare_day_count_from_the_opening_hour_or_from_the_end_of_what_is_due() {
    let values =
        ["due", "pay_date", "tasks.x.due", "tasks.x.expires"].map(|path| (path, Anchored::Day(day("2026-05-22"))));
    for (rule, meaning, at) in [
        ("pay_date, +2 hours", Meaning::Start, "2026-05-22T10:00:00Z"),
        ("pay_date, +2 hours", Meaning::Due, "2026-05-23T01:00:00Z"),
        ("due, -4 hours", Meaning::Start, "2026-05-22T19:00:00Z"),
        ("due, +2 hours", Meaning::Start, "2026-05-23T01:00:00Z"),
        ("tasks.x.expires, -1 hour", Meaning::Start, "2026-05-22T22:00:00Z"),
        ("tasks.x.due, -1 day, -30 minutes", Meaning::Start, "2026-05-21T22:30:00Z"),
    ] {
        assert_eq!(run(rule, meaning, &values).unwrap().value, When::Moment(moment(at)), "{rule} {meaning:?}");
    }
}

#[test]
fn a_day_that_is_due_ends_at_the_next_local_midnight_and_any_other_is_the_opening_hour() {
    world(Meaning::Start, &[], |ctx| {
        let friday = When::Day(day("2026-05-22"));
        assert_eq!(ctx.instant(friday, Meaning::Due), Ok(moment("2026-05-22T23:00:00Z")));
        assert_eq!(ctx.instant(friday, Meaning::Start), Ok(moment("2026-05-22T08:00:00Z")));
        let noon = moment("2026-05-22T12:00:00Z");
        assert_eq!(ctx.instant(When::Moment(noon), Meaning::Due), Ok(noon));
        assert_eq!(ctx.instant(When::Day(Date::MAX), Meaning::Due), Err(OutOfRange));
        // In Beirut the day of the change has no midnight: the day before ends when the next begins, at 01:00.
        let beirut = TimeZone::posix("EET-2EEST,M3.5.0/0,M10.5.0/0").unwrap();
        let ctx = Context { zone: &beirut, ..*ctx };
        assert_eq!(ctx.instant(When::Day(day("2027-03-27")), Meaning::Due), Ok(moment("2027-03-27T22:00:00Z")));
    });
}

#[test]
fn a_reminder_goes_out_on_working_days_between_opening_and_closing() {
    world(Meaning::Start, &[], |ctx| {
        for (at, open) in [
            ("2026-05-22T10:00:00Z", "2026-05-22T10:00:00Z"),
            ("2026-05-22T05:00:00Z", "2026-05-22T08:00:00Z"),
            ("2026-05-22T15:59:59Z", "2026-05-22T15:59:59Z"),
            // After closing on the Friday before a bank holiday.
            ("2026-05-22T16:00:00Z", "2026-05-26T08:00:00Z"),
            ("2026-05-23T10:00:00Z", "2026-05-26T08:00:00Z"),
        ] {
            assert_eq!(ctx.open_moment(moment(at)), Ok(moment(open)), "{at}");
        }
    });
}

#[test]
fn the_trace_tells_each_step_and_what_was_not_expected() {
    let evaluation = run("2028-10-31, +1 month, +25 working days, at 08:30", Meaning::Start, &[]).unwrap();
    assert_eq!(
        told(&evaluation),
        [
            "2028-10-31 = 2028-10-31",
            "+1 month = 2028-11-30: the month has no such day, so its last day was taken",
            "+25 working days = 2029-01-08: the calendar has no holidays for that year, so only weekends were counted",
            "at 08:30 = 2029-01-08T08:30:00Z",
        ]
    );
}

#[test]
fn short_months_and_leap_days_are_clamped_and_say_so() {
    for (rule, expected, note) in [
        ("2026-02-10, day 31 of month", "2026-02-28", Some(Note::Clamped)),
        ("2028-02-10, day 29 of month", "2028-02-29", None),
        ("2028-02-29, +1 year", "2029-02-28", Some(Note::Clamped)),
        ("2028-02-29, +4 years", "2032-02-29", None),
        ("2026-11-30, +1 quarter", "2027-02-28", Some(Note::Clamped)),
        ("2026-01-30, +1 month keeping month end", "2026-02-28", Some(Note::Clamped)),
        ("2026-01-31, +1 month keeping month end", "2026-02-28", None),
        ("2026-04-30, +1 month", "2026-05-30", None),
        ("2026-04-30, +1 month keeping month end", "2026-05-31", None),
    ] {
        let evaluation = run(rule, Meaning::Start, &[]).unwrap();
        assert_eq!(evaluation.value, When::Day(day(expected)), "{rule}");
        assert_eq!(evaluation.trace[1].note, note, "{rule}");
    }
}

#[test]
fn a_rule_without_a_value_names_the_path_to_blame() {
    let values = [
        ("client.year_end", Anchored::Unknown),
        ("inputs.n", Anchored::Int(10_000)),
        ("inputs.zero", Anchored::Int(0)),
        ("inputs.back", Anchored::Int(-2)),
        ("job.opened", Anchored::Moment(moment("2026-05-22T12:00:00Z"))),
    ];
    for (rule, anchor, cause) in [
        ("client.year_end, +9 months", "client.year_end", Cause::Unknown),
        ("client.nosuch", "client.nosuch", Cause::Unknown),
        ("inputs.n", "inputs.n", Cause::NotADate),
        ("due, +1 day", "due", Cause::Unknown),
        ("2026-01-01, +inputs.nosuch days", "inputs.nosuch", Cause::Unknown),
        ("2026-01-01, +job.opened days", "job.opened", Cause::NotANumber),
        ("2026-01-01, +inputs.n days", "inputs.n", Cause::OutOfRange),
        ("2026-01-01, day inputs.zero of month", "inputs.zero", Cause::OutOfRange),
        ("job.opened, +9999 years", "job.opened", Cause::OutOfRange),
    ] {
        let undated = run(rule, Meaning::Start, &values).unwrap_err();
        assert_eq!(undated, Undated { anchor: anchor.into(), cause }, "{rule}");
    }
    let back = run("2026-05-22, +inputs.back days", Meaning::Start, &values).unwrap();
    assert_eq!(back.value, When::Day(day("2026-05-20")));
}

#[test]
fn steps_out_of_the_years_are_errors_and_never_panics() {
    for from in ["0001-01-01", "9999-12-31"] {
        for step in ["1 minute", "9999 hours", "1 day", "9999 working days", "1 week", "1 month", "9999 quarters"] {
            for sign in ["+", "-"] {
                let _ = value(&alloc::format!("{from}, {sign}{step}"));
            }
        }
        for step in ["end of tax year", "start of tax year", "start of week", "end of week", "next sunday", "at 23:59"]
        {
            let _ = value(&alloc::format!("{from}, {step}"));
        }
    }
    assert_eq!(value("9999-12-31, +1 day"), "`9999-12-31` leads to no date that can be counted to");
    assert_eq!(value("0001-01-01, -10 hours"), "`0001-01-01` leads to no date that can be counted to");
    assert_eq!(value("0001-01-01, -1 working day"), "`0001-01-01` leads to no date that can be counted to");
    assert_eq!(value("0001-01-03, start of tax month"), "`0001-01-03` leads to no date that can be counted to");
}
