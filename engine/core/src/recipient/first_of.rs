//! The first branch that gives somebody.
//!
//! Owns: trying branches in order, each after its own filters and those written beside `first_of`; `or` is short for
//! it. A branch that is ambiguous or broken ends the search: going on would hide it. When no branch gives anybody the
//! first branch's reason is told, since that is whom the definition wanted.

use super::Selector;
use super::look::{Looked, Seen, Via};
use super::resolve::{Asking, Found, Scope, look as look_at, settle};
use alloc::{vec, vec::Vec};

pub(super) fn look<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, branches: &'a [Selector]) -> Looked<'a> {
    let mut children = Vec::with_capacity(branches.len());
    for branch in branches {
        let looked = look_at(ask, branch, Some(scope));
        match looked.found {
            Found::NoMatch | Found::FilteredOut | Found::TooFew => children.push(looked),
            Found::Chosen => {
                let seen = looked.people().map(|who| Seen::new(who, Via::Branch(children.len()))).collect();
                children.push(looked);
                return settle(ask, scope, seen, children);
            }
            Found::Ambiguous | Found::WrongReference | Found::Error => {
                children.push(looked);
                let last = children.len() - 1;
                return like_branch(ask, scope, children, last);
            }
        }
    }
    like_branch(ask, scope, children, 0)
}

/// Ends as one of its branches did.
pub(super) fn like_branch<'a>(
    ask: &Asking<'a>,
    scope: &Scope<'a, '_>,
    children: Vec<Looked<'a>>,
    at: usize,
) -> Looked<'a> {
    let mut looked = settle(ask, scope, vec![], children);
    if let Some(child) = looked.children.get(at) {
        looked.found = child.found;
        looked.reason = child.reason.clone();
        looked.note = child.note.clone();
    }
    looked
}

#[cfg(test)]
mod tests {
    use crate::directory::Portal;
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Filter, Pick, Selector, StaffForm};
    use alloc::vec;
    use expect_test::expect;
    use jiff::civil::date;

    #[test]
    fn a_branch_is_empty_only_after_its_filters() {
        let world =
            World::of(&["ann", "bob"]).tick("bob", &["payroll"]).contact("ann", |ann| ann.portal = Portal::Active);
        let selector = first_of([role("payroll"), primary()]).only(Filter::PortalActive);
        world.check(
            &selector,
            Channel::Request,
            expect![[r#"
                ann
                first of, where portal is active → chosen
                  ✓ ann: from primary contact
                  role payroll → filtered_out
                    ✗ ann: role payroll is not ticked
                    ✗ bob: portal is not activated
                  primary contact → chosen
                    ✓ ann: is the first contact listed
            "#]],
        );
    }

    #[test]
    fn when_no_branch_gives_anybody_the_first_ones_reason_is_told() {
        let world = World::of(&["ann"]).contact("ann", |ann| ann.email = None);
        let selector = first_of([role("payroll"), primary()]);
        assert_eq!(world.outcome(&selector, Channel::Letter), "no_match no_contact_with_role(payroll)");
        assert_eq!(world.outcome(&first_of([]), Channel::Letter), "no_match no_contact");
    }

    #[test]
    fn a_branch_that_cannot_choose_is_not_passed_over() {
        let world = World::of(&["ann", "bob", "cid"]).tick("bob", &["payroll"]).tick("cid", &["payroll"]);
        let selector = first_of([role("payroll").take(Pick::One), primary()]);
        assert_eq!(world.outcome(&selector, Channel::Letter), "ambiguous ambiguous");
        let wrong = first_of([staff(StaffForm::Id(staff_id("zed"))), primary()]);
        assert_eq!(world.outcome(&wrong, Channel::Letter), "wrong_reference");
    }

    fn returning() -> Selector {
        let default = staff(StaffForm::Default);
        first_of([staff(StaffForm::LastInteraction), staff(StaffForm::Primary), default])
    }

    fn practice() -> World {
        let mut world = World::of(&["ann"]).with_staff(&["kim", "pat", "lee"]).client(|client| {
            client.staff.last = Some(dealing("kim", "2026-04-01T09:00:00Z", "appointment"));
            client.staff.primary = Some(staff_id("pat"));
        });
        world.practice.default_assignee = Some(staff_id("lee"));
        world
    }

    #[test]
    fn b038_a_returning_client_goes_to_whoever_dealt_with_it_last() {
        assert_eq!(practice().outcome(&returning(), Channel::Assign), "kim");
    }

    #[test]
    fn b040_when_that_person_has_left_or_is_away_the_next_branch_takes_over() {
        let span = vec![(date(2026, 5, 1), date(2026, 5, 8))];
        let left = practice().member("kim", |kim| kim.active = false);
        assert_eq!(left.outcome(&returning(), Channel::Assign), "pat");
        let away = practice().member("kim", |kim| kim.away = span.clone());
        assert_eq!(away.outcome(&returning(), Channel::Assign), "pat");
        let both = left.member("pat", |pat| pat.away = span.clone());
        assert_eq!(both.outcome(&returning(), Channel::Assign), "lee");
        let all = both.member("lee", |lee| lee.away = span);
        all.check(
            &returning(),
            Channel::Assign,
            expect![[r#"
                pat
                first of → chosen
                  ✓ pat: from primary staff
                  staff of the last interaction → filtered_out
                    ✗ kim: has left
                  primary staff → chosen
                    ✓ pat: is away until 2026-05-08, and nobody else fits
            "#]],
        );
    }
}
