//! People in, from files of others.
//!
//! Owns: the form between reading and writing: a client with the rows that speak of it. `cells` cuts a table, `columns`
//! says what its columns mean, `table` makes clients of its rows, `whole` reads people files; `identity` finds who is
//! there already, `merge` decides what becomes of each value, `plan` puts both together and writes. Leaves keys and types
//! to `definition`'s table, which people's files and `client set` go through too.
//!
//! One rule for errors: a client with a wrong row is left out with all its rows, and a file of which it is not certain
//! where its rows end is not used at all. Everything wrong is told at once, and nothing is written before all is read.

mod cells;
mod columns;
mod dates;
mod identity;
mod ids;
mod merge;
mod plan;
mod references;
mod table;
mod whole;

pub use columns::{Map, names, read_map};
pub use plan::{Change, Counts, Outcome, Plan, Told};
pub use table::{Table, read_table};
pub use whole::{Read, read_people};

use jobwright_core::value::Value;

/// A client as it came in.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// What the source calls it.
    pub reference: String,
    /// The source speaks of our own ids: nothing is derived.
    pub is_exact: bool,
    /// The lines that speak of it.
    pub lines: Vec<u64>,
    /// What is said of it, and in which line.
    pub said: Vec<(String, Value, u64)>,
    /// Its contacts.
    pub contacts: Vec<IncomingContact>,
    /// What is wrong with its rows, by line.
    pub faults: Vec<(u64, String)>,
    /// What is doubtful about them.
    pub warnings: Vec<(u64, String)>,
}

/// A contact as it came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncomingContact {
    /// What the source calls it; nothing when it has no ids.
    pub reference: Option<String>,
    /// Where it stands.
    pub line: u64,
    /// What is said of it.
    pub said: Vec<(String, Value)>,
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

impl Incoming {
    /// What is said of a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.said.iter().find(|(one, ..)| one == key).map(|(_, value, _)| value)
    }

    /// What it is called, when that is said.
    pub fn name(&self) -> Option<&str> {
        self.value("name").and_then(Value::as_text)
    }

    /// Its first line.
    pub fn line(&self) -> u64 {
        self.lines.first().copied().unwrap_or_default()
    }
}

impl IncomingContact {
    /// What is said of a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.said.iter().find(|(one, _)| one == key).map(|(_, value)| value)
    }

    /// What the person is called, when that is said.
    pub fn name(&self) -> Option<&str> {
        self.value("name").and_then(Value::as_text)
    }

    /// The person's address, when that is said.
    pub fn email(&self) -> Option<&str> {
        self.value("email").and_then(Value::as_text)
    }
}

/// A name as it is compared: spaces, case and invisible signs do not count.
fn folded_name(name: &str) -> String {
    ids::reference(name).to_lowercase()
}
