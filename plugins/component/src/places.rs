//! Places for calls, side by side.
//!
//! Owns: how many calls there are at once, of all plugins and of each. Leaves in which order calls set out to the runtime,
//! which does not begin more of them than there are places.

use crate::limits::AtOnce;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a practice.
pub struct Places {
    each: usize,
    all: Arc<Semaphore>,
    /// By the name of the plugin. They are few: one for each that was ever called.
    of_one: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

/// A place that is taken until this is dropped.
pub struct Place {
    _of_one: Option<OwnedSemaphorePermit>,
    _of_all: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// So many.
    pub fn new(at_once: AtOnce) -> Self {
        Self { each: at_once.each, all: Arc::new(Semaphore::new(at_once.all)), of_one: Mutex::default() }
    }

    /// Waits for a place: first among the calls of the same plugin, so that whoever waits there holds none of the others.
    pub async fn take(&self, plugin: &str) -> Place {
        let of_one = {
            let mut of_one = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Semaphore::new(self.each));
            of_one.entry(plugin.to_owned()).or_insert_with(new).clone()
        };
        // Neither is ever closed.
        let of_one = of_one.acquire_owned().await.ok();
        Place { _of_one: of_one, _of_all: self.all.clone().acquire_owned().await.ok() }
    }
}
