//! One step of a test.
//!
//! Owns: the words that steps begin with, and what stands after each. A word that the language has and that cannot run
//! yet is refused as such. Leaves what people do to tasks to `act`, changes of people to `change` and expectations to
//! `expect`.

use jobwright_core::date::{Anchor, COUNT_MAX, Rule, Step as DateStep, Unit, local_moment};

use super::world::{People, Stage};
use super::{Existing, Refused, STEPS_MAX, Step, What, act, change, expect, plugin};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::people;
use crate::source::Spanned;
use crate::suggest::suggest;
use crate::syntax::{Entry, Fields, Kind, Node, choice, list_of, spanned};

/// The words that a step may begin with.
pub const WORDS: &[&str] = &[
    "advance",
    "advance_to",
    "complete",
    "answer",
    "sign",
    "decline",
    "approve",
    "outcome",
    "skip",
    "reassign",
    "retry",
    "override",
    "reopen",
    "amend",
    "cancel",
    "uncancel",
    "change",
    "add_contact",
    "bounce",
    "refuse",
    "publish",
    "plugin_reply",
    "in_job",
    "restart",
    "expect",
    "expect_message",
    "expect_messages",
    "expect_dates",
    "expect_open",
    "expect_job",
    "expect_explain",
];

/// Words of the language that cannot run yet, and what to do instead.
const NOT_YET: &[(&str, &str)] = &[
    ("upload", "there is no portal yet; write `answer` with a `file`"),
    ("pause", "jobs cannot be paused yet"),
    ("resume", "jobs cannot be paused yet"),
];

/// What a mail server says in a test that does not give its words.
const REPLY: &str = "550 5.1.1 no such mailbox";

pub(super) fn steps(
    node: &Node,
    stage: &Stage<'_>,
    people: &People,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Step>> {
    let steps = list_of(|node, diagnostics| step(node, stage, people, diagnostics))(node, diagnostics)?;
    let written = if let Kind::List(written) = &node.kind { written.len() } else { 0 };
    if written == 0 || written > STEPS_MAX {
        return node.bad(format!("a test has 1 to {STEPS_MAX} steps"), diagnostics);
    }
    Some(steps)
}

fn step(node: &Node, stage: &Stage<'_>, people: &People, diagnostics: &mut Diagnostics) -> Option<Step> {
    let (word, value) = match &node.kind {
        Kind::Scalar(text) if *text == "restart" => return Some(Step { span: node.span, what: What::Restart }),
        Kind::Map(entries) => match entries.as_slice() {
            [Entry { key, value }] => (key, value),
            _ => return node.bad("a step is one word and what belongs to it; write a step of its own", diagnostics),
        },
        Kind::Refused => return None,
        _ => return node.bad("a step is a word with a value, such as `advance: 3 days`, or `restart`", diagnostics),
    };
    let what = what(word, value, stage, people, diagnostics)?;
    Some(Step { span: node.head(), what })
}

/// One arm a word.
fn what(word: &Spanned<String>, node: &Node, stage: &Stage<'_>, people: &People, d: &mut Diagnostics) -> Option<What> {
    Some(match word.value.as_str() {
        "advance" => advance(node, d)?,
        "advance_to" => What::AdvanceTo(moment(node, d)?),
        "complete" | "answer" | "sign" | "decline" | "approve" | "outcome" | "skip" | "reassign" | "retry"
        | "override" | "reopen" | "amend" => What::Act(act::act(word, node, stage, people, d)?),
        "cancel" => cancel(node, people, d)?,
        "uncancel" => uncancel(node, people, d)?,
        "change" => What::Change(change::change(node, stage, people, d)?),
        "add_contact" => What::AddContact(people::contact(node, &stage.reading(), d)?),
        "bounce" => What::Bounce(refused(node, people, d)?),
        "refuse" => What::Refuse(refused(node, people, d)?),
        "publish" => publish(node, d)?,
        "plugin_reply" => What::Reply(plugin::replied(node, stage, d)?),
        "in_job" => in_job(node, stage, people, d)?,
        "restart" => choice(&[("true", ())])(node, d).map(|()| What::Restart)?,
        "expect" => What::Expect(expect::tasks(node, stage, people, d)?),
        "expect_message" => What::ExpectLetters(expect::letters(node, false, stage, people, d)?),
        "expect_messages" => What::ExpectLetters(expect::letters(node, true, stage, people, d)?),
        "expect_dates" => What::ExpectDates(expect::dates(node, stage, d)?),
        "expect_open" => What::ExpectOpen(expect::open(node, stage, d)?),
        "expect_job" => What::ExpectJob(expect::job(node, d)?),
        "expect_explain" => What::ExpectProof(expect::proof(node, stage, d)?),
        _ => return unknown_word(word, d),
    })
}

fn unknown_word(word: &Spanned<String>, diagnostics: &mut Diagnostics) -> Option<What> {
    let diagnostic = match NOT_YET.iter().find(|(later, _)| *later == word.value) {
        Some((_, instead)) => {
            let message = format!("{} cannot run yet", quoted(&word.value));
            Diagnostic::error(code::NOT_YET, message).at(word.span, "not supported yet").help(*instead)
        }
        None => {
            let label = suggest(&word.value, WORDS.iter().copied());
            let label = label.map_or(String::new(), |meant| format!("did you mean `{meant}`?"));
            let message = format!("{} is no step of a test", quoted(&word.value));
            let help = format!("possible are: {}", WORDS.join(", "));
            Diagnostic::error(code::UNKNOWN_CHOICE, message).at(word.span, label).help(help)
        }
    };
    diagnostics.push(diagnostic);
    None
}

/// `12 days`, `3 working days`, `4 hours`.
fn advance(node: &Node, diagnostics: &mut Diagnostics) -> Option<What> {
    let text = node.text(diagnostics)?;
    let read = text.split_once(' ').and_then(|(count, unit)| {
        let count: u32 = count.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count))?;
        let unit = match unit.trim().strip_suffix('s').unwrap_or(unit.trim()) {
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "working day" => Unit::WorkingDay,
            "week" => Unit::Week,
            "month" => Unit::Month,
            _ => return None,
        };
        Some(What::Advance { count, unit })
    });
    let units = "minutes, hours, days, working days, weeks or months";
    read.or_else(|| node.bad(format!("{} is no length of time; write a number of {units}", quoted(&text)), diagnostics))
}

/// `2026-05-20T09:00`, or a date rule.
fn moment(node: &Node, diagnostics: &mut Diagnostics) -> Option<Rule> {
    let text = node.text(diagnostics)?;
    if let Some(moment) = local_moment(&text) {
        return Some(Rule { anchor: Anchor::Date(moment.date()), steps: vec![DateStep::At(moment.time())] });
    }
    match Rule::parse(&text) {
        Ok(rule) => Some(rule),
        Err(faults) => {
            for fault in faults {
                let diagnostic = Diagnostic::error(code::BAD_VALUE, fault.message).at(text.place_range(fault.span), "");
                let help = fault.help.into_iter().fold(diagnostic, Diagnostic::help);
                diagnostics.push(help.help("or write a moment, `2026-05-20T09:00`"));
            }
            None
        }
    }
}

fn cancel(node: &Node, people: &People, diagnostics: &mut Diagnostics) -> Option<What> {
    let mut fields = Fields::of(node, "a cancellation", diagnostics)?;
    let by = fields.optional("as", |node, d| people.actor(node, d));
    let note = fields.optional("note", Node::text).map(|note| note.into_string());
    fields.finish();
    Some(What::Cancel { by, note })
}

fn uncancel(node: &Node, people: &People, diagnostics: &mut Diagnostics) -> Option<What> {
    let mut fields = Fields::of(node, "taking a cancellation back", diagnostics)?;
    let by = fields.optional("as", |node, d| people.actor(node, d));
    let note = fields.required("note", Node::text).map(|note| note.into_string());
    let refused = fields.or("refused", Node::boolean, false);
    fields.finish();
    Some(What::Uncancel { by, note: note?, refused })
}

/// A contact alone, or with the server's words.
fn refused(node: &Node, people: &People, diagnostics: &mut Diagnostics) -> Option<Refused> {
    if let Kind::Scalar(_) = &node.kind {
        return Some(Refused { contact: people.contact(node, diagnostics)?, reply: REPLY.to_owned() });
    }
    let mut fields = Fields::of(node, "a refusal", diagnostics)?;
    let contact = fields.required("contact", |node, d| people.contact(node, d));
    let reply = fields.optional("reply", Node::text).map_or(REPLY.to_owned(), |reply| reply.into_string());
    fields.finish();
    Some(Refused { contact: contact?, reply })
}

/// Steps in the job that a task started, read by that job's definition.
fn in_job(node: &Node, stage: &Stage<'_>, people: &People, diagnostics: &mut Diagnostics) -> Option<What> {
    let mut fields = Fields::of(node, "what happens in another job", diagnostics)?;
    let task = fields.required("task", |node, d| stage.task(node, d));
    let other = task.as_ref().and_then(|task| stage.started_by(task));
    let steps = fields.required("steps", |node, d| self::steps(node, &stage.of(other.as_deref()), people, d));
    fields.finish();
    Some(What::InJob { task: task?, steps: steps? })
}

fn publish(node: &Node, diagnostics: &mut Diagnostics) -> Option<What> {
    let mut fields = Fields::of(node, "a publication", diagnostics)?;
    let file = fields.required("file", spanned(Node::text));
    let existing = fields.optional("existing", choice(&[("keep", Existing::Keep), ("update", Existing::Update)]));
    fields.finish();
    let file = file?.map(|file| file.into_string());
    Some(What::Publish { file, existing })
}
