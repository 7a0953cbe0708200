//! One writer, many callers, one group.
//!
//! Owns: gathering what several threads want into one piece of work. Whoever comes first does the work of all who have
//! come meanwhile; nobody waits for a timer, and a lone caller waits for nobody, so one thread alone runs as if this were
//! not here. How many may wait is bounded.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// Callers on their way to one piece of work.
pub struct Lane<T, R> {
    state: Mutex<State<T, R>>,
    moved: Condvar,
    waiting_max: usize,
}

struct State<T, R> {
    waiting: Vec<(u64, T)>,
    done: BTreeMap<u64, Option<R>>,
    is_led: bool,
    next: u64,
}

/// The lane is full; the wish was not taken.
#[derive(Debug)]
pub struct Full {
    /// How many wait.
    pub waiting: usize,
}

/// Frees the lane even when the work ends in a panic; whoever waited for it leads anew or is told of nothing.
struct Lead<'a, T, R> {
    lane: &'a Lane<T, R>,
    tickets: Vec<u64>,
}

impl<T, R> Lane<T, R> {
    /// An empty lane.
    pub fn new(waiting_max: usize) -> Self {
        let state = State { waiting: Vec::new(), done: BTreeMap::new(), is_led: false, next: 0 };
        Self { state: Mutex::new(state), moved: Condvar::new(), waiting_max }
    }

    /// How many wait now.
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Has a wish fulfilled: by whoever leads, or by leading with everything that waits. `work` gives an answer for each
    /// wish, in order.
    ///
    /// # Errors
    /// When too many wait.
    ///
    /// # Panics
    /// When the work that this wish was part of ended in a panic.
    pub fn ride(&self, wish: T, work: impl FnOnce(Vec<T>) -> Vec<R>) -> Result<R, Full> {
        let mut state = self.state();
        if state.waiting.len() >= self.waiting_max {
            return Err(Full { waiting: state.waiting.len() });
        }
        let ticket = state.next;
        state.next += 1;
        state.waiting.push((ticket, wish));
        loop {
            if let Some(done) = state.done.remove(&ticket) {
                return Ok(done.expect("the work of the whole group ended in a panic"));
            }
            if !state.is_led {
                state.is_led = true;
                let (tickets, wishes) = std::mem::take(&mut state.waiting).into_iter().unzip();
                drop(state);
                let mut lead = Lead { lane: self, tickets };
                let answers = work(wishes);
                lead.answer(answers);
                drop(lead);
                state = self.state();
                let done = state.done.remove(&ticket).flatten();
                return Ok(done.expect("whoever leads answers its own wish too"));
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, R> Lead<'_, T, R> {
    fn answer(&mut self, answers: Vec<R>) {
        let mut state = self.lane.state();
        state.done.extend(self.tickets.drain(..).zip(answers.into_iter().map(Some)));
    }
}

impl<T, R> Drop for Lead<'_, T, R> {
    fn drop(&mut self) {
        let mut state = self.lane.state();
        state.done.extend(self.tickets.drain(..).map(|ticket| (ticket, None)));
        state.is_led = false;
        self.lane.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use super::*;

    #[test]
    fn a_lone_caller_does_its_own_work_at_once() {
        let lane = Lane::new(1);
        assert_eq!(lane.ride(2, |wishes| wishes.into_iter().map(|wish| wish * 2).collect()).unwrap(), 4);
        assert_eq!(lane.waiting(), 0);
    }

    #[test]
    fn those_who_come_while_one_works_are_one_group_and_each_gets_its_own_answer() {
        let lane = Lane::new(8);
        let (begun, groups) = (Barrier::new(2), AtomicUsize::new(0));
        let work = |wishes: Vec<usize>| {
            if groups.fetch_add(1, SeqCst) == 0 {
                begun.wait();
                while lane.waiting() < 4 {
                    std::thread::yield_now();
                }
            }
            wishes.into_iter().map(|wish| wish + 100).collect()
        };
        std::thread::scope(|scope| {
            let first = scope.spawn(|| lane.ride(0, work).unwrap());
            begun.wait();
            let others: Vec<_> = (1..5).map(|wish| scope.spawn(move || (wish, wish))).collect();
            let others: Vec<_> = others.into_iter().map(|other| other.join().unwrap().0).collect();
            let riders: Vec<_> = others
                .into_iter()
                .map(|wish| {
                    let (lane, work) = (&lane, &work);
                    scope.spawn(move || lane.ride(wish, work).unwrap())
                })
                .collect();
            assert_eq!(first.join().unwrap(), 100);
            let mut answers: Vec<_> = riders.into_iter().map(|rider| rider.join().unwrap()).collect();
            answers.sort_unstable();
            assert_eq!(answers, [101, 102, 103, 104]);
        });
        assert_eq!(groups.load(SeqCst), 2);
    }

    #[test]
    fn a_full_lane_refuses() {
        let lane: Lane<(), ()> = Lane::new(0);
        assert_eq!(lane.ride((), |_| vec![()]).unwrap_err().waiting, 0);
    }
}
