//! Jobs that are due: by time, or because the directory changed.
//!
//! Owns: finding them and letting each take its turn. Who waits stands in the store, so nothing is lost when the
//! process ends between a change and the turns it calls for.

use super::round::WISHES_PER_ROUND_MAX;
use super::seat::Seated;
use super::wish::Wish;
use super::{Engine, Pause};
use crate::Error;
use crate::turn::Cause;
use jiff::Timestamp;
use jobwright_core::{
    id::{EffectId, JobId, StaffId},
    recipient::PersonId,
    task::TaskState,
};
use jobwright_store::{
    CommitError, Loaded, directory, jobs, outbox,
    sabotage::{Bug, is_planted},
    timers,
    woken::{self, Changed},
};
use std::collections::BTreeSet;

/// Notes of changes read at once.
const NOTES_PAGE: usize = 200;
/// Most pages of due jobs in one moment: a job whose turn makes it due again at once must not go on for ever.
const PAGES_MAX: usize = 1_000_000;

/// What waking did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// Jobs that took a turn.
    pub jobs: usize,
    /// Jobs that were set aside.
    pub set_aside: usize,
}

impl Engine {
    /// Lets every job take its turn that is due now, by a change of the directory or by time.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn wake(&self) -> Result<Woken, Error> {
        let mut seated = self.seat.sit_patiently(&self.counters);
        let mut woken = self.wake_waiting(&mut seated)?;
        if self.holds_for_clock() {
            return Ok(woken);
        }
        for _ in 0..PAGES_MAX {
            let now = self.now();
            if self.next_job_at(&mut seated)?.is_none_or(|next| next > now) {
                break;
            }
            let due = timers::due(&self.reader(), now, WISHES_PER_ROUND_MAX)?;
            if due.is_empty() {
                break;
            }
            self.wake_each(&mut seated, due, Cause::Advance, &mut woken)?;
        }
        Ok(woken)
    }

    /// Lets every job look again that waits for a change of the directory that was made.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn wake_for_changes(&self) -> Result<Woken, Error> {
        self.wake_waiting(&mut self.seat.sit_patiently(&self.counters))
    }

    /// Lets these jobs look again at who can act, also where an earlier release did not note that they wait for that.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn look_again(&self, jobs: Vec<JobId>) -> Result<Woken, Error> {
        let mut woken = Woken::default();
        self.wake_each(&mut self.seat.sit_patiently(&self.counters), jobs, Cause::DirectoryChanged, &mut woken)?;
        Ok(woken)
    }

    pub(super) fn wake_waiting(&self, seated: &mut Seated<'_>) -> Result<Woken, Error> {
        let mut woken = Woken::default();
        for _ in 0..PAGES_MAX {
            if !seated.due.notes {
                break;
            }
            let notes = woken::notes(&self.reader(), NOTES_PAGE)?;
            if notes.is_empty() {
                seated.due.notes = false;
                break;
            }
            self.wake_for(seated, &notes, &mut woken)?;
        }
        Ok(woken)
    }

    /// Wakes whoever waits for one of these changes, and only then removes the notes of them.
    fn wake_for(
        &self,
        seated: &mut Seated<'_>,
        notes: &[Loaded<woken::Changed>],
        woken: &mut Woken,
    ) -> Result<(), Error> {
        let mut jobs = BTreeSet::new();
        let staff = directory::staff(&self.reader())?.value;
        let here: BTreeSet<&StaffId> = staff.iter().filter(|one| one.active).map(|one| &one.id).collect();
        for note in notes.iter().filter(|_| !is_planted(Bug::NoteRemovedUnread)) {
            let mut after = None;
            loop {
                let page = woken::waiting(&self.reader(), &note.value, after, WISHES_PER_ROUND_MAX)?;
                for job in page.found {
                    if note.value != Changed::Staff || self.misses_somebody(job, &here)? {
                        jobs.insert(job);
                    }
                }
                if jobs.len() >= WISHES_PER_ROUND_MAX {
                    let many = std::mem::take(&mut jobs).into_iter().collect();
                    self.wake_each(seated, many, Cause::DirectoryChanged, woken)?;
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        self.wake_each(seated, jobs.into_iter().collect(), Cause::DirectoryChanged, woken)?;
        for answer in self.commit_each(seated, notes.iter().map(woken::seen).collect()).answers {
            match answer {
                // Another change meanwhile keeps its note, and the next page looks again.
                Ok(_) | Err(Error::Commit(CommitError::Conflict(_))) => {}
                Err(error) => return Err(error.alone()),
            }
        }
        Ok(())
    }

    /// Whether a change of staff can matter to a job that waits for one: nobody can do one of its tasks, or somebody who
    /// does has left. Its head says so, so that work which lies where it should costs no turn; where the head does not
    /// show all, the turn finds out.
    fn misses_somebody(&self, job: JobId, here: &BTreeSet<&StaffId>) -> Result<bool, Error> {
        let Some(head) = jobs::head(&self.reader(), job)? else { return Ok(false) };
        let head = head.value;
        let is_cut = head.open as usize > head.tasks.len();
        let is_gone = |person: &PersonId| matches!(person, PersonId::Staff(id) if !here.contains(id));
        let concerns = |task: &jobs::OpenTask| {
            task.state == TaskState::Uncompletable
                || task.people.len() >= jobs::PEOPLE_SHOWN_MAX
                || task.people.iter().any(is_gone)
        };
        Ok(is_cut || head.tasks.iter().any(concerns))
    }

    /// Lets jobs take a turn, all with one flush. One that cannot go on is told of and left; the rest goes on.
    fn wake_each(
        &self,
        seated: &mut Seated<'_>,
        jobs: Vec<JobId>,
        cause: Cause,
        woken: &mut Woken,
    ) -> Result<(), Error> {
        let wishes = jobs.iter().map(|job| Wish::Turn(*job, cause.clone())).collect();
        let mut aside = Vec::new();
        for (job, answer) in jobs.iter().zip(self.all(seated, wishes)) {
            match answer.map_err(Error::alone) {
                Ok(_) => woken.jobs += 1,
                Err(error) => aside.push(Self::out_of_the_way(*job, &error).ok_or(error)?),
            }
        }
        woken.set_aside += aside.iter().filter(|wish| matches!(wish, Wish::SetAside(..))).count();
        self.all(seated, aside).into_iter().try_for_each(|answer| answer.map(drop).map_err(Error::alone))
    }

    /// Effects whose moment to be tried has come.
    pub(crate) fn due_effects(&self, limit: usize) -> Result<Vec<EffectId>, Error> {
        let now = self.now();
        let next = self.next_effect_at(&mut self.seat.sit_patiently(&self.counters))?;
        if next.is_none_or(|next| next > now) {
            return Ok(vec![]);
        }
        Ok(outbox::due(&self.reader(), now, limit)?)
    }

    /// The next moment at which anything is due: a job, or an effect to be tried.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_at(&self) -> Result<Option<Timestamp>, Error> {
        let mut seated = self.seat.sit_patiently(&self.counters);
        let effects = self.next_effect_at(&mut seated)?;
        // Letters that cannot leave are not due before one of them may try again; a call behind them may wait for that.
        let effects = match self.paused() {
            Some(Pause::Server(halt)) => effects.map(|next| next.max(halt.again_at)),
            Some(Pause::Restored { .. }) | None => effects,
        };
        Ok([self.next_job_at(&mut seated)?, effects].into_iter().flatten().min())
    }

    fn next_job_at(&self, seated: &mut Seated<'_>) -> Result<Option<Timestamp>, Error> {
        Ok(seated.due.jobs.or_look(|| timers::next_at(&self.reader()))?)
    }

    fn next_effect_at(&self, seated: &mut Seated<'_>) -> Result<Option<Timestamp>, Error> {
        Ok(seated.due.effects.or_look(|| outbox::next_at(&self.reader()))?)
    }
}
