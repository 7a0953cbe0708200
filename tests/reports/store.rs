//! The store's folder, socket, backups and proofs.
//!
//! Owns: rows r02, r09, r16, r17, r21, r123 and r124. Leaves what a power cut leaves of a store to `power`.

mod backups;
mod doors;
mod proofs;
