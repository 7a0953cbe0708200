//! A plugin with its grants: what can be called.
//!
//! Owns: a fresh store and instance for each call, and its end by the clock. Leaves what is said in a call, and what its
//! answer means, to `task` and `inquiry`.

use crate::{
    gate::Gate,
    http::Way,
    limits::Limits,
    load::Plugin,
    meter::Meter,
    state::{Facts, Reach, State},
    ticker::Ticking,
};
use std::sync::Arc;
use wasmtime::{Store, UpdateDeadline};

/// Bytes of a request beside its body: headers and URL.
const REQUEST_BYTES: usize = 64 * 1024;

/// A plugin that may be called, and within which bounds.
#[derive(Debug)]
pub struct Ready {
    /// The component.
    pub plugin: Arc<Plugin>,
    /// What it may reach.
    pub gate: Arc<Gate>,
    /// What it may take.
    pub limits: Limits,
}

/// How a call gets away from the thread that it computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It lets others go first at every tick.
    Yields,
    /// The thread waits for it alone.
    Holds,
}

impl Ready {
    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.plugin.manifest.name
    }

    /// A store for one call, and the clock for as long as it goes.
    pub(crate) fn store(
        &self,
        limits: Limits,
        facts: Facts,
        way: Option<Way>,
        reach: Reach,
        pace: Pace,
    ) -> (Store<State>, Ticking) {
        let state = State::new(Meter::new(limits), facts, self.gate.clone(), way, reach);
        let engine = self.plugin.pre.engine();
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(self.crossing_bytes_max(&limits));
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |mut store| {
            store.data_mut().meter.tick()?;
            Ok(match pace {
                Pace::Yields => UpdateDeadline::Yield(1),
                Pace::Holds => UpdateDeadline::Continue(1),
            })
        });
        (store, Ticking::begin(engine))
    }

    /// Whoever may send requests may hand over a body for one.
    fn crossing_bytes_max(&self, limits: &Limits) -> usize {
        let output = usize::try_from(limits.output_kib << 10).unwrap_or(usize::MAX);
        if self.gate.reaches_out() { output.max(limits.body_bytes() + REQUEST_BYTES) } else { output }
    }
}
