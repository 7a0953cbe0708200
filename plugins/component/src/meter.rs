//! What one call has taken, and where it must stop.
//!
//! Owns: counting ticks and memory against the limits, and remembering what was refused so that the failure can say it.
//! Leaves the words for people to `verdict`.

use crate::{
    limits::{Limits, TABLE_ELEMENTS_MAX},
    sandbox::{CORE_INSTANCES_MAX, MEMORIES_MAX, TABLES_MAX},
    ticker::TICK_MS,
};
use std::time::{Duration, Instant};
use thiserror::Error;
use wasmtime::ResourceLimiter;

/// Why the host stopped a call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Stopped {
    /// It computed for too long.
    #[error("used up its {0} ms of computing")]
    Cpu(u64),
    /// It took too long in all.
    #[error("was not done within {0} ms")]
    Wall(u64),
    /// It calls something that is not there.
    #[error("called `{0}`, which plugins do not have")]
    Absent(String),
    /// It asks for what nobody gives.
    #[error("{0}")]
    Misuse(String),
}

/// Counts for one call.
#[derive(Debug)]
pub struct Meter {
    limits: Limits,
    began: Instant,
    ticks: u64,
    memory: usize,
    memory_most: usize,
    /// Bytes that were asked for in vain.
    memory_refused: Option<usize>,
    table_refused: Option<usize>,
}

impl Meter {
    /// Nothing is taken yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            began: Instant::now(),
            ticks: 0,
            memory: 0,
            memory_most: 0,
            memory_refused: None,
            table_refused: None,
        }
    }

    /// What it is held to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// One tick of the clock went by while it computed.
    pub fn tick(&mut self) -> Result<(), Stopped> {
        self.ticks += 1;
        if self.cpu_ms() > self.limits.cpu_ms.max(TICK_MS) {
            return Err(Stopped::Cpu(self.limits.cpu_ms));
        }
        if self.wall() > Duration::from_millis(self.limits.wall_ms) {
            return Err(Stopped::Wall(self.limits.wall_ms));
        }
        Ok(())
    }

    /// When it must be over.
    pub fn deadline(&self) -> Instant {
        self.began + Duration::from_millis(self.limits.wall_ms)
    }

    /// Since it began.
    pub fn wall(&self) -> Duration {
        self.began.elapsed()
    }

    /// Computed so far.
    pub fn cpu_ms(&self) -> u64 {
        self.ticks * TICK_MS
    }

    /// The most memory that it held.
    pub fn memory_most(&self) -> usize {
        self.memory_most
    }

    /// MiB that it wanted in all when it was refused.
    pub fn memory_refused(&self) -> Option<usize> {
        self.memory_refused.map(|bytes| bytes.div_ceil(1 << 20))
    }

    /// Elements of a table that it wanted when it was refused.
    pub fn table_refused(&self) -> Option<usize> {
        self.table_refused
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let all = self.memory.saturating_sub(current).saturating_add(desired);
        if all as u64 > self.limits.memory_mib << 20 {
            self.memory_refused = Some(all);
            return Ok(false);
        }
        self.memory = all;
        self.memory_most = self.memory_most.max(all);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX {
            self.table_refused = Some(desired);
        }
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}
