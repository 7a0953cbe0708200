//! The task types that ask people for something: `document_request`, `form`, `approval`, `signature`.
//!
//! Owns: the standard letter of each, used when a definition names no template. Leaves what a request is and when it is
//! done to `core`, where all of them are one machine; and finding the people to `recipient`. `manual` tasks belong to
//! staff, who find them in their list: nobody is written to.
#![warn(missing_docs)]

mod letter;

pub use letter::letters;
