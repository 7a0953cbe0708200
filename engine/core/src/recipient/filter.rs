//! Who of the candidates may stay.
//!
//! Owns: the order of the checks, the same for everybody: is the person still here, may they do this at all, what the
//! definition demands, what the channel demands, are they here today. A filter written beside a combinator holds in
//! every branch. What only contacts have (a portal, an opt-out, the right to sign) is not demanded of staff.

use super::look::{Dropped, Who};
use super::resolve::{Asking, Scope};
use super::{Channel, Filter};
use crate::directory::{Contact, Portal, Staff};
use alloc::{format, string::String};
use jiff::civil::Date;

/// Why the person must be dropped, if so; an expression that fails fails the selector.
pub(super) fn check<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, who: Who<'a>) -> Result<Option<Dropped<'a>>, String> {
    if let Some(dropped) = not_here(ask.channel, who).or_else(|| did_it(ask, scope, who)) {
        return Ok(Some(dropped));
    }
    for filter in scope.levels().flat_map(|selector| &selector.filters) {
        if let Some(dropped) = demanded(ask, filter, who)? {
            return Ok(Some(dropped));
        }
    }
    Ok(by_channel(ask, who).or_else(|| away(ask, who)))
}

fn not_here<'a>(channel: Channel, who: Who<'a>) -> Option<Dropped<'a>> {
    let active = match who {
        Who::Contact(contact) => contact.active,
        Who::Staff(staff) => staff.active,
    };
    if !active {
        return Some(Dropped::Inactive);
    }
    (channel == Channel::Assign && who.is_contact()).then_some(Dropped::NotStaff)
}

fn did_it<'a>(ask: &Asking<'a>, scope: &Scope<'a, '_>, who: Who<'a>) -> Option<Dropped<'a>> {
    let mut tasks = scope.levels().filter_map(|selector| selector.not_same_as.as_ref());
    tasks.find(|task| (ask.excluded)(task, &who.id())).map(Dropped::Did)
}

fn demanded<'a>(ask: &Asking<'a>, filter: &'a Filter, who: Who<'a>) -> Result<Option<Dropped<'a>>, String> {
    let kept = match (filter, who) {
        (Filter::HasEmail, _) => return Ok(takes_mail(who)),
        (Filter::PortalActive, Who::Contact(contact)) => return Ok(portal(contact, true)),
        (Filter::NotOptedOut, Who::Contact(contact)) => return Ok(contact.crm_opt_out.then_some(Dropped::OptedOut)),
        (Filter::CanSign, Who::Contact(contact)) => return Ok((!contact.can_sign).then_some(Dropped::MayNotSign)),
        (Filter::PortalActive | Filter::NotOptedOut | Filter::CanSign, Who::Staff(_)) => true,
        (Filter::Office(office), Who::Contact(contact)) => contact.offices.contains(office),
        (Filter::Department(department), Who::Contact(contact)) => contact.department.as_ref() == Some(department),
        (Filter::Office(_) | Filter::Department(_), Who::Staff(_)) => false,
        (Filter::When(expression), _) => ask.expressions.keep(*expression, who).map_err(|why| {
            format!("`{}` cannot be evaluated for {}: {why}", ask.expressions.text(*expression), who.id_text())
        })?,
    };
    Ok((!kept).then_some(Dropped::Filter(filter)))
}

fn by_channel<'a>(ask: &Asking<'a>, who: Who<'a>) -> Option<Dropped<'a>> {
    let contact = match who {
        Who::Contact(contact) => Some(contact),
        Who::Staff(_) => None,
    };
    match ask.channel {
        Channel::Assign | Channel::View => None,
        Channel::Letter => takes_mail(who),
        Channel::CrmLetter => {
            takes_mail(who).or_else(|| contact.filter(|contact| contact.crm_opt_out).map(|_| Dropped::OptedOut))
        }
        Channel::Request | Channel::Signer => takes_mail(who)
            .or_else(|| contact.and_then(|contact| portal(contact, ask.directory.practice.portal_required))),
    }
}

fn takes_mail(who: Who<'_>) -> Option<Dropped<'_>> {
    match who {
        _ if who.address().is_none() => Some(Dropped::NoEmail),
        Who::Contact(contact) if contact.is_bounced() => Some(Dropped::Bounced),
        _ => None,
    }
}

/// A stale activation bars from acting even where no portal is demanded: the link would go to an address that nobody
/// has confirmed (b104).
fn portal<'a>(contact: &Contact, required: bool) -> Option<Dropped<'a>> {
    match contact.portal {
        Portal::Active => None,
        Portal::Stale => Some(Dropped::ActivationStale),
        Portal::None => required.then_some(Dropped::PortalNotActive),
    }
}

/// Away counts only where somebody must act; a letter can wait in its box.
fn away<'a>(ask: &Asking<'a>, who: Who<'a>) -> Option<Dropped<'a>> {
    match (ask.channel, who) {
        (Channel::Assign | Channel::Request | Channel::Signer, Who::Staff(staff)) => {
            away_until(staff, ask.today).map(Dropped::Away)
        }
        _ => None,
    }
}

fn away_until(staff: &Staff, today: Date) -> Option<Date> {
    let spans = staff.away.iter().filter(|(first, last)| (*first..=*last).contains(&today));
    spans.map(|(_, last)| *last).max()
}

#[cfg(test)]
mod tests {
    use crate::directory::Portal;
    use crate::plan::ExpressionId;
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Filter, Pick};
    use alloc::vec;
    use expect_test::expect;
    use jiff::civil::date;

    const CHANNELS: [Channel; 4] = [Channel::Letter, Channel::CrmLetter, Channel::Request, Channel::Signer];

    #[test]
    fn each_channel_demands_what_it_needs_of_a_contact() {
        let ann = || World::of(&["ann"]);
        let mut portal = ann();
        portal.practice.portal_required = true;
        let active = portal.clone().contact("ann", |ann| ann.portal = Portal::Active);
        let cases = [
            ("nothing special", ann(), ["ann", "ann", "ann", "ann"]),
            ("no address", ann().contact("ann", |ann| ann.email = None), ["no_email"; 4]),
            ("bounced", ann().contact("ann", bounce), ["email_bounced"; 4]),
            (
                "another address bounced",
                ann().contact("ann", |ann| {
                    bounce(ann);
                    ann.email = Some("new@acme.example".into());
                }),
                ["ann"; 4],
            ),
            ("left", ann().contact("ann", |ann| ann.active = false), ["deactivated"; 4]),
            ("opted out", ann().contact("ann", |ann| ann.crm_opt_out = true), ["ann", "opted_out", "ann", "ann"]),
            (
                "stale",
                ann().contact("ann", |ann| ann.portal = Portal::Stale),
                ["ann", "ann", "activation_stale", "activation_stale"],
            ),
            ("portal demanded", portal, ["ann", "ann", "portal_not_active", "portal_not_active"]),
            ("portal active", active, ["ann"; 4]),
        ];
        for (what, world, expected) in cases {
            let outcomes = CHANNELS.map(|channel| world.outcome(&primary(), channel));
            let reasons = outcomes.each_ref().map(|outcome| outcome.trim_start_matches("filtered_out "));
            assert_eq!(reasons, expected, "{what}");
        }
    }

    #[test]
    fn b022_whoever_may_see_a_document_needs_no_address_and_no_portal_and_must_still_be_there() {
        let mut world = World::of(&["ann", "bob"]).tick("ann", &["x"]).tick("bob", &["x"]);
        world.practice.portal_required = true;
        let world = world.contact("ann", |ann| ann.email = None).contact("bob", bounce);
        assert_eq!(world.outcome(&role("x"), Channel::View), "ann bob");
        let one_box = |contact: &mut crate::directory::Contact| contact.email = Some("office@acme.example".into());
        let world = world.contact("ann", one_box).contact("bob", one_box);
        assert_eq!(world.outcome(&role("x"), Channel::View), "ann bob", "two people at one address are two");
        let world = world.contact("ann", |ann| ann.active = false);
        assert_eq!(world.outcome(&role("x"), Channel::View), "bob");
    }

    #[test]
    fn b071_whoever_opted_out_still_gets_service_mail() {
        let world = World::of(&["ann"]).contact("ann", |ann| ann.crm_opt_out = true);
        assert_eq!(world.outcome(&primary(), Channel::Letter), "ann");
        world.check(
            &primary(),
            Channel::CrmLetter,
            expect![[r#"
                filtered_out opted_out
                primary contact → filtered_out
                  ✗ ann: has opted out of crm mail
            "#]],
        );
    }

    #[test]
    fn b099_two_portal_users_of_one_client_are_asked_for_different_things() {
        let world = World::of(&["ann", "bob"]).tick("ann", &["payroll"]).tick("bob", &["vat"]);
        let with_portal = |name| role(name).only(Filter::PortalActive);
        let world =
            world.contact("ann", |ann| ann.portal = Portal::Active).contact("bob", |bob| bob.portal = Portal::Active);
        assert_eq!(world.outcome(&with_portal("payroll"), Channel::Request), "ann");
        assert_eq!(world.outcome(&with_portal("vat"), Channel::Request), "bob");
    }

    #[test]
    fn b104_a_changed_address_bars_from_acting_until_activated_again() {
        let world = World::of(&["ann"]).contact("ann", |ann| ann.portal = Portal::Stale);
        world.check(
            &primary(),
            Channel::Request,
            expect![[r#"
                filtered_out activation_stale
                primary contact → filtered_out
                  ✗ ann: address changed, so the portal must be activated again
            "#]],
        );
        let activated = world.contact("ann", |ann| ann.portal = Portal::Active);
        assert_eq!(activated.outcome(&primary(), Channel::Request), "ann");
    }

    #[test]
    fn what_the_definition_demands_is_checked_before_the_channel() {
        let world = World::of(&["ann", "bob", "cid"])
            .contact("ann", |ann| ann.department = Some("HR".into()))
            .contact("bob", |bob| bob.offices = vec!["Leeds".into()])
            .contact("cid", |cid| cid.can_sign = true)
            .tick("ann", &["x"])
            .tick("bob", &["x"])
            .tick("cid", &["x"])
            .says("contact.position == \"MD\"", Said::Keep(vec!["bob".into()]))
            .says("contact.nosuch", Said::Fails("no such field".into()));
        let cases = [
            (Filter::Department("HR".into()), "ann"),
            (Filter::Office("Leeds".into()), "bob"),
            (Filter::CanSign, "cid"),
            (Filter::When(ExpressionId(0)), "bob"),
            (Filter::When(ExpressionId(1)), "error"),
            (Filter::HasEmail, "ann bob cid"),
            (Filter::NotOptedOut, "ann bob cid"),
            (Filter::PortalActive, "filtered_out portal_not_active"),
            (Filter::Department("Sales".into()), "filtered_out no_contact_with_role(x)"),
        ];
        for (filter, outcome) in cases {
            assert_eq!(world.outcome(&role("x").only(filter.clone()), Channel::Letter), outcome, "{filter:?}");
        }
        assert_eq!(world.outcome(&primary().only(Filter::CanSign), Channel::Signer), "filtered_out no_right");
        world.check(
            &role("x").only(Filter::When(ExpressionId(1))),
            Channel::Letter,
            expect![[r#"
                error
                role x, where `contact.nosuch`: `contact.nosuch` cannot be evaluated for ann: no such field → error
            "#]],
        );
    }

    #[test]
    fn several_who_fall_short_give_the_reason_of_whoever_came_nearest() {
        let world = World::of(&["ann", "bob", "cid"]).tick("ann", &["x"]).tick("bob", &["x"]);
        let world = world.contact("ann", |ann| ann.active = false).contact("bob", bounce);
        world.check(
            &role("x"),
            Channel::Letter,
            expect![[r#"
                filtered_out email_bounced
                role x → filtered_out
                  ✗ ann: is deactivated
                  ✗ bob: address refused mail: 550 no such user
                  ✗ cid: role x is not ticked
            "#]],
        );
    }

    #[test]
    fn staff_who_are_away_are_passed_over_for_work_and_taken_when_nobody_else_fits() {
        let away = |world: World, id: &str| {
            world.member(id, |staff| staff.away = vec![(date(2026, 5, 1), TODAY), (TODAY, date(2026, 5, 8))])
        };
        let world = World::of(&["ann"]).with_staff(&["kim", "lee"]).hold("kim", &["clerk"]).hold("lee", &["clerk"]);
        let clerk = staff_role("clerk");
        let one = away(world.clone(), "kim");
        one.check(
            &clerk,
            Channel::Assign,
            expect![[r#"
                lee
                staff role clerk → chosen
                  ✗ kim: is away until 2026-05-08
                  ✓ lee: has staff role clerk in the practice
            "#]],
        );
        assert_eq!(
            one.outcome(&clerk.clone().take(Pick::All), Channel::Letter),
            "kim lee",
            "a letter waits in its box"
        );
        away(one, "lee").check(
            &clerk,
            Channel::Assign,
            expect![[r#"
                kim
                staff role clerk → chosen
                  ✓ kim: is away until 2026-05-08, and nobody else fits
                  ✗ lee: only 1 taken, and others come first
            "#]],
        );
    }
}
