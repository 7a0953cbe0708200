//! Why: the proof of an answer, drawn as a tree.
//!
//! Owns: how a resolution and a date read to people. Leaves their shapes for machines to `shape`.

use crate::output::{Paint, one_line};
use jobwright_core::{
    date::{Evaluation, Undated},
    recipient::{Branch, Found, Resolution},
};
use jobwright_runtime::answer::DateTrace;

/// The tree of a selector's answer.
pub fn resolution(resolution: &Resolution, paint: Paint) -> String {
    let mut text = String::new();
    branch(&resolution.tree, "", &mut text, paint);
    if let Some(reason) = &resolution.reason {
        text += &format!("{}: {}\n", paint.bad(&reason.to_string()), reason.mend());
    }
    text
}

fn branch(one: &Branch, indent: &str, text: &mut String, paint: Paint) {
    let result = match one.found {
        Found::Chosen => paint.good(one.found.word()),
        found => paint.warn(found.word()),
    };
    *text += &format!("{indent}{} → {result}\n", one_line(&one.rule));
    for candidate in &one.candidates {
        let mark = if candidate.kept { paint.good("✓") } else { paint.dim("✗") };
        let name = one_line(&candidate.person.name);
        let because = one_line(&candidate.because);
        *text += &format!("{indent}  {mark} {name} ({}): {because}\n", candidate.person.id.as_str());
    }
    let deeper = format!("{indent}  ");
    one.children.iter().for_each(|child| branch(child, &deeper, text, paint));
}

/// The steps of a date.
pub fn date(trace: &DateTrace, paint: Paint) -> String {
    let mut text = format!("{}\n", one_line(&trace.rule.to_string()));
    match &trace.result {
        Ok(evaluation) => steps(evaluation, &mut text, paint),
        Err(undated) => text += &format!("  {}\n", paint.warn(&unknown(undated))),
    }
    text
}

fn steps(evaluation: &Evaluation, text: &mut String, paint: Paint) {
    for step in &evaluation.trace {
        let note = step.note.as_ref().map_or_else(String::new, |note| paint.dim(&format!("  ({note})")));
        *text += &format!("  {:32} {}{note}\n", step.text, step.result);
    }
}

fn unknown(undated: &Undated) -> String {
    format!("unknown: {undated}")
}

/// The steps of a date, for machines.
pub fn date_shape(trace: &DateTrace) -> serde_json::Value {
    match &trace.result {
        Ok(evaluation) => {
            let step = |step: &jobwright_core::date::Trace| {
                let note = step.note.as_ref().map(ToString::to_string);
                serde_json::json!({ "step": step.text, "result": step.result.to_string(), "note": note })
            };
            evaluation.trace.iter().map(step).collect()
        }
        Err(undated) => serde_json::json!({ "unknown": undated.anchor, "why": undated.to_string() }),
    }
}
