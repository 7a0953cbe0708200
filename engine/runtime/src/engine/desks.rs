//! How many open tasks lie on whose desk.
//!
//! Owns: the numbers, counted once when a definition first asks a plugin for people, and kept up by every turn from then
//! on, so that of a hundred jobs started together each sees where the one before it went. In mind alone: a commit that
//! did not come about has them counted anew.

use super::Engine;
use super::held::Held;
use crate::{Error, Prepared};
use jobwright_core::{
    id::{JobId, StaffId},
    recipient::PersonId,
};
use jobwright_store::jobs::{self, Head, PEOPLE_SHOWN_MAX};
use std::{collections::BTreeMap, sync::Arc};

/// Jobs read at once.
const PAGE: usize = 500;
/// Most open jobs that are counted: of more than that, those whose versions come last are left out.
const JOBS_MAX: usize = 200_000;

/// Open tasks by whose desk they lie on.
pub(crate) type OpenTasks = BTreeMap<StaffId, usize>;

impl Engine {
    /// The numbers for a turn, when its definition asks plugins for people.
    pub(super) fn open_tasks(&self, held: &mut Held, prepared: &Prepared) -> Result<Option<Arc<OpenTasks>>, Error> {
        if !prepared.asks_plugins {
            return Ok(None);
        }
        if held.open_tasks.is_none() {
            let mut counted = self.count_open_tasks()?;
            held.moved.iter().for_each(|(one, came)| moved(&mut counted, one, *came));
            held.open_tasks = Some(Arc::new(counted));
        }
        Ok(held.open_tasks.clone())
    }

    /// Counts them in what is committed.
    fn count_open_tasks(&self) -> Result<OpenTasks, Error> {
        let (mut counted, mut after, mut seen) = (OpenTasks::new(), None, 0);
        loop {
            let page = jobs::open(&self.reader(), after, PAGE)?;
            for job in &page.found {
                if let Some(head) = jobs::head(&self.reader(), *job)? {
                    people(&head.value).for_each(|one| *counted.entry(one.clone()).or_default() += 1);
                }
            }
            seen += page.found.len();
            after = page.next;
            if after.is_none() || seen >= JOBS_MAX {
                return Ok(counted);
            }
        }
    }
}

impl Engine {
    /// Open jobs that may have a task on the desk of this member of staff: those whose heads say so, and those with more
    /// tasks or people than a head shows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn jobs_with(&self, staff: &StaffId) -> Result<Vec<JobId>, Error> {
        let (mut found, mut after, mut seen) = (Vec::new(), None, 0);
        loop {
            let page = jobs::open(&self.reader(), after, PAGE)?;
            for job in &page.found {
                let head = jobs::head(&self.reader(), *job)?.filter(|head| {
                    let head = &head.value;
                    let is_cut = head.open as usize > head.tasks.len()
                        || head.tasks.iter().any(|task| task.people.len() >= PEOPLE_SHOWN_MAX);
                    is_cut || people(head).any(|one| one == staff)
                });
                found.extend(head.map(|_| *job));
            }
            seen += page.found.len();
            after = page.next;
            if after.is_none() || seen >= JOBS_MAX {
                return Ok(found);
            }
        }
    }
}

impl Held {
    /// A job goes from one head to another.
    pub(super) fn desks_moved(&mut self, before: Option<&Head>, after: &Head) {
        let gone = before.into_iter().flat_map(people).map(|one| (one, false));
        let moves = gone.chain(people(after).map(|one| (one, true)));
        match &mut self.open_tasks {
            Some(open_tasks) => {
                let open_tasks = Arc::make_mut(open_tasks);
                moves.for_each(|(one, came)| moved(open_tasks, one, came));
            }
            // Whoever counts before this is committed must see it too.
            None => self.moved.extend(moves.map(|(one, came)| (one.clone(), came))),
        }
    }

    /// What was decided so far is committed, or is not going to be.
    pub(super) fn desks_settled(&mut self, all_committed: bool) {
        self.moved.clear();
        if !all_committed {
            self.open_tasks = None;
        }
    }
}

fn moved(open_tasks: &mut OpenTasks, one: &StaffId, came: bool) {
    let number = open_tasks.entry(one.clone()).or_default();
    *number = if came { *number + 1 } else { number.saturating_sub(1) };
}

/// The staff of a job's open tasks, each once a task; of a job with many, those that its head shows.
fn people(head: &Head) -> impl Iterator<Item = &StaffId> {
    head.tasks.iter().flat_map(|task| &task.people).filter_map(|person| match person {
        PersonId::Staff(id) => Some(id),
        PersonId::Contact(_) => None,
    })
}
