//! Rows about the store itself.
//!
//! Owns: the names of the meta rows and how their numbers are written. The format and the epoch are the store's own;
//! the time seen is written by whoever has a clock, inside its ordinary commits, and letters of a
//! restored store are let out by whoever knows which of them had left.

use crate::{Error, Key, Op, Space, Store, Versioned};

const FORMAT_NAME: &[u8] = b"format";
const EPOCH_NAME: &[u8] = b"epoch";
const TIME_NAME: &[u8] = b"time";
const RESTORED_NAME: &[u8] = b"restored";

/// The row with the store's format version.
pub fn format_key() -> Key {
    Key::new(Space::Meta, FORMAT_NAME)
}

/// The row with the owner's epoch.
pub fn epoch_key() -> Key {
    Key::new(Space::Meta, EPOCH_NAME)
}

/// The row with the latest time that any commit was decided at.
pub fn time_key() -> Key {
    Key::new(Space::Meta, TIME_NAME)
}

/// The latest time that was recorded, in milliseconds since 1970.
pub fn seen_time(store: &dyn Store) -> Result<Option<i64>, Error> {
    let row = store.get(&[time_key()])?.pop().flatten();
    row.map(|row| number(&row).map(u64::cast_signed)).transpose()
}

/// The store's time for a clock's reading, which never runs back, and the change that records it.
pub fn advance_time(store: &dyn Store, clock_ms: i64) -> Result<(i64, Op), Error> {
    let now = seen_time(store)?.map_or(clock_ms, |seen| seen.max(clock_ms));
    Ok((now, record_time(now)))
}

/// The change that records a time, for whoever knows that none after it was recorded.
pub fn record_time(now_ms: i64) -> Op {
    Op::Put(time_key(), now_ms.to_be_bytes().to_vec())
}

/// When this store was made of a backup, in seconds since 1970, and nobody has let its letters out since: some of them may
/// have left before, which only a person can know.
///
/// # Errors
/// When the row cannot be read.
pub fn restored_at(store: &dyn Store) -> Result<Option<i64>, Error> {
    let row = store.get(&[restored_key()])?.pop().flatten();
    row.map(|row| number(&row).map(u64::cast_signed)).transpose()
}

/// The change that holds the letters of a store that was made of a backup.
pub(crate) fn hold_letters(at: i64) -> Op {
    Op::Put(restored_key(), at.to_be_bytes().to_vec())
}

/// The change that lets them out.
pub fn release_letters() -> Op {
    Op::Delete(restored_key())
}

fn restored_key() -> Key {
    Key::new(Space::Meta, RESTORED_NAME)
}

pub(crate) fn is_reserved(key: &Key) -> bool {
    *key == format_key() || *key == epoch_key()
}

pub(crate) fn number_op(key: Key, number: u64) -> Op {
    Op::Put(key, number.to_be_bytes().to_vec())
}

pub(crate) fn number(row: &Versioned) -> Result<u64, Error> {
    match row.value.as_slice().try_into() {
        Ok(bytes) => Ok(u64::from_be_bytes(bytes)),
        Err(_) => Err(Error::Damaged { what: format!("a number of {} bytes", row.value.len()) }),
    }
}
