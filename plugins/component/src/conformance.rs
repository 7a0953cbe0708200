//! What a plugin should be like, tried out.
//!
//! Owns: calling everything that a component offers, in a dry run, with samples of settings, and saying what a practice
//! would stumble over. Leaves the author's own tests to the author.

use crate::{
    gate::Gate,
    grants::Grant,
    http::{Net, Way},
    inquiry,
    limits::{Asked, Limits},
    load::{LoadFault, Plugin},
    manifest::Repeat,
    ready::Ready,
    sandbox::Sandbox,
    schema::Schema,
    task, verdict,
};
use jiff::Timestamp;
use jobwright_core::{
    id::{ClientId, EffectId, JobId, Name},
    task::TaskKey,
    value::Value,
};
use jobwright_plugin::{Call, Called, Desk, Ended, Inquiry, Purpose, RepeatSafe};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Something that a practice would stumble over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The dotted name, or the plugin's.
    pub about: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.about, self.what)
    }
}

/// What a plugin is tried with.
pub struct Trial<'a> {
    /// Settings of each task and selector by its dotted name; an empty map for those without.
    pub settings: BTreeMap<String, Value>,
    /// A new desk for each call.
    pub desk: &'a dyn Fn() -> Arc<dyn Desk>,
    /// The journaled time.
    pub now: Timestamp,
}

/// What every secret is here; nothing that a plugin says by itself.
const SECRET: &str = "a secret of the conformance tests";

/// The host's codes that are a plugin's own fault.
const FAULTS: &[&str] = &[
    verdict::CPU,
    verdict::TIMEOUT,
    verdict::MEMORY,
    verdict::STACK,
    verdict::CRASHED,
    verdict::OUTPUT,
    verdict::NOT_GRANTED,
    verdict::CODE,
    verdict::EFFECT,
];

/// Tries a component out: nothing leaves, and everything that it wishes for is granted.
///
/// # Errors
/// When it cannot be loaded.
pub async fn conformance(sandbox: &Sandbox, component: &[u8], trial: &Trial<'_>) -> Result<Vec<Finding>, LoadFault> {
    let plugin = sandbox.load(component)?;
    let mut findings = unused_wishes(&plugin);
    match ready(plugin) {
        Ok((ready, way)) => {
            for task in &ready.plugin.manifest.tasks {
                try_task(&ready, &way, &task.name, trial, &mut findings).await;
            }
            for selector in &ready.plugin.manifest.selectors {
                try_selector(&ready, &selector.name, trial, &mut findings);
            }
            for check in &ready.plugin.manifest.checks {
                try_check(&ready, &check.name, trial, &mut findings);
            }
        }
        Err(finding) => findings.push(finding),
    }
    Ok(findings)
}

fn ready(plugin: Plugin) -> Result<(Ready, Way), Finding> {
    let grant = Grant::of_all(plugin.digest, &plugin.manifest);
    let secrets = grant.secrets.values().map(|granted| (granted.entry.clone(), SECRET.to_owned())).collect();
    let about = plugin.manifest.name.clone();
    let found = |what: String| Finding { about: about.clone(), what };
    let gate = Gate::new(&plugin.manifest, &grant, &secrets).map_err(|faults| found(faults.join("; ")))?;
    let net = Net::new(None).map_err(|error| found(error.to_string()))?;
    let limits = Limits::of(&plugin.manifest.limits, &grant.limits, &Asked::default());
    Ok((Ready { plugin: Arc::new(plugin), gate: Arc::new(gate), limits }, Way { net, rights: None }))
}

/// Wishes for which the component has no import. Those that it has an import for and no wish do not load at all.
fn unused_wishes(plugin: &Plugin) -> Vec<Finding> {
    let asked = &plugin.manifest.capabilities;
    let imports = |interface: &str| plugin.imports.iter().any(|import| import.starts_with(interface));
    let unused = [
        ("http", !asked.http.is_empty(), "jobwright:plugin/http@"),
        ("read", !asked.read.is_empty(), "jobwright:plugin/records@"),
    ];
    let unused = unused.into_iter().filter(|(_, wished, interface)| *wished && !imports(interface));
    let about = &plugin.manifest.name;
    unused
        .map(|(wish, ..)| Finding { about: about.clone(), what: format!("wishes for `{wish}` and never uses it") })
        .collect()
}

async fn try_task(ready: &Ready, way: &Way, name: &str, trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let mut found = |what: String| findings.push(Finding { about: name.into(), what });
    let Some(offer) = ready.plugin.task(name) else { return };
    if takes_anything(&offer.settings) {
        found("takes any settings: its schema refuses nothing".into());
    }
    let mut call = call_of(ready, name, trial);
    let desk = (trial.desk)();
    let first = task::call(ready, way, &call, desk.clone()).await;
    for fault in faults(&first).into_iter().chain(near_limits(ready, &first)) {
        found(fault);
    }
    let second = task::call(ready, way, &call, (trial.desk)()).await;
    if second.ended != first.ended {
        found("answers the same call in two ways".into());
    }
    call.attempt = 2;
    let again = task::call(ready, way, &call, desk).await;
    if again.ended != first.ended {
        found("ends otherwise in a second attempt that finds its own checkpoints".into());
    }
    if RepeatSafe::from(offer.repeat_safe) == RepeatSafe::Find {
        call.purpose = Purpose::Find;
        if let Some(fault) = faults(&task::call(ready, way, &call, (trial.desk)()).await) {
            found(format!("is asked what became of it, and {fault}"));
        }
    } else if offer.repeat_safe == Repeat::No && ready.gate.reaches_out() {
        found(
            "sends requests, and says that a lost attempt is for a person to decide: is `key` or `find` possible?"
                .into(),
        );
    }
    call.purpose = Purpose::Cancel;
    if let Some(fault) = faults(&task::call(ready, way, &call, (trial.desk)()).await) {
        found(format!("is cancelled, and {fault}"));
    }
}

fn try_selector(ready: &Ready, name: &str, trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    let mut found = |what: String| findings.push(Finding { about: name.into(), what });
    let settings = settings_of(name, trial);
    let ask = || inquiry::select(ready, &inquiry_of(name, trial), &settings, &*(trial.desk)());
    let first = ask();
    if let Some(failure) = first.as_ref().err().filter(|failure| FAULTS.contains(&failure.code.as_str())) {
        found(failure.to_string());
    }
    if ask() != first {
        found("answers the same question in two ways".into());
    }
}

fn try_check(ready: &Ready, name: &str, trial: &Trial<'_>, findings: &mut Vec<Finding>) {
    for value in [Value::Nothing, Value::text(""), Value::Int(-1), Value::map::<String>([])] {
        if let Err(failure) = inquiry::check(ready, &inquiry_of(name, trial), &value) {
            let what = format!("is asked about {}, and fails: {failure}", value.kind());
            findings.push(Finding { about: name.into(), what });
        }
    }
}

fn takes_anything(schema: &Json) -> bool {
    let samples = [json!({}), json!({ "nobody-has-such-a-setting": 1 })];
    Schema::new(schema).is_ok_and(|schema| samples.iter().all(|sample| schema.faults(sample).is_empty()))
}

fn faults(called: &Called) -> Option<String> {
    match &called.ended {
        Ended::Failed { failure, .. } if FAULTS.contains(&failure.code.as_str()) => Some(failure.to_string()),
        Ended::Failed { failure, .. } if failure.code == verdict::SETTINGS => {
            Some(format!("was tried with other settings than it takes: {}", failure.message))
        }
        _ => None,
    }
}

/// Whether a call took more than half of what it may.
fn near_limits(ready: &Ready, called: &Called) -> Vec<String> {
    let limits = &ready.limits;
    let took = [
        ("ms of computing", called.spent.cpu_ms, limits.cpu_ms),
        ("ms", called.spent.wall_us / 1000, limits.wall_ms),
        ("MiB of memory", called.spent.memory_bytes >> 20, limits.memory_mib),
        ("lines", called.lines.len() as u64, limits.log_lines),
    ];
    let near = took.into_iter().filter(|(_, took, limit)| *took * 2 > *limit);
    near.map(|(of, took, limit)| format!("took {took} of {limit} {of} in one call")).collect()
}

fn settings_of(name: &str, trial: &Trial<'_>) -> Value {
    trial.settings.get(name).cloned().unwrap_or_else(|| Value::map::<String>([]))
}

fn call_of(ready: &Ready, name: &str, trial: &Trial<'_>) -> Call {
    let Inquiry { name, job, task, client, now } = inquiry_of(name, trial);
    Call {
        digest: ready.plugin.digest,
        purpose: Purpose::Run,
        key: EffectId { job, event: 1, index: 0 },
        attempt: 1,
        task,
        client,
        now,
        settings: settings_of(&name, trial),
        dry_run: true,
        name,
    }
}

fn inquiry_of(name: &str, trial: &Trial<'_>) -> Inquiry {
    // Both are valid as they stand here.
    let (task, client) = (Name::new("trial").expect("a name"), ClientId::new("trial").expect("an id"));
    Inquiry { name: name.into(), job: JobId([1; 16]), task: TaskKey::of(&task), client, now: trial.now }
}
