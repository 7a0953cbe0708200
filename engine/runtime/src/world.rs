//! What a practice's rules live in: its settings, its zone, its calendars.
//!
//! Owns: finding the calendar and zone of a job. Read once at start and handed in; nothing here touches a file.

use crate::Error;
use jiff::{civil::Time, tz::TimeZone};
use jobwright_core::{
    calendar::Calendar,
    directory::Practice,
    plan::Plan,
    value::{Field, Value},
};
use jobwright_plugin::{Plugins, json};
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
    /// The fields that the practice has declared of its clients, by their paths.
    pub client_fields: BTreeMap<String, Field>,
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

    /// A change of a client's field as its declared type, or what is wrong with it: the one rule for what tasks, plugins and
    /// listeners set, and the same that people meet. A plugin's JSON has texts for days, moments and decimals.
    ///
    /// # Errors
    /// In words.
    pub fn typed(&self, path: &str, value: Value) -> Result<Value, String> {
        // What is built in has its own rules, in the record itself.
        if BUILT_IN.contains(&path.split('.').next().unwrap_or(path)) {
            return Ok(value);
        }
        let Some(field) = self.client_fields.get(path) else {
            return Err("is not a field that practice.yaml declares under `fields: client:`".into());
        };
        let value = match value {
            value if value.fits(&field.of) => value,
            other => json::read(&json::write(&other), &field.of).unwrap_or(other),
        };
        field.fault(&value).map_or(Ok(value), Err)
    }
}

/// What every client has.
const BUILT_IN: &[&str] = &["id", "name", "type", "status", "services", "office", "staff", "contacts", "source"];

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_core::value::{Currency, Type};

    fn world(fields: &[(&str, Type)]) -> World {
        let optional = |of: &Type| Field { optional: true, ..Field::of(of.clone()) };
        World {
            practice: Practice {
                name: "Larkfield & Rowe".into(),
                operator: None,
                default_assignee: None,
                currency: Currency::new("GBP").unwrap(),
                portal_required: false,
                services: Default::default(),
                offices: vec![],
            },
            zone: TimeZone::UTC,
            calendar: String::new(),
            calendars: BTreeMap::new(),
            opening: Time::midnight(),
            closing: Time::midnight(),
            client_fields: fields.iter().map(|(path, of)| ((*path).to_owned(), optional(of))).collect(),
            zones: Arc::new(|_| None),
            plugins: Arc::new(jobwright_plugin::NoPlugins),
        }
    }

    #[test]
    fn r19_a_field_takes_its_declared_type_and_no_other() {
        let world = world(&[("vat.registered", Type::Bool), ("vat.since", Type::Date), ("rate", Type::Decimal)]);
        let of = |path: &str, value: Value| world.typed(path, value).map(|value| format!("{} {value}", value.kind()));
        assert_eq!(of("vat.registered", Value::Bool(true)), Ok("bool true".into()));
        assert_eq!(of("vat.registered", Value::text("no")), Err("is text, where bool is asked".into()));
        assert_eq!(of("vat.since", Value::text("2026-02-03")), Ok("date 2026-02-03".into()));
        assert_eq!(of("vat.since", Value::text("tomorrow")), Err("is text, where date is asked".into()));
        assert_eq!(of("rate", Value::text("1.50")), Ok("decimal 1.50".into()));
        assert_eq!(of("rate", Value::Nothing), Ok("nothing nothing".into()));
        assert_eq!(of("name", Value::text("x")), Ok("text x".into()));
        for path in ["vat", "vat.registered.deep", "vat.number", "nothing"] {
            assert!(of(path, Value::text("x")).is_err(), "{path}");
        }
    }
}
