//! People in, from files of others: a stream of what was read, handed on one client at a time.
//!
//! Owns: the form between reading and writing, so that a file of any length is never held whole. `table` reads CSV,
//! `columns` says what its columns mean, `whole` reads people files, `put` writes. Leaves keys and types to
//! `definition`'s table, which people's files and `client set` go through too.

mod columns;
mod put;
mod table;
mod whole;

pub use columns::{Columns, Map, read_map};
pub use put::{Counts, Put};
pub use table::read_table;
pub use whole::read_people;

use jobwright_core::directory::Client;
use jobwright_core::id::{ClientId, ContactId, RoleId, StaffId};
use jobwright_core::value::Value;

use crate::report::Result;

/// A client as it came in.
pub struct Incoming {
    /// Its id.
    pub id: ClientId,
    /// What the source calls it, when that is no id of ours.
    pub source: Option<String>,
    /// Where it stands.
    pub line: u64,
    /// What is said of it.
    pub said: Said,
}

/// What is said of a client.
pub enum Said {
    /// All that is known; what the source does not keep stays as it is.
    Whole(Box<Client>),
    /// Some keys; the others stay as they are.
    Some {
        /// The client's own.
        keys: Vec<(String, Value)>,
        /// Who works for it, by role; `primary` is one.
        staff: Vec<(Towards, Vec<StaffId>)>,
        /// Its contacts.
        contacts: Vec<IncomingContact>,
    },
}

/// What a member of staff is towards a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Towards {
    /// The one who looks after it.
    Primary,
    /// Holds a staff role.
    Role(RoleId),
}

/// A contact as it came in.
pub struct IncomingContact {
    /// Its id.
    pub id: ContactId,
    /// Whether the source gave that id, or it was made of a name or an address.
    pub id_is_given: bool,
    /// Where it stands.
    pub line: u64,
    /// What is said of it.
    pub keys: Vec<(String, Value)>,
}

/// Something in a file that is wrong, or doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `people.csv:12`.
    pub place: String,
    /// What, in words.
    pub why: String,
    /// The row was taken nevertheless.
    pub is_warning: bool,
}

/// Where a reader hands on what it reads.
pub trait Sink {
    /// A client that can be written.
    fn client(&mut self, file: &str, incoming: Incoming) -> Result<()>;
    /// Something that is wrong.
    fn fault(&mut self, fault: Fault) -> Result<()>;
    /// How far the file was read, in bytes.
    fn progress(&mut self, bytes: u64);
}

/// An id of ours from a text of theirs: lower case, anything else a hyphen. Nothing when no letter is left.
fn id_text(text: &str) -> Option<String> {
    let mut id = String::new();
    for letter in text.trim().chars() {
        match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => id.push(letter),
            _ if id.is_empty() || id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    id.truncate(jobwright_core::id::ID_BYTES_MAX);
    let id = id.trim_end_matches('-');
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::id_text;

    #[test]
    fn an_id_of_another_system_becomes_one_of_ours() {
        for (text, id) in [
            ("4711", Some("4711")),
            (" ACME-01 ", Some("acme-01")),
            ("Müller & Söhne", Some("m-ller-s-hne")),
            ("(001) / A", Some("001-a")),
            ("東京", None),
            ("", None),
        ] {
            assert_eq!(id_text(text).as_deref(), id, "{text}");
        }
        assert_eq!(id_text(&"x".repeat(200)).map(|id| id.len()), Some(64));
    }
}
