//! Power cuts under the real program: what it acknowledged is on the disk, and it goes on from whatever else is there.
//!
//! Owns: a story told once over a disk that writes everything down, cuts at any moment of it, and opening what each
//! leaves. The simulator cuts the journal's own disk far more often; here stand sled, the blobs, the letters, the folders
//! and every call that the program really makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::Folder;
use crate::support::chance::Chance;
use crate::support::program::{Said, jobwright};
use crate::support::shim;
use crate::support::size::size;
use crate::support::story::{self, Order, STORY};

mod disk;
mod trace;

use disk::{Disk, Luck};
use trace::Happened;

/// Cuts, by size.
const CUTS: (usize, usize, usize) = (12, 100, 5_000);
/// A story is recorded anew after so many.
const CUTS_OF_A_STORY: usize = 100;
/// What is told of the moments before a cut that was not survived.
const STEPS_TOLD: usize = 12;

/// A story told, and what it did to the disk.
struct Recorded {
    before: Disk,
    happened: Vec<Happened>,
}

#[test]
fn what_was_acknowledged_outlives_every_power_cut_and_all_work_comes_to_its_end() {
    let (quick, push, long) = CUTS;
    let cuts = size().of(quick, push, long);
    let chance = Chance::new();
    for first in (0..cuts).step_by(CUTS_OF_A_STORY) {
        let recorded = record();
        let (next, last) = (AtomicUsize::new(first), cuts.min(first + CUTS_OF_A_STORY));
        let faults = Mutex::new(Vec::new());
        let works = || {
            let numbers =
                std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < last));
            for number in numbers {
                if let Err(fault) = cut(&recorded, &mut chance.part(number as u64)) {
                    faults.lock().expect("no worker panics").push(format!("cut {number}: {fault}"));
                }
            }
        };
        std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            (0..threads).for_each(|_| drop(scope.spawn(works)));
        });
        let faults = faults.into_inner().expect("no worker panics");
        assert!(faults.is_empty(), "{} of {} cuts:\n{}", faults.len(), last - first, faults.join("\n\n"));
    }
    println!("{cuts} power cuts survived");
}

/// Tells the story on a disk that writes down.
fn record() -> Recorded {
    let practice = story::beginning();
    let outside = Folder::new();
    let trace = outside.path().join("trace");
    let before = Disk::of(practice.folder());
    for (number, order) in STORY.iter().enumerate() {
        let mut command = jobwright(practice.folder());
        let said = shim::traced(command.args(order.words()), practice.folder(), &trace).output();
        let said = Said::of(said.expect("the program runs"));
        assert_eq!(said.code, Some(0), "{order:?}: {said:#?}");
        trace::mark(&trace, number);
    }
    let happened = trace::read(&trace);
    let synced = happened.iter().filter(|happened| matches!(happened, Happened::Sync { .. })).count();
    assert!(synced >= STORY.len(), "only {synced} flushes of files were seen");
    the_shim_saw_everything(before.clone(), &happened, practice.folder());
    Recorded { before, happened }
}

/// With everything come through, the disk is the one that lies there: no call that matters went past the shim.
fn the_shim_saw_everything(mut disk: Disk, happened: &[Happened], folder: &Path) {
    happened.iter().for_each(|happened| disk.step(happened));
    let image = Folder::new();
    disk.cut(image.path(), Luck::All, &mut Chance::of(0));
    let (mut seen, mut there) = (BTreeMap::new(), BTreeMap::new());
    contents(image.path(), image.path(), &mut seen);
    contents(folder, folder, &mut there);
    assert_eq!(seen.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    let other: Vec<_> =
        there.iter().filter(|(path, bytes)| seen.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
    assert!(other.is_empty(), "these differ: {other:?}");
}

fn contents(root: &Path, folder: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            contents(root, &path, into);
        } else if path.is_file() {
            let name = path.strip_prefix(root).expect("it lies in there").to_owned();
            into.insert(name, fs::read(&path).expect("a file"));
        }
    }
}

/// Cuts the story at a moment, and looks at what is left.
fn cut(recorded: &Recorded, chance: &mut Chance) -> Result<(), String> {
    let happened = &recorded.happened;
    let at = chance.place(happened.len() + 1);
    let luck = match chance.below(4) {
        0 => Luck::None,
        1 => Luck::All,
        _ => Luck::Some(chance.below(100)),
    };
    let mut disk = recorded.before.clone();
    happened[..at].iter().for_each(|happened| disk.step(happened));
    let image = Folder::new();
    disk.cut(image.path(), luck, chance);
    let numbers = happened[..at].iter().filter_map(|happened| match happened {
        Happened::Acknowledged(number) => Some(*number),
        _ => None,
    });
    let acknowledged: BTreeSet<Order> = numbers.map(|number| STORY[number]).collect();
    survived(image.path(), &acknowledged).map_err(|fault| {
        let steps: Vec<_> = happened[at.saturating_sub(STEPS_TOLD)..at].iter().map(ToString::to_string).collect();
        format!(
            "{fault}\nafter step {at} of {} with {luck:?}, the last being\n  {}",
            happened.len(),
            steps.join("\n  ")
        )
    })
}

fn survived(folder: &Path, acknowledged: &BTreeSet<Order>) -> Result<(), String> {
    if acknowledged.is_empty() {
        story::unfinished_is_told(folder)?;
    }
    story::missing(folder, acknowledged)?;
    story::finish(folder, acknowledged)
}
