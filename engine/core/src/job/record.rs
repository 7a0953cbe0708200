//! How an effect went, into events; and what follows when a task fails or has an outcome.
//!
//! Owns: tries and giving up, `on_failed`, `on_outcome`, `on_expired`. An outcome of an effect that the job has settled
//! is refused, so a report that comes twice counts once.

use super::decide::{dropped, dropped_of};
use super::reopen::{Cause, reopened};
use super::run::Place;
use super::{Child, Job, JobState, MailState, called};
use crate::command::{Outcome, Refusal};
use crate::effect::Failure;
use crate::event::{Actor, Event, Skip, Slot};
use crate::id::{EffectId, Name};
use crate::plan::{OnLimit, Otherwise, Plan, Then};
use crate::retry::{IN_DOUBT, InDoubt};
use crate::task::TaskKey;
use crate::value::Values;
use alloc::{format, string::String, vec, vec::Vec};
use jiff::Timestamp;

/// Takes the report of an effect.
pub(super) fn record(
    job: &Job,
    plan: &Plan,
    effect: EffectId,
    outcome: Outcome,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    Ok(match (outcome, job.effects.get(&effect)) {
        // Whoever listens is no part of the job: nothing of it waits for that.
        (Outcome::Heard { listener, lines, changes, failure }, _) => {
            vec![Event::ListenerHeard { effect, listener, lines, changes, failure }]
        }
        // The job that asked went on without it: it is kept in mind, and nothing waits for it.
        (Outcome::Started(child), None) if is_open_child(job, effect, |child| child.job.is_some()) => {
            vec![Event::ChildStarted { effect, job: child }]
        }
        (Outcome::Ended { completed, .. }, None) if is_open_child(job, effect, |_| false) => {
            vec![Event::ChildEnded { effect, completed }]
        }
        (_, None) => return Err(Refusal::EffectSettled(effect)),
        (Outcome::Failed(_), Some((task, slot))) if is_given_up(job, task, slot, effect) => {
            return Err(Refusal::EffectSettled(effect));
        }
        (Outcome::Sent { reply }, _) => vec![Event::LetterSent { effect, reply }],
        (Outcome::Refused { address, reply }, _) => vec![Event::LetterRefused { effect, address, reply }],
        (Outcome::Started(child), _) => vec![Event::ChildStarted { effect, job: child }],
        (Outcome::Ended { completed, outputs }, _) => {
            let gave = (!outputs.is_empty()).then_some(Event::ChildGave { effect, outputs });
            gave.into_iter().chain([Event::ChildEnded { effect, completed }]).collect()
        }
        (Outcome::Failed(failure), Some((task, slot))) => tried(job, plan, effect, (task, slot), failure, now),
        (Outcome::Called { lines, end }, Some((task, _))) => called::called(job, plan, (effect, task), lines, end, now),
    })
}

/// Whether a job that was asked for has still to be heard of.
fn is_open_child(job: &Job, effect: EffectId, is_known: impl Fn(&Child) -> bool) -> bool {
    job.children.get(&effect).is_some_and(|child| child.completed.is_none() && !is_known(child))
}

pub(super) fn tried(
    job: &Job,
    plan: &Plan,
    effect: EffectId,
    (task, slot): (&TaskKey, &Slot),
    failure: Failure,
    now: Timestamp,
) -> Vec<Event> {
    let before = job.run(task).and_then(|run| run.tries_of(slot, effect));
    let (tries, first_at) = before.map_or((1, now), |(tries, first_at)| (tries + 1, first_at));
    let wanted = job.run(task).is_some_and(|run| run.wants(slot, effect));
    let policy = plan.task(&task.task).map(|task| task.retry.clone()).unwrap_or_default();
    let held = failure.code == IN_DOUBT && policy.in_doubt == InDoubt::Hold;
    // A letter that was dropped on its way, or belongs to an earlier round, is not tried again.
    if wanted
        && !held
        && let Some(next_at) = policy.next_at(&failure, tries, first_at, now)
    {
        return vec![Event::EffectDelayed { effect, failure, tries, next_at }];
    }
    let mut events = vec![Event::EffectGivenUp { effect, failure: failure.clone() }];
    // A copy or a notice that cannot be sent holds nothing up.
    let counts = wanted && !super::people::is_copy(slot) && job.state == JobState::Open;
    if counts && job.run(task).is_some_and(|run| run.state.is_under_way()) {
        events.extend(failed(job, plan, task, failure));
    }
    events
}

fn is_given_up(job: &Job, task: &TaskKey, slot: &Slot, effect: EffectId) -> bool {
    let Some(run) = job.run(task) else { return false };
    let call = run.call.as_ref().filter(|call| call.effect == effect);
    call.is_some_and(|call| call.given_up)
        || run.mail(slot, effect).is_some_and(|mail| mail.state == MailState::GivenUp)
}

pub(super) fn given_up(place: &Place) -> bool {
    place.letters.values().any(|mail| mail.state == MailState::GivenUp)
}

/// What follows when a task fails for good.
pub(super) fn failed(job: &Job, plan: &Plan, key: &TaskKey, failure: Failure) -> Vec<Event> {
    let Some(task) = plan.task(&key.task) else {
        return vec![Event::TaskFailed { task: key.clone(), failure }];
    };
    if let Some(outcome) = &task.on_failed.continue_as {
        let note = Some(format!("it failed: {failure}"));
        return completed_with(job, plan, key, outcome, Values::new(), Actor::Engine, note);
    }
    let because = format!("it failed: {failure}");
    let failed = Event::TaskFailed { task: key.clone(), failure };
    let mut events = dropped_of(job, key);
    match task.on_failed.otherwise {
        Otherwise::Skip => events.extend([failed, Event::TaskSkipped { task: key.clone(), why: Skip::Failed }]),
        // Once it is done by hand there is nobody else to give it to.
        Otherwise::Manual if !job.run(key).is_some_and(|run| run.by_hand) => {
            events.extend([failed, Event::TaskTakenOver { task: key.clone(), because }]);
        }
        // A person may try again, and letters that are on their way need not be written twice.
        Otherwise::Hold | Otherwise::Fail | Otherwise::Manual => return vec![failed],
    }
    events
}

/// Completes a task with an outcome, and does what its definition says of that outcome.
pub(super) fn completed_with(
    job: &Job,
    plan: &Plan,
    key: &TaskKey,
    outcome: &Name,
    outputs: Values,
    by: Actor,
    note: Option<String>,
) -> Vec<Event> {
    let completed = Event::TaskCompleted {
        task: key.clone(),
        outcome: Some(outcome.clone()),
        outputs,
        by: by.clone(),
        note: note.clone(),
    };
    let mut events = dropped_of(job, key);
    let Some(then) = then_of(plan, key, outcome) else {
        events.push(completed);
        return events;
    };
    let Some(limit) = limit_reached(job, key, then) else {
        events.push(completed);
        events.extend(consequence(job, plan, key, then, outcome.as_str()));
        return events;
    };
    // What was decided is recorded before anything is said about how often it may be.
    events.push(limit.event(key, Some(outcome), by, note));
    events.push(match limit.on_limit {
        OnLimit::Fail => limit.failure(key),
        OnLimit::Continue => completed,
    });
    events
}

/// What the definition says of the outcome of a task that staff closed.
pub(super) fn follows(job: &Job, plan: &Plan, key: &TaskKey, outcome: &Name) -> Vec<Event> {
    match then_of(plan, key, outcome) {
        Some(then) if limit_reached(job, key, then).is_none() => consequence(job, plan, key, then, outcome.as_str()),
        _ => vec![],
    }
}

fn then_of<'a>(plan: &'a Plan, key: &TaskKey, outcome: &Name) -> Option<&'a Then> {
    plan.task(&key.task).and_then(|task| task.on_outcome.get(outcome))
}

/// What an expiry does: the task itself has not been completed by anybody.
pub(super) fn then(job: &Job, plan: &Plan, key: &TaskKey, then: &Then, because: &str) -> Vec<Event> {
    let mut events = dropped_of(job, key);
    match limit_reached(job, key, then) {
        None => events.extend(consequence(job, plan, key, then, because)),
        Some(limit) => {
            events.push(limit.event(key, None, Actor::Engine, None));
            events.push(match limit.on_limit {
                OnLimit::Fail => limit.failure(key),
                OnLimit::Continue => Event::TaskSkipped { task: key.clone(), why: Skip::AtLimit },
            });
        }
    }
    events
}

/// A part of the job that is not done again, since it was as often as it may be.
struct Limit<'a> {
    from: &'a Name,
    limit: u32,
    on_limit: OnLimit,
}

/// Every loop ends: past its limit nothing is reopened by itself, and the definition says what then.
fn limit_reached<'a>(job: &Job, key: &TaskKey, then: &'a Then) -> Option<Limit<'a>> {
    let Then::Reopen { task: from, limit, on_limit } = then else { return None };
    let reopened = job.run(&key.parent()).map_or(0, |run| run.reopens);
    (reopened >= *limit).then_some(Limit { from, limit: *limit, on_limit: *on_limit })
}

impl Limit<'_> {
    fn event(&self, key: &TaskKey, outcome: Option<&Name>, by: Actor, note: Option<String>) -> Event {
        let (from, limit, outcome) = (self.from.clone(), self.limit, outcome.cloned());
        Event::ReopenLimitReached { task: key.clone(), from, limit, outcome, by, note }
    }

    fn failure(&self, key: &TaskKey) -> Event {
        let Self { from, limit, .. } = self;
        let words = format!("`{from}` was reopened {limit} times already, as often as the definition allows");
        Event::TaskFailed { task: key.clone(), failure: Failure::permanent("reopen-limit", words) }
    }
}

fn consequence(job: &Job, plan: &Plan, key: &TaskKey, then: &Then, because: &str) -> Vec<Event> {
    match then {
        Then::Reopen { task, .. } => reopened(job, plan, &TaskKey::of(task), Cause::Task(key.clone())),
        Then::CancelJob(why) => {
            let mut events = dropped(job);
            events.push(Event::JobCancelled { by: Actor::Engine, why: format!("{why} ({key}: {because})") });
            events
        }
        Then::CompleteJob => {
            let mut events = dropped(job);
            events.push(Event::JobCompleted);
            events
        }
    }
}
