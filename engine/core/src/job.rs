//! A job: its state, and the one function that moves it.
//!
//! Owns: `apply`, the same live and on recovery: one arm for each event, every event named. `decide` turns commands
//! into events, `ask` says what the job wants to know next, `react` says what an event calls for outside, `wake` when
//! to look again. None of them knows a clock, a file or a log.

mod act;
mod advance;
mod agenda;
mod answer;
mod ask;
mod called;
mod checks;
mod child;
mod conflict;
mod correct;
mod decide;
mod dependency;
mod moving;
mod open;
mod people;
mod react;
mod record;
mod reopen;
mod run;
#[cfg(test)]
mod tests;
mod unsent;
mod wake;

pub use agenda::{Agenda, Links};
pub use ask::{ask, lacking, reasks};
pub use checks::{Checkable, checkable, unfit};
pub use child::{CHILDREN_AT_ONCE_MAX, Child, Unwanted};
pub use correct::may_uncancel;
pub use decide::decide;
pub use dependency::waits_on;
pub use moving::{Preview, preview};
pub use people::{did, hangs_on_people, hold_to_needed, lost_place, needed, places, selector, to_write};
pub use react::react;
pub use reopen::{built_on, going_back};
pub use run::{Before, ByForce, Call, Mail, MailState, Place, Run, Vote};
pub use wake::next_wake;

use crate::date::{Period, When};
use crate::effect::Failure;
use crate::event::{Actor, DateKey, Dated, Event, Opened, Recorded, Slot};
use crate::id::{ClientId, DefinitionId, EffectId, Hash, JobId, Name};
use crate::plan::OnParentEnd;
use crate::task::{Move, TaskKey, TaskState, next};
use crate::value::Values;
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use core::fmt;
use jiff::Timestamp;

/// One run of a plan for one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The job.
    pub id: JobId,
    /// Of which definition.
    pub definition: DefinitionId,
    /// Of which version.
    pub hash: Hash,
    /// For whom.
    pub client: ClientId,
    /// For which period.
    pub period: Option<Period>,
    /// Its inputs.
    pub inputs: Values,
    /// Who started it.
    pub by: Actor,
    /// The effect of another job that asked for it.
    pub parent: Option<EffectId>,
    /// Where it stands.
    pub state: JobState,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its dates, as last worked out.
    pub dates: BTreeMap<DateKey, Dated>,
    /// Tasks that moved since the dates were worked out; all of them before the first time.
    pub moved: Moved,
    /// Its tasks and their instances.
    pub tasks: BTreeMap<TaskKey, Run>,
    /// Something left or came back after it ended, so that a cancellation is not taken back as if nothing had happened.
    pub left_since_end: bool,
    /// Key dates that were handed to it, which are not worked out.
    pub given_dates: BTreeMap<Name, When>,
    /// Every job it asked for, by the effect that asked.
    pub children: BTreeMap<EffectId, Child>,
    /// Every effect that has not come back, and where it belongs.
    pub effects: BTreeMap<EffectId, (TaskKey, Slot)>,
    /// The number of the last event.
    pub events: u64,
}

/// What is asked of another job beside its definition and inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// For which period, by key or by a day in it.
    pub period: Option<String>,
    /// Key dates that it takes over.
    pub dates: Vec<(Name, When)>,
    /// What becomes of it when this job ends.
    pub on_parent_end: OnParentEnd,
}

/// What moved since the dates were worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// They were never worked out, or the definition changed.
    All,
    /// These tasks.
    Tasks(Vec<TaskKey>),
}

/// Where a job stands. Needs attention, overdue and at risk are marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobState {
    /// At work.
    Open,
    /// Nothing is left to do.
    Completed,
    /// Ended before its time.
    Cancelled,
}

impl JobState {
    /// The word used in `show` and `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An event that does not fit the job: a fault of ours. The runtime sets the job aside instead of guessing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The job.
    pub job: JobId,
    /// The event's number.
    pub number: u64,
    /// What does not fit.
    pub why: String,
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} does not fit the job: {}", self.number, self.why)
    }
}

impl core::error::Error for Impossible {}

type Applied = Result<(), Impossible>;

impl Job {
    /// The job that a first event begins.
    pub fn open(first: &Recorded) -> Result<Self, Impossible> {
        match &first.event {
            Event::JobOpened(opened) => Ok(Self::opened(opened, first)),
            _ => {
                let why = "a job begins with its opening".into();
                Err(Impossible { job: JobId([0; 16]), number: first.number, why })
            }
        }
    }

    /// The job that events in order make: recovery.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Result<Option<Self>, Impossible> {
        let mut events = events.into_iter();
        let Some(first) = events.next() else { return Ok(None) };
        let mut job = Self::open(first)?;
        events.try_for_each(|event| job.apply(event))?;
        Ok(Some(job))
    }

    fn opened(opened: &Opened, first: &Recorded) -> Self {
        Self {
            id: opened.job,
            definition: opened.definition.clone(),
            hash: opened.hash,
            client: opened.client.clone(),
            period: opened.period.clone(),
            inputs: opened.inputs.clone(),
            by: opened.by.clone(),
            parent: opened.parent,
            state: JobState::Open,
            opened_at: first.at,
            ended_at: None,
            dates: BTreeMap::new(),
            moved: Moved::All,
            tasks: opened.tasks.iter().map(|task| (TaskKey::of(task), Run::new(1))).collect(),
            left_since_end: false,
            given_dates: BTreeMap::new(),
            children: BTreeMap::new(),
            effects: BTreeMap::new(),
            events: first.number,
        }
    }

    /// Moves the job by one event: the only function that does, live and on recovery. A long flat match, whole on
    /// purpose: one arm for each event.
    pub fn apply(&mut self, recorded: &Recorded) -> Applied {
        let job = self.id;
        let wrong = |why: String| Impossible { job, number: recorded.number, why };
        if recorded.number != self.events + 1 {
            return Err(wrong(format!("event {} comes next", self.events + 1)));
        }
        if self.state != JobState::Open && !recorded.event.may_follow_the_end() {
            return Err(wrong(format!("the job is {}", self.state.word())));
        }
        self.events = recorded.number;
        self.left_since_end |= self.state != JobState::Open
            && recorded.event.says_that_something_left()
            && !self.is_end_of_child(&recorded.event);
        let (at, effect) = (recorded.at, self.effect_id(recorded.number));
        match &recorded.event {
            Event::JobOpened(_) => return Err(wrong("a job opens once".into())),
            Event::DatesSet { dates } => {
                self.dates.extend(dates.iter().cloned());
                self.moved = Moved::Tasks(Vec::new());
            }
            Event::KeyDatesGiven { dates } => self.given_dates.extend(dates.iter().cloned()),
            Event::InstancesHeld { task } => self.hold_instances(task),
            Event::TaskReady { task } => self.step(task, Move::MakeReady, recorded)?.ready_at = Some(at),
            Event::TaskExpanded { task, items } => {
                self.moved = Moved::All; // instances have dates of their own
                let parent = self.step(task, Move::Activate, recorded)?;
                parent.active_at = Some(at);
                parent.items = Some(items.iter().map(|(key, _)| key.clone()).collect());
                let round = parent.round;
                let before: Vec<_> = items.iter().map(|(key, _)| parent.before_of(key)).collect();
                for ((key, value), before) in items.iter().zip(before) {
                    let instance = Run::instance(round, value.clone(), before, at);
                    self.tasks.insert(TaskKey::item(&task.task, key), instance);
                }
            }
            Event::TaskSkipped { task, .. } => self.step(task, Move::Skip, recorded)?.end(at, None),
            Event::RecipientsResolved { task, slot, resolution, .. } => {
                let run = self.run_mut(task, recorded)?;
                run.filled(slot, resolution.chosen.len());
                run.places.insert(slot.clone(), Place::new(resolution.chosen.clone()));
            }
            Event::TaskActivated { task, awaits, document } => {
                let run = self.step(task, run::move_for(*awaits), recorded)?;
                run.active_at = Some(at);
                run.reason = None;
                run.document.clone_from(document);
            }
            Event::TaskUncompletable { task, reason, slot } => {
                let run = self.step(task, Move::Block, recorded)?;
                run.blocked_at = run.blocked_at.or(Some(at));
                run.block(reason.clone(), slot);
            }
            Event::TaskMended { task, .. } => self.step(task, Move::Mend, recorded)?.mend(at),
            Event::LetterWritten { task, slot, letter } => {
                self.run_mut(task, recorded)?.written(slot, effect, letter);
                self.effects.insert(effect, (task.clone(), slot.clone()));
            }
            Event::NoticeUnsent { task, .. } => self.run_mut(task, recorded)?.noticed = true,
            Event::LetterSent { effect, .. } => self.mail(*effect, MailState::Sent, true),
            Event::LetterRefused { effect, .. } => self.mail(*effect, MailState::Refused, true),
            Event::LetterDropped { effect } => self.mail(*effect, MailState::Dropped, false),
            Event::EffectDelayed { effect, tries, failure, .. } => {
                self.delayed(*effect, *tries, at);
                self.doubted(*effect, failure);
            }
            Event::EffectGivenUp { effect, failure } => {
                self.given_up(*effect);
                self.doubted(*effect, failure);
            }
            Event::ItemAnswered { task, item, answer, by } => {
                let run = self.run_mut(task, recorded)?;
                run.answers.insert(item.clone(), (answer.clone(), by.clone()));
            }
            Event::OutcomeGiven { task, outcome, by, .. } => {
                let run = self.run_mut(task, recorded)?;
                run.votes.push(Vote { outcome: outcome.clone(), by: by.clone() });
            }
            Event::Signed { task, signer, by } => self.run_mut(task, recorded)?.sign(signer, by, at),
            Event::SignatureDeclined { task, signer, by, .. } => self.run_mut(task, recorded)?.decline(signer, by),
            Event::ChildTermsSet { task, period, dates, on_parent_end } => {
                let run = self.run_mut(task, recorded)?;
                run.child_terms = Terms { period: period.clone(), dates: dates.clone(), on_parent_end: *on_parent_end };
            }
            Event::ChildAsked { task, .. } => {
                let run = self.run_mut(task, recorded)?;
                run.child_asked = true;
                let child = Child::asked(task.clone(), run.child_terms.clone());
                self.children.insert(effect, child);
                self.effects.insert(effect, (task.clone(), Slot::Recipient));
            }
            Event::ChildStarted { effect, job } => {
                if let Some(run) = self.run_of(*effect) {
                    run.child = Some(*job);
                }
                if let Some(child) = self.children.get_mut(effect) {
                    child.job = Some(*job);
                }
            }
            Event::ChildGave { effect, outputs } => {
                if let Some(run) = self.run_of(*effect) {
                    run.child_outputs.clone_from(outputs);
                }
            }
            Event::ChildEnded { effect, completed } => {
                if let Some(run) = self.run_of(*effect) {
                    run.child_completed = Some(*completed);
                }
                if let Some(child) = self.children.get_mut(effect) {
                    child.completed = Some(*completed);
                }
                self.effects.remove(effect);
            }
            Event::PluginAsked { task, .. } => {
                self.run_mut(task, recorded)?.call = Some(Call::new(effect));
                self.effects.insert(effect, (task.clone(), Slot::Recipient));
            }
            Event::ProgressKept { effect, name, value } => {
                if let Some(call) = self.call_of(*effect) {
                    call.kept.insert(name.clone(), value.clone());
                }
            }
            Event::PluginDeferred { effect, correlation, next_at, .. } => {
                self.deferred(*effect, correlation, next_at.is_some(), recorded)?;
            }
            Event::PluginReturned { effect } => {
                // Should the task fail nevertheless, a person's retry is another call.
                if let Some(run) = self.run_of(*effect).filter(|run| run.is_call(*effect)) {
                    run.call = None;
                }
                self.effects.remove(effect);
            }
            Event::PluginSaid { .. }
            | Event::ValueChecked { .. }
            | Event::SignatureVoided { .. }
            | Event::ListenerHeard { .. }
            | Event::ClientUpdated { .. }
            | Event::ActRefused { .. } => {}
            Event::TaskCompleted { task, outcome, outputs, by, .. } => {
                let run = self.step(task, Move::Complete, recorded)?;
                run.outcome.clone_from(outcome);
                run.outputs.clone_from(outputs);
                run.failure = None;
                run.end(at, Some(by.clone()));
            }
            Event::TaskFailed { task, failure } => {
                let run = self.step(task, Move::Fail, recorded)?;
                run.end(at, None);
                run.failure = Some(failure.clone());
                run.noticed = false;
            }
            Event::TaskTakenOver { task, .. } => self.step(task, Move::TakeOver, recorded)?.take_over(at),
            Event::RecipientChanged { task, slot, before, after, .. } => {
                self.run_mut(task, recorded)?.changed(slot, before, after.as_ref());
            }
            Event::TaskReassigned { task, people, .. } => {
                let is_blocked = self.run(task).is_some_and(|run| run.state == TaskState::Uncompletable);
                self.run_mut(task, recorded)?.reassign(people.clone());
                if is_blocked {
                    // It goes on with the people it was given to, and its other places are asked again.
                    self.step(task, Move::Mend, recorded)?.given_to(at);
                }
            }
            // It is under way already, and only its call is hurried.
            Event::TaskRetried { task, .. } if self.run(task).is_some_and(Run::waits_for_call) => {
                self.run_mut(task, recorded)?.tries = None;
            }
            Event::TaskRetried { task, .. } => {
                if let Some(unheard) = self.step(task, Move::Retry, recorded)?.retry(at) {
                    self.effects.remove(&unheard);
                }
            }
            Event::TasksReopened { cause, tasks, .. } => {
                for task in tasks {
                    self.step(task, Move::Reopen, recorded)?;
                    self.reopen(task);
                }
                self.run_mut(cause, recorded)?.reopens += 1;
            }
            Event::TaskOverdue { task } => self.run_mut(task, recorded)?.overdue = true,
            Event::JobMoved { to, added, removed, renamed, .. } => {
                self.hash = *to;
                self.rename(renamed);
                self.follow(added, removed, at);
            }
            Event::JobCompleted => self.end(JobState::Completed, at),
            Event::JobCancelled { .. } => self.end(JobState::Cancelled, at),
            Event::TaskDoneOutOfTurn(forced) => {
                self.step(&forced.task, Move::Complete, recorded)?.force(ByForce::OutOfTurn, forced, at);
            }
            Event::TaskOverridden(forced) => {
                self.step(&forced.task, Move::Complete, recorded)?.force(ByForce::Overridden, forced, at);
            }
            Event::AnswerAmended(amended) => self.run_mut(&amended.task, recorded)?.amend(amended),
            Event::TaskReopened { tasks, .. } => {
                self.resume();
                self.let_children_go();
                for task in tasks {
                    self.step(task, Move::Reopen, recorded)?;
                    self.reopen_instance_or_task(task, recorded)?;
                }
            }
            Event::ReopenLimitReached { task, outcome, .. } => {
                self.run_mut(task, recorded)?.outcome.clone_from(outcome);
            }
            Event::JobUncancelled { .. } => {
                self.resume();
                self.tasks.values_mut().for_each(Run::uncancel);
                self.take_children_back();
            }
        }
        Ok(())
    }

    /// Moves one task, by the table alone.
    fn step(&mut self, task: &TaskKey, step: Move, recorded: &Recorded) -> Result<&mut Run, Impossible> {
        let (job, number) = (self.id, recorded.number);
        let unknown = || Impossible { job, number, why: format!("the job has no task `{task}`") };
        let run = self.tasks.get_mut(task).ok_or_else(unknown)?;
        let before = run.state;
        let after = next(before, step).ok_or_else(|| Impossible {
            job,
            number,
            why: format!("task `{task}` is {before}, which {step:?} does not leave"),
        })?;
        match &mut self.moved {
            // The dates of what had ended were not kept up, whatever they hang on.
            moved if before.is_settled() && !after.is_settled() => *moved = Moved::All,
            // What moved last is what moves next, mostly.
            Moved::Tasks(moved) if !moved.iter().rev().any(|one| one == task) => moved.push(task.clone()),
            Moved::Tasks(_) | Moved::All => {}
        }
        run.state = after;
        Ok(run)
    }

    fn run_mut(&mut self, task: &TaskKey, recorded: &Recorded) -> Result<&mut Run, Impossible> {
        let (job, number) = (self.id, recorded.number);
        let wrong = || Impossible { job, number, why: format!("the job has no task `{task}`") };
        self.tasks.get_mut(task).ok_or_else(wrong)
    }

    fn run_of(&mut self, effect: EffectId) -> Option<&mut Run> {
        let (task, _) = self.effects.get(&effect)?;
        self.tasks.get_mut(task)
    }

    /// The call of a plugin, while it counts.
    fn call_of(&mut self, effect: EffectId) -> Option<&mut Call> {
        self.run_of(effect)?.call.as_mut().filter(|call| call.effect == effect)
    }

    /// The end of a call comes later: somebody outside is awaited.
    fn deferred(&mut self, effect: EffectId, correlation: &str, is_polled: bool, recorded: &Recorded) -> Applied {
        let Some((task, _)) = self.effects.get(&effect).cloned() else { return Ok(()) };
        if self.run(&task).is_some_and(|run| run.state != TaskState::AwaitingExternal) {
            self.step(&task, Move::AskOutside, recorded)?;
        }
        if let Some(call) = self.call_of(effect) {
            call.correlation = Some(correlation.into());
            call.is_polled = is_polled;
            call.in_doubt = false;
        }
        Ok(())
    }

    /// Whether anybody knows how the last attempt of a call ended.
    fn doubted(&mut self, effect: EffectId, failure: &Failure) {
        if let Some(call) = self.call_of(effect) {
            call.in_doubt = failure.leaves_doubt();
        } else if let Some((task, slot)) = self.effects.get(&effect)
            && let Some(mail) = self.tasks.get_mut(task).and_then(|run| run.mail_mut(slot, effect))
        {
            // Once nobody knows, a later try that certainly failed makes nobody wiser.
            mail.in_doubt |= failure.leaves_doubt();
        }
    }

    /// Whether an effect is still to happen: its letter is open, or its child or call is of this round. One that is not is
    /// never tried again, whatever is heard of its last try.
    pub fn wants(&self, effect: EffectId) -> bool {
        let place = self.effects.get(&effect);
        place.is_some_and(|(task, slot)| self.tasks.get(task).is_some_and(|run| run.wants(slot, effect)))
    }

    /// Notes how a letter went, wherever it still counts; a settled effect is forgotten.
    fn mail(&mut self, effect: EffectId, state: MailState, settled: bool) {
        if let Some((task, slot)) = self.effects.get(&effect)
            && let Some(mail) = self.tasks.get_mut(task).and_then(|run| run.mail_mut(slot, effect))
        {
            mail.state = state;
        }
        if settled {
            self.effects.remove(&effect);
        }
    }

    /// A letter that is still wanted, or a job that was asked for, may be tried again by a person; anything else is
    /// forgotten.
    fn given_up(&mut self, effect: EffectId) {
        let wanted = self.wants(effect);
        if let Some(call) = self.call_of(effect) {
            call.given_up = true;
        }
        self.mail(effect, MailState::GivenUp, !wanted);
    }

    fn delayed(&mut self, effect: EffectId, tries: u32, at: Timestamp) {
        if let Some((task, slot)) = self.effects.get(&effect)
            && let Some(run) = self.tasks.get_mut(task)
        {
            run.delayed(slot, effect, tries, at);
        }
    }

    fn reopen(&mut self, task: &TaskKey) {
        self.dates.retain(|key, _| key.task().is_none_or(|of| of.parent() != *task));
        self.forget_children(|of| of.task == task.task);
        let items = self.tasks.get(task).and_then(|run| run.items.clone()).unwrap_or_default();
        let given = items.into_iter().filter_map(|item| {
            let run = self.tasks.remove(&TaskKey::item(&task.task, &item))?;
            Some((item, run.given()))
        });
        let given: Vec<_> = given.collect();
        if let Some(run) = self.tasks.get_mut(task) {
            *run = run.next_round(given.into_iter());
        }
        self.moved = Moved::All;
    }

    /// One instance alone begins again at once, and its list is open until it is done; anything else waits.
    fn reopen_instance_or_task(&mut self, task: &TaskKey, recorded: &Recorded) -> Applied {
        if task.item.is_none() {
            self.reopen(task);
            return Ok(());
        }
        self.dates.retain(|key, _| key.task() != Some(task));
        self.forget_children(|of| of == task);
        let run = self.run_mut(task, recorded)?;
        *run = run.next_instance(recorded.at);
        if self.run(&task.parent()).is_some_and(|list| list.state == TaskState::Completed) {
            let list = self.step(&task.parent(), Move::Resume, recorded)?;
            (list.ended_at, list.by) = (None, None);
        }
        self.moved = Moved::All;
        Ok(())
    }

    /// A job that had ended is open again.
    fn resume(&mut self) {
        self.state = JobState::Open;
        self.ended_at = None;
        self.left_since_end = false;
        self.moved = Moved::All;
    }

    /// All at once, so that two tasks may change names.
    fn rename(&mut self, renamed: &[(Name, Name)]) {
        let name = |key: TaskKey| match renamed.iter().find(|(old, _)| *old == key.task) {
            Some((_, new)) => TaskKey { task: new.clone(), item: key.item },
            None => key,
        };
        let tasks = core::mem::take(&mut self.tasks);
        self.tasks = tasks.into_iter().map(|(key, run)| (name(key), run)).collect();
        for child in self.children.values_mut() {
            child.task = name(child.task.clone());
        }
        let effects = core::mem::take(&mut self.effects);
        self.effects = effects.into_iter().map(|(effect, (key, slot))| (effect, (name(key), slot))).collect();
    }

    fn follow(&mut self, added: &[Name], removed: &[Name], at: Timestamp) {
        self.forget_children(|of| removed.contains(&of.task));
        for (key, run) in &mut self.tasks {
            match run.state {
                _ if removed.contains(&key.task) => run.cancel(at),
                // Under the new text others may be right: it is asked again like one that just became ready.
                TaskState::Uncompletable | TaskState::Ready => run.renew(at),
                _ => {}
            }
        }
        self.tasks.extend(added.iter().map(|task| (TaskKey::of(task), Run::new(1))));
        self.dates.clear();
        self.moved = Moved::All;
    }

    fn end(&mut self, state: JobState, at: Timestamp) {
        self.state = state;
        self.ended_at = Some(at);
        self.tasks.values_mut().for_each(|run| run.cut_off(at));
        self.leave_children(state == JobState::Cancelled);
    }

    /// Each waits for the other task's instance of its item, which may have to come to its own turn first.
    fn hold_instances(&mut self, task: &TaskKey) {
        let held = self.tasks.iter_mut().filter(|(key, _)| key.task == task.task && key.item.is_some());
        for (_, run) in held.filter(|(_, run)| run.state == TaskState::Ready) {
            run.state = TaskState::Waiting;
            run.ready_at = None;
        }
    }

    fn effect_id(&self, event: u64) -> EffectId {
        EffectId { job: self.id, event, index: 0 }
    }

    /// A task or instance.
    pub fn run(&self, task: &TaskKey) -> Option<&Run> {
        self.tasks.get(task)
    }

    /// The instances of a task, in order; none while its list is not frozen.
    pub fn instances(&self, task: &TaskKey) -> impl Iterator<Item = (TaskKey, &Run)> {
        let items = self.tasks.get(task).and_then(|run| run.items.as_deref()).unwrap_or_default();
        items.iter().filter_map(move |item| {
            let key = TaskKey::item(&task.task, item);
            self.tasks.get(&key).map(|run| (key, run))
        })
    }

    /// The instant that counts of one of its dates.
    pub fn date(&self, key: &DateKey) -> Option<Timestamp> {
        self.dates.get(key).and_then(Dated::at)
    }

    /// A task failed and nothing but a person can go on.
    pub fn needs_attention(&self) -> bool {
        self.state == JobState::Open && self.tasks.values().any(|run| run.state == TaskState::Failed)
    }
}

impl Event {
    /// What may still be learnt after a job has ended: how its last letters and children went, and who tried what.
    fn may_follow_the_end(&self) -> bool {
        matches!(
            self,
            Self::LetterSent { .. }
                | Self::LetterRefused { .. }
                | Self::EffectDelayed { .. }
                | Self::EffectGivenUp { .. }
                | Self::PluginSaid { .. }
                | Self::PluginReturned { .. }
                | Self::ListenerHeard { .. }
                | Self::ChildStarted { .. }
                | Self::ChildGave { .. }
                | Self::ChildEnded { .. }
                | Self::ActRefused { .. }
                | Self::LetterDropped { .. }
                | Self::SignatureVoided { .. }
                | Self::AnswerAmended(_)
                | Self::TaskReopened { .. }
                | Self::JobUncancelled { .. }
        )
    }

    /// Whether it says that something left the practice, or that somebody outside was told.
    fn says_that_something_left(&self) -> bool {
        matches!(
            self,
            Self::LetterSent { .. }
                | Self::EffectGivenUp { .. }
                | Self::PluginReturned { .. }
                | Self::ChildStarted { .. }
                | Self::ChildEnded { .. }
        )
    }
}
