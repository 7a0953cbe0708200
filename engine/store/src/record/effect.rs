//! The outbox as it is stored.

use jiff::Timestamp;
use jobwright_core::{
    effect::Effect,
    event::Letter,
    id::{ClientId, DefinitionId, EffectId, Hash, JobId},
    task::TaskKey,
    value::{Value, Values},
};

use super::{Record, mirror};
use crate::outbox::{Entry, Frozen, State};

impl Record for Entry {
    const WHAT: &'static str = "effect";
    const VERSION: u8 = 1;
}

mirror! {
    struct Entry as EntryRow {
        id: EffectId,
        effect: Effect,
        wanted_at: Timestamp,
        state: State,
        tries: u32,
        frozen: Option<Frozen>,
    }
}
mirror! {
    enum State as StateRow { Wanted { next_at: Timestamp }, Claimed { at: Timestamp }, GivenUp { at: Timestamp } }
}
mirror! {
    struct Frozen as FrozenRow { from: String, to: String, mime: Vec<u8> }
}
mirror! {
    enum Effect as EffectRow {
        SendLetter { task: TaskKey, letter: Letter },
        StartJob { task: TaskKey, definition: DefinitionId, client: ClientId, inputs: Values },
        TellParent { parent: EffectId, completed: bool },
        CallPlugin { task: TaskKey, name: String, digest: Hash, settings: Value },
        TellListener { plugin: String, digest: Hash, definition: DefinitionId, events: Vec<u64> },
        EndChildren { children: Vec<JobId>, why: String },
        ResumeChildren { children: Vec<JobId>, gone: Vec<JobId>, note: String },
    }
}
