//! Small bugs as a colleague might make them, each of which a test must notice.
//!
//! Owns: the tables of bugs in `planted/*.toml`, that each still has its place, and how many of them the tests catch.
//! The product carries nothing of it: all bugs are written into a copy of the repository, which is built once, and each is
//! switched on by itself. One that no test notices stands in the table with the reason why. Leaves the copy to `tree`, and
//! running tests in it to `trial`. Some of them alone are tried by
//!
//!     JOBWRIGHT_TEST_PLANTED=dry-run-writes \
//!         cargo test --profile gates --workspace --all-features --test suite planted:: -- --ignored --nocapture

mod tree;
mod trial;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

use self::trial::{Caught, Trials};
use crate::support::deadline::watched;

/// The variable that names some bugs, with commas between them.
const ONLY: &str = "JOBWRIGHT_TEST_PLANTED";
/// So many bugs are planted at least.
const BUGS_MIN: usize = 100;
/// So many of a hundred are caught at least.
const CAUGHT_PERCENT_MIN: usize = 95;

/// One bug.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bug {
    name: String,
    /// The file it is planted in, which has the old text in one place.
    file: String,
    old: String,
    /// What stands there while the bug is switched on. Where the choice between the two is no expression, the new text is
    /// what stands there in any case, and says `planted!()` where it asks for the switch.
    new: String,
    /// What goes wrong with it.
    breaks: String,
    /// The tests that ought to notice: a test binary, and what of it is run (`core job::`).
    caught_by: Vec<String>,
    /// Why no test notices it, when none does.
    survives: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Room {
    bug: Vec<Bug>,
}

#[test]
fn every_planted_bug_has_its_place() {
    let bugs = bugs();
    let mut faults: Vec<String> =
        bugs.iter().filter_map(|bug| Some(format!("{}: {}", bug.name, misplaced(bug)?))).collect();
    let mut names = BTreeSet::new();
    faults.extend(bugs.iter().filter(|bug| !names.insert(&bug.name)).map(|bug| format!("{}: there are two", bug.name)));
    assert!(faults.is_empty(), "bugs of tests/planted/*.toml are to be looked at again:\n{}", faults.join("\n"));
    assert!(bugs.len() >= BUGS_MIN, "{} bugs are planted, and {BUGS_MIN} are wanted", bugs.len());
}

/// What is wrong with a row of the table, and what to do about it.
fn misplaced(bug: &Bug) -> Option<String> {
    let Ok(text) = fs::read_to_string(root().join(&bug.file)) else {
        return Some(format!("{} is not there; say where its code has gone", bug.file));
    };
    match text.matches(&bug.old).count() {
        1 => {}
        0 => {
            return Some(format!(
                "its old text is no longer in {}; write what stands there now, or plant another of its kind",
                bug.file
            ));
        }
        several => return Some(format!("its old text is in {} {several} times; write more of it", bug.file)),
    }
    let words = bug.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match () {
        () if bug.name.is_empty() || !words => Some("its name is to be of small letters and hyphens".to_owned()),
        () if bug.old == bug.new => Some("its new text is the old one".to_owned()),
        () if bug.breaks.is_empty() => Some("say what it breaks".to_owned()),
        () if bug.caught_by.is_empty() => Some("name the tests that ought to notice it".to_owned()),
        () if bug.survives.as_ref().is_some_and(String::is_empty) => Some("say why it survives".to_owned()),
        () => None,
    }
}

#[test]
#[ignore = "builds a copy and runs hundreds of tests in it: `tests/run --long` does"]
fn what_is_planted_is_noticed() {
    watched();
    let only = std::env::var(ONLY).ok().map(|names| names.split(',').map(str::to_owned).collect::<Vec<_>>());
    let mut bugs = bugs();
    let trials = Trials::prepared(&tree::planted(&root(), &bugs));
    bugs.retain(|bug| only.as_ref().is_none_or(|names| names.contains(&bug.name)));
    assert!(!bugs.is_empty(), "{ONLY} names no bug of tests/planted/*.toml");
    trials.must_pass_without(&bugs);

    let fates = each(&bugs, |bug| {
        let began = Instant::now();
        let fate = Fate { bug, caught: trials.caught(bug), time: began.elapsed() };
        eprint!("{}", fate.line());
        fate
    });
    let caught = fates.iter().filter(|fate| fate.caught.is_some()).count();
    let mut table = String::from("the planted bugs that survive:\n");
    fates.iter().filter(|fate| fate.caught.is_none()).for_each(|fate| table += &fate.line());
    let _ = writeln!(table, "{caught} of {} planted bugs are caught", fates.len());
    println!("{table}");
    let silent: Vec<&str> = fates.iter().filter_map(Fate::is_to_be_looked_at).collect();
    assert!(silent.is_empty(), "survivors without a reason, or reasons of bugs that are caught: {silent:#?}");
    let is_enough = only.is_some() || caught * 100 >= fates.len() * CAUGHT_PERCENT_MIN;
    assert!(is_enough, "fewer than {CAUGHT_PERCENT_MIN} of a hundred are caught");
}

/// What became of a bug.
struct Fate<'a> {
    bug: &'a Bug,
    caught: Option<Caught>,
    time: Duration,
}

impl Fate<'_> {
    fn line(&self) -> String {
        let how = match (&self.caught, &self.bug.survives) {
            (Some(caught), _) => format!("caught by {caught}"),
            (None, Some(why)) => format!("survives: {why}"),
            (None, None) => format!("SURVIVES ({})", self.bug.breaks),
        };
        format!("{:<44} {:>6.1} s  {how}\n", self.bug.name, self.time.as_secs_f64())
    }

    /// Its name, when the table does not say what became of it.
    fn is_to_be_looked_at(&self) -> Option<&str> {
        (self.caught.is_none() != self.bug.survives.is_some()).then_some(&self.bug.name)
    }
}

/// Does this with each, on all cores, and gives the answers in the order of the table.
fn each<'a, T: Send>(bugs: &'a [Bug], what: impl Fn(&'a Bug) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            let Some(bug) = bugs.get(at) else { return };
            let one = what(bug);
            done.lock().expect("no thread panics").push((at, one));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no thread panics");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, one)| one).collect()
}

/// All bugs, in the order of the files.
fn bugs() -> Vec<Bug> {
    let folder = root().join("tests/planted");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut tables: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    tables.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    tables.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let room: Room = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        room.bug
    };
    tables.iter().flat_map(read).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
