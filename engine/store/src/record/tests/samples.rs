//! One event of each kind, in the order of the vocabulary, with something in every field.

use std::collections::BTreeMap;

use jiff::civil::date;
use jobwright_core::{
    date::{Period, When},
    effect::Failure,
    event::{
        ActWord, Actor, Amended, Answered, Awaits, DateKey, Dated, Event, Forced, Letter, Level, Line, Opened,
        Recorded, Revision, Skip, Slot,
    },
    id::{ContactId, Hash, Name, RoleId, StaffId},
    plan::{Class, OnParentEnd},
    recipient::{Branch, Candidate, Found, Person, PersonId, Reason, Resolution},
    retry::FailureKind,
    task::TaskKey,
    value::{Currency, Document, Money, Value},
};
use rust_decimal::Decimal;

use crate::trial::{at, client_id, definition_id, effect_id, job_id, name};

pub(super) fn samples() -> Vec<Recorded> {
    let groups =
        [opening(), beginning(), letters(), answers(), ending(), moving(), plugins(), correcting(), children()];
    let events = groups.into_iter().flatten();
    events.zip(1..).map(|(event, number)| Recorded { number, at: at(1_780_000_000), event }).collect()
}

fn opening() -> Vec<Event> {
    let period =
        Period { key: "2026-Q2".into(), start: date(2026, 4, 1), end: date(2026, 6, 30), label: "Q2 2026".into() };
    let opened = Opened {
        job: job_id(1, 0xa1),
        definition: definition_id("vat-quarter"),
        hash: Hash([0xd1; 32]),
        client: client_id("4711"),
        period: Some(period),
        inputs: BTreeMap::from([(name("everything"), everything())]),
        tasks: vec![name("collect"), name("file")],
        by: pat(),
        parent: Some(effect_id(9, 4)),
    };
    let due = Dated::On { when: When::Day(date(2026, 8, 7)), at: at(1_786_147_200) };
    let start = Dated::On { when: When::Moment(at(1_782_860_400)), at: at(1_782_860_400) };
    let dates = vec![
        (DateKey::Key(name("deadline")), due),
        (DateKey::Start(collect()), start),
        (DateKey::Due(collect()), Dated::Unknown("client.year_end".into())),
        (DateKey::Expires(dee()), Dated::Absent),
        (DateKey::Timeout(collect()), Dated::Absent),
        (DateKey::GiveUp(collect()), Dated::Absent),
        (DateKey::Until(collect()), Dated::Absent),
    ];
    vec![Event::JobOpened(opened), Event::DatesSet { dates }]
}

fn beginning() -> Vec<Event> {
    let candidate = Candidate { person: ann(), kept: true, because: "has the role payroll".into() };
    let child =
        |rule: &str, candidates| Branch { rule: rule.into(), found: Found::Chosen, candidates, children: vec![] };
    let tree = Branch {
        rule: "first of".into(),
        found: Found::Chosen,
        candidates: vec![],
        children: vec![child("role payroll", vec![candidate]), child("primary contact", vec![])],
    };
    let resolution = Resolution { found: Found::Chosen, chosen: vec![ann()], reason: Some(Reason::EmailBounced), tree };
    vec![
        Event::TaskReady { task: collect() },
        Event::TaskExpanded { task: TaskKey::of(&name("identity")), items: vec![("dee".into(), Value::text("Dee"))] },
        Event::TaskSkipped { task: collect(), why: Skip::Person { by: pat(), note: "not this year".into() } },
        Event::RecipientsResolved {
            task: collect(),
            slot: Slot::Signer(name("director")),
            resolution,
            revision: Revision { client: 3, staff: 300 },
        },
        Event::TaskActivated { task: collect(), awaits: Awaits::Client, document: Some(Value::Document(document())) },
        Event::TaskUncompletable {
            task: collect(),
            reason: Reason::NoContactWithRole(RoleId::new("payroll").unwrap()),
            slot: Slot::Recipient,
        },
        Event::TaskMended { task: collect(), revision: Revision { client: 4, staff: 300 } },
    ]
}

fn letters() -> Vec<Event> {
    let letter = Letter {
        to: ann(),
        copy_of: Some(kim()),
        cc: vec![kim()],
        class: Class::Crm,
        subject: "Your VAT return".into(),
        text: "Dear Ann,\n".into(),
        html: Some("<p>Dear Ann,</p>".into()),
    };
    vec![
        Event::LetterWritten { task: collect(), slot: Slot::Bcc, letter },
        Event::NoticeUnsent { task: collect(), why: "nobody is primary".into() },
        Event::LetterSent { effect: effect_id(1, 10), reply: "250 ok".into() },
        Event::LetterRefused {
            effect: effect_id(1, 10),
            address: "ann@example.com".into(),
            reply: "550 no such user".into(),
        },
        Event::LetterDropped { effect: effect_id(1, 10) },
        Event::EffectDelayed {
            effect: effect_id(1, 10),
            failure: failure(FailureKind::Busy),
            tries: 2,
            next_at: at(1_780_000_120),
        },
        Event::EffectGivenUp { effect: effect_id(1, 10), failure: failure(FailureKind::Transient) },
    ]
}

fn answers() -> Vec<Event> {
    let note = || Some("by telephone".into());
    vec![
        Event::ItemAnswered {
            task: collect(),
            item: name("bank_statement"),
            answer: Answered::Value(Value::Document(document())),
            by: Actor::Contact { id: ContactId::new("ann").unwrap(), entered_by: "pat".into() },
        },
        Event::OutcomeGiven { task: collect(), outcome: name("approved"), by: pat(), note: note() },
        Event::Signed { task: collect(), signer: name("director"), by: pat() },
        Event::SignatureDeclined { task: collect(), signer: name("director"), by: pat(), note: note() },
        Event::ChildAsked {
            task: collect(),
            definition: definition_id("annual-accounts"),
            inputs: BTreeMap::from([(name("year"), Value::Int(2026))]),
        },
        Event::ChildStarted { effect: effect_id(1, 22), job: job_id(2, 0xb2) },
        Event::ChildEnded { effect: effect_id(1, 22), completed: true },
        Event::ClientUpdated { task: collect(), changes: vec![("vat.scheme".into(), Value::text("flat rate"))] },
    ]
}

fn ending() -> Vec<Event> {
    vec![
        Event::TaskCompleted {
            task: collect(),
            outcome: Some(name("approved")),
            outputs: BTreeMap::from([(name("total"), Value::Int(7))]),
            by: Actor::Operator { entered_by: "root".into() },
            note: Some("done".into()),
        },
        Event::TaskFailed { task: collect(), failure: failure(FailureKind::Permanent) },
        Event::TaskTakenOver { task: collect(), because: "nobody was found".into() },
        Event::TaskReassigned { task: collect(), people: vec![kim()], by: pat(), note: None },
        Event::TaskRetried { task: collect(), by: pat() },
        Event::TasksReopened { cause: collect(), from: name("collect"), tasks: vec![collect(), dee()] },
        Event::TaskOverdue { task: collect() },
        Event::ActRefused { task: collect(), act: ActWord::Sign, by: pat(), why: "was not asked".into() },
    ]
}

fn moving() -> Vec<Event> {
    vec![
        Event::JobMoved {
            from: Hash([0xd1; 32]),
            to: Hash([0xd2; 32]),
            added: vec![name("check")],
            removed: vec![name("send")],
            renamed: vec![(name("file"), name("submit"))],
            by: Actor::Engine,
        },
        Event::JobCompleted,
        Event::JobCancelled { by: pat(), why: "the client left".into() },
    ]
}

fn plugins() -> Vec<Event> {
    vec![
        Event::PluginAsked {
            task: collect(),
            name: "vat.checks".into(),
            digest: Hash([0xd3; 32]),
            settings: Value::map([("box1", Value::text("12.50"))]),
        },
        Event::PluginSaid {
            effect: effect_id(1, 36),
            lines: vec![Line {
                level: Level::Warn,
                message: "box 4 is high".into(),
                fields: "{\"box4\":\"1\"}".into(),
            }],
        },
        Event::ProgressKept { effect: effect_id(1, 36), name: "sent".into(), value: "true".into() },
        Event::PluginDeferred {
            effect: effect_id(1, 36),
            correlation: "hmrc-77".into(),
            next_at: Some(at(1_780_000_060)),
            note: Some("filed".into()),
        },
        Event::PluginReturned { effect: effect_id(1, 36) },
        Event::ValueChecked { task: collect(), name: name("iban"), check: "bank.iban".into(), digest: Hash([7; 32]) },
        Event::ListenerHeard {
            effect: effect_id(1, 12),
            listener: "ledger".into(),
            lines: vec![Line { level: Level::Info, message: "posted".into(), fields: String::new() }],
            changes: vec![("vat.filed".into(), Value::Bool(true))],
            failure: Some(Failure::permanent("ledger-closed", "the year is closed")),
        },
        Event::RecipientChanged {
            task: collect(),
            slot: Slot::Recipient,
            before: ann(),
            after: Some(kim()),
            reason: Some(Reason::SharedAddress { one: "ann".into(), other: "ben".into() }),
        },
    ]
}

fn correcting() -> Vec<Event> {
    let forced = |outcome: &str| Forced {
        task: collect(),
        outcome: name(outcome),
        outputs: BTreeMap::from([(name("total"), Value::Int(7))]),
        answers: vec![(name("day"), Answered::Value(Value::text("Monday"))), (name("other"), Answered::Nothing)],
        missing: vec![name("hours")],
        by: pat(),
        note: "told by telephone".into(),
    };
    let amended = Amended {
        task: collect(),
        item: name("day"),
        is_output: false,
        before: Some(Answered::Value(Value::text("Monday"))),
        after: Answered::Value(Value::text("Tuesday")),
        by: entered(),
        note: "a slip of the pen".into(),
        built: vec![dee()],
    };
    vec![
        Event::TaskDoneOutOfTurn(forced("out_of_turn")),
        Event::TaskOverridden(forced("overridden")),
        Event::AnswerAmended(amended),
        Event::TaskReopened { from: collect(), tasks: vec![collect(), dee()], by: pat(), note: "a figure".into() },
        Event::SignatureVoided { task: collect(), signer: name("director"), by: entered() },
        Event::ReopenLimitReached {
            task: collect(),
            from: name("prepare"),
            limit: 3,
            outcome: Some(name("rejected")),
            by: pat(),
            note: Some("still missing".into()),
        },
        Event::JobUncancelled { by: pat(), note: "the wrong client".into() },
    ]
}

fn children() -> Vec<Event> {
    vec![
        Event::ChildTermsSet {
            task: collect(),
            period: Some("2026-05".into()),
            dates: vec![(name("filing"), When::Day(date(2026, 5, 31))), (name("call"), When::Moment(at(7)))],
            on_parent_end: OnParentEnd::Keep,
        },
        Event::ChildGave { effect: effect_id(1, 22), outputs: BTreeMap::from([(name("total"), Value::Int(7))]) },
        Event::KeyDatesGiven { dates: vec![(name("filing"), When::Day(date(2026, 5, 31)))] },
        Event::InstancesHeld { task: collect() },
    ]
}

/// A value with every kind of value in it.
fn everything() -> Value {
    let amount = Decimal::new(12_340, 2);
    let kinds = vec![
        Value::Nothing,
        Value::Bool(true),
        Value::Int(-7),
        Value::Decimal(amount),
        Value::Money(Money { amount, currency: Currency::new("GBP").unwrap() }),
        Value::Date(date(2026, 5, 31)),
        Value::Moment(at(1_780_000_000)),
        Value::map([("document", Value::Document(document()))]),
    ];
    Value::map([("kinds", Value::List(kinds)), ("none", Value::List(vec![]))])
}

fn document() -> Document {
    Document { hash: Hash([0xd0; 32]), name: "statement.pdf".into(), size: 70_000 }
}

fn failure(kind: FailureKind) -> Failure {
    Failure { kind, code: "mail-refused".into(), message: "the server was busy".into() }
}

fn collect() -> TaskKey {
    TaskKey::of(&name("collect"))
}

fn dee() -> TaskKey {
    TaskKey::item(&Name::new("identity").unwrap(), "dee")
}

fn pat() -> Actor {
    Actor::Staff { id: StaffId::new("pat").unwrap(), entered_by: "pat".into() }
}

fn entered() -> Actor {
    let (contact, staff) = (ContactId::new("ann").unwrap(), Some(StaffId::new("pat").unwrap()));
    Actor::Entered { contact, staff, entered_by: "root".into(), is_present: false }
}

fn ann() -> Person {
    let id = PersonId::Contact(ContactId::new("ann").unwrap());
    Person { id, name: "Ann Lee".into(), address: Some("ann@example.com".into()) }
}

fn kim() -> Person {
    Person { id: PersonId::Staff(StaffId::new("kim").unwrap()), name: "Kim Ode".into(), address: None }
}
