//! How this service knows again what it wrote, and what it has read.
//!
//! Owns: the key of the cache's folder and the seals made with it, HMAC-SHA-256 over parts that keep apart. Whoever can read
//! the key can make seals: it is this account's own and readable by the owner alone, or it is made anew. Leaves the folder
//! to `private`, and what is sealed to `cache` and `seen`.

use crate::{file, private};
use ring::hmac;
use std::{fs, io, path::Path};

/// How often a key is made when others make and delete it meanwhile.
const ATTEMPTS_MAX: usize = 3;

/// Bytes of the key, and of a seal.
pub const SEAL_BYTES: usize = 32;

/// A key.
#[derive(Clone, Debug)]
pub struct Key(hmac::Key);

impl Key {
    /// The key in this file. Whoever comes first makes it; two that come at once end up with the same one. One that is
    /// damaged, a link, or open to others is made anew: what it sealed is then compiled again.
    ///
    /// # Errors
    /// When it can neither be read nor written.
    pub fn open(path: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS_MAX {
            if let Some(key) = Self::read(path) {
                return Ok(key);
            }
            if fs::symlink_metadata(path).is_ok() {
                tracing::warn!("{} is damaged or open to others; it is made anew", path.display());
                fs::remove_file(path)?;
            }
            Self::make(path)?;
        }
        Self::read(path).ok_or_else(|| io::Error::other(format!("{} cannot be made", path.display())))
    }

    fn read(path: &Path) -> Option<Self> {
        let bytes = private::is_secret_file(path).then(|| file::read(path, SEAL_BYTES as u64).ok().flatten())??;
        let bytes: [u8; SEAL_BYTES] = bytes.try_into().ok()?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Puts a fresh key there, unless somebody else has done so meanwhile.
    fn make(path: &Path) -> io::Result<()> {
        let mut fresh = [0; SEAL_BYTES];
        rustix::rand::getrandom(&mut fresh, rustix::rand::GetRandomFlags::empty())?;
        let whose = format!("{}-{:?}", std::process::id(), std::thread::current().id());
        let beside = path.with_extension(whose);
        file::write(&beside, &fresh, file::Readers::Owner)?;
        let linked = fs::hard_link(&beside, path);
        fs::remove_file(&beside)?;
        match linked {
            // The other one counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_damaged_key_is_made_anew_and_a_good_one_stays() {
        let folder = std::env::temp_dir().join(format!("jobwright-key-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        let path = folder.join("key");
        let seal = || Key::open(&path).unwrap().seal(&[b"x"]);
        let first = seal();
        assert_eq!(seal(), first, "it stays");
        for damage in [&b""[..], b"ab", &[7; 33]] {
            fs::write(&path, damage).unwrap();
            assert_ne!(seal(), first, "{damage:?}");
        }
        let before = seal();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_ne!(seal(), before, "others may have read it");
        fs::write(folder.join("planted"), [1; SEAL_BYTES]).unwrap();
        fs::set_permissions(folder.join("planted"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(folder.join("planted"), &path).unwrap();
        let planted = Key(hmac::Key::new(hmac::HMAC_SHA256, &[1; SEAL_BYTES])).seal(&[b"x"]);
        assert_ne!(seal(), planted, "a link");
        fs::remove_dir_all(folder).unwrap();
    }
}
