//! Telling a plugin what happened.
//!
//! Owns: one observation: an event in, effects out, under the same bounds as a task. Leaves which events there are, and
//! telling each at least once and in order, to the runtime.

use crate::{
    http::Way,
    ready::{Pace, Ready},
    state::{Facts, Reach},
    task::{failure, guest_kind, millis, spent, told, wanted},
    verdict,
};
use jobwright_core::{effect::Failure, value::Value};
use jobwright_plugin::{Call, Called, Desk, Ended, json};
use std::{sync::Arc, time::Duration};

/// Tells a plugin of the event that the call is named after, with the settings as its body.
pub(crate) async fn observe(ready: &Ready, way: &Way, call: &Call, desk: Arc<dyn Desk>) -> Called {
    let facts = Facts { key: call.key.to_string(), now_ms: millis(call.now), dry_run: call.dry_run };
    let (mut store, ticking) = ready.store(ready.limits, facts, Some(way.clone()), Reach::Desk(desk), Pace::Yields);
    let wall_ms = ready.limits.wall_ms;
    let body = json::write(&call.settings).to_string();
    let told = told(call, wall_ms);
    let said = tokio::time::timeout(Duration::from_millis(wall_ms), async {
        let instance = ready.plugin.pre.instantiate_async(&mut store).await?;
        let Some(indices) = &ready.plugin.listeners else { wasmtime::bail!("exports no listeners") };
        let guest = indices.load(&mut store, &instance)?;
        guest.call_observe(&mut store, &call.name, &body, &told).await
    })
    .await;
    drop(ticking);
    let state = store.data_mut();
    let ended = match said {
        Err(_) => failure(verdict::timeout(ready.name(), wall_ms)),
        Ok(Err(error)) => failure(verdict::of(ready.name(), &error, state)),
        Ok(Ok(Err(guests))) => match &state.barred {
            Some(barred) => failure(verdict::not_granted(ready.name(), barred, &state.veiled(guests.message))),
            None => {
                let (message, code) = (state.veiled(guests.message), state.veiled(guests.code));
                failure(Failure { kind: guest_kind(guests.kind), code, message })
            }
        },
        Ok(Ok(Ok(effects))) => {
            let wanted: Result<_, _> = effects.iter().map(|effect| wanted(ready, state, effect)).collect();
            match wanted {
                Ok(wanted) => Ended::Done { outputs: Value::map::<String>([]), wanted, note: None },
                Err(fault) => failure(fault),
            }
        }
    };
    Called { ended, spent: spent(state), lines: state.take_lines() }
}
