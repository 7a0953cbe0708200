//! Published definitions.
//!
//! Owns: each version's canonical text with its files, found by hash for as long as a job follows it, and who published
//! what when. Leaves compiling to whoever is handed the text.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jobwright_core::{
    event::Actor,
    id::{DefinitionId, Hash},
};

use crate::{Direction, Draft, Error, Listing, Pre, Range, Reader, Space, record::key};

/// Everything that a plan is compiled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Of which definition.
    pub id: DefinitionId,
    /// Its canonical text.
    pub text: String,
    /// The scripts and templates it names, by their path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Of which definition.
    pub id: DefinitionId,
    /// Counts the definition's publications from 1.
    pub number: u32,
    /// The version's content hash.
    pub hash: Hash,
    /// A label for people.
    pub label: Option<String>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// Publishes a version as the next one of its definition, if nobody published another meanwhile.
pub fn publish(publication: &Publication, source: &Source) -> Result<Draft, Error> {
    let key = |number| key::publication(&publication.id, number);
    let mut draft = Draft::default().when(Pre::Absent(key(publication.number)));
    if publication.number > 1 {
        draft = draft.when(Pre::Present(key(publication.number - 1)));
    }
    draft.put(key::definition(publication.hash), source)?;
    draft.put(key(publication.number), publication)?;
    Ok(draft)
}

/// What the version with this hash was compiled from.
pub fn source(reader: &Reader<'_>, hash: Hash) -> Result<Option<Source>, Error> {
    Ok(reader.load(key::definition(hash))?.map(|source| source.value))
}

/// The newest version of a definition.
pub fn latest(reader: &Reader<'_>, id: &DefinitionId) -> Result<Option<Publication>, Error> {
    let range = Range::prefix(Space::Definition, key::publications_of(id).done());
    let page = reader.page(&range, None, 1, Direction::Backward)?;
    page.rows.first().map(|(_, row)| reader.read(row).map(|found| found.value)).transpose()
}

/// The versions of a definition, newest first, going on below a number.
pub fn versions(
    reader: &Reader<'_>,
    id: &DefinitionId,
    below: Option<u32>,
    limit: usize,
) -> Result<Listing<Publication, u32>, Error> {
    let range = Range::prefix(Space::Definition, key::publications_of(id).done());
    let below = below.map(|number| key::publication(id, number));
    let read = |(_, row)| reader.read(&row).map(|found| found.value);
    reader.list(&range, below, limit, Direction::Backward, read, |key| key::number_at_end(&key.bytes))
}

/// The newest version of each definition, by id, going on after one.
pub fn newest(
    reader: &Reader<'_>,
    after: Option<&DefinitionId>,
    limit: usize,
) -> Result<Listing<Publication, DefinitionId>, Error> {
    let (mut found, mut last) = (Vec::new(), after.cloned());
    while found.len() < limit {
        let mut range = Range::prefix(Space::Definition, key::publications().done());
        if let Some(last) = &last {
            let of_last = Range::prefix(Space::Definition, key::publications_of(last).done());
            range.from = of_last.until.unwrap_or(range.from);
        }
        let page = reader.page(&range, None, 1, Direction::Forward)?;
        let Some((_, row)) = page.rows.first() else { return Ok(Listing { found, next: None }) };
        let id = reader.read::<Publication>(row)?.value.id;
        found.extend(latest(reader, &id)?);
        last = Some(id);
    }
    Ok(Listing { found, next: last })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::*;

    fn published(trial: &Trial, id: &str, number: u32) -> Publication {
        let hash = Hash([u8::try_from(number).unwrap(); 32]);
        let publication =
            Publication { id: definition_id(id), number, hash, label: None, at: at(1), by: Actor::Engine };
        let files = BTreeMap::from([("a.rhai".into(), vec![1; 50_000])]);
        let source = Source { id: definition_id(id), text: format!("id: {id}"), files };
        trial.commit(publish(&publication, &source).unwrap());
        assert_eq!(super::source(&trial.reader(), hash).unwrap(), Some(source));
        publication
    }

    #[test]
    fn versions_are_counted_and_the_newest_is_found_at_once() {
        let trial = Trial::new();
        let all: Vec<_> = (1..=3).map(|number| published(&trial, "vat", number)).collect();
        let other = published(&trial, "vat-2", 1);
        assert_eq!(latest(&trial.reader(), &definition_id("vat")).unwrap(), Some(all[2].clone()));
        assert_eq!(latest(&trial.reader(), &definition_id("va")).unwrap(), None);
        let page = versions(&trial.reader(), &definition_id("vat"), None, 2).unwrap();
        assert_eq!((page.found, page.next), (vec![all[2].clone(), all[1].clone()], Some(2)));
        assert_eq!(versions(&trial.reader(), &definition_id("vat"), Some(2), 9).unwrap().found, [all[0].clone()]);
        assert_eq!(newest(&trial.reader(), None, 9).unwrap().found, [all[2].clone(), other.clone()]);
        let first = newest(&trial.reader(), None, 1).unwrap();
        assert_eq!(newest(&trial.reader(), first.next.as_ref(), 9).unwrap().found, [other]);
        assert_eq!(super::source(&trial.reader(), Hash([9; 32])).unwrap(), None);
    }

    #[test]
    fn two_cannot_publish_the_same_number_and_none_is_left_out() {
        let trial = Trial::new();
        let first = published(&trial, "vat", 1);
        let source = Source { id: first.id.clone(), text: String::new(), files: BTreeMap::new() };
        assert!(trial.try_commit(publish(&first, &source).unwrap()).is_err());
        assert!(trial.try_commit(publish(&Publication { number: 3, ..first }, &source).unwrap()).is_err());
    }
}
