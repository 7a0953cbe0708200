//! The contacts who have a contact role ticked.
//!
//! Owns: reading a contact role as people, as listed, and naming beside them the contacts on whom it is not ticked, so
//! that the proof says which box to tick. No fallback to the primary contact (b018): that is what `or` is for.

use super::look::{Dropped, Seen, Via, Who};
use crate::directory::Client;
use crate::id::RoleId;
use alloc::vec::Vec;

pub(super) fn candidates<'a>(client: &'a Client, role: &RoleId) -> Vec<Seen<'a>> {
    let seen = |contact: &'a crate::directory::Contact| Seen {
        who: Who::Contact(contact),
        via: Via::Rule,
        dropped: (!contact.roles.contains(role)).then_some(Dropped::NotTicked),
    };
    client.contacts.iter().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Filter};
    use expect_test::expect;

    #[test]
    fn b008_a_role_is_whoever_has_its_box_ticked_and_the_others_are_named_beside_them() {
        let world = World::of(&["ann", "bob", "cid"]).tick("bob", &["payroll", "vat"]).tick("cid", &["payroll"]);
        world.check(
            &role("payroll"),
            Channel::Letter,
            expect![[r#"
                bob cid
                role payroll → chosen
                  ✗ ann: role payroll is not ticked
                  ✓ bob: role payroll is ticked
                  ✓ cid: role payroll is ticked
            "#]],
        );
    }

    #[test]
    fn b009_a_tick_counts_at_this_client_alone() {
        let ticked = World::of(&["ann"]).tick("ann", &["payroll"]);
        let elsewhere = World::of(&["ann"]).client(|client| client.id = "4712".parse().unwrap());
        assert_eq!(ticked.outcome(&role("payroll"), Channel::Letter), "ann");
        assert_eq!(elsewhere.outcome(&role("payroll"), Channel::Letter), "no_match no_contact_with_role(payroll)");
    }

    #[test]
    fn b018_a_role_nobody_has_falls_back_to_nobody_and_the_tick_mends_it() {
        let world = World::of(&["ann"]).tick("ann", &["vat"]);
        world.check(
            &role("payroll"),
            Channel::Letter,
            expect![[r#"
                no_match no_contact_with_role(payroll)
                role payroll → no_match
                  ✗ ann: role payroll is not ticked
            "#]],
        );
        assert_eq!(world.tick("ann", &["payroll"]).outcome(&role("payroll"), Channel::Letter), "ann");
    }

    #[test]
    fn a_role_that_somebody_has_who_cannot_be_asked_says_what_is_wrong_with_them() {
        let world = World::of(&["ann", "bob"]).tick("bob", &["payroll"]);
        let payroll = role("payroll");
        let cases = [
            (world.clone().contact("bob", |bob| bob.active = false), "filtered_out deactivated"),
            (world.clone().contact("bob", |bob| bob.email = Some(" ".into())), "filtered_out no_email"),
            (world.clone().contact("bob", bounce), "filtered_out email_bounced"),
            (World::of(&[]), "no_match no_contact"),
        ];
        for (world, outcome) in cases {
            assert_eq!(world.outcome(&payroll, Channel::Letter), outcome);
        }
        let elsewhere = payroll.only(Filter::Office("Leeds".into()));
        assert_eq!(world.outcome(&elsewhere, Channel::Letter), "filtered_out no_contact_with_role(payroll)");
    }
}
