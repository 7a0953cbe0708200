//! Jobs: their heads and their events.
//!
//! Owns: writing the events of a turn with the head they lead to, reading a job back, and lists of jobs. A job is one
//! head, which lists answer from, and its events, which are all that it is made of; they lie in a few rows of which the
//! last one grows, see `tail`. Every index row follows from the head alone, see `index`.

mod child;
mod find;
mod head;
pub(crate) mod index;
mod tail;
#[cfg(test)]
mod tests;

pub use child::{ChildOf, child_of, parent};
pub use find::{Found, NAME_DIGITS_MIN, find, of_client};
pub use head::{Head, OpenTask, Outlook, PEOPLE_SHOWN_MAX, TASKS_SHOWN_MAX, Waits};
pub use index::holder;
pub use tail::{TAIL_BYTES_MAX, Tail};

use jobwright_core::{
    event::Recorded,
    id::{Hash, JobId},
};

use crate::{
    Direction, Draft, Error, Key, Listing, Loaded, Pre, Range, Reader, Space,
    record::{Record, key},
};

/// Rows of events that are read at once.
const EVENT_ROWS_PAGE: usize = 100;

/// A job, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedJob {
    /// Its head, with the version the next turn must find.
    pub head: Loaded<Head>,
    /// Its events from the first one on.
    pub events: Vec<Recorded>,
    /// The row that the next events are added to.
    pub tail: Tail,
}

/// Writes the events of a turn and the head they lead to, if nobody moved the job meanwhile. The tail moves with them:
/// it is as true as this commit, and forgotten with it.
///
/// A new job that its definition allows only one of loses its commit by a conflict when there is one already; what the
/// definition allows is asked when the job opens and then kept.
pub fn append(
    before: Option<&Loaded<Head>>,
    after: &Head,
    events: &[Recorded],
    tail: &mut Tail,
) -> Result<Draft, Error> {
    check_order(before.map_or(0, |before| before.value.events), after, events)?;
    let version = before.map_or(0, |before| before.version);
    let kept;
    let after = match before {
        Some(before) if before.value.outlook.once_per != after.outlook.once_per => {
            kept = Head { outlook: before.value.outlook.keeping_once_per(&after.outlook), ..after.clone() };
            &kept
        }
        _ => after,
    };
    let mut draft = Draft::default().when(Pre::Version(key::head(after.id), version));
    tail.grow(after.id, events, &mut draft)?;
    draft.put(key::head(after.id), after)?;
    Ok(draft.and(index::difference(before.map(|before| &before.value), after)))
}

/// Writes a head anew without an event: when the job wants to be looked at, and what it waits for.
pub fn rewrite(before: &Loaded<Head>, after: &Head) -> Result<Draft, Error> {
    append(Some(before), after, &[], &mut Tail::default())
}

/// Whether a new job lost its commit because its definition allows only one and there is one.
pub fn is_second(lost: &Pre) -> bool {
    matches!(lost, Pre::Absent(key) if key.space == Space::JobByClient)
}

/// Takes a job that cannot be moved out of the way: it keeps its place in lists, says why, and is not woken by time.
pub fn set_aside(before: &Loaded<Head>, why: String) -> Result<Draft, Error> {
    let outlook = Outlook { wake_at: None, ..before.value.outlook.clone() };
    rewrite(before, &Head { set_aside: Some(why), outlook, ..before.value.clone() })
}

/// A job's head.
pub fn head(reader: &Reader<'_>, job: JobId) -> Result<Option<Loaded<Head>>, Error> {
    reader.load(key::head(job))
}

/// A job's head and all its events.
pub fn load(reader: &Reader<'_>, job: JobId) -> Result<Option<LoadedJob>, Error> {
    head(reader, job)?.map(|head| events_of(reader, head)).transpose()
}

/// A job as it was when its head was read, whatever was committed since.
fn events_of(reader: &Reader<'_>, head: Loaded<Head>) -> Result<LoadedJob, Error> {
    let job = head.value.id;
    let range = Range::prefix(Space::Event, job.0);
    let (mut events, mut tail, mut after) = (Vec::<Recorded>::new(), Tail::default(), None);
    loop {
        let page = reader.page(&range, after.as_ref(), EVENT_ROWS_PAGE, Direction::Forward)?;
        for (_, row) in &page.rows {
            let read = reader.read::<Vec<Recorded>>(row)?.value;
            tail = Tail::of(&row.value, &read);
            events.extend(read);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    // A turn may have been committed between the head and the events; what it added belongs to a later head.
    if events.last().is_some_and(|last| last.number > head.value.events) {
        events.retain(|event| event.number <= head.value.events);
        tail = Tail::default();
    }
    if events.len() as u64 != head.value.events || events.iter().zip(1..).any(|(event, number)| event.number != number)
    {
        return Err(Error::Damaged { what: format!("job {job} lacks some of its {} events", head.value.events) });
    }
    Ok(LoadedJob { head, events, tail })
}

/// One event of a job, which must have it.
pub fn event(reader: &Reader<'_>, job: JobId, number: u64) -> Result<Recorded, Error> {
    // The row that holds it is the last one that begins with it or before it.
    let range = Range::prefix(Space::Event, job.0);
    let behind = key::events(job, number.saturating_add(1));
    let page = reader.page(&range, Some(&behind), 1, Direction::Backward)?;
    let events = page.rows.first().map(|(_, row)| reader.read::<Vec<Recorded>>(row)).transpose()?;
    let event = events.and_then(|events| events.value.into_iter().find(|event| event.number == number));
    event.ok_or_else(|| Error::Damaged { what: format!("job {job} lacks its event {number}") })
}

/// Which job's head a changed row is: for whoever keeps jobs that were read.
pub fn changed(key: &Key) -> Option<JobId> {
    (key.space == Space::Job).then(|| key::job_at_end(&key.bytes).ok()).flatten()
}

/// Heads of all jobs in the order in which they were opened, or newest first.
pub fn list(
    reader: &Reader<'_>,
    after: Option<JobId>,
    limit: usize,
    direction: Direction,
) -> Result<Listing<Loaded<Head>, JobId>, Error> {
    let range = Range::all(Space::Job);
    let head = |(_, row)| reader.read(&row);
    reader.list(&range, after.map(key::head), limit, direction, head, |key| key::job_at_end(&key.bytes))
}

/// Open jobs that follow this version of a definition.
pub fn open_of(
    reader: &Reader<'_>,
    hash: Hash,
    after: Option<JobId>,
    limit: usize,
) -> Result<Listing<JobId, JobId>, Error> {
    let range = Range::prefix(Space::JobByVersion, hash.0);
    let after = after.map(|job| key::job_by_version(hash, job));
    let job = |key: &Key| key::job_at_end(&key.bytes);
    reader.list(&range, after, limit, Direction::Forward, |(key, _)| job(&key), job)
}

/// All open jobs, those of one version together.
pub fn open(
    reader: &Reader<'_>,
    after: Option<(Hash, JobId)>,
    limit: usize,
) -> Result<Listing<JobId, (Hash, JobId)>, Error> {
    let range = Range::all(Space::JobByVersion);
    let after = after.map(|(hash, job)| key::job_by_version(hash, job));
    let mark = |key: &Key| key::read_job_by_version(&key.bytes);
    reader.list(&range, after, limit, Direction::Forward, |(key, _)| key::job_at_end(&key.bytes), mark)
}

/// A head is worth nothing without the events before it.
fn check_order(before: u64, after: &Head, events: &[Recorded]) -> Result<(), Error> {
    let numbers = || events.iter().map(|event| event.number);
    if numbers().eq(before + 1..=after.events) && before + events.len() as u64 == after.events {
        return Ok(());
    }
    let why = format!("events {:?} do not lead from event {before} to {}", numbers().collect::<Vec<_>>(), after.events);
    Err(Error::Unstorable { what: format!("{} {}", Head::WHAT, after.id), why })
}
