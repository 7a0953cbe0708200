//! Questions into answers.
//!
//! Owns: the one place where selectors, conditions, dates, letters and scripts are asked, from one slice of the
//! directory, inside the turn. Pure: the same scene gives the same answer. Leaves journaling it to the turn.

mod checks;
mod dates;
mod letters;
mod people;
mod signers;
mod start;
mod unsent;

pub use dates::{DateTrace, trace};
pub use letters::STANDARD_NOTICE;
pub(crate) use people::{ask, may_be_given};
pub use people::{find, without};
pub use start::{Inputs, input_values};
pub(crate) use unsent::{is_otherwise, look_again};

use crate::engine::settable;
use crate::facts::{Focus, ROOTS, Scene, Seen};
use jobwright_core::{
    command::{Answer, Wanted},
    date::When,
    effect::Failure,
    event::Revision,
    id::Hash,
    plan::{Computed, ITEMS_MAX, Parts, Request, ScriptId, Task, Work},
    question::Question,
    retry::FailureKind,
    task::TaskKey,
    value::{Value, Values},
};
use jobwright_expression::Facts;
use jobwright_plugin::{Answers, Asked, Known, NO_SUCH_PLUGIN};
use std::borrow::Cow;

/// What questions are answered with, beside the scene.
pub struct Answering<'a> {
    /// The scene.
    pub scene: Scene<'a>,
    /// The versions of the directory in it.
    pub revision: Revision,
    /// The task type that computes.
    pub scripts: &'a dyn Answers,
}

/// Longest identity of an item, in bytes.
const ITEM_KEY_BYTES_MAX: usize = 64;

impl Answering<'_> {
    /// Answers a question of the job in the scene.
    pub fn answer(&self, question: Question) -> Answer {
        match question {
            Question::Dates => Answer::Dates(dates::all(&self.scene)),
            Question::Condition(task) => {
                let holds = self.condition(&task);
                Answer::Condition(task, holds)
            }
            Question::Items(task) => {
                let items = self.items(&task);
                Answer::Items(task, items)
            }
            Question::People(task, slots) => {
                let found = people::find(&self.scene, &task, &slots);
                Answer::People(task, found, self.revision)
            }
            Question::Standing(task) => {
                let lost = people::lost(&self.scene, &task);
                Answer::Standing(task, lost)
            }
            Question::Letters(task, slots) => {
                let letters = letters::write(&self.scene, &task, &slots);
                Answer::Letters(task, letters)
            }
            Question::Script(task) => {
                let outputs = self.script(&task);
                Answer::Script(task, outputs)
            }
            Question::Changes(task) => {
                let changes = self.changes(&task);
                Answer::Changes(task, changes)
            }
            Question::Document(task) => {
                let document = self.document(&task);
                Answer::Document(task, document)
            }
            Question::Child(task) => {
                let child = self.child(&task);
                Answer::Child(task, child)
            }
            Question::Plugin(task) => {
                let plugin = self.plugin(&task);
                Answer::Plugin(task, plugin)
            }
            Question::Notice(task) => {
                let letters = letters::notice(&self.scene, &task);
                Answer::Notice(task, letters)
            }
        }
    }

    fn task(&self, key: &TaskKey) -> Result<&Task, String> {
        let plan = &self.scene.prepared.plan;
        plan.task(&key.task).ok_or_else(|| format!("the definition has no task `{key}`"))
    }

    fn condition(&self, key: &TaskKey) -> Result<bool, String> {
        let Some(when) = self.task(key)?.when else { return Ok(true) };
        let focus = Focus { task: Some(key), ..Focus::default() };
        self.scene.prepared.holds(when, &self.scene.seen(focus))
    }

    fn items(&self, key: &TaskKey) -> Result<Vec<(String, Value)>, String> {
        let Some(list) = &self.task(key)?.for_each else { return Ok(vec![]) };
        let focus = Focus { task: Some(key), ..Focus::default() };
        let values = match self.scene.prepared.evaluate(list.list, &self.scene.seen(focus))? {
            Value::List(values) => values,
            other => return Err(format!("the list of `{key}` gives {}, not a list", other.kind())),
        };
        if values.len() > ITEMS_MAX {
            return Err(format!("the list of `{key}` has {} items; {ITEMS_MAX} are the most", values.len()));
        }
        let mut items: Vec<(String, Value)> = Vec::with_capacity(values.len());
        for value in values {
            let focus = Focus { item: Some((list.item.as_str(), &value)), ..focus };
            let identity = identity(self.scene.prepared.evaluate(list.key, &self.scene.seen(focus))?)?;
            if items.iter().any(|(other, _)| *other == identity) {
                return Err(format!("two items of `{key}` have the key `{identity}`"));
            }
            items.push((identity, value));
        }
        Ok(items)
    }

    fn script(&self, key: &TaskKey) -> Result<Values, Failure> {
        let task = self.task(key).map_err(|why| Failure::permanent("no-such-task", why))?;
        let Work::Script(id) = &task.work else { return Ok(Values::new()) };
        let outputs = self.run_script(key, *id)?;
        let Value::Map(map) = outputs else {
            let words = format!("the script gives {}, not a map of outputs", outputs.kind());
            return Err(Failure::permanent("bad-output", words));
        };
        let named = map.into_iter().map(|(name, value)| {
            let bad = |_| Failure::permanent("bad-output", format!("`{name}` cannot be the name of an output"));
            Ok((name.parse().map_err(bad)?, value))
        });
        named.collect()
    }

    fn run_script(&self, key: &TaskKey, id: ScriptId) -> Result<Value, Failure> {
        let Some(script) = self.scene.prepared.plan.script(id) else {
            return Err(Failure::permanent("no-such-script", "the definition has no such script"));
        };
        let focus = Focus { task: Some(key), ..Focus::default() };
        let facts = Readable { seen: self.scene.seen(focus), reads: &script.reads };
        self.scripts.answer(&Asked {
            script,
            facts: &facts,
            now: self.scene.now,
            today: self.scene.today(),
            is_working_day: &|day| self.scene.calendar.is_working_day(day),
            job_for_service: &|service| self.scene.seen(focus).job_for_service(service),
        })
    }

    fn changes(&self, key: &TaskKey) -> Result<Vec<(String, Value)>, Failure> {
        let task = self.task(key).map_err(|why| Failure::permanent("no-such-task", why))?;
        let Work::UpdateClient(set) = &task.work else { return Ok(vec![]) };
        let mut changes = Vec::new();
        for (path, computed) in set {
            let value = self.computed(key, computed)?;
            let erases = match computed {
                Computed::Literal(_) => true,
                Computed::Expression(id) => self.scene.prepared.plan.expression(*id).trim() == NOTHING,
            };
            // A field of a form that was left empty says nothing about what is known already.
            if value == Value::Nothing && !erases {
                continue;
            }
            if let Some(fault) = unfit(&value) {
                return Err(Failure::permanent("bad-value", format!("`{path}` cannot be set: {value} {fault}")));
            }
            changes.push((path.clone(), value));
        }
        settable(self.scene.world, self.scene.client, changes)
    }

    fn document(&self, key: &TaskKey) -> Result<Value, Failure> {
        let task = self.task(key).map_err(|why| Failure::permanent("no-such-task", why))?;
        match &task.work {
            Work::Request(Request { parts: Parts::Signature { document: Some(document), .. }, .. }) => {
                match self.computed(key, document)? {
                    Value::Nothing => Err(Failure::permanent("no-document", "there is no document to be signed")),
                    document => Ok(document),
                }
            }
            _ => Ok(Value::Nothing),
        }
    }

    fn child(&self, key: &TaskKey) -> Result<Wanted, Failure> {
        let task = self.task(key).map_err(|why| Failure::permanent("no-such-task", why))?;
        let Work::StartJob(start) = &task.work else {
            return Err(Failure::permanent("no-such-task", "the task starts no job"));
        };
        let name = match self.computed(key, &start.job)? {
            Value::Text(name) => name,
            other => {
                let words = format!("the job to start is {}, not the id of a definition", other.kind());
                return Err(Failure::permanent("no-such-job", words));
            }
        };
        let definition = name
            .parse()
            .map_err(|_| Failure::permanent("no-such-job", format!("`{name}` is not the id of a definition")))?;
        let inputs = start.with.iter().map(|(name, value)| Ok((name.clone(), self.computed(key, value)?)));
        let period = start.period.as_ref().map(|period| self.computed(key, period)).transpose()?;
        let period = period.map_or(Ok(None), period_of)?;
        let mut dates = Vec::with_capacity(start.dates.len());
        for (name, value) in &start.dates {
            match self.computed(key, value)? {
                // The other definition works it out for itself.
                Value::Nothing => {}
                Value::Date(day) => dates.push((name.clone(), When::Day(day))),
                Value::Moment(at) => dates.push((name.clone(), When::Moment(at))),
                other => {
                    let words = format!("the key date `{name}` is {}, not a date", other.kind());
                    return Err(Failure::permanent("no-such-date", words));
                }
            }
        }
        Ok(Wanted { definition, period, inputs: inputs.collect::<Result<_, Failure>>()?, dates })
    }

    /// The component that is installed now, and the settings that hold for all attempts.
    fn plugin(&self, key: &TaskKey) -> Result<(Hash, Value), Failure> {
        let task = self.task(key).map_err(|why| Failure::permanent("no-such-task", why))?;
        let Work::Plugin(plugin) = &task.work else {
            return Err(Failure::permanent("no-such-task", "the task calls no plugin"));
        };
        let with = plugin.with.iter().map(|(name, value)| Ok((name.clone(), self.computed(key, value)?)));
        let settings = with.collect::<Result<_, Failure>>()?;
        let missing = || Failure {
            kind: FailureKind::NeedsPerson,
            code: NO_SUCH_PLUGIN.into(),
            message: format!("no plugin that is installed and granted what it asks for offers `{}`", plugin.name),
        };
        let offer = self.scene.world.plugins.offer(&plugin.name).ok_or_else(missing)?;
        Ok((offer.digest, Value::Map(settings)))
    }

    fn computed(&self, key: &TaskKey, computed: &Computed) -> Result<Value, Failure> {
        match computed {
            Computed::Literal(value) => Ok(value.clone()),
            Computed::Expression(id) => {
                let focus = Focus { task: Some(key), ..Focus::default() };
                let evaluated = self.scene.prepared.evaluate(*id, &self.scene.seen(focus));
                evaluated.map_err(|why| Failure::permanent("expression-failed", why))
            }
        }
    }
}

/// The period of another job: its key, a day in it, or the period of this job itself.
fn period_of(value: Value) -> Result<Option<String>, Failure> {
    let key = value.get("key").and_then(Value::as_text).map(ToString::to_string);
    match (value, key) {
        (Value::Nothing, _) => Ok(None),
        (Value::Text(key), _) | (Value::Map(_), Some(key)) => Ok(Some(key)),
        (Value::Date(day), _) => Ok(Some(day.to_string())),
        (other, _) => {
            let words = format!("the period of the job to start is {}, not the key of a period or a day", other.kind());
            Err(Failure::permanent("no-such-period", words))
        }
    }
}

/// What a script may read: everything, or only what it declares.
struct Readable<'a> {
    seen: Seen<'a>,
    reads: &'a [String],
}

impl Readable<'_> {
    /// The rest of each path that it declares below a name.
    fn paths<'b>(&'b self, root: &'b str) -> impl Iterator<Item = Vec<&'b str>> {
        let paths = self.reads.iter().map(|path| path.split('.'));
        paths.filter_map(move |mut names| (names.next() == Some(root)).then(|| names.collect()))
    }
}

impl Known for Readable<'_> {
    fn names(&self) -> Vec<&str> {
        let is_read = |name: &&str| self.reads.is_empty() || self.paths(name).next().is_some();
        ROOTS.into_iter().filter(|name| self.seen.has(name)).filter(is_read).collect()
    }

    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        if self.reads.is_empty() {
            return self.seen.root(name);
        }
        let mut paths = self.paths(name).peekable();
        paths.peek()?;
        let whole = self.seen.root(name)?;
        let mut kept = Value::map::<String>([]);
        paths.for_each(|path| graft(&mut kept, &whole, &path));
        Some(Cow::Owned(kept))
    }
}

/// Copies one path of a value into another value.
fn graft(into: &mut Value, from: &Value, path: &[&str]) {
    let Some((name, rest)) = path.split_first() else {
        *into = from.clone();
        return;
    };
    if let (Value::Map(into), Some(part)) = (into, from.get(name)) {
        graft(into.entry((*name).to_string()).or_insert_with(|| Value::map::<String>([])), part, rest);
    }
}

fn identity(value: Value) -> Result<String, String> {
    let text = match value {
        Value::Text(text) => text,
        Value::Int(number) => number.to_string(),
        other => return Err(format!("an item's key is {}, where text is asked", other.kind())),
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > ITEM_KEY_BYTES_MAX || !text.chars().all(plain) {
        return Err(format!("`{text}` cannot be an item's key: use letters, digits, `.`, `_`, `-`"));
    }
    Ok(text)
}

/// What an expression says that takes a field of the client away.
const NOTHING: &str = "()";

/// Why a value cannot be kept of a client, whatever its field is.
fn unfit(value: &Value) -> Option<String> {
    match value {
        Value::List(values) if values.contains(&Value::Nothing) => Some("holds an empty value".into()),
        value => value.money_fault(),
    }
}
