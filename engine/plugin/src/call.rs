//! Work that a plugin does: a component that the practice has added.
//!
//! Owns: what a call is given, what it may ask of the engine while it runs, and what comes of it. A task is run after the
//! commit that wanted it; a selector and a check are asked inside the turn, under small bounds and without the world.
//! Leaves what a component is, and what it was granted, to whoever keeps them.

use jiff::{SignedDuration, Timestamp};
use jobwright_core::{
    effect::Failure,
    event::Line,
    id::{ClientId, EffectId, Hash, JobId},
    task::TaskKey,
    value::{Field, Value},
};
use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

/// The code of a failure where the component that a task began with is not there any more.
pub const NO_SUCH_PLUGIN: &str = "plugin-missing";

/// The events that plugins can listen to. What is told of each has its `number` and moment (`at`), the `definition`, the
/// `period` and `task` where it has one; of an opening also the `inputs`, of a completed task `outputs`, `by` and an
/// `outcome`, of a failed one `code` and `message`, of what nobody can do the `reason`, of a cancelled job `by` and `why`.
pub const EVENTS: [&str; 9] = [
    "job_opened",
    "task_activated",
    "task_uncompletable",
    "task_completed",
    "task_skipped",
    "task_failed",
    "task_overdue",
    "job_completed",
    "job_cancelled",
];

/// What a plugin offers under a dotted name, as far as a definition needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The plugin's own name.
    pub plugin: String,
    /// The SHA-256 of its component.
    pub digest: Hash,
    /// What is offered.
    pub kind: Offered,
}

/// What can be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// A task type, with its outputs and the codes it may fail with.
    Task {
        /// What it gives, by name.
        outputs: BTreeMap<String, Field>,
        /// Its own failure codes.
        failures: Vec<String>,
    },
    /// A recipient selector.
    Selector,
    /// A check of a value.
    Check,
}

/// Why a task's plugin is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To do it.
    Run,
    /// To find out what became of it: nobody knows how the last attempt ended.
    Find,
    /// To find out whether it has ended by now: it answered that the end comes later.
    Poll,
    /// It is no longer wanted.
    Cancel,
    /// To tell a listener what happened: the name is the event's word, the settings are what is told of it.
    Observe,
}

/// One call of a task's plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The component that the task began with, by its SHA-256.
    pub digest: Hash,
    /// The dotted name of what is called.
    pub name: String,
    /// Why.
    pub purpose: Purpose,
    /// The same in every attempt.
    pub key: EffectId,
    /// Counts the attempts from 1.
    pub attempt: u32,
    /// For which task.
    pub task: TaskKey,
    /// For whom.
    pub client: ClientId,
    /// The journaled time.
    pub now: Timestamp,
    /// What the definition says, evaluated: a map.
    pub settings: Value,
    /// Whether nothing may leave.
    pub dry_run: bool,
}

/// What a selector or a check is told about where it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The dotted name of what is asked.
    pub name: String,
    /// Of which job.
    pub job: JobId,
    /// For which task.
    pub task: TaskKey,
    /// For whom.
    pub client: ClientId,
    /// The journaled time.
    pub now: Timestamp,
}

/// What a call may ask of the engine; what of it a plugin gets to see is a matter of its grants.
pub trait Desk: Send + Sync {
    /// Keeps progress; it is durable when this returns.
    ///
    /// # Errors
    /// In the words that the plugin is told.
    fn checkpoint(&self, name: &str, value: &str) -> Result<(), String>;
    /// Progress that was kept by this attempt or an earlier one.
    fn checkpointed(&self, name: &str) -> Option<String>;
    /// The job's client, as a map of all its fields.
    fn client(&self) -> Value;
    /// The client's contacts, as a list of maps.
    fn contacts(&self) -> Value;
    /// The staff, as a list of maps.
    fn staff(&self) -> Value;
    /// The outputs of another task of the job, as a map.
    fn outputs(&self, task: &str) -> Option<Value>;
    /// Bytes of a document that belongs to the job.
    fn document(&self, hash: &str, offset: u64, length: usize) -> Option<Vec<u8>>;
    /// What the net would answer, in a dry run alone: for an author's examples. Most desks do not know.
    fn rehearsed(&self, _request: &Unsent) -> Option<Rehearsed> {
        None
    }
}

/// A request that a plugin may send, and that does not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Counts the requests of the call from 1.
    pub number: u64,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The names of the secrets that its headers ask for.
    pub secrets: Vec<String>,
}

/// What comes back of a request that did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rehearsed {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Vec<u8>,
    },
    /// Nothing, in time.
    Timeout,
    /// Nobody was there.
    Unreachable(String),
}

/// Something that a plugin wants done, committed together with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// New values of the client's fields, by dotted path.
    SetClient(Vec<(String, Value)>),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Done.
    Done {
        /// The outputs, held to the plugin's own schema: a map.
        outputs: Value,
        /// What it wants done.
        wanted: Vec<Wanted>,
        /// A word for the timeline.
        note: Option<String>,
    },
    /// The end comes later.
    Later {
        /// Under this name.
        correlation: String,
        /// To be asked for after so long; by `complete` alone when absent.
        poll_after: Option<SignedDuration>,
        /// What it wants done by now.
        wanted: Vec<Wanted>,
        /// A word for the timeline.
        note: Option<String>,
    },
    /// An answer to `Find` and `Poll`: it did not happen, or not yet; doing it again is safe.
    DidNotHappen,
    /// An answer to `Find` and `Poll`: nobody can tell.
    Unknown(String),
    /// An answer to `Cancel`.
    Cancelled,
    /// It did not work.
    Failed {
        /// How.
        failure: Failure,
        /// Not to be tried again before so long.
        retry_after: Option<SignedDuration>,
    },
}

/// What a call took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Microseconds from the call to its end.
    pub wall_us: u64,
    /// Milliseconds of computing, in ticks of the host's clock.
    pub cpu_ms: u64,
    /// Most bytes of memory.
    pub memory_bytes: u64,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// How it ended.
    pub ended: Ended,
    /// What it said meanwhile.
    pub lines: Vec<Line>,
    /// What it took.
    pub spent: Spent,
}

/// Somebody that a selector chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The id of a contact of the client or of staff.
    pub id: String,
    /// Why.
    pub because: String,
}

/// What a check says of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The component that looked.
    pub digest: Hash,
    /// What is wrong, one sentence each; none when the value is fine.
    pub findings: Vec<String>,
}

/// What may be done when nobody knows how an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatSafe {
    /// Doing it again does no harm.
    Yes,
    /// The other side knows the call by its key.
    Key,
    /// The plugin is asked first.
    Find,
    /// A person decides.
    No,
}

/// A call that is being made.
pub type Calling = Pin<Box<dyn Future<Output = Called> + Send>>;

/// The plugins that a practice has.
pub trait Plugins: Send + Sync {
    /// What is offered under a dotted name now.
    fn offer(&self, name: &str) -> Option<Offer>;
    /// What may be done when nobody knows how an attempt of a task ended.
    fn repeat_safe(&self, digest: &Hash, name: &str) -> RepeatSafe;
    /// Calls a task's plugin. Bounds its own time.
    fn call(self: Arc<Self>, call: Call, desk: Arc<dyn Desk>) -> Calling;
    /// How many calls may run side by side.
    fn at_once_max(&self) -> usize;
    /// Who listens to an event now: the plugins' own names, with their components. Asked for every event.
    fn listeners(&self, _event: &str) -> Vec<(String, Hash)> {
        vec![]
    }
    /// How many of them may be of one component, so that a slow one leaves room for the others.
    fn at_once_max_each(&self) -> usize {
        self.at_once_max()
    }
    /// Asks a selector. It reads and computes, for a few milliseconds at most.
    ///
    /// # Errors
    /// When it fails, or there is none of this name.
    fn select(&self, inquiry: &Inquiry, settings: &Value, desk: &dyn Desk) -> Result<Vec<Choice>, Failure>;
    /// Asks what is wrong with a value.
    ///
    /// # Errors
    /// When the check itself fails, or there is none of this name.
    fn check(&self, inquiry: &Inquiry, value: &Value) -> Result<Examined, Failure>;
}

/// A practice without plugins.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPlugins;

impl NoPlugins {
    fn missing(name: &str) -> Failure {
        Failure::permanent(NO_SUCH_PLUGIN, format!("no plugin that is installed offers `{name}`"))
    }
}

impl Plugins for NoPlugins {
    fn offer(&self, _: &str) -> Option<Offer> {
        None
    }

    fn repeat_safe(&self, _: &Hash, _: &str) -> RepeatSafe {
        RepeatSafe::No
    }

    fn call(self: Arc<Self>, call: Call, _: Arc<dyn Desk>) -> Calling {
        Box::pin(async move {
            let ended = Ended::Failed { failure: Self::missing(&call.name), retry_after: None };
            Called { ended, lines: vec![], spent: Spent::default() }
        })
    }

    fn at_once_max(&self) -> usize {
        1
    }

    fn select(&self, inquiry: &Inquiry, _: &Value, _: &dyn Desk) -> Result<Vec<Choice>, Failure> {
        Err(Self::missing(&inquiry.name))
    }

    fn check(&self, inquiry: &Inquiry, _: &Value) -> Result<Examined, Failure> {
        Err(Self::missing(&inquiry.name))
    }
}
