//! Planted bugs, for the test of the tests.
//!
//! Owns: the list of bugs that the simulation must find, and the switch that plants one in this thread. Without the
//! feature `sabotage`, which no release has, every question here is answered `false` when the program is built.

/// A bug that somebody might have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bug {
    /// A commit is acknowledged before its bytes are on the disk.
    AcknowledgeBeforeSync,
    /// A commit of an earlier owner is taken.
    SkipFence,
    /// A precondition is not looked at.
    SkipPrecondition,
    /// Only the first half of a commit's rows is written.
    ApplyHalf,
    /// A failed sync is tried again and believed.
    RetrySync,
}

#[cfg(feature = "sabotage")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in this thread, or takes it out.
#[cfg(feature = "sabotage")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.with(|planted| planted.set(bug));
}

/// Whether this bug is planted here.
#[cfg(feature = "sabotage")]
pub fn is_planted(bug: Bug) -> bool {
    PLANTED.with(|planted| planted.get() == Some(bug))
}

/// Whether this bug is planted here: never, in what is shipped.
#[cfg(not(feature = "sabotage"))]
#[inline(always)]
pub const fn is_planted(_bug: Bug) -> bool {
    false
}
