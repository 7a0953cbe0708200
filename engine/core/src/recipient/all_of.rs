//! Everybody of several branches.
//!
//! Owns: `any_of`, which wants one branch to give somebody, and `all_of`, which wants each to and names the one that
//! does not. A branch that is ambiguous or broken makes the whole so. When `any_of` gives nobody the first branch's
//! reason is told.

use super::first_of::like_branch;
use super::look::{Looked, Seen, Via};
use super::resolve::{Asking, Found, Scope, look, settle};
use super::{Selector, words};
use alloc::{format, vec::Vec};

pub(super) fn any<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, branches: &'a [Selector]) -> Looked<'a> {
    let children = look_at_all(ask, scope, branches);
    if let Some(broken) = children.iter().position(is_broken) {
        return like_branch(ask, scope, children, broken);
    }
    if children.iter().all(|child| child.chosen.is_empty()) {
        return like_branch(ask, scope, children, 0);
    }
    union(ask, scope, children)
}

pub(super) fn all<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, branches: &'a [Selector]) -> Looked<'a> {
    let children = look_at_all(ask, scope, branches);
    if let Some(broken) = children.iter().position(is_broken) {
        return like_branch(ask, scope, children, broken);
    }
    if let Some(empty) = children.iter().position(|child| child.chosen.is_empty()) {
        let mut looked = like_branch(ask, scope, children, empty);
        let named = looked.children.get(empty).map(|child| format!("nobody for {}", words::form(ask, child.selector)));
        looked.note = named;
        return looked;
    }
    union(ask, scope, children)
}

fn look_at_all<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, branches: &'a [Selector]) -> Vec<Looked<'a>> {
    branches.iter().map(|branch| look(ask, branch, Some(scope))).collect()
}

fn is_broken(child: &Looked<'_>) -> bool {
    matches!(child.found, Found::Ambiguous | Found::WrongReference | Found::Error)
}

fn union<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, children: Vec<Looked<'a>>) -> Looked<'a> {
    let given = |(at, child): (usize, &Looked<'a>)| {
        let seen: Vec<_> = child.people().map(|who| Seen::new(who, Via::Branch(at))).collect();
        seen
    };
    let seen = children.iter().enumerate().flat_map(given).collect();
    settle(ask, scope, seen, children)
}

#[cfg(test)]
mod tests {
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Filter, Form, Pick, Selector, StaffForm};
    use alloc::{vec, vec::Vec};
    use expect_test::expect;

    fn any_of(branches: Vec<Selector>) -> Selector {
        Selector::of(Form::AnyOf(branches))
    }

    fn all_of(branches: Vec<Selector>) -> Selector {
        Selector::of(Form::AllOf(branches))
    }

    fn world() -> World {
        World::of(&["ann", "bob"]).tick("ann", &["vat"]).tick("bob", &["director"])
    }

    #[test]
    fn any_of_wants_one_branch_and_names_a_person_once() {
        world().check(
            &any_of(vec![role("payroll"), role("vat"), primary()]),
            Channel::Letter,
            expect![[r#"
                ann
                any of → chosen
                  ✓ ann: from role vat
                  ✗ ann: is listed already
                  role payroll → no_match
                    ✗ ann: role payroll is not ticked
                    ✗ bob: role payroll is not ticked
                  role vat → chosen
                    ✓ ann: role vat is ticked
                    ✗ bob: role vat is not ticked
                  primary contact → chosen
                    ✓ ann: is the first contact listed
            "#]],
        );
        let nobody = any_of(vec![role("payroll"), role("audit")]);
        assert_eq!(world().outcome(&nobody, Channel::Letter), "no_match no_contact_with_role(payroll)");
    }

    #[test]
    fn all_of_wants_every_branch_and_names_the_one_that_gives_nobody() {
        let both = all_of(vec![role("vat"), role("director")]);
        assert_eq!(world().outcome(&both, Channel::Letter), "ann bob");
        world().tick("bob", &[]).check(
            &both,
            Channel::Letter,
            expect![[r#"
                no_match no_contact_with_role(director)
                all of: nobody for role director → no_match
                  role vat → chosen
                    ✓ ann: role vat is ticked
                    ✗ bob: role vat is not ticked
                  role director → no_match
                    ✗ ann: role director is not ticked
                    ✗ bob: role director is not ticked
            "#]],
        );
        assert_eq!(world().outcome(&all_of(vec![]), Channel::Letter), "no_match no_contact");
    }

    #[test]
    fn a_filter_beside_a_combinator_holds_in_every_branch_and_pick_and_order_in_the_whole() {
        let signers = world().contact("bob", |bob| bob.can_sign = true);
        let both = vec![role("vat"), role("director")];
        assert_eq!(signers.outcome(&any_of(both.clone()).only(Filter::CanSign), Channel::Letter), "bob");
        assert_eq!(
            signers.outcome(&all_of(both.clone()).only(Filter::CanSign), Channel::Letter),
            "filtered_out no_right"
        );
        let last = all_of(both).take(Pick::One).by(Some("name"), true);
        assert_eq!(signers.outcome(&last, Channel::Letter), "bob");
    }

    #[test]
    fn a_broken_branch_breaks_the_whole() {
        let zed = || staff(StaffForm::Id(staff_id("zed")));
        for selector in [any_of(vec![primary(), zed()]), all_of(vec![primary(), zed()])] {
            assert_eq!(world().outcome(&selector, Channel::Letter), "wrong_reference");
        }
    }
}
