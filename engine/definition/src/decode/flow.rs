//! What a task waits for and what follows from how it ends.
//!
//! Owns: `depends_on`, `for_each`, `retry` and the `on_…` keys. Leaves whether the named tasks are there, and whether the
//! whole can ever end, to `check`.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jobwright_core::date::Rule;
use jobwright_core::id::Name;
use jobwright_core::plan::{
    Dependency, ForEach, Is, OnFailed, OnLimit, OnUncompletable, Otherwise, REOPEN_LIMIT_MAX, TextKind, Then,
};
use jobwright_core::recipient::{Channel, Selector};
use jobwright_core::retry::{FailureKind, InDoubt, Retry, TRIES_MAX};
use rust_decimal::Decimal;

use super::task::TaskType;
use super::{name, selector, when};
use crate::code;
use crate::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::draft::{Draft, Role, TextRole, Thing};
use crate::source::Spanned;
use crate::syntax::{Fields, Kind, Node, choice, in_range, list_of};

/// The states that a dependency may name.
pub(crate) const STATES: [(&str, Is); 5] = [
    ("completed", Is::Completed),
    ("skipped", Is::Skipped),
    ("settled", Is::Settled),
    ("failed", Is::Failed),
    ("overdue", Is::Overdue),
];

/// An entry of `depends_on`.
pub(crate) fn dependency(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Dependency> {
    if let Kind::Scalar(_) = &node.kind {
        let task = task(node, Thing::Dependency(Is::Done), draft, diagnostics)?;
        return Some(Dependency::Task { task, is: Is::Done, same_item: false });
    }
    let mut fields = Fields::of(node, "a dependency", diagnostics)?;
    if fields.place("any_of").is_some() {
        let any_of = fields.optional("any_of", list_of(|node, d| dependency(node, draft, d)));
        fields.finish();
        return any_of.map(Dependency::AnyOf);
    }
    let item = fields.optional("item", |node, d| {
        let place = node.span;
        choice(&[("same", ())])(node, d).map(|()| place)
    });
    // Of the same item it may stand alone, and means what a plain name means.
    let is = match item {
        Some(_) => Some(fields.or("is", choice(&STATES), Is::Done)),
        None => fields.required("is", choice(&STATES)),
    };
    let task = fields.required("task", |node, d| task(node, Thing::Dependency(is.unwrap_or(Is::Done)), draft, d));
    fields.finish();
    let task = task?;
    if let Some(place) = item {
        draft.mention(Thing::SameItem, Spanned::new(task.to_string(), place));
    }
    Some(Dependency::Task { task, is: is?, same_item: item.is_some() })
}

fn task(node: &Node, thing: Thing, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Name> {
    let name = name::name(node, diagnostics)?;
    draft.mention(thing, Spanned::new(name.value.to_string(), name.span));
    Some(name.value)
}

/// `for_each`: a list, the name of its items, and what tells them apart.
pub(crate) fn for_each(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<ForEach> {
    let mut fields = Fields::of(node, "`for_each`", diagnostics)?;
    let item = fields.required("item", name::name);
    let list = fields.required("in", Node::text).map(|text| draft.expression(text, Role::List));
    let key = fields.required("key", Node::text).map(|text| draft.expression(text, Role::Key));
    fields.finish();
    Some(ForEach { item: item?.value, list: list?, key: key? })
}

/// `retry`, filled up with what the default policy says.
pub(crate) fn retry(node: &Node, of: TaskType, diagnostics: &mut Diagnostics) -> Option<Retry> {
    let standard = Retry::default();
    let mut fields = Fields::of(node, "`retry`", diagnostics)?;
    let tries = fields.required("times", in_range(1..=TRIES_MAX));
    let first = fields.or("first", when::pause, standard.first);
    let factor = fields.or("factor", factor, standard.factor);
    let longest = fields.or("max", when::pause, standard.longest.max(first));
    let all = fields.optional("on", list_of(|node, d| failures(node, of, d)));
    let (on, codes) = all.map_or((standard.on, vec![]), |all| {
        let codes = all.iter().filter_map(|one| one.clone().err());
        (all.iter().filter_map(|one| one.as_ref().ok().copied()).collect(), codes.collect())
    });
    if longest < first
        && let Some(place) = fields.place("max")
    {
        let diagnostic = Diagnostic::error(code::OUT_OF_RANGE, "`max` is shorter than the `first` pause");
        fields.diagnostics().push(diagnostic.at(place, ""));
    }
    fields.finish();
    let tries = tries?;
    // The number of tries is the bound that was written; time must not cut it short.
    let for_at_most = longest.checked_mul(i32::try_from(tries).ok()?).unwrap_or(SignedDuration::MAX);
    Some(Retry { tries: Some(tries), first, factor, longest, for_at_most, on, codes, in_doubt: InDoubt::default() })
}

/// `in_doubt`: what becomes of a letter of which nobody knows whether it was delivered.
pub(crate) fn in_doubt(node: &Node, diagnostics: &mut Diagnostics) -> Option<InDoubt> {
    choice(&[("resend", InDoubt::Resend), ("hold", InDoubt::Hold)])(node, diagnostics)
}

fn factor(node: &Node, diagnostics: &mut Diagnostics) -> Option<Decimal> {
    const FACTOR_MAX: Decimal = Decimal::ONE_HUNDRED;
    let factor = node.decimal(diagnostics)?;
    if (Decimal::ONE..=FACTOR_MAX).contains(&factor) {
        return Some(factor);
    }
    let message = format!("{factor} is not between 1 and {FACTOR_MAX}");
    diagnostics.push(Diagnostic::error(code::OUT_OF_RANGE, message).at(node.span, ""));
    None
}

/// A kind of failure; or a code of the plugin, which was looked up when what it offers was put in.
fn failures(node: &Node, of: TaskType, diagnostics: &mut Diagnostics) -> Option<Result<FailureKind, String>> {
    let kinds = FailureKind::ALL.map(|kind| (kind.word(), kind));
    match (&node.kind, of) {
        (Kind::Scalar(word), TaskType::Plugin) if kinds.iter().all(|(kind, _)| *kind != word.as_str()) => {
            Some(Err(node.text(diagnostics)?.into_string()))
        }
        _ => choice(&kinds)(node, diagnostics).map(Ok),
    }
}

/// `on_uncompletable`.
pub(crate) fn on_uncompletable(
    node: &Node,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<OnUncompletable> {
    let mut fields = Fields::of(node, "`on_uncompletable`", diagnostics)?;
    let notify = fields.optional("notify", |node, d| notify(node, draft, d));
    let message = fields.optional("message", Node::text);
    let message = message.map(|text| draft.text(text, TextKind::Body, TextRole::Notice));
    let after = fields.optional("after", |node, d| when::after(node, "task.uncompletable", draft, d));
    let words = [
        ("hold", Otherwise::Hold),
        ("skip", Otherwise::Skip),
        ("manual", Otherwise::Manual),
        ("fail", Otherwise::Fail),
    ];
    let otherwise = fields.or("else", choice(&words), Otherwise::Hold);
    needs_after(&mut fields, after.as_ref(), otherwise);
    fields.finish();
    Some(OnUncompletable { notify, message, after, otherwise })
}

fn needs_after(fields: &mut Fields, after: Option<&Rule>, otherwise: Otherwise) {
    if after.is_some() || otherwise == Otherwise::Hold || fields.place("after").is_some() {
        return;
    }
    if let Some(place) = fields.place("else") {
        let diagnostic = Diagnostic::error(code::MISSING_KEY, "`else` needs `after`: when does the waiting end?");
        fields.diagnostics().push(diagnostic.at(place, "never comes").help("write `after: 2 working days`"));
    }
}

/// `on_failed`.
pub(crate) fn on_failed(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<OnFailed> {
    let mut fields = Fields::of(node, "`on_failed`", diagnostics)?;
    let notify = fields.optional("notify", |node, d| notify(node, draft, d));
    let words = [("hold", Otherwise::Hold), ("manual", Otherwise::Manual), ("skip", Otherwise::Skip)];
    let otherwise = fields.optional("else", choice(&words));
    let continue_as = fields.optional("continue_as", name::name);
    if let (Some(_), Some(name)) = (otherwise, &continue_as) {
        let diagnostic = Diagnostic::error(code::ONE_OF, "`else` and `continue_as` both say what follows");
        fields.diagnostics().push(diagnostic.at(name.span, "one of them is enough"));
    }
    fields.finish();
    if let Some(name) = &continue_as {
        draft.mention(Thing::ContinueAs, Spanned::new(name.value.to_string(), name.span));
    }
    let continue_as = continue_as.map(|name| name.value);
    Some(OnFailed { notify, otherwise: otherwise.unwrap_or_default(), continue_as })
}

fn notify(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Selector> {
    selector::asked(node, Channel::Letter, false, draft, diagnostics)
}

/// `on_outcome`: what each outcome does to the job.
pub(crate) fn on_outcome(
    node: &Node,
    draft: &mut Draft,
    diagnostics: &mut Diagnostics,
) -> Option<BTreeMap<Name, Then>> {
    let mut all = BTreeMap::new();
    for entry in name::entries(node, "outcomes and what follows", diagnostics)? {
        let outcome = name::key(&entry.key, diagnostics);
        let then = then(&entry.value, draft, diagnostics);
        if let Some(outcome) = outcome {
            draft.mention(Thing::Outcome, Spanned::new(outcome.value.to_string(), outcome.span));
            all.extend(then.map(|then| (outcome.value, then)));
        }
    }
    Some(all)
}

/// What an outcome or an expiry does to the job.
pub(crate) fn then(node: &Node, draft: &mut Draft, diagnostics: &mut Diagnostics) -> Option<Then> {
    const HELP: &str = "write `{ reopen: TASK, limit: 3 }`, `{ cancel_job: REASON }` or `complete_job`";
    if let Kind::Scalar(text) = &node.kind
        && !node.is_absent()
    {
        if text == "complete_job" {
            return Some(Then::CompleteJob);
        }
        let diagnostic = Diagnostic::error(code::UNKNOWN_CHOICE, format!("{} is not possible here", quoted(text)));
        diagnostics.push(diagnostic.at(node.span, "").help(HELP));
        return None;
    }
    let mut fields = Fields::of(node, "what follows", diagnostics)?;
    let written = ["reopen", "cancel_job", "complete_job"].map(|key| fields.place(key));
    if written.iter().flatten().count() != 1 {
        let diagnostic = Diagnostic::error(code::ONE_OF, "one thing follows: `reopen`, `cancel_job` or `complete_job`");
        let place = written.into_iter().flatten().nth(1).unwrap_or(fields.head());
        fields.diagnostics().push(diagnostic.at(place, "").help(HELP));
    }
    let reopen = fields.optional("reopen", |node, d| task(node, Thing::Reopened, draft, d));
    let limit = match written[0] {
        Some(_) => fields.required("limit", in_range(1..=REOPEN_LIMIT_MAX)),
        None => None,
    };
    let words = [("fail", OnLimit::Fail), ("continue", OnLimit::Continue)];
    let on_limit = fields.or("on_limit", choice(&words), OnLimit::Fail);
    if let (None, Some(place)) = (written[0], fields.place("on_limit")) {
        let diagnostic =
            Diagnostic::error(code::MISSING_KEY, "`on_limit` says what follows when `reopen` is at its limit");
        fields.diagnostics().push(diagnostic.at(place, "nothing is reopened here"));
    }
    let reason = fields.optional("cancel_job", Node::text);
    let complete = fields.optional("complete_job", choice(&[("true", ())]));
    fields.finish();
    match (reopen, reason, complete) {
        (Some(task), ..) => Some(Then::Reopen { task, limit: limit?, on_limit }),
        (_, Some(reason), _) => Some(Then::CancelJob(reason.into_string())),
        (.., Some(())) => Some(Then::CompleteJob),
        _ => None,
    }
}

/// `flow: sequence`: each task also depends on the one before it.
pub(crate) fn link(draft: &mut Draft) {
    let ids: Vec<Name> = draft.plan.tasks.iter().map(|task| task.id.clone()).collect();
    for (task, before) in draft.plan.tasks.iter_mut().skip(1).zip(ids) {
        let waits =
            task.depends_on.iter().any(|other| matches!(other, Dependency::Task { task, .. } if *task == before));
        if !waits {
            task.depends_on.push(Dependency::Task { task: before, is: Is::Done, same_item: false });
        }
    }
}
