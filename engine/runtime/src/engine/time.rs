//! The store's time, and when it is doubtful.
//!
//! Owns: what time it is for whoever decides, whether the machine's time may be the reason for a letter or a timer, and
//! the way back from a time that turned out wrong. While nobody has vouched for a clock that is far ahead the time stands
//! at the last sure moment, so nothing is dated by it, and a later start holds back for the same reason. Leaves telling a jump of the running clock to `clock`.

use super::Engine;
use super::seat::Seated;
use crate::{Error, clock::JUMP_MAX};
use jiff::{SignedDuration, Timestamp};
use jobwright_core::id::{EffectId, JobId};
use jobwright_store::{
    Commit, Direction, Draft, jobs, meta,
    outbox::{self, State},
    sabotage::{Bug, is_planted},
};
use std::sync::atomic::Ordering;

/// So long after the last commit a clock is taken for wrong until a person says otherwise.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(60 * 24);
/// So long before the last commit.
pub const BEHIND_MAX: SignedDuration = JUMP_MAX;
/// No clock of a machine that is set right is before this day.
const EARLIEST: &str = "2024-01-01T00:00:00Z";
/// Longest wait of an effect that stays as it is when a wrong time is taken back: no retry waits longer.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Jobs that a plan names.
pub const JOBS_NAMED_MAX: usize = 20;
/// Heads and effects read at once.
const PAGE: usize = 200;
/// Most heads and effects looked through.
const LOOKED_AT_MAX: usize = 100_000;

/// Why the machine's time is not taken for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockDoubt {
    /// It has jumped, and is looked at again. Until then the time goes on as it went.
    Jumped {
        /// What it says.
        reads: Timestamp,
        /// What it would be by the time that has passed.
        expected: Timestamp,
    },
    /// It is long after the last commit: timers and letters wait, and what is done is dated by the last sure moment.
    Ahead {
        /// What it says.
        reads: Timestamp,
        /// The last time that was sure.
        last: Timestamp,
    },
    /// It is before the last commit: timers and letters wait, and moments stand still.
    Behind {
        /// What it says.
        reads: Timestamp,
        /// The time of the last commit.
        last: Timestamp,
    },
}

/// What taking back a wrong time does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockPlan {
    /// The store's time as it is.
    pub from: Timestamp,
    /// What it becomes: the machine's.
    pub to: Timestamp,
    /// Jobs that were opened in the time that is taken back, the newest first, at most [`JOBS_NAMED_MAX`].
    pub jobs: Vec<JobId>,
    /// How many they are.
    pub job_count: usize,
    /// Effects that wait for a moment which that time gave them; they are due at once then.
    pub effects: Vec<EffectId>,
}

impl ClockPlan {
    /// Whether there is anything to take back.
    pub fn is_empty(&self) -> bool {
        self.from <= self.to
    }
}

impl Engine {
    /// The store's time: the clock's, and never before a moment that was decided by. Of a clock that is far ahead nobody
    /// takes the time before a person has looked.
    pub fn now(&self) -> Timestamp {
        match self.unvouched() {
            Some(ClockDoubt::Ahead { last, .. }) => last.max(self.seen()),
            _ => self.parts.clock.now().max(self.seen()),
        }
    }

    fn seen(&self) -> Timestamp {
        Timestamp::from_millisecond(self.seen_ms.load(Ordering::Acquire)).unwrap_or(Timestamp::MIN)
    }

    /// Why the machine's time is doubtful now. A virtual clock never is.
    pub fn clock_doubt(&self) -> Option<ClockDoubt> {
        if self.parts.clock.is_virtual() {
            return None;
        }
        if let Some(jump) = self.parts.clock.jump() {
            return Some(ClockDoubt::Jumped { reads: jump.reads, expected: jump.expected });
        }
        self.unvouched()
    }

    /// A time that a person must vouch for.
    fn unvouched(&self) -> Option<ClockDoubt> {
        if self.parts.clock.is_virtual() || is_planted(Bug::ClockNotHeld) {
            return None;
        }
        let (reads, seen) = (self.parts.clock.now(), self.seen());
        let earliest = EARLIEST.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let last = if seen == Timestamp::MIN { earliest } else { seen };
        if reads < last && (seen == Timestamp::MIN || last.duration_since(reads) > BEHIND_MAX) {
            return Some(ClockDoubt::Behind { reads, last });
        }
        // While it runs, time that passes makes no clock wrong: only a jump does.
        let trusted = Timestamp::from_millisecond(self.trusted_ms.load(Ordering::Acquire)).unwrap_or(Timestamp::MIN);
        if trusted > Timestamp::MIN && reads.duration_since(trusted) > AHEAD_MAX {
            return Some(ClockDoubt::Ahead { reads, last: trusted });
        }
        self.trusted_ms.fetch_max(reads.as_millisecond(), Ordering::AcqRel);
        None
    }

    /// Whether timers and letters wait until a person vouches for the clock.
    pub fn holds_for_clock(&self) -> bool {
        self.unvouched().is_some()
    }

    /// What [`Self::accept_clock`] would take back.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn clock_plan(&self) -> Result<ClockPlan, Error> {
        let (from, to) = (self.seen(), self.machine_time());
        let mut plan = ClockPlan { from, to, jobs: vec![], job_count: 0, effects: vec![] };
        if plan.is_empty() {
            return Ok(plan);
        }
        self.jobs_of_the_time(&mut plan)?;
        self.effects_of_the_time(&mut plan)?;
        Ok(plan)
    }

    fn machine_time(&self) -> Timestamp {
        match self.parts.clock.jump() {
            Some(jump) => jump.reads,
            None => self.parts.clock.now(),
        }
    }

    /// The ids of jobs are in the order of their opening, so those are the last ones.
    fn jobs_of_the_time(&self, plan: &mut ClockPlan) -> Result<(), Error> {
        let (mut after, mut looked_at) = (None, 0);
        loop {
            let page = jobs::list(&self.reader(), after, PAGE, Direction::Backward)?;
            looked_at += page.found.len();
            let of_the_time = page.found.iter().filter(|head| head.value.opened_at > plan.to).collect::<Vec<_>>();
            plan.job_count += of_the_time.len();
            let room = JOBS_NAMED_MAX.saturating_sub(plan.jobs.len());
            plan.jobs.extend(of_the_time.iter().take(room).map(|head| head.value.id));
            let is_past = of_the_time.is_empty();
            after = page.next;
            if after.is_none() || is_past || looked_at >= LOOKED_AT_MAX {
                return Ok(());
            }
        }
    }

    fn effects_of_the_time(&self, plan: &mut ClockPlan) -> Result<(), Error> {
        let longest = plan.to.checked_add(WAIT_MAX).unwrap_or(Timestamp::MAX);
        let (mut after, mut looked_at) = (None, 0);
        loop {
            let page = outbox::wanted(&self.reader(), after, PAGE)?;
            looked_at += page.found.len();
            for id in page.found {
                let Some(entry) = outbox::load(&self.reader(), id)? else { continue };
                let waits_until = match entry.value.state {
                    State::Wanted { next_at } => next_at,
                    State::Claimed { .. } | State::GivenUp { .. } => continue,
                };
                if waits_until > plan.to && (entry.value.wanted_at > plan.to || waits_until > longest) {
                    plan.effects.push(id);
                }
            }
            after = page.next;
            if after.is_none() || looked_at >= LOOKED_AT_MAX {
                return Ok(());
            }
        }
    }

    /// Takes the machine's time for the time, as a person says who has looked: what was held goes on, and a store's time
    /// that was ahead of it is taken back. Says what was taken back.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn accept_clock(&self) -> Result<ClockPlan, Error> {
        self.parts.clock.believe();
        let mut seated = self.seat.sit_patiently(&self.counters);
        let plan = self.clock_plan()?;
        let now_ms = plan.to.as_millisecond();
        let commit = Commit { epoch: self.epoch()?, ops: vec![meta::record_time(now_ms)], ..Commit::default() };
        self.write(vec![commit])?.into_iter().try_for_each(|answer| answer.map(drop))?;
        self.seen_ms.store(now_ms, Ordering::Release);
        self.trusted_ms.store(now_ms, Ordering::Release);
        self.due_at_once(&mut seated, &plan)?;
        drop(seated);
        tracing::warn!(from = %plan.from, to = %plan.to, "a person vouches for the clock");
        self.committed.notify_one();
        Ok(plan)
    }

    fn due_at_once(&self, seated: &mut Seated<'_>, plan: &ClockPlan) -> Result<(), Error> {
        for ids in plan.effects.chunks(PAGE) {
            let mut drafts: Vec<Draft> = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(entry) = outbox::load(&self.reader(), *id)? {
                    drafts.push(outbox::delay(&entry, plan.to)?);
                }
            }
            self.commit_each(seated, drafts).answers.into_iter().try_for_each(|answer| answer.map(drop))?;
        }
        Ok(())
    }
}
