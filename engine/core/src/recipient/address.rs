//! When two candidates are one.
//!
//! Owns: what "the same address" means, and that nobody is asked twice. The first one listed stays.

use super::look::{Dropped, Seen};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Whether two addresses are the same box: spaces around and case do not count, a plus tag does.
pub fn same_address(one: &str, other: &str) -> bool {
    Folded(one.trim()) == Folded(other.trim())
}

/// Drops whoever was listed before, then whoever shares an address with somebody listed before.
pub(super) fn drop_duplicates(seen: &mut [Seen<'_>], by_address: bool) {
    // Most rules leave one person, and then nothing is to be compared.
    if seen.iter().filter(|seen| seen.dropped.is_none()).nth(1).is_none() {
        return;
    }
    let mut kept: Vec<usize> = (0..seen.len()).filter(|&at| seen[at].dropped.is_none()).collect();
    for (_, later) in repeated(&mut kept, |at| Some(seen[at].who.key())) {
        seen[later].dropped = Some(Dropped::SamePerson);
    }
    if by_address {
        kept.retain(|&at| seen[at].dropped.is_none());
        for (first, later) in repeated(&mut kept, |at| seen[at].who.address().map(Folded)) {
            seen[later].dropped = Some(Dropped::SameAddress(seen[first].who));
        }
    }
}

/// The first two of these people who share an address, by their places.
pub(super) fn shared(seen: &[Seen<'_>], chosen: &[usize]) -> Option<(usize, usize)> {
    let mut places = chosen.to_vec();
    repeated(&mut places, |at| seen[at].who.address().map(Folded)).into_iter().min_by_key(|&(_, later)| later)
}

/// Those whose key an earlier one has, each with the first that has it. Sorts rather than compares each with each, so
/// that a client with ten thousand contacts holds nobody up.
fn repeated<K: Ord>(places: &mut [usize], key: impl Fn(usize) -> Option<K>) -> Vec<(usize, usize)> {
    if places.len() < 2 {
        return Vec::new();
    }
    places.sort_by(|&one, &other| key(one).cmp(&key(other)).then(one.cmp(&other)));
    let runs = places.chunk_by(|&one, &other| key(one).is_some() && key(one) == key(other));
    runs.flat_map(|run| run.iter().skip(1).map(|&later| (run[0], later))).collect()
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
        if self.0.is_ascii() && other.0.is_ascii() {
            let lower = |byte: u8| byte.to_ascii_lowercase();
            return self.0.bytes().map(lower).cmp(other.0.bytes().map(lower));
        }
        self.letters().cmp(other.letters())
    }
}

#[cfg(test)]
mod tests {
    use super::same_address;
    use crate::recipient::Channel;
    use crate::recipient::testing::*;
    use alloc::vec::Vec;
    use expect_test::expect;

    #[test]
    fn an_address_is_the_same_whatever_its_case_and_another_with_a_plus_tag() {
        let cases = [
            ("ann@acme.example", " Ann@ACME.example ", true),
            ("ÄNN@acme.example", "änn@acme.example", true),
            ("ann+vat@acme.example", "ann@acme.example", false),
            ("ann@acme.example", "ann@acme.example.org", false),
        ];
        for (one, other, same) in cases {
            assert_eq!(same_address(one, other), same, "{one} {other}");
        }
    }

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
                ambiguous ambiguous
                role x: ann and bob cannot both sign from one address → ambiguous
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
