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
use crate::desk::short;
use crate::exit::Exit;
use crate::output::{counted, visible};
use crate::play::tested::Tested;
use crate::play::verdict::verdict;
use crate::practice::Practice;
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
  jobwright publish workflows/monthly-payroll.job.yaml --existing update

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
            self.hold(checked, &desk.practice, ctx)?;
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
    fn hold(&self, checked: Definition, practice: &Practice, ctx: &Context) -> Result<()> {
        let tested = Tested::of(&self.file, checked, ctx.caller.clone());
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
            Choice::Update => Ok(Some(Existing::Update)),
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

    fn say_plans(&self, plans: &Plans, ctx: &mut Context) -> Result<()> {
        if ctx.global.json {
            let jobs: Vec<_> = plans.jobs.iter().map(|(job, preview)| shape(*job, preview)).collect();
            ctx.out.json(&json!({ "running_jobs": jobs }))?;
            return Ok(());
        }
        if plans.jobs.is_empty() {
            ctx.out.line("No running job follows another version.")?;
        }
        for (job, preview) in &plans.jobs {
            ctx.out.line(format!("job {}: {}", short(*job), words(preview)))?;
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

fn words(preview: &Preview) -> String {
    if let Some(conflict) = preview.conflicts.first() {
        return format!("cannot move: {conflict}");
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
