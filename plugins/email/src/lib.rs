//! Letters to bytes, and bytes onto the wire.
//!
//! Owns: what an e-mail address is, how a letter becomes MIME, the three transports and what their answers mean, and
//! where the SMTP password comes from. Leaves whom to write to, the wording, and when to try again to the engine.
#![warn(missing_docs)]

pub mod address;
#[cfg(feature = "double")]
pub mod double;
mod html;
pub mod letter;
mod line;
pub mod secrets;
pub mod transport;

pub use address::{Address, BadAddress, address};
pub use html::html_from_text;
pub use letter::{BadLetter, Class, Letter, Person, mime};
pub use secrets::Secret;
pub use transport::{Envelope, FailureKind, Outcome, Transport};
