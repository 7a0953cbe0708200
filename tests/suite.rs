//! The one test binary: what crosses crates, and what people see.
//!
//! Owns: the list of modules, in reading order. Leaves units to the files they stand under.

mod backup;
mod bad_input;
mod behaviours;
mod bench;
mod cli;
mod clocks;
mod crash;
mod damage;
mod export;
mod faulty_io;
mod fuzz;
mod import;
mod kill;
mod logs;
mod mail;
mod planted;
mod plugins;
mod power;
mod reports;
mod schemas;
mod simulation;
mod socket;
mod stop;
mod stores;
mod support;
mod tidy;
mod workflows;
