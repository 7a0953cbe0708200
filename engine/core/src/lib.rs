//! The machine: values in, values out.
//!
//! Owns every rule by which a job moves. Has no clock, file, thread, async or log: time, ids and answers arrive inside
//! commands, and what happened leaves as events. `no_std` makes the compiler hold that wall.
//!
//! Read in this order: `value`, `id` and `directory` are the nouns, and `bound` is how much of them can be stored; `plan` is a compiled definition; `command`,
//! `event`, `effect` and `question` are the four vocabularies; `task` and `job` are the machine.
#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod access;
pub mod address;
pub mod bound;
pub mod calendar;
pub mod command;
pub mod date;
pub mod directory;
pub mod effect;
pub mod event;
pub mod id;
pub mod invisible;
pub mod job;
pub mod plan;
pub mod question;
pub mod recipient;
pub mod retry;
pub mod task;
pub mod value;
pub mod visible;
