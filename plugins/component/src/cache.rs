//! Compiled components on disk: `<sha256>-<engine>.cwasm`.
//!
//! Owns: that a file is only ever mapped when this service wrote it: it is readable by the owner alone and named in a
//! seal that is keyed with a secret of the same folder. One that does not check out is compiled anew. Leaves what a
//! component may do to `load`.

use crate::{file, limits::COMPONENT_BYTES_MAX};
use jobwright_core::id::Hash;
use sha2::{Digest, Sha256};
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher},
    io,
    path::{Path, PathBuf},
};
use wasmtime::{Engine, component::Component};

/// The file of the key.
const KEY: &str = "key";
/// Bytes of the key, and of a seal.
const KEY_BYTES: usize = 32;
/// Bytes of a compiled component.
const COMPILED_BYTES_MAX: u64 = 16 * COMPONENT_BYTES_MAX;
/// The block of SHA-256, for HMAC.
const BLOCK_BYTES: usize = 64;

/// The folder.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
    engine: u64,
}

impl Cache {
    /// Opens the folder, and makes it and its key when they are not there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(folder: &Path, engine: &Engine) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let key = key(&folder.join(KEY))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { folder: folder.to_owned(), key, engine: hasher.finish() })
    }

    /// The component, mapped when it was compiled before, else compiled.
    ///
    /// # Errors
    /// When it cannot be compiled. A cache that cannot be written only costs time.
    pub fn component(&self, engine: &Engine, digest: &Hash, bytes: &[u8]) -> wasmtime::Result<Component> {
        let path = self.folder.join(format!("{digest}-{:016x}.cwasm", self.engine));
        if let Some(component) = self.mapped(engine, &path) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, bytes)?;
        if let Err(error) = self.keep(&path, &component.serialize()?) {
            tracing::warn!("cannot keep a compiled plugin at {}: {error}", path.display());
        }
        Ok(component)
    }

    fn keep(&self, path: &Path, compiled: &[u8]) -> io::Result<()> {
        file::write(path, compiled, file::Readers::Owner)?;
        file::write(&seal_of(path), &self.seal(path, compiled), file::Readers::Owner)
    }

    fn mapped(&self, engine: &Engine, path: &Path) -> Option<Component> {
        let compiled = file::read(path, COMPILED_BYTES_MAX).ok()??;
        let seal = file::read(&seal_of(path), KEY_BYTES as u64).ok()??;
        if self.seal(path, &compiled) != *seal {
            tracing::warn!("{} is not what was written there; compiled anew", path.display());
            return None;
        }
        map(engine, path).inspect_err(|error| tracing::warn!("{}: {error:#}", path.display())).ok()
    }

    /// HMAC-SHA-256 over the file's name and bytes. A forged one would have to be guessed, so how long comparing takes
    /// tells nobody anything.
    fn seal(&self, path: &Path, compiled: &[u8]) -> [u8; KEY_BYTES] {
        let pad = |byte: u8| {
            let mut block = [byte; BLOCK_BYTES];
            block.iter_mut().zip(self.key).for_each(|(one, key)| *one ^= key);
            block
        };
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(name).chain_update(compiled).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
    }
}

/// The folder's key. Whoever comes first makes it; two that come at once end up with the same one.
fn key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let read = || Ok::<_, io::Error>(file::read(path, KEY_BYTES as u64)?.and_then(|bytes| bytes.try_into().ok()));
    if let Some(key) = read()? {
        return Ok(key);
    }
    let mut fresh = [0; KEY_BYTES];
    rustix::rand::getrandom(&mut fresh, rustix::rand::GetRandomFlags::empty())?;
    let whose = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let beside = path.with_extension(whose);
    file::write(&beside, &fresh, file::Readers::Owner)?;
    // Fails when another one is there by now, and then that one counts.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match read()? {
        Some(key) => Ok(key),
        None => Err(linked.err().unwrap_or_else(|| io::Error::other("the key is damaged: delete it"))),
    }
}

fn seal_of(path: &Path) -> PathBuf {
    path.with_extension("seal")
}

/// Maps a compiled component.
#[allow(unsafe_code)]
fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file holds machine code and must be what wasmtime wrote. Its keyed hash was checked just now against a
    // key that only this service can read, it is writable by this service alone, and we replace such files but never
    // write into them.
    unsafe { Component::deserialize_file(engine, path) }
}
