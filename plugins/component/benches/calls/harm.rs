//! A guest that computes without end, beside one that others wait for.
//!
//! Owns: how late the one is stopped after its limit, and how long the other takes meanwhile.

use crate::{
    guests::Guest,
    samples::{self, Office, Sample},
    served,
    told::{Latencies, Line},
    world::call_of,
};
use jobwright_core::id::Hash;
use jobwright_plugin::{Call, Ended, Plugins};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// What the endless one may compute.
const CPU_MS: u64 = 200;
/// Milliseconds that it is stopped after that.
const LATE_BAR: f64 = 30.0;
/// Milliseconds of the slowest hundredth of the other's calls meanwhile.
const OTHER_BAR: f64 = 5.0;
/// Threads of an engine on the smallest machine we speak of.
const THREADS: usize = 2;
/// Endless loops, one after another.
const ROUNDS: usize = 10;

pub fn endless(other: Option<&Sample>) {
    let practice = samples::practice();
    let endless = Guest::task("(loop $on (br $on)) unreachable")
        .named("endless")
        .with("/limits", serde_json::json!({ "cpu_ms": CPU_MS }));
    let harmful = call_of(practice.add(&endless), "endless.task");
    let add = |sample: &Sample| sample.call(practice.add_granted(&sample.plugin, |_| {}));
    let good = other.map_or_else(|| call_of(practice.add(&Guest::good().named("good")), "good.task"), add);
    let shelf = crate::opened(&practice);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build().expect("a runtime");
    let over = Arc::new(AtomicBool::new(false));
    let others = runtime.spawn(meanwhile(shelf.clone(), good, over.clone()));
    let mut late: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let called =
                runtime.block_on(runtime.spawn(shelf.clone().call(harmful.clone(), Arc::new(Office)))).expect("an end");
            let Ended::Failed { failure, .. } = called.ended else { panic!("{:?}", called.ended) };
            assert_eq!(failure.code, jobwright_component::CPU);
            began.elapsed().as_secs_f64() * 1e3 - CPU_MS as f64
        })
        .collect();
    over.store(true, Ordering::Relaxed);
    let each = runtime.block_on(others).expect("an end");
    late.sort_by(f64::total_cmp);
    Line::new("an endless loop (harm): stopped late, ms").below(LATE_BAR).say(late[ROUNDS / 2]);
    Line::new("an endless loop: the latest of ten, ms").say(late[ROUNDS - 1]);
    let others = Latencies { each, wall: Duration::from_secs(1) };
    Line::new("another's p99 meanwhile, ms").below(OTHER_BAR).say(others.at(0.99) * 1e3);
}

async fn meanwhile(shelf: Arc<jobwright_component::Shelf>, call: Call, over: Arc<AtomicBool>) -> Vec<Duration> {
    assert_ne!(call.digest, Hash([0; 32]));
    let mut each = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        let called = shelf.clone().call(call.clone(), Arc::new(Office)).await;
        each.push(began.elapsed());
        assert!(served(&called.ended), "{:?}", called.ended);
        tokio::task::yield_now().await;
    }
    each
}
