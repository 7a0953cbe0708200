//! Jobs by the moment they want to be looked at.
//!
//! Owns: reading what has come due. Each open job has at most one timer; it is written with the job's head, see `jobs`,
//! so it can neither be lost nor ring for a moment that the job no longer has.

use jiff::Timestamp;
use jobwright_core::id::JobId;

use crate::{Error, Key, Range, Reader, Space, record::key};

/// Jobs whose moment has come, the longest overdue first.
pub fn due(reader: &Reader<'_>, now: Timestamp, limit: usize) -> Result<Vec<JobId>, Error> {
    let range = Range::between(Space::Timer, vec![], key::after_instant(now));
    reader.first(&range, limit)?.iter().map(|(key, _)| key::job_at_end(&key.bytes)).collect()
}

/// The next moment at which a job comes due, in whole milliseconds; it may have passed.
pub fn next_at(reader: &Reader<'_>) -> Result<Option<Timestamp>, Error> {
    let first = reader.first(&Range::all(Space::Timer), 1)?;
    first.first().map(|(key, _)| key::instant_at(&key.bytes, 0)).transpose()
}

/// The moment that a changed row is about, when it is a timer: for whoever keeps the next one in mind.
pub fn moment(key: &Key) -> Option<Timestamp> {
    (key.space == Space::Timer).then(|| key::instant_at(&key.bytes, 0).ok()).flatten()
}
