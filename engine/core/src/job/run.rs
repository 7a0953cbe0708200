//! One task of one job: what has come of it so far.
//!
//! Owns: the places people fill, the letters written to them, answers, votes and signatures of the present round.
//! A round that was reopened stays in the timeline only.

use super::Terms;
use crate::effect::Failure;
use crate::event::{Actor, Amended, Answered, Awaits, Forced, Letter, Slot};
use crate::id::{EffectId, JobId, Name};
use crate::recipient::{Person, PersonId, Reason};
use crate::task::{Move, TaskState, next};
use crate::value::{Value, Values};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};
use jiff::Timestamp;

/// A task or an instance of one, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where it stands.
    pub state: TaskState,
    /// Counts from 1; reopening begins another.
    pub round: u32,
    /// How often its outcome reopened a part of the job.
    pub reopens: u32,
    /// The identities of its instances, once its list is frozen.
    pub items: Option<Vec<String>>,
    /// The item, for an instance.
    pub item: Option<Value>,
    /// Who fills which place, and the letters they got.
    pub places: BTreeMap<Slot, Place>,
    /// The most people that a place was filled with in this round, so that "all" stays as many as were asked.
    pub asked: BTreeMap<Slot, usize>,
    /// Why it is uncompletable.
    pub reason: Option<Reason>,
    /// The place that nobody fills.
    pub blocked: Option<Slot>,
    /// When it became ready.
    pub ready_at: Option<Timestamp>,
    /// When it began.
    pub active_at: Option<Timestamp>,
    /// Since when nobody can be found.
    pub blocked_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Past its due date.
    pub overdue: bool,
    /// Its outcome.
    pub outcome: Option<Name>,
    /// What it gave.
    pub outputs: Values,
    /// Who completed it.
    pub by: Option<Actor>,
    /// How it failed.
    pub failure: Option<Failure>,
    /// Answers by item.
    pub answers: BTreeMap<Name, (Answered, Actor)>,
    /// Outcomes given so far.
    pub votes: Vec<Vote>,
    /// Signatures by place.
    pub signed: BTreeMap<Name, Vec<(Actor, Timestamp)>>,
    /// Places declined, and by whom.
    pub declined: BTreeMap<Name, Actor>,
    /// What is to be signed.
    pub document: Option<Value>,
    /// Somebody was told of its trouble, or nobody could be.
    pub noticed: bool,
    /// The practice does it by hand.
    pub by_hand: bool,
    /// Another job was asked for.
    pub child_asked: bool,
    /// What else holds for that job.
    pub child_terms: Terms,
    /// The job it started.
    pub child: Option<JobId>,
    /// What that job gave.
    pub child_outputs: Values,
    /// Whether that job completed, once it ended.
    pub child_completed: Option<bool>,
    /// The plugin that does it.
    pub call: Option<Call>,
    /// Failed tries of its effect, and when the first was; letters count their own.
    pub tries: Option<(u32, Timestamp)>,
    /// Staff closed it by their own decision.
    pub forced: Option<ByForce>,
    /// Required items and outputs that nobody had given when staff closed it, or since.
    pub missing: Vec<Name>,
    /// Answers and outputs that were corrected in this round, in order.
    pub amended: Vec<Amended>,
    /// What was given in earlier rounds: it is offered again.
    pub before: Option<Box<Before>>,
    /// Where it stood when its job was cancelled.
    pub(super) cut_off: Option<Box<CutOff>>,
}

/// How staff closed a task by their own decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByForce {
    /// Its turn had not come.
    OutOfTurn,
    /// Something that it asks for was missing, or somebody else was to do it.
    Overridden,
}

impl ByForce {
    /// The word for it, which is also the outcome that followers see unless staff named another.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OutOfTurn => "out_of_turn",
            Self::Overridden => "overridden",
        }
    }
}

/// What was given in earlier rounds of a task; the latest of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Answers by item.
    pub answers: BTreeMap<Name, (Answered, Actor)>,
    /// Outputs that people gave.
    pub outputs: Values,
    /// The same of its instances.
    pub items: BTreeMap<String, Before>,
}

impl Before {
    /// Whether nobody gave anything.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.outputs.is_empty() && self.items.is_empty()
    }
}

/// Where a task stood when its job was cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CutOff {
    state: TaskState,
    ended_at: Option<Timestamp>,
    by: Option<Actor>,
    reason: Option<Reason>,
    blocked: Option<Slot>,
}

/// A place that people fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who.
    pub people: Vec<Person>,
    /// The letters written to them.
    pub letters: BTreeMap<EffectId, Mail>,
    /// A person gave it to them, whatever the rule says.
    pub given: bool,
}

/// A letter's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Person,
    /// Where it stands.
    pub state: MailState,
    /// Failed tries, and when the first was.
    pub tries: Option<(u32, Timestamp)>,
    /// It was handed over at least once, and nobody knows whether it was taken.
    pub in_doubt: bool,
}

/// Where a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// Wants to leave.
    Open,
    /// Taken by the mail server.
    Sent,
    /// Refused for good.
    Refused,
    /// Tried until no more tries were left.
    GivenUp,
    /// No longer wanted.
    Dropped,
}

/// A plugin's call, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The effect, which is its key in every attempt.
    pub effect: EffectId,
    /// Progress that was kept.
    pub kept: BTreeMap<String, String>,
    /// The name under which its end comes later.
    pub correlation: Option<String>,
    /// Whether its plugin is asked for that end from time to time.
    pub is_polled: bool,
    /// Nobody knows how the last attempt ended.
    pub in_doubt: bool,
    /// It is not tried again unless a person says so.
    pub given_up: bool,
}

impl Call {
    pub(super) fn new(effect: EffectId) -> Self {
        Self { effect, kept: BTreeMap::new(), correlation: None, is_polled: false, in_doubt: false, given_up: false }
    }
}

/// One outcome, given by one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Which.
    pub outcome: Name,
    /// By whom.
    pub by: Actor,
}

pub(super) fn move_for(awaits: Awaits) -> Move {
    match awaits {
        Awaits::Engine | Awaits::Staff => Move::Activate,
        Awaits::Client => Move::AskClient,
        Awaits::Outside => Move::AskOutside,
    }
}

impl Place {
    pub(super) fn new(people: Vec<Person>) -> Self {
        Self { people, letters: BTreeMap::new(), given: false }
    }

    /// Whether this person fills the place.
    pub fn has(&self, person: &PersonId) -> bool {
        self.people.iter().any(|one| one.id == *person)
    }

    /// Whether every letter came back, and there was one.
    pub(super) fn is_answered_for(&self) -> bool {
        !self.letters.is_empty() && self.letters.values().all(|mail| mail.state != MailState::Open)
    }

    pub(super) fn was_reached(&self) -> bool {
        self.letters.values().any(|mail| mail.state == MailState::Sent)
    }

    pub(super) fn all_refused(&self) -> bool {
        let mut went = self.letters.values().filter(|mail| mail.state != MailState::Dropped).peekable();
        went.peek().is_some() && went.all(|mail| mail.state == MailState::Refused)
    }
}

impl Run {
    pub(super) fn new(round: u32) -> Self {
        Self {
            state: TaskState::Waiting,
            round,
            reopens: 0,
            items: None,
            item: None,
            places: BTreeMap::new(),
            asked: BTreeMap::new(),
            reason: None,
            blocked: None,
            ready_at: None,
            active_at: None,
            blocked_at: None,
            ended_at: None,
            overdue: false,
            outcome: None,
            outputs: Values::new(),
            by: None,
            failure: None,
            answers: BTreeMap::new(),
            votes: Vec::new(),
            signed: BTreeMap::new(),
            declined: BTreeMap::new(),
            document: None,
            noticed: false,
            by_hand: false,
            child_asked: false,
            child_terms: Terms::default(),
            child: None,
            child_outputs: Values::new(),
            child_completed: None,
            call: None,
            tries: None,
            forced: None,
            missing: Vec::new(),
            amended: Vec::new(),
            before: None,
            cut_off: None,
        }
    }

    /// The next round of it. What people gave is kept, to be offered again.
    pub(super) fn next_round(&self, instances: impl Iterator<Item = (String, Before)>) -> Self {
        let mut before = self.given();
        before.items.extend(instances.filter(|(_, before)| !before.is_empty()));
        let before = (!before.is_empty()).then(|| Box::new(before));
        Self { reopens: self.reopens, before, ..Self::new(self.round + 1) }
    }

    /// What people gave in this round and in those before it.
    pub(super) fn given(&self) -> Before {
        let mut given = self.before.as_deref().cloned().unwrap_or_default();
        given.answers.extend(self.answers.clone());
        if self.by.as_ref().is_some_and(|by| *by != Actor::Engine) {
            given.outputs.extend(self.outputs.clone());
        }
        given
    }

    /// Staff closed it by their own decision.
    pub(super) fn force(&mut self, how: ByForce, forced: &Forced, at: Timestamp) {
        self.outcome = Some(forced.outcome.clone());
        self.outputs.clone_from(&forced.outputs);
        let answers = forced.answers.iter().cloned();
        self.answers.extend(answers.map(|(item, answer)| (item, (answer, forced.by.clone()))));
        self.missing.clone_from(&forced.missing);
        self.forced = Some(how);
        self.failure = None;
        self.end(at, Some(forced.by.clone()));
    }

    /// One answer or output is another from here on.
    pub(super) fn amend(&mut self, amended: &Amended) {
        match &amended.after {
            after if !amended.is_output => {
                self.answers.insert(amended.item.clone(), (after.clone(), amended.by.clone()));
            }
            Answered::Value(value) => _ = self.outputs.insert(amended.item.clone(), value.clone()),
            Answered::Nothing => _ = self.outputs.remove(&amended.item),
        }
        self.missing.retain(|name| *name != amended.item);
        self.amended.push(amended.clone());
    }

    pub(super) fn instance(round: u32, item: Value, before: Option<Before>, at: Timestamp) -> Self {
        let before = before.map(Box::new);
        Self { state: TaskState::Ready, item: Some(item), ready_at: Some(at), before, ..Self::new(round) }
    }

    /// The next round of one instance: its list stays as it is.
    pub(super) fn next_instance(&self, at: Timestamp) -> Self {
        let Self { before, round, .. } = self.next_round(core::iter::empty());
        let item = self.item.clone().unwrap_or(Value::Nothing);
        Self { before, reopens: self.reopens, ..Self::instance(round, item, None, at) }
    }

    /// What was given for an item before its task was reopened.
    pub(super) fn before_of(&mut self, item: &str) -> Option<Before> {
        self.before.as_mut()?.items.remove(item)
    }

    /// Everybody who fills a place of this task now.
    pub fn people(&self) -> impl Iterator<Item = (&Slot, &Person)> {
        self.places.iter().flat_map(|(slot, place)| place.people.iter().map(move |person| (slot, person)))
    }

    /// The people a person's act concerns: not those who only get a copy or a notice.
    pub fn doers(&self) -> impl Iterator<Item = &Person> {
        let copies = |slot: &Slot| matches!(slot, Slot::Cc | Slot::Bcc | Slot::Notice);
        self.people().filter(move |(slot, _)| !copies(slot)).map(|(_, person)| person)
    }

    /// Whether this signer's place is signed by all who fill it.
    pub fn is_signed(&self, signer: &Name) -> bool {
        let place = self.places.get(&Slot::Signer(signer.clone())).filter(|place| !place.people.is_empty());
        place.is_some_and(|place| place.people.iter().all(|one| self.has_signed(signer, &one.id)))
    }

    /// Whether this person signed in this place.
    pub(super) fn has_signed(&self, signer: &Name, person: &PersonId) -> bool {
        let signed = self.signed.get(signer).into_iter().flatten();
        signed.into_iter().any(|(by, _)| by.person().as_ref() == Some(person))
    }

    /// Whether this signer has still to act.
    pub(super) fn is_open(&self, signer: &Name) -> bool {
        !self.is_signed(signer) && !self.declined.contains_key(signer)
    }

    pub(super) fn mail(&self, slot: &Slot, effect: EffectId) -> Option<&Mail> {
        self.places.get(slot)?.letters.get(&effect)
    }

    pub(super) fn mail_mut(&mut self, slot: &Slot, effect: EffectId) -> Option<&mut Mail> {
        self.places.get_mut(slot)?.letters.get_mut(&effect)
    }

    /// Whether this place belongs to a job that was asked for, and not to a person.
    pub(super) fn is_child(&self, slot: &Slot) -> bool {
        self.child_asked && *slot == Slot::Recipient
    }

    /// Whether this effect is the call of its plugin.
    pub fn is_call(&self, effect: EffectId) -> bool {
        self.call.as_ref().is_some_and(|call| call.effect == effect)
    }

    /// Whether the call of its plugin is to go on.
    pub fn wants_call(&self, effect: EffectId) -> bool {
        self.is_call(effect) && self.state.is_under_way() && !self.by_hand
    }

    /// Whether it waits for a plugin to be called once more: after a failure, or to be asked whether it has ended.
    pub(super) fn waits_for_call(&self) -> bool {
        let is_called = |call: &Call| !call.given_up && (call.correlation.is_none() || call.is_polled);
        self.state.is_under_way() && !self.by_hand && self.call.as_ref().is_some_and(is_called)
    }

    /// Whether an effect is still wanted in this round.
    pub(super) fn wants(&self, slot: &Slot, effect: EffectId) -> bool {
        match self.mail(slot, effect) {
            Some(mail) => mail.state == MailState::Open,
            None => self.is_child(slot) || self.is_call(effect),
        }
    }

    /// Whether it ends by itself when nobody acts. A task with instances follows them, and whoever took one over by
    /// hand takes the time it needs.
    pub(super) fn runs_out(&self) -> bool {
        self.state.is_under_way() && self.items.is_none() && !self.by_hand
    }

    /// The tries of an effect so far, and when the first was.
    pub(super) fn tries_of(&self, slot: &Slot, effect: EffectId) -> Option<(u32, Timestamp)> {
        match self.mail(slot, effect) {
            Some(mail) => mail.tries,
            None => self.tries,
        }
    }

    pub(super) fn delayed(&mut self, slot: &Slot, effect: EffectId, tries: u32, at: Timestamp) {
        let first_at = self.tries_of(slot, effect).map_or(at, |(_, first_at)| first_at);
        match self.mail_mut(slot, effect) {
            Some(mail) => mail.tries = Some((tries, first_at)),
            None => self.tries = Some((tries, first_at)),
        }
    }

    pub(super) fn written(&mut self, slot: &Slot, effect: EffectId, letter: &Letter) {
        let mail = Mail { to: letter.to.clone(), state: MailState::Open, tries: None, in_doubt: false };
        let place = self.places.entry(slot.clone()).or_insert_with(|| Place::new(Vec::new()));
        if *slot == Slot::Notice {
            place.people.push(letter.to.clone());
            self.noticed = true;
        }
        place.letters.insert(effect, mail);
    }

    /// Nobody fills the place: who was found for it is forgotten, with those who would only get a copy and have not
    /// got it. People who lack a field keep their places, so that the letter can be tried again.
    pub(super) fn block(&mut self, reason: Reason, slot: &Slot) {
        let found_again = !matches!(reason, Reason::MissingField(_));
        self.reason = Some(reason);
        self.blocked = Some(slot.clone());
        if found_again {
            let keeps = |filled: &Place| *slot != Slot::Recipient || !filled.letters.is_empty();
            self.places.retain(|place, filled| place != slot && keeps(filled));
        }
    }

    /// Places that no letter was written for are asked again: somebody else may be the right one by now.
    pub(super) fn mend(&mut self, at: Timestamp) {
        self.reason = None;
        self.blocked = None;
        self.blocked_at = None;
        self.ready_at = Some(at);
        self.places.retain(|_, place| !place.letters.is_empty());
    }

    /// It was given to people while nobody could be found: they keep the place, and others are asked again.
    pub(super) fn given_to(&mut self, at: Timestamp) {
        let given = self.blocked.clone().and_then(|slot| self.places.remove_entry(&slot));
        self.mend(at);
        self.places.extend(given);
    }

    /// Another version of the definition: whom no letter went to is found anew, and what nobody saw is fixed anew.
    pub(super) fn renew(&mut self, at: Timestamp) {
        self.state = TaskState::Ready;
        self.asked.clear();
        self.mend(at);
        if self.places.is_empty() {
            self.document = None;
        }
    }

    /// Ends with the version that had it, unless it has ended already.
    pub(super) fn cancel(&mut self, at: Timestamp) {
        if let Some(cancelled) = next(self.state, Move::Cancel) {
            self.state = cancelled;
            self.end(at, None);
        }
    }

    /// Ends with its job, unless it has ended already; where it stood is kept, in case that is taken back.
    pub(super) fn cut_off(&mut self, at: Timestamp) {
        if next(self.state, Move::Cancel).is_some() {
            let (state, ended_at) = (self.state, self.ended_at);
            let (by, reason, blocked) = (self.by.take(), self.reason.take(), self.blocked.take());
            self.cut_off = Some(Box::new(CutOff { state, ended_at, by, reason, blocked }));
            self.cancel(at);
        }
    }

    /// Stands where it stood when its job was cancelled.
    pub(super) fn uncancel(&mut self) {
        let Some(cut_off) = self.cut_off.take() else { return };
        let CutOff { state, ended_at, by, reason, blocked } = *cut_off;
        (self.state, self.ended_at, self.by, self.reason, self.blocked) = (state, ended_at, by, reason, blocked);
    }

    /// How it failed is kept until it is done, for those who are told.
    pub(super) fn take_over(&mut self, at: Timestamp) {
        self.by_hand = true;
        self.reason = None;
        self.blocked = None;
        self.blocked_at = None;
        self.ended_at = None;
        self.active_at = Some(at);
        self.places.retain(|slot, _| matches!(slot, Slot::Notice));
    }

    /// A person tries again: letters that were sent stay sent, those given up are tried under the same id. Places that
    /// no letter was written for are asked again, except whose desk it lies on.
    /// Begins another try; gives the effect that is not waited for any more.
    pub(super) fn retry(&mut self, at: Timestamp) -> Option<EffectId> {
        // An end that came from nobody in time is not waited for again: what is tried is another call.
        let unheard = self.call.take_if(|call| call.correlation.is_some() && !call.is_polled);
        self.places
            .retain(|slot, place| !place.letters.is_empty() || (*slot == Slot::Assign && !place.people.is_empty()));
        if self.child_completed == Some(false) {
            (self.child_asked, self.child, self.child_completed) = (false, None, None);
        }
        self.blocked_at = None;
        if let Some(call) = &mut self.call {
            call.given_up = false;
        }
        self.failure = None;
        self.outcome = None;
        self.ended_at = None;
        self.ready_at = Some(at);
        self.tries = None;
        self.noticed = false;
        self.declined.clear();
        let places = self.places.iter_mut().filter(|(slot, _)| **slot != Slot::Notice);
        let letters = places.flat_map(|(_, place)| place.letters.values_mut());
        for mail in letters.filter(|mail| mail.state == MailState::GivenUp) {
            (mail.state, mail.tries) = (MailState::Open, None);
        }
        unheard.map(|call| call.effect)
    }

    /// Somebody to whom no letter has left is otherwise now, or no longer of the place.
    pub(super) fn changed(&mut self, slot: &Slot, before: &Person, after: Option<&Person>) {
        let Some(place) = self.places.get_mut(slot) else { return };
        match after {
            // The letter that is written anew puts whoever is told of trouble in again.
            Some(after) if *slot != Slot::Notice => {
                place.people.iter_mut().filter(|one| *one == before).for_each(|one| one.clone_from(after));
            }
            _ => place.people.retain(|one| one != before),
        }
        if *slot == Slot::Notice && after.is_none() && place.people.is_empty() {
            self.noticed = false;
        }
    }

    /// Whoever stays keeps the letter they got.
    pub(super) fn reassign(&mut self, people: Vec<Person>) {
        let slot = self.given_slot();
        let mut letters = self.places.remove(&slot).map(|place| place.letters).unwrap_or_default();
        letters.retain(|_, mail| people.iter().any(|one| one.id == mail.to.id));
        // Who has acted already and is not among them keeps a voice.
        let before = match &slot {
            Slot::Signer(name) => self.signed.get(name).map_or(0, Vec::len),
            _ => self.votes.len(),
        };
        let open = people.iter().filter(|one| !super::people::has_acted(self, &slot, &one.id)).count();
        self.asked.insert(slot.clone(), before + open);
        self.places.insert(slot, Place { people, letters, given: true });
    }

    /// The place that is given to others: the one that nobody fills, else the one where work is to be done.
    pub fn given_slot(&self) -> Slot {
        self.blocked.clone().unwrap_or_else(|| self.working_slot())
    }

    /// Notes how many were asked in a place.
    pub(super) fn filled(&mut self, slot: &Slot, people: usize) {
        let asked = self.asked.entry(slot.clone()).or_default();
        *asked = people.max(*asked);
    }

    /// The place that whoever does the work fills.
    pub fn working_slot(&self) -> Slot {
        let signer = self.places.keys().find(|slot| match slot {
            Slot::Signer(name) => self.is_open(name),
            _ => false,
        });
        match signer {
            Some(signer) => signer.clone(),
            None if self.places.contains_key(&Slot::Recipient) => Slot::Recipient,
            None => Slot::Assign,
        }
    }

    pub(super) fn sign(&mut self, signer: &Name, by: &Actor, at: Timestamp) {
        self.signed.entry(signer.clone()).or_default().push((by.clone(), at));
    }

    pub(super) fn decline(&mut self, signer: &Name, by: &Actor) {
        self.declined.insert(signer.clone(), by.clone());
    }

    pub(super) fn end(&mut self, at: Timestamp, by: Option<Actor>) {
        self.ended_at = Some(at);
        self.by = by;
        self.reason = None;
        self.blocked = None;
    }

    /// Letters that have not left.
    pub(super) fn open_letters(&self) -> BTreeSet<EffectId> {
        let letters = self.places.values().flat_map(|place| place.letters.iter());
        letters.filter(|(_, mail)| mail.state == MailState::Open).map(|(effect, _)| *effect).collect()
    }
}
