//! What a practice grants: `plugins/grants.toml`, the admin's file.
//!
//! Owns: its shape, which wishes of a manifest a grant covers, and what of an old grant still holds for a new version.
//! A grant holds for one digest; another one grants nothing. Leaves changing the file's text to `text`, and what a call may
//! reach to `gate`.

mod text;

pub use text::edited;

use crate::{
    file,
    gate::Endpoint,
    glob,
    limits::{self, Asked},
    manifest::{HttpWish, Manifest, SecretWish},
    signature::Signature,
};
use jobwright_core::{id::Hash, visible::is_hidden};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, io, path::Path};

/// What every digest in a file begins with.
const DIGEST: &str = "sha256:";

/// Bytes of a file of ours in the plugins' folder.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Older versions of a plugin whose grants are kept for the jobs that began with them.
pub const OLDER_MAX: usize = 8;

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
    /// Secrets that are filled in, by the name that the plugin uses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretGrant>,
    /// More or less than the defaults.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub limits: Asked,
    /// Who vouched for it: of an older version, whose entry the lock does not have any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// What older versions may do for as long as jobs that began with them go on, newest first. One that is taken out of
    /// here may do nothing any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<Grant>,
}

/// A secret that is filled in for a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SecretForm", into = "SecretForm")]
pub struct SecretGrant {
    /// The entry of the secrets file.
    pub entry: String,
    /// The only host that it is sent to. Left out it is the one that this very component names, and a new version is asked
    /// about again.
    pub host: Option<String>,
}

/// How files write it: `"entry"`, or `{ entry = "…", host = "…" }`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum SecretForm {
    Entry(String),
    Bound(Bound),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bound {
    entry: String,
    host: String,
}

impl From<SecretForm> for SecretGrant {
    fn from(form: SecretForm) -> Self {
        match form {
            SecretForm::Entry(entry) => Self { entry, host: None },
            SecretForm::Bound(Bound { entry, host }) => Self { entry, host: Some(host) },
        }
    }
}

impl From<SecretGrant> for SecretForm {
    fn from(SecretGrant { entry, host }: SecretGrant) -> Self {
        match host {
            None => Self::Entry(entry),
            Some(host) => Self::Bound(Bound { entry, host }),
        }
    }
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
        digits
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a digest: `{DIGEST}` and 64 digits")))
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
    /// To take more than the default of a limit.
    Limit {
        /// Which.
        key: &'static str,
        /// How much.
        most: u64,
    },
    /// To be taken in though whoever signed the version before did not sign this one. No line of a file grants it.
    Signer {
        /// Who signed the version before.
        before: String,
        /// Who signed this one.
        now: String,
    },
}

impl Wish {
    /// Everything that a manifest wishes for.
    pub fn all(manifest: &Manifest) -> Vec<Self> {
        let asked = &manifest.capabilities;
        let http = asked.http.iter().cloned().map(Self::Http);
        let secrets = asked.secrets.iter().cloned().map(Self::Secret);
        let read = asked.read.iter().cloned().map(Self::Read);
        let effects = manifest.effects().into_iter().map(|effect| Self::Effect(effect.into()));
        http.chain(secrets).chain(read).chain(effects).chain(limits_of(manifest)).collect()
    }

    /// The line that grants it, under `[name]` in `grants.toml`.
    pub fn line(&self) -> String {
        match self {
            Self::Http(wish) => format!("http = [{}]", inline(wish)),
            Self::Secret(SecretWish { name, host, .. }) => {
                let entry = format!("{{ entry = {}, host = {} }}", quoted(name), quoted(host));
                format!("secrets = {{ {} = {entry} }}", key_of(name))
            }
            Self::Read(field) => format!("read = [{}]", quoted(field)),
            Self::Effect(effect) => format!("effects = [{}]", quoted(effect)),
            Self::Limit { key, most } => format!("limits = {{ {key} = {most} }}"),
            Self::Signer { before, now } => {
                format!("to be signed by {now}, where the version before was signed by {before}")
            }
        }
    }

    /// What the author says about it.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Http(wish) => wish.why.as_deref(),
            Self::Secret(wish) => wish.why.as_deref(),
            Self::Read(_) | Self::Effect(_) | Self::Limit { .. } | Self::Signer { .. } => None,
        }
    }
}

/// Limits of a manifest above the default, no further than what anybody can be given.
fn limits_of(manifest: &Manifest) -> impl Iterator<Item = Wish> {
    let above = manifest.limits.named().filter_map(|(key, most)| {
        let bound = limits::bound(key)?;
        (most > bound.default).then(|| Wish::Limit { key, most: most.min(bound.ceiling) })
    });
    above.collect::<Vec<_>>().into_iter()
}

fn inline(wish: &HttpWish) -> String {
    let list = |words: &[String]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
    let mut line = format!("{{ host = {}", quoted(&wish.host));
    for (key, words) in [("methods", &wish.methods), ("paths", &wish.paths)] {
        if !words.is_empty() {
            line += &format!(", {key} = [{}]", list(words));
        }
    }
    line + " }"
}

/// A TOML text that shows everything in it, and ends where it ends.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if is_hidden(letter) => out += &format!("\\U{:08X}", u32::from(letter)),
            letter => out.push(letter),
        }
    }
    out + "\""
}

/// A TOML key.
fn key_of(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { name.into() } else { quoted(name) }
}

impl Grant {
    /// Whether a wish is granted in full.
    pub fn covers(&self, wish: &Wish) -> bool {
        match wish {
            Wish::Http(wish) => self.http.iter().any(|rule| is_within(wish, rule)),
            Wish::Secret(wish) => self.secrets.get(&wish.name).is_some_and(|granted| match &granted.host {
                Some(host) => is_host_within(&wish.host, host),
                // It is for this component, whose host that is.
                None => true,
            }),
            Wish::Read(field) => self.read.iter().any(|rule| glob::matches(rule, field)),
            Wish::Effect(effect) => self.effects.iter().any(|rule| glob::matches(rule, effect)),
            Wish::Limit { key, most } => self.limits.get(key).is_some_and(|granted| granted >= *most),
            Wish::Signer { .. } => false,
        }
    }

    /// The wishes of a manifest without which it does not run. A limit that is not granted is none of them: it has the
    /// default then.
    pub fn lacks(&self, manifest: &Manifest) -> Vec<Wish> {
        let is_needed = |wish: &Wish| !matches!(wish, Wish::Limit { .. });
        Wish::all(manifest).into_iter().filter(|wish| is_needed(wish) && !self.covers(wish)).collect()
    }

    /// A grant of everything that a manifest wishes for, with each secret under its own name.
    pub fn of_all(digest: Hash, manifest: &Manifest) -> Self {
        let mut grant = Self { digest: Digest(digest), ..Self::default() };
        Wish::all(manifest).into_iter().for_each(|wish| grant.add(wish));
        grant
    }

    /// Grants a wish too.
    pub fn add(&mut self, wish: Wish) {
        match wish {
            Wish::Http(wish) => self.http.push(HttpWish { why: None, ..wish }),
            Wish::Secret(SecretWish { name, host, .. }) => {
                let entry = self.secrets.get(&name).map_or_else(|| name.clone(), |granted| granted.entry.clone());
                self.secrets.insert(name, SecretGrant { entry, host: Some(host) });
            }
            Wish::Read(field) => self.read.push(field),
            Wish::Effect(effect) => self.effects.push(effect),
            Wish::Limit { key, most } => {
                // Each key of a wish is one of a limit.
                self.limits = self.limits.with(key, most).unwrap_or(self.limits);
            }
            Wish::Signer { .. } => {}
        }
    }

    /// The same with the host of each secret, as the component that it is for names it.
    #[must_use]
    pub fn with_hosts_of(mut self, manifest: &Manifest) -> Self {
        for wish in &manifest.capabilities.secrets {
            if let Some(granted) = self.secrets.get_mut(&wish.name) {
                granted.host.get_or_insert_with(|| wish.host.clone());
            }
        }
        self
    }
}

/// What of an old grant holds for a new version, and what the new version wishes beyond it. What the new version does
/// not wish for is not kept; nothing new is granted. The old version keeps what it had, for the jobs that began with it.
pub fn narrow(old: &Grant, digest: Hash, manifest: &Manifest) -> (Grant, Vec<Wish>) {
    let mut kept = Grant { digest: Digest(digest), limits: old.limits, ..Grant::default() };
    let is_same = old.digest.0 == digest;
    let mut new = Vec::new();
    for wish in Wish::all(manifest) {
        match &wish {
            // To whom it was sent is not known of another component.
            Wish::Secret(secret) if !is_same && old.secrets.get(&secret.name).is_some_and(|old| old.host.is_none()) => {
                new.push(wish);
            }
            Wish::Secret(secret) if old.covers(&wish) => {
                let entry = old.secrets.get(&secret.name).map_or_else(|| secret.name.clone(), |old| old.entry.clone());
                kept.secrets.insert(secret.name.clone(), SecretGrant { entry, host: Some(secret.host.clone()) });
            }
            wish if old.covers(wish) => kept.add(wish.clone()),
            _ => new.push(wish),
        }
    }
    // The practice's own limits hold, whatever the new version wishes.
    kept.limits = old.limits;
    let before = Grant { older: vec![], ..old.clone() };
    let before = (!is_same).then_some(before).into_iter().chain(old.older.iter().cloned());
    kept.older = before.filter(|older| older.digest.0 != digest).take(OLDER_MAX).collect();
    (kept, new)
}

/// Whether everything that the wish allows is allowed by the rule.
fn is_within(wish: &HttpWish, rule: &HttpWish) -> bool {
    let all = |wish: &[String], rule: &[String]| {
        rule.is_empty() || (!wish.is_empty() && wish.iter().all(|one| rule.iter().any(|it| glob::matches(it, one))))
    };
    is_host_within(&wish.host, &rule.host) && all(&wish.methods, &rule.methods) && all(&wish.paths, &rule.paths)
}

fn is_host_within(wish: &str, rule: &str) -> bool {
    match (Endpoint::of_rule(wish), Endpoint::of_rule(rule)) {
        (Ok(wish), Ok(rule)) => rule.contains(&wish),
        _ => false,
    }
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

    /// Writes the file, whole or not at all; `text::edited` changes one plugin and leaves the rest as it stands.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        file::write(path, text.as_bytes(), file::Readers::Anyone)
    }

    /// What a component of a plugin is granted: by the plugin's own entry, or as one of its older versions.
    pub fn of(&self, plugin: &str, digest: &Hash) -> Option<&Grant> {
        let grant = self.0.get(plugin)?;
        [grant].into_iter().chain(&grant.older).find(|grant| grant.digest.0 == *digest)
    }
}
