//! `date`: tries a date rule and shows each step.
//!
//! Owns: reading the anchors' values from the command line, and the table of steps. Leaves the rule to the core.

use std::collections::BTreeMap;

use clap::Args;
use jiff::civil::{Date as Day, DateTime, Time};
use jiff::tz::TimeZone;
use jobwright_core::calendar::Calendar;
use jobwright_core::date::{self, Anchored, Context as Setting, Evaluation, Meaning, Rule, RuleError, When, evaluate};
use jobwright_definition::diagnostic::quoted;
use jobwright_definition::practice::{CALENDAR, CLOSING_HOUR, OPENING_HOUR, TIMEZONE};
use serde_json::json;

use super::Context;
use crate::exit::Exit;
use crate::output::{Output, Paint};
use crate::practice::{Calendars, Practice, zone};
use crate::report::{Report, Result};
use crate::table::{Cell, Table};

/// Try a date rule and see each step
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright date \"2026-06-30, +7 days, +1 month\"
  jobwright date \"period.end, +9 months keeping month end\" period.end=2026-02-28
  jobwright date \"pay_date, -2 working days\" pay_date=2026-12-29 --calendar scotland
  jobwright date \"due, -90 minutes\" due=2026-03-31T17:00 --zone Europe/Dublin")]
pub struct Date {
    /// The rule, as a definition would write it
    rule: String,

    /// What its anchors are: a day, a day with a time, or a whole number
    #[arg(value_name = "NAME=DATE")]
    anchors: Vec<String>,

    /// The calendar of working days; the practice's when left out
    #[arg(long, value_name = "ID")]
    calendar: Option<String>,

    /// The time zone; the practice's when left out
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,

    /// Read it as something that ends (`due`, `expires`), not as something that starts
    #[arg(long)]
    due: bool,
}

/// What a rule is tried in.
struct World {
    zone: TimeZone,
    calendar: Calendar,
    opening: Time,
    closing: Time,
}

impl Date {
    pub fn run(self, ctx: &mut Context) -> Result {
        let world = self.world(ctx)?;
        let rule = Rule::parse(&self.rule).map_err(|faults| unreadable(&self.rule, &faults))?;
        let given = anchors(&self.anchors, &world.zone)?;
        let missing: Vec<_> = rule.anchors().filter(|path| look_up(&given, path).is_none()).map(quoted).collect();
        if !missing.is_empty() {
            let report = Report::usage(format!("the rule hangs on {}", missing.join(" and ")));
            return Err(report.next("say what it is: NAME=2026-06-30"));
        }
        let lookup = |path: &str| look_up(&given, path);
        let meaning = if self.due { Meaning::Due } else { Meaning::Start };
        let World { zone, calendar, opening, closing } = &world;
        let setting = Setting { zone, calendar, opening: *opening, closing: *closing, meaning, lookup: &lookup };
        let found = evaluate(&rule, &setting);
        let found = found.map_err(|undated| Report::new(Exit::No, format!("the rule has no date: {undated}")))?;
        let at = setting.instant(found.value, meaning);
        let at = at.map_err(|_| Report::new(Exit::No, "the rule leads out of the years that can be counted"))?;
        let at =
            At { local: zone.to_datetime(at), rfc3339: at.to_zoned(zone.clone()).strftime("%FT%T%:z").to_string() };
        if ctx.global.json { self.json(&found, &at, &mut ctx.out) } else { self.human(&found, &at, zone, &mut ctx.out) }
    }

    fn world(&self, ctx: &Context) -> Result<World> {
        let practice = Practice::open_if_there(&ctx.global)?;
        let file = practice.as_ref().map(|practice| &practice.file);
        let calendars = match &practice {
            Some(practice) => practice.calendars.clone(),
            None => Calendars::shipped()?,
        };
        let calendar = self.calendar.as_deref().or(file.map(|file| file.calendar.value.as_str())).unwrap_or(CALENDAR);
        let named = self.zone.as_deref().or(file.map(|file| file.timezone.value.as_str())).unwrap_or(TIMEZONE);
        Ok(World {
            zone: zone(named)?,
            calendar: calendars.get(calendar)?.clone(),
            opening: file.map_or(OPENING_HOUR, |file| file.opening),
            closing: file.map_or(CLOSING_HOUR, |file| file.closing),
        })
    }

    fn human(&self, found: &Evaluation, at: &At, zone: &TimeZone, out: &mut Output) -> Result {
        let mut table = Table::new(["", "", "", ""]);
        for step in &found.trace {
            let note = step.note.map(|note| note.to_string()).unwrap_or_default();
            let (day, local) = local(step.result, zone);
            let cells = [Cell::from(step.text.clone()), Cell::styled(local, Paint::bold), weekday(day).into()];
            table.row(cells.into_iter().chain([Cell::styled(note, Paint::dim)]));
        }
        out.text(table.human(out.paint()))?;
        let ends = if self.due { "over at" } else { "begins at" };
        out.line(format!("{ends} {} {}", at.local.strftime("%F %H:%M"), out.paint().dim(&at.rfc3339)))?;
        Ok(Exit::Done)
    }

    fn json(&self, found: &Evaluation, at: &At, out: &mut Output) -> Result {
        let steps = found.trace.iter().map(|step| {
            let note = step.note.map(|note| note.to_string());
            json!({ "text": step.text, "value": step.result.to_string(), "note": note })
        });
        let steps: Vec<_> = steps.collect();
        out.json(&json!({ "rule": self.rule, "value": found.value.to_string(), "at": at.rfc3339, "steps": steps }))?;
        Ok(Exit::Done)
    }
}

/// The instant that the rule means.
struct At {
    local: DateTime,
    rfc3339: String,
}

fn local(when: When, zone: &TimeZone) -> (Day, String) {
    match when {
        When::Day(day) => (day, day.to_string()),
        When::Moment(at) => {
            let local = zone.to_datetime(at);
            (local.date(), local.strftime("%F %H:%M").to_string())
        }
    }
}

fn weekday(day: Day) -> String {
    day.strftime("%A").to_string()
}

/// `pay_date` and `dates.pay_date` are the same.
fn look_up(given: &BTreeMap<String, Anchored>, path: &str) -> Option<Anchored> {
    let other = path.strip_prefix("dates.").map_or_else(|| format!("dates.{path}"), str::to_owned);
    given.get(path).or_else(|| given.get(&other)).copied()
}

fn anchors(given: &[String], zone: &TimeZone) -> Result<BTreeMap<String, Anchored>> {
    given.iter().map(|one| anchor(one, zone)).collect()
}

fn anchor(given: &str, zone: &TimeZone) -> Result<(String, Anchored)> {
    let Some((name, text)) = given.split_once('=') else {
        let report = Report::usage(format!("{} names no value", quoted(given)));
        return Err(report.next("write NAME=2026-06-30; a rule with spaces stands in quotes"));
    };
    let no_date = || {
        let report = Report::usage(format!("{} of {} is no date", quoted(text), quoted(name)));
        report.next("write 2026-06-30, 2026-06-30T09:00 or a whole number")
    };
    let value = if let Ok(number) = text.parse() {
        Anchored::Int(number)
    } else if let Some(day) = date::day(text) {
        Anchored::Day(day)
    } else {
        let local = date::local_moment(text).ok_or_else(no_date)?;
        // A gap moves forward and a fold takes the first, as everywhere. Its time of day is one that was written.
        Anchored::Timed(zone.to_ambiguous_timestamp(local).compatible().map_err(|_| no_date())?)
    };
    Ok((name.to_owned(), value))
}

/// Every fault of the rule, each under the words it is about.
fn unreadable(rule: &str, faults: &[RuleError]) -> Report {
    let mut picture = String::new();
    for fault in faults {
        let before = rule.get(..fault.span.start).unwrap_or_default().chars().count();
        let wide = rule.get(fault.span.clone()).unwrap_or_default().chars().count().max(1);
        picture += &format!("{rule}\n{}{} {}\n", " ".repeat(before), "^".repeat(wide), fault.message);
    }
    let report = Report::new(Exit::No, format!("{} is no date rule", quoted(rule))).picture(picture);
    let helps = faults.iter().filter_map(|fault| fault.help.clone());
    helps.fold(report, |report, help| report.next(help))
}
