//! The people of the practice: clients with their contacts, staff, contact roles.
//!
//! Owns: reading and changing them. A client is one row with all its contacts, so the version of that row is the version
//! of everything a selector may see of the client; a list of staff has such a row too. Every change moves it and leaves
//! a note for the jobs that wait, see `woken`. Leaves to the core what a change makes of a client.

mod imported;
mod search;
#[cfg(test)]
mod tests;
mod trail;

pub use imported::{Imported, imported, imported_clients, put_imported};
pub use search::{Hit, SEARCHED_ROWS_MAX, WORD_BYTES_MAX, search};
pub use trail::{all_changes, changes_of, note_change};

use jobwright_core::{
    directory::{Client, Staff},
    id::{ClientId, RoleId, StaffId},
};

use crate::{
    Direction, Draft, Error, Key, Listing, Loaded, Op, Pre, Range, Reader, Space,
    record::key,
    sabotage::{Bug, is_planted},
    woken::{self, Changed},
};

/// How often a list of staff is read again when it changes while it is read.
const STAFF_READS_MAX: usize = 16;

/// Most contact roles that are listed.
const ROLES_MAX: usize = 1000;

/// A role that a practice ticks on contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRole {
    /// The role.
    pub id: RoleId,
    /// What the practice calls it.
    pub label: String,
    /// What it is for.
    pub hint: Option<String>,
}

/// A client with its contacts, and the version that stands for them. A deleted client keeps its version.
pub fn client(reader: &Reader<'_>, id: &ClientId) -> Result<Loaded<Option<Client>>, Error> {
    Ok(reader.load(key::client(id))?.unwrap_or(Loaded { version: 0, value: None }))
}

/// Clients in the order of their ids.
pub fn clients(
    reader: &Reader<'_>,
    after: Option<&ClientId>,
    limit: usize,
) -> Result<Listing<Loaded<Client>, ClientId>, Error> {
    let range = Range::all(Space::Client);
    let present =
        |loaded: Loaded<Option<Client>>| loaded.value.map(|client| Loaded { version: loaded.version, value: client });
    let read = |(_, row)| reader.read(&row).map(present);
    let page = reader
        .list(&range, after.map(key::client), limit, Direction::Forward, read, |key| key::client_id(&key.bytes))?;
    Ok(Listing { found: page.found.into_iter().flatten().collect(), next: page.next })
}

/// Writes a client, new or changed, with all its contacts.
pub fn put_client(before: &Loaded<Option<Client>>, after: &Client) -> Result<Draft, Error> {
    change_client(&after.id, before, Some(after))
}

/// Removes a client with its contacts. Its jobs stay, and find nobody.
pub fn delete_client(before: &Loaded<Option<Client>>) -> Result<Draft, Error> {
    before.value.as_ref().map_or_else(|| Ok(Draft::default()), |client| change_client(&client.id, before, None))
}

/// The rows by which a search finds a client.
pub(crate) fn words(client: &Client) -> Vec<Key> {
    search::rows(client).into_iter().collect()
}

/// Holds if the client is still as it was read; for whoever decided something by it.
pub fn client_unchanged(id: &ClientId, version: u64) -> Pre {
    Pre::Version(key::client(id), version)
}

/// All staff as listed, and the version that stands for them.
pub fn staff(reader: &Reader<'_>) -> Result<Loaded<Vec<Staff>>, Error> {
    for _ in 0..STAFF_READS_MAX {
        let Some(order) = reader.load::<Vec<StaffId>>(key::staff_version())? else {
            return Ok(Loaded { version: 0, value: vec![] });
        };
        let keys: Vec<_> = order.value.iter().map(key::staff).collect();
        let found = reader.load_each::<Staff>(&keys)?;
        if reader.row(key::staff_version())?.is_some_and(|row| row.version == order.version) {
            let gone = || Error::Damaged { what: "staff is listed that is not there".into() };
            let staff = found.into_iter().map(|one| one.map(|one| one.value).ok_or_else(gone));
            return Ok(Loaded { version: order.version, value: staff.collect::<Result<_, _>>()? });
        }
    }
    Err(Error::Damaged { what: format!("the list of staff changed {STAFF_READS_MAX} times while it was read") })
}

/// Writes a member of staff; a new one is listed last.
pub fn put_staff(before: &Loaded<Vec<Staff>>, after: &Staff) -> Result<Draft, Error> {
    let mut ids: Vec<_> = before.value.iter().map(|one| one.id.clone()).collect();
    if !ids.contains(&after.id) {
        ids.push(after.id.clone());
    }
    let mut draft = change_staff(before, &ids)?;
    draft.put(key::staff(&after.id), after)?;
    Ok(draft)
}

/// Removes a member of staff. Who has left is better kept and switched off.
pub fn delete_staff(before: &Loaded<Vec<Staff>>, id: &StaffId) -> Result<Draft, Error> {
    let others = before.value.iter().map(|one| one.id.clone()).filter(|other| other != id);
    Ok(change_staff(before, &others.collect())?.with(Op::Delete(key::staff(id))))
}

/// Lists staff in this order; whoever is not named follows as before.
pub fn order_staff(before: &Loaded<Vec<Staff>>, first: &[StaffId]) -> Result<Draft, Error> {
    let mut ids: Vec<_> = before.value.iter().map(|one| one.id.clone()).collect();
    ids.sort_by_key(|id| first.iter().position(|one| one == id).unwrap_or(first.len()));
    change_staff(before, &ids)
}

/// Whose record a changed row is, when it belongs to the directory: for whoever keeps what was read.
pub fn changed(key: &Key) -> Option<Changed> {
    match key.space {
        Space::Client => key::client_id(&key.bytes).ok().map(Changed::Client),
        Space::Staff => Some(Changed::Staff),
        _ => None,
    }
}

/// Holds if staff is still as it was read; for whoever decided something by it.
pub fn staff_unchanged(version: u64) -> Pre {
    Pre::Version(key::staff_version(), version)
}

/// All contact roles by their ids.
pub fn roles(reader: &Reader<'_>) -> Result<Vec<ContactRole>, Error> {
    let rows = reader.first(&Range::all(Space::Role), ROLES_MAX)?;
    rows.iter().map(|(_, row)| reader.read(row).map(|role| role.value)).collect()
}

/// A contact role.
pub fn role(reader: &Reader<'_>, id: &RoleId) -> Result<Option<ContactRole>, Error> {
    Ok(reader.load(key::role(id))?.map(|role| role.value))
}

/// Writes a contact role, new or changed.
pub fn put_role(role: &ContactRole) -> Result<Draft, Error> {
    let mut draft = Draft::default();
    draft.put(key::role(&role.id), role)?;
    Ok(draft)
}

/// Removes a contact role from the practice's list; ticks on contacts stay.
pub fn delete_role(id: &RoleId) -> Draft {
    Draft::default().with(Op::Delete(key::role(id)))
}

fn change_client(id: &ClientId, before: &Loaded<Option<Client>>, after: Option<&Client>) -> Result<Draft, Error> {
    let mut draft = Draft::default().when(client_unchanged(id, before.version));
    draft.put(key::client(id), &after.cloned())?;
    let words = |client: Option<&Client>| client.map(search::rows).unwrap_or_default();
    let (old, new) = (words(before.value.as_ref()), words(after));
    draft.early(new.difference(&old).map(|key| Op::Put(key.clone(), vec![])));
    draft.late(old.difference(&new).map(|key| Op::Delete(key.clone())));
    // Nobody can wait for a client that never was.
    let waited_for = before.version > 0 && !is_planted(Bug::NoteNotWritten);
    Ok(if waited_for { draft.with(woken::note(&Changed::Client(id.clone()))) } else { draft })
}

fn change_staff(before: &Loaded<Vec<Staff>>, ids: &Vec<StaffId>) -> Result<Draft, Error> {
    let mut draft = Draft::default().when(staff_unchanged(before.version));
    draft.put(key::staff_version(), ids)?;
    Ok(draft.with(woken::note(&Changed::Staff)))
}
