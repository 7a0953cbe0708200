//! Components that jobs began with, beside the compiled ones in the cache folder.
//!
//! Owns: `<sha256>.wasm` with `<sha256>.toml`, the grant as it last held for that very digest: a new version does not take
//! away what the old one needs to end its jobs. Leaves who still needs one to the runtime.

use crate::{
    file,
    gate::Gate,
    grants::{FILE_BYTES_MAX, Grant},
    limits::Limits,
    load,
    ready::Ready,
    sandbox::Sandbox,
    seen::Unseen,
    shelf::Options,
};
use jobwright_core::id::Hash;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
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

    fn grant(&self, digest: &Hash) -> PathBuf {
        self.0.join(format!("{digest}.toml"))
    }

    /// Whether a component is kept with this very grant.
    pub fn has(&self, digest: &Hash, grant: &Grant) -> bool {
        let kept = file::read_text(&self.grant(digest), FILE_BYTES_MAX).ok().flatten();
        self.component(digest).is_file() && kept.and_then(|text| toml::from_str(&text).ok()).as_ref() == Some(grant)
    }

    /// Keeps a component and its grant.
    pub fn put(&self, digest: &Hash, bytes: &[u8], grant: &Grant) -> io::Result<()> {
        if load::digest(bytes) != *digest {
            return Err(io::Error::other("the file was changed meanwhile"));
        }
        let text = toml::to_string(grant).map_err(io::Error::other)?;
        file::write(&self.grant(digest), text.as_bytes(), file::Readers::Owner)?;
        let path = self.component(digest);
        if path.is_file() { Ok(()) } else { file::write(&path, bytes, file::Readers::Owner) }
    }

    /// Loads a component, when it is kept.
    pub fn load(&self, digest: &Hash, sandbox: &Sandbox, options: &Options) -> Result<Option<Ready>, String> {
        let says = |error: io::Error| error.to_string();
        let seen = match sandbox.look(&self.component(digest), *digest) {
            Ok(seen) => seen,
            Err(Unseen::Absent) => return Ok(None),
            Err(unseen) => return Err(format!("its file {unseen}")),
        };
        let text = file::read_text(&self.grant(digest), FILE_BYTES_MAX).map_err(says)?.unwrap_or_default();
        let grant: Grant = toml::from_str(&text).map_err(|error| error.to_string())?;
        let plugin = sandbox.load_seen(&seen).map_err(|fault| fault.to_string())?;
        let gate = Gate::new(&plugin.manifest, &grant, &options.secrets).map_err(|faults| faults.join("; "))?;
        let limits = Limits::of(&plugin.manifest.limits, &grant.limits, &options.ceilings);
        Ok(Some(Ready { plugin: Arc::new(plugin), gate: Arc::new(gate), limits }))
    }

    /// Deletes what belongs to digests that nobody needs; says how many components these were.
    pub fn forget(&self, is_forgotten: impl Fn(&Hash) -> bool) -> io::Result<usize> {
        let mut components = 0;
        for entry in fs::read_dir(&self.0)? {
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
