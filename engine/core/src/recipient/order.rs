//! In which order, and how many.
//!
//! Owns: `order_by` and `pick`. Empty values come last in either direction, ties stay as listed. One of several
//! contacts is never taken by chance: without an order that is ambiguous. Staff are interchangeable, so the first
//! listed is taken.

use super::address::Folded;
use super::look::{Dropped, Seen, Via, Who};
use super::{Order, Pick};
use alloc::vec::Vec;
use core::cmp::Ordering;
use jiff::Timestamp;

/// The fields of a person by which they can be ordered.
pub const ORDER_FIELDS: [&str; 8] = ["id", "name", "email", "department", "position", "office", "phone", "last_login"];

/// The places of those who are taken, in order, or nothing when that is ambiguous; the others are marked.
pub(super) fn take(seen: &mut [Seen<'_>], order: &[Order], pick: Pick) -> Option<Vec<usize>> {
    let mut kept: Vec<usize> = (0..seen.len()).filter(|&at| seen[at].dropped.is_none()).collect();
    let has_contact = kept.iter().any(|&at| seen[at].who.is_contact());
    if pick == Pick::One && kept.len() > 1 && order.is_empty() && has_contact {
        kept.iter().for_each(|&at| seen[at].dropped = Some(Dropped::OneNeeded(kept.len())));
        return None;
    }
    if !order.is_empty() {
        kept.sort_by(|&one, &other| compare(order, (one, seen[one].who), (other, seen[other].who)));
    }
    // Whoever is away fills up what others leave.
    kept.sort_by_key(|&at| matches!(seen[at].via, Via::ThoughAway(_)));
    let taken = match pick {
        Pick::All => kept.len(),
        Pick::One => 1,
        Pick::AtMost(count) => count as usize,
    };
    kept.iter().skip(taken).for_each(|&at| seen[at].dropped = Some(Dropped::NotTaken(taken)));
    kept.truncate(taken);
    Some(kept)
}

fn compare(order: &[Order], one: (usize, Who<'_>), other: (usize, Who<'_>)) -> Ordering {
    let by_key = |key: &Order| {
        let turned = |ordering: Ordering| if key.descending { ordering.reverse() } else { ordering };
        let Some(field) = &key.by else { return turned(one.0.cmp(&other.0)) };
        match (value(one.1, field), value(other.1, field)) {
            (Some(one), Some(other)) => turned(one.cmp(&other)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    };
    order.iter().map(by_key).find(|ordering| ordering.is_ne()).unwrap_or_else(|| one.0.cmp(&other.0))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Text(Folded<'a>),
    Moment(Timestamp),
}

fn value<'a>(who: Who<'a>, field: &str) -> Option<Key<'a>> {
    let text = match (field, who) {
        ("id", _) => Some(who.id_text()),
        ("name", _) => Some(who.name()),
        ("email", _) => who.address(),
        ("last_login", Who::Contact(contact)) => return contact.last_login.map(Key::Moment),
        ("department", Who::Contact(contact)) => contact.department.as_deref(),
        ("position", Who::Contact(contact)) => contact.position.as_deref(),
        ("office", Who::Contact(contact)) => contact.offices.first().map(|office| office.as_str()),
        ("phone", Who::Contact(contact)) => contact.phone.as_deref(),
        _ => None,
    };
    text.filter(|text| !text.is_empty()).map(|text| Key::Text(Folded(text)))
}

#[cfg(test)]
mod tests {
    use crate::recipient::testing::*;
    use crate::recipient::{Channel, Pick, Selector};
    use expect_test::expect;

    fn all() -> Selector {
        role("x")
    }

    /// `ann` never signed in, `bob` did in May and `cid` in March.
    fn world() -> World {
        let login = |at: &str| Some(at.parse().unwrap());
        World::of(&["cid", "ann", "bob"])
            .contact("cid", |cid| cid.last_login = login("2026-03-01T00:00:00Z"))
            .contact("bob", |bob| bob.last_login = login("2026-05-01T00:00:00Z"))
            .contact("bob", |bob| bob.department = Some("hr".into()))
            .contact("ann", |ann| ann.department = Some("HR".into()))
            .tick("ann", &["x"])
            .tick("bob", &["x"])
            .tick("cid", &["x"])
    }

    #[test]
    fn empty_values_come_last_both_ways_and_ties_stay_as_listed() {
        let cases = [
            (all(), "cid ann bob"),
            (all().by(None, false), "cid ann bob"),
            (all().by(None, true), "bob ann cid"),
            (all().by(Some("name"), false), "ann bob cid"),
            (all().by(Some("last_login"), false), "cid bob ann"),
            (all().by(Some("last_login"), true), "bob cid ann"),
            (all().by(Some("department"), true), "ann bob cid"),
            (all().by(Some("department"), false).by(Some("name"), true), "bob ann cid"),
            (all().by(Some("no_such_field"), true), "cid ann bob"),
        ];
        for (selector, outcome) in cases {
            assert_eq!(world().outcome(&selector, Channel::Letter), outcome, "{:?}", selector.order_by);
        }
    }

    #[test]
    fn a_number_takes_at_most_so_many() {
        let cases = [
            (Pick::AtMost(2), "cid ann"),
            (Pick::AtMost(9), "cid ann bob"),
            (Pick::AtMost(0), "filtered_out no_contact_with_role(x)"),
            (Pick::All, "cid ann bob"),
        ];
        for (pick, outcome) in cases {
            assert_eq!(world().outcome(&all().take(pick), Channel::Letter), outcome);
        }
    }

    #[test]
    fn one_of_several_contacts_needs_an_order() {
        world().check(
            &all().take(Pick::One),
            Channel::Letter,
            expect![[r#"
                ambiguous ambiguous
                role x, one → ambiguous
                  ✗ cid: one is needed, 3 fit, and no order says which
                  ✗ ann: one is needed, 3 fit, and no order says which
                  ✗ bob: one is needed, 3 fit, and no order says which
            "#]],
        );
        world().check(
            &all().take(Pick::One).by(Some("last_login"), true).by(None, false),
            Channel::Letter,
            expect![[r#"
                bob
                role x, one, by last_login desc then listed → chosen
                  ✗ cid: only 1 taken, and others come first
                  ✗ ann: only 1 taken, and others come first
                  ✓ bob: role x is ticked
            "#]],
        );
        assert_eq!(world().outcome(&primary().take(Pick::One), Channel::Letter), "cid");
    }
}
