//! Compiled components on disk: `<sha256>-<engine>.cwasm`.
//!
//! Owns: that a file is only ever mapped when this account wrote it: the folder is the account's own and private, outside
//! of everything that is copied with a practice, and the bytes are sealed with a secret of the same folder. The seal also
//! holds the file's stamp, once they were found to be those bytes: as long as it is the same they are not read again. A
//! file that does not check out is compiled anew. Leaves whether the folder may be relied on to `private`, and what a
//! component may do to `load`.

use crate::{
    file::{self, Readers, STAMP_BYTES, Stamp},
    limits::COMPONENT_BYTES_MAX,
    private,
    seal::{Key, SEAL_BYTES},
};
use jobwright_core::id::Hash;
use std::{
    borrow::Cow,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};
use wasmtime::{Engine, component::Component};

/// The file of the key.
const KEY: &str = "key";
/// Bytes of a compiled component.
const COMPILED_BYTES_MAX: u64 = 16 * COMPONENT_BYTES_MAX;
/// Bytes of all compiled components of an account. Beyond it those go first that were written first.
const CACHE_BYTES_MAX: u64 = 4 << 30;
/// What a compiled component is called.
const COMPILED: &str = "cwasm";
/// What lay in practice folders in earlier versions, and is neither used nor kept there any more.
const OF_EARLIER_VERSIONS: &[&str] = &[COMPILED, "seal", "known"];

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
        let sealed = private::is_own_file(path)
            .then(|| file::read(path, (2 * SEAL_BYTES + STAMP_BYTES) as u64).ok().flatten())??;
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
    /// When it cannot be written, or may not be relied on.
    pub fn open(folder: &Path, engine: &Engine) -> io::Result<Self> {
        let folder = private::open(folder)?;
        let key = Key::open(&folder.join(KEY))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { folder, key, engine: hasher.finish() })
    }

    /// The folder, without links.
    pub fn folder(&self) -> &Path {
        &self.folder
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
        let path = self.folder.join(format!("{digest}-{:016x}.{COMPILED}", self.engine));
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
        Sealed { bytes: self.seal(path, b"bytes", compiled), stamp: None }.write(&seal_of(path))?;
        self.bound()
    }

    /// Deletes the oldest when there are too many.
    fn bound(&self) -> io::Result<()> {
        let mut compiled: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            // Another process may have deleted it meanwhile.
            let Ok(data) = fs::symlink_metadata(&path) else { continue };
            if path.extension().is_some_and(|ends| ends == COMPILED) {
                compiled.push((data.modified().unwrap_or(SystemTime::UNIX_EPOCH), data.len(), path));
            }
        }
        compiled.sort_unstable_by_key(|one| std::cmp::Reverse(one.0));
        let mut bytes = 0;
        for (_, size, path) in compiled {
            bytes += size;
            if bytes > CACHE_BYTES_MAX {
                let _ = fs::remove_file(seal_of(&path));
                let _ = fs::remove_file(&path);
            }
        }
        Ok(())
    }

    fn mapped(&self, engine: &Engine, path: &Path) -> Option<Component> {
        let sealed = Sealed::read(&seal_of(path))?;
        let stamp = private::is_own_file(path).then(|| Stamp::of(path).ok().flatten())??;
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

/// Deletes what earlier versions compiled into a practice folder, with its key: whoever packs such a folder could have
/// sealed machine code of their own. A folder of another account is left as it is; nothing in it is used.
pub fn remove_compiled_in_practice(folder: &Path) {
    if !private::is_own_folder(folder) {
        return;
    }
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let is_old = path.file_name().is_some_and(|name| name == KEY)
            || path.extension().is_some_and(|ends| OF_EARLIER_VERSIONS.iter().any(|old| ends == *old));
        if is_old && let Err(error) = fs::remove_file(&path) {
            tracing::warn!("{} is not used any more and cannot be deleted: {error}", path.display());
        }
    }
}

fn seal_of(path: &Path) -> PathBuf {
    path.with_extension("seal")
}

/// Maps a compiled component.
#[allow(unsafe_code)]
fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file holds machine code and must be what wasmtime wrote. Its seal was made with a key that only this
    // account can read, of its bytes or of a stamp that it has had since they were checked (a disk that changes them by
    // itself is trusted with this file as it is with this program). It lies in a folder that is this account's own, that
    // nobody else can look into, write to or swap for another, and that is not part of a practice, so it does not come
    // with a copy of one; we replace such files but never write into them.
    unsafe { Component::deserialize_file(engine, path) }
}
