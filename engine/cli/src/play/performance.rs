//! One test, played step by step.
//!
//! Owns: what each step does to the engine, and playing it again when the process died in the middle of it. After each
//! step all that is due at that moment is done; the clock moves only by steps that say so. Leaves expectations to
//! `expect` and how a miss is shown to `missed`.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jobwright_core::command::Command;
use jobwright_core::directory::trail::Attribution;
use jobwright_core::event::Recorded;
use jobwright_core::id::{ClientId, ContactId, EffectId, JobId};
use jobwright_core::recipient::PersonId;
use jobwright_core::task::TaskKey;
use jobwright_definition::definition::Checked;
use jobwright_definition::scenario::{self, Acted, Change, Refused, Replied, Scenario, Step, What};
use jobwright_definition::source::Span;
use jobwright_runtime::{Error, Existing, Looked};
use jobwright_store::outbox;

use super::missed::Miss;
use super::plugins::{Said, called as said};
use super::post::{Post, Taken};
use super::tested::Tested;
use super::{Opening, Stage, doing, expect, moment};
use crate::assemble::{Trial, engine_report, store_report, task_types, world};
use crate::others::Around;
use crate::plugins::rehearsed;
use crate::practice::Practice;
use crate::read;
use crate::report::{Report, Result};

/// The number of the job that a test plays.
const JOB: u64 = 1;
/// How long letters in doubt are waited for after a crash; the first retry comes within minutes.
const IN_DOUBT_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// A test being played.
pub struct Performance<'a> {
    /// What it is played on.
    pub stage: Stage,
    tested: &'a Tested,
    scenario: &'a Scenario,
    practice: &'a Practice,
    outside: Outside,
    job: JobId,
    /// The job's last event before the step that is being played.
    noted: u64,
    /// Where that step moves the clock to.
    target: Option<Timestamp>,
}

/// What is outside of the engine, and outlives it.
#[derive(Clone)]
pub struct Outside {
    /// Where letters go.
    pub post: Arc<Post>,
    /// What plugins say.
    pub plugins: Arc<Said>,
}

/// Everything that a play left behind, for comparing one with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traces {
    /// The job's timeline.
    pub events: Vec<Recorded>,
    /// The letters that were handed over.
    pub letters: Vec<Taken>,
}

/// How a step went: nothing, or what was missed.
type Played = Result<Option<Miss>>;

/// What a play needs before its first step: a trial at the test's start, and its mailbox.
pub fn trial(tested: &Tested, scenario: &Scenario, practice: &Practice) -> Result<(Trial, Outside)> {
    let mut world = world(&practice.file, practice.zone.clone(), &practice.calendars);
    let plugins = Said::new(&scenario.plugins, rehearsed(practice));
    world.plugins = plugins.clone();
    world.practice.default_assignee.clone_from(&scenario.default_assignee);
    let mut types = task_types(&practice.file, jobwright_email::Transport::None)?;
    let post = Post::new(types.letters.clone());
    types.letters = post.clone();
    let start = scenario.start.value.to_zoned(world.zone_of(&tested.plan));
    let start = start.map_err(|error| Report::usage("a test cannot start then").caused_by(&error))?;
    Ok((Trial::begin(world, types, start.timestamp())?, Outside { post, plugins }))
}

impl<'a> Performance<'a> {
    /// Puts the people and the definition on the stage, and starts the job. Doing it again changes nothing.
    pub fn begin(
        tested: &'a Tested,
        scenario: &'a Scenario,
        practice: &'a Practice,
        (trial, outside): (Trial, Outside),
    ) -> Result<Self> {
        let mut performance = Self::prepare(tested, scenario, practice, (trial, outside))?;
        performance.open()?;
        Ok(performance)
    }

    /// A play whose beginning may die: `open` is then called once more.
    pub fn prepare(
        tested: &'a Tested,
        scenario: &'a Scenario,
        practice: &'a Practice,
        (trial, outside): (Trial, Outside),
    ) -> Result<Self> {
        let stage = Stage::open(trial)?;
        Ok(Self { stage, tested, scenario, practice, outside, job: JobId([0; 16]), noted: 0, target: None })
    }

    /// Puts the people and the definition on the stage, and starts the job. Doing it again changes nothing.
    pub fn open(&mut self) -> Result<()> {
        let Scenario { client, staff, inputs, period, .. } = self.scenario;
        self.stage.people(staff, client)?;
        for other in &self.tested.others {
            self.stage.publish(&other.plan, &other.canonical, Existing::Keep)?;
        }
        self.stage.publish(&self.tested.plan, &self.tested.canonical, Existing::Keep)?;
        self.job = self.stage.start(Opening {
            definition: &self.tested.plan.id,
            client: &client.id,
            period: period.as_ref().map(|period| period.value.clone()),
            inputs: inputs.iter().cloned().collect(),
            number: JOB,
        })?;
        self.stage.drive()?;
        Ok(())
    }

    /// Plays the whole test up to its first miss; with `restarts`, the process dies after each step.
    pub fn play(&mut self, restarts: bool) -> Played {
        for step in &self.scenario.steps {
            if let Some(miss) = self.step(step, false)? {
                return Ok(Some(miss));
            }
            if restarts {
                self.restart()?;
            }
        }
        Ok(None)
    }

    /// Plays one step; `again` when the process died in the middle of it.
    pub fn step(&mut self, step: &Step, again: bool) -> Played {
        if !again {
            self.noted = self.stage.look(self.job)?.job.events;
            self.target = None;
        }
        let miss = self.does(step, again)?;
        if miss.is_none() {
            self.stage.drive()?;
        }
        Ok(miss)
    }

    /// Dies and recovers; letters that were in doubt have the time they need to be tried again.
    pub fn restart(&mut self) -> Result<()> {
        let in_doubt = self.stage.restart()?;
        self.stage.drive()?;
        if in_doubt > 0 {
            let engine = self.stage.engine();
            let next = outbox::next_at(&engine.reader()).map_err(store_report)?;
            let soon = next.filter(|next| next.duration_since(engine.now()) <= IN_DOUBT_MAX);
            if let Some(next) = soon {
                self.stage.drive_until(next)?;
            }
        }
        Ok(())
    }

    /// The job that is played.
    pub fn job(&self) -> JobId {
        self.job
    }

    /// Every letter handed over, whichever process did it.
    pub fn letters(&self) -> Vec<Taken> {
        self.outside.post.taken()
    }

    /// What the play has left behind so far.
    pub fn traces(&self) -> Result<Traces> {
        Ok(Traces { events: self.stage.look(self.job)?.events, letters: self.outside.post.taken() })
    }

    /// One arm a step.
    fn does(&mut self, step: &Step, again: bool) -> Played {
        let span = step.span;
        match &step.what {
            What::Advance { count, unit } => {
                let looked = self.stage.look(self.job)?;
                self.advance(span, moment::later(self.stage.engine(), &looked, *count, *unit))
            }
            What::AdvanceTo(rule) => {
                let looked = self.stage.look(self.job)?;
                self.advance(span, moment::at(self.stage.engine(), &looked, rule))
            }
            What::Act(acted) => self.act(span, acted, again),
            What::Cancel { by, note } => self.cancel(span, by.as_ref(), note.as_deref(), again),
            What::Uncancel { by, note, refused } => self.uncancel(span, by.as_ref(), (note, *refused), again),
            What::Change(change) => self.change(span, change),
            What::AddContact(contact) => self.change_client(span, |client| {
                if client.contacts.iter().all(|one| one.id != contact.id) {
                    client.add_contact(contact.clone()).map_err(|refused| refused.to_string())?;
                }
                Ok(())
            }),
            What::Bounce(refused) => self.bounce(span, refused),
            What::Refuse(refused) => {
                if let Some(address) = self.address(&refused.contact)? {
                    self.outside.post.refuse(&address, &refused.reply);
                }
                Ok(None)
            }
            What::Publish { file, existing } => self.publish(span, &file.value, *existing),
            What::Reply(replied) => self.reply(replied, again),
            What::InJob { task, steps } => self.in_job(span, task, steps, again),
            What::Restart => self.restart().map(|()| None),
            What::Expect(tasks) => expect::tasks(&self.stage.look(self.job)?, tasks).map_or(Ok(None), missed),
            What::ExpectLetters(letters) => found(expect::letters(&self.stage.look(self.job)?, letters), span),
            What::ExpectDates(dates) => {
                let looked = self.stage.look(self.job)?;
                let zone = self.stage.engine().world().zone_of(&looked.prepared.plan);
                expect::dates(&looked, dates, &zone).map_or(Ok(None), missed)
            }
            What::ExpectOpen(open) => found(expect::open(&self.stage.look(self.job)?, open), span),
            What::ExpectJob(job) => found(expect::job(&self.stage.look(self.job)?, *job), span),
            What::ExpectProof(proof) => found(expect::proof(&self.stage.look(self.job)?, proof), span),
        }
    }

    /// Steps in the job that a task started last. One that the process died in is played again as a whole: what was done
    /// before it died is found done.
    fn in_job(&mut self, span: Span, task: &TaskKey, steps: &[Step], again: bool) -> Played {
        let looked = self.stage.look(self.job)?;
        let mut started =
            looked.job.children.values().filter(|child| child.task == *task).filter_map(|child| child.job);
        let Some(child) = started.next_back() else {
            return Ok(Some(Miss::new(span, format!("task `{task}` has started no job")).about(task)));
        };
        let (own, noted) = (std::mem::replace(&mut self.job, child), self.noted);
        let mut miss = Ok(None);
        for step in steps {
            miss = self.step(step, again);
            if !matches!(miss, Ok(None)) {
                break;
            }
        }
        (self.job, self.noted) = (own, noted);
        miss
    }

    fn advance(&mut self, span: Span, to: std::result::Result<Timestamp, String>) -> Played {
        // A process that died on the way has moved the clock already, and goes on to where it was going.
        let to = match (self.target, to) {
            (Some(target), _) => target,
            (None, Ok(to)) => to,
            (None, Err(why)) => return Ok(Some(Miss::new(span, format!("the clock cannot move: {why}")))),
        };
        if self.target.is_none() && to <= self.stage.engine().now() {
            return Ok(Some(Miss::new(span, "that moment has passed; the clock never runs back".to_owned())));
        }
        self.target = Some(to);
        self.stage.drive_until(to)?;
        Ok(None)
    }

    fn act(&mut self, span: Span, acted: &Acted, again: bool) -> Played {
        let looked = self.stage.look(self.job)?;
        let tasks = doing::meant(&looked, &acted.task, &acted.act);
        // The act was committed before the process died: it is never done twice.
        if again && tasks.len() == 1 && looked.job.events > self.noted {
            return Ok(None);
        }
        for task in tasks {
            if let Some(found) = self.act_on(task, acted)? {
                return Ok(Some(Miss::new(span, found).about(&acted.task)));
            }
        }
        Ok(None)
    }

    /// What was found instead, when the engine did not answer as the test says.
    fn act_on(&mut self, task: TaskKey, acted: &Acted) -> Result<Option<String>> {
        let looked = self.stage.look(self.job)?;
        let enters = || acted.for_whom.as_ref().and_then(|_| doing::primary(&looked));
        let by = acted.by.clone().or_else(enters).or_else(|| doing::asked(&looked, &task, &acted.act));
        let Some(by) = by else { return Ok(Some("nobody is there who could do this".to_owned())) };
        let active = doing::is_active(&looked, &by);
        let (act, note) = (acted.act.clone(), acted.note.clone());
        let by = match &acted.for_whom {
            Some(contact) => doing::entering(&by, contact),
            None => doing::actor(&by),
        };
        let command = Command::Act { task, act, by, active, note };
        self.answered(command, acted.refused)
    }

    fn cancel(&mut self, span: Span, by: Option<&PersonId>, note: Option<&str>, again: bool) -> Played {
        let looked = self.stage.look(self.job)?;
        if again && looked.job.events > self.noted {
            return Ok(None);
        }
        let by = by.cloned().or_else(|| doing::primary(&looked));
        let by = by.as_ref().map_or_else(super::operator, doing::actor);
        let why = note.unwrap_or("no longer wanted").to_owned();
        let found = self.answered(Command::Cancel { by, why }, false)?;
        Ok(found.map(|found| Miss::new(span, found)))
    }

    fn uncancel(&mut self, span: Span, by: Option<&PersonId>, (note, refused): (&str, bool), again: bool) -> Played {
        let looked = self.stage.look(self.job)?;
        if again && looked.job.events > self.noted {
            return Ok(None);
        }
        let by = by.cloned().or_else(|| doing::primary(&looked));
        let by = by.as_ref().map_or_else(super::operator, doing::actor);
        let found = self.answered(Command::Uncancel { by, note: note.to_owned(), with_parent: false }, refused)?;
        Ok(found.map(|found| Miss::new(span, found)))
    }

    fn answered(&self, command: Command, refused: bool) -> Result<Option<String>> {
        match self.stage.engine().command(self.job, command) {
            Err(Error::Refused(refusal)) => Ok((!refused).then(|| format!("it was refused: {refusal}"))),
            Err(error) => Err(engine_report(error)),
            Ok(_) => Ok(refused.then(|| "it was not refused".to_owned())),
        }
    }

    fn change(&mut self, span: Span, change: &Change) -> Played {
        let mut staff = self.stage.look(self.job)?.staff().to_vec();
        let before = staff.clone();
        let miss = self.change_client(span, |client| change.apply(client, &mut staff))?;
        for changed in staff.iter().filter(|one| !before.contains(one)) {
            self.stage.engine().put_staff(changed, &Attribution::engine("test")).map_err(engine_report)?;
        }
        Ok(miss)
    }

    fn bounce(&mut self, span: Span, refused: &Refused) -> Played {
        let Some(address) = self.address(&refused.contact)? else {
            return Ok(Some(Miss::new(span, format!("contact `{}` has no address", refused.contact))));
        };
        let person = PersonId::Contact(refused.contact.clone());
        self.change_client(span, |client| {
            client.note_bounce(&person, &address, &refused.reply);
            Ok(())
        })
    }

    fn change_client(
        &self,
        span: Span,
        change: impl FnOnce(&mut jobwright_core::directory::Client) -> std::result::Result<(), String>,
    ) -> Played {
        let changed = self.stage.engine().change_client(self.client(), &Attribution::engine("test"), |client| {
            let mut client = client.ok_or_else(|| Unchanged::Not("the client is not there".to_owned()))?;
            change(&mut client).map_err(Unchanged::Not)?;
            Ok((client, ()))
        });
        match changed {
            Ok(_) => Ok(None),
            Err(Unchanged::Not(why)) => Ok(Some(Miss::new(span, format!("the change was refused: {why}")))),
            Err(Unchanged::Engine(error)) => Err(engine_report(error)),
        }
    }

    fn publish(&mut self, span: Span, file: &str, existing: Option<scenario::Existing>) -> Played {
        let path = self.tested.folder.join(Path::new(file));
        let caller = &*self.tested.caller;
        let others = Around::files(std::slice::from_ref(&path), Some(self.practice), None, caller);
        let (sources, checked) = read::look(&path, Some(self.practice), None, caller, &others)?;
        let Checked { plan: Some(plan), canonical, .. } = checked else {
            let words = jobwright_definition::render::human(&sources, &checked.diagnostics, false);
            return Ok(Some(Miss::new(span, format!("`{file}` cannot be published")).with(words)));
        };
        let existing = match existing {
            Some(scenario::Existing::Keep) => Existing::Keep,
            Some(scenario::Existing::Update) => Existing::Update,
            None => Existing::AsDefined,
        };
        let published = self.stage.publish(&plan, &canonical, existing)?;
        let kept = published.kept.first().filter(|_| existing == Existing::Update);
        Ok(kept.map(|(_, why)| Miss::new(span, format!("the job did not move: {why}"))))
    }

    /// A call that waits for its end hears it now; any other call of the task gets the answer when it is made.
    fn reply(&self, replied: &Replied, again: bool) -> Played {
        let looked = self.stage.look(self.job)?;
        let call = looked.job.run(&replied.task).and_then(|run| run.call.as_ref());
        match call.filter(|call| call.correlation.is_some()) {
            Some(call) => {
                let heard = self.stage.engine().heard(call.effect, said(replied.reply.clone()));
                heard.map(|_| None).map_err(engine_report)
            }
            // It was said before the process died.
            None if again => Ok(None),
            None => {
                self.outside.plugins.reply(&replied.task, replied.reply.clone());
                Ok(None)
            }
        }
    }

    fn address(&self, contact: &ContactId) -> Result<Option<String>> {
        let looked = self.stage.look(self.job)?;
        let found = looked.client.contacts.iter().find(|one| one.id == *contact);
        Ok(found.and_then(|contact| contact.email.clone()))
    }

    fn client(&self) -> &ClientId {
        &self.scenario.client.id
    }

    /// The job as it stands.
    pub fn look(&self) -> Result<Looked> {
        self.stage.look(self.job)
    }
}

impl Traces {
    /// The identities of all letters, each once.
    pub fn ids(&self) -> Vec<EffectId> {
        let mut ids: Vec<_> = self.letters.iter().map(|letter| letter.id).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

fn found(found: Option<Miss>, span: Span) -> Played {
    Ok(found.map(|miss| Miss { span, ..miss }))
}

fn missed(miss: Miss) -> Played {
    Ok(Some(miss))
}

/// Why people stay as they are.
enum Unchanged {
    /// The change itself says so.
    Not(String),
    /// The engine could not.
    Engine(Error),
}

impl From<Error> for Unchanged {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}
