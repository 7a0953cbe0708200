//! The dates of a job in a world without holidays, as the runtime would work them out.

use crate::calendar::Calendar;
use crate::date::{Anchored, Context, Meaning, Rule, When, evaluate};
use crate::event::{DateKey, Dated};
use crate::job::Job;
use crate::plan::{Plan, Task, Work};
use crate::task::TaskKey;
use alloc::{collections::BTreeMap, vec::Vec};
use jiff::{Timestamp, civil::time, tz::TimeZone};

/// Every date of every task that has not ended.
pub(super) fn all(job: &Job, plan: &Plan) -> Vec<(DateKey, Dated)> {
    let calendar = Calendar::new("none", "None", BTreeMap::new());
    let book = Book { job, plan, calendar: &calendar };
    let open = job.tasks.iter().filter(|(_, run)| !run.state.is_settled());
    let keys = open.filter_map(|(key, _)| Some((key, plan.task(&key.task)?))).flat_map(|(key, task)| rules(task, key));
    keys.map(|(key, rule)| (key.clone(), book.date(&key, rule))).collect()
}

fn rules<'a>(task: &'a Task, key: &TaskKey) -> Vec<(DateKey, &'a Rule)> {
    let until = match &task.work {
        Work::Wait(rule) => Some(rule),
        _ => None,
    };
    let own = [
        (DateKey::Start(key.clone()), task.start.as_ref().filter(|_| key.item.is_none())),
        (DateKey::Due(key.clone()), task.due.as_ref()),
        (DateKey::Expires(key.clone()), task.expires.as_ref()),
        (DateKey::Timeout(key.clone()), task.timeout.as_ref()),
        (DateKey::GiveUp(key.clone()), task.on_uncompletable.after.as_ref()),
        (DateKey::Until(key.clone()), until),
    ];
    own.into_iter().filter_map(|(key, rule)| Some((key, rule?))).collect()
}

struct Book<'a> {
    job: &'a Job,
    plan: &'a Plan,
    calendar: &'a Calendar,
}

impl Book<'_> {
    fn date(&self, key: &DateKey, rule: &Rule) -> Dated {
        let meaning = match key {
            DateKey::Due(_) | DateKey::Expires(_) => Meaning::Due,
            _ => Meaning::Start,
        };
        let lookup = |path: &str| key.task().and_then(|task| self.anchor(task, path));
        let ctx = Context {
            zone: &TimeZone::UTC,
            calendar: self.calendar,
            opening: time(9, 0, 0, 0),
            closing: time(17, 0, 0, 0),
            meaning,
            lookup: &lookup,
        };
        match evaluate(rule, &ctx) {
            Ok(found) => match ctx.instant(found.value, meaning) {
                Ok(at) => Dated::On { when: found.value, at },
                Err(_) => Dated::Unknown("out of range".into()),
            },
            Err(undated) => Dated::Unknown(undated.anchor),
        }
    }

    fn anchor(&self, own: &TaskKey, path: &str) -> Option<Anchored> {
        let mut parts = path.splitn(3, '.');
        match (parts.next()?, parts.next(), parts.next()) {
            ("due", None, None) => {
                let rule = self.plan.task(&own.task)?.due.as_ref()?;
                match self.date(&DateKey::Due(own.clone()), rule) {
                    Dated::On { when: When::Day(day), .. } => Some(Anchored::Day(day)),
                    Dated::On { at, .. } => Some(Anchored::Moment(at)),
                    Dated::Unknown(_) | Dated::Absent => None,
                }
            }
            ("job", Some("opened"), None) => Some(Anchored::Moment(self.job.opened_at)),
            ("task", Some(moment), None) => self.moment(own, moment),
            ("tasks", Some(task), Some(moment)) => self.moment(&TaskKey::of(&task.parse().ok()?), moment),
            _ => None,
        }
    }

    fn moment(&self, key: &TaskKey, moment: &str) -> Option<Anchored> {
        let run = self.job.run(key)?;
        let at: Option<Timestamp> = match moment {
            "ready" => run.ready_at,
            "active" => run.active_at,
            "completed" => run.ended_at,
            "uncompletable" => run.blocked_at,
            _ => None,
        };
        at.map(Anchored::Moment)
    }
}
