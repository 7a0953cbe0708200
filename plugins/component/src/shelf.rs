//! The plugins that a practice has, ready to be called.
//!
//! Owns: the folder of plugins as it is now, and components that jobs began with. A plugin that is not in order is left out
//! and told about; the others serve. What the practice's files give is looked at before each call, and what they do not
//! give any more no call has. Leaves what is in order to `inspection`, and a call to `task` and `inquiry`.

use crate::{
    cache,
    crashes::Crashes,
    gate::Gate,
    http::{self, Net, Way},
    inquiry,
    inspection::{Folder, Found, Problem, inspect},
    kept::Kept,
    limits::{Asked, AtOnce, INQUIRIES_AT_ONCE_MAX},
    listener,
    load::Plugin,
    places::Places,
    ready::Ready,
    sandbox::Sandbox,
    signature::Trust,
    task,
    verdict::NOT_GRANTED,
};
use jobwright_core::{effect::Failure, id::Hash, retry::FailureKind, value::Value};
use jobwright_plugin::{
    Call, Called, Calling, Choice, Desk, Examined, Inquiry, NO_SUCH_PLUGIN, Offer, Offered, Plugins, Purpose,
    RepeatSafe,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, PoisonError, RwLock},
};
use thiserror::Error;

/// What the service says about the plugins of a practice.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Lower ceilings than the usual ones.
    pub ceilings: Asked,
    /// How many calls go side by side.
    pub at_once: AtOnce,
    /// Whose signatures count, and the secrets that plugins may be given.
    pub given: Given,
    /// Says the same anew where it may change while the service runs.
    pub watch: Option<Watch>,
    /// Where compiled components are kept: outside of everything that is copied with a practice. Without it they are
    /// compiled anew each time.
    pub cache: Option<PathBuf>,
    /// One more certificate (DER) that requests trust.
    pub root_certificate: Option<Vec<u8>>,
}

/// What the service's own files say of plugins.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Whose signatures count.
    pub trust: Trust,
    /// The entries of the secrets file that plugins may be given.
    pub secrets: BTreeMap<String, String>,
}

/// Looks whether these files have changed: the same value as long as they have not.
#[derive(Clone)]
pub struct Watch(pub Arc<dyn Fn() -> Arc<Given> + Send + Sync>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// Why there is no shelf at all.
#[derive(Debug, Error)]
pub enum ShelfFault {
    /// No engine can be had.
    #[error("cannot set up the engine for plugins: {0}")]
    Engine(String),
    /// There is no thread for the clock that stops them.
    #[error("cannot start the clock that stops plugins")]
    Clock(#[source] io::Error),
    /// The root certificate is not valid.
    #[error("cannot use the root certificate for plugins")]
    Certificate(#[source] io::Error),
}

/// The plugins of a practice.
pub struct Shelf {
    folder: Folder,
    sandbox: Sandbox,
    kept: Kept,
    net: Net,
    options: Options,
    /// What counts where nothing is watched.
    given: Arc<Given>,
    held: RwLock<Arc<Held>>,
    /// Components that jobs began with and that are not installed any more.
    older: Mutex<BTreeMap<Hash, Arc<Plugin>>>,
    places: Places,
    crashes: Crashes,
    inquiries: Turnstile,
}

/// What is installed and in order.
#[derive(Default)]
struct Held {
    found: Found,
    by_digest: BTreeMap<Hash, Arc<Ready>>,
    by_name: BTreeMap<String, Hash>,
    /// Older components with what they may do by the same files.
    older: Mutex<BTreeMap<Hash, Arc<Ready>>>,
}

impl Held {
    fn of(found: Found) -> Self {
        let by_digest = found.ready.values().map(|ready| (ready.plugin.digest, ready.clone())).collect();
        let names = found
            .ready
            .values()
            .flat_map(|ready| ready.plugin.manifest.names().map(|name| (name.to_owned(), ready.plugin.digest)));
        Self { by_name: names.collect(), by_digest, older: Mutex::default(), found }
    }
}

impl Shelf {
    /// Opens the folder of plugins; components that jobs began with are kept in the other one. What is not in order is a
    /// [`Problem`], not an error.
    ///
    /// # Errors
    /// When plugins cannot be run here at all.
    pub fn open(folder: &Path, kept: &Path, options: Options) -> Result<Self, ShelfFault> {
        let sandbox = Sandbox::with_cache(&options.ceilings, options.at_once, options.cache.as_deref())?;
        let net = Net::new(options.root_certificate.as_deref()).map_err(ShelfFault::Certificate)?;
        cache::remove_compiled_in_practice(kept);
        let shelf = Self {
            folder: Folder::new(folder),
            kept: Kept::new(kept),
            sandbox,
            net,
            places: Places::new(options.at_once),
            crashes: Crashes::default(),
            given: Arc::new(options.given.clone()),
            options,
            held: RwLock::default(),
            older: Mutex::default(),
            inquiries: Turnstile::new(INQUIRIES_AT_ONCE_MAX),
        };
        shelf.look_again();
        Ok(shelf)
    }

    /// Looks whether the folder has changed, and loads what did. Calls under way end on the component that they began with;
    /// what is granted counts from their next request on. Says whether anything is different now.
    pub fn look_again(&self) -> bool {
        let before = self.held();
        let (stamps, given) = (self.folder.stamps(), self.given());
        if before.found.stamps.as_ref() == Some(&stamps) && Arc::ptr_eq(&before.found.given, &given) {
            return false;
        }
        let found = inspect(&self.folder, stamps, given, &before.found, &self.sandbox, &self.options);
        found.ready.values().for_each(|ready| self.keep(ready));
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Held::of(found));
        true
    }

    /// The same before a call, when one of the files has changed that say what is granted.
    fn look_at_rights(&self) {
        if !self.is_current(&self.held()) {
            self.look_again();
        }
    }

    fn is_current(&self, held: &Held) -> bool {
        held.found.stamps_of_rights == self.folder.stamps_of_rights() && Arc::ptr_eq(&held.found.given, &self.given())
    }

    fn given(&self) -> Arc<Given> {
        self.options.watch.as_ref().map_or_else(|| self.given.clone(), |watch| (watch.0)())
    }

    /// The folder that compiled components are kept in.
    pub fn cache_folder(&self) -> Option<&Path> {
        self.sandbox.cache_folder()
    }

    /// Why a plugin is not called for now, when it crashed too often.
    pub fn held_back(&self, ready: &Ready, now: jiff::Timestamp) -> Option<Failure> {
        self.crashes.held(ready.name(), &ready.plugin.digest, now)
    }

    /// What is not in order.
    pub fn problems(&self) -> Vec<Problem> {
        self.held().found.problems.clone()
    }

    /// The plugins that serve, by name.
    pub fn plugins(&self) -> Vec<Arc<Ready>> {
        self.held().found.ready.values().cloned().collect()
    }

    /// What a task's plugin says of settings: what does not fit their schema, else what its own check finds.
    ///
    /// # Errors
    /// When the check itself fails, or there is none of this name.
    pub fn check_settings(&self, name: &str, settings: &Value) -> Result<Vec<(String, Failure)>, Failure> {
        let ready =
            self.current(name).filter(|ready| ready.plugin.task(name).is_some()).ok_or_else(|| missing(name))?;
        let _turn = self.inquiries.enter();
        inquiry::check_settings(&ready, name, settings)
    }

    /// Tells a listener of an event: the call is named after it, and its settings are the event's body.
    pub fn observe(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        Box::pin(async move {
            let ready = match self.begun_with(call.digest, &call.name).await {
                Ok(ready) => ready,
                Err(failure) => return task::failed(failure),
            };
            let way = self.way(call.digest);
            self.in_turn(&ready, &call, listener::observe(&ready, &way, &call, desk)).await
        })
    }

    /// Forgets components that are neither installed nor pinned by a job.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file not deleted.
    pub fn forget_unpinned(&self, pinned: &BTreeSet<Hash>) -> io::Result<usize> {
        let held = self.held();
        self.older.lock().unwrap_or_else(PoisonError::into_inner).retain(|digest, _| pinned.contains(digest));
        held.older.lock().unwrap_or_else(PoisonError::into_inner).retain(|digest, _| pinned.contains(digest));
        self.kept.forget(|digest| !pinned.contains(digest) && !held.by_digest.contains_key(digest))
    }

    fn keep(&self, ready: &Ready) {
        let digest = ready.plugin.digest;
        if self.kept.has(&digest) {
            return;
        }
        let kept = self.folder.bytes_of(ready.name()).and_then(|bytes| self.kept.put(&digest, &bytes));
        if let Err(error) = kept {
            tracing::warn!("cannot keep plugin {} for the jobs that begin with it: {error}", ready.name());
        }
    }

    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn current(&self, name: &str) -> Option<Arc<Ready>> {
        let held = self.held();
        held.by_name.get(name).and_then(|digest| held.by_digest.get(digest)).cloned()
    }

    /// A component by its digest: one that is installed, or one that is kept for the jobs that began with it.
    fn component(&self, digest: &Hash) -> Option<Arc<Plugin>> {
        if let Some(ready) = self.held().by_digest.get(digest) {
            return Some(ready.plugin.clone());
        }
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = older.get(digest) {
            return Some(plugin.clone());
        }
        let loaded = self.kept.load(digest, &self.sandbox);
        let loaded =
            loaded.inspect_err(|error| tracing::warn!("plugin {digest:.12} is kept and cannot be used: {error}"));
        let plugin = Arc::new(loaded.ok()??);
        older.insert(*digest, plugin.clone());
        Some(plugin)
    }

    /// The same with what it may do by the files as they are now.
    ///
    /// # Errors
    /// When it is not there, or they give it nothing.
    fn ready(&self, digest: &Hash, name: &str) -> Result<Arc<Ready>, Failure> {
        self.look_at_rights();
        let held = self.held();
        if let Some(ready) = held.by_digest.get(digest) {
            return Ok(ready.clone());
        }
        if let Some(ready) = held.older.lock().unwrap_or_else(PoisonError::into_inner).get(digest) {
            return Ok(ready.clone());
        }
        let plugin = self.component(digest).ok_or_else(|| not_kept(digest, name))?;
        let Some(files) = &held.found.files else {
            // Somebody is at work on them, or made a mistake: what waits goes on by itself when that is mended.
            let message = held.found.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            return Err(Failure { kind: FailureKind::Transient, code: NOT_GRANTED.into(), message });
        };
        let rights = files.rights(&plugin, &held.found.given, &self.options).map_err(|problem| {
            let kind = FailureKind::NeedsPerson;
            Failure { kind, code: NOT_GRANTED.into(), message: problem.to_string() }
        })?;
        let ready = rights.with(plugin);
        held.older.lock().unwrap_or_else(PoisonError::into_inner).insert(*digest, ready.clone());
        Ok(ready)
    }

    /// The way out of a call, on which is looked once more what its component may do.
    fn way(self: &Arc<Self>, digest: Hash) -> Way {
        Way { net: self.net.clone(), rights: Some(Arc::new(RightsNow { shelf: self.clone(), digest })) }
    }
}

/// What a component may do now.
struct RightsNow {
    shelf: Arc<Shelf>,
    digest: Hash,
}

impl http::Rights for RightsNow {
    fn gate(&self) -> Result<Arc<Gate>, String> {
        let ready = self.shelf.ready(&self.digest, "it").map_err(|failure| failure.message)?;
        Ok(ready.gate.clone())
    }
}

impl Shelf {
    /// Makes a call when there is a place for it, unless its plugin has crashed too often.
    async fn in_turn(&self, ready: &Ready, call: &Call, made: impl Future<Output = Called>) -> Called {
        let _place = self.places.take(ready.name()).await;
        if let Some(held) = self.crashes.held(ready.name(), &call.digest, call.now) {
            return task::failed(held);
        }
        let called = made.await;
        self.crashes.note(call.digest, call.now, &called);
        called
    }

    /// What may be called of a component, without keeping the thread waiting for the disk.
    async fn begun_with(self: &Arc<Self>, digest: Hash, name: &str) -> Result<Arc<Ready>, Failure> {
        let held = self.held();
        if let Some(ready) = held.by_digest.get(&digest).filter(|_| self.is_current(&held)) {
            return Ok(ready.clone());
        }
        let (shelf, name) = (self.clone(), name.to_owned());
        let looked = tokio::task::spawn_blocking(move || shelf.ready(&digest, &name)).await;
        looked.unwrap_or_else(|error| Err(Failure::permanent(NO_SUCH_PLUGIN, error.to_string())))
    }
}

impl Plugins for Shelf {
    fn offer(&self, name: &str) -> Option<Offer> {
        let ready = self.current(name)?;
        let plugin = &ready.plugin;
        let kind = match plugin.task(name) {
            Some(task) => Offered::Task { outputs: task.fields(), failures: task.failures.clone() },
            None if plugin.selector(name).is_some() => Offered::Selector,
            None => Offered::Check,
        };
        Some(Offer { plugin: ready.name().into(), digest: plugin.digest, kind })
    }

    fn repeat_safe(&self, digest: &Hash, name: &str) -> RepeatSafe {
        let plugin = self.component(digest);
        plugin.and_then(|plugin| Some(plugin.task(name)?.repeat_safe.into())).unwrap_or(RepeatSafe::No)
    }

    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        if call.purpose == Purpose::Observe {
            return self.observe(call, desk);
        }
        Box::pin(async move {
            let ready = match self.begun_with(call.digest, &call.name).await {
                Ok(ready) => ready,
                Err(failure) => return task::failed(failure),
            };
            let way = self.way(call.digest);
            self.in_turn(&ready, &call, task::call(&ready, &way, &call, desk)).await
        })
    }

    fn listeners(&self, event: &str) -> Vec<(String, Hash)> {
        let wants = |ready: &&Arc<Ready>| {
            ready.plugin.manifest.listeners.iter().any(|listener| listener.events.iter().any(|one| one == event))
        };
        let held = self.held();
        let listening = held.by_digest.values().filter(wants);
        listening.map(|ready| (ready.name().to_owned(), ready.plugin.digest)).collect()
    }

    fn at_once_max(&self) -> usize {
        self.options.at_once.all
    }

    fn at_once_max_each(&self) -> usize {
        self.options.at_once.each
    }

    fn select(&self, inquiry: &Inquiry, settings: &Value, desk: &dyn Desk) -> Result<Vec<Choice>, Failure> {
        self.look_at_rights();
        let offered = |ready: &Arc<Ready>| ready.plugin.selector(&inquiry.name).is_some();
        let ready = self.current(&inquiry.name).filter(offered).ok_or_else(|| missing(&inquiry.name))?;
        let _turn = self.inquiries.enter();
        inquiry::select(&ready, inquiry, settings, desk)
    }

    fn check(&self, inquiry: &Inquiry, value: &Value) -> Result<Examined, Failure> {
        self.look_at_rights();
        let offered = |ready: &Arc<Ready>| ready.plugin.manifest.checks.iter().any(|check| check.name == inquiry.name);
        let ready = self.current(&inquiry.name).filter(offered).ok_or_else(|| missing(&inquiry.name))?;
        let _turn = self.inquiries.enter();
        let findings = inquiry::check(&ready, inquiry, value)?;
        Ok(Examined { digest: ready.plugin.digest, findings })
    }
}

fn not_kept(digest: &Hash, name: &str) -> Failure {
    let what = format!("the component {digest:.12} that `{name}` began with is not kept");
    Failure::permanent(NO_SUCH_PLUGIN, what)
}

fn missing(name: &str) -> Failure {
    Failure::permanent(NO_SUCH_PLUGIN, format!("no plugin that is installed and in order offers `{name}`"))
}

/// Lets so many through at once. Nobody inside waits for anybody, so it moves.
struct Turnstile {
    free: Mutex<usize>,
    left: Condvar,
}

struct Inside<'a>(&'a Turnstile);

impl Turnstile {
    fn new(most: usize) -> Self {
        Self { free: Mutex::new(most), left: Condvar::new() }
    }

    fn enter(&self) -> Inside<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.left.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Inside(self)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.left.notify_one();
    }
}
