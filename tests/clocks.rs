//! Clocks that jump under the real program, an hour and a year, back and ahead.
//!
//! Owns: that the store's own time goes on: what happened later stands later. Leaves zones and changes of clocks to the
//! date rules.

use std::collections::BTreeSet;

use crate::support::program::{Said, jobwright};
use crate::support::shim;
use crate::support::story::{self, STORY};

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;
/// What the clock says besides the time, command by command.
const JUMPS: [i64; 8] = [0, HOUR, -HOUR, 0, YEAR, 0, -YEAR, HOUR];

#[test]
fn a_clock_that_jumps_back_or_ahead_never_turns_the_stores_time_back() {
    let practice = story::beginning();
    let folder = practice.folder();
    let mut acknowledged = BTreeSet::new();
    for (number, order) in STORY.iter().enumerate() {
        let mut command = jobwright(folder);
        let said = shim::shifted(command.args(order.words()), JUMPS[number % JUMPS.len()]).output();
        let said = Said::of(said.expect("the program runs"));
        assert_eq!(said.code, Some(0), "{order:?}: {said:#?}");
        acknowledged.insert(*order);
    }
    story::missing(folder, &acknowledged).unwrap_or_else(|why| panic!("{why}"));
    for job in 0..story::JOBS {
        let shown = practice.json(&["show", &story::name(job)]);
        let events = shown["events"].as_array().expect("events");
        let moments: Vec<jiff::Timestamp> =
            events.iter().map(|event| event["at"].as_str().expect("a moment").parse().expect("a moment")).collect();
        assert!(moments.is_sorted(), "time ran back in {moments:#?}");
    }
}
