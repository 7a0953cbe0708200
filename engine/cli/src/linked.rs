//! Which job started a job, and which jobs it started.
//!
//! Owns: reading the links of one job from both sides, and how they are told to people and machines.

use std::collections::BTreeMap;

use jobwright_core::event::Event;
use jobwright_core::id::{EffectId, JobId};
use jobwright_core::job::Job;
use jobwright_core::plan::Work;
use jobwright_runtime::Engine;
use jobwright_store::jobs::{self, Head};
use serde_json::{Value as Json, json};

use crate::assemble::store_report;
use crate::desk::short;
use crate::report::Result;

/// Most jobs listed one by one that a job started; `--json` lists all.
const CHILDREN_SHOWN_MAX: usize = 20;

/// The links of a job.
#[derive(Default)]
pub struct Linked {
    /// The job that started it.
    pub parent: Option<Link>,
    /// The jobs it started, in the order in which it asked for them.
    pub children: Vec<Link>,
}

/// One link: the other job, and the task of whichever of the two asked for it.
pub struct Link {
    task: String,
    job: Option<JobId>,
    definition: String,
    state: &'static str,
}

impl Linked {
    /// The links of a job as it stands.
    pub fn of(engine: &Engine, job: &Job) -> Result<Self> {
        let parent = job.parent.map(|parent| asked_by(engine, parent)).transpose()?;
        let mut children = Vec::with_capacity(job.children.len());
        for (effect, child) in &job.children {
            let task = child.task.to_string();
            children.push(match child.job {
                Some(id) => link(engine, task, id)?,
                None => Link { task, job: None, definition: asked_for(engine, *effect)?, state: "not started" },
            });
        }
        Ok(Self { parent, children })
    }

    /// The links of a job by its head: its events are read only where its definition starts jobs.
    pub fn of_head(engine: &Engine, head: &Head) -> Result<Self> {
        let reader = engine.reader();
        let starts = |work: &Work| matches!(work, Work::StartJob(_));
        // A version that cannot be read any more is told where it is needed.
        let prepared = engine.prepared(head.hash).ok();
        let may_start = prepared.is_none_or(|prepared| prepared.plan.tasks.iter().any(|task| starts(&task.work)));
        if may_start {
            let loaded = jobs::load(&reader, head.id).map_err(store_report)?;
            let job = loaded.and_then(|loaded| Job::replay(&loaded.events).ok().flatten());
            return job.map_or(Ok(Self::default()), |job| Self::of(engine, &job));
        }
        let parent = jobs::parent(&reader, head.id).map_err(store_report)?;
        let parent = parent.map(|parent| asked_by(engine, parent)).transpose()?;
        Ok(Self { parent, children: vec![] })
    }

    /// For machines: `parent` and `children`.
    pub fn put_into(&self, shape: &mut Json) {
        shape["parent"] = self.parent.as_ref().map_or(Json::Null, Link::json);
        shape["children"] = self.children.iter().map(Link::json).collect();
    }

    /// For people: a line each, and of many how they stand.
    pub fn lines(&self) -> Vec<String> {
        let parent = self.parent.iter().map(|link| format!("started by {} (task {})", link.words(), link.task));
        let (shown, others) = self.children.split_at(self.children.len().min(CHILDREN_SHOWN_MAX));
        let children = shown.iter().map(|link| format!("task {} started {}", link.task, link.words()));
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        others.iter().for_each(|link| *states.entry(link.state).or_default() += 1);
        let states: Vec<String> = states.iter().map(|(state, number)| format!("{number} {state}")).collect();
        let rest = (!others.is_empty()).then(|| format!("and {} more: {}", others.len(), states.join(", ")));
        parent.chain(children).chain(rest).collect()
    }
}

impl Link {
    /// The end of the other job's id, as lists show it.
    pub fn short(&self) -> String {
        self.job.map(short).unwrap_or_default()
    }

    /// The task that asked.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Whether the other job is not over.
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }

    fn words(&self) -> String {
        match self.job {
            Some(job) => format!("job {job}: {}, {}", self.definition, self.state),
            None => format!("no job yet: {}", self.definition),
        }
    }

    fn json(&self) -> Json {
        json!({
            "task": self.task, "job": self.job.map(|job| job.to_string()), "definition": self.definition,
            "state": self.job.map(|_| self.state),
        })
    }
}

fn asked_by(engine: &Engine, parent: EffectId) -> Result<Link> {
    let task = match jobs::event(&engine.reader(), parent.job, parent.event) {
        Ok(recorded) => match recorded.event {
            Event::ChildAsked { task, .. } => task.to_string(),
            _ => String::new(),
        },
        // `verify` tells of it.
        Err(_) => String::new(),
    };
    link(engine, task, parent.job)
}

fn asked_for(engine: &Engine, effect: EffectId) -> Result<String> {
    let asked = jobs::event(&engine.reader(), effect.job, effect.event).map_err(store_report)?;
    Ok(match asked.event {
        Event::ChildAsked { definition, .. } => definition.to_string(),
        _ => String::new(),
    })
}

fn link(engine: &Engine, task: String, job: JobId) -> Result<Link> {
    let head = jobs::head(&engine.reader(), job).map_err(store_report)?;
    let (definition, state) = match head {
        Some(head) => (head.value.definition.to_string(), head.value.state.word()),
        None => (String::new(), "not there"),
    };
    Ok(Link { task, job: Some(job), definition, state })
}
