//! What time it is.
//!
//! Owns: the one clock of the engine. The machine's, which is not believed at once when it jumps; or a virtual one that is
//! moved by hand, so that a whole month runs in a moment and no test ever sleeps. Leaves what a doubtful time holds up to
//! the engine.

use jiff::{SignedDuration, Timestamp};
use jobwright_store::sabotage::{Bug, is_planted};
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How far the machine's time may move against the time that has passed and be believed at once: more is a jump.
pub const JUMP_MAX: SignedDuration = SignedDuration::from_mins(5);
/// How long a jump must stand before it is believed.
pub const BELIEVED_AFTER: Duration = Duration::from_secs(30);

/// One look at the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What the machine says the time is; anybody may set it.
    pub wall: Timestamp,
    /// How long it has run, by a clock that nobody sets.
    pub running: Duration,
}

/// Who is asked what time it is; tests answer with what they like.
pub trait Samples: Send + Sync {
    /// The two clocks at one moment.
    fn sample(&self) -> Sample;
}

/// A clock.
#[derive(Debug)]
pub enum Clock {
    /// The machine's.
    Machine(Machine),
    /// One that stands still until it is moved.
    Virtual(Mutex<Timestamp>),
}

/// The machine's clock, and what is believed of it.
pub struct Machine {
    samples: Box<dyn Samples>,
    belief: Mutex<Belief>,
}

#[derive(Clone, Copy, Debug)]
struct Belief {
    /// The last sample whose time was believed.
    anchor: Sample,
    /// The first sample that jumped away from it.
    jumped: Option<Sample>,
}

/// A jump that nobody believes yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// What the machine says.
    pub reads: Timestamp,
    /// What it would be by the time that has passed.
    pub expected: Timestamp,
}

impl Clock {
    /// The clock of this machine.
    pub fn of_machine() -> Self {
        Self::of(Box::new(Here { since: Instant::now() }))
    }

    /// The clock of a machine that is asked like this. Its first answer is taken as it is.
    pub fn of(samples: Box<dyn Samples>) -> Self {
        let belief = Belief { anchor: samples.sample(), jumped: None };
        Self::Machine(Machine { samples, belief: Mutex::new(belief) })
    }

    /// A clock that stands at this moment.
    pub fn standing_at(now: Timestamp) -> Self {
        Self::Virtual(Mutex::new(now))
    }

    /// The present moment, in whole milliseconds: what is stored is what was decided by.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Self::Machine(machine) => machine.look().0,
            Self::Virtual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The jump that is not believed yet, if the machine's time has jumped.
    pub fn jump(&self) -> Option<Jump> {
        match self {
            Self::Machine(machine) => machine.look().1,
            Self::Virtual(_) => None,
        }
    }

    /// Believes what the machine says now: a person has looked.
    pub fn believe(&self) {
        if let Self::Machine(machine) = self {
            let anchor = machine.samples.sample();
            *machine.belief() = Belief { anchor, jumped: None };
        }
    }

    /// Moves a virtual clock forward; it never runs back. The machine's cannot be moved, and says so by `false`.
    pub fn advance_to(&self, to: Timestamp) -> bool {
        match self {
            Self::Machine(_) => false,
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

impl Machine {
    /// The time that is believed, and the jump that is not.
    fn look(&self) -> (Timestamp, Option<Jump>) {
        let mut belief = self.belief();
        let sample = self.samples.sample();
        let expected = belief.anchor.after(sample.running);
        if is_near(sample.wall, expected) || is_planted(Bug::JumpBelievedAtOnce) {
            *belief = Belief { anchor: sample, jumped: None };
            return (sample.wall, None);
        }
        let jump = Jump { reads: sample.wall, expected };
        match belief.jumped {
            // The second look agrees with the first: it is no slip.
            Some(first) if is_near(sample.wall, first.after(sample.running)) => {
                if sample.running.saturating_sub(first.running) < BELIEVED_AFTER {
                    return (expected, Some(jump));
                }
                tracing::warn!(reads = %sample.wall, %expected, "the clock has jumped, and stays where it is: it is believed");
                *belief = Belief { anchor: sample, jumped: None };
                (sample.wall, None)
            }
            _ => {
                tracing::warn!(reads = %sample.wall, %expected, "the clock has jumped; it is looked at again before it is believed");
                belief.jumped = Some(sample);
                (expected, Some(jump))
            }
        }
    }

    fn belief(&self) -> MutexGuard<'_, Belief> {
        self.belief.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("belief", &self.belief).finish_non_exhaustive()
    }
}

impl Sample {
    /// What the time is when the machine has run so long, by this sample.
    fn after(&self, running: Duration) -> Timestamp {
        let passed = SignedDuration::try_from(running.saturating_sub(self.running)).unwrap_or(SignedDuration::MAX);
        self.wall.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= JUMP_MAX
}

/// This machine.
struct Here {
    since: Instant,
}

impl Samples for Here {
    fn sample(&self) -> Sample {
        Sample { wall: Timestamp::now(), running: self.since.elapsed() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// A machine whose two clocks are set by hand.
    #[derive(Clone)]
    struct Hands(Arc<Mutex<Sample>>);

    impl Samples for Hands {
        fn sample(&self) -> Sample {
            *self.0.lock().unwrap()
        }
    }

    impl Hands {
        fn new() -> Self {
            Self(Arc::new(Mutex::new(Sample { wall: noon(), running: Duration::ZERO })))
        }

        /// Seconds pass, and somebody sets the wall clock by so many.
        fn pass(&self, seconds: i64, set_by: i64) {
            let mut sample = self.0.lock().unwrap();
            sample.wall += SignedDuration::from_secs(seconds + set_by);
            sample.running += Duration::from_secs(seconds as u64);
        }
    }

    fn noon() -> Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }

    fn told(clock: &Clock) -> (i64, bool) {
        (clock.now().duration_since(noon()).as_secs(), clock.jump().is_some())
    }

    #[test]
    fn a_jump_either_way_is_believed_when_a_second_look_half_a_minute_later_agrees() {
        for jump in [3_600, -3_600, 20 * 365 * 86_400] {
            let hands = Hands::new();
            let clock = Clock::of(Box::new(hands.clone()));
            hands.pass(10, 0);
            assert_eq!(told(&clock), (10, false));
            hands.pass(1, jump);
            assert_eq!(told(&clock), (11, true), "the first look is not believed");
            hands.pass(29, 0);
            assert_eq!(told(&clock), (40, true), "nor one too soon after it");
            hands.pass(1, 0);
            assert_eq!(told(&clock), (41 + jump, false), "but this one is");
        }
    }

    #[test]
    fn one_wrong_look_changes_nothing_and_two_that_disagree_are_none() {
        let hands = Hands::new();
        let clock = Clock::of(Box::new(hands.clone()));
        hands.pass(1, 86_400);
        assert_eq!(told(&clock), (1, true));
        hands.pass(60, -86_400);
        assert_eq!(told(&clock), (61, false), "it was a slip");
        hands.pass(1, 86_400);
        assert_eq!(told(&clock), (62, true));
        hands.pass(40, 86_400);
        assert_eq!(told(&clock), (102, true), "another time than the first one");
        hands.pass(30, 0);
        assert_eq!(told(&clock), (132 + 2 * 86_400, false));
    }

    #[test]
    fn a_clock_that_drifts_or_is_set_by_minutes_is_followed() {
        let hands = Hands::new();
        let clock = Clock::of(Box::new(hands.clone()));
        for step in 1..=10 {
            hands.pass(1, 299);
            assert_eq!(told(&clock), (step * 300, false));
        }
    }

    #[test]
    fn a_person_who_has_looked_is_believed() {
        let hands = Hands::new();
        let clock = Clock::of(Box::new(hands.clone()));
        hands.pass(1, 86_400);
        clock.believe();
        assert_eq!(told(&clock), (86_401, false));
    }
}
