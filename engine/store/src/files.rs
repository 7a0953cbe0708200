//! Where large records lie: files by their content.
//!
//! Owns: what records need of such a place, and one in memory for trials and tests. Leaves the folder to `blob`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jobwright_core::id::Hash;

use crate::{Blobs, Error, blob::check_size};

/// A place that keeps bytes under their hash.
pub trait Files: Send + Sync {
    /// Keeps the bytes; when it returns they are as durable as the place is.
    fn put(&self, bytes: &[u8]) -> Result<Hash, Error>;

    /// The bytes with this hash, if they are kept.
    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, Error>;
}

impl Files for Blobs {
    fn put(&self, bytes: &[u8]) -> Result<Hash, Error> {
        Self::put(self, bytes)
    }

    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, Error> {
        Self::get(self, hash)
    }
}

/// Files that are forgotten with their process.
#[derive(Debug, Default)]
pub struct MemoryFiles(Mutex<BTreeMap<Hash, Vec<u8>>>);

impl Files for MemoryFiles {
    fn put(&self, bytes: &[u8]) -> Result<Hash, Error> {
        check_size(bytes.len() as u64)?;
        let hash = hash(bytes);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, bytes.to_vec());
        Ok(hash)
    }

    fn get(&self, hash: &Hash) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned())
    }
}

/// The name of these bytes.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    use sha2::{Digest, Sha256};
    Hash(Sha256::digest(bytes).into())
}
