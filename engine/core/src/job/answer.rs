//! Answers into events.
//!
//! Owns: what follows from the answer to each question. An answer to a question that the job no longer puts is
//! refused, so a slow answer can never move a job that went on without it.

use super::advance::activated;
use super::ask::dates_moved;
use super::decide::dropped_in;
use super::record::failed;
use super::{Job, Run, people};
use crate::command::{Answer, Refusal, Unwritten};
use crate::effect::Failure;
use crate::event::{Actor, Dated, Event, Letter, Revision, Skip, Slot};
use crate::id::DefinitionId;
use crate::plan::{Plan, Task};
use crate::recipient::{Found, Reason, Resolution};
use crate::task::{TaskKey, TaskState};
use crate::value::{Value, Values};
use alloc::{string::String, vec, vec::Vec};

type Events = Result<Vec<Event>, Refusal>;

/// Takes an answer.
pub(super) fn answer(job: &Job, plan: &Plan, answer: Answer) -> Events {
    match answer {
        Answer::Dates(dates) => Ok(dates_set(job, plan, dates)),
        Answer::Condition(task, holds) => condition(job, plan, &task, holds),
        Answer::Items(task, items) => list(job, plan, &task, items),
        Answer::People(task, found, revision) => found_people(job, plan, &task, found, revision),
        Answer::Standing(task, lost) => standing(job, &task, lost),
        Answer::Letters(task, letters) => written(job, plan, &task, letters),
        Answer::Script(task, outputs) => script(job, plan, &task, outputs),
        Answer::Changes(task, changes) => client_changes(job, plan, &task, changes),
        Answer::Document(task, document) => signable(job, plan, &task, document),
        Answer::Child(task, child) => child_job(job, plan, &task, child),
        Answer::Notice(task, letters) => notice(job, &task, letters),
    }
}

fn run_in<'a>(job: &'a Job, task: &TaskKey, states: &[TaskState]) -> Result<&'a Run, Refusal> {
    let run = job.run(task).ok_or_else(|| Refusal::NoSuchTask(task.clone()))?;
    if states.contains(&run.state) { Ok(run) } else { Err(Refusal::NotAskedFor) }
}

fn task_of<'a>(plan: &'a Plan, key: &TaskKey) -> Result<&'a Task, Refusal> {
    plan.task(&key.task).ok_or_else(|| Refusal::NoSuchTask(key.clone()))
}

/// Only dates that are new or moved are told; an empty event still says that they were looked at.
fn dates_set(job: &Job, plan: &Plan, dates: Vec<(crate::event::DateKey, Dated)>) -> Vec<Event> {
    let is_settled = |key: &TaskKey| job.run(key).is_none_or(|run| run.state.is_settled());
    let moved = |(key, date): &(crate::event::DateKey, Dated)| {
        job.dates.get(key) != Some(date) && !key.task().is_some_and(is_settled)
    };
    let dates: Vec<_> = dates.into_iter().filter(moved).collect();
    if dates.is_empty() && !dates_moved(job, plan) { vec![] } else { vec![Event::DatesSet { dates }] }
}

fn condition(job: &Job, plan: &Plan, key: &TaskKey, holds: Result<bool, String>) -> Events {
    run_in(job, key, &[TaskState::Waiting])?;
    Ok(match holds {
        Ok(true) => vec![Event::TaskReady { task: key.clone() }],
        Ok(false) => vec![Event::TaskSkipped { task: key.clone(), why: Skip::ConditionFalse }],
        // An error is never "false": it fails the task, and a person sees why.
        Err(why) => failed(job, plan, key, Failure::permanent("condition-failed", why)),
    })
}

fn list(job: &Job, plan: &Plan, key: &TaskKey, items: Result<Vec<(String, Value)>, String>) -> Events {
    run_in(job, key, &[TaskState::Ready])?;
    Ok(match items {
        Ok(items) if items.is_empty() => {
            vec![Event::TaskSkipped { task: key.clone(), why: Skip::NothingToDo }]
        }
        Ok(items) => vec![Event::TaskExpanded { task: key.clone(), items }],
        Err(why) => failed(job, plan, key, Failure::permanent("list-failed", why)),
    })
}

/// Fills the places that were asked for. A task that waits for somebody is mended first, and only if all are found.
fn found_people(job: &Job, plan: &Plan, key: &TaskKey, found: Vec<(Slot, Resolution)>, revision: Revision) -> Events {
    use TaskState as S;
    let run = run_in(job, key, &[S::Ready, S::Active, S::AwaitingClient, S::Uncompletable])?;
    let lacking = found.iter().find(|(slot, resolution)| !people::is_copy(slot) && resolution.found != Found::Chosen);
    let resolved = |(slot, resolution): &(Slot, Resolution)| Event::RecipientsResolved {
        task: key.clone(),
        slot: slot.clone(),
        resolution: resolution.clone(),
        revision,
    };
    let Some((slot, resolution)) = lacking else {
        return Ok(match run.state {
            // Ready again: its places are asked once more, from the same directory, in the ordinary way.
            S::Uncompletable => vec![Event::TaskMended { task: key.clone(), revision }],
            _ => found.iter().map(resolved).collect(),
        });
    };
    let reason = resolution.reason.clone().unwrap_or(Reason::NoContact);
    if matches!(resolution.found, Found::WrongReference | Found::Error) && run.state != S::Uncompletable {
        let why = proof(resolution);
        let mut events = vec![resolved(&(slot.clone(), resolution.clone()))];
        events.extend(failed(job, plan, key, Failure::permanent("selector-failed", why)));
        return Ok(events);
    }
    if run.state == S::Uncompletable && run.reason.as_ref() == Some(&reason) && run.blocked.as_ref() == Some(slot) {
        return Ok(vec![]);
    }
    let blocked = Event::TaskUncompletable { task: key.clone(), reason, slot: slot.clone() };
    Ok(vec![resolved(&(slot.clone(), resolution.clone())), blocked])
}

/// The last reason that a resolution's proof gives.
fn proof(resolution: &Resolution) -> String {
    let because = resolution.tree.candidates.iter().rev().find(|candidate| !candidate.kept);
    because.map_or_else(|| resolution.tree.rule.clone(), |candidate| candidate.because.clone())
}

/// Places that lost everybody who could act.
fn standing(job: &Job, key: &TaskKey, lost: Option<(Slot, Reason)>) -> Events {
    let run = run_in(job, key, &[TaskState::AwaitingClient])?;
    let Some((slot, reason)) = lost else { return Ok(vec![]) };
    if matches!(&slot, Slot::Signer(name) if !run.is_open(name)) {
        return Ok(vec![]);
    }
    let mut events = dropped_in(run, &slot, |_| true);
    events.push(Event::TaskUncompletable { task: key.clone(), reason, slot });
    Ok(events)
}

fn written(job: &Job, plan: &Plan, key: &TaskKey, letters: Result<Vec<(Slot, Letter)>, Unwritten>) -> Events {
    use TaskState as S;
    let run = run_in(job, key, &[S::Active, S::AwaitingClient, S::Uncompletable])?;
    let probing = run.state == S::Uncompletable;
    Ok(match letters {
        Ok(_) if probing => vec![Event::TaskMended { task: key.clone(), revision: Revision::default() }],
        Ok(letters) => {
            let lacking =
                letters.into_iter().filter(|(slot, letter)| people::to_write(run, slot).any(|one| *one == letter.to));
            lacking.map(|(slot, letter)| Event::LetterWritten { task: key.clone(), slot, letter }).collect()
        }
        Err(Unwritten::Missing(reason)) if probing && run.reason.as_ref() == Some(&reason) => vec![],
        Err(Unwritten::Missing(reason)) => {
            let slot = run.working_slot();
            vec![Event::TaskUncompletable { task: key.clone(), reason, slot }]
        }
        Err(Unwritten::Fault(failure)) => failed(job, plan, key, failure),
    })
}

fn script(job: &Job, plan: &Plan, key: &TaskKey, outputs: Result<Values, Failure>) -> Events {
    run_in(job, key, &[TaskState::Active])?;
    Ok(match outputs.and_then(|outputs| checked(task_of_failure(plan, key)?, outputs)) {
        Ok(outputs) => vec![completed(key, outputs)],
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn task_of_failure<'a>(plan: &'a Plan, key: &TaskKey) -> Result<&'a Task, Failure> {
    plan.task(&key.task).ok_or_else(|| Failure::permanent("no-such-task", "the definition has no such task"))
}

/// Outputs that are what the definition declares, or a failure naming all that are not.
fn checked(task: &Task, outputs: Values) -> Result<Values, Failure> {
    let faults = super::act::faults(task, &outputs);
    if faults.is_empty() {
        return Ok(outputs);
    }
    let words: Vec<String> = faults.iter().map(|(name, fault)| alloc::format!("`{name}` {fault}")).collect();
    Err(Failure::permanent("bad-output", alloc::format!("outputs do not fit: {}", words.join("; "))))
}

fn completed(key: &TaskKey, outputs: Values) -> Event {
    Event::TaskCompleted { task: key.clone(), outcome: None, outputs, by: Actor::Engine, note: None }
}

fn client_changes(job: &Job, plan: &Plan, key: &TaskKey, changes: Result<Vec<(String, Value)>, Failure>) -> Events {
    run_in(job, key, &[TaskState::Active])?;
    Ok(match changes {
        Ok(changes) => {
            let updated = Event::ClientUpdated { task: key.clone(), changes };
            vec![updated, completed(key, Values::new())]
        }
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn signable(job: &Job, plan: &Plan, key: &TaskKey, document: Result<Value, Failure>) -> Events {
    let run = run_in(job, key, &[TaskState::Ready])?;
    let task = task_of(plan, key)?;
    Ok(match document {
        Ok(document) => vec![activated(task, key, run, Some(document))],
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn child_job(job: &Job, plan: &Plan, key: &TaskKey, child: Result<(DefinitionId, Values), Failure>) -> Events {
    run_in(job, key, &[TaskState::Active])?;
    Ok(match child {
        Ok((definition, inputs)) => vec![Event::ChildAsked { task: key.clone(), definition, inputs }],
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn notice(job: &Job, key: &TaskKey, letters: Result<Vec<Letter>, String>) -> Events {
    use TaskState as S;
    run_in(job, key, &[S::Uncompletable, S::Failed, S::Skipped, S::Active])?;
    Ok(match letters {
        Ok(letters) if letters.is_empty() => {
            vec![Event::NoticeUnsent { task: key.clone(), why: "nobody is to be told".into() }]
        }
        Ok(letters) => {
            let notice = |letter| Event::LetterWritten { task: key.clone(), slot: Slot::Notice, letter };
            letters.into_iter().map(notice).collect()
        }
        Err(why) => vec![Event::NoticeUnsent { task: key.clone(), why }],
    })
}
