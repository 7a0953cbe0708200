//! The only place that knows bytes.
//!
//! Owns: what a row's value looks like. Its first byte is the version of the record, then comes the record in postcard;
//! a first byte of 0 says that the record, version and all, lies in the file whose hash follows. The core's types have
//! no stored form of their own: each has a mirror here, so that renaming in the core moves no byte, and adding to it
//! does not compile until somebody has said what old records mean.
//!
//! Fields and variants of a released mirror are never moved or removed; a new variant goes last. Any other change is a
//! new version beside the old one. `schemas/event/v1` holds a record of each event that must stay readable for ever.

use jobwright_core::id::Hash;

use crate::{Error, blob::ROW_BYTES_MAX, files};

mod definition;
mod directory;
mod effect;
mod event;
mod job;
pub(crate) mod key;
mod mirror;
mod people;
mod primitive;
#[cfg(test)]
mod tests;
mod value;

use mirror::{Fault, Mirror, mirror};

/// The first byte of a row whose record lies in a file.
const IN_FILE: u8 = 0;
/// Room for a record as most are.
const ROW_BYTES_USUAL: usize = 512;
/// Most bytes of a number that stands before a list.
const COUNT_BYTES_MAX: usize = 10;

/// Something that is stored as a row of its own.
pub(crate) trait Record: Mirror {
    /// What it is, for errors.
    const WHAT: &'static str;
    /// The version that is written.
    const VERSION: u8;

    /// What a record of an earlier version says, in the form of today.
    fn older(_version: u8, body: &[u8]) -> Result<Self::Row, postcard::Error> {
        postcard::from_bytes(body)
    }
}

/// What a row's value says.
pub(crate) enum Body<'a> {
    /// The record itself.
    Here(&'a [u8]),
    /// The file that holds it.
    File(Hash),
}

/// The record as bytes, however long.
pub(crate) fn encode<T: Record>(record: &T) -> Result<Vec<u8>, Error> {
    let unstorable = |why: String| Error::Unstorable { what: T::WHAT.into(), why };
    let row = record.to_row().map_err(|fault| unstorable(fault.0))?;
    let mut bytes = Vec::with_capacity(ROW_BYTES_USUAL);
    bytes.push(T::VERSION);
    postcard::to_extend(&row, bytes).map_err(|error| unstorable(error.to_string()))
}

/// Adds more elements to a record that is a list, behind those it has: without the number in front, see [`list`].
pub(crate) fn extend<L: Record, T: Mirror>(body: &mut Vec<u8>, elements: &[T]) -> Result<(), Error> {
    let unstorable = |why: String| Error::Unstorable { what: L::WHAT.into(), why };
    let mut bytes = std::mem::take(body);
    for element in elements {
        let row = element.to_row().map_err(|fault| unstorable(fault.0))?;
        bytes = postcard::to_extend(&row, bytes).map_err(|error| unstorable(error.to_string()))?;
    }
    *body = bytes;
    Ok(())
}

/// The record that is a list of so many elements, which stand in `body`.
pub(crate) fn list<L: Record>(count: usize, body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut start = Vec::with_capacity(1 + COUNT_BYTES_MAX + body.len());
    start.push(L::VERSION);
    let unstorable = |error: postcard::Error| Error::Unstorable { what: L::WHAT.into(), why: error.to_string() };
    let mut bytes = postcard::to_extend(&count, start).map_err(unstorable)?;
    bytes.extend_from_slice(body);
    Ok(bytes)
}

/// The elements of a list that lies in its row in the version that is written now: how many, and their bytes.
pub(crate) fn list_body<L: Record>(row: &[u8]) -> Option<(usize, &[u8])> {
    let (version, rest) = row.split_first()?;
    let is_known = *version == L::VERSION;
    is_known.then(|| postcard::take_from_bytes(rest).ok()).flatten()
}

/// The record that these bytes are.
pub(crate) fn decode<T: Record>(bytes: &[u8]) -> Result<T, Error> {
    let damaged = |why: &str| Error::Damaged { what: format!("a record ({}) {why}", T::WHAT) };
    match bytes.split_first() {
        None | Some((&IN_FILE, _)) => Err(damaged("is empty")),
        Some((&found, _)) if found > T::VERSION => Err(Error::NewerRecord { what: T::WHAT, found, known: T::VERSION }),
        Some((&found, rest)) if found < T::VERSION => match T::older(found, rest) {
            Ok(row) => T::from_row(row).map_err(|Fault(why)| damaged(&format!("cannot be read: {why}"))),
            Err(error) => Err(damaged(&format!("cannot be read: {error}"))),
        },
        Some((_, rest)) => match postcard::take_from_bytes::<T::Row>(rest) {
            Ok((row, [])) => T::from_row(row).map_err(|Fault(why)| damaged(&format!("cannot be read: {why}"))),
            Ok((_, rest)) => Err(damaged(&format!("has {} bytes too many", rest.len()))),
            Err(error) => Err(damaged(&format!("cannot be read: {error}"))),
        },
    }
}

/// The value that stands for these bytes in a row, and what must be kept in a file first.
pub(crate) fn row(bytes: Vec<u8>) -> (Vec<u8>, Option<Vec<u8>>) {
    if bytes.len() <= ROW_BYTES_MAX { (bytes, None) } else { in_file(bytes) }
}

/// The same, in a file whatever its size.
pub(crate) fn in_file(bytes: Vec<u8>) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut value = vec![IN_FILE];
    value.extend_from_slice(&files::hash(&bytes).0);
    (value, Some(bytes))
}

/// Tells a record from the name of its file.
pub(crate) fn body(value: &[u8]) -> Result<Body<'_>, Error> {
    match value {
        [IN_FILE, hash @ ..] => match hash.try_into() {
            Ok(hash) => Ok(Body::File(Hash(hash))),
            Err(_) => Err(Error::Damaged { what: format!("a file's name of {} bytes", hash.len()) }),
        },
        record => Ok(Body::Here(record)),
    }
}
