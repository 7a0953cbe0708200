//! People's YAML in; diagnostics out, or a plan.
//!
//! Owns: reading, checking and compiling what people write, and saying what is wrong with it, all at once. Leaves files,
//! clocks and stores to others: text comes in as bytes, and everything here is a pure function of it.

pub mod calendar;
pub mod code;
pub mod diagnostic;
pub mod people;
pub mod practice;
pub mod render;
pub mod source;
pub mod suggest;
pub mod syntax;
pub mod typed;
