//! What a practice's rules live in: its settings, its zone, its calendars.
//!
//! Owns: finding the calendar and zone of a job. Read once at start and handed in; nothing here touches a file.

use crate::Error;
use jiff::{civil::Time, tz::TimeZone};
use jobwright_core::{calendar::Calendar, directory::Practice, plan::Plan};
use jobwright_plugin::Plugins;
use std::{collections::BTreeMap, sync::Arc};

/// Zones by name: handed in, so that the same ones serve on every machine.
pub type Zones = Arc<dyn Fn(&str) -> Option<TimeZone> + Send + Sync>;

/// The practice's surroundings.
#[derive(Clone)]
pub struct World {
    /// Its settings.
    pub practice: Practice,
    /// Its zone.
    pub zone: TimeZone,
    /// The calendar of a job whose definition names none.
    pub calendar: String,
    /// All calendars by id.
    pub calendars: BTreeMap<String, Calendar>,
    /// When the day's work begins.
    pub opening: Time,
    /// When it ends.
    pub closing: Time,
    /// Zones by name, for definitions that name one.
    pub zones: Zones,
    /// What the practice has added.
    pub plugins: Arc<dyn Plugins>,
}

impl World {
    /// The zone of a plan's jobs.
    pub fn zone_of(&self, plan: &Plan) -> TimeZone {
        let named = plan.schedule.as_ref().and_then(|schedule| schedule.zone.as_deref());
        named.and_then(|name| (self.zones)(name)).unwrap_or_else(|| self.zone.clone())
    }

    /// The calendar of a plan's jobs.
    ///
    /// # Errors
    /// When it is not among those known.
    pub fn calendar_of(&self, plan: &Plan) -> Result<&Calendar, Error> {
        let named = plan.schedule.as_ref().and_then(|schedule| schedule.calendar.as_deref());
        let id = named.unwrap_or(&self.calendar);
        self.calendars.get(id).ok_or_else(|| Error::NoCalendar(id.to_string()))
    }
}
