//! A job with everything around it, read once.

use super::{Engine, Slice};
use crate::facts::Scene;
use crate::turn::{self, Cause, Turned};
use crate::{Error, Prepared};
use jiff::Timestamp;
use jobwright_core::{
    calendar::Calendar,
    directory::{Client, Staff},
    event::{Recorded, Revision},
    id::JobId,
    job::Job,
};
use jobwright_store::{
    Loaded,
    jobs::{self, Head},
};
use std::sync::Arc;

/// A job as it stands, its timeline, and the slice of the world that its next turn would see.
pub struct Looked {
    /// Its head.
    pub head: Loaded<Head>,
    /// The job.
    pub job: Job,
    /// Its timeline.
    pub events: Vec<Recorded>,
    /// Its compiled definition.
    pub prepared: Arc<Prepared>,
    /// Its client; an empty record when the client was removed.
    pub client: Client,
    pub(super) slice: Slice,
    now: Timestamp,
}

impl Engine {
    /// Reads a job with everything around it.
    ///
    /// # Errors
    /// When it is not there, or its events do not fit: then it is set aside.
    pub fn look(&self, id: JobId) -> Result<Looked, Error> {
        let loaded = jobs::load(&self.reader(), id)?.ok_or(Error::NoSuchJob(id))?;
        let job = match Job::replay(&loaded.events) {
            Ok(Some(job)) => job,
            Ok(None) => return Err(Error::NoSuchJob(id)),
            Err(source) => {
                if loaded.head.value.set_aside.is_none() {
                    self.set_aside(&loaded.head, source.to_string())?;
                }
                return Err(Error::SetAside { job: id, source });
            }
        };
        let prepared = self.prepared(job.hash)?;
        let slice = self.slice(&job.client)?;
        let client = slice.client.value.clone().unwrap_or_else(|| Client::removed(job.client.clone()));
        Ok(Looked { head: loaded.head, job, events: loaded.events, prepared, client, slice, now: self.now() })
    }
}

impl Looked {
    /// What a turn of the job would see now.
    ///
    /// # Errors
    /// When the calendar of its definition is not known.
    pub fn scene<'a>(&'a self, engine: &'a Engine) -> Result<Scene<'a>, Error> {
        Ok(Scene {
            world: engine.world(),
            prepared: &self.prepared,
            job: &self.job,
            client: &self.client,
            staff: &self.slice.staff.value,
            calendar: self.calendar(engine)?,
            now: self.now,
        })
    }

    /// All staff.
    pub fn staff(&self) -> &[Staff] {
        &self.slice.staff.value
    }

    /// The versions of the directory in it.
    pub fn revision(&self) -> Revision {
        self.slice.revision()
    }

    fn calendar<'a>(&self, engine: &'a Engine) -> Result<&'a Calendar, Error> {
        engine.world().calendar_of(&self.prepared.plan)
    }

    pub(super) fn take(&self, engine: &Engine, cause: Cause) -> Result<Turned, Error> {
        self.take_under(engine, &self.prepared, cause)
    }

    /// Takes a turn under another version of the definition.
    pub(super) fn take_under(&self, engine: &Engine, prepared: &Prepared, cause: Cause) -> Result<Turned, Error> {
        let calendar = engine.world().calendar_of(&prepared.plan)?;
        let setting = engine.setting(prepared, calendar, &self.client, &self.slice);
        Ok(turn::taken(self.job.clone(), cause, &setting)?)
    }
}
