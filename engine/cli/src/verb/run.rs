//! `run`: one job of a definition, from its file to where it waits.
//!
//! Owns: the quickest way to see a definition work: people as the practice has them, a clock that is moved by hand,
//! letters in a folder of their own, and nothing kept. Leaves playing to `play` and what is shown to `timeline`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jobwright_core::access::{Action, Resource};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::id::{ClientId, JobId};
use jobwright_core::plan::Work;
use jobwright_core::task::TaskState;
use jobwright_core::value::Values;
use jobwright_definition::definition::recompile;
use jobwright_runtime::{Engine, Existing, Looked, Publish, Start, World};
use jobwright_store::{definitions, directory};
use serde_json::json;

use super::Context;
use super::show::{state, who};
use super::work::held_back;
use crate::assemble::{Trial, engine_report, files, store_report, task_types, world};
use crate::caller::Caller;
use crate::desk::{Desk, new_job, runtime};
use crate::exit::Exit;
use crate::linked::Linked;
use crate::play::{Opening, Stage, folder};
use crate::plugins::rehearsed;
use crate::practice::{Practice, shown};
use crate::read::{Definition, definition};
use crate::report::{Report, Result};
use crate::shape;
use crate::table::Table;
use crate::timeline::Timeline;

/// Definitions of the practice that a played job may start.
const DEFINITIONS_MAX: usize = 1_000;
/// Moments that the clock jumps to at most, when nobody says until when.
const MOMENTS_MAX: usize = 1_000;

/// Play one job of a definition, and see where it waits
#[derive(Debug, Args)]
#[command(after_help = "\
The clock is moved by hand and the people are a copy: nothing in the practice changes. Without --until, the job goes on
as far as it can by itself.

Examples:
  jobwright run workflows/monthly-payroll.job.yaml --client birchwood
  jobwright run workflows/vat-quarter.job.yaml --client birchwood --period 2026-Q1 --until 2026-05-31
  jobwright run workflows/monthly-payroll.job.yaml --client birchwood --clock real")]
pub struct Run {
    /// The definition
    file: PathBuf,

    /// For whom
    #[arg(long, value_name = "ID")]
    client: ClientId,

    /// For which period; the one that opened last when left out
    #[arg(long, value_name = "KEY")]
    period: Option<String>,

    /// When the clock begins; now when left out
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// How far the clock is moved
    #[arg(long, value_name = "TIME")]
    until: Option<String>,

    /// Which clock; the real one also takes the practice's own store and transport
    #[arg(long, value_enum, default_value = "virtual")]
    clock: Kind,

    /// The folder for letters, which must be new or empty; a temporary one when left out
    #[arg(long, value_name = "DIR")]
    letters: Option<PathBuf>,
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Moved by hand, on a copy
    Virtual,
    /// The machine's, on the practice's own store
    Real,
}

impl Run {
    pub fn run(self, ctx: &mut Context) -> Result {
        match self.clock {
            Kind::Virtual => self.play(ctx),
            Kind::Real if self.until.is_some() || self.from.is_some() || self.letters.is_some() => {
                Err(Report::usage("the real clock is not moved, and letters go where practice.yaml says")
                    .next("leave out --from, --until and --letters, or `jobwright work --until` afterwards"))
            }
            Kind::Real => self.work(ctx),
        }
    }

    fn play(&self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Jobs)?;
        let read = definition(&self.file, Some(&desk.practice), Some(&desk.engine), ctx)?;
        let zone = desk.engine.world().zone_of(&read.plan);
        let moment = |text: &Option<String>| {
            text.as_ref().map(|text| super::moment(text, &zone, jiff::civil::time(23, 59, 59, 0))).transpose()
        };
        let (from, until) = (moment(&self.from)?, moment(&self.until)?);
        let (stage, letters) = self.stage(&desk, &read, from, &*ctx.caller)?;
        // From here on nothing of the practice is touched, and others may work on it.
        drop(desk);
        let start = Opening {
            definition: &read.plan.id,
            client: &self.client,
            period: self.period.clone(),
            inputs: Values::new(),
            number: 1,
        };
        let job = stage.start(start)?;
        match until {
            Some(until) => stage.drive_until(until).map(drop)?,
            None => go_on(&stage, job)?,
        }
        say(stage.engine(), &stage.look(job)?, &zone, Some(&letters), ctx)?;
        letters_leave(stage.engine())
    }

    /// A stage with a copy of the client, the staff and the roles, and the definitions that the job may start.
    fn stage(
        &self,
        desk: &Desk,
        read: &Definition,
        from: Option<Timestamp>,
        caller: &dyn Caller,
    ) -> Result<(Stage, PathBuf)> {
        let Practice { file, zone, calendars, .. } = &*desk.practice;
        let letters = match &self.letters {
            Some(named) => folder::empty(&caller.absolute(named))?,
            None => folder::temporary("jobwright-letters")?,
        };
        let types = task_types(file, files(letters.clone()))?;
        let world = World { plugins: rehearsed(&desk.practice), ..world(file, zone.clone(), calendars) };
        let trial = Trial::begin(world, types, from.unwrap_or(desk.engine.now()))?;
        let stage = Stage::open(trial)?;
        let reader = desk.engine.reader();
        let client = directory::client(&reader, &self.client).map_err(store_report)?.value;
        let client =
            client.ok_or_else(|| engine_report(jobwright_runtime::Error::NoSuchClient(self.client.clone())))?;
        for role in directory::roles(&reader).map_err(store_report)? {
            stage.engine().put_role(&role, &Attribution::engine("run")).map_err(engine_report)?;
        }
        stage.people(&directory::staff(&reader).map_err(store_report)?.value, &client)?;
        if read.plan.tasks.iter().any(|task| matches!(task.work, Work::StartJob(_))) {
            publish_others(desk, read, &stage)?;
        }
        stage.publish(&read.plan, &read.canonical, Existing::Keep)?;
        Ok((stage, letters))
    }

    fn work(&self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Jobs)?;
        if desk.goes_on {
            // Two who drive one store would take each other's letters for lost.
            let report = Report::new(Exit::Store, "a running engine drives this practice already");
            return Err(report.next("`jobwright publish` and `jobwright start` go through it"));
        }
        let read = definition(&self.file, Some(&desk.practice), Some(&desk.engine), ctx)?;
        let (by, engine) = (desk.actor()?, &desk.engine);
        let definition = read.plan.id.clone();
        let publish = Publish { plan: read.plan, text: read.canonical, by: by.clone() };
        engine.publish(&publish, Existing::AsDefined).map_err(engine_report)?;
        let id = new_job(engine);
        let (client, period) = (self.client.clone(), self.period.clone());
        let start = Start { id, definition, client, period, inputs: Values::new(), by, parent: None };
        let job = engine.start(start).map_err(engine_report)?.job();
        engine.recover().map_err(engine_report)?;
        runtime()?.block_on(engine.drive()).map_err(engine_report)?;
        let looked = engine.look(job).map_err(engine_report)?;
        let zone = engine.world().zone_of(&looked.prepared.plan);
        say(engine, &looked, &zone, None, ctx)?;
        letters_leave(engine)
    }
}

/// Done, unless the way out is at fault: then the job waits for a letter and for nobody.
fn letters_leave(engine: &Engine) -> Result {
    engine.paused().map_or(Ok(Exit::Done), |why| Err(held_back(why, &engine.world().zone)))
}

fn publish_others(desk: &Desk, read: &Definition, stage: &Stage) -> Result<()> {
    let reader = desk.engine.reader();
    let newest = definitions::newest(&reader, None, DEFINITIONS_MAX).map_err(store_report)?;
    for publication in newest.found.into_iter().filter(|one| one.id != read.plan.id) {
        let source = definitions::source(&reader, publication.hash).map_err(store_report)?;
        // One that this version can no longer read is as good as none: the task that wants it says so.
        if let Some(source) = source
            && let Ok(plan) = recompile(&source.text)
        {
            stage.publish(&plan, &source.text, Existing::Keep)?;
        }
    }
    Ok(())
}

/// Moves the clock for as long as the job needs nobody.
fn go_on(stage: &Stage, job: JobId) -> Result<()> {
    stage.drive()?;
    for _ in 0..MOMENTS_MAX {
        let looked = stage.look(job)?;
        let needs_somebody = |state: TaskState| state.is_under_way() || state == TaskState::Uncompletable;
        if looked.job.tasks.values().any(|run| needs_somebody(run.state) && run.items.is_none()) {
            break;
        }
        let Some(next) = stage.engine().next_at().map_err(engine_report)? else { break };
        stage.drive_until(next)?;
    }
    Ok(())
}

fn say(
    engine: &Engine,
    looked: &Looked,
    zone: &jiff::tz::TimeZone,
    letters: Option<&Path>,
    ctx: &mut Context,
) -> Result<()> {
    let (job, plan) = (&looked.job, &looked.prepared.plan);
    if ctx.global.json {
        let mut object = shape::job(job, plan, &|key| key.to_string(), &looked.events, zone);
        Linked::of(engine, job)?.put_into(&mut object);
        object["letters"] = json!(letters.map(shown));
        ctx.out.json(&object)?;
        return Ok(());
    }
    let mut timeline = Timeline::of(looked, zone.clone(), ctx.out.paint());
    for event in &looked.events {
        ctx.out.text(timeline.lines(job.id, event))?;
    }
    ctx.out.text(format!("\n{}", standing(looked, &timeline, ctx)))?;
    if let Some(letters) = letters.filter(|_| !ctx.global.quiet) {
        let count = std::fs::read_dir(letters).map_or(0, |entries| entries.flatten().count());
        let letter = if count == 1 { "1 letter is".to_owned() } else { format!("{count} letters are") };
        ctx.out.line(format!("{letter} in {}", shown(letters)))?;
    }
    Ok(())
}

/// Where it waits and for whom: every task that has begun and has not ended.
fn standing(looked: &Looked, timeline: &Timeline, ctx: &Context) -> String {
    let mut table = Table::new(["", "", ""]);
    for (key, run) in shape::in_order(&looked.job, &looked.prepared.plan) {
        if (run.state.is_under_way() || run.state == TaskState::Uncompletable) && run.items.is_none() {
            table.row([key.to_string().into(), state(run), who(looked, run, timeline).into()]);
        }
    }
    if table.is_empty() {
        return format!("The job is {}.\n", looked.job.state.word());
    }
    format!("It waits:\n{}", table.human(ctx.out.paint()))
}
