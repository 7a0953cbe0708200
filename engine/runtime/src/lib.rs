//! The shell: where things happen.
//!
//! Owns: the turn, the commit around it, the dispatch of effects, the clock. Leaves every rule to `core`, what survives
//! to `store`, and what a letter or a script does to the task types. Which store, which clock and which task types is
//! said by whoever opens an `Engine`.
#![warn(missing_docs)]

mod access;
pub mod answer;
mod calls;
mod clock;
mod counters;
mod desk;
mod dispatch;
mod engine;
mod error;
pub mod facts;
mod failure;
mod prepared;
pub mod turn;
mod world;

pub use access::{Unseen, Viewer};
pub use clock::{BELIEVED_AFTER, Clock, JUMP_MAX, Jump, Sample, Samples};
pub use counters::{BATCH_SIZES, Counted, Counters};
pub use dispatch::Driven;
pub use engine::{
    AHEAD_MAX, BEHIND_MAX, ClockDoubt, ClockPlan, Compile, Condition, Done, Engine, Existing, Halt, IN_DOUBT,
    ImportedClient, Looked, Parent, Parts, Pause, Plans, Publish, Published, Start, Started, TaskTypes, Troubles,
    Woken,
};
pub use error::Error;
pub use failure::FAILURE_BYTES_MAX;
pub use prepared::{Prepared, Unprepared};
pub use turn::DurableSteps;
pub use world::{World, Zones};
