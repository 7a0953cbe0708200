//! Effects that are committed but not yet settled.
//!
//! Owns: their states and the moves between them, each on the condition that nobody moved them meanwhile. An effect is
//! wanted with the event that asks for it, claimed before anything leaves, and gone once it is settled. What is found
//! claimed when the store is opened is in doubt: it may or may not have happened.

use jiff::Timestamp;
use jobwright_core::{
    effect::Effect,
    id::{EffectId, JobId},
};

use crate::{
    Direction, Draft, Error, Key, Listing, Loaded, Op, Pre, Range, Reader, Space,
    record::key,
    sabotage::{Bug, is_planted},
    view::PAGE_ROWS_MAX,
};

/// An effect that is not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, the same for all tries.
    pub id: EffectId,
    /// What is to be done.
    pub effect: Effect,
    /// When it was asked for.
    pub wanted_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// How often it was claimed.
    pub tries: u32,
    /// What leaves, once it was built: every try sends the same bytes.
    pub frozen: Option<Frozen>,
}

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be tried, not before this moment.
    Wanted {
        /// The moment.
        next_at: Timestamp,
    },
    /// Being tried since this moment, or in doubt.
    Claimed {
        /// The moment.
        at: Timestamp,
    },
    /// Not tried again unless a person says so.
    GivenUp {
        /// Since when.
        at: Timestamp,
    },
}

/// A letter ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The address that hears of a bounce.
    pub from: String,
    /// The one address it goes to.
    pub to: String,
    /// The letter's bytes.
    pub mime: Vec<u8>,
}

/// How many effects stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be tried, now or later.
    pub wanted: usize,
    /// Being tried, or in doubt.
    pub claimed: usize,
    /// Given up.
    pub given_up: usize,
}

/// The kinds of state, as the first byte of a key.
#[derive(Clone, Copy)]
enum Kind {
    Wanted = 0,
    Claimed = 1,
    GivenUp = 2,
}

/// Wants an effect for the first time; belongs in the commit of the event that asks for it.
pub fn want(id: EffectId, effect: Effect, now: Timestamp) -> Result<Draft, Error> {
    let entry = Entry { id, effect, wanted_at: now, state: State::Wanted { next_at: now }, tries: 0, frozen: None };
    write(Draft::default().when(Pre::Absent(key::effect(id))), &entry)
}

/// Claims an effect for a try, before anything leaves. The bytes of the first try stay; later ones are ignored.
pub fn claim(before: &Loaded<Entry>, frozen: Option<Frozen>, now: Timestamp) -> Result<Draft, Error> {
    // Counted before the try, so that one that takes the process down still counts.
    let tries = before.value.tries.saturating_add(u32::from(!is_planted(Bug::ClaimNotCounted)));
    let frozen = before.value.frozen.clone().or(frozen);
    rewrite(before, &Entry { state: State::Claimed { at: now }, tries, frozen, ..before.value.clone() })
}

/// Wants it again later; belongs in the commit of the event that says so.
pub fn delay(before: &Loaded<Entry>, next_at: Timestamp) -> Result<Draft, Error> {
    rewrite(before, &Entry { state: State::Wanted { next_at }, ..before.value.clone() })
}

/// Wants what is left of an effect of which a part has come back; belongs in the commit that says how that part went.
pub fn go_on(before: &Loaded<Entry>, rest: Effect, now: Timestamp) -> Result<Draft, Error> {
    let state = State::Wanted { next_at: now };
    rewrite(before, &Entry { state, effect: rest, tries: 0, ..before.value.clone() })
}

/// Does not try it again; belongs in the commit of the event that says so.
pub fn give_up(before: &Loaded<Entry>, now: Timestamp) -> Result<Draft, Error> {
    rewrite(before, &Entry { state: State::GivenUp { at: now }, ..before.value.clone() })
}

/// Wants a given-up effect again, under the same id and with the same bytes.
pub fn revive(before: &Loaded<Entry>, now: Timestamp) -> Result<Draft, Error> {
    rewrite(before, &Entry { state: State::Wanted { next_at: now }, tries: 0, ..before.value.clone() })
}

/// Forgets an effect that has come back; belongs in the commit of the event that says how it went.
pub fn settle(before: &Loaded<Entry>) -> Draft {
    let id = before.value.id;
    unchanged(before).with(Op::Delete(key::effect(id))).with(Op::Delete(index(&before.value)))
}

/// Forgets an effect that is no longer wanted, unless it has begun: then nothing, since it may already have happened.
pub fn forget(before: &Loaded<Entry>) -> Option<Draft> {
    match before.value.state {
        State::Wanted { .. } | State::GivenUp { .. } => Some(settle(before)),
        State::Claimed { .. } => None,
    }
}

/// An effect that is not settled.
pub fn load(reader: &Reader<'_>, id: EffectId) -> Result<Option<Loaded<Entry>>, Error> {
    reader.load(key::effect(id))
}

/// Effects of a job that are not settled, in the order they were asked for.
pub fn of_job(reader: &Reader<'_>, job: JobId, limit: usize) -> Result<Vec<Loaded<Entry>>, Error> {
    let rows = reader.first(&Range::prefix(Space::Effect, job.0.to_vec()), limit)?;
    rows.iter().map(|(_, row)| reader.read(row)).collect()
}

/// Effects whose moment to be tried has come, the longest waiting first.
pub fn due(reader: &Reader<'_>, now: Timestamp, limit: usize) -> Result<Vec<EffectId>, Error> {
    let range = Range::between(
        Space::Outbox,
        vec![Kind::Wanted as u8],
        [&[Kind::Wanted as u8], key::after_instant(now).as_slice()].concat(),
    );
    reader.first(&range, limit)?.iter().map(|(key, _)| key::effect_at_end(&key.bytes)).collect()
}

/// The next moment at which an effect may be tried, in whole milliseconds; it may have passed.
pub fn next_at(reader: &Reader<'_>) -> Result<Option<Timestamp>, Error> {
    let first = reader.first(&of_kind(Kind::Wanted), 1)?;
    first.first().map(|(key, _)| key::instant_at(&key.bytes, 1)).transpose()
}

/// The moment that a changed row is about, when it says that an effect may be tried: for whoever keeps the next one in
/// mind.
pub fn moment(key: &Key) -> Option<Timestamp> {
    let is_wanted = key.space == Space::Outbox && key.bytes.first() == Some(&(Kind::Wanted as u8));
    is_wanted.then(|| key::instant_at(&key.bytes, 1).ok()).flatten()
}

/// Effects to be tried, now or later, the first ones first.
pub fn wanted(reader: &Reader<'_>, after: Option<Key>, limit: usize) -> Result<Listing<EffectId, Key>, Error> {
    of(reader, Kind::Wanted, after, limit)
}

/// Claimed effects, the longest claimed first. After a start they are all in doubt.
pub fn claimed(reader: &Reader<'_>, after: Option<Key>, limit: usize) -> Result<Listing<EffectId, Key>, Error> {
    of(reader, Kind::Claimed, after, limit)
}

/// Given-up effects, the oldest first.
pub fn given_up(reader: &Reader<'_>, after: Option<Key>, limit: usize) -> Result<Listing<EffectId, Key>, Error> {
    of(reader, Kind::GivenUp, after, limit)
}

/// How many effects stand where.
pub fn counts(reader: &Reader<'_>) -> Result<Counts, Error> {
    let count = |kind| -> Result<usize, Error> {
        let (mut rows, mut after) = (0, None);
        loop {
            let page = reader.page(&of_kind(kind), after.as_ref(), PAGE_ROWS_MAX, Direction::Forward)?;
            rows += page.rows.len();
            after = page.next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    };
    Ok(Counts { wanted: count(Kind::Wanted)?, claimed: count(Kind::Claimed)?, given_up: count(Kind::GivenUp)? })
}

fn of(reader: &Reader<'_>, kind: Kind, after: Option<Key>, limit: usize) -> Result<Listing<EffectId, Key>, Error> {
    let effect = |(key, _): (Key, _)| key::effect_at_end(&key.bytes);
    reader.list(&of_kind(kind), after, limit, Direction::Forward, effect, |key| Ok(key.clone()))
}

fn of_kind(kind: Kind) -> Range {
    Range::prefix(Space::Outbox, vec![kind as u8])
}

fn unchanged(before: &Loaded<Entry>) -> Draft {
    Draft::default().when(Pre::Version(key::effect(before.value.id), before.version))
}

fn rewrite(before: &Loaded<Entry>, after: &Entry) -> Result<Draft, Error> {
    write(unchanged(before).with(Op::Delete(index(&before.value))), after)
}

fn write(mut draft: Draft, entry: &Entry) -> Result<Draft, Error> {
    draft.put(key::effect(entry.id), entry)?;
    Ok(draft.with(Op::Put(index(entry), vec![])))
}

/// The one index row that an entry calls for.
pub(crate) fn index(entry: &Entry) -> Key {
    let (kind, at) = match entry.state {
        State::Wanted { next_at } => (Kind::Wanted, next_at),
        State::Claimed { at } => (Kind::Claimed, at),
        State::GivenUp { at } => (Kind::GivenUp, at),
    };
    key::outbox(kind as u8, at, entry.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommitError, trial::*};

    fn told(job: u8, event: u64) -> (EffectId, Effect) {
        let id = effect_id(job, event);
        (id, Effect::TellParent { parent: id, completed: true })
    }

    fn wanted_at(trial: &Trial, event: u64, second: i64) -> EffectId {
        let (id, effect) = told(1, event);
        trial.commit(want(id, effect, at(second)).unwrap());
        id
    }

    fn entry(trial: &Trial, id: EffectId) -> Loaded<Entry> {
        load(&trial.reader(), id).unwrap().unwrap()
    }

    fn counted(trial: &Trial) -> (usize, usize, usize) {
        let counts = counts(&trial.reader()).unwrap();
        // The index holds one row for each effect, the one it calls for.
        let rows = trial.reader().first(&Range::all(Space::Outbox), 1000).unwrap();
        let effects = trial.reader().first(&Range::all(Space::Effect), 1000).unwrap();
        let mut rebuilt: Vec<_> =
            effects.iter().map(|(_, row)| index(&trial.reader().read::<Entry>(row).unwrap().value)).collect();
        rebuilt.sort();
        assert_eq!(rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), rebuilt);
        (counts.wanted, counts.claimed, counts.given_up)
    }

    fn frozen(bytes: usize) -> Frozen {
        Frozen { from: "office@example.com".into(), to: "ann@example.com".into(), mime: vec![b'x'; bytes] }
    }

    #[test]
    fn an_effect_is_wanted_claimed_delayed_claimed_again_with_the_same_bytes_and_settled() {
        let trial = Trial::new();
        let id = wanted_at(&trial, 3, 10);
        assert_eq!(due(&trial.reader(), at(9), 9).unwrap(), []);
        assert_eq!(due(&trial.reader(), at(10), 9).unwrap(), [id]);
        trial.commit(claim(&entry(&trial, id), Some(frozen(5)), at(11)).unwrap());
        assert_eq!(counted(&trial), (0, 1, 0));
        assert_eq!(claimed(&trial.reader(), None, 9).unwrap().found, [id], "in doubt after a crash");
        assert_eq!(moment(&index(&entry(&trial, id).value)), None, "nothing to be tried");
        assert_eq!(due(&trial.reader(), at(99), 9).unwrap(), []);
        trial.commit(delay(&entry(&trial, id), at(50)).unwrap());
        assert_eq!(next_at(&trial.reader()).unwrap(), Some(at(50)));
        assert_eq!(moment(&index(&entry(&trial, id).value)), Some(at(50)));
        trial.commit(claim(&entry(&trial, id), Some(frozen(6)), at(51)).unwrap());
        let again = entry(&trial, id);
        assert_eq!((again.value.tries, again.value.frozen.clone()), (2, Some(frozen(5))));
        trial.commit(settle(&again));
        assert_eq!(load(&trial.reader(), id).unwrap(), None);
        assert_eq!(counted(&trial), (0, 0, 0));
    }

    #[test]
    fn what_is_left_of_an_effect_is_wanted_at_once_and_its_tries_are_counted_anew() {
        let trial = Trial::new();
        let id = wanted_at(&trial, 3, 10);
        trial.commit(claim(&entry(&trial, id), None, at(11)).unwrap());
        let rest = Effect::TellParent { parent: id, completed: false };
        trial.commit(go_on(&entry(&trial, id), rest.clone(), at(12)).unwrap());
        assert_eq!(counted(&trial), (1, 0, 0));
        let left = entry(&trial, id).value;
        assert_eq!((left.effect, left.tries, left.state), (rest, 0, State::Wanted { next_at: at(12) }));
    }

    #[test]
    fn of_two_who_claim_an_effect_one_gets_it() {
        let trial = Trial::new();
        let id = wanted_at(&trial, 3, 10);
        let before = entry(&trial, id);
        trial.commit(claim(&before, None, at(11)).unwrap());
        assert!(matches!(trial.try_commit(claim(&before, None, at(11)).unwrap()), Err(CommitError::Conflict(_))));
        let (id, effect) = told(1, 3);
        assert!(trial.try_commit(want(id, effect, at(0)).unwrap()).is_err(), "wanted once");
    }

    #[test]
    fn what_has_begun_is_not_forgotten() {
        let trial = Trial::new();
        let id = wanted_at(&trial, 3, 10);
        trial.commit(claim(&entry(&trial, id), None, at(11)).unwrap());
        assert_eq!(forget(&entry(&trial, id)), None);
        trial.commit(delay(&entry(&trial, id), at(50)).unwrap());
        trial.commit(forget(&entry(&trial, id)).unwrap());
        assert_eq!(counted(&trial), (0, 0, 0));
    }

    #[test]
    fn a_person_revives_what_was_given_up() {
        let trial = Trial::new();
        let id = wanted_at(&trial, 3, 10);
        trial.commit(claim(&entry(&trial, id), Some(frozen(40_000)), at(11)).unwrap());
        trial.commit(give_up(&entry(&trial, id), at(12)).unwrap());
        assert_eq!(counted(&trial), (0, 0, 1));
        assert_eq!(given_up(&trial.reader(), None, 9).unwrap().found, [id]);
        trial.commit(revive(&entry(&trial, id), at(20)).unwrap());
        assert_eq!(wanted(&trial.reader(), None, 9).unwrap().found, [id]);
        let revived = entry(&trial, id).value;
        assert_eq!((revived.tries, revived.frozen), (0, Some(frozen(40_000))));
    }

    #[test]
    fn the_longest_waiting_go_first_and_pages_follow_one_another() {
        let trial = Trial::new();
        let ids: Vec<_> = [(1, 30), (2, 10), (3, 20)].map(|(event, second)| wanted_at(&trial, event, second)).into();
        assert_eq!(due(&trial.reader(), at(20), 9).unwrap(), [ids[1], ids[2]]);
        assert_eq!(due(&trial.reader(), at(99), 1).unwrap(), [ids[1]]);
        let first = wanted(&trial.reader(), None, 2).unwrap();
        assert_eq!(first.found, [ids[1], ids[2]]);
        assert_eq!(wanted(&trial.reader(), first.next, 2).unwrap(), Listing { found: vec![ids[0]], next: None });
    }
}
