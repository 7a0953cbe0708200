//! Jobs that other jobs started: which id such a job has, and whose it is.
//!
//! Owns: the ids, which follow from the effect that asked and are the same at every try, and the one test by which a job
//! counts as the child of an effect: its own first event says so. A job that merely has the id is a stranger.

use jobwright_core::{
    event::Event,
    id::{EffectId, JobId},
};

use super::{event, head};
use crate::{
    Error, Reader, files,
    outbox::Entry,
    sabotage::{Bug, is_planted},
};

/// Most ids that are tried for one job: each is free but for a chance of one in 2^80.
const IDS_MAX: u8 = 8;

/// A job that an effect asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildOf {
    /// It runs, or has run.
    Runs(JobId),
    /// It does not run yet; this is to be its id.
    Free(JobId),
}

/// The job that an effect asks for; nothing when all its ids are taken by strangers.
pub fn child_of(reader: &Reader<'_>, entry: &Entry) -> Result<Option<ChildOf>, Error> {
    if is_planted(Bug::ChildOfStranger) {
        let mut id = JobId([0; 16]);
        id.0[14..].copy_from_slice(&entry.id.event.to_be_bytes()[6..]);
        return Ok(Some(if head(reader, id)?.is_some() { ChildOf::Runs(id) } else { ChildOf::Free(id) }));
    }
    let former = former_id(entry);
    if parent(reader, former)? == Some(entry.id) {
        return Ok(Some(ChildOf::Runs(former)));
    }
    for salt in 0..IDS_MAX {
        let id = child_id(entry, salt);
        match head(reader, id)? {
            None => return Ok(Some(ChildOf::Free(id))),
            Some(_) if parent(reader, id)? == Some(entry.id) => return Ok(Some(ChildOf::Runs(id))),
            Some(_) => {}
        }
    }
    Ok(None)
}

/// The effect that asked for a job; nothing when a person did, or there is no such job.
pub fn parent(reader: &Reader<'_>, job: JobId) -> Result<Option<EffectId>, Error> {
    if head(reader, job)?.is_none() {
        return Ok(None);
    }
    match event(reader, job, 1)?.event {
        Event::JobOpened(opened) => Ok(opened.parent),
        _ => Ok(None),
    }
}

/// Time-ordered like all others, and for the rest a hash of the whole effect: two effects have two ids.
fn child_id(entry: &Entry, salt: u8) -> JobId {
    let mut asked = b"child".to_vec();
    asked.extend(entry.id.job.0);
    asked.extend(entry.id.event.to_be_bytes());
    asked.extend(entry.id.index.to_be_bytes());
    asked.push(salt);
    let mut id = [0; 16];
    id[..6].copy_from_slice(&entry.wanted_at.as_millisecond().to_be_bytes()[2..]);
    id[6..].copy_from_slice(&files::hash(&asked).0[..10]);
    JobId(id)
}

/// The id that releases before this one gave: what they started keeps it.
fn former_id(entry: &Entry) -> JobId {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&entry.wanted_at.as_millisecond().to_be_bytes()[2..]);
    id[6..14].copy_from_slice(&entry.id.job.0[8..]);
    id[14..].copy_from_slice(&entry.id.event.to_be_bytes()[6..]);
    JobId(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jobwright_core::{effect::Effect, event::Recorded, job::Job};

    use super::*;
    use crate::{
        jobs::{self, Head, Outlook, Tail},
        outbox::State,
        trial::*,
    };

    fn entry(job: JobId, event: u64) -> Entry {
        let id = EffectId { job, event, index: 0 };
        let effect = Effect::TellParent { parent: id, completed: true };
        Entry { id, effect, wanted_at: at(1), state: State::Wanted { next_at: at(1) }, tries: 0, frozen: None }
    }

    /// Puts a job there that says to be asked for by an effect.
    fn put(trial: &Trial, id: JobId, parent: Option<EffectId>) {
        let Recorded { number, at, event } = opened(id, "acme", &["ask"]);
        let Event::JobOpened(opened) = event else { panic!("a job begins with its opening") };
        let events =
            [Recorded { number, at, event: Event::JobOpened(jobwright_core::event::Opened { parent, ..opened }) }];
        let head = Head::of(&Job::replay(&events).unwrap().unwrap(), Outlook::default());
        trial.commit(jobs::append(None, &head, &events, &mut Tail::default()).unwrap());
    }

    #[test]
    fn a_chain_of_thousands_of_jobs_has_as_many_ids_and_each_is_the_same_at_every_try() {
        let (mut ids, mut job) = (BTreeSet::new(), job_id(1, 1));
        for _ in 0..5_000 {
            let asked = entry(job, 5);
            job = child_id(&asked, 0);
            assert_eq!(job, child_id(&Entry { tries: 3, ..asked }, 0));
            assert!(ids.insert(job));
        }
    }

    #[test]
    fn a_stranger_under_its_id_is_passed_over_and_what_was_started_before_keeps_its_id() {
        let trial = Trial::new();
        let asked = entry(job_id(1, 1), 5);
        let (first, second) = (child_id(&asked, 0), child_id(&asked, 1));
        let found = |trial: &Trial| child_of(&trial.reader(), &asked).unwrap();
        assert_eq!(found(&trial), Some(ChildOf::Free(first)));
        put(&trial, former_id(&asked), None);
        assert_eq!(found(&trial), Some(ChildOf::Free(first)), "a stranger under the former id");
        put(&trial, first, Some(EffectId { event: 6, ..asked.id }));
        assert_eq!(found(&trial), Some(ChildOf::Free(second)), "a stranger under its id");
        put(&trial, second, Some(asked.id));
        assert_eq!(found(&trial), Some(ChildOf::Runs(second)));
        let trial = Trial::new();
        put(&trial, former_id(&asked), Some(asked.id));
        assert_eq!(child_of(&trial.reader(), &asked).unwrap(), Some(ChildOf::Runs(former_id(&asked))));
    }
}
