//! A practice in memory for the tests of the typed access.

use jiff::Timestamp;
use jobwright_core::{
    directory::{Client, ClientKind, ClientStaff, ClientStatus, Contact, Portal},
    event::{Actor, Event, Opened, Recorded},
    id::{ClientId, ContactId, DefinitionId, EffectId, Hash, JobId, Name},
    value::{Value, Values},
};
use std::collections::{BTreeMap, BTreeSet};

use crate::{CommitError, Draft, MemoryFiles, MemoryStore, Reader, Store, memory};

pub(crate) struct Trial {
    pub(crate) store: MemoryStore,
    pub(crate) files: MemoryFiles,
}

impl Trial {
    pub(crate) fn new() -> Self {
        Self { store: memory::open().unwrap(), files: MemoryFiles::default() }
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.store, &self.files)
    }

    pub(crate) fn commit(&self, draft: Draft) {
        self.try_commit(draft).unwrap();
    }

    /// Makes the commits in their order and stops at the first that is refused.
    pub(crate) fn try_commit(&self, draft: Draft) -> Result<(), CommitError> {
        let commits = draft.into_commits(&self.files, self.store.limits(), 0, None).unwrap();
        let mut all = commits.before.into_iter().chain([commits.main]).chain(commits.after);
        all.try_for_each(|commit| self.store.commit(vec![commit]).unwrap().remove(0).map(drop))
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn job_id(first: u8, last: u8) -> JobId {
    let mut id = [0; 16];
    (id[0], id[15]) = (first, last);
    JobId(id)
}

pub(crate) fn effect_id(job: u8, event: u64) -> EffectId {
    EffectId { job: job_id(job, job), event, index: 0 }
}

pub(crate) fn client_id(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

pub(crate) fn definition_id(id: &str) -> DefinitionId {
    DefinitionId::new(id).unwrap()
}

pub(crate) fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

pub(crate) fn opened(job: JobId, client: &str, tasks: &[&str]) -> Recorded {
    let opened = Opened {
        job,
        definition: definition_id("vat-quarter"),
        hash: Hash([7; 32]),
        client: client_id(client),
        period: None,
        inputs: Values::new(),
        tasks: tasks.iter().map(|task| name(task)).collect(),
        by: Actor::Engine,
        parent: None,
    };
    Recorded { number: 1, at: at(0), event: Event::JobOpened(opened) }
}

pub(crate) fn a_client(id: &str, name: &str, contacts: &[(&str, &str)]) -> Client {
    Client {
        id: client_id(id),
        name: name.into(),
        kind: ClientKind::Company,
        status: ClientStatus::Active,
        services: vec![],
        office: None,
        fields: Value::Map(BTreeMap::new()),
        staff: ClientStaff::default(),
        contacts: contacts.iter().map(|(id, name)| a_contact(id, name)).collect(),
        source: None,
    }
}

pub(crate) fn a_contact(id: &str, name: &str) -> Contact {
    Contact {
        id: ContactId::new(id).unwrap(),
        name: name.into(),
        email: Some(format!("{id}@example.com")),
        roles: BTreeSet::new(),
        department: None,
        position: None,
        offices: vec![],
        phone: None,
        portal: Portal::None,
        active: true,
        crm_opt_out: false,
        can_sign: false,
        bounced: None,
        last_login: None,
        source: None,
        greeting: None,
    }
}
