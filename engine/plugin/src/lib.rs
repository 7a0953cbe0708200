//! The contract that a task type signs.
//!
//! Owns: the ways in which work is done. `Answers` is pure and bounded and is asked inside the turn; `Acts` touches the
//! world and is called only after the commit that wanted it; `Plugins` are what a practice has added. Leaves when and how
//! often to the runtime.
#![warn(missing_docs)]

mod act;
mod answer;
mod call;
pub mod json;

pub use act::{Acts, BAD_ADDRESS, Frozen, Report, Reporting, Until};
pub use answer::{Answers, Asked, Known};
pub use call::{
    Call, Called, Calling, Choice, Desk, EVENTS, Ended, Examined, Inquiry, NO_SUCH_PLUGIN, NoPlugins, Offer, Offered,
    Plugins, Purpose, Rehearsed, RepeatSafe, Spent, Unsent, Wanted,
};

pub use jobwright_core::event::{Level, Line};

/// The standard letter of a task type that asks people for something, used when a definition names no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardLetter {
    /// The task type's word.
    pub task_type: &'static str,
    /// The subject, with merge fields.
    pub subject: &'static str,
    /// The plain text, with merge fields.
    pub body: &'static str,
}
