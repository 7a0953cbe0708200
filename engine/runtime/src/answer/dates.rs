//! The dates of a job, worked out from its rules.
//!
//! Owns: what each anchor of a rule means for this job. A date whose anchor has no value is unknown and says which
//! anchor it lacks; it is asked again when the client's record changes.

use crate::facts::{Focus, Scene};
use jiff::Timestamp;
use jobwright_core::{
    date::{Anchored, Context, Evaluation, Meaning, Rule, Undated, When, evaluate},
    event::{DateKey, Dated},
    id::Name,
    job::Run,
    plan::{DATES_DEEP_MAX, Task, Work},
    task::TaskKey,
    value::Value,
};
use std::{cell::RefCell, collections::BTreeMap};

/// How one date came about.
pub struct DateTrace {
    /// The rule.
    pub rule: Rule,
    /// Its steps, or what it lacks.
    pub result: Result<Evaluation, Undated>,
}

/// All dates of the job as they are now: key dates, then those of each task that has not ended.
pub(super) fn all(scene: &Scene<'_>) -> Vec<(DateKey, Dated)> {
    let book = Book::new(scene);
    book.keys().into_iter().filter_map(|key| Some((key.clone(), book.date(&key, 0)?))).collect()
}

/// How one date of the job comes about now, step by step.
pub fn trace(scene: &Scene<'_>, key: &DateKey) -> Option<DateTrace> {
    let book = Book::new(scene);
    let rule = book.rule(key)?.clone();
    let result = book.evaluate(key, &rule, 0);
    Some(DateTrace { rule, result })
}

struct Book<'a> {
    scene: &'a Scene<'a>,
    known: RefCell<BTreeMap<DateKey, Dated>>,
}

impl<'a> Book<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        Self { scene, known: RefCell::default() }
    }

    fn keys(&self) -> Vec<DateKey> {
        let plan = &self.scene.prepared.plan;
        let mut keys: Vec<DateKey> = plan.dates.iter().map(|date| DateKey::Key(date.name.clone())).collect();
        for (key, run) in &self.scene.job.tasks {
            if let Some(task) = plan.task(&key.task)
                && !run.state.is_settled()
            {
                keys.extend(keys_of(task, key));
            }
        }
        keys
    }

    fn rule(&self, key: &DateKey) -> Option<&'a Rule> {
        self.scene.prepared.plan.rule(key)
    }

    /// A key date that the job was handed.
    fn given(&self, key: &DateKey) -> Option<When> {
        let DateKey::Key(name) = key else { return None };
        self.scene.job.given_dates.get(name).copied()
    }

    fn date(&self, key: &DateKey, depth: usize) -> Option<Dated> {
        if let Some(known) = self.known.borrow().get(key) {
            return Some(known.clone());
        }
        let rule = self.rule(key)?;
        let date = if self.is_absent(key) { Dated::Absent } else { self.worked_out(key, rule, depth) };
        self.known.borrow_mut().insert(key.clone(), date.clone());
        Some(date)
    }

    /// A key date whose own condition does not hold. One that cannot be evaluated keeps the date, which then says what
    /// it lacks.
    fn is_absent(&self, key: &DateKey) -> bool {
        let DateKey::Key(name) = key else { return false };
        let date = self.scene.prepared.plan.dates.iter().find(|date| date.name == *name);
        let when = date.and_then(|date| date.when);
        when.is_some_and(|when| self.scene.prepared.holds(when, &self.scene.seen(Focus::default())) == Ok(false))
    }

    fn worked_out(&self, key: &DateKey, rule: &Rule, depth: usize) -> Dated {
        if let Some(when) = self.given(key) {
            let given = || Dated::Unknown(rule.to_string());
            return self.instant(key, when).map_or_else(given, |at| Dated::On { when, at });
        }
        match self.evaluate(key, rule, depth) {
            Ok(evaluation) => match self.instant(key, evaluation.value) {
                Some(at) => Dated::On { when: evaluation.value, at },
                None => Dated::Unknown(rule.to_string()),
            },
            Err(undated) => Dated::Unknown(undated.anchor),
        }
    }

    fn evaluate(&self, key: &DateKey, rule: &Rule, depth: usize) -> Result<Evaluation, Undated> {
        self.with_context(key, depth, |ctx| evaluate(rule, ctx))
    }

    fn instant(&self, key: &DateKey, when: When) -> Option<Timestamp> {
        self.with_context(key, 0, |ctx| ctx.instant(when, meaning(key)).ok())
    }

    fn with_context<T>(&self, key: &DateKey, depth: usize, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let zone = self.scene.world.zone_of(&self.scene.prepared.plan);
        let lookup = |path: &str| self.anchor(key, path, depth + 1);
        work(&Context {
            zone: &zone,
            calendar: self.scene.calendar,
            opening: self.scene.world.opening,
            closing: self.scene.world.closing,
            meaning: meaning(key),
            lookup: &lookup,
        })
    }

    /// What an anchor of a rule means here.
    fn anchor(&self, key: &DateKey, path: &str, depth: usize) -> Option<Anchored> {
        if depth > DATES_DEEP_MAX {
            return None;
        }
        if let Some(other) = DateKey::of_anchor(path, key.task()) {
            return self.of_date(&other, depth);
        }
        let own = key.task();
        let mut parts = path.splitn(3, '.');
        match (parts.next()?, parts.next(), parts.next()) {
            ("job", Some("opened"), None) => Some(Anchored::Moment(self.scene.job.opened_at)),
            ("period", Some("start"), None) => self.scene.job.period.as_ref().map(|period| Anchored::Day(period.start)),
            ("period", Some("end"), None) => self.scene.job.period.as_ref().map(|period| Anchored::Day(period.end)),
            ("task", Some(moment), None) => self.of_task(own?, moment),
            ("tasks", Some(task), Some(moment)) => {
                let key = TaskKey::of(&task.parse::<Name>().ok()?);
                self.of_task(&key, moment)
            }
            ("inputs", Some(name), None) => {
                let name = name.parse::<Name>().ok()?;
                anchored(self.scene.job.inputs.get(&name)?)
            }
            ("client", Some(_), _) => {
                let path = path.strip_prefix("client.")?;
                let value = path.split('.').try_fold(&self.scene.client.fields, |value, name| value.get(name))?;
                anchored(value)
            }
            _ => None,
        }
    }

    fn of_date(&self, key: &DateKey, depth: usize) -> Option<Anchored> {
        match self.date(key, depth)? {
            Dated::On { when: When::Day(day), .. } => Some(Anchored::Day(day)),
            Dated::On { when: When::Moment(at), .. } if self.scene.prepared.plan.writes_time(key) => {
                Some(Anchored::Timed(at))
            }
            Dated::On { when: When::Moment(at), .. } => Some(Anchored::Moment(at)),
            Dated::Unknown(_) | Dated::Absent => None,
        }
    }

    fn of_task(&self, key: &TaskKey, moment: &str) -> Option<Anchored> {
        let run: &Run = self.scene.job.run(key)?;
        let at = match moment {
            "ready" => run.ready_at,
            "active" => run.active_at,
            "completed" | "ended" => run.ended_at,
            "uncompletable" => run.blocked_at,
            _ => None,
        };
        at.map(Anchored::Moment)
    }
}

fn keys_of(task: &Task, key: &TaskKey) -> Vec<DateKey> {
    let all = [
        (task.start.is_some() && key.item.is_none(), DateKey::Start(key.clone())),
        (task.due.is_some(), DateKey::Due(key.clone())),
        (task.expires.is_some(), DateKey::Expires(key.clone())),
        (task.timeout.is_some(), DateKey::Timeout(key.clone())),
        (task.on_uncompletable.after.is_some(), DateKey::GiveUp(key.clone())),
        (matches!(task.work, Work::Wait(_)), DateKey::Until(key.clone())),
    ];
    all.into_iter().filter(|(here, _)| *here).map(|(_, key)| key).collect()
}

/// A day that something ends with, or one that something begins on.
fn meaning(key: &DateKey) -> Meaning {
    match key {
        DateKey::Due(_) | DateKey::Expires(_) => Meaning::Due,
        DateKey::Key(_) | DateKey::Start(_) | DateKey::Timeout(_) | DateKey::GiveUp(_) | DateKey::Until(_) => {
            Meaning::Start
        }
    }
}

fn anchored(value: &Value) -> Option<Anchored> {
    match value {
        Value::Date(day) => Some(Anchored::Day(*day)),
        // Somebody wrote it, and meant its time of day.
        Value::Moment(at) => Some(Anchored::Timed(*at)),
        Value::Int(number) => Some(Anchored::Int(*number)),
        _ => None,
    }
}
