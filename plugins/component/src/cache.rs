//! Compiled components on disk: `<sha256>-<engine>.cwasm`.
//!
//! Owns: that a file is only ever mapped when this service wrote it: it is readable by the owner alone, and its bytes are
//! sealed with a secret of the same folder. The seal also holds the file's stamp, once they were found to be those bytes:
//! as long as it is the same they are not read again. A file that does not check out is compiled anew. Leaves what a
//! component may do to `load`.

use crate::{
    file::{self, Readers, STAMP_BYTES, Stamp},
    limits::COMPONENT_BYTES_MAX,
    seal::{Key, SEAL_BYTES},
};
use jobwright_core::id::Hash;
use std::{
    borrow::Cow,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher},
    io,
    path::{Path, PathBuf},
};
use wasmtime::{Engine, component::Component};

/// The file of the key.
const KEY: &str = "key";
/// Bytes of a compiled component.
const COMPILED_BYTES_MAX: u64 = 16 * COMPONENT_BYTES_MAX;

/// The folder.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    key: Key,
    engine: u64,
}

/// What is known of a compiled file.
struct Sealed {
    /// Of its bytes.
    bytes: [u8; SEAL_BYTES],
    /// Of the file that was found to hold them, when it had settled by then.
    stamp: Option<(Stamp, [u8; SEAL_BYTES])>,
}

impl Sealed {
    fn read(path: &Path) -> Option<Self> {
        let sealed = file::read(path, (2 * SEAL_BYTES + STAMP_BYTES) as u64).ok()??;
        let (bytes, rest) = sealed.split_first_chunk()?;
        let stamp = rest.split_first_chunk().and_then(|(stamp, seal)| Some((Stamp(*stamp), seal.try_into().ok()?)));
        Some(Self { bytes: *bytes, stamp })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut sealed = self.bytes.to_vec();
        if let Some((stamp, seal)) = &self.stamp {
            sealed.extend_from_slice(&stamp.0);
            sealed.extend_from_slice(seal);
        }
        file::write(path, &sealed, Readers::Owner)
    }
}

impl Cache {
    /// Opens the folder, and makes it and its key when they are not there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(folder: &Path, engine: &Engine) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let key = Key::open(&folder.join(KEY))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { folder: folder.to_owned(), key, engine: hasher.finish() })
    }

    /// What other files of this folder are sealed with.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The component, mapped when it was compiled before, else compiled of its bytes, which nobody reads for nothing.
    ///
    /// # Errors
    /// When it cannot be compiled. A cache that cannot be written only costs time.
    pub fn component<'a>(
        &self,
        engine: &Engine,
        digest: &Hash,
        bytes: impl FnOnce() -> wasmtime::Result<Cow<'a, [u8]>>,
    ) -> wasmtime::Result<Component> {
        let path = self.folder.join(format!("{digest}-{:016x}.cwasm", self.engine));
        if let Some(component) = self.mapped(engine, &path) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, &bytes()?)?;
        if let Err(error) = self.keep(&path, &component.serialize()?) {
            tracing::warn!("cannot keep a compiled plugin at {}: {error}", path.display());
        }
        Ok(component)
    }

    fn keep(&self, path: &Path, compiled: &[u8]) -> io::Result<()> {
        file::write(path, compiled, Readers::Owner)?;
        Sealed { bytes: self.seal(path, b"bytes", compiled), stamp: None }.write(&seal_of(path))
    }

    fn mapped(&self, engine: &Engine, path: &Path) -> Option<Component> {
        let sealed = Sealed::read(&seal_of(path))?;
        let stamp = Stamp::of(path).ok()??;
        let is_unchanged = sealed.stamp == Some((stamp, self.seal(path, b"stamp", &stamp.0)));
        if !is_unchanged && !self.holds(path, &sealed.bytes)? {
            tracing::warn!("{} is not what was written there; compiled anew", path.display());
            return None;
        }
        map(engine, path).inspect_err(|error| tracing::warn!("{}: {error:#}", path.display())).ok()
    }

    /// Whether a file holds the bytes of a seal. When it does, its stamp is sealed too.
    fn holds(&self, path: &Path, sealed: &[u8; SEAL_BYTES]) -> Option<bool> {
        let (compiled, stamp) = file::read_stamped(path, COMPILED_BYTES_MAX).ok()??;
        let is_it = self.seal(path, b"bytes", &compiled) == *sealed;
        if is_it && stamp.has_settled() {
            let stamp = Some((stamp, self.seal(path, b"stamp", &stamp.0)));
            if let Err(error) = (Sealed { bytes: *sealed, stamp }).write(&seal_of(path)) {
                tracing::warn!("cannot seal {}: {error}", path.display());
            }
        }
        Some(is_it)
    }

    fn seal(&self, path: &Path, what: &[u8], of: &[u8]) -> [u8; SEAL_BYTES] {
        self.key.seal(&[what, path.file_name().unwrap_or_default().as_encoded_bytes(), of])
    }
}

fn seal_of(path: &Path) -> PathBuf {
    path.with_extension("seal")
}

/// Maps a compiled component.
#[allow(unsafe_code)]
fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file holds machine code and must be what wasmtime wrote. Its seal was made with a key that only this
    // service can read, of its bytes or of a stamp that it has had since they were checked (a disk that changes them by
    // itself is trusted with this file as it is with this program); it is writable by this service alone, and we
    // replace such files but never write into them.
    unsafe { Component::deserialize_file(engine, path) }
}
