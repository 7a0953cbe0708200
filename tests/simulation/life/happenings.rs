//! What happens in a step.
//!
//! Owns: drawing one happening and letting it happen: time passes, somebody acts, the office changes something, a job
//! starts, a version is published, rows are fought over, another engine takes over. Leaves what becomes of it to `life`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jobwright::play::{counted, is_active};
use jobwright_core::command::{Act, Command};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::Actor;
use jobwright_core::id::JobId;
use jobwright_core::value::Values;
use jobwright_runtime::{Clock, Done, Error, Existing, Looked, Publish, Sample, Samples, Start};
use jobwright_store::{Commit, CommitError, Error as StoreError, Key, Op, Pre, Space, Store, directory};

use super::{Acted, Life, operator};
use crate::simulation::office;
use crate::simulation::people::{self, Deed};

/// Numbers of the rows that commits with ids fight over.
const LEDGER_ROWS: u8 = 6;
/// Commits that may be repeated.
const LEDGER_KEPT: usize = 8;

/// A machine's two clocks, set by hand.
#[derive(Clone)]
struct Hands(Arc<Mutex<Sample>>);

impl Hands {
    fn at(wall: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Sample { wall, running: Duration::ZERO })))
    }

    fn set_by(&self, by: SignedDuration) {
        self.0.lock().expect("no thread panics").wall += by;
    }
}

impl Samples for Hands {
    fn sample(&self) -> Sample {
        *self.0.lock().expect("no thread panics")
    }
}

/// Whether what somebody asked for comes to what no file takes: an answer to them, and no fault.
fn is_too_large(error: &Error) -> bool {
    matches!(error, Error::Store(StoreError::BlobTooLarge { .. }))
}

fn entered_by(by: &Actor) -> Option<String> {
    match by {
        Actor::Staff { entered_by, .. } | Actor::Contact { entered_by, .. } | Actor::Entered { entered_by, .. } => {
            Some(entered_by.clone())
        }
        Actor::Engine | Actor::Operator { .. } => None,
    }
}

impl Life<'_> {
    /// Something happens; says whether everything due must be done afterwards.
    pub(super) fn something(&mut self) -> (Acted, bool) {
        if self.engine().paused().is_some() && self.chance.one_in(2) {
            self.machine.kill(format_args!("to look at the mail server's password again"));
            return (Ok(()), false);
        }
        match self.chance.below(20) {
            0..=5 => (self.time_passes(), true),
            6..=11 => (self.somebody_acts(), false),
            12 | 13 => (self.the_office_changes_something(), false),
            14 | 15 => (self.a_job_starts(), false),
            16 => (self.a_version_is_published(), false),
            17 => (self.the_ledger_is_written(), false),
            18 if self.chance.one_in(self.plan.takeovers) => (self.another_takes_over(), false),
            18 if self.chance.one_in(4) => (self.a_wrong_clock_is_looked_at(), false),
            18 => (self.a_former_engine_acts(), false),
            _ => (self.drive(), true),
        }
    }

    fn time_passes(&mut self) -> Acted {
        let next = self.engine().next_at()?;
        let far = match self.chance.below(8) {
            0 => SignedDuration::from_mins(1 + self.minutes(120)),
            1 | 2 => SignedDuration::from_hours(24 * (1 + self.minutes(20))),
            3 => SignedDuration::from_hours(24 * (20 + self.minutes(300))),
            _ => SignedDuration::from_mins(5),
        };
        let then = self.now + far;
        self.now = match next {
            Some(next) if self.chance.below(4) > 0 => {
                next.max(self.now).min(self.now + SignedDuration::from_hours(9_000))
            }
            _ => then,
        };
        self.set_clock();
        self.machine.tell(format_args!("it is {}", self.now));
        self.drive()
    }

    fn minutes(&mut self, below: usize) -> i64 {
        i64::try_from(self.chance.below(below)).unwrap_or_default()
    }

    pub(super) fn drive(&mut self) -> Acted {
        let engine = self.engine();
        let driven = self.runtime.block_on(engine.drive())?;
        self.machine.tell(format_args!("driven: {driven:?}"));
        if driven.set_aside > 0 && self.checks.set_aside().is_empty() && !self.machine.is_dead() {
            self.machine.broke(15, format_args!("{} jobs were set aside", driven.set_aside));
        }
        Ok(())
    }

    fn somebody_acts(&mut self) -> Acted {
        let Some(job) = self.an_open_job() else { return Ok(()) };
        let looked = self.engine().look(job)?;
        if self.chance.one_in(60) {
            return self.somebody_cancels(job);
        }
        let deed = if self.chance.one_in(12) {
            people::interfering(&looked, &mut self.chance)
        } else {
            let deeds = people::helpful(&looked, &self.paper, true, &mut self.chance);
            self.chance.pick(&deeds).cloned()
        };
        let Some(mut deed) = deed else { return Ok(()) };
        if self.chance.one_in(if matches!(deed.act, Act::Reassign { .. }) { 2 } else { 30 }) {
            return self.does_several(&looked, &deed);
        }
        if self.chance.one_in(6) {
            deed = people::wrong(&looked, &deed, &mut self.chance).unwrap_or(deed);
        }
        self.does(&looked, &deed)?;
        if self.chance.one_in(5) && !self.machine.is_dead() {
            self.does(&looked, &deed)?;
        }
        Ok(())
    }

    /// The same person does something several times in one go: one after the other, whatever comes of the later ones.
    fn does_several(&mut self, looked: &Looked, deed: &Deed) -> Acted {
        let active = is_active(looked, &deed.by);
        let Deed { task, act, note, .. } = deed.clone();
        let mut deeds = Vec::new();
        let commands: Vec<(JobId, Command)> = (0..4)
            .map(|_| {
                self.number += 1;
                let by = people::actor(&deed.by, self.number);
                deeds.extend(entered_by(&by));
                let (task, act, note) = (task.clone(), act.clone(), note.clone());
                (looked.job.id, Command::Act { task, act, by, active, note })
            })
            .collect();
        self.machine.tell(format_args!("deeds {deeds:?} together: {deed:?}"));
        let mut went = Ok(());
        let mut answers = Vec::new();
        self.engine().command_each(commands, 8, |at, answer| {
            answers.push((at, answer.is_ok()));
            match answer {
                Ok(_) | Err(Error::Refused(_)) => {}
                Err(error) if is_too_large(&error) => {}
                Err(error) => went = Err(error),
            }
        })?;
        // What the first one did the second one finds done, and never the other way round.
        if went.is_ok() && !self.machine.is_dead() {
            let is_done = |wanted: usize| answers.iter().any(|(at, done)| *at == wanted && *done);
            if is_done(1) && !is_done(0) {
                self.machine.broke(16, format_args!("the second of {deeds:?} was done, and the first was not"));
            }
            self.checks.in_order(looked.job.id, &deeds);
        }
        went
    }

    /// An engine comes up under a clock that is years ahead, or its clock jumps while it runs: it does nothing by that. Then
    /// the clock is set right, and another begins.
    fn a_wrong_clock_is_looked_at(&mut self) -> Acted {
        if self.machine.is_full() || self.process().came_up_full {
            return Ok(());
        }
        let jumps = self.chance.one_in(2);
        self.machine.tell(format_args!("a wrong clock, which {}", if jumps { "jumps" } else { "is years ahead" }));
        let went = self.under_a_wrong_clock(jumps);
        self.machine.kill(format_args!("its clock is set right"));
        went
    }

    fn under_a_wrong_clock(&mut self, jumps: bool) -> Acted {
        let sure = self.engine().now();
        let hands = Hands::at(self.now + self.off);
        if !jumps {
            hands.set_by(SignedDuration::from_hours(24 * 365 * 20));
        }
        let engine = self.engine_by(self.process().store.clone(), Arc::new(Clock::of(Box::new(hands.clone()))))?;
        engine.recover()?;
        if jumps {
            self.runtime.block_on(engine.drive())?;
            hands.set_by(SignedDuration::from_hours(24 * 30));
        }
        let before = engine.counters().read().letters_claimed;
        self.runtime.block_on(engine.drive())?;
        if self.machine.is_dead() {
            return Ok(());
        }
        let moved = engine.now().duration_since(sure);
        if moved > SignedDuration::from_hours(13) {
            self.machine.broke(14, format_args!("the time went on by {} hours at one look", moved.as_hours()));
        }
        if engine.counters().read().letters_claimed != before && !jumps {
            self.machine.broke(14, format_args!("letters left under a clock that is years ahead"));
        }
        Ok(())
    }

    pub(super) fn does(&mut self, looked: &Looked, deed: &Deed) -> Acted {
        self.number += 1;
        self.machine.tell(format_args!("deed {}: {deed:?}", self.number));
        let by = people::actor(&deed.by, self.number);
        let active = is_active(looked, &deed.by);
        let Deed { task, act, note, .. } = deed.clone();
        let command = Command::Act { task, act, by, active, note };
        if self.command(looked.job.id, command, true)?.is_some() && deed.is_wrong {
            self.machine.broke(2, format_args!("what must be refused was done: {deed:?}"));
        }
        Ok(())
    }

    /// Cancels a job, and may think better of it: at once, or of one that was cancelled before.
    fn somebody_cancels(&mut self, job: JobId) -> Acted {
        let cancelled = self.checks.cancelled_jobs();
        let before = self.chance.pick(&cancelled).copied();
        let back = match self.chance.below(4) {
            0 => before,
            1 => Some(job),
            _ => None,
        };
        if back.is_none_or(|back| back == job) {
            let command = Command::Cancel { by: operator(), why: "no longer wanted".to_owned() };
            self.command(job, command, false)?;
        }
        if let Some(back) = back {
            let note = "it was wanted".to_owned();
            self.machine.tell(format_args!("the cancellation of {back} is taken back"));
            self.command(back, Command::Uncancel { by: operator(), note, with_parent: false }, false)?;
        }
        Ok(())
    }

    fn command(&mut self, job: JobId, command: Command, counts: bool) -> Result<Option<Done>, Error> {
        if counts {
            self.machine.count(|figures| figures.acts += 1);
        }
        match self.engine().command(job, command) {
            Ok(done) => {
                self.checks.acknowledged(&done);
                Ok(Some(done))
            }
            Err(error) if is_too_large(&error) => {
                self.machine.tell(format_args!("not done: {error}"));
                Ok(None)
            }
            Err(Error::Refused(refusal)) => {
                self.machine.tell(format_args!("refused: {refusal}"));
                self.machine.count(|figures| figures.refused += 1);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn the_office_changes_something(&mut self) -> Acted {
        self.number += 1;
        let number = self.number;
        self.machine.count(|figures| figures.changes += 1);
        if self.chance.one_in(4) {
            let mut staff = directory::staff(&self.engine().reader())?.value;
            let at = self.chance.below(staff.len());
            let Some(one) = staff.get_mut(at) else { return Ok(()) };
            let said = office::change_staff(one, &mut self.chance, number);
            self.machine.tell(format_args!("{said}"));
            self.engine().put_staff(one, &Attribution::engine("test"))?;
            return Ok(());
        }
        let Some(id) = self.chance.pick(&self.clients).cloned() else { return Ok(()) };
        let engine = self.engine();
        let (chance, machine) = (&mut self.chance, &self.machine);
        let leavers = self.leavers.entry(id.clone()).or_default();
        let changed = engine.change_client(&id, &Attribution::engine("test"), |client| {
            let mut client = client.ok_or(Error::NoSuchClient(id.clone()))?;
            leavers.extend(client.contacts.iter().map(|contact| (contact.id.clone(), contact.clone())));
            machine.tell(format_args!("{}", office::change_client(&mut client, chance, number)));
            Ok::<_, Error>((client, ()))
        });
        changed.map(drop)
    }

    fn a_job_starts(&mut self) -> Acted {
        if self.checks.open_jobs().len() >= self.plan.jobs {
            return self.somebody_acts();
        }
        self.number += 1;
        let versions = self.chance.pick(&self.all.definitions).expect("there are definitions");
        let Some(client) = self.chance.pick(&self.clients).cloned() else { return Ok(()) };
        let id = counted(self.now, self.number);
        let definition = versions[0].plan.id.clone();
        self.machine.tell(format_args!("{definition} starts for {client} as {id}"));
        let start = Start { id, definition, client, period: None, inputs: Values::new(), by: operator(), parent: None };
        let started = match self.engine().start(start) {
            Err(error) if is_too_large(&error) => return Ok(()),
            started => started?,
        };
        if let jobwright_runtime::Started::New(done) = &started {
            self.machine.count(|figures| figures.jobs += 1);
            self.checks.acknowledged(done);
        }
        Ok(())
    }

    fn a_version_is_published(&mut self) -> Acted {
        let versions = self.chance.pick(&self.all.definitions).expect("there are definitions");
        let version = self.chance.pick(versions).expect("each has a version");
        let existing = [Existing::Keep, Existing::Update, Existing::AsDefined][self.chance.below(3)];
        self.machine.tell(format_args!("{} is published, {existing:?}", version.plan.id));
        self.machine.count(|figures| figures.changes += 1);
        let publish = Publish { plan: version.plan.clone(), text: version.text.clone(), by: operator() };
        self.engine().publish(&publish, existing).map(drop)
    }

    /// Commits under ids of their own, over a few rows that they fight about, some of them twice.
    fn the_ledger_is_written(&mut self) -> Acted {
        let store = self.process().store.clone();
        let epoch = store.epoch()?;
        let mut batch = Vec::new();
        for _ in 0..1 + self.chance.below(5) {
            self.number += 1;
            if self.chance.one_in(3)
                && let Some(commit) = self.chance.pick(&self.ledger)
            {
                batch.push(Commit { epoch, ..commit.clone() });
                continue;
            }
            let commit = self.entry(epoch);
            self.ledger.push(commit.clone());
            batch.push(commit);
        }
        let kept = self.ledger.len().saturating_sub(LEDGER_KEPT);
        self.ledger.drain(..kept);
        for answer in store.commit(batch)? {
            if let Err(error @ CommitError::OutcomeUnknown(_)) = answer {
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn entry(&mut self, epoch: u64) -> Commit {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&self.number.to_be_bytes());
        let chance = &mut self.chance;
        let mut key = || Key::new(Space::Audit, [u8::try_from(chance.below(LEDGER_ROWS.into())).unwrap_or_default()]);
        let (one, other, third) = (key(), key(), key());
        let value = self.number.to_be_bytes().to_vec();
        let pre = match self.chance.below(5) {
            0 => vec![Pre::Absent(one.clone())],
            1 => vec![Pre::Present(one.clone())],
            2 => vec![Pre::Version(one.clone(), self.chance.below(4) as u64)],
            _ => vec![],
        };
        let last = if self.chance.one_in(2) { Op::Delete(third) } else { Op::Put(third, value.clone()) };
        let ops = vec![Op::Put(one, value.clone()), Op::Put(other, value), last];
        let epoch = if self.chance.one_in(8) { epoch.saturating_sub(1) } else { epoch };
        Commit { epoch, id: (!self.chance.one_in(3)).then_some(id), pre, ops }
    }

    /// Another engine takes the store over; this one goes on, and must not get anywhere.
    fn another_takes_over(&mut self) -> Acted {
        // An engine that comes up on a full disk takes over once there is room: until then it is not clear who is.
        if self.machine.is_full() || self.process().came_up_full {
            return Ok(());
        }
        self.machine.tell(format_args!("another engine takes over"));
        self.machine.count(|figures| figures.takeovers += 1);
        let store = self.process().store.clone();
        let engine = self.engine_on(store)?;
        engine.recover()?;
        let process = self.process.as_mut().expect("a process runs");
        process.former.push(std::mem::replace(&mut process.engine, engine));
        Ok(())
    }

    fn a_former_engine_acts(&mut self) -> Acted {
        let Some(former) = self.process.as_mut().and_then(|process| process.former.pop()) else { return Ok(()) };
        self.machine.tell(format_args!("an engine acts that was taken over from"));
        let driven = self.runtime.block_on(former.drive()).map(drop);
        let cancelled = driven.and_then(|()| {
            let Some(job) = self.an_open_job() else { return Ok(()) };
            let command = Command::Cancel { by: operator(), why: "by a former engine".to_owned() };
            former.command(job, command)?;
            self.machine.broke(5, format_args!("an engine that was taken over from cancelled a job"));
            Ok(())
        });
        match cancelled {
            Err(Error::Commit(CommitError::Fenced { .. }) | Error::Refused(_)) => Ok(()),
            went => went,
        }
    }
}
