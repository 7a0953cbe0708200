//! Times that survive steps of days (r38), and days that have one spelling (r39).

use super::{checked, refused, tested};
use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::run;

#[test]
fn r38_noon_stays_noon_through_steps_of_days_and_key_dates() {
    let said = tested(
        r#"
format: 1
id: noon
name: Noon before pay day
schedule: { every: month, timezone: Europe/London, calendar: england-and-wales }
inputs: { meeting: { type: datetime, default: "2026-05-20T14:30Z" } }
dates:
  pay_date: period.start, day 28 of month, previous working day, at 12:00
  bank_cut_off: pay_date, -1 working day
  opened: job.opened, +2 days
tasks:
  - { id: approve, type: manual, due: bank_cut_off }
  - { id: approve2, type: manual, due: "period.start, day 28 of month, at 12:00, -1 working day" }
  - { id: approve3, type: manual, due: "tasks.approve.due, -1 day" }
  - { id: send, type: wait, until: bank_cut_off }
  - { id: papers, type: manual, due: "inputs.meeting, -1 day" }
tests:
  - name: noon stays noon
    period: 2026-05
    start: 2026-05-04T09:20
    steps:
      - expect_dates:
          pay_date: 2026-05-28T12:00
          bank_cut_off: 2026-05-27T12:00
          opened: 2026-05-06
          tasks.approve.due: 2026-05-27T12:00
          tasks.approve2.due: 2026-05-27T12:00
          tasks.approve3.due: 2026-05-26T12:00
          tasks.send.until: 2026-05-27T12:00
          tasks.papers.due: 2026-05-19T15:30
      - advance_to: 2026-05-27, at 11:59
      - expect: { send: active }
      - advance_to: bank_cut_off, +0 days
      - expect: { send: completed }
"#,
    );
    assert_eq!(said.code, Some(0), "{said:#?}");
}

#[test]
fn r38_the_verb_date_keeps_the_time_too_and_shows_each_step() {
    let folder = Folder::new();
    let said = run(folder.path(), ["date", "2026-05-28, at 12:00, -1 working day", "--json"]);
    assert!(said.out.contains("2026-05-27T12:00:00+01:00"), "{said:#?}");
    let said = run(folder.path(), ["date", "pay_date, -1 working day", "pay_date=2026-05-28T12:00", "--json"]);
    assert!(said.out.contains("2026-05-27T12:00:00+01:00"), "{said:#?}");
}

#[test]
fn r39_date_of_a_text_takes_a_day_of_the_years_1_to_9999_and_nothing_else() {
    let definition = |day: &str, state: &str| {
        format!(
            "format: 1\nid: odd\nname: Odd\ninputs: {{ day: {{ type: string, default: x }} }}\ntasks:\n  - id: look\n    type: script\n    source: '#{{ d: date(inputs.day) }}'\n    outputs: {{ d: {{ type: date }} }}\ntests:\n  - name: a\n    inputs: {{ day: {day:?} }}\n    start: 2026-05-04T09:00\n    steps: [{{ expect: {{ look: {state} }} }}]\n"
        )
    };
    for good in ["2026-04-01", "9999-12-31", "0001-01-01"] {
        let said = tested(&definition(good, "completed"));
        assert_eq!(said.code, Some(0), "{good}: {said:#?}");
    }
    for bad in [
        "20260401",
        "2026-04-01T23:30",
        "2026-04-01T23:30-05:00",
        "2026-04-01[America/New_York]",
        "2026-04-01 10:00",
        "-002026-04-01",
        "0000-01-01",
        "2026-4-1",
        "2026-04-31",
        " 2026-04-01",
    ] {
        let said = tested(&definition(bad, "failed"));
        assert_eq!(said.code, Some(0), "{bad}: {said:#?}");
    }
    // What is written out is found before anything runs.
    for text in ["2026-04-31", "20260401", "2026-04-01T10:00", "0000-01-01"] {
        let source = format!(
            "format: 1\nid: a\nname: A\ntasks:\n  - {{ id: look, type: script, source: '#{{ d: date(\"{text}\") }}', outputs: {{ d: {{ type: date }} }} }}\n"
        );
        refused(&source, &["WF0407", "is not a day, YYYY-MM-DD"]);
    }
}

#[test]
fn r39_every_reader_of_days_takes_the_same_days() {
    let practice = Practice::with_people(TO_FILES);
    let settings = std::fs::read_to_string(practice.folder().join("practice.yaml")).expect("settings");
    practice.write(
        "practice.yaml",
        format!("{settings}\n").replace("  client:\n", "  client:\n    since: date\n    met_at: datetime\n"),
    );
    practice.write(
        "a.job.yaml",
        "format: 1\nid: day-asked\nname: A day\ninputs: { day: { type: date, optional: true }, at: { type: datetime, optional: true } }\ntasks:\n  - { id: ask, type: manual, outputs: { on: { type: date } } }\n",
    );
    practice.done(["publish", "a.job.yaml"]);
    practice.done(["start", "day-asked", "--client", "birchwood", "--input", "day=2026-04-01"]);
    practice.done(["client", "set", "birchwood", "since=2026-04-01", "met_at=2026-04-01T09:00+01:00"]);
    for bad in ["20260401", "2026-04-01T10:00", "2026-04-01Z", "0000-01-01", "2026-4-1", "-002026-04-01", "2026-04-31"]
    {
        let refuses = |said: crate::support::program::Said, door: &str| {
            assert!(said.code.is_some_and(|code| code != 0), "{door} takes {bad}: {said:#?}");
            assert!(format!("{}{}", said.out, said.errors).contains("YYYY-MM-DD"), "{door} of {bad}: {said:#?}");
        };
        refuses(practice.run(["client", "set", "birchwood", &format!("since={bad}")]), "client set");
        let input = format!("day={bad}");
        refuses(practice.run(["start", "day-asked", "--client", "cafe-soleil", "--input", &input]), "--input");
        refuses(practice.run(["complete", "day-asked/birchwood", "ask", "--set", &format!("on={bad}")]), "--set");
        practice.write("p.yaml", format!("clients:\n  - {{ id: newcomer, name: New, since: {bad:?} }}\n"));
        refuses(practice.run(["import", "p.yaml"]), "people.yaml");
        practice.write("p.csv", format!("client_id,client_name,since\nnewcomer,New,{bad}\n"));
        refuses(practice.run(["import", "p.csv"]), "people.csv");
        practice.write(
            "p.json",
            format!("{{\"clients\": [{{\"id\": \"newcomer\", \"name\": \"New\", \"since\": {bad:?}}}]}}"),
        );
        refuses(practice.run(["import", "p.json"]), "people.json");
        std::fs::create_dir_all(practice.folder().join("calendars")).expect("made");
        practice.write("calendars/own.yaml", format!("format: 1\nid: own\nname: Own\nholidays: {{ {bad}: X }}\n"));
        refuses(practice.run(["jobs"]), "calendars");
        std::fs::remove_dir_all(practice.folder().join("calendars")).expect("removed");
    }
    for bad in ["2026-04-01T09:00", "2026-04-01 09:00Z", "2026-04-01T09:00+01:00[Europe/London]", "0000-04-01T09:00Z"] {
        let said = practice.run(["client", "set", "birchwood", &format!("met_at={bad}")]);
        said.refuses(1, &["is not an instant like"]);
    }
    let default = "format: 1\nid: a\nname: A\ninputs: { at: { type: datetime, default: \"2026-05-04 09:00Z\" } }\ntasks: [{ id: t, type: manual }]\n";
    assert!(checked(default).out.contains("is not an instant like"), "{:#?}", checked(default));
}
