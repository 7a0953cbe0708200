//! Starting jobs.
//!
//! Owns: who may have a job, for which period, with which inputs; and the first turn. A job that its definition allows
//! only one of is found, not doubled.

use super::{Engine, Slice};
use crate::answer::input_values;
use crate::facts::{Focus, Scene};
use crate::turn::{self, Turned};
use crate::{Error, Prepared};
use jobwright_core::{
    date::{Anchored, Context, Meaning, Period, Periods, evaluate},
    directory::Client,
    event::{Actor, Event, Opened, Recorded},
    id::{ClientId, DefinitionId, EffectId, JobId},
    job::Job,
    plan::{Computed, Schedule},
    value::{Value, Values},
};
use jobwright_store::{CommitError, Draft, definitions, jobs};
use std::sync::Arc;

/// A job to start.
#[derive(Clone, Debug)]
pub struct Start {
    /// The job's id, made by whoever has a clock and chance.
    pub id: JobId,
    /// Of which definition: its newest version.
    pub definition: DefinitionId,
    /// For whom.
    pub client: ClientId,
    /// For which period, by key; the one that opened last when absent.
    pub period: Option<String>,
    /// Inputs that are given; the others come from the client's record or their defaults.
    pub inputs: Values,
    /// Who starts it.
    pub by: Actor,
    /// The effect of another job that asks for it.
    pub parent: Option<EffectId>,
}

/// What starting did.
#[derive(Debug)]
pub enum Started {
    /// The job runs.
    New(Box<super::Done>),
    /// Its definition allows one, and it is there already.
    Already(JobId),
}

impl Started {
    /// The job's id.
    pub fn job(&self) -> JobId {
        match self {
            Self::New(done) => done.job.id,
            Self::Already(job) => *job,
        }
    }
}

impl Engine {
    /// Starts a job and takes its first turns.
    ///
    /// # Errors
    /// When the definition or client is not there, the job is not for this client, its period or inputs cannot be
    /// worked out, or the store cannot be written.
    pub fn start(&self, start: Start) -> Result<Started, Error> {
        let _span = tracing::info_span!("job", job = %start.id).entered();
        let latest = definitions::latest(&self.reader(), &start.definition)?;
        let latest = latest.ok_or_else(|| Error::NoSuchDefinition(start.definition.clone()))?;
        let prepared = self.prepared(latest.hash)?;
        let slice = self.slice(&start.client)?;
        let client = slice.client.value.clone().ok_or_else(|| Error::NoSuchClient(start.client.clone()))?;
        let opened = self.opening(&start, &prepared, &client, &slice)?;
        let period = opened.period.as_ref().map(|period| period.key.clone());
        let calendar = self.parts.world.calendar_of(&prepared.plan)?;
        let setting = self.setting(&prepared, calendar, &client, &slice);
        let turned = turn::opened(Event::JobOpened(opened), &setting)?;
        match self.commit_first(&turned, &slice) {
            Ok(()) => {}
            Err(lost @ Error::Commit(CommitError::Conflict(_))) => {
                let already = self.already(&start, period.as_deref())?;
                return already.map(Started::Already).ok_or(lost);
            }
            Err(error) => return Err(error),
        }
        let mut done = super::Done { job: turned.job, events: turned.events };
        if turned.is_unfinished {
            let rest = self.turn(
                start.id,
                turn::Cause::Command(Box::new(jobwright_core::command::Command::Advance)),
                Draft::default(),
            )?;
            done.events.extend(rest.events);
            done.job = rest.job;
        }
        Ok(Started::New(Box::new(done)))
    }

    fn commit_first(&self, turned: &Turned, slice: &Slice) -> Result<(), Error> {
        self.commit_turn(None, turned, slice, Draft::default())
    }

    /// The job that is there already, by the names that its definition allows only one of.
    fn already(&self, start: &Start, period: Option<&str>) -> Result<Option<JobId>, Error> {
        if jobs::head(&self.reader(), start.id)?.is_some() {
            return Ok(Some(start.id));
        }
        let mut after = None;
        loop {
            let page = jobs::of_client(&self.reader(), &start.client, Some(&start.definition), after, 100)?;
            let fits = |head: &jobs::Head| {
                head.outlook.once_per.is_some()
                    && head.state != jobwright_core::job::JobState::Cancelled
                    && (head.outlook.once_per == Some(jobwright_core::plan::OncePer::Client)
                        || head.period.as_ref().map(|period| period.key.as_str()) == period)
            };
            if let Some(head) = page.found.iter().find(|head| fits(&head.value)) {
                return Ok(Some(head.value.id));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    fn opening(
        &self,
        start: &Start,
        prepared: &Arc<Prepared>,
        client: &Client,
        slice: &Slice,
    ) -> Result<Opened, Error> {
        let mut opened = Opened {
            job: start.id,
            definition: start.definition.clone(),
            hash: prepared.plan.hash,
            client: start.client.clone(),
            period: None,
            inputs: Values::new(),
            tasks: prepared.plan.tasks.iter().map(|task| task.id.clone()).collect(),
            by: start.by.clone(),
            parent: start.parent,
        };
        let calendar = self.parts.world.calendar_of(&prepared.plan)?;
        // The same scene the job will have, so that inputs are worked out by the one evaluator of expressions.
        let first = |opened: &Opened| {
            Job::open(&Recorded { number: 1, at: self.now(), event: Event::JobOpened(opened.clone()) })
                .map_err(|source| Error::SetAside { job: start.id, source })
        };
        let scene = |job| Scene {
            world: &self.parts.world,
            prepared,
            job,
            client,
            staff: &slice.staff.value,
            calendar,
            now: self.now(),
        };
        let job = first(&opened)?;
        self.applies(start, &scene(&job))?;
        opened.inputs = input_values(&scene(&job), &start.inputs).map_err(Error::Inputs)?;
        let job = first(&opened)?;
        opened.period = period(&scene(&job), start.period.as_deref()).map_err(Error::Period)?;
        Ok(opened)
    }

    fn applies(&self, start: &Start, scene: &Scene<'_>) -> Result<(), Error> {
        let Some(applies_to) = scene.prepared.plan.applies_to else { return Ok(()) };
        let why = match scene.prepared.holds(applies_to, &scene.seen(Focus::default())) {
            Ok(true) => return Ok(()),
            Ok(false) => format!("`{}` is false", scene.prepared.plan.expression(applies_to).trim()),
            Err(why) => why,
        };
        Err(Error::DoesNotApply { definition: start.definition.clone(), client: start.client.clone(), why })
    }
}

/// The period of a job that is about to open.
fn period(scene: &Scene<'_>, key: Option<&str>) -> Result<Option<Period>, String> {
    let schedule = scene.prepared.plan.schedule.as_ref();
    let Some((schedule, every)) = schedule.and_then(|schedule| Some((schedule, schedule.every?))) else {
        return match key {
            None => Ok(None),
            Some(_) => Err("this definition has no periods (`schedule: every`)".into()),
        };
    };
    let mut periods = match schedule.anchor {
        None => Periods::of_calendar(every),
        Some(anchor) => match scene.prepared.evaluate(anchor, &scene.seen(Focus::default()))? {
            Value::Date(day) => Periods::ending_on(every, day),
            Value::Nothing => {
                let anchor = scene.prepared.plan.expression(anchor);
                return Err(format!("`{}` is empty for this client; fill it in", anchor.trim()));
            }
            other => return Err(format!("the anchor of the schedule gives {}, not a date", other.kind())),
        },
    };
    if let Some(offset) = &schedule.offset {
        let by = whole_number(scene, &offset.amount)?;
        periods = periods.offset(by, offset.unit).map_err(|fault| fault.to_string())?;
    }
    match key {
        Some(key) => periods.with_key(key).map(Some).map_err(|fault| fault.to_string()),
        None => latest(scene, schedule, &periods).map(Some),
    }
}

fn whole_number(scene: &Scene<'_>, computed: &Computed) -> Result<i32, String> {
    let value = match computed {
        Computed::Literal(value) => value.clone(),
        Computed::Expression(id) => scene.prepared.evaluate(*id, &scene.seen(Focus::default()))?,
    };
    match value {
        Value::Int(number) => i32::try_from(number).map_err(|_| format!("an offset of {number} is too large")),
        other => Err(format!("the offset of the schedule gives {}, not a whole number", other.kind())),
    }
}

/// The period whose opening is the latest not after now; without an opening rule, the one that holds today.
fn latest(scene: &Scene<'_>, schedule: &Schedule, periods: &Periods) -> Result<Period, String> {
    let unknown = || "no period has opened yet; name one with --period".to_string();
    let Some(rule) = &schedule.open else { return periods.holding(scene.today()).ok_or_else(unknown) };
    let zone = scene.world.zone_of(&scene.prepared.plan);
    let open = |period: &Period| {
        let lookup = |path: &str| match path {
            "period.start" => Some(Anchored::Day(period.start)),
            "period.end" => Some(Anchored::Day(period.end)),
            path => field(scene, path),
        };
        let ctx = Context {
            zone: &zone,
            calendar: scene.calendar,
            opening: scene.world.opening,
            closing: scene.world.closing,
            meaning: Meaning::Start,
            lookup: &lookup,
        };
        let when = evaluate(rule, &ctx).ok()?;
        ctx.instant(when.value, Meaning::Start).ok()
    };
    periods.latest_open(scene.now, &zone, open).ok_or_else(unknown)
}

/// An anchor or number that an opening rule may take from the client's record or the inputs.
fn field(scene: &Scene<'_>, path: &str) -> Option<Anchored> {
    let (root, rest) = path.split_once('.')?;
    let value = match root {
        "client" => rest.split('.').try_fold(&scene.client.fields, |value, name| value.get(name))?.clone(),
        "inputs" => scene.job.inputs.get(&rest.parse().ok()?)?.clone(),
        _ => return None,
    };
    match value {
        Value::Date(day) => Some(Anchored::Day(day)),
        Value::Int(number) => Some(Anchored::Int(number)),
        _ => None,
    }
}
