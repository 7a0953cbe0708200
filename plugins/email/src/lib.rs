//! The task type `email`: letters to bytes, and bytes onto the wire.
//!
//! Owns: what an e-mail address is, how a letter becomes MIME, the three transports and what their answers mean, where
//! the SMTP password comes from, and `Email`, which signs the engine's contract with all of it. Leaves whom to write
//! to, the wording, and when to try again to the engine.
#![warn(missing_docs)]

mod act;
pub mod address;
#[cfg(feature = "double")]
pub mod double;
mod html;
pub mod letter;
mod line;
mod panic;
pub mod secrets;
pub mod transport;

pub use act::{Email, NO_ANSWER, NO_CONNECTION, Sender};
pub use address::{Address, BadAddress, address};
pub use html::html_from_text;
pub use letter::{BadLetter, Letter, Person, mime};
pub use secrets::Secret;
pub use transport::{Envelope, Outcome, Transport};
