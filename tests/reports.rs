//! What people met in a release before this one: each row of the reports (r01 to r127) as a kind, by its number.
//!
//! Owns: one test or more a row, through a door of the product, that fails without the mend. Leaves tables of cases to
//! the files they stand under.

mod acts;
mod children;
mod claims;
mod clock;
mod import;
mod language;
mod letters;
mod people;
mod plugins;
mod rights;
mod store;
