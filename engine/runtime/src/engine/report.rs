//! Effects between the outbox and the job.
//!
//! Owns: what is claimed before it leaves, what a report makes of job and outbox in one commit, and effects whose target
//! is the engine itself. Leaves calling task types, side by side and bounded, to `dispatch`.

use super::Engine;
use super::called::{CameBack, is_call};
use super::children::Resuming;
use super::held::Held;
use super::round::WISHES_PER_ROUND_MAX;
use super::seat::Seated;
use super::slot::Slot;
use super::unsent::{self, Sight};
use super::wish::{ChangedClients, Given, HELD_BACK_FOR, LetGo, Wish};
use crate::Error;
use crate::counters::Letter;
use crate::turn::{Cause, Turned};
use jiff::Timestamp;
use jobwright_core::{
    command::{CallEnd, Command, Outcome, Refusal},
    effect::{Effect, Failure, TOO_LARGE},
    event::Event,
    id::{EffectId, JobId},
    retry::FailureKind,
};
use jobwright_plugin::{BAD_ADDRESS, Call, Called, Ended, Frozen, Report, Spent};
use jobwright_store::{
    CommitError, Draft, Loaded,
    outbox::{self, Entry, State},
    sabotage::{Bug, is_planted},
};
use std::{
    collections::HashSet,
    sync::{MutexGuard, PoisonError, atomic::Ordering},
};

/// The code of a job that could not be started for another.
pub(super) const CANNOT_START: &str = "cannot-start";

/// The code of a letter that was handed over and not answered.
pub use jobwright_core::retry::IN_DOUBT;

/// An effect that is claimed and may be tried.
pub(crate) struct Claimed {
    pub id: EffectId,
    pub work: ClaimedWork,
}

/// What is to be tried.
pub(crate) enum ClaimedWork {
    /// A letter that leaves.
    Letter(Frozen),
    /// A plugin that is called.
    Call(Box<Call>),
}

impl Engine {
    /// Effects found claimed when nobody tries them: the process died between handing over and hearing the answer.
    /// They are in doubt, and tried again under the same id with the same bytes.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn recover(&self) -> Result<usize, Error> {
        let mut in_doubt = 0;
        if is_planted(Bug::DoubtForgotten) {
            return Ok(in_doubt);
        }
        loop {
            let page = outbox::claimed(&self.reader(), None, WISHES_PER_ROUND_MAX)?;
            if page.found.is_empty() {
                return Ok(in_doubt);
            }
            in_doubt += page.found.len();
            let why = || "the engine stopped before the answer came".to_string();
            let lost = |id| (id, CameBack::Letter(Report::InDoubt(why())));
            self.report(page.found.into_iter().map(lost).collect())?;
        }
    }

    /// Claims effects for a try, all with one flush: the bytes of a letter are built once and kept with the claim. Left out
    /// are those no longer wanted, those that could not be built and were reported so, and letters for somebody who is
    /// otherwise by now: these are written again, or dropped. Those that were claimed before
    /// something went wrong are given beside the error: nobody else will try them.
    pub(crate) fn claim(&self, ids: Vec<EffectId>) -> (Vec<Claimed>, Result<(), Error>) {
        let mut seated = self.seat.sit_patiently(&self.counters);
        let answers = self.all(&mut seated, ids.iter().copied().map(Wish::Claim).collect());
        let (mut claimed, mut unbuilt, mut again, mut went) = (Vec::new(), Vec::new(), Vec::new(), Ok(()));
        for (id, answer) in ids.into_iter().zip(answers) {
            match answer.map_err(Error::alone) {
                Ok(Given::Claimed(one)) => claimed.push(one),
                Ok(Given::Unbuilt(id, outcome)) => unbuilt.push((id, outcome)),
                Ok(Given::LookAgain(id)) => again.push(id),
                Ok(_) => {}
                Err(error) if error.is_of_one_job() => {
                    went = went.and(self.let_go(&mut seated, (id, id.job), false, &error));
                }
                Err(error) => went = went.and(Err(error)),
            }
        }
        // Only now: claims of one job go side by side since they leave it as it is, and these move it.
        let unmade: Vec<EffectId> = unbuilt.iter().map(|(id, _)| *id).collect();
        let wishes = unbuilt.iter().map(|(id, outcome)| Wish::Record(*id, outcome.clone())).collect();
        for ((id, outcome), answer) in unbuilt.into_iter().zip(self.all(&mut seated, wishes)) {
            match answer.map_err(Error::alone) {
                Ok(_) => {}
                Err(error) if error.is_of_one_job() => {
                    went = went.and(self.in_short(&mut seated, id, Short { outcome, goes_on: false }, &error));
                }
                Err(error) => went = went.and(Err(error)),
            }
        }
        let moved: HashSet<JobId> = unmade.iter().chain(&again).map(|id| id.job).collect();
        let wishes = again.iter().copied().map(Wish::LookAgain).collect();
        for (id, answer) in again.into_iter().zip(self.all(&mut seated, wishes)) {
            match answer.map_err(Error::alone) {
                Ok(_) => {}
                Err(error) if error.is_of_one_job() => {
                    went = went.and(self.let_go(&mut seated, (id, id.job), false, &error));
                }
                Err(error) => went = went.and(Err(error)),
            }
        }
        let is_moved = |one: &Claimed| moved.contains(&one.id.job) && matches!(one.work, ClaimedWork::Letter(_));
        let wishes = claimed.iter().filter(|one| is_moved(one)).map(|one| Wish::SetOut(one.id)).collect();
        for answer in self.all(&mut seated, wishes) {
            match answer.map_err(Error::alone) {
                Ok(Given::Dropped(id)) => claimed.retain(|one| one.id != id),
                Ok(_) => {}
                // It has its claim: how its try ends is heard in any case.
                Err(error) if error.is_of_one_job() => {}
                Err(error) => went = went.and(Err(error)),
            }
        }
        (claimed, went)
    }

    /// Takes reports that have come in together: for each the job's events and the outbox row in one commit, and one flush
    /// for as many as a round takes. What the store has no room for now is kept, and reported first of all next time: the
    /// letter has left, and only we know how that went.
    pub(crate) fn report(&self, reports: Vec<(EffectId, CameBack)>) -> Result<(), Error> {
        if reports.is_empty() {
            return Ok(());
        }
        let mut seated = self.seat.sit_patiently(&self.counters);
        let wishes = reports.iter().cloned().map(|(id, report)| Wish::Report(id, report)).collect();
        let answers = self.all(&mut seated, wishes);
        let mut went = Ok(());
        for (report, answer) in reports.into_iter().zip(answers) {
            let error = match answer.map_err(Error::alone) {
                Ok(_) => continue,
                Err(error) if error.is_of_one_job() && !is_planted(Bug::UnstorableEndsAll) => {
                    let (id, came_back) = report.clone();
                    let told = match short(came_back, &error) {
                        Some(short) => self.in_short(&mut seated, id, short, &error),
                        None => self.let_go(&mut seated, (id, id.job), false, &error),
                    };
                    match told {
                        Ok(()) => continue,
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            if error.may_pass() {
                self.unreported().push(report);
            }
            went = went.and(Err(error));
        }
        went
    }

    /// Records how an effect went in fewer words, since what it came back with, or what the job makes of it, cannot be
    /// stored. It has left and must not leave again, so whatever else, its row is settled; and the rest goes on.
    fn in_short(&self, seated: &mut Seated<'_>, id: EffectId, short: Short, why: &Error) -> Result<(), Error> {
        tracing::error!(effect = %id, why = why.in_full(), "recorded in short: the whole cannot be stored");
        let Short { outcome, goes_on } = short;
        let whole = goes_on.then(|| Wish::Record(id, outcome.clone()));
        let alone = Wish::Alone(id, outcome, why.in_full());
        for wish in whole.into_iter().chain([alone]) {
            let is_alone = matches!(wish, Wish::Alone(..));
            match self.all(seated, vec![wish]).pop().unwrap_or(Err(Error::Unanswered)).map_err(Error::alone) {
                Ok(_) => {
                    self.quarantined.fetch_add(usize::from(is_alone), Ordering::AcqRel);
                    return Ok(());
                }
                Err(error) if error.is_of_one_job() => {}
                Err(error) => return Err(error),
            }
        }
        self.let_go(seated, (id, id.job), true, why)
    }

    /// Takes an effect's row out of the way with its job, which cannot be told of it.
    fn let_go(
        &self,
        seated: &mut Seated<'_>,
        (effect, job): (EffectId, JobId),
        is_over: bool,
        why: &Error,
    ) -> Result<(), Error> {
        let let_go = LetGo { effect, job, is_over, why: why.in_full() };
        self.all(seated, vec![Wish::LetGo(let_go)]).into_iter().try_for_each(|answer| answer.map(drop))?;
        self.quarantined.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Reports again what could not be written down.
    pub(crate) fn report_again(&self) -> Result<(), Error> {
        let kept = std::mem::take(&mut *self.unreported());
        if kept.is_empty() { Ok(()) } else { self.report(kept) }
    }

    fn unreported(&self) -> MutexGuard<'_, Vec<(EffectId, CameBack)>> {
        self.unreported.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does effects whose target is the engine. Each step is the same however often it is tried.
    pub(crate) fn act_inside(&self, effects: Vec<(EffectId, Effect)>) -> Result<(), Error> {
        let mut seated = self.seat.sit_patiently(&self.counters);
        let wish = |(id, effect): (EffectId, Effect)| match effect {
            Effect::TellParent { parent, .. } => Wish::Inside(id, parent.job),
            Effect::EndChildren { children, .. } => Wish::Inside(id, children.first().copied().unwrap_or(id.job)),
            Effect::ResumeChildren { children, .. } => Wish::Inside(id, children.first().copied().unwrap_or(id.job)),
            Effect::StartJob { .. }
            | Effect::SendLetter { .. }
            | Effect::CallPlugin { .. }
            | Effect::TellListener { .. } => Wish::Inside(id, id.job),
        };
        let wishes = effects.iter().cloned().map(wish).collect();
        let mut went = Ok(());
        for ((id, effect), answer) in effects.into_iter().zip(self.all(&mut seated, wishes)) {
            went = went.and(match (answer.map_err(Error::alone), effect) {
                (Ok(_), _) => Ok(()),
                (Err(error), Effect::TellParent { parent, .. }) if error.is_of_one_job() => {
                    self.let_go(&mut seated, (id, parent.job), true, &error)
                }
                (Err(error), Effect::EndChildren { children, .. } | Effect::ResumeChildren { children, .. })
                    if error.is_of_one_job() =>
                {
                    let job = children.first().copied().unwrap_or(id.job);
                    self.let_go(&mut seated, (id, job), true, &error)
                }
                // Somebody has taken its place in this very round: the next try sees that.
                (Err(Error::Commit(CommitError::Conflict(_))), Effect::ResumeChildren { .. }) => Ok(()),
                (Err(error), _) if error.is_of_one_job() => {
                    let outcome = Outcome::Failed(Failure::permanent(CANNOT_START, error.in_full()));
                    self.in_short(&mut seated, id, Short { outcome, goes_on: true }, &error)
                }
                (Err(error), _) => Err(error),
            });
        }
        went
    }

    /// Records how an effect went and sets its job aside in the same commit: what would follow cannot be stored.
    pub(super) fn decide_alone(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        (outcome, why): (Outcome, String),
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Some(entry) = outbox::load(&self.reader(), id)? else {
            slot.answer = Some(Ok(Given::Nothing));
            return Ok(None);
        };
        if let Effect::TellListener { plugin, .. } = &entry.value.effect {
            slot.answer = Some(Ok(Given::Nothing));
            return self.rest_of_telling(&entry, plugin).map(Some);
        }
        if matches!(outcome, Outcome::Sent { .. }) {
            slot.letter = Some(Letter::Sent);
        }
        let live = self.live_of(held, slot, id.job)?;
        let command = Command::Record { effect: id, outcome };
        slot.set_aside = Some(why);
        let is_wanted = live.job.wants(id);
        let settles = |turned: &Turned| fate(id, &entry, turned, is_wanted);
        match self.turn(held, slot, live, Cause::Alone(Box::new(command)), changed, settles) {
            Err(Error::Refused(Refusal::EffectSettled(_))) => {
                slot.answer = Some(Ok(Given::Nothing));
                Ok(Some(outbox::settle(&entry)))
            }
            decided => decided,
        }
    }

    pub(super) fn decide_let_go(&self, slot: &mut Slot, let_go: LetGo) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let Some(entry) = outbox::load(&self.reader(), let_go.effect)? else { return Ok(None) };
        if let Effect::TellListener { plugin, .. } = &entry.value.effect {
            return self.rest_of_telling(&entry, plugin).map(Some);
        }
        let later = self.now().checked_add(HELD_BACK_FOR).unwrap_or(Timestamp::MAX);
        let row = if let_go.is_over { outbox::settle(&entry) } else { outbox::delay(&entry, later)? };
        let aside = self.decide_set_aside(slot, let_go.job, let_go.why)?;
        Ok(Some(row.and(aside.unwrap_or_default())))
    }

    pub(super) fn decide_claim(&self, held: &mut Held, slot: &mut Slot, id: EffectId) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let Some(entry) = outbox::load(&self.reader(), id)? else { return Ok(None) };
        if let Effect::TellListener { .. } = &entry.value.effect {
            return self.claim_telling(slot, &entry);
        }
        if is_call(&entry.value.effect) {
            let live = self.live_of(held, slot, id.job)?;
            let call = self.call_of(&live, &entry.value);
            held.jobs.put(id.job, live);
            let Some(call) = call else {
                // It never began. The job hears of it, so that what somebody has tried again is another call.
                let outcome = Outcome::Called { lines: vec![], end: CallEnd::Cancelled };
                slot.answer = Some(Ok(Given::Unbuilt(id, outcome)));
                return Ok(None);
            };
            slot.answer = Some(Ok(Given::Claimed(Claimed { id, work: ClaimedWork::Call(Box::new(call)) })));
            return Ok(Some(outbox::claim(&entry, None, self.now())?));
        }
        let mut as_seen = Draft::default();
        match self.live_of(held, slot, id.job) {
            Ok(live) => {
                let looks = unsent::has_not_left(&live, &entry);
                let looked = if looks { Some(self.look_at(held, &live, &entry)) } else { None };
                held.jobs.put(id.job, live);
                match looked.transpose()? {
                    Some(Sight::Unwanted) if !is_planted(Bug::DroppedIsSent) => {
                        return Ok(Some(outbox::settle(&entry)));
                    }
                    Some(Sight::Otherwise) => {
                        slot.answer = Some(Ok(Given::LookAgain(id)));
                        return Ok(None);
                    }
                    Some(Sight::AsWritten(seen)) => as_seen = seen,
                    Some(Sight::Unwanted) | None => {}
                }
            }
            Err(error) if entry.value.tries == 0 => return Err(error),
            // What may have arrived is tried again, whatever became of its job.
            Err(_) => {}
        }
        let (mut named, mut written_at) = (id, entry.value.wanted_at);
        if is_planted(Bug::OtherIdEachTry) {
            named.index += entry.value.tries as u16;
        }
        if is_planted(Bug::OtherBytesEachTry) {
            written_at = self.now();
        }
        let is_built_anew = is_planted(Bug::OtherBytesEachTry) || is_planted(Bug::OtherIdEachTry);
        let frozen = match &entry.value.frozen {
            Some(kept) if !is_built_anew => Frozen { to: kept.to.clone(), bytes: kept.mime.clone() },
            _ => match self.parts.types.letters.freeze(named, &entry.value.effect, written_at) {
                Ok(frozen) => frozen,
                Err(failure) => {
                    let outcome = unfrozen(&entry.value.effect, failure);
                    slot.answer = Some(Ok(Given::Unbuilt(id, outcome)));
                    return Ok(None);
                }
            },
        };
        let kept = outbox::Frozen { from: String::new(), to: frozen.to.clone(), mime: frozen.bytes.clone() };
        slot.letter = Some(if entry.value.tries == 0 { Letter::Claimed } else { Letter::ClaimedAgain });
        slot.answer = Some(Ok(Given::Claimed(Claimed { id, work: ClaimedWork::Letter(frozen) })));
        if is_planted(Bug::SendBeforeClaim) {
            return Ok(None);
        }
        Ok(Some(outbox::claim(&entry, Some(kept), self.now())?.and(as_seen)))
    }

    pub(super) fn decide_report(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        came_back: CameBack,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let report = match came_back {
            CameBack::Letter(Report::InDoubt(why)) if self.is_call(id)? => {
                return self.decide_lost(held, slot, id, why, changed);
            }
            CameBack::Letter(report) => report,
            CameBack::Call(called) => {
                let Some(entry) = outbox::load(&self.reader(), id)? else {
                    slot.answer = Some(Ok(Given::Nothing));
                    return Ok(None);
                };
                if let Effect::TellListener { .. } = &entry.value.effect {
                    return self.decide_told(held, slot, &entry, *called, changed);
                }
                let outcome = self.came_back(Some(&entry.value.effect), *called);
                let outcome = self.within_record(held, id.job, outcome)?;
                return self.recorded(held, slot, id, &entry, outcome, changed);
            }
        };
        let outcome = match report {
            Report::Known(outcome) => outcome,
            Report::InDoubt(why) if is_planted(Bug::DoubtIsSent) => Outcome::Sent { reply: why },
            Report::InDoubt(why) => {
                slot.letter = Some(Letter::InDoubt);
                let code = IN_DOUBT.to_string();
                Outcome::Failed(Failure { kind: FailureKind::Transient, code, message: why })
            }
            // Nothing has left, and the letter is as it was: it waits with all the others.
            Report::Paused { why, until } => {
                slot.answer = Some(Ok(Given::Nothing));
                let Some(entry) = outbox::load(&self.reader(), id)? else { return Ok(None) };
                let kept = claimed_at(&entry.value).and_then(|at| self.halted(why, until, at));
                // Dropped while it was under way: it must not leave once letters can.
                let is_unwanted = self.live_of(held, slot, id.job).is_ok_and(|live| {
                    let is_wanted = live.job.wants(id);
                    held.jobs.put(id.job, live);
                    !is_wanted
                });
                let draft = if is_unwanted { outbox::settle(&entry) } else { outbox::delay(&entry, self.now())? };
                return Ok(Some(kept.into_iter().fold(draft, Draft::with)));
            }
        };
        self.decide_record(held, slot, id, outcome, changed)
    }

    fn is_call(&self, id: EffectId) -> Result<bool, Error> {
        Ok(outbox::load(&self.reader(), id)?.is_some_and(|entry| is_call(&entry.value.effect)))
    }

    /// A call that was begun by a process that died.
    fn decide_lost(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        why: String,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Some(entry) = outbox::load(&self.reader(), id)? else {
            slot.answer = Some(Ok(Given::Nothing));
            return Ok(None);
        };
        if let Effect::TellListener { .. } = &entry.value.effect {
            let failure = Failure { kind: FailureKind::Transient, code: IN_DOUBT.into(), message: why };
            let ended = Ended::Failed { failure, retry_after: None };
            let called = Called { ended, lines: vec![], spent: Spent::default() };
            return self.decide_told(held, slot, &entry, called, changed);
        }
        let outcome = self.lost(&entry.value.effect, why);
        self.recorded(held, slot, id, &entry, outcome, changed)
    }

    pub(super) fn decide_record(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        outcome: Outcome,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Some(entry) = outbox::load(&self.reader(), id)? else {
            slot.answer = Some(Ok(Given::Nothing));
            return Ok(None);
        };
        if matches!(outcome, Outcome::Sent { .. }) {
            slot.letter = Some(Letter::Sent);
        }
        // A server that takes a letter, or says of one address that it is not there, takes letters.
        let is_open = match &outcome {
            Outcome::Sent { .. } | Outcome::Refused { .. } => true,
            Outcome::Failed(failure) => failure.kind == FailureKind::NeedsPerson,
            _ => false,
        };
        let opened = claimed_at(&entry.value).filter(|_| is_open).and_then(|at| self.unhalted(at));
        let draft = self.recorded(held, slot, id, &entry, outcome, changed)?;
        Ok(match (draft, opened) {
            (Some(draft), Some(opened)) => Some(draft.with(opened)),
            (None, Some(opened)) => Some(Draft::default().with(opened)),
            (draft, None) => draft,
        })
    }

    pub(super) fn recorded(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        entry: &Loaded<Entry>,
        outcome: Outcome,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let live = self.live_of(held, slot, id.job)?;
        let command = Command::Record { effect: id, outcome };
        let is_wanted = live.job.wants(id);
        let settles = |turned: &Turned| match () {
            () if is_planted(Bug::SettleForgotten) => Ok(Draft::default()),
            () if is_planted(Bug::SettleFirst) => {
                self.parts.store.commit(vec![
                    fate(id, entry, turned, is_wanted)?
                        .into_commits(&*self.parts.files, self.parts.store.limits(), self.epoch()?, None)?
                        .main,
                ])?;
                Ok(Draft::default())
            }
            () => fate(id, entry, turned, is_wanted),
        };
        match self.turn(held, slot, live, Cause::Command(Box::new(command)), changed, settles) {
            // Settled already, by a report that came twice: the row is what is left of it.
            Err(Error::Refused(Refusal::EffectSettled(_))) => {
                slot.answer = Some(Ok(Given::Nothing));
                Ok(Some(outbox::settle(entry)))
            }
            decided => decided,
        }
    }

    pub(super) fn decide_inside(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        id: EffectId,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let entry = outbox::load(&self.reader(), id)?;
        match entry.as_ref().map(|entry| (entry, entry.value.effect.clone())) {
            None | Some((_, Effect::SendLetter { .. } | Effect::CallPlugin { .. } | Effect::TellListener { .. })) => {
                slot.answer = Some(Ok(Given::Nothing));
                Ok(None)
            }
            Some((entry, Effect::StartJob { definition, client, inputs, .. })) => {
                self.start_child(held, slot, entry, (definition, client, inputs), changed)
            }
            Some((entry, Effect::TellParent { parent, completed })) => {
                self.tell_parent(held, slot, entry, (parent, completed), changed)
            }
            Some((entry, Effect::EndChildren { children, why })) => {
                self.end_child(held, slot, entry, (children, why), changed)
            }
            Some((entry, Effect::ResumeChildren { children, gone, note })) => match children.split_first() {
                Some((first, rest)) => {
                    self.resume_child(held, slot, entry, (*first, Resuming { rest, gone, note }), changed)
                }
                None => self.tell_of_gone(held, slot, entry, (gone, note), changed),
            },
        }
    }
}

/// What was decided; where the job would not be moved, what belongs beside it alone.
pub(super) fn with_outcome(
    slot: &mut Slot,
    decided: Result<Option<Draft>, Error>,
    beside: impl FnOnce() -> Result<Draft, Error>,
) -> Result<Option<Draft>, Error> {
    match decided {
        Err(Error::Refused(_) | Error::NoSuchJob(_) | Error::SetAside { .. }) => {
            slot.answer = Some(Ok(Given::Nothing));
            beside().map(Some)
        }
        decided => decided,
    }
}

/// How an effect went, in few words.
struct Short {
    outcome: Outcome,
    /// Whether the job goes on after it; else it is set aside.
    goes_on: bool,
}

/// What came back, without what cannot be stored. Nothing, when nobody knows how it went.
fn short(came_back: CameBack, why: &Error) -> Option<Short> {
    match came_back {
        CameBack::Letter(Report::Known(outcome)) => Some(Short { outcome, goes_on: false }),
        CameBack::Letter(Report::InDoubt(_) | Report::Paused { .. }) => None,
        CameBack::Call(_) => {
            let failure = Failure::permanent(TOO_LARGE, format!("what it gave cannot be stored: {}", why.in_full()));
            let outcome = Outcome::Called { lines: vec![], end: CallEnd::Unfit(failure) };
            Some(Short { outcome, goes_on: true })
        }
    }
}

/// When it was claimed, if it is.
fn claimed_at(entry: &Entry) -> Option<Timestamp> {
    match entry.state {
        State::Claimed { at } => Some(at),
        State::Wanted { .. } | State::GivenUp { .. } => None,
    }
}

/// What becomes of the outbox row. One that was no longer wanted before its report came cannot be tried again by a person.
fn fate(id: EffectId, entry: &Loaded<Entry>, turned: &Turned, is_wanted: bool) -> Result<Draft, Error> {
    let fate = turned.events.iter().find_map(|recorded| match &recorded.event {
        Event::EffectDelayed { effect, next_at, .. } if *effect == id => Some(outbox::delay(entry, *next_at)),
        Event::EffectGivenUp { effect, .. } if *effect == id && is_wanted => Some(outbox::give_up(entry, turned.at)),
        Event::PluginDeferred { effect, next_at: Some(next_at), .. } if *effect == id => {
            Some(outbox::delay(entry, *next_at))
        }
        _ => None,
    });
    Ok(fate.transpose()?.unwrap_or_else(|| outbox::settle(entry)))
}

/// A letter that cannot be built: an address that is none counts as refused, so that it is marked and can be mended.
fn unfrozen(effect: &Effect, failure: Failure) -> Outcome {
    match effect {
        Effect::SendLetter { letter, .. } if failure.code == BAD_ADDRESS => {
            let address = letter.to.address.clone().unwrap_or_default();
            Outcome::Refused { address, reply: failure.message }
        }
        _ => Outcome::Failed(failure),
    }
}
