//! What a turn costs, without a disk.
//!
//! Owns: jobs of ten scripts that do nothing, on a store in memory, at one, fifty and five hundred in flight, with each
//! answer durable before the next question and with a turn as one commit; and jobs that are parked. Told are steps a
//! second and microseconds of processor time a step, with the share of the store in memory apart. Run with
//! `cargo bench -p jobwright-runtime`; a word picks the lines that hold it.

#[path = "../tests/practice/mod.rs"]
mod practice;

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
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
const FOR: Duration = Duration::from_secs(3);
/// Jobs at a time between two looks at the clock, so that the store in memory stays small.
const JOBS: u64 = 5_000;

fn main() {
    let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    println!("{:24} {:>12} {:>12} {:>14} {:>14}", "", "steps/s", "µs a step", "of it store", "engine");
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

/// A store in memory that knows how long it took.
struct Timed {
    inner: MemoryStore,
    nanoseconds: AtomicU64,
}

impl Timed {
    fn timed<T>(&self, work: impl FnOnce(&MemoryStore) -> T) -> T {
        let began = Instant::now();
        let done = work(&self.inner);
        self.nanoseconds.fetch_add(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX), Relaxed);
        done
    }
}

impl Store for Timed {
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
        self.timed(|store| store.commit(batch))
    }
    fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, Error> {
        self.timed(|store| store.get(keys))
    }
    fn scan(&self, range: &Range, after: Option<&Key>, limit: usize, direction: Direction) -> Result<Page, Error> {
        self.timed(|store| store.scan(range, after, limit, direction))
    }
    fn changes(&self, from: u64) -> Changes {
        self.inner.changes(from)
    }
}

fn measure(name: &str, durable_steps: DurableSteps, in_flight: usize, text: &str, steps: u64) {
    let (mut done, mut wall, mut processor, mut store) = (0, Duration::ZERO, 0, 0);
    while wall < FOR {
        let timed = Arc::new(Timed { inner: memory::open().expect("a store"), nanoseconds: AtomicU64::new(0) });
        let engine = Engine::open(parts(timed.clone(), durable_steps)).expect("an engine");
        fill(&engine, text, &["4711"]);
        engine.start(start(0, "measured", "4711")).expect("started");
        let (began, spent) = (Instant::now(), on_processor());
        timed.nanoseconds.store(0, Relaxed);
        let starts = (1..=JOBS).map(|number| start(number, "measured", "4711"));
        engine.start_each(starts, in_flight, |_, answer| drop(answer.expect("started"))).expect("seated");
        wall += began.elapsed();
        processor += on_processor() - spent;
        store += timed.nanoseconds.load(Relaxed);
        done += JOBS * steps;
    }
    let each = |nanoseconds: u64| nanoseconds as f64 / 1000.0 / done as f64;
    println!(
        "{name:24} {:12.0} {:12.2} {:14.2} {:14.2}",
        done as f64 / wall.as_secs_f64(),
        each(processor),
        each(store),
        each(processor.saturating_sub(store))
    );
}

/// Nanoseconds that this thread was on a processor.
fn on_processor() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    told.split_whitespace().next().and_then(|first| first.parse().ok()).expect("a number")
}
