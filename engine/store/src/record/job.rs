//! A job's head as it is stored.

use jiff::Timestamp;
use jobwright_core::{
    date::Period,
    id::{ClientId, DefinitionId, Hash, JobId},
    job::JobState,
    plan::OncePer,
    recipient::{PersonId, Reason},
    task::{TaskKey, TaskState},
};

use super::{Record, mirror};
use crate::jobs::{Head, OpenTask, Outlook, Waits};

impl Record for Head {
    const WHAT: &'static str = "job";
    const VERSION: u8 = 1;
}

mirror! {
    struct Head as HeadRow {
        id: JobId,
        definition: DefinitionId,
        hash: Hash,
        client: ClientId,
        period: Option<Period>,
        state: JobState,
        opened_at: Timestamp,
        ended_at: Option<Timestamp>,
        events: u64,
        tasks: Vec<OpenTask>,
        open: u32,
        uncompletable: u32,
        overdue: u32,
        failed: u32,
        due_at: Option<Timestamp>,
        set_aside: Option<String>,
        outlook: Outlook,
    }
}
mirror! {
    struct OpenTask as OpenTaskRow {
        task: TaskKey,
        state: TaskState,
        reason: Option<Reason>,
        due_at: Option<Timestamp>,
        overdue: bool,
        people: Vec<PersonId>,
    }
}
mirror! {
    struct Outlook as OutlookRow { once_per: Option<OncePer>, wake_at: Option<Timestamp>, waits: Waits }
}
mirror! {
    struct Waits as WaitsRow { client: Vec<TaskKey>, staff: Vec<TaskKey> }
}
mirror! {
    enum JobState as JobStateRow { Open, Completed, Cancelled }
}
mirror! {
    enum OncePer as OncePerRow { Client, Period }
}
mirror! {
    enum TaskState as TaskStateRow {
        Waiting,
        Ready,
        Active,
        AwaitingClient,
        AwaitingExternal,
        Uncompletable,
        Completed,
        Skipped,
        Failed,
        Cancelled,
    }
}
