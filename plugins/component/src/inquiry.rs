//! Asking a selector or a check, inside the turn.
//!
//! Owns: small bounds and no way out: no requests, no checkpoints. Leaves running without a runtime to `across`.

use crate::{
    across::Across,
    binding::jobwright::plugin::types,
    load::Plugin,
    ready::{Pace, Ready},
    state::{Facts, Reach, State},
    task::{guest_kind, millis, settings_failure},
    verdict,
};
use jobwright_core::{effect::Failure, value::Value};
use jobwright_plugin::{Choice, Desk, Inquiry, json};
use std::sync::Arc;
use wasmtime::{Store, component::Instance};

/// People that one answer may name.
pub const CHOICES_MAX: usize = 100;
/// Sentences that one answer may hold.
pub const FINDINGS_MAX: usize = 20;

/// Whom a selector chooses.
pub(crate) fn select(
    ready: &Ready,
    inquiry: &Inquiry,
    settings: &Value,
    desk: &dyn Desk,
) -> Result<Vec<Choice>, Failure> {
    let settings = json::write(settings);
    if let Some(failure) =
        ready.plugin.schemas(&inquiry.name).and_then(|it| settings_failure(ready.name(), &settings, it))
    {
        return Err(failure);
    }
    let across = Arc::new(Across::default());
    let (mut store, _ticking) = store(ready, inquiry, Reach::Across(across.clone()));
    let answer = across.run(Some(desk), async {
        let instance = instance(&ready.plugin, &mut store).await?;
        let Some(indices) = &ready.plugin.selectors else { wasmtime::bail!("exports no selectors") };
        let guest = indices.load(&mut store, &instance)?;
        guest.call_select(&mut store, &inquiry.name, &settings.to_string(), &told(ready, inquiry)).await
    });
    let choices = said(ready, store.data(), answer)?;
    bounded(ready, choices.len(), CHOICES_MAX)?;
    Ok(choices.into_iter().map(|choice| Choice { id: choice.id, because: choice.because }).collect())
}

/// What a check finds wrong with a value.
pub(crate) fn check(ready: &Ready, inquiry: &Inquiry, value: &Value) -> Result<Vec<String>, Failure> {
    let (mut store, _ticking) = store(ready, inquiry, Reach::Nobody);
    let answer = Across::default().run(None, async {
        let instance = instance(&ready.plugin, &mut store).await?;
        let Some(indices) = &ready.plugin.checks else { wasmtime::bail!("exports no checks") };
        let guest = indices.load(&mut store, &instance)?;
        let value = json::write(value).to_string();
        guest.call_check(&mut store, &inquiry.name, &value, &told(ready, inquiry)).await
    });
    let findings = said(ready, store.data(), answer)?;
    bounded(ready, findings.len(), FINDINGS_MAX)?;
    Ok(findings.into_iter().map(|finding| finding.message).collect())
}

/// What a task says of settings that fit their schema, each with its JSON pointer into them.
pub(crate) fn check_settings(ready: &Ready, name: &str, settings: &Value) -> Result<Vec<(String, Failure)>, Failure> {
    let json = json::write(settings);
    if let Some(failure) = ready.plugin.schemas(name).and_then(|it| settings_failure(ready.name(), &json, it)) {
        return Ok(vec![(String::new(), failure)]);
    }
    let facts = Facts { key: String::new(), now_ms: 0, dry_run: true };
    let (mut store, _ticking) = ready.store(ready.limits.of_inquiry(), facts, None, Reach::Nobody, Pace::Holds);
    let answer = Across::default().run(None, async {
        let instance = instance(&ready.plugin, &mut store).await?;
        let Some(indices) = &ready.plugin.tasks else { wasmtime::bail!("exports no tasks") };
        let guest = indices.load(&mut store, &instance)?;
        guest.call_check(&mut store, name, &json.to_string()).await
    });
    let found = answer.map_err(|error| verdict::of(ready.name(), &error, store.data()))?;
    let placed = |mut failure: types::Failure| {
        let at = failure.at.take().unwrap_or_default();
        (at, own(failure, store.data()))
    };
    Ok(found.into_iter().take(FINDINGS_MAX).map(placed).collect())
}

async fn instance(plugin: &Plugin, store: &mut Store<State>) -> wasmtime::Result<Instance> {
    plugin.pre.instantiate_async(store).await
}

fn store(ready: &Ready, inquiry: &Inquiry, reach: Reach) -> (Store<State>, crate::ticker::Ticking) {
    let facts = Facts { key: key(inquiry), now_ms: millis(inquiry.now), dry_run: false };
    ready.store(ready.limits.of_inquiry(), facts, None, reach, Pace::Holds)
}

/// The same for the same question, so that the same random bytes follow from it.
fn key(inquiry: &Inquiry) -> String {
    format!("{}-{}-{}", inquiry.job, inquiry.task, inquiry.name)
}

fn told(ready: &Ready, inquiry: &Inquiry) -> types::Call {
    let now = millis(inquiry.now);
    types::Call {
        job: inquiry.job.to_string(),
        task: inquiry.task.to_string(),
        client: inquiry.client.to_string(),
        key: key(inquiry),
        attempt: 1,
        now,
        deadline: now.saturating_add(ready.limits.of_inquiry().wall_ms),
        dry_run: false,
    }
}

fn said<T>(ready: &Ready, state: &State, answer: wasmtime::Result<Result<T, types::Failure>>) -> Result<T, Failure> {
    let said = answer.map_err(|error| verdict::of(ready.name(), &error, state))?;
    said.map_err(|failure| match &state.barred {
        Some(barred) => verdict::not_granted(ready.name(), barred, &state.veiled(failure.message)),
        None => own(failure, state),
    })
}

/// Nobody tries these again by their kind, so it is told as it is.
fn own(failure: types::Failure, state: &State) -> Failure {
    let kind = guest_kind(failure.kind);
    let at = failure.at.map(|at| format!(" (at `{at}`)")).unwrap_or_default();
    Failure { kind, code: failure.code, message: state.veiled(failure.message + &at) }
}

fn bounded(ready: &Ready, count: usize, most: usize) -> Result<(), Failure> {
    if count <= most {
        return Ok(());
    }
    let message = format!("plugin `{}` gave {count} answers, where {most} is the most", ready.name());
    Err(Failure::permanent(verdict::OUTPUT, message))
}
