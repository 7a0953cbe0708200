//! Publishing a version, and what it means for running jobs.
//!
//! Owns: the publication, the question whether running jobs move, and moving them. Never silent: whoever publishes is
//! shown the plan first (b014). Leaves checking and testing a definition to whoever hands in its plan.

use super::Engine;
use crate::Error;
use crate::turn::Cause;
use jobwright_core::{
    command::{Command, MoveTo},
    event::Actor,
    id::{Hash, JobId, Name},
    job::{Preview, preview},
    plan::{Plan, RunningJobs},
};
use jobwright_store::{
    Draft,
    definitions::{self, Publication, Source},
    directory::ContactRole,
    jobs,
};

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

impl Engine {
    /// What publishing this plan would mean for running jobs (b015: empty when there are none).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plans(&self, plan: &Plan) -> Result<Plans, Error> {
        let renamed = renamed(plan);
        let mut plans = Plans::default();
        for job in self.running(plan)? {
            let looked = self.look(job)?;
            plans.jobs.push((job, preview(&looked.job, plan, &renamed)));
        }
        Ok(plans)
    }

    /// Publishes a version, creates the contact roles it names, and moves running jobs or keeps them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn publish(&self, publish: &Publish, existing: Existing) -> Result<Published, Error> {
        let plan = &publish.plan;
        let latest = definitions::latest(&self.reader(), &plan.id)?;
        let is_new = latest.as_ref().is_none_or(|latest| latest.hash != plan.hash);
        let number = latest.map_or(0, |latest| latest.number) + u32::from(is_new);
        if is_new {
            self.write_version(publish, number)?;
        }
        for (id, label) in &plan.roles {
            if jobwright_store::directory::role(&self.reader(), id)?.is_none() {
                self.put_role(&ContactRole { id: id.clone(), label: label.clone(), hint: None })?;
            }
        }
        let mut published = Published { hash: plan.hash, number, is_new, moved: vec![], kept: vec![] };
        self.move_jobs(publish, existing, &mut published)?;
        Ok(published)
    }

    fn write_version(&self, publish: &Publish, number: u32) -> Result<(), Error> {
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
        self.commit(definitions::publish(&publication, &source)?)?;
        Ok(())
    }

    fn move_jobs(&self, publish: &Publish, existing: Existing, published: &mut Published) -> Result<(), Error> {
        let plan = &publish.plan;
        let moves = match existing {
            Existing::Keep => false,
            Existing::Update => true,
            Existing::AsDefined => plan.on_change.running_jobs == RunningJobs::Auto,
        };
        for job in self.running(plan)? {
            if !moves {
                published.kept.push((job, "running jobs are kept on the version they began with".into()));
                continue;
            }
            match self.move_one(job, publish, existing) {
                Ok(()) => published.moved.push(job),
                Err(Error::Refused(refusal)) => published.kept.push((job, refusal.to_string())),
                Err(Error::HeldBack(why)) => published.kept.push((job, why)),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Moves one job, in a turn under the new version.
    fn move_one(&self, job: JobId, publish: &Publish, existing: Existing) -> Result<(), Error> {
        let looked = self.look(job)?;
        let prepared = self.prepared(publish.plan.hash)?;
        if existing == Existing::AsDefined
            && let Some(unless) = publish.plan.on_change.unless
        {
            let scene = looked.scene(self)?;
            let facts = scene.seen(crate::facts::Focus::default());
            match prepared.holds(unless, &facts) {
                Ok(false) => {}
                Ok(true) => return Err(Error::HeldBack("`on_change: unless` holds it back".into())),
                Err(why) => return Err(Error::HeldBack(format!("`on_change: unless` failed: {why}"))),
            }
        }
        let to = MoveTo { by: publish.by.clone(), renamed: renamed(&publish.plan) };
        let turned = looked.take_under(self, &prepared, Cause::Command(Box::new(Command::Move(to))))?;
        let is_unfinished = turned.is_unfinished;
        self.commit_turn(Some(&looked.head), &turned, &looked.slice, Draft::default())?;
        if is_unfinished {
            self.turn(job, Cause::Command(Box::new(Command::Advance)), Draft::default())?;
        }
        Ok(())
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
