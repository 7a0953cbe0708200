//! Telling listeners what happened.
//!
//! Owns: who is told of which events, and in which words; that each listener hears the events of a job in their order and
//! each at least once; and what follows from how it went. Leaves the call itself to `dispatch`, as any plugin's.

use super::held::Held;
use super::report::{Claimed, ClaimedWork};
use super::slot::Slot;
use super::wish::{ChangedClients, Given};
use super::{Engine, called};
use crate::Error;
use crate::turn::{Cause, Turned};
use jiff::{SignedDuration, Timestamp};
use jobwright_core::{
    command::{Command, Outcome},
    date::Period,
    effect::{Consequence, Effect, Failure},
    event::{Event, Recorded},
    id::{DefinitionId, EffectId, Hash, JobId, Name},
    job::Job,
    retry::{FailureKind, Retry},
    task::TaskKey,
    value::Value,
};
use jobwright_plugin::{Call, Called, EVENTS, Ended, Plugins, Purpose};
use jobwright_store::{
    Draft, Loaded,
    jobs::{self, Head},
    outbox::{self, Entry, State},
};
use std::collections::BTreeMap;

/// Most listeners that are told of one event.
const LISTENERS_MAX: usize = 16;
/// Most effects of a job that are looked through for what a listener has still to hear.
const EFFECTS_MAX: usize = 1_000;
/// Most times that a listener is told of an event: with pauses that double up to four hours these are some three days.
const TRIES_MAX: u32 = 24;
/// How long one that waits behind another does so before it looks by itself.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// What a call is about that is about no task.
const NO_TASK: &str = "job";

/// The key of the call that tells one event: the same for all attempts, and another for each event and listener.
fn key_of(entry: &Loaded<Entry>, number: u64) -> EffectId {
    EffectId { event: number, ..entry.value.id }
}

/// How long a listener is told again: some three days, also where somebody must mend it first.
fn patience() -> Retry {
    let mut on = Retry::default().on;
    on.push(FailureKind::NeedsPerson);
    Retry { tries: Some(TRIES_MAX), on, ..Retry::default() }
}

/// The effects that tell listeners of the events of a turn, after those of the job itself: one for each listener, however
/// much it hears, so that no turn outgrows its commit because somebody listens.
pub(crate) fn tellings(plugins: &dyn Plugins, job: &Job, events: &[Recorded]) -> Vec<Consequence> {
    let mut hears: BTreeMap<(String, Hash), Vec<u64>> = BTreeMap::new();
    for recorded in events.iter().filter(|recorded| EVENTS.contains(&recorded.event.word())) {
        for listener in plugins.listeners(recorded.event.word()).into_iter().take(LISTENERS_MAX) {
            hears.entry(listener).or_default().push(recorded.number);
        }
    }
    let effect = |(index, ((plugin, digest), events)): (u16, ((String, _), Vec<u64>))| {
        let event = *events.first()?;
        let tell = Effect::TellListener { plugin, digest, definition: job.definition.clone(), events };
        Some(Consequence::Act(EffectId { job: job.id, event, index }, Box::new(tell)))
    };
    (1..).zip(hears).filter_map(effect).collect()
}

/// What a listener is told: the same members for every event, and those of its own.
fn body(period: Option<&Period>, definition: &DefinitionId, recorded: &Recorded) -> Value {
    let text = |text: String| Value::Text(text);
    let mut members = vec![
        ("number", Value::Int(i64::try_from(recorded.number).unwrap_or(i64::MAX))),
        ("at", Value::Moment(recorded.at)),
        ("definition", text(definition.to_string())),
    ];
    members.extend(period.map(|period| ("period", text(period.key.clone()))));
    members.extend(task_of(&recorded.event).map(|task| ("task", text(task.to_string()))));
    match &recorded.event {
        Event::JobOpened(opened) => members.push(("inputs", named(&opened.inputs))),
        Event::TaskUncompletable { reason, .. } => members.push(("reason", text(reason.to_string()))),
        Event::TaskCompleted { outcome, outputs, by, .. } => {
            members.extend(outcome.as_ref().map(|outcome| ("outcome", text(outcome.to_string()))));
            members.push(("outputs", named(outputs)));
            members.push(("by", text(by.to_string())));
        }
        Event::TaskFailed { failure, .. } => {
            members.push(("code", text(failure.code.clone())));
            members.push(("message", text(failure.message.clone())));
        }
        Event::JobCancelled { by, why } => {
            members.push(("by", text(by.to_string())));
            members.push(("why", text(why.clone())));
        }
        _ => {}
    }
    Value::map(members)
}

fn named(values: &jobwright_core::value::Values) -> Value {
    Value::map(values.iter().map(|(name, value)| (name.to_string(), value.clone())))
}

fn task_of(event: &Event) -> Option<&TaskKey> {
    match event {
        Event::TaskActivated { task, .. }
        | Event::TaskUncompletable { task, .. }
        | Event::TaskCompleted { task, .. }
        | Event::TaskSkipped { task, .. }
        | Event::TaskFailed { task, .. }
        | Event::TaskOverdue { task } => Some(task),
        _ => None,
    }
}

impl Engine {
    /// Claims a telling, unless the listener has something of this job to hear before it.
    pub(super) fn claim_telling(&self, slot: &mut Slot, entry: &Loaded<Entry>) -> Result<Option<Draft>, Error> {
        let Effect::TellListener { plugin, digest, definition, events } = &entry.value.effect else { return Ok(None) };
        let id = entry.value.id;
        if self.tellings(id.job, plugin)?.first().is_none_or(|first| first.value.id != id) {
            // Whatever becomes of the one before it wakes this one; it looks again by itself in case nothing does.
            let later = self.now().checked_add(LOOK_AGAIN_AFTER).unwrap_or(Timestamp::MAX);
            return Ok(Some(outbox::delay(entry, later)?));
        }
        let head = self.head_of(id.job)?;
        let Some(number) = events.first() else { return Ok(Some(outbox::settle(entry))) };
        let recorded = jobs::event(&self.reader(), id.job, *number)?;
        let about = task_of(&recorded.event).cloned();
        let call = Call {
            digest: *digest,
            name: recorded.event.word().into(),
            purpose: Purpose::Observe,
            key: key_of(entry, *number),
            attempt: entry.value.tries.saturating_add(1),
            task: about.or_else(|| Some(TaskKey::of(&Name::new(NO_TASK).ok()?))).ok_or(Error::Unanswered)?,
            client: head.client,
            now: self.now(),
            settings: body(head.period.as_ref(), definition, &recorded),
            dry_run: false,
        };
        slot.answer = Some(Ok(Given::Claimed(Claimed { id, work: ClaimedWork::Call(Box::new(call)) })));
        Ok(Some(outbox::claim(entry, None, self.now())?))
    }

    pub(super) fn head_of(&self, job: JobId) -> Result<Head, Error> {
        Ok(jobs::head(&self.reader(), job)?.ok_or(Error::NoSuchJob(job))?.value)
    }

    /// What a listener has still to hear of a job, in order.
    fn tellings(&self, job: JobId, plugin: &str) -> Result<Vec<Loaded<Entry>>, Error> {
        let is_telling = |entry: &Loaded<Entry>| matches!(&entry.value.effect, Effect::TellListener { plugin: of, .. } if of == plugin);
        let of_job = outbox::of_job(&self.reader(), job, EFFECTS_MAX)?;
        Ok(of_job.into_iter().filter(is_telling).collect())
    }

    /// What it hears next: the events behind this one, or another turn's.
    pub(super) fn rest_of_telling(&self, entry: &Loaded<Entry>, plugin: &str) -> Result<Draft, Error> {
        let mut rest = entry.value.effect.clone();
        if let Effect::TellListener { events, .. } = &mut rest
            && events.len() > 1
        {
            events.remove(0);
            return Ok(outbox::go_on(entry, rest, self.now())?);
        }
        let all = self.tellings(entry.value.id.job, plugin)?;
        let next = all.iter().find(|other| other.value.id > entry.value.id);
        let next = match next {
            Some(next) if matches!(next.value.state, State::Wanted { next_at } if next_at > self.now()) => {
                outbox::delay(next, self.now())?
            }
            _ => Draft::default(),
        };
        Ok(outbox::settle(entry).and(next))
    }

    /// How a listener took it. What may pass is tried again, and those behind it wait; what it said or changed is an event,
    /// and so is that it could not be told.
    pub(super) fn decide_told(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        entry: &Loaded<Entry>,
        called: Called,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Effect::TellListener { plugin, events, .. } = &entry.value.effect else { return Ok(None) };
        slot.answer = Some(Ok(Given::Nothing));
        let Some(number) = events.first() else { return Ok(Some(outbox::settle(entry))) };
        // Told already, by a report that came twice: the next event is another.
        if !matches!(entry.value.state, State::Claimed { .. }) {
            return Ok(None);
        }
        let (changes, failure) = match called.ended {
            Ended::Done { wanted, .. } => {
                let changes = called::changes(wanted);
                match self.settable(held, entry.value.id.job, changes)? {
                    Ok(changes) => (changes, None),
                    Err(failure) => (vec![], Some(failure)),
                }
            }
            Ended::Failed { failure, retry_after } => {
                if let Some(next_at) = self.again(entry, &failure, retry_after) {
                    tracing::warn!(plugin, %failure, %next_at, "a listener is told again");
                    return Ok(Some(outbox::delay(entry, next_at)?));
                }
                (vec![], Some(failure))
            }
            _ => (vec![], Some(Failure::permanent("bad-output", "a listener answers with effects alone"))),
        };
        let rest = self.rest_of_telling(entry, plugin)?;
        if changes.is_empty() && failure.is_none() && called.lines.is_empty() {
            return Ok(Some(rest));
        }
        let outcome = Outcome::Heard { listener: plugin.clone(), lines: called.lines, changes, failure };
        let heard = Command::Record { effect: key_of(entry, *number), outcome };
        let live = self.live_of(held, slot, entry.value.id.job);
        let beside = rest.clone();
        let decided = live.and_then(|live| {
            self.turn(held, slot, live, Cause::Command(Box::new(heard)), changed, |_: &Turned| Ok(beside))
        });
        match decided {
            // A job that cannot be moved notes nothing.
            Err(error) if Self::out_of_the_way(entry.value.id.job, &error).is_some() => {
                tracing::error!(%error, "what a listener said is not kept");
                slot.answer = Some(Ok(Given::Nothing));
                Ok(Some(rest))
            }
            decided => decided,
        }
    }

    fn again(&self, entry: &Loaded<Entry>, failure: &Failure, after: Option<SignedDuration>) -> Option<Timestamp> {
        let now = self.now();
        let patience = patience();
        let next = patience.next_at(failure, entry.value.tries, now, now)?;
        // However long a listener wants to be left alone, no longer than the longest pause.
        let after = after.and_then(|after| now.checked_add(after.min(patience.longest)).ok());
        Some(after.map_or(next, |after| after.max(next)))
    }
}
