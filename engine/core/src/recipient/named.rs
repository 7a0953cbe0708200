//! People named by a script or a plugin.
//!
//! Owns: reading what came back as contacts of this client or staff, whatever it is, and refusing those who are not
//! there. Leaves running the script or plugin to `Evaluate`.

use super::look::{Seen, Via, Who};
use super::resolve::{Asking, Failed, Found};
use super::{Channel, NAMED_MAX, Named};
use crate::directory::{Client, Contact, Staff};
use alloc::{format, string::String, vec::Vec};

pub(super) fn candidates<'a>(ask: &Asking<'a>, named: Result<Vec<Named>, String>) -> Result<Vec<Seen<'a>>, Failed> {
    let named = named.map_err(|why| Failed { found: Found::Error, note: format!("failed: {why}") })?;
    if named.len() > NAMED_MAX {
        let note = format!("names {} people, more than {NAMED_MAX}", named.len());
        return Err(Failed { found: Found::Error, note });
    }
    let seen = |one: Named| match person(ask, &one.id) {
        Some(who) => Ok(Seen::new(who, one.because.map_or(Via::Rule, Via::Said))),
        None => Err(Failed {
            found: Found::WrongReference,
            note: format!(
                "names `{}`, who is neither a contact of client {} nor staff",
                one.id, ask.directory.client.id
            ),
        }),
    };
    named.into_iter().map(seen).collect()
}

/// `contact:ann` and `staff:pat` say the kind. A bare id is a contact of this client, or else staff; for work it is
/// staff, or else a contact, who will then be dropped with that reason.
fn person<'a>(ask: &Asking<'a>, text: &str) -> Option<Who<'a>> {
    let client = ask.directory.client;
    let as_contact = |id| contact(client, id).map(Who::Contact);
    let as_staff = |id| staff(ask.directory.staff, id).map(Who::Staff);
    match text.split_once(':') {
        Some(("contact", id)) => as_contact(id),
        Some(("staff", id)) => as_staff(id),
        Some(_) => None,
        None if ask.channel == Channel::Assign => as_staff(text).or_else(|| as_contact(text)),
        None => as_contact(text).or_else(|| as_staff(text)),
    }
}

/// `ann`, or `4711/ann` when this is client 4711: another client's contact is not there.
pub(super) fn contact<'a>(client: &'a Client, text: &str) -> Option<&'a Contact> {
    let id = match text.split_once('/') {
        Some((of, id)) if of == client.id.as_str() => id,
        Some(_) => return None,
        None => text,
    };
    client.contacts.iter().find(|contact| contact.id.as_str() == id)
}

fn staff<'a>(staff: &'a [Staff], id: &str) -> Option<&'a Staff> {
    staff.iter().find(|staff| staff.id.as_str() == id)
}

#[cfg(test)]
mod tests {
    use crate::plan::ExpressionId;
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Form, NAMED_MAX, Selector};
    use alloc::{collections::BTreeMap, vec};
    use expect_test::expect;

    fn script() -> Selector {
        Selector::of(Form::Script(ExpressionId(0)))
    }

    #[test]
    fn people_named_by_a_script_keep_its_order_and_its_words() {
        let ids = vec![named("bob", Some("signed last year")), named("staff:pat", None), named("bob", None)];
        World::of(&["ann", "bob"]).with_staff(&["pat"]).says("whom()", Said::Ids(ids)).check(
            &script(),
            Channel::Letter,
            expect![[r#"
                bob pat
                script `whom()` → chosen
                  ✓ bob: signed last year
                  ✓ pat: is named by script `whom()`
                  ✗ bob: is listed already
            "#]],
        );
    }

    #[test]
    fn a_bare_id_is_a_contact_for_a_letter_and_staff_for_work() {
        let world = World::of(&["kim"]).with_staff(&["kim"]).says("whom()", Said::Ids(vec![named("kim", None)]));
        assert_eq!(world.resolve(&script(), Channel::Letter).chosen[0].id.kind(), "contact");
        assert_eq!(world.resolve(&script(), Channel::Assign).chosen[0].id.kind(), "staff");
        let contact = World::of(&["ann"]).says("whom()", Said::Ids(vec![named("ann", None)]));
        assert_eq!(contact.outcome(&script(), Channel::Assign), "filtered_out no_right");
    }

    #[test]
    fn whatever_a_plugin_names_there_is_an_answer() {
        let plugin = Selector::of(Form::Plugin { name: "office.least_loaded".into(), with: BTreeMap::new() });
        let many = (0..=NAMED_MAX).map(|_| named("ann", None)).collect();
        let cases = [
            (Said::Ids(vec![named("contact:ann", None)]), "ann"),
            (Said::Ids(vec![]), "no_match no_contact"),
            (Said::Ids(vec![named("zoe", None)]), "wrong_reference"),
            (Said::Ids(vec![named("ghost:ann", None)]), "wrong_reference"),
            (Said::Ids(vec![named("", None)]), "wrong_reference"),
            (Said::Ids(many), "error"),
            (Said::Fails("out of fuel".into()), "error"),
        ];
        for (said, outcome) in cases {
            let world = World::of(&["ann"]).says("office.least_loaded", said);
            assert_eq!(world.outcome(&plugin, Channel::Letter), outcome);
        }
    }
}
