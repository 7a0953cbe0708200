//! Who vouches for a component: Ed25519 signatures, looked at without any network.
//!
//! Owns: the shapes of keys and signatures as files hold them, what exactly is signed, and whom a practice trusts. Leaves
//! where signatures lie to `lock` and to whoever adds a plugin.

use crate::grants::Digest;
use jobwright_core::id::Hash;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::{fmt, io, str::FromStr};
use thiserror::Error;

/// What stands before the name and the digest in what is signed, so that a signature is good for nothing else.
const DOMAIN: &[u8] = b"jobwright plugin signature v1\0";
/// Before the digits of a key.
const SCHEME: &str = "ed25519:";
/// Before the digits of a private key.
const SECRET_SCHEME: &str = "ed25519-secret:";
/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;
/// Bytes of a file with a key or a signature.
pub const SIGNATURE_FILE_BYTES_MAX: u64 = 4 * 1024;

/// A public key, as files write it: `ed25519:` and 64 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(Hash);

/// The key that an author signs with.
pub struct PrivateKey(Ed25519KeyPair, Hash);

/// What somebody says of a component, detached from it: a file beside it, or part of the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// With which key.
    pub key: PublicKey,
    /// Its 128 digits.
    pub signature: String,
}

/// The file of a signature: what it is about, for people, and the signature, which alone counts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    plugin: String,
    component: Digest,
    key: PublicKey,
    signature: String,
}

/// Why a key or a signature is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureFault {
    /// The file has another shape.
    #[error("is no signature: {0}")]
    Shape(String),
    /// It was made for something else.
    #[error("is for {plugin} {component:.19}…, not for this component")]
    Other {
        /// For which plugin.
        plugin: String,
        /// For which component.
        component: String,
    },
    /// It does not hold.
    #[error("is a bad signature: it was not made with key {0} for this plugin and this component")]
    Bad(PublicKey),
    /// The private key is none.
    #[error("is no private key: `{SECRET_SCHEME}` and 64 digits, as `jobwright plugin keygen` writes it")]
    NoPrivateKey,
}

/// A key that a practice trusts, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// Whose it is.
    pub name: String,
    /// The key.
    pub key: PublicKey,
}

/// Whom a practice trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Their keys.
    pub keys: Vec<TrustedKey>,
    /// Whether a plugin that none of them has signed is refused.
    pub require_signed: bool,
}

/// Who vouches for a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Nobody.
    Nobody,
    /// Whoever has this key, which the practice does not trust.
    Unknown(PublicKey),
    /// Somebody whom the practice trusts.
    Trusted(String),
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => write!(f, "nobody"),
            Self::Unknown(key) => write!(f, "{key}, which practice.yaml does not trust"),
            Self::Trusted(name) => write!(f, "{name}"),
        }
    }
}

impl Trust {
    /// Who vouches for a component, by the signature that lies with it.
    ///
    /// # Errors
    /// When the signature does not hold, whoever made it.
    pub fn signer(&self, plugin: &str, component: &Hash, by: Option<&Signature>) -> Result<Signer, SignatureFault> {
        let Some(signature) = by else { return Ok(Signer::Nobody) };
        signature.verify(plugin, component)?;
        let trusted = self.keys.iter().find(|trusted| trusted.key == signature.key);
        Ok(trusted.map_or(Signer::Unknown(signature.key), |trusted| Signer::Trusted(trusted.name.clone())))
    }

    /// Why a plugin with this signer is refused, and the next move.
    pub fn refusal(&self, signer: &Signer) -> Option<(String, String)> {
        if !self.require_signed {
            return None;
        }
        match signer {
            Signer::Trusted(_) => None,
            Signer::Nobody => Some((
                "is not signed, and practice.yaml wants every plugin signed".into(),
                "ask its author for the file NAME.wasm.sig, and add the plugin with it".into(),
            )),
            Signer::Unknown(key) => Some((
                format!("is signed with {key}, which practice.yaml does not trust"),
                format!("when the key is its author's, add {{ name: …, key: {key} }} to `plugins: trusted_keys:`"),
            )),
        }
    }
}

impl Signature {
    /// Reads the file of a signature.
    ///
    /// # Errors
    /// When it is none, or does not hold for this plugin and component.
    pub fn of_file(text: &str, plugin: &str, component: &Hash) -> Result<Self, SignatureFault> {
        let file: SignatureFile =
            toml::from_str(text).map_err(|error| SignatureFault::Shape(error.message().to_owned()))?;
        if file.plugin != plugin || file.component.0 != *component {
            let component = file.component.to_string();
            return Err(SignatureFault::Other { plugin: file.plugin, component });
        }
        let signature = Self { key: file.key, signature: file.signature };
        signature.verify(plugin, component).map(|()| signature)
    }

    /// The file of a signature.
    ///
    /// # Errors
    /// Never, as far as we know: texts can be written.
    pub fn to_file(&self, plugin: &str, component: &Hash) -> io::Result<String> {
        let Self { key, signature } = self.clone();
        let file = SignatureFile { plugin: plugin.into(), component: Digest(*component), key, signature };
        let text = toml::to_string(&file).map_err(io::Error::other)?;
        Ok(format!("# Made by `jobwright plugin sign`; hand it on beside the component.\n{text}"))
    }

    fn verify(&self, plugin: &str, component: &Hash) -> Result<(), SignatureFault> {
        let bad = || SignatureFault::Bad(self.key);
        let bytes = bytes_of(&self.signature).ok_or_else(bad)?;
        UnparsedPublicKey::new(&ED25519, self.key.0.0).verify(&message(plugin, component), &bytes).map_err(|_| bad())
    }
}

impl PrivateKey {
    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> io::Result<Self> {
        let mut seed = [0; 32];
        rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
        Self::of_seed(Hash(seed)).map_err(io::Error::other)
    }

    /// The one of a file.
    ///
    /// # Errors
    /// When there is none in it.
    pub fn of_file(text: &str) -> Result<Self, SignatureFault> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let seed = lines.next().and_then(|line| line.strip_prefix(SECRET_SCHEME)?.parse().ok());
        match (seed, lines.next()) {
            (Some(seed), None) => Self::of_seed(seed),
            _ => Err(SignatureFault::NoPrivateKey),
        }
    }

    fn of_seed(seed: Hash) -> Result<Self, SignatureFault> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed.0).map_err(|_| SignatureFault::NoPrivateKey)?;
        Ok(Self(pair, seed))
    }

    /// The file of it, for its owner alone.
    pub fn to_file(&self) -> String {
        let head = "# The private key of an author of plugins: whoever has it signs in your name.";
        format!("{head}\n# Its public half is {}\n{SECRET_SCHEME}{}\n", self.public(), self.1)
    }

    /// The half that others may know.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(Hash(key))
    }

    /// Vouches for a component.
    pub fn sign(&self, plugin: &str, component: &Hash) -> Signature {
        let signature = self.0.sign(&message(plugin, component));
        let digits = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Signature { key: self.public(), signature: digits }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the private key of {}", self.public())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.0)
    }
}

impl FromStr for PublicKey {
    type Err = SignatureFault;

    fn from_str(text: &str) -> Result<Self, SignatureFault> {
        let digits = text.strip_prefix(SCHEME).and_then(|digits| digits.parse().ok());
        digits.map(Self).ok_or_else(|| SignatureFault::Shape(format!("`{text}` is no key: `{SCHEME}` and 64 digits")))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What is signed: the domain, the plugin's name, an end of it that no name has in it, and the SHA-256.
fn message(plugin: &str, component: &Hash) -> Vec<u8> {
    [DOMAIN, plugin.as_bytes(), b"\0", &component.0].concat()
}

fn bytes_of(digits: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let mut bytes = [0; SIGNATURE_BYTES];
    if digits.len() != 2 * SIGNATURE_BYTES || !digits.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Hash = Hash([1; 32]);

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::of_seed(Hash([seed; 32])).expect("a key")
    }

    #[test]
    fn a_signature_holds_for_one_plugin_and_one_component() {
        let signature = key(7).sign("vat-checks", &ONE);
        let file = signature.to_file("vat-checks", &ONE).expect("a file");
        assert_eq!(Signature::of_file(&file, "vat-checks", &ONE), Ok(signature.clone()));
        let other = |plugin: &str, component| Signature::of_file(&file, plugin, component).expect_err("another");
        assert!(other("vat-filing", &ONE).to_string().starts_with("is for vat-checks sha256:"));
        assert!(matches!(other("vat-checks", &Hash([2; 32])), SignatureFault::Other { .. }));
        // A file that claims to be for another one, and a signature that was changed.
        let trust = Trust::default();
        let bad = SignatureFault::Bad(signature.key);
        assert_eq!(trust.signer("vat-filing", &ONE, Some(&signature)), Err(bad.clone()));
        assert_eq!(trust.signer("vat-checks", &Hash([2; 32]), Some(&signature)), Err(bad.clone()));
        for digits in ["", "zz", &"0".repeat(128), &"é".repeat(64)] {
            let forged = Signature { signature: digits.into(), ..signature.clone() };
            assert_eq!(trust.signer("vat-checks", &ONE, Some(&forged)), Err(bad.clone()));
        }
        let stolen = Signature { key: key(8).public(), ..signature };
        assert!(matches!(trust.signer("vat-checks", &ONE, Some(&stolen)), Err(SignatureFault::Bad(_))));
    }

    #[test]
    fn a_practice_says_whom_it_trusts() {
        let signature = key(7).sign("vat-checks", &ONE);
        let keys = vec![TrustedKey { name: "Larkfield".into(), key: key(7).public() }];
        let (open, strict) = (Trust::default(), Trust { keys, require_signed: true });
        let signer = |trust: &Trust, by| trust.signer("vat-checks", &ONE, by).expect("it holds");
        let unknown = Signer::Unknown(key(7).public());
        assert_eq!((signer(&open, None), signer(&open, Some(&signature))), (Signer::Nobody, unknown.clone()));
        let trusted = signer(&strict, Some(&signature));
        assert_eq!(trusted, Signer::Trusted("Larkfield".into()));
        assert_eq!((open.refusal(&Signer::Nobody), strict.refusal(&trusted)), (None, None));
        assert!(strict.refusal(&Signer::Nobody).is_some_and(|(what, _)| what.starts_with("is not signed")));
        assert!(strict.refusal(&unknown).is_some_and(|(_, next)| next.contains(&key(7).public().to_string())));
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_in_no_other_way() {
        let generated = PrivateKey::generate().expect("a key");
        let read = PrivateKey::of_file(&generated.to_file()).expect("a key");
        assert_eq!(read.public(), generated.public());
        assert_eq!(format!("{generated:?}"), format!("the private key of {}", generated.public()));
        for text in ["", "ed25519-secret:12", &format!("{}\nmore", generated.to_file())] {
            assert_eq!(PrivateKey::of_file(text).err(), Some(SignatureFault::NoPrivateKey));
        }
        assert_eq!(generated.public().to_string().parse(), Ok(generated.public()));
        assert!("ed25519:AB".parse::<PublicKey>().is_err());
    }
}
