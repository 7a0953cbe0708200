//! What only the one in the seat may touch: what is kept in mind of the store.
//!
//! Owns: jobs as they are after their last commit, clients and staff as they were read, and what is due. Nothing here is
//! the truth, and each has its bound: a parked job costs no memory once it has aged out. One function hears of every
//! change that is committed, so nothing here can be stale.

use super::desks::OpenTasks;
use super::due::Due;
use super::recent::Recent;
use crate::Prepared;
use jobwright_core::{
    directory::{Client, Staff},
    event::Revision,
    id::{ClientId, DefinitionId, Hash, JobId, StaffId},
    job::{Agenda, Job},
};
use jobwright_store::{
    Loaded, Op, Space, directory,
    jobs::{self, Head, Tail},
    sabotage::{Bug, is_planted},
    woken::Changed,
};
use std::{borrow::Cow, sync::Arc};

/// Most jobs kept in mind after their turn, the ones that are quiet: they age out.
const JOBS_MAX: usize = 256;
/// Most clients kept in mind.
const CLIENTS_MAX: usize = 1024;
/// Most definitions whose newest version is kept in mind.
const LATEST_MAX: usize = 256;

/// A job as it is after its last commit, with all that its next turn needs.
pub(super) struct LiveJob {
    pub(super) job: Job,
    /// Which of its tasks may have something to do.
    pub(super) agenda: Agenda,
    /// Its head as it is stored; none before its first commit.
    pub(super) head: Option<Loaded<Head>>,
    pub(super) tail: Tail,
    pub(super) prepared: Arc<Prepared>,
}

/// A client and the staff, as a turn sees them.
#[derive(Clone)]
pub(super) struct Slice {
    pub(super) client: Arc<Loaded<Option<Client>>>,
    pub(super) staff: Arc<Loaded<Vec<Staff>>>,
}

impl Slice {
    pub(super) fn revision(&self) -> Revision {
        Revision { client: self.client.version, staff: self.staff.version }
    }

    /// The client; an empty record when it was removed.
    pub(super) fn client(&self, id: &ClientId) -> Cow<'_, Client> {
        match &self.client.value {
            Some(client) => Cow::Borrowed(client),
            None => Cow::Owned(Client::removed(id.clone())),
        }
    }
}

pub(super) struct Held {
    pub(super) jobs: Recent<JobId, Box<LiveJob>>,
    pub(super) clients: Recent<ClientId, Arc<Loaded<Option<Client>>>>,
    pub(super) staff: Option<Arc<Loaded<Vec<Staff>>>>,
    /// The newest version of a definition.
    pub(super) latest: Recent<DefinitionId, Hash>,
    pub(super) due: Due,
    /// How many open tasks lie on whose desk, once somebody has asked.
    pub(super) open_tasks: Option<Arc<OpenTasks>>,
    /// Tasks that came to a desk (or went) in what is decided and not committed yet, while nobody has counted.
    pub(super) moved: Vec<(StaffId, bool)>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            jobs: Recent::of_at_most(JOBS_MAX),
            clients: Recent::of_at_most(CLIENTS_MAX),
            staff: None,
            latest: Recent::of_at_most(LATEST_MAX),
            due: Due::default(),
            open_tasks: None,
            moved: vec![],
        }
    }
}

impl Held {
    /// Hears of a change that is about to be committed: the one place where what is kept in mind is let go.
    pub(super) fn changed(&mut self, op: &Op) {
        let key = op.key();
        match key.space {
            Space::Job => drop(jobs::changed(key).and_then(|job| self.jobs.take(&job))),
            Space::Client | Space::Staff => match directory::changed(key) {
                Some(Changed::Client(_)) if is_planted(Bug::StaleClient) => {}
                Some(Changed::Client(client)) => drop(self.clients.take(&client)),
                Some(Changed::Staff) | None => self.staff = None,
            },
            Space::Definition => self.latest.clear(),
            Space::Timer | Space::Outbox | Space::TaskByChange => self.due.changed(op),
            _ => {}
        }
    }

    /// Forgets everything: what became of a commit is not known.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
