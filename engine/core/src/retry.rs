//! When to try again, and when to stop.
//!
//! Owns: the kinds of failure and the policy. No randomness: the same tries give the same moments, live and on replay.

use crate::effect::Failure;
use alloc::{string::String, vec::Vec};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// Most tries that a policy may allow.
pub const TRIES_MAX: u32 = 100;

/// What kind of failure it was: one list for mail, plugins and retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// May pass by itself: a fault of the network, a greylist.
    Transient,
    /// The other side is overloaded.
    Busy,
    /// No answer in time.
    Timeout,
    /// Will not pass: refused for good.
    Permanent,
    /// A person must do something first.
    NeedsPerson,
}

impl FailureKind {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Transient, Self::Busy, Self::Timeout, Self::Permanent, Self::NeedsPerson];

    /// The word used in definitions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::Permanent => "permanent",
            Self::NeedsPerson => "needs_person",
        }
    }
}

/// What becomes of a letter of which nobody knows whether it was delivered: it was handed over, and the answer is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InDoubt {
    /// It is sent again, byte for byte and under the same identity: twice is better than never.
    #[default]
    Resend,
    /// It is held for a person to decide.
    Hold,
}

/// The code of such a failure.
pub const IN_DOUBT: &str = "in-doubt";

/// When to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Most tries, the first one included; without it, `for_at_most` bounds them.
    pub tries: Option<u32>,
    /// The first pause.
    pub first: SignedDuration,
    /// Each pause is so many times the one before.
    pub factor: Decimal,
    /// The longest pause.
    pub longest: SignedDuration,
    /// No try later than this after the first one.
    pub for_at_most: SignedDuration,
    /// The kinds that are tried again.
    pub on: Vec<FailureKind>,
    /// Failures of a plugin that are tried again whatever their kind, by the plugin's own codes.
    pub codes: Vec<String>,
    /// What becomes of a letter in doubt.
    pub in_doubt: InDoubt,
}

impl Default for Retry {
    /// Transient, busy and timeout for three days: first after a minute, doubling, at most four hours apart.
    fn default() -> Self {
        Self {
            tries: None,
            first: SignedDuration::from_mins(1),
            factor: Decimal::TWO,
            longest: SignedDuration::from_hours(4),
            for_at_most: SignedDuration::from_hours(72),
            on: alloc::vec![FailureKind::Transient, FailureKind::Busy, FailureKind::Timeout],
            codes: Vec::new(),
            in_doubt: InDoubt::Resend,
        }
    }
}

impl Retry {
    /// When to try after so many failed tries, the first of them at `first_at`; nothing means stop.
    pub fn next_at(&self, failure: &Failure, tries: u32, first_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let is_named = self.on.contains(&failure.kind) || self.codes.contains(&failure.code);
        if !is_named || tries >= self.tries.unwrap_or(TRIES_MAX).min(TRIES_MAX) {
            return None;
        }
        let next = now.checked_add(self.pause(tries)).ok()?;
        let last = first_at.checked_add(self.for_at_most).ok()?;
        (next <= last).then_some(next)
    }

    fn pause(&self, tries: u32) -> SignedDuration {
        let longest = Decimal::from(self.longest.as_secs());
        let mut pause = Decimal::from(self.first.as_secs());
        for _ in 1..tries.min(TRIES_MAX) {
            pause = pause.checked_mul(self.factor).unwrap_or(longest);
            if pause >= longest {
                break;
            }
        }
        SignedDuration::from_secs(pause.min(longest).to_i64().unwrap_or(self.longest.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn of(kind: FailureKind) -> Failure {
        Failure { kind, code: "login-expired".into(), message: "the login has expired".into() }
    }

    #[test]
    fn a_failure_that_is_named_by_its_code_is_tried_again_whatever_its_kind() {
        let retry = Retry { codes: alloc::vec!["login-expired".into()], ..Retry::default() };
        assert!(retry.next_at(&of(FailureKind::Permanent), 1, START, START).is_some());
        let other = Failure { code: "already-filed".into(), ..of(FailureKind::Permanent) };
        assert_eq!(retry.next_at(&other, 1, START, START), None);
    }

    #[test]
    fn pauses_double_to_four_hours_and_stop_after_three_days() {
        let retry = Retry::default();
        let (mut now, mut tries, mut pauses) = (START, 1, Vec::new());
        while let Some(next) = retry.next_at(&of(FailureKind::Busy), tries, START, now) {
            pauses.push(next.duration_since(now).as_mins());
            (now, tries) = (next, tries + 1);
        }
        assert_eq!(pauses[..10], [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
        assert!(now.duration_since(START) <= SignedDuration::from_hours(72));
        assert!(now.duration_since(START) > SignedDuration::from_hours(68));
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        for kind in [FailureKind::Permanent, FailureKind::NeedsPerson] {
            assert_eq!(Retry::default().next_at(&of(kind), 1, START, START), None);
        }
        let three = Retry { tries: Some(3), ..Retry::default() };
        assert!(three.next_at(&of(FailureKind::Timeout), 2, START, START).is_some());
        assert_eq!(three.next_at(&of(FailureKind::Timeout), 3, START, START), None);
    }
}
