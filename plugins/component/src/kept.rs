//! Components that jobs began with, in the store's folder.
//!
//! Owns: `<sha256>.wasm`: a new version does not take away what the old one's jobs need to end. What such a component may do
//! is not kept here: the practice's files say it, at each call. Leaves who still needs one to the runtime.

use crate::{
    file,
    load::{self, Plugin},
    sandbox::Sandbox,
    seen::Unseen,
};
use jobwright_core::id::Hash;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Bytes of a file name that begin with a digest.
const DIGEST_CHARS: usize = 64;

/// The folder.
#[derive(Clone, Debug)]
pub struct Kept(PathBuf);

impl Kept {
    /// In this folder.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn component(&self, digest: &Hash) -> PathBuf {
        self.0.join(format!("{digest}.wasm"))
    }

    /// Whether a component is kept.
    pub fn has(&self, digest: &Hash) -> bool {
        self.component(digest).is_file()
    }

    /// Keeps a component.
    pub fn put(&self, digest: &Hash, bytes: &[u8]) -> io::Result<()> {
        if load::digest(bytes) != *digest {
            return Err(io::Error::other("the file was changed meanwhile"));
        }
        file::write(&self.component(digest), bytes, file::Readers::Owner)
    }

    /// Loads a component, when it is kept.
    pub fn load(&self, digest: &Hash, sandbox: &Sandbox) -> Result<Option<Plugin>, String> {
        let seen = match sandbox.look(&self.component(digest), *digest) {
            Ok(seen) => seen,
            Err(Unseen::Absent) => return Ok(None),
            Err(unseen) => return Err(format!("its file {unseen}")),
        };
        sandbox.load_seen(&seen).map(Some).map_err(|fault| fault.to_string())
    }

    /// Deletes what belongs to digests that nobody needs; says how many components these were.
    pub fn forget(&self, is_forgotten: impl Fn(&Hash) -> bool) -> io::Result<usize> {
        let mut components = 0;
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let digest = name.get(..DIGEST_CHARS).and_then(|digits| digits.parse::<Hash>().ok());
            if digest.is_some_and(|digest| is_forgotten(&digest)) {
                fs::remove_file(&path)?;
                components += usize::from(name.ends_with(".wasm"));
            }
        }
        Ok(components)
    }
}
