//! The plugins of a practice: its folder `plugins`, opened once a process and only when somebody needs it.
//!
//! Owns: where they lie, the secrets they may be given, what they offer to definitions, and that a trial lets nothing out.
//! Leaves what is in order to the host of components, and what is shown of it to `verb/plugin`.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jobwright_component::{
    Asked, AtOnce, Given, LOCK, Lock, Manifest, OF_LIBRARIES, Options, Schema, Shelf, SignatureFault, TaskOffer, Trust,
    TrustedKey, Watch,
};
use jobwright_core::{
    effect::Failure,
    id::Hash,
    value::{Type, Value},
};
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::practice::{PluginSettings, practice as read_practice};
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{Offer, Offered, SettingsCheck};
use jobwright_definition::syntax;
use jobwright_email::secrets;
use jobwright_plugin::{
    Call, Calling, Choice, Desk, Examined, Inquiry, NoPlugins, Offer as Served, Plugins, RepeatSafe, json,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value as Json;

use crate::assemble::{SECRETS, make_private};
use crate::cache;
use crate::exit::Exit;
use crate::practice::{FILE, Practice};
use crate::report::{Report, Result};

/// Where components, lock and grants lie in a practice.
pub const FOLDER: &str = "plugins";
/// Where components lie that jobs began with, in the store's folder.
pub const KEPT: &str = "plugins";

/// Open files beside those of calls: the store, letters, other commands.
const OPEN_FILES_BESIDE: u64 = 1_024;

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
    practice: PathBuf,
    folder: PathBuf,
    store: PathBuf,
    installed: Installed,
    settings: PluginSettings,
}

impl Place {
    fn of(practice: &Practice) -> Self {
        let folder = practice.folder.join(FOLDER);
        let (installed, settings) = (practice.installed.clone(), practice.file.plugins.clone());
        Self { practice: practice.folder.clone(), folder, store: practice.store.clone(), installed, settings }
    }

    /// Nothing for a practice that never had a plugin. One that once had some may have jobs that began with them.
    fn shelf(&self) -> Result<Option<Arc<Shelf>>> {
        let mut installed = self.installed.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if installed.is_none() && (self.folder.join(LOCK).exists() || self.store.join(KEPT).exists()) {
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
        let shelf = self.shelf();
        shelf.unwrap_or_else(|report| {
            tracing::error!(why = report.sentence(), "no plugin hears what happens");
            None
        })
    }

    fn open(&self) -> Result<Shelf> {
        let report = |error: &dyn std::error::Error| {
            Report::new(Exit::Outside, "plugins cannot be run on this machine").caused_by(error)
        };
        make_private(&self.store)?;
        let files = [self.practice.join(FILE), self.store.join(SECRETS)];
        let stamps = files.each_ref().map(|file| stamp(file));
        let secrets = secrets_of(&files[1])
            .map_err(|error| Report::new(Exit::No, "the secrets of plugins cannot be used").caused_by(&error))?;
        let given = Given { trust: trusted(&self.settings)?, secrets };
        let options = Options {
            ceilings: ceilings(&self.settings)?,
            at_once: at_once(&self.settings),
            watch: Some(watch(files, stamps, given.clone())),
            given,
            cache: cache::of_plugins(&[&self.practice, &self.store]),
            root_certificate: None,
        };
        more_open_files(options.at_once.all);
        let shelf = Shelf::open(&self.folder, &self.store.join(KEPT), options).map_err(|error| report(&error))?;
        for problem in shelf.problems() {
            tracing::info!("{problem}");
        }
        Ok(shelf)
    }
}

/// Which file it is, its size, and when it was last changed.
type Stamp = Option<(u64, u64, i64, i64)>;

fn stamp(file: &Path) -> Stamp {
    let data = std::fs::metadata(file).ok()?;
    Some((data.ino(), data.len(), data.ctime(), data.ctime_nsec()))
}

fn secrets_of(file: &Path) -> std::result::Result<BTreeMap<String, String>, secrets::BadSecrets> {
    let secrets = secrets::of_plugins(file)?;
    Ok(secrets.into_iter().map(|(name, secret)| (name, secret.expose().to_owned())).collect())
}

/// Reads practice.yaml and the secrets again when they have changed: an engine that goes on for months heeds them too.
fn watch(files: [PathBuf; 2], stamps: [Stamp; 2], given: Given) -> Watch {
    let last = Mutex::new((stamps, Arc::new(given)));
    Watch(Arc::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = files.each_ref().map(|file| stamp(file));
        if last.0 != now {
            *last = (now, Arc::new(given_by(&files, &last.1)));
        }
        last.1.clone()
    }))
}

/// What the files say now. As long as practice.yaml cannot be used the same signatures count as before; without secrets
/// that can be used there are none.
fn given_by([settings, secrets]: &[PathBuf; 2], before: &Given) -> Given {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let node =
        std::fs::read(settings).ok().and_then(|bytes| syntax::read(&mut sources, FILE, &bytes, &mut diagnostics));
    let file = node.and_then(|node| read_practice(&node, &mut diagnostics));
    let trust = file.and_then(|file| trusted(&file.plugins).ok()).unwrap_or_else(|| {
        tracing::warn!("{FILE} was changed and cannot be used; the same signatures of plugins count as before");
        before.trust.clone()
    });
    let secrets = secrets_of(secrets).unwrap_or_else(|error| {
        tracing::warn!(%error, "plugins have no secrets until the file can be used");
        BTreeMap::new()
    });
    Given { trust, secrets }
}

/// The ceilings that practice.yaml names.
fn ceilings(settings: &PluginSettings) -> Result<Asked> {
    let with = |asked: Asked, (key, most): &(&str, u64)| asked.with(key, *most);
    let named = settings.ceilings.iter().try_fold(Asked::default(), with);
    named.map_err(|unknown| Report::new(Exit::Fault, "a bound of plugins is none").caused_by(&unknown))
}

/// Whose signatures count.
pub fn trust(practice: &Practice) -> Result<Trust> {
    trusted(&practice.file.plugins)
}

fn trusted(settings: &PluginSettings) -> Result<Trust> {
    let key = |(name, key): &(String, String)| key.parse().map(|key| TrustedKey { name: name.clone(), key });
    let keys: std::result::Result<Vec<_>, SignatureFault> = settings.trusted_keys.iter().map(key).collect();
    let keys = keys.map_err(|fault| Report::new(Exit::Fault, "a trusted key is none").caused_by(&fault))?;
    Ok(Trust { keys, require_signed: settings.require_signed })
}

fn at_once(settings: &PluginSettings) -> AtOnce {
    AtOnce::new(settings.calls_at_once.into(), settings.calls_at_once_per_plugin.into())
}

/// Each call may hold a socket, and many systems begin with 1,024 open files. Where more are not allowed, a request that
/// finds none left fails as one that cannot be reached, and is tried again.
fn more_open_files(calls: usize) {
    let limit = getrlimit(Resource::Nofile);
    let wanted = OPEN_FILES_BESIDE + calls as u64;
    if limit.current.is_some_and(|current| current < wanted) {
        let current = limit.maximum.map_or(wanted, |most| wanted.min(most));
        if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit }) {
            tracing::warn!(%error, wanted, "cannot have more open files for the calls of plugins");
        }
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
    // Whoever has just added a plugin publishes what needs it, and a running engine looks only now and then.
    shelf.look_again();
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
        let kind = Offered::Task { outputs: task.fields(), failures: failures(task) };
        (task.name.clone(), of_task(&task.name, offer(kind, Some(&task.settings))))
    });
    let selectors = manifest.selectors.iter();
    let selectors = selectors.map(|one| (one.name.clone(), offer(Offered::Selector, Some(&one.settings))));
    let checks = manifest.checks.iter().map(|one| (one.name.clone(), offer(Offered::Check, None)));
    tasks.chain(selectors).chain(checks).collect()
}

/// The codes that a task's retries may name: its own, and those that every plugin may use.
fn failures(task: &TaskOffer) -> Vec<String> {
    let of_libraries = OF_LIBRARIES.iter().map(|code| (*code).to_owned());
    task.failures.iter().cloned().chain(of_libraries).collect()
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

    /// Known without opening any.
    fn at_once_max(&self) -> usize {
        at_once(&self.place.settings).all
    }

    fn at_once_max_each(&self) -> usize {
        at_once(&self.place.settings).each
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

#[cfg(test)]
mod tests {
    use jobwright_component::{CALLS_AT_ONCE, ceiling};
    use jobwright_definition::practice as words;

    use super::*;

    #[test]
    fn what_practice_yaml_may_say_of_plugins_is_what_their_host_can_give() {
        for (key, most, _) in words::CEILINGS {
            assert_eq!(ceiling(key), Some(*most), "{key}");
            assert!(ceilings(&PluginSettings { ceilings: vec![(key, *most)], ..PluginSettings::default() }).is_ok());
        }
        assert_eq!(u64::from(words::CALLS_AT_ONCE), CALLS_AT_ONCE.default);
        assert_eq!(u64::from(*words::CALLS_AT_ONCE_RANGE.end()), CALLS_AT_ONCE.ceiling);
    }
}
