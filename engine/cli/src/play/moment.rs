//! How far a test moves the clock.
//!
//! Owns: from `advance` and `advance_to` to an instant, by the rules that dates of jobs go by. Days keep the time of
//! day; a rule may hang on the job's own dates.

use jiff::Timestamp;
use jobwright_core::calendar::Direction;
use jobwright_core::date::{Anchor, Anchored, Context, Count, Meaning, Rule, Step, Unit, When, evaluate};
use jobwright_core::event::{DateKey, Dated};
use jobwright_core::task::TaskKey;
use jobwright_runtime::{Engine, Looked};

type Moment = Result<Timestamp, String>;

/// So much later.
pub(super) fn later(engine: &Engine, looked: &Looked, count: u32, unit: Unit) -> Moment {
    let zone = engine.world().zone_of(&looked.prepared.plan);
    let now = engine.now().to_zoned(zone.clone());
    let shift = Step::Shift { direction: Direction::Forward, count: Count::Number(count), unit };
    let anchor = match unit {
        Unit::Minute | Unit::Hour => Anchor::Path(NOW.to_owned()),
        _ => Anchor::Date(now.date()),
    };
    match value(engine, looked, &Rule { anchor, steps: vec![shift] })? {
        When::Moment(at) => Ok(at),
        When::Day(day) => {
            let at = day.to_datetime(now.time()).to_zoned(zone).map_err(|error| error.to_string())?;
            Ok(at.timestamp())
        }
    }
}

/// The instant that a rule means, as something that begins.
pub fn at(engine: &Engine, looked: &Looked, rule: &Rule) -> Moment {
    with(engine, looked, |ctx| {
        let when = evaluate(rule, ctx).map_err(|undated| undated.to_string())?.value;
        ctx.instant(when, Meaning::Start).map_err(|error| error.to_string())
    })
}

fn value(engine: &Engine, looked: &Looked, rule: &Rule) -> Result<When, String> {
    with(engine, looked, |ctx| {
        let evaluation = evaluate(rule, ctx).map_err(|undated| undated.to_string());
        evaluation.map(|evaluation| evaluation.value)
    })
}

/// The anchor of a length of real time.
const NOW: &str = "now";

fn with<T>(
    engine: &Engine,
    looked: &Looked,
    does: impl FnOnce(&Context<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let world = engine.world();
    let plan = &looked.prepared.plan;
    let zone = world.zone_of(plan);
    let lookup = |path: &str| if path == NOW { Some(Anchored::Moment(engine.now())) } else { anchored(looked, path) };
    let ctx = Context {
        zone: &zone,
        calendar: world.calendar_of(plan).map_err(|error| error.to_string())?,
        opening: world.opening,
        closing: world.closing,
        meaning: Meaning::Start,
        lookup: &lookup,
    };
    does(&ctx)
}

/// What a path of the job is now: a key date, a date of a task, when a task moved, the period, the opening.
fn anchored(looked: &Looked, path: &str) -> Option<Anchored> {
    let (job, plan) = (&looked.job, &looked.prepared.plan);
    if let Some(key) = DateKey::of_anchor(path, None) {
        return job.dates.get(&key).map(|date| shown(date, plan.writes_time(&key)));
    }
    let moment = |at: Option<Timestamp>| Some(at.map_or(Anchored::Unknown, Anchored::Moment));
    match path.split('.').collect::<Vec<_>>().as_slice() {
        ["period", "start"] => job.period.as_ref().map(|period| Anchored::Day(period.start)),
        ["period", "end"] => job.period.as_ref().map(|period| Anchored::Day(period.end)),
        ["job", "opened"] => Some(Anchored::Moment(job.opened_at)),
        ["tasks", task, what] => {
            let key: TaskKey = task.parse().ok()?;
            match *what {
                "ready" => moment(job.run(&key)?.ready_at),
                "active" => moment(job.run(&key)?.active_at),
                "completed" => moment(job.run(&key)?.ended_at),
                _ => None,
            }
        }
        _ => None,
    }
}

fn shown(date: &Dated, writes_time: bool) -> Anchored {
    match date {
        Dated::On { when: When::Moment(at), .. } if writes_time => Anchored::Timed(*at),
        Dated::On { when: When::Day(day), .. } => Anchored::Day(*day),
        Dated::On { when: When::Moment(at), .. } => Anchored::Moment(*at),
        Dated::Unknown(_) | Dated::Absent => Anchored::Unknown,
    }
}
