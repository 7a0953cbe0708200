//! Why a task cannot be worked on now, in words: what it waits for, and the next move.
//!
//! Owns: the words of `Refusal::NotOpen` for every kind of work and every state. Leaves whether an act is refused to
//! `act`.

use super::dependency::waits_on;
use super::run::MailState;
use super::{Job, Run};
use crate::command::Refusal;
use crate::date::When;
use crate::event::{DateKey, Dated};
use crate::plan::{Parts, Request, Task, Work};
use crate::task::{TaskKey, TaskState};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use jiff::Timestamp;

/// The refusal of an act on a task that is not open.
pub(super) fn not_open(job: &Job, task: &Task, key: &TaskKey, run: &Run, now: Timestamp) -> Refusal {
    let state = run.state.to_string().replace('_', " ");
    let (because, next) = match run.state {
        TaskState::Waiting => (format!("waits for {}", list(&awaited(job, task, key, now))), before_its_turn(task)),
        TaskState::Ready => ("is about to begin".into(), "`jobwright work` lets it begin".into()),
        TaskState::Active | TaskState::AwaitingClient | TaskState::AwaitingExternal => under_way(job, task, key, run),
        TaskState::Uncompletable => {
            let reason = run.reason.as_ref();
            let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            let mend = reason.map_or_else(String::new, |reason| format!("{}, or ", reason.mend()));
            (format!("is uncompletable{why}"), format!("{mend}{}", by_force(task)))
        }
        TaskState::Completed => {
            let by = run.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            let next = "`reopen` has it done once more, `amend` corrects one answer";
            (format!("is completed{by}"), next.into())
        }
        TaskState::Skipped => ("is skipped".into(), "`reopen` has it done after all".into()),
        TaskState::Failed => {
            let why = run.failure.as_ref().map_or_else(String::new, |failure| format!(": {failure}"));
            (format!("is failed{why}"), format!("`retry` tries it again, or {}", by_force(task)))
        }
        TaskState::Cancelled => (format!("is {state}"), "it ended with its job or with its version".into()),
    };
    Refusal::NotOpen { task: key.clone(), because, next }
}

/// What a task that has not begun waits for, each with where it stands.
fn awaited(job: &Job, task: &Task, key: &TaskKey, now: Timestamp) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in waits_on(job, task) {
        let state = job.run(&TaskKey::of(&name)).map_or(TaskState::Cancelled, |run| run.state);
        let one = format!("`{name}` ({})", state.to_string().replace('_', " "));
        if !all.contains(&one) {
            all.push(one);
        }
    }
    let start = task.start.as_ref().map(|_| job.dates.get(&DateKey::Start(key.clone())));
    all.extend(start.and_then(|date| not_yet("its start", date, now)));
    if all.is_empty() {
        all.push("its turn".into());
    }
    all
}

/// A date that has not come, or is not known.
fn not_yet(what: &str, date: Option<&Dated>, now: Timestamp) -> Option<String> {
    match date {
        Some(Dated::On { at, .. }) if *at <= now => None,
        Some(Dated::On { when: When::Day(day), .. }) => Some(format!("{what} on {day}")),
        Some(Dated::On { when: When::Moment(at), .. }) => Some(format!("{what} at {at}")),
        Some(Dated::Unknown(anchor)) => Some(format!("{what}, which is not known since {anchor} is empty")),
        Some(Dated::Absent) | None => Some(format!("{what}, which is not known")),
    }
}

/// A task that is under way and is not done by this: what does it.
fn under_way(job: &Job, task: &Task, key: &TaskKey, run: &Run) -> (String, String) {
    let force = || by_force(task);
    match &task.work {
        Work::Email(_) => {
            let letters = run.places.values().flat_map(|place| place.letters.values());
            let open: Vec<&str> =
                letters.filter(|mail| mail.state == MailState::Open).map(|mail| mail.to.name.as_str()).collect();
            let because = match open.as_slice() {
                [] => "is done when its letter is sent".into(),
                open => format!("is done when its letter to {} is sent", open.join(", ")),
            };
            (because, "`jobwright work` sends what is due; `skip` with a note lets it not be sent".into())
        }
        Work::Request(Request { parts, .. }) => match parts {
            Parts::Approval { outcomes, .. } => {
                let outcomes: Vec<String> = outcomes.iter().map(|outcome| format!("`{outcome}`")).collect();
                (
                    format!("is done by one of its outcomes: {}", outcomes.join(", ")),
                    format!("`approve` gives one, or {}", force()),
                )
            }
            Parts::Signature { .. } => {
                ("is done by its signatures and by nothing else".into(), "`sign`, or `skip` it with a note".into())
            }
            Parts::Documents { .. } | Parts::Form(_) | Parts::Manual { .. } => {
                ("is not open for this".into(), format!("`complete` says that it is done, or {}", force()))
            }
        },
        Work::Wait(_) => {
            let until = match job.dates.get(&DateKey::Until(key.clone())) {
                Some(Dated::On { when: When::Day(day), .. }) => format!("{day}"),
                Some(Dated::On { when: When::Moment(at), .. }) => format!("{at}"),
                Some(Dated::Unknown(anchor)) => format!("{anchor} is known"),
                Some(Dated::Absent) | None => "its date is known".into(),
            };
            (format!("only waits until {until}"), force())
        }
        Work::StartJob(_) => ("waits for the job that it started".into(), force()),
        Work::Plugin(plugin) => (format!("is done by `{}`, which is at work", plugin.name), force()),
        Work::Script(_) | Work::UpdateClient(_) => ("is done by the engine itself".into(), force()),
    }
}

fn before_its_turn(task: &Task) -> String {
    let first = "do that first";
    match &task.work {
        Work::Email(_) => format!("{first}, or `skip` it with a note"),
        Work::Request(Request { parts: Parts::Approval { .. } | Parts::Signature { .. }, .. }) => {
            format!("{first}; staff may `skip` it with a note")
        }
        _ => format!("{first}; staff may `complete --out-of-turn` or `skip` it, with a note"),
    }
}

/// What staff can do of their own decision.
fn by_force(task: &Task) -> String {
    match &task.work {
        Work::Email(_) | Work::Request(Request { parts: Parts::Signature { .. }, .. }) => {
            "`skip` it with a note".into()
        }
        _ => "staff may `override` or `skip` it, with a note".into(),
    }
}

fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
