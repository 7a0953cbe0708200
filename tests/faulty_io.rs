//! Every call to the disk failing in its turn, under the real program.
//!
//! Owns: each kind of call, failing at its first, second, third time, until a command passes without meeting the fault.
//! A command that met a fault did what it was told, or ends with a code that scripts know and words that people
//! understand; what was acknowledged is there afterwards, and the same command can be given again. Leaves disks that are
//! full or read-only as a whole to `bad_input`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::Folder;
use crate::support::program::{Said, jobwright, run};
use crate::support::shim;
use crate::support::size::{Size, size};
use crate::support::story::{self, Order, STORY};

/// Kinds of calls, each with the ways it fails.
const FAULTS: &[(&str, &[&str])] = &[
    ("sync", &["EIO"]),
    ("write", &["EIO", "ENOSPC", "short"]),
    ("length", &["ENOSPC"]),
    ("open", &["ENOSPC"]),
    ("rename", &["EIO"]),
    ("folder", &["ENOSPC"]),
    ("unlink", &["EIO"]),
];
/// Of these commands of the story every call fails: the first makes the store, the others write files and letters.
const PUSHED: [usize; 6] = [0, 1, 2, 3, 4, 6];
/// Beside the editor, this one alone, and of its faults the first kinds.
const QUICK: [usize; 1] = [4];
const QUICK_KINDS: usize = 1;
/// More calls of one kind than any command makes; a loop that never ends is a fault as well.
const CALLS_MAX: usize = 400;
/// Exit codes that scripts know, a fault of our own left out.
const KNOWN_CODES: [i32; 6] = [0, 1, 2, 3, 4, 5];
/// No command takes longer, however busy the machine is.
const SECONDS_MAX: &str = "120";

/// One command of the story on a practice that lived up to there.
struct Scene {
    number: usize,
    practice: Folder,
    acknowledged: BTreeSet<Order>,
}

#[test]
fn every_call_to_the_disk_may_fail_and_nothing_acknowledged_is_lost() {
    let numbers = match size() {
        Size::Quick => QUICK.to_vec(),
        Size::Push => PUSHED.to_vec(),
        Size::Long => (0..STORY.len()).collect(),
    };
    let scenes = scenes(&numbers);
    let kinds = size().of(QUICK_KINDS, FAULTS.len(), FAULTS.len());
    let kinds = |scene| FAULTS.iter().take(kinds).map(move |fault| (scene, *fault));
    let cases: Vec<_> = scenes.iter().flat_map(kinds).collect();
    let (next, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let faults = Mutex::new(Vec::new());
    let works = || {
        while let Some((scene, (kind, ways))) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            for way in *ways {
                let (count, wrong) = each_in_turn(scene, kind, way);
                met.fetch_add(count, Ordering::Relaxed);
                faults.lock().expect("no worker panics").extend(wrong);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_| drop(scope.spawn(works)));
    });
    let faults = faults.into_inner().expect("no worker panics");
    let met = met.into_inner();
    assert!(faults.is_empty(), "{} of {met} failed calls:\n{}", faults.len(), faults.join("\n\n"));
    assert!(met >= 3 * numbers.len(), "only {met} calls failed: does the shim see the program's calls?");
    println!("{met} failed calls survived");
}

/// The practices on which the commands of these numbers come next.
fn scenes(numbers: &[usize]) -> Vec<Scene> {
    let practice = story::beginning();
    let mut acknowledged = BTreeSet::new();
    let mut scenes = Vec::new();
    for (number, order) in STORY.iter().enumerate() {
        if numbers.contains(&number) {
            scenes.push(Scene { number, practice: copy(practice.folder()), acknowledged: acknowledged.clone() });
        }
        practice.done(order.words());
        acknowledged.insert(*order);
    }
    scenes
}

fn copy(folder: &Path) -> Folder {
    let into = Folder::new();
    let copied = Command::new("cp").arg("-a").arg(folder.join(".")).arg(into.path()).status();
    assert!(copied.expect("a copy").success());
    into
}

/// The command with its first, second, third call of this kind failing, until it meets none: how many failed, and what
/// went wrong.
fn each_in_turn(scene: &Scene, kind: &str, way: &str) -> (usize, Vec<String>) {
    let order = STORY[scene.number];
    let mut wrong = Vec::new();
    for nth in 1..=CALLS_MAX {
        let folder = copy(scene.practice.path());
        let outside = Folder::new();
        let fired = outside.path().join("fired");
        let fault = format!("{kind}:{nth}:{way}");
        let said = under_fault(folder.path(), order, &fault, &fired);
        let Ok(at) = fs::read_to_string(&fired) else { return (nth - 1, wrong) };
        // What sled keeps can be made anew: it may find out later that it was not kept. And the last mark in the journal,
        // of a clean end, comes after all that was acknowledged; without it the program warns.
        let must_fail = kind == "sync" && !at.contains("/sled/") && !said.errors.contains("not closed cleanly");
        if let Err(why) = stood_it(folder.path(), scene, order, &said, must_fail) {
            wrong.push(format!("{order:?} with {fault} at {at}: {why}\nit had said {said:#?}"));
        }
    }
    wrong.push(format!("{order:?} makes more than {CALLS_MAX} calls of kind {kind}"));
    (CALLS_MAX, wrong)
}

fn under_fault(folder: &Path, order: Order, fault: &str, fired: &Path) -> Said {
    let program = jobwright(folder);
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", SECONDS_MAX]).arg(program.get_program()).args(order.words()).current_dir(folder);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let said = shim::failing(&mut command, folder, fault, fired).output();
    Said::of(said.expect("the program runs"))
}

fn stood_it(folder: &Path, scene: &Scene, order: Order, said: &Said, must_fail: bool) -> Result<(), String> {
    if !said.code.is_some_and(|code| KNOWN_CODES.contains(&code)) {
        return Err("this is no way to end".into());
    }
    if said.code != Some(0) && !(said.errors.contains("error:") && said.errors.contains("why:")) {
        return Err("it says neither what nor why".into());
    }
    if must_fail && said.code == Some(0) {
        return Err("a flush failed, and it says all is well".into());
    }
    let mut acknowledged = scene.acknowledged.clone();
    if said.code == Some(0) {
        acknowledged.insert(order);
    }
    if acknowledged.is_empty() {
        story::unfinished_is_told(folder)?;
    }
    story::missing(folder, &acknowledged).map_err(|why| format!("afterwards: {why}"))?;
    let again = run(folder, order.words());
    if !order.is_acknowledged(&again) {
        return Err(format!("given again: {again:#?}"));
    }
    acknowledged.insert(order);
    story::missing(folder, &acknowledged).map_err(|why| format!("given again: {why}"))
}
