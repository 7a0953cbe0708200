//! Values that cannot be stored, clocks that jump, and an engine that goes on.
//!
//! Owns: rows r13, r15, r22, r24 and r122. Leaves tables of bounds to `core::bound`, of jumps to the runtime's `clock`.

mod stop;
mod time;
mod values;
