//! One call of a task's plugin.
//!
//! Owns: settings in, held to their schema; an answer out, held to its own; which of its failures and effects count.
//! Leaves breaking off to `verdict`, and what is allowed to `gate`.

use crate::{
    binding::{
        exports::jobwright::plugin::tasks::Found,
        jobwright::plugin::types::{self, Answer, FailureKind as GuestKind, Outcome},
    },
    gate::{EffectFault, Granted},
    http::Way,
    load::Schemas,
    manifest::TaskOffer,
    ready::{Pace, Ready},
    state::{Facts, Reach, State},
    verdict,
};
use jiff::SignedDuration;
use jobwright_core::{effect::Failure, retry::FailureKind, value::Value};
use jobwright_plugin::{
    Call, Called, Desk, Ended, NO_SUCH_PLUGIN, Purpose, Spent, Wanted,
    json::{self, Exact},
};
use serde_json::Value as Json;
use std::{sync::Arc, time::Duration};
use wasmtime::Store;

/// What the guest said, by what it was asked.
enum Said {
    Outcome(Outcome),
    DidNotHappen,
    Unknown,
    Cancelled,
}

/// Calls a task, and bounds its time.
pub(crate) async fn call(ready: &Ready, way: &Way, call: &Call, desk: Arc<dyn Desk>) -> Called {
    let plugin = &ready.plugin;
    let (Some(offer), Some(schemas)) = (plugin.task(&call.name), plugin.schemas(&call.name)) else {
        let message = format!("plugin `{}` {} offers no task `{}`", ready.name(), plugin.manifest.version, call.name);
        return failed(Failure::permanent(NO_SUCH_PLUGIN, message));
    };
    let settings = json::write(&call.settings);
    if let Some(failure) = settings_failure(ready.name(), &settings, schemas) {
        return failed(failure);
    }
    let facts = Facts { key: call.key.to_string(), now_ms: millis(call.now), dry_run: call.dry_run };
    let (mut store, ticking) = ready.store(ready.limits, facts, Some(way.clone()), Reach::Desk(desk), Pace::Yields);
    let wall = Duration::from_millis(ready.limits.wall_ms);
    let said = tokio::time::timeout(wall, ask(ready, &mut store, call, &settings.to_string())).await;
    drop(ticking);
    let state = store.data_mut();
    let ended = match said {
        Err(_) => failure(verdict::timeout(ready.name(), ready.limits.wall_ms)),
        Ok(Err(error)) => failure(verdict::of(ready.name(), &error, state)),
        Ok(Ok(Err(guests))) => guest_failure(ready, offer, guests, state),
        Ok(Ok(Ok(said))) => match said {
            Said::Outcome(outcome) => ended(ready, schemas, outcome, state).unwrap_or_else(failure),
            Said::DidNotHappen => Ended::DidNotHappen,
            Said::Unknown => Ended::Unknown(format!("plugin `{}` cannot tell what became of it", ready.name())),
            Said::Cancelled => Ended::Cancelled,
        },
    };
    Called { ended, spent: spent(state), lines: state.take_lines() }
}

/// What does not fit the schema of the settings.
pub(crate) fn settings_failure(plugin: &str, settings: &Json, schemas: &Schemas) -> Option<Failure> {
    let faults = schemas.settings.faults(settings);
    let first = faults.first()?;
    let more = if faults.len() > 1 { format!(" ({} more)", faults.len() - 1) } else { String::new() };
    let message = format!("these settings are not what plugin `{plugin}` asks for: {first}{more}");
    Some(Failure::permanent(verdict::SETTINGS, message))
}

async fn ask(
    ready: &Ready,
    store: &mut Store<State>,
    call: &Call,
    settings: &str,
) -> wasmtime::Result<Result<Said, types::Failure>> {
    let instance = ready.plugin.pre.instantiate_async(&mut *store).await?;
    let Some(indices) = &ready.plugin.tasks else { wasmtime::bail!("exports no tasks") };
    let guest = indices.load(&mut *store, &instance)?;
    let (name, told) = (&*call.name, told(call, ready.limits.wall_ms));
    let settings = &settings.to_owned();
    Ok(match call.purpose {
        Purpose::Run => guest.call_run(store, name, settings, &told).await?.map(Said::Outcome),
        Purpose::Find | Purpose::Poll => {
            guest.call_find(store, name, settings, &told).await?.map(|found| match found {
                Found::Happened(outcome) => Said::Outcome(outcome),
                Found::DidNotHappen => Said::DidNotHappen,
                Found::Unknown => Said::Unknown,
            })
        }
        Purpose::Cancel => guest.call_cancel(store, name, settings, &told).await?.map(|()| Said::Cancelled),
        Purpose::Observe => wasmtime::bail!("a task is not told of events"),
    })
}

/// The call as the contract writes it.
pub(crate) fn told(call: &Call, wall_ms: u64) -> types::Call {
    let now = millis(call.now);
    types::Call {
        job: call.key.job.to_string(),
        task: call.task.to_string(),
        client: call.client.to_string(),
        key: call.key.to_string(),
        attempt: call.attempt,
        now,
        deadline: now.saturating_add(wall_ms),
        dry_run: call.dry_run,
    }
}

/// A moment as the contract writes it.
pub(crate) fn millis(at: jiff::Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

fn ended(ready: &Ready, schemas: &Schemas, outcome: Outcome, state: &mut State) -> Result<Ended, Failure> {
    check_size(ready, &outcome)?;
    let note = outcome.note.map(|note| state.veiled(note)).filter(|note| !note.is_empty());
    let wanted = outcome.effects.iter().map(|effect| wanted(ready, state, effect)).collect::<Result<_, _>>()?;
    Ok(match outcome.answer {
        Answer::Done(text) => Ended::Done { outputs: outputs(ready, schemas, &text, state)?, wanted, note },
        Answer::Later(waiting) => {
            let poll_after = waiting.poll_after_ms.map(duration);
            Ended::Later { correlation: state.veiled(waiting.correlation), poll_after, wanted, note }
        }
    })
}

/// Whoever may send large requests may still not give a large answer.
fn check_size(ready: &Ready, outcome: &Outcome) -> Result<(), Failure> {
    let answer = match &outcome.answer {
        Answer::Done(text) => text.len(),
        Answer::Later(waiting) => waiting.correlation.len(),
    };
    let effects: usize = outcome.effects.iter().map(|effect| effect.kind.len() + effect.body.len()).sum();
    let bytes = answer + effects + outcome.note.as_ref().map_or(0, String::len);
    let limit = ready.limits.output_kib;
    if bytes as u64 <= limit << 10 {
        return Ok(());
    }
    Err(wrong(ready, format!("gave an answer of {} KiB, limit {limit}", bytes >> 10)))
}

/// The outputs, held to the schema, and as the types that a definition was checked with.
fn outputs(ready: &Ready, schemas: &Schemas, text: &str, state: &State) -> Result<Value, Failure> {
    let parsed = Exact::parse(text);
    let exact = parsed.map_err(|error| wrong(ready, format!("gave outputs that are not JSON: {error}")))?;
    let exact = exact.with_texts(&|text| state.veiled(text));
    let Some(asked) = &schemas.outputs else { return Ok(Value::map::<String>([])) };
    if let Some(fault) = asked.schema.faults(&exact.approximate()).into_iter().next() {
        return Err(wrong(ready, format!("gave outputs that do not fit its own schema: {fault}")));
    }
    json::read_exact(&exact, &asked.of).map_err(|misfit| wrong(ready, format!("gave outputs of which {misfit}")))
}

fn wrong(ready: &Ready, what: String) -> Failure {
    Failure::permanent(verdict::OUTPUT, format!("plugin `{}` {what}", ready.name()))
}

/// An effect that is granted, as the engine knows it.
pub(crate) fn wanted(ready: &Ready, state: &State, effect: &types::Effect) -> Result<Wanted, Failure> {
    let failure = |kind, what: String| {
        let message = format!("plugin `{}` {what}", ready.name());
        Failure { kind, code: verdict::EFFECT.into(), message }
    };
    let body = state.veiled(effect.body.clone());
    match state.gate().effect(&effect.kind, &body).map(Granted::into_inner) {
        Ok(wanted) => Ok(wanted),
        Err(EffectFault::Wrong(what)) => Err(failure(FailureKind::Permanent, what)),
        Err(EffectFault::Barred(barred)) => Err(failure(
            FailureKind::NeedsPerson,
            format!(
                "is not granted `{}`: add `{}` under `[{}]` in plugins/grants.toml",
                barred.wanted,
                barred.line,
                ready.name()
            ),
        )),
    }
}

fn guest_failure(ready: &Ready, offer: &TaskOffer, guests: types::Failure, state: &State) -> Ended {
    let at = guests.at.map(|at| format!(" (at `{at}`)")).unwrap_or_default();
    let message = state.veiled(guests.message + &at);
    if let Some(barred) = &state.barred {
        return failure(verdict::not_granted(ready.name(), barred, &message));
    }
    if !offer.failures.contains(&guests.code) && !verdict::OF_LIBRARIES.contains(&guests.code.as_str()) {
        let code = state.veiled(guests.code);
        let what = format!("failed with `{code}`, which its manifest does not list: {message}");
        return failure(Failure::permanent(verdict::CODE, format!("plugin `{}` {what}", ready.name())));
    }
    let kind = guest_kind(guests.kind);
    Ended::Failed {
        failure: Failure { kind, code: guests.code, message },
        retry_after: guests.retry_after_ms.map(duration),
    }
}

/// A kind of failure as the engine knows it.
pub(crate) fn guest_kind(kind: GuestKind) -> FailureKind {
    match kind {
        GuestKind::Transient => FailureKind::Transient,
        GuestKind::Busy => FailureKind::Busy,
        GuestKind::Permanent => FailureKind::Permanent,
        GuestKind::NeedsPerson => FailureKind::NeedsPerson,
    }
}

fn duration(ms: u64) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// What a call took.
pub(crate) fn spent(state: &State) -> Spent {
    Spent {
        wall_us: u64::try_from(state.meter.wall().as_micros()).unwrap_or(u64::MAX),
        cpu_ms: state.meter.cpu_ms(),
        memory_bytes: state.meter.memory_most() as u64,
    }
}

/// An end that is a failure.
pub(crate) fn failure(failure: Failure) -> Ended {
    Ended::Failed { failure, retry_after: None }
}

/// A call that did not come to run.
pub(crate) fn failed(of: Failure) -> Called {
    Called { ended: failure(of), lines: Vec::new(), spent: Spent::default() }
}
