//! A call and whoever waits for it, on one thread.
//!
//! Owns: running a selector or a check to its end without a runtime. Its questions to the desk come back here while it is
//! suspended, so the desk may be borrowed. Leaves bounds of time to `meter`, which the clock asks while it computes.

use crate::state::{Question, Told, answer};
use jobwright_plugin::Desk;
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

/// Where the question lies, and then the answer.
#[derive(Debug, Default)]
pub struct Across(Mutex<Slot>);

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Asked(Question),
    Told(Told),
}

impl Across {
    /// Asks whoever waits for the answer of this call.
    pub async fn ask(&self, question: Question) -> Told {
        self.swap(Slot::Asked(question));
        poll_fn(|_| match self.swap(Slot::Empty) {
            Slot::Told(told) => Poll::Ready(told),
            slot => {
                self.swap(slot);
                Poll::Pending
            }
        })
        .await
    }

    /// Runs a call to its end.
    pub fn run<T>(&self, desk: Option<&dyn Desk>, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        let mut ctx = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(ended) = call.as_mut().poll(&mut ctx) {
                return ended;
            }
            // It waits for nothing but its desk.
            if let Slot::Asked(question) = self.swap(Slot::Empty) {
                let told = desk.map_or(Told::Nothing, |desk| answer(desk, question));
                self.swap(Slot::Told(told));
            }
        }
    }

    fn swap(&self, slot: Slot) -> Slot {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), slot)
    }
}
