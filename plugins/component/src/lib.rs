//! The host of plugins: WebAssembly components that a practice has added.
//!
//! Owns: what a component may be, may reach and may take, and what comes of a call. Every call gets a fresh instance, so
//! nothing of one client is there for the next. Leaves the contract to `engine/plugin` and `schemas/plugin`, and when a
//! plugin is called to the runtime.
#![warn(missing_docs)]

mod across;
mod binding;
mod cache;
mod conformance;
mod crashes;
mod edit;
mod file;
mod gate;
mod glob;
mod grants;
mod http;
mod inquiry;
mod inspection;
mod kept;
mod limits;
mod listener;
mod load;
mod lock;
mod manifest;
mod meter;
mod places;
mod private;
mod ready;
mod sandbox;
mod schema;
mod seal;
mod seen;
mod shelf;
mod signature;
mod state;
mod task;
mod ticker;
mod veil;
mod verdict;
mod wasi;

pub use conformance::{Finding, Trial, conformance};
pub use crashes::{CRASHES_MAX, CRASHES_WITHIN};
pub use edit::Edit;
pub use gate::{Gate, is_private};
pub use grants::{Digest, Grant, Grants, OLDER_MAX, SecretGrant, Wish, narrow};
pub use inspection::{GRANTS, LOCK, Problem};
pub use limits::{Asked, AtOnce, Bound, CALLS_AT_ONCE, Limits, UnknownLimit, bound, ceiling};
pub use load::{LoadFault, Plugin, SERVED, digest};
pub use lock::{Lock, Locked};
pub use manifest::{
    Capabilities, CheckOffer, HttpWish, ListenerOffer, MANIFEST_SCHEMA, Manifest, ManifestFaults, Repeat, SECTION,
    SecretWish, SectionFault, SelectorOffer, TaskOffer,
};
pub use ready::Ready;
pub use sandbox::Sandbox;
pub use schema::Schema;
pub use shelf::{Given, Options, Shelf, ShelfFault, Watch};
pub use signature::{
    PrivateKey, PublicKey, SIGNATURE_FILE_BYTES_MAX, Signature, SignatureFault, Signer, Trust, TrustedKey,
};
pub use verdict::{
    CODE, CPU, CRASHED, EFFECT, HELD, MEMORY, NOT_GRANTED, OF_LIBRARIES, OUTPUT, SETTINGS, STACK, TIMEOUT,
};
