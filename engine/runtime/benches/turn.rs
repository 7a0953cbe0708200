//! What a turn costs, without a disk.
//!
//! Owns: jobs of ten scripts that do nothing, on a store in memory, at one, fifty and five hundred in flight, with each
//! answer durable before the next question and with a turn as one commit; and jobs that are parked. Each line is told twice:
//! with that store, and with one that answers and keeps nothing, which leaves what the engine alone takes. Run with
//! `cargo bench -p jobwright-runtime`; a word picks the lines that hold it.

#[path = "../tests/practice/mod.rs"]
mod practice;

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use jobwright_runtime::{DurableSteps, Engine};
use jobwright_store::{
    Changes, Commit, CommitError, Direction, Error, Key, Limits, Page, Range, Receipt, Store, Versioned,
    memory::{self, MemoryStore},
};
use practice::{fill, parts, start};

/// Scripts of a job.
const STEPS: u64 = 10;
/// How long each line is measured.
const FOR: Duration = Duration::from_secs(2);
/// Jobs at a time between two looks at the clock, so that the store in memory stays small.
const JOBS: u64 = 5_000;

fn main() {
    let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    println!("{:24} {:>12} {:>12} {:>14}", "", "steps/s", "µs a step", "engine alone");
    for (name, durable_steps) in [("each", DurableSteps::Each), ("turn", DurableSteps::Turn)] {
        for in_flight in [1, 50, 500] {
            let name = format!("{name}, {in_flight} in flight");
            if name.contains(&word) {
                measure(&name, durable_steps, in_flight, &scripts(), STEPS);
            }
        }
    }
    if "parked".contains(&word) {
        measure("parked, 500 at once", DurableSteps::Turn, 500, PARKED, 1);
    }
}

const PARKED: &str = "format: 1\nid: measured\nname: Waits\ntasks:\n  - { id: look, type: manual }\n";

fn scripts() -> String {
    let mut text = "format: 1\nid: measured\nname: Ten scripts\ntasks:\n".to_string();
    let output = "outputs: { done: { type: bool, optional: true } }";
    for step in 1..=STEPS {
        let after = if step == 1 { String::new() } else { format!(", depends_on: [step_{}]", step - 1) };
        let _ = writeln!(text, "  - {{ id: step_{step}, type: script, source: \"#{{}}\", {output}{after} }}");
    }
    text
}

/// A store in memory that can be told to keep nothing more: whoever holds a job in mind does not miss it.
struct Answering {
    inner: MemoryStore,
    keeps: AtomicBool,
    position: AtomicU64,
}

impl Store for Answering {
    fn limits(&self) -> Limits {
        self.inner.limits()
    }
    fn epoch(&self) -> Result<u64, Error> {
        self.inner.epoch()
    }
    fn raise_epoch(&self) -> Result<u64, Error> {
        self.inner.raise_epoch()
    }
    fn commit(&self, batch: Vec<Commit>) -> Result<Vec<Result<Receipt, CommitError>>, Error> {
        if self.keeps.load(Relaxed) {
            return self.inner.commit(batch);
        }
        let receipt = |_| Ok(Receipt { position: self.position.fetch_add(1, Relaxed), repeated: false });
        Ok(batch.into_iter().map(receipt).collect())
    }
    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        self.inner.get(keys)
    }
    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.inner.scan(range, after, limit, direction)
    }
    fn changes(&self, from: u64) -> Changes {
        self.inner.changes(from)
    }
}

fn measure(name: &str, durable_steps: DurableSteps, in_flight: usize, text: &str, steps: u64) {
    let [(fast, all), (_, alone)] = [true, false].map(|keeps| spent(durable_steps, in_flight, text, steps, keeps));
    println!("{name:24} {fast:12.0} {all:12.2} {alone:14.2}");
}

/// Steps a second, and microseconds of processor time a step.
fn spent(durable_steps: DurableSteps, in_flight: usize, text: &str, steps: u64, keeps: bool) -> (f64, f64) {
    let (mut done, mut wall, mut processor) = (0, Duration::ZERO, 0);
    while wall < FOR {
        let inner = memory::open().expect("a store");
        let store = Arc::new(Answering { inner, keeps: AtomicBool::new(true), position: AtomicU64::new(0) });
        let engine = Engine::open(parts(store.clone(), durable_steps)).expect("an engine");
        fill(&engine, text, &["4711"]);
        engine.start(start(0, "measured", "4711")).expect("started");
        store.keeps.store(keeps, Relaxed);
        let (began, before) = (Instant::now(), on_processor());
        let starts = (1..=JOBS).map(|number| start(number, "measured", "4711"));
        engine.start_each(starts, in_flight, |_, answer| drop(answer.expect("started"))).expect("seated");
        wall += began.elapsed();
        processor += on_processor() - before;
        done += JOBS * steps;
    }
    (done as f64 / wall.as_secs_f64(), processor as f64 / 1000.0 / done as f64)
}

/// Nanoseconds that this thread was on a processor.
fn on_processor() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    told.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number")
}
