//! Calls of plugins that are under way, beside everything else.
//!
//! Owns: which calls wait for a place, whose turn it is, and who has come back. A call may take minutes, so nothing waits
//! for its end: turns, letters and other plugins go on. Leaves claiming and reporting to `dispatch`.

use crate::engine::CameBack;
use jobwright_core::id::{EffectId, Hash};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    future::Future,
};
use tokio::task::{Id, JoinError, JoinSet};

/// Due calls that are kept in mind while they wait for a place; the others stay in the outbox alone.
const WAITING_MAX: usize = 1_024;

/// Calls that are due, and those that have set out.
#[derive(Default)]
pub(crate) struct Calls {
    /// In the order that they became due in, with their components.
    waiting: VecDeque<(EffectId, Hash)>,
    known: BTreeSet<EffectId>,
    under_way: JoinSet<(EffectId, CameBack)>,
    /// The component of each that is under way.
    components: HashMap<Id, Hash>,
}

impl Calls {
    /// How many wait for a place.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether this one is known to wait.
    pub(crate) fn is_waiting(&self, id: &EffectId) -> bool {
        self.known.contains(id)
    }

    /// One more is due.
    pub(crate) fn wait(&mut self, id: EffectId, component: Hash) {
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back((id, component));
            self.known.insert(id);
        }
    }

    /// Those that there are places for. They wait no more.
    pub(crate) fn next_to_go(&mut self, at_once: usize, at_once_each: usize) -> BTreeMap<EffectId, Hash> {
        let (at_once, at_once_each) = (at_once.max(1), at_once_each.max(1));
        let mut of_one: BTreeMap<Hash, usize> = BTreeMap::new();
        self.components.values().for_each(|component| *of_one.entry(*component).or_default() += 1);
        let mut free = at_once.saturating_sub(self.under_way.len());
        let mut next = BTreeMap::new();
        for (id, component) in &self.waiting {
            let taken = of_one.entry(*component).or_default();
            if free == 0 {
                break;
            }
            if *taken < at_once_each {
                *taken += 1;
                free -= 1;
                next.insert(*id, *component);
            }
        }
        self.waiting.retain(|(id, _)| !next.contains_key(id));
        self.known.retain(|id| !next.contains_key(id));
        next
    }

    /// Whether any has set out and not come back.
    pub(crate) fn are_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Lets a call go.
    pub(crate) fn go(&mut self, component: Hash, call: impl Future<Output = (EffectId, CameBack)> + Send + 'static) {
        self.components.insert(self.under_way.spawn(call).id(), component);
    }

    /// Waits for the next that comes back, with all that have come with it; nothing when none is under way.
    pub(crate) async fn next(&mut self) -> Option<Vec<(EffectId, CameBack)>> {
        let first = self.under_way.join_next_with_id().await?;
        let mut reports: Vec<_> = self.heard(first).into_iter().collect();
        reports.extend(self.come_in());
        Some(reports)
    }

    /// Those that have come back by now.
    pub(crate) fn come_in(&mut self) -> Vec<(EffectId, CameBack)> {
        let mut reports = Vec::new();
        while let Some(one) = self.under_way.try_join_next_with_id() {
            reports.extend(self.heard(one));
        }
        reports
    }

    /// One that was cut off keeps its claim, and is in doubt when the store is opened next.
    fn heard(&mut self, joined: Result<(Id, (EffectId, CameBack)), JoinError>) -> Option<(EffectId, CameBack)> {
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        self.components.remove(&id);
        joined.inspect_err(|error| tracing::error!(%error, "a call ended without a report")).ok().map(|(_, came)| came)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_core::id::JobId;

    #[tokio::test]
    async fn a_slow_plugin_leaves_places_to_the_others() {
        let (slow, other) = (Hash([1; 32]), Hash([2; 32]));
        let id = |job: u8| EffectId { job: JobId([job; 16]), event: 1, index: 0 };
        let mut calls = Calls::default();
        (0..20).for_each(|job| calls.wait(id(job), if job < 18 { slow } else { other }));
        let next = calls.next_to_go(8, 5);
        assert_eq!(next.values().filter(|one| **one == slow).count(), 5);
        assert_eq!(next.len(), 7, "the last place stays free: the slow one has all of its own");
        for (_, component) in next {
            calls.go(component, std::future::pending());
        }
        assert_eq!((calls.waiting(), calls.next_to_go(8, 5).len()), (13, 0));
    }
}
