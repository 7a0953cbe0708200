//! Answers into events.
//!
//! Owns: what follows from the answer to each question. An answer to a question that the job no longer puts is
//! refused, so a slow answer can never move a job that went on without it.

use super::advance::activated;
use super::ask::{dates_moved, of_task};
use super::decide::dropped_in;
use super::dependency::names_item;
use super::record::failed;
use super::{Job, Run, Terms, people};
use crate::bound::{self, Excess, Size};
use crate::command::{Answer, Refusal, Unwritten, Wanted};
use crate::effect::{Failure, TOO_LARGE};
use crate::event::{Actor, Dated, Event, Letter, Revision, Skip, Slot};
use crate::id::Hash;
use crate::plan::{Plan, PluginTask, StartJob, Task, Work};
use crate::question::Question;
use crate::recipient::{Found, Reason, Resolution};
use crate::task::{TaskKey, TaskState};
use crate::value::{Value, Values};
use alloc::{string::String, vec, vec::Vec};
use jiff::Timestamp;

type Events = Result<Vec<Event>, Refusal>;

/// Takes an answer.
pub(super) fn answer(job: &Job, plan: &Plan, answer: Answer, now: Timestamp) -> Events {
    must_be_asked(job, plan, &answer, now)?;
    match answer {
        Answer::Dates(dates) => Ok(dates_set(job, plan, dates)),
        Answer::Condition(task, holds) => condition(job, plan, &task, holds),
        Answer::Items(task, items) => list(job, plan, &task, items.and_then(storable_items)),
        Answer::People(task, found, revision) => found_people(job, plan, &task, found, revision),
        Answer::Standing(task, lost) => standing(job, &task, lost),
        Answer::Letters(task, letters) => written(job, plan, &task, letters),
        Answer::Script(task, outputs) => script(job, plan, &task, outputs),
        Answer::Changes(task, changes) => {
            let values = |changes: &Vec<(String, Value)>| bound::sizes(changes.iter().map(|(_, value)| value));
            client_changes(job, plan, &task, changes.and_then(|changes| storable(changes, "what it sets", values)))
        }
        Answer::Document(task, document) => {
            let document = document.and_then(|document| storable(document, "what is to be signed", bound::size));
            signable(job, plan, &task, document)
        }
        Answer::Child(task, child) => {
            let inputs = |wanted: &Wanted| bound::sizes(wanted.inputs.values());
            child_job(job, plan, &task, child.and_then(|child| storable(child, "what it is given", inputs)))
        }
        Answer::Plugin(task, plugin) => {
            let settings = |(_, settings): &(Hash, Value)| bound::size(settings);
            called(job, plan, &task, plugin.and_then(|plugin| storable(plugin, "its `with`", settings)))
        }
        Answer::Notice(task, letters) => Ok(notice(&task, letters)),
    }
}

/// What was worked out, when it can be stored; else the task has failed, and says which bound was broken.
fn storable<T>(worked_out: T, what: &str, size: impl Fn(&T) -> Result<Size, Excess>) -> Result<T, Failure> {
    match size(&worked_out) {
        Ok(_) => Ok(worked_out),
        Err(excess) => Err(Failure::permanent(TOO_LARGE, alloc::format!("{what} {excess}"))),
    }
}

fn storable_items(items: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
    match bound::sizes(items.iter().map(|(_, value)| value)) {
        Ok(_) => Ok(items),
        Err(excess) => Err(alloc::format!("the list {excess}")),
    }
}

/// The turn answers at once what is asked, so an answer that does not fit came late.
fn must_be_asked(job: &Job, plan: &Plan, answer: &Answer, now: Timestamp) -> Result<(), Refusal> {
    let Some(key) = about(answer) else { return Ok(()) };
    let asked = of_task(job, task_of(plan, key)?, key, run_of(job, key)?, now);
    let is_asked = asked.iter().any(|question| is_answer(answer, question));
    if is_asked { Ok(()) } else { Err(Refusal::NotAskedFor) }
}

fn about(answer: &Answer) -> Option<&TaskKey> {
    match answer {
        Answer::Dates(_) => None,
        Answer::Condition(task, _)
        | Answer::Items(task, _)
        | Answer::People(task, ..)
        | Answer::Standing(task, _)
        | Answer::Letters(task, _)
        | Answer::Script(task, _)
        | Answer::Changes(task, _)
        | Answer::Document(task, _)
        | Answer::Child(task, _)
        | Answer::Plugin(task, _)
        | Answer::Notice(task, _) => Some(task),
    }
}

fn is_answer(answer: &Answer, question: &Question) -> bool {
    matches!(
        (answer, question),
        (Answer::Dates(_), Question::Dates)
            | (Answer::Condition(..), Question::Condition(_))
            | (Answer::Items(..), Question::Items(_))
            | (Answer::People(..), Question::People(..))
            | (Answer::Standing(..), Question::Standing(_))
            | (Answer::Letters(..), Question::Letters(..))
            | (Answer::Script(..), Question::Script(_))
            | (Answer::Changes(..), Question::Changes(_))
            | (Answer::Document(..), Question::Document(_))
            | (Answer::Child(..), Question::Child(_))
            | (Answer::Plugin(..), Question::Plugin(_))
            | (Answer::Notice(..), Question::Notice(_))
    )
}

fn run_of<'a>(job: &'a Job, task: &TaskKey) -> Result<&'a Run, Refusal> {
    job.run(task).ok_or_else(|| Refusal::NoSuchTask(task.clone()))
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
    Ok(match holds {
        Ok(true) => vec![Event::TaskReady { task: key.clone() }],
        Ok(false) => vec![Event::TaskSkipped { task: key.clone(), why: Skip::ConditionFalse }],
        // An error is never "false": it fails the task, and a person sees why.
        Err(why) => failed(job, plan, key, Failure::permanent("condition-failed", why)),
    })
}

fn list(job: &Job, plan: &Plan, key: &TaskKey, items: Result<Vec<(String, Value)>, String>) -> Events {
    Ok(match items {
        Ok(items) if items.is_empty() => {
            vec![Event::TaskSkipped { task: key.clone(), why: Skip::NothingToDo }]
        }
        Ok(items) => {
            let is_held = task_of(plan, key)?.depends_on.iter().any(names_item);
            let held = is_held.then(|| Event::InstancesHeld { task: key.clone() });
            [Event::TaskExpanded { task: key.clone(), items }].into_iter().chain(held).collect()
        }
        Err(why) => failed(job, plan, key, Failure::permanent("list-failed", why)),
    })
}

/// Fills the places that were asked for.
fn found_people(job: &Job, plan: &Plan, key: &TaskKey, found: Vec<(Slot, Resolution)>, revision: Revision) -> Events {
    let run = run_of(job, key)?;
    let mended = vec![Event::TaskMended { task: key.clone(), revision }];
    let is_blocked = run.state == TaskState::Uncompletable;
    if is_blocked && matches!(run.reason, Some(Reason::MissingField(_))) {
        return Ok(if found.iter().any(|(slot, who)| are_others(run, slot, who)) { mended } else { vec![] });
    }
    let task = task_of(plan, key)?;
    let wanted = people::wanted(task, run);
    let mut found: Vec<(Slot, Resolution)> = found.into_iter().filter(|(slot, _)| wanted.contains(slot)).collect();
    found.iter_mut().for_each(|(slot, who)| people::hold_to_needed(task, run, slot, who));
    let lacks = |(slot, who): &&(Slot, Resolution)| !people::is_copy(slot) && who.found != Found::Chosen;
    let is_known = |(slot, who): &(Slot, Resolution)| {
        is_blocked && run.reason.as_ref() == Some(&reason(who)) && run.blocked.as_ref() == Some(slot)
    };
    Ok(match found.iter().find(lacks) {
        // It is said once, and stays so while this is one of its reasons.
        Some(_) if found.iter().filter(lacks).any(is_known) => vec![],
        Some((slot, who)) => nobody_found(job, plan, key, slot, who, revision),
        None if is_blocked && found.is_empty() && !wanted.is_empty() => vec![],
        // Ready again: its places are asked once more, from the same directory, in the ordinary way.
        None if is_blocked => mended,
        None => found.iter().map(|(slot, who)| resolved(key, slot, who, revision)).collect(),
    })
}

fn resolved(key: &TaskKey, slot: &Slot, who: &Resolution, revision: Revision) -> Event {
    Event::RecipientsResolved { task: key.clone(), slot: slot.clone(), resolution: who.clone(), revision }
}

/// Whether other people fill a place now than those whose letters lack a field. Whoever has a letter keeps the place.
fn are_others(run: &Run, slot: &Slot, who: &Resolution) -> bool {
    let now = who.chosen.iter().map(|one| &one.id);
    let before = run.places.get(slot).filter(|place| place.letters.is_empty());
    before.is_some_and(|place| !place.people.iter().map(|one| &one.id).eq(now))
}

/// A place that nobody fills: the task waits for somebody. A rule that cannot be read fails it, unless it waits already.
fn nobody_found(
    job: &Job,
    plan: &Plan,
    key: &TaskKey,
    slot: &Slot,
    who: &Resolution,
    revision: Revision,
) -> Vec<Event> {
    let is_blocked = job.run(key).is_some_and(|run| run.state == TaskState::Uncompletable);
    let resolved = resolved(key, slot, who, revision);
    if matches!(who.found, Found::WrongReference | Found::Error) && !is_blocked {
        let mut events = vec![resolved];
        events.extend(failed(job, plan, key, Failure::permanent("selector-failed", proof(who))));
        return events;
    }
    vec![resolved, Event::TaskUncompletable { task: key.clone(), reason: reason(who), slot: slot.clone() }]
}

fn reason(who: &Resolution) -> Reason {
    who.reason.clone().unwrap_or(Reason::NoContact)
}

/// The last reason that a resolution's proof gives.
fn proof(resolution: &Resolution) -> String {
    let because = resolution.tree.candidates.iter().rev().find(|candidate| !candidate.kept);
    because.map_or_else(|| resolution.tree.rule.clone(), |candidate| candidate.because.clone())
}

/// Places that lost everybody who could act.
fn standing(job: &Job, key: &TaskKey, lost: Option<(Slot, Reason)>) -> Events {
    let run = run_of(job, key)?;
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
    let run = run_of(job, key)?;
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
    Ok(match outputs.and_then(|outputs| checked(task_of_failure(plan, key)?, outputs)) {
        Ok(outputs) => vec![completed(key, outputs)],
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn task_of_failure<'a>(plan: &'a Plan, key: &TaskKey) -> Result<&'a Task, Failure> {
    plan.task(&key.task).ok_or_else(|| Failure::permanent("no-such-task", "the definition has no such task"))
}

/// Outputs that are what the definition declares, or a failure naming all that are not.
pub(super) fn checked(task: &Task, outputs: Values) -> Result<Values, Failure> {
    let faults = super::act::faults(task, &outputs);
    if faults.is_empty() {
        return Ok(outputs);
    }
    let words: Vec<String> = faults.iter().map(|(name, fault)| alloc::format!("`{name}` {fault}")).collect();
    Err(Failure::permanent("bad-output", alloc::format!("outputs do not fit: {}", words.join("; "))))
}

pub(super) fn completed(key: &TaskKey, outputs: Values) -> Event {
    Event::TaskCompleted { task: key.clone(), outcome: None, outputs, by: Actor::Engine, note: None }
}

fn client_changes(job: &Job, plan: &Plan, key: &TaskKey, changes: Result<Vec<(String, Value)>, Failure>) -> Events {
    Ok(match changes {
        Ok(changes) => {
            let updated = Event::ClientUpdated { task: key.clone(), changes };
            vec![updated, completed(key, Values::new())]
        }
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn signable(job: &Job, plan: &Plan, key: &TaskKey, document: Result<Value, Failure>) -> Events {
    let run = run_of(job, key)?;
    let task = task_of(plan, key)?;
    Ok(match document {
        Ok(document) => vec![activated(task, key, run, Some(document))],
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn child_job(job: &Job, plan: &Plan, key: &TaskKey, child: Result<Wanted, Failure>) -> Events {
    let Work::StartJob(StartJob { on_parent_end, .. }) = task_of(plan, key)?.work else {
        return Err(Refusal::NotAskedFor);
    };
    Ok(match child {
        Ok(Wanted { definition, period, inputs, dates }) => {
            let terms = Terms { period, dates, on_parent_end };
            let is_new = run_of(job, key)?.child_terms != terms;
            let Terms { period, dates, on_parent_end } = terms;
            let set = Event::ChildTermsSet { task: key.clone(), period, dates, on_parent_end };
            let asked = Event::ChildAsked { task: key.clone(), definition, inputs };
            is_new.then_some(set).into_iter().chain([asked]).collect()
        }
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn called(job: &Job, plan: &Plan, key: &TaskKey, plugin: Result<(Hash, Value), Failure>) -> Events {
    let Work::Plugin(PluginTask { name, .. }) = &task_of(plan, key)?.work else { return Err(Refusal::NotAskedFor) };
    Ok(match plugin {
        Ok((digest, settings)) => {
            vec![Event::PluginAsked { task: key.clone(), name: name.clone(), digest, settings }]
        }
        Err(failure) => failed(job, plan, key, failure),
    })
}

fn notice(key: &TaskKey, letters: Result<Vec<Letter>, String>) -> Vec<Event> {
    match letters {
        Ok(letters) if letters.is_empty() => {
            vec![Event::NoticeUnsent { task: key.clone(), why: "nobody is to be told".into() }]
        }
        Ok(letters) => {
            let notice = |letter| Event::LetterWritten { task: key.clone(), slot: Slot::Notice, letter };
            letters.into_iter().map(notice).collect()
        }
        Err(why) => vec![Event::NoticeUnsent { task: key.clone(), why }],
    }
}
