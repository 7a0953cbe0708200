//! What tests of the whole program share.
//!
//! Owns: a folder of its own for each test, the program in it or running beside it, the sample practice at work, a
//! practice in memory, a real mail server, typing transcripts, and how much of everything. Leaves what must come out to
//! the tests.

pub mod chance;
pub mod deadline;
mod folder;
pub mod mail_server;
mod office;
pub mod practice;
pub mod program;
pub mod running;
pub mod shim;
pub mod size;
pub mod story;
mod transcript;

pub use folder::Folder;
pub use office::{Office, chosen};
pub use transcript::replay;
