//! The signers of one document, place beside place.
//!
//! Owns: that no two places of a signature are filled from one address, since two signatures from one box prove
//! nothing. The later place is refused, with words that name both. Leaves one selector that finds two such people to
//! the core's `recipient`.

use jobwright_core::{
    event::Slot,
    id::Name,
    job::Place,
    recipient::{Branch, Found, Person, Reason, Resolution, same_address},
};
use std::collections::BTreeMap;

/// Somebody who signs in another place.
type Signing<'a> = (&'a Name, &'a Person);

/// Refuses this place when it would give the signature two people of one address: one here, and one in a place that is
/// filled already or was found just before.
pub(super) fn refuse_shared(
    slot: &Slot,
    resolution: &mut Resolution,
    places: &BTreeMap<Slot, Place>,
    before: &[(Slot, Resolution)],
) {
    let Slot::Signer(_) = slot else { return };
    let filled = places.iter().filter(|(other, _)| *other != slot).map(|(other, place)| (other, &place.people));
    let found = before.iter().map(|(other, resolution)| (other, &resolution.chosen));
    let others = filled.chain(found).filter_map(|(other, people)| match other {
        Slot::Signer(name) => Some(people.iter().map(move |person| (name, person))),
        _ => None,
    });
    let others: Vec<Signing<'_>> = others.flatten().collect();
    let clashes: Vec<(Person, Signing<'_>)> = resolution
        .chosen
        .iter()
        .filter_map(|one| Some((one.clone(), *others.iter().find(|(_, other)| is_one_box(one, other))?)))
        .collect();
    if !clashes.is_empty() {
        refuse(resolution, &clashes);
    }
}

fn is_one_box(one: &Person, other: &Person) -> bool {
    one.id == other.id || matches!((&one.address, &other.address), (Some(one), Some(other)) if same_address(one, other))
}

fn refuse(resolution: &mut Resolution, clashes: &[(Person, Signing<'_>)]) {
    let words = clashes.iter().map(|(one, (place, other))| match one.id == other.id {
        true => format!("{} cannot sign here too, since the same person signs as `{place}`", one.id.as_str()),
        false => {
            let (one, other) = (one.id.as_str(), other.id.as_str());
            format!("{one} and {other}, who signs as `{place}`, cannot both sign from one address")
        }
    });
    let words: Vec<String> = words.collect();
    resolution.tree.rule = format!("{}: {}", resolution.tree.rule, words.join("; "));
    resolution.tree.found = Found::FilteredOut;
    mark(&mut resolution.tree, clashes);
    resolution.found = Found::FilteredOut;
    resolution.reason = clashes.first().map(|(one, (place, other))| match one.id == other.id {
        true => Reason::SignsTwice { who: one.id.as_str().into(), place: (*place).clone() },
        false => Reason::SharedAddress { one: one.id.as_str().into(), other: other.id.as_str().into() },
    });
    resolution.chosen.clear();
}

fn mark(branch: &mut Branch, clashes: &[(Person, Signing<'_>)]) {
    for candidate in branch.candidates.iter_mut().filter(|candidate| candidate.kept) {
        if let Some((_, (place, other))) = clashes.iter().find(|(one, _)| one.id == candidate.person.id) {
            candidate.kept = false;
            candidate.because = match candidate.person.id == other.id {
                true => format!("signs as `{place}` already"),
                false => format!("same address as {}, who signs as `{place}`", other.id.as_str()),
            };
        }
    }
    branch.children.iter_mut().for_each(|child| mark(child, clashes));
}

#[cfg(test)]
mod tests {
    use super::refuse_shared;
    use expect_test::expect;
    use jobwright_core::{
        event::Slot,
        id::ContactId,
        job::Place,
        recipient::{Branch, Candidate, Found, Person, PersonId, Resolution},
    };
    use std::{collections::BTreeMap, slice};

    type Places = BTreeMap<Slot, Place>;

    fn filled(name: &str, person: &Person) -> (Slot, Place) {
        (signer(name), Place { people: vec![person.clone()], letters: BTreeMap::new(), given: false })
    }

    fn person(id: &str, address: &str) -> Person {
        let contact = ContactId::new(id).expect("an id");
        Person { id: PersonId::Contact(contact), name: id.to_uppercase(), address: Some(address.into()) }
    }

    fn found(people: &[Person]) -> Resolution {
        let candidate = |person: &Person| Candidate { person: person.clone(), kept: true, because: "ticked".into() };
        let candidates = people.iter().map(candidate).collect();
        let tree = Branch { rule: "role x".into(), found: Found::Chosen, candidates, children: vec![] };
        Resolution { found: Found::Chosen, chosen: people.to_vec(), reason: None, tree }
    }

    fn signer(name: &str) -> Slot {
        Slot::Signer(name.parse().expect("a name"))
    }

    /// What becomes of the place `owner`, in few words.
    fn told(owner: &[Person], filled: &Places, before: &[(Slot, Resolution)]) -> String {
        let mut resolution = found(owner);
        refuse_shared(&signer("owner"), &mut resolution, filled, before);
        let lines = resolution.tree.candidates.iter().map(|one| format!("{} {}\n", one.kept, one.because));
        let chosen: Vec<&str> = resolution.chosen.iter().map(|one| one.id.as_str()).collect();
        let reason = resolution.reason.map_or("", |reason| reason.code());
        format!("{chosen:?} {reason}\n{}\n{}", resolution.tree.rule, lines.collect::<String>())
    }

    #[test]
    fn two_places_with_one_address_are_refused_whether_the_first_is_chosen_or_found_just_now() {
        let (ann, bob) = (person("ann", "office@acme.example"), person("bob", "Office@acme.example "));
        let refused = expect![[r#"
            [] shared_address
            role x: bob and ann, who signs as `director`, cannot both sign from one address
            false same address as ann, who signs as `director`
        "#]];
        let just_now = [(signer("director"), found(slice::from_ref(&ann)))];
        refused.assert_eq(&told(slice::from_ref(&bob), &Places::new(), &just_now));
        refused.assert_eq(&told(&[bob], &Places::from([filled("director", &ann)]), &[]));
    }

    #[test]
    fn one_person_cannot_fill_two_places_of_a_signature() {
        let ann = person("ann", "ann@acme.example");
        let just_now = [(signer("director"), found(slice::from_ref(&ann)))];
        expect![[r#"
            [] signs_twice
            role x: ann cannot sign here too, since the same person signs as `director`
            false signs as `director` already
        "#]]
        .assert_eq(&told(&[ann], &Places::new(), &just_now));
    }

    #[test]
    fn other_addresses_and_the_place_itself_and_places_of_no_signer_do_not_count() {
        let (ann, bob) = (person("ann", "ann@acme.example"), person("bob", "bob@acme.example"));
        let (_, place) = filled("owner", &bob);
        let places = Places::from([(signer("owner"), place.clone()), (Slot::Notice, place)]);
        let before = [(signer("director"), found(&[ann]))];
        expect![[r#"
            ["bob"] 
            role x
            true ticked
        "#]]
        .assert_eq(&told(&[bob], &places, &before));
    }
}
