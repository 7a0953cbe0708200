//! One turn of one job: command, events, questions, answers, until it is quiet.
//!
//! Owns: the loop. No I/O, no lock, no clock: it reads a slice and gives back what is to be committed. Nothing it does
//! is true before that commit.

use crate::answer::{Answering, look_again, may_be_given};
use crate::engine::tellings;
use crate::facts::Scene;
use crate::failure;
use crate::{prepared::Prepared, world::World};
use jiff::Timestamp;
use jobwright_core::{
    bound::TURN_BYTES_MAX,
    calendar::Calendar,
    command::{Act, Command, Refusal},
    date::When,
    directory::{Client, Staff},
    effect::Consequence,
    event::{ActWord, Event, Letter, Opened, Recorded, Revision},
    id::{EffectId, Name, StaffId},
    job::{
        Agenda, Impossible, Job, JobState, checkable, decide, hangs_on_people, lacking, next_wake, react, reasks, unfit,
    },
    question::Question,
    recipient::PersonId,
    task::{TaskKey, TaskState},
};
use jobwright_plugin::Answers;
use jobwright_store::jobs::Waits;
use std::collections::BTreeMap;

/// Most questions answered in one turn, when an answer need not be durable before the next question; what is left goes
/// on in the next turn.
pub const STEPS_PER_TURN_MAX: usize = 256;
/// Most events of one turn: steps that need no answer are not counted as steps, and are bounded by this.
pub const EVENTS_PER_TURN_MAX: usize = 1024;

/// Most effects of one turn: each is two rows of a commit that takes a hundred.
pub const EFFECTS_PER_TURN_MAX: usize = 16;
/// Most waiting tasks that a job's head names; one is enough to be woken, and the turn asks for all.
const WAITS_MAX: usize = 20;

/// What a turn is taken with.
pub struct Setting<'a> {
    /// The practice's surroundings.
    pub world: &'a World,
    /// The job's compiled definition.
    pub prepared: &'a Prepared,
    /// The calendar of the job.
    pub calendar: &'a Calendar,
    /// The job's client.
    pub client: &'a Client,
    /// All staff.
    pub staff: &'a [Staff],
    /// How many open tasks lie on whose desk, where a definition asks plugins for people.
    pub open_tasks: Option<&'a BTreeMap<StaffId, usize>>,
    /// The versions of both.
    pub revision: Revision,
    /// The task type that computes.
    pub scripts: &'a dyn Answers,
    /// The moment of the turn.
    pub now: Timestamp,
    /// Most questions to be answered. Steps that need no answer go with the answer before them.
    pub steps_max: usize,
}

impl<'a> Setting<'a> {
    /// What a job sees in it.
    pub fn scene<'j>(&self, job: &'j Job) -> Scene<'j>
    where
        'a: 'j,
    {
        Scene {
            world: self.world,
            prepared: self.prepared,
            job,
            client: self.client,
            staff: self.staff,
            open_tasks: self.open_tasks,
            calendar: self.calendar,
            now: self.now,
        }
    }
}

/// When an answer is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DurableSteps {
    /// Before the next question is put: every answer is a commit of its own.
    Each,
    /// With all other answers of its turn. Questions follow from the state, so a crash in between loses nothing.
    #[default]
    Turn,
}

impl DurableSteps {
    /// Most questions answered in one turn.
    pub fn steps_max(self) -> usize {
        match self {
            Self::Each => 1,
            Self::Turn => STEPS_PER_TURN_MAX,
        }
    }
}

/// What a turn gives. The job itself has moved: whoever cannot commit this forgets the job with it.
#[derive(Debug)]
pub struct Turned {
    /// The moment of the turn: what it calls for is asked for at this moment.
    pub at: Timestamp,
    /// What happened, in order.
    pub events: Vec<Recorded>,
    /// What it calls for, in order.
    pub consequences: Vec<Consequence>,
    /// When to look again.
    pub wake_at: Option<Timestamp>,
    /// It stopped at its bound, and wants another turn at once.
    pub is_unfinished: bool,
}

/// Why a turn gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum Untaken {
    /// The command does not fit the job.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The job was moved by an event that does not fit: it is set aside.
    #[error(transparent)]
    Impossible(#[from] Impossible),
}

/// Why a job takes a turn.
#[derive(Clone, Debug)]
pub enum Cause {
    /// Somebody tried what they may not, and that belongs on the timeline.
    Refused(Box<Event>),
    /// A command.
    Command(Box<Command>),
    /// A command, and nothing that would follow from it: the job is set aside with it.
    Alone(Box<Command>),
    /// Nothing but time, or a turn before it that was not finished.
    Advance,
    /// The directory changed.
    DirectoryChanged,
    /// Letters of a task are about to leave, and were written for people who may be otherwise now.
    LookAgain(TaskKey, Vec<(EffectId, Letter)>),
}

/// Begins a job, with the key dates that were handed to it.
///
/// # Errors
/// When its first events do not fit.
pub fn opened(
    opened: Opened,
    given: Vec<(Name, When)>,
    setting: &Setting<'_>,
) -> Result<(Job, Agenda, Turned), Untaken> {
    let first = Recorded { number: 1, at: setting.now, event: Event::JobOpened(opened) };
    let mut job = Job::open(&first)?;
    let mut agenda = Agenda::whole(&setting.prepared.plan);
    let mut turning = Turning {
        job: &mut job,
        agenda: &mut agenda,
        events: vec![first],
        bytes: 0,
        consequences: vec![],
        tried_at: None,
    };
    if !given.is_empty() {
        turning.record(vec![Event::KeyDatesGiven { dates: given }], setting)?;
    }
    let turned = turning.go_on(setting)?;
    Ok((job, agenda, turned))
}

/// Takes a turn of a job that runs.
///
/// # Errors
/// When the command is refused; one that belongs on the timeline gets its event from [`refused`]. The job may have moved
/// and is of no use any more.
pub fn taken(job: &mut Job, agenda: &mut Agenda, cause: Cause, setting: &Setting<'_>) -> Result<Turned, Untaken> {
    agenda.time_passed(&setting.prepared.links);
    let mut turning = Turning { job, agenda, events: vec![], bytes: 0, consequences: vec![], tried_at: None };
    match cause {
        Cause::Refused(event) => turning.record(vec![*event], setting)?,
        Cause::Command(command) => turning.command(*command, setting)?,
        Cause::Alone(command) => {
            turning.command(*command, setting)?;
            return Ok(turning.stops(setting));
        }
        // A job that has ended takes no turn by itself.
        Cause::Advance if turning.job.state != JobState::Open => return Err(Refusal::JobEnded.into()),
        Cause::Advance => {}
        Cause::DirectoryChanged => turning.ask_again(setting)?,
        Cause::LookAgain(task, unsent) => turning.look_again(&task, &unsent, setting)?,
    }
    turning.go_on(setting)
}

/// The event of an attempt that was refused, where the attempt itself belongs on the timeline.
pub fn refused(command: &Command, refusal: &Refusal) -> Option<Event> {
    match command {
        Command::Act { task, act, by, .. } if refusal.is_journaled() => Some(Event::ActRefused {
            task: task.clone(),
            act: ActWord::from(act),
            by: by.clone(),
            why: refusal.to_string(),
        }),
        _ => None,
    }
}

/// The tasks that hang on people or on the client's record, so that a change of either is a reason to look again.
pub fn waits(job: &Job, prepared: &Prepared) -> Waits {
    let mut waits = Waits::default();
    if job.state != JobState::Open {
        return waits;
    }
    let has_client_dates = prepared.has_client_dates;
    for (key, run) in &job.tasks {
        let is_open = !run.state.is_settled() && run.items.is_none();
        let hangs = |on: fn(&PersonId) -> bool| match run.state {
            TaskState::Uncompletable => true,
            // Those who were asked may leave.
            _ if prepared.plan.task(&key.task).is_some_and(|task| hangs_on_people(task, run)) => {
                run.doers().any(|one| on(&one.id))
            }
            _ => false,
        };
        let on_client = run.state == TaskState::AwaitingClient || hangs(|id| matches!(id, PersonId::Contact(_)));
        if on_client || (is_open && has_client_dates) {
            waits.client.push(key.clone());
        }
        if hangs(|id| matches!(id, PersonId::Staff(_))) {
            waits.staff.push(key.clone());
        }
    }
    waits.client.truncate(WAITS_MAX);
    waits.staff.truncate(WAITS_MAX);
    waits
}

struct Turning<'j> {
    job: &'j mut Job,
    agenda: &'j mut Agenda,
    events: Vec<Recorded>,
    /// What the values in them take.
    bytes: usize,
    consequences: Vec<Consequence>,
    /// How many events there were when letters that lack a field were last tried again.
    tried_at: Option<u64>,
}

impl Turning<'_> {
    fn go_on(mut self, setting: &Setting<'_>) -> Result<Turned, Untaken> {
        let mut answered = 0;
        let is_unfinished = loop {
            if self.is_full() {
                break self.job.state == JobState::Open;
            }
            if self.advance(setting)? {
                continue;
            }
            let question = self.agenda.question(self.job, &setting.prepared.plan, setting.now);
            let Some(question) = question else {
                // What this very turn brought may be what a letter lacked.
                if self.fills_in(setting)? {
                    continue;
                }
                break false;
            };
            if answered == setting.steps_max {
                break true;
            }
            answered += 1;
            if !self.answer(question, setting)? {
                break false;
            }
        };
        let wake_at = next_wake(self.job, &setting.prepared.plan);
        self.consequences.extend(tellings(&*setting.world.plugins, self.job, &self.events));
        Ok(Turned { at: setting.now, events: self.events, consequences: self.consequences, wake_at, is_unfinished })
    }

    /// Ends here, whatever else the job would do.
    fn stops(self, setting: &Setting<'_>) -> Turned {
        let (events, consequences) = (self.events, self.consequences);
        Turned { at: setting.now, events, consequences, wake_at: None, is_unfinished: false }
    }

    /// One step that needs no answer. False when there is none.
    fn advance(&mut self, setting: &Setting<'_>) -> Result<bool, Untaken> {
        let events = self.agenda.step(self.job, &setting.prepared.plan, setting.now);
        let moved = !events.is_empty();
        self.record(events, setting)?;
        Ok(moved)
    }

    /// One question with its answer. False when that moved nothing, and so would never end.
    fn answer(&mut self, question: Question, setting: &Setting<'_>) -> Result<bool, Untaken> {
        let answer = self.answering(setting).answer(question);
        let events = self.decide(Command::Answer(answer), setting)?;
        let moved = !events.is_empty();
        self.record(events, setting)?;
        Ok(moved)
    }

    /// A task changed the client's record, and what follows must see it; or a commit would become too large. Another
    /// turn goes on.
    fn is_full(&self) -> bool {
        let changes = |one: &Consequence| matches!(one, Consequence::Set(_));
        let effects = |one: &&Consequence| matches!(one, Consequence::Act(..) | Consequence::Again(_));
        self.events.len() >= EVENTS_PER_TURN_MAX
            || self.bytes >= TURN_BYTES_MAX
            || self.consequences.iter().any(changes)
            || self.consequences.iter().filter(effects).count() >= EFFECTS_PER_TURN_MAX
    }

    fn command(&mut self, command: Command, setting: &Setting<'_>) -> Result<(), Untaken> {
        let given = match &command {
            Command::Act { task, act: Act::Reassign { people }, by, note, .. } => {
                Some((task.clone(), people.clone(), by.clone(), note.clone()))
            }
            _ => None,
        };
        let events = self.decide(command, setting)?;
        if let Some((task, people, by, note)) = given {
            may_be_given(&setting.scene(self.job), &task, &people, &by, note.as_deref())?;
        }
        self.record(events, setting)
    }

    /// What follows from a command. Values that have a check count only when it finds nothing wrong with them, which is
    /// asked here, before they are events.
    fn decide(&self, command: Command, setting: &Setting<'_>) -> Result<Vec<Event>, Refusal> {
        let plan = &setting.prepared.plan;
        if !setting.prepared.has_checks {
            return decide(self.job, plan, command, setting.now);
        }
        let events = decide(self.job, plan, command.clone(), setting.now)?;
        match self.answering(setting).checked(&checkable(plan, &events)) {
            Ok(checked) => Ok(checked.into_iter().chain(events).collect()),
            Err(refusal) => decide(self.job, plan, unfit(command, refusal)?, setting.now),
        }
    }

    /// Looks once more at whom these letters are for, none of which has left; who is otherwise is asked for again.
    fn look_again(
        &mut self,
        task: &TaskKey,
        unsent: &[(EffectId, Letter)],
        setting: &Setting<'_>,
    ) -> Result<(), Untaken> {
        let (found, unsent) = look_again(&setting.scene(self.job), task, unsent);
        self.command(Command::LookAgain { task: task.clone(), found, unsent }, setting)?;
        let is_blocked = self.events.iter().any(|one| matches!(one.event, Event::TaskUncompletable { .. }));
        if is_blocked { self.ask_again(setting) } else { Ok(()) }
    }

    /// Tries again the letters that lacked a field, where anything has happened since they were last tried: answers and
    /// outputs of the job itself are no change of the directory, which alone would have it look again. Whether any can be
    /// written now.
    fn fills_in(&mut self, setting: &Setting<'_>) -> Result<bool, Untaken> {
        if self.tried_at == Some(self.job.events) {
            return Ok(false);
        }
        self.tried_at = Some(self.job.events);
        let before = self.job.events;
        for question in lacking(self.job, &setting.prepared.plan) {
            let answer = self.answering(setting).answer(question);
            let events = self.decide(Command::Answer(answer), setting)?;
            self.record(events, setting)?;
        }
        Ok(self.job.events > before)
    }

    fn ask_again(&mut self, setting: &Setting<'_>) -> Result<(), Untaken> {
        let plan = &setting.prepared.plan;
        for question in reasks(self.job, plan) {
            let answer = self.answering(setting).answer(question);
            // A question may have lost its point through the answer before it.
            match decide(self.job, plan, Command::Answer(answer), setting.now) {
                Ok(events) => self.record(events, setting)?,
                Err(Refusal::NotAskedFor | Refusal::NoSuchTask(_)) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(())
    }

    fn record(&mut self, events: Vec<Event>, setting: &Setting<'_>) -> Result<(), Untaken> {
        for mut event in events {
            failure::cut(&mut event);
            let recorded = Recorded { number: self.job.events + 1, at: setting.now, event };
            self.job.apply(&recorded)?;
            self.agenda.happened(&setting.prepared.plan, &setting.prepared.links, &recorded.event);
            self.bytes = self.bytes.saturating_add(recorded.event.bytes());
            self.consequences.extend(react(self.job, &recorded));
            self.events.push(recorded);
        }
        Ok(())
    }

    fn answering<'a>(&'a self, setting: &'a Setting<'a>) -> Answering<'a> {
        Answering { scene: setting.scene(self.job), revision: setting.revision, scripts: setting.scripts }
    }
}
