//! People by hand: from `K=V` to a change, and how people are shown.
//!
//! Owns: what the verbs `client`, `contact`, `staff` and `role` share. Leaves the keys to `definition`'s table, which
//! people files and imports go through too, and committing to the engine.

mod assignment;
mod card;
mod look_up;

pub use assignment::{Assignment, set_client, set_contact, set_staff};
pub use card::{client_card, client_json, clients_table, contact_card, contact_json, contacts_table, staff_json};
pub use card::{staff_card, staff_table};
pub use look_up::{ContactPath, Known};
