//! Jobs that jobs start: starting them, hearing of their end, cancelling them with who started them, and bringing them
//! back with it.
//!
//! Owns: the effects between a job and those it started, each the same however often it is tried. A job counts as started
//! by another only when both say so. Leaves what follows for either job to the core, and ids to the store.

use super::Engine;
use super::held::Held;
use super::report::{CANNOT_START, with_outcome};
use super::slot::Slot;
use super::start::{Parent, Start};
use super::wish::{ChangedClients, Given};
use crate::Error;
use crate::turn::{Cause, Turned};
use jobwright_core::{
    command::{Command, Outcome, Refusal},
    effect::{Effect, Failure},
    event::Actor,
    id::{ClientId, DefinitionId, EffectId, JobId},
    job::{Child, Job, JobState, may_uncancel},
    plan::{StartJob, Work},
    task::TaskKey,
    value::{Value, Values},
};
use jobwright_store::{
    Draft, Loaded,
    jobs::{self, ChildOf},
    outbox::{self, Entry},
    sabotage::{Bug, is_planted},
};

/// Most rounds of cancelling what was started by what was cancelled: as deep as jobs may start one another here.
const ROUNDS_MAX: usize = 10_000;
/// Most effects looked at for those; behind so many others they are left to whoever does all that is due.
const EFFECTS_MAX: usize = 5_000;
/// Most jobs that come back with one another; of more than that, each is started again.
const BACK_MAX: usize = 10_000;
/// Most jobs named that cannot come back.
const NAMED_MAX: usize = 10;

/// What is left to be brought back behind the first.
pub(super) struct Resuming<'a> {
    pub(super) rest: &'a [JobId],
    pub(super) gone: Vec<JobId>,
    pub(super) note: String,
}

impl Engine {
    /// Does what is due between jobs and those they started: those that go with a cancelled job are cancelled, those that
    /// come back with one come back, and who waits is told. Nothing else is done, and nothing is started. Gives how many
    /// effects that were.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn settle_children(&self) -> Result<usize, Error> {
        let mut done = 0;
        for _ in 0..ROUNDS_MAX {
            let mut ends = Vec::new();
            for id in self.due_effects(EFFECTS_MAX)? {
                let effect = outbox::load(&self.reader(), id)?.map(|entry| entry.value.effect);
                if let Some(
                    effect @ (Effect::EndChildren { .. } | Effect::ResumeChildren { .. } | Effect::TellParent { .. }),
                ) = effect
                {
                    ends.push((id, effect));
                }
            }
            if ends.is_empty() {
                break;
            }
            done += ends.len();
            self.act_inside(ends)?;
        }
        Ok(done)
    }

    /// Starts the job that an effect asks for, or finds that it runs; then who asked hears of it.
    pub(super) fn start_child(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        entry: &Loaded<Entry>,
        (definition, client, inputs): (DefinitionId, ClientId, Values),
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let id = entry.value.id;
        let mut child = match jobs::child_of(&self.reader(), &entry.value)? {
            Some(ChildOf::Runs(child)) => {
                return self.recorded(held, slot, id, entry, Outcome::Started(child), changed);
            }
            Some(ChildOf::Free(child)) => child,
            None => {
                let failure = Failure::permanent("no-free-id", "other jobs have every id that this one could have");
                return self.recorded(held, slot, id, entry, Outcome::Failed(failure), changed);
            }
        };
        if is_planted(Bug::DoubleChild) {
            child.0[15] ^= self.epoch()? as u8;
        }
        let live = self.live_of(held, slot, id.job)?;
        let (asked, is_wanted) = (live.job.children.get(&id).cloned(), live.job.wants_child(id));
        held.jobs.put(id.job, live);
        if !is_wanted {
            // Whoever asked for it has ended, begins again, or was closed without it.
            slot.answer = Some(Ok(Given::Nothing));
            return Ok(Some(outbox::settle(entry)));
        }
        let terms = asked.map(|asked| asked.terms).unwrap_or_default();
        let parent = Some(Parent { effect: id, dates: terms.dates });
        let start = Start { id: child, definition, client, period: terms.period, inputs, by: Actor::Engine, parent };
        match self.decide_start(held, slot, start, changed).map(Ok).or_else(not_started)? {
            Ok(draft) => {
                slot.asked_by = Some((id, child));
                Ok(draft)
            }
            Err(outcome) => self.recorded(held, slot, id, entry, outcome, changed),
        }
    }

    /// The job that asked for this one hears how it ended, and takes what it gave.
    pub(super) fn tell_parent(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        entry: &Loaded<Entry>,
        (parent, completed): (EffectId, bool),
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let decided = self.live_of(held, slot, parent.job).and_then(|live| {
            let child = live.job.children.get(&parent).and_then(|child| child.job);
            if child.map(|child| self.is_open(child)).transpose()? == Some(true) {
                // It goes on after all, and says so again when it ends.
                return Err(Error::NoSuchJob(parent.job));
            }
            let outputs = match live.job.children.get(&parent) {
                Some(child) if completed => self.taken_from(&live.prepared.plan, child, entry.value.id.job)?,
                _ => Values::new(),
            };
            let told = Command::Record { effect: parent, outcome: Outcome::Ended { completed, outputs } };
            let settle = |_: &Turned| Ok(outbox::settle(entry));
            self.turn(held, slot, live, Cause::Command(Box::new(told)), changed, settle)
        });
        // It went on without waiting, or is gone: nobody is left to be told.
        with_outcome(slot, decided, || Ok(outbox::settle(entry)))
    }

    /// What the job that ended gave, under the names of the task that started it. What is not there is left out, and the
    /// task says what it lacks.
    fn taken_from(&self, plan: &jobwright_core::plan::Plan, child: &Child, ended: JobId) -> Result<Values, Error> {
        let work = plan.task(&child.task.task).map(|task| &task.work);
        let Some(Work::StartJob(StartJob { take, .. })) = work else { return Ok(Values::new()) };
        if take.is_empty() {
            return Ok(Values::new());
        }
        let looked = self.try_look(ended)?;
        let scene = looked.scene(self)?;
        let given = |taken: &jobwright_core::plan::Taken| {
            let outputs = scene.outputs_of(&TaskKey::of(&taken.task).to_string())?;
            outputs.get(taken.output.as_str()).filter(|value| **value != Value::Nothing).cloned()
        };
        Ok(take.iter().filter_map(|(name, taken)| Some((name.clone(), given(taken)?))).collect())
    }

    /// Cancels the first of the jobs that went with the one that started them; the rest is wanted in the same commit.
    pub(super) fn end_child(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        entry: &Loaded<Entry>,
        (children, why): (Vec<JobId>, String),
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let beside = |children: &[JobId]| match children {
            [] | [_] => Ok(outbox::settle(entry)),
            [_, rest @ ..] => {
                let rest = Effect::EndChildren { children: rest.to_vec(), why: why.clone() };
                Ok(outbox::go_on(entry, rest, self.now())?)
            }
        };
        let first = children.first().copied();
        let Some(first) = first.filter(|_| !is_planted(Bug::ChildLeftRunning)) else {
            slot.answer = Some(Ok(Given::Nothing));
            return beside(&[]).map(Some);
        };
        // It may have come back meanwhile with the job that started it.
        if self.is_wanted(held, first, entry.value.id.job)? != Some(false) {
            slot.answer = Some(Ok(Given::Nothing));
            return beside(&children).map(Some);
        }
        let cancel = Command::Cancel { by: Actor::Engine, why: why.clone() };
        let decided = self.live_of(held, slot, first).and_then(|live| {
            self.turn(held, slot, live, Cause::Command(Box::new(cancel)), changed, |_| beside(&children))
        });
        // It has ended already, or cannot be moved.
        with_outcome(slot, decided, || beside(&children))
    }

    /// Brings the first of the jobs back that ended with the one that started them; the rest is wanted in the same commit.
    pub(super) fn resume_child(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        entry: &Loaded<Entry>,
        (first, resuming): (JobId, Resuming<'_>),
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Resuming { rest, gone, note } = resuming;
        let go_on = |gone: Vec<JobId>| self.rest_of_resuming(entry, (rest.to_vec(), gone, note.clone()));
        let head = jobs::head(&self.reader(), first)?;
        // Whoever started it may have ended again meanwhile.
        if self.is_wanted(held, first, entry.value.id.job)? != Some(true) {
            slot.answer = Some(Ok(Given::Nothing));
            return go_on(gone).map(Some);
        }
        let is_free = match head {
            Some(head) => jobs::holder(&self.reader(), &head.value)?.is_none(),
            None => false,
        };
        let decided = if is_free {
            let back = Command::Uncancel { by: Actor::Engine, note: note.clone(), with_parent: true };
            self.live_of(held, slot, first).and_then(|live| {
                let beside = |_: &Turned| go_on(gone.clone());
                self.turn(held, slot, live, Cause::Command(Box::new(back)), changed, beside)
            })
        } else {
            Err(Error::NoSuchJob(first))
        };
        with_outcome(slot, decided, || match self.is_open(first)? {
            true => go_on(gone),
            false => go_on(gone.into_iter().chain([first]).collect()),
        })
    }

    /// Who started jobs that cannot come back after all hears of the first of them that they have ended.
    pub(super) fn tell_of_gone(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        entry: &Loaded<Entry>,
        (gone, note): (Vec<JobId>, String),
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Some((first, rest)) = gone.split_first() else {
            slot.answer = Some(Ok(Given::Nothing));
            return Ok(Some(outbox::settle(entry)));
        };
        let go_on = || self.rest_of_resuming(entry, (vec![], rest.to_vec(), note.clone()));
        let decided = match jobs::parent(&self.reader(), *first)? {
            Some(effect) => self.live_of(held, slot, effect.job).and_then(|live| {
                let outcome = Outcome::Ended { completed: false, outputs: Values::new() };
                let told = Command::Record { effect, outcome };
                self.turn(held, slot, live, Cause::Command(Box::new(told)), changed, |_| go_on())
            }),
            None => Err(Error::NoSuchJob(*first)),
        };
        with_outcome(slot, decided, go_on)
    }

    fn rest_of_resuming(
        &self,
        entry: &Loaded<Entry>,
        (children, gone, note): (Vec<JobId>, Vec<JobId>, String),
    ) -> Result<Draft, Error> {
        if children.is_empty() && gone.is_empty() {
            return Ok(outbox::settle(entry));
        }
        Ok(outbox::go_on(entry, Effect::ResumeChildren { children, gone, note }, self.now())?)
    }

    /// Whether a job is wanted by the one that started it; nothing when it is not that one's.
    fn is_wanted(&self, held: &mut Held, child: JobId, by: JobId) -> Result<Option<bool>, Error> {
        let Some(effect) = jobs::parent(&self.reader(), child)?.filter(|parent| parent.job == by) else {
            return Ok(None);
        };
        let live = match self.live(held, by) {
            // Nobody knows what it wants; that is not the other job's trouble.
            Err(error) if error.is_of_one_job() => return Ok(None),
            live => live?,
        };
        let is_wanted = live.job.children.get(&effect).map(|child| child.unwanted.is_none());
        held.jobs.put(by, live);
        Ok(is_wanted)
    }

    fn is_open(&self, job: JobId) -> Result<bool, Error> {
        let head = jobs::head(&self.reader(), job)?;
        Ok(head.is_some_and(|head| head.value.state == JobState::Open))
    }

    /// Whether all that ended with a job can come back with it; else nothing is taken back, and those that cannot are
    /// named.
    pub(super) fn must_come_back(&self, job: JobId) -> Result<(), Error> {
        // What was cancelled with it is so by now, and says what has left of it.
        self.settle_children()?;
        let (mut open, mut seen, mut faults) = (vec![job], 0, Vec::new());
        while let Some(id) = open.pop() {
            seen += 1;
            if seen > BACK_MAX {
                faults.push(format!("more than {BACK_MAX} jobs ended with it"));
                break;
            }
            let looked = match self.try_look(id) {
                // What is to be said of the job itself is the answer to its own command.
                Err(_) if id == job => return Ok(()),
                Ok(looked) if id == job && may_uncancel(&looked.job, false, self.now()).is_err() => return Ok(()),
                Err(error @ (Error::SetAside { .. } | Error::NoSuchJob(_))) => {
                    faults.push(format!("job {id}, which ended with it: {error}"));
                    continue;
                }
                looked => looked?,
            };
            if looked.job.state != JobState::Cancelled {
                continue;
            }
            open.extend(looked.job.ended_with_it());
            match self.cannot_come_back(&looked.job, &looked.head.value)? {
                Some(why) if id == job => faults.push(why),
                Some(why) => faults.push(format!("job {id} ({}), which ended with it: {why}", looked.job.definition)),
                None => {}
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        let more = faults.len().saturating_sub(NAMED_MAX);
        faults.truncate(NAMED_MAX);
        if more > 0 {
            faults.push(format!("and {more} more"));
        }
        Err(Error::Refused(Refusal::CancelledForGood(faults.join("; "))))
    }

    /// Why a cancelled job cannot come back.
    fn cannot_come_back(&self, job: &Job, head: &jobs::Head) -> Result<Option<String>, Error> {
        if let Some(other) = jobs::holder(&self.reader(), head)? {
            return Ok(Some(format!("the client may have this job only once, and by now has job {other}")));
        }
        Ok(match may_uncancel(job, true, self.now()) {
            Ok(()) => None,
            Err(Refusal::CancelledForGood(why)) => Some(why),
            Err(refusal) => Some(refusal.to_string()),
        })
    }
}

/// A job that cannot be started is an outcome for the job that asked for it; anything else is an error of ours.
fn not_started(error: Error) -> Result<Result<Option<Draft>, Outcome>, Error> {
    let failed = |code: &str, words: String| Ok(Err(Outcome::Failed(Failure::permanent(code, words))));
    match error {
        Error::NoSuchDefinition(_) | Error::NoSuchClient(_) => failed("no-such-job", error.to_string()),
        Error::DoesNotApply { .. } | Error::Inputs(_) | Error::Period(_) | Error::KeyDates(_) => {
            failed(CANNOT_START, error.to_string())
        }
        error => Err(error),
    }
}
