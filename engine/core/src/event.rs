//! What happened, for good.
//!
//! Owns: the vocabulary of facts. Events are all that a job is made of: `Job::apply` moves by them alone, live and on
//! recovery, and effects follow from them. Leaves how they are written as bytes to `store`.

use crate::bound;
use crate::command::Act;
use crate::date::{Period, When};
use crate::effect::Failure;
use crate::id::{ClientId, DefinitionId, EffectId, Hash, JobId, Name, StaffId};
use crate::plan::{Class, OnParentEnd};
use crate::recipient::{Person, PersonId, Reason, Resolution};
use crate::task::TaskKey;
use crate::value::{Document, Value, Values};
use alloc::{string::String, vec::Vec};
use core::fmt;
use jiff::Timestamp;

/// An event in its place on the job's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Counts the job's events from 1.
    pub number: u64,
    /// When it happened, by the clock of the store, which never runs back.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What can happen to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A job began.
    JobOpened(Opened),
    /// The job that started this one hands it key dates, which are not worked out any more.
    KeyDatesGiven {
        /// Which.
        dates: Vec<(Name, When)>,
    },
    /// Each instance of a task waits for another task's instance of the same item.
    InstancesHeld {
        /// Of which task.
        task: TaskKey,
    },
    /// Dates were worked out, or moved because what they hang on moved.
    DatesSet {
        /// The new ones, and those that changed.
        dates: Vec<(DateKey, Dated)>,
    },
    /// Its dependencies hold, its start has come and its condition is true.
    TaskReady {
        /// Which.
        task: TaskKey,
    },
    /// Its list is frozen: one instance each.
    TaskExpanded {
        /// Which.
        task: TaskKey,
        /// The items by identity, in order.
        items: Vec<(String, Value)>,
    },
    /// It is not needed.
    TaskSkipped {
        /// Which.
        task: TaskKey,
        /// Why.
        why: Skip,
    },
    /// A selector was asked; the proof of its answer (b020).
    RecipientsResolved {
        /// For which task.
        task: TaskKey,
        /// For which place in it.
        slot: Slot,
        /// The answer.
        resolution: Resolution,
        /// The directory it was asked of.
        revision: Revision,
    },
    /// It began.
    TaskActivated {
        /// Which.
        task: TaskKey,
        /// Who must act now.
        awaits: Awaits,
        /// What is to be signed, fixed now; for a signature.
        document: Option<Value>,
    },
    /// Nobody can be found, or data is missing.
    TaskUncompletable {
        /// Which.
        task: TaskKey,
        /// Why.
        reason: Reason,
        /// For which place in it.
        slot: Slot,
    },
    /// The directory changed, and it can be done again (b019).
    TaskMended {
        /// Which.
        task: TaskKey,
        /// The directory as it is now.
        revision: Revision,
    },
    /// A letter is frozen and wants to leave.
    LetterWritten {
        /// For which task.
        task: TaskKey,
        /// For which place in it.
        slot: Slot,
        /// The letter.
        letter: Letter,
    },
    /// Nobody could be told of a task's trouble.
    NoticeUnsent {
        /// Of which task.
        task: TaskKey,
        /// Why not.
        why: String,
    },
    /// The mail server took a letter.
    LetterSent {
        /// Which.
        effect: EffectId,
        /// What the server said.
        reply: String,
    },
    /// The mail server refused a letter for good.
    LetterRefused {
        /// Which.
        effect: EffectId,
        /// The address it refused.
        address: String,
        /// What the server said.
        reply: String,
    },
    /// A letter that has not left is no longer wanted.
    LetterDropped {
        /// Which.
        effect: EffectId,
    },
    /// An effect failed and is tried again.
    EffectDelayed {
        /// Which.
        effect: EffectId,
        /// How.
        failure: Failure,
        /// How many tries there were.
        tries: u32,
        /// When the next one is.
        next_at: Timestamp,
    },
    /// An effect failed and is not tried again.
    EffectGivenUp {
        /// Which.
        effect: EffectId,
        /// How.
        failure: Failure,
    },
    /// Part of a document request or form was answered.
    ItemAnswered {
        /// Of which task.
        task: TaskKey,
        /// Which part.
        item: Name,
        /// With what.
        answer: Answered,
        /// By whom.
        by: Actor,
    },
    /// Somebody gave an outcome, and more people must.
    OutcomeGiven {
        /// Of which task.
        task: TaskKey,
        /// Which.
        outcome: Name,
        /// By whom.
        by: Actor,
        /// In their words.
        note: Option<String>,
    },
    /// Somebody signed.
    Signed {
        /// Which task.
        task: TaskKey,
        /// In which place.
        signer: Name,
        /// By whom.
        by: Actor,
    },
    /// Somebody declined to sign.
    SignatureDeclined {
        /// Which task.
        task: TaskKey,
        /// In which place.
        signer: Name,
        /// By whom.
        by: Actor,
        /// Why.
        note: Option<String>,
    },
    /// A job was asked for.
    ChildAsked {
        /// By which task.
        task: TaskKey,
        /// Of which definition.
        definition: DefinitionId,
        /// With which inputs.
        inputs: Values,
    },
    /// What else holds for the job that is asked for next.
    ChildTermsSet {
        /// By which task.
        task: TaskKey,
        /// For which period, by key or by a day in it.
        period: Option<String>,
        /// Key dates that it takes over.
        dates: Vec<(Name, When)>,
        /// What becomes of it when this job ends.
        on_parent_end: OnParentEnd,
    },
    /// The job asked for runs.
    ChildStarted {
        /// The effect that asked.
        effect: EffectId,
        /// The job.
        job: JobId,
    },
    /// The job asked for gave something back.
    ChildGave {
        /// The effect that asked.
        effect: EffectId,
        /// The outputs of this job's task, as taken from the other job.
        outputs: Values,
    },
    /// The job asked for has ended.
    ChildEnded {
        /// The effect that asked.
        effect: EffectId,
        /// Whether it completed; else it was cancelled.
        completed: bool,
    },
    /// A plugin was chosen, with its settings: the same for all attempts.
    PluginAsked {
        /// By which task.
        task: TaskKey,
        /// The dotted name of its type.
        name: String,
        /// The component.
        digest: Hash,
        /// Its settings.
        settings: Value,
    },
    /// A plugin said something while it ran.
    PluginSaid {
        /// In which call.
        effect: EffectId,
        /// What.
        lines: Vec<Line>,
    },
    /// A plugin kept progress, which its next attempt finds.
    ProgressKept {
        /// In which call.
        effect: EffectId,
        /// Under which name.
        name: String,
        /// What: JSON.
        value: String,
    },
    /// A plugin's answer comes later.
    PluginDeferred {
        /// In which call.
        effect: EffectId,
        /// Under which name.
        correlation: String,
        /// When it is asked for; never by itself when absent.
        next_at: Option<Timestamp>,
        /// A word of the plugin.
        note: Option<String>,
    },
    /// A plugin's call came back for good.
    PluginReturned {
        /// Which.
        effect: EffectId,
    },
    /// A plugin that listens was told of an event, and said or changed something; or could not be told.
    ListenerHeard {
        /// Which telling.
        effect: EffectId,
        /// Who listens: the plugin's own name.
        listener: String,
        /// What it said.
        lines: Vec<Line>,
        /// New values of the client's fields.
        changes: Vec<(String, Value)>,
        /// Why it could not be told.
        failure: Option<Failure>,
    },
    /// A plugin's check found nothing wrong with a value, which counts from here on.
    ValueChecked {
        /// Of which task.
        task: TaskKey,
        /// Which answer or output.
        name: Name,
        /// The check, by its dotted name.
        check: String,
        /// The component that looked.
        digest: Hash,
    },
    /// The client's record was changed by a task.
    ClientUpdated {
        /// By which task.
        task: TaskKey,
        /// The fields and their new values.
        changes: Vec<(String, Value)>,
    },
    /// It is done.
    TaskCompleted {
        /// Which.
        task: TaskKey,
        /// With which outcome, where it has outcomes.
        outcome: Option<Name>,
        /// What it gave.
        outputs: Values,
        /// By whom.
        by: Actor,
        /// In their words.
        note: Option<String>,
    },
    /// It was given up.
    TaskFailed {
        /// Which.
        task: TaskKey,
        /// How.
        failure: Failure,
    },
    /// The practice does it by hand from here on.
    TaskTakenOver {
        /// Which.
        task: TaskKey,
        /// Why.
        because: String,
    },
    /// Others do it now.
    TaskReassigned {
        /// Which.
        task: TaskKey,
        /// Who does it now.
        people: Vec<Person>,
        /// Who said so.
        by: Actor,
        /// In their words.
        note: Option<String>,
    },
    /// Whoever a letter is for that has not left is otherwise now: it is written again, or does not leave.
    RecipientChanged {
        /// Of which task.
        task: TaskKey,
        /// In which place of it.
        slot: Slot,
        /// The person as they were when the letter was written.
        before: Person,
        /// The person as they are now, if they are still to be written to.
        after: Option<Person>,
        /// Why they are not.
        reason: Option<Reason>,
    },
    /// A person tries a failed task again.
    TaskRetried {
        /// Which.
        task: TaskKey,
        /// Who said so.
        by: Actor,
    },
    /// A part of the job is done once more.
    TasksReopened {
        /// The task whose outcome did it.
        cause: TaskKey,
        /// The first task to be done again.
        from: Name,
        /// All that are, in the order listed.
        tasks: Vec<TaskKey>,
    },
    /// It is past its due date: a mark, not a state.
    TaskOverdue {
        /// Which.
        task: TaskKey,
    },
    /// Somebody tried what they may not.
    ActRefused {
        /// On which task.
        task: TaskKey,
        /// What they tried.
        act: ActWord,
        /// Who.
        by: Actor,
        /// Why not.
        why: String,
    },
    /// The job goes on under another version of its definition (b016).
    JobMoved {
        /// The version it left.
        from: Hash,
        /// The version it follows now.
        to: Hash,
        /// Tasks that are new.
        added: Vec<Name>,
        /// Tasks that are gone.
        removed: Vec<Name>,
        /// Tasks with another name now.
        renamed: Vec<(Name, Name)>,
        /// Who said so.
        by: Actor,
    },
    /// Nothing is left to do.
    JobCompleted,
    /// The job was ended before its time.
    JobCancelled {
        /// Who said so.
        by: Actor,
        /// Why.
        why: String,
    },
    /// Staff said that it is done, though its turn had not come.
    TaskDoneOutOfTurn(Forced),
    /// Staff closed it, though something that it asks for is missing.
    TaskOverridden(Forced),
    /// An answer or output was corrected; what it was before stays on the timeline.
    AnswerAmended(Amended),
    /// Staff have a part of the job done once more.
    TaskReopened {
        /// The task or instance that they named.
        from: TaskKey,
        /// All that is done once more, in the order listed.
        tasks: Vec<TaskKey>,
        /// Who said so.
        by: Actor,
        /// Why.
        note: String,
    },
    /// A signature no longer counts, since what was signed is made again.
    SignatureVoided {
        /// Of which task.
        task: TaskKey,
        /// In which place.
        signer: Name,
        /// Whose it was.
        by: Actor,
    },
    /// An outcome or an expiry was to reopen a part of the job, as often as that may be: it is recorded, and reopens
    /// nothing.
    ReopenLimitReached {
        /// The task that ended so.
        task: TaskKey,
        /// The task that is not done again.
        from: Name,
        /// How often it may be.
        limit: u32,
        /// The outcome; absent when it expired.
        outcome: Option<Name>,
        /// Who gave it.
        by: Actor,
        /// In their words.
        note: Option<String>,
    },
    /// A cancellation was taken back.
    JobUncancelled {
        /// Who said so.
        by: Actor,
        /// Why.
        note: String,
    },
}

/// How staff closed a task by their own decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forced {
    /// Which.
    pub task: TaskKey,
    /// The outcome that followers see: `out_of_turn`, `overridden`, or one of the task's own that staff named.
    pub outcome: Name,
    /// What was given as its outputs.
    pub outputs: Values,
    /// What was given as answers to its items.
    pub answers: Vec<(Name, Answered)>,
    /// Required items and outputs that nobody has given.
    pub missing: Vec<Name>,
    /// Who said so.
    pub by: Actor,
    /// Why.
    pub note: String,
}

/// One answer or output, corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// Of which task.
    pub task: TaskKey,
    /// Which item or output.
    pub item: Name,
    /// Whether it is an output, not an item.
    pub is_output: bool,
    /// What it was; absent when nobody had given it.
    pub before: Option<Answered>,
    /// What it is now.
    pub after: Answered,
    /// Who said so.
    pub by: Actor,
    /// Why.
    pub note: String,
    /// Tasks that had begun and may have been built on what it was.
    pub built: Vec<TaskKey>,
}

/// What a job begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The job.
    pub job: JobId,
    /// Of which definition.
    pub definition: DefinitionId,
    /// Of which version.
    pub hash: Hash,
    /// For whom.
    pub client: ClientId,
    /// For which period.
    pub period: Option<Period>,
    /// Its inputs.
    pub inputs: Values,
    /// Its tasks, as listed.
    pub tasks: Vec<Name>,
    /// Who started it.
    pub by: Actor,
    /// The effect of another job that asked for it.
    pub parent: Option<EffectId>,
}

/// A date of a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateKey {
    /// A key date of the definition.
    Key(Name),
    /// Not before.
    Start(TaskKey),
    /// Overdue after.
    Due(TaskKey),
    /// No longer possible after.
    Expires(TaskKey),
    /// Failed if still active.
    Timeout(TaskKey),
    /// Waiting for somebody ends.
    GiveUp(TaskKey),
    /// A wait ends.
    Until(TaskKey),
}

impl DateKey {
    /// The date that an anchor of a rule names, in a rule of this task or of none.
    pub fn of_anchor(path: &str, own: Option<&TaskKey>) -> Option<Self> {
        let of_task = |task: TaskKey, date: &str| match date {
            "start" => Some(Self::Start(task)),
            "due" => Some(Self::Due(task)),
            "expires" => Some(Self::Expires(task)),
            _ => None,
        };
        let mut parts = path.splitn(3, '.');
        match (parts.next()?, parts.next(), parts.next()) {
            ("due", None, None) => Some(Self::Due(own?.clone())),
            ("task", Some(date), None) => of_task(own?.clone(), date),
            ("tasks", Some(task), Some(date)) => of_task(task.parse().ok()?, date),
            ("dates", Some(name), None) | (name, None, None) => Some(Self::Key(name.parse().ok()?)),
            _ => None,
        }
    }

    /// The task it belongs to.
    pub fn task(&self) -> Option<&TaskKey> {
        match self {
            Self::Key(_) => None,
            Self::Start(task)
            | Self::Due(task)
            | Self::Expires(task)
            | Self::Timeout(task)
            | Self::GiveUp(task)
            | Self::Until(task) => Some(task),
        }
    }
}

impl fmt::Display for DateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(name) => write!(f, "{name}"),
            Self::Start(task) => write!(f, "tasks.{task}.start"),
            Self::Due(task) => write!(f, "tasks.{task}.due"),
            Self::Expires(task) => write!(f, "tasks.{task}.expires"),
            Self::Timeout(task) => write!(f, "tasks.{task}.timeout"),
            Self::GiveUp(task) => write!(f, "tasks.{task}.on_uncompletable.after"),
            Self::Until(task) => write!(f, "tasks.{task}.until"),
        }
    }
}

/// A date that is known, or what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dated {
    /// Known: what to show, and the instant it means.
    On {
        /// The day or the instant, as the rule gives it.
        when: When,
        /// The instant that counts.
        at: Timestamp,
    },
    /// Not known: this anchor has no value.
    Unknown(String),
    /// Its own condition is false: there is no such date.
    Absent,
}

impl Dated {
    /// The instant that counts, when it is known.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::On { at, .. } => Some(*at),
            Self::Unknown(_) | Self::Absent => None,
        }
    }
}

/// Why a task was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Its condition is false.
    ConditionFalse,
    /// What it waits for can never happen.
    Unreachable,
    /// Its list is empty.
    NothingToDo,
    /// Nobody was found in time.
    NobodyFound(Reason),
    /// It failed, and its definition goes on without it.
    Failed,
    /// A person said so.
    Person {
        /// Who.
        by: Actor,
        /// Why.
        note: String,
    },
    /// It expired, and was to open a part of the job again more often than its definition allows.
    AtLimit,
}

/// A place in a task that people fill.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// Who is written to or asked.
    Recipient,
    /// Who gets an open copy.
    Cc,
    /// Who gets a hidden copy.
    Bcc,
    /// Who does the work.
    Assign,
    /// Who signs in this place.
    Signer(Name),
    /// Who is told of trouble.
    Notice,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipient => f.write_str("recipient"),
            Self::Cc => f.write_str("cc"),
            Self::Bcc => f.write_str("bcc"),
            Self::Assign => f.write_str("assign"),
            Self::Signer(name) => write!(f, "signer {name}"),
            Self::Notice => f.write_str("notice"),
        }
    }
}

/// Who must act on a task that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// The engine.
    Engine,
    /// Staff.
    Staff,
    /// The client.
    Client,
    /// Somebody outside.
    Outside,
}

/// The versions of the directory that an answer was read from: its read set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision {
    /// The client's row.
    pub client: u64,
    /// The staff's row.
    pub staff: u64,
}

/// A letter, frozen: this is what was sent, whatever the definition says later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Whom it goes to: one person.
    pub to: Person,
    /// Whose letter this is a copy of: it greets them, not the one it goes to.
    pub copy_of: Option<Person>,
    /// Who gets an open copy, named in every copy.
    pub cc: Vec<Person>,
    /// Whether it obeyed the opt-out.
    pub class: Class,
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
}

/// How grave a plugin's line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// For whoever reads the timeline.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something went wrong.
    Error,
}

impl Level {
    /// All of them, the least grave first.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line that a plugin said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How grave.
    pub level: Level,
    /// What.
    pub message: String,
    /// With what: a JSON object as text, or nothing.
    pub fields: String,
}

/// The answer to one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// A value or a document.
    Value(Value),
    /// Nothing to report.
    Nothing,
}

impl Answered {
    /// The document, when it is one.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Value(Value::Document(document)) => Some(document),
            _ => None,
        }
    }
}

/// Who did something, as far as the engine can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The engine itself, by its rules.
    Engine,
    /// Staff.
    Staff {
        /// Who.
        id: StaffId,
        /// The account of the operating system that entered it.
        entered_by: String,
    },
    /// A contact, or whoever acted in their name.
    Contact {
        /// Who.
        id: crate::id::ContactId,
        /// The account of the operating system that entered it.
        entered_by: String,
    },
    /// Whoever may open the practice's folder, when no staff is named.
    Operator {
        /// The account of the operating system.
        entered_by: String,
    },
    /// A contact, whose act the practice entered.
    Entered {
        /// Who acts.
        contact: crate::id::ContactId,
        /// Who entered it; absent when the practice names no operator.
        staff: Option<StaffId>,
        /// The account of the operating system that entered it.
        entered_by: String,
        /// Whether the contact was there, by the word of who entered it; else it was entered for them.
        is_present: bool,
    },
}

impl Actor {
    /// The person, when it is one of the directory.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Staff { id, .. } => Some(PersonId::Staff(id.clone())),
            Self::Contact { id, .. } | Self::Entered { contact: id, .. } => Some(PersonId::Contact(id.clone())),
            Self::Engine | Self::Operator { .. } => None,
        }
    }

    /// The member of staff who entered what somebody else did.
    pub fn enterer(&self) -> Option<PersonId> {
        match self {
            Self::Entered { staff, .. } => staff.clone().map(PersonId::Staff),
            Self::Engine | Self::Staff { .. } | Self::Contact { .. } | Self::Operator { .. } => None,
        }
    }

    /// Whether this person did it or entered it: who checks must be somebody else than either.
    pub fn is_or_entered(&self, person: &PersonId) -> bool {
        self.person().as_ref() == Some(person) || self.enterer().as_ref() == Some(person)
    }

    /// Whether a contact acts, at their own door or entered by the practice.
    pub fn is_contact(&self) -> bool {
        matches!(self, Self::Contact { .. } | Self::Entered { .. })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => f.write_str("the engine"),
            Self::Staff { id, .. } => write!(f, "staff {id}"),
            Self::Contact { id, .. } => write!(f, "contact {id}"),
            Self::Operator { entered_by } => write!(f, "{entered_by}"),
            Self::Entered { contact, staff: Some(staff), .. } => {
                write!(f, "contact {contact}, entered by staff {staff}")
            }
            Self::Entered { contact, staff: None, entered_by, .. } => {
                write!(f, "contact {contact}, entered by {entered_by}")
            }
        }
    }
}

/// What a person tried, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActWord {
    /// Completing a task.
    Complete,
    /// Answering an item.
    Answer,
    /// Giving an outcome.
    Approve,
    /// Signing.
    Sign,
    /// Declining to sign.
    Decline,
    /// Skipping.
    Skip,
    /// Reassigning.
    Reassign,
    /// Trying again.
    Retry,
    /// Completing a task whose turn has not come.
    OutOfTurn,
    /// Closing a task though something is missing.
    Override,
    /// Having a part of the job done again.
    Reopen,
    /// Correcting an answer.
    Amend,
}

impl ActWord {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Complete,
        Self::Answer,
        Self::Approve,
        Self::Sign,
        Self::Decline,
        Self::Skip,
        Self::Reassign,
        Self::Retry,
        Self::OutOfTurn,
        Self::Override,
        Self::Reopen,
        Self::Amend,
    ];

    /// The verb of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Answer => "answer",
            Self::Approve => "approve",
            Self::Sign => "sign",
            Self::Decline => "decline",
            Self::Skip => "skip",
            Self::Reassign => "reassign",
            Self::Retry => "retry",
            Self::OutOfTurn => "complete out of turn",
            Self::Override => "override",
            Self::Reopen => "reopen",
            Self::Amend => "amend",
        }
    }
}

impl From<&Act> for ActWord {
    fn from(act: &Act) -> Self {
        match act {
            Act::Complete { .. } => Self::Complete,
            Act::Answer { .. } | Act::Confirm { .. } => Self::Answer,
            Act::Approve { .. } => Self::Approve,
            Act::Sign { .. } => Self::Sign,
            Act::Decline { .. } => Self::Decline,
            Act::Skip => Self::Skip,
            Act::Reassign { .. } => Self::Reassign,
            Act::Retry => Self::Retry,
            Act::CompleteOutOfTurn(_) => Self::OutOfTurn,
            Act::Override { .. } => Self::Override,
            Act::Reopen => Self::Reopen,
            Act::Amend { .. } => Self::Amend,
        }
    }
}

impl Event {
    /// The bytes of what people, scripts and plugins have put into it, which no bound of ours but that of a record holds
    /// down: never fewer than are stored.
    pub fn bytes(&self) -> usize {
        let values = |values: &Values| values.values().map(bound::bytes).sum::<usize>();
        let pairs = |pairs: &[(String, Value)]| {
            pairs.iter().map(|(name, value)| bound::text_bytes(name) + bound::bytes(value)).sum::<usize>()
        };
        let failure = |failure: &Failure| bound::text_bytes(&failure.message);
        let lines = |lines: &[Line]| {
            let line = |line: &Line| bound::text_bytes(&line.message) + bound::text_bytes(&line.fields);
            lines.iter().map(line).sum::<usize>()
        };
        match self {
            Self::JobOpened(opened) => values(&opened.inputs),
            Self::TaskExpanded { items, .. } => pairs(items),
            Self::TaskActivated { document, .. } => document.as_ref().map_or(0, bound::bytes),
            Self::LetterWritten { letter, .. } => {
                let html = letter.html.as_ref().map_or(0, |html| bound::text_bytes(html));
                bound::text_bytes(&letter.text) + bound::text_bytes(&letter.subject) + html
            }
            Self::EffectDelayed { failure: why, .. }
            | Self::EffectGivenUp { failure: why, .. }
            | Self::TaskFailed { failure: why, .. } => failure(why),
            Self::ItemAnswered { answer: Answered::Value(value), .. } => bound::bytes(value),
            Self::ChildAsked { inputs, .. } => values(inputs),
            Self::ChildGave { outputs, .. } => values(outputs),
            Self::PluginAsked { settings, .. } => bound::bytes(settings),
            Self::PluginSaid { lines: said, .. } => lines(said),
            Self::ProgressKept { value, .. } => bound::text_bytes(value),
            Self::PluginDeferred { note, .. } => note.as_ref().map_or(0, |note| bound::text_bytes(note)),
            Self::ListenerHeard { lines: said, changes, .. } => lines(said) + pairs(changes),
            Self::ClientUpdated { changes, .. } => pairs(changes),
            Self::TaskCompleted { outputs, note, .. } => {
                values(outputs) + note.as_ref().map_or(0, |note| bound::text_bytes(note))
            }
            // What the others hold is ids, and texts that have bounds of their own.
            _ => 0,
        }
    }

    /// The word for it in logs and `--json`. A long flat match, one arm for each event.
    pub fn word(&self) -> &'static str {
        match self {
            Self::JobOpened(_) => "job_opened",
            Self::DatesSet { .. } => "dates_set",
            Self::TaskReady { .. } => "task_ready",
            Self::TaskExpanded { .. } => "task_expanded",
            Self::TaskSkipped { .. } => "task_skipped",
            Self::RecipientsResolved { .. } => "recipients_resolved",
            Self::TaskActivated { .. } => "task_activated",
            Self::TaskUncompletable { .. } => "task_uncompletable",
            Self::TaskMended { .. } => "task_mended",
            Self::LetterWritten { .. } => "letter_written",
            Self::NoticeUnsent { .. } => "notice_unsent",
            Self::LetterSent { .. } => "letter_sent",
            Self::LetterRefused { .. } => "letter_refused",
            Self::LetterDropped { .. } => "letter_dropped",
            Self::EffectDelayed { .. } => "effect_delayed",
            Self::EffectGivenUp { .. } => "effect_given_up",
            Self::ItemAnswered { .. } => "item_answered",
            Self::OutcomeGiven { .. } => "outcome_given",
            Self::Signed { .. } => "signed",
            Self::SignatureDeclined { .. } => "signature_declined",
            Self::ChildAsked { .. } => "child_asked",
            Self::ChildTermsSet { .. } => "child_terms_set",
            Self::ChildGave { .. } => "child_gave",
            Self::KeyDatesGiven { .. } => "key_dates_given",
            Self::InstancesHeld { .. } => "instances_held",
            Self::ChildStarted { .. } => "child_started",
            Self::ChildEnded { .. } => "child_ended",
            Self::PluginAsked { .. } => "plugin_asked",
            Self::PluginSaid { .. } => "plugin_said",
            Self::ProgressKept { .. } => "progress_kept",
            Self::PluginDeferred { .. } => "plugin_deferred",
            Self::PluginReturned { .. } => "plugin_returned",
            Self::ListenerHeard { .. } => "listener_heard",
            Self::ValueChecked { .. } => "value_checked",
            Self::ClientUpdated { .. } => "client_updated",
            Self::TaskCompleted { .. } => "task_completed",
            Self::TaskFailed { .. } => "task_failed",
            Self::TaskTakenOver { .. } => "task_taken_over",
            Self::TaskReassigned { .. } => "task_reassigned",
            Self::RecipientChanged { .. } => "recipient_changed",
            Self::TaskRetried { .. } => "task_retried",
            Self::TasksReopened { .. } => "tasks_reopened",
            Self::TaskOverdue { .. } => "task_overdue",
            Self::ActRefused { .. } => "act_refused",
            Self::JobMoved { .. } => "job_moved",
            Self::JobCompleted => "job_completed",
            Self::JobCancelled { .. } => "job_cancelled",
            Self::TaskDoneOutOfTurn(_) => "task_done_out_of_turn",
            Self::TaskOverridden(_) => "task_overridden",
            Self::AnswerAmended(_) => "answer_amended",
            Self::TaskReopened { .. } => "task_reopened",
            Self::SignatureVoided { .. } => "signature_voided",
            Self::ReopenLimitReached { .. } => "reopen_limit_reached",
            Self::JobUncancelled { .. } => "job_uncancelled",
        }
    }
}
