//! Date rules and lengths of time.
//!
//! Owns: putting the faults of a rule at their bytes in the file, and `3 days` as a rule that hangs on an event of the
//! task, or as plain seconds for retries. Leaves the grammar of rules to `core`.

use jiff::SignedDuration;
use jobwright_core::date::{Rule, RuleError};

use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, RuleRole};
use crate::syntax::{Node, Text};

/// Seconds in each unit that has the same length everywhere.
pub(crate) const SECONDS: [(&str, i64); 5] =
    [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800)];

/// Longest pause of a retry: a year.
const PAUSE_SECONDS_MAX: i64 = 366 * 86_400;

/// A date rule.
pub(crate) fn rule(node: &Node, role: RuleRole, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Rule> {
    let text = node.word(diagnostics)?;
    let rule =
        Rule::parse(&text).map_err(|faults| faults.iter().for_each(|fault| report(fault, 0, &text, diagnostics)));
    let rule = rule.ok()?;
    draft.rule(&rule, text, role);
    Some(rule)
}

/// A length of time from an event of the task: `2 days` after `task.active` is the rule `task.active, +2 days`.
pub(crate) fn after(node: &Node, anchor: &str, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Rule> {
    let text = node.word(diagnostics)?;
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return bad_length(node, &text, diagnostics);
    }
    let prefix = format!("{anchor}, +");
    let whole = format!("{prefix}{}", text.as_str());
    match Rule::parse(&whole) {
        Ok(rule) if rule.steps.len() == 1 => {
            draft.rule(&rule, text, RuleRole::Length);
            Some(rule)
        }
        Ok(_) => bad_length(node, &text, diagnostics),
        Err(faults) => {
            faults.iter().for_each(|fault| report(fault, prefix.len(), &text, diagnostics));
            None
        }
    }
}

/// A length of time that is the same everywhere, for pauses between tries.
pub(crate) fn pause(node: &Node, diagnostics: &mut Diagnostics) -> Option<SignedDuration> {
    let text = node.word(diagnostics)?;
    let seconds = text.split_once(' ').and_then(|(count, unit)| {
        let unit = unit.trim_start();
        let named = |(word, _): &&(&str, i64)| unit.strip_suffix('s').unwrap_or(unit) == *word;
        let (_, length) = SECONDS.iter().find(named)?;
        count.parse::<u32>().ok().map(|count| i64::from(count) * length)
    });
    match seconds {
        Some(seconds @ 1..=PAUSE_SECONDS_MAX) => Some(SignedDuration::from_secs(seconds)),
        Some(_) => {
            let diagnostic = Diagnostic::error(code::OUT_OF_RANGE, "a pause is between a second and a year");
            diagnostics.push(diagnostic.at(node.span, ""));
            None
        }
        None => {
            let help = "write a number and seconds, minutes, hours, days or weeks, as in `5 minutes`";
            let diagnostic = Diagnostic::error(code::BAD_RULE, format!("{} is no length of time", quoted(&text)));
            diagnostics.push(diagnostic.at(node.span, "").help(help));
            None
        }
    }
}

fn bad_length<T>(node: &Node, text: &str, diagnostics: &mut Diagnostics) -> Option<T> {
    let help = "write a number and minutes, hours, days, working days, weeks, months, quarters or years";
    let diagnostic = Diagnostic::error(code::BAD_RULE, format!("{} is no length of time", quoted(text)));
    diagnostics.push(diagnostic.at(node.span, "").help(help));
    None
}

/// `skip` are the bytes that stand before the text in what was parsed.
fn report(fault: &RuleError, skip: usize, text: &Text, diagnostics: &mut Diagnostics) {
    let within = |offset: usize| offset.saturating_sub(skip).min(text.len());
    let span = text.place_range(within(fault.span.start)..within(fault.span.end));
    let diagnostic = Diagnostic::error(code::BAD_RULE, fault.message.clone()).at(span, "");
    diagnostics.push(fault.help.iter().fold(diagnostic, |diagnostic, help| diagnostic.help(help)));
}
