//! Effects going out.
//!
//! Owns: what is due, claimed, tried side by side and reported; and driving everything until nothing is due. The only
//! async part of the engine: decisions are made between tries, never beside them. Leaves which calls of plugins are under
//! way to `calls`.

use crate::calls::Calls;
use crate::desk::CallDesk;
use crate::engine::{CameBack, Claimed, ClaimedWork};
use crate::{Engine, Error, Pause};
use jiff::Timestamp;
use jobwright_core::{effect::Effect, id::EffectId};
use jobwright_store::outbox;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Effects read at once.
const EFFECTS_PAGE: usize = 64;
/// How often something is looked for that became due while calls are under way.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// Most effects that are passed over to find some that can go.
const PASSED_OVER_MAX: usize = 1 << 17;
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
        let (mut driven, mut calls) = (Driven::default(), Calls::default());
        self.report_again()?;
        let went = self.drive_rounds(&mut calls, &mut driven).await;
        // Whatever is under way is still heard.
        let mut heard = Ok(());
        while let Some(reports) = calls.next().await {
            heard = heard.and(self.report(reports));
        }
        driven.set_aside += self.take_quarantined();
        went.and(heard).map(|()| driven)
    }

    async fn drive_rounds(self: &Arc<Self>, calls: &mut Calls, driven: &mut Driven) -> Result<(), Error> {
        let mut rounds = 0;
        while rounds < ROUNDS_MAX {
            rounds += 1;
            if self.is_stopping() {
                break;
            }
            let woken = self.wake()?;
            let waiting = calls.waiting();
            let tries = self.deliver(calls).await?;
            *driven = driven.and(Driven { turns: woken.jobs, tries, set_aside: woken.set_aside });
            // Where more calls wait than before, others may be due behind them.
            if woken.jobs > 0 || tries > 0 || calls.waiting() > waiting {
                self.report(calls.come_in())?;
                continue;
            }
            // Only calls are left to wait for, unless somebody commits something meanwhile.
            // In this order, so that the same story is told every time.
            let reports = tokio::select! {
                biased;
                reports = calls.next() => reports,
                () = self.news() => Some(calls.come_in()),
                () = self.time_passes(), if calls.are_under_way() => Some(calls.come_in()),
            };
            let Some(reports) = reports else { break };
            self.report(reports)?;
            // Whoever waited is in another moment.
            rounds = 0;
        }
        Ok(())
    }

    /// Drives until a moment, with a virtual clock that jumps from one due moment to the next.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn drive_until(self: &Arc<Self>, until: Timestamp) -> Result<Driven, Error> {
        let mut driven = self.drive().await?;
        for _ in 0..ROUNDS_MAX {
            let next = self.next_at()?.filter(|next| *next <= until && !self.is_restored());
            let Some(next) = next else { break };
            if !self.clock().advance_to(next.max(self.now())) {
                break;
            }
            driven = driven.and(self.drive().await?);
        }
        self.clock().advance_to(until);
        Ok(driven)
    }

    /// A while, after which something may have become due by itself; for ever, where the clock stands still.
    async fn time_passes(&self) {
        if self.clock().is_virtual() {
            return std::future::pending().await;
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }

    /// Whether nothing more may set out: the engine is about to stop, nobody vouches for the clock, or nobody knows what
    /// the time after a backup did.
    fn holds_back(&self) -> bool {
        self.is_stopping() || self.holds_for_clock() || self.is_restored()
    }

    fn is_restored(&self) -> bool {
        matches!(self.paused(), Some(Pause::Restored { .. }))
    }

    /// Takes leave of mail servers.
    pub async fn close(&self) {
        self.letters().close().await;
    }

    /// Tries every effect that is due now, once; of calls as many as there are places for, whose end is not waited for.
    /// Gives how many were tried.
    async fn deliver(self: &Arc<Self>, calls: &mut Calls) -> Result<usize, Error> {
        if self.holds_back() {
            return Ok(0);
        }
        let (mut letters, mut inside) = (Vec::new(), Vec::new());
        let (mut looked_at, mut limit) = (0, EFFECTS_PAGE + calls.waiting());
        loop {
            let due = self.due_effects(limit)?;
            let is_all = due.len() < limit;
            let new: Vec<_> = due.into_iter().skip(looked_at).filter(|id| !calls.is_waiting(id)).collect();
            for id in new {
                match outbox::load(&self.reader(), id)?.map(|entry| entry.value.effect) {
                    None => {}
                    // A way out that is at fault holds back letters, and whatever else is due goes on.
                    Some(Effect::SendLetter { .. }) if self.holds_letters() => {}
                    Some(Effect::SendLetter { .. }) => letters.push(id),
                    Some(Effect::CallPlugin { digest, .. } | Effect::TellListener { digest, .. }) => {
                        calls.wait(id, digest);
                    }
                    Some(
                        effect @ (Effect::StartJob { .. }
                        | Effect::TellParent { .. }
                        | Effect::EndChildren { .. }
                        | Effect::ResumeChildren { .. }),
                    ) => {
                        inside.push((id, effect));
                    }
                }
            }
            // Behind what is held back, or waits for a place, others may be that can go.
            if is_all || !letters.is_empty() || !inside.is_empty() || limit >= PASSED_OVER_MAX {
                break;
            }
            (looked_at, limit) = (limit, limit.saturating_mul(4).min(PASSED_OVER_MAX));
        }
        // A row that names nothing is no work, or there would be no end of it.
        let tried = letters.len() + inside.len();
        self.act_inside(inside)?;
        let called = self.set_out(calls)?;
        self.send(letters).await?;
        Ok(tried + called)
    }

    /// Claims the calls that there are places for, with one flush, and lets them go.
    fn set_out(self: &Arc<Self>, calls: &mut Calls) -> Result<usize, Error> {
        // Without a call nobody asks for plugins.
        if calls.waiting() == 0 {
            return Ok(0);
        }
        let next = calls.next_to_go(self.plugins().at_once_max(), self.plugins().at_once_max_each());
        let (ids, mut digests) = (next.keys().copied().collect::<Vec<_>>(), next);
        let count = ids.len();
        let (claimed, claims) = self.claim(ids);
        for Claimed { id, work } in claimed {
            if let Some(digest) = digests.remove(&id) {
                calls.go(digest, self.clone().tried(id, work));
            }
        }
        claims.map(|()| count)
    }

    /// Claims as many as may be tried side by side, with one flush; then takes the reports that have come in together.
    /// When something goes wrong nothing new sets out, and whatever is under way is still heard.
    async fn send(self: &Arc<Self>, letters: Vec<EffectId>) -> Result<(), Error> {
        let mut letters = letters.into_iter();
        let mut tries = JoinSet::new();
        let mut went = Ok(());
        loop {
            let holds_back = self.holds_letters() || went.is_err();
            if !holds_back {
                let at_once = self.letters_at_once().max(1);
                let next = letters.by_ref().take(at_once.saturating_sub(tries.len())).collect();
                let (claimed, claims) = self.claim(next);
                for Claimed { id, work } in claimed {
                    tries.spawn(self.clone().tried(id, work));
                }
                went = went.and(claims);
            }
            let Some(first) = tries.join_next().await else {
                if letters.len() == 0 || holds_back || went.is_err() {
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
