//! Commands into events, or a refusal. Reads only.
//!
//! Owns: the one door through which a job is asked for anything. Leaves the meat to a file for each kind of command.

use super::{Job, JobState, MailState, Run, act, advance, answer, called, correct, moving, record, unsent};
use crate::command::{Act, Command, Refusal};
use crate::event::{Actor, Event, Slot};
use crate::plan::Plan;
use crate::recipient::PersonId;
use crate::task::TaskKey;
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use jiff::Timestamp;

/// Decides what happens, or refuses. An empty answer means that nothing is left to do by itself.
pub fn decide(job: &Job, plan: &Plan, command: Command, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let events = match command {
        Command::Record { effect, outcome } => record::record(job, plan, effect, outcome, now),
        Command::Keep { effect, name, value } => called::keep(job, effect, name, value),
        Command::Uncancel { by, note, with_parent } => correct::uncancel(job, by, note, with_parent, now),
        _ if job.state != JobState::Open && !may_follow_the_end(job, &command) => Err(Refusal::JobEnded),
        Command::Advance => Ok(advance::advance(job, plan, now)),
        Command::Answer(answer) => answer::answer(job, plan, answer, now),
        Command::Act { task, act, by, active, note } => {
            act::act(job, plan, &act::Attempt { task: &task, act: &act, by: &by, active, note: note.as_deref(), now })
        }
        Command::Move(to) => moving::follow(job, plan, to),
        Command::LookAgain { task, found, unsent } => unsent::look_again(job, plan, &task, found, unsent),
        Command::Cancel { by, why } => cancel(job, by, why),
    }?;
    Ok(dropped_once(events))
}

/// What was done in a job that completed can still be corrected, or done once more.
fn may_follow_the_end(job: &Job, command: &Command) -> bool {
    job.state == JobState::Completed && matches!(command, Command::Act { act: Act::Reopen | Act::Amend { .. }, .. })
}

/// A letter is dropped once, however many rules say so, and not when it was given up in the same breath.
pub(super) fn dropped_once(events: Vec<Event>) -> Vec<Event> {
    let mut gone = BTreeSet::new();
    let is_first = |event: &Event| match event {
        Event::LetterDropped { effect } | Event::EffectGivenUp { effect, .. } => gone.insert(*effect),
        _ => true,
    };
    let mut events = events;
    events.retain(is_first);
    events
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

/// The letters of one task and its instances that have not left are no longer wanted.
pub(super) fn dropped_of(job: &Job, task: &TaskKey) -> Vec<Event> {
    let runs = job.run(task).into_iter().chain(job.instances(task).map(|(_, run)| run));
    runs.flat_map(|run| run.open_letters()).map(|effect| Event::LetterDropped { effect }).collect()
}

/// The letters of one place that have not left and went to people who lose it.
pub(super) fn dropped_in(run: &Run, slot: &Slot, loses: impl Fn(&PersonId) -> bool) -> Vec<Event> {
    let letters = run.places.get(slot).into_iter().flat_map(|place| place.letters.iter());
    let open = letters.filter(|(_, mail)| mail.state == MailState::Open && loses(&mail.to.id));
    open.map(|(effect, _)| Event::LetterDropped { effect: *effect }).collect()
}
