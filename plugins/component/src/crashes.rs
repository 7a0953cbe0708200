//! Plugins that crash again and again.
//!
//! Owns: when a component is held back instead of called, so that a broken one does not eat the tries of all its tasks, and
//! what is said then. It remembers for as long as the process lives: whoever begins anew finds out anew. Leaves what a
//! crash is to `verdict`.

use crate::verdict::{CRASHED, HELD, STACK};
use jiff::{SignedDuration, Timestamp};
use jobwright_core::{effect::Failure, id::Hash, retry::FailureKind};
use jobwright_plugin::{Called, Ended};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// Crashes of one component after which it is held.
pub const CRASHES_MAX: usize = 5;
/// Within so long, by the journaled time.
pub const CRASHES_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// When each component has crashed: the last few times.
#[derive(Debug, Default)]
pub struct Crashes(Mutex<BTreeMap<Hash, VecDeque<Timestamp>>>);

impl Crashes {
    /// Takes note of how a call ended.
    pub fn note(&self, component: Hash, now: Timestamp, called: &Called) {
        let Ended::Failed { failure, .. } = &called.ended else { return };
        if ![CRASHED, STACK].contains(&failure.code.as_str()) {
            return;
        }
        let mut crashes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever has been quiet for that long is forgotten, so there are never many.
        crashes.retain(|_, times| times.back().is_some_and(|last| is_recent(*last, now)));
        let times = crashes.entry(component).or_default();
        times.push_back(now);
        if times.len() > CRASHES_MAX {
            times.pop_front();
        }
    }

    /// Why a component is not called now.
    pub fn held(&self, plugin: &str, component: &Hash, now: Timestamp) -> Option<Failure> {
        let crashes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = crashes.get(component).filter(|times| times.len() >= CRASHES_MAX)?;
        let (first, last) = (*times.front()?, *times.back()?);
        if !is_recent(first, now) {
            return None;
        }
        let word = |at: Timestamp| at.strftime("%-d %b %H:%M").to_string();
        let again = first.checked_add(CRASHES_WITHIN).unwrap_or(Timestamp::MAX);
        let message = format!(
            "plugin `{plugin}` crashed {CRASHES_MAX} times between {} and {} UTC, so it is not called for now: mend it and \
             `jobwright plugin add` it, or try the task again after {} UTC",
            word(first),
            word(last),
            word(again)
        );
        Some(Failure { kind: FailureKind::NeedsPerson, code: HELD.into(), message })
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < CRASHES_WITHIN
}
