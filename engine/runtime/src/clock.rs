//! What time it is.
//!
//! Owns: the one clock of the engine. Real, or virtual and moved by hand, so that a whole month runs in a moment and
//! no test ever sleeps.

use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};

/// A clock.
#[derive(Debug)]
pub enum Clock {
    /// The machine's.
    Real,
    /// One that stands still until it is moved.
    Virtual(Mutex<Timestamp>),
}

impl Clock {
    /// A clock that stands at this moment.
    pub fn standing_at(now: Timestamp) -> Self {
        Self::Virtual(Mutex::new(now))
    }

    /// The present moment, in whole milliseconds: what is stored is what was decided by.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::Real => Timestamp::now(),
            Self::Virtual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// Moves a virtual clock forward; it never runs back. A real clock cannot be moved, and says so by `false`.
    pub fn advance_to(&self, to: Timestamp) -> bool {
        match self {
            Self::Real => false,
            Self::Virtual(now) => {
                let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
                *now = (*now).max(to);
                true
            }
        }
    }

    /// Whether it is moved by hand.
    pub fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }
}
