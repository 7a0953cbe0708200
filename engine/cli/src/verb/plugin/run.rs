//! `plugin run`: one call of a component, outside of any job.
//!
//! Owns: the facts that its author gives it instead of a practice's, and showing what it said, gave and took. Nothing
//! leaves unless `--send` says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use jiff::Timestamp;
use jobwright_core::{
    id::{ClientId, EffectId, JobId},
    task::TaskKey,
    value::{Type, Value},
};
use jobwright_plugin::{
    Call, Called, Desk, Ended, Inquiry, Plugins, Purpose, Rehearsed, Unsent, Wanted,
    json::{self, Exact},
};
use serde_json::{Value as Json, json};

use super::alone::Alone;
use super::rehearsal::Rehearsal;
use super::{Component, Context};
use crate::desk::runtime;
use crate::exit::Exit;
use crate::output::one_line;
use crate::report::{Report, Result};

/// Call a component by itself, outside of any job
#[derive(Debug, Args)]
pub struct Run {
    /// The component, or the name of a plugin of the practice
    file: PathBuf,

    /// What is called, by its dotted name; not needed when it offers one thing
    name: Option<String>,

    /// A JSON file with the settings, or with the value that is checked
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// A JSON file with what it may read: `client`, `contacts`, `staff`, `outputs` by task; and `http`, what the net answers
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,

    /// Let its requests out: without it they are answered by "not sent"
    #[arg(long)]
    send: bool,
}

impl Run {
    pub fn run(self, ctx: &mut Context) -> Result {
        let component = Component::find(&self.file, ctx)?;
        let settings =
            self.settings.as_deref().map(read_exact).transpose()?.unwrap_or_else(|| Exact::Map(BTreeMap::new()));
        let facts = self.facts.as_deref().map(read).transpose()?.unwrap_or_else(|| json!({}));
        let name = self.name(&component)?;
        let alone = Alone::with(&component, BTreeMap::new(), &ctx.global)?;
        let desk = Arc::new(Given::new(facts).map_err(|why| Report::usage("the facts cannot be read").because(why))?);
        let (job, task) = (JobId([0; 16]), TaskKey { task: "task".parse().map_err(fault)?, item: None });
        let client: ClientId = "client".parse().map_err(fault)?;
        let settings = json::read_exact(&settings, &Type::Any).map_err(|misfit| Report::usage(misfit.to_string()))?;
        let manifest = &component.manifest;
        let inquiry =
            Inquiry { name: name.clone(), job, task: task.clone(), client: client.clone(), now: Timestamp::now() };
        if manifest.selectors.iter().any(|one| one.name == name) {
            return match alone.shelf.select(&inquiry, &settings, &*desk) {
                Ok(choices) => {
                    let shown = choices.iter().map(|one| json!({ "id": one.id, "because": one.because })).collect();
                    say(ctx, Exit::Done, &Json::Array(shown))
                }
                Err(failure) => Err(Report::new(Exit::No, format!("{name} failed")).because(failure.to_string())),
            };
        }
        if manifest.checks.iter().any(|one| one.name == name) {
            return match alone.shelf.check(&inquiry, &settings) {
                Ok(examined) if examined.findings.is_empty() => say(ctx, Exit::Done, &json!([])),
                Ok(examined) => say(ctx, Exit::No, &json!(examined.findings)),
                Err(failure) => Err(Report::new(Exit::No, format!("{name} failed")).because(failure.to_string())),
            };
        }
        let call = Call {
            digest: component.digest,
            name,
            purpose: Purpose::Run,
            key: EffectId { job, event: 1, index: 0 },
            attempt: 1,
            task,
            client,
            now: Timestamp::now(),
            settings,
            dry_run: !self.send,
        };
        let called = runtime()?.block_on(alone.shelf.clone().call(call, desk));
        say_called(ctx, &called)
    }

    /// What is called: as said, or the one thing there is.
    fn name(&self, component: &Component) -> Result<String> {
        let names: Vec<&str> = component.manifest.names().collect();
        match (&self.name, names.as_slice()) {
            (Some(name), _) if names.contains(&name.as_str()) => Ok(name.clone()),
            (None, [one]) => Ok((*one).to_owned()),
            (named, _) => {
                let what = named
                    .as_ref()
                    .map_or_else(|| "it offers several".to_owned(), |name| format!("it offers no `{name}`"));
                Err(Report::usage(what).next(format!("name one of: {}", names.join(", "))))
            }
        }
    }
}

fn fault(error: jobwright_core::id::BadId) -> Report {
    Report::new(Exit::Fault, "a name of ours is none").caused_by(&error)
}

fn read(path: &Path) -> Result<Json> {
    serde_json::from_str(&text_of(path)?).map_err(|error| not_json(path, error.to_string()))
}

fn read_exact(path: &Path) -> Result<Exact> {
    Exact::parse(&text_of(path)?).map_err(|why| not_json(path, why))
}

fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Report::file("read", path, &error))
}

fn not_json(path: &Path, why: String) -> Report {
    Report::usage(format!("{} is not JSON", path.display())).because(why)
}

fn say(ctx: &mut Context, exit: Exit, what: &Json) -> Result {
    if ctx.global.json {
        ctx.out.json(what)?;
    } else {
        ctx.out.line(serde_json::to_string_pretty(what).unwrap_or_default())?;
    }
    Ok(exit)
}

fn say_called(ctx: &mut Context, called: &Called) -> Result {
    let (exit, ended) = shown(&called.ended);
    let spent = called.spent;
    if ctx.global.json {
        let lines: Vec<Json> = called
            .lines
            .iter()
            .map(|line| json!({ "level": line.level.word(), "message": line.message, "fields": line.fields }))
            .collect();
        ctx.out.json(&json!({
            "ended": ended,
            "lines": lines,
            "wall_us": spent.wall_us,
            "cpu_ms": spent.cpu_ms,
            "memory_bytes": spent.memory_bytes,
        }))?;
        return Ok(exit);
    }
    for line in &called.lines {
        let fields = if line.fields.is_empty() { String::new() } else { format!(" {}", line.fields) };
        ctx.out.line(one_line(&format!("{:>5}  {}{fields}", line.level.word(), line.message)))?;
    }
    ctx.out.line(serde_json::to_string_pretty(&ended).unwrap_or_default())?;
    let (millis, kib) = (spent.wall_us as f64 / 1000.0, spent.memory_bytes / 1024);
    ctx.beside(&format!("took {millis:.2} ms, {} ms of them computing, {kib} KiB of memory\n", spent.cpu_ms));
    Ok(exit)
}

fn shown(ended: &Ended) -> (Exit, Json) {
    let wants = |wanted: &[Wanted]| -> Json {
        let sets = wanted.iter().flat_map(|one| match one {
            Wanted::SetClient(fields) => fields,
        });
        Json::Object(sets.map(|(path, value)| (path.clone(), json::write(value))).collect())
    };
    match ended {
        Ended::Done { outputs, wanted, note } => {
            (Exit::Done, json!({ "done": json::write(outputs), "sets_client": wants(wanted), "note": note }))
        }
        Ended::Later { correlation, wanted, note, .. } => {
            (Exit::Done, json!({ "later": correlation, "sets_client": wants(wanted), "note": note }))
        }
        Ended::DidNotHappen => (Exit::Done, json!({ "did_not_happen": true })),
        Ended::Unknown(why) => (Exit::No, json!({ "unknown": why })),
        Ended::Cancelled => (Exit::Done, json!({ "cancelled": true })),
        Ended::Failed { failure, .. } => (
            Exit::No,
            json!({ "failed": { "kind": failure.kind.word(), "code": failure.code, "message": failure.message } }),
        ),
    }
}

/// Facts that an author gives instead of a practice's.
#[derive(Default)]
pub struct Given {
    facts: Json,
    /// What the net answers as long as nothing leaves.
    pub net: Rehearsal,
    kept: Mutex<BTreeMap<String, String>>,
}

impl Given {
    /// These facts, and no progress yet.
    ///
    /// # Errors
    /// In words, when what the net answers cannot be read.
    pub fn new(facts: Json) -> std::result::Result<Self, String> {
        Ok(Self { net: Rehearsal::of(&facts)?, facts, kept: Mutex::default() })
    }

    fn fact(&self, name: &str) -> Value {
        let fact = self.facts.get(name).unwrap_or(&Json::Null);
        json::read(fact, &Type::Any).unwrap_or(Value::Nothing)
    }
}

impl Desk for Given {
    fn checkpoint(&self, name: &str, value: &str) -> std::result::Result<(), String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.insert(name.to_owned(), value.to_owned()) {
            Some(before) if before != value => Err(format!("progress `{name}` was kept with another value already")),
            _ => Ok(()),
        }
    }

    fn checkpointed(&self, name: &str) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn client(&self) -> Value {
        self.fact("client")
    }

    fn contacts(&self) -> Value {
        self.fact("contacts")
    }

    fn staff(&self) -> Value {
        self.fact("staff")
    }

    fn outputs(&self, task: &str) -> Option<Value> {
        let outputs = self.fact("outputs");
        outputs.get(task).cloned()
    }

    fn document(&self, _: &str, _: u64, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn rehearsed(&self, request: &Unsent) -> Option<Rehearsed> {
        self.net.answer(request)
    }
}
