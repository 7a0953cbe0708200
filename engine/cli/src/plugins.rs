//! The plugins of a practice: its folder `plugins`, opened once a process and only when somebody needs it.
//!
//! Owns: where they lie, the secrets they may be given, what they offer to definitions, and that a trial lets nothing out.
//! Leaves what is in order to the host of components, and what is shown of it to `verb/plugin`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use jobwright_component::{Asked, LOCK, Lock, Manifest, Options, Schema, Shelf};
use jobwright_core::{effect::Failure, id::Hash, value::Value};
use jobwright_definition::surroundings::{Offer, Offered, SettingsCheck};
use jobwright_email::secrets;
use jobwright_plugin::{Call, Calling, Choice, Desk, Inquiry, NoPlugins, Offer as Served, Plugins, RepeatSafe};
use serde_json::Value as Json;

use crate::assemble::SECRETS;
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Where components, lock and grants lie in a practice.
pub const FOLDER: &str = "plugins";
/// Where compiled components lie, and those that jobs began with, in the store's folder.
const CACHE: &str = "plugins";

/// The plugins that a practice has, once somebody has asked.
#[derive(Default)]
pub struct Installed(OnceLock<Option<Arc<Shelf>>>);

impl Practice {
    /// The folder of its plugins, which may not be there.
    pub fn plugins_folder(&self) -> PathBuf {
        self.folder.join(FOLDER)
    }

    /// Its plugins; nothing for a practice that never had one, which costs no time then.
    pub fn shelf(&self) -> Result<Option<Arc<Shelf>>> {
        if let Some(shelf) = self.installed.0.get() {
            return Ok(shelf.clone());
        }
        // A practice that once had plugins may have jobs that began with them.
        let is_used = self.plugins_folder().join(LOCK).exists() || self.store.join(CACHE).exists();
        let shelf = if is_used { Some(Arc::new(open(self)?)) } else { None };
        Ok(self.installed.0.get_or_init(|| shelf).clone())
    }
}

/// Opens the shelf, and says in the log what is not in order.
pub fn open(practice: &Practice) -> Result<Shelf> {
    let report = |error: &dyn std::error::Error| {
        Report::new(Exit::Outside, "plugins cannot be run on this machine").caused_by(error)
    };
    let secrets = secrets::of_plugins(&practice.store.join(SECRETS)).map_err(|error| report(&error))?;
    let secrets = secrets.into_iter().map(|(name, secret)| (name, secret.expose().to_owned())).collect();
    let options = Options { ceilings: Asked::default(), secrets, root_certificate: None };
    let cache = practice.store.join(CACHE);
    let shelf = Shelf::open(&practice.plugins_folder(), &cache, options).map_err(|error| report(&error))?;
    for problem in shelf.problems() {
        tracing::warn!("{problem}");
    }
    Ok(shelf)
}

/// What the practice's engine works with.
pub fn plugins(practice: &Practice) -> Result<Arc<dyn Plugins>> {
    Ok(match practice.shelf()? {
        Some(shelf) => shelf,
        None => Arc::new(NoPlugins),
    })
}

/// The same for a trial: plugins run, and nothing leaves.
pub fn rehearsed(practice: &Practice) -> Result<Arc<dyn Plugins>> {
    Ok(Arc::new(Rehearsed(plugins(practice)?)))
}

/// What the plugins of a practice offer to its definitions, also what lacks something.
pub fn offers(practice: &Practice) -> Result<BTreeMap<String, Offer>> {
    let Some(shelf) = practice.shelf()? else { return Ok(BTreeMap::new()) };
    let mut offers = BTreeMap::new();
    for problem in shelf.problems() {
        let Some((manifest, digest)) = locked(practice, &problem.plugin) else { continue };
        offers.extend(of_manifest(&manifest, digest, Some(format!("{}; {}", problem.what, problem.next))));
    }
    for ready in shelf.plugins() {
        offers.extend(of_manifest(&ready.plugin.manifest, ready.plugin.digest, None));
    }
    Ok(offers)
}

/// What a component that is in the lock says of itself, whatever else is wrong with it.
fn locked(practice: &Practice, plugin: &str) -> Option<(Manifest, Hash)> {
    let folder = practice.plugins_folder();
    let lock = Lock::read(&folder.join(LOCK)).ok()?;
    let locked = lock.plugins.iter().find(|locked| locked.name == plugin)?;
    let bytes = std::fs::read(folder.join(&locked.file)).ok()?;
    Some((Manifest::of_component(&bytes).ok()?, locked.digest.0))
}

fn of_manifest(manifest: &Manifest, digest: Hash, lacks: Option<String>) -> BTreeMap<String, Offer> {
    let offer = |kind, schema: Option<&Json>| {
        let (plugin, lacks) = (manifest.name.clone(), lacks.clone());
        Offer { plugin, digest, kind, settings: settings_check(schema), lacks }
    };
    let tasks = manifest.tasks.iter().map(|task| {
        let kind = Offered::Task { outputs: task.fields(), failures: task.failures.clone() };
        (task.name.clone(), offer(kind, Some(&task.settings)))
    });
    let selectors = manifest.selectors.iter();
    let selectors = selectors.map(|one| (one.name.clone(), offer(Offered::Selector, Some(&one.settings))));
    let checks = manifest.checks.iter().map(|one| (one.name.clone(), offer(Offered::Check, None)));
    tasks.chain(selectors).chain(checks).collect()
}

/// A schema that does not compile was refused when its plugin was added.
fn settings_check(schema: Option<&Json>) -> SettingsCheck {
    let schema = schema.and_then(|schema| Schema::new(schema).ok());
    Arc::new(move |settings| {
        let faults = schema.as_ref().map(|schema| schema.faults(settings)).unwrap_or_default();
        faults.into_iter().map(|misfit| (misfit.at, misfit.what)).collect()
    })
}

/// Plugins of which nothing leaves.
struct Rehearsed(Arc<dyn Plugins>);

impl Plugins for Rehearsed {
    fn offer(&self, name: &str) -> Option<Served> {
        self.0.offer(name)
    }

    fn repeat_safe(&self, digest: &Hash, name: &str) -> RepeatSafe {
        self.0.repeat_safe(digest, name)
    }

    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        self.0.clone().call(Call { dry_run: true, ..call }, desk)
    }

    fn at_once_max(&self) -> usize {
        self.0.at_once_max()
    }

    fn select(
        &self,
        inquiry: &Inquiry,
        settings: &Value,
        desk: &dyn Desk,
    ) -> std::result::Result<Vec<Choice>, Failure> {
        self.0.select(inquiry, settings, desk)
    }

    fn check(&self, inquiry: &Inquiry, value: &Value) -> std::result::Result<Vec<String>, Failure> {
        self.0.check(inquiry, value)
    }
}
