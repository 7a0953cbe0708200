//! What a job wants done in the world, and how that can go wrong.
//!
//! Owns: the vocabulary of effects. They follow from events by `job::react`, are committed with them, and carry the
//! event's number as their id. Leaves doing them to the runtime and its task types.

use crate::event::Letter;
use crate::id::{ClientId, DefinitionId, EffectId, Hash, JobId};
use crate::retry::{FailureKind, IN_DOUBT};
use crate::task::TaskKey;
use crate::value::{Value, Values};
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

/// What an event calls for outside the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// A change of the directory, in the same commit.
    Set(DirectoryChange),
    /// Something to do after the commit.
    Act(EffectId, Box<Effect>),
    /// Try a given-up effect again, under the same id.
    Again(EffectId),
    /// Forget an effect that has not begun.
    Drop(EffectId),
}

/// Something to do after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send a letter.
    SendLetter {
        /// For which task.
        task: TaskKey,
        /// The letter.
        letter: Letter,
    },
    /// Start a job for the same client; its id follows from the effect's.
    StartJob {
        /// For which task.
        task: TaskKey,
        /// Of which definition.
        definition: DefinitionId,
        /// For whom.
        client: ClientId,
        /// With which inputs.
        inputs: Values,
    },
    /// Call a plugin.
    CallPlugin {
        /// For which task.
        task: TaskKey,
        /// The dotted name of its type.
        name: String,
        /// The component it began with: the same for all attempts.
        digest: Hash,
        /// Its settings: a map.
        settings: Value,
    },
    /// Tell the job that asked for this one how it ended.
    TellParent {
        /// The effect of the other job.
        parent: EffectId,
        /// Whether this one completed.
        completed: bool,
    },
    /// Cancel jobs that this one started, one after the other.
    EndChildren {
        /// Those that are still to be cancelled; never empty.
        children: Vec<JobId>,
        /// Why.
        why: String,
    },
    /// Bring jobs back that ended with this one, whose cancellation was taken back, one after the other.
    ResumeChildren {
        /// Those that are still to be brought back.
        children: Vec<JobId>,
        /// Those that cannot come back, of which this job is to hear.
        gone: Vec<JobId>,
        /// Why.
        note: String,
    },
    /// Tell a plugin that listens what happened: one effect for all that it hears of a turn.
    TellListener {
        /// The plugin's own name.
        plugin: String,
        /// The component that listened when it happened.
        digest: Hash,
        /// The job's definition by then.
        definition: DefinitionId,
        /// The numbers of the events that it has still to hear, in order; never empty.
        events: Vec<u64>,
    },
}

/// A change of the directory that a job makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryChange {
    /// Fields of the job's client.
    Client(Vec<(String, Value)>),
    /// An address of a contact or staff refused mail for good.
    Bounced {
        /// Whose.
        person: crate::recipient::PersonId,
        /// Which.
        address: String,
        /// The server's words.
        reply: String,
    },
}

/// How something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which kind: it decides whether it is tried again.
    pub kind: FailureKind,
    /// A code for machines, in kebab-case.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// The code of a failure because a value is more than can be stored.
pub const TOO_LARGE: &str = "too-large";

/// Codes of failures after which nobody knows whether anything happened outside: a call was cut off in the middle.
const CUT_OFF: &[&str] = &[IN_DOUBT, "plugin-timeout", "plugin-cpu", "plugin-memory", "plugin-stack", "plugin-crashed"];

impl Failure {
    /// Whether it leaves open what happened outside.
    pub fn leaves_doubt(&self) -> bool {
        CUT_OFF.contains(&self.code.as_str())
    }

    /// A failure that will not pass by itself.
    pub fn permanent(code: &str, message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Permanent, code: code.into(), message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}
