//! Publishing a version, and what it means for running jobs.
//!
//! Owns: the publication, the question whether running jobs move, and moving them. Never silent: whoever publishes is
//! shown the plan first (b014). Leaves checking and testing a definition to whoever hands in its plan.

use super::held::Held;
use super::seat::Seated;
use super::slot::Slot;
use super::wish::{ChangedClients, Wish};
use super::{Engine, Looked};
use crate::turn::Cause;
use crate::{Error, Prepared};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::{
    command::{Command, MoveTo},
    event::Actor,
    id::{Hash, JobId, Name},
    job::{Agenda, Preview, preview},
    plan::{Plan, RunningJobs},
};
use jobwright_store::{
    Draft,
    definitions::{self, Publication, Source},
    directory::{self, ContactRole},
    jobs,
};
use std::sync::Arc;

/// Versions and jobs read at once.
const PAGE: usize = 200;

/// A version to publish.
pub struct Publish {
    /// Its plan, checked.
    pub plan: Plan,
    /// Its canonical text.
    pub text: String,
    /// Who publishes it.
    pub by: Actor,
}

/// What becomes of running jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They end on the version they began with (b017).
    Keep,
    /// They take the new text where they have not begun (b016).
    Update,
    /// What the definition itself says; `ask` means keep here, since nobody is there to be asked.
    AsDefined,
}

/// What publishing would mean for running jobs.
#[derive(Debug, Default)]
pub struct Plans {
    /// Each running job of another version, with what moving it would do.
    pub jobs: Vec<(JobId, Preview)>,
}

/// What publishing did.
#[derive(Debug)]
pub struct Published {
    /// The version.
    pub hash: Hash,
    /// Its number, counted from 1; the same as before when nothing changed.
    pub number: u32,
    /// Whether there was something to publish.
    pub is_new: bool,
    /// Jobs that moved.
    pub moved: Vec<JobId>,
    /// Jobs that stayed, and why.
    pub kept: Vec<(JobId, String)>,
}

/// A move of running jobs to another version.
pub(super) struct Moving {
    by: Actor,
    renamed: Vec<(Name, Name)>,
    prepared: Arc<Prepared>,
}

impl Engine {
    /// What publishing this plan would mean for running jobs (b015: empty when there are none).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plans(&self, plan: &Plan) -> Result<Plans, Error> {
        let renamed = renamed(plan);
        let prepared = self.prepare(plan.clone())?;
        let mut plans = Plans::default();
        for job in self.running(plan)? {
            let preview = match self.preview(job, &prepared, &renamed) {
                Err(error) if error.is_of_one_job() => {
                    Preview { conflicts: vec![error.in_full()], ..Preview::default() }
                }
                preview => preview?,
            };
            plans.jobs.push((job, preview));
        }
        Ok(plans)
    }

    fn preview(&self, job: JobId, prepared: &Prepared, renamed: &[(Name, Name)]) -> Result<Preview, Error> {
        let looked = self.look(job)?;
        let mut preview = preview(&looked.job, &looked.prepared.plan, &prepared.plan, renamed);
        preview.conflicts.extend(self.held_back(&looked, prepared)?);
        Ok(preview)
    }

    /// Publishes a version, creates the contact roles it names, and moves running jobs or keeps them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn publish(&self, publish: &Publish, existing: Existing) -> Result<Published, Error> {
        let plan = &publish.plan;
        let mut seated = self.sit()?;
        let latest = definitions::latest(&self.reader(), &plan.id)?;
        let is_new = latest.as_ref().is_none_or(|latest| latest.hash != plan.hash);
        let number = latest.map_or(0, |latest| latest.number) + u32::from(is_new);
        if is_new {
            self.write_version(&mut seated, publish, number)?;
        }
        self.write_roles(&mut seated, publish)?;
        let mut published = Published { hash: plan.hash, number, is_new, moved: vec![], kept: vec![] };
        self.move_jobs(&mut seated, publish, existing, &mut published)?;
        Ok(published)
    }

    fn write_version(&self, held: &mut Held, publish: &Publish, number: u32) -> Result<(), Error> {
        let plan = &publish.plan;
        let publication = Publication {
            id: plan.id.clone(),
            number,
            hash: plan.hash,
            label: plan.version.clone(),
            at: self.now(),
            by: publish.by.clone(),
        };
        let source = Source { id: plan.id.clone(), text: publish.text.clone(), files: Default::default() };
        self.commit(held, definitions::publish(&publication, &source)?)?;
        Ok(())
    }

    /// The contact roles that a version names and nobody has listed yet.
    fn write_roles(&self, held: &mut Held, publish: &Publish) -> Result<(), Error> {
        let door = format!("publish {}", publish.plan.id);
        let who = Attribution { by: publish.by.clone(), door, note: None };
        for (id, label) in &publish.plan.roles {
            if directory::role(&self.reader(), id)?.is_none() {
                let role = ContactRole { id: id.clone(), label: label.clone(), hint: None };
                let draft = self.role_draft(id, Some(&role), &who)?;
                self.commit(held, draft)?;
            }
        }
        Ok(())
    }

    fn move_jobs(
        &self,
        seated: &mut Seated<'_>,
        publish: &Publish,
        existing: Existing,
        published: &mut Published,
    ) -> Result<(), Error> {
        let plan = &publish.plan;
        let moves = match existing {
            Existing::Keep => false,
            Existing::Update => true,
            Existing::AsDefined => plan.on_change.running_jobs == RunningJobs::Auto,
        };
        let running = self.running(plan)?;
        if !moves {
            let why = "running jobs are kept on the version they began with";
            published.kept.extend(running.into_iter().map(|job| (job, why.into())));
            return Ok(());
        }
        let moving =
            Arc::new(Moving { by: publish.by.clone(), renamed: renamed(plan), prepared: self.prepared(plan.hash)? });
        let wishes = running.iter().map(|job| Wish::Move(*job, Arc::clone(&moving))).collect();
        for (job, answer) in running.into_iter().zip(self.all(seated, wishes)) {
            match answer {
                Ok(_) => published.moved.push(job),
                Err(Error::Refused(refusal)) => published.kept.push((job, refusal.to_string())),
                Err(Error::HeldBack(why)) => published.kept.push((job, why)),
                // What keeps one job where it is keeps no other.
                Err(error) => match error.alone() {
                    error if error.is_of_one_job() => published.kept.push((job, error.in_full())),
                    error => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Moves one job, in a turn under the new version.
    pub(super) fn decide_move(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        job: JobId,
        moving: &Moving,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        if moving.prepared.plan.on_change.unless.is_some()
            && let Some(why) = self.held_back(&self.try_look(job)?, &moving.prepared)?
        {
            return Err(Error::HeldBack(why));
        }
        let mut live = self.live_of(held, slot, job)?;
        let before = Arc::clone(&live.prepared.plan);
        let to = MoveTo { by: moving.by.clone(), renamed: moving.renamed.clone(), before };
        live.prepared = Arc::clone(&moving.prepared);
        live.agenda = Agenda::whole(&live.prepared.plan);
        let cause = Cause::Command(Box::new(Command::Move(to)));
        self.turn(held, slot, live, cause, changed, |_| Ok(Draft::default()))
    }

    /// Why the new version holds a job back, by what the job sees under its old one.
    fn held_back(&self, looked: &Looked, prepared: &Prepared) -> Result<Option<String>, Error> {
        let Some(unless) = prepared.plan.on_change.unless else { return Ok(None) };
        let scene = looked.scene(self)?;
        Ok(match prepared.holds(unless, &scene.seen(crate::facts::Focus::default())) {
            Ok(false) => None,
            Ok(true) => Some("`on_change: unless` holds it back".into()),
            Err(why) => Some(format!("`on_change: unless` failed: {why}")),
        })
    }

    /// Running jobs of other versions of this definition.
    fn running(&self, plan: &Plan) -> Result<Vec<JobId>, Error> {
        let mut running = Vec::new();
        let mut below = None;
        loop {
            let page = definitions::versions(&self.reader(), &plan.id, below, PAGE)?;
            let mut hashes: Vec<Hash> = page.found.iter().map(|version| version.hash).collect();
            hashes.dedup();
            for hash in hashes.into_iter().filter(|hash| *hash != plan.hash) {
                self.open_jobs_of(hash, &mut running)?;
            }
            below = page.next;
            if below.is_none() {
                running.sort();
                running.dedup();
                return Ok(running);
            }
        }
    }

    fn open_jobs_of(&self, hash: Hash, into: &mut Vec<JobId>) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = jobs::open_of(&self.reader(), hash, after, PAGE)?;
            into.extend(page.found);
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

fn renamed(plan: &Plan) -> Vec<(Name, Name)> {
    plan.on_change.map.iter().map(|(old, new)| (old.clone(), new.clone())).collect()
}
