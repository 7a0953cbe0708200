//! The seat: one at a time decides.
//!
//! Owns: who sits, who waits, and the bound on how many wait. A caller with a wish stands in line; whoever finds the seat
//! free takes it, and with it the wishes of all who wait, so that they ride in one batch and one flush. There is no thread
//! of its own and no delay; with one thread nobody ever waits. Leaves what is done with a wish to `round`.

use super::held::Held;
use super::wish::{Answer, Wish};
use crate::{Error, counters::Counters};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::{Deref, DerefMut},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// Most callers kept waiting; the next one is told that the engine is busy.
pub(super) const WAITING_MAX: usize = 1024;

/// Names a caller who waits.
pub(super) type Ticket = u64;

#[derive(Default)]
pub(super) struct Seat {
    held: Mutex<Held>,
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Default)]
struct Line {
    taken: bool,
    /// Wishes that nobody has begun with.
    wishes: VecDeque<(Ticket, Wish)>,
    /// Callers who wait for the seat itself.
    standing: usize,
    /// Answers that nobody has fetched yet.
    answers: BTreeMap<Ticket, Answer>,
    last: Ticket,
}

/// What a caller with a wish got.
pub(super) enum Ride<'a> {
    /// The seat: the caller decides, for all who wait.
    Drives(Seated<'a>, Ticket),
    /// The answer: another caller decided it.
    Rode(Answer),
}

/// Whoever sits, and what they alone may touch.
pub(super) struct Seated<'a> {
    // Given back before the seat is left: fields go in their order.
    held: MutexGuard<'a, Held>,
    leaving: Leaving<'a>,
}

/// Leaves the seat when it goes, also by a panic.
struct Leaving<'a> {
    seat: &'a Seat,
    counters: &'a Counters,
    /// Callers whose wishes were taken and not answered yet.
    owed: BTreeSet<Ticket>,
}

impl Seat {
    /// Stands in line with a wish until it is answered, or until the seat is free.
    pub(super) fn ride<'a>(&'a self, wish: Wish, counters: &'a Counters) -> Result<Ride<'a>, Error> {
        let mut line = self.line();
        line.must_have_room(counters)?;
        line.last += 1;
        let mine = line.last;
        line.wishes.push_back((mine, wish));
        line.tell_depth(counters);
        loop {
            if let Some(answer) = line.answers.remove(&mine) {
                return Ok(Ride::Rode(answer));
            }
            if !line.taken {
                return Ok(Ride::Drives(self.sit_down(line, counters), mine));
            }
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the seat itself, like any other caller.
    pub(super) fn sit<'a>(&'a self, counters: &'a Counters) -> Result<Seated<'a>, Error> {
        self.line().must_have_room(counters)?;
        Ok(self.sit_patiently(counters))
    }

    /// Waits for the seat however many wait: for the one who keeps the engine going.
    pub(super) fn sit_patiently<'a>(&'a self, counters: &'a Counters) -> Seated<'a> {
        let mut line = self.line();
        line.standing += 1;
        line.tell_depth(counters);
        while line.taken {
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        line.standing -= 1;
        self.sit_down(line, counters)
    }

    fn sit_down<'a>(&'a self, mut line: MutexGuard<'_, Line>, counters: &'a Counters) -> Seated<'a> {
        line.taken = true;
        line.tell_depth(counters);
        let held = self.held.lock().unwrap_or_else(|poisoned| {
            // Whoever sat before ended in a panic: what was kept in mind may be half of something.
            self.held.clear_poison();
            let mut held = poisoned.into_inner();
            held.forget();
            held
        });
        Seated { held, leaving: Leaving { seat: self, counters, owed: BTreeSet::new() } }
    }

    /// The line is changed in single steps that cannot panic half way.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn waiting(&self) -> usize {
        self.wishes.len() + self.standing
    }

    fn must_have_room(&self, counters: &Counters) -> Result<(), Error> {
        if self.waiting() < WAITING_MAX {
            return Ok(());
        }
        counters.refused_busy();
        Err(Error::Busy { waiting: self.waiting() })
    }

    fn tell_depth(&self, counters: &Counters) {
        counters.waiting(self.waiting());
    }
}

impl Seated<'_> {
    /// The wish of the caller who has waited longest.
    pub(super) fn next_wish(&mut self) -> Option<(Ticket, Wish)> {
        let mut line = self.leaving.seat.line();
        let (ticket, wish) = line.wishes.pop_front()?;
        line.tell_depth(self.leaving.counters);
        self.leaving.owed.insert(ticket);
        Some((ticket, wish))
    }

    /// Answers a caller.
    pub(super) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.leaving.owed.remove(&ticket);
        self.leaving.seat.line().answers.insert(ticket, answer);
        self.leaving.seat.moved.notify_all();
    }

    /// The answer to a wish of one's own.
    pub(super) fn fetch(&mut self, mine: Ticket) -> Option<Answer> {
        self.leaving.seat.line().answers.remove(&mine)
    }
}

impl Deref for Seated<'_> {
    type Target = Held;

    fn deref(&self) -> &Held {
        &self.held
    }
}

impl DerefMut for Seated<'_> {
    fn deref_mut(&mut self) -> &mut Held {
        &mut self.held
    }
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut line = self.seat.line();
        line.taken = false;
        // Only a panic leaves somebody without an answer; their wish may have been done or not.
        for ticket in std::mem::take(&mut self.owed) {
            line.answers.insert(ticket, Err(Error::Unanswered));
        }
        drop(line);
        self.seat.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::Cause;
    use jobwright_core::id::JobId;

    fn wish() -> Wish {
        Wish::Turn(JobId([1; 16]), Cause::Advance)
    }

    #[test]
    fn when_the_line_is_full_the_next_caller_is_told_at_once_and_nothing_is_lost() {
        let (seat, counters) = (Seat::default(), Counters::default());
        seat.line().wishes.extend((0..WAITING_MAX as u64).map(|ticket| (u64::MAX - ticket, wish())));
        assert!(matches!(seat.ride(wish(), &counters), Err(Error::Busy { waiting: WAITING_MAX })));
        assert!(matches!(seat.sit(&counters), Err(Error::Busy { .. })));
        assert_eq!(counters.read().busy, 2);
        let mut seated = seat.sit_patiently(&counters);
        assert_eq!(std::iter::from_fn(|| seated.next_wish()).count(), WAITING_MAX);
        drop(seated);
        assert!(matches!(seat.ride(wish(), &counters), Ok(Ride::Drives(..))));
    }

    #[test]
    fn a_panic_in_the_seat_leaves_nobody_waiting_and_forgets_what_was_kept_in_mind() {
        let (seat, counters) = (Seat::default(), Counters::default());
        seat.line().wishes.push_back((7, wish()));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut seated = seat.sit_patiently(&counters);
            seated.due.notes = false;
            seated.next_wish();
            panic!("a fault of ours");
        }));
        assert!(panic.is_err());
        assert!(matches!(seat.line().answers.remove(&7), Some(Err(Error::Unanswered))));
        assert!(seat.sit_patiently(&counters).due.notes, "everything is looked up again");
    }
}
