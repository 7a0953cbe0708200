//! What a plugin says and keeps: lines of the job's timeline, progress, and random bytes.
//!
//! Always there; needs no grant.

use crate::host;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// For whoever reads the timeline.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something went wrong.
    Error,
}

/// A line with fields: `log(Level::Info, "filed", json!({"receipt": receipt}))`.
pub fn log(level: Level, message: impl AsRef<str>, fields: Value) {
    host::log(level, message.as_ref(), &fields.to_string());
}

/// A line for the plugin's author.
pub fn debug(message: impl AsRef<str>) {
    host::log(Level::Debug, message.as_ref(), "");
}

/// A line for whoever reads the job's timeline.
pub fn info(message: impl AsRef<str>) {
    host::log(Level::Info, message.as_ref(), "");
}

/// Something is not as it should be.
pub fn warn(message: impl AsRef<str>) {
    host::log(Level::Warn, message.as_ref(), "");
}

/// Something went wrong.
pub fn error(message: impl AsRef<str>) {
    host::log(Level::Error, message.as_ref(), "");
}

/// Keeps progress that outlives this attempt: it is journaled when this returns.
///
/// # Errors
/// When the name was kept with another value, or there is too much, in words for staff.
pub fn checkpoint(name: &str, value: &impl Serialize) -> Result<(), String> {
    let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
    host::checkpoint(name, &text)
}

/// What this attempt of the call or an earlier one has kept; nothing too where it has another shape by now.
#[must_use]
pub fn checkpointed<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_str(&host::checkpointed(name)?).ok()
}

/// Random bytes, 1,024 at most: the same for the same name in every attempt of the call.
#[must_use]
pub fn random(name: &str, length: u32) -> Vec<u8> {
    host::random(name, length)
}
