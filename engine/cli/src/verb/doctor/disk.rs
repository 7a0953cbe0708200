//! The disk below the store: whether it keeps what it says it keeps, and how fast.
//!
//! Owns: room, the kind of file system, and a test of flushes that is honest: it writes and flushes a file as the journal
//! does, times each flush, and says when a disk answers faster than one that really writes.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Finding, Grade};
use crate::practice::Practice;

/// Less free room than this wants a look: the store needs some of it for itself.
const FREE_BYTES_GOOD: u64 = 1 << 30;
/// Less than this is bad: the store takes nothing any more.
const FREE_BYTES_MIN: u64 = 64 << 20;

/// What the test writes to, made anew each time.
const TEST_FILE: &str = "disk-test";
/// The file is filled before, as the journal's segments are, so that a flush has nothing but data to write.
const TEST_FILE_BYTES: usize = 1 << 20;
const PIECE_BYTES: usize = 4 << 10;
/// How long the test flushes.
const TEST_TIME: Duration = Duration::from_secs(1);
/// A disk that answers this often within that time answers from memory.
const FLUSHES_MAX: usize = 200_000;
/// No flash memory is written this fast: somebody says so before it is.
const SUSPICIOUS: Duration = Duration::from_micros(10);
/// A disk this slow takes twenty commands a second, one after the other.
const SLOW: Duration = Duration::from_millis(50);

/// File systems by the number that the system gives them, on which a flush means little or nothing.
const KINDS: [(u32, &str, Grade, &str); 10] = [
    (0x0102_1994, "tmpfs", Grade::Bad, MEMORY),
    (0x8584_58f6, "ramfs", Grade::Bad, MEMORY),
    (0x6969, "NFS", Grade::Bad, NETWORK),
    (0x517b, "SMB", Grade::Bad, NETWORK),
    (0xff53_4d42, "CIFS", Grade::Bad, NETWORK),
    (0xfe53_4d42, "SMB2", Grade::Bad, NETWORK),
    (0x5346_414f, "AFS", Grade::Bad, NETWORK),
    (0x00c3_6400, "Ceph", Grade::Bad, NETWORK),
    (0x0102_1997, "9p", Grade::Warn, SHARED),
    (0x6573_5546, "FUSE", Grade::Warn, SHARED),
];
const MEMORY: &str = "it lies in memory and is gone with the power; put the store on a disk";
const NETWORK: &str = "locks and flushes cannot be relied on over a network; put the store on a local disk";
const SHARED: &str = "another program stands between the store and the disk; ask its makers what a flush does there";

/// How much is free.
pub(super) fn room(practice: &Practice) -> Finding {
    const WHAT: &str = "disk";
    let folder = if practice.store.is_dir() { &practice.store } else { &practice.folder };
    match rustix::fs::statvfs(folder) {
        Err(error) => Finding::new(Grade::Bad, WHAT, format!("cannot be looked at: {error}")),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{} MiB are free", free >> 20);
            let finding = match free {
                ..FREE_BYTES_MIN => Finding::new(Grade::Bad, WHAT, found).next("make room: nothing more is taken"),
                FREE_BYTES_MIN..FREE_BYTES_GOOD => Finding::new(Grade::Warn, WHAT, found).next("make room soon"),
                _ => Finding::new(Grade::Ok, WHAT, found),
            };
            finding.data(json!({ "free_bytes": free }))
        }
    }
}

/// What kind of file system it is, where that says anything.
#[cfg(target_os = "linux")]
pub(super) fn kind(folder: &Path) -> Option<Finding> {
    // The system's number is 32 bits wide, whatever the platform's type for it.
    let number = rustix::fs::statfs(folder).ok()?.f_type as u32;
    let (_, name, grade, next) = KINDS.into_iter().find(|(kind, ..)| *kind == number)?;
    Some(Finding::new(grade, "file system", format!("the store lies on {name}")).next(next))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn kind(_: &Path) -> Option<Finding> {
    None
}

/// How long a flush takes.
pub(super) fn flushes(folder: &Path) -> Finding {
    const WHAT: &str = "disk's flush";
    match timed(folder) {
        Err(error) => Finding::new(Grade::Bad, WHAT, format!("cannot be tested: {error}"))
            .next("the store cannot write here either; mend the disk or the rights of its folder"),
        Ok(times) => judged(WHAT, times),
    }
}

/// Writes and flushes until the time is over; gives how long each flush took.
fn timed(folder: &Path) -> std::io::Result<Vec<Duration>> {
    let path = folder.join(TEST_FILE);
    let file = File::create(&path)?;
    // Its name is not needed while it is open, and nothing is left when the program dies.
    fs::remove_file(&path)?;
    file.write_all_at(&vec![0; TEST_FILE_BYTES], 0)?;
    file.sync_all()?;
    let (piece, begun) = (vec![0; PIECE_BYTES], Instant::now());
    let mut times = Vec::new();
    while begun.elapsed() < TEST_TIME && times.len() < FLUSHES_MAX {
        let at = times.len() * PIECE_BYTES % TEST_FILE_BYTES;
        file.write_all_at(&piece, at as u64)?;
        let flushed = Instant::now();
        rustix::fs::fdatasync(&file)?;
        times.push(flushed.elapsed());
    }
    Ok(times)
}

fn judged(what: &'static str, mut times: Vec<Duration>) -> Finding {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
    let (median, p99) = (at(50), at(99));
    let found =
        format!("of {} flushes, half took {} at most, 99 in 100 took {}", times.len(), shown(median), shown(p99));
    let finding = match median {
        median if median < SUSPICIOUS => Finding::new(Grade::Warn, what, found).next(
            "no disk writes this fast: it or something before it says so too early, and a power cut may lose what was \
             acknowledged; switch that cache off, or be sure that it has a battery",
        ),
        median if median > SLOW => Finding::new(Grade::Warn, what, found)
            .next("a command waits for one flush at least; a faster disk makes all of them faster"),
        _ => Finding::new(Grade::Ok, what, found),
    };
    let micros = |time: Duration| time.as_micros() as u64;
    finding.data(json!({ "flushes": times.len(), "median_us": micros(median), "p99_us": micros(p99) }))
}

fn shown(time: Duration) -> String {
    let micros = time.as_micros();
    if micros < 1_000 { format!("{micros} µs") } else { format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_answers_too_fast_or_too_slowly_is_told_apart_from_one_that_writes() {
        let grade = |micros| judged("x", vec![Duration::from_micros(micros); 100]).grade;
        assert_eq!([2, 170, 4_000, 60_000].map(grade), [Grade::Warn, Grade::Ok, Grade::Ok, Grade::Warn]);
        let mixed = (1..=100).map(|number| Duration::from_micros(number * 100)).collect();
        let finding = judged("x", mixed);
        assert_eq!(finding.found, "of 100 flushes, half took 5.1 ms at most, 99 in 100 took 10.0 ms");
        assert_eq!(finding.data, json!({ "flushes": 100, "median_us": 5_100, "p99_us": 10_000 }));
    }

    #[test]
    fn the_test_is_bounded_and_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("jobwright-disk-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let begun = Instant::now();
        assert!(!timed(&folder).unwrap().is_empty());
        assert!(begun.elapsed() < 20 * TEST_TIME, "one flush more than the time at most, on a disk in distress");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(folder).unwrap();
    }
}
