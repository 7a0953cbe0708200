//! From a selector to people.
//!
//! Owns: the order of the steps (candidates, filters, duplicates, order, pick), what holds from an outer rule in an
//! inner one, and the second look that takes people who are away when nobody else fits. Leaves each form to its own
//! file and the words to `words`. Total: whatever the directory holds and the expressions answer, there is an answer.

pub(super) use super::Found;
use super::look::{Looked, Seen, Via, Who};
use super::{BRANCH_DEPTH_MAX, Channel, Evaluate, Form, Pick, Reason, Resolution, Selector};
use super::{address, all_of, contact, filter, first_of, named, order, role, staff, words};
use crate::directory::Directory;
use crate::id::Name;
use crate::recipient::PersonId;
use crate::recipient::look::Dropped;
use alloc::{format, string::String, vec, vec::Vec};
use core::iter;
use jiff::civil::Date;

/// The people of a selector without the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// How it ended.
    pub found: Found,
    /// Who was chosen, in order.
    pub chosen: Vec<Who<'a>>,
    /// Why nobody was.
    pub reason: Option<Reason>,
}

/// Finds the people of a selector and proves it: what is journaled, and what `why` shows.
///
/// `excluded` says whether a person did, or holds, the task named by `not_same_as`.
pub fn resolve(
    selector: &Selector,
    channel: Channel,
    directory: &Directory<'_>,
    excluded: &dyn Fn(&Name, &PersonId) -> bool,
    expressions: &dyn Evaluate,
    today: Date,
) -> Resolution {
    resolve_at_least(1, selector, channel, directory, excluded, expressions, today)
}

/// The same where so many must act: people who are away are asked too when there are too few without them, since they
/// come back, and nothing else would tell that they have.
pub fn resolve_at_least(
    needed: usize,
    selector: &Selector,
    channel: Channel,
    directory: &Directory<'_>,
    excluded: &dyn Fn(&Name, &PersonId) -> bool,
    expressions: &dyn Evaluate,
    today: Date,
) -> Resolution {
    let ask = Asking { channel, directory: *directory, excluded, expressions, today, take_away: Away::Left };
    let looked = look_twice(ask, selector, needed);
    Resolution {
        found: looked.found,
        chosen: looked.people().map(Who::person).collect(),
        tree: words::tree(&ask, &looked),
        reason: looked.reason,
    }
}

/// Finds the people of a selector, as `resolve` does, where nobody reads the proof: reports over all clients, and
/// whether a task that waits for somebody can go on.
pub fn find<'a>(
    selector: &'a Selector,
    channel: Channel,
    directory: &Directory<'a>,
    excluded: &'a dyn Fn(&Name, &PersonId) -> bool,
    expressions: &'a dyn Evaluate,
    today: Date,
) -> Answer<'a> {
    let ask = Asking { channel, directory: *directory, excluded, expressions, today, take_away: Away::Left };
    let looked = look_twice(ask, selector, 1);
    Answer { found: looked.found, chosen: looked.people().collect(), reason: looked.reason }
}

/// All that a rule is asked with.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub channel: Channel,
    pub directory: Directory<'a>,
    pub excluded: &'a dyn Fn(&Name, &PersonId) -> bool,
    pub expressions: &'a dyn Evaluate,
    pub today: Date,
    /// What becomes of those who are away.
    pub take_away: Away,
}

/// What becomes of those who are away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Away {
    /// They are left out.
    Left,
    /// A rule that has nobody else takes them.
    WhereNobodyElse,
    /// They are taken behind all others.
    Behind,
}

/// Why a rule could not be asked at all.
pub(super) struct Failed {
    pub found: Found,
    pub note: String,
}

/// A selector inside those around it.
pub(super) struct Scope<'a, 's> {
    pub selector: &'a Selector,
    outer: Option<&'s Self>,
}

impl<'a, 's> Scope<'a, 's> {
    /// A selector with nothing around it.
    pub fn outermost(selector: &'a Selector) -> Self {
        Self { selector, outer: None }
    }

    /// This selector, then those around it.
    pub fn levels(&self) -> impl Iterator<Item = &'a Selector> {
        iter::successors(Some(self), |scope| scope.outer).map(|scope| scope.selector)
    }

    /// How many are taken: the channel decides for the whole, and a branch gives everybody unless it says otherwise.
    fn pick(&self, channel: Channel) -> Pick {
        let default = if self.outer.is_none() && channel == Channel::Assign { Pick::One } else { Pick::All };
        self.selector.pick.unwrap_or(default)
    }
}

/// People who are away are taken only if the whole selector gives nobody without them, so that `or` comes first (b040).
fn look_twice<'a>(mut ask: Asking<'a>, selector: &'a Selector, needed: usize) -> Looked<'a> {
    let first = look(&ask, selector, None);
    ask.take_away = match first.found {
        Found::NoMatch | Found::FilteredOut => Away::WhereNobodyElse,
        Found::Chosen if first.people().count() < needed => Away::Behind,
        _ => Away::Left,
    };
    if ask.take_away == Away::Left || !is_anybody_away(&first) {
        return first;
    }
    let second = look(&ask, selector, None);
    let finds_more = second.people().count() > first.people().count();
    if finds_more || ask.take_away == Away::WhereNobodyElse { second } else { first }
}

fn is_anybody_away(looked: &Looked<'_>) -> bool {
    looked.seen.iter().any(|seen| matches!(seen.dropped, Some(Dropped::Away(_))))
        || looked.children.iter().any(is_anybody_away)
}

/// Asks one selector, inside the ones around it.
pub(super) fn look<'a>(ask: &Asking<'a>, selector: &'a Selector, outer: Option<&Scope<'a, '_>>) -> Looked<'a> {
    let scope = Scope { selector, outer };
    if scope.levels().nth(BRANCH_DEPTH_MAX).is_some() {
        let note = format!("rules stand inside one another more than {BRANCH_DEPTH_MAX} deep");
        return failed(selector, Failed { found: Found::Error, note });
    }
    match &selector.form {
        Form::FirstOf(branches) => first_of::look(ask, &scope, branches),
        Form::AnyOf(branches) => all_of::any(ask, &scope, branches),
        Form::AllOf(branches) => all_of::all(ask, &scope, branches),
        _ => look_at_people(ask, &scope).unwrap_or_else(|failure| failed(selector, failure)),
    }
}

fn look_at_people<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>) -> Result<Looked<'a>, Failed> {
    let mut seen = candidates(ask, &scope.selector.form)?;
    for one in seen.iter_mut().filter(|seen| seen.dropped.is_none()) {
        let dropped = filter::check(ask, scope, one.who);
        one.dropped = dropped.map_err(|note| Failed { found: Found::Error, note })?;
    }
    let takes = match ask.take_away {
        Away::Left => false,
        Away::WhereNobodyElse => seen.iter().all(|seen| seen.dropped.is_some()),
        Away::Behind => true,
    };
    if takes {
        seen.iter_mut().for_each(take_though_away);
    }
    Ok(settle(ask, scope, seen, vec![]))
}

fn candidates<'a>(ask: &Asking<'a>, form: &'a Form) -> Result<Vec<Seen<'a>>, Failed> {
    let client = ask.directory.client;
    match form {
        Form::PrimaryContact | Form::Default => Ok(contact::primary(client)),
        Form::Role(role) => Ok(role::candidates(client, role)),
        Form::Contact(expression) => contact::named(ask, *expression),
        Form::Staff(form) => staff::candidates(ask, form),
        Form::Script(expression) => named::candidates(ask, ask.expressions.ids(*expression)),
        Form::Plugin { name, with } => named::candidates(ask, ask.expressions.plugin(name, with)),
        Form::FirstOf(_) | Form::AnyOf(_) | Form::AllOf(_) => Ok(vec![]),
    }
}

fn take_though_away(seen: &mut Seen<'_>) {
    if let Some(Dropped::Away(until)) = seen.dropped {
        seen.dropped = None;
        seen.via = Via::ThoughAway(until);
    }
}

/// Duplicates, order and pick: the same for a form and for a combinator over what its branches gave.
pub(super) fn settle<'a>(
    ask: &Asking<'a>,
    scope: &Scope<'a, '_>,
    mut seen: Vec<Seen<'a>>,
    children: Vec<Looked<'a>>,
) -> Looked<'a> {
    let selector = scope.selector;
    // Who is not written to needs no address, so clerks who share one stay two; signers who share one are refused below.
    let by_address = !matches!(ask.channel, Channel::Assign | Channel::Signer | Channel::View);
    address::drop_duplicates(&mut seen, by_address);
    let taken = order::take(&mut seen, &selector.order_by, scope.pick(ask.channel));
    let mut looked =
        Looked { selector, found: Found::Ambiguous, reason: None, seen, chosen: vec![], children, note: None };
    match taken {
        Some(chosen) if chosen.is_empty() => nobody(ask, &mut looked),
        Some(chosen) => {
            looked.found = Found::Chosen;
            looked.chosen = chosen;
        }
        None => looked.reason = Some(Reason::Ambiguous),
    }
    if ask.channel == Channel::Signer && scope.outer.is_none() {
        refuse_shared_address(&mut looked);
    }
    looked
}

/// The reason of whoever came nearest to being asked; among equals, of the first listed.
fn nobody(ask: &Asking<'_>, looked: &mut Looked<'_>) {
    let dropped = looked.seen.iter().filter_map(|seen| seen.dropped.as_ref());
    let candidates = dropped.filter(|dropped| !matches!(dropped, Dropped::NotTicked));
    let nearest = candidates.rev().max_by_key(|dropped| dropped.nearness());
    looked.found = if nearest.is_some() { Found::FilteredOut } else { Found::NoMatch };
    looked.reason = nearest.and_then(Dropped::reason).or_else(|| Some(no_match(ask, &looked.selector.form)));
}

/// What a task is told when a form gives nobody.
pub(super) fn no_match(ask: &Asking<'_>, form: &Form) -> Reason {
    match form {
        Form::Role(role) if !ask.directory.client.contacts.is_empty() => Reason::NoContactWithRole(role.clone()),
        Form::Staff(form) => staff::nobody(form),
        _ if ask.channel == Channel::Assign => Reason::NoRight,
        _ => Reason::NoContact,
    }
}

/// Two signatures from one box prove nothing.
fn refuse_shared_address(looked: &mut Looked<'_>) {
    let people = looked.chosen.iter().filter_map(|&at| looked.seen.get(at).map(|seen| (at, seen.who)));
    let Some((first, second)) = address::shared(people) else { return };
    let (one, other) = (looked.seen[first].who, looked.seen[second].who);
    looked.seen[first].dropped = Some(Dropped::SharedAddress(other));
    looked.seen[second].dropped = Some(Dropped::SharedAddress(one));
    looked.found = Found::FilteredOut;
    looked.reason = Some(Reason::SharedAddress { one: one.id_text().into(), other: other.id_text().into() });
    looked.chosen.clear();
    looked.note = Some(format!("{} and {} cannot both sign from one address", one.id_text(), other.id_text()));
}

fn failed(selector: &Selector, failed: Failed) -> Looked<'_> {
    let Failed { found, note } = failed;
    Looked { selector, found, reason: None, seen: vec![], chosen: vec![], children: vec![], note: Some(note) }
}
