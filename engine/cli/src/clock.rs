//! What is said of a clock that is not taken for granted.
//!
//! Owns: the words, for every verb: what the machine says, what speaks against it, what waits, and the way out. Leaves
//! judging it to the engine.

use jiff::{Timestamp, Unit};
use jobwright_runtime::{ClockDoubt, ClockPlan};

use crate::desk::short;

/// What is doubtful, and what to do about it.
pub struct Doubt {
    /// What the clock says, and what speaks against it.
    pub what: String,
    /// The next move.
    pub next: String,
}

impl Doubt {
    /// The words of a doubt.
    pub fn of(doubt: ClockDoubt) -> Self {
        match doubt {
            ClockDoubt::Jumped { reads, expected } => Self {
                what: format!(
                    "this machine's clock jumped from {} to {}; it is believed when it still says so half a minute later",
                    moment(expected),
                    moment(reads)
                ),
                next: "set the clock if it is wrong".into(),
            },
            ClockDoubt::Ahead { reads, last } => Self {
                what: format!(
                    "this machine's clock says {}, {} after the last commit ({}): timers and letters wait, and \
                     what is done is dated by the last commit",
                    moment(reads),
                    apart(last, reads),
                    moment(last)
                ),
                next: "set the clock; if it is right, `jobwright work --accept-clock` lets them go on".into(),
            },
            ClockDoubt::Behind { reads, last } => Self {
                what: format!(
                    "this machine's clock says {}, {} before the last commit ({}): timers and letters wait, and moments stand still",
                    moment(reads),
                    apart(reads, last),
                    moment(last)
                ),
                next:
                    "set the clock; if it is right, `jobwright doctor --clock` shows how the store's time is taken back"
                        .into(),
            },
        }
    }

    /// Both in the lines that stand beside an answer.
    pub fn beside(&self) -> String {
        format!("warning: {}\n  next: {}\n", self.what, self.next)
    }
}

/// What taking back the store's time does, or did.
pub fn plan_lines(plan: &ClockPlan) -> Vec<String> {
    if plan.is_empty() {
        let now = moment(plan.to);
        return vec![format!("the store's time is not after this machine's, {now}: there is nothing to take back")];
    }
    let (from, to) = (moment(plan.from), moment(plan.to));
    let mut lines = vec![format!("the store's time goes back from {from} to {to}, by {}", apart(plan.to, plan.from))];
    if plan.job_count > 0 {
        let named: Vec<String> = plan.jobs.iter().map(|job| short(*job)).collect();
        let more = plan.job_count - plan.jobs.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (jobs, they) =
            if plan.job_count == 1 { ("job was", "it keeps its") } else { ("jobs were", "they keep their") };
        lines.push(format!(
            "{} {jobs} opened in that time, and {they} dates: {}{more}",
            plan.job_count,
            named.join(" ")
        ));
        lines.push("what has wrong dates is cancelled and started again".into());
    }
    if !plan.effects.is_empty() {
        lines.push(format!(
            "letters and calls that wait for a moment of that time: {}; they are due at once",
            plan.effects.len()
        ));
    }
    lines.push("what fell due in that time has happened and stays so".into());
    lines
}

/// A moment as a person reads it, with its year.
fn moment(at: Timestamp) -> String {
    at.strftime("%-d %b %Y %H:%M UTC").to_string()
}

/// How far two moments are apart: in days, or in hours and minutes where it is less than two days.
fn apart(from: Timestamp, to: Timestamp) -> String {
    let minutes = to.duration_since(from).round(Unit::Minute).unwrap_or_default().as_mins();
    match (minutes / (24 * 60), minutes / 60, minutes % 60) {
        (days, ..) if days >= 2 => format!("{days} days"),
        (_, 0, minutes) => format!("{minutes} minutes"),
        (_, hours, 0) => format!("{hours} hours"),
        (_, hours, minutes) => format!("{hours} hours and {minutes} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_two_moments_are_apart_is_told_in_days_or_less() {
        let from: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        for (to, told) in [
            ("2046-11-25T12:00:00Z", "7300 days"),
            ("2026-12-01T13:30:00Z", "25 hours and 30 minutes"),
            ("2026-11-30T14:00:00Z", "2 hours"),
            ("2026-11-30T12:06:00Z", "6 minutes"),
        ] {
            assert_eq!(apart(from, to.parse().unwrap()), told);
        }
    }
}
