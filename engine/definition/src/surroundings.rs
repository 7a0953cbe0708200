//! What is known around a definition when it is checked.
//!
//! Owns: the shape only. A check that needs what is not known here stays silent, or says once that it was not made, so
//! that a definition can be looked at outside of any practice. The plan never depends on any of this.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jobwright_core::calendar::Calendar;
use jobwright_core::id::{DefinitionId, Hash, RoleId};
use jobwright_core::plan::Plan;
use jobwright_core::value::Field;

use crate::practice::Declared;

/// What is known around a definition.
pub struct Surroundings<'a> {
    /// The practice; none outside a practice folder.
    pub practice: Option<Practice>,
    /// The calendars that ship or lie in the practice's folder, by id.
    pub calendars: BTreeMap<String, Calendar>,
    /// Whether a time zone is known.
    pub is_zone: &'a dyn Fn(&str) -> bool,
    /// What the plugins of the practice offer, by dotted name.
    pub offers: BTreeMap<String, Offer>,
    /// Other definitions: those that are checked with it, that lie beside it, or that the practice has published.
    pub others: &'a dyn Others,
}

/// Other definitions than the one that is checked.
pub trait Others {
    /// Which there are, also those that have faults.
    fn ids(&self) -> Vec<DefinitionId>;

    /// One of them, when it has no faults.
    fn plan(&self, id: &DefinitionId) -> Option<Arc<Plan>>;
}

/// No other definition is known.
pub struct NoOthers;

impl Others for NoOthers {
    fn ids(&self) -> Vec<DefinitionId> {
        vec![]
    }

    fn plan(&self, _: &DefinitionId) -> Option<Arc<Plan>> {
        None
    }
}

/// Holds settings to a schema: the JSON pointer of each fault, and what is wrong there. Whether all of them are known is
/// said with them: where something is computed later, a text stands in its place.
pub type SettingsCheck = Arc<dyn Fn(&serde_json::Value, bool) -> Vec<(String, String)> + Send + Sync>;

/// What a plugin offers under a dotted name.
#[derive(Clone)]
pub struct Offer {
    /// The plugin's own name.
    pub plugin: String,
    /// The SHA-256 of its component.
    pub digest: Hash,
    /// What is offered.
    pub kind: Offered,
    /// What is wrong with settings.
    pub settings: SettingsCheck,
    /// Why it cannot run, when it lacks something that the practice can give it.
    pub lacks: Option<String>,
}

/// What can be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// A task type.
    Task {
        /// What it gives, by name.
        outputs: BTreeMap<String, Field>,
        /// Its own failure codes.
        failures: Vec<String>,
    },
    /// A recipient selector.
    Selector,
    /// A check of a value.
    Check,
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
        Self {
            practice: None,
            calendars: BTreeMap::new(),
            is_zone: &|_| true,
            offers: BTreeMap::new(),
            others: &NoOthers,
        }
    }
}
