//! Effects between the outbox and the job.
//!
//! Owns: what is claimed before it leaves, what a report makes of job and outbox in one commit, and effects whose target
//! is the engine itself. Leaves calling task types, side by side and bounded, to `dispatch`.

use super::{Engine, Start};
use crate::Error;
use crate::turn::Cause;
use jobwright_core::{
    command::{Command, Outcome, Refusal},
    effect::{Effect, Failure},
    event::{Actor, Event},
    id::{EffectId, JobId},
    job::MailState,
    retry::FailureKind,
};
use jobwright_plugin::{BAD_ADDRESS, Frozen, Report};
use jobwright_store::{
    Draft, Loaded, jobs,
    outbox::{self, Entry},
};
use std::sync::PoisonError;

/// The code of a letter that was handed over and not answered.
pub const IN_DOUBT: &str = "in-doubt";

/// An effect that is claimed and may be tried.
pub(crate) struct Claimed {
    pub id: EffectId,
    pub frozen: Frozen,
}

impl Engine {
    /// Effects found claimed when nobody tries them: the process died between handing over and hearing the answer.
    /// They are in doubt, and tried again under the same id with the same bytes.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn recover(&self) -> Result<usize, Error> {
        let mut in_doubt = 0;
        loop {
            let page = outbox::claimed(&self.reader(), None, 100)?;
            if page.found.is_empty() {
                return Ok(in_doubt);
            }
            for id in page.found {
                let why = "the engine stopped before the answer came".to_string();
                self.report(id, Report::InDoubt(why))?;
                in_doubt += 1;
            }
        }
    }

    /// Claims a letter for a try: its bytes are built once and kept with the claim. Nothing when it is no longer
    /// wanted, or could not be built and was reported so.
    pub(crate) fn claim(&self, id: EffectId) -> Result<Option<Claimed>, Error> {
        let Some(entry) = outbox::load(&self.reader(), id)? else { return Ok(None) };
        if !self.is_wanted(id, &entry)? {
            self.commit(outbox::settle(&entry))?;
            return Ok(None);
        }
        let frozen = match &entry.value.frozen {
            Some(kept) => Frozen { to: kept.to.clone(), bytes: kept.mime.clone() },
            None => match self.parts.types.letters.freeze(id, &entry.value.effect, entry.value.wanted_at) {
                Ok(frozen) => frozen,
                Err(failure) => {
                    self.report(id, Report::Known(unfrozen(&entry.value.effect, failure)))?;
                    return Ok(None);
                }
            },
        };
        let kept = outbox::Frozen { from: String::new(), to: frozen.to.clone(), mime: frozen.bytes.clone() };
        self.commit(outbox::claim(&entry, Some(kept), self.now())?)?;
        Ok(Some(Claimed { id, frozen }))
    }

    /// Whether the job still wants it: a letter of a task that ended meanwhile must not leave.
    fn is_wanted(&self, id: EffectId, entry: &Loaded<Entry>) -> Result<bool, Error> {
        if entry.value.tries > 0 {
            return Ok(true);
        }
        let looked = self.look(id.job)?;
        let Some((task, slot)) = looked.job.effects.get(&id) else { return Ok(false) };
        let mail = looked.job.run(task).and_then(|run| run.places.get(slot)?.letters.get(&id));
        Ok(mail.is_none_or(|mail| mail.state != MailState::Dropped))
    }

    /// Takes a report: the job's events and the outbox row, in one commit.
    pub(crate) fn report(&self, id: EffectId, report: Report) -> Result<(), Error> {
        let Some(entry) = outbox::load(&self.reader(), id)? else { return Ok(()) };
        let outcome = match report {
            Report::Known(outcome) => outcome,
            Report::InDoubt(why) => {
                let code = IN_DOUBT.to_string();
                Outcome::Failed(Failure { kind: FailureKind::Transient, code, message: why })
            }
            Report::Paused(why) => {
                tracing::error!(why, "nothing leaves until this is mended");
                *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                self.commit(outbox::delay(&entry, self.now())?)?;
                return Ok(());
            }
        };
        self.record(id, &entry, outcome)
    }

    fn record(&self, id: EffectId, entry: &Loaded<Entry>, outcome: Outcome) -> Result<(), Error> {
        let command = Command::Record { effect: id, outcome };
        let looked = self.look(id.job)?;
        let turned = match looked.take(self, Cause::Command(Box::new(command))) {
            Ok(turned) => turned,
            // Settled already, by a report that came twice: the row is what is left of it.
            Err(Error::Refused(Refusal::EffectSettled(_))) => {
                self.commit(outbox::settle(entry))?;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let fate = turned.events.iter().find_map(|recorded| match &recorded.event {
            Event::EffectDelayed { effect, next_at, .. } if *effect == id => Some(outbox::delay(entry, *next_at)),
            Event::EffectGivenUp { effect, .. } if *effect == id => Some(outbox::give_up(entry, self.now())),
            _ => None,
        });
        let beside = fate.transpose()?.unwrap_or_else(|| outbox::settle(entry));
        let is_unfinished = turned.is_unfinished;
        self.commit_turn(Some(&looked.head), &turned, &looked.slice, beside)?;
        if is_unfinished {
            self.turn(id.job, Cause::Command(Box::new(Command::Advance)), Draft::default())?;
        }
        Ok(())
    }

    /// Does an effect whose target is the engine. Each step is the same however often it is tried.
    pub(crate) fn act_inside(&self, id: EffectId) -> Result<(), Error> {
        let Some(entry) = outbox::load(&self.reader(), id)? else { return Ok(()) };
        match entry.value.effect.clone() {
            Effect::SendLetter { .. } => Ok(()),
            Effect::StartJob { definition, client, inputs, .. } => {
                let child = child_id(id, &entry.value);
                let by = Actor::Engine;
                let start = Start { id: child, definition, client, period: None, inputs, by, parent: Some(id) };
                let outcome = self.start_child(start)?;
                self.record(id, &entry, outcome)
            }
            Effect::TellParent { parent, completed } => {
                let told = Command::Record { effect: parent, outcome: Outcome::Ended { completed } };
                match self.turn(parent.job, Cause::Command(Box::new(told)), outbox::settle(&entry)) {
                    Ok(_) => Ok(()),
                    // It went on without waiting, or is gone: nobody is left to be told.
                    Err(Error::Refused(_) | Error::NoSuchJob(_) | Error::SetAside { .. }) => {
                        self.commit(outbox::settle(&entry))?;
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    fn start_child(&self, start: Start) -> Result<Outcome, Error> {
        if let Some(head) = jobs::head(&self.reader(), start.id)? {
            return Ok(Outcome::Started(head.value.id));
        }
        let failed = |code: &str, words: String| Outcome::Failed(Failure::permanent(code, words));
        match self.start(start) {
            Ok(started) => Ok(Outcome::Started(started.job())),
            Err(error @ (Error::NoSuchDefinition(_) | Error::NoSuchClient(_))) => {
                Ok(failed("no-such-job", error.to_string()))
            }
            Err(error @ (Error::DoesNotApply { .. } | Error::Inputs(_) | Error::Period(_))) => {
                Ok(failed("cannot-start", error.to_string()))
            }
            Err(error) => Err(error),
        }
    }
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

/// The id of a job that an effect starts: time-ordered like all others, and the same however often it is tried.
fn child_id(effect: EffectId, entry: &Entry) -> JobId {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&entry.wanted_at.as_millisecond().to_be_bytes()[2..]);
    id[6..14].copy_from_slice(&effect.job.0[8..]);
    id[14..].copy_from_slice(&effect.event.to_be_bytes()[6..]);
    JobId(id)
}
