//! Events in words: one line each, so that a story reads as prose.

use crate::event::{Amended, DateKey, Dated, Event, Forced, Recorded, Skip, Slot};
use crate::recipient::{Found, Person, Resolution};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use jiff::{Timestamp, tz::TimeZone};

/// What happened, or nothing for the empty event that only says that dates were looked at.
pub(super) fn line(recorded: &Recorded) -> Option<String> {
    let words = words(&recorded.event);
    let hidden = matches!(&recorded.event, Event::DatesSet { dates } if dates.is_empty());
    (!hidden).then_some(words)
}

/// A long flat match, whole on purpose: one arm for each event.
fn words(event: &Event) -> String {
    match event {
        Event::JobOpened(opened) => format!("JobOpened {}", opened.definition),
        Event::DatesSet { dates } => format!("DatesSet {}", list(dates.iter().map(date))),
        Event::KeyDatesGiven { dates } => format!("KeyDatesGiven {}", list(dates.iter().map(|(name, _)| name))),
        Event::InstancesHeld { task } => format!("InstancesHeld {task}"),
        Event::ChildTermsSet { task, .. } => format!("ChildTermsSet {task}"),
        Event::ChildGave { effect, outputs } => {
            format!("ChildGave #{} {}", effect.event, list(outputs.keys()))
        }
        Event::TaskReady { task } => format!("TaskReady {task}"),
        Event::TaskExpanded { task, items } => {
            format!("TaskExpanded {task}: {}", list(items.iter().map(|(key, _)| key)))
        }
        Event::TaskSkipped { task, why } => format!("TaskSkipped {task}: {}", skip(why)),
        Event::RecipientsResolved { task, slot, resolution, .. } => {
            format!("RecipientsResolved {task} {slot}: {}", found(resolution))
        }
        Event::TaskActivated { task, awaits, .. } => format!("TaskActivated {task} ({awaits:?})"),
        Event::TaskUncompletable { task, reason, slot } => format!("TaskUncompletable {task} {slot}: {reason}"),
        Event::TaskMended { task, .. } => format!("TaskMended {task}"),
        Event::LetterWritten { task, slot, letter } => format!("LetterWritten {task} {slot} → {}", id(&letter.to)),
        Event::NoticeUnsent { task, why } => format!("NoticeUnsent {task}: {why}"),
        Event::LetterSent { effect, .. } => format!("LetterSent #{}", effect.event),
        Event::LetterRefused { effect, address, .. } => format!("LetterRefused #{} {address}", effect.event),
        Event::LetterDropped { effect } => format!("LetterDropped #{}", effect.event),
        Event::EffectDelayed { effect, tries, next_at, .. } => {
            format!("EffectDelayed #{} after {tries}, until {}", effect.event, moment(*next_at))
        }
        Event::EffectGivenUp { effect, failure } => format!("EffectGivenUp #{}: {failure}", effect.event),
        Event::ItemAnswered { task, item, by, .. } => format!("ItemAnswered {task} {item} by {by}"),
        Event::OutcomeGiven { task, outcome, by, .. } => format!("OutcomeGiven {task} {outcome} by {by}"),
        Event::Signed { task, signer, by } => format!("Signed {task} {signer} by {by}"),
        Event::SignatureDeclined { task, signer, by, .. } => format!("SignatureDeclined {task} {signer} by {by}"),
        Event::ChildAsked { task, definition, .. } => format!("ChildAsked {task}: {definition}"),
        Event::ChildStarted { effect, .. } => format!("ChildStarted #{}", effect.event),
        Event::ChildEnded { effect, completed } => {
            format!("ChildEnded #{} {}", effect.event, if *completed { "completed" } else { "cancelled" })
        }
        Event::PluginAsked { task, name, .. } => format!("PluginAsked {task}: {name}"),
        Event::PluginSaid { effect, lines } => {
            format!("PluginSaid #{}: {}", effect.event, list(lines.iter().map(|line| &line.message)))
        }
        Event::ProgressKept { effect, name, .. } => format!("ProgressKept #{} {name}", effect.event),
        Event::PluginDeferred { effect, correlation, next_at, .. } => {
            let until = next_at.map_or_else(|| "told".into(), moment);
            format!("PluginDeferred #{} {correlation}, until {until}", effect.event)
        }
        Event::PluginReturned { effect } => format!("PluginReturned #{}", effect.event),
        Event::ListenerHeard { effect, listener, .. } => format!("ListenerHeard #{} {listener}", effect.event),
        Event::ValueChecked { task, name, check, .. } => format!("ValueChecked {task} {name} by {check}"),
        Event::ClientUpdated { task, changes } => {
            format!("ClientUpdated {task}: {}", list(changes.iter().map(|(name, value)| format!("{name} = {value}"))))
        }
        Event::TaskCompleted { task, outcome, by, .. } => {
            let outcome = outcome.as_ref().map_or(String::new(), |outcome| format!(" as {outcome}"));
            format!("TaskCompleted {task}{outcome} by {by}")
        }
        Event::TaskFailed { task, failure } => format!("TaskFailed {task}: {failure}"),
        Event::TaskTakenOver { task, because } => format!("TaskTakenOver {task}: {because}"),
        Event::RecipientChanged { task, slot, before, after, reason } => {
            let now = after.as_ref().and_then(|after| after.address.clone());
            let now = now.or_else(|| reason.as_ref().map(ToString::to_string)).unwrap_or_default();
            format!("RecipientChanged {task} {slot}: {} → {now}", before.id.as_str())
        }
        Event::TaskReassigned { task, people, by, .. } => {
            format!("TaskReassigned {task} to {} by {by}", list(people.iter().map(id)))
        }
        Event::TaskRetried { task, by } => format!("TaskRetried {task} by {by}"),
        Event::TasksReopened { cause, from, tasks } => {
            format!("TasksReopened from {from} by {cause}: {}", list(tasks.iter()))
        }
        Event::TaskOverdue { task } => format!("TaskOverdue {task}"),
        Event::ActRefused { task, act, by, why } => format!("ActRefused {task} {} by {by}: {why}", act.word()),
        Event::JobMoved { added, removed, renamed, .. } => format!(
            "JobMoved: added [{}], removed [{}], renamed [{}]",
            list(added.iter()),
            list(removed.iter()),
            list(renamed.iter().map(|(old, new)| format!("{old} → {new}")))
        ),
        Event::JobCompleted => "JobCompleted".into(),
        Event::JobCancelled { by, why } => format!("JobCancelled by {by}: {why}"),
        Event::TaskDoneOutOfTurn(one) => forced("TaskDoneOutOfTurn", one),
        Event::TaskOverridden(one) => forced("TaskOverridden", one),
        Event::AnswerAmended(Amended { task, item, by, built, .. }) => {
            format!("AnswerAmended {task} {item} by {by}; built on it: [{}]", list(built.iter()))
        }
        Event::TaskReopened { from, tasks, by, note } => {
            format!("TaskReopened {from} by {by} \"{note}\": {}", list(tasks.iter()))
        }
        Event::SignatureVoided { task, signer, by } => format!("SignatureVoided {task} {signer} by {by}"),
        Event::ReopenLimitReached { task, from, outcome, by, .. } => {
            let outcome = outcome.as_ref().map_or(String::new(), |outcome| format!(" as {outcome}"));
            format!("ReopenLimitReached {task}{outcome} by {by}, {from} is not opened again")
        }
        Event::JobUncancelled { by, note } => format!("JobUncancelled by {by}: {note}"),
    }
}

fn forced(word: &str, one: &Forced) -> String {
    let missing =
        if one.missing.is_empty() { String::new() } else { format!(", missing {}", list(one.missing.iter())) };
    format!("{word} {} as {} by {} \"{}\"{missing}", one.task, one.outcome, one.by, one.note)
}

fn list(words: impl Iterator<Item = impl ToString>) -> String {
    words.map(|word| word.to_string()).collect::<Vec<_>>().join(", ")
}

fn id(person: &Person) -> String {
    person.id.as_str().to_string()
}

fn found(resolution: &Resolution) -> String {
    match resolution.found {
        Found::Chosen => list(resolution.chosen.iter().map(id)),
        other => other.word().to_string(),
    }
}

fn date((key, dated): &(DateKey, Dated)) -> String {
    match dated {
        Dated::On { at, .. } => format!("{key} {}", moment(*at)),
        Dated::Unknown(anchor) => format!("{key} unknown ({anchor})"),
        Dated::Absent => format!("{key} absent"),
    }
}

/// `day 3 17:30`, or `day 3` when the practice opens at nine; day 1 is 1 June 2026.
pub(super) fn moment(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::UTC);
    let day = local.date().since(jiff::civil::date(2026, 5, 31)).unwrap().get_days();
    match (local.hour(), local.minute()) {
        (9, 0) => format!("day {day}"),
        (hour, minute) => format!("day {day} {hour:02}:{minute:02}"),
    }
}

fn skip(why: &Skip) -> String {
    match why {
        Skip::ConditionFalse => "its condition is false".into(),
        Skip::Unreachable => "unreachable".into(),
        Skip::NothingToDo => "nothing to do".into(),
        Skip::NobodyFound(reason) => format!("nobody found, {reason}"),
        Skip::Failed => "it failed".into(),
        Skip::AtLimit => "expired once too often".into(),
        Skip::Person { by, note } => format!("{by} says \"{note}\""),
    }
}

/// Slots whose people get a letter that must not come twice.
pub(super) fn is_once_only(slot: &Slot) -> bool {
    !matches!(slot, Slot::Notice)
}
