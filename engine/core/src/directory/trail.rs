//! The trail of the directory: what was changed, by whom, through which door.
//!
//! Owns: an entry of it. It is committed with the change itself, so there is no change without one. Leaves the values
//! before and after to `difference`, keeping it to the store, and what jobs do to their own timelines.

use super::difference::FieldChange;
use crate::event::Actor;
use crate::id::{ClientId, RoleId, StaffId};
use alloc::{string::String, vec::Vec};
use core::fmt;
use jiff::Timestamp;

/// Who changes the directory, and how they came to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// Who.
    pub by: Actor,
    /// The door: the verb that was typed (`contact tick`), or the job that did it.
    pub door: String,
    /// Why, in their words.
    pub note: Option<String>,
}

impl Attribution {
    /// What the engine does by its own rules, through this door.
    pub fn engine(door: impl Into<String>) -> Self {
        Self { by: Actor::Engine, door: door.into(), note: None }
    }
}

/// Whose record was changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A client, with its contacts.
    Client(ClientId),
    /// A member of staff.
    Staff(StaffId),
    /// A contact role.
    Role(RoleId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(f, "client {id}"),
            Self::Staff(id) => write!(f, "staff {id}"),
            Self::Role(id) => write!(f, "contact role {id}"),
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the clock of the store.
    pub at: Timestamp,
    /// Whose record.
    pub subject: Subject,
    /// Who, and how.
    pub attribution: Attribution,
    /// What, field by field.
    pub changes: Vec<FieldChange>,
}
