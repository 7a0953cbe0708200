//! The plugins that a practice has, ready to be called.
//!
//! Owns: the folder of plugins as it is now and as it was when a job began with one of them. A plugin that is not in order
//! is left out and told about; the others serve. Leaves what is in order to `inspection`, and a call to `task` and
//! `inquiry`.

use crate::{
    crashes::Crashes,
    grants::Grant,
    http::Net,
    inquiry,
    inspection::{Folder, Found, Problem, inspect},
    kept::Kept,
    limits::{Asked, AtOnce, INQUIRIES_AT_ONCE_MAX},
    listener,
    places::Places,
    ready::Ready,
    sandbox::Sandbox,
    signature::Trust,
    task,
};
use jobwright_core::{effect::Failure, id::Hash, value::Value};
use jobwright_plugin::{
    Call, Called, Calling, Choice, Desk, Examined, Inquiry, NO_SUCH_PLUGIN, Offer, Offered, Plugins, Purpose,
    RepeatSafe,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
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
    /// Whose signatures count.
    pub trust: Trust,
    /// The entries of the secrets file that plugins may be given.
    pub secrets: BTreeMap<String, String>,
    /// One more certificate (DER) that requests trust.
    pub root_certificate: Option<Vec<u8>>,
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
    /// The cache folder cannot be used.
    #[error("cannot use the plugins' cache")]
    Cache(#[source] io::Error),
    /// The root certificate is none.
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
    held: RwLock<Arc<Held>>,
    /// Those that jobs began with and that are not installed any more.
    older: Mutex<BTreeMap<Hash, Arc<Ready>>>,
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
}

impl Held {
    fn of(found: Found) -> Self {
        let by_digest = found.ready.values().map(|(ready, _)| (ready.plugin.digest, ready.clone())).collect();
        let names = found
            .ready
            .values()
            .flat_map(|(ready, _)| ready.plugin.manifest.names().map(|name| (name.to_owned(), ready.plugin.digest)));
        Self { by_name: names.collect(), by_digest, found }
    }
}

impl Shelf {
    /// Opens the folder of plugins. What is not in order in it is a [`Problem`], not an error.
    ///
    /// # Errors
    /// When plugins cannot be run here at all.
    pub fn open(folder: &Path, cache_folder: &Path, options: Options) -> Result<Self, ShelfFault> {
        let sandbox = Sandbox::with_cache(&options.ceilings, options.at_once, cache_folder)?;
        let net = Net::new(options.root_certificate.as_deref()).map_err(ShelfFault::Certificate)?;
        let shelf = Self {
            folder: Folder::new(folder),
            kept: Kept::new(cache_folder),
            sandbox,
            net,
            places: Places::new(options.at_once),
            crashes: Crashes::default(),
            options,
            held: RwLock::default(),
            older: Mutex::default(),
            inquiries: Turnstile::new(INQUIRIES_AT_ONCE_MAX),
        };
        shelf.look_again();
        Ok(shelf)
    }

    /// Looks whether the folder has changed, and loads what did. Calls under way end on what they began with; a plugin
    /// whose new file is not in order goes on as it was. Says whether anything is different now.
    pub fn look_again(&self) -> bool {
        let before = self.held();
        let stamps = self.folder.stamps();
        if before.found.stamps.as_ref() == Some(&stamps) {
            return false;
        }
        let found = inspect(&self.folder, stamps, &before.found, &self.sandbox, &self.options);
        for (ready, grant) in found.ready.values() {
            self.keep(ready, grant);
        }
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Held::of(found));
        true
    }

    /// What is not in order.
    pub fn problems(&self) -> Vec<Problem> {
        self.held().found.problems.clone()
    }

    /// The plugins that serve, by name.
    pub fn plugins(&self) -> Vec<Arc<Ready>> {
        self.held().found.ready.values().map(|(ready, _)| ready.clone()).collect()
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
            let Some(ready) = self.begun_with(call.digest).await else { return not_kept(&call) };
            self.in_turn(&ready, &call, listener::observe(&ready, &self.net, &call, desk)).await
        })
    }

    /// Forgets components that are neither installed nor pinned by a job.
    ///
    /// # Errors
    /// When the folder cannot be read, or a file not deleted.
    pub fn forget_unpinned(&self, pinned: &BTreeSet<Hash>) -> io::Result<usize> {
        let held = self.held();
        self.older.lock().unwrap_or_else(PoisonError::into_inner).retain(|digest, _| pinned.contains(digest));
        self.kept.forget(|digest| !pinned.contains(digest) && !held.by_digest.contains_key(digest))
    }

    fn keep(&self, ready: &Ready, grant: &Grant) {
        let digest = ready.plugin.digest;
        if self.kept.has(&digest, grant) {
            return;
        }
        let kept = self.folder.bytes_of(ready.name()).and_then(|bytes| self.kept.put(&digest, &bytes, grant));
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
    fn ready(&self, digest: &Hash) -> Option<Arc<Ready>> {
        if let Some(ready) = self.held().by_digest.get(digest) {
            return Some(ready.clone());
        }
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = older.get(digest) {
            return Some(ready.clone());
        }
        let loaded = self.kept.load(digest, &self.sandbox, &self.options);
        let ready =
            loaded.inspect_err(|error| tracing::warn!("plugin {digest:.12} is kept and cannot be used: {error}"));
        let ready = Arc::new(ready.ok()??);
        older.insert(*digest, ready.clone());
        Some(ready)
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

    /// The same, without keeping the thread waiting for the disk.
    async fn begun_with(self: &Arc<Self>, digest: Hash) -> Option<Arc<Ready>> {
        if let Some(ready) = self.held().by_digest.get(&digest) {
            return Some(ready.clone());
        }
        let shelf = self.clone();
        tokio::task::spawn_blocking(move || shelf.ready(&digest)).await.ok().flatten()
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
        let ready = self.ready(digest);
        ready.and_then(|ready| Some(ready.plugin.task(name)?.repeat_safe.into())).unwrap_or(RepeatSafe::No)
    }

    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling {
        if call.purpose == Purpose::Observe {
            return self.observe(call, desk);
        }
        Box::pin(async move {
            let Some(ready) = self.begun_with(call.digest).await else { return not_kept(&call) };
            self.in_turn(&ready, &call, task::call(&ready, &self.net, &call, desk)).await
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
        let offered = |ready: &Arc<Ready>| ready.plugin.selector(&inquiry.name).is_some();
        let ready = self.current(&inquiry.name).filter(offered).ok_or_else(|| missing(&inquiry.name))?;
        let _turn = self.inquiries.enter();
        inquiry::select(&ready, inquiry, settings, desk)
    }

    fn check(&self, inquiry: &Inquiry, value: &Value) -> Result<Examined, Failure> {
        let offered = |ready: &Arc<Ready>| ready.plugin.manifest.checks.iter().any(|check| check.name == inquiry.name);
        let ready = self.current(&inquiry.name).filter(offered).ok_or_else(|| missing(&inquiry.name))?;
        let _turn = self.inquiries.enter();
        let findings = inquiry::check(&ready, inquiry, value)?;
        Ok(Examined { digest: ready.plugin.digest, findings })
    }
}

fn not_kept(call: &Call) -> Called {
    let what = format!("the component {:.12} that `{}` began with is not kept", call.digest, call.name);
    task::failed(Failure::permanent(NO_SUCH_PLUGIN, what))
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
