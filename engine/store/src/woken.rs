//! Who is woken by a change of people.
//!
//! Owns: the note of a change, written in the commit that makes it, and the jobs that wait for one. So healing needs no
//! running process: whoever opens the store next finds the note, wakes the jobs, and then removes it. A note is about
//! the client or the staff as a whole; which tasks wait stands in the job's head.

use jobwright_core::id::{ClientId, JobId};

use crate::{Direction, Draft, Error, Key, Listing, Loaded, Op, Pre, Range, Reader, record::key};

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// Somebody of the staff.
    Staff,
    /// A client, or one of its contacts.
    Client(ClientId),
}

/// Changes that nobody was woken for yet.
pub fn notes(reader: &Reader<'_>, limit: usize) -> Result<Vec<Loaded<Changed>>, Error> {
    let rows = reader.first(&key::notes(), limit)?;
    let note =
        |(key, row): &(Key, crate::Versioned)| Ok(Loaded { version: row.version, value: key::read_note(&key.bytes)? });
    rows.iter().map(note).collect()
}

/// Whether this row is the note of a change: for whoever keeps in mind that there is one.
pub fn is_note(key: &Key) -> bool {
    key::notes().holds(key)
}

/// Jobs that wait for such a change.
pub fn waiting(
    reader: &Reader<'_>,
    changed: &Changed,
    after: Option<JobId>,
    limit: usize,
) -> Result<Listing<JobId, JobId>, Error> {
    let range = Range::prefix(crate::Space::TaskByChange, key::waits(changed, None).bytes);
    let after = after.map(|job| key::waits(changed, Some(job)));
    let job = |key: &Key| key::job_at_end(&key.bytes);
    reader.list(&range, after, limit, Direction::Forward, |(key, _)| job(&key), job)
}

/// Removes a note once every job that waited has been woken, unless there was another change meanwhile.
pub fn seen(note: &Loaded<Changed>) -> Draft {
    let key = key::note(&note.value);
    Draft::default().when(Pre::Version(key.clone(), note.version)).with(Op::Delete(key))
}

pub(crate) fn note(changed: &Changed) -> Op {
    Op::Put(key::note(changed), vec![])
}
