//! Jobs that are due: by time, or because the directory changed.
//!
//! Owns: finding them and letting each take its turn. Who waits stands in the store, so nothing is lost when the
//! process ends between a change and the turns it calls for.

use super::Engine;
use crate::Error;
use crate::turn::Cause;
use jiff::Timestamp;
use jobwright_core::{command::Command, id::JobId};
use jobwright_store::{Draft, Loaded, jobs, outbox, timers, woken};

/// Jobs read at once.
const JOBS_PAGE: usize = 200;
/// Notes of changes read at once.
const NOTES_PAGE: usize = 50;
/// Most rounds over the due jobs of one moment: a job whose turn makes it due again at once must not go on for ever.
const ROUNDS_MAX: usize = 1_000;

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
        let mut woken = self.wake_for_changes()?;
        for _ in 0..ROUNDS_MAX {
            let due = timers::due(&self.reader(), self.now(), JOBS_PAGE)?;
            if due.is_empty() {
                return Ok(woken);
            }
            for job in due {
                self.wake_one(job, Cause::Command(Box::new(Command::Advance)), &mut woken)?;
            }
        }
        Ok(woken)
    }

    /// Lets every job look again that waits for a change of the directory that was made.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn wake_for_changes(&self) -> Result<Woken, Error> {
        let mut woken = Woken::default();
        for _ in 0..ROUNDS_MAX {
            let notes = woken::notes(&self.reader(), NOTES_PAGE)?;
            if notes.is_empty() {
                break;
            }
            for note in notes {
                self.wake_for(&note, &mut woken)?;
            }
        }
        Ok(woken)
    }

    fn wake_for(&self, note: &Loaded<woken::Changed>, woken: &mut Woken) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = woken::waiting(&self.reader(), &note.value, after, JOBS_PAGE)?;
            for job in page.found {
                self.wake_one(job, Cause::DirectoryChanged, woken)?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        // Another change meanwhile keeps its note, and the next round looks again.
        match self.commit(woken::seen(note)) {
            Ok(_) | Err(Error::Commit(jobwright_store::CommitError::Conflict(_))) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn wake_one(&self, job: JobId, cause: Cause, woken: &mut Woken) -> Result<(), Error> {
        let _span = tracing::info_span!("job", %job).entered();
        match self.turn(job, cause, Draft::default()) {
            Ok(_) => woken.jobs += 1,
            Err(Error::Refused(_)) => self.silence(job)?,
            // One job that cannot go on is told of and left; the rest goes on.
            Err(
                error @ (Error::SetAside { .. } | Error::Unprepared(_) | Error::NoCalendar(_) | Error::TooManyTurns(_)),
            ) => {
                if let Some(head) = jobs::head(&self.reader(), job)?
                    && head.value.set_aside.is_none()
                {
                    self.set_aside(&head, error.to_string())?;
                }
                woken.set_aside += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// A job that has ended does not want to be woken again.
    fn silence(&self, job: JobId) -> Result<(), Error> {
        if let Some(head) = jobs::head(&self.reader(), job)? {
            let outlook = jobs::Outlook { wake_at: None, ..head.value.outlook.clone() };
            let quiet = jobs::Head { outlook, ..head.value.clone() };
            self.commit(jobs::append(Some(&head), &quiet, &[])?)?;
        }
        Ok(())
    }

    /// The next moment at which anything is due: a job, or an effect to be tried.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_at(&self) -> Result<Option<Timestamp>, Error> {
        let reader = self.reader();
        let next = [timers::next_at(&reader)?, outbox::next_at(&reader)?];
        Ok(next.into_iter().flatten().min())
    }
}
