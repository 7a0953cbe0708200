//! What a plugin may ask of the engine while it runs.
//!
//! Owns: the records of the one job and its client, and progress that is durable before the plugin goes on. Leaves what of
//! it a plugin gets to see to whoever keeps its grants.

use crate::facts::{self, Scene};
use crate::{Engine, Looked};
use jobwright_core::{command::Command, event::Answered, id::EffectId, value::Value};
use jobwright_plugin::Desk;
use std::sync::Arc;

/// The desk of a task's call: each look reads what is stored now.
pub(crate) struct CallDesk {
    engine: Arc<Engine>,
    effect: EffectId,
}

impl CallDesk {
    pub fn new(engine: Arc<Engine>, effect: EffectId) -> Self {
        Self { engine, effect }
    }

    fn look<T>(&self, see: impl FnOnce(&Looked, &Scene<'_>) -> T) -> Option<T> {
        let looked = self.engine.look(self.effect.job).ok()?;
        let scene = looked.scene(&self.engine).ok()?;
        Some(see(&looked, &scene))
    }
}

impl Desk for CallDesk {
    fn checkpoint(&self, name: &str, value: &str) -> Result<(), String> {
        let keep = Command::Keep { effect: self.effect, name: name.into(), value: value.into() };
        self.engine.command(self.effect.job, keep).map(drop).map_err(|error| error.to_string())
    }

    fn checkpointed(&self, name: &str) -> Option<String> {
        let found = self.look(|looked, _| {
            let (task, _) = looked.job.effects.get(&self.effect)?;
            looked.job.run(task)?.call.as_ref()?.kept.get(name).cloned()
        });
        found.flatten()
    }

    fn client(&self) -> Value {
        self.look(|_, scene| scene.client_value()).unwrap_or(Value::Nothing)
    }

    fn contacts(&self) -> Value {
        self.look(|_, scene| scene.contact_values()).unwrap_or(Value::Nothing)
    }

    fn staff(&self) -> Value {
        self.look(|_, scene| scene.staff_values()).unwrap_or(Value::Nothing)
    }

    fn outputs(&self, task: &str) -> Option<Value> {
        self.look(|_, scene| scene.outputs_of(task)).flatten()
    }

    fn document(&self, hash: &str, offset: u64, length: usize) -> Option<Vec<u8>> {
        let document = self.look(|looked, _| document_of(looked, hash)).flatten()?;
        let bytes = self.engine.document(&document).ok().flatten()?;
        let from = usize::try_from(offset).ok()?.min(bytes.len());
        Some(bytes[from..from.saturating_add(length).min(bytes.len())].to_vec())
    }
}

/// The desk of a selector, which sees the turn's own scene and keeps nothing.
pub(crate) struct SceneDesk<'a>(pub Scene<'a>);

impl Desk for SceneDesk<'_> {
    fn checkpoint(&self, _: &str, _: &str) -> Result<(), String> {
        Err("a selector keeps no progress".into())
    }

    fn checkpointed(&self, _: &str) -> Option<String> {
        None
    }

    fn client(&self) -> Value {
        self.0.client_value()
    }

    fn contacts(&self) -> Value {
        self.0.contact_values()
    }

    fn staff(&self) -> Value {
        self.0.staff_values()
    }

    fn outputs(&self, task: &str) -> Option<Value> {
        self.0.outputs_of(task)
    }

    fn document(&self, _: &str, _: u64, _: usize) -> Option<Vec<u8>> {
        None
    }
}

/// A document that belongs to the job, handed in or put out by a task.
fn document_of(looked: &Looked, hash: &str) -> Option<jobwright_core::value::Document> {
    let runs = || looked.job.tasks.values();
    let handed_in = runs().flat_map(|run| run.answers.values()).filter_map(|(answer, _)| match answer {
        Answered::Value(value) => Some(value),
        Answered::Nothing => None,
    });
    let put_out = runs().flat_map(|run| run.outputs.values());
    let fixed = runs().filter_map(|run| run.document.as_ref());
    let all = handed_in.chain(put_out).chain(fixed).chain(looked.job.inputs.values());
    let hash = hash.parse().ok()?;
    all.flat_map(facts::documents_in).find(|document| document.hash == hash).cloned()
}
