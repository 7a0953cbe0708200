//! What a test expects, held against what is.
//!
//! Owns: comparing tasks, letters, dates, open parts, the job and proofs. Each answers nothing when all holds, else the
//! first miss with what was found. What a test does not write is not looked at.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jobwright_core::date::When;
use jobwright_core::event::{Dated, Event, Letter, Skip, Slot};
use jobwright_core::id::Name;
use jobwright_core::job::{MailState, Run};
use jobwright_core::plan::{Parts, Work};
use jobwright_core::recipient::{PersonId, Resolution};
use jobwright_core::task::TaskKey;
use jobwright_core::value::Value;
use jobwright_definition::scenario::{
    Dated as ExpectedMoment, ExpectedDate, ExpectedJob, ExpectedLetters, ExpectedOpen, ExpectedProof, ExpectedTask,
    LetterKind, Who,
};
use jobwright_runtime::Looked;

use super::missed::Miss;
use crate::output::Paint;
use crate::proof as drawn;

/// The first task that does not stand as expected.
pub(super) fn tasks(looked: &Looked, expected: &[ExpectedTask]) -> Option<Miss> {
    expected.iter().find_map(|one| {
        let found = task(looked, one)?;
        Some(Miss::new(one.span, found).about(&one.task))
    })
}

fn task(looked: &Looked, expected: &ExpectedTask) -> Option<String> {
    let key = &expected.task;
    let Some(run) = looked.job.run(key) else { return Some(format!("the job has no task `{key}`")) };
    if let Some(state) = expected.state.filter(|state| *state != run.state) {
        return Some(format!("`{key}` is {}, not {state}", standing(looked, key, run)));
    }
    if let Some(reason) = &expected.reason
        && why(looked, key, run).as_deref() != Some(reason)
    {
        return Some(format!("`{key}` is {}, not {reason}", standing(looked, key, run)));
    }
    if let Some(expected) = &expected.sent_to {
        let expected: BTreeSet<_> = expected.iter().filter_map(|who| person(looked, who)).collect();
        let found = sent_to(looked, key, run);
        if found != expected {
            return Some(format!("the letters of `{key}` went to {}, not to {}", names(&found), names(&expected)));
        }
    }
    if let Some(expected) = &expected.assigned_to {
        let expected: BTreeSet<_> = expected.iter().cloned().map(PersonId::Staff).collect();
        let found = run.places.get(&Slot::Assign).map(|place| place.people.as_slice()).unwrap_or_default();
        let found = found.iter().map(|person| person.id.clone()).collect();
        if found != expected {
            return Some(format!("`{key}` is given to {}, not to {}", names(&found), names(&expected)));
        }
    }
    if expected.outcome.is_some() && expected.outcome != run.outcome {
        let found = run.outcome.as_ref().map_or("no outcome".to_owned(), |outcome| format!("the outcome {outcome}"));
        return Some(format!("`{key}` has {found}"));
    }
    expected.outputs.iter().find_map(|(name, value)| output(key, run, name, value))
}

fn output(key: &TaskKey, run: &Run, name: &Name, expected: &Value) -> Option<String> {
    match run.outputs.get(name) {
        Some(found) if found == expected => None,
        Some(found) => Some(format!("`{key}` gave {name} {found}, not {expected}")),
        None => Some(format!("`{key}` gave no {name}")),
    }
}

/// The state and, where it has one, the reason.
fn standing(looked: &Looked, key: &TaskKey, run: &Run) -> String {
    match (&run.reason, why(looked, key, run)) {
        (Some(reason), _) => format!("{} ({reason})", run.state),
        (None, Some(why)) => format!("{} ({why})", run.state),
        (None, None) => run.state.to_string(),
    }
}

/// Why it is uncompletable, or was skipped.
fn why(looked: &Looked, key: &TaskKey, run: &Run) -> Option<String> {
    if let Some(reason) = &run.reason {
        return Some(reason.code().to_owned());
    }
    if let Some(failure) = &run.failure {
        return Some(failure.code.clone());
    }
    looked.events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::TaskSkipped { task, why } if task == key && run.state == jobwright_core::task::TaskState::Skipped => {
            Some(skipped(why).to_owned())
        }
        _ => None,
    })
}

fn skipped(why: &Skip) -> &'static str {
    match why {
        Skip::ConditionFalse => "condition_false",
        Skip::Unreachable => "unreachable",
        Skip::NothingToDo => "nothing_to_do",
        Skip::NobodyFound(_) => "nobody_found",
        Skip::Failed => "failed",
        Skip::AtLimit => "at_limit",
        Skip::Person { .. } => "person",
    }
}

/// Everybody whose letter of this task and its instances was taken: not copies, not notices.
fn sent_to(looked: &Looked, key: &TaskKey, run: &Run) -> BTreeSet<PersonId> {
    let instances = looked.job.instances(key).map(|(_, run)| run);
    let places = std::iter::once(run).chain(instances).flat_map(|run| &run.places);
    let own = places.filter(|(slot, _)| matches!(slot, Slot::Recipient | Slot::Signer(_)));
    let letters = own.flat_map(|(_, place)| place.letters.values());
    letters.filter(|mail| mail.state == MailState::Sent).map(|mail| mail.to.id.clone()).collect()
}

fn person(looked: &Looked, who: &Who) -> Option<PersonId> {
    match who {
        Who::Contact(id) => Some(PersonId::Contact(id.clone())),
        Who::Staff(id) => Some(PersonId::Staff(id.clone())),
        Who::PrimaryStaff => looked.client.staff.primary.clone().map(PersonId::Staff),
    }
}

fn names(people: &BTreeSet<PersonId>) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")
}

/// Letters that were written so far.
pub(super) fn letters(looked: &Looked, expected: &ExpectedLetters) -> Option<Miss> {
    let to = expected.to.as_ref().map(|who| person(looked, who));
    let written = looked.events.iter().filter_map(|recorded| match &recorded.event {
        Event::LetterWritten { task, slot, letter } => Some((task, slot, letter)),
        _ => None,
    });
    let written: Vec<_> = written.collect();
    let fits = |(task, slot, letter): &&(&TaskKey, &Slot, &Letter)| {
        to.as_ref().is_none_or(|to| to.as_ref() == Some(&letter.to.id))
            && expected.task.as_ref().is_none_or(|of| of == *task || (of.item.is_none() && of.task == task.task))
            && expected.kind.is_none_or(|of| of == kind(looked, task, slot))
            && expected.contains.iter().all(|words| letter.subject.contains(words) || letter.text.contains(words))
    };
    let count = written.iter().filter(fits).count();
    let is_so = expected.count.map_or(count > 0, |expected| expected as usize == count);
    if is_so {
        return None;
    }
    let all = written.iter().map(|(task, slot, letter)| {
        format!("{task}: {} to {}: \"{}\"", word(kind(looked, task, slot)), letter.to.name, letter.subject)
    });
    let all: Vec<_> = all.collect();
    let found = match (expected.count, count) {
        (Some(expected), 1) => format!("1 letter fits, not {expected}"),
        (Some(expected), count) => format!("{count} letters fit, not {expected}"),
        (None, _) => "no letter fits".to_owned(),
    };
    let with = if all.is_empty() { "no letter was written\n".to_owned() } else { all.join("\n") + "\n" };
    Some(Miss::found(found).with(with))
}

fn kind(looked: &Looked, task: &TaskKey, slot: &Slot) -> LetterKind {
    let is_email = looked.prepared.plan.task(&task.task).is_some_and(|task| matches!(task.work, Work::Email(_)));
    match slot {
        Slot::Notice => LetterKind::Notice,
        Slot::Cc | Slot::Bcc => LetterKind::Copy,
        Slot::Recipient | Slot::Assign | Slot::Signer(_) if is_email => LetterKind::Letter,
        Slot::Recipient | Slot::Assign | Slot::Signer(_) => LetterKind::Request,
    }
}

fn word(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::Letter => "letter",
        LetterKind::Request => "request",
        LetterKind::Copy => "copy",
        LetterKind::Notice => "notice",
    }
}

/// The first date that is another.
pub(super) fn dates(looked: &Looked, expected: &[ExpectedDate], zone: &TimeZone) -> Option<Miss> {
    expected.iter().find_map(|one| {
        let name = one.name.value.as_str();
        let named = |key: &str| key == name || name.strip_prefix("dates.") == Some(key);
        let found = looked.job.dates.iter().find(|(key, _)| named(&key.to_string())).map(|(_, date)| date);
        let said = match (found, one.is) {
            (Some(Dated::Unknown(_)), ExpectedMoment::Unknown) => return None,
            (Some(Dated::On { when, .. }), ExpectedMoment::Day(day)) if day_of(*when, zone) == day => return None,
            (Some(Dated::On { at, .. }), ExpectedMoment::Moment(moment)) if zone.to_datetime(*at) == moment => {
                return None;
            }
            (Some(Dated::On { when: When::Day(day), .. }), _) => day.to_string(),
            (Some(Dated::On { at, .. }), _) => zone.to_datetime(*at).to_string(),
            (Some(Dated::Unknown(anchor)), _) => format!("unknown, since {anchor} is empty"),
            (Some(Dated::Absent), _) => "absent, since its condition is false".to_owned(),
            (None, _) => "not a date of the job now".to_owned(),
        };
        Some(Miss::new(one.name.span, format!("{name} is {said}")))
    })
}

fn day_of(when: When, zone: &TimeZone) -> jiff::civil::Date {
    match when {
        When::Day(day) => day,
        When::Moment(at) => zone.to_datetime(at).date(),
    }
}

/// The parts of a task that are asked for now.
pub(super) fn open(looked: &Looked, expected: &ExpectedOpen) -> Option<Miss> {
    let found = open_parts(looked, &expected.task);
    let wanted: BTreeSet<_> = expected.open.iter().cloned().collect();
    if found == wanted {
        return None;
    }
    let list = |names: &BTreeSet<Name>| match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.iter().map(Name::as_str).collect::<Vec<_>>().join(", "),
    };
    let words = format!("`{}` asks for {}, not for {}", expected.task, list(&found), list(&wanted));
    Some(Miss::found(words).about(&expected.task))
}

fn open_parts(looked: &Looked, key: &TaskKey) -> BTreeSet<Name> {
    let plan = &looked.prepared.plan;
    let (Some(run), Some(task)) = (looked.job.run(key), plan.task(&key.task)) else { return BTreeSet::new() };
    let Work::Request(request) = &task.work else { return BTreeSet::new() };
    if !run.state.is_under_way() {
        return BTreeSet::new();
    }
    match &request.parts {
        Parts::Documents { items, .. } | Parts::Form(items) => {
            items.iter().map(|item| &item.id).filter(|id| !run.answers.contains_key(id)).cloned().collect()
        }
        Parts::Signature { signers, .. } => {
            let asked = |id: &&Name| run.places.contains_key(&Slot::Signer((*id).clone()));
            let names = signers.iter().map(|signer| &signer.id).filter(asked);
            names.filter(|id| !run.is_signed(id) && !run.declined.contains_key(id)).cloned().collect()
        }
        Parts::Approval { .. } | Parts::Manual { .. } => BTreeSet::new(),
    }
}

pub(super) fn job(looked: &Looked, expected: ExpectedJob) -> Option<Miss> {
    let found = looked.job.state;
    (found != expected.state)
        .then(|| Miss::found(format!("the job is {}, not {}", found.word(), expected.state.word())))
}

/// What the newest proof of a place says.
pub(super) fn proof(looked: &Looked, expected: &ExpectedProof) -> Option<Miss> {
    let (key, slot) = (&expected.task, &expected.slot);
    let Some(resolution) = newest(looked, key, Some(slot)) else {
        return Some(Miss::found(format!("nobody was looked for as the {slot} of `{key}`")));
    };
    let text = drawn::resolution(resolution, Paint::plain());
    let missing = expected.contains.iter().find(|words| !text.contains(words.as_str()))?;
    Some(Miss::found(format!("the proof does not say \"{missing}\"")).with(text))
}

/// The newest proof of a task: of one place, or of any.
pub(super) fn newest<'a>(looked: &'a Looked, key: &TaskKey, slot: Option<&Slot>) -> Option<&'a Resolution> {
    looked.events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::RecipientsResolved { task, slot: of, resolution, .. }
            if task == key && slot.is_none_or(|slot| slot == of) =>
        {
            Some(resolution)
        }
        _ => None,
    })
}
