//! What a plugin may read: the job's client and the practice's staff, as far as its grant goes.
//!
//! Each answer is read as whatever the caller asks for: `let client: Client = records::client(&["name"])?`.

use crate::{Failure, host};
use serde::de::DeserializeOwned;
use std::fmt;

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The practice has not granted this.
    NotGranted(String),
    /// There is none.
    NotFound,
    /// It is more than may be read.
    TooLarge,
    /// It has another shape than was asked for.
    Unexpected(String),
}

impl ReadError {
    /// As a failure with a code of the plugin's own.
    #[must_use]
    pub fn failure(&self, code: &str) -> Failure {
        match self {
            Self::NotGranted(_) => Failure::needs_person(code, self.to_string()),
            Self::NotFound | Self::TooLarge | Self::Unexpected(_) => Failure::permanent(code, self.to_string()),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGranted(what) => write!(to, "the plugin may not read {what}; grant it or do without"),
            Self::NotFound => write!(to, "what the plugin wants to read is not there"),
            Self::TooLarge => write!(to, "what the plugin wants to read is too large"),
            Self::Unexpected(how) => write!(to, "what the plugin has read has another shape: {how}"),
        }
    }
}

/// The granted ones of these fields of the job's client.
///
/// # Errors
/// As [`ReadError`] says.
pub fn client<T: DeserializeOwned>(fields: &[&str]) -> Result<T, ReadError> {
    shaped(&host::client(&owned(fields))?)
}

/// The client's contacts: a list.
///
/// # Errors
/// As [`ReadError`] says.
pub fn contacts<T: DeserializeOwned>(fields: &[&str]) -> Result<T, ReadError> {
    shaped(&host::contacts(&owned(fields))?)
}

/// The practice's staff: a list.
///
/// # Errors
/// As [`ReadError`] says.
pub fn staff<T: DeserializeOwned>(fields: &[&str]) -> Result<T, ReadError> {
    shaped(&host::staff(&owned(fields))?)
}

/// The outputs of another task of the job.
///
/// # Errors
/// As [`ReadError`] says.
pub fn outputs<T: DeserializeOwned>(task: &str) -> Result<T, ReadError> {
    shaped(&host::outputs(task)?)
}

/// Bytes of a document of the job, by its hash.
///
/// # Errors
/// As [`ReadError`] says.
pub fn document(hash: &str, offset: u64, length: u32) -> Result<Vec<u8>, ReadError> {
    host::document(hash, offset, length)
}

fn owned(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|&field| field.to_owned()).collect()
}

fn shaped<T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::Unexpected(error.to_string()))
}
