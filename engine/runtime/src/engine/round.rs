//! Rounds: many jobs' turns, one flush.
//!
//! Owns: deciding what many wish, committing it in one batch, and answering each on its own; then the next round, with the
//! jobs that stopped at their bound and with whoever has come meanwhile. A lost commit costs its own wish. Two wishes for
//! one job go into successive rounds, and so does whoever would see a client that this round changes. Leaves what a wish
//! means to `wish`, and its way through the rounds to `slot`.

use super::Engine;
use super::seat::{Ride, Seated};
use super::slot::{Slot, Teller};
use super::wish::{Answer, Given, Wish};
use crate::Error;
use jobwright_core::{
    id::{ClientId, JobId},
    job::JobState,
};
use jobwright_store::{
    CommitError, Draft, Receipt,
    sabotage::{Bug, is_planted},
};
use std::collections::{HashMap, HashSet, VecDeque, hash_map::Entry};

/// Most wishes of one round: more would keep the first ones waiting for the last.
pub(super) const WISHES_PER_ROUND_MAX: usize = 512;
/// Most turns that one wish may take when each stops at its bound.
const TURNS_PER_WISH_MAX: usize = 10_000;

/// The wishes under way.
struct Rounds<'a> {
    own: &'a mut dyn Iterator<Item = Wish>,
    told: &'a mut dyn FnMut(usize, Answer),
    at_once: usize,
    given: usize,
    open: Vec<Slot>,
    waiting: VecDeque<Slot>,
    /// Jobs with open wishes: how many, and whether they only claim.
    jobs: HashMap<JobId, (bool, usize)>,
    /// Clients that a commit of this round changes.
    changed: HashSet<ClientId>,
    /// The store could not take a batch: nothing new is begun.
    failed: bool,
}

impl Engine {
    /// Does all of these, and what callers in line wish meanwhile. Each is told by its place in the order.
    pub(super) fn rounds(
        &self,
        seated: &mut Seated<'_>,
        own: &mut dyn Iterator<Item = Wish>,
        at_once: usize,
        told: &mut dyn FnMut(usize, Answer),
    ) {
        let mut rounds = Rounds::of(own, at_once.clamp(1, WISHES_PER_ROUND_MAX), told);
        // Ends with the wishes: each round answers some, or takes a turn of each, and turns are bounded.
        while rounds.gather(seated) {
            let (drafts, slots) = self.decide_each(seated, &mut rounds);
            let committed = self.commit_each(seated, drafts);
            rounds.failed |= committed.failed;
            for (slot, answer) in slots.into_iter().zip(committed.answers) {
                self.answered(seated, &mut rounds, slot, answer);
            }
        }
    }

    /// All answers in their order.
    pub(super) fn all(&self, seated: &mut Seated<'_>, wishes: Vec<Wish>) -> Vec<Answer> {
        let mut answers: Vec<Answer> = wishes.iter().map(|_| Err(Error::Unanswered)).collect();
        self.rounds(seated, &mut wishes.into_iter(), WISHES_PER_ROUND_MAX, &mut |at, answer| answers[at] = answer);
        answers
    }

    /// A wish that stands in line with those of other callers.
    pub(super) fn ride(&self, wish: Wish) -> Answer {
        match self.seat.ride(wish, &self.counters)? {
            Ride::Rode(answer) => answer,
            Ride::Drives(mut seated, mine) => {
                self.rounds(&mut seated, &mut std::iter::empty(), WISHES_PER_ROUND_MAX, &mut |_, _| {});
                seated.fetch(mine).unwrap_or(Err(Error::Unanswered))
            }
        }
        .map_err(Error::alone)
    }

    fn decide_each(&self, seated: &mut Seated<'_>, rounds: &mut Rounds<'_>) -> (Vec<Draft>, Vec<Slot>) {
        let open = std::mem::take(&mut rounds.open);
        let (mut drafts, mut slots) = (Vec::with_capacity(open.len()), Vec::with_capacity(open.len()));
        rounds.changed.clear();
        for mut slot in open {
            match self.decide(seated, &mut slot, &mut rounds.changed) {
                Ok(Some(_)) if is_planted(Bug::AcknowledgeUncommitted) && !slot.events.is_empty() => {
                    self.settled(seated, rounds, slot);
                }
                Ok(Some(draft)) => {
                    drafts.push(draft);
                    slots.push(slot);
                }
                // Its client is changed by this very round.
                Ok(None) if slot.wish.is_some() => rounds.open.push(slot),
                Ok(None) => self.settled(seated, rounds, slot),
                Err(error) => rounds.end(seated, slot, Err(error)),
            }
        }
        (drafts, slots)
    }

    /// What the store answered to a wish's commit.
    fn answered(
        &self,
        seated: &mut Seated<'_>,
        rounds: &mut Rounds<'_>,
        mut slot: Slot,
        answer: Result<Receipt, Error>,
    ) {
        let Err(error) = answer else { return self.settled(seated, rounds, slot) };
        // The job is not what it was thought to be.
        match slot.live.take() {
            Some(live) if is_planted(Bug::StaleJob) => seated.jobs.put(live.job.id, live),
            _ => {}
        }
        slot.goes_on = false;
        match (error, slot.opening.take()) {
            (error @ Error::Commit(CommitError::Conflict(_)), Some(opening)) => match self.already(&opening) {
                Ok(Some(job)) => {
                    slot.answer = Some(Ok(Given::Already(job)));
                    slot.events.clear();
                    self.settled(seated, rounds, slot);
                }
                Ok(None) => rounds.end(seated, slot, Err(error)),
                Err(error) => rounds.end(seated, slot, Err(error)),
            },
            (error, _) => rounds.end(seated, slot, Err(error)),
        }
    }

    /// A wish's turn is durable, or there was nothing to write.
    fn settled(&self, seated: &mut Seated<'_>, rounds: &mut Rounds<'_>, mut slot: Slot) {
        if let Some(letter) = slot.letter.take() {
            self.counters.letter(letter);
        }
        self.note_troubles(slot.tell_story());
        if slot.goes_on {
            slot.turns += 1;
            return if slot.turns < TURNS_PER_WISH_MAX {
                slot.goes_on();
                rounds.open.push(slot);
            } else {
                let job = slot.job_now();
                rounds.end(seated, slot, Err(Error::TooManyTurns(job)));
            };
        }
        let answer = slot.take_answer();
        if let Some(live) = slot.live.take_if(|live| live.job.state == JobState::Open) {
            seated.jobs.put(live.job.id, live);
        }
        match slot.asked_by.take() {
            Some(effect) => {
                slot.tells(effect, answer);
                rounds.open.push(slot);
            }
            None => rounds.end(seated, slot, answer),
        }
    }
}

impl<'a> Rounds<'a> {
    fn of(own: &'a mut dyn Iterator<Item = Wish>, at_once: usize, told: &'a mut dyn FnMut(usize, Answer)) -> Self {
        Self {
            own,
            told,
            at_once,
            given: 0,
            open: Vec::with_capacity(at_once),
            waiting: VecDeque::new(),
            jobs: HashMap::new(),
            changed: HashSet::new(),
            failed: false,
        }
    }

    /// Opens as many wishes as a round takes: those that waited, those of callers in line, those of whoever sits.
    fn gather(&mut self, seated: &mut Seated<'_>) -> bool {
        for _ in 0..self.waiting.len() {
            let next = match is_planted(Bug::LastWishFirst) {
                true => self.waiting.pop_back(),
                false => self.waiting.pop_front(),
            };
            let Some(slot) = next else { break };
            self.open_or_wait(slot);
        }
        while self.open.len() < self.at_once
            && let Some((ticket, wish)) = seated.next_wish()
        {
            self.open_or_wait(Slot::of(wish, Teller::Rider(ticket)));
        }
        while self.open.len() < self.at_once
            && self.waiting.len() < self.at_once
            && !self.failed
            && let Some(wish) = self.own.next()
        {
            self.open_or_wait(Slot::of(wish, Teller::Own(self.given)));
            self.given += 1;
        }
        !self.open.is_empty()
    }

    fn open_or_wait(&mut self, slot: Slot) {
        if self.open.len() < self.at_once && self.may_open(&slot) {
            self.open.push(slot)
        } else {
            self.waiting.push_back(slot)
        }
    }

    /// Claims of one job may go side by side, since they leave the job as it is.
    fn may_open(&mut self, slot: &Slot) -> bool {
        match self.jobs.entry(slot.job) {
            Entry::Vacant(place) => drop(place.insert((slot.is_claim, 1))),
            Entry::Occupied(mut place) => {
                let (claims, count) = place.get_mut();
                if !(*claims && slot.is_claim) {
                    return false;
                }
                *count += 1;
            }
        }
        true
    }

    fn end(&mut self, seated: &mut Seated<'_>, slot: Slot, answer: Answer) {
        if let Entry::Occupied(mut place) = self.jobs.entry(slot.job) {
            place.get_mut().1 -= 1;
            if place.get().1 == 0 {
                place.remove();
            }
        }
        match slot.teller {
            Teller::Own(at) => (self.told)(at, answer),
            Teller::Rider(ticket) => seated.answer(ticket, answer),
        }
    }
}
