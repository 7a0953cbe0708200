//! Commands into events, or a refusal. Reads only.
//!
//! Owns: the one door through which a job is asked for anything. Leaves the meat to a file for each kind of command.

use super::{Job, JobState, act, advance, answer, moving, record};
use crate::command::{Command, Refusal};
use crate::event::{Actor, Event};
use crate::plan::Plan;
use alloc::{string::String, vec, vec::Vec};
use jiff::Timestamp;

/// Decides what happens, or refuses. An empty answer means that nothing is left to do by itself.
pub fn decide(job: &Job, plan: &Plan, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Record { effect, outcome } => record::record(job, plan, effect, outcome, now),
        _ if job.state != JobState::Open => Err(Refusal::JobEnded),
        Command::Advance => Ok(advance::advance(job, plan, now)),
        Command::Answer(answer) => answer::answer(job, plan, answer),
        Command::Act { task, act, by, active, note } => {
            act::act(job, plan, &act::Attempt { task: &task, act: &act, by: &by, active, note: note.as_deref() })
        }
        Command::Move(to) => moving::follow(job, plan, to),
        Command::Cancel { by, why } => cancel(job, by, why),
    }
}

fn cancel(job: &Job, by: Actor, why: String) -> Result<Vec<Event>, Refusal> {
    if why.trim().is_empty() {
        return Err(Refusal::NoteNeeded);
    }
    let mut events = dropped(job);
    events.push(Event::JobCancelled { by, why });
    Ok(events)
}

/// Every letter of the job that has not left is no longer wanted.
pub(super) fn dropped(job: &Job) -> Vec<Event> {
    let open = job.tasks.values().flat_map(|run| run.open_letters());
    open.map(|effect| Event::LetterDropped { effect }).collect()
}

/// The letters of one task that have not left are no longer wanted.
pub(super) fn dropped_of(job: &Job, task: &crate::task::TaskKey) -> Vec<Event> {
    let Some(run) = job.run(task) else { return vec![] };
    run.open_letters().into_iter().map(|effect| Event::LetterDropped { effect }).collect()
}
