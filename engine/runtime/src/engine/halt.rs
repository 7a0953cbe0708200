//! When no letter can leave.
//!
//! Owns: stopping all letters for a fault that is ours, once, with the reason kept in the store; how long they stay, and
//! that one letter alone tries whether it is over; letters that can leave at once when somebody says so. Everything
//! else goes on meanwhile. Leaves what is whose fault to the task type, and telling people to whoever drives.

use super::Engine;
use crate::Error;
use jiff::{SignedDuration, Timestamp};
use jobwright_core::effect::Effect;
use jobwright_plugin::Until;
use jobwright_store::{
    CommitError, Op,
    meta::{self, Halted},
    outbox::{self, State},
};
use std::sync::PoisonError;

/// Before a letter is tried again when a limit is reached or a server is overloaded: the first time, and at most.
const LATER: (SignedDuration, SignedDuration) = (SignedDuration::from_mins(15), SignedDuration::from_hours(4));
/// Before one is tried again when somebody must mend something, unless they say that it is mended.
const MENDED: (SignedDuration, SignedDuration) = (SignedDuration::from_mins(5), SignedDuration::from_hours(1));
/// Effects that wait which are looked at when somebody says that they are to be tried now.
const HURRIED_MAX: usize = 100_000;
/// Of them read or written at once.
const HURRIED_PAGE: usize = 500;

/// Why no letter leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The mail server takes none of ours.
    Server(Halt),
    /// The store was made of a backup, and nobody has let its letters out since.
    Restored {
        /// When it was made.
        at: Timestamp,
    },
}

/// A fault of the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// In words for people.
    pub why: String,
    /// What would change that.
    pub until: Until,
    /// Since when.
    pub since: Timestamp,
    /// When one letter tries whether it is over.
    pub again_at: Timestamp,
    /// How often one has tried.
    pub times: u32,
    /// Which way out it is.
    pub way_out: String,
}

impl Halt {
    /// What a store says, for the way out of this moment: what was said of another one says nothing.
    pub fn of(halted: Halted, way_out: &str) -> Option<Self> {
        let at = |ms| Timestamp::from_millisecond(ms).ok();
        let Halted { until_mended, since_ms, again_ms, times, way_out: said_of, why } = halted;
        let until = if until_mended { Until::Mended } else { Until::Later };
        // What somebody must mend may be mended by now: whoever opens the engine has perhaps just done so.
        let again_ms = if until_mended { since_ms } else { again_ms };
        let halt = Self { why, until, since: at(since_ms)?, again_at: at(again_ms)?, times, way_out: said_of };
        (halt.way_out == way_out).then_some(halt)
    }

    /// The change that keeps it.
    fn kept(&self) -> Op {
        meta::halt(&Halted {
            until_mended: self.until == Until::Mended,
            since_ms: self.since.as_millisecond(),
            again_ms: self.again_at.as_millisecond(),
            times: self.times,
            way_out: self.way_out.clone(),
            why: self.why.clone(),
        })
    }
}

impl Engine {
    /// Why no letter leaves at present, or left when the last one was tried.
    pub fn paused(&self) -> Option<Pause> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether no letter may set out now: not before the moment at which one may try again.
    pub fn holds_letters(&self) -> bool {
        let waits = match self.paused() {
            None => false,
            Some(Pause::Restored { .. }) => true,
            Some(Pause::Server(halt)) => self.now() < halt.again_at,
        };
        waits || self.is_stopping() || self.holds_for_clock()
    }

    /// How many letters may be under way: one alone, while nobody knows whether they can leave again.
    pub(crate) fn letters_at_once(&self) -> usize {
        if self.paused().is_some() { 1 } else { self.letters().at_once_max() }
    }

    /// No letter can leave, says one that was claimed at a moment. One that was under way already when letters were
    /// stopped says nothing new.
    pub(super) fn halted(&self, why: String, until: Until, claimed_at: Timestamp) -> Option<Op> {
        let now = self.now();
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, times) = match &*paused {
            Some(Pause::Restored { .. }) => return None,
            Some(Pause::Server(halt)) if claimed_at < halt.again_at => return None,
            Some(Pause::Server(halt)) => (halt.since, halt.times.saturating_add(1)),
            None => (now, 1),
        };
        let again_at = now.checked_add(pause(until, times)).unwrap_or(Timestamp::MAX);
        let halt = Halt { why, until, since, again_at, times, way_out: self.letters().way_out() };
        let kept = halt.kept();
        *paused = Some(Pause::Server(halt));
        Some(kept)
    }

    /// A letter that was claimed at a moment has met a server that takes letters.
    pub(super) fn unhalted(&self, claimed_at: Timestamp) -> Option<Op> {
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = matches!(&*paused, Some(Pause::Server(halt)) if claimed_at >= halt.again_at);
        is_over.then(|| {
            *paused = None;
            meta::unhalt()
        })
    }

    /// What waits to be tried again is due now: letters that could not leave, and calls that failed. Says how many.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn hurry(&self) -> Result<usize, Error> {
        let mut seated = self.seat.sit_patiently(&self.counters);
        let now = self.now();
        if let Some(Pause::Server(halt)) = &mut *self.paused.lock().unwrap_or_else(PoisonError::into_inner) {
            halt.again_at = halt.again_at.min(now);
        }
        let (mut waiting, mut after) = (Vec::new(), None);
        for _ in 0..HURRIED_MAX / HURRIED_PAGE {
            let page = outbox::wanted(&self.reader(), after, HURRIED_PAGE)?;
            waiting.extend(page.found);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut hurried = 0;
        for ids in waiting.chunks(HURRIED_PAGE) {
            let mut drafts = Vec::new();
            for id in ids {
                let Some(entry) = outbox::load(&self.reader(), *id)? else { continue };
                let State::Wanted { next_at } = entry.value.state else { continue };
                let is_again = entry.value.tries > 0 && next_at > now;
                if is_again && matches!(entry.value.effect, Effect::SendLetter { .. } | Effect::CallPlugin { .. }) {
                    drafts.push(outbox::delay(&entry, now)?);
                }
            }
            if drafts.is_empty() {
                continue;
            }
            for answer in self.commit_each(&mut seated, drafts).answers {
                match answer {
                    Ok(_) => hurried += 1,
                    // It moved meanwhile, by itself.
                    Err(Error::Commit(CommitError::Conflict(_))) => {}
                    Err(error) => return Err(error.alone()),
                }
            }
        }
        Ok(hurried)
    }
}

/// How long letters stay after so many that could not leave.
fn pause(until: Until, times: u32) -> SignedDuration {
    let (first, most) = match until {
        Until::Later => LATER,
        Until::Mended => MENDED,
    };
    // Doubled more often than this it would be past the most in any case.
    let doubled = first.checked_mul(1 << times.saturating_sub(1).min(10)).unwrap_or(most);
    doubled.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let minutes = |until| [1, 2, 3, 4, 5, 6, 99].map(|times| pause(until, times).as_mins());
        assert_eq!(minutes(Until::Later), [15, 30, 60, 120, 240, 240, 240]);
        assert_eq!(minutes(Until::Mended), [5, 10, 20, 40, 60, 60, 60]);
    }
}
