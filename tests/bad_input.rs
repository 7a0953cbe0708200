//! What people and machines get wrong, told by the real program: what is wrong, why, and what to do next.
//!
//! Owns: the documented exit code of each, that nothing is left half done, and that nobody ever sees our insides.

mod disks;
mod files;
mod nasty;
mod typed;
