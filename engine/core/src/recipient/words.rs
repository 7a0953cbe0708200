//! The proof of a resolution, in words a practice's staff would use.
//!
//! Owns: what a rule is called, why each person stayed or was dropped, and how much of it is kept. Leaves drawing the
//! tree to `cli`.

use super::look::{Dropped, Looked, Seen, Via, Who};
use super::resolve::Asking;
use super::{Branch, CANDIDATES_SHOWN_MAX, Candidate, Filter, Form, Order, Pick, Selector, StaffForm};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use jiff::{Timestamp, civil::Date, tz::Offset};

/// Everything that was looked at, up to `CANDIDATES_SHOWN_MAX` people, those who stayed before those who did not.
pub(super) fn tree(ask: &Asking<'_>, looked: &Looked<'_>) -> Branch {
    let mut left = CANDIDATES_SHOWN_MAX;
    branch(ask, looked, &mut left)
}

fn branch(ask: &Asking<'_>, looked: &Looked<'_>, left: &mut usize) -> Branch {
    let shown = shown(looked, *left);
    *left -= shown.len();
    let mut rule = rule(ask, looked.selector);
    if let Some(note) = &looked.note {
        rule = format!("{rule}: {note}");
    }
    if shown.len() < looked.seen.len() {
        rule = format!("{rule} ({} more not shown)", looked.seen.len() - shown.len());
    }
    let candidates = shown.into_iter().map(|seen| candidate(ask, looked, seen)).collect();
    let children = looked.children.iter().map(|child| branch(ask, child, left)).collect();
    Branch { rule, found: looked.found, candidates, children }
}

fn shown<'l, 'a>(looked: &'l Looked<'a>, max: usize) -> Vec<&'l Seen<'a>> {
    if looked.seen.len() <= max {
        return looked.seen.iter().collect();
    }
    let (kept, dropped): (Vec<_>, Vec<_>) = looked.seen.iter().partition(|seen| seen.dropped.is_none());
    kept.into_iter().chain(dropped).take(max).collect()
}

fn candidate(ask: &Asking<'_>, looked: &Looked<'_>, seen: &Seen<'_>) -> Candidate {
    let because = match &seen.dropped {
        Some(dropped) => why_not(ask, looked.selector, dropped, seen.who),
        None => why(ask, looked, &seen.via),
    };
    Candidate { person: seen.who.person(), kept: seen.dropped.is_none(), because }
}

fn why(ask: &Asking<'_>, looked: &Looked<'_>, via: &Via<'_>) -> String {
    match via {
        Via::Rule => by_rule(ask, looked.selector),
        Via::ForClient => format!("has {} for this client", form(ask, looked.selector)),
        Via::InPractice => format!("has {} in the practice", form(ask, looked.selector)),
        Via::Dealt(dealing) => format!("dealt with the client on {}: {}", day(dealing.at), dealing.what),
        Via::Said(because) => because.clone(),
        Via::Branch(at) => match looked.children.get(*at) {
            Some(child) => format!("from {}", form(ask, child.selector)),
            None => "from a branch".into(),
        },
        Via::ThoughAway(until) => format!("is away until {until}, and nobody else fits"),
    }
}

fn by_rule(ask: &Asking<'_>, selector: &Selector) -> String {
    match &selector.form {
        Form::PrimaryContact | Form::Default => "is the first contact listed".into(),
        Form::Role(role) => format!("role {role} is ticked"),
        Form::Staff(StaffForm::Primary) => "is the client's primary staff".into(),
        Form::Staff(StaffForm::Default) => "is the practice's default assignee".into(),
        _ => format!("is named by {}", form(ask, selector)),
    }
}

fn why_not(ask: &Asking<'_>, selector: &Selector, dropped: &Dropped<'_>, who: Who<'_>) -> String {
    match dropped {
        Dropped::NotTicked => format!("{} is not ticked", form(ask, selector)),
        Dropped::Inactive if who.is_contact() => "is deactivated".into(),
        Dropped::Inactive => "has left".into(),
        Dropped::NotStaff => "is a contact, and this is work for staff".into(),
        Dropped::Did(task) => format!("did {task}, so somebody else must do this"),
        Dropped::Filter(filter) => unmet(ask, filter),
        Dropped::MayNotSign => "may not sign".into(),
        Dropped::NoEmail => "has no e-mail address".into(),
        Dropped::Bounced => bounced(who),
        Dropped::OptedOut => "has opted out of crm mail".into(),
        Dropped::PortalNotActive => "portal is not activated".into(),
        Dropped::ActivationStale => "address changed, so the portal must be activated again".into(),
        Dropped::Away(until) => format!("is away until {until}"),
        Dropped::SamePerson => "is listed already".into(),
        Dropped::SameAddress(first) => format!("same address as {}", first.id_text()),
        Dropped::SharedAddress(other) => format!("same address as {}, who would sign too", other.id_text()),
        Dropped::OneNeeded(fitting) => format!("one is needed, {fitting} fit, and no order says which"),
        Dropped::NotTaken(taken) => format!("only {taken} taken, and others come first"),
    }
}

fn bounced(who: Who<'_>) -> String {
    match who {
        Who::Contact(contact) => match &contact.bounced {
            Some(bounce) => format!("address refused mail: {}", bounce.reply),
            None => "address refused mail".into(),
        },
        Who::Staff(_) => "address refused mail".into(),
    }
}

fn unmet(ask: &Asking<'_>, filter: &Filter) -> String {
    match filter {
        Filter::Office(office) => format!("is not of the office {office}"),
        Filter::Department(department) => format!("is not of the department {department}"),
        Filter::When(expression) => format!("`{}` is false", ask.expressions.text(*expression)),
        Filter::PortalActive | Filter::HasEmail | Filter::NotOptedOut | Filter::CanSign => {
            format!("fails {}", filter_words(ask, filter))
        }
    }
}

/// The rule with its modifiers, near to how the definition has it.
fn rule(ask: &Asking<'_>, selector: &Selector) -> String {
    let mut words = form(ask, selector);
    if !selector.filters.is_empty() {
        let filters: Vec<_> = selector.filters.iter().map(|filter| filter_words(ask, filter)).collect();
        words = format!("{words}, where {}", filters.join(" and "));
    }
    if let Some(task) = &selector.not_same_as {
        words = format!("{words}, not who did {task}");
    }
    match selector.pick {
        None => {}
        Some(Pick::One) => words.push_str(", one"),
        Some(Pick::All) => words.push_str(", all"),
        Some(Pick::AtMost(count)) => words = format!("{words}, at most {count}"),
    }
    if !selector.order_by.is_empty() {
        let keys: Vec<_> = selector.order_by.iter().map(order_words).collect();
        words = format!("{words}, by {}", keys.join(" then "));
    }
    words
}

/// The form alone: `role payroll`, `first of`.
pub(super) fn form(ask: &Asking<'_>, selector: &Selector) -> String {
    match &selector.form {
        Form::PrimaryContact => "primary contact".into(),
        Form::Default => "primary contact, the default".into(),
        Form::Role(role) => format!("role {role}"),
        Form::Contact(expression) => format!("contact `{}`", ask.expressions.text(*expression)),
        Form::Staff(staff) => match staff {
            StaffForm::Primary => "primary staff".into(),
            StaffForm::Additional => "additional staff".into(),
            StaffForm::LastInteraction => "staff of the last interaction".into(),
            StaffForm::Default => "default assignee".into(),
            StaffForm::Role(role) => format!("staff role {role}"),
            StaffForm::Id(id) => format!("staff {id}"),
        },
        Form::FirstOf(_) => "first of".into(),
        Form::AnyOf(_) => "any of".into(),
        Form::AllOf(_) => "all of".into(),
        Form::Script(expression) => format!("script `{}`", ask.expressions.text(*expression)),
        Form::Plugin { name, .. } => format!("plugin {name}"),
    }
}

fn filter_words(ask: &Asking<'_>, filter: &Filter) -> String {
    match filter {
        Filter::PortalActive => "portal is active".into(),
        Filter::HasEmail => "has e-mail".into(),
        Filter::NotOptedOut => "not opted out".into(),
        Filter::CanSign => "may sign".into(),
        Filter::Office(office) => format!("office {office}"),
        Filter::Department(department) => format!("department {department}"),
        Filter::When(expression) => format!("`{}`", ask.expressions.text(*expression)),
    }
}

fn order_words(order: &Order) -> String {
    let by = order.by.as_deref().unwrap_or("listed");
    if order.descending { format!("{by} desc") } else { by.to_string() }
}

fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use super::CANDIDATES_SHOWN_MAX;
    use crate::recipient::testing::*;
    use crate::recipient::{Branch, Channel, Form, Selector};
    use alloc::{format, string::String, vec, vec::Vec};

    fn count(branch: &Branch) -> usize {
        branch.candidates.len() + branch.children.iter().map(count).sum::<usize>()
    }

    #[test]
    fn a_proof_is_bounded_says_so_and_shows_first_who_stayed() {
        let ids: Vec<String> = (0..300).map(|number| format!("c{number}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let world = World::of(&ids).tick("c299", &["x"]);
        let resolution = world.resolve(&role("x"), Channel::Letter);
        assert_eq!(resolution.tree.rule, "role x (100 more not shown)");
        assert_eq!(resolution.tree.candidates[0].person, resolution.chosen[0]);
        let twice = Selector::of(Form::AnyOf(vec![role("x"), role("y")]));
        assert_eq!(count(&world.resolve(&twice, Channel::Letter).tree), CANDIDATES_SHOWN_MAX);
    }

    #[test]
    fn rules_inside_one_another_have_an_end() {
        let deep = |depth| (0..depth).fold(primary(), |inner, _| first_of([inner]));
        let world = World::of(&["ann"]);
        assert_eq!(world.outcome(&deep(31), Channel::Letter), "ann");
        assert_eq!(world.outcome(&deep(32), Channel::Letter), "error");
    }
}
