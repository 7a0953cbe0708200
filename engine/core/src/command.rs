//! Wishes, which may meet a refusal.
//!
//! Owns: what can be asked of a job, from people, from time, from the directory and from the world. Leaves the answer
//! to `job::decide`.

use crate::date::When;
use crate::effect::Failure;
use crate::event::{Actor, Answered, DateKey, Dated, Letter, Line, Revision, Slot};
use crate::id::{DefinitionId, EffectId, Hash, JobId, Name};
use crate::plan::Plan;
use crate::recipient::{Person, Reason, Resolution};
use crate::task::TaskKey;
use crate::value::{Value, Values};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;
use jiff::Timestamp;

/// What a job is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take every step that needs no answer: time passed, or something settled.
    Advance,
    /// Here is the answer to a question the job put.
    Answer(Answer),
    /// A person does something to a task.
    Act {
        /// To which.
        task: TaskKey,
        /// What.
        act: Act,
        /// Who.
        by: Actor,
        /// Whether the directory has them as active now.
        active: bool,
        /// In their words.
        note: Option<String>,
    },
    /// A plugin keeps progress, while it runs.
    Keep {
        /// By which call.
        effect: EffectId,
        /// Under which name.
        name: String,
        /// What.
        value: String,
    },
    /// An effect came back.
    Record {
        /// Which.
        effect: EffectId,
        /// How it went.
        outcome: Outcome,
    },
    /// Letters of a task that have not left were looked at once more, and some are for people who are otherwise now.
    LookAgain {
        /// Of which task.
        task: TaskKey,
        /// Who is otherwise.
        found: Vec<Otherwise>,
        /// The letters that are for them or name them, none of which has left.
        unsent: Vec<EffectId>,
    },
    /// Follow another version of the definition.
    Move(MoveTo),
    /// End before its time.
    Cancel {
        /// Who says so.
        by: Actor,
        /// Why.
        why: String,
    },
    /// Take a cancellation back.
    Uncancel {
        /// Who says so.
        by: Actor,
        /// Why.
        note: String,
        /// Whether the job that started this one comes back, so that it hears of it.
        with_parent: bool,
    },
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To `Question::Dates`: every date of the job.
    Dates(Vec<(DateKey, Dated)>),
    /// To `Question::Condition`: whether it holds, or why that cannot be said.
    Condition(TaskKey, Result<bool, String>),
    /// To `Question::Items`: the list by identity.
    Items(TaskKey, Result<Vec<(String, Value)>, String>),
    /// To `Question::People`: who was found for each place.
    People(TaskKey, Vec<(Slot, Resolution)>, Revision),
    /// To `Question::Standing`: the first place that lost everybody, and why.
    Standing(TaskKey, Option<(Slot, Reason)>),
    /// To `Question::Letters`: one letter a person, or why not.
    Letters(TaskKey, Result<Vec<(Slot, Letter)>, Unwritten>),
    /// To `Question::Script`: the outputs.
    Script(TaskKey, Result<Values, Failure>),
    /// To `Question::Changes`: the client's fields and their new values.
    Changes(TaskKey, Result<Vec<(String, Value)>, Failure>),
    /// To `Question::Document`: what is to be signed.
    Document(TaskKey, Result<Value, Failure>),
    /// To `Question::Child`: which job.
    Child(TaskKey, Result<Wanted, Failure>),
    /// To `Question::Plugin`: the component, with its settings.
    Plugin(TaskKey, Result<(Hash, Value), Failure>),
    /// To `Question::Notice`: the letters, or why nobody is told.
    Notice(TaskKey, Result<Vec<Letter>, String>),
}

/// Somebody whose letter has not left, and who is otherwise now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otherwise {
    /// The place that they fill.
    pub slot: Slot,
    /// As they were.
    pub before: Person,
    /// As they are, or why they are not to be written to any more.
    pub now: Result<Person, Reason>,
    /// For a notice of trouble: the letter as it is now.
    pub notice: Option<Letter>,
}

/// A job that a task asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of which definition.
    pub definition: DefinitionId,
    /// For which period, by key or by a day in it.
    pub period: Option<String>,
    /// With which inputs.
    pub inputs: Values,
    /// With which key dates.
    pub dates: Vec<(Name, When)>,
}

/// Why a letter could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// A field it reads is empty: somebody can fill it in.
    Missing(Reason),
    /// The text itself is at fault.
    Fault(Failure),
}

/// What a person can do to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Say that it is done, and give its outputs.
    Complete {
        /// The outputs.
        outputs: Values,
        /// Only if the task waits for the answer of this name: that of a plugin whose end comes later.
        awaited: Option<String>,
    },
    /// Answer one item.
    Answer {
        /// Which.
        item: Name,
        /// With what.
        answer: Answered,
    },
    /// Give an outcome.
    Approve {
        /// Which.
        outcome: Name,
    },
    /// Sign.
    Sign {
        /// In which place.
        signer: Name,
    },
    /// Decline to sign.
    Decline {
        /// In which place.
        signer: Name,
    },
    /// Give answers that were given before the task was reopened once more.
    Confirm {
        /// Which; all that are open when absent.
        item: Option<Name>,
    },
    /// Say that it is not needed; wants a note.
    Skip,
    /// Give it to others.
    Reassign {
        /// To whom.
        people: Vec<Person>,
    },
    /// Try a failed task again.
    Retry,
    /// Say that it is done though its turn has not come; for staff, wants a note.
    CompleteOutOfTurn(Given),
    /// Close it though something is missing; for staff, wants a note.
    Override {
        /// As which of its outcomes it counts; `overridden` when absent.
        outcome: Option<Name>,
        /// What is known.
        given: Given,
    },
    /// Do it once more, with all that depends on it; for staff, wants a note.
    Reopen,
    /// Correct one answer or output; for staff, wants a note.
    Amend {
        /// Which.
        item: Name,
        /// To what.
        answer: Answered,
    },
}

/// What staff give with a task that they close by their own decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Outputs.
    pub outputs: Values,
    /// Answers to items.
    pub answers: Vec<(Name, Answered)>,
}

/// How an effect went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A letter was taken.
    Sent {
        /// What the server said.
        reply: String,
    },
    /// A letter was refused for good.
    Refused {
        /// The address refused.
        address: String,
        /// What the server said.
        reply: String,
    },
    /// It did not work.
    Failed(Failure),
    /// A job asked for runs.
    Started(JobId),
    /// A job asked for has ended.
    Ended {
        /// Whether it completed.
        completed: bool,
        /// What it gave to the task that asked for it.
        outputs: Values,
    },
    /// A plugin's call came back.
    Called {
        /// What it said meanwhile.
        lines: Vec<Line>,
        /// How it ended.
        end: CallEnd,
    },
    /// A plugin that listens was told.
    Heard {
        /// Who listens.
        listener: String,
        /// What it said.
        lines: Vec<Line>,
        /// New values of the client's fields.
        changes: Vec<(String, Value)>,
        /// Why it could not be told.
        failure: Option<Failure>,
    },
}

/// How a plugin's call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It is done.
    Done {
        /// Its outputs.
        outputs: Values,
        /// New values of the client's fields.
        changes: Vec<(String, Value)>,
        /// A word for the timeline.
        note: Option<String>,
    },
    /// The end comes later.
    Later {
        /// Under this name.
        correlation: String,
        /// When to ask for it; never by itself when absent.
        next_at: Option<Timestamp>,
        /// New values of the client's fields.
        changes: Vec<(String, Value)>,
        /// A word for the timeline.
        note: Option<String>,
    },
    /// It did not work.
    Failed {
        /// How.
        failure: Failure,
        /// Not to be tried again before.
        not_before: Option<Timestamp>,
    },
    /// What the last attempt was to do did not happen, or has not come to its end yet.
    NotYet {
        /// When to ask again, where the end was to come later; what did not happen is done again at once.
        poll_at: Timestamp,
    },
    /// It is done, and what it gave cannot be taken: it is not done again by itself.
    Unfit(Failure),
    /// It has heard that it is no longer wanted.
    Cancelled,
}

/// A move to another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveTo {
    /// Who says so.
    pub by: Actor,
    /// Old task names to new ones.
    pub renamed: Vec<(Name, Name)>,
    /// The version that the job follows now.
    pub before: Arc<Plan>,
}

/// Why a command does not fit the job now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The job has ended.
    JobEnded,
    /// The job exists already.
    JobExists,
    /// There is no such task.
    NoSuchTask(TaskKey),
    /// The task has no such part.
    NoSuchPart(TaskKey, Name),
    /// The task is not in a state for this.
    NotNow {
        /// Which.
        task: TaskKey,
        /// Where it stands.
        state: crate::task::TaskState,
        /// What would have to be.
        needs: &'static str,
    },
    /// The task is not open for this, and waits for something else.
    NotOpen {
        /// Which.
        task: TaskKey,
        /// Where it stands, and what it waits for.
        because: String,
        /// What can be done.
        next: String,
    },
    /// Only staff may do this.
    StaffOnly {
        /// To which task.
        task: TaskKey,
        /// What.
        act: crate::event::ActWord,
        /// Who tried.
        by: Actor,
    },
    /// A signature is never entered for somebody.
    NeverForSomebody(TaskKey, Actor),
    /// There is nothing that was given before.
    NothingBefore(TaskKey),
    /// The job is not cancelled.
    NotCancelled,
    /// A cancellation can no longer be taken back.
    CancelledForGood(String),
    /// The task is of another kind.
    NotOfThisKind {
        /// Which.
        task: TaskKey,
        /// Its type.
        is: &'static str,
    },
    /// This person was not asked.
    NotAsked(TaskKey, Actor),
    /// This person did the work that is to be checked here.
    SamePerson {
        /// Which task.
        task: TaskKey,
        /// The one they did.
        other: Name,
    },
    /// This person has left.
    HasLeft(Actor),
    /// Not the turn of this signer yet.
    NotTheirTurn(TaskKey, Name),
    /// Done already, by this person or in this place.
    AlreadyDone(TaskKey),
    /// The task waits for another answer of its plugin, or for none.
    NotAwaited {
        /// Which task.
        task: TaskKey,
        /// The answer that came.
        named: String,
        /// The one that it waits for.
        awaited: Option<String>,
    },
    /// Required parts are open.
    Incomplete(TaskKey, Vec<Name>),
    /// A value is not what was asked for.
    BadValue {
        /// Where.
        name: Name,
        /// What is wrong with it.
        fault: String,
    },
    /// A plugin's check found something wrong with a value.
    FoundUnfit {
        /// Where.
        name: Name,
        /// By which check.
        check: String,
        /// What it found, in its words.
        findings: String,
    },
    /// A value could not be checked, and so does not count.
    NotChecked {
        /// Where.
        name: Name,
        /// By which check.
        check: String,
        /// Why.
        why: String,
    },
    /// A note is needed.
    NoteNeeded,
    /// The effect is settled.
    EffectSettled(EffectId),
    /// The job cannot move to that version.
    CannotMove(String),
    /// The answer is to a question that the job no longer puts.
    NotAskedFor,
    /// Progress of this name was kept with another value.
    KeptOtherwise(String),
    /// So many pieces of progress are kept, and no more.
    TooMuchKept(usize),
    /// A task would be given to fewer people than must act.
    TooFew {
        /// Which task.
        task: TaskKey,
        /// How many could act, with those who have.
        found: u32,
        /// How many must.
        needed: u32,
    },
    /// A task cannot be given to this person.
    NotToThem {
        /// Which task.
        task: TaskKey,
        /// To whom, by id.
        who: String,
        /// Why not, and what would help.
        why: String,
    },
}

impl Refusal {
    /// Whether the attempt itself is a fact that belongs on the timeline.
    pub fn is_journaled(&self) -> bool {
        matches!(
            self,
            Self::NotAsked(..)
                | Self::SamePerson { .. }
                | Self::HasLeft(_)
                | Self::FoundUnfit { .. }
                | Self::NotToThem { .. }
                | Self::StaffOnly { .. }
                | Self::NeverForSomebody(..)
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JobEnded => write!(f, "the job has ended"),
            Self::JobExists => write!(f, "the job exists already"),
            Self::NoSuchTask(task) => write!(f, "the job has no task `{task}`"),
            Self::NoSuchPart(task, part) => write!(f, "task `{task}` has no part `{part}`"),
            Self::NotNow { task, state, needs } => write!(f, "task `{task}` is {state}; {needs}"),
            Self::NotOpen { task, because, next } => write!(f, "task `{task}` {because}; {next}"),
            Self::StaffOnly { task, act, by } => {
                write!(f, "{by} may not do this to task `{task}`: `{}` is for staff", act.word())
            }
            Self::NeverForSomebody(task, by) => {
                write!(
                    f,
                    "a signature is never entered for somebody ({by}): who signs task `{task}` does it themselves"
                )
            }
            Self::NothingBefore(task) => write!(f, "nothing was answered in task `{task}` before"),
            Self::NotCancelled => write!(f, "the job is not cancelled"),
            Self::CancelledForGood(why) => write!(f, "the cancellation cannot be taken back: {why}"),
            Self::NotOfThisKind { task, is } => write!(f, "task `{task}` is of type {is}; this does not apply to it"),
            Self::NotAsked(task, by) => {
                write!(f, "{by} was not asked to do task `{task}`; `why` says who was, `reassign` gives it to others")
            }
            Self::SamePerson { task, other } => {
                write!(f, "task `{task}` must be done by somebody else than task `{other}`")
            }
            Self::HasLeft(by) => write!(f, "{by} is no longer active"),
            Self::NotTheirTurn(task, signer) => {
                write!(f, "it is not the turn of signer `{signer}` of task `{task}` yet")
            }
            Self::AlreadyDone(task) => write!(f, "this was done already in task `{task}`"),
            Self::NotAwaited { task, named, awaited: Some(awaited) } => {
                write!(f, "task `{task}` waits for the answer `{awaited}`, not for `{named}`")
            }
            Self::NotAwaited { task, awaited: None, .. } => write!(f, "task `{task}` waits for no answer of a plugin"),
            Self::Incomplete(task, open) => {
                write!(f, "task `{task}` still needs")?;
                open.iter().try_for_each(|name| write!(f, " `{name}`"))?;
                write!(f, "; staff may close it without by `override`, with a note")
            }
            Self::BadValue { name, fault } => write!(f, "`{name}` {fault}"),
            Self::FoundUnfit { name, check, findings } => write!(f, "`{name}`: {findings} (checked by `{check}`)"),
            Self::NotChecked { name, check, why } => {
                write!(f, "`{name}` cannot be checked by `{check}`, and so it is not taken: {why}")
            }
            Self::NoteNeeded => write!(f, "say why with a note"),
            Self::EffectSettled(effect) => write!(f, "effect {effect} is settled already"),
            Self::CannotMove(why) => write!(f, "the job cannot move to that version: {why}"),
            Self::NotAskedFor => write!(f, "the job no longer asks this"),
            Self::KeptOtherwise(name) => write!(f, "progress `{name}` was kept with another value already"),
            Self::TooMuchKept(most) => write!(f, "{most} pieces of progress are kept already, the most there may be"),
            Self::TooFew { task, found, needed } => write!(
                f,
                "task `{task}` needs {needed} people to act, and {found} could; give it to {needed} with `reassign --to … --to …`"
            ),
            Self::NotToThem { task, who, why } => write!(f, "task `{task}` cannot be given to `{who}`: {why}"),
        }
    }
}

impl core::error::Error for Refusal {}
