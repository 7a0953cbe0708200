//! Dying after every commit: every test of every shipped workflow, once for each commit it makes.
//!
//! Owns: a store that stops after a given number of commits, and what must be the same afterwards. The process dies with
//! what it had not committed, another one opens the store, recovers, and goes on with the step it was in. The test must
//! still hold, and every letter must have left under one identity, byte for byte the same each time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jobwright::output::Paint;
use jobwright::play::performance::{Performance, trial};
use jobwright::play::post::Taken;
use jobwright::play::tested::Tested;
use jobwright::practice::Practice;
use jobwright::report::Report;
use jobwright_definition::scenario::Scenario;
use jobwright_store::{
    Changes, Commit, CommitError, Direction, Error, Key, Limits, Page, Range, Receipt, Store, Versioned,
};

use crate::workflows::{sample, shipped, tested};

/// Never reached by a test of a definition.
const FOR_EVER: usize = usize::MAX;

/// A store that stops: commits beyond the number it has left are lost, as in a process that died.
struct Mortal {
    inner: Arc<dyn Store>,
    left: AtomicUsize,
    made: AtomicUsize,
}

impl Mortal {
    fn revive(&self) {
        self.left.store(FOR_EVER, Ordering::SeqCst);
    }

    fn is_dead(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Store for Mortal {
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
        let lives = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            FOR_EVER => Some(FOR_EVER),
            left => left.checked_sub(1),
        });
        match lives {
            Ok(_) => {
                self.made.fetch_add(1, Ordering::SeqCst);
                self.inner.commit(batch)
            }
            Err(_) => Err(Error::Damaged { what: "the process has died".to_owned() }),
        }
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

/// What a play left: its letters, and how many commits it made.
struct Left {
    letters: Vec<Taken>,
    commits: usize,
}

/// Plays a test in a process that dies after so many commits, and goes on in another.
fn play(tested: &Tested, scenario: &Scenario, practice: &Practice, dies_after: usize) -> Result<Left, String> {
    let (mut trial, post) = trial(tested, scenario, practice).map_err(words)?;
    let (left, made) = (AtomicUsize::new(dies_after), AtomicUsize::new(0));
    let mortal = Arc::new(Mortal { inner: trial.store.clone(), left, made });
    trial.store = mortal.clone();
    let mut performance = Performance::prepare(tested, scenario, practice, (trial, post)).map_err(words)?;
    if let Err(report) = performance.open() {
        reborn(&mortal, &mut performance, report)?;
        performance.open().map_err(words)?;
    }
    for step in &scenario.steps {
        let miss = match performance.step(step, false) {
            Ok(miss) => miss,
            Err(report) => {
                reborn(&mortal, &mut performance, report)?;
                performance.step(step, true).map_err(words)?
            }
        };
        if let Some(miss) = miss {
            let looked = performance.look().map_err(words)?;
            let zone = practice.zone.clone();
            let name = &scenario.name.value;
            return Err(miss.picture(name, &tested.sources, Some(&looked), &zone, Paint::plain()));
        }
    }
    Ok(Left { letters: performance.letters(), commits: mortal.made.load(Ordering::SeqCst) })
}

/// Another process takes over; anything but a death is a fault.
fn reborn(mortal: &Mortal, performance: &mut Performance<'_>, report: Report) -> Result<(), String> {
    if !mortal.is_dead() {
        return Err(words(report));
    }
    mortal.revive();
    performance.restart().map_err(words)
}

fn words(report: Report) -> String {
    report.human(Paint::plain())
}

/// Letters by what they say and to whom, without the identity that another order of events may change.
fn distinct(letters: &[Taken]) -> Result<BTreeMap<(String, String), usize>, String> {
    let mut by_id = BTreeMap::new();
    for letter in letters {
        let first = by_id.entry(letter.id).or_insert(letter);
        if *first != letter {
            return Err(format!("letter {} left with other bytes", letter.id));
        }
    }
    let mut distinct = BTreeMap::new();
    for letter in by_id.values() {
        *distinct.entry((letter.to.clone(), subject(&letter.bytes))).or_default() += 1;
    }
    Ok(distinct)
}

fn subject(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.split("\r\n").skip_while(|line| !line.starts_with("Subject:"));
    lines.enumerate().take_while(|(at, line)| *at == 0 || line.starts_with(' ')).map(|(_, line)| line).collect()
}

fn dies_everywhere(tested: &Tested, scenario: &Scenario, practice: &Practice) -> Result<usize, String> {
    let whole = play(tested, scenario, practice, FOR_EVER)?;
    let expected = distinct(&whole.letters)?;
    for dies_after in 0..whole.commits {
        let at = |what: String| format!("{}: dead after commit {dies_after}: {what}", scenario.name.value);
        let left = play(tested, scenario, practice, dies_after).map_err(at)?;
        let letters = distinct(&left.letters).map_err(at)?;
        if letters != expected {
            return Err(at(format!("{letters:#?} left, not {expected:#?}")));
        }
    }
    Ok(whole.commits)
}

#[test]
fn every_shipped_workflow_survives_a_death_after_each_of_its_commits() {
    let practice = sample();
    let all: Vec<Tested> = shipped().iter().map(|path| tested(path, &practice)).collect();
    let pairs = all.iter().flat_map(|tested| tested.scenarios.iter().map(move |scenario| (tested, scenario)));
    let pairs: Vec<_> = pairs.collect();
    let next = AtomicUsize::new(0);
    let works = || {
        let mine = std::iter::from_fn(|| pairs.get(next.fetch_add(1, Ordering::SeqCst)));
        mine.map(|(tested, scenario)| dies_everywhere(tested, scenario, &practice)).collect::<Vec<_>>()
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let died = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(works)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no play panics")).collect::<Vec<_>>()
    });
    let faults: Vec<_> = died.iter().filter_map(|died| died.as_ref().err().map(String::as_str)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let deaths: usize = died.iter().flatten().sum();
    assert!(deaths > 300, "{deaths} deaths are too few to prove anything");
}
