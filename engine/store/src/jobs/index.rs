//! The index rows of a job.
//!
//! Owns: the one function from a head to its rows; what a turn writes is the difference between two answers of it, so
//! the rows can always be worked out again from the heads.

use std::collections::BTreeMap;

use jobwright_core::{job::JobState, plan::OncePer};

use super::Head;
use crate::{Draft, Key, Op, Pre, Space, record::key, woken::Changed};

/// Index rows by key.
pub(crate) type Rows = BTreeMap<Key, Vec<u8>>;

/// Every index row that this head calls for.
pub(crate) fn rows(head: &Head) -> Rows {
    let mut rows = Rows::new();
    rows.insert(by_client(head), head.id.0.to_vec());
    rows.insert(key::job_by_suffix(head.id), vec![]);
    if head.state == JobState::Open {
        rows.insert(key::job_by_version(head.hash, head.id), vec![]);
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
    let (old, new) = (before.map(rows).unwrap_or_default(), rows(after));
    let draft = changes(&old, &new).into_iter().fold(Draft::default(), Draft::with);
    let taken = by_client(after);
    if old.contains_key(&taken) { draft } else { draft.when(Pre::Absent(taken)) }
}

/// Changes from one set of index rows to another.
fn changes(before: &Rows, after: &Rows) -> Vec<Op> {
    let gone = before.keys().filter(|key| !after.contains_key(key)).map(|key| Op::Delete(key.clone()));
    let new = after.iter().filter(|(key, value)| before.get(key) != Some(value));
    gone.chain(new.map(|(key, value)| Op::Put(key.clone(), value.clone()))).collect()
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
