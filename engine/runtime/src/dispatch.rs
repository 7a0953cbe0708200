//! Effects going out.
//!
//! Owns: what is due, claimed, tried side by side and reported; and driving everything until nothing is due. The only
//! async part of the engine: decisions are made between tries, never beside them.

use crate::{Engine, Error};
use jiff::Timestamp;
use jobwright_core::{effect::Effect, id::EffectId};
use jobwright_plugin::Report;
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
        for _ in 0..ROUNDS_MAX {
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

    /// Takes leave of mail servers.
    pub async fn close(&self) {
        self.letters().close().await;
    }

    /// Tries every effect that is due now, once. Gives how many were tried.
    async fn deliver(self: &Arc<Self>) -> Result<usize, Error> {
        if self.paused().is_some() {
            return Ok(0);
        }
        let due = outbox::due(&self.reader(), self.now(), EFFECTS_PAGE)?;
        let tried = due.len();
        let mut letters = Vec::new();
        for id in due {
            match outbox::load(&self.reader(), id)?.map(|entry| entry.value.effect) {
                None => {}
                Some(Effect::SendLetter { .. }) => letters.push(id),
                Some(Effect::StartJob { .. } | Effect::TellParent { .. }) => self.act_inside(id)?,
            }
        }
        self.send(letters).await?;
        Ok(tried)
    }

    async fn send(self: &Arc<Self>, letters: Vec<EffectId>) -> Result<(), Error> {
        let acts = self.letters();
        let mut tries = JoinSet::new();
        for id in letters {
            if self.paused().is_some() {
                break;
            }
            if tries.len() >= acts.at_once_max().max(1) {
                self.heard(tries.join_next().await)?;
            }
            let Some(claimed) = self.claim(id)? else { continue };
            let acts = acts.clone();
            tries.spawn(async move { (claimed.id, acts.act(claimed.id, &claimed.frozen).await) });
        }
        while let Some(tried) = tries.join_next().await {
            self.heard(Some(tried))?;
        }
        Ok(())
    }

    fn heard(&self, tried: Option<Result<(EffectId, Report), tokio::task::JoinError>>) -> Result<(), Error> {
        match tried {
            Some(Ok((id, report))) => self.report(id, report),
            // A try that was cut off keeps its claim, and is in doubt when the store is opened next.
            Some(Err(error)) => {
                tracing::error!(%error, "a try ended without a report");
                Ok(())
            }
            None => Ok(()),
        }
    }
}
