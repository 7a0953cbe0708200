//! How much a running engine has done since it began.
//!
//! Owns: its counters as one line, with all of them as data. They are live, and nobody decides anything by them.

use jobwright_runtime::Counted;

use super::{Finding, Grade};
use crate::desk::Desk;
use crate::shape;

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
