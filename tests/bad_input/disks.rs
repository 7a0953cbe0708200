//! Disks that are full or may not be written.
//!
//! Owns: a disk of the test's own, which only root may make: a file system in memory. Others are told that these tests
//! did not run.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::run;

/// Larger than what the store wants to see free, and small enough to be filled at once.
const SIZE: &str = "size=56m";
/// Leaves less free than a commit wants.
const FILLING: usize = 30 << 20;

/// A small disk; it is gone with the value.
struct Disk(Folder);

impl Disk {
    /// Makes one, or says aloud why it cannot and gives nothing.
    fn new(test: &str) -> Option<Self> {
        let folder = Folder::new();
        let made = mount(&["-t", "tmpfs", "-o", SIZE, "none"], folder.path());
        if !made {
            let words = format!("{test}: a disk of its own needs root; `tests/run` as root runs it");
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{words}");
            // Not by `eprintln`, which the test harness swallows.
            let _ = writeln!(io::stderr(), "NOT RUN {words}");
        }
        made.then_some(Self(folder))
    }

    /// A practice on it, at work.
    fn practice(&self) -> &Path {
        let model = Practice::open_for_business(TO_FILES);
        let copied = Command::new("cp").arg("-a").arg(model.folder().join(".")).arg(self.0.path()).status();
        assert!(copied.expect("a copy").success());
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn mount(options: &[&str], folder: &Path) -> bool {
    Command::new("mount").args(options).arg(folder).output().is_ok_and(|output| output.status.success())
}

fn start(folder: &Path, client: &str) -> crate::support::program::Said {
    run(folder, ["start", "monthly-payroll", "--client", client, "--period", "2026-05"])
}

#[test]
fn a_full_disk_takes_nothing_and_loses_nothing() {
    let Some(disk) = Disk::new("a_full_disk_takes_nothing_and_loses_nothing") else { return };
    let folder = disk.practice();
    assert_eq!(start(folder, "birchwood").code, Some(0));
    let filling = folder.join("filling");
    fs::write(&filling, vec![0; FILLING]).expect("room for it");
    let words = ["cannot use the store", "is full", "are needed", "make room", "nothing that was acknowledged is lost"];
    start(folder, "quentin").refuses(5, &words);
    run(folder, ["work"]).refuses(5, &words);
    let jobs = run(folder, ["jobs", "--json"]);
    assert_eq!((jobs.code, jobs.out.lines().count()), (Some(0), 1), "looking needs no room: {jobs:#?}");
    fs::remove_file(filling).expect("room again");
    assert_eq!(start(folder, "quentin").code, Some(0));
    assert_eq!(run(folder, ["work"]).code, Some(0));
    assert_eq!(fs::read_dir(folder.join("letters")).expect("letters").count(), 4);
}

#[test]
fn a_folder_that_may_not_be_written_says_so() {
    let Some(disk) = Disk::new("a_folder_that_may_not_be_written_says_so") else { return };
    let folder = disk.practice();
    assert!(mount(&["-o", "remount,ro"], folder));
    start(folder, "birchwood").refuses(4, &["cannot use the store", "cannot be written", "can only be read"]);
    assert!(mount(&["-o", "remount,rw"], folder));
    assert_eq!(start(folder, "birchwood").code, Some(0));
    // The letters alone: the letter waits, nobody is to blame.
    fs::write(folder.join("letters"), "in the way").expect("a file");
    run(folder, ["work"]).refuses(5, &["letters cannot leave", "letters", "nothing is lost"]);
    fs::remove_file(folder.join("letters")).expect("out of the way");
    assert_eq!(run(folder, ["work"]).code, Some(0));
    assert_eq!(fs::read_dir(folder.join("letters")).expect("letters").count(), 2);
}

#[test]
fn the_doctor_says_of_a_disk_in_memory_that_it_keeps_nothing() {
    let Some(disk) = Disk::new("the_doctor_says_of_a_disk_in_memory_that_it_keeps_nothing") else { return };
    let folder = disk.practice();
    let said = run(folder, ["doctor"]);
    let words = ["the store lies on tmpfs", "gone with the power", "no disk writes this fast", "MiB are free"];
    assert_eq!(said.code, Some(1), "{said:#?}");
    assert!(words.iter().all(|words| said.out.contains(words)), "{said:#?}");
    // Somebody in a hurry gets the same without the test.
    let quick = run(folder, ["doctor", "--quick"]);
    assert!(!quick.out.contains("flushes") && quick.out.contains("tmpfs"), "{quick:#?}");
}
