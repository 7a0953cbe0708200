//! How this service knows again what it wrote, and what it has read.
//!
//! Owns: the key of the cache's folder and the seals made with it, HMAC-SHA-256 over parts that keep apart. Whoever can read
//! the key can make seals: it is readable by the owner alone. Leaves what is sealed to `cache` and `seen`.

use crate::file;
use ring::hmac;
use std::{fs, io, path::Path};

/// Bytes of the key, and of a seal.
pub const SEAL_BYTES: usize = 32;

/// A key.
#[derive(Clone, Debug)]
pub struct Key(hmac::Key);

impl Key {
    /// The key in this file. Whoever comes first makes it; two that come at once end up with the same one.
    ///
    /// # Errors
    /// When it can neither be read nor written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let key = |bytes: [u8; SEAL_BYTES]| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        let read = || {
            let bytes = file::read(path, SEAL_BYTES as u64)?;
            Ok::<_, io::Error>(bytes.and_then(|bytes| bytes.try_into().ok()).map(key))
        };
        if let Some(key) = read()? {
            return Ok(key);
        }
        let mut fresh = [0; SEAL_BYTES];
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

    /// The seal of these parts. A forged one would have to be guessed, so how long comparing takes tells nobody anything.
    pub fn seal(&self, parts: &[&[u8]]) -> [u8; SEAL_BYTES] {
        let mut sealing = hmac::Context::with_key(&self.0);
        for part in parts {
            // Lengths go first, so that no two lists of parts read the same.
            sealing.update(&(part.len() as u64).to_le_bytes());
            sealing.update(part);
        }
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(sealing.sign().as_ref());
        seal
    }
}
