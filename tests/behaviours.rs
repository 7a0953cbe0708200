//! What the source documents demand of people, roles and jobs: behaviours 1 to 23, each by its number.
//!
//! Owns: one test a behaviour, from a practice's own texts to letters and exit codes, with both halves where a
//! behaviour has two. Leaves every table of cases to the file it stands under.

mod contacts;
mod documents;
mod publishing;
mod roles;
mod timing;
