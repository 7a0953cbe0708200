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

/// What lies in a folder of a disk that is cut now, when nothing that was not synced comes through, or all of it.
fn lying(disk: &Disk, luck: Luck, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let image = Folder::new();
    disk.cut(image.path(), luck, &mut Chance::of(0));
    let (mut found, folder) = (BTreeMap::new(), image.path().join(folder));
    if folder.is_dir() {
        contents(&folder, &folder, &mut found);
    }
    found
}

#[test]
fn r123_letters_that_are_files_are_on_the_disk_when_their_work_is_acknowledged() {
    let recorded = record();
    let mut disk = recorded.before.clone();
    let mut letters = 0;
    for happened in &recorded.happened {
        disk.step(happened);
        if let Happened::Acknowledged(number) = happened
            && STORY[*number] == Order::Work
        {
            let (sure, all) = (lying(&disk, Luck::None, "letters"), lying(&disk, Luck::All, "letters"));
            assert_eq!(sure, all, "names and bytes alike");
            letters = sure.len();
        }
    }
    assert!(letters > 0, "letters were sent");
}

#[test]
fn r123_a_backup_and_the_store_made_of_it_outlive_a_power_cut_as_soon_as_they_are_acknowledged() {
    const ORDERS: [&[&str]; 2] = [&["backup", "kept/b"], &["restore", "kept/b", "restored/store"]];
    let practice = story::beginning();
    let (folder, outside) = (practice.folder(), Folder::new());
    for order in &STORY[..4] {
        assert_eq!(practice.run(order.words()).code, Some(0), "{order:?}");
    }
    fs::create_dir(folder.join("kept")).expect("made");
    let (trace, before) = (outside.path().join("trace"), Disk::of(folder));
    for (number, order) in ORDERS.iter().enumerate() {
        let mut command = jobwright(folder);
        let said = Said::of(shim::traced(command.args(*order), folder, &trace).output().expect("the program runs"));
        assert_eq!(said.code, Some(0), "{order:?}: {said:#?}");
        trace::mark(&trace, number);
    }
    let happened = trace::read(&trace);
    the_shim_saw_everything(before.clone(), &happened, folder);
    let mut disk = before;
    for (at, happened) in happened.iter().enumerate() {
        disk.step(happened);
        let is_naming = matches!(happened, Happened::Link { .. } | Happened::Rename { .. });
        let acknowledged = match happened {
            Happened::Acknowledged(number) => Some(*number),
            _ => None,
        };
        if !is_naming && acknowledged.is_none() {
            continue;
        }
        for luck in [Luck::None, Luck::All] {
            let image = Folder::new();
            disk.cut(image.path(), luck, &mut Chance::of(0));
            // Whatever has its name is whole, and what was acknowledged has it.
            let (file, store) = (image.path().join("kept/b"), image.path().join("restored/store/FORMAT"));
            assert!(file.exists() || acknowledged.is_none(), "step {at}: the backup is gone with {luck:?}");
            assert!(store.exists() || acknowledged != Some(1), "step {at}: the store is gone with {luck:?}");
            let holds = |words: &[&str]| {
                let said = Said::of(jobwright(image.path()).args(words).output().expect("the program runs"));
                assert_eq!(said.code, Some(0), "step {at} with {luck:?}: {words:?}: {said:#?}");
            };
            if file.exists() {
                holds(&["verify", "--backup", "kept/b"]);
            }
            if store.exists() {
                holds(&["--store", "restored/store", "verify"]);
            }
        }
    }
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
