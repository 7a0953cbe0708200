//! What a plugin's task costs in a job: `cargo bench -p jobwright-component --bench engine`.
//!
//! Owns: jobs of one task on a durable store, a plugin's beside a built-in one. A plugin's is two durable steps: that it
//! is to be called, before the call, and what it answered; a script is done within its turn.

#[path = "../tests/suite/guests.rs"]
#[allow(dead_code)]
mod guests;
#[path = "../../../engine/runtime/tests/practice/mod.rs"]
#[allow(dead_code)]
mod practice;
#[path = "../tests/suite/world.rs"]
#[allow(dead_code)]
mod world;

use std::{
    collections::BTreeMap,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use guests::Guest;
use jobwright_component::Shelf;
use jobwright_core::{
    id::Hash,
    job::JobState,
    value::{Field, Type},
};
use jobwright_definition::surroundings::{Offer, Offered, Surroundings};
use jobwright_runtime::{DurableSteps, Engine};
use jobwright_store::local;
use practice::{fill_with, job, parts, start};

/// Jobs of a line.
const JOBS: u64 = 1_000;
/// Jobs whose start waits for the disk together.
const IN_FLIGHT: usize = 50;
/// Times that the jobs are driven at most.
const DRIVES_MAX: usize = 100;

const PLUGIN: &str = "format: 1\nid: measured\nname: One plugin\ntasks:\n  - { id: step, type: good.task }\n";
const SCRIPT: &str = "format: 1\nid: measured\nname: One script\ntasks:\n  \
    - { id: step, type: script, source: \"#{}\", outputs: { done: { type: bool, optional: true } } }\n";

fn main() {
    let installed = world::Practice::new();
    let digest = installed.add(&Guest::good().named("good"));
    let shelf = installed.open();
    println!("{:36} {:>12} {:>12}", "", "jobs/s", "ms in all");
    for (name, text) in [("a job of one script", SCRIPT), ("a job of one plugin's task", PLUGIN)] {
        let folder = installed.root.join(name.replace(' ', "-"));
        let wall = driven(&folder, text, &shelf, digest);
        println!("{name:36} {:12.0} {:12.1}", JOBS as f64 / wall.as_secs_f64(), wall.as_secs_f64() * 1e3);
        fs::remove_dir_all(&folder).expect("the folder goes");
    }
}

/// From the first start until every job is over.
fn driven(folder: &std::path::Path, text: &str, shelf: &Arc<Shelf>, digest: Hash) -> Duration {
    let store = local::open(folder, &local::Options::default()).expect("a store");
    let mut parts = parts(Arc::new(store), DurableSteps::Turn);
    parts.world.plugins = shelf.clone();
    let engine = Arc::new(Engine::open(parts).expect("an engine"));
    fill_with(&engine, text, &["4711"], &offers(digest));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let began = Instant::now();
    let starts = (1..=JOBS).map(|number| start(number, "measured", "4711"));
    engine.start_each(starts, IN_FLIGHT, |_, answer| drop(answer.expect("started"))).expect("seated");
    for _ in 0..DRIVES_MAX {
        let driven = runtime.block_on(runtime.spawn({
            let engine = engine.clone();
            async move { engine.drive().await }
        }));
        let driven = driven.expect("an end").expect("driven");
        if driven.turns == 0 && driven.tries == 0 {
            break;
        }
    }
    let wall = began.elapsed();
    let last = engine.look(job(JOBS)).expect("the job").job;
    let failures: Vec<_> = last.tasks.values().filter_map(|run| run.failure.as_ref()).collect();
    assert_eq!((last.state, failures), (JobState::Completed, vec![]));
    wall
}

fn offers(digest: Hash) -> Surroundings<'static> {
    let outputs = BTreeMap::from([("ok".to_owned(), Field::of(Type::Bool))]);
    let offer = Offer {
        plugin: "good".into(),
        digest,
        kind: Offered::Task { outputs, failures: vec![] },
        settings: Arc::new(|_, _| vec![]),
        lacks: None,
    };
    Surroundings { offers: BTreeMap::from([("good.task".to_owned(), offer)]), ..Surroundings::default() }
}
