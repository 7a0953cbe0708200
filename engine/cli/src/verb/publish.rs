//! `publish`: a new version of a definition, with what it means for running jobs.
//!
//! Owns: the question whether running jobs move, never answered in silence (b014). Leaves moving them to the engine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jobwright_core::access::{Action, Resource};
use jobwright_core::{id::JobId, job::Preview, plan::RunningJobs};
use jobwright_definition::{diagnostic::Diagnostics, render};
use jobwright_runtime::{Existing, Plans, Publish as Version, Published};
use serde_json::json;

use super::Context;
use crate::assemble::engine_report;
use crate::desk::{Desk, short};
use crate::exit::Exit;
use crate::others::Around;
use crate::output::{counted, visible};
use crate::play::tested::Tested;
use crate::play::verdict::verdict;
use crate::read::{Definition, with_tests};
use crate::report::{Report, Result};

/// Tests whose failure is shown whole; the others are counted.
const MISSED_SHOWN_MAX: usize = 3;

/// Publish a version of a definition, and say what becomes of running jobs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright publish workflows/monthly-payroll.job.yaml
  jobwright publish workflows/monthly-payroll.job.yaml --dry-run
  jobwright publish workflows/monthly-payroll.job.yaml --existing update         what that would do
  jobwright publish workflows/monthly-payroll.job.yaml --existing update --yes   does it

Its tests are run first, those in a <id>.test.yaml beside it as well; when one does not hold, nothing is published.")]
pub struct Publish {
    /// The definition
    file: PathBuf,

    /// What becomes of running jobs
    #[arg(long, value_enum, default_value = "ask")]
    existing: Choice,

    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// With --existing update: move running jobs, after you have seen what that does
    #[arg(long)]
    yes: bool,

    /// Publish it without running its tests
    #[arg(long)]
    untested: bool,
}

/// What becomes of running jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Ask, where there is a terminal and a job runs
    Ask,
    /// They end on the version they began with
    Keep,
    /// They take the new text where they have not begun
    Update,
}

impl Publish {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Definitions)?;
        let checked = with_tests(&self.file, Some(&desk.practice), Some(&desk.engine), ctx)?;
        let by = desk.actor()?;
        let version = Version { plan: checked.plan.clone(), text: checked.canonical.clone(), by };
        if !self.untested {
            self.hold(checked, &desk, ctx)?;
        }
        let plans = desk.engine.plans(&version.plan).map_err(engine_report)?;
        if self.dry_run {
            self.say_plans(&plans, ctx)?;
            return Ok(Exit::Done);
        }
        let Some(existing) = self.existing(&version, &plans, ctx)? else { return Ok(Exit::No) };
        let published = desk.engine.publish(&version, existing).map_err(engine_report)?;
        say(&version, &published, ctx)?;
        Ok(Exit::Done)
    }

    /// Runs the definition's tests. A definition that does not do what its author expects of it is not published.
    fn hold(&self, checked: Definition, desk: &Desk, ctx: &Context) -> Result<()> {
        let caller = ctx.caller.clone();
        let others = Around::published(&desk.engine, &*caller);
        let (tested, practice) = (Tested::of(&self.file, checked, &others, caller.clone()), &*desk.practice);
        let (mut picture, mut diagnostics, mut missed) = (String::new(), Diagnostics::new(), 0);
        for scenario in &tested.scenarios {
            let Some(one) = verdict(&tested, scenario, practice, ctx.errors.paint())?.missed else { continue };
            missed += 1;
            diagnostics.extend(one.miss.diagnostics(&scenario.name.value).iter().cloned());
            if missed <= MISSED_SHOWN_MAX {
                picture += &format!("✗ {}\n\n{}\n", visible(&scenario.name.value), one.picture);
            }
        }
        if missed == 0 {
            return Ok(());
        }
        let tests = counted(tested.scenarios.len() as u64, "test");
        let what = format!("nothing was published: {missed} of {tests} of {} failed", tested.name);
        Err(Report::new(Exit::No, what)
            .picture(picture)
            .diagnostics(render::json(&tested.sources, &diagnostics))
            .next(format!("mend the definition or its tests; `jobwright test {}` runs them again", tested.name))
            .next("`--untested` publishes it all the same"))
    }

    /// The choice; nothing when nobody is there to make it.
    fn existing(&self, version: &Version, plans: &Plans, ctx: &mut Context) -> Result<Option<Existing>> {
        let defined = version.plan.on_change.running_jobs;
        match self.existing {
            Choice::Keep => Ok(Some(Existing::Keep)),
            Choice::Update if plans.jobs.is_empty() => Ok(Some(Existing::Update)),
            Choice::Update => self.updates(plans, ctx),
            // No question when no job runs (b015), or when the definition has answered it.
            Choice::Ask if plans.jobs.is_empty() || defined != RunningJobs::Ask => Ok(Some(Existing::AsDefined)),
            Choice::Ask if ctx.caller.can_answer() => {
                self.say_plans(plans, ctx)?;
                ctx.out.flush()?;
                chosen(&ctx.caller.ask("Move them to the new version? [keep/update] ")?)
            }
            Choice::Ask => {
                self.say_plans(plans, ctx)?;
                let running = plans.jobs.len();
                Err(Report::new(Exit::No, format!("nothing was published: {running} running jobs want an answer"))
                    .next("`--existing keep` lets them end on their version, `--existing update` moves them"))
            }
        }
    }

    /// What moving them does is said first, whoever has already decided.
    fn updates(&self, plans: &Plans, ctx: &mut Context) -> Result<Option<Existing>> {
        // For machines the one answer says what became of each.
        if !self.yes || !ctx.global.json {
            self.say_plans(plans, ctx)?;
        }
        if self.yes {
            return Ok(Some(Existing::Update));
        }
        if ctx.caller.can_answer() {
            ctx.out.flush()?;
            return match ctx.caller.ask("Move them to the new version? [yes/no] ")?.trim() {
                "yes" | "y" => Ok(Some(Existing::Update)),
                _ => Err(Report::new(Exit::No, "nothing was published")),
            };
        }
        let follow = if plans.jobs.len() == 1 { "follows" } else { "follow" };
        let what =
            format!("nothing was published: {} {follow} another version, as listed", jobs_words(plans.jobs.len()));
        Err(Report::new(Exit::No, what)
            .next("`--yes` moves those that can move, `--existing keep` lets all of them end on their version"))
    }

    fn say_plans(&self, plans: &Plans, ctx: &mut Context) -> Result<()> {
        if ctx.global.json {
            let jobs: Vec<_> = plans.jobs.iter().map(|(job, preview)| shape(*job, preview)).collect();
            ctx.out.json(&json!({ "running_jobs": jobs }))?;
            return Ok(());
        }
        if plans.jobs.is_empty() {
            ctx.out.line("No running job follows another version.")?;
        }
        // Most jobs of a practice stand at one of a few places: what becomes of those is said once.
        let mut alike: Vec<(String, Vec<String>)> = Vec::new();
        for (job, preview) in &plans.jobs {
            let (words, name) = (words(preview), short(*job));
            match alike.iter_mut().find(|(other, _)| *other == words) {
                Some((_, names)) => names.push(name),
                None => alike.push((words, vec![name])),
            }
        }
        for (words, names) in alike {
            match names.as_slice() {
                [one] => ctx.out.line(format!("job {one}: {words}"))?,
                many => ctx.out.line(format!("{} jobs ({}): {words}", many.len(), named(many)))?,
            }
        }
        let stay = plans.jobs.iter().filter(|(_, preview)| !preview.conflicts.is_empty()).count();
        if stay > 0 {
            let can = plans.jobs.len() - stay;
            ctx.out.line(format!("{} can move, {} cannot.", jobs_words(can), jobs_words(stay)))?;
        }
        Ok(())
    }
}

fn chosen(answer: &str) -> Result<Option<Existing>> {
    match answer.trim() {
        "keep" => Ok(Some(Existing::Keep)),
        "update" => Ok(Some(Existing::Update)),
        _ => Err(Report::new(Exit::No, "nothing was published").next("answer `keep` or `update`")),
    }
}

fn jobs_words(number: usize) -> String {
    if number == 1 { "1 running job".to_owned() } else { format!("{number} running jobs") }
}

/// The ends of the ids of jobs, as many as fit a line.
fn named(jobs: &[String]) -> String {
    const NAMED_MAX: usize = 8;
    let more = jobs.len().saturating_sub(NAMED_MAX);
    let named = jobs.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

fn words(preview: &Preview) -> String {
    if !preview.conflicts.is_empty() {
        return format!("cannot move: {}", preview.conflicts.join("; "));
    }
    let list = |what: &str, names: Vec<String>| {
        if names.is_empty() { None } else { Some(format!("{what} {}", names.join(", "))) }
    };
    let parts = [
        list("takes the new text for", preview.updated.iter().map(ToString::to_string).collect()),
        list("keeps", preview.kept.iter().map(ToString::to_string).collect()),
        list("gets", preview.added.iter().map(ToString::to_string).collect()),
        list("loses", preview.removed.iter().map(ToString::to_string).collect()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn shape(job: JobId, preview: &Preview) -> serde_json::Value {
    let texts = |keys: Vec<String>| json!(keys);
    json!({
        "job": job.to_string(),
        "updated": texts(preview.updated.iter().map(ToString::to_string).collect()),
        "kept": texts(preview.kept.iter().map(ToString::to_string).collect()),
        "added": texts(preview.added.iter().map(ToString::to_string).collect()),
        "removed": texts(preview.removed.iter().map(ToString::to_string).collect()),
        "conflicts": preview.conflicts,
    })
}

fn say(version: &Version, published: &Published, ctx: &mut Context) -> Result<()> {
    let id = &version.plan.id;
    if ctx.global.json {
        let kept = published.kept.iter().map(|(job, why)| json!({ "job": job.to_string(), "why": why }));
        ctx.out.json(&json!({
            "definition": id.as_str(), "number": published.number, "version_hash": published.hash.to_string(),
            "new": published.is_new,
            "moved": published.moved.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "kept": kept.collect::<Vec<_>>(),
        }))?;
        return Ok(());
    }
    let number = published.number;
    if published.is_new {
        ctx.out.line(format!("Published {id} as version {number} ({:.12}).", published.hash))?;
    } else {
        ctx.out.line(format!("{id} is published as version {number} already; nothing changed."))?;
    }
    for job in &published.moved {
        ctx.out.line(format!("job {} follows it now", short(*job)))?;
    }
    for (job, why) in &published.kept {
        ctx.out.line(format!("job {} stays as it is: {why}", short(*job)))?;
    }
    Ok(())
}
