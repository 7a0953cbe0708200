//! What tests of the whole program share.
//!
//! Owns: a folder of its own for each test, and typing transcripts into it. Leaves what must come out to the tests.

mod folder;
mod transcript;

pub use folder::Folder;
pub use transcript::replay;
