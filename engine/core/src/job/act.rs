//! What people do to tasks, into events.
//!
//! Owns: who may act, on what, and when a request is complete. A person who was not asked, has left, or did the work
//! that is to be checked here is refused. Leaves proving who somebody is to the shell.

use super::decide::{dropped_in, dropped_of};
use super::record::{completed_with, failed};
use super::{Job, JobState, Run, people};
use crate::bound;
use crate::command::{Act, Refusal};
use crate::effect::Failure;
use crate::event::{ActWord, Actor, Answered, Event, Slot};
use crate::id::Name;
use crate::plan::{Item, Parts, Plan, Request, Required, Signer, Takes, Task, Work};
use crate::recipient::{Person, PersonId, Reason};
use crate::task::{TaskKey, TaskState};
use crate::value::{Value, Values};
use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use jiff::Timestamp;

/// One person's attempt.
pub(super) struct Attempt<'a> {
    pub task: &'a TaskKey,
    pub act: &'a Act,
    pub by: &'a Actor,
    pub active: bool,
    pub note: Option<&'a str>,
    pub now: Timestamp,
}

/// What an act is about.
pub(super) struct Scene<'a> {
    pub job: &'a Job,
    pub plan: &'a Plan,
    pub task: &'a Task,
    pub run: &'a Run,
    pub key: &'a TaskKey,
    pub by: &'a Actor,
    pub note: Option<String>,
    pub now: Timestamp,
}

type Events = Result<Vec<Event>, Refusal>;

/// Takes a person's act.
pub(super) fn act(job: &Job, plan: &Plan, attempt: &Attempt<'_>) -> Events {
    let key = attempt.task;
    let missing = || Refusal::NoSuchTask(key.clone());
    let run = job.run(key).ok_or_else(missing)?;
    let task = plan.task(&key.task).ok_or_else(missing)?;
    if !attempt.active {
        return Err(Refusal::HasLeft(attempt.by.clone()));
    }
    let note = attempt.note.map(str::trim).filter(|note| !note.is_empty()).map(ToString::to_string);
    let scene = Scene { job, plan, task, run, key, by: attempt.by, note, now: attempt.now };
    match attempt.act {
        Act::Complete { outputs, awaited } => scene.complete(outputs, awaited.as_deref()),
        Act::Answer { item, answer } => scene.answer(item, answer),
        Act::Confirm { item } => scene.confirm(item.as_ref()),
        Act::Approve { outcome } => scene.approve(outcome),
        Act::Sign { signer } => scene.sign(signer),
        Act::Decline { signer } => scene.decline(signer),
        Act::Skip => scene.skip(),
        Act::Reassign { people } => scene.reassign(people),
        Act::Retry => scene.retry(),
        Act::CompleteOutOfTurn(given) => scene.complete_out_of_turn(given),
        Act::Override { outcome, given } => scene.overrides(outcome.as_ref(), given),
        Act::Reopen => scene.reopen(),
        Act::Amend { item, answer } => scene.amend(item, answer),
    }
}

/// What is wrong with outputs, by name.
pub(super) fn faults(task: &Task, outputs: &Values) -> Vec<(Name, String)> {
    let mut faults: Vec<(Name, String)> = outputs
        .keys()
        .filter(|name| !task.outputs.contains_key(*name))
        .map(|name| (name.clone(), "is no output of this task".into()))
        .collect();
    for (name, field) in &task.outputs {
        let fault = field.fault(outputs.get(name).unwrap_or(&Value::Nothing));
        faults.extend(fault.map(|fault| (name.clone(), fault)));
    }
    if faults.is_empty() {
        faults.extend(too_much_together(outputs));
    }
    faults
}

/// Values that are stored together share one bound; told of the largest of them.
pub(super) fn too_much_together(values: &Values) -> Option<(Name, String)> {
    let excess = bound::sizes(values.values()).err()?;
    let (name, _) = values.iter().max_by_key(|(_, value)| bound::size(value).map_or(usize::MAX, |size| size.bytes))?;
    Some((name.clone(), format!("together with the other values {excess}")))
}

impl<'a> Scene<'a> {
    /// The same act upon an instance.
    pub(super) fn of<'b>(&self, key: &'b TaskKey, run: &'b Run) -> Scene<'b>
    where
        'a: 'b,
    {
        Scene { run, key, note: self.note.clone(), ..*self }
    }

    /// A task is completed by its people when it is open for them: when its turn has come, and when it is done by
    /// saying so. What sends, computes, waits, approves or signs is done by that alone.
    pub(super) fn complete(&self, outputs: &Values, awaited: Option<&str>) -> Events {
        self.must_be_under_way()?;
        if self.run.items.is_some() {
            return self.complete_instances(outputs, awaited);
        }
        self.must_await(awaited)?;
        self.may_complete()?;
        match &self.task.work {
            _ if self.run.by_hand => {}
            Work::Request(Request { parts: Parts::Approval { .. } | Parts::Signature { .. }, .. }) => {
                return Err(self.not_open());
            }
            Work::Request(request) => {
                let open = self.open_items(request, |item| item.required);
                if !open.is_empty() {
                    return Err(Refusal::Incomplete(self.key.clone(), open));
                }
            }
            // Its end comes from outside, and is told by whoever hears of it.
            Work::Plugin(_) if self.run.state == TaskState::AwaitingExternal => {}
            Work::Plugin(_)
            | Work::Email(_)
            | Work::Script(_)
            | Work::UpdateClient(_)
            | Work::StartJob(_)
            | Work::Wait(_) => return Err(self.not_open()),
        }
        if let Some((name, fault)) = faults(self.task, outputs).into_iter().next() {
            return Err(Refusal::BadValue { name, fault });
        }
        Ok(self.completed(None, outputs.clone()))
    }

    /// Whether the task waits for the answer of this name, when one is named.
    fn must_await(&self, named: Option<&str>) -> Result<(), Refusal> {
        let Some(named) = named else { return Ok(()) };
        let awaited = self.run.call.as_ref().and_then(|call| call.correlation.clone());
        if awaited.as_deref() == Some(named) {
            return Ok(());
        }
        Err(Refusal::NotAwaited { task: self.key.clone(), named: named.into(), awaited })
    }

    /// Completing a task with instances completes every open one.
    fn complete_instances(&self, outputs: &Values, awaited: Option<&str>) -> Events {
        let mut events = Vec::new();
        for (key, run) in self.job.instances(self.key) {
            if !run.state.is_settled() {
                events.extend(self.of(&key, run).complete(outputs, awaited)?);
            }
        }
        if events.is_empty() {
            return Err(self.not_now("what failed of it is to be tried again or skipped"));
        }
        Ok(events)
    }

    fn answer(&self, item: &Name, answer: &Answered) -> Events {
        let (items, nothing_to_report) = self.items()?;
        let asked = items.iter().find(|one| one.id == *item);
        let asked = asked.ok_or_else(|| Refusal::NoSuchPart(self.key.clone(), item.clone()))?;
        let is_late = self.may_come_late(asked);
        if !is_late {
            self.must_be_under_way()?;
        }
        self.was_asked(&self.run.working_slot())?;
        let bad = |fault: String| Refusal::BadValue { name: item.clone(), fault };
        match answer {
            Answered::Nothing if asked.required && !nothing_to_report => {
                return Err(bad("is required: \"nothing to report\" is no answer here".into()));
            }
            Answered::Nothing => {}
            Answered::Value(value) => {
                if let Some(fault) = item_fault(asked, value) {
                    return Err(bad(fault));
                }
            }
        }
        let event = Event::ItemAnswered {
            task: self.key.clone(),
            item: item.clone(),
            answer: answer.clone(),
            by: self.by.clone(),
        };
        let mut events = vec![event];
        if !is_late && self.is_answered(items, core::slice::from_ref(item)) {
            events.extend(self.completed(None, Values::new()));
        }
        Ok(events)
    }

    /// What may be left out may also come after all else has: the request is done without it.
    fn may_come_late(&self, item: &Item) -> bool {
        let is_done = self.run.state == TaskState::Completed && self.job.state == JobState::Open;
        is_done && !item.required && !self.run.answers.contains_key(&item.id)
    }

    /// Whether a request is done with these answers: when nothing required is open. One that requires nothing is done
    /// when everything is answered, or when somebody says so.
    fn is_answered(&self, items: &[Item], now: &[Name]) -> bool {
        let open = |one: &&Item| !now.contains(&one.id) && !self.run.answers.contains_key(&one.id);
        let is_optional = items.iter().all(|item| !item.required);
        let is_open = items.iter().filter(open).any(|item| item.required || is_optional);
        !is_open && faults(self.task, &Values::new()).is_empty()
    }

    /// What was answered before the task was reopened is answered so again.
    fn confirm(&self, item: Option<&Name>) -> Events {
        let (items, _) = self.items()?;
        self.must_be_under_way()?;
        self.was_asked(&self.run.working_slot())?;
        let before = self.run.before.as_ref().map(|before| &before.answers);
        let wanted = |one: &&Item| match item {
            Some(item) => one.id == *item,
            None => !self.run.answers.contains_key(&one.id),
        };
        let (mut events, mut now) = (Vec::new(), Vec::new());
        for item in items.iter().filter(wanted) {
            let Some((answer, _)) = before.and_then(|before| before.get(&item.id)) else { continue };
            // The definition may ask for something else by now.
            if let Answered::Value(value) = answer
                && let Some(fault) = item_fault(item, value)
            {
                return Err(Refusal::BadValue { name: item.id.clone(), fault });
            }
            now.push(item.id.clone());
            events.push(Event::ItemAnswered {
                task: self.key.clone(),
                item: item.id.clone(),
                answer: answer.clone(),
                by: self.by.clone(),
            });
        }
        if now.is_empty() {
            return Err(Refusal::NothingBefore(self.key.clone()));
        }
        if self.is_answered(items, &now) {
            events.extend(self.completed(None, Values::new()));
        }
        Ok(events)
    }

    fn approve(&self, outcome: &Name) -> Events {
        let Work::Request(Request { parts: Parts::Approval { outcomes, .. }, .. }) = &self.task.work else {
            return Err(self.other_kind());
        };
        self.must_be_under_way()?;
        if !outcomes.contains(outcome) {
            return Err(Refusal::NoSuchPart(self.key.clone(), outcome.clone()));
        }
        let slot = self.run.working_slot();
        self.was_asked(&slot)?;
        if self.run.votes.iter().any(|vote| vote.by.person() == self.by.person()) {
            return Err(Refusal::AlreadyDone(self.key.clone()));
        }
        if outcomes.first() == Some(outcome) && people::lacking(self.task, self.run, &slot) > 1 {
            return Ok(vec![Event::OutcomeGiven {
                task: self.key.clone(),
                outcome: outcome.clone(),
                by: self.by.clone(),
                note: self.note.clone(),
            }]);
        }
        let (by, note) = (self.by.clone(), self.note.clone());
        Ok(completed_with(self.job, self.plan, self.key, outcome, Values::new(), by, note))
    }

    fn sign(&self, signer: &Name) -> Events {
        let (signers, required) = self.signers()?;
        self.may_sign(signers, signer)?;
        let signed = Event::Signed { task: self.key.clone(), signer: signer.clone(), by: self.by.clone() };
        let mut events = vec![signed];
        let place = self.run.places.get(&Slot::Signer(signer.clone()));
        let by = self.by.person();
        let has_signed = |one: &Person| by.as_ref() == Some(&one.id) || self.run.has_signed(signer, &one.id);
        let full = place.is_some_and(|place| place.people.iter().all(has_signed));
        let others = signers.iter().filter(|one| one.id != *signer && self.run.is_signed(&one.id)).count();
        if full && others + 1 >= required.of(signers.len()) {
            let document = self.run.document.clone();
            let outputs = self.task.outputs.iter().next().zip(document).map(|((name, _), value)| (name.clone(), value));
            events.extend(self.completed(None, outputs.into_iter().collect()));
        }
        Ok(events)
    }

    fn decline(&self, signer: &Name) -> Events {
        let (signers, required) = self.signers()?;
        self.may_sign(signers, signer)?;
        let declined = Event::SignatureDeclined {
            task: self.key.clone(),
            signer: signer.clone(),
            by: self.by.clone(),
            note: self.note.clone(),
        };
        let mut events = vec![declined];
        if signers.len().saturating_sub(self.lost(signers, signer)) >= required.of(signers.len()) {
            return Ok(events);
        }
        let outcome = Name::new("declined").map_err(|_| self.other_kind())?;
        if self.task.on_outcome.contains_key(&outcome) {
            let (by, note) = (self.by.clone(), self.note.clone());
            events.extend(completed_with(self.job, self.plan, self.key, &outcome, Values::new(), by, note));
        } else {
            let words = format!("signer `{signer}` declined{}", self.because());
            events.extend(dropped_of(self.job, self.key));
            events.extend(failed(self.job, self.plan, self.key, Failure::permanent("declined", words)));
        }
        Ok(events)
    }

    /// How many signers will not sign once this one declines: those who declined, and whoever comes after one of them.
    fn lost(&self, signers: &[Signer], declining: &Name) -> usize {
        let mut lost: BTreeSet<&Name> = self.run.declined.keys().chain([declining]).collect();
        // Each round adds a signer or is the last.
        for _ in signers {
            let behind = |signer: &&Signer| signer.after.as_ref().is_some_and(|before| lost.contains(before));
            let more: Vec<&Name> = signers.iter().filter(behind).map(|signer| &signer.id).collect();
            lost.extend(more);
        }
        lost.len()
    }

    fn skip(&self) -> Events {
        let note = self.note.clone().ok_or(Refusal::NoteNeeded)?;
        self.must_be_staff(ActWord::Skip)?;
        if self.run.state != TaskState::Failed {
            self.must_not_be_settled()?;
        }
        let mut events = Vec::new();
        for (key, run) in self.job.instances(self.key) {
            if !run.state.is_settled() || run.state == TaskState::Failed {
                events.extend(self.skipped(&key, &note));
            }
        }
        events.extend(self.skipped(self.key, &note));
        Ok(events)
    }

    fn skipped(&self, key: &TaskKey, note: &str) -> Vec<Event> {
        let why = crate::event::Skip::Person { by: self.by.clone(), note: note.into() };
        let mut events = dropped_of(self.job, key);
        events.push(Event::TaskSkipped { task: key.clone(), why });
        events
    }

    fn reassign(&self, to: &[Person]) -> Events {
        self.must_be_staff(ActWord::Reassign)?;
        // What nobody can be found for is given to somebody by hand, and goes on with them.
        if self.run.state != TaskState::Uncompletable {
            self.must_be_under_way()?;
        }
        if !matches!(self.task.work, Work::Request(_)) && !self.run.by_hand {
            return Err(self.other_kind());
        }
        let slot = self.run.given_slot();
        if let Some(other) = self.other_task(&slot)
            && to.iter().any(|one| people::did(self.job, self.plan, self.key, &other, &one.id))
        {
            return Err(Refusal::SamePerson { task: self.key.clone(), other });
        }
        if to.is_empty() {
            return Err(self.not_now("say whom it goes to"));
        }
        let mut people: Vec<Person> = Vec::new();
        for one in to {
            // Somebody named twice does it once.
            if !people.iter().any(|other| other.id == one.id) {
                people.push(one.clone());
            }
        }
        let has_acted = |one: &Person| people::has_acted(self.run, &slot, &one.id);
        if people.iter().all(has_acted) {
            return Err(Refusal::AlreadyDone(self.key.clone()));
        }
        if let Some(Reason::TooFew { found, needed }) =
            people::too_few(self.task, self.run, &slot, people.iter().map(|one| &one.id))
        {
            return Err(Refusal::TooFew { task: self.key.clone(), found, needed });
        }
        let leaves = |id: &PersonId| !people.iter().any(|one| one.id == *id);
        let mut events = dropped_in(self.run, &slot, leaves);
        events.push(Event::TaskReassigned {
            task: self.key.clone(),
            people,
            by: self.by.clone(),
            note: self.note.clone(),
        });
        Ok(events)
    }

    fn retry(&self) -> Events {
        self.must_be_staff(ActWord::Retry)?;
        // A call that waits for its next try, or to be asked for, is made now.
        if self.run.state != TaskState::Failed && !self.run.waits_for_call() {
            return Err(self.not_now("only a failed task is tried again"));
        }
        Ok(vec![Event::TaskRetried { task: self.key.clone(), by: self.by.clone() }])
    }

    fn completed(&self, outcome: Option<Name>, outputs: Values) -> Vec<Event> {
        let mut events = dropped_of(self.job, self.key);
        events.push(Event::TaskCompleted {
            task: self.key.clone(),
            outcome,
            outputs,
            by: self.by.clone(),
            note: self.note.clone(),
        });
        events
    }

    pub(super) fn may_complete(&self) -> Result<(), Refusal> {
        if self.by.is_contact() {
            return self.was_asked(&self.run.working_slot());
        }
        self.may_check(&self.run.working_slot())
    }

    /// Whether this person fills the place, and did not do the work that is checked there.
    fn was_asked(&self, slot: &Slot) -> Result<(), Refusal> {
        let asked = match (self.by.person(), self.run.places.get(slot)) {
            (Some(person), Some(place)) => place.has(&person),
            _ => false,
        };
        if !asked && *self.by != Actor::Engine {
            return Err(Refusal::NotAsked(self.key.clone(), self.by.clone()));
        }
        self.may_check(slot)
    }

    fn may_check(&self, slot: &Slot) -> Result<(), Refusal> {
        let Some(other) = self.other_task(slot) else { return Ok(()) };
        // Who enters what somebody else decided is no less bound than who decides.
        let mut people = self.by.person().into_iter().chain(self.by.enterer());
        if people.any(|person| people::did(self.job, self.plan, self.key, &other, &person)) {
            return Err(Refusal::SamePerson { task: self.key.clone(), other });
        }
        Ok(())
    }

    fn other_task(&self, slot: &Slot) -> Option<Name> {
        people::selector(self.task, self.run, slot).and_then(|(selector, _)| selector.not_same_as)
    }

    fn may_sign(&self, signers: &[Signer], signer: &Name) -> Result<(), Refusal> {
        if matches!(self.by, Actor::Entered { is_present: false, .. }) {
            return Err(Refusal::NeverForSomebody(self.key.clone(), self.by.clone()));
        }
        self.must_be_under_way()?;
        if !signers.iter().any(|one| one.id == *signer) {
            return Err(Refusal::NoSuchPart(self.key.clone(), signer.clone()));
        }
        let slot = Slot::Signer(signer.clone());
        if !self.run.places.contains_key(&slot) {
            return Err(Refusal::NotTheirTurn(self.key.clone(), signer.clone()));
        }
        let by = self.by.person();
        let signed = self.run.signed.get(signer);
        let again = signed.is_some_and(|signed| signed.iter().any(|(one, _)| one.person() == by));
        if again || self.run.declined.contains_key(signer) {
            return Err(Refusal::AlreadyDone(self.key.clone()));
        }
        self.was_asked(&slot)
    }

    fn signers(&self) -> Result<(&[Signer], Required), Refusal> {
        match &self.task.work {
            Work::Request(Request { parts: Parts::Signature { signers, required, .. }, .. }) => {
                Ok((signers, *required))
            }
            _ => Err(self.other_kind()),
        }
    }

    pub(super) fn items(&self) -> Result<(&'a [Item], bool), Refusal> {
        match &self.task.work {
            Work::Request(Request { parts: Parts::Documents { items, nothing_to_report }, .. }) => {
                Ok((items, *nothing_to_report))
            }
            Work::Request(Request { parts: Parts::Form(items), .. }) => Ok((items, false)),
            _ => Err(self.other_kind()),
        }
    }

    fn open_items(&self, request: &Request, counts: impl Fn(&Item) -> bool) -> Vec<Name> {
        let items: &[Item] = match &request.parts {
            Parts::Documents { items, .. } | Parts::Form(items) => items,
            Parts::Approval { .. } | Parts::Signature { .. } | Parts::Manual { .. } => &[],
        };
        let open = |item: &&Item| counts(item) && !self.run.answers.contains_key(&item.id);
        items.iter().filter(open).map(|item| item.id.clone()).collect()
    }

    pub(super) fn must_be_staff(&self, act: ActWord) -> Result<(), Refusal> {
        if self.by.is_contact() {
            return Err(Refusal::StaffOnly { task: self.key.clone(), act, by: self.by.clone() });
        }
        Ok(())
    }

    fn must_be_under_way(&self) -> Result<(), Refusal> {
        if self.run.state.is_under_way() { Ok(()) } else { Err(self.not_open()) }
    }

    fn must_not_be_settled(&self) -> Result<(), Refusal> {
        if self.run.state.is_settled() { Err(self.not_open()) } else { Ok(()) }
    }

    fn not_now(&self, needs: &'static str) -> Refusal {
        Refusal::NotNow { task: self.key.clone(), state: self.run.state, needs }
    }

    pub(super) fn other_kind(&self) -> Refusal {
        Refusal::NotOfThisKind { task: self.key.clone(), is: self.task.work.word() }
    }

    fn because(&self) -> String {
        self.note.as_ref().map_or_else(String::new, |note| format!(": {note}"))
    }
}

pub(super) fn item_fault(item: &Item, value: &Value) -> Option<String> {
    match (&item.takes, value) {
        (Takes::Value(field), value) => field.fault(value),
        (Takes::File { accept }, Value::Document(document)) => {
            let ending = document.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
            let taken = accept.is_empty() || ending.is_some_and(|ending| accept.contains(&ending));
            if document.size == 0 {
                return Some(format!("is an empty file: {}", document.name));
            }
            (!taken).then(|| format!("takes {}, not {}", accept.join(", "), document.name))
        }
        (Takes::File { .. }, other) => Some(format!("wants a file, not {}", other.kind())),
    }
}
