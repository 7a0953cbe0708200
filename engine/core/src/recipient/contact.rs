//! The primary contact, and a contact named by an expression.
//!
//! Owns: position 0 as the primary contact (b002), and the contacts of this client alone as those who can be named.

use super::look::{Seen, Via, Who};
use super::resolve::{Asking, Failed, Found};
use crate::directory::Client;
use crate::plan::ExpressionId;
use alloc::{format, vec, vec::Vec};

pub(super) fn primary(client: &Client) -> Vec<Seen<'_>> {
    client.primary_contact().map(|contact| Seen::new(Who::Contact(contact), Via::Rule)).into_iter().collect()
}

/// The contact an expression names; an empty field names nobody, somebody who is not there is a wrong reference.
pub(super) fn named<'a>(ask: &Asking<'a>, expression: ExpressionId) -> Result<Vec<Seen<'a>>, Failed> {
    let failed = |why| Failed { found: Found::Error, note: format!("cannot be evaluated: {why}") };
    let Some(text) = ask.expressions.contact(expression).map_err(failed)? else { return Ok(vec![]) };
    let contact = super::named::contact(ask.directory.client, &text);
    contact.map(|contact| vec![Seen::new(Who::Contact(contact), Via::Rule)]).ok_or_else(|| Failed {
        found: Found::WrongReference,
        note: format!("gives `{text}`, who is no contact of client {}", ask.directory.client.id),
    })
}

#[cfg(test)]
mod tests {
    use crate::plan::ExpressionId;
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Form, Pick, Selector};
    use expect_test::expect;

    fn approver() -> Selector {
        Selector::of(Form::Contact(ExpressionId(0)))
    }

    #[test]
    fn b001_one_contact_is_enough_for_every_letter() {
        World::of(&["ann"]).check(
            &primary(),
            Channel::Letter,
            expect![[r#"
                ann
                primary contact → chosen
                  ✓ ann: is the first contact listed
            "#]],
        );
    }

    #[test]
    fn b002_the_primary_contact_is_the_first_listed_and_nobody_else() {
        let world = World::of(&["ann", "bob"]);
        assert_eq!(world.outcome(&primary(), Channel::Letter), "ann");
        let moved = world.clone().client(|client| client.contacts.reverse());
        assert_eq!(moved.outcome(&primary(), Channel::Letter), "bob");
        let gone = world.contact("ann", |ann| ann.active = false);
        assert_eq!(gone.outcome(&primary(), Channel::Letter), "filtered_out deactivated");
    }

    #[test]
    fn b003_a_client_without_contacts_has_no_primary_contact() {
        assert_eq!(World::of(&[]).outcome(&primary(), Channel::Letter), "no_match no_contact");
    }

    #[test]
    fn b100_an_individual_is_written_to_like_a_company() {
        let individual = World::of(&["dee"]).client(|client| client.kind = crate::directory::ClientKind::Individual);
        assert_eq!(individual.outcome(&primary(), Channel::Letter), "dee");
    }

    #[test]
    fn a_contact_named_by_an_expression_is_one_of_this_client() {
        let cases = [
            (Said::Contact(Some("bob".into())), "bob"),
            (Said::Contact(Some("4711/bob".into())), "bob"),
            (Said::Contact(Some("4712/bob".into())), "wrong_reference"),
            (Said::Contact(Some("Bob Smith".into())), "wrong_reference"),
            (Said::Contact(None), "no_match no_contact"),
            (Said::Fails("no such field".into()), "error"),
        ];
        for (said, outcome) in cases {
            let world = World::of(&["ann", "bob"]).says("client.approver", said.clone());
            assert_eq!(world.outcome(&approver().take(Pick::One), Channel::Letter), outcome, "{said:?}");
        }
    }

    #[test]
    fn a_wrong_reference_says_who_was_named_and_where() {
        let world = World::of(&["ann"]).says("client.approver", Said::Contact(Some("zoe".into())));
        world.check(
            &approver(),
            Channel::Letter,
            expect![[r#"
                wrong_reference
                contact `client.approver`: gives `zoe`, who is no contact of client 4711 → wrong_reference
            "#]],
        );
    }
}
