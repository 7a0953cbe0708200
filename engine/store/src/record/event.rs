//! Events as they are stored.
//!
//! Owns: the mirror of the whole vocabulary. The order of its variants and fields is the format; a new variant goes last
//! and gets a golden record.

use jiff::Timestamp;
use jiff::civil::Date;
use jobwright_core::{
    date::{Period, When},
    effect::Failure,
    event::{
        ActWord, Actor, Amended, Answered, Awaits, DateKey, Dated, Event, Forced, Letter, Level, Line, Opened,
        Recorded, Revision, Skip, Slot,
    },
    id::{ClientId, ContactId, DefinitionId, EffectId, Hash, JobId, Name, StaffId},
    plan::{Class, OnParentEnd},
    recipient::{Person, Reason, Resolution},
    retry::FailureKind,
    task::TaskKey,
    value::{Value, Values},
};

use super::{Record, mirror};

/// Events of one job that were committed together.
impl Record for Vec<Recorded> {
    const WHAT: &'static str = "events of a job";
    const VERSION: u8 = 1;
}

mirror! {
    struct Recorded as RecordedRow { number: u64, at: Timestamp, event: Event }
}
mirror! {
    enum Event as EventRow {
        JobOpened(opened: Opened),
        DatesSet { dates: Vec<(DateKey, Dated)> },
        TaskReady { task: TaskKey },
        TaskExpanded { task: TaskKey, items: Vec<(String, Value)> },
        TaskSkipped { task: TaskKey, why: Skip },
        RecipientsResolved { task: TaskKey, slot: Slot, resolution: Resolution, revision: Revision },
        TaskActivated { task: TaskKey, awaits: Awaits, document: Option<Value> },
        TaskUncompletable { task: TaskKey, reason: Reason, slot: Slot },
        TaskMended { task: TaskKey, revision: Revision },
        LetterWritten { task: TaskKey, slot: Slot, letter: Letter },
        NoticeUnsent { task: TaskKey, why: String },
        LetterSent { effect: EffectId, reply: String },
        LetterRefused { effect: EffectId, address: String, reply: String },
        LetterDropped { effect: EffectId },
        EffectDelayed { effect: EffectId, failure: Failure, tries: u32, next_at: Timestamp },
        EffectGivenUp { effect: EffectId, failure: Failure },
        ItemAnswered { task: TaskKey, item: Name, answer: Answered, by: Actor },
        OutcomeGiven { task: TaskKey, outcome: Name, by: Actor, note: Option<String> },
        Signed { task: TaskKey, signer: Name, by: Actor },
        SignatureDeclined { task: TaskKey, signer: Name, by: Actor, note: Option<String> },
        ChildAsked { task: TaskKey, definition: DefinitionId, inputs: Values },
        ChildStarted { effect: EffectId, job: JobId },
        ChildEnded { effect: EffectId, completed: bool },
        ClientUpdated { task: TaskKey, changes: Vec<(String, Value)> },
        TaskCompleted { task: TaskKey, outcome: Option<Name>, outputs: Values, by: Actor, note: Option<String> },
        TaskFailed { task: TaskKey, failure: Failure },
        TaskTakenOver { task: TaskKey, because: String },
        TaskReassigned { task: TaskKey, people: Vec<Person>, by: Actor, note: Option<String> },
        TaskRetried { task: TaskKey, by: Actor },
        TasksReopened { cause: TaskKey, from: Name, tasks: Vec<TaskKey> },
        TaskOverdue { task: TaskKey },
        ActRefused { task: TaskKey, act: ActWord, by: Actor, why: String },
        JobMoved {
            from: Hash,
            to: Hash,
            added: Vec<Name>,
            removed: Vec<Name>,
            renamed: Vec<(Name, Name)>,
            by: Actor,
        },
        JobCompleted,
        JobCancelled { by: Actor, why: String },
        PluginAsked { task: TaskKey, name: String, digest: Hash, settings: Value },
        PluginSaid { effect: EffectId, lines: Vec<Line> },
        ProgressKept { effect: EffectId, name: String, value: String },
        PluginDeferred {
            effect: EffectId,
            correlation: String,
            next_at: Option<Timestamp>,
            note: Option<String>,
        },
        PluginReturned { effect: EffectId },
        ValueChecked { task: TaskKey, name: Name, check: String, digest: Hash },
        ListenerHeard {
            effect: EffectId,
            listener: String,
            lines: Vec<Line>,
            changes: Vec<(String, Value)>,
            failure: Option<Failure>,
        },
        RecipientChanged { task: TaskKey, slot: Slot, before: Person, after: Option<Person>, reason: Option<Reason> },
        TaskDoneOutOfTurn(forced: Forced),
        TaskOverridden(forced: Forced),
        AnswerAmended(amended: Amended),
        TaskReopened { from: TaskKey, tasks: Vec<TaskKey>, by: Actor, note: String },
        SignatureVoided { task: TaskKey, signer: Name, by: Actor },
        ReopenLimitReached {
            task: TaskKey,
            from: Name,
            limit: u32,
            outcome: Option<Name>,
            by: Actor,
            note: Option<String>,
        },
        JobUncancelled { by: Actor, note: String },
        ChildTermsSet {
            task: TaskKey,
            period: Option<String>,
            dates: Vec<(Name, When)>,
            on_parent_end: OnParentEnd,
        },
        ChildGave { effect: EffectId, outputs: Values },
        KeyDatesGiven { dates: Vec<(Name, When)> },
        InstancesHeld { task: TaskKey },
    }
}
mirror! {
    struct Forced as ForcedRow {
        task: TaskKey,
        outcome: Name,
        outputs: Values,
        answers: Vec<(Name, Answered)>,
        missing: Vec<Name>,
        by: Actor,
        note: String,
    }
}
mirror! {
    struct Amended as AmendedRow {
        task: TaskKey,
        item: Name,
        is_output: bool,
        before: Option<Answered>,
        after: Answered,
        by: Actor,
        note: String,
        built: Vec<TaskKey>,
    }
}
mirror! {
    enum OnParentEnd as OnParentEndRow { CancelWithIt, Cancel, Keep }
}
mirror! {
    struct Line as LineRow { level: Level, message: String, fields: String }
}
mirror! {
    enum Level as LevelRow { Debug, Info, Warn, Error }
}
mirror! {
    struct Opened as OpenedRow {
        job: JobId,
        definition: DefinitionId,
        hash: Hash,
        client: ClientId,
        period: Option<Period>,
        inputs: Values,
        tasks: Vec<Name>,
        by: Actor,
        parent: Option<EffectId>,
    }
}
mirror! {
    struct Period as PeriodRow { key: String, start: Date, end: Date, label: String }
}
mirror! {
    struct TaskKey as TaskKeyRow { task: Name, item: Option<String> }
}
mirror! {
    enum DateKey as DateKeyRow {
        Key(name: Name),
        Start(task: TaskKey),
        Due(task: TaskKey),
        Expires(task: TaskKey),
        Timeout(task: TaskKey),
        GiveUp(task: TaskKey),
        Until(task: TaskKey),
    }
}
mirror! {
    enum Dated as DatedRow { On { when: When, at: Timestamp }, Unknown(anchor: String), Absent }
}
mirror! {
    enum When as WhenRow { Day(day: Date), Moment(at: Timestamp) }
}
mirror! {
    enum Skip as SkipRow {
        ConditionFalse,
        Unreachable,
        NothingToDo,
        NobodyFound(reason: Reason),
        Failed,
        Person { by: Actor, note: String },
        AtLimit,
    }
}
mirror! {
    enum Slot as SlotRow { Recipient, Cc, Bcc, Assign, Signer(name: Name), Notice }
}
mirror! {
    enum Awaits as AwaitsRow { Engine, Staff, Client, Outside }
}
mirror! {
    struct Revision as RevisionRow { client: u64, staff: u64 }
}
mirror! {
    struct Letter as LetterRow {
        to: Person,
        copy_of: Option<Person>,
        cc: Vec<Person>,
        class: Class,
        subject: String,
        text: String,
        html: Option<String>,
    }
}
mirror! {
    enum Class as ClassRow { Service, Crm }
}
mirror! {
    enum Answered as AnsweredRow { Value(value: Value), Nothing }
}
mirror! {
    enum Actor as ActorRow {
        Engine,
        Staff { id: StaffId, entered_by: String },
        Contact { id: ContactId, entered_by: String },
        Operator { entered_by: String },
        Entered { contact: ContactId, staff: Option<StaffId>, entered_by: String, is_present: bool },
    }
}
mirror! {
    enum ActWord as ActWordRow {
        Complete,
        Answer,
        Approve,
        Sign,
        Decline,
        Skip,
        Reassign,
        Retry,
        OutOfTurn,
        Override,
        Reopen,
        Amend,
    }
}
mirror! {
    struct Failure as FailureRow { kind: FailureKind, code: String, message: String }
}
mirror! {
    enum FailureKind as FailureKindRow { Transient, Busy, Timeout, Permanent, NeedsPerson }
}
