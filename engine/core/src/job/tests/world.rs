//! The world a story plays in: a directory, answers, an outbox and a clock, all in memory and all ours.
//!
//! Owns: turning the machine until it is quiet, as the runtime does, and what must be true whenever it is.

use super::{dates, telling};
use crate::command::{Answer, Command, Outcome, Refusal, Unwritten, Wanted};
use crate::effect::{Consequence, DirectoryChange, Effect, Failure};
use crate::event::{ActWord, Actor, Event, Letter, Opened, Recorded, Revision, Slot};
use crate::id::{ClientId, ContactId, EffectId, Hash, JobId, Name, RoleId, StaffId};
use crate::job::{
    Agenda, Job, JobState, Links, ask, decide, did, lost_place, next_wake, react, reasks, selector, to_write,
};
use crate::plan::{Class, Plan};
use crate::question::Question;
use crate::recipient::{Branch, Form, Found, Person, PersonId, Pick, Reason, Resolution, Selector, StaffForm};
use crate::task::TaskKey;
use crate::value::{Value, Values};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use jiff::{SignedDuration, Timestamp};

/// Most steps until a job must be quiet; a turn that takes more goes round in circles.
pub(super) const STEPS_MAX: usize = 1_000;
/// Most times that the same directory may be asked until nothing moves: what one task no longer holds, `not_same_as`
/// frees for another.
const PASSES_MAX: usize = 4;
const STAFF: [&str; 4] = ["pat", "kim", "lee", "sam"];

/// What the world answers when it is asked.
#[derive(Clone, Default)]
pub(super) struct Answers {
    pub conditions: BTreeMap<Name, Result<bool, String>>,
    pub items: BTreeMap<Name, Result<Vec<String>, String>>,
    pub scripts: BTreeMap<Name, Result<Values, Failure>>,
    /// Tasks whose letters read an empty field.
    pub empty: BTreeSet<Name>,
    /// Tasks whose letters cannot be rendered, or whose other questions fail.
    pub faulty: BTreeSet<Name>,
}

pub(super) struct World {
    pub plan: Plan,
    pub job: Job,
    /// What the machine looks at again, and for which version.
    agenda: (Hash, Agenda),
    pub log: Vec<Recorded>,
    pub now: Timestamp,
    pub told: String,
    pub answers: Answers,
    /// Who is listed under a word; nobody under a word that is not here, and `!` makes the selector fail.
    pub roles: BTreeMap<String, Vec<String>>,
    pub gone: BTreeSet<String>,
    pub bounced: BTreeSet<String>,
    /// Effects that may come back, also those dropped on their way.
    pub outbox: BTreeMap<EffectId, (TaskKey, Option<String>)>,
    /// A job changed the directory in its last turn.
    has_set: bool,
    written: BTreeMap<(TaskKey, u32, Slot, PersonId), EffectId>,
    revision: u64,
}

impl World {
    /// A job of the plan, opened on day 1 and not yet advanced.
    pub(super) fn new(plan: Plan) -> Self {
        let now: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
        let opened = Event::JobOpened(Opened {
            job: JobId([7; 16]),
            definition: plan.id.clone(),
            hash: plan.hash,
            client: ClientId::new("4711").unwrap(),
            period: None,
            inputs: Values::new(),
            tasks: plan.tasks.iter().map(|task| task.id.clone()).collect(),
            by: Actor::Engine,
            parent: None,
        });
        let first = Recorded { number: 1, at: now, event: opened };
        let agenda = (plan.hash, Agenda::whole(&plan));
        let listed = [("primary", "ann"), ("payroll", "ann"), ("clerk", "pat"), ("partner", "kim"), ("default", "sam")];
        Self {
            plan,
            job: Job::open(&first).unwrap(),
            log: vec![first],
            now,
            told: String::new(),
            answers: Answers::default(),
            roles: listed.into_iter().map(|(word, id)| (word.into(), vec![id.into()])).collect(),
            gone: BTreeSet::new(),
            bounced: BTreeSet::new(),
            agenda,
            outbox: BTreeMap::new(),
            has_set: false,
            written: BTreeMap::new(),
            revision: 1,
        }
    }

    pub(super) fn pass(&mut self, hours: i64) {
        self.now = self.now.checked_add(SignedDuration::from_hours(hours)).unwrap();
        self.settle();
    }

    /// A command from outside, and everything that follows from it.
    pub(super) fn command(&mut self, command: Command) -> Result<(), Refusal> {
        let journaled = match &command {
            Command::Act { task, act, by, .. } => Some((task.clone(), ActWord::from(act), by.clone())),
            _ => None,
        };
        match decide(&self.job, &self.plan, command, self.now) {
            Ok(events) => self.record(events),
            Err(refusal) => {
                if let Some((task, act, by)) = journaled.filter(|_| refusal.is_journaled()) {
                    self.record(vec![Event::ActRefused { task, act, by, why: refusal.to_string() }]);
                }
                return Err(refusal);
            }
        }
        self.settle();
        Ok(())
    }

    /// The directory changed: what hangs on it is asked again.
    pub(super) fn directory_changed(&mut self) {
        self.revision += 1;
        self.ask_again();
        self.turn();
        assert!((0..PASSES_MAX).any(|_| self.is_at_rest()), "asked again, it never rests:\n{}", self.told);
    }

    fn is_at_rest(&mut self) -> bool {
        let events = self.job.events;
        self.ask_again();
        self.turn();
        self.job.events == events
    }

    fn ask_again(&mut self) {
        for question in reasks(&self.job, &self.plan) {
            let answer = self.answer(question);
            match decide(&self.job, &self.plan, Command::Answer(answer), self.now) {
                Ok(events) => self.record(events),
                Err(Refusal::NotAskedFor | Refusal::NoSuchTask(_)) => {}
                Err(refusal) => panic!("an answer was refused: {refusal}"),
            }
        }
    }

    /// Turns the machine until it is quiet, as often as it changes the directory itself.
    pub(super) fn settle(&mut self) {
        self.turn();
        for _ in 0..STEPS_MAX {
            if !core::mem::take(&mut self.has_set) {
                return;
            }
            self.directory_changed();
        }
        panic!("it changes the directory for ever:\n{}", self.told);
    }

    /// Turns the machine until it is quiet, and holds what must be true then.
    fn turn(&mut self) {
        if self.agenda.0 != self.plan.hash {
            self.agenda = (self.plan.hash, Agenda::whole(&self.plan));
        }
        self.agenda.1.time_passed(&Links::of(&self.plan));
        let quiet = (0..STEPS_MAX).any(|_| !self.step());
        let last = || self.told.lines().rev().take(10).collect::<Vec<_>>().join("\n");
        assert!(quiet, "not quiet after {STEPS_MAX} steps, the last of them first:\n{}", last());
        self.hold();
    }

    fn step(&mut self) -> bool {
        // Each time it is looked after that the agenda forgot nothing.
        let events = self.agenda.1.step(&self.job, &self.plan, self.now);
        if !events.is_empty() {
            self.record(events);
            return true;
        }
        let Some(question) = self.agenda.1.question(&self.job, &self.plan, self.now) else { return false };
        let answer = self.answer(question.clone());
        let events = decide(&self.job, &self.plan, Command::Answer(answer), self.now);
        let events = events.unwrap_or_else(|refusal| panic!("{question:?} was put, and its answer refused: {refusal}"));
        assert!(!events.is_empty(), "{question:?} is put for ever: its answer moves nothing\n{}", self.told);
        self.record(events);
        true
    }

    /// What is true of every quiet job, whatever happened to it.
    fn hold(&self) {
        let again = Job::replay(&self.log).unwrap().unwrap();
        assert_eq!(again, self.job, "told again it is another job:\n{}", self.told);
        assert_eq!(ask(&self.job, &self.plan, self.now), None);
        if self.job.state == JobState::Open {
            assert_eq!(decide(&self.job, &self.plan, Command::Advance, self.now), Ok(vec![]));
            self.wakes_in_time();
        } else {
            assert!(self.job.tasks.values().all(|run| run.state.is_settled()));
            assert_eq!(next_wake(&self.job, &self.plan), None);
        }
    }

    /// A quiet job moves again at its wake, and at no moment before it.
    fn wakes_in_time(&self) {
        let moves_at = |at: Timestamp| {
            let events = decide(&self.job, &self.plan, Command::Advance, at).unwrap();
            !events.is_empty() || ask(&self.job, &self.plan, at).is_some()
        };
        let far = self.now.checked_add(SignedDuration::from_hours(24 * 10_000)).unwrap();
        match next_wake(&self.job, &self.plan) {
            None => assert!(!moves_at(far), "sleeps for ever, and something was to be done:\n{}", self.told),
            Some(at) => {
                let just_before = at.checked_sub(SignedDuration::from_nanos(1)).unwrap();
                assert!(at > self.now && moves_at(at), "wakes at {at} for nothing:\n{}", self.told);
                assert!(!moves_at(just_before), "wakes at {at}, too late:\n{}", self.told);
            }
        }
    }

    fn record(&mut self, events: Vec<Event>) {
        for event in events {
            let recorded = Recorded { number: self.job.events + 1, at: self.now, event };
            self.once_only(&recorded);
            self.job.apply(&recorded).unwrap_or_else(|fault| panic!("{fault}\n{}", self.told));
            self.agenda.1.happened(&self.plan, &Links::of(&self.plan), &recorded.event);
            if let Some(line) = telling::line(&recorded) {
                self.told += &format!("{}  #{} {line}\n", telling::moment(self.now), recorded.number);
            }
            for consequence in react(&self.job, &recorded) {
                self.consequence(consequence);
            }
            self.log.push(recorded);
        }
    }

    fn consequence(&mut self, consequence: Consequence) {
        match consequence {
            Consequence::Act(id, effect) => {
                let wanted = match *effect {
                    Effect::SendLetter { task, letter } => (task, Some(letter.to.id.as_str().to_string())),
                    Effect::StartJob { task, .. } | Effect::CallPlugin { task, .. } => (task, None),
                    Effect::TellParent { .. }
                    | Effect::EndChildren { .. }
                    | Effect::ResumeChildren { .. }
                    | Effect::TellListener { .. } => return,
                };
                assert!(self.outbox.insert(id, wanted).is_none(), "effect {id} comes twice");
            }
            Consequence::Again(id) => {
                self.told += &format!("{}      again #{}\n", telling::moment(self.now), id.event);
                assert!(self.outbox.contains_key(&id), "effect {id} was never asked for");
            }
            Consequence::Drop(id) => assert!(self.outbox.contains_key(&id), "effect {id} was never asked for"),
            Consequence::Set(DirectoryChange::Bounced { person, .. }) => {
                self.bounced.insert(person.as_str().into());
                self.has_set = true;
            }
            Consequence::Set(DirectoryChange::Client(_)) => self.has_set = true,
        }
    }

    /// Nobody gets the same letter twice in one round, unless the first was refused, dropped, or its place was lost.
    fn once_only(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::LetterWritten { task, slot, letter } if telling::is_once_only(slot) => {
                let round = self.job.run(task).map_or(0, |run| run.round);
                let id = EffectId { job: self.job.id, event: recorded.number, index: 0 };
                let key = (task.clone(), round, slot.clone(), letter.to.id.clone());
                let before = self.written.insert(key, id);
                let to = letter.to.id.as_str();
                assert!(before.is_none(), "{task} {slot}: a second letter to {to}\n{}", self.told);
            }
            Event::LetterRefused { effect, .. } | Event::LetterDropped { effect } => {
                self.written.retain(|_, written| written != effect);
            }
            Event::TaskUncompletable { task, slot, reason } if !matches!(reason, Reason::MissingField(_)) => {
                self.written.retain(|(of, _, place, _), _| of != task || place != slot);
            }
            Event::JobMoved { .. } => self.written.clear(),
            _ => {}
        }
    }

    fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Dates => Answer::Dates(dates::all(&self.job, &self.plan)),
            Question::Condition(key) => {
                let holds = self.answers.conditions.get(&key.task).cloned().unwrap_or(Ok(true));
                Answer::Condition(key, holds)
            }
            Question::Items(key) => {
                let items = self.answers.items.get(&key.task).cloned().unwrap_or(Ok(vec![]));
                let pair = |id: String| (id.clone(), Value::text(id));
                Answer::Items(key, items.map(|items| items.into_iter().map(pair).collect()))
            }
            Question::People(key, slots) => {
                let found = slots.into_iter().map(|slot| (slot.clone(), self.find(&key, &slot))).collect();
                Answer::People(key, found, Revision { client: self.revision, staff: 1 })
            }
            Question::Standing(key) => {
                let lost = self.lost(&key);
                Answer::Standing(key, lost)
            }
            Question::Letters(key, slots) => {
                let letters = self.letters(&key, &slots);
                Answer::Letters(key, letters)
            }
            Question::Script(key) => {
                let outputs = self.answers.scripts.get(&key.task).cloned().unwrap_or_else(|| Ok(Values::new()));
                Answer::Script(key, outputs)
            }
            Question::Changes(key) => {
                let changes = self.fault(&key).map(|()| vec![("status".into(), Value::text("live"))]);
                Answer::Changes(key, changes)
            }
            Question::Document(key) => {
                let document = self.fault(&key).map(|()| Value::text("letter"));
                Answer::Document(key, document)
            }
            Question::Child(key) => {
                let (inputs, dates) = (Values::new(), vec![]);
                let wanted = || Wanted { definition: "vat".parse().unwrap(), period: None, inputs, dates };
                let child = self.fault(&key).map(|()| wanted());
                Answer::Child(key, child)
            }
            Question::Plugin(key) => {
                let plugin = self.fault(&key).map(|()| (Hash([7; 32]), Value::map::<&str>([])));
                Answer::Plugin(key, plugin)
            }
            Question::Notice(key) => {
                let told = self.find(&key, &Slot::Notice);
                let letters = told.chosen.into_iter().map(letter).collect::<Vec<_>>();
                let found = if letters.is_empty() { Err("nobody was found to be told".into()) } else { Ok(letters) };
                Answer::Notice(key, found)
            }
        }
    }

    fn fault(&self, key: &TaskKey) -> Result<(), Failure> {
        let faulty = self.answers.faulty.contains(&key.task);
        if faulty { Err(Failure::permanent("expression-failed", "there is no such field")) } else { Ok(()) }
    }

    fn find(&self, key: &TaskKey, slot: &Slot) -> Resolution {
        let (task, run) = (self.plan.task(&key.task).unwrap(), self.job.run(key).unwrap());
        let (rule, channel) = selector(task, run, slot).unwrap_or_else(|| panic!("{key} has no place {slot}"));
        let item = run.item.as_ref().and_then(Value::as_text);
        self.resolve(key, &rule, matches!(channel, crate::recipient::Channel::Assign), item)
    }

    fn resolve(&self, key: &TaskKey, rule: &Selector, is_assign: bool, item: Option<&str>) -> Resolution {
        let (word, reason) = match &rule.form {
            Form::PrimaryContact | Form::Default => ("primary", Reason::NoContact),
            Form::Role(role) => (role.as_str(), Reason::NoContactWithRole(role.clone())),
            Form::Staff(StaffForm::Role(role)) => (role.as_str(), Reason::NoStaffWithRole(role.clone())),
            Form::Staff(_) => ("default", Reason::NoStaffWithRole(RoleId::new("default").unwrap())),
            _ => ("item", Reason::NoContact),
        };
        let listed = match (word, item) {
            ("item", Some(item)) => vec![item.to_string()],
            _ => self.roles.get(word).cloned().unwrap_or_default(),
        };
        if listed.iter().any(|id| id == "!") {
            return resolution(Found::Error, vec![], None);
        }
        let is_same = |id: &String| {
            rule.not_same_as.as_ref().is_some_and(|other| did(&self.job, &self.plan, key, other, &person(id).id))
        };
        let mut fit: Vec<&String> = listed.iter().filter(|id| !self.gone.contains(*id) && !is_same(id)).collect();
        fit.retain(|id| is_assign || !self.bounced.contains(*id));
        match rule.pick {
            Some(Pick::One) => fit.truncate(1),
            None if is_assign => fit.truncate(1),
            Some(Pick::AtMost(most)) => fit.truncate(most as usize),
            Some(Pick::All) | None => {}
        }
        let chosen: Vec<Person> = fit.into_iter().map(|id| person(id)).collect();
        match (chosen.is_empty(), listed.iter().find_map(|id| self.why_not(id))) {
            (false, _) => resolution(Found::Chosen, chosen, None),
            (true, Some(why)) => resolution(Found::FilteredOut, vec![], Some(why)),
            (true, None) => resolution(Found::NoMatch, vec![], Some(reason)),
        }
    }

    fn why_not(&self, id: &String) -> Option<Reason> {
        match (self.gone.contains(id), self.bounced.contains(id)) {
            (true, _) => Some(Reason::Deactivated),
            (_, true) => Some(Reason::EmailBounced),
            _ => None,
        }
    }

    /// As the runtime answers it.
    fn lost(&self, key: &TaskKey) -> Option<(Slot, Reason)> {
        let (task, run) = (self.plan.task(&key.task)?, self.job.run(key)?);
        lost_place(task, run, &|slot, one| {
            let why = self.why_not(&one.id.as_str().to_string());
            why.filter(|why| *slot != Slot::Assign || *why == Reason::Deactivated)
        })
    }

    /// As the runtime answers it: everybody of these places who has not got the letter.
    fn letters(&self, key: &TaskKey, slots: &[Slot]) -> Result<Vec<(Slot, Letter)>, Unwritten> {
        if self.answers.empty.contains(&key.task) {
            return Err(Unwritten::Missing(Reason::MissingField("client.phone".into())));
        }
        self.fault(key).map_err(Unwritten::Fault)?;
        let run = self.job.run(key).unwrap();
        let people =
            slots.iter().flat_map(|slot| to_write(run, slot).map(move |one| (slot.clone(), letter(one.clone()))));
        Ok(people.collect())
    }

    /// The youngest effect of a task, to this person where it is a letter.
    pub(super) fn effect(&self, task: &TaskKey, to: Option<&str>) -> EffectId {
        let mut found = self.outbox.iter().rev().filter(|(_, (of, person))| of == task && person.as_deref() == to);
        *found.next().unwrap_or_else(|| panic!("no effect of {task} to {to:?}")).0
    }

    pub(super) fn report(&mut self, effect: EffectId, outcome: Outcome) -> Result<(), Refusal> {
        self.command(Command::Record { effect, outcome })
    }
}

fn resolution(found: Found, chosen: Vec<Person>, reason: Option<Reason>) -> Resolution {
    let tree = Branch { rule: "as listed".into(), found, candidates: vec![], children: vec![] };
    Resolution { found, chosen, reason, tree }
}

fn letter(to: Person) -> Letter {
    Letter { to, copy_of: None, cc: vec![], class: Class::Service, subject: "s".into(), text: "t".into(), html: None }
}

pub(super) fn person(id: &str) -> Person {
    let is_staff = STAFF.contains(&id);
    let who = if is_staff {
        PersonId::Staff(StaffId::new(id).unwrap())
    } else {
        PersonId::Contact(ContactId::new(id).unwrap())
    };
    Person { id: who, name: id.into(), address: Some(format!("{id}@example.com")) }
}

pub(super) fn actor(id: &str) -> Actor {
    let entered_by = "desk".to_string();
    match person(id).id {
        PersonId::Staff(id) => Actor::Staff { id, entered_by },
        PersonId::Contact(id) => Actor::Contact { id, entered_by },
    }
}
