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
const HALTED_NAME: &[u8] = b"letters";
/// Bytes of a row before its texts: the kind, two moments, a count.
const HALTED_HEAD: usize = 1 + 8 + 8 + 4;

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

/// Why no letter could leave when one was last tried: kept, so that the next process knows, and anybody can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halted {
    /// Somebody must mend it; otherwise it passes by itself.
    pub until_mended: bool,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// When a letter is tried again, in milliseconds since 1970.
    pub again_ms: i64,
    /// How often a letter was tried since.
    pub times: u32,
    /// The way out that it was, in one line.
    pub way_out: String,
    /// In words for people.
    pub why: String,
}

/// Why no letter could leave when one was last tried, if so.
///
/// # Errors
/// When the row cannot be read.
pub fn halted(store: &dyn Store) -> Result<Option<Halted>, Error> {
    let row = store.get(&[halted_key()])?.pop().flatten();
    row.map(|row| {
        let damaged = || Error::Damaged { what: "the row that says why letters wait".into() };
        read_halted(&row.value).ok_or_else(damaged)
    })
    .transpose()
}

/// The change that says so.
pub fn halt(halted: &Halted) -> Op {
    let mut bytes = Vec::with_capacity(HALTED_HEAD + halted.way_out.len() + 1 + halted.why.len());
    bytes.push(u8::from(halted.until_mended));
    bytes.extend_from_slice(&halted.since_ms.to_be_bytes());
    bytes.extend_from_slice(&halted.again_ms.to_be_bytes());
    bytes.extend_from_slice(&halted.times.to_be_bytes());
    bytes.extend_from_slice(halted.way_out.replace('\n', " ").as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(halted.why.as_bytes());
    Op::Put(halted_key(), bytes)
}

/// The change that says that letters leave again.
pub fn unhalt() -> Op {
    Op::Delete(halted_key())
}

/// The row that says why no letter could leave.
pub fn halted_key() -> Key {
    Key::new(Space::Meta, HALTED_NAME)
}

fn read_halted(bytes: &[u8]) -> Option<Halted> {
    let (kind, rest) = bytes.split_first()?;
    let (since, rest) = rest.split_first_chunk::<8>()?;
    let (again, rest) = rest.split_first_chunk::<8>()?;
    let (times, rest) = rest.split_first_chunk::<4>()?;
    let (way_out, why) = std::str::from_utf8(rest).ok()?.split_once('\n')?;
    Some(Halted {
        until_mended: *kind == 1,
        since_ms: i64::from_be_bytes(*since),
        again_ms: i64::from_be_bytes(*again),
        times: u32::from_be_bytes(*times),
        way_out: way_out.into(),
        why: why.into(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_letters_wait_is_kept_word_for_word_and_a_damaged_row_is_told() {
        let halted = Halted {
            until_mended: true,
            since_ms: -5,
            again_ms: i64::MAX,
            times: 7,
            way_out: "mail.example:587".into(),
            why: "it refuses our login\nüber alles".into(),
        };
        let Op::Put(_, bytes) = halt(&halted) else { panic!("a row is written") };
        assert_eq!(read_halted(&bytes), Some(halted));
        for cut in [0, 1, HALTED_HEAD - 1, HALTED_HEAD] {
            assert_eq!(read_halted(&bytes[..cut]), None, "{cut}");
        }
    }
}
