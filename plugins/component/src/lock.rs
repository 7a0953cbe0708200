//! Which plugins a practice has: `plugins/plugins.lock`, written by the tool.
//!
//! Owns: its shape. Leaves what they are granted to `grants`, and loading them to `shelf`.

use crate::{
    file,
    grants::{Digest, FILE_BYTES_MAX},
    signature::Signature,
};
use serde::{Deserialize, Serialize};
use std::{io, path::Path};

/// All plugins, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// One table each.
    #[serde(default, rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<Locked>,
}

/// A plugin that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its component.
    pub digest: Digest,
    /// The contract that it is made for.
    pub api: String,
    /// Its file in the same folder.
    pub file: String,
    /// Whose signature it is, as it was known when it was added; what counts is the key, at every load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

impl Lock {
    /// Reads the file; a practice without one has no plugins.
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
        let head = "# Written by `jobwright plugin add` and `remove`; grants.toml is yours.\n\n";
        file::write(path, format!("{head}{text}").as_bytes(), file::Readers::Anyone)
    }

    /// Takes a plugin in, in place of an older one of its name.
    pub fn put(&mut self, plugin: Locked) {
        self.plugins.retain(|other| other.name != plugin.name);
        self.plugins.push(plugin);
        self.plugins.sort_by(|one, other| one.name.cmp(&other.name));
    }
}
