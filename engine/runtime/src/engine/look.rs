//! A job with everything around it, read once.

use super::Engine;
use super::held::Slice;
use crate::answer::may_be_given;
use crate::facts::Scene;
use crate::{Error, Prepared};
use jiff::Timestamp;
use jobwright_core::{
    calendar::Calendar,
    command::{Act, Command, Refusal},
    directory::{Client, Staff},
    event::{Event, Recorded, Revision},
    id::JobId,
    job::{Job, decide},
};
use jobwright_store::{
    Loaded, directory,
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
    slice: Slice,
    now: Timestamp,
}

impl Engine {
    /// Reads a job with everything around it.
    ///
    /// # Errors
    /// When it is not there, or its events do not fit: then it is set aside.
    pub fn look(&self, id: JobId) -> Result<Looked, Error> {
        let looked = self.try_look(id);
        if let Err(error @ Error::SetAside { .. }) = &looked {
            self.set_aside(id, error)?;
        }
        looked
    }

    /// The same, and leaves a job that does not fit where it is.
    pub(super) fn try_look(&self, id: JobId) -> Result<Looked, Error> {
        let reader = self.reader();
        let loaded = jobs::load(&reader, id)?.ok_or(Error::NoSuchJob(id))?;
        let job = Job::replay(&loaded.events).map_err(|source| Error::SetAside { job: id, source })?;
        let job = job.ok_or(Error::NoSuchJob(id))?;
        let prepared = self.prepared(job.hash)?;
        let client = Arc::new(directory::client(&reader, &job.client)?);
        let slice = Slice { client, staff: Arc::new(directory::staff(&reader)?) };
        let client = slice.client(&job.client).into_owned();
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
            open_tasks: None,
            calendar: self.calendar(engine)?,
            now: self.now,
        })
    }

    /// What a person's act would bring about, and is not done.
    ///
    /// # Errors
    /// Why it would be refused.
    pub fn would(&self, scene: &Scene<'_>, command: Command) -> Result<Vec<Event>, Refusal> {
        let given = match &command {
            Command::Act { task, act: Act::Reassign { people }, by, note, .. } => {
                may_be_given(scene, task, people, by, note.as_deref())
            }
            _ => Ok(()),
        };
        let events = decide(&self.job, &self.prepared.plan, command, self.now)?;
        given.map(|()| events)
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
}
