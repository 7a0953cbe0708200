//! Whether a test holds: played once as it stands, and once with a restart after each step.
//!
//! Owns: comparing the two plays. A restart must change nothing: not one event, not one letter. Leaves dying at every
//! commit to the suite.

use jobwright_core::event::Recorded;
use jobwright_definition::scenario::Scenario;

use super::missed::Miss;
use super::performance::{Performance, Traces, trial};
use super::tested::Tested;
use crate::output::Paint;
use crate::practice::Practice;
use crate::report::Result;

/// How a test ended.
pub struct Verdict {
    /// What did not hold.
    pub missed: Option<Missed>,
    /// The job's timeline, for coverage.
    pub events: Vec<Recorded>,
}

/// What did not hold, and how people see it.
pub struct Missed {
    /// The miss.
    pub miss: Miss,
    /// The line, the timeline, the proof.
    pub picture: String,
}

/// Plays a test, and plays it again with restarts when it holds.
pub fn verdict(tested: &Tested, scenario: &Scenario, practice: &Practice, paint: Paint) -> Result<Verdict> {
    let (missed, traces) = play(tested, scenario, practice, false, paint)?;
    if missed.is_some() {
        return Ok(Verdict { missed, events: traces.events });
    }
    let (mut missed, restarted) = play(tested, scenario, practice, true, paint)?;
    if let Some(missed) = &mut missed {
        missed.picture = format!("only after a restart in the middle:\n{}", missed.picture);
    } else if restarted != traces {
        missed = Some(differing(scenario, tested, &traces, &restarted, paint));
    }
    Ok(Verdict { missed, events: traces.events })
}

fn play(
    tested: &Tested,
    scenario: &Scenario,
    practice: &Practice,
    restarts: bool,
    paint: Paint,
) -> Result<(Option<Missed>, Traces)> {
    let mut performance = Performance::begin(tested, scenario, practice, trial(tested, scenario, practice)?)?;
    let miss = performance.play(restarts)?;
    let missed = miss.map(|miss| -> Result<Missed> {
        let looked = performance.look()?;
        let zone = performance.stage.engine().world().zone_of(&looked.prepared.plan);
        let picture = miss.picture(&scenario.name.value, &tested.sources, Some(&looked), &zone, paint);
        Ok(Missed { miss, picture })
    });
    Ok((missed.transpose()?, performance.traces()?))
}

/// The first thing that a restart changed.
fn differing(scenario: &Scenario, tested: &Tested, plain: &Traces, restarted: &Traces, paint: Paint) -> Missed {
    let pairs = plain.events.iter().zip(&restarted.events);
    let same = pairs.take_while(|(one, other)| one == other).count();
    let found = match (plain.events.get(same), restarted.events.get(same)) {
        (None, None) => "a restart changes the letters that leave".to_owned(),
        _ => format!("a restart changes the story from event {} on: this is a fault of the engine", same + 1),
    };
    let miss = Miss::new(scenario.name.span, found);
    let zone = jiff::tz::TimeZone::UTC;
    let picture = miss.picture(&scenario.name.value, &tested.sources, None, &zone, paint);
    Missed { miss, picture }
}
