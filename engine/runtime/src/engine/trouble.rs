//! Letters and calls that came to nothing.
//!
//! Owns: keeping in mind which were refused or given up since somebody last asked, so that whoever drives can tell of
//! them; a bounded number, and how many there were. The timeline has them all. Nothing is decided by it.

use super::Engine;
use jobwright_core::{
    event::{Event, Recorded},
    id::EffectId,
};
use std::sync::PoisonError;

/// Most that are named; beyond that they are only counted.
const NAMED_MAX: usize = 100;

/// What came to nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// The first ones.
    pub named: Vec<EffectId>,
    /// How many there were.
    pub count: usize,
}

impl Engine {
    /// What came to nothing since this was last asked.
    pub fn take_troubles(&self) -> Troubles {
        std::mem::take(&mut *self.troubles.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of what has just become durable.
    pub(super) fn note_troubles(&self, events: &[Recorded]) {
        for recorded in events {
            let (Event::LetterRefused { effect, .. } | Event::EffectGivenUp { effect, .. }) = &recorded.event else {
                continue;
            };
            let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
            troubles.count += 1;
            if troubles.named.len() < NAMED_MAX {
                troubles.named.push(*effect);
            }
        }
    }
}
