//! How a plugin's call went, into events.
//!
//! Owns: what follows from each end of a call, and progress kept meanwhile. A call that is no longer wanted changes
//! nothing, whatever it says; one that wants to be left alone is left alone for the longest pause of its task's `retry` and
//! no longer. Leaves tries and giving up to `record`, and what a call may take to its host.

use super::answer::checked;
use super::record::{failed, tried};
use super::{Job, JobState, Run};
use crate::command::{CallEnd, Refusal};
use crate::event::{Actor, Event, Line, Slot};
use crate::id::EffectId;
use crate::plan::Plan;
use crate::retry::Retry;
use crate::task::TaskKey;
use crate::value::Value;
use alloc::{string::String, vec, vec::Vec};
use jiff::Timestamp;

/// Most pieces of progress that one call may keep.
pub const KEPT_MAX: usize = 64;

/// Progress is kept once under a name: the same again changes nothing, another value is refused.
pub(super) fn keep(job: &Job, effect: EffectId, name: String, value: String) -> Result<Vec<Event>, Refusal> {
    let run = job.effects.get(&effect).and_then(|(task, _)| job.run(task)).filter(|run| run.wants_call(effect));
    let Some(call) = run.and_then(|run| run.call.as_ref()) else { return Err(Refusal::EffectSettled(effect)) };
    match call.kept.get(&name) {
        Some(before) if *before == value => Ok(vec![]),
        Some(_) => Err(Refusal::KeptOtherwise(name)),
        None if call.kept.len() >= KEPT_MAX => Err(Refusal::TooMuchKept(KEPT_MAX)),
        None => Ok(vec![Event::ProgressKept { effect, name, value }]),
    }
}

/// Takes the end of a call.
pub(super) fn called(
    job: &Job,
    plan: &Plan,
    (effect, key): (EffectId, &TaskKey),
    lines: Vec<Line>,
    end: CallEnd,
    now: Timestamp,
) -> Vec<Event> {
    let mut events = if lines.is_empty() { vec![] } else { vec![Event::PluginSaid { effect, lines }] };
    let is_wanted = job.state == JobState::Open && job.run(key).is_some_and(|run| run.wants_call(effect));
    let returned = Event::PluginReturned { effect };
    let longest = plan.task(&key.task).map_or_else(|| Retry::default().longest, |task| task.retry.longest);
    let latest = now.checked_add(longest).unwrap_or(now);
    if !is_wanted {
        events.push(returned);
        return events;
    }
    match end {
        CallEnd::Done { outputs, changes, note } => {
            events.push(returned);
            let fits = plan.task(&key.task).map(|task| checked(task, outputs));
            match fits {
                Some(Ok(outputs)) => {
                    events.extend(changed(key, changes));
                    let by = Actor::Engine;
                    events.push(Event::TaskCompleted { task: key.clone(), outcome: None, outputs, by, note });
                }
                Some(Err(failure)) => events.extend(failed(job, plan, key, failure)),
                None => {}
            }
        }
        CallEnd::Later { correlation, next_at, changes, note } => {
            events.extend(changed(key, changes));
            let next_at = next_at.map(|at| at.min(latest));
            events.push(Event::PluginDeferred { effect, correlation, next_at, note });
        }
        CallEnd::Failed { failure, not_before } => {
            let mut tried = tried(job, plan, effect, (key, &Slot::Recipient), failure, now);
            if let Some(Event::EffectDelayed { next_at, .. }) = tried.first_mut() {
                *next_at = (*next_at).max(not_before.unwrap_or(now).min(latest));
            }
            events.extend(tried);
        }
        CallEnd::NotYet { poll_at } => events.extend(not_yet(job.run(key), effect, poll_at, now)),
        CallEnd::Unfit(failure) => {
            events.push(returned);
            events.extend(failed(job, plan, key, failure));
        }
        CallEnd::Cancelled => events.push(returned),
    }
    events
}

/// What is deferred stays so; what was in doubt is done again, and that it was not done is known now.
fn not_yet(run: Option<&Run>, effect: EffectId, poll_at: Timestamp, now: Timestamp) -> Option<Event> {
    let run = run?;
    let call = run.call.as_ref()?;
    if let Some(correlation) = call.correlation.clone() {
        return Some(Event::PluginDeferred { effect, correlation, next_at: Some(poll_at), note: None });
    }
    let failure = crate::effect::Failure {
        kind: crate::retry::FailureKind::Transient,
        code: "did-not-happen".into(),
        message: "the plugin found that the last attempt changed nothing".into(),
    };
    let tries = run.tries.map_or(1, |(tries, _)| tries);
    Some(Event::EffectDelayed { effect, failure, tries, next_at: now })
}

fn changed(key: &TaskKey, changes: Vec<(String, Value)>) -> Option<Event> {
    (!changes.is_empty()).then(|| Event::ClientUpdated { task: key.clone(), changes })
}
