//! A running engine serves other verbs: what somebody types elsewhere runs here, and is answered there.
//!
//! Owns: the socket in the store's folder, and what is said over it. The engine's process does what concerns the store,
//! the caller's process all that concerns the caller: its output, its files, its terminal. Read in this order: `message`
//! is what is said, `frame` how it is cut, `ask` the caller's side, `serve` and `afar` the engine's. Leaves what verbs do
//! to them, and who asks at all to `reach`.

mod afar;
mod ask;
mod frame;
mod message;
mod place;
mod serve;

pub use ask::{Asked, Met, ask};
pub use place::{is_served, remove};
pub use serve::{Serving, serve};
