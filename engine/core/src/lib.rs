//! The machine: values in, values out.
//!
//! Owns every rule by which a job moves. Has no clock, file, thread, async or log: time, ids and answers arrive inside
//! commands, and what happened leaves as events. `no_std` makes the compiler hold that wall.
#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod calendar;
pub mod date;
pub mod id;
pub mod value;
