//! What is known of a job without replaying it.
//!
//! Owns: deriving a head from a job. It is what lists show and what index rows follow from; the truth is the events.

use jiff::Timestamp;
use jobwright_core::{
    date::Period,
    event::DateKey,
    id::{ClientId, DefinitionId, Hash, JobId},
    job::{Job, JobState, Run},
    plan::OncePer,
    recipient::{PersonId, Reason},
    task::{TaskKey, TaskState},
};

/// Most open tasks that a head names; it counts all of them.
pub const TASKS_SHOWN_MAX: usize = 40;
/// Most people that a head names for one task.
pub const PEOPLE_SHOWN_MAX: usize = 5;

/// A job at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The job.
    pub id: JobId,
    /// Of which definition.
    pub definition: DefinitionId,
    /// Of which version.
    pub hash: Hash,
    /// For whom.
    pub client: ClientId,
    /// For which period.
    pub period: Option<Period>,
    /// Where it stands.
    pub state: JobState,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The number of its last event.
    pub events: u64,
    /// Tasks that may be or are being done, or have failed: the first ones due first, at most `TASKS_SHOWN_MAX`.
    pub tasks: Vec<OpenTask>,
    /// How many such tasks there are.
    pub open: u32,
    /// How many tasks nobody can complete now.
    pub uncompletable: u32,
    /// How many unsettled tasks are past their due date.
    pub overdue: u32,
    /// How many tasks failed and wait for a person.
    pub failed: u32,
    /// When the next unsettled task is due.
    pub due_at: Option<Timestamp>,
    /// Why the engine no longer touches it, when it does not.
    pub set_aside: Option<String>,
    /// What is ahead of it.
    pub outlook: Outlook,
}

/// A task that somebody or the engine can work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    /// Which.
    pub task: TaskKey,
    /// Where it stands.
    pub state: TaskState,
    /// Why it is uncompletable.
    pub reason: Option<Reason>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// Past its due date.
    pub overdue: bool,
    /// Who does it or was asked, at most `PEOPLE_SHOWN_MAX`.
    pub people: Vec<PersonId>,
}

/// What only the plan knows of a job's future.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// What its definition allows one job of.
    pub once_per: Option<OncePer>,
    /// When it wants to be looked at.
    pub wake_at: Option<Timestamp>,
    /// What it wants to be looked at for.
    pub waits: Waits,
}

/// The tasks that hang on people, and so on changes of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// On the client and its contacts.
    pub client: Vec<TaskKey>,
    /// On staff.
    pub staff: Vec<TaskKey>,
}

impl Outlook {
    /// Another outlook for a job that was opened under this one.
    pub(super) fn keeping_once_per(&self, after: &Self) -> Self {
        Self { once_per: self.once_per, ..after.clone() }
    }
}

impl Head {
    /// The head of a job as it stands.
    pub fn of(job: &Job, outlook: Outlook) -> Self {
        let has_dates = !job.dates.is_empty();
        let due = |task: &TaskKey| if has_dates { job.date(&DateKey::Due(task.clone())) } else { None };
        let (mut tasks, mut counts) = (Vec::new(), Counts::default());
        // A list's own entry follows its instances and would count them twice.
        for (key, run) in job.tasks.iter().filter(|(_, run)| run.items.is_none()) {
            let due_at = due(key);
            counts.add(run, due_at);
            if is_open(run) {
                tasks.push(open(key, run, due_at));
            }
        }
        tasks.sort_by_key(|task| (task.due_at.is_none(), task.due_at));
        tasks.truncate(TASKS_SHOWN_MAX);
        let Counts { open, uncompletable, overdue, failed, due_at } = counts;
        Self {
            id: job.id,
            definition: job.definition.clone(),
            hash: job.hash,
            client: job.client.clone(),
            period: job.period.clone(),
            state: job.state,
            opened_at: job.opened_at,
            ended_at: job.ended_at,
            events: job.events,
            tasks,
            open,
            uncompletable,
            overdue,
            failed,
            due_at,
            set_aside: None,
            outlook,
        }
    }

    /// Whether nothing but a person can go on with a part of it.
    pub fn needs_attention(&self) -> bool {
        self.set_aside.is_some() || (self.state == JobState::Open && self.failed > 0)
    }
}

/// What a head counts of its tasks.
#[derive(Default)]
struct Counts {
    open: u32,
    uncompletable: u32,
    overdue: u32,
    failed: u32,
    due_at: Option<Timestamp>,
}

impl Counts {
    fn add(&mut self, run: &Run, due_at: Option<Timestamp>) {
        let count = |number: &mut u32, counts: bool| *number = number.saturating_add(u32::from(counts));
        count(&mut self.open, is_open(run));
        count(&mut self.uncompletable, run.state == TaskState::Uncompletable);
        count(&mut self.overdue, run.overdue && !run.state.is_settled());
        count(&mut self.failed, run.state == TaskState::Failed);
        let ahead = due_at.filter(|_| !run.state.is_settled());
        self.due_at = [self.due_at, ahead].into_iter().flatten().min();
    }
}

fn is_open(run: &Run) -> bool {
    match run.state {
        TaskState::Ready
        | TaskState::Active
        | TaskState::AwaitingClient
        | TaskState::AwaitingExternal
        | TaskState::Uncompletable
        | TaskState::Failed => true,
        TaskState::Waiting | TaskState::Completed | TaskState::Skipped | TaskState::Cancelled => false,
    }
}

fn open(task: &TaskKey, run: &Run, due_at: Option<Timestamp>) -> OpenTask {
    OpenTask {
        task: task.clone(),
        state: run.state,
        reason: run.reason.clone(),
        due_at,
        overdue: run.overdue,
        people: run.doers().map(|person| person.id.clone()).take(PEOPLE_SHOWN_MAX).collect(),
    }
}
