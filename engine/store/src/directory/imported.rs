//! What the last import said of a client, a member of staff or a contact role.
//!
//! Owns: keeping it, key by key, beside the record it was said of. By it an import tells what the source has changed from
//! what a person changed here: a value that is no longer what the last import said was set by hand, whoever did it, and
//! stays. It outlives the record, so that what was removed by hand is not brought back either.

use std::collections::BTreeMap;

use jobwright_core::{directory::trail::Subject, id::ClientId, value::Value};

use crate::{Direction, Draft, Error, Listing, Loaded, Range, Reader, Space, record::key};

/// What an import said, by key. Of a contact the keys stand behind its id: `ann/email`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The values, as they were said.
    pub said: BTreeMap<String, Value>,
}

/// What the last import said; nothing when there was none.
pub fn imported(reader: &Reader<'_>, of: &Subject) -> Result<Imported, Error> {
    Ok(reader.load(key::imported(of))?.map(|loaded| loaded.value).unwrap_or_default())
}

/// What imports said of clients, in the order of their ids.
pub fn imported_clients(
    reader: &Reader<'_>,
    after: Option<&ClientId>,
    limit: usize,
) -> Result<Listing<(ClientId, Imported), ClientId>, Error> {
    let range = Range::prefix(Space::Inbox, key::imported_clients());
    let after = after.map(|id| key::imported(&Subject::Client(id.clone())));
    let read = |(key, row): (crate::Key, _)| {
        let imported: Loaded<Imported> = reader.read(&row)?;
        Ok((key::imported_client(&key.bytes)?, imported.value))
    };
    reader.list(&range, after, limit, Direction::Forward, read, |key| key::imported_client(&key.bytes))
}

/// Adds what an import says to the change that it makes.
pub fn put_imported(draft: &mut Draft, of: &Subject, said: &Imported) -> Result<(), Error> {
    draft.put(key::imported(of), said)
}
