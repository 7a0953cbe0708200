//! The last row of a job's events, which grows.
//!
//! Owns: adding the events of a turn to the row before them, until it has about a kibibyte; then the next row begins. So
//! a job has few rows however often it takes a turn, and adding to one reads nothing. The row is the same record as one
//! written at once: its events one behind the other, and their number in front.

use jobwright_core::{event::Recorded, id::JobId};

use crate::{
    Draft, Error,
    record::{self, key},
};

/// A row of several turns is no longer than this; a turn that does not fit begins the next row.
pub const TAIL_BYTES_MAX: usize = 1024;

/// A row that more events may be added to. An empty one says that the next events begin a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The number of its first event.
    first: u64,
    /// How many events it holds.
    count: usize,
    /// They, as they are stored.
    body: Vec<u8>,
}

impl Tail {
    /// The tail that a stored row is. One in a file, or of another version, is not added to.
    pub(super) fn of(row: &[u8], events: &[Recorded]) -> Self {
        let known = record::list_body::<Vec<Recorded>>(row).filter(|(count, _)| *count == events.len());
        match (events.first(), known) {
            (Some(first), Some((count, body))) => Self { first: first.number, count, body: body.to_vec() },
            _ => Self::default(),
        }
    }

    /// Adds the events of a turn, and the row they make to the draft.
    pub(super) fn grow(&mut self, job: JobId, events: &[Recorded], draft: &mut Draft) -> Result<(), Error> {
        let Some(first) = events.first() else { return Ok(()) };
        let (whole, count) = (self.body.len(), self.count);
        if self.body.capacity() == 0 {
            self.body.reserve(TAIL_BYTES_MAX);
        }
        record::extend::<Vec<Recorded>, _>(&mut self.body, events)?;
        self.count += events.len();
        if count == 0 || self.body.len() > TAIL_BYTES_MAX {
            self.body.drain(..whole);
            (self.first, self.count) = (first.number, events.len());
        }
        let row = record::list::<Vec<Recorded>>(self.count, &self.body)?;
        if draft.put_bytes(key::events(job, self.first), row) {
            *self = Self::default();
        }
        Ok(())
    }
}
