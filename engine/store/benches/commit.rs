//! How many durable commits a second: alone, and sixty-four to a batch; and how long a first start takes.
//!
//! Owns: the numbers that decide whether a batch is worth gathering. Run with `cargo bench -p jobwright-store`.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use divan::{Bencher, counter::ItemsCount};
use jobwright_store::{Commit, Key, Op, Pre, Space, Store, local, memory};

/// Enough jobs that rows are spread over many leaves.
const JOBS: u64 = 50_000;
const BATCHES: [u64; 2] = [1, 64];

fn main() {
    divan::main();
}

#[divan::bench(args = BATCHES)]
fn memory_commits(bencher: Bencher, commits: u64) {
    run(bencher, &memory::open().expect("a store in memory"), commits);
}

#[divan::bench(args = BATCHES)]
fn sled_commits(bencher: Bencher, commits: u64) {
    let folder = folder();
    run(bencher, &local::open(&folder, &local::Options::default()).expect("a store on disk"), commits);
}

#[divan::bench(sample_count = 20)]
fn sled_first_start(bencher: Bencher) {
    bencher.with_inputs(folder).bench_values(|folder| local::open(&folder, &local::Options::default()).map(drop));
}

fn run(bencher: Bencher, store: &dyn Store, commits: u64) {
    let number = AtomicU64::new(0);
    let batch = || (0..commits).map(|_| step(number.fetch_add(1, Ordering::Relaxed))).collect::<Vec<_>>();
    bencher.counter(ItemsCount::new(commits)).with_inputs(batch).bench_values(|batch| store.commit(batch));
}

/// What a step of a job writes: an event, the job's head, and a timer's index row.
fn step(number: u64) -> Commit {
    // A stride without a common factor with the number of jobs, so that neighbours in time are none in the tree.
    let job = ((number * 7919) % JOBS).to_be_bytes();
    let event = [job, number.to_be_bytes()].concat();
    let pre = vec![Pre::Absent(Key::new(Space::Event, event.clone()))];
    let ops = vec![
        Op::Put(Key::new(Space::Event, event.clone()), vec![7; 300]),
        Op::Put(Key::new(Space::Job, job), vec![8; 60]),
        Op::Put(Key::new(Space::Timer, event), Vec::new()),
    ];
    Commit { pre, ops, ..Commit::default() }
}

/// A new folder; those of the run before are cleared first.
fn folder() -> PathBuf {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let all = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("commit-bench");
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    if number == 0 {
        // There is nothing to clear on the first run.
        let _ = fs::remove_dir_all(&all);
    }
    all.join(number.to_string())
}
