//! What is known around a definition when it is checked.
//!
//! Owns: the shape only. A check that needs what is not known here stays silent, or says once that it was not made, so
//! that a definition can be looked at outside of any practice. The plan never depends on any of this.

use std::collections::{BTreeMap, BTreeSet};

use jobwright_core::calendar::Calendar;
use jobwright_core::id::{DefinitionId, RoleId};

use crate::practice::Declared;

/// What is known around a definition.
pub struct Surroundings<'a> {
    /// The practice; none outside a practice folder.
    pub practice: Option<Practice>,
    /// The calendars that ship or lie in the practice's folder, by id.
    pub calendars: BTreeMap<String, Calendar>,
    /// Whether a time zone is known.
    pub is_zone: &'a dyn Fn(&str) -> bool,
}

/// What is known of a practice.
#[derive(Clone, Debug, Default)]
pub struct Practice {
    /// The fields of clients that it declared.
    pub client_fields: Declared,
    /// The contact roles it knows.
    pub contact_roles: BTreeSet<RoleId>,
    /// The staff roles that somebody holds.
    pub staff_roles: BTreeSet<RoleId>,
    /// Its services; with none known, any word may be one.
    pub services: BTreeSet<String>,
    /// Its offices.
    pub offices: BTreeSet<String>,
    /// Its published job definitions and those beside the one that is checked.
    pub definitions: BTreeSet<DefinitionId>,
    /// The calendar of jobs that name none.
    pub calendar: Option<String>,
}

impl Default for Surroundings<'_> {
    /// No practice, no calendars, and every time zone is taken on trust.
    fn default() -> Self {
        Self { practice: None, calendars: BTreeMap::new(), is_zone: &|_| true }
    }
}
