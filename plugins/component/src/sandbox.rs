//! The engine that runs components: how it is set up.
//!
//! Owns: wasmtime's settings, the sizes of its pool, which follow from the ceilings, and what is kept between runs. Leaves
//! what a single call may take to `meter`, the clock to `ticker`, and what is kept of a file to `cache` and `seen`.

use crate::{
    cache::Cache,
    limits::{Asked, AtOnce, INQUIRIES_AT_ONCE_MAX, Limits, MEMORY_MIB, TABLE_ELEMENTS_MAX},
    load::{LoadFault, Plugin},
    seen::{Notes, Seen, Unseen},
    shelf::ShelfFault,
    ticker,
};
use jobwright_core::id::Hash;
use std::{path::Path, sync::Once};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Memories of one component: its own, and those of adapters.
pub const MEMORIES_MAX: usize = 3;
/// Tables of one component.
pub const TABLES_MAX: usize = 8;
/// Core instances within one component; JavaScript and Python come in some twenty parts.
pub const CORE_INSTANCES_MAX: usize = 48;
/// Stack for a component's own calls.
const WASM_STACK_BYTES: usize = 512 * 1024;
/// Stack for these and for what the host does on their behalf.
const STACK_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a used memory that stay mapped for the next call: more than JavaScript and Python write to in a small one.
const KEPT_BYTES: usize = 2 * 1024 * 1024;
/// Bytes that stay mapped in all, however many calls go side by side.
const KEPT_BYTES_IN_ALL: usize = 512 * 1024 * 1024;
/// Frames of a backtrace.
const FRAMES_MAX: usize = 16;

/// Where components are run: an engine whose pool fits the ceilings.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    cached: Option<Cached>,
}

/// What is kept between runs.
#[derive(Clone)]
struct Cached {
    cache: Cache,
    notes: Notes,
}

impl Sandbox {
    /// One that compiles anew each time, for the usual number of calls side by side.
    ///
    /// # Errors
    /// When no engine can be had.
    pub fn new(ceilings: &Asked) -> Result<Self, ShelfFault> {
        Self::sized(ceilings, AtOnce::default())
    }

    fn sized(ceilings: &Asked, at_once: AtOnce) -> Result<Self, ShelfFault> {
        let wish = Asked { memory_mib: Some(MEMORY_MIB.ceiling), ..Asked::default() };
        let most = Limits::of(&wish, &Asked::default(), ceilings);
        // Where the address space is short there is no pool; a call then takes a tenth longer.
        let engine = Engine::new(config().allocation_strategy(pool(most.memory_mib, at_once)))
            .or_else(|_| Engine::new(config().allocation_strategy(InstanceAllocationStrategy::OnDemand)))
            .map_err(|error| ShelfFault::Engine(format!("{error:#}")))?;
        ticker::register(&engine).map_err(ShelfFault::Clock)?;
        Ok(Self { engine, cached: None })
    }

    /// One that keeps what it compiled in this folder, unless that may not be relied on: then it compiles anew each time,
    /// and says so once.
    ///
    /// # Errors
    /// When no engine can be had.
    pub fn with_cache(ceilings: &Asked, at_once: AtOnce, folder: Option<&Path>) -> Result<Self, ShelfFault> {
        let sandbox = Self::sized(ceilings, at_once)?;
        let Some(folder) = folder else { return Ok(sandbox) };
        let cached = match Cache::open(folder, &sandbox.engine) {
            Ok(cache) => Some(Cached { notes: Notes::new(cache.folder(), cache.key().clone()), cache }),
            Err(why) => {
                static SAID: Once = Once::new();
                SAID.call_once(|| {
                    tracing::warn!("plugins are compiled anew each time: their cache cannot be used, {why}")
                });
                None
            }
        };
        Ok(Self { cached, ..sandbox })
    }

    /// The folder that compiled components are kept in.
    pub fn cache_folder(&self) -> Option<&Path> {
        self.cached.as_ref().map(|cached| cached.cache.folder())
    }

    /// Loads a plugin; none of its code runs.
    ///
    /// # Errors
    /// When it is none that we serve.
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin, LoadFault> {
        Plugin::load(&self.engine, self.cached.as_ref().map(|cached| &cached.cache), &Seen::of(bytes.to_vec()))
    }

    /// Looks whether a file is the component of a digest; reads it when it has changed since it was last read.
    pub(crate) fn look(&self, path: &Path, digest: Hash) -> Result<Seen, Unseen> {
        Seen::look(path, digest, self.cached.as_ref().map(|cached| &cached.notes))
    }

    /// Loads a plugin of a file that was looked at, and puts down what it says of itself.
    pub(crate) fn load_seen(&self, seen: &Seen) -> Result<Plugin, LoadFault> {
        let plugin = Plugin::load(&self.engine, self.cached.as_ref().map(|cached| &cached.cache), seen)?;
        if let Some(Err(error)) = self.cached.as_ref().map(|cached| cached.notes.put(seen, &plugin.manifest.to_json()))
        {
            tracing::warn!("cannot put down what is known of plugin {}: {error}", plugin.manifest.name);
        }
        Ok(plugin)
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(STACK_BYTES)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(FRAMES_MAX))
        // The same inputs give the same answer on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_memory64(false);
    config
}

fn pool(memory_mib: u64, at_once: AtOnce) -> InstanceAllocationStrategy {
    let at_once = at_once.all + INQUIRIES_AT_ONCE_MAX;
    let count = |each: usize| u32::try_from(at_once * each).unwrap_or(u32::MAX);
    let each = |each: usize| u32::try_from(each).unwrap_or(u32::MAX);
    let kept = KEPT_BYTES.min(KEPT_BYTES_IN_ALL / (at_once * MEMORIES_MAX).max(1));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(count(1))
        .total_stacks(count(1))
        .total_core_instances(count(CORE_INSTANCES_MAX))
        .total_memories(count(MEMORIES_MAX))
        .total_tables(count(TABLES_MAX))
        .max_core_instances_per_component(each(CORE_INSTANCES_MAX))
        .max_memories_per_component(each(MEMORIES_MAX))
        .max_tables_per_component(each(TABLES_MAX))
        .max_memory_size(usize::try_from(memory_mib << 20).unwrap_or(usize::MAX))
        .table_elements(TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(kept)
        .table_keep_resident(kept)
        .pagemap_scan(Enabled::Auto);
    InstanceAllocationStrategy::Pooling(pool)
}
