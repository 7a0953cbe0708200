//! The jobs that a job asked for.
//!
//! Owns: what is known of each, from being asked for to its end, and which of them are no longer wanted because the part
//! of the job that asked is done again or the job has ended. Cancelling those is an effect, and so is bringing them back
//! when a cancellation is taken back; leaves doing it, and finding the other job, to the runtime.

use super::{Job, Run, Terms};
use crate::effect::{Consequence, Effect};
use crate::event::{Event, Slot};
use crate::id::{EffectId, JobId};
use crate::plan::OnParentEnd;
use crate::task::{TaskKey, TaskState};
use alloc::{boxed::Box, string::String, vec::Vec};

/// Most jobs that one effect cancels, or brings back: it is a row of bounded size.
pub const CHILDREN_AT_ONCE_MAX: usize = 1_000;

/// A job that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// By which task.
    pub task: TaskKey,
    /// What was asked beside its definition and inputs.
    pub terms: Terms,
    /// The job, once it runs.
    pub job: Option<JobId>,
    /// Whether it completed, once it has ended.
    pub completed: Option<bool>,
    /// Why it is not to be started, and cancelled when it runs.
    pub unwanted: Option<Unwanted>,
}

/// Why a job that was asked for is no longer wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwanted {
    /// The job that asked for it has ended; it comes back when that end is taken back.
    ParentEnded,
    /// What asked for it is done again, or not at all.
    AskedAnew,
}

impl Child {
    pub(super) fn asked(task: TaskKey, terms: Terms) -> Self {
        Self { task, terms, job: None, completed: None, unwanted: None }
    }

    fn is_to_be_cancelled(&self) -> bool {
        self.unwanted.is_some() && self.completed.is_none()
    }

    /// Whether it ended, or was not even started, because the job that asked for it has ended.
    fn ended_with_parent(&self) -> bool {
        self.unwanted == Some(Unwanted::ParentEnded) && self.completed != Some(true)
    }
}

impl Job {
    /// The jobs that go with this one, which has just ended; a cancelled one takes along what it may.
    pub(super) fn leave_children(&mut self, is_cancelled: bool) {
        let tasks = &self.tasks;
        for (effect, child) in self.children.iter_mut().filter(|(_, child)| child.completed.is_none()) {
            let waits = tasks.get(&child.task).filter(|run| run.state == TaskState::Cancelled && run.child_asked);
            let is_waited_for = waits.is_some() && self.effects.contains_key(effect);
            let goes = match child.terms.on_parent_end {
                OnParentEnd::CancelWithIt => is_cancelled || is_waited_for,
                OnParentEnd::Cancel => true,
                OnParentEnd::Keep => false,
            };
            if goes && child.unwanted.is_none() {
                child.unwanted = Some(Unwanted::ParentEnded);
            }
        }
    }

    /// What becomes of jobs that these tasks started is no news for their next round.
    pub(super) fn forget_children(&mut self, is_of: impl Fn(&TaskKey) -> bool) {
        let tasks = &self.tasks;
        let is_child = |of: &TaskKey, slot: &Slot| is_of(of) && tasks.get(of).is_some_and(|run| run.is_child(slot));
        self.effects.retain(|_, (of, slot)| !is_child(of, slot));
        let goes = |child: &&mut Child| {
            child.completed.is_none() && is_of(&child.task) && child.terms.on_parent_end != OnParentEnd::Keep
        };
        self.children.values_mut().filter(goes).for_each(|child| child.unwanted = Some(Unwanted::AskedAnew));
    }

    /// A job that goes on after its end without taking it back: what ended with it stays so.
    pub(super) fn let_children_go(&mut self) {
        let gone = self.children.values_mut().filter(|child| child.unwanted.is_some());
        gone.for_each(|child| child.unwanted = Some(Unwanted::AskedAnew));
    }

    /// Those that ended with this job run again with it; one that was not started yet is asked for once more.
    pub(super) fn take_children_back(&mut self) {
        for (effect, child) in self.children.iter_mut().filter(|(_, child)| child.ended_with_parent()) {
            let run = self.tasks.get_mut(&child.task);
            let Some(id) = child.job else {
                // Whatever has begun under this effect unheard is told that it is not wanted.
                child.unwanted = Some(Unwanted::AskedAnew);
                self.effects.remove(effect);
                run.into_iter().for_each(|run| run.child_asked = false);
                continue;
            };
            (child.unwanted, child.completed) = (None, None);
            self.effects.insert(*effect, (child.task.clone(), Slot::Recipient));
            run.filter(|run| run.child == Some(id)).into_iter().for_each(|run| run.child_completed = None);
        }
    }

    /// Whether the job that an effect asks for is still to be started: a task that was closed without it needs none.
    pub fn wants_child(&self, effect: EffectId) -> bool {
        let Some(child) = self.children.get(&effect) else { return false };
        let is_closed = |run: &Run| matches!(run.state, TaskState::Completed | TaskState::Skipped);
        child.unwanted.is_none() && !self.tasks.get(&child.task).is_some_and(is_closed)
    }

    /// The jobs that come back when the end of this one is taken back.
    pub fn ended_with_it(&self) -> impl Iterator<Item = JobId> {
        self.children.values().filter(|child| child.ended_with_parent()).filter_map(|child| child.job)
    }

    /// Whether this is only what follows when jobs end with this one.
    pub(super) fn is_end_of_child(&self, event: &Event) -> bool {
        let (Event::ChildStarted { effect, .. } | Event::ChildEnded { effect, completed: false }) = event else {
            return false;
        };
        self.children.get(effect).is_some_and(|child| child.unwanted.is_some())
    }

    /// Cancels those of its jobs that run and are no longer wanted; of one that has just begun, only that one.
    pub(super) fn end_children(&self, id: EffectId, only: Option<EffectId>, why: &str) -> Vec<Consequence> {
        let counts = |effect: &EffectId| only.is_none_or(|only| only == *effect);
        let running = self.children.iter().filter(|(effect, child)| counts(effect) && child.is_to_be_cancelled());
        let running: Vec<JobId> = running.filter_map(|(_, child)| child.job).collect();
        let act = |(index, children): (u16, &[JobId])| {
            let effect = Effect::EndChildren { children: children.to_vec(), why: String::from(why) };
            // The first place is that of whoever is told.
            Consequence::Act(EffectId { index, ..id }, Box::new(effect))
        };
        (1..).zip(running.chunks(CHILDREN_AT_ONCE_MAX)).map(act).collect()
    }

    /// Brings back those of its jobs that ended with it.
    pub(super) fn resume_children(&self, id: EffectId, note: &str) -> Vec<Consequence> {
        let back = self.children.values().filter(|child| {
            child.unwanted.is_none() && child.completed.is_none() && child.terms.on_parent_end != OnParentEnd::Keep
        });
        let back: Vec<JobId> = back.filter_map(|child| child.job).collect();
        let act = |(index, children): (u16, &[JobId])| {
            let effect =
                Effect::ResumeChildren { children: children.to_vec(), gone: Vec::new(), note: String::from(note) };
            Consequence::Act(EffectId { index, ..id }, Box::new(effect))
        };
        (1..).zip(back.chunks(CHILDREN_AT_ONCE_MAX)).map(act).collect()
    }
}
