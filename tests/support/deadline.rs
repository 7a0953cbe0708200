//! Every test ends: one that hangs is named, and the run with it.
//!
//! Owns: a watch over the threads in which tests run, which know their test by name. Whatever a test is made with (a folder,
//! an office, the program) begins the watch, so no test has to ask for it. A hanging thread cannot be ended from outside,
//! so the whole run ends, with the names. Leaves how long one wait may take to the waits themselves.

use std::collections::BTreeMap;
use std::process;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::size::size;

/// Longest life of a test, by the size of the run; far beyond what the slowest takes on a busy machine.
const DEADLINES: (usize, usize, usize) = (30, 90, 24 * 60);
/// How often it is looked.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Tests that run, by name, and when each began.
static RUNNING: Mutex<BTreeMap<String, Instant>> = Mutex::new(BTreeMap::new());
static WATCH: Once = Once::new();

thread_local! {
    static OWN: Running = Running::begin();
}

/// The test of this thread; ends with the thread.
struct Running(Option<String>);

impl Running {
    fn begin() -> Self {
        // Threads that a test makes have no name of a test: they end with it, or hang it.
        let name = thread::current().name().filter(|name| name.contains("::")).map(str::to_owned);
        if let Some(name) = &name {
            running().insert(name.clone(), Instant::now());
        }
        Self(name)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(name) = &self.0 {
            running().remove(name);
        }
    }
}

/// The test of this thread has a deadline from here on.
pub fn watched() {
    WATCH.call_once(|| drop(thread::Builder::new().name("deadline".into()).spawn(watch)));
    OWN.with(|_| {});
}

fn watch() {
    let (quick, push, long) = DEADLINES;
    let most = Duration::from_secs(60 * size().of(quick, push, long) as u64);
    loop {
        thread::sleep(LOOK_AFTER);
        let late = late(&running(), Instant::now(), most);
        if !late.is_empty() {
            eprintln!("these tests have not ended within {} minutes: {}", most.as_secs() / 60, late.join(", "));
            process::exit(101);
        }
    }
}

fn late(running: &BTreeMap<String, Instant>, now: Instant, most: Duration) -> Vec<String> {
    let is_late = |began: &Instant| now.saturating_duration_since(*began) > most;
    running.iter().filter(|(_, began)| is_late(began)).map(|(name, _)| name.clone()).collect()
}

fn running() -> std::sync::MutexGuard<'static, BTreeMap<String, Instant>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn r127_a_test_that_hangs_is_told_by_its_name() {
    watched();
    let own = thread::current().name().expect("a test has a name").to_owned();
    let began = *running().get(&own).expect("it is watched");
    let most = Duration::from_secs(60);
    let alone: BTreeMap<String, Instant> = [(own.clone(), began)].into();
    assert_eq!(late(&alone, began + most, most), Vec::<String>::new());
    assert_eq!(late(&alone, began + most + Duration::from_secs(1), most), [own]);
    let other = thread::Builder::new().name("a::test_that_has_ended".into()).spawn(watched).expect("a thread");
    other.join().expect("it ended");
    assert!(!running().contains_key("a::test_that_has_ended"), "what has ended is forgotten");
}
