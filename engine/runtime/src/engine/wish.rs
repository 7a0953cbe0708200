//! What can be wished of jobs, and what each wish makes of them.
//!
//! Owns: from a wish to the draft that would fulfil it; nothing is true before that draft is committed. The wishes about
//! effects are in `report`, starting is in `start`, moving to another version in `publish`.

use super::Engine;
use super::called::CameBack;
use super::held::{Held, LiveJob, Slice};
use super::report::Claimed;
use super::slot::Slot;
use super::start::Start;
use super::{Done, publish::Moving};
use crate::turn::{self, Cause, Turned};
use crate::{Error, Prepared};
use jiff::{SignedDuration, Timestamp};
use jobwright_core::directory::trail::Attribution;
use jobwright_core::{
    command::{Command, Outcome, Refusal},
    directory::Client,
    effect::{Consequence, DirectoryChange},
    event::Event,
    id::{ClientId, EffectId, JobId},
    job::{Agenda, Job},
};
use jobwright_store::{
    Draft, Loaded,
    jobs::{self, Head, Outlook},
    outbox::{self, Entry, State},
    sabotage::{Bug, is_planted},
};
use std::{collections::HashSet, sync::Arc};

/// Most effects forgotten within one commit; the rest is found out when it comes due.
const FORGOTTEN_PER_TURN_MAX: usize = 10;
/// How long an effect of a job that cannot be moved waits before somebody looks again.
pub(super) const HELD_BACK_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What is wished.
pub(super) enum Wish {
    /// A job that is not there yet.
    Start(Box<Start>),
    /// A turn of a job.
    Turn(JobId, Cause),
    /// A turn under another version of the definition.
    Move(JobId, Arc<Moving>),
    /// A claim before a try.
    Claim(EffectId),
    /// A letter that is about to leave is for somebody who is otherwise now.
    LookAgain(EffectId),
    /// A claimed letter is about to set out, and its job has moved since the claim.
    SetOut(EffectId),
    /// How a try came back.
    Report(EffectId, CameBack),
    /// How an effect went.
    Record(EffectId, Outcome),
    /// An effect whose target is the engine; of which job it moves.
    Inside(EffectId, JobId),
    /// How an effect went, and nothing that would follow from it: that cannot be stored, for this reason.
    Alone(EffectId, Outcome, String),
    /// An effect whose job cannot be told how it went.
    LetGo(LetGo),
    /// A job that has ended is not to be woken again.
    Silence(JobId),
    /// A job that cannot go on is to be out of the way, with the reason.
    SetAside(JobId, String),
}

/// An effect whose job cannot be told how it went.
pub(super) struct LetGo {
    pub(super) effect: EffectId,
    /// The job, which is set aside.
    pub(super) job: JobId,
    /// Whether it is known how it went; else it is looked at again.
    pub(super) is_over: bool,
    /// Why.
    pub(super) why: String,
}

/// What came of a wish.
pub(super) enum Given {
    Done(Done),
    Already(JobId),
    Claimed(Claimed),
    /// A letter could not be built: how that went is still to be recorded.
    Unbuilt(EffectId, Outcome),
    /// A letter is for somebody who is otherwise now: that is still to be looked at.
    LookAgain(EffectId),
    /// A claimed letter was dropped before it set out.
    Dropped(EffectId),
    Nothing,
}

pub(super) type Answer = Result<Given, Error>;

impl Given {
    /// What a job did.
    pub(super) fn into_done(self) -> Result<Done, Error> {
        match self {
            Self::Done(done) => Ok(done),
            // Only a job's own wishes are answered with what it did.
            Self::Already(_)
            | Self::Claimed(_)
            | Self::Unbuilt(..)
            | Self::LookAgain(_)
            | Self::Dropped(_)
            | Self::Nothing => Err(Error::Unanswered),
        }
    }
}

impl Wish {
    /// The job whose wishes go one after the other.
    pub(super) fn job(&self) -> JobId {
        match self {
            Self::Start(start) => start.id,
            Self::Turn(job, _)
            | Self::Move(job, _)
            | Self::Inside(_, job)
            | Self::Silence(job)
            | Self::SetAside(job, _)
            | Self::LetGo(LetGo { job, .. }) => *job,
            Self::Claim(effect)
            | Self::LookAgain(effect)
            | Self::SetOut(effect)
            | Self::Report(effect, _)
            | Self::Record(effect, _)
            | Self::Alone(effect, ..) => effect.job,
        }
    }
}

/// The clients that this round changes.
pub(super) type ChangedClients = HashSet<ClientId>;

impl Engine {
    /// Decides a wish. Without a draft there is nothing to write; a wish that is still in its slot must wait for the next
    /// round.
    pub(super) fn decide(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let Some(wish) = slot.wish.take() else { return Ok(None) };
        // Whoever would see a client that this round changes waits for the next one.
        if !changed.is_empty() {
            match self.client_of(held, slot, &wish) {
                Ok(client) if changed.contains(&client) => {
                    slot.wish = Some(wish);
                    return Ok(None);
                }
                // A job that cannot be moved sees nobody.
                Err(error) if Self::out_of_the_way(wish.job(), &error).is_none() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        match wish {
            Wish::Start(start) => self.decide_start(held, slot, *start, changed),
            Wish::Turn(job, cause) => self.decide_turn(held, slot, job, cause, changed),
            Wish::Move(job, moving) => self.decide_move(held, slot, job, &moving, changed),
            Wish::Claim(effect) => match self.decide_claim(held, slot, effect) {
                Err(error) if Self::out_of_the_way(effect.job, &error).is_some() => {
                    self.hold_back(slot, effect, &error)
                }
                decided => decided,
            },
            Wish::LookAgain(effect) => self.decide_look_again(held, slot, effect, changed),
            Wish::SetOut(effect) => self.decide_set_out(held, slot, effect),
            Wish::Report(effect, report) => self.decide_report(held, slot, effect, report, changed),
            Wish::Record(effect, outcome) => self.decide_record(held, slot, effect, outcome, changed),
            Wish::Inside(effect, _) => self.decide_inside(held, slot, effect, changed),
            Wish::Alone(effect, outcome, why) => self.decide_alone(held, slot, effect, (outcome, why), changed),
            Wish::LetGo(let_go) => self.decide_let_go(slot, let_go),
            Wish::Silence(job) => self.decide_silence(slot, job),
            Wish::SetAside(job, why) => self.decide_set_aside(slot, job, why),
        }
    }

    fn client_of(&self, held: &mut Held, slot: &mut Slot, wish: &Wish) -> Result<ClientId, Error> {
        if let Wish::Start(start) = wish {
            return Ok(start.client.clone());
        }
        let live = match slot.live.take() {
            Some(live) => live,
            None => self.live(held, wish.job())?,
        };
        Ok(slot.live.insert(live).job.client.clone())
    }

    fn decide_turn(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        job: JobId,
        cause: Cause,
        changed: &mut ChangedClients,
    ) -> Result<Option<Draft>, Error> {
        let attempt = match &cause {
            Cause::Command(command) if matches!(**command, Command::Act { .. }) => Some(command.clone()),
            _ => None,
        };
        let live = self.live_of(held, slot, job)?;
        match self.turn(held, slot, live, cause, changed, |_| Ok(Draft::default())) {
            Err(Error::Refused(refusal)) => {
                let event = attempt.and_then(|attempt| turn::refused(&attempt, &refusal));
                let Some(event) = event else { return Err(Error::Refused(refusal)) };
                // The attempt belongs on the timeline; the answer stays a refusal.
                let live = self.live(held, job)?;
                slot.answer = Some(Err(Error::Refused(refusal)));
                self.turn(held, slot, live, Cause::Refused(Box::new(event)), changed, |_| Ok(Draft::default()))
            }
            decided => decided,
        }
    }

    /// The job of a slot, as it is now.
    pub(super) fn live_of(&self, held: &mut Held, slot: &mut Slot, job: JobId) -> Result<Box<LiveJob>, Error> {
        match slot.live.take_if(|live| live.job.id == job) {
            Some(live) => Ok(live),
            None => self.live(held, job),
        }
    }

    /// Takes a turn; `beside` belongs in its commit.
    pub(super) fn turn(
        &self,
        held: &mut Held,
        slot: &mut Slot,
        mut live: Box<LiveJob>,
        cause: Cause,
        changed: &mut ChangedClients,
        beside: impl FnOnce(&Turned) -> Result<Draft, Error>,
    ) -> Result<Option<Draft>, Error> {
        slot.span = span_of(&live);
        let _entered = slot.span.clone().entered();
        self.counters.turn();
        let slice = self.slice(held, &live.job.client)?;
        let open_tasks = self.open_tasks(held, &live.prepared)?;
        let turned = {
            let client = slice.client(&live.job.client);
            let setting = self.setting(&live.prepared, &client, &slice, open_tasks.as_deref())?;
            turn::taken(&mut live.job, &mut live.agenda, cause, &setting)?
        };
        let beside = beside(&turned)?;
        let before = live.wakes_at();
        let is_aside = live.head.as_ref().is_some_and(|head| head.value.set_aside.is_some());
        // A job that was set aside and could take a turn is not aside any more, also when nothing is left to do.
        if !is_aside && turned.events.is_empty() && beside.is_empty() && before == turned.wake_at {
            slot.live = Some(live);
            return Ok(None);
        }
        drop(open_tasks);
        self.written((held, slot), live, turned, &slice, beside, changed).map(Some)
    }

    /// What a turn gave, with everything it calls for: one commit.
    pub(super) fn written(
        &self,
        (held, slot): (&mut Held, &mut Slot),
        mut live: Box<LiveJob>,
        turned: Turned,
        slice: &Slice,
        beside: Draft,
        changed: &mut ChangedClients,
    ) -> Result<Draft, Error> {
        let mut head = Head::of(&live.job, self.outlook(&live, &turned));
        head.set_aside = slot.set_aside.take();
        let draft = jobs::append(live.head.as_ref(), &head, &turned.events, &mut live.tail)?.and(beside);
        let draft = draft.and(self.consequences((&turned, &live.job), slice, changed)?);
        held.desks_moved(live.head.as_ref().map(|before| &before.value), &head);
        let version = live.head.as_ref().map_or(0, |before| before.version) + 1;
        live.head = Some(Loaded { version, value: head });
        slot.goes_on = turned.is_unfinished && !is_planted(Bug::TurnNotContinued);
        if slot.events.is_empty() {
            slot.events = turned.events;
        } else {
            slot.events.extend(turned.events);
        }
        slot.live = Some(live);
        Ok(draft)
    }

    fn outlook(&self, live: &LiveJob, turned: &Turned) -> Outlook {
        let once_per = live.prepared.plan.schedule.as_ref().and_then(|schedule| schedule.once_per);
        // A turn that stopped at its bound is due at once, also after a crash; a timer that says so already may stand.
        let at_once = || live.wakes_at().filter(|at| *at <= turned.at).or(Some(turned.at));
        let goes_on = turned.is_unfinished && !is_planted(Bug::TurnNotContinued);
        let wake_at = if goes_on { at_once() } else { turned.wake_at };
        Outlook { once_per, wake_at, waits: turn::waits(&live.job, &live.prepared) }
    }

    fn consequences(
        &self,
        (turned, job): (&Turned, &Job),
        slice: &Slice,
        changed_clients: &mut ChangedClients,
    ) -> Result<Draft, Error> {
        let mut draft = Draft::default();
        let mut changed = slice.client.value.as_ref().and_then(|client| arrived(client, job, turned));
        let mut forgotten = 0;
        // Wanted again and dropped in one turn: both would write the row from what it is now, and half of each would stay.
        // What was dropped is found out when it comes due.
        let again = |id: &EffectId| {
            turned.consequences.iter().any(|one| matches!(one, Consequence::Again(other) if other == id))
        };
        for consequence in &turned.consequences {
            match consequence {
                Consequence::Act(..) if is_planted(Bug::EffectNotWanted) => {}
                Consequence::Drop(_) if is_planted(Bug::DroppedIsSent) => {}
                Consequence::Act(id, effect) => draft = draft.and(outbox::want(*id, (**effect).clone(), turned.at)?),
                Consequence::Again(id) => {
                    // One that is under way answers for itself.
                    let is_under_way = |entry: &Loaded<Entry>| matches!(entry.value.state, State::Claimed { .. });
                    if let Some(entry) = outbox::load(&self.reader(), *id)?.filter(|entry| !is_under_way(entry)) {
                        draft = draft.and(outbox::revive(&entry, turned.at)?);
                    }
                }
                Consequence::Drop(id) if forgotten < FORGOTTEN_PER_TURN_MAX && !again(id) => {
                    if let Some(entry) = outbox::load(&self.reader(), *id)? {
                        draft = draft.and(outbox::forget(&entry).unwrap_or_default());
                        forgotten += 1;
                    }
                }
                Consequence::Drop(_) => {}
                Consequence::Set(change) => {
                    if let Some(client) = changed.take().or_else(|| slice.client.value.clone()) {
                        changed = Some(set(client, change)?);
                    }
                }
            }
        }
        // A change that changes nothing wakes nobody, or whoever it wakes might make it again, for ever.
        let is_other = |client: &Client| slice.client.value.as_ref() != Some(client);
        let Some(client) = changed.filter(is_other) else { return Ok(draft) };
        changed_clients.insert(client.id.clone());
        Ok(draft.and(self.client_draft(
            &slice.client,
            Some(&client),
            &Attribution::engine(format!("job {}", job.id)),
        )?))
    }

    /// An effect of a job that cannot be moved waits until it can.
    fn hold_back(&self, slot: &mut Slot, effect: EffectId, why: &Error) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let Some(entry) = outbox::load(&self.reader(), effect)? else { return Ok(None) };
        tracing::error!(%effect, %why, "held back");
        let later = self.now().checked_add(HELD_BACK_FOR).unwrap_or(Timestamp::MAX);
        Ok(Some(outbox::delay(&entry, later)?))
    }

    fn decide_silence(&self, slot: &mut Slot, job: JobId) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let Some(head) = jobs::head(&self.reader(), job)? else { return Ok(None) };
        let outlook = Outlook { wake_at: None, ..head.value.outlook.clone() };
        let quiet = Head { outlook, ..head.value.clone() };
        Ok(Some(jobs::rewrite(&head, &quiet)?))
    }

    pub(super) fn decide_set_aside(&self, slot: &mut Slot, job: JobId, why: String) -> Result<Option<Draft>, Error> {
        slot.answer = Some(Ok(Given::Nothing));
        let head = jobs::head(&self.reader(), job)?.filter(|head| head.value.set_aside.is_none());
        let Some(head) = head else { return Ok(None) };
        tracing::error!(%job, why, "job set aside");
        Ok(Some(jobs::set_aside(&head, why)?))
    }

    /// The error of a job that cannot go on, and the wish that takes it out of the way.
    pub(super) fn out_of_the_way(job: JobId, error: &Error) -> Option<Wish> {
        match error {
            Error::Refused(Refusal::JobEnded) => Some(Wish::Silence(job)),
            Error::SetAside { source, .. } => Some(Wish::SetAside(job, source.to_string())),
            Error::Refused(_) => Some(Wish::Silence(job)),
            error if is_planted(Bug::UnstorableEndsAll) && !matches!(error, Error::TooManyTurns(_)) => None,
            error if error.is_of_one_job() => Some(Wish::SetAside(job, error.in_full())),
            _ => None,
        }
    }
}

/// A job's whole story is told under it: ids only, never people's data.
pub(super) fn span_of(live: &LiveJob) -> tracing::Span {
    let job = &live.job;
    tracing::info_span!("job", id = %job.id, definition = %job.definition, client = %job.client)
}

/// The client without the marks that a letter of this turn took back by arriving; nothing, as nearly always, when nobody
/// was marked.
fn arrived(client: &Client, job: &Job, turned: &Turned) -> Option<Client> {
    if client.contacts.iter().all(|contact| contact.bounced.is_none()) {
        return None;
    }
    let mut client = client.clone();
    let mut is_changed = false;
    for recorded in &turned.events {
        let Event::LetterSent { effect, .. } = &recorded.event else { continue };
        let mut places = job.tasks.values().flat_map(|run| run.places.values());
        let address = places.find_map(|place| place.letters.get(effect)).and_then(|mail| mail.to.address.as_ref());
        is_changed |= address.is_some_and(|address| client.note_arrival(address));
    }
    is_changed.then_some(client)
}

/// A change that a task makes of its client.
fn set(mut client: Client, change: &DirectoryChange) -> Result<Client, Error> {
    match change {
        DirectoryChange::Client(fields) => client = client.with_paths(fields)?,
        DirectoryChange::Bounced { person, address, reply } => client.note_bounce(person, address, reply),
    }
    Ok(client)
}

impl LiveJob {
    /// When it wants to be looked at, as it is stored.
    fn wakes_at(&self) -> Option<Timestamp> {
        self.head.as_ref()?.value.outlook.wake_at
    }

    /// A job that is not stored yet.
    pub(super) fn new(job: Job, agenda: Agenda, prepared: Arc<Prepared>) -> Box<Self> {
        Box::new(Self { job, agenda, head: None, tail: jobs::Tail::default(), prepared })
    }
}
