//! Which tasks may have a next step or a question: those that something has happened to.
//!
//! Owns: looking again only where it can matter, so that a turn costs as much as what it does and not as much as its plan
//! is long. What is found is always what looking at every task would find, the first in the plan's order; in debug builds
//! that is looked after each time. An agenda is good for one plan.

use super::decide::dropped_once;
use super::{Job, JobState, advance, ask};
use crate::event::Event;
use crate::id::Name;
use crate::plan::{Dependency, Plan, Task};
use crate::question::Question;
use alloc::{vec, vec::Vec};
use jiff::Timestamp;

/// What hangs on what in a plan, worked out once for a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// For each task those that wait for it.
    followers: Vec<Vec<usize>>,
    /// Tasks that hang on time.
    timed: Vec<usize>,
}

impl Links {
    /// The links of a plan.
    pub fn of(plan: &Plan) -> Self {
        let places = || plan.tasks.iter().enumerate();
        let follow = |task: &Name| {
            let waits = |other: &Task| other.depends_on.iter().any(|one| names(one, task));
            places().filter(|(_, other)| waits(other)).map(|(place, _)| place).collect()
        };
        Self {
            followers: plan.tasks.iter().map(|task| follow(&task.id)).collect(),
            timed: places().filter(|(_, task)| task.has_rules()).map(|(place, _)| place).collect(),
        }
    }
}

/// Tasks to look at again, by their place in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agenda {
    steps: Marks,
    questions: Marks,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Marks {
    marked: Vec<bool>,
    /// Nothing before it is marked.
    first: usize,
}

impl Agenda {
    /// Everything is to be looked at.
    pub fn whole(plan: &Plan) -> Self {
        let all = Marks { marked: vec![true; plan.tasks.len()], first: 0 };
        Self { steps: all.clone(), questions: all }
    }

    /// Another moment has come: whatever hangs on time is to be looked at.
    pub fn time_passed(&mut self, links: &Links) {
        links.timed.iter().for_each(|place| self.mark(*place));
    }

    /// This has happened: whom it is about, and whoever waits for them, is to be looked at.
    pub fn happened(&mut self, plan: &Plan, links: &Links, event: &Event) {
        let task = match event {
            Event::TaskReady { task }
            | Event::TaskActivated { task, .. }
            | Event::TaskCompleted { task, .. }
            | Event::TaskSkipped { task, .. }
            | Event::RecipientsResolved { task, .. }
            | Event::LetterWritten { task, .. }
            | Event::ItemAnswered { task, .. } => task,
            // All else may reach further.
            _ => return *self = Self::whole(plan),
        };
        // The names of a job that was not read back are those of its plan, and not only equal to them.
        let same = plan.tasks.iter().position(|other| other.id.is_same(&task.task));
        let place = same.or_else(|| plan.tasks.iter().position(|other| other.id == task.task));
        let Some(place) = place else { return *self = Self::whole(plan) };
        self.mark(place);
        links.followers.get(place).into_iter().flatten().for_each(|place| self.mark(*place));
    }

    /// The events of the job's next step, or nothing.
    pub fn step(&mut self, job: &Job, plan: &Plan, now: Timestamp) -> Vec<Event> {
        if job.state != JobState::Open {
            return vec![];
        }
        let events = advance::by_itself(job, plan).unwrap_or_else(|| {
            let of = |place: usize| plan.tasks.get(place).map(|task| advance::of_task(job, plan, task, now));
            self.steps.find(|place| of(place).filter(|events| !events.is_empty())).unwrap_or_default()
        });
        debug_assert_eq!(events, advance::advance(job, plan, now), "the agenda of {} forgot a task", job.id);
        if events.len() > 1 { dropped_once(events) } else { events }
    }

    /// The job's next question, or nothing.
    pub fn question(&mut self, job: &Job, plan: &Plan, now: Timestamp) -> Option<Question> {
        if job.state != JobState::Open {
            return None;
        }
        let question = if ask::dates_moved(job, plan) {
            Some(Question::Dates)
        } else {
            self.questions.find(|place| ask::of_plan_task(job, plan.tasks.get(place)?, now))
        };
        debug_assert_eq!(question, ask::ask(job, plan, now), "the agenda of {} forgot a question", job.id);
        question
    }

    fn mark(&mut self, place: usize) {
        self.steps.mark(place);
        self.questions.mark(place);
    }
}

impl Marks {
    fn mark(&mut self, place: usize) {
        if let Some(mark) = self.marked.get_mut(place) {
            *mark = true;
            self.first = self.first.min(place);
        }
    }

    /// The first that is found where a mark is; marks without it go. The one that is found keeps its mark.
    fn find<T>(&mut self, mut look: impl FnMut(usize) -> Option<T>) -> Option<T> {
        while let Some(mark) = self.marked.get_mut(self.first) {
            if *mark {
                if let Some(found) = look(self.first) {
                    return Some(found);
                }
                *mark = false;
            }
            self.first += 1;
        }
        None
    }
}

fn names(dependency: &Dependency, name: &Name) -> bool {
    match dependency {
        Dependency::Task { task, .. } => task == name,
        Dependency::AnyOf(branches) => branches.iter().any(|branch| names(branch, name)),
    }
}
