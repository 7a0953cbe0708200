//! What a test expected and did not find, as people see it.
//!
//! Owns: the line of the test with what was found, the timeline so far and the proof of the selector in question. Leaves
//! drawing lines of files to `definition`, events to `timeline` and proofs to `proof`.

use jobwright_core::task::TaskKey;
use jobwright_definition::diagnostic::{Diagnostic, Diagnostics};
use jobwright_definition::source::{Sources, Span};
use jobwright_definition::{code, render};
use jobwright_runtime::Looked;

use super::expect::newest;
use crate::output::Paint;
use crate::proof;
use crate::timeline::Timeline;

/// Events of a timeline that are shown at most: the newest.
const EVENTS_SHOWN_MAX: usize = 60;

/// An expectation that does not hold, or a step that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Where in the test.
    pub span: Span,
    /// What was found instead.
    pub found: String,
    /// The task whose proof helps.
    pub task: Option<TaskKey>,
    /// What else helps.
    pub with: Option<String>,
}

impl Miss {
    pub(super) fn new(span: Span, found: String) -> Self {
        Self { span, found, task: None, with: None }
    }

    pub(super) fn found(found: String) -> Self {
        Self::new(Span::default(), found)
    }

    pub(super) fn about(self, task: &TaskKey) -> Self {
        Self { task: Some(task.clone()), ..self }
    }

    pub(super) fn with(self, with: String) -> Self {
        Self { with: Some(with), ..self }
    }

    /// The diagnostic of the line.
    pub fn diagnostics(&self, test: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let message = format!("the test \"{test}\" does not hold");
        diagnostics.push(Diagnostic::error(code::TEST_MISSED, message).at(self.span, self.found.as_str()));
        diagnostics
    }

    /// As people read it: the line, the timeline so far, the proof.
    pub fn picture(
        &self,
        test: &str,
        sources: &Sources,
        looked: Option<&Looked>,
        zone: &jiff::tz::TimeZone,
        paint: Paint,
    ) -> String {
        let mut text = render::human(sources, &self.diagnostics(test), paint.is_coloured());
        if let Some(with) = &self.with {
            text += &format!("\n{}", indented(with));
        }
        let Some(looked) = looked else { return text };
        let skipped = looked.events.len().saturating_sub(EVENTS_SHOWN_MAX);
        let mut timeline = Timeline::new(zone.clone(), paint);
        let lines = looked.events.iter().skip(skipped).map(|recorded| timeline.lines(looked.job.id, recorded));
        text += &format!("\n{}\n{}", paint.dim("the timeline so far:"), indented(&lines.collect::<String>()));
        let found = self.task.as_ref().and_then(|task| Some((task, newest(looked, task, None)?)));
        if let Some((task, resolution)) = found {
            let head = format!("who was found for `{task}`:");
            text += &format!("\n{}\n{}", paint.dim(&head), indented(&proof::resolution(resolution, paint)));
        }
        text
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}
