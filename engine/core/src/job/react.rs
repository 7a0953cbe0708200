//! What an event calls for outside the job.
//!
//! Owns: from facts to effects and directory changes. They are committed with the event, and only then anything
//! leaves; an effect's id is the event's number, so it is the same however often it is tried.

use super::Job;
use crate::effect::{Consequence, DirectoryChange, Effect};
use crate::event::{Event, Recorded, Slot};
use crate::id::EffectId;
use crate::task::TaskKey;
use alloc::{boxed::Box, format, vec, vec::Vec};

/// Why a job is cancelled that began when nothing waited for it any more.
const NOT_WANTED: &str = "the job that started it no longer wants it";

/// The consequences of an event that has just been applied.
pub fn react(job: &Job, recorded: &Recorded) -> Vec<Consequence> {
    let id = EffectId { job: job.id, event: recorded.number, index: 0 };
    match &recorded.event {
        Event::LetterWritten { task, letter, .. } => {
            vec![Consequence::Act(id, Box::new(Effect::SendLetter { task: task.clone(), letter: letter.clone() }))]
        }
        Event::ChildAsked { task, definition, inputs } => {
            let start = Effect::StartJob {
                task: task.clone(),
                definition: definition.clone(),
                client: job.client.clone(),
                inputs: inputs.clone(),
            };
            vec![Consequence::Act(id, Box::new(start))]
        }
        Event::PluginAsked { task, name, digest, settings } => {
            let call = Effect::CallPlugin {
                task: task.clone(),
                name: name.clone(),
                digest: *digest,
                settings: settings.clone(),
            };
            vec![Consequence::Act(id, Box::new(call))]
        }
        Event::ClientUpdated { changes, .. } => vec![Consequence::Set(DirectoryChange::Client(changes.clone()))],
        Event::ListenerHeard { changes, .. } if !changes.is_empty() => {
            vec![Consequence::Set(DirectoryChange::Client(changes.clone()))]
        }
        Event::LetterRefused { effect, address, reply } => bounced(job, *effect, address, reply),
        Event::LetterDropped { effect } => vec![Consequence::Drop(*effect)],
        Event::TaskRetried { task, .. } => again(job, task),
        Event::ChildStarted { effect, .. } => job.end_children(id, Some(*effect), NOT_WANTED),
        Event::TasksReopened { cause: from, .. } | Event::TaskReopened { from, .. } => {
            job.end_children(id, None, &format!("the part of job {} that started it is done again ({from})", job.id))
        }
        Event::JobMoved { .. } => {
            let why = format!("the version that job {} follows now does not start it", job.id);
            job.end_children(id, None, &why)
        }
        Event::JobUncancelled { note, .. } => {
            let note = format!("the cancellation of job {}, which started it, was taken back: {note}", job.id);
            job.resume_children(id, &note)
        }
        Event::JobCompleted => {
            let why = format!("job {}, which started it, has ended", job.id);
            tell_parent(job, id, true).into_iter().chain(job.end_children(id, None, &why)).collect()
        }
        Event::JobCancelled { why, .. } => {
            let why = format!("job {}, which started it, was cancelled: {why}", job.id);
            tell_parent(job, id, false).into_iter().chain(job.end_children(id, None, &why)).collect()
        }
        _ => vec![],
    }
}

/// Whoever a refused letter was for has an address that takes no mail.
fn bounced(job: &Job, effect: EffectId, address: &str, reply: &str) -> Vec<Consequence> {
    let places = job.tasks.values().flat_map(|run| run.places.values());
    let person = places.filter_map(|place| place.letters.get(&effect)).map(|mail| mail.to.id.clone()).next();
    let change = |person| DirectoryChange::Bounced { person, address: address.into(), reply: reply.into() };
    person.map(|person| Consequence::Set(change(person))).into_iter().collect()
}

fn again(job: &Job, task: &TaskKey) -> Vec<Consequence> {
    let here = job.effects.iter().filter(|(_, (of, _))| of == task);
    let Some(run) = job.run(task) else { return vec![] };
    // A job that runs already is not asked for again, and a notice of the trouble is not what is tried.
    let is_settled = |slot: &Slot| *slot == Slot::Notice || (run.is_child(slot) && run.child.is_some());
    let is_wanted = |slot: &Slot, effect| run.wants(slot, effect) && !is_settled(slot);
    let wanted = here.filter(|(effect, (_, slot))| is_wanted(slot, **effect));
    wanted.map(|(effect, _)| Consequence::Again(*effect)).collect()
}

fn tell_parent(job: &Job, id: EffectId, completed: bool) -> Vec<Consequence> {
    let tell = |parent| Consequence::Act(id, Box::new(Effect::TellParent { parent, completed }));
    job.parent.map(tell).into_iter().collect()
}
