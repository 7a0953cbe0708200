//! What a test expects.
//!
//! Owns: reading expectations of tasks, letters, dates, open parts, the job and the proof of an answer. Leaves comparing
//! them with what happened to whoever runs the test.

use jiff::civil::{Date, DateTime};
use jobwright_core::date;
use jobwright_core::event::Slot;
use jobwright_core::id::{Name, StaffId};
use jobwright_core::job::JobState;
use jobwright_core::task::{TaskKey, TaskState};
use jobwright_core::value::Value;

use super::Who;
use super::world::{People, Stage};
use crate::diagnostic::{Diagnostics, quoted};
use crate::source::{Span, Spanned};
use crate::syntax::{Fields, Kind, Node, choice, in_range, list_of, map_of, parsed};

/// The reasons that a test may expect: why a task is uncompletable, then why it was skipped.
pub const REASONS: &[&str] = &[
    "no_contact",
    "no_contact_with_role",
    "no_staff_with_role",
    "no_primary_staff",
    "no_email",
    "email_bounced",
    "opted_out",
    "portal_not_active",
    "activation_stale",
    "no_right",
    "deactivated",
    "missing_field",
    "ambiguous",
    "date_unknown",
    "too_few",
    "shared_address",
    "signs_twice",
    "condition_false",
    "unreachable",
    "nothing_to_do",
    "nobody_found",
    "failed",
    "person",
];

/// How a task stands. What is not written is not looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedTask {
    /// Which.
    pub task: TaskKey,
    /// Where to point.
    pub span: Span,
    /// Its state.
    pub state: Option<TaskState>,
    /// Why it is uncompletable or was skipped: one of [`REASONS`].
    pub reason: Option<String>,
    /// Exactly those who were written to or asked in its newest round, signers included; copies do not count.
    pub sent_to: Option<Vec<Who>>,
    /// Exactly those of the staff who do it.
    pub assigned_to: Option<Vec<StaffId>>,
    /// How it ended.
    pub outcome: Option<Name>,
    /// Some of its outputs.
    pub outputs: Vec<(Name, Value)>,
}

/// Letters that were written so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedLetters {
    /// To whom.
    pub to: Option<Who>,
    /// For which task.
    pub task: Option<TaskKey>,
    /// Of which kind.
    pub kind: Option<LetterKind>,
    /// Words that the subject or the text of each holds.
    pub contains: Vec<String>,
    /// Exactly so many fit; at least one when absent.
    pub count: Option<u32>,
}

/// What a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// The letter of an `email` task.
    Letter,
    /// Asks somebody to act.
    Request,
    /// A copy of a letter.
    Copy,
    /// Tells of a task's trouble.
    Notice,
}

/// A date of the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDate {
    /// A key date's name, or a path such as `tasks.prepare.due`.
    pub name: Spanned<String>,
    /// What it is.
    pub is: Dated,
}

/// What a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// This day.
    Day(Date),
    /// This moment on the job's clocks.
    Moment(DateTime),
    /// Not known: what it hangs on is missing.
    Unknown,
}

/// The parts of a task that are asked for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedOpen {
    /// Of which task.
    pub task: TaskKey,
    /// Its items or signers.
    pub open: Vec<Name>,
}

/// How the job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedJob {
    /// Its state.
    pub state: JobState,
}

/// What the proof of an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedProof {
    /// Of which task.
    pub task: TaskKey,
    /// Of which place in it.
    pub slot: Slot,
    /// Words that stand in it.
    pub contains: Vec<String>,
}

pub(super) fn tasks(
    node: &Node,
    stage: &Stage<'_>,
    people: &People,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<ExpectedTask>> {
    let entries = map_of(|node, _| Some(node.clone()))(node, diagnostics)?;
    let mut all = Vec::new();
    for (key, node) in entries {
        if let Some(task) = stage.task_named(&key, diagnostics) {
            all.extend(expected(task, key.span, &node, stage, people, diagnostics));
        }
    }
    Some(all)
}

fn expected(
    task: TaskKey,
    span: Span,
    node: &Node,
    stage: &Stage<'_>,
    people: &People,
    diagnostics: &mut Diagnostics,
) -> Option<ExpectedTask> {
    let states = TaskState::ALL.map(|state| (state.word(), state));
    let mut expected = ExpectedTask {
        task,
        span,
        state: None,
        reason: None,
        sent_to: None,
        assigned_to: None,
        outcome: None,
        outputs: Vec::new(),
    };
    if let Kind::Scalar(_) = &node.kind {
        expected.state = Some(choice(&states)(node, diagnostics)?);
        return Some(expected);
    }
    let mut fields = Fields::of(node, "an expectation of a task", diagnostics)?;
    expected.state = fields.optional("state", choice(&states));
    let reasons: Vec<_> = REASONS.iter().map(|reason| (*reason, *reason)).collect();
    expected.reason = fields.optional("reason", |node, d| choice(&reasons)(node, d)).map(str::to_owned);
    expected.sent_to = fields.optional("sent_to", list_of(|node, d| people.who(node, d)));
    expected.assigned_to = fields.optional("assigned_to", list_of(|node, d| people.staff(node, d)));
    expected.outcome = fields.optional("outcome", parsed::<Name>);
    let outputs = fields.optional("outputs", |node, d| stage.outputs(&expected.task, node, d));
    fields.finish();
    expected.outputs = outputs.unwrap_or_default();
    Some(expected)
}

pub(super) fn letters(
    node: &Node,
    counted: bool,
    stage: &Stage<'_>,
    people: &People,
    diagnostics: &mut Diagnostics,
) -> Option<ExpectedLetters> {
    let kinds = [
        ("letter", LetterKind::Letter),
        ("request", LetterKind::Request),
        ("copy", LetterKind::Copy),
        ("notice", LetterKind::Notice),
    ];
    let mut fields = Fields::of(node, "an expectation of letters", diagnostics)?;
    let to = fields.optional("to", |node, d| people.who(node, d));
    let task = fields.optional("task", |node, d| stage.task(node, d));
    let kind = fields.optional("kind", choice(&kinds));
    let contains = fields.optional("contains", one_or_more).unwrap_or_default();
    let count = if counted { fields.required("count", in_range(0..=10_000_u32)) } else { None };
    fields.finish();
    if counted && count.is_none() {
        return None;
    }
    Some(ExpectedLetters { to, task, kind, contains, count })
}

fn one_or_more(node: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<String>> {
    let text = |node: &Node, d: &mut Diagnostics| Some(node.text(d)?.into_string());
    match node.kind {
        Kind::List(_) => list_of(text)(node, diagnostics),
        _ => Some(vec![text(node, diagnostics)?]),
    }
}

pub(super) fn dates(node: &Node, stage: &Stage<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<ExpectedDate>> {
    let entries = map_of(dated)(node, diagnostics)?;
    for (name, _) in &entries {
        look_up_date(name, stage, diagnostics);
    }
    Some(entries.into_iter().map(|(name, is)| ExpectedDate { name, is }).collect())
}

/// A key date by its name, or a task's own date by `tasks.<id>.due`.
fn look_up_date(name: &Spanned<String>, stage: &Stage<'_>, diagnostics: &mut Diagnostics) {
    if let Some((task, _)) = name.value.strip_prefix("tasks.").and_then(|rest| rest.rsplit_once('.')) {
        stage.task_named(&Spanned::new(task.to_owned(), name.span), diagnostics);
        return;
    }
    let Some(plan) = stage.plan else { return };
    if plan.dates.iter().all(|date| date.name.as_str() != name.value) {
        let possible = plan.dates.iter().map(|date| date.name.as_str());
        crate::people::unknown("key date", &name.value, name.span, possible, diagnostics);
    }
}

fn dated(node: &Node, diagnostics: &mut Diagnostics) -> Option<Dated> {
    let text = node.text(diagnostics)?;
    if text == "unknown" {
        return Some(Dated::Unknown);
    }
    let read = date::day(&text).map(Dated::Day).or_else(|| date::local_moment(&text).map(Dated::Moment));
    read.or_else(|| node.bad(format!("{} is no day like `2026-05-22`, nor `unknown`", quoted(&text)), diagnostics))
}

pub(super) fn open(node: &Node, stage: &Stage<'_>, diagnostics: &mut Diagnostics) -> Option<ExpectedOpen> {
    let mut fields = Fields::of(node, "an expectation of open parts", diagnostics)?;
    let task = fields.required("task", |node, d| stage.task(node, d));
    let items = fields.optional("items", list_of(parsed::<Name>));
    let signers = fields.optional("signers", list_of(parsed::<Name>));
    if items.is_none() && signers.is_none() {
        fields.required("items", |_, _| None::<()>);
    }
    fields.finish();
    Some(ExpectedOpen { task: task?, open: items.or(signers)? })
}

pub(super) fn job(node: &Node, diagnostics: &mut Diagnostics) -> Option<ExpectedJob> {
    let states = [JobState::Open, JobState::Completed, JobState::Cancelled].map(|state| (state.word(), state));
    if let Kind::Scalar(_) = &node.kind {
        return Some(ExpectedJob { state: choice(&states)(node, diagnostics)? });
    }
    let mut fields = Fields::of(node, "an expectation of the job", diagnostics)?;
    let state = fields.required("state", choice(&states));
    fields.finish();
    Some(ExpectedJob { state: state? })
}

pub(super) fn proof(node: &Node, stage: &Stage<'_>, diagnostics: &mut Diagnostics) -> Option<ExpectedProof> {
    let mut fields = Fields::of(node, "an expectation of a proof", diagnostics)?;
    let task = fields.required("task", |node, d| stage.task(node, d));
    let signer = fields.optional("signer", parsed::<Name>).map(Slot::Signer);
    let words = [("recipient", 0), ("cc", 1), ("bcc", 2), ("assign", 3)];
    let slot = fields.optional("about", choice(&words)).map(|word| match word {
        1 => Slot::Cc,
        2 => Slot::Bcc,
        3 => Slot::Assign,
        _ => Slot::Recipient,
    });
    let contains = fields.required("contains", one_or_more);
    fields.finish();
    Some(ExpectedProof { task: task?, slot: signer.or(slot).unwrap_or(Slot::Recipient), contains: contains? })
}
