//! A component by itself, in a folder of its own that is gone afterwards: to see whether it is in order before anybody
//! relies on it, and to call it outside of any job.
//!
//! Owns: the folder, with everything granted that the component asks for. Leaves what is in order to its host.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jobwright_component::{Digest, GRANTS, Given, Grant, Grants, LOCK, Lock, Locked, Options, Shelf, Signer};

use super::Component;
use super::sign::Signed;
use crate::arguments::Global;
use crate::cache;
use crate::exit::Exit;
use crate::play::folder;
use crate::practice::FILE;
use crate::report::{Report, Result};

/// A shelf with one plugin, which asks for nothing in vain.
pub struct Alone {
    pub shelf: Arc<Shelf>,
    place: PathBuf,
}

impl Alone {
    /// Puts a component on a shelf of its own; says all that is not in order with it.
    pub fn with(component: &Component, secrets: BTreeMap<String, String>, global: &Global) -> Result<Self> {
        let place = folder::temporary("jobwright-plugin")?;
        let write = |name: &str, bytes: &[u8]| {
            let path = place.join(name);
            std::fs::write(&path, bytes).map_err(|error| Report::file("write", &path, &error))
        };
        write("plugin.wasm", &component.bytes)?;
        let name = &component.manifest.name;
        let mut lock = Lock::default();
        lock.put(locked(component, "plugin.wasm".into(), &Signed::default()));
        lock.write(&place.join(LOCK)).map_err(|error| Report::file("write", &place.join(LOCK), &error))?;
        let grant = Grant::of_all(component.digest, &component.manifest);
        // A secret that nobody has is an empty one here.
        let names = grant.secrets.values().map(|granted| (granted.entry.clone(), String::new()));
        let secrets = names.collect::<BTreeMap<_, _>>().into_iter().chain(secrets).collect();
        let grants = Grants(BTreeMap::from([(name.clone(), grant)]));
        grants.write(&place.join(GRANTS)).map_err(|error| Report::file("write", &place.join(GRANTS), &error))?;
        let given = Given { secrets, ..Given::default() };
        // No practice carries machine code, also not the one that this is typed in.
        let practice = Some(global.practice.as_path()).filter(|folder| folder.join(FILE).is_file());
        let cache = cache::of_plugins(practice.as_slice());
        let options = Options { given, cache, ..Options::default() };
        let shelf = Shelf::open(&place, &place.join("kept"), options);
        let shelf = shelf
            .map_err(|error| Report::new(Exit::Outside, "plugins cannot be run on this machine").caused_by(&error))?;
        let alone = Self { shelf: Arc::new(shelf), place };
        match alone.shelf.problems().first() {
            Some(problem) => {
                Err(Report::new(Exit::No, format!("{} cannot be used as a plugin", component.path.display()))
                    .because(problem.what.replace("plugins/plugin.wasm", "it")))
            }
            None => Ok(alone),
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // Left behind it harms nobody: it lies where the system clears up.
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

/// The lock's entry of a component.
pub fn locked(component: &Component, file: String, signed: &Signed) -> Locked {
    let manifest = &component.manifest;
    Locked {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        digest: Digest(component.digest),
        api: manifest.api.clone(),
        file,
        signer: match &signed.signer {
            Signer::Trusted(name) => Some(name.clone()),
            Signer::Nobody | Signer::Unknown(_) => None,
        },
        signature: signed.signature.clone(),
    }
}
