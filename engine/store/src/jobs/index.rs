//! The index rows of a job.
//!
//! Owns: the one function from a head to its rows; what a turn writes is the difference between two answers of it, so
//! the rows can always be worked out again from the heads.

use jobwright_core::{id::JobId, job::JobState, plan::OncePer};

use super::Head;
use crate::{
    Draft, Error, Key, Op, Pre, Reader, Space,
    record::key,
    sabotage::{Bug, is_planted},
    woken::Changed,
};

/// Index rows; a head has a handful.
pub(crate) type Rows = Vec<(Key, Vec<u8>)>;

/// Every index row that this head calls for.
pub(crate) fn rows(head: &Head) -> Rows {
    let mut rows = vec![(by_client(head), head.id.0.to_vec()), (key::job_by_suffix(head.id), vec![])];
    if head.state == JobState::Open {
        rows.push((key::job_by_version(head.hash, head.id), vec![]));
        rows.extend(head.outlook.wake_at.map(|at| (key::timer(at, head.id), vec![])));
        let waits = &head.outlook.waits;
        let on = |changed: &Changed| (key::waits(changed, Some(head.id)), vec![]);
        rows.extend((!waits.client.is_empty()).then(|| on(&Changed::Client(head.client.clone()))));
        rows.extend((!waits.staff.is_empty()).then(|| on(&Changed::Staff)));
    }
    rows
}

/// What leads from one head's rows to another's.
pub(super) fn difference(before: Option<&Head>, after: &Head) -> Draft {
    let Some(before) = before else {
        let taken = Draft::default().when(Pre::Absent(by_client(after)));
        return rows(after).into_iter().map(|(key, value)| Op::Put(key, value)).fold(taken, Draft::with);
    };
    if are_alike(before, after) {
        return Draft::default();
    }
    let (old, new) = (rows(before), rows(after));
    let draft = changes(&old, &new).fold(Draft::default(), Draft::with);
    let taken = by_client(after);
    if old.iter().any(|(key, _)| *key == taken) { draft } else { draft.when(Pre::Absent(taken)) }
}

/// Whether two heads of a job call for the same rows, which is so for most turns.
fn are_alike(one: &Head, other: &Head) -> bool {
    let asked = |head: &Head| {
        let waits = &head.outlook.waits;
        (
            head.state,
            head.hash,
            head.outlook.once_per,
            head.outlook.wake_at,
            waits.client.is_empty(),
            waits.staff.is_empty(),
        )
    };
    asked(one) == asked(other)
        && one.client == other.client
        && one.definition == other.definition
        && one.period == other.period
}

/// Changes from one set of index rows to another, in the order of keys.
fn changes(before: &Rows, after: &Rows) -> impl Iterator<Item = Op> + use<> {
    let goes = |key: &Key| !is_planted(Bug::IndexRowKept) && !after.iter().any(|(other, _)| other == key);
    let gone = before.iter().filter(move |(key, _)| goes(key));
    let gone = gone.map(|(key, _)| Op::Delete(key.clone()));
    let comes = |key: &Key| key.space != Space::Timer || !is_planted(Bug::TimerNotWritten);
    let new = after
        .iter()
        .filter(|row| comes(&row.0) && !before.contains(row))
        .map(|(key, value)| Op::Put(key.clone(), value.clone()));
    let mut changes: Vec<Op> = gone.chain(new).collect();
    changes.sort_by(|one, other| one.key().cmp(other.key()));
    changes.into_iter()
}

/// The job that has the place which this one would take, or take again, if it were open: its definition allows one.
pub fn holder(reader: &Reader<'_>, head: &Head) -> Result<Option<JobId>, Error> {
    let open = Head { state: JobState::Open, ..head.clone() };
    let row = reader.row(by_client(&open))?;
    let holder = row.map(|row| key::job_at_end(&row.value)).transpose()?;
    Ok(holder.filter(|job| *job != head.id))
}

/// The row that a second job of the same kind would find taken. A cancelled job leaves that place to another one.
fn by_client(head: &Head) -> Key {
    let fields = key::job_by_client(&head.client, Some(&head.definition));
    let period = head.period.as_ref().map_or("", |period| &period.key);
    let once_per = head.outlook.once_per.filter(|_| head.state != JobState::Cancelled);
    let fields = match once_per {
        Some(OncePer::Client) => fields,
        Some(OncePer::Period) => fields.text(period),
        None => fields.text(period).bytes(&head.id.0),
    };
    fields.in_space(Space::JobByClient)
}
