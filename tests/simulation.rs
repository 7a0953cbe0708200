//! The whole engine on one thread, in a world that fails by chance that can be had again.
//!
//! Owns: how many seeds are simulated at each size, and what is printed. `life` is one seed; `machine` is what its
//! processes run and die on; `witness`, `mail` and `checks` hold everything against what was promised. A failure names its
//! seed, which is had again by
//!
//!     JOBWRIGHT_TEST_SEED=17 cargo test --all-features --test suite simulation::a_seed -- --nocapture
//!
//! and belongs into `simulation/seeds.txt` once its cause is mended.

mod chance;
mod checks;
mod disk;
mod figures;
mod files;
mod life;
mod machine;
mod mail;
mod office;
mod people;
mod plan;
mod practice;
#[cfg(feature = "sabotage")]
mod saboteur;
mod view;
mod witness;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::figures::Figures;
use self::life::{Ended, simulate};
use crate::support::size::size;

/// The variable that names one seed.
const SEED: &str = "JOBWRIGHT_TEST_SEED";
/// Seeds that once found something.
const KEPT: &str = include_str!("simulation/seeds.txt");

/// How long is simulated: for so long, then until so much has happened, and no longer than the last.
struct Extent {
    time_min: Duration,
    deaths_min: u64,
    job_years_min: f64,
    time_max: Duration,
    /// Seeds after which it ends in any case.
    seeds_max: u64,
}

impl Extent {
    fn is_reached(&self, time: Duration, figures: &Figures) -> bool {
        let is_enough = figures.deaths >= self.deaths_min && figures.job_years() >= self.job_years_min;
        (time >= self.time_min && is_enough) || time >= self.time_max
    }
}

/// Simulates seed after seed on all cores, and stops at the first that fails.
fn simulate_from(first: u64, extent: &Extent) -> Figures {
    let (next, began) = (AtomicU64::new(first), Instant::now());
    let (sum, failed) = (Mutex::new(Figures::default()), Mutex::new(None));
    let is_over = || {
        failed.lock().expect("no thread panics").is_some()
            || extent.is_reached(began.elapsed(), &sum.lock().expect("no thread panics"))
    };
    let work = || {
        while !is_over() {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed - first >= extent.seeds_max {
                break;
            }
            match simulate(seed) {
                Ended::Well { figures, .. } => sum.lock().expect("no thread panics").add(&figures),
                Ended::Badly(failure) => *failed.lock().expect("no thread panics") = Some(failure.story),
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    if let Some(story) = failed.into_inner().expect("no thread panics") {
        panic!("{story}");
    }
    sum.into_inner().expect("no thread panics")
}

fn must_end_well(seed: u64) -> u64 {
    match simulate(seed) {
        Ended::Well { trace, .. } => trace,
        Ended::Badly(failure) => panic!("{}", failure.story),
    }
}

#[test]
fn a_seed_that_once_found_something_finds_nothing_now() {
    let named = std::env::var(SEED).ok().map(|seed| seed.parse().expect("a seed is a number"));
    let kept = KEPT.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let seeds: Vec<u64> = named.map_or_else(|| kept.collect(), |seed: u64| vec![seed]);
    for seed in seeds {
        must_end_well(seed);
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in [1, 2, 3] {
        assert_eq!(must_end_well(seed), must_end_well(seed), "seed {seed}");
    }
}

#[test]
fn a_practice_in_which_everything_fails_keeps_every_promise() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let (deaths_min, job_years_min) = size().of((1, 0.0), (100_000, 50_000.0), (100_000, 50_000.0));
    let time_min = size().of(Duration::from_secs(6), minutes(5), minutes(8 * 60));
    let time_max = size().of(minutes(5), minutes(12), minutes(10 * 60));
    // A night looks where nobody looked before.
    let first = size().of(1_000, 1_000, u64::from(jiff::Timestamp::now().as_millisecond().unsigned_abs() as u32) << 20);
    // A push judges the change at hand by the same seeds on any machine: about five minutes of two cores.
    let seeds_max = size().of(u64::MAX, 5_500, u64::MAX);
    let figures = simulate_from(first, &Extent { time_min, deaths_min, job_years_min, time_max, seeds_max });
    println!("{figures}");
    assert!(figures.deaths >= deaths_min, "{} deaths are fewer than {deaths_min}", figures.deaths);
    assert!(figures.job_years() >= job_years_min, "{} job-years are fewer", figures.job_years());
}

#[cfg(feature = "sabotage")]
#[test]
fn every_planted_bug_is_found_within_a_minute() {
    use jobwright_store::sabotage::Bug;
    // Whoever is at work on the code sees that the saboteur works; a push waits for all of them.
    let few = [Bug::ApplyHalf, Bug::SkipFence];
    let bugs = size().of(&few[..], Bug::ALL, Bug::ALL);
    match saboteur::find_all(bugs) {
        Ok(table) => println!("{table}"),
        Err(table) => panic!("not every planted bug was found\n{table}"),
    }
}
