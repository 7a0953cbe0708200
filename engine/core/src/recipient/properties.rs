//! What holds for every selector in every directory.

use super::testing::*;
use super::*;
use crate::directory::{Contact, Portal, Staff};
use crate::recipient::Channel;
use alloc::vec;
use jiff::civil::date;
use proptest::{bool::weighted, collection::vec as list, prelude::*, sample::select};

const ROLES: [&str; 2] = ["x", "y"];
const ADDRESSES: [Option<&str>; 5] =
    [None, Some("a@acme.example"), Some("A@acme.example"), Some("b@acme.example"), Some("c@acme.example")];
const ORDERS: [Option<&str>; 4] = [None, Some("name"), Some("last_login"), Some("no_such_field")];
/// Two contacts and a member of staff who may be there, and one who never is.
const NAMES: [&str; 4] = ["contact:c0", "c1", "staff:s0", "zed"];

fn contacts() -> impl Strategy<Value = Vec<Contact>> {
    let portal = select(vec![Portal::None, Portal::Active, Portal::Active, Portal::Stale]);
    // Most people can be asked, so that several are left for the later steps.
    let flags = (weighted(0.9), weighted(0.2), weighted(0.7), weighted(0.1));
    let one = (list(select(&ROLES[..]), 0..4), select(&ADDRESSES[..]), portal, flags, 0_i64..3);
    list(one, 0..6).prop_map(|people| {
        people
            .into_iter()
            .enumerate()
            .map(|(at, (roles, address, portal, (active, opted_out, can_sign, bounced), login))| {
                let mut contact: Contact = person(&format!("c{at}"));
                contact.roles = roles.into_iter().map(role_id).collect();
                contact.email = Option::<&str>::map(address, Into::into);
                (contact.portal, contact.active) = (portal, active);
                (contact.crm_opt_out, contact.can_sign) = (opted_out, can_sign);
                contact.last_login = (login > 0).then(|| jiff::Timestamp::from_second(login).unwrap());
                if bounced {
                    bounce(&mut contact);
                }
                contact
            })
            .collect()
    })
}

fn members() -> impl Strategy<Value = Vec<Staff>> {
    let one = (list(select(&ROLES[..]), 0..4), select(&ADDRESSES[..]), weighted(0.9), weighted(0.3));
    list(one, 0..4).prop_map(|people| {
        people
            .into_iter()
            .enumerate()
            .map(|(at, (roles, address, active, away))| {
                let mut staff: Staff = member(&format!("s{at}"));
                staff.roles = roles.into_iter().map(role_id).collect();
                staff.email = Option::<&str>::map(address, Into::into);
                staff.active = active;
                staff.away = if away { vec![(TODAY, date(2026, 6, 1))] } else { vec![] };
                staff
            })
            .collect()
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let places = (0..5_usize, 0..5_usize, list(0..5_usize, 0..3), any::<bool>(), any::<bool>());
    let said = (list(select(&NAMES[..]), 0..3), list(0..5_usize, 0..5));
    (contacts(), members(), places, said).prop_map(|(contacts, staff, places, (ids, kept))| {
        let (primary, last, assigned, portal_required, did) = places;
        let of = |at: usize| staff_id(&format!("s{at}"));
        let mut world = World { staff, ..World::default() };
        world.client.contacts = contacts;
        world.client.staff.primary = Some(of(primary));
        world.client.staff.last = Some(dealing(&format!("s{last}"), "2026-03-01T00:00:00Z", "invoice"));
        world.client.staff.assigned.insert(role_id("x"), assigned.into_iter().map(of).collect());
        world.practice.portal_required = portal_required;
        if did {
            world.did = vec![("prepare".parse().unwrap(), PersonId::Staff(of(0)))];
        }
        world
            .says("contact.id", Said::Contact(ids.first().map(|id| String::from(*id))))
            .says("kept", Said::Keep(kept.into_iter().map(|at| format!("c{at}")).collect()))
            .says("ids", Said::Ids(ids.into_iter().map(|id| named(id, None)).collect()))
            .says("broken", Said::Fails("out of fuel".into()))
    })
}

fn forms() -> impl Strategy<Value = Form> {
    let role = || select(&ROLES[..]).prop_map(role_id);
    prop_oneof![
        3 => Just(Form::PrimaryContact),
        5 => role().prop_map(Form::Role),
        1 => Just(Form::Contact(ExpressionId(0))),
        1 => Just(Form::Script(ExpressionId(2))),
        1 => Just(Form::Script(ExpressionId(3))),
        1 => Just(Form::Plugin { name: "ids".into(), with: BTreeMap::new() }),
        2 => role().prop_map(|role| Form::Staff(StaffForm::Role(role))),
        1 => Just(Form::Staff(StaffForm::Primary)),
        1 => Just(Form::Staff(StaffForm::LastInteraction)),
        1 => Just(Form::Staff(StaffForm::Id(staff_id("s1")))),
    ]
}

fn modified(form: impl Strategy<Value = Form>) -> impl Strategy<Value = Selector> {
    let filters = vec![
        Filter::HasEmail,
        Filter::PortalActive,
        Filter::NotOptedOut,
        Filter::CanSign,
        Filter::When(ExpressionId(1)),
        Filter::When(ExpressionId(9)),
    ];
    let pick = select(vec![None, None, Some(Pick::One), Some(Pick::All), Some(Pick::AtMost(0)), Some(Pick::AtMost(2))]);
    let order = (select(&ORDERS[..]), any::<bool>());
    (form, list(select(filters), 0..2), pick, list(order, 0..3), any::<bool>()).prop_map(
        |(form, filters, pick, order_by, not_same)| {
            let order = |(by, descending)| Order { by: Option::<&str>::map(by, Into::into), descending };
            let not_same_as = not_same.then(|| "prepare".parse().unwrap());
            Selector { form, filters, pick, order_by: order_by.into_iter().map(order).collect(), not_same_as }
        },
    )
}

fn selectors() -> impl Strategy<Value = Selector> {
    modified(forms()).prop_recursive(3, 12, 3, |inner| {
        let branches = list(inner, 0..3);
        let combined = prop_oneof![
            branches.clone().prop_map(Form::FirstOf),
            branches.clone().prop_map(Form::AnyOf),
            branches.prop_map(Form::AllOf),
        ];
        modified(combined.boxed())
    })
}

fn channels() -> impl Strategy<Value = Channel> {
    select(vec![Channel::Letter, Channel::CrmLetter, Channel::Request, Channel::Signer, Channel::Assign])
}

/// Whether the person may be asked at all, whatever the rule.
fn may_act(world: &World, channel: Channel, person: &Person) -> bool {
    match &person.id {
        PersonId::Contact(id) => {
            let contact = world.client.contact(id).unwrap();
            let asked = matches!(channel, Channel::Request | Channel::Signer);
            contact.active
                && channel != Channel::Assign
                && person.address.is_some()
                && !contact.is_bounced()
                && !(channel == Channel::CrmLetter && contact.crm_opt_out)
                && !(asked && contact.portal == Portal::Stale)
                && !(asked && world.practice.portal_required && contact.portal != Portal::Active)
        }
        PersonId::Staff(id) => {
            world.directory().staff(id).unwrap().active && (channel == Channel::Assign || person.address.is_some())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_always_an_answer_and_it_agrees_with_itself(
        world in worlds(), selector in selectors(), channel in channels(),
    ) {
        let resolution = world.resolve(&selector, channel);
        prop_assert_eq!(resolution.found == Found::Chosen, !resolution.chosen.is_empty());
        let waits = matches!(resolution.found, Found::NoMatch | Found::FilteredOut | Found::Ambiguous);
        prop_assert_eq!(waits, resolution.reason.is_some());
        prop_assert_eq!(resolution.tree.found, resolution.found);

        let did = |task: &Name, person: &PersonId| world.did.contains(&(task.clone(), person.clone()));
        let answer = find(&selector, channel, &world.directory(), &did, &world, TODAY);
        prop_assert_eq!(answer.found, resolution.found);
        prop_assert_eq!(answer.reason, resolution.reason);
        let people: Vec<_> = answer.chosen.into_iter().map(Who::person).collect();
        prop_assert_eq!(people, resolution.chosen);
    }

    #[test]
    fn whoever_is_chosen_was_kept_and_may_act(world in worlds(), selector in selectors(), channel in channels()) {
        let resolution = world.resolve(&selector, channel);
        for person in &resolution.chosen {
            prop_assert!(resolution.tree.candidates.iter().any(|seen| seen.kept && seen.person == *person));
            prop_assert!(may_act(&world, channel, person), "{:?}", person);
            let did = world.did.iter().any(|(_, id)| *id == person.id);
            prop_assert!(selector.not_same_as.is_none() || !did, "{:?}", person);
        }
    }

    #[test]
    fn pick_is_never_exceeded(world in worlds(), selector in selectors(), channel in channels()) {
        let most = match selector.pick {
            Some(Pick::One) => 1,
            None if channel == Channel::Assign => 1,
            Some(Pick::AtMost(count)) => count as usize,
            Some(Pick::All) | None => usize::MAX,
        };
        prop_assert!(world.resolve(&selector, channel).chosen.len() <= most);
    }

    #[test]
    fn nobody_and_no_address_is_chosen_twice(world in worlds(), selector in selectors(), channel in channels()) {
        let chosen = world.resolve(&selector, channel).chosen;
        for (at, one) in chosen.iter().enumerate() {
            for other in &chosen[..at] {
                prop_assert_ne!(&one.id, &other.id);
                let same = one.address.as_deref().zip(other.address.as_deref()).is_some_and(|(a, b)| same_address(a, b));
                prop_assert!(channel == Channel::Assign || !same, "{:?} {:?}", one, other);
            }
        }
    }

    #[test]
    fn contacts_are_chosen_as_listed(world in worlds(), name in select(&ROLES[..]), channel in channels()) {
        let chosen = world.resolve(&role(name), channel).chosen;
        let place = |person: &Person| world.client.contacts.iter().position(|one| one.id.as_str() == person.id.as_str());
        prop_assert!(chosen.iter().map(place).is_sorted());
    }

    #[test]
    fn a_tick_never_leaves_a_task_without_anybody(
        world in worlds(), selector in selectors(), channel in channels(), at in 0..5_usize, name in select(&ROLES[..]),
    ) {
        let before = world.resolve(&selector, channel).found;
        let mut ticked = world;
        if let Some(contact) = ticked.client.contacts.get_mut(at) {
            contact.roles.insert(role_id(name));
        }
        let after = ticked.resolve(&selector, channel).found;
        // Several may fit now where one did; that is ambiguous, and never silence.
        prop_assert!(before != Found::Chosen || matches!(after, Found::Chosen | Found::Ambiguous), "{:?}", after);
    }
}
