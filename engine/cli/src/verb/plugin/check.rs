//! `plugin check`: a plugin against its author's examples, and against what every plugin must withstand.
//!
//! Owns: reading examples, and comparing what comes with what they expect. Leaves what every plugin must withstand to the
//! host. Nothing leaves: what the net answers stands in the example.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use jobwright_component::{Asked, Sandbox, Trial, conformance};
use jobwright_core::{
    effect::Failure,
    id::{ClientId, EffectId, JobId},
    retry::FailureKind,
    task::TaskKey,
    value::{Type, Value},
};
use jobwright_plugin::{Call, Called, Ended, Inquiry, Plugins, Purpose, json};
use serde_json::{Value as Json, json};

use super::alone::Alone;
use super::run::Given;
use super::{Component, Context, build};
use crate::desk::runtime;
use crate::exit::Exit;
use crate::report::{Report, Result};

/// Where an author's examples lie.
const EXAMPLES: &str = "examples";

/// Run a plugin's examples, and see that it withstands what every plugin must
#[derive(Debug, Args)]
pub struct Check {
    /// The project's folder, or a component
    #[arg(default_value = ".")]
    what: PathBuf,
}

/// What came of one question.
enum Went {
    Well,
    Wrong(String),
}

impl Check {
    pub fn run(self, ctx: &mut Context) -> Result {
        let (file, examples) = self.found()?;
        let component = Component::read(&file)?;
        let alone = Alone::with(&component, BTreeMap::new(), &ctx.global)?;
        let runtime = runtime()?;
        let mut told: Vec<(String, Went)> = Vec::new();
        let stage = Stage { component: &component, alone: &alone, runtime: &runtime };
        for path in &examples {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let went = match read(path) {
                Ok(example) => stage.example(&example),
                Err(report) => Went::Wrong(report.sentence()),
            };
            told.push((format!("{EXAMPLES}/{name}"), went));
        }
        let examples: Vec<Json> = examples.iter().filter_map(|path| read(path).ok()).collect();
        told.extend(stage.conformance(&examples));
        say(ctx, &told)
    }

    /// The component and the examples.
    fn found(&self) -> Result<(PathBuf, Vec<PathBuf>)> {
        if !self.what.is_dir() {
            return Ok((self.what.clone(), vec![]));
        }
        let (manifest, _) = build::authored(&self.what)?;
        let file = self.what.join(format!("{}.wasm", manifest.name));
        if !file.exists() {
            return Err(Report::new(Exit::NotFound, format!("{} is not built yet", manifest.name))
                .next("`jobwright plugin build` builds it"));
        }
        let entries = std::fs::read_dir(self.what.join(EXAMPLES)).into_iter().flatten().flatten();
        let mut examples: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        examples.sort();
        Ok((file, examples))
    }
}

struct Stage<'a> {
    component: &'a Component,
    alone: &'a Alone,
    runtime: &'a tokio::runtime::Runtime,
}

impl Stage<'_> {
    fn example(&self, example: &Json) -> Went {
        let Some(name) = example.get("call").and_then(Json::as_str) else {
            return Went::Wrong("it does not say what is called: `\"call\": \"vat.checks\"`".into());
        };
        let given = example.get("given").cloned().unwrap_or_else(|| json!({}));
        let manifest = &self.component.manifest;
        let desk = match Given::new(given) {
            Ok(desk) => Arc::new(desk),
            Err(why) => return Went::Wrong(why),
        };
        let value = example.get("value").or_else(|| example.get("settings")).cloned().unwrap_or_else(|| json!({}));
        let Ok(value) = json::read(&value, &Type::Any) else {
            return Went::Wrong("its settings cannot be read".into());
        };
        if manifest.checks.iter().any(|one| one.name == name) {
            let found = self.alone.shelf.check(&inquiry(name), &value);
            return compare(
                example,
                "findings",
                found.map(|examined| json!(examined.findings)).map_err(|failure| failure.to_string()),
            );
        }
        if manifest.selectors.iter().any(|one| one.name == name) {
            let chosen = self.alone.shelf.select(&inquiry(name), &value, &*desk);
            let shown = |one: &jobwright_plugin::Choice| json!({ "id": one.id, "because": one.because });
            let chosen = chosen.map(|all| Json::Array(all.iter().map(shown).collect()));
            return compare(example, "choices", chosen.map_err(|failure| failure.to_string()));
        }
        if !manifest.tasks.iter().any(|one| one.name == name) {
            return Went::Wrong(format!("the plugin offers no `{name}`"));
        }
        let ended = self.call(name, value, desk.clone()).ended;
        let faults = desk.net.faults();
        if !faults.is_empty() {
            return Went::Wrong(format!("{}; {}", faults.join("; "), in_words(&ended)));
        }
        match (ended, example.get("failure")) {
            (Ended::Failed { failure, retry_after }, Some(expected)) => {
                failed_as(expected, &failure, retry_after.map(|after| after.as_millis()))
            }
            (Ended::Failed { failure, .. }, None) => Went::Wrong(format!("it failed: {failure}")),
            (ended, Some(_)) => Went::Wrong(format!("it should fail, and {}", in_words(&ended))),
            (Ended::Done { outputs, .. }, None) => compare(example, "outputs", Ok(json::write(&outputs))),
            (Ended::Later { correlation, .. }, None) => compare(example, "later", Ok(json!(correlation))),
            (ended, None) => Went::Wrong(in_words(&ended)),
        }
    }

    /// What every plugin must withstand, with the settings of the examples.
    fn conformance(&self, examples: &[Json]) -> Vec<(String, Went)> {
        let title = "it withstands what every plugin must";
        let of = |example: &Json| {
            let settings = json::read(example.get("settings")?, &Type::Any).ok()?;
            Some((example.get("call")?.as_str()?.to_owned(), settings))
        };
        let settings: BTreeMap<String, Value> = examples.iter().rev().filter_map(of).collect();
        let mut told: Vec<(String, Went)> = Vec::new();
        let given = examples.first().and_then(|example| example.get("given")).cloned().unwrap_or_else(|| json!({}));
        // What cannot be read is told at the example itself.
        let desk = || Arc::new(Given::new(given.clone()).unwrap_or_default());
        let trial = Trial { settings, desk: &|| desk(), now: inquiry("any").now };
        let tried = Sandbox::new(&Asked::default()).map_err(|fault| fault.to_string()).and_then(|sandbox| {
            let tried = conformance(&sandbox, &self.component.bytes, &trial);
            self.runtime.block_on(tried).map_err(|fault| fault.to_string())
        });
        match tried {
            Err(why) => told.push((title.into(), Went::Wrong(why))),
            Ok(findings) if findings.is_empty() => told.push((title.into(), Went::Well)),
            Ok(findings) => {
                told.extend(findings.into_iter().map(|finding| (finding.about, Went::Wrong(finding.what))));
            }
        }
        told
    }

    fn call(&self, name: &str, settings: Value, desk: Arc<Given>) -> Called {
        let Inquiry { job, task, client, now, .. } = inquiry(name);
        let key = EffectId { job, event: 1, index: 0 };
        let digest = self.component.digest;
        let name = name.to_owned();
        let purpose = Purpose::Run;
        let call = Call { digest, name, purpose, key, attempt: 1, task, client, now, settings, dry_run: true };
        self.runtime.block_on(self.alone.shelf.clone().call(call, desk))
    }
}

/// A job that is always the same, at a moment that is always the same.
fn inquiry(name: &str) -> Inquiry {
    let task = TaskKey { task: "task".parse().unwrap_or_else(|_| unreachable!("it is a name")), item: None };
    let client = ClientId::new("client").unwrap_or_else(|_| unreachable!("it is an id"));
    let now = Timestamp::from_second(1_780_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    Inquiry { name: name.to_owned(), job: JobId([0; 16]), task, client, now }
}

/// Whether a failure is the expected one, as far as it is named.
fn failed_as(expected: &Json, failure: &Failure, retry_after_ms: Option<i128>) -> Went {
    let text = |key: &str| expected.get(key).and_then(Json::as_str);
    let after = expected.get("retry_after_ms").and_then(Json::as_i64).map(i128::from);
    let fits = text("code").is_none_or(|code| code == failure.code)
        && text("kind").is_none_or(|kind| kind == word(failure.kind))
        && text("at").is_none_or(|at| failure.message.contains(&format!("(at `{at}`)")))
        && after.is_none_or(|after| retry_after_ms == Some(after));
    well(fits, || {
        let after = retry_after_ms.map_or_else(String::new, |after| format!(", to be tried again after {after} ms"));
        format!("it failed otherwise: {failure}{after}")
    })
}

fn well(fits: bool, otherwise: impl FnOnce() -> String) -> Went {
    if fits { Went::Well } else { Went::Wrong(otherwise()) }
}

fn compare(example: &Json, key: &str, found: std::result::Result<Json, String>) -> Went {
    match (found, example.get(key)) {
        (Err(why), _) => Went::Wrong(why),
        (Ok(_), None) => Went::Wrong(format!("it expects no `{key}`, and that is what came")),
        (Ok(found), Some(expected)) => well(found == *expected, || format!("came {found}, expected {expected}")),
    }
}

fn word(kind: FailureKind) -> String {
    kind.word().replace('_', "-")
}

fn in_words(ended: &Ended) -> String {
    match ended {
        Ended::Done { outputs, .. } => format!("it gave {}", json::write(outputs)),
        Ended::Later { correlation, .. } => format!("it answers later as {correlation}"),
        Ended::DidNotHappen => "it says that it did not happen".into(),
        Ended::Unknown(why) => format!("it cannot tell: {why}"),
        Ended::Cancelled => "it heard that it is not wanted".into(),
        Ended::Failed { failure, .. } => format!("it failed: {failure}"),
    }
}

fn read(path: &Path) -> Result<Json> {
    let text = std::fs::read_to_string(path).map_err(|error| Report::file("read", path, &error))?;
    serde_json::from_str(&text).map_err(|error| Report::usage("it is no JSON").because(error.to_string()))
}

fn say(ctx: &mut Context, told: &[(String, Went)]) -> Result {
    let mut wrong = 0;
    for (title, went) in told {
        let (word, why) = match went {
            Went::Well => ("well", None),
            Went::Wrong(why) => ("wrong", Some(why)),
        };
        wrong += usize::from(word == "wrong");
        if ctx.global.json {
            ctx.out.json(&json!({ "what": title, "went": word, "why": why }))?;
        } else {
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            ctx.out.line(format!("{word:>5}  {title}{why}"))?;
        }
    }
    ctx.say_done(&format!("{} well, {wrong} wrong", told.len() - wrong))?;
    Ok(if wrong == 0 { Exit::Done } else { Exit::No })
}
