//! What the source documents demand of people, roles, staff and jobs, each behaviour by its number.
//!
//! Owns: one test a behaviour, from a practice's own texts to letters and exit codes, with both halves where a
//! behaviour has two. Leaves every table of cases to the file it stands under.

mod contacts;
mod documents;
mod people;
mod publishing;
mod roles;
mod staff;
mod timing;
