//! A wish on its way through the rounds.
//!
//! Owns: what is known of it between deciding and answering: the job as it will be, what to say, what to count. It belongs
//! to one job from the beginning to its answer.

use super::Done;
use super::held::LiveJob;
use super::seat::Ticket;
use super::start::Opening;
use super::wish::{Answer, Given, Wish};
use crate::counters::Letter;
use crate::turn::Cause;
use jobwright_core::{
    command::Outcome,
    effect::Failure,
    event::Recorded,
    id::{EffectId, JobId},
};

/// Who is told.
#[derive(Clone, Copy)]
pub(super) enum Teller {
    /// Whoever sits, about the wish with this number.
    Own(usize),
    /// A caller in line.
    Rider(Ticket),
}

pub(super) struct Slot {
    pub(super) teller: Teller,
    /// The job whose wishes go one after the other.
    pub(super) job: JobId,
    /// It leaves that job as it is.
    pub(super) is_claim: bool,
    /// What is to be decided next.
    pub(super) wish: Option<Wish>,
    /// The job as it will be after the commit under way, or is after the last one.
    pub(super) live: Option<Box<LiveJob>>,
    pub(super) events: Vec<Recorded>,
    /// The job wants another turn at once.
    pub(super) goes_on: bool,
    /// What to answer once it is committed, when that is not what the job did.
    pub(super) answer: Option<Answer>,
    /// The job to be opened by the commit under way.
    pub(super) opening: Option<Box<Opening>>,
    /// The effect that is to hear of the job that was started, and the id that job has.
    pub(super) asked_by: Option<(EffectId, JobId)>,
    /// Why the job is set aside with the commit under way.
    pub(super) set_aside: Option<String>,
    /// What to count once it is committed.
    pub(super) letter: Option<Letter>,
    /// Where the story of this turn is told.
    pub(super) span: tracing::Span,
    pub(super) turns: usize,
    told: usize,
}

impl Slot {
    pub(super) fn of(wish: Wish, teller: Teller) -> Self {
        Self {
            teller,
            job: wish.job(),
            is_claim: matches!(wish, Wish::Claim(_)),
            wish: Some(wish),
            live: None,
            events: vec![],
            goes_on: false,
            answer: None,
            opening: None,
            asked_by: None,
            set_aside: None,
            letter: None,
            span: tracing::Span::none(),
            turns: 0,
            told: 0,
        }
    }

    /// The job that moves at present: one that was asked for is another one than who asked.
    pub(super) fn job_now(&self) -> JobId {
        self.live.as_ref().map_or(self.job, |live| live.job.id)
    }

    /// Another turn of the same job.
    pub(super) fn goes_on(&mut self) {
        self.wish = Some(Wish::Turn(self.job_now(), Cause::Advance));
        self.goes_on = false;
        self.opening = None;
    }

    /// What to tell when nothing is left to do.
    pub(super) fn take_answer(&mut self) -> Answer {
        let done =
            |slot: &mut Self| Ok(Given::Done(Done { job: slot.job_now(), events: std::mem::take(&mut slot.events) }));
        self.answer.take().unwrap_or_else(|| done(self))
    }

    /// The job that an effect asked for runs: now the job that wanted it hears of it.
    pub(super) fn tells(&mut self, (effect, child): (EffectId, JobId), answer: Answer) {
        self.told = 0;
        self.opening = None;
        self.wish = match answer {
            Ok(Given::Done(Done { job, .. })) => Some(Wish::Record(effect, Outcome::Started(job))),
            // Somebody has put a job there meanwhile: the next try looks whose it is.
            Ok(Given::Already(job)) if job == child => {
                self.answer = Some(Ok(Given::Nothing));
                None
            }
            // Another's job is not taken for the one that was asked for.
            Ok(Given::Already(job)) => {
                let words = format!(
                    "the client has this job already: {job}; `skip` goes on with that one, or cancel it and `retry`"
                );
                Some(Wish::Record(effect, Outcome::Failed(Failure::permanent("has-job-already", words))))
            }
            other => {
                self.answer = Some(other);
                None
            }
        };
    }

    /// The job's story, told only of what is durable: what was not told before.
    pub(super) fn tell_story(&mut self) -> &[Recorded] {
        let told = std::mem::replace(&mut self.told, self.events.len());
        let new = self.events.get(told..).unwrap_or_default();
        if !self.span.is_disabled() {
            for recorded in new {
                tracing::info!(parent: &self.span, number = recorded.number, event = recorded.event.word(), "event");
            }
        }
        new
    }
}
