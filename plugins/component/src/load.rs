//! From bytes to a plugin that can be called.
//!
//! Owns: whether a file is a plugin that we serve: a component with a manifest, a contract that we speak, imports that
//! the manifest asks for, exports that keep what it offers. Nothing of it runs. Leaves grants to `shelf`.

use crate::{
    binding::{
        exports::jobwright::plugin::{checks, listeners, selectors, tasks},
        jobwright::plugin::{http, journal, records, types},
    },
    cache::Cache,
    limits::COMPONENT_BYTES_MAX,
    manifest::{Manifest, SectionFault, SelectorOffer, TaskOffer},
    schema::Schema,
    seen::Seen,
    state::State,
    wasi,
};
use jobwright_core::{id::Hash, value::Type};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;
use wasmtime::{
    Engine,
    component::{Component, HasSelf, InstancePre, Linker},
};

/// The package of the contract.
const PACKAGE: &str = "jobwright:plugin";
/// The contract that is served: its series, and the newest version of it.
pub const SERVED: (&str, u32) = ("0.1", 0);

/// Why a file is no plugin of ours.
#[derive(Debug, Error)]
pub enum LoadFault {
    /// The file itself, or its manifest.
    #[error("{0}")]
    Section(#[from] SectionFault),
    /// Too large.
    #[error("has {0} bytes, where {COMPONENT_BYTES_MAX} is the most")]
    TooLarge(u64),
    /// Made for a contract that we do not serve.
    #[error("is made for contract {wanted}, and this engine serves {}.0 to {}.{}{}", SERVED.0, SERVED.0, SERVED.1, if *newer { ": a newer Jobwright is needed" } else { "" })]
    Contract {
        /// For which.
        wanted: String,
        /// Whether that one is newer than ours.
        newer: bool,
    },
    /// Not valid, or nothing that we can run.
    #[error("cannot be compiled: {0}")]
    Compile(String),
    /// It wants the world by another door.
    #[error(
        "imports `{0}`: a plugin reaches the net by `jobwright:plugin/http`, which the practice grants host by host"
    )]
    OwnNet(String),
    /// It imports something that nobody has.
    #[error("imports `{0}`, which plugins do not have")]
    UnknownImport(String),
    /// It imports what its manifest does not ask for.
    #[error("imports `{import}`, and its manifest asks for no `{capability}`")]
    NotAsked {
        /// The interface.
        import: &'static str,
        /// What the manifest would have to name.
        capability: &'static str,
    },
    /// The manifest offers what the component does not export.
    #[error("offers {0} in its manifest, and does not export `{PACKAGE}/{0}`")]
    NotExported(&'static str),
    /// The component exports what the manifest does not offer.
    #[error("exports `{PACKAGE}/{0}`, and its manifest offers no {0}")]
    NotOffered(&'static str),
    /// A function has other parameters than the contract says.
    #[error("does not keep the contract: {0}")]
    Shape(String),
}

/// A component that can be called.
pub struct Plugin {
    /// The SHA-256 of the file.
    pub digest: Hash,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    pub(crate) pre: InstancePre<State>,
    pub(crate) tasks: Option<tasks::GuestIndices>,
    pub(crate) selectors: Option<selectors::GuestIndices>,
    pub(crate) checks: Option<checks::GuestIndices>,
    pub(crate) listeners: Option<listeners::GuestIndices>,
    schemas: BTreeMap<String, Schemas>,
}

/// The schemas of one task or selector.
pub(crate) struct Schemas {
    pub settings: Schema,
    pub outputs: Option<Outputs>,
}

/// What the answers of a task are held to.
pub(crate) struct Outputs {
    pub schema: Schema,
    /// The same as a definition knows it.
    pub of: Type,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:.12})", self.manifest.name, self.manifest.version, self.digest)
    }
}

/// The digest of a file.
pub fn digest(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

impl Plugin {
    /// Loads a component; from the cache when it was compiled before.
    pub(crate) fn load(engine: &Engine, cache: Option<&Cache>, seen: &Seen) -> Result<Self, LoadFault> {
        let bytes = seen.bytes().unwrap_or_default();
        if bytes.len() as u64 > COMPONENT_BYTES_MAX {
            return Err(LoadFault::TooLarge(bytes.len() as u64));
        }
        let manifest = match seen.manifest() {
            Some(json) => Manifest::from_json(json).map_err(SectionFault::from)?,
            None => Manifest::of_component(bytes)?,
        };
        let is_newer = |api: &str| numbers(api) > numbers(SERVED.0);
        if manifest.api != SERVED.0 {
            return Err(LoadFault::Contract { newer: is_newer(&manifest.api), wanted: manifest.api });
        }
        let bytes = || seen.all_bytes().map_err(|fault| wasmtime::Error::msg(format!("the file {fault}")));
        let compiled = match cache {
            Some(cache) => cache.component(engine, &seen.digest, bytes),
            None => bytes().and_then(|bytes| Component::from_binary(engine, &bytes)),
        };
        let component = compiled.map_err(|error| LoadFault::Compile(error.root_cause().to_string()))?;
        let imports = check_imports(engine, &component, &manifest)?;
        let exports = check_exports(engine, &component, &manifest)?;
        let shape = |error: wasmtime::Error| LoadFault::Shape(format!("{error:#}"));
        let linker = linker(engine, &component).map_err(shape)?;
        let pre = linker.instantiate_pre(&component).map_err(shape)?;
        let has = |interface: &str| exports.iter().any(|export| export == interface);
        Ok(Self {
            tasks: has("tasks").then(|| tasks::GuestIndices::new(&pre)).transpose().map_err(shape)?,
            selectors: has("selectors").then(|| selectors::GuestIndices::new(&pre)).transpose().map_err(shape)?,
            checks: has("checks").then(|| checks::GuestIndices::new(&pre)).transpose().map_err(shape)?,
            listeners: has("listeners").then(|| listeners::GuestIndices::new(&pre)).transpose().map_err(shape)?,
            schemas: schemas(&manifest)?,
            digest: seen.digest,
            manifest,
            imports,
            pre,
        })
    }

    /// What it offers as a task under a name.
    pub fn task(&self, name: &str) -> Option<&TaskOffer> {
        self.manifest.tasks.iter().find(|task| task.name == name)
    }

    /// What it offers as a selector under a name.
    pub fn selector(&self, name: &str) -> Option<&SelectorOffer> {
        self.manifest.selectors.iter().find(|selector| selector.name == name)
    }

    pub(crate) fn schemas(&self, name: &str) -> Option<&Schemas> {
        self.schemas.get(name)
    }
}

fn schemas(manifest: &Manifest) -> Result<BTreeMap<String, Schemas>, LoadFault> {
    let schema = |json: &serde_json::Value| {
        let faults = |fault| LoadFault::Section(crate::manifest::ManifestFaults(vec![fault]).into());
        Schema::new(json).map_err(faults)
    };
    let mut schemas = BTreeMap::new();
    for task in &manifest.tasks {
        let fields = task.fields().into_iter().map(|(name, field)| {
            let of = if field.optional { Type::Optional(Box::new(field.of)) } else { field.of };
            (name, of)
        });
        let fields: BTreeMap<_, _> = fields.collect();
        // Outputs that nobody described are taken as they come.
        let of = if fields.is_empty() { Type::Map } else { Type::Record(fields) };
        let outputs = Outputs { schema: schema(&task.outputs)?, of };
        let both = Schemas { settings: schema(&task.settings)?, outputs: Some(outputs) };
        schemas.insert(task.name.clone(), both);
    }
    for selector in &manifest.selectors {
        schemas.insert(selector.name.clone(), Schemas { settings: schema(&selector.settings)?, outputs: None });
    }
    Ok(schemas)
}

fn linker(engine: &Engine, component: &Component) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    journal::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    records::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    http::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    wasi::add_to_linker(&mut linker, engine, component)?;
    Ok(linker)
}

/// `package/interface@version`, in its parts.
fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let (package, interface) = path.split_once('/')?;
    Some((package, interface, version))
}

/// Holds the version of one of our interfaces to what is served.
fn check_version(version: &str) -> Result<(), LoadFault> {
    let (series, patch) = version.rsplit_once('.').unwrap_or((version, ""));
    if series == SERVED.0 && patch.parse::<u32>().is_ok_and(|patch| patch <= SERVED.1) {
        return Ok(());
    }
    let served = format!("{}.{}", SERVED.0, SERVED.1);
    Err(LoadFault::Contract { newer: numbers(version) > numbers(&served), wanted: version.into() })
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

fn check_imports(engine: &Engine, component: &Component, manifest: &Manifest) -> Result<Vec<String>, LoadFault> {
    let asked = &manifest.capabilities;
    let mut imports = Vec::new();
    for (name, _) in component.component_type().imports(engine) {
        imports.push(name.to_owned());
        let (package, interface, version) = parts(name).ok_or_else(|| LoadFault::UnknownImport(name.into()))?;
        if package == PACKAGE {
            check_version(version)?;
        }
        match (package, interface) {
            (PACKAGE, "types" | "journal") => {}
            (PACKAGE, "http") if asked.http.is_empty() => {
                return Err(LoadFault::NotAsked { import: "jobwright:plugin/http", capability: "http" });
            }
            (PACKAGE, "records") if asked.read.is_empty() => {
                return Err(LoadFault::NotAsked { import: "jobwright:plugin/records", capability: "read" });
            }
            (PACKAGE, "http" | "records") => {}
            ("wasi:http" | "wasi:sockets", _) => return Err(LoadFault::OwnNet(name.into())),
            (package, _) if wasi::PACKAGES.contains(&package) => {}
            _ => return Err(LoadFault::UnknownImport(name.into())),
        }
    }
    Ok(imports)
}

/// The names of our interfaces that the component exports.
fn check_exports(engine: &Engine, component: &Component, manifest: &Manifest) -> Result<Vec<String>, LoadFault> {
    let mut exports = Vec::new();
    for (name, _) in component.component_type().exports(engine) {
        if let Some((PACKAGE, interface, version)) = parts(name) {
            check_version(version)?;
            exports.push(interface.to_owned());
        }
    }
    let offers = [
        ("tasks", !manifest.tasks.is_empty()),
        ("selectors", !manifest.selectors.is_empty()),
        ("checks", !manifest.checks.is_empty()),
        ("listeners", !manifest.listeners.is_empty()),
    ];
    for (interface, offered) in offers {
        match (offered, exports.iter().any(|export| export == interface)) {
            (true, false) => return Err(LoadFault::NotExported(interface)),
            (false, true) => return Err(LoadFault::NotOffered(interface)),
            _ => {}
        }
    }
    Ok(exports)
}
