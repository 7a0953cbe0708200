//! How much a running engine has done since it began, and what lies in its journal.
//!
//! Owns: the engine's and the store's counters as a line each, with all of them as data, and when a backup was last
//! proven. They are live, and nobody decides anything by them.

use jiff::Timestamp;
use jobwright_runtime::Counted;
use jobwright_store::local::recorded_backup;
use serde_json::json;

use super::{Finding, Grade};
use crate::desk::Desk;
use crate::shape;

const DAY_SECONDS: i64 = 86_400;
/// A backup older than this wants to be made again.
const DAYS_GOOD: i64 = 7;

/// What the engine at the other end of the socket says of itself; one that was opened for this look has done nothing.
pub(super) fn counters(desk: &Desk) -> Option<Finding> {
    desk.goes_on.then(|| {
        let counted = desk.engine.counters().read();
        let found = format!("process {} is at work: {}", std::process::id(), words(&counted));
        let finding = match counted.busy {
            0 => Finding::new(Grade::Ok, "engine", found),
            1.. => Finding::new(Grade::Warn, "engine", found)
                .next("callers were turned away: give them a pause, or the store a faster disk"),
        };
        finding.data(shape::counters(&counted))
    })
}

/// The journal, and what has been written to it since the store was opened.
pub(super) fn journal(desk: &Desk) -> Finding {
    const WHAT: &str = "journal";
    let counted = desk.store.counters();
    match desk.store.journal() {
        Err(error) => Finding::of(WHAT, &error.into()),
        Ok(journal) => {
            let size = format!("{} KiB hold commits {} to {}", journal.bytes >> 10, journal.first, journal.last);
            let found = match counted.flushes {
                flushes if desk.goes_on => format!("{size}; {flushes} flushes for {} commits", counted.commits),
                _ => size,
            };
            let mut data = shape::store_counters(&counted);
            data["journal"] = json!({ "first": journal.first, "last": journal.last, "bytes": journal.bytes });
            Finding::new(Grade::Ok, WHAT, found).data(data)
        }
    }
}

/// When a backup was last written and read back.
pub(super) fn backup(desk: &Desk) -> Finding {
    const WHAT: &str = "backup";
    const NEXT: &str = "`jobwright backup FILE` writes one while everything goes on; put it on another disk";
    let record = match recorded_backup(desk.store.folder()) {
        Err(error) => return Finding::of(WHAT, &error.into()),
        Ok(None) => return Finding::new(Grade::Warn, WHAT, "there never was one").next(NEXT),
        Ok(Some(record)) => record,
    };
    let days = (Timestamp::now().as_second() - record.at).max(0) / DAY_SECONDS;
    let when = if days == 1 { "1 day ago".to_owned() } else { format!("{days} days ago") };
    let found = format!("{} was proven {when}, to commit {}", record.path.display(), record.position);
    let data = json!({ "file": record.path.display().to_string(), "position": record.position, "days": days });
    match desk.store.behind_backup() {
        Err(error) => return Finding::of(WHAT, &error.into()),
        Ok(Some(wrong)) => {
            let next = "keep a copy of the folder; `jobwright restore` makes a store of the backup";
            return Finding::new(Grade::Bad, WHAT, wrong).next(next).data(data);
        }
        Ok(None) => {}
    }
    let finding = match (record.path.exists(), days) {
        (false, _) => Finding::new(Grade::Warn, WHAT, format!("{found}, and is not there now")).next(NEXT),
        (true, ..=DAYS_GOOD) => Finding::new(Grade::Ok, WHAT, found),
        (true, _) => Finding::new(Grade::Warn, WHAT, found).next(NEXT),
    };
    finding.data(data)
}

fn words(counted: &Counted) -> String {
    let Counted { turns, commits, batches, letters_sent, letters_in_doubt, letters_again, .. } = counted;
    let mut words = format!("{turns} turns, {commits} commits in {batches} batches, {letters_sent} letters sent");
    let rare = [
        (*letters_in_doubt, "in doubt"),
        (*letters_again, "tried again"),
        (counted.busy, "callers turned away"),
        (counted.waiting as u64, "callers waiting"),
    ];
    for (number, what) in rare.into_iter().filter(|(number, _)| *number > 0) {
        words += &format!(", {number} {what}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_is_told_when_it_happened() {
        let quiet = Counted { turns: 7, commits: 9, batches: 4, letters_sent: 2, ..Counted::default() };
        assert_eq!(words(&quiet), "7 turns, 9 commits in 4 batches, 2 letters sent");
        let busy = Counted { letters_in_doubt: 1, letters_again: 1, busy: 3, waiting: 2, ..quiet };
        let rare = "1 in doubt, 1 tried again, 3 callers turned away, 2 callers waiting";
        assert_eq!(words(&busy), format!("{}, {rare}", words(&quiet)));
    }
}
