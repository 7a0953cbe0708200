//! One task's own little machine: ten states and the moves between them.
//!
//! Owns: which move is legal from which state. `next` is the table; a test prints it. Leaves what a move is caused by
//! to `job`. Overdue and due soon are marks, not states.

use crate::id::Name;
use alloc::string::{String, ToString};
use core::{fmt, str::FromStr};

/// A task of a job, or one instance of a `for_each` task: `identity`, `identity[dee]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskKey {
    /// The task's id in the definition.
    pub task: Name,
    /// The item's identity, for an instance.
    pub item: Option<String>,
}

impl TaskKey {
    /// The task itself, or the parent of its instances.
    pub fn of(task: &Name) -> Self {
        Self { task: task.clone(), item: None }
    }
    /// One instance.
    pub fn item(task: &Name, item: &str) -> Self {
        Self { task: task.clone(), item: Some(item.to_string()) }
    }
    /// The parent of this instance; itself when it is none.
    pub fn parent(&self) -> Self {
        Self::of(&self.task)
    }
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            None => fmt::Display::fmt(&self.task, f),
            Some(item) => f.pad(&alloc::format!("{}[{item}]", self.task)),
        }
    }
}

impl FromStr for TaskKey {
    type Err = crate::id::BadId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            None => Ok(Self { task: text.parse()?, item: None }),
            Some((task, item)) => Ok(Self { task: task.parse()?, item: Some(item.to_string()) }),
        }
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// Before its start, or behind another task.
    Waiting,
    /// May begin; its people are being found.
    Ready,
    /// Being done by the engine or by staff.
    Active,
    /// A client must act.
    AwaitingClient,
    /// Somebody outside must answer.
    AwaitingExternal,
    /// Nobody can be found, or data is missing; passes when the directory changes.
    Uncompletable,
    /// Done.
    Completed,
    /// Not needed.
    Skipped,
    /// Given up; a person may try again or skip it.
    Failed,
    /// Ended with its job.
    Cancelled,
}

/// What can happen to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// Dependencies hold, the start has come, `when` is true.
    MakeReady,
    /// `when` is false, a path is dead, or a person or rule skips it.
    Skip,
    /// Its people are found and the engine or staff begin.
    Activate,
    /// Its people are found and a client is asked.
    AskClient,
    /// Somebody outside is asked.
    AskOutside,
    /// Nobody can be found, or data is missing.
    Block,
    /// The directory changed, and somebody can be found.
    Mend,
    /// Staff take it over by hand.
    TakeOver,
    /// It is done.
    Complete,
    /// It is given up.
    Fail,
    /// A person tries again.
    Retry,
    /// It is done once more, from the start.
    Reopen,
    /// Its job ends.
    Cancel,
    /// One of its instances is done once more.
    Resume,
}

impl TaskState {
    /// All states, in the order of a task's life.
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Ready,
        Self::Active,
        Self::AwaitingClient,
        Self::AwaitingExternal,
        Self::Uncompletable,
        Self::Completed,
        Self::Skipped,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word used in definitions, `show` and `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Active => "active",
            Self::AwaitingClient => "awaiting_client",
            Self::AwaitingExternal => "awaiting_external",
            Self::Uncompletable => "uncompletable",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// A state by its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Completed, skipped, failed or cancelled.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Completed | Self::Skipped | Self::Failed | Self::Cancelled)
    }

    /// Somebody has been asked or is at work.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Active | Self::AwaitingClient | Self::AwaitingExternal)
    }
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 14] = [
        Self::MakeReady,
        Self::Skip,
        Self::Activate,
        Self::AskClient,
        Self::AskOutside,
        Self::Block,
        Self::Mend,
        Self::TakeOver,
        Self::Complete,
        Self::Fail,
        Self::Retry,
        Self::Reopen,
        Self::Cancel,
        Self::Resume,
    ];
}

/// Where a move leads: the table of language.md 3.6. No answer means the move is not legal.
pub const fn next(state: TaskState, step: Move) -> Option<TaskState> {
    use {Move as M, TaskState as S};
    Some(match (state, step) {
        (S::Waiting, M::MakeReady) => S::Ready,
        (S::Ready, M::Activate) => S::Active,
        (S::Ready, M::AskClient) => S::AwaitingClient,
        (S::Ready | S::Active, M::AskOutside) => S::AwaitingExternal,
        // Nobody found, the last one lost, every address refused, or a field of a letter is empty. Blocked once more
        // when the reason changes.
        (S::Ready | S::Active | S::AwaitingClient | S::AwaitingExternal | S::Uncompletable, M::Block) => {
            S::Uncompletable
        }
        (S::Uncompletable, M::Mend) => S::Ready,
        (S::Uncompletable | S::Failed | S::AwaitingExternal | S::Active, M::TakeOver) => S::Active,
        // A person may complete or skip what has not ended; the engine completes what is under way.
        (
            S::Waiting | S::Ready | S::Active | S::AwaitingClient | S::AwaitingExternal | S::Uncompletable,
            M::Complete,
        ) => S::Completed,
        (S::Failed, M::Complete) => S::Completed,
        (
            S::Waiting | S::Ready | S::Active | S::AwaitingClient | S::AwaitingExternal | S::Uncompletable | S::Failed,
            M::Skip,
        ) => S::Skipped,
        (S::Waiting | S::Ready | S::Active | S::AwaitingClient | S::AwaitingExternal | S::Uncompletable, M::Fail) => {
            S::Failed
        }
        (S::Failed, M::Retry) => S::Ready,
        // A round begins again: what was done stays in the timeline. A cancelled task comes back with its job.
        (
            S::Waiting
            | S::Ready
            | S::Active
            | S::AwaitingClient
            | S::AwaitingExternal
            | S::Uncompletable
            | S::Completed
            | S::Skipped
            | S::Failed
            | S::Cancelled,
            M::Reopen,
        ) => S::Waiting,
        (S::Completed, M::Resume) => S::Active,
        (
            S::Waiting | S::Ready | S::Active | S::AwaitingClient | S::AwaitingExternal | S::Uncompletable | S::Failed,
            M::Cancel,
        ) => S::Cancelled,
        // Named in full, so that a new state or move does not compile into silence.
        (
            S::Waiting
            | S::Ready
            | S::Active
            | S::AwaitingClient
            | S::AwaitingExternal
            | S::Uncompletable
            | S::Completed
            | S::Skipped
            | S::Failed
            | S::Cancelled,
            M::MakeReady
            | M::Skip
            | M::Activate
            | M::AskClient
            | M::AskOutside
            | M::Block
            | M::Mend
            | M::TakeOver
            | M::Complete
            | M::Fail
            | M::Retry
            | M::Cancel
            | M::Resume,
        ) => return None,
    })
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
