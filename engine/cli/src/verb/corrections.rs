//! What staff do against the ordinary course: `override reopen amend uncancel`.
//!
//! Owns: from words to the act, and what is said beside its event: what is still missing and who reads it, what had left
//! before. Leaves when each is possible to the core, and the way in that all acts share to `acts`.

use std::path::PathBuf;

use clap::Args;
use jobwright_core::{
    access::{Action, Resource},
    command::{Act, Command},
    event::{Event, Recorded},
    job::{MailState, going_back},
    plan::Work,
    task::TaskKey,
};
use jobwright_runtime::Looked;

use super::Context;
use super::acts::{act, answered, given, name, say, say_children};
use crate::assemble::engine_report;
use crate::exit::Exit;
use crate::report::{Report, Result};

/// Close a task though something is missing, or others were to decide; for staff, wants --note
#[derive(Debug, Args)]
#[command(after_help = "\
A form or request is closed with what is known (`--set ITEM=VALUE`), an approval with the outcome that staff name.
Without one its outcome is `overridden`, which what follows can read. Letters and signatures are never overridden:
`skip` leaves them out. A task whose turn has not come is closed by `complete --out-of-turn`.

Examples:
  jobwright override 8f3a91c2 details --as pat --set day=Monday --note \"Told by telephone\"
  jobwright override 8f3a91c2 approve --as pat --outcome approved --note \"Ann is in hospital; agreed with her brother\"")]
pub struct Override {
    /// The job
    job: String,
    /// The task, or one instance: `identity[dee]`
    task: String,
    /// An item or an output that is known
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// As which of its outcomes it counts
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
}

/// Have a task done once more, and everything that was built on it; for staff, wants --note
#[derive(Debug, Args)]
#[command(after_help = "\
What waits for the task, reads it, or is dated by it goes back with it. Letters that wait are dropped, signatures on the
old document are void, and what was answered is offered again: `answer --previous` confirms it. A job that has completed
is open again; one that was cancelled is not (`uncancel`).

Examples:
  jobwright reopen monthly-payroll/4711/2026-05 prepare --as pat --note \"Van driver was missing\"
  jobwright reopen 8f3a91c2 'identity[dee]' --as pat --note \"The passport has run out\"
  jobwright reopen 8f3a91c2 prepare --dry-run                          what would go back")]
pub struct Reopen {
    /// The job
    job: String,
    /// The task, or one instance: `identity[dee]`
    task: String,
    /// Say what would go back, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Correct one answer or output, or give one that is missing; for staff, wants --note
#[derive(Debug, Args)]
#[command(after_help = "\
Both values stay on the timeline. Nothing that was done with the old one is undone: it is named, and `reopen` has it
done once more.

Examples:
  jobwright amend 8f3a91c2 details staff 13 --as pat --note \"A slip of the pen, says Ann\"
  jobwright amend 8f3a91c2 records p60 --file right.pdf --as pat --for contact:ann --note \"She sent the wrong year\"")]
pub struct Amend {
    /// The job
    job: String,
    /// The task, or one instance: `identity[dee]`
    task: String,
    /// The item or output
    item: String,
    /// The right value
    #[arg(group = "answer")]
    value: Option<String>,
    /// The right file
    #[arg(long, value_name = "FILE", group = "answer")]
    file: Option<PathBuf>,
    /// Nothing to report
    #[arg(long, group = "answer")]
    nothing: bool,
    /// Whose answer it is, when staff enter it: `contact:ann`
    #[arg(long = "for", value_name = "CONTACT")]
    for_whom: Option<String>,
}

/// Take a cancellation back, within an hour and if nothing has left since; wants --note
#[derive(Debug, Args)]
#[command(after_help = "\
The jobs that were cancelled with it come back with it. When one of them cannot, nothing is taken back and it is named.

Examples:
  jobwright uncancel 8f3a91c2 --as pat --note \"The wrong client\"")]
pub struct Uncancel {
    /// The job
    job: String,
}

impl Override {
    pub fn run(self, ctx: &mut Context) -> Result {
        let caller = ctx.caller.clone();
        let done = act(ctx, &self.job, &self.task, None, |desk, looked, key| {
            let outcome = self.outcome.as_deref().map(|text| name(text, "outcome")).transpose()?;
            Ok(Act::Override { outcome, given: given(desk, looked, key, &self.set, &*caller)? })
        })?;
        say_missing(&done.looked, &done.events, ctx)?;
        Ok(Exit::Done)
    }
}

impl Reopen {
    pub fn run(self, ctx: &mut Context) -> Result {
        if self.dry_run {
            return self.preview(ctx);
        }
        let done = act(ctx, &self.job, &self.task, None, |_, _, _| Ok(Act::Reopen))?;
        let back = done.events.iter().find_map(|recorded| match &recorded.event {
            Event::TaskReopened { tasks, .. } => Some(tasks.as_slice()),
            _ => None,
        });
        say_left(&done.looked, back.unwrap_or_default(), ctx)?;
        Ok(Exit::Done)
    }

    fn preview(&self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Jobs)?;
        let looked = desk.look(&self.job)?;
        let key = desk.task(&looked.job, &self.task)?;
        let back = going_back(&looked.job, &looked.prepared.plan, &key, None);
        if ctx.global.json {
            let back: Vec<String> = back.iter().map(ToString::to_string).collect();
            ctx.out.json(&serde_json::json!({ "from": key.to_string(), "tasks": back }))?;
            return Ok(Exit::Done);
        }
        let names: Vec<String> = back.iter().map(ToString::to_string).collect();
        ctx.out
            .line(format!("done once more: {}", if names.is_empty() { "nothing".into() } else { names.join(", ") }))?;
        say_left(&looked, &back, ctx)?;
        Ok(Exit::Done)
    }
}

impl Amend {
    pub fn run(self, ctx: &mut Context) -> Result {
        let caller = ctx.caller.clone();
        let done = act(ctx, &self.job, &self.task, self.for_whom.as_deref(), |desk, looked, key| {
            let item = name(&self.item, "item")?;
            let (file, value) = (self.file.as_deref(), self.value.as_deref());
            let answer = answered(desk, looked, key, &item, (file, value, self.nothing), &*caller)?;
            let missing = || Report::usage("say what is right: a value, --file FILE or --nothing");
            Ok(Act::Amend { item, answer: answer.ok_or_else(missing)? })
        })?;
        let built = done.events.iter().find_map(|recorded| match &recorded.event {
            Event::AnswerAmended(amended) => Some(amended.built.as_slice()),
            _ => None,
        });
        say_left(&done.looked, built.unwrap_or_default(), ctx)?;
        if built.is_some_and(|built| !built.is_empty()) {
            ctx.say_done("nothing of that is undone; `jobwright reopen` has a task done once more")?;
        }
        Ok(Exit::Done)
    }
}

impl Uncancel {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Jobs)?;
        let looked = desk.look(&self.job)?;
        let (by, active) = desk.person(&looked)?;
        if by.is_contact() || !active {
            return Err(Report::new(
                Exit::No,
                format!("{by} may not take a cancellation back: that is for active staff"),
            ));
        }
        let note = desk.note().unwrap_or_default();
        let command = Command::Uncancel { by, note, with_parent: false };
        let done = desk.engine.command(looked.job.id, command).map_err(engine_report)?;
        desk.engine.settle_children().map_err(engine_report)?;
        let exit = say(&desk, &looked, &done, ctx)?;
        say_children(&desk, looked.job.id, ctx)?;
        Ok(exit)
    }
}

/// What staff left open when they closed a task, who reads it, and how it can still be given.
pub(super) fn say_missing(looked: &Looked, events: &[Recorded], ctx: &mut Context) -> Result<()> {
    for recorded in events {
        let (Event::TaskOverridden(forced) | Event::TaskDoneOutOfTurn(forced)) = &recorded.event else { continue };
        let task = &forced.task.task;
        let readers = looked.prepared.plan.tasks.iter().filter(|one| one.reads.contains(task));
        let readers: Vec<String> = readers.map(|one| format!("`{}`", one.id)).collect();
        for missing in &forced.missing {
            let who = match readers.as_slice() {
                [] => "nothing that follows reads it".into(),
                readers => format!("{} may read it, and cannot go on without", readers.join(", ")),
            };
            let give = format!("`jobwright amend {} {} {missing} VALUE --note …` gives it", looked.job.id, forced.task);
            ctx.say_done(&format!("`{missing}` was not given: {who}; {give}"))?;
        }
    }
    Ok(())
}

/// What had left for these tasks, and cannot be called back.
fn say_left(looked: &Looked, tasks: &[TaskKey], ctx: &mut Context) -> Result<()> {
    for key in tasks {
        let of_task = looked.job.run(key).map(|run| (key.clone(), run));
        let instances = looked.job.instances(key).filter(|(instance, _)| !tasks.contains(instance));
        for (key, run) in of_task.into_iter().chain(instances) {
            let letters = run.places.values().flat_map(|place| place.letters.values());
            let sent: Vec<&str> =
                letters.filter(|mail| mail.state == MailState::Sent).map(|mail| mail.to.name.as_str()).collect();
            let work = looked.prepared.plan.task(&key.task).map(|task| &task.work);
            let did = match work {
                _ if !sent.is_empty() => format!("a letter has gone to {}", sent.join(", ")),
                Some(Work::UpdateClient(_)) if run.ended_at.is_some() => "the client's record was changed".into(),
                Some(Work::StartJob(_)) if run.child.is_some() => "another job was started".into(),
                Some(Work::Plugin(plugin)) if run.ended_at.is_some() => format!("`{}` has done its work", plugin.name),
                _ => continue,
            };
            ctx.say_done(&format!("  {key}: {did}, and stays so"))?;
        }
    }
    Ok(())
}
