//! People's YAML in; diagnostics out, or a plan.
//!
//! Owns: reading, checking and compiling what people write, and saying what is wrong with it, all at once. Leaves files,
//! clocks and stores to others: text comes in as bytes, and everything here is a pure function of it.

pub mod calendar;
mod canonical;
mod check;
pub mod code;
mod compile;
mod decode;
pub mod definition;
pub mod diagnostic;
mod draft;
mod field;
mod include;
pub mod people;
mod plugins;
pub mod practice;
pub mod render;
pub mod scenario;
pub mod schema;
pub mod source;
pub mod suggest;
pub mod supported;
pub mod surroundings;
pub mod syntax;
pub mod typed;

pub use decode::FORMAT;
pub use decode::task::TaskType;
pub use include::Files;
