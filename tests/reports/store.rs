//! The store's folder, socket, backups and proofs.
