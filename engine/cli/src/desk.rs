//! A practice at work: its folder and its engine, and who sits before it.
//!
//! Owns: from the names that people type to jobs, tasks and persons; who acts, as they claim it. Whoever may open the
//! folder is trusted; the claim and the account of the operating system are journaled. Leaves finding the store, here or
//! in the process that has it, to `reach`.

use std::sync::Arc;

use jobwright_core::{
    access::{self, Action, Allowed, Denied, Resource},
    directory::trail::Attribution,
    event::Actor,
    id::{ContactId, JobId, StaffId},
    job::Job,
    recipient::{Person, PersonId},
    task::TaskKey,
};
use jobwright_definition::suggest::suggest;
use jobwright_runtime::{Engine, Looked};
use jobwright_store::directory;
use jobwright_store::jobs::{self, Found};
use jobwright_store::{Blobs, LocalStore};
use tokio::runtime::Runtime;

use crate::arguments::Global;
use crate::assemble::{Opened, engine_report, store_report};
use crate::caller::account;
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Before a contact's id in `--as`.
const CONTACT: &str = "contact:";

/// A practice at work.
pub struct Desk {
    /// Its folder.
    pub practice: Arc<Practice>,
    /// Its engine.
    pub engine: Arc<Engine>,
    /// The engine's store, for backups and checks.
    pub store: Arc<LocalStore>,
    /// The store's large files.
    pub files: Arc<Blobs>,
    /// Whether the engine is one that goes on by itself after the command.
    pub goes_on: bool,
    acting: Option<String>,
    note: Option<String>,
    account: String,
}

impl Desk {
    /// The desk of somebody at this machine, for whom alone the engine was opened.
    pub fn own(practice: Practice, opened: Opened, global: &Global) -> Self {
        let practice = Arc::new(practice);
        Self { goes_on: false, ..Self::of_caller(practice, opened, global, account()) }
    }

    /// The desk of somebody else at an engine that goes on.
    pub fn of_caller(practice: Arc<Practice>, opened: Opened, global: &Global, account: String) -> Self {
        let (acting, note) = (global.acting.clone(), global.note.clone());
        let Opened { engine, store, files } = opened;
        Self { practice, engine, store, files, goes_on: true, acting, note, account }
    }

    /// The engine with its store, for whoever serves others with it.
    pub fn opened(&self) -> Opened {
        Opened { engine: self.engine.clone(), store: self.store.clone(), files: self.files.clone() }
    }

    /// A note given with the command.
    pub fn note(&self) -> Option<String> {
        self.note.clone()
    }

    /// The job of this name: an id, its beginning or end, or `definition/client/period`.
    pub fn job(&self, name: &str) -> Result<JobId> {
        let missing = |what: String| Report::new(Exit::NotFound, what).next("`jobwright jobs` lists them");
        match jobs::find(&self.engine.reader(), name).map_err(store_report)? {
            Found::One(job) => Ok(job),
            Found::Nothing => Err(missing(format!("there is no job `{name}`"))),
            Found::TooShort => Err(missing(format!("`{name}` is too short to name a job; give at least four digits"))),
            Found::Several(some) => {
                let report = missing(format!("`{name}` names several jobs"));
                Err(some.iter().fold(report, |report, job| report.because(format!("job {job}"))))
            }
        }
    }

    /// A job with everything around it.
    pub fn look(&self, name: &str) -> Result<Looked> {
        self.engine.look(self.job(name)?).map_err(engine_report)
    }

    /// A task of a job by its name.
    pub fn task(&self, job: &Job, name: &str) -> Result<TaskKey> {
        let unknown = || {
            let names: Vec<String> = job.tasks.keys().map(ToString::to_string).collect();
            let report = Report::new(Exit::NotFound, format!("job {} has no task `{name}`", short(job.id)));
            match suggest(name, names.iter().map(String::as_str)) {
                Some(meant) => report.next(format!("did you mean `{meant}`?")),
                None => report.next(format!("it has: {}", names.join(", "))),
            }
        };
        let key: TaskKey = name.parse().map_err(|_| unknown())?;
        if job.run(&key).is_some() { Ok(key) } else { Err(unknown()) }
    }

    /// Who acts: `--as`, else the operator of practice.yaml. A contact is one of the job's client.
    pub fn actor(&self) -> Result<Actor> {
        let entered_by = self.account.clone();
        let Some(claim) = &self.acting else {
            return Ok(match &self.practice.file.practice.operator {
                Some(id) => Actor::Staff { id: id.clone(), entered_by },
                None => Actor::Operator { entered_by },
            });
        };
        let bad = |claim: &str| {
            Report::usage(format!("`{claim}` names nobody"))
                .next("write `--as pat` for staff, `--as contact:ann` for a contact")
        };
        match claim.strip_prefix(CONTACT) {
            Some(id) => {
                // Of which client is asked where it matters: at the job, or at the document.
                let id = id.rsplit_once('/').map_or(id, |(_, id)| id);
                let id: ContactId = id.parse().map_err(|_| bad(claim))?;
                // There is no door of the client's own yet: whoever may open the folder typed it.
                let staff = self.practice.file.practice.operator.clone();
                Ok(Actor::Entered { contact: id, staff, entered_by, is_present: true })
            }
            None => {
                let id: StaffId = claim.parse().map_err(|_| bad(claim))?;
                Ok(Actor::Staff { id, entered_by })
            }
        }
    }

    /// Who changes the directory through this door, for its trail.
    pub fn attribution(&self, door: impl Into<String>) -> Result<Attribution> {
        Ok(Attribution { by: self.actor()?, door: door.into(), note: self.note() })
    }

    /// Whether who acts may do this.
    pub fn may(&self, action: Action, resource: Resource) -> Result<Allowed> {
        let staff = directory::staff(&self.engine.reader()).map_err(store_report)?.value;
        access::may(&self.actor()?, action, resource, &staff).map_err(|denied| {
            let exit = if matches!(denied, Denied::NotOnStaff(_)) { Exit::NotFound } else { Exit::No };
            Report::new(exit, denied.to_string()).next(denied.mend())
        })
    }

    /// Who acts on a job, as a person of its directory, and whether they are active there.
    pub fn person(&self, looked: &Looked) -> Result<(Actor, bool)> {
        let actor = self.actor()?;
        let active = match actor.person() {
            None => {
                return Err(Report::usage(
                    "say who acts: `--as pat` for staff, `--as contact:ann` for a client's contact",
                )
                .next("or name yourself once, as `operator:` in practice.yaml"));
            }
            Some(PersonId::Staff(id)) => {
                let found = looked.staff().iter().find(|one| one.id == id);
                found.ok_or_else(|| nobody("member of staff", id.as_str()))?.active
            }
            Some(PersonId::Contact(id)) => {
                let found = looked.client.contact(&id);
                let what = format!("contact of client {}", looked.job.client);
                found.ok_or_else(|| nobody(&what, id.as_str()))?.active
            }
        };
        Ok((actor, active))
    }

    /// The same act, entered by staff for a contact of the job's client, by the name that `--for` gives.
    pub fn entering(&self, looked: &Looked, (by, active): (Actor, bool), contact: &str) -> Result<(Actor, bool)> {
        let Actor::Staff { id: staff, entered_by } = by else {
            return Err(Report::usage("`--for` says for whom staff enter it: `--as pat --for contact:ann`"));
        };
        let name = contact.strip_prefix(CONTACT).unwrap_or(contact);
        let found = looked.client.contacts.iter().find(|one| one.id.as_str() == name);
        let found = found.ok_or_else(|| nobody(&format!("contact of client {}", looked.job.client), name))?;
        let contact = found.id.clone();
        Ok((Actor::Entered { contact, staff: Some(staff), entered_by, is_present: false }, active && found.active))
    }

    /// A person by the name that `--to` gives: staff, or a contact of the job's client.
    pub fn named(&self, looked: &Looked, name: &str) -> Result<Person> {
        if let Some(id) = name.strip_prefix(CONTACT) {
            let found = looked.client.contacts.iter().find(|one| one.id.as_str() == id);
            let found = found.ok_or_else(|| nobody(&format!("contact of client {}", looked.job.client), id))?;
            let id = PersonId::Contact(found.id.clone());
            return Ok(Person { id, name: found.name.clone(), address: found.email.clone() });
        }
        let found = looked.staff().iter().find(|one| one.id.as_str() == name && one.active);
        let found = found.ok_or_else(|| nobody("active member of staff", name))?;
        let id = PersonId::Staff(found.id.clone());
        Ok(Person { id, name: found.name.clone(), address: found.email.clone() })
    }
}

fn nobody(what: &str, id: &str) -> Report {
    Report::new(Exit::NotFound, format!("there is no {what} `{id}`"))
}

/// The id of a job that begins now: in the order of time, which is the store's where the machine's is doubtful.
pub fn new_job(engine: &Engine) -> JobId {
    let id = match engine.clock_doubt() {
        None => uuid::Uuid::now_v7(),
        Some(_) => {
            let now = engine.now();
            let seconds = u64::try_from(now.as_second()).unwrap_or_default();
            let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
            uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
        }
    };
    JobId(*id.as_bytes())
}

/// A job's id as people need it: the end of it tells jobs of one moment apart.
pub fn short(job: JobId) -> String {
    let id = job.to_string();
    id[id.len() - 8..].to_owned()
}

/// What async work runs on.
pub fn runtime() -> Result<Runtime> {
    let made = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    made.map_err(|error| Report::new(Exit::Outside, "cannot start threads").caused_by(&error))
}
