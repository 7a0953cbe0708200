//! What staff decide against the ordinary course: closing a task out of turn or with something missing, having it done
//! once more, correcting an answer, taking a cancellation back.
//!
//! Owns: when each is possible, and that it wants staff and a note. Each is an event of its own. Leaves what goes back
//! with a reopened task to `reopen`.

use super::act::{Scene, item_fault, too_much_together};
use super::decide::dropped_of;
use super::open::not_open;
use super::record::follows;
use super::reopen::{Cause, built_on, reopened};
use super::run::ByForce;
use super::{Job, JobState};
use crate::command::{Given, Refusal};
use crate::event::{ActWord, Actor, Amended, Answered, Event, Forced};
use crate::id::Name;
use crate::plan::{Item, Parts, Request, Work};
use crate::task::TaskState;
use crate::value::{Value, Values};
use alloc::{format, string::String, vec, vec::Vec};
use jiff::{SignedDuration, Timestamp};

/// How long a cancellation can be taken back.
pub const UNCANCEL_WITHIN: SignedDuration = SignedDuration::from_hours(1);

type Events = Result<Vec<Event>, Refusal>;

impl Scene<'_> {
    /// Staff say that a task is done whose turn has not come. When it has come it is completed in the ordinary way.
    pub(super) fn complete_out_of_turn(&self, given: &Given) -> Events {
        let note = self.by_staff_with_note(ActWord::OutOfTurn)?;
        match self.run.state {
            TaskState::Waiting | TaskState::Ready => {}
            state if state.is_under_way() && given.answers.is_empty() => return self.complete(&given.outputs, None),
            _ => return Err(self.not_open()),
        }
        if matches!(
            &self.task.work,
            Work::Email(_) | Work::Request(Request { parts: Parts::Approval { .. } | Parts::Signature { .. }, .. })
        ) {
            return Err(self.not_open());
        }
        let forced = self.forced(given, None, ByForce::OutOfTurn, note)?;
        let outcome = forced.outcome.clone();
        let mut events = dropped_of(self.job, self.key);
        events.push(Event::TaskDoneOutOfTurn(forced));
        events.extend(follows(self.job, self.plan, self.key, &outcome));
        Ok(events)
    }

    /// Staff close a task though something that it asks for is missing, or though others were to decide.
    pub(super) fn overrides(&self, outcome: Option<&Name>, given: &Given) -> Events {
        let note = self.by_staff_with_note(ActWord::Override)?;
        if self.run.items.is_some() {
            return self.override_instances(outcome, given);
        }
        let is_open =
            self.run.state.is_under_way() || matches!(self.run.state, TaskState::Uncompletable | TaskState::Failed);
        let by_others =
            matches!(&self.task.work, Work::Email(_) | Work::Request(Request { parts: Parts::Signature { .. }, .. }));
        if !is_open || (by_others && !self.run.by_hand) {
            return Err(self.not_open());
        }
        self.may_complete()?;
        let forced = self.forced(given, outcome, ByForce::Overridden, note)?;
        let outcome = forced.outcome.clone();
        let mut events = dropped_of(self.job, self.key);
        events.push(Event::TaskOverridden(forced));
        events.extend(follows(self.job, self.plan, self.key, &outcome));
        Ok(events)
    }

    fn override_instances(&self, outcome: Option<&Name>, given: &Given) -> Events {
        let mut events = Vec::new();
        for (key, run) in self.job.instances(self.key) {
            if !run.state.is_settled() || run.state == TaskState::Failed {
                events.extend(self.of(&key, run).overrides(outcome, given)?);
            }
        }
        if events.is_empty() { Err(self.not_open()) } else { Ok(events) }
    }

    /// What staff give, and what is still missing; each value must be what was asked for.
    fn forced(&self, given: &Given, outcome: Option<&Name>, how: ByForce, note: String) -> Result<Forced, Refusal> {
        let outcome = match outcome {
            Some(outcome) if self.outcomes().contains(outcome) => outcome.clone(),
            Some(outcome) => return Err(Refusal::NoSuchPart(self.key.clone(), outcome.clone())),
            None => Name::new(how.word()).map_err(|_| self.other_kind())?,
        };
        for (name, value) in &given.outputs {
            let field = self.task.outputs.get(name);
            let fault = match field {
                Some(field) => field.fault(value),
                None => Some("is no output of this task".into()),
            };
            if let Some(fault) = fault {
                return Err(Refusal::BadValue { name: name.clone(), fault });
            }
        }
        let items = self.items().map_or(&[][..], |(items, _)| items);
        for (item, answer) in &given.answers {
            let asked = items.iter().find(|one| one.id == *item);
            self.must_fit(asked.ok_or_else(|| Refusal::NoSuchPart(self.key.clone(), item.clone()))?, answer)?;
        }
        let values = given.answers.iter().filter_map(|(item, answer)| match answer {
            Answered::Value(value) => Some((item.clone(), value.clone())),
            Answered::Nothing => None,
        });
        let together: Values = values.chain(given.outputs.clone()).collect();
        if let Some((name, fault)) = too_much_together(&together) {
            return Err(Refusal::BadValue { name, fault });
        }
        let is_answered = |item: &Item| {
            self.run.answers.contains_key(&item.id) || given.answers.iter().any(|(one, _)| *one == item.id)
        };
        let open = items.iter().filter(|item| item.required && !is_answered(item)).map(|item| item.id.clone());
        let lacking = self
            .task
            .outputs
            .iter()
            .filter(|(name, field)| !given.outputs.contains_key(*name) && field.fault(&Value::Nothing).is_some());
        Ok(Forced {
            task: self.key.clone(),
            outcome,
            outputs: given.outputs.clone(),
            answers: given.answers.clone(),
            missing: open.chain(lacking.map(|(name, _)| name.clone())).collect(),
            by: self.by.clone(),
            note,
        })
    }

    fn outcomes(&self) -> &[Name] {
        match &self.task.work {
            Work::Request(Request { parts: Parts::Approval { outcomes, .. }, .. }) => outcomes,
            _ => &[],
        }
    }

    /// Staff have a task done once more, with everything built on it.
    pub(super) fn reopen(&self) -> Events {
        let note = self.by_staff_with_note(ActWord::Reopen)?;
        if matches!(self.run.state, TaskState::Waiting | TaskState::Cancelled) {
            return Err(self.not_open());
        }
        Ok(reopened(self.job, self.plan, self.key, Cause::Staff(self.by.clone(), note)))
    }

    /// Staff correct an answer or an output, or give one that nobody has given. Nothing that was done with it before is
    /// undone: it is named.
    pub(super) fn amend(&self, item: &Name, answer: &Answered) -> Events {
        // Staff may enter the right answer for whom it is of.
        if !matches!(self.by, Actor::Entered { staff: Some(_), is_present: false, .. }) {
            self.must_be_staff(ActWord::Amend)?;
        }
        let note = self.note.clone().ok_or(Refusal::NoteNeeded)?;
        let asked = self.items().ok().and_then(|(items, _)| items.iter().find(|one| one.id == *item));
        let is_signature = matches!(&self.task.work, Work::Request(Request { parts: Parts::Signature { .. }, .. }));
        let field = self.task.outputs.get(item).filter(|_| !is_signature);
        let before = match (asked, field) {
            (Some(asked), _) => {
                self.must_fit(asked, answer)?;
                self.run.answers.get(item).map(|(answer, _)| answer.clone())
            }
            (None, Some(field)) => {
                let value = match answer {
                    Answered::Value(value) => value,
                    Answered::Nothing => &Value::Nothing,
                };
                if let Some(fault) = field.fault(value) {
                    return Err(Refusal::BadValue { name: item.clone(), fault });
                }
                self.run.outputs.get(item).cloned().map(Answered::Value)
            }
            (None, None) => return Err(Refusal::NoSuchPart(self.key.clone(), item.clone())),
        };
        let has_ended = matches!(self.run.state, TaskState::Completed | TaskState::Skipped);
        if !has_ended && before.is_none() {
            return Err(self.not_open());
        }
        if before.as_ref() == Some(answer) {
            return Err(Refusal::BadValue { name: item.clone(), fault: "has this value already".into() });
        }
        Ok(vec![Event::AnswerAmended(Amended {
            task: self.key.clone(),
            item: item.clone(),
            is_output: asked.is_none(),
            before,
            after: answer.clone(),
            by: self.by.clone(),
            note,
            built: built_on(self.job, self.plan, &self.key.task),
        })])
    }

    /// Whether an answer is what an item asks for, whoever gives it.
    fn must_fit(&self, item: &Item, answer: &Answered) -> Result<(), Refusal> {
        let fault = match answer {
            Answered::Value(value) => item_fault(item, value),
            Answered::Nothing if item.required && !self.takes_nothing() => Some("is required".into()),
            Answered::Nothing => None,
        };
        fault.map_or(Ok(()), |fault| Err(Refusal::BadValue { name: item.id.clone(), fault }))
    }

    fn takes_nothing(&self) -> bool {
        self.items().is_ok_and(|(_, nothing_to_report)| nothing_to_report)
    }

    fn by_staff_with_note(&self, act: ActWord) -> Result<String, Refusal> {
        self.must_be_staff(act)?;
        self.note.clone().ok_or(Refusal::NoteNeeded)
    }

    pub(super) fn not_open(&self) -> Refusal {
        not_open(self.job, self.task, self.key, self.run, self.now)
    }
}

/// Takes a cancellation back.
pub(super) fn uncancel(job: &Job, by: Actor, note: String, with_parent: bool, now: Timestamp) -> Events {
    if note.trim().is_empty() {
        return Err(Refusal::NoteNeeded);
    }
    may_uncancel(job, with_parent, now)?;
    Ok(vec![Event::JobUncancelled { by, note }])
}

/// Whether the cancellation can be taken back: while it is young and nothing has left since. Of a job that another one
/// started, only together with that one.
pub fn may_uncancel(job: &Job, with_parent: bool, now: Timestamp) -> Result<(), Refusal> {
    if job.state != JobState::Cancelled {
        return Err(Refusal::NotCancelled);
    }
    let good = |why: String| Err(Refusal::CancelledForGood(why));
    let ended_at = job.ended_at.unwrap_or(job.opened_at);
    if now.duration_since(ended_at) > UNCANCEL_WITHIN {
        return good("it was more than an hour ago; start the job again".into());
    }
    if job.left_since_end {
        return good("a letter or a call has left or come back since; start the job again".into());
    }
    if let Some(parent) = job.parent.filter(|_| !with_parent) {
        let parent = parent.job;
        return good(format!(
            "job {parent} which started it has been told; retry its task there, or take that job's own cancellation back"
        ));
    }
    Ok(())
}
