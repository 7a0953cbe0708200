//! `plugin keygen` and `plugin sign`: an author vouches for a component.
//!
//! Owns: the files of a private key and of a signature, and finding the one beside a component. Leaves what is signed, and
//! whose signatures count, to the host of components.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use jobwright_component::{LOCK, Lock, PrivateKey, SIGNATURE_FILE_BYTES_MAX, Signature, Signer};
use serde_json::{Value as Json, json};

use super::{Component, Context};
use crate::exit::Exit;
use crate::plugins;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// A key to sign plugins with
#[derive(Debug, Args)]
pub struct Keygen {
    /// The file that the private key goes into; it must not be there yet
    file: PathBuf,
}

impl Keygen {
    pub fn run(self, ctx: &mut Context) -> Result {
        let key = PrivateKey::generate()
            .map_err(|error| Report::new(Exit::Outside, "no key can be made on this machine").caused_by(&error))?;
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(&self.file);
        let written = opened.and_then(|mut file| {
            file.write_all(key.to_file().as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Report::new(Exit::No, format!("{} is there already", self.file.display()))
                .next("a key that was lost cannot be made again, so none is written over: name another file"),
            _ => Report::file("write", &self.file, &error),
        })?;
        if ctx.global.json {
            ctx.out.json(&json!({ "key": key.public().to_string() }))?;
        }
        ctx.say_done(&format!(
            "{} is your private key: keep it to yourself\nhand this on to practices, for `plugins: trusted_keys:` in \
             practice.yaml:\n  - {{ name: YOUR NAME, key: \"{}\" }}",
            self.file.display(),
            key.public()
        ))?;
        Ok(Exit::Done)
    }
}

/// Vouch for a component with your key; the signature lies beside it, in NAME.wasm.sig
#[derive(Debug, Args)]
pub struct Sign {
    /// The component
    file: PathBuf,

    /// Your private key, as `jobwright plugin keygen` made it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Sign {
    pub fn run(self, ctx: &mut Context) -> Result {
        let component = Component::read(&self.file)?;
        let text = read(&self.key)?
            .ok_or_else(|| Report::file("read", &self.key, &std::io::Error::from(ErrorKind::NotFound)))?;
        let key = PrivateKey::of_file(&text)
            .map_err(|fault| Report::new(Exit::No, format!("{} {fault}", self.key.display())))?;
        let name = &component.manifest.name;
        let signature = key.sign(name, &component.digest);
        let path = beside(&self.file);
        let file = signature.to_file(name, &component.digest);
        let written = file.and_then(|file| std::fs::write(&path, file));
        written.map_err(|error| Report::file("write", &path, &error))?;
        if ctx.global.json {
            let (plugin, component) = (name, component.digest.to_string());
            ctx.out.json(&json!({ "plugin": plugin, "component": component, "key": key.public().to_string() }))?;
        }
        ctx.say_done(&format!("{name} is signed with {}: hand {} on with it", key.public(), path.display()))?;
        Ok(Exit::Done)
    }
}

/// A component's signature, and whose it is.
pub struct Signed {
    pub signature: Option<Signature>,
    pub signer: Signer,
}

impl Default for Signed {
    fn default() -> Self {
        Self { signature: None, signer: Signer::Nobody }
    }
}

/// Who vouches for a component.
pub fn signed(component: &Component, practice: Option<&Practice>) -> Result<Signed> {
    let signature = signature_of(component, practice)?;
    let trust = practice.map(plugins::trust).transpose()?.unwrap_or_default();
    let signer = trust.signer(&component.manifest.name, &component.digest, signature.as_ref());
    let signer = signer.map_err(|fault| {
        Report::new(Exit::No, format!("{} cannot be relied on", component.path.display()))
            .because(format!("its signature in plugins/{LOCK} {fault}"))
    })?;
    Ok(Signed { signature, signer })
}

/// The same for programs.
pub fn shown(signer: &Signer) -> Json {
    match signer {
        Signer::Nobody => Json::Null,
        Signer::Unknown(key) => json!({ "key": key.to_string(), "trusted": false }),
        Signer::Trusted(name) => json!({ "name": name, "trusted": true }),
    }
}

/// The signature that lies beside a component, or else the one that the practice keeps of this very component.
fn signature_of(component: &Component, practice: Option<&Practice>) -> Result<Option<Signature>> {
    let path = beside(&component.path);
    let name = &component.manifest.name;
    if let Some(text) = read(&path)? {
        let signature = Signature::of_file(&text, name, &component.digest);
        return signature.map(Some).map_err(|fault| {
            Report::new(Exit::No, format!("{} cannot be relied on", component.path.display()))
                .because(format!("{} {fault}", path.display()))
                .next("get component and signature anew from whoever made them")
        });
    }
    let Some(practice) = practice else { return Ok(None) };
    let path = practice.plugins_folder().join(LOCK);
    let lock = Lock::read(&path).map_err(|error| Report::file("read", &path, &error))?;
    let same = lock.plugins.into_iter().find(|locked| locked.name == *name && locked.digest.0 == component.digest);
    Ok(same.and_then(|locked| locked.signature))
}

/// `NAME.wasm.sig`.
fn beside(component: &Path) -> PathBuf {
    let mut path = component.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// A small file, when it is there.
fn read(path: &Path) -> Result<Option<String>> {
    let report = |error: &std::io::Error| Report::file("read", path, error);
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| report(&error))?,
    };
    let mut text = String::new();
    file.take(SIGNATURE_FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| report(&error))?;
    Ok(Some(text))
}
