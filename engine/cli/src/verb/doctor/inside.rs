//! What the store itself says.
//!
//! Owns: who may look into its folder, whether it opens, its time, and what waits in it. A running engine speaks for the
//! store that it has open. Leaves the disk below to `disk`.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jobwright_store::{meta, outbox};

use super::{Finding, Grade, counters};
use crate::desk::Desk;
use crate::practice::Practice;
use crate::report::Result;
use crate::shape;

/// A clock this far before the latest commit has been set back.
const CLOCK_BEHIND_MAX_SECONDS: i64 = 60;

pub(super) fn store(desk: Result<Desk>, practice: &Practice) -> Vec<Finding> {
    const WHAT: &str = "store";
    if !practice.store.exists() {
        let found = format!("{} is not there yet; the first verb that needs it makes it", practice.store.display());
        return vec![Finding::new(Grade::Ok, WHAT, found)];
    }
    let mut findings: Vec<_> = open_to_others(&practice.store).into_iter().collect();
    match desk {
        Err(report) => findings.push(Finding::of(WHAT, &report)),
        Ok(desk) => findings.extend(inside(&desk)),
    }
    findings
}

/// The store holds people's data and frozen letters.
fn open_to_others(store: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(store).ok()?.permissions().mode() & 0o777;
    let is_open = mode & 0o007 != 0;
    is_open.then(|| {
        let finding =
            Finding::new(Grade::Warn, "store's rights", format!("other accounts may look into it ({mode:03o})"));
        finding.next(format!("chmod 700 {}", store.display()))
    })
}

fn inside(desk: &Desk) -> Vec<Finding> {
    let mut findings = vec![Finding::new(Grade::Ok, "store", format!("format {}, open", jobwright_store::FORMAT))];
    match meta::seen_time(desk.engine.store()) {
        Err(error) => findings.push(Finding::of("store's time", &error.into())),
        Ok(seen) => findings.extend(seen.and_then(set_back)),
    }
    match outbox::counts(&desk.engine.reader()) {
        Err(error) => findings.push(Finding::of("effects", &error.into())),
        Ok(counts) => {
            let found = format!("{} wait, {} are on their way", counts.wanted, counts.claimed);
            let finding = match counts.given_up {
                0 => Finding::new(Grade::Ok, "effects", found),
                many => Finding::new(Grade::Warn, "effects", format!("{many} were given up and wait for a person"))
                    .next("`jobwright jobs` shows them; `retry` tries again"),
            };
            findings.push(finding.data(shape::effects(&counts)));
        }
    }
    findings.extend([counters::journal(desk), counters::backup(desk)]);
    findings.extend(counters::counters(desk));
    findings
}

/// Store time never runs back, so a clock that does makes the engine wait for it.
fn set_back(seen_ms: i64) -> Option<Finding> {
    let behind = seen_ms / 1_000 - Timestamp::now().as_second();
    (behind > CLOCK_BEHIND_MAX_SECONDS).then(|| {
        let found = format!("the clock is {behind} seconds behind the latest commit; it was set back");
        Finding::new(Grade::Bad, "store's time", found).next("set this machine's clock; until then moments stand still")
    })
}
