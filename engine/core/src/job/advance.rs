//! What a job does by itself: steps that need no answer.
//!
//! Owns: moving tasks on when what they wait for has happened or a moment has come. Gives the events of the first step
//! it finds; the turn asks again until there is none, so each step is decided from the state the one before left.

use super::answer::{checked, completed};
use super::ask::{dates_moved, wants_notice};
use super::decide::dropped_of;
use super::dependency::{Holds, holds};
use super::record::{failed, given_up};
use super::{Job, Place, Run, people};
use crate::effect::Failure;
use crate::event::{Actor, Awaits, DateKey, Event, Skip, Slot};
use crate::plan::{Asked, Otherwise, Parts, Plan, Request, Task, Work};
use crate::recipient::{PersonId, Reason};
use crate::retry::FailureKind;
use crate::task::{TaskKey, TaskState};
use crate::value::Values;
use alloc::{format, vec, vec::Vec};
use jiff::Timestamp;

/// The next step, or nothing.
pub(super) fn advance(job: &Job, plan: &Plan, now: Timestamp) -> Vec<Event> {
    let first = || plan.tasks.iter().map(|task| of_task(job, plan, task, now)).find(|events| !events.is_empty());
    by_itself(job, plan).or_else(first).unwrap_or_default()
}

/// The next step when it is no task's: the end of the job, or nothing before its dates are worked out anew.
pub(super) fn by_itself(job: &Job, plan: &Plan) -> Option<Vec<Event>> {
    if is_over(job, plan) {
        return Some(vec![Event::JobCompleted]);
    }
    // A date that hangs on what has moved since is not believed before it is worked out anew.
    dates_moved(job, plan).then(Vec::new)
}

/// The next step of a task or of one of its instances.
pub(super) fn of_task(job: &Job, plan: &Plan, task: &Task, now: Timestamp) -> Vec<Event> {
    let key = TaskKey::of(&task.id);
    let Some(run) = job.run(&key) else { return vec![] };
    let events = step(job, plan, task, &key, run, now);
    if !events.is_empty() || run.items.is_none() {
        return events;
    }
    let steps = job.instances(&key).map(|(key, run)| step(job, plan, task, &key, run, now));
    steps.into_iter().find(|events| !events.is_empty()).unwrap_or_default()
}

/// A job is complete when every task was done or not needed, and whoever is to be told of trouble was. One that failed
/// waits for a person.
fn is_over(job: &Job, plan: &Plan) -> bool {
    let is_over = |run: &Run| matches!(run.state, TaskState::Completed | TaskState::Skipped | TaskState::Cancelled);
    let is_told = |(key, run): (&TaskKey, &Run)| {
        run.failure.is_none() || !plan.task(&key.task).is_some_and(|task| wants_notice(task, run))
    };
    job.tasks.values().all(is_over) && job.tasks.iter().all(is_told)
}

fn step(job: &Job, plan: &Plan, task: &Task, key: &TaskKey, run: &Run, now: Timestamp) -> Vec<Event> {
    let timely = by_time(job, plan, task, key, run, now);
    if !timely.is_empty() {
        return timely;
    }
    match run.state {
        TaskState::Waiting => waiting(job, task, key, now),
        TaskState::Ready => ready(task, key, run),
        TaskState::Active if run.items.is_some() => instances_done(job, key),
        TaskState::Active | TaskState::AwaitingClient | TaskState::AwaitingExternal => {
            under_way(job, plan, task, key, run, now)
        }
        TaskState::Uncompletable
        | TaskState::Completed
        | TaskState::Skipped
        | TaskState::Failed
        | TaskState::Cancelled => vec![],
    }
}

/// What a moment that has come does: a mark, an end, or a way out.
fn by_time(job: &Job, plan: &Plan, task: &Task, key: &TaskKey, run: &Run, now: Timestamp) -> Vec<Event> {
    let came = |date: DateKey| job.date(&date).is_some_and(|at| at <= now);
    if run.runs_out() && task.expires.is_some() && came(DateKey::Expires(key.clone())) {
        return expired(job, plan, task, key);
    }
    if run.runs_out() && task.timeout.is_some() && came(DateKey::Timeout(key.clone())) {
        let kind = FailureKind::Timeout;
        let failure = Failure { kind, code: "timed-out".into(), message: "it took longer than its timeout".into() };
        return failed(job, plan, key, failure);
    }
    if gives_up(task, run) && came(DateKey::GiveUp(key.clone())) {
        return nobody_found(job, plan, task, key, run);
    }
    if !run.state.is_settled() && !run.overdue && task.due.is_some() && came(DateKey::Due(key.clone())) {
        return vec![Event::TaskOverdue { task: key.clone() }];
    }
    vec![]
}

/// Whether waiting for somebody has an end. Once it is done by hand there is nobody else to give it to.
pub(super) fn gives_up(task: &Task, run: &Run) -> bool {
    let has_a_way_out = match task.on_uncompletable.otherwise {
        Otherwise::Hold => false,
        Otherwise::Manual => !run.by_hand,
        Otherwise::Skip | Otherwise::Fail => true,
    };
    run.state == TaskState::Uncompletable && task.on_uncompletable.after.is_some() && has_a_way_out
}

fn expired(job: &Job, plan: &Plan, task: &Task, key: &TaskKey) -> Vec<Event> {
    if let Some(then) = &task.on_expired {
        return super::record::then(job, plan, key, then, "expired");
    }
    // Nobody is asked by post for what is no longer possible.
    let mut events = dropped_of(job, key);
    events.extend(failed(job, plan, key, Failure::permanent("expired", "nobody acted before it expired")));
    events
}

fn nobody_found(job: &Job, plan: &Plan, task: &Task, key: &TaskKey, run: &Run) -> Vec<Event> {
    let reason = run.reason.clone().unwrap_or(Reason::NoContact);
    let because = format!("nobody was found in time: {reason}");
    let mut events = dropped_of(job, key);
    match task.on_uncompletable.otherwise {
        Otherwise::Hold => return vec![],
        Otherwise::Skip => events.push(Event::TaskSkipped { task: key.clone(), why: Skip::NobodyFound(reason) }),
        Otherwise::Manual => events.push(Event::TaskTakenOver { task: key.clone(), because }),
        Otherwise::Fail => return failed(job, plan, key, Failure::permanent("nobody-found", because)),
    }
    events
}

fn waiting(job: &Job, task: &Task, key: &TaskKey, now: Timestamp) -> Vec<Event> {
    match holds(job, task, key) {
        Holds::Never => vec![Event::TaskSkipped { task: key.clone(), why: Skip::Unreachable }],
        // What an instance waits for beside its item's turn was asked of the whole list.
        Holds::Yes if key.item.is_some() => vec![Event::TaskReady { task: key.clone() }],
        Holds::Yes if task.when.is_none() && start_reached(job, task, key, now) => {
            vec![Event::TaskReady { task: key.clone() }]
        }
        Holds::Yes | Holds::NotYet => vec![],
    }
}

/// Whether a task's start has come; an unknown date keeps it waiting.
pub(super) fn start_reached(job: &Job, task: &Task, key: &TaskKey, now: Timestamp) -> bool {
    match &task.start {
        None => true,
        Some(_) => job.date(&DateKey::Start(key.clone())).is_some_and(|at| at <= now),
    }
}

fn ready(task: &Task, key: &TaskKey, run: &Run) -> Vec<Event> {
    let is_parent = task.for_each.is_some() && key.item.is_none();
    if is_parent || !people::wanted(task, run).is_empty() || needs_document(task, run) {
        return vec![];
    }
    vec![activated(task, key, run, None)]
}

/// A signature is not asked for before what is to be signed is fixed.
pub(super) fn needs_document(task: &Task, run: &Run) -> bool {
    match &task.work {
        Work::Request(Request { parts: Parts::Signature { document, .. }, .. }) => {
            document.is_some() && run.document.is_none()
        }
        _ => false,
    }
}

pub(super) fn activated(task: &Task, key: &TaskKey, run: &Run, document: Option<crate::value::Value>) -> Event {
    let awaits = match &task.work {
        _ if run.by_hand => Awaits::Staff,
        Work::Request(request) => match &request.asked {
            Asked::Assign(_) => Awaits::Staff,
            Asked::Signers => Awaits::Client,
            Asked::Recipient(_) if run.doers().any(|one| matches!(one.id, PersonId::Contact(_))) => Awaits::Client,
            Asked::Recipient(_) => Awaits::Staff,
        },
        _ => Awaits::Engine,
    };
    Event::TaskActivated { task: key.clone(), awaits, document: document.or_else(|| run.document.clone()) }
}

/// A task with instances is done when they are. A failed one can still be tried again or skipped by a person.
fn instances_done(job: &Job, key: &TaskKey) -> Vec<Event> {
    let done = |run: &Run| matches!(run.state, TaskState::Completed | TaskState::Skipped);
    if job.instances(key).all(|(_, run)| done(run)) { vec![by_engine(key)] } else { vec![] }
}

fn by_engine(key: &TaskKey) -> Event {
    Event::TaskCompleted { task: key.clone(), outcome: None, outputs: Values::new(), by: Actor::Engine, note: None }
}

fn under_way(job: &Job, plan: &Plan, task: &Task, key: &TaskKey, run: &Run, now: Timestamp) -> Vec<Event> {
    if run.by_hand {
        return vec![];
    }
    match &task.work {
        Work::Email(_) if !people::unwritten(task, run).is_empty() => vec![],
        Work::Email(_) => letters_settled(key, run),
        Work::Request(_) => asked_in_vain(key, run),
        Work::Wait(_) => {
            let came = job.date(&DateKey::Until(key.clone())).is_some_and(|at| at <= now);
            if came { vec![by_engine(key)] } else { vec![] }
        }
        Work::StartJob(start) => match (run.child, run.child_completed) {
            (Some(_), _) if !start.wait => vec![by_engine(key)],
            (_, Some(true)) => match checked(task, run.child_outputs.clone()) {
                Ok(outputs) => vec![completed(key, outputs)],
                Err(failure) => failed(job, plan, key, failure),
            },
            (child, Some(false)) => {
                let id = child.map(|child| format!(" {child}")).unwrap_or_default();
                let words =
                    format!("the job{id} it started was cancelled; `retry` starts another, `skip` goes on without");
                failed(job, plan, key, Failure::permanent("job-cancelled", words))
            }
            _ => vec![],
        },
        Work::Script(_) | Work::UpdateClient(_) | Work::Plugin(_) => vec![],
    }
}

/// A letter task is done when every letter came back and one arrived.
fn letters_settled(key: &TaskKey, run: &Run) -> Vec<Event> {
    let Some(place) = run.places.get(&Slot::Recipient) else { return vec![] };
    if given_up(place) || !place.is_answered_for() {
        vec![]
    } else if place.was_reached() {
        vec![by_engine(key)]
    } else {
        vec![blocked_by_bounces(key, Slot::Recipient)]
    }
}

/// Everybody who was asked has an address that refuses mail: nobody is left who can act.
fn asked_in_vain(key: &TaskKey, run: &Run) -> Vec<Event> {
    let all_refused = |slot: &Slot| run.places.get(slot).is_some_and(Place::all_refused);
    let in_vain = people::acting(run).into_iter().find(all_refused);
    in_vain.map(|slot| blocked_by_bounces(key, slot)).into_iter().collect()
}

fn blocked_by_bounces(key: &TaskKey, slot: Slot) -> Event {
    Event::TaskUncompletable { task: key.clone(), reason: Reason::EmailBounced, slot }
}
