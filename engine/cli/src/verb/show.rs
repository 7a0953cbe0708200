//! `show`: one job, its tasks and its timeline.
//!
//! Owns: what a job looks like to people: head, tasks with who and why, then the story. Leaves its lines to `timeline`,
//! and handing out its documents to `document`.

mod document;

use std::path::PathBuf;

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    date::When,
    event::{DateKey, Dated},
    job::{JobState, Run},
    task::{TaskKey, TaskState},
};
use jobwright_runtime::Looked;

use super::Context;
use crate::assemble::engine_report;
use crate::exit::Exit;
use crate::linked::Linked;
use crate::mend;
use crate::output::{Paint, one_line, visible};
use crate::report::Result;
use crate::shape;
use crate::table::{Cell, Table};
use crate::timeline::{self, Timeline};

/// Show one job: its tasks, who has them, and its timeline
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright show monthly-payroll/4711/2026-05
  jobwright show 8f3a91c2                      the end of a job's id is enough
  jobwright show 8f3a91c2 --letters            with the letters as they were sent
  jobwright show 8f3a91c2 --document records/bank --to bank.pdf
  jobwright show 8f3a91c2 --document records/bank --as contact:ann > bank.pdf
  jobwright show 8f3a91c2 --json")]
pub struct Show {
    /// The job: its id, the beginning or end of it, or `definition/client/period`
    job: String,

    /// Print each letter in full
    #[arg(long)]
    letters: bool,

    /// Write out a document that was handed in, if whoever asks may see it; with --json, say what it is
    #[arg(long, value_name = "TASK/ITEM", conflicts_with = "letters")]
    document: Option<String>,

    /// The new file it goes to, instead of standard output
    #[arg(long, value_name = "FILE", requires = "document")]
    to: Option<PathBuf>,
}

impl Show {
    pub fn run(self, ctx: &mut Context) -> Result {
        let resource = if self.document.is_some() { Resource::Documents } else { Resource::Jobs };
        let desk = ctx.desk(Action::View, resource)?;
        let looked = desk.look(&self.job)?;
        if let Some(name) = &self.document {
            return document::hand_out(&desk, &looked, name, self.to.as_deref(), ctx);
        }
        let scene = looked.scene(&desk.engine).map_err(engine_report)?;
        let zone = desk.engine.world().zone_of(&looked.prepared.plan);
        let label = |key: &TaskKey| scene.label(key);
        let linked = Linked::of(&desk.engine, &looked.job)?;
        if ctx.global.json {
            let mut shape = shape::job(&looked.job, &looked.prepared.plan, &label, &looked.events, &zone);
            linked.put_into(&mut shape);
            ctx.out.json(&shape)?;
            return Ok(Exit::Done);
        }
        let paint = ctx.out.paint();
        ctx.out.text(head(&looked, paint))?;
        for line in linked.lines() {
            ctx.out.line(visible(&line))?;
        }
        ctx.out.line("")?;
        let timeline = Timeline::of(&looked, zone.clone(), paint);
        ctx.out.text(tasks(&looked, &label, (&zone, &timeline), paint))?;
        ctx.out.text(beside(&looked, paint))?;
        ctx.out.line("")?;
        let mut timeline = timeline;
        for event in &looked.events {
            ctx.out.text(timeline.lines(looked.job.id, event))?;
            if self.letters {
                ctx.out.text(crate::timeline::letter(event))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn head(looked: &Looked, paint: Paint) -> String {
    let (job, plan) = (&looked.job, &looked.prepared.plan);
    let period = job.period.as_ref().map_or_else(String::new, |period| format!(", {}", period.label));
    let name = one_line(&format!("{} for {}{period}", plan.name, looked.client.name));
    let state = match (job.state, job.needs_attention(), &looked.head.value.set_aside) {
        (_, _, Some(why)) => paint.bad(&format!("set aside: {}", visible(why))),
        (JobState::Open, true, _) => paint.bad("open, needs attention"),
        (JobState::Open, false, _) => paint.warn("open"),
        (JobState::Completed, ..) => paint.good("completed"),
        (JobState::Cancelled, ..) => paint.dim("cancelled"),
    };
    let version = plan.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
    let id = job.id;
    format!("{}\n{state}\njob {id}\nversion{version} {:.12}\n", paint.bold(&name), job.hash)
}

/// The tasks in the order of the definition.
fn tasks(
    looked: &Looked,
    label: &dyn Fn(&TaskKey) -> String,
    (zone, timeline): (&jiff::tz::TimeZone, &Timeline),
    paint: Paint,
) -> String {
    let mut table = Table::new(["task", "", "state", "due", "who"]);
    for (key, run) in shape::in_order(&looked.job, &looked.prepared.plan) {
        let due = looked.job.dates.get(&DateKey::Due(key.clone())).map(|date| day(date, zone)).unwrap_or_default();
        let due = if run.overdue && !run.state.is_settled() { format!("{due}, overdue") } else { due };
        table.row([
            key.to_string().into(),
            label(&key).into(),
            state(run),
            due.into(),
            who(looked, run, timeline).into(),
        ]);
    }
    table.human(paint)
}

/// What of a task is missing, was corrected, or is offered again.
fn beside(looked: &Looked, paint: Paint) -> String {
    let mut text = String::new();
    for (key, run) in shape::in_order(&looked.job, &looked.prepared.plan) {
        for missing in &run.missing {
            let words = format!("{key}: {missing} was not given; `amend {key} {missing} VALUE` gives it");
            text += &format!("{}\n", paint.bad(&visible(&words)));
        }
        for one in &run.amended {
            let before = one.before.as_ref().map_or("not given".into(), timeline::answered);
            let words = format!("{key}: {} is {}, was {before}", one.item, timeline::answered(&one.after));
            text += &format!("{}\n", paint.bad(&visible(&words)));
        }
        let Some(before) = run.before.as_ref().filter(|_| !run.state.is_settled()) else { continue };
        let answers = before.answers.iter().filter(|(item, _)| !run.answers.contains_key(*item));
        let answers = answers.map(|(item, (answer, _))| format!("{item} {}", timeline::answered(answer)));
        let outputs = before.outputs.iter().map(|(name, value)| format!("{name} {value}"));
        let given: Vec<String> = answers.chain(outputs).collect();
        if !given.is_empty() {
            let words = format!("{key}: given before, and offered again by --previous: {}", given.join(", "));
            text += &format!("{}\n", paint.dim(&visible(&words)));
        }
    }
    text
}

/// A state in words and colour.
pub fn state(run: &Run) -> Cell {
    let style = match run.state {
        TaskState::Completed if run.forced.is_some() => Paint::bad,
        TaskState::Completed => Paint::good,
        TaskState::Uncompletable | TaskState::Failed => Paint::bad,
        TaskState::Active | TaskState::AwaitingClient | TaskState::AwaitingExternal | TaskState::Ready => Paint::warn,
        TaskState::Waiting | TaskState::Skipped | TaskState::Cancelled => Paint::dim,
    };
    Cell::styled(run.state.word().replace('_', " "), style)
}

/// Who has it, why nobody has, or how it ended.
pub fn who(looked: &Looked, run: &Run, timeline: &Timeline) -> String {
    if let Some(reason) = &run.reason {
        return format!("{reason}: {}", mend::how(looked, run, reason));
    }
    if let Some(failure) = &run.failure {
        return failure.to_string();
    }
    if let (TaskState::Completed, Some(by)) = (run.state, &run.by) {
        let outcome = run.outcome.as_ref().map_or_else(String::new, |outcome| format!(", {outcome}"));
        let to: Vec<&str> = run.doers().map(|person| person.name.as_str()).collect();
        return match (&by.person(), to.is_empty()) {
            (None, false) => format!("sent to {}{outcome}", to.join(", ")),
            _ => format!("by {}{outcome}{}", timeline.actor(by), forced(run)),
        };
    }
    run.doers().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// That staff closed it by their own decision, unless its outcome says so.
fn forced(run: &Run) -> String {
    let forced = run.forced.filter(|how| run.outcome.as_ref().is_none_or(|outcome| outcome.as_str() != how.word()));
    forced.map_or_else(String::new, |how| format!(", {}", how.word()))
}

fn day(date: &Dated, zone: &jiff::tz::TimeZone) -> String {
    match date {
        Dated::On { when: When::Day(day), .. } => day.strftime("%a %-d %b %Y").to_string(),
        Dated::On { at, .. } => at.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string(),
        Dated::Unknown(anchor) => format!("unknown, {anchor} is empty"),
        Dated::Absent => String::new(),
    }
}
