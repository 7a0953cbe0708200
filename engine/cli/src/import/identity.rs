//! Which contact of a client a row speaks of.
//!
//! Owns: the order of what proves an identity: the source's own id, then name and address together, then whichever of the
//! two is said and unambiguous. An id that was made here proves nothing. Two rows are never one contact without a word,
//! and a changed address changes the person; what cannot be told for certain is refused, with both rows. Leaves what
//! becomes of the values to `merge`.

use std::collections::BTreeMap;

use jobwright_core::address;
use jobwright_core::directory::{Client, Contact};
use jobwright_core::id::ContactId;
use jobwright_core::value::Value;
use jobwright_definition::diagnostic::quoted;

use super::ids::{id_of, marked};
use super::{IncomingContact, folded_name};

/// The key under which an import remembers a contact's reference.
pub const REFERENCE: &str = "contact_id";
/// Most contacts whose ids differ in nothing but a number.
const NUMBER_MAX: u32 = 10_000;

/// Who a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A contact that is there, at this place.
    Known(usize),
    /// A new one.
    New(ContactId),
    /// One that a person removed here.
    Removed(String),
    /// Another row says the same.
    Again,
}

/// What was found: who each row is, in their order, and what is to be said of it.
#[derive(Debug, Default)]
pub struct Found {
    /// One for each row; meaningless when there are faults.
    pub who: Vec<Who>,
    /// What cannot be told for certain, by line.
    pub faults: Vec<(u64, String)>,
    /// What is worth a look.
    pub warnings: Vec<(u64, String)>,
}

/// Finds the contacts of a client that its rows speak of.
///
/// `last` is what imports said of the client's contacts; `is_exact` holds for files that speak of our own ids.
pub fn find(client: &Client, last: &BTreeMap<String, Value>, rows: &[IncomingContact], is_exact: bool) -> Found {
    let mut finding = Finding { client, last, rows, who: vec![None; rows.len()], found: Found::default() };
    finding.refuse_doubles();
    finding.by_reference(is_exact);
    if !is_exact {
        finding.by_name_and_address();
        finding.by_one_of_both();
        finding.by_name_alone();
        finding.removed();
    }
    finding.the_rest_is_new(is_exact);
    let mut found = finding.found;
    found.who = finding.who.into_iter().flatten().collect();
    found
}

struct Finding<'a> {
    client: &'a Client,
    last: &'a BTreeMap<String, Value>,
    rows: &'a [IncomingContact],
    who: Vec<Option<Who>>,
    found: Found,
}

impl Finding<'_> {
    /// Two rows of one person, as far as anybody can tell.
    fn refuse_doubles(&mut self) {
        let mut first_of: BTreeMap<String, usize> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            let mark = match (&row.reference, row.name()) {
                (Some(reference), _) => format!("id {reference}"),
                (None, Some(name)) => format!("name {}", folded_name(name)),
                (None, None) => format!("mail {}", row.email().map(address::key).unwrap_or_default()),
            };
            let Some(first) = first_of.get(&mark).map(|first| &self.rows[*first]) else {
                first_of.insert(mark, at);
                continue;
            };
            let what = || match (&row.reference, row.name()) {
                (Some(reference), _) => format!("contact_id {}", quoted(reference)),
                (None, Some(name)) => quoted(name),
                (None, None) => quoted(row.email().unwrap_or_default()),
            };
            let are_apart = row.reference.is_none()
                && matches!((first.email(), row.email()), (Some(one), Some(other)) if !address::same(one, other));
            if row.said == first.said {
                self.who[at] = Some(Who::Again);
                self.found
                    .warnings
                    .push((row.line, format!("the row says what line {} says of {}", first.line, what())));
            } else if are_apart {
                let why =
                    format!("{} of line {} has another address and is taken as another person", what(), first.line);
                self.found.warnings.push((row.line, why));
            } else {
                let why = format!(
                    "lines {} and {} both speak of {} and say different things; say it in one row, or give each person a contact_id of their own",
                    first.line,
                    row.line,
                    what()
                );
                self.found.faults.push((row.line, why));
            }
        }
    }

    fn by_reference(&mut self, is_exact: bool) {
        for at in 0..self.rows.len() {
            let Some(reference) = self.rows[at].reference.clone().filter(|_| self.who[at].is_none()) else { continue };
            let knows = |contact: &Contact| self.reference_of(contact).is_some_and(|known| known == reference);
            let id = if is_exact { reference.clone() } else { id_of(&reference, "contact") };
            let by_reference = self.client.contacts.iter().position(|contact| !is_exact && knows(contact));
            let by_id = self.client.contacts.iter().position(|contact| contact.id.as_str() == id);
            let place = match (by_reference, by_id) {
                (Some(place), _) => Some(place),
                (None, Some(place)) if is_exact => Some(place),
                (None, Some(place)) => match self.is_by_id(at, place, &reference, &id) {
                    Ok(is) => is.then_some(place),
                    Err(why) => {
                        self.found.faults.push((self.rows[at].line, why));
                        continue;
                    }
                },
                (None, None) => None,
            };
            if let Some(place) = place {
                self.claim(at, place);
            } else if self
                .last
                .keys()
                .any(|key| key.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('/')))
                && by_id.is_none()
            {
                self.who[at] = Some(Who::Removed(id));
            }
        }
    }

    /// Whether the contact that has the id which a reference becomes is the one that is meant.
    fn is_by_id(&self, at: usize, place: usize, reference: &str, id: &str) -> Result<bool, String> {
        let contact = &self.client.contacts[place];
        if self.reference_of(contact).is_some() {
            // It came by another reference.
            return Ok(false);
        }
        let agrees = self.rows[at].name().is_none_or(|name| folded_name(name) == folded_name(&contact.name));
        if reference == id || agrees {
            return Ok(true);
        }
        Err(format!(
            "contact_id {} would be contact {id}, which is there already as {}; write {id} when it is the same person",
            quoted(reference),
            contact.name
        ))
    }

    /// Name and address are both the same.
    fn by_name_and_address(&mut self) {
        for at in self.open() {
            let row = &self.rows[at];
            let is_same = |contact: &Contact| has_name(contact, row.name()) && has_address(contact, row.email());
            if row.name().is_some()
                && row.email().is_some()
                && let Some(place) = self.candidates(at, is_same).first().copied()
            {
                self.claim(at, place);
            }
        }
    }

    /// Only one of the two is said, and one contact has it.
    fn by_one_of_both(&mut self) {
        for at in self.open() {
            let row = &self.rows[at];
            let candidates = match (row.name(), row.email()) {
                (Some(_), None) => self.candidates(at, |contact| has_name(contact, row.name())),
                (None, Some(_)) => self.candidates(at, |contact| has_address(contact, row.email())),
                _ => continue,
            };
            match candidates[..] {
                [] => {}
                [place] => self.claim(at, place),
                _ => self.ambiguous(at, &candidates),
            }
        }
    }

    /// The name is the same and the address another: the address has changed, when there is no doubt who is meant.
    fn by_name_alone(&mut self) {
        let open = self.open();
        for at in open.iter().copied() {
            let row = &self.rows[at];
            let Some(name) = row.name() else { continue };
            let candidates = self.candidates(at, |contact| has_name(contact, Some(name)));
            let is_namesake =
                |other: &&usize| self.rows[**other].name().is_some_and(|one| folded_name(one) == folded_name(name));
            let namesakes = open.iter().filter(is_namesake);
            match (candidates.as_slice(), namesakes.count()) {
                ([], _) => {
                    // Somebody who never had a name has got one.
                    let nameless =
                        self.candidates(at, |contact| self.is_nameless(contact) && has_address(contact, row.email()));
                    if let [place] = nameless[..] {
                        self.claim(at, place);
                    }
                }
                ([place], 1) => self.claim(at, *place),
                (several, _) => {
                    let several = several.to_vec();
                    self.ambiguous(at, &several);
                }
            }
        }
    }

    /// What a person removed here is not brought back by the same rows.
    fn removed(&mut self) {
        let mut gone: BTreeMap<&str, [Option<&str>; 2]> = BTreeMap::new();
        for (key, value) in self.last {
            let Some((id, key)) = key.split_once('/') else { continue };
            let is_there = self.client.contacts.iter().any(|contact| contact.id.as_str() == id);
            let place = match key {
                "name" => 0,
                "email" => 1,
                _ => continue,
            };
            if !is_there {
                gone.entry(id).or_default()[place] = value.as_text();
            }
        }
        for at in self.open() {
            let row = &self.rows[at];
            let is_same = |[name, email]: &[Option<&str>; 2]| {
                let named = match (name, row.name()) {
                    (Some(one), Some(other)) => folded_name(one) == folded_name(other),
                    (one, other) => one.is_none() && other.is_none(),
                };
                let addressed = match (email, row.email()) {
                    (Some(one), Some(other)) => address::same(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                };
                named && addressed
            };
            if let Some((id, _)) = gone.iter().find(|(_, said)| is_same(said)) {
                self.who[at] = Some(Who::Removed((*id).to_owned()));
            }
        }
    }

    fn the_rest_is_new(&mut self, is_exact: bool) {
        for at in self.open() {
            let row = &self.rows[at];
            let like = self.client.contacts.iter().enumerate().find(|(_, contact)| {
                has_name(contact, row.name()) || (row.email().is_some() && has_address(contact, row.email()))
            });
            if let Some((place, contact)) = like {
                let is_claimed = self.who.contains(&Some(Who::Known(place)));
                let what = if has_name(contact, row.name()) { "name" } else { "address" };
                if !is_claimed || what == "name" {
                    let why = format!(
                        "{}/{} ({}) has this {what} already; both are kept",
                        self.client.id, contact.id, contact.name
                    );
                    self.found.warnings.push((row.line, why));
                }
            }
            match self.new_id(at, is_exact) {
                Some(id) => self.who[at] = Some(Who::New(id)),
                None => {
                    let why = "the row says neither who the contact is nor how to reach them: a name, an address or a contact_id";
                    self.found.faults.push((row.line, why.to_owned()));
                }
            }
        }
    }

    /// An id that nobody has.
    fn new_id(&self, at: usize, is_exact: bool) -> Option<ContactId> {
        let row = &self.rows[at];
        let is_free = |id: &str| {
            let is_taken = self.client.contacts.iter().any(|contact| contact.id.as_str() == id)
                || self.who.iter().flatten().any(|who| matches!(who, Who::New(other) if other.as_str() == id))
                // An id of somebody who was removed is not given to another.
                || self.last.keys().any(|key| key.strip_prefix(id).is_some_and(|rest| rest.starts_with('/')));
            !is_taken
        };
        if let Some(reference) = &row.reference {
            let id = if is_exact { reference.clone() } else { id_of(reference, "contact") };
            let id = if is_free(&id) || is_exact { id } else { marked(reference, "contact") };
            return ContactId::new(id).ok();
        }
        // Without an id of theirs, the address names a person better than the name does.
        let local = row.email().and_then(|address| address.split('@').next()).map(|local| id_of(local, "contact"));
        let name = row.name().map(|name| id_of(name, "contact"));
        let wanted: Vec<String> = local.into_iter().chain(name).collect();
        if let Some(id) = wanted.iter().find(|id| is_free(id)) {
            return ContactId::new(id.as_str()).ok();
        }
        let base = wanted.last()?;
        let numbered = (2..NUMBER_MAX).map(|number| format!("{}-{number}", &base[..base.len().min(56)]));
        numbered.into_iter().find(|id| is_free(id)).and_then(|id| ContactId::new(id).ok())
    }

    /// Rows of whom it is not known yet who they are.
    fn open(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|at| self.who[*at].is_none()).collect()
    }

    /// Contacts that no row has claimed yet, and that a row with an id of its own may be.
    fn candidates(&self, at: usize, is: impl Fn(&Contact) -> bool) -> Vec<usize> {
        let may_be = |contact: &Contact| self.rows[at].reference.is_none() || self.reference_of(contact).is_none();
        let is_claimed = |place: usize| self.who.contains(&Some(Who::Known(place)));
        let contacts = self.client.contacts.iter().enumerate();
        contacts
            .filter(|(place, contact)| !is_claimed(*place) && may_be(contact) && is(contact))
            .map(|(place, _)| place)
            .collect()
    }

    fn claim(&mut self, at: usize, place: usize) {
        if self.who.contains(&Some(Who::Known(place))) {
            let contact = &self.client.contacts[place];
            let why = format!("another row speaks of {}/{} too", self.client.id, contact.id);
            self.found.faults.push((self.rows[at].line, why));
        }
        self.who[at] = Some(Who::Known(place));
    }

    fn ambiguous(&mut self, at: usize, candidates: &[usize]) {
        let names: Vec<_> =
            candidates.iter().map(|place| format!("{}/{}", self.client.id, self.client.contacts[*place].id)).collect();
        let why = format!("it cannot be told which contact this is: {}; give the row a contact_id", names.join(" or "));
        self.found.faults.push((self.rows[at].line, why));
        // Told once.
        self.who[at] = Some(Who::Again);
    }

    /// What the source calls a contact, when it ever did.
    fn reference_of<'c>(&'c self, contact: &'c Contact) -> Option<&'c str> {
        let remembered = self.last.get(&format!("{}/{REFERENCE}", contact.id)).and_then(Value::as_text);
        remembered.or(contact.source.as_deref())
    }

    /// Whether an import brought the contact and never said a name.
    fn is_nameless(&self, contact: &Contact) -> bool {
        let said = |key: &str| self.last.contains_key(&format!("{}/{key}", contact.id));
        said("email") && !said("name")
    }
}

fn has_name(contact: &Contact, name: Option<&str>) -> bool {
    name.is_some_and(|name| folded_name(name) == folded_name(&contact.name))
}

fn has_address(contact: &Contact, email: Option<&str>) -> bool {
    matches!((email, &contact.email), (Some(said), Some(known)) if address::same(said, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobwright_definition::people::property::{new_client, new_contact};

    /// Contacts as `id name address`, rows as `[id:]name|address`; what came of them.
    fn check(known: &[(&str, &str, &str)], rows: &[(&str, &str, &str)], expected: &str) {
        let mut client = new_client("acme".parse().expect("an id"));
        let mut last = BTreeMap::new();
        for (id, name, email) in known {
            let email = (!email.is_empty()).then(|| (*email).to_owned());
            client.contacts.push(Contact {
                name: (*name).to_owned(),
                email,
                ..new_contact(id.parse().expect("an id"))
            });
            last.insert(format!("{id}/name"), Value::text(*name));
        }
        let rows: Vec<IncomingContact> = (2..)
            .zip(rows)
            .map(|(line, (reference, name, email))| {
                let said = [("name", *name), ("email", *email)].into_iter().filter(|(_, text)| !text.is_empty());
                let said = said.map(|(key, text)| (key.to_owned(), Value::text(text))).collect();
                IncomingContact { reference: (!reference.is_empty()).then(|| (*reference).to_owned()), line, said }
            })
            .collect();
        let found = find(&client, &last, &rows, false);
        let shown = if found.faults.is_empty() {
            found
                .who
                .iter()
                .map(|who| match who {
                    Who::Known(place) => client.contacts[*place].id.to_string(),
                    Who::New(id) => format!("+{id}"),
                    Who::Removed(id) => format!("-{id}"),
                    Who::Again => "=".to_owned(),
                })
                .collect::<Vec<_>>()
                .join(" ")
        } else {
            let lines: Vec<_> = found.faults.iter().map(|(line, _)| line.to_string()).collect();
            format!("refused {}", lines.join(" "))
        };
        assert_eq!(shown, expected, "{known:?} {rows:?}");
    }

    const ANN: (&str, &str, &str) = ("ann", "Ann Bell", "ann@acme.example");
    const TOM: (&str, &str, &str) = ("tom", "Tom Bell", "ann@acme.example");

    #[test]
    fn r50_two_rows_are_never_one_contact_without_a_word() {
        check(&[], &[("", "Ann Bell", "info@acme.example"), ("", "Bob Cole", "info@pay.example")], "+info +bob-cole");
        check(
            &[],
            &[("", "Ann Bell", "bells@home.example"), ("", "Tom Bell", "bells@home.example")],
            "+bells +tom-bell",
        );
        check(&[], &[("", "Jörg Müller", ""), ("", "Jürg Möller", "")], "+j-rg-m-ller +j-rg-m-ller-2");
        check(&[], &[("", "", "info@a.example"), ("", "", "info@b.example")], "+info +info-2");
        check(&[], &[("", "Ann Smith", ""), ("", "Ann Smith", "")], "+ann-smith =");
        check(&[], &[("", "Ann Smith", ""), ("", "ann smith", "a@b.example")], "refused 3");
        check(&[], &[("", "Ann Smith", "a@b.example"), ("", "Ann Smith", "c@b.example")], "+a +c");
        check(&[], &[("1", "Ann", "a@b.example"), ("1", "Bob", "b@b.example")], "refused 3");
        check(&[], &[("0035gAbCdE", "Ann", "a@b.example")], "+0035gabcde");
        check(&[], &[("", "", "")], "refused 2");
    }

    #[test]
    fn r50_a_couple_is_known_by_name_and_address_together() {
        check(&[ANN, TOM], &[("", "Tom Bell", "ann@acme.example"), ("", "Ann Bell", "ann@acme.example")], "tom ann");
        check(&[ANN, TOM], &[("", "", "ann@acme.example")], "refused 2");
        check(&[ANN], &[("", "Tom Bell", "ann@acme.example")], "+tom-bell");
    }

    #[test]
    fn r55_a_changed_address_changes_the_person_or_is_told() {
        check(&[ANN], &[("", "Ann Bell", "ann.bell@new.example")], "ann");
        check(&[ANN], &[("", "ANN  BELL", "ann.bell@new.example")], "ann");
        check(&[ANN], &[("", "Ann Bell", "ann@acme.example"), ("", "Ann Bell", "other@acme.example")], "ann +other");
        let other = ("ann-2", "Ann Bell", "second@acme.example");
        check(&[ANN, other], &[("", "Ann Bell", "third@acme.example")], "refused 2");
        check(
            &[ANN, other],
            &[("", "Ann Bell", "ann@acme.example"), ("", "Ann Bell", "third@acme.example")],
            "ann ann-2",
        );
        check(&[ANN], &[("", "Ann Bell", "x@acme.example"), ("", "Ann Bell", "y@acme.example")], "refused 2 3");
    }

    #[test]
    fn r55_an_id_of_the_source_proves_more_than_name_and_address() {
        check(&[ANN], &[("ann", "Ann Marlow", "marlow@acme.example")], "ann");
        check(&[ANN], &[("17", "Ann Bell", "ann@acme.example")], "ann");
        check(&[ANN], &[("17", "Bob Cole", "bob@acme.example")], "+17");
        check(&[ANN], &[("ANN", "Bob Cole", "bob@acme.example")], "refused 2");
    }
}
