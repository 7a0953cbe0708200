//! The transport that sends nothing, for a practice that is only trying things out.
//!
//! Owns: saying so, in the outcome that is journaled, lest anyone take the letter for sent.

use super::Outcome;

/// What the journal shows for a swallowed letter.
pub const SWALLOWED: &str = "swallowed: the practice's transport is `none`, nobody got this letter";

pub(super) fn send() -> Outcome {
    Outcome::Sent { reply: SWALLOWED.into() }
}
