//! When two candidates are one.
//!
//! Owns: that nobody is asked twice. The first one listed stays. Leaves what the same address is to `crate::address`.

use super::look::{Dropped, Seen, Who};
use crate::address::key;
use alloc::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use core::cmp::Ordering;

pub use crate::address::same as same_address;

/// Drops whoever was listed before, then whoever shares an address with somebody listed before.
pub(super) fn drop_duplicates(seen: &mut [Seen<'_>], by_address: bool) {
    if seen.iter().filter(|seen| seen.dropped.is_none()).nth(1).is_none() {
        return;
    }
    let mut people = BTreeSet::new();
    let mut addresses = BTreeMap::new();
    for seen in seen.iter_mut().filter(|seen| seen.dropped.is_none()) {
        if !people.insert(seen.who.key()) {
            seen.dropped = Some(Dropped::SamePerson);
        } else if let Some(address) = seen.who.address().filter(|_| by_address) {
            match addresses.entry(key(address)) {
                Entry::Vacant(free) => _ = free.insert(seen.who),
                Entry::Occupied(first) => seen.dropped = Some(Dropped::SameAddress(*first.get())),
            }
        }
    }
}

/// The first two of these people who share an address, by their places.
pub(super) fn shared<'a>(people: impl Iterator<Item = (usize, Who<'a>)>) -> Option<(usize, usize)> {
    let mut addresses = BTreeMap::new();
    people
        .filter_map(|(at, who)| who.address().map(|address| (at, address)))
        .find_map(|(at, address)| addresses.insert(key(address), at).map(|first| (first, at)))
}

/// A text compared without case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded<'a>(pub &'a str);

impl Folded<'_> {
    fn letters(&self) -> impl Iterator<Item = char> + '_ {
        self.0.chars().flat_map(char::to_lowercase)
    }
}

impl PartialEq for Folded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Folded<'_> {}

impl PartialOrd for Folded<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Folded<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.letters().cmp(other.letters())
    }
}

#[cfg(test)]
mod tests {
    use crate::recipient::Channel;
    use crate::recipient::testing::*;
    use alloc::vec::Vec;
    use expect_test::expect;

    fn office() -> World {
        let share = |contact: &mut crate::directory::Contact| contact.email = Some("Office@acme.example ".into());
        World::of(&["ann", "bob"])
            .contact("ann", |ann| ann.email = Some("office@acme.example".into()))
            .contact("bob", share)
            .tick("ann", &["x"])
            .tick("bob", &["x"])
    }

    #[test]
    fn two_contacts_with_one_address_get_one_letter() {
        office().check(
            &role("x"),
            Channel::Letter,
            expect![[r#"
                ann
                role x → chosen
                  ✓ ann: role x is ticked
                  ✗ bob: same address as ann
            "#]],
        );
    }

    #[test]
    fn two_signers_with_one_address_are_refused() {
        office().check(
            &role("x"),
            Channel::Signer,
            expect![[r#"
                filtered_out shared_address(ann and bob)
                role x: ann and bob cannot both sign from one address → filtered_out
                  ✗ ann: same address as bob, who would sign too
                  ✗ bob: same address as ann, who would sign too
            "#]],
        );
        assert_eq!(office().outcome(&primary(), Channel::Signer), "ann");
    }

    #[test]
    fn clerks_who_share_an_address_stay_two() {
        let share = |staff: &mut crate::directory::Staff| staff.email = Some("desk@abacus.example".into());
        let world = World::of(&[]).with_staff(&["kim", "lee"]).member("kim", share).member("lee", share);
        let world = world.hold("kim", &["clerk"]).hold("lee", &["clerk"]);
        let all = staff_role("clerk").take(crate::recipient::Pick::All);
        let both: Vec<_> = [Channel::Assign, Channel::Letter].map(|channel| world.outcome(&all, channel)).into();
        assert_eq!(both, ["kim lee", "kim"]);
    }
}
