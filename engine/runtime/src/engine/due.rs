//! What comes due next, kept in mind.
//!
//! Owns: the next moment of a job and of an effect, and whether a change waits to be told of, so that an idle engine reads
//! nothing. Every commit corrects it; what it does not know it finds out from the store, which alone is the truth.

use jiff::Timestamp;
use jobwright_store::{
    Key, Op, outbox,
    sabotage::{Bug, is_planted},
    timers, woken,
};

/// What is due, as far as it is known without reading.
pub(super) struct Due {
    /// The next job.
    pub(super) jobs: Next,
    /// The next effect to be tried.
    pub(super) effects: Next,
    /// Whether there may be a change that nobody was woken for.
    pub(super) notes: bool,
}

/// The next moment of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nobody has looked.
    Unknown,
    /// This one, or none.
    At(Option<Timestamp>),
}

impl Default for Due {
    fn default() -> Self {
        let jobs = if is_planted(Bug::TimersForgottenAtOpen) { Next::At(None) } else { Next::Unknown };
        Self { jobs, effects: Next::Unknown, notes: true }
    }
}

impl Due {
    /// Takes note of a change that is about to be committed.
    pub(super) fn changed(&mut self, op: &Op) {
        match op {
            Op::Put(key, _) if woken::is_note(key) => self.notes = true,
            Op::Put(key, _) => self.each(key, Next::added),
            Op::Delete(key) => self.each(key, Next::removed),
        }
    }

    fn each(&mut self, key: &Key, change: fn(&mut Next, Timestamp)) {
        if let Some(at) = timers::moment(key) {
            change(&mut self.jobs, at);
        } else if let Some(at) = outbox::moment(key) {
            change(&mut self.effects, at);
        }
    }
}

impl Next {
    /// The moment, looked up when nobody knows it.
    pub(super) fn or_look<E>(
        &mut self,
        look: impl FnOnce() -> Result<Option<Timestamp>, E>,
    ) -> Result<Option<Timestamp>, E> {
        if let Self::At(at) = *self {
            return Ok(at);
        }
        let at = look()?;
        *self = Self::At(at);
        Ok(at)
    }

    fn added(&mut self, at: Timestamp) {
        if let Self::At(next) = self
            && !is_planted(Bug::DueNotCorrected)
        {
            *next = Some(next.map_or(at, |next| next.min(at)));
        }
    }

    /// Of several at one moment one may be gone: only looking tells.
    fn removed(&mut self, at: Timestamp) {
        if matches!(self, Self::At(Some(next)) if *next >= at) {
            *self = Self::Unknown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_next_moment_moves_with_what_is_added_and_is_looked_up_when_it_is_gone() {
        let mut next = Next::Unknown;
        next.added(at(5));
        assert_eq!(next, Next::Unknown, "an earlier one may lie in the store");
        assert_eq!(next.or_look(|| Ok::<_, ()>(Some(at(9)))), Ok(Some(at(9))));
        next.added(at(7));
        next.removed(at(9));
        assert_eq!(next, Next::At(Some(at(7))), "a later one matters to nobody");
        next.removed(at(7));
        assert_eq!(next, Next::Unknown);
        assert_eq!(next.or_look(|| Ok::<_, ()>(None)), Ok(None));
        assert_eq!(next.or_look(|| Err("not read again")), Ok(None));
    }
}
