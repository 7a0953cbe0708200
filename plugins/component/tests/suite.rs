//! The host of plugins, from the outside.
//!
//! Owns: one binary for everything that needs a component. Guests are WebAssembly text, made into components as every
//! toolchain does it, so no toolchain is needed.

#[path = "suite/capabilities.rs"]
mod capabilities;
#[path = "suite/files.rs"]
mod files;
#[path = "suite/guests.rs"]
mod guests;
#[path = "suite/hostile.rs"]
mod hostile;
#[path = "suite/inquiries.rs"]
mod inquiries;
#[path = "suite/many.rs"]
mod many;
#[path = "suite/net.rs"]
mod net;
#[path = "suite/practice.rs"]
mod practice;
#[path = "suite/world.rs"]
mod world;
