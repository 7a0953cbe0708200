//! What an expression or a letter of a job can see.
//!
//! Owns: from a job and its client to the names of language.md 3.3, each built when it is first asked for. Nothing is
//! read from anywhere: what is seen is the one slice of the directory that the turn holds.

mod people;
mod tasks;

pub(crate) use people::{client_alone, contact_alone};

use crate::{prepared::Prepared, world::World};
use jiff::{Timestamp, civil::Date};
use jobwright_core::{
    calendar::Calendar,
    date::When,
    directory::{Client, Directory, Staff},
    event::{DateKey, Dated},
    id::StaffId,
    job::Job,
    plan::TextId,
    recipient::{Person, PersonId},
    task::TaskKey,
    value::{Document, Value},
};
use jobwright_expression::Facts;
use std::{borrow::Cow, collections::BTreeMap};

/// The slice of the world that one turn of one job sees.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The practice's surroundings.
    pub world: &'a World,
    /// The job's compiled definition.
    pub prepared: &'a Prepared,
    /// The job.
    pub job: &'a Job,
    /// Its client.
    pub client: &'a Client,
    /// All staff.
    pub staff: &'a [Staff],
    /// How many open tasks lie on whose desk, when that is known.
    pub open_tasks: Option<&'a BTreeMap<StaffId, usize>>,
    /// The calendar of the job.
    pub calendar: &'a Calendar,
    /// The moment of the turn.
    pub now: Timestamp,
}

/// What one evaluation sees beside the scene.
#[derive(Clone, Copy, Default)]
pub struct Focus<'a> {
    /// The task it belongs to.
    pub task: Option<&'a TaskKey>,
    /// The person a letter is for.
    pub recipient: Option<&'a Person>,
    /// The candidate of a selector.
    pub contact: Option<&'a PersonId>,
    /// The item of a list, under its name.
    pub item: Option<(&'a str, &'a Value)>,
    /// A label is being merged: labels inside it stay unmerged, so that none can contain itself.
    pub in_label: bool,
}

/// A scene with its focus: what the expression crate asks.
pub struct Seen<'a> {
    /// The scene.
    pub scene: Scene<'a>,
    /// The focus.
    pub focus: Focus<'a>,
}

impl<'a> Scene<'a> {
    /// The directory that selectors see.
    pub fn directory(&self) -> Directory<'a> {
        Directory { practice: &self.world.practice, client: self.client, staff: self.staff }
    }

    /// The day of the turn in the job's zone.
    pub fn today(&self) -> Date {
        self.now.to_zoned(self.world.zone_of(&self.prepared.plan)).date()
    }

    /// The job's client as a value.
    pub(crate) fn client_value(&self) -> Value {
        people::client(self)
    }

    /// The client's contacts as values.
    pub(crate) fn contact_values(&self) -> Value {
        people::contacts(self)
    }

    /// The staff as values.
    pub(crate) fn staff_values(&self) -> Value {
        people::all_staff(self)
    }

    /// What a task of the job gave.
    pub(crate) fn outputs_of(&self, task: &str) -> Option<Value> {
        tasks::all(self, false).get(task)?.get("outputs").cloned()
    }

    /// The scene with a focus.
    pub fn seen(self, focus: Focus<'a>) -> Seen<'a> {
        Seen { scene: self, focus }
    }

    /// What people call a task; its own words where they cannot be merged.
    pub fn label(&self, key: &TaskKey) -> String {
        let task = self.prepared.plan.task(&key.task);
        task.map_or_else(|| key.to_string(), |task| self.line(task.label, key))
    }

    /// A line of the definition, merged for a task.
    pub fn line(&self, text: TextId, key: &TaskKey) -> String {
        let focus = Focus { task: Some(key), in_label: true, ..Focus::default() };
        let merged = self.prepared.render(text, &self.seen(focus));
        merged.unwrap_or_else(|_| {
            self.prepared.plan.text(text).map_or_else(String::new, |text| without_fields(&text.source))
        })
    }
}

/// A line whose merge fields have no value here, as the label of a group has not: `Translate into …`.
fn without_fields(source: &str) -> String {
    let mut line = String::new();
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once("{{") {
        line.push_str(before);
        line.push('…');
        rest = behind.split_once("}}").map_or("", |(_, behind)| behind);
    }
    line.push_str(rest);
    line
}

/// The names that every definition may use.
pub const ROOTS: [&str; 11] =
    ["client", "practice", "staff", "inputs", "dates", "period", "job", "tasks", "task", "recipient", "contact"];

impl Facts for Seen<'_> {
    fn root(&self, name: &str) -> Option<Cow<'_, Value>> {
        let scene = &self.scene;
        if let Some(value) = self.item(name) {
            return Some(value);
        }
        Some(Cow::Owned(match name {
            "client" => people::client(scene),
            "practice" => Value::map([("name", Value::text(&scene.world.practice.name))]),
            "staff" => people::staff_of_client(scene),
            "inputs" => named(&scene.job.inputs),
            "dates" => dates(scene.job),
            "period" => period(scene.job),
            "job" => job(scene),
            "tasks" => tasks::all(scene, self.focus.in_label),
            "task" => tasks::own(scene, self.focus.task?, self.focus.in_label),
            "recipient" => people::person(scene, self.focus.recipient?),
            "contact" => people::candidate(scene, self.focus.contact?),
            _ => return None,
        }))
    }

    fn now(&self) -> Option<Timestamp> {
        Some(self.scene.now)
    }

    fn today(&self) -> Option<Date> {
        Some(self.scene.today())
    }

    fn is_working_day(&self, date: Date) -> Option<bool> {
        Some(self.scene.calendar.is_working_day(date))
    }

    fn job_for_service(&self, service: &str) -> Option<String> {
        let service = self.scene.world.practice.services.get(service)?;
        service.definition.as_ref().map(ToString::to_string)
    }
}

impl Seen<'_> {
    /// Whether one of the names that every definition may use means something here.
    pub fn has(&self, root: &str) -> bool {
        match root {
            "task" => self.focus.task.is_some(),
            "recipient" => self.focus.recipient.is_some(),
            "contact" => self.focus.contact.is_some(),
            root => ROOTS.contains(&root),
        }
    }

    /// The item of the task's own list, or of the list that is being keyed.
    fn item(&self, name: &str) -> Option<Cow<'_, Value>> {
        if let Some((item, value)) = self.focus.item {
            return (item == name).then_some(Cow::Borrowed(value));
        }
        let key = self.focus.task?;
        let task = self.scene.prepared.plan.task(&key.task)?;
        let is_its_item = task.for_each.as_ref().is_some_and(|list| list.item.as_str() == name);
        let run = is_its_item.then(|| self.scene.job.run(key)).flatten()?;
        run.item.as_ref().map(Cow::Borrowed)
    }
}

/// Deepest lists and maps that documents are looked for in.
const DOCUMENTS_DEPTH_MAX: usize = 8;

/// Every document in a value.
pub(crate) fn documents_in(value: &Value) -> Vec<&Document> {
    let mut found = Vec::new();
    look_for_documents(value, DOCUMENTS_DEPTH_MAX, &mut found);
    found
}

fn look_for_documents<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a Document>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    match value {
        Value::Document(document) => found.push(document),
        Value::List(values) => values.iter().for_each(|one| look_for_documents(one, deeper, found)),
        Value::Map(map) => map.values().for_each(|one| look_for_documents(one, deeper, found)),
        _ => {}
    }
}

fn named(values: &jobwright_core::value::Values) -> Value {
    Value::map(values.iter().map(|(name, value)| (name.as_str(), value.clone())))
}

/// A date as a value: the day it is shown as, or the instant.
pub(crate) fn dated(date: Option<&Dated>) -> Value {
    match date {
        Some(Dated::On { when: When::Day(day), .. }) => Value::Date(*day),
        Some(Dated::On { when: When::Moment(at), .. }) => Value::Moment(*at),
        Some(Dated::Unknown(_) | Dated::Absent) | None => Value::Nothing,
    }
}

fn dates(job: &Job) -> Value {
    Value::map(job.dates.iter().filter_map(|(key, date)| match key {
        DateKey::Key(name) => Some((name.as_str(), dated(Some(date)))),
        _ => None,
    }))
}

fn period(job: &Job) -> Value {
    match &job.period {
        None => Value::Nothing,
        Some(period) => Value::map([
            ("key", Value::text(&period.key)),
            ("label", Value::text(&period.label)),
            ("start", Value::Date(period.start)),
            ("end", Value::Date(period.end)),
        ]),
    }
}

fn job(scene: &Scene<'_>) -> Value {
    Value::map([
        ("id", Value::text(scene.job.id.to_string())),
        ("definition", Value::text(scene.job.definition.as_str())),
        ("name", Value::text(&scene.prepared.plan.name)),
        ("opened", Value::Moment(scene.job.opened_at)),
        ("state", Value::text(scene.job.state.word())),
    ])
}
