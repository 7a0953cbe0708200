//! What plugins cost: `cargo bench -p jobwright-component`; a word picks the lines that hold it.
//!
//! Owns: real guests of several languages through the host's own path, side by side, beside one that means harm, and
//! many that wait; each figure beside its bar. A missed bar is told and fails nothing: figures are judged by people. What
//! the toolchains of the samples cannot build is left out, and said.

#[path = "../../tests/suite/guests.rs"]
#[allow(dead_code)]
mod guests;
#[path = "../../tests/suite/world.rs"]
#[allow(dead_code)]
mod world;

mod harm;
mod memory;
mod samples;
mod told;
mod waiting;

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use guests::Guest;
use jobwright_component::Shelf;
use jobwright_core::value::Value;
use jobwright_plugin::{Call, Ended, Plugins};
use samples::{JS, Office, PYTHON, RUST, SELECTOR, Sample};
use told::{Latencies, Line, picked};
use world::{Practice, inquiry};

/// How long one line is measured.
const FOR: Duration = Duration::from_secs(2);
/// Parts of that time, for what is compared.
const ROUNDS: u32 = 20;
/// Calls before that, which nobody counts.
const WARM: usize = 5;
/// Plugins of a practice that has many.
const PLUGINS: usize = 20;
/// Times that their folder is opened.
const OPENED: usize = 20;

/// Microseconds of a Rust selector: no outputs to check, no lines.
const RUST_BARE_BAR: f64 = 40.0;
/// Microseconds of a Rust task: grants, both schemas, a line said.
const RUST_BAR: f64 = 100.0;
/// Microseconds of a JavaScript task.
const JS_BAR: f64 = 700.0;
/// Microseconds of a Python task.
const PYTHON_BAR: f64 = 1_300.0;
/// How much faster two threads are than one.
const TWO_THREADS_BAR: f64 = 1.8;
/// Milliseconds to open a folder of plugins that were compiled before.
const OPEN_BAR: f64 = 50.0;

fn main() {
    if memory::is_asked() {
        return memory::answer();
    }
    let samples = samples::built();
    println!("{:44} {:>10} {:>10} {:>10} {:>12}", "", "p50", "p99", "bar", "calls/s");
    let check = Host::of_guest(&Guest::check("(call $none)"));
    if picked("host alone, WAT check") {
        told(
            &Line::new("host alone, WAT check, µs"),
            &check.inquired(|shelf| {
                shelf.check(&inquiry("test.check"), &Value::Int(1)).expect("an answer");
            }),
        );
    }
    if let Some(sample) = samples.get(SELECTOR).filter(|_| picked("Rust selector")) {
        let host = Host::of(sample);
        let (office, settings) = (Office, Value::map::<String>([]));
        told(
            &Line::new("Rust selector, bare, µs").below(RUST_BARE_BAR),
            &host.inquired(|shelf| {
                let chosen = shelf.select(&inquiry("office.least_loaded"), &settings, &office).expect("somebody");
                assert_eq!(chosen[0].id, "ada");
            }),
        );
    }
    for (name, shown, bar) in
        [(RUST, "Rust task", RUST_BAR), (JS, "JavaScript task", JS_BAR), (PYTHON, "Python task", PYTHON_BAR)]
    {
        if let Some(sample) = samples.get(name).filter(|_| picked(shown)) {
            told(&Line::new(&format!("{shown}, µs")).below(bar), &Host::of(sample).called(1));
        }
    }
    if let Some(sample) = samples.get(JS).filter(|_| picked("JavaScript task with nothing to do")) {
        let host = Host::of(&sample.with_example("nothing"));
        told(&Line::new("JavaScript task with nothing to do, µs"), &host.called(1));
    }
    if let Some(sample) = samples.get(RUST).filter(|_| picked("two threads")) {
        let host = Host::of(sample);
        // In turns, since a machine that others use is not as fast in one second as in the next.
        let [mut one, mut two] = [0.0, 0.0];
        for _ in 0..ROUNDS {
            one += host.called_for(FOR / ROUNDS, 1).a_second();
            two += host.called_for(FOR / ROUNDS, 2).a_second();
        }
        Line::new("two threads for one, Rust task").above(TWO_THREADS_BAR).say(two / one);
    }
    if picked("opening") {
        opening(&samples);
    }
    if picked("harm") {
        harm::endless(samples.get(RUST));
        memory::bomb();
    }
    if picked("waiting") {
        waiting::many();
    }
}

fn told(line: &Line, latencies: &Latencies) {
    line.say_all(latencies, 1e6);
}

/// A practice with one plugin.
struct Host {
    shelf: Arc<Shelf>,
    call: Option<Call>,
    _practice: Practice,
}

impl Host {
    fn of_guest(guest: &Guest) -> Self {
        let practice = samples::practice();
        practice.add(guest);
        Self { shelf: opened(&practice), call: None, _practice: practice }
    }

    fn of(sample: &Sample) -> Self {
        let practice = samples::practice();
        let digest = practice.add_granted(&sample.plugin, |_| {});
        let shelf = opened(&practice);
        Self { shelf, call: Some(sample.call(digest)), _practice: practice }
    }

    /// One after another, inside of a turn.
    fn inquired(&self, ask: impl Fn(&Shelf)) -> Latencies {
        (0..WARM).for_each(|_| ask(&self.shelf));
        Latencies::of(FOR, || ask(&self.shelf))
    }

    /// So many threads, each with calls one after another.
    fn called(&self, threads: usize) -> Latencies {
        self.called_for(FOR, threads)
    }

    fn called_for(&self, time: Duration, threads: usize) -> Latencies {
        let call = self.call.as_ref().expect("a call");
        let all: Vec<_> = thread::scope(|scope| {
            let spawned: Vec<_> = (0..threads).map(|_| scope.spawn(|| in_turn(&self.shelf, call, time))).collect();
            spawned.into_iter().map(|one| one.join().expect("a thread")).collect()
        });
        // How long a thread takes to begin is nothing of a call's.
        let wall = all.iter().map(|one| one.wall).max().unwrap_or_default();
        Latencies { each: all.into_iter().flat_map(|one| one.each).collect(), wall }
    }
}

fn in_turn(shelf: &Arc<Shelf>, call: &Call, time: Duration) -> Latencies {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let desk = Arc::new(Office);
    let once = || {
        let called = runtime.block_on(shelf.clone().call(call.clone(), desk.clone()));
        assert!(served(&called.ended), "{:?}", called.ended);
    };
    (0..WARM).for_each(|_| once());
    Latencies::of(time, once)
}

/// Whether the guest itself answered: done, or refused in its own words.
fn served(ended: &Ended) -> bool {
    match ended {
        Ended::Done { .. } => true,
        Ended::Failed { failure, .. } => !failure.code.starts_with("plugin-"),
        _ => false,
    }
}

fn opened(practice: &Practice) -> Arc<Shelf> {
    let shelf = practice.open();
    assert_eq!(shelf.problems(), []);
    shelf
}

/// Folders of many plugins that were compiled before: all small, and with five of the large languages.
fn opening(samples: &samples::Samples) {
    let line = |name: &str, large: &[&Sample]| {
        let practice = samples::practice();
        for (number, sample) in large.iter().cycle().take(if large.is_empty() { 0 } else { 5 }).enumerate() {
            practice.add_granted(&sample.renamed(number), |_| {});
        }
        for number in practice.open().plugins().len()..PLUGINS {
            practice.add(&Guest::good().named(&format!("plugin{number}")));
        }
        opened(&practice);
        let mut each: Vec<_> = (0..OPENED)
            .map(|_| {
                let began = Instant::now();
                drop(practice.open());
                began.elapsed()
            })
            .collect();
        each.sort();
        Line::new(name).below(OPEN_BAR).say(each[OPENED / 2].as_secs_f64() * 1e3);
    };
    line(&format!("opening {PLUGINS} compiled plugins, ms"), &[]);
    let large: Vec<_> = [JS, PYTHON].into_iter().filter_map(|name| samples.get(name)).collect();
    if !large.is_empty() {
        line(&format!("opening {PLUGINS}, 5 of them JS and Python, ms"), &large);
    }
}
