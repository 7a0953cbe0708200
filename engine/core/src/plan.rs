//! A compiled job definition: what the machine walks.
//!
//! Owns: the shape of a plan. It is a plain value without YAML, compiled by `definition`, pinned to each job by its
//! hash. Expressions, scripts and texts are held by number: the core never evaluates them, it asks.

use crate::date::Rule;
use crate::event::DateKey;
use crate::id::{DefinitionId, Hash, Name, RoleId};
use crate::recipient::Selector;
use crate::retry::Retry;
use crate::value::{Field, Value};
use alloc::{collections::BTreeMap, string::String, vec, vec::Vec};

/// Most tasks of one definition.
pub const TASKS_MAX: usize = 500;
/// Most instances of one `for_each` task.
pub const ITEMS_MAX: usize = 500;
/// How deep dates may hang on one another. Rings are refused by the checks; this bounds what they cannot see.
pub const DATES_DEEP_MAX: usize = 64;
/// Most rounds that `reopen` may allow.
pub const REOPEN_LIMIT_MAX: u32 = 20;

/// An expression of the plan, by its place in `Plan::expressions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExpressionId(pub u32);

/// A script of the plan, by its place in `Plan::scripts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScriptId(pub u32);

/// A text with merge fields, by its place in `Plan::texts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId(pub u32);

/// A job definition, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The definition's id: for ever.
    pub id: DefinitionId,
    /// What people call it.
    pub name: String,
    /// A label for people; identity is the hash.
    pub version: Option<String>,
    /// The content hash of the canonical definition.
    pub hash: Hash,
    /// Who may have this job.
    pub applies_to: Option<ExpressionId>,
    /// Values fixed when the job opens.
    pub inputs: Vec<Input>,
    /// The contact roles used, with the label that the practice ticks.
    pub roles: Vec<(RoleId, String)>,
    /// Key dates, ordered so that each comes after those it names.
    pub dates: Vec<KeyDate>,
    /// When jobs open, and for which period.
    pub schedule: Option<Schedule>,
    /// The tasks, as listed.
    pub tasks: Vec<Task>,
    /// Messages by name.
    pub templates: BTreeMap<Name, Template>,
    /// What a new version means for running jobs.
    pub on_change: OnChange,
    /// The expressions' source.
    pub expressions: Vec<String>,
    /// The scripts.
    pub scripts: Vec<Script>,
    /// The texts' source.
    pub texts: Vec<Text>,
}

/// A value fixed when the job opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: Name,
    /// Its type and bounds.
    pub field: Field,
    /// Where it is taken from when nobody gives it.
    pub from: Option<ExpressionId>,
    /// What it is when `from` gives nothing.
    pub default: Option<Value>,
}

/// A date shown on the job and usable as an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDate {
    /// Its name.
    pub name: Name,
    /// Its rule.
    pub rule: Rule,
    /// What people call it.
    pub label: Option<String>,
    /// Shown as a column of boards.
    pub column: bool,
    /// The date exists only if this holds.
    pub when: Option<ExpressionId>,
}

/// When jobs open by themselves, and what a hand-started job takes from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The length of a period, when jobs repeat.
    pub every: Option<crate::date::Every>,
    /// A date that a period ends on (a client's year end), instead of the calendar's.
    pub anchor: Option<ExpressionId>,
    /// Shifts the period.
    pub offset: Option<Offset>,
    /// When a period's job opens.
    pub open: Option<Rule>,
    /// The calendar of working days; the practice's when absent.
    pub calendar: Option<String>,
    /// The time zone; the practice's when absent.
    pub zone: Option<String>,
    /// At most one job.
    pub once_per: Option<OncePer>,
}

/// How far a period is shifted from the calendar's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offset {
    /// How many.
    pub amount: Computed,
    /// Of which unit: day, week or month.
    pub unit: crate::date::OffsetUnit,
}

/// What a definition may have at most one job of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OncePer {
    /// One job for a client, ever.
    Client,
    /// One job for a client and period.
    Period,
}

/// A step of a job, as the practice sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its name within the definition.
    pub id: Name,
    /// What people call it; may merge fields.
    pub label: TextId,
    /// What must have happened before it.
    pub depends_on: Vec<Dependency>,
    /// Asked once, when dependencies hold and the start has come: false skips the task.
    pub when: Option<ExpressionId>,
    /// One instance for each item of a list.
    pub for_each: Option<ForEach>,
    /// Not before.
    pub start: Option<Rule>,
    /// Marked overdue after.
    pub due: Option<Rule>,
    /// No longer possible after.
    pub expires: Option<Rule>,
    /// Failed when still active at this moment; anchored on `task.active`.
    pub timeout: Option<Rule>,
    /// When to try again.
    pub retry: Retry,
    /// What happens when nobody can be found.
    pub on_uncompletable: OnUncompletable,
    /// What happens when it failed for good.
    pub on_failed: OnFailed,
    /// What happens on an outcome.
    pub on_outcome: BTreeMap<Name, Then>,
    /// What happens when it expires.
    pub on_expired: Option<Then>,
    /// What it must give.
    pub outputs: BTreeMap<Name, Field>,
    /// Tasks that its expressions, scripts and texts read; what its rules and selectors name is not repeated here.
    pub reads: Vec<Name>,
    /// What it does.
    pub work: Work,
}

/// What must have happened before a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// A task, in a state.
    Task {
        /// Which.
        task: Name,
        /// In which state.
        is: Is,
        /// Of a task with instances: each instance waits for the other task's instance of the same item.
        same_item: bool,
    },
    /// One of these.
    AnyOf(Vec<Dependency>),
}

/// The state a dependency asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Completed or skipped: what a plain name means.
    Done,
    /// Completed.
    Completed,
    /// Skipped.
    Skipped,
    /// Completed, skipped, failed or cancelled.
    Settled,
    /// Failed.
    Failed,
    /// Past its due date, open or not.
    Overdue,
}

/// One instance for each item of a list, which is frozen when the task becomes ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForEach {
    /// The name under which the item is seen.
    pub item: Name,
    /// Gives the list.
    pub list: ExpressionId,
    /// Gives an item's identity, from the item.
    pub key: ExpressionId,
}

/// A literal value, or one to be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Computed {
    /// Stands there.
    Literal(Value),
    /// `{ expr: … }`.
    Expression(ExpressionId),
}

/// What happens when nobody can be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnUncompletable {
    /// Who is told, once.
    pub notify: Option<Selector>,
    /// What they are told; a standard text when absent.
    pub message: Option<TextId>,
    /// When to stop waiting; anchored on `task.uncompletable`.
    pub after: Option<Rule>,
    /// What then.
    pub otherwise: Otherwise,
}

/// What becomes of a task that nobody can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Otherwise {
    /// It stays.
    #[default]
    Hold,
    /// It is skipped.
    Skip,
    /// The practice's default assignee does it by hand.
    Manual,
    /// It fails.
    Fail,
}

/// What happens when a task failed for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnFailed {
    /// Who is told, once.
    pub notify: Option<Selector>,
    /// What then: hold (failed, a person decides), skip or manual.
    pub otherwise: Otherwise,
    /// Complete it with this outcome instead.
    pub continue_as: Option<Name>,
}

/// What an outcome or an expiry does to the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Sets a task, this one and everything that depends on either back to waiting.
    Reopen {
        /// The first task to be done again.
        task: Name,
        /// How often; 1 to `REOPEN_LIMIT_MAX`.
        limit: u32,
        /// What becomes of the task once that is reached.
        on_limit: OnLimit,
    },
    /// Cancels the job, for this reason.
    CancelJob(String),
    /// Completes the job: what is still open is cancelled.
    CompleteJob,
}

/// What becomes of a task that would reopen a part of the job once more than it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLimit {
    /// It fails, and a person decides.
    #[default]
    Fail,
    /// The job goes on with the outcome; one that expired is skipped.
    Continue,
}

/// What a task does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Writes letters.
    Email(Email),
    /// Asks people for something: documents, answers, an approval, signatures, work.
    Request(Request),
    /// Computes outputs.
    Script(ScriptId),
    /// Changes the client's record.
    UpdateClient(Vec<(String, Computed)>),
    /// Starts another job for the client.
    StartJob(StartJob),
    /// Waits for a moment.
    Wait(Rule),
    /// Calls a plugin that the practice has added.
    Plugin(PluginTask),
}

/// Letters to a task's recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// To whom.
    pub recipient: Selector,
    /// Who gets an open copy.
    pub cc: Option<Selector>,
    /// Who gets a hidden copy.
    pub bcc: Option<Selector>,
    /// What it says.
    pub template: Name,
    /// Whether it obeys the opt-out.
    pub class: Class,
}

/// The class of a letter: it decides whether an opt-out stops it (b071).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A task's own mail: always goes.
    #[default]
    Service,
    /// Obeys the contact's opt-out.
    Crm,
}

impl Class {
    /// The word used in definitions and `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Crm => "crm",
        }
    }
}

/// Something people are asked for. One machine serves documents, forms, approvals, signatures and plain work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who is asked; signers name their own.
    pub asked: Asked,
    /// What is asked.
    pub parts: Parts,
    /// The letter that asks; the standard one of its kind when absent.
    pub template: Option<Name>,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// People who are written to.
    Recipient(Selector),
    /// Staff who find it on their desk; the practice's default assignee when absent.
    Assign(Option<Selector>),
    /// Each signer names their own.
    Signers,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Files.
    Documents {
        /// What is wanted.
        items: Vec<Item>,
        /// Each item may be answered by "nothing to report".
        nothing_to_report: bool,
    },
    /// Values.
    Form(Vec<Item>),
    /// One of these outcomes; the first one needs `required` people, any other closes at once.
    Approval {
        /// The outcomes, as listed.
        outcomes: Vec<Name>,
        /// How many people must give the first outcome.
        required: Required,
    },
    /// Signatures under a document.
    Signature {
        /// What is signed.
        document: Option<Computed>,
        /// Who signs, in order.
        signers: Vec<Signer>,
        /// How many signers must sign.
        required: Required,
    },
    /// Work done by hand.
    Manual {
        /// What belongs to it.
        checklist: Vec<String>,
    },
}

/// One thing wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name within the task.
    pub id: Name,
    /// What people call it.
    pub label: TextId,
    /// Must be answered.
    pub required: bool,
    /// What is taken.
    pub takes: Takes,
    /// Which contacts of the client may see what was handed in; every active one when absent (b022).
    pub visible_to: Option<Selector>,
}

/// What an item takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A file with one of these endings; any when empty.
    File {
        /// Endings in lower case, without the dot.
        accept: Vec<String>,
    },
    /// A value.
    Value(Field),
}

/// How many must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// All of them.
    All,
    /// So many.
    AtLeast(u32),
}

impl Required {
    /// The number out of so many.
    pub fn of(self, all: usize) -> usize {
        match self {
            Self::All => all,
            Self::AtLeast(number) => (number as usize).min(all),
        }
    }
}

/// One place under a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Its name within the task.
    pub id: Name,
    /// Who signs here; each person chosen must.
    pub recipient: Selector,
    /// Asked only after this signer has signed.
    pub after: Option<Name>,
}

/// Another job for the same client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartJob {
    /// Which definition.
    pub job: Computed,
    /// For which period, by key or by a day in it; the one that opened last when absent.
    pub period: Option<Computed>,
    /// Its inputs.
    pub with: Vec<(Name, Computed)>,
    /// Key dates that it takes over instead of working them out.
    pub dates: Vec<(Name, Computed)>,
    /// Completed only when that job has ended.
    pub wait: bool,
    /// Outputs of the task by name, and which output of which task of that job each is taken from.
    pub take: Vec<(Name, Taken)>,
    /// What becomes of that job when this one ends.
    pub on_parent_end: OnParentEnd,
}

/// An output of another job's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The task, as the other definition calls it.
    pub task: Name,
    /// Its output.
    pub output: Name,
}

/// What becomes of a job when the one that started it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnParentEnd {
    /// It is cancelled when the other is cancelled, or ends while it still waits for it.
    #[default]
    CancelWithIt,
    /// It is cancelled however the other ends.
    Cancel,
    /// It goes on.
    Keep,
}

/// Work that a plugin does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginTask {
    /// The task type by its dotted name.
    pub name: String,
    /// Its settings.
    pub with: Vec<(String, Computed)>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The subject; the task's label when absent.
    pub subject: Option<TextId>,
    /// The plain text.
    pub body: TextId,
    /// The same as HTML.
    pub html: Option<TextId>,
}

/// A text with merge fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What is written in the definition.
    pub source: String,
    /// Where it goes, which decides what is escaped.
    pub kind: TextKind,
}

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextKind {
    /// One line: a subject, a label.
    Line,
    /// Plain text.
    Body,
    /// HTML: merged values are escaped.
    Html,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What is written in the definition.
    pub source: String,
    /// The file beside the definition that it was read from, so that an error can name it.
    pub file: Option<String>,
    /// What it may read, as dotted paths; everything its task may see when empty.
    pub reads: Vec<String>,
    /// Most operations it may take.
    pub operations_max: u64,
}

/// What a new version means for running jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnChange {
    /// What `publish` does when nobody says.
    pub running_jobs: RunningJobs,
    /// Keeps a job back.
    pub unless: Option<ExpressionId>,
    /// Old task names to new ones.
    pub map: BTreeMap<Name, Name>,
}

/// What becomes of running jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunningJobs {
    /// A person decides (b014).
    #[default]
    Ask,
    /// Those without a conflict move.
    Auto,
    /// They end on the version they began with (b017).
    Never,
}

impl Plan {
    /// A task by name.
    pub fn task(&self, id: &Name) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == *id)
    }

    /// Whether a plugin chooses people somewhere in it.
    pub fn asks_plugins(&self) -> bool {
        self.tasks.iter().flat_map(Task::selectors).any(Selector::asks_plugin)
    }

    /// The rule of a date of its jobs.
    pub fn rule(&self, key: &DateKey) -> Option<&Rule> {
        if let DateKey::Key(name) = key {
            return self.dates.iter().find(|date| date.name == *name).map(|date| &date.rule);
        }
        let task = self.task(&key.task()?.task)?;
        match key {
            DateKey::Key(_) => None,
            DateKey::Start(_) => task.start.as_ref(),
            DateKey::Due(_) => task.due.as_ref(),
            DateKey::Expires(_) => task.expires.as_ref(),
            DateKey::Timeout(_) => task.timeout.as_ref(),
            DateKey::GiveUp(_) => task.on_uncompletable.after.as_ref(),
            DateKey::Until(_) => match &task.work {
                Work::Wait(rule) => Some(rule),
                _ => None,
            },
        }
    }

    /// Whether a person wrote the time of day that a date has, in its rule or where that hangs: by `at`, or as a field
    /// that holds an instant.
    pub fn writes_time(&self, key: &DateKey) -> bool {
        let mut key = key.clone();
        for _ in 0..DATES_DEEP_MAX {
            let Some(rule) = self.rule(&key) else { return false };
            let mut below = None;
            let writes = rule.writes_time(|path| match DateKey::of_anchor(path, key.task()) {
                Some(next) => {
                    below = Some(next);
                    false
                }
                None => path.starts_with("inputs.") || path.starts_with("client."),
            });
            match below {
                Some(next) if !writes => key = next,
                _ => return writes,
            }
        }
        false
    }

    /// Whether it has any date.
    pub fn has_rules(&self) -> bool {
        !self.dates.is_empty() || self.tasks.iter().any(Task::has_rules)
    }

    /// Whether some date hangs on what becomes of this task, so that it is worked out anew when the task moves.
    pub fn is_anchor(&self, task: &Name) -> bool {
        let named = |rule: &Rule, own: bool| {
            rule.anchors().any(|path| match path.split_once('.') {
                Some(("tasks", rest)) => rest.split('.').next() == Some(task.as_str()),
                Some(("task", _)) => own,
                _ => false,
            })
        };
        self.dates.iter().any(|date| named(&date.rule, false))
            || self.tasks.iter().any(|other| other.rules().any(|rule| named(rule, other.id == *task)))
    }

    /// Every task that this one is built on: those it waits for, those it reads, those that its start or its end hangs
    /// on by a date, and those whose people must be others than its own.
    pub fn built_on<'a>(&'a self, task: &'a Task) -> Vec<&'a Name> {
        let mut names = dependencies(&task.depends_on);
        names.extend(&task.reads);
        names.extend(task.selectors().into_iter().filter_map(|selector| selector.not_same_as.as_ref()));
        let until = match &task.work {
            Work::Wait(rule) => Some(rule),
            _ => None,
        };
        for rule in task.start.iter().chain(until) {
            names.extend(self.anchored_on(rule));
        }
        names
    }

    /// The tasks that a date hangs on, itself or by key dates.
    pub fn anchored_on(&self, rule: &Rule) -> Vec<&Name> {
        let (mut names, mut rules) = (Vec::new(), vec![rule]);
        let mut left: Vec<&KeyDate> = self.dates.iter().collect();
        // Each key date is followed once, so this ends.
        while let Some(rule) = rules.pop() {
            for path in rule.anchors() {
                let mut parts = path.split('.');
                match (parts.next(), parts.next()) {
                    (Some("tasks"), Some(task)) => {
                        names.extend(self.tasks.iter().map(|one| &one.id).filter(|id| id.as_str() == task));
                    }
                    (Some("dates"), Some(date)) | (Some(date), None) => {
                        rules.extend(left.extract_if(.., |one| one.name.as_str() == date).map(|one| &one.rule));
                    }
                    _ => {}
                }
            }
        }
        names
    }

    /// Whether some date hangs on the client's record, so that it is worked out anew when the record changes.
    pub fn has_client_dates(&self) -> bool {
        let of_client = |rule: &Rule| rule.anchors().any(|path| path.starts_with("client."));
        self.dates.iter().any(|date| of_client(&date.rule)) || self.tasks.iter().any(|task| task.rules().any(of_client))
    }

    /// The source of an expression.
    pub fn expression(&self, id: ExpressionId) -> &str {
        self.expressions.get(id.0 as usize).map_or("", String::as_str)
    }

    /// A script.
    pub fn script(&self, id: ScriptId) -> Option<&Script> {
        self.scripts.get(id.0 as usize)
    }

    /// A text.
    pub fn text(&self, id: TextId) -> Option<&Text> {
        self.texts.get(id.0 as usize)
    }
}

/// The tasks that dependencies name.
pub fn dependencies<'a>(all: impl IntoIterator<Item = &'a Dependency>) -> Vec<&'a Name> {
    let mut names = Vec::new();
    for dependency in all {
        match dependency {
            Dependency::Task { task, .. } => names.push(task),
            Dependency::AnyOf(branches) => names.extend(dependencies(branches)),
        }
    }
    names
}

impl Task {
    /// Whether it has any date of its own.
    pub fn has_rules(&self) -> bool {
        self.start.is_some()
            || self.due.is_some()
            || self.expires.is_some()
            || self.timeout.is_some()
            || self.on_uncompletable.after.is_some()
            || matches!(self.work, Work::Wait(_))
    }

    /// All date rules of the task.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let until = match &self.work {
            Work::Wait(rule) => Some(rule),
            _ => None,
        };
        let own = [&self.start, &self.due, &self.expires, &self.timeout, &self.on_uncompletable.after];
        own.into_iter().flatten().chain(until)
    }
}

impl Task {
    /// Every selector of the task, but for who may see what was handed in.
    pub fn selectors(&self) -> Vec<&Selector> {
        let told = [&self.on_uncompletable.notify, &self.on_failed.notify];
        let mut all: Vec<&Selector> = told.into_iter().flatten().collect();
        match &self.work {
            Work::Email(email) => {
                all.extend([Some(&email.recipient), email.cc.as_ref(), email.bcc.as_ref()].into_iter().flatten());
            }
            Work::Request(request) => {
                match &request.asked {
                    Asked::Recipient(selector) => all.push(selector),
                    Asked::Assign(selector) => all.extend(selector),
                    Asked::Signers => {}
                }
                if let Parts::Signature { signers, .. } = &request.parts {
                    all.extend(signers.iter().map(|signer| &signer.recipient));
                }
            }
            Work::Script(_) | Work::UpdateClient(_) | Work::StartJob(_) | Work::Wait(_) | Work::Plugin(_) => {}
        }
        all
    }
}

impl Work {
    /// The word after `type:` in a definition; a plugin's own is in its task.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Request(request) => match request.parts {
                Parts::Documents { .. } => "document_request",
                Parts::Form(_) => "form",
                Parts::Approval { .. } => "approval",
                Parts::Signature { .. } => "signature",
                Parts::Manual { .. } => "manual",
            },
            Self::Script(_) => "script",
            Self::UpdateClient(_) => "update_client",
            Self::StartJob(_) => "start_job",
            Self::Wait(_) => "wait",
            Self::Plugin(_) => "plugin",
        }
    }
}
