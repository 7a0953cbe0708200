//! `demo`: a month of payroll in the sample practice, from the first letter to the signature.
//!
//! Owns: the folder it leaves behind and what is told of it: the timeline, a letter, why a person was chosen, and what
//! happens when nobody can be. Leaves what people do on which day to `month`.

mod month;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::{Event, Slot};
use jobwright_core::recipient::Resolution;
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::people::{Known, People, people};
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::NoOthers;
use jobwright_definition::syntax;
use jobwright_runtime::{Clock, Engine, Existing, Looked, World};
use jobwright_store::directory::ContactRole;
use jobwright_store::{Blobs, local};
use serde_json::json;

use self::month::{CLIENT, Month, OTHER, PAYROLL, REVIEW};
use super::Context;
use crate::arguments::Global;
use crate::assemble::{LETTERS, Trial, engine_report, files, store_report, task_types, world};
use crate::caller::Own;
use crate::exit::Exit;
use crate::play::{Stage, folder, sample};
use crate::plugins::rehearsed;
use crate::practice::{Practice, WORKFLOWS, shown, unusable};
use crate::proof;
use crate::read::look;
use crate::report::{Report, Result};
use crate::timeline::{Timeline, letter};

/// Memory for the pages of a store this small.
const CACHE_BYTES: u64 = 8 << 20;

/// Play a month of payroll in a sample practice, and look at everything
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright demo                a new temporary folder, which is named at the end
  jobwright demo my-demo        a folder of your own")]
pub struct Demo {
    /// The folder, which must be new or empty
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Demo {
    pub fn run(self, ctx: &mut Context) -> Result {
        let folder = match &self.folder {
            Some(named) => folder::empty(named)?,
            None => folder::temporary("jobwright-demo")?,
        };
        sample::write(&folder)?;
        let global = Global { practice: folder.clone(), store: None, ..ctx.global.clone() };
        let practice = Practice::open(&global)?;
        let zone = practice.zone.clone();
        let begins = last_whole_month(Timestamp::now(), &zone)?;
        let people = read_people(&practice)?;
        let stage = stage(&practice, &people, begins)?;
        let month = Month::play(&stage, begins)?;
        if ctx.global.json {
            ctx.out.json(&json!({
                "folder": shown(&folder),
                "jobs": [month.whole.job.id.to_string(), month.healed.job.id.to_string()],
            }))?;
            return Ok(Exit::Done);
        }
        let told = Told { month: &month, zone: stage.engine().world().zone_of(&month.whole.prepared.plan) };
        told.whole(&people, &practice, ctx)?;
        told.one_letter(ctx)?;
        told.why(ctx)?;
        told.nobody(ctx)?;
        ends(&folder, &month, ctx)?;
        Ok(Exit::Done)
    }
}

/// The first moment of the last month that is over: the store's time never runs back, so nothing is played ahead.
fn last_whole_month(now: Timestamp, zone: &TimeZone) -> Result<Timestamp> {
    let this_month = now.to_zoned(zone.clone()).date().first_of_month();
    let begins = this_month.checked_sub(1.month()).and_then(|day| day.to_zoned(zone.clone()));
    begins
        .map(|begins| begins.timestamp())
        .map_err(|error| Report::new(Exit::Outside, "the machine's clock is out of range").caused_by(&error))
}

fn read_people(practice: &Practice) -> Result<People> {
    let path = practice.folder.join(sample::PEOPLE);
    let bytes = std::fs::read(&path).map_err(|error| Report::file("read", &path, &error))?;
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node = syntax::read(&mut sources, &shown(&path), &bytes, &mut diagnostics);
    let read = node.and_then(|node| people(&node, &practice.file, &Known::default(), &mut diagnostics));
    read.ok_or_else(|| unusable(&shown(&path), &sources, &diagnostics))
}

/// The practice's own store, on a clock that is moved by hand, with its people and its definitions.
fn stage(practice: &Practice, people: &People, begins: Timestamp) -> Result<Stage> {
    let options = local::Options { cache_bytes: CACHE_BYTES, ..local::Options::default() };
    let store = local::open(&practice.store, &options).map_err(store_report)?;
    let blobs = Blobs::open(&practice.store).map_err(store_report)?;
    let types = task_types(&practice.file, files(practice.folder.join(LETTERS)))?;
    let stage = Stage::open(Trial {
        store: Arc::new(store),
        files: Arc::new(blobs),
        clock: Arc::new(Clock::standing_at(begins)),
        world: World {
            plugins: rehearsed(practice),
            ..world(&practice.file, practice.zone.clone(), &practice.calendars)
        },
        types,
    })?;
    put_people(stage.engine(), people)?;
    for (name, _) in sample::DEFINITIONS {
        let path = practice.folder.join(WORKFLOWS).join(name);
        let (sources, checked) = look(&path, Some(practice), Some(stage.engine()), &Own, &NoOthers)?;
        let plan = checked.plan.ok_or_else(|| unusable(&shown(&path), &sources, &checked.diagnostics))?;
        stage.publish(&plan, &checked.canonical, Existing::Keep)?;
    }
    Ok(stage)
}

fn put_people(engine: &Engine, people: &People) -> Result<()> {
    let who = Attribution::engine("demo");
    for role in &people.roles {
        let role = ContactRole { id: role.id.clone(), label: role.label.clone(), hint: role.hint.clone() };
        engine.put_role(&role, &who).map_err(engine_report)?;
    }
    for staff in &people.staff {
        engine.put_staff(staff, &who).map_err(engine_report)?;
    }
    for client in &people.clients {
        let put = engine.change_client(&client.id, &who, |_| Ok::<_, jobwright_runtime::Error>((client.clone(), ())));
        put.map_err(engine_report)?;
    }
    Ok(())
}

/// What is told of a month.
struct Told<'a> {
    month: &'a Month,
    zone: TimeZone,
}

impl Told<'_> {
    fn whole(&self, people: &People, practice: &Practice, ctx: &mut Context) -> Result<()> {
        let paint = ctx.out.paint();
        let (name, looked) = (&practice.file.practice.name, &self.month.whole);
        let sizes = format!("{} clients, {} members of staff", people.clients.len(), people.staff.len());
        ctx.out.line(format!("{} - {sizes}, all invented. The clock is moved by hand.", paint.bold(name)))?;
        let period = looked.job.period.as_ref().map(|period| period.label.as_str()).unwrap_or_default();
        head(1, &format!("{} for {}, {period}", looked.prepared.plan.name, looked.client.name), ctx)?;
        self.timeline(looked, ctx)
    }

    fn one_letter(&self, ctx: &mut Context) -> Result<()> {
        let looked = &self.month.whole;
        let written =
            |event: &Event| matches!(event, Event::LetterWritten { task, .. } if task.task.as_str() == "approve");
        let Some(recorded) = looked.events.iter().find(|recorded| written(&recorded.event)) else { return Ok(()) };
        head(2, "One of its letters", ctx)?;
        ctx.out.text(indented(letter(recorded).trim_matches('\n')))?;
        Ok(())
    }

    fn why(&self, ctx: &mut Context) -> Result<()> {
        let looked = &self.month.whole;
        if let Some(resolution) = resolution(looked, "ask_changes") {
            let whom = resolution.chosen.first().map_or("nobody", |person| person.name.as_str());
            head(3, &format!("Why {whom}?"), ctx)?;
            let text = proof::resolution(resolution, ctx.out.paint());
            ctx.out.text(indented(&text))?;
        }
        Ok(())
    }

    fn nobody(&self, ctx: &mut Context) -> Result<()> {
        let looked = &self.month.healed;
        head(4, &format!("Nobody to ask: {}", looked.client.name), ctx)?;
        let paint = ctx.out.paint();
        for said in &self.month.said {
            let at = said.at.to_zoned(self.zone.clone()).strftime("%a %-d %B %H:%M").to_string();
            ctx.out.line(format!("  {}  {}", paint.dim(&at), said.words))?;
        }
        ctx.out.line("")?;
        self.timeline(looked, ctx)
    }

    fn timeline(&self, looked: &Looked, ctx: &mut Context) -> Result<()> {
        let mut timeline = Timeline::new(self.zone.clone(), ctx.out.paint());
        for event in &looked.events {
            ctx.out.text(timeline.lines(looked.job.id, event))?;
        }
        Ok(())
    }
}

fn resolution<'a>(looked: &'a Looked, task: &str) -> Option<&'a Resolution> {
    looked.events.iter().find_map(|recorded| match &recorded.event {
        Event::RecipientsResolved { task: of, slot: Slot::Recipient, resolution, .. } if of.task.as_str() == task => {
            Some(resolution)
        }
        _ => None,
    })
}

fn head(number: usize, title: &str, ctx: &mut Context) -> Result<()> {
    let title = ctx.out.paint().bold(&format!("{number}  {}", crate::output::visible(title)));
    Ok(ctx.out.line(format!("\n{title}\n"))?)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}

fn ends(folder: &Path, month: &Month, ctx: &mut Context) -> Result<()> {
    if ctx.global.quiet {
        return Ok(());
    }
    let period = |looked: &Looked| looked.job.period.as_ref().map(|period| period.key.clone()).unwrap_or_default();
    let commands = [
        "jobwright jobs".to_owned(),
        format!("jobwright show {PAYROLL}/{CLIENT}/{} --letters", period(&month.whole)),
        format!("jobwright why {REVIEW}/{OTHER}/{} ask", period(&month.healed)),
        format!("ls {LETTERS}"),
    ];
    head(5, "Look for yourself", ctx)?;
    ctx.out.line(format!("  cd {}", shown(folder)))?;
    for command in commands {
        ctx.out.line(format!("  {command}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_that_is_played_is_over() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let begins = |now: &str| last_whole_month(now.parse().unwrap(), &zone).unwrap().to_zoned(zone.clone()).date();
        let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
        assert_eq!(begins("2026-11-23T04:00:00Z"), day("2026-10-01"));
        assert_eq!(begins("2026-01-01T00:00:00Z"), day("2025-12-01"));
        // Half past midnight in London, and still the evening before in Greenwich's own time.
        assert_eq!(begins("2026-06-30T23:30:00Z"), day("2026-06-01"));
    }
}
