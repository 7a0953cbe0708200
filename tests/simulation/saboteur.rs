//! The saboteur: bugs that somebody might have made, each of which must be found.
//!
//! Owns: planting one bug at a time and simulating seeds until a promise breaks, the time that may take, and the table of
//! how long it took and which promise broke. What the simulation cannot find it does not prove. Leaves the list of bugs,
//! and what each does, to the store's `sabotage`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jobwright_store::sabotage::{Bug, plant};

use super::life::{Ended, simulate};

/// A bug that takes longer than this is not found.
const TIME_MAX: Duration = Duration::from_secs(60);
/// Where the seeds of every bug begin: without a bug they find nothing, which a push sees each time.
const FIRST_SEED: u64 = 1_000;

/// How a bug was found.
struct Found {
    bug: Bug,
    seeds: u64,
    time: Duration,
    /// The promise, and how it broke; nothing when it was not found.
    broken: Option<(u8, String)>,
}

/// Plants each of these bugs, on all cores, and gives the table; what was not found is named in the error.
pub fn find_all(bugs: &[Bug]) -> Result<String, String> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(bug) = bugs.get(next.fetch_add(1, Ordering::SeqCst)) {
            let one = find(*bug);
            found.lock().expect("no thread panics").push(one);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut found = found.into_inner().expect("no thread panics");
    found.sort_by_key(|one| bugs.iter().position(|bug| *bug == one.bug));
    let table = table(&found);
    if found.iter().all(|one| one.broken.is_some()) { Ok(table) } else { Err(table) }
}

fn find(bug: Bug) -> Found {
    let began = Instant::now();
    plant(Some(bug));
    let mut found = Found { bug, seeds: 0, time: Duration::ZERO, broken: None };
    while found.broken.is_none() && began.elapsed() < TIME_MAX {
        if let Ended::Badly(failure) = simulate(FIRST_SEED + found.seeds) {
            found.broken = Some((failure.broken.invariant, failure.broken.how));
        }
        found.seeds += 1;
    }
    plant(None);
    found.time = began.elapsed();
    eprint!("{}", line(&found));
    found
}

fn table(found: &[Found]) -> String {
    let mut table = format!("{:<24} {:>5} {:>8}  promise\n", "bug", "seeds", "time");
    found.iter().for_each(|one| table += &line(one));
    table
}

fn line(Found { bug, seeds, time, broken }: &Found) -> String {
    let how = broken.as_ref().map_or("NOT FOUND".to_owned(), |(promise, how)| {
        format!("{promise:>2}: {}", how.chars().take(90).collect::<String>())
    });
    format!("{:<24} {seeds:>5} {:>6.1} s  {how}\n", format!("{bug:?}"), time.as_secs_f64())
}
