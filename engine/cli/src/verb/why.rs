//! `why`: the proof of an answer, as a tree.
//!
//! Owns: which answer is meant, and whether it is the journaled one or what would be found now. Leaves the tree to
//! `proof`.

use clap::{Args, ValueEnum};
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    event::{DateKey, Event, Recorded, Revision, Slot},
    job::Run,
    recipient::Resolution,
    task::{TaskKey, TaskState},
};
use jobwright_runtime::{Looked, answer};
use serde_json::{Value as Json, json};

use super::Context;
use crate::assemble::engine_report;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::mend;
use crate::output::Paint;
use crate::proof;
use crate::report::{Report, Result};
use crate::shape;
use crate::timeline::Timeline;

/// Say why: who was chosen, when it is due, how it came to stand where it stands
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright why monthly-payroll/4711/2026-05                          every task that waits, and for what
  jobwright why 8f3a91c2 ask_changes                                  who was chosen, and who was not
  jobwright why 8f3a91c2 ask_changes recipient --now                  who would be chosen now
  jobwright why 8f3a91c2 approve date
  jobwright why 8f3a91c2 approve state")]
pub struct Why {
    /// The job
    job: String,

    /// The task
    task: Option<String>,

    /// What is asked
    #[arg(value_enum, default_value = "recipient")]
    about: About,

    /// Ask the directory as it is now, instead of what was journaled
    #[arg(long)]
    now: bool,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum About {
    /// Who was found for it
    Recipient,
    /// How its dates come about
    Date,
    /// What moved it to where it stands
    State,
}

/// One selector's answer.
struct Answer {
    slot: Slot,
    resolution: Resolution,
    revision: Revision,
    at: jiff::Timestamp,
}

impl Why {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Jobs)?;
        let looked = desk.look(&self.job)?;
        let Some(task) = &self.task else { return all(&desk, &looked, ctx) };
        let key = desk.task(&looked.job, task)?;
        match self.about {
            About::Recipient => self.recipient(&desk, &looked, &key, ctx),
            About::Date => dates(&desk, &looked, &key, ctx),
            About::State => states(&desk, &looked, &key, ctx),
        }
    }

    fn recipient(&self, desk: &Desk, looked: &Looked, key: &TaskKey, ctx: &mut Context) -> Result {
        let mut answers = journaled(&looked.events, key);
        if self.now || answers.is_empty() {
            answers = asked_now(desk, looked, key)?;
        }
        if answers.is_empty() {
            let report = Report::new(Exit::NotFound, format!("task `{key}` asks nobody"));
            return Err(report.next("`why JOB TASK state` says how it came to stand where it stands"));
        }
        let zone = desk.engine.world().zone_of(&looked.prepared.plan);
        for answer in &answers {
            if ctx.global.json {
                ctx.out.json(&answer.shape(&zone))?;
            } else {
                let paint = ctx.out.paint();
                let at = answer.at.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string();
                ctx.out.line(format!("{} of {key}, asked {at}", paint.bold(&answer.slot.to_string())))?;
                ctx.out.text(proof::resolution(&answer.resolution, paint))?;
            }
        }
        // Who was found is not all: what they are to get may lack something.
        let run = looked.job.run(key).filter(|run| run.state == TaskState::Uncompletable);
        if let Some(words) = run.and_then(|run| mend::of(looked, run)).filter(|_| !ctx.global.json) {
            ctx.out.line(format!("{} is uncompletable: {}", key, crate::output::visible(&words)))?;
        }
        Ok(Exit::Done)
    }
}

impl Answer {
    fn shape(&self, zone: &jiff::tz::TimeZone) -> Json {
        let mut shape = shape::resolution(&self.resolution);
        shape["place"] = json!(self.slot.to_string());
        shape["store_revision"] = json!({ "client": self.revision.client, "staff": self.revision.staff });
        shape["evaluated_at"] = shape::moment(self.at, zone);
        shape
    }
}

/// The newest journaled answer for each place.
fn journaled(events: &[Recorded], key: &TaskKey) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for recorded in events {
        let Event::RecipientsResolved { task, slot, resolution, revision } = &recorded.event else { continue };
        if task == key {
            answers.retain(|answer| answer.slot != *slot);
            let (slot, resolution) = (slot.clone(), resolution.clone());
            answers.push(Answer { slot, resolution, revision: *revision, at: recorded.at });
        }
    }
    answers
}

/// What would be found now, for each place of the task.
fn asked_now(desk: &Desk, looked: &Looked, key: &TaskKey) -> Result<Vec<Answer>> {
    let scene = looked.scene(&desk.engine).map_err(engine_report)?;
    let slots = jobwright_core::job::places(&looked.prepared.plan, &key.task);
    let answer = |(slot, resolution)| Answer { slot, resolution, revision: looked.revision(), at: desk.engine.now() };
    Ok(answer::find(&scene, key, &slots).into_iter().map(answer).collect())
}

/// Every task that is open, and what it waits for.
fn all(desk: &Desk, looked: &Looked, ctx: &mut Context) -> Result {
    let scene = looked.scene(&desk.engine).map_err(engine_report)?;
    let mut lines = Vec::new();
    for (key, run) in shape::in_order(&looked.job, &looked.prepared.plan) {
        if run.state.is_settled() && run.state != TaskState::Failed {
            continue;
        }
        lines.push((key.clone(), scene.label(&key), waits_for(looked, &key, run)));
    }
    if ctx.global.json {
        for (key, label, waits) in &lines {
            ctx.out.json(&json!({ "task": key.to_string(), "label": label, "waits_for": waits }))?;
        }
        return Ok(Exit::Done);
    }
    if lines.is_empty() {
        ctx.out.line(format!("Nothing is open: the job is {}.", looked.job.state.word()))?;
    }
    for (key, label, waits) in lines {
        let words = crate::output::visible(&format!("{label}: {waits}"));
        ctx.out.line(format!("{}  {words}", ctx.out.paint().bold(&key.to_string())))?;
    }
    Ok(Exit::Done)
}

/// What an open task waits for, in words.
fn waits_for(looked: &Looked, key: &TaskKey, run: &Run) -> String {
    match run.state {
        TaskState::Waiting => waiting(looked, key),
        TaskState::Uncompletable => match mend::of(looked, run) {
            Some(words) => format!("uncompletable, {words}"),
            None => "uncompletable".into(),
        },
        TaskState::Failed => match &run.failure {
            Some(failure) => format!("failed, {failure}; `retry` or `skip` it"),
            None => "failed".into(),
        },
        _ => {
            let who: Vec<&str> = run.doers().map(|person| person.name.as_str()).collect();
            if who.is_empty() { run.state.word().replace('_', " ") } else { format!("waits for {}", who.join(", ")) }
        }
    }
}

fn waiting(looked: &Looked, key: &TaskKey) -> String {
    let Some(task) = looked.prepared.plan.task(&key.task) else { return "waits".into() };
    let open = jobwright_core::job::waits_on(&looked.job, task);
    if !open.is_empty() {
        return format!("waits for {}", open.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    match looked.job.dates.get(&DateKey::Start(key.clone())) {
        Some(jobwright_core::event::Dated::Unknown(anchor)) => format!("date_unknown({anchor}); fill in {anchor}"),
        Some(date) => date.at().map_or("waits".into(), |at| format!("waits for its start at {at}")),
        None => "waits".into(),
    }
}

fn dates(desk: &Desk, looked: &Looked, key: &TaskKey, ctx: &mut Context) -> Result {
    let scene = looked.scene(&desk.engine).map_err(engine_report)?;
    let all = [
        DateKey::Start(key.clone()),
        DateKey::Due(key.clone()),
        DateKey::Expires(key.clone()),
        DateKey::Timeout(key.clone()),
        DateKey::GiveUp(key.clone()),
        DateKey::Until(key.clone()),
    ];
    let traces: Vec<_> = all.iter().filter_map(|date| Some((date, answer::trace(&scene, date)?))).collect();
    if traces.is_empty() {
        return Err(Report::new(Exit::NotFound, format!("task `{key}` has no dates")));
    }
    for (date, trace) in traces {
        if ctx.global.json {
            ctx.out.json(&json!({ "date": date.to_string(), "rule": trace.rule.to_string(),
                "steps": proof::date_shape(&trace) }))?;
        } else {
            let paint: Paint = ctx.out.paint();
            ctx.out.line(paint.bold(&date.to_string()))?;
            ctx.out.text(proof::date(&trace, paint))?;
        }
    }
    Ok(Exit::Done)
}

/// The events that moved the task.
fn states(desk: &Desk, looked: &Looked, key: &TaskKey, ctx: &mut Context) -> Result {
    let zone = desk.engine.world().zone_of(&looked.prepared.plan);
    let mut timeline = Timeline::of(looked, zone.clone(), ctx.out.paint());
    for recorded in &looked.events {
        // The timeline knows letters by the lines before, so it reads all of them.
        let lines = timeline.lines(looked.job.id, recorded);
        let shape = shape::event(recorded, &zone);
        let is_about = shape.get("task").and_then(Json::as_str) == Some(&key.to_string())
            || shape.get("effect").and_then(Json::as_str).is_some_and(|effect| timeline.is_of(effect, key));
        match (is_about, ctx.global.json) {
            (true, true) => ctx.out.json(&shape)?,
            (true, false) => ctx.out.text(lines)?,
            (false, _) => {}
        }
    }
    Ok(Exit::Done)
}
