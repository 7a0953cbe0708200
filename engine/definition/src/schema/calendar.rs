//! The schema of a calendar.
//!
//! Owns: its keys. Reading it is for `crate::calendar`.

use serde_json::{Value as Json, json};

use super::part::{day, format, id, mapping, may, must, text};
use crate::calendar::HOLIDAYS_MAX;

pub(super) fn calendar() -> Json {
    let holidays = json!({
        "type": "object", "propertyNames": day(), "additionalProperties": text(), "maxProperties": HOLIDAYS_MAX,
    });
    mapping([
        format(),
        must("id", "What definitions and practice.yaml call it, for ever.", id()),
        must("name", "What people call it.", text()),
        may("source", "Where the days were taken from.", text()),
        must("holidays", "Each day that is not worked, and why. Weekends need not be listed.", holidays),
    ])
}
