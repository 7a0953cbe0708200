//! Starting jobs.
//!
//! Owns: who may have a job, for which period, with which inputs; and the first turn. A job that its definition allows
//! only one of is found, not doubled.

use super::held::{Held, LiveJob};
use super::slot::Slot;
use super::wish::{ChangedClients, Given, Wish, span_of};
use super::{Answer, Engine};
use crate::Error;
use crate::answer::input_values;
use crate::facts::{Focus, Scene};
use crate::turn::{self, Setting};
use jiff::civil::Date;
use jobwright_core::{
    date::{Anchored, Context, Meaning, Period, Periods, When, evaluate},
    event::{Actor, Event, Opened, Recorded},
    id::{ClientId, DefinitionId, EffectId, JobId, Name},
    job::Job,
    plan::{Computed, Schedule},
    value::{Value, Values},
};
use jobwright_store::{Draft, jobs};

/// Why a period cannot be named.
const NO_PERIODS: &str = "this definition has no periods (`schedule: every`)";

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
    /// The job that asks for it.
    pub parent: Option<Parent>,
}

/// What a job that asks for another hands to it beside its inputs.
#[derive(Clone, Debug)]
pub struct Parent {
    /// The effect that asks.
    pub effect: EffectId,
    /// Key dates that the other takes over.
    pub dates: Vec<(Name, When)>,
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
            Self::New(done) => done.job,
            Self::Already(job) => *job,
        }
    }

    fn of(answer: Answer) -> Result<Self, Error> {
        match answer? {
            Given::Already(job) => Ok(Self::Already(job)),
            given => Ok(Self::New(Box::new(given.into_done()?))),
        }
    }
}

/// A job that is being opened: by what it would be known if it is there already.
pub(super) struct Opening {
    start: Start,
    period: Option<String>,
}

impl Engine {
    /// Starts a job and takes its first turns.
    ///
    /// # Errors
    /// When the definition or client is not there, the job is not for this client, its period or inputs cannot be
    /// worked out, or the store cannot be written.
    pub fn start(&self, start: Start) -> Result<Started, Error> {
        let job = start.id;
        let answer = self.ride(Wish::Start(Box::new(start)));
        if let Err(error @ Error::SetAside { .. }) = &answer {
            self.set_aside(job, error)?;
        }
        Started::of(answer)
    }

    /// Starts each of these jobs, as many at once as are said, and tells of each by its place in the order.
    ///
    /// # Errors
    /// When too many callers wait already.
    pub fn start_each(
        &self,
        starts: impl IntoIterator<Item = Start>,
        at_once: usize,
        mut told: impl FnMut(usize, Result<Started, Error>),
    ) -> Result<(), Error> {
        let mut seated = self.sit()?;
        let mut wishes = starts.into_iter().map(|start| Wish::Start(Box::new(start)));
        self.rounds(&mut seated, &mut wishes, at_once, &mut |at, answer| told(at, Started::of(answer)));
        Ok(())
    }

    /// Opens a job and takes its first turn.
    pub(super) fn decide_start(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        start: Start,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let hash = self.latest(held, &start.definition)?;
        let prepared = self.prepared(hash)?;
        let slice = self.slice(held, &start.client)?;
        let Some(client) = &slice.client.value else { return Err(Error::NoSuchClient(start.client.clone())) };
        let open_tasks = self.open_tasks(held, &prepared)?;
        let setting = self.setting(&prepared, client, &slice, open_tasks.as_deref())?;
        let opened = self.opening(&start, &setting)?;
        let period = opened.period.as_ref().map(|period| period.key.clone());
        let given = start.parent.as_ref().map(|parent| parent.dates.clone()).unwrap_or_default();
        self.counters.turn();
        let (job, agenda, turned) = turn::opened(opened, given, &setting)?;
        let live = LiveJob::new(job, agenda, prepared.clone());
        slot.span = span_of(&live);
        slot.opening = Some(Box::new(Opening { start, period }));
        drop(open_tasks);
        self.written((held, slot), live, turned, &slice, Draft::default(), changed).map(Some)
    }

    /// What starting this job would do, without doing it: the job that is there already, or nothing when it would run.
    ///
    /// # Errors
    /// Those of starting it.
    pub fn would_start(&self, start: &Start) -> Result<Option<JobId>, Error> {
        let mut seated = self.sit()?;
        let hash = self.latest(&mut seated, &start.definition)?;
        let prepared = self.prepared(hash)?;
        let slice = self.slice(&mut seated, &start.client)?;
        let Some(client) = &slice.client.value else { return Err(Error::NoSuchClient(start.client.clone())) };
        let setting = self.setting(&prepared, client, &slice, None)?;
        let opened = self.opening(start, &setting)?;
        if prepared.plan.schedule.as_ref().and_then(|schedule| schedule.once_per).is_none() {
            return Ok(None);
        }
        let period = opened.period.map(|period| period.key);
        self.already(&Opening { start: start.clone(), period })
    }

    /// The job that is there already, by the names that its definition allows only one of.
    pub(super) fn already(&self, opening: &Opening) -> Result<Option<JobId>, Error> {
        let (start, period) = (&opening.start, opening.period.as_deref());
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

    fn opening(&self, start: &Start, setting: &Setting<'_>) -> Result<Opened, Error> {
        let plan = &setting.prepared.plan;
        let mut opened = Opened {
            job: start.id,
            definition: start.definition.clone(),
            hash: plan.hash,
            client: start.client.clone(),
            period: None,
            inputs: Values::new(),
            tasks: plan.tasks.iter().map(|task| task.id.clone()).collect(),
            by: start.by.clone(),
            parent: start.parent.as_ref().map(|parent| parent.effect),
        };
        for (name, _) in start.parent.iter().flat_map(|parent| &parent.dates) {
            if !plan.dates.iter().any(|date| date.name == *name) {
                return Err(Error::KeyDates(format!("`{}` has no key date `{name}`", start.definition)));
            }
        }
        if plan.applies_to.is_none() && plan.inputs.is_empty() && start.inputs.is_empty() && plan.schedule.is_none() {
            return match start.period {
                None => Ok(opened),
                Some(_) => Err(Error::Period(NO_PERIODS.into())),
            };
        }
        // The same scene the job will have, so that inputs are worked out by the one evaluator of expressions.
        let first = |opened: &Opened| {
            Job::open(&Recorded { number: 1, at: setting.now, event: Event::JobOpened(opened.clone()) })
                .map_err(|source| Error::SetAside { job: start.id, source })
        };
        let job = first(&opened)?;
        self.applies(start, &setting.scene(&job))?;
        opened.inputs = input_values(&setting.scene(&job), &start.inputs).map_err(Error::Inputs)?;
        let job = first(&opened)?;
        opened.period =
            period(&setting.scene(&job), start.period.as_deref(), start.parent.is_some()).map_err(Error::Period)?;
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

/// The period of a job that is about to open; a job that asks for another may also name a day in it.
fn period(scene: &Scene<'_>, key: Option<&str>, may_be_day: bool) -> Result<Option<Period>, String> {
    let schedule = scene.prepared.plan.schedule.as_ref();
    let Some((schedule, every)) = schedule.and_then(|schedule| Some((schedule, schedule.every?))) else {
        return match key {
            None => Ok(None),
            Some(_) => Err(NO_PERIODS.into()),
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
        Some(key) => match (periods.with_key(key), key.parse::<Date>()) {
            (Err(_), Ok(day)) if may_be_day => {
                periods.holding(day).map(Some).ok_or_else(|| format!("no period holds {day}"))
            }
            (period, _) => period.map(Some).map_err(|fault| fault.to_string()),
        },
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
        Value::Moment(at) => Some(Anchored::Timed(at)),
        Value::Int(number) => Some(Anchored::Int(number)),
        _ => None,
    }
}
