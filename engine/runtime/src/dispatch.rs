//! Effects going out.
//!
//! Owns: what is due, claimed, tried side by side and reported; and driving everything until nothing is due. The only
//! async part of the engine: decisions are made between tries, never beside them.

use crate::desk::CallDesk;
use crate::engine::{CameBack, Claimed, ClaimedWork};
use crate::{Engine, Error, Pause};
use jiff::Timestamp;
use jobwright_core::{effect::Effect, id::EffectId};
use jobwright_store::outbox;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Effects read at once.
const EFFECTS_PAGE: usize = 64;
/// Most rounds of one moment.
const ROUNDS_MAX: usize = 100_000;

/// What driving did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Driven {
    /// Turns that were due.
    pub turns: usize,
    /// Tries of letters.
    pub tries: usize,
    /// Jobs set aside.
    pub set_aside: usize,
}

impl Driven {
    /// This, and what was done after it.
    pub fn and(self, more: Self) -> Self {
        Self {
            turns: self.turns + more.turns,
            tries: self.tries + more.tries,
            set_aside: self.set_aside + more.set_aside,
        }
    }
}

impl Engine {
    /// Takes every turn and tries every effect that is due now, until none is: *idle*.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn drive(self: &Arc<Self>) -> Result<Driven, Error> {
        let mut driven = Driven::default();
        self.report_again()?;
        for _ in 0..ROUNDS_MAX {
            if self.is_stopping() {
                break;
            }
            let woken = self.wake()?;
            let tries = self.deliver().await?;
            driven = driven.and(Driven { turns: woken.jobs, tries, set_aside: woken.set_aside });
            if woken.jobs == 0 && tries == 0 {
                break;
            }
        }
        Ok(driven)
    }

    /// Drives until a moment, with a virtual clock that jumps from one due moment to the next.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn drive_until(self: &Arc<Self>, until: Timestamp) -> Result<Driven, Error> {
        let mut driven = self.drive().await?;
        for _ in 0..ROUNDS_MAX {
            let next = self.next_at()?.filter(|next| *next <= until && self.paused().is_none());
            let Some(next) = next else { break };
            if !self.clock().advance_to(next.max(self.now())) {
                break;
            }
            driven = driven.and(self.drive().await?);
        }
        self.clock().advance_to(until);
        Ok(driven)
    }

    /// Whether nothing more may set out: the engine is about to stop, or nobody knows what the time after a backup did.
    fn holds_back(&self) -> bool {
        self.is_stopping() || matches!(self.paused(), Some(Pause::Restored { .. }))
    }

    /// Whether no further letter may set out.
    fn holds_letters(&self) -> bool {
        self.is_stopping() || self.paused().is_some()
    }

    /// Takes leave of mail servers.
    pub async fn close(&self) {
        self.letters().close().await;
    }

    /// Tries every effect that is due now, once. Gives how many were tried.
    async fn deliver(self: &Arc<Self>) -> Result<usize, Error> {
        if self.holds_back() {
            return Ok(0);
        }
        let due = self.due_effects(EFFECTS_PAGE)?;
        let (mut letters, mut calls, mut inside) = (Vec::new(), Vec::new(), Vec::new());
        for id in due {
            match outbox::load(&self.reader(), id)?.map(|entry| entry.value.effect) {
                None => {}
                // A way out that is at fault holds back letters, and whatever else is due goes on.
                Some(Effect::SendLetter { .. }) if self.holds_letters() => {}
                Some(Effect::SendLetter { .. }) => letters.push(id),
                Some(Effect::CallPlugin { .. } | Effect::TellListener { .. }) => calls.push(id),
                Some(effect @ (Effect::StartJob { .. } | Effect::TellParent { .. })) => inside.push((id, effect)),
            }
        }
        // A row that names nothing is no work, or there would be no end of it.
        let tried = letters.len() + calls.len() + inside.len();
        self.act_inside(inside)?;
        let letters = self.send(letters, self.letters().at_once_max(), Self::holds_letters);
        // Without a call nobody asks for plugins, which may have to be opened.
        let calls_at_once = if calls.is_empty() { 1 } else { self.plugins().at_once_max() };
        let calls = self.send(calls, calls_at_once, Self::holds_back);
        let (letters, calls) = tokio::join!(letters, calls);
        letters.and(calls)?;
        Ok(tried)
    }

    /// Claims as many as may be tried side by side, with one flush; then takes the reports that have come in together.
    /// When something goes wrong nothing new sets out, and whatever is under way is still heard.
    async fn send(
        self: &Arc<Self>,
        effects: Vec<EffectId>,
        at_once: usize,
        holds_back: impl Fn(&Self) -> bool,
    ) -> Result<(), Error> {
        let at_once = at_once.max(1);
        let mut effects = effects.into_iter();
        let mut tries = JoinSet::new();
        let mut went = Ok(());
        loop {
            let holds_back = holds_back(self) || went.is_err();
            if !holds_back {
                let next = effects.by_ref().take(at_once.saturating_sub(tries.len())).collect();
                let (claimed, claims) = self.claim(next);
                for Claimed { id, work } in claimed {
                    tries.spawn(self.clone().tried(id, work));
                }
                went = went.and(claims);
            }
            let Some(first) = tries.join_next().await else {
                if effects.len() == 0 || holds_back || went.is_err() {
                    return went;
                }
                continue;
            };
            let mut reports: Vec<_> = heard(first).into_iter().collect();
            while let Some(tried) = tries.try_join_next() {
                reports.extend(heard(tried));
            }
            went = went.and(self.report(reports));
        }
    }

    /// One try, and how it came back.
    async fn tried(self: Arc<Self>, id: EffectId, work: ClaimedWork) -> (EffectId, CameBack) {
        let came_back = match work {
            ClaimedWork::Letter(frozen) => CameBack::Letter(self.letters().act(id, &frozen).await),
            ClaimedWork::Call(call) => {
                let desk = Arc::new(CallDesk::new(self.clone(), id));
                CameBack::Call(Box::new(self.plugins().call(*call, desk).await))
            }
        };
        (id, came_back)
    }
}

/// A try that was cut off keeps its claim, and is in doubt when the store is opened next.
fn heard(tried: Result<(EffectId, CameBack), tokio::task::JoinError>) -> Option<(EffectId, CameBack)> {
    tried.inspect_err(|error| tracing::error!(%error, "a try ended without a report")).ok()
}
