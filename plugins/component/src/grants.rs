//! What a practice grants: `plugins/grants.toml`, the admin's file.
//!
//! Owns: its shape, which wishes of a manifest a grant covers, and what of an old grant still holds for a new version.
//! A grant holds for one digest; another one grants nothing. Leaves what a call may reach to `gate`.

use crate::{
    file, glob,
    limits::Asked,
    manifest::{HttpWish, Manifest, SecretWish},
};
use jobwright_core::id::Hash;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, io, path::Path};

/// What every digest in a file begins with.
const DIGEST: &str = "sha256:";

/// Bytes of a file of ours in the plugins' folder.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// All grants, by the plugin's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub BTreeMap<String, Grant>);

/// What one plugin is granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// For this component only.
    pub digest: Digest,
    /// Fields that it may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    /// Effects that it may return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
    /// Hosts that it may reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpWish>,
    /// The entry of the secrets file, by the name that the plugin uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// More or less than it asks for.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub limits: Asked,
}

/// A digest as files write it: `sha256:` and 64 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub Hash);

impl Default for Digest {
    fn default() -> Self {
        Self(Hash([0; 32]))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DIGEST}{}", self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix(DIGEST).and_then(|digits| digits.parse().ok());
        digits.map(Self).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no digest: `{DIGEST}…`")))
    }
}

/// One thing that a plugin wishes for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To reach a host.
    Http(HttpWish),
    /// To have a secret filled in.
    Secret(SecretWish),
    /// To read a field.
    Read(String),
    /// To return an effect.
    Effect(String),
}

impl Wish {
    /// Everything that a manifest wishes for.
    pub fn all(manifest: &Manifest) -> Vec<Self> {
        let asked = &manifest.capabilities;
        let http = asked.http.iter().cloned().map(Self::Http);
        let secrets = asked.secrets.iter().cloned().map(Self::Secret);
        let read = asked.read.iter().cloned().map(Self::Read);
        let effects = manifest.effects().into_iter().map(|effect| Self::Effect(effect.into()));
        http.chain(secrets).chain(read).chain(effects).collect()
    }

    /// The line that grants it, under `[name]` in `grants.toml`.
    pub fn line(&self) -> String {
        match self {
            Self::Http(wish) => format!("http = [{}]", inline(wish)),
            Self::Secret(wish) => format!("secrets = {{ {} = \"entry of the secrets file\" }}", wish.name),
            Self::Read(field) => format!("read = [\"{field}\"]"),
            Self::Effect(effect) => format!("effects = [\"{effect}\"]"),
        }
    }

    /// What the author says about it.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Http(wish) => wish.why.as_deref(),
            Self::Secret(wish) => wish.why.as_deref(),
            Self::Read(_) | Self::Effect(_) => None,
        }
    }
}

fn inline(wish: &HttpWish) -> String {
    let list = |words: &[String]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    let mut line = format!("{{ host = \"{}\"", wish.host);
    for (key, words) in [("methods", &wish.methods), ("paths", &wish.paths)] {
        if !words.is_empty() {
            line += &format!(", {key} = [{}]", list(words));
        }
    }
    line + " }"
}

impl Grant {
    /// Whether a wish is granted in full.
    pub fn covers(&self, wish: &Wish) -> bool {
        match wish {
            Wish::Http(wish) => self.http.iter().any(|rule| is_within(wish, rule)),
            Wish::Secret(wish) => self.secrets.contains_key(&wish.name),
            Wish::Read(field) => self.read.iter().any(|rule| glob::matches(rule, field)),
            Wish::Effect(effect) => self.effects.iter().any(|rule| glob::matches(rule, effect)),
        }
    }

    /// The wishes of a manifest that are not granted.
    pub fn lacks(&self, manifest: &Manifest) -> Vec<Wish> {
        Wish::all(manifest).into_iter().filter(|wish| !self.covers(wish)).collect()
    }

    /// A grant of everything that a manifest wishes for, with each secret under its own name.
    pub fn of_all(digest: Hash, manifest: &Manifest) -> Self {
        let asked = &manifest.capabilities;
        let bare = |wish: &HttpWish| HttpWish { why: None, ..wish.clone() };
        Self {
            digest: Digest(digest),
            http: asked.http.iter().map(bare).collect(),
            secrets: asked.secrets.iter().map(|wish| (wish.name.clone(), wish.name.clone())).collect(),
            read: asked.read.clone(),
            effects: manifest.effects().into_iter().map(str::to_owned).collect(),
            limits: Asked::default(),
        }
    }
}

/// What of an old grant holds for a new version, and what the new version wishes beyond it. What the new version does
/// not wish for is not kept; nothing new is granted.
pub fn narrow(old: &Grant, digest: Hash, manifest: &Manifest) -> (Grant, Vec<Wish>) {
    let mut kept = Grant { digest: Digest(digest), limits: old.limits, ..Grant::default() };
    let mut new = Vec::new();
    for wish in Wish::all(manifest) {
        match wish {
            wish if !old.covers(&wish) => new.push(wish),
            Wish::Http(wish) => kept.http.push(HttpWish { why: None, ..wish }),
            Wish::Secret(wish) => {
                kept.secrets
                    .extend(old.secrets.get_key_value(&wish.name).map(|(name, entry)| (name.clone(), entry.clone())));
            }
            Wish::Read(field) => kept.read.push(field),
            Wish::Effect(effect) => kept.effects.push(effect),
        }
    }
    (kept, new)
}

/// Whether everything that the wish allows is allowed by the rule.
fn is_within(wish: &HttpWish, rule: &HttpWish) -> bool {
    let all = |wish: &[String], rule: &[String]| {
        rule.is_empty() || (!wish.is_empty() && wish.iter().all(|one| rule.iter().any(|it| glob::matches(it, one))))
    };
    glob::matches(&rule.host, &wish.host) && all(&wish.methods, &rule.methods) && all(&wish.paths, &rule.paths)
}

impl Grants {
    /// Reads the file; a practice without one grants nothing.
    ///
    /// # Errors
    /// When it cannot be read, or is wrong.
    pub fn read(path: &Path) -> io::Result<Self> {
        let Some(text) = file::read_text(path, FILE_BYTES_MAX)? else { return Ok(Self::default()) };
        toml::from_str(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        file::write(path, text.as_bytes(), file::Readers::Anyone)
    }

    /// What a plugin is granted, when its component is the one that the grant is for.
    pub fn of(&self, plugin: &str, digest: &Hash) -> Option<&Grant> {
        self.0.get(plugin).filter(|grant| grant.digest.0 == *digest)
    }
}
