//! People: what they do with what they are asked, rightly and wrongly.
//!
//! Owns: finding what a job waits for, and whom it may take it from; values that fit; and acts that must be refused.
//! Leaves when anybody acts to `life`.

use jobwright::play::is_active;
use jobwright_core::command::Act;
use jobwright_core::event::{Actor, Answered, Slot};
use jobwright_core::id::{ContactId, Name, StaffId};
use jobwright_core::job::Run;
use jobwright_core::plan::{Parts, Request, Signer, Takes, Task, Work};
use jobwright_core::recipient::{Person, PersonId};
use jobwright_core::task::{TaskKey, TaskState};
use jobwright_core::value::{Document, Field, Money, Type, Value, Values};
use jobwright_runtime::Looked;

use super::chance::Chance;

/// Something that somebody does.
#[derive(Clone, Debug)]
pub struct Deed {
    /// To which task.
    pub task: TaskKey,
    /// What.
    pub act: Act,
    /// Who.
    pub by: PersonId,
    /// With which words.
    pub note: Option<String>,
    /// It must be refused.
    pub is_wrong: bool,
}

/// Everything that would bring a job on now, done by those who may.
pub fn helpful(looked: &Looked, file: &Document, argues: bool, chance: &mut Chance) -> Vec<Deed> {
    let plan = &looked.prepared.plan;
    let tasks = looked.job.tasks.iter().filter(|(_, run)| run.items.is_none());
    let deeds = tasks.filter_map(|(key, run)| {
        let meets = Meets { looked, task: plan.task(&key.task)?, run, file, argues };
        let (act, by) = meets.next(chance)?;
        Some(Deed { task: key.clone(), act, by, note: said(), is_wrong: false })
    });
    deeds.collect()
}

/// Tasks that stand like this are skipped by staff.
pub fn skips(looked: &Looked, stands: impl Fn(TaskState) -> bool) -> Vec<Deed> {
    let Some(by) = staff(looked) else { return vec![] };
    let tasks = looked.job.tasks.iter().filter(|(_, run)| run.items.is_none() && stands(run.state));
    let skip = |(key, _): (&TaskKey, &Run)| Deed {
        task: key.clone(),
        act: Act::Skip,
        by: by.clone(),
        note: said(),
        is_wrong: false,
    };
    tasks.map(skip).collect()
}

/// Something that nobody may do, if there is an occasion.
pub fn wrong(looked: &Looked, deed: &Deed, chance: &mut Chance) -> Option<Deed> {
    let run = looked.job.run(&deed.task)?;
    let is_asked = |id: &ContactId| run.people().any(|(_, person)| person.id == PersonId::Contact(id.clone()));
    let strangers = looked.client.contacts.iter().filter(|contact| !is_asked(&contact.id) || !contact.active);
    let strangers: Vec<&ContactId> = strangers.map(|contact| &contact.id).collect();
    let stranger = chance.pick(&strangers)?;
    Some(Deed { by: PersonId::Contact((*stranger).clone()), is_wrong: true, ..deed.clone() })
}

/// What the practice does about a task, rather than those who were asked.
pub fn interfering(looked: &Looked, chance: &mut Chance) -> Option<Deed> {
    let open = looked.job.tasks.iter().filter(|(_, run)| run.items.is_none() && !run.state.is_settled());
    let open: Vec<_> = open.collect();
    let (key, run) = *chance.pick(&open)?;
    let staff = looked.staff().iter().filter(|one| one.active).collect::<Vec<_>>();
    let (by, other) = (*chance.pick(&staff)?, *chance.pick(&staff)?);
    let to = Person { id: PersonId::Staff(other.id.clone()), name: other.name.clone(), address: other.email.clone() };
    let act = match chance.below(3) {
        0 => Act::Skip,
        _ if run.state.is_under_way() => Act::Reassign { people: vec![to] },
        _ => Act::Retry,
    };
    Some(Deed { task: key.clone(), act, by: PersonId::Staff(by.id.clone()), note: said(), is_wrong: false })
}

/// Whoever it is, as the timeline names them; `tag` tells this deed from all others.
pub fn actor(person: &PersonId, tag: u64) -> Actor {
    let entered_by = format!("deed-{tag}");
    match person {
        PersonId::Staff(id) => Actor::Staff { id: id.clone(), entered_by },
        PersonId::Contact(id) => Actor::Contact { id: id.clone(), entered_by },
    }
}

/// A task as somebody meets it.
struct Meets<'a> {
    looked: &'a Looked,
    task: &'a Task,
    run: &'a Run,
    file: &'a Document,
    /// Whether people also say no.
    argues: bool,
}

impl Meets<'_> {
    /// What brings the task on, and by whom.
    fn next(&self, chance: &mut Chance) -> Option<(Act, PersonId)> {
        match (self.run.state, &self.task.work) {
            // A task that fails again and again is let go.
            (TaskState::Failed, _) => {
                Some((if chance.one_in(2) { Act::Retry } else { Act::Skip }, staff(self.looked)?))
            }
            (TaskState::Active, _) if self.run.by_hand => Some((self.complete(), staff(self.looked)?)),
            (state, Work::Request(request)) if state.is_under_way() => self.asked(request, chance),
            _ => None,
        }
    }

    fn complete(&self) -> Act {
        let output = |(name, field): (&Name, &Field)| (name.clone(), value(field, self.file));
        Act::Complete { outputs: self.task.outputs.iter().map(output).collect::<Values>(), awaited: None }
    }

    fn first(&self, slot: &Slot) -> Option<PersonId> {
        let people = &self.run.places.get(slot)?.people;
        people.iter().map(|person| &person.id).find(|id| is_active(self.looked, id)).cloned()
    }

    fn asked(&self, request: &Request, chance: &mut Chance) -> Option<(Act, PersonId)> {
        let by_first = |act| Some((act, self.first(&self.run.working_slot()).or_else(|| staff(self.looked))?));
        match &request.parts {
            Parts::Documents { items, .. } | Parts::Form(items) => {
                let open = items.iter().filter(|item| !self.run.answers.contains_key(&item.id)).collect::<Vec<_>>();
                by_first(chance.pick(&open).map_or_else(
                    || self.complete(),
                    |item| Act::Answer {
                        item: item.id.clone(),
                        answer: Answered::Value(taken(&item.takes, self.file)),
                    },
                ))
            }
            Parts::Approval { outcomes, .. } => self.approves(outcomes, chance),
            Parts::Signature { signers, .. } => self.signs(signers, chance),
            Parts::Manual { .. } => by_first(self.complete()),
        }
    }

    /// Whoever was asked stays asked: when all who are left to act have gone, the practice lets the task go.
    fn waits_for_the_gone(&self) -> Option<(Act, PersonId)> {
        Some((Act::Skip, staff(self.looked)?))
    }

    fn approves(&self, outcomes: &[Name], chance: &mut Chance) -> Option<(Act, PersonId)> {
        let has_voted = |id: &PersonId| self.run.votes.iter().any(|vote| vote.by.person().as_ref() == Some(id));
        let people = &self.run.places.get(&self.run.working_slot())?.people;
        let may = |id: &PersonId| is_active(self.looked, id) && !has_voted(id);
        let Some(by) = people.iter().map(|person| person.id.clone()).find(may) else {
            return self.waits_for_the_gone();
        };
        let outcome = if self.argues && chance.one_in(4) { chance.pick(outcomes)? } else { outcomes.first()? };
        Some((Act::Approve { outcome: outcome.clone() }, by))
    }

    fn signs(&self, signers: &[Signer], chance: &mut Chance) -> Option<(Act, PersonId)> {
        let run = self.run;
        let place = |signer: &Name| run.places.get(&Slot::Signer(signer.clone()));
        let is_open = |signer: &&Name| !run.is_signed(signer) && !run.declined.contains_key(*signer);
        let mut open = signers.iter().map(|signer| &signer.id).filter(is_open);
        let signer = open.find(|signer| place(signer).is_some())?;
        let signed = run.signed.get(signer).map(Vec::as_slice).unwrap_or_default();
        let has_signed = |id: &PersonId| signed.iter().any(|(by, _)| by.person().as_ref() == Some(id));
        let may = |id: &PersonId| is_active(self.looked, id) && !has_signed(id);
        let people = &place(signer)?.people;
        let Some(by) = people.iter().map(|person| person.id.clone()).find(may) else {
            return self.waits_for_the_gone();
        };
        let signer = signer.clone();
        Some((if self.argues && chance.one_in(8) { Act::Decline { signer } } else { Act::Sign { signer } }, by))
    }
}

/// Somebody of the practice who is there.
fn staff(looked: &Looked) -> Option<PersonId> {
    let there = looked.staff().iter().find(|one| one.active);
    there.map(|one| PersonId::Staff(StaffId::clone(&one.id)))
}

fn said() -> Option<String> {
    Some("in the simulation".to_owned())
}

fn taken(takes: &Takes, file: &Document) -> Value {
    match takes {
        Takes::Value(field) => value(field, file),
        Takes::File { accept } => {
            let ending = accept.first().map_or("pdf", String::as_str);
            Value::Document(Document { name: format!("paper.{ending}"), ..file.clone() })
        }
    }
}

/// A value that fits.
fn value(field: &Field, file: &Document) -> Value {
    let least = field.min.map_or(1, |min| i64::try_from(min.ceil().mantissa()).unwrap_or(1));
    match &field.of {
        Type::Int => Value::Int(least.max(1)),
        Type::Decimal => Value::Decimal(least.into()),
        Type::Bool => Value::Bool(true),
        Type::Money(currency) => {
            let currency = currency.or_else(|| jobwright_core::value::Currency::new("GBP"));
            currency.map_or(Value::Nothing, |currency| Value::Money(Money { amount: least.into(), currency }))
        }
        Type::Date => Value::Date(jiff::civil::date(2026, 6, 15)),
        Type::Enum(words) => words.first().map_or(Value::Nothing, Value::text),
        Type::Document => Value::Document(Document { name: "paper.pdf".to_owned(), ..file.clone() }),
        Type::List(of) => Value::List(vec![value(&Field::of((**of).clone()), file)]),
        Type::Optional(of) => value(&Field::of((**of).clone()), file),
        Type::Text | Type::Any => Value::text("some words that are long enough"),
        _ => Value::Nothing,
    }
}
