//! Job definitions, their tests and files of tests.
//!
//! Owns: that any text is read to a plan or to faults with a place, and that what is kept of a plan gives the plan again.

use std::sync::LazyLock;

use jobwright_core::plan::Plan;
use jobwright_definition::diagnostic::{Diagnostics, Severity};
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{Practice, Surroundings};
use jobwright_definition::{definition, render, scenario, syntax};

use super::text::{Words, damaged};
use super::{Chance, Input, fuzz};

const DEFINITIONS: Words = Words {
    seeds: &[
        include_str!("../../workflows/monthly-payroll.job.yaml"),
        include_str!("../../workflows/vat-quarter.job.yaml"),
        include_str!("../../workflows/client-onboarding.job.yaml"),
        include_str!("../definitions/valid/every-form.yaml"),
        include_str!("../definitions/invalid/twenty-faults.yaml"),
        include_str!("../definitions/invalid/wf0601-cycle.yaml"),
        include_str!("../definitions/invalid/wf0412-not-declared-read.yaml"),
        SMALL,
    ],
    words: &[
        "format: 1",
        "id: a",
        "name",
        "roles",
        "schedule",
        "every: month",
        "week",
        "quarter",
        "year",
        "once_per: period",
        "tasks:\n",
        "  - id: ask\n",
        "type: email",
        "script",
        "manual",
        "request",
        "form",
        "approval",
        "signature",
        "wait",
        "start_job",
        "update_client",
        "webhook",
        "job",
        "recipient",
        "{ role: payroll }",
        "{ staff: primary }",
        "assign",
        "depends_on: [ask]",
        "depends_on",
        "when",
        "for_each",
        "template",
        "templates",
        "subject",
        "body",
        "file: a.txt",
        "due: due, -1 day",
        "start",
        "expires",
        "remind",
        "escalate",
        "retry",
        "times",
        "first: 1 second",
        "outputs",
        "inputs",
        "fields",
        "items",
        "choices",
        "outcomes",
        "on_uncompletable",
        "notify",
        "first_of",
        "any_of",
        "all_of",
        "where",
        "pick: 1",
        "order_by",
        "not_same_as",
        "tests:\n",
        "steps",
        "expect",
        "dates",
        "period.end, +7 days",
        "client.name",
        "tasks.ask.outputs.x",
        "inputs.a",
        "recipient.first_name",
        "money",
        "int",
        "text",
        "date",
        "bool",
        "optional: true",
        "on_failure",
        "reopen",
        "signers",
        "people",
    ],
};
/// Small enough that a few changes touch everything.
const SMALL: &str = "\
format: 1
id: ring
name: Ring
inputs:
  limit: { type: int, default: 3 }
tasks:
  - id: ask
    type: email
    recipient: { role: payroll, or: primary_contact }
    template: ask
    due: job.opened, +2 working days, at 09:00
  - { id: note, type: manual, assign: { staff: primary }, depends_on: [ask], when: inputs.limit > 2 }
templates:
  ask: { subject: 'Hours for {{ client.name }}', body: 'Dear {{ recipient.first_name }}, which hours?' }
tests:
  - name: rings
    start: 2026-05-01
    steps:
      - { at: 2026-05-02, complete: note, as: pat }
      - { at: 2026-05-03, expect: { job: completed } }
";

static PRACTICE: LazyLock<Practice> = LazyLock::new(Practice::default);

#[test]
fn no_text_does_harm_as_a_definition() {
    fuzz!(35, |chance: &mut Chance<'_>| damaged(&DEFINITIONS, chance), told_or_a_plan);
}

fn told_or_a_plan(input: &Input) {
    let mut sources = Sources::default();
    let files = |name: &str| {
        if name.len().is_multiple_of(2) { Ok(b"{{ client.name }}".to_vec()) } else { Err("not there".into()) }
    };
    // Every other one within a practice, where more is asked.
    let practice = input.0.len().is_multiple_of(2).then(|| PRACTICE.clone());
    let surroundings = Surroundings { practice, ..Surroundings::default() };
    let mut checked = definition::read(&mut sources, "fuzz.job.yaml", &input.0, &files, &surroundings);
    every_fault_has_its_place(&sources, &checked.diagnostics);
    assert_eq!(checked.plan.is_some(), !checked.diagnostics.has_errors(), "{:#?}", checked.diagnostics);
    if let Some(plan) = &checked.plan {
        comes_back(plan, &checked.canonical);
    }
    if let Some(tests) = &checked.tests {
        let mut diagnostics = Diagnostics::new();
        scenario::scenarios(tests, checked.plan.as_ref(), None, &mut diagnostics);
        every_fault_has_its_place(&sources, &diagnostics);
    }
    checked.diagnostics = Diagnostics::new();
    if let Some(node) = syntax::read(&mut sources, "fuzz.test.yaml", &input.0, &mut checked.diagnostics) {
        scenario::test_file(&node, &mut checked.diagnostics);
        every_fault_has_its_place(&sources, &checked.diagnostics);
    }
}

/// What the store keeps of a plan is that plan.
fn comes_back(plan: &Plan, canonical: &str) {
    let again = definition::recompile(canonical).unwrap_or_else(|damaged| panic!("{damaged}: {canonical}"));
    assert_eq!(again, *plan);
}

/// A fault without a place cannot be mended, one with a place outside of the text cannot be shown.
pub fn every_fault_has_its_place(sources: &Sources, diagnostics: &Diagnostics) {
    for diagnostic in diagnostics.iter() {
        assert!(diagnostic.span().is_some() || diagnostic.severity == Severity::Note, "{diagnostic:#?}");
        for label in &diagnostic.labels {
            let text = sources.text(label.span.file);
            assert!(text.get(label.span.range()).is_some(), "{diagnostic:#?} in {} bytes", text.len());
        }
        assert!(!diagnostic.message.is_empty(), "{diagnostic:#?}");
    }
    if !diagnostics.is_empty() {
        drop((render::human(sources, diagnostics, false), render::json(sources, diagnostics)));
    }
}
