//! What a job wants to know before it can go on.
//!
//! Owns: the vocabulary of questions. They follow from the job's state, so a crash between question and answer loses
//! nothing: the question is simply put again. Each is answered inside the turn and the answer is an event, so nothing
//! is evaluated twice and recovery never looks at a newer directory.

use crate::event::Slot;
use crate::task::TaskKey;
use alloc::vec::Vec;

/// One question, with what its answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// All dates of the job, as they are now.
    Dates,
    /// Whether a task's condition holds.
    Condition(TaskKey),
    /// A task's list.
    Items(TaskKey),
    /// Who fills these places of a task.
    People(TaskKey, Vec<Slot>),
    /// Whether those who were asked are still there.
    Standing(TaskKey),
    /// The letters to those who were found and not yet written to, for these places.
    Letters(TaskKey, Vec<Slot>),
    /// The outputs of a script.
    Script(TaskKey),
    /// The new values of the client's fields.
    Changes(TaskKey),
    /// What is to be signed.
    Document(TaskKey),
    /// Which job to start, with which inputs.
    Child(TaskKey),
    /// Which plugin to call, with which settings.
    Plugin(TaskKey),
    /// The letters that tell of a task's trouble.
    Notice(TaskKey),
}

impl Question {
    /// The task it is about, when it is about one.
    pub fn task(&self) -> Option<&TaskKey> {
        match self {
            Self::Dates => None,
            Self::Condition(task)
            | Self::Items(task)
            | Self::People(task, _)
            | Self::Standing(task)
            | Self::Letters(task, _)
            | Self::Script(task)
            | Self::Changes(task)
            | Self::Document(task)
            | Self::Child(task)
            | Self::Plugin(task)
            | Self::Notice(task) => Some(task),
        }
    }
}
