//! The plugins of a practice: its folder `plugins`, opened once a process and only when somebody needs it.
//!
//! Owns: where they lie, the secrets they may be given, what they offer to definitions, and that a trial lets nothing out.
//! Leaves what is in order to the host of components, and what is shown of it to `verb/plugin`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jobwright_component::{Asked, LOCK, Lock, Manifest, Options, Schema, Shelf};
use jobwright_core::{
    effect::Failure,
    id::Hash,
    value::{Type, Value},
};
use jobwright_definition::surroundings::{Offer, Offered, SettingsCheck};
use jobwright_email::secrets;
use jobwright_plugin::{
    Call, Calling, Choice, Desk, Examined, Inquiry, NoPlugins, Offer as Served, Plugins, RepeatSafe, json,
};
use serde_json::Value as Json;

use crate::assemble::{SECRETS, make_private};
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Where components, lock and grants lie in a practice.
pub const FOLDER: &str = "plugins";
/// Where compiled components lie, and those that jobs began with, in the store's folder.
const CACHE: &str = "plugins";

/// How often a running engine looks whether the folder of plugins has changed.
pub const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The plugins that a practice has, once somebody has asked.
#[derive(Clone, Default)]
pub struct Installed {
    shelf: Arc<Mutex<Option<Arc<Shelf>>>>,
    /// When somebody last looked for plugins.
    looked: Arc<Mutex<Option<Instant>>>,
}

/// Where a practice's plugins are, and what they are opened with.
#[derive(Clone)]
struct Place {
    folder: PathBuf,
    store: PathBuf,
    installed: Installed,
}

impl Place {
    fn of(practice: &Practice) -> Self {
        let folder = practice.folder.join(FOLDER);
        Self { folder, store: practice.store.clone(), installed: practice.installed.clone() }
    }

    /// Nothing for a practice that never had a plugin. One that once had some may have jobs that began with them.
    fn shelf(&self) -> Result<Option<Arc<Shelf>>> {
        let mut installed = self.installed.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if installed.is_none() && (self.folder.join(LOCK).exists() || self.store.join(CACHE).exists()) {
            *installed = Some(Arc::new(self.open()?));
        }
        Ok(installed.clone())
    }

    /// The same, without looking for plugins more than once in a while where there were none.
    fn lately(&self) -> Option<Arc<Shelf>> {
        let now = Instant::now();
        let mut looked = self.installed.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.is_some_and(|looked| now.duration_since(looked) < LOOK_AGAIN_AFTER) {
            return self.installed.shelf.lock().unwrap_or_else(PoisonError::into_inner).clone();
        }
        *looked = Some(now);
        drop(looked);
        self.shelf().ok().flatten()
    }

    fn open(&self) -> Result<Shelf> {
        let report = |error: &dyn std::error::Error| {
            Report::new(Exit::Outside, "plugins cannot be run on this machine").caused_by(error)
        };
        make_private(&self.store)?;
        let secrets = secrets::of_plugins(&self.store.join(SECRETS))
            .map_err(|error| Report::new(Exit::No, "the secrets of plugins cannot be used").caused_by(&error))?;
        let secrets = secrets.into_iter().map(|(name, secret)| (name, secret.expose().to_owned())).collect();
        let options = Options { ceilings: Asked::default(), secrets, root_certificate: None };
        let shelf = Shelf::open(&self.folder, &self.store.join(CACHE), options).map_err(|error| report(&error))?;
        for problem in shelf.problems() {
            tracing::info!("{problem}");
        }
        Ok(shelf)
    }
}

impl Practice {
    /// The folder of its plugins, which may not be there.
    pub fn plugins_folder(&self) -> PathBuf {
        self.folder.join(FOLDER)
    }

    /// Its plugins, if it has any.
    pub fn shelf(&self) -> Result<Option<Arc<Shelf>>> {
        Place::of(self).shelf()
    }
}

/// Opens the plugins anew, as another process would.
pub fn open(practice: &Practice) -> Result<Shelf> {
    Place::of(practice).open()
}

/// What the practice's engine works with: opened when a job first asks, since most that people do asks for none.
pub fn plugins(practice: &Practice) -> Arc<dyn Plugins> {
    Arc::new(AskedFor { place: Place::of(practice), dry_run: false })
}

/// The same for a trial: plugins run, and nothing leaves.
pub fn rehearsed(practice: &Practice) -> Arc<dyn Plugins> {
    Arc::new(AskedFor { place: Place::of(practice), dry_run: true })
}

/// What the plugins of a practice offer to its definitions, also what lacks something.
pub fn offers(practice: &Practice) -> Result<BTreeMap<String, Offer>> {
    let Some(shelf) = practice.shelf()? else { return Ok(BTreeMap::new()) };
    let mut offers = BTreeMap::new();
    for problem in shelf.problems() {
        let Some((manifest, digest)) = locked(practice, &problem.plugin) else { continue };
        let lacks = Some(format!("{}; {}", problem.what, problem.next));
        offers.extend(of_manifest(&manifest, digest, lacks, None));
    }
    for ready in shelf.plugins() {
        offers.extend(of_manifest(&ready.plugin.manifest, ready.plugin.digest, None, Some(&shelf)));
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

fn of_manifest(
    manifest: &Manifest,
    digest: Hash,
    lacks: Option<String>,
    shelf: Option<&Arc<Shelf>>,
) -> BTreeMap<String, Offer> {
    let offer = |kind, schema: Option<&Json>| {
        let (plugin, lacks) = (manifest.name.clone(), lacks.clone());
        Offer { plugin, digest, kind, settings: settings_check(schema), lacks }
    };
    let of_task = |name: &str, of: Offer| Offer { settings: with_own_check(of.settings, name, shelf), ..of };
    let tasks = manifest.tasks.iter().map(|task| {
        let kind = Offered::Task { outputs: task.fields(), failures: task.failures.clone() };
        (task.name.clone(), of_task(&task.name, offer(kind, Some(&task.settings))))
    });
    let selectors = manifest.selectors.iter();
    let selectors = selectors.map(|one| (one.name.clone(), offer(Offered::Selector, Some(&one.settings))));
    let checks = manifest.checks.iter().map(|one| (one.name.clone(), offer(Offered::Check, None)));
    tasks.chain(selectors).chain(checks).collect()
}

/// A schema that does not compile was refused when its plugin was added.
fn settings_check(schema: Option<&Json>) -> SettingsCheck {
    let schema = schema.and_then(|schema| Schema::new(schema).ok());
    Arc::new(move |settings, _| {
        let faults = schema.as_ref().map(|schema| schema.faults(settings)).unwrap_or_default();
        faults.into_iter().map(|misfit| (misfit.at, misfit.what)).collect()
    })
}

/// What fits the schema and is known as a whole is shown to the plugin too: it may know what no schema can say.
fn with_own_check(by_schema: SettingsCheck, name: &str, shelf: Option<&Arc<Shelf>>) -> SettingsCheck {
    let Some(shelf) = shelf.cloned() else { return by_schema };
    let name = name.to_owned();
    Arc::new(move |settings, whole| {
        let faults = by_schema(settings, whole);
        let Some(known) = json::read(settings, &Type::Any).ok().filter(|_| whole && faults.is_empty()) else {
            return faults;
        };
        match shelf.check_settings(&name, &known) {
            Ok(found) => found.into_iter().map(|(at, failure)| (at, failure.message)).collect(),
            Err(failure) => vec![(String::new(), format!("the plugin cannot look at them: {failure}"))],
        }
    })
}

/// Plugins that are opened when they are asked for.
struct AskedFor {
    place: Place,
    dry_run: bool,
}

impl AskedFor {
    /// Where they cannot be opened there are none, and the log says why.
    fn plugins(&self) -> Arc<dyn Plugins> {
        match self.place.shelf() {
            Ok(Some(shelf)) => shelf,
            Ok(None) => Arc::new(NoPlugins),
            Err(report) => {
                tracing::error!(why = report.sentence(), "there are no plugins");
                Arc::new(NoPlugins)
            }
        }
    }
}

impl Plugins for AskedFor {
    fn offer(&self, name: &str) -> Option<Served> {
        self.plugins().offer(name)
    }

    fn repeat_safe(&self, digest: &Hash, name: &str) -> RepeatSafe {
        self.plugins().repeat_safe(digest, name)
    }

    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        let dry_run = call.dry_run || self.dry_run;
        self.plugins().call(Call { dry_run, ..call }, desk)
    }

    /// Asked for every event: a practice without plugins is not looked through each time.
    fn listeners(&self, event: &str) -> Vec<(String, Hash)> {
        match self.place.lately() {
            Some(shelf) => shelf.listeners(event),
            None => vec![],
        }
    }

    fn at_once_max(&self) -> usize {
        self.plugins().at_once_max()
    }

    fn select(
        &self,
        inquiry: &Inquiry,
        settings: &Value,
        desk: &dyn Desk,
    ) -> std::result::Result<Vec<Choice>, Failure> {
        self.plugins().select(inquiry, settings, desk)
    }

    fn check(&self, inquiry: &Inquiry, value: &Value) -> std::result::Result<Examined, Failure> {
        self.plugins().check(inquiry, value)
    }
}
