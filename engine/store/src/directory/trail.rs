//! The trail of the directory as it is kept.
//!
//! Owns: writing an entry with the change that it tells of, and reading the entries of one subject or of all. An entry is
//! never changed and never removed. Leaves what is in it to the core.

use jobwright_core::directory::trail::{Entry, Subject};

use crate::{Direction, Draft, Error, Key, Listing, Range, Reader, Space, record::key};

/// Keeps an entry, with the change it tells of: `before` is the version of the row that is changed.
pub fn note_change(entry: &Entry, before: u64) -> Result<Draft, Error> {
    let mut draft = Draft::default();
    if !entry.changes.is_empty() {
        draft.put(key::trail(&entry.subject, before, entry.at), entry)?;
    }
    Ok(draft)
}

/// The latest changes of one subject, newest first, at most so many.
pub fn changes_of(reader: &Reader<'_>, subject: &Subject, limit: usize) -> Result<Vec<Entry>, Error> {
    let page = reader.page(&key::trail_of(subject), None, limit, Direction::Backward)?;
    page.rows.iter().map(|(_, row)| reader.read(row).map(|entry| entry.value)).collect()
}

/// All changes, subject by subject, each in its order.
pub fn all_changes(reader: &Reader<'_>, after: Option<Key>, limit: usize) -> Result<Listing<Entry, Key>, Error> {
    let read = |(_, row)| reader.read(&row).map(|entry| entry.value);
    reader.list(&Range::all(Space::Audit), after, limit, Direction::Forward, read, |key| Ok(key.clone()))
}
