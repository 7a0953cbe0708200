//! Planted bugs, for the test of the tests.
//!
//! Owns: the list of bugs that the simulation must find, and the switch that plants one in this thread. Without the
//! feature `sabotage`, which no release has, every question here is answered `false` when the program is built.

macro_rules! bugs {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A bug that somebody might have made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Bug {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Bug {
            /// All of them, from the disk upwards.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What it does, in a sentence.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}

bugs! {
    /// A commit is acknowledged before its bytes are on the disk.
    AcknowledgeBeforeSync,
    /// A failed sync is tried again and believed.
    RetrySync,
    /// After a write that failed the store goes on writing.
    GoOnAfterFailure,
    /// The name of a new segment is not synced.
    LoseNewSegment,
    /// A frame is taken whose checksum does not fit.
    AcceptTornFrame,
    /// The last commit of the journal is not replayed.
    ForgetTail,
    /// The journal is let go beyond what the view has flushed.
    TrimTooFar,
    /// Only the first half of a commit's rows is written.
    ApplyHalf,
    /// Rows are shown before the journal has them.
    ShowBeforeDurable,
    /// Rows leave the overlay before the view has them.
    DropOverlayEarly,
    /// The view's position moves before its rows.
    PositionBeforeRows,
    /// A commit of an earlier owner is taken.
    SkipFence,
    /// A precondition is not looked at.
    SkipPrecondition,
    /// A commit that lost its precondition gets a receipt.
    ReceiptForConflict,
    /// A command's id is not kept.
    ForgetCommandId,
    /// An engine that takes over does not raise the epoch.
    EpochNotRaised,
    /// A turn is acknowledged and not committed.
    AcknowledgeUncommitted,
    /// An index row that nothing calls for any more stays.
    IndexRowKept,
    /// A job's next timer is not written.
    TimerNotWritten,
    /// A change of a client leaves no note.
    NoteNotWritten,
    /// A note is removed, and nobody was woken.
    NoteRemovedUnread,
    /// A process that begins forgets the timers.
    TimersForgottenAtOpen,
    /// What is due next is not corrected by what is committed.
    DueNotCorrected,
    /// A turn that stopped at its bound is not continued.
    TurnNotContinued,
    /// A job is kept in mind as it would be, although its commit was lost.
    StaleJob,
    /// A client is kept in mind as it was before a change.
    StaleClient,
    /// The time that was seen is not looked up when a process begins.
    TimeForgottenAtOpen,
    /// The time that events were decided at is not recorded.
    TimeNotRecorded,
    /// A letter is written, and nothing is put into the outbox.
    EffectNotWanted,
    /// A letter leaves before its claim is committed.
    SendBeforeClaim,
    /// A try is claimed and not counted.
    ClaimNotCounted,
    /// A second try builds the letter anew.
    OtherBytesEachTry,
    /// A second try has another id.
    OtherIdEachTry,
    /// The outbox row goes before the outcome is recorded.
    SettleFirst,
    /// The outbox row stays when the outcome is recorded.
    SettleForgotten,
    /// A letter in doubt counts as sent.
    DoubtIsSent,
    /// Letters in doubt are not looked for when a process begins.
    DoubtForgotten,
    /// A letter that nobody wants any more leaves all the same.
    DroppedIsSent,
    /// A clock that jumped is believed at the first look.
    JumpBelievedAtOnce,
    /// A clock that is long after the last commit holds nothing back.
    ClockNotHeld,
    /// Of what is asked of one job in one go, the last is done first.
    LastWishFirst,
    /// What one job came to cannot be stored, and that ends the engine.
    UnstorableEndsAll,
    /// A job that was asked for gets another id each time it is tried.
    DoubleChild,
    /// A job that was asked for gets an id that forgets who asked, and a stranger is taken for it.
    ChildOfStranger,
    /// A job goes on when the one that started it and waits for it is cancelled.
    ChildLeftRunning,
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
