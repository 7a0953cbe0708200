//! The bytes of the other records, as they were when they were released.
//!
//! A change of these lines means that old stores can no longer be read.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::{Expect, expect};
use jiff::civil::date;
use jobwright_core::{
    directory::{
        Bounce, ClientStaff, Interaction, Portal,
        difference::FieldChange,
        trail::{self, Attribution, Subject},
    },
    effect::Effect,
    event::Actor,
    id::{Hash, RoleId},
    job::{Job, JobState},
    plan::OncePer,
    recipient::{PersonId, Reason},
    task::{TaskKey, TaskState},
};

use super::*;
use crate::{
    directory::Imported,
    jobs::{OpenTask, Outlook, Waits},
    outbox::{Frozen, State},
    trial::{a_client, at, definition_id, effect_id, job_id, name, opened},
};

fn check<T: Record + PartialEq + std::fmt::Debug>(record: &T, expected: Expect) {
    let digits: Vec<String> = encode(record).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let lines: Vec<String> = digits.chunks(48).map(<[String]>::concat).collect();
    expected.assert_eq(&lines.join("\n"));
    let bytes = digits.iter().map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect::<Vec<_>>();
    assert_eq!(decode::<T>(&bytes).unwrap(), *record);
}

fn pat() -> StaffId {
    StaffId::new("pat").unwrap()
}

fn payroll() -> RoleId {
    RoleId::new("payroll").unwrap()
}

#[test]
fn a_client_is_written_as_it_was() {
    let mut client = a_client("4711", "Acme", &[("ann", "Ann Lee")]);
    let dealing = Interaction { staff: pat(), at: at(1_780_000_000), what: "call".into() };
    client.services = vec!["vat".into()];
    client.office = Some("leeds".into());
    client.source = Some("crm/9".into());
    client.fields = Value::map([("vat", Value::map([("scheme", Value::text("flat"))]))]);
    client.staff = ClientStaff {
        primary: Some(pat()),
        primary_by_hand: true,
        assigned: BTreeMap::from([(payroll(), vec![pat()])]),
        additional: vec![dealing.clone()],
        last: Some(dealing),
    };
    let ann = &mut client.contacts[0];
    ann.greeting = None;
    ann.roles = BTreeSet::from([payroll()]);
    ann.portal = Portal::Stale;
    ann.offices = vec!["york".into()];
    ann.bounced = Some(Bounce { address: "a@example.com".into(), reply: "550".into() });
    // As it was written until contacts had a greeting; such a client is read for ever.
    let old = "010104343731310441636d650001010376617401056c6565647303090103766174090106736368656d650504666c6174\
        0103706174010107706179726f6c6c010370617401037061748094c5a10d000463616c6c01037061748094c5a10d0004\
        63616c6c0103616e6e07416e6e204c6565010f616e6e406578616d706c652e636f6d0107706179726f6c6c0000010479\
        6f726b0002010000010d61406578616d706c652e636f6d033535300000010563726d2f39";
    let bytes: Vec<u8> =
        (0..old.len()).step_by(2).map(|at| u8::from_str_radix(&old[at..at + 2], 16).unwrap()).collect();
    assert_eq!(decode::<Option<Client>>(&bytes).unwrap().as_ref(), Some(&client));
    client.contacts[0].greeting = Some("Mrs Lee".into());
    check(
        &Some(client),
        expect![[r#"
            020104343731310441636d650001010376617401056c6565647303090103766174090106736368656d650504666c6174
            0103706174010107706179726f6c6c010370617401037061748094c5a10d000463616c6c01037061748094c5a10d0004
            63616c6c0103616e6e07416e6e204c6565010f616e6e406578616d706c652e636f6d0107706179726f6c6c0000010479
            6f726b0002010000010d61406578616d706c652e636f6d03353530000001074d7273204c6565010563726d2f39"#]],
    );
    check(&None::<Client>, expect!["0200"]);
    assert_eq!(decode::<Option<Client>>(&[1, 0]).unwrap(), None);
}

#[test]
fn what_an_import_said_is_written_as_it_was() {
    let said = [
        ("name", Value::text("Acme")),
        ("ann/email", Value::text("ann@acme.example")),
        ("ann/active", Value::Bool(true)),
    ];
    let said = said.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    check(
        &Imported { said },
        expect![[r#"
        01030a616e6e2f61637469766501010109616e6e2f656d61696c010510616e6e4061636d652e6578616d706c65046e61
        6d6501050441636d65"#]],
    );
}

#[test]
fn staff_and_contact_roles_are_written_as_they_were() {
    let staff = Staff {
        id: pat(),
        name: "Pat".into(),
        email: Some("pat@example.com".into()),
        roles: BTreeSet::from([payroll()]),
        active: true,
        away: vec![(date(2026, 7, 1), date(2026, 7, 14))],
    };
    check(
        &staff,
        expect!["010370617403506174010f706174406578616d706c652e636f6d0107706179726f6c6c0101d41f0701d41f070e"],
    );
    check(&vec![pat()], expect!["010103706174"]);
    check(
        &ContactRole { id: payroll(), label: "Payroll".into(), hint: Some("gets it".into()) },
        expect!["0107706179726f6c6c07506179726f6c6c010767657473206974"],
    );
}

#[test]
fn a_change_of_the_directory_is_written_as_it_was() {
    let by = Actor::Staff { id: pat(), entered_by: "root".into() };
    let change = FieldChange { field: "contact.ann.roles".into(), before: None, after: Some("payroll".into()) };
    let entry = trail::Entry {
        at: at(1_780_000_000),
        subject: Subject::Client("4711".parse().unwrap()),
        attribution: Attribution { by, door: "contact tick".into(), note: Some("asked by phone".into()) },
        changes: vec![change],
    };
    check(
        &entry,
        expect![[r#"
        018094c5a10d00000434373131010370617404726f6f740c636f6e74616374207469636b010e61736b65642062792070
        686f6e650111636f6e746163742e616e6e2e726f6c6573000107706179726f6c6c"#]],
    );
}

#[test]
fn a_job_is_written_as_it_was() {
    let collect = || TaskKey::of(&name("collect"));
    let outlook = Outlook {
        once_per: Some(OncePer::Period),
        wake_at: Some(at(1_780_000_600)),
        waits: Waits { client: vec![collect()], staff: vec![collect()] },
    };
    let mut head = Head::of(&Job::open(&opened(job_id(1, 0xa1), "4711", &["collect"])).unwrap(), outlook);
    let task = OpenTask {
        task: collect(),
        state: TaskState::Uncompletable,
        reason: Some(Reason::NoEmail),
        due_at: Some(at(1_780_000_000)),
        overdue: true,
        people: vec![PersonId::Staff(pat())],
    };
    head.tasks = vec![task];
    (head.open, head.uncompletable, head.overdue, head.failed) = (4, 3, 2, 1);
    (head.state, head.ended_at) = (JobState::Cancelled, Some(at(1_780_000_700)));
    head.due_at = Some(at(1_780_000_000));
    head.set_aside = Some("event 3 does not fit".into());
    check(
        &head,
        expect![[r#"
        01010000000000000000000000000000a10b7661742d7175617274657207070707070707070707070707070707070707
        0707070707070707070707070704343731310002000001f89ec5a10d00010107636f6c6c65637400050104018094c5a1
        0d000101010370617404030201018094c5a10d0001146576656e74203320646f6573206e6f7420666974010101b09dc5
        a10d000107636f6c6c656374000107636f6c6c65637400"#]],
    );
}

#[test]
fn an_effect_is_written_as_it_was() {
    let frozen = Frozen { from: "o@example.com".into(), to: "a@example.com".into(), mime: b"To: a\r\n".to_vec() };
    let effects = [
        Effect::TellParent { parent: effect_id(2, 3), completed: true },
        Effect::StartJob {
            task: TaskKey::item(&name("collect"), "dee"),
            definition: definition_id("vat"),
            client: crate::trial::client_id("4711"),
            inputs: BTreeMap::from([(name("year"), Value::Int(2026))]),
        },
        Effect::EndChildren { children: vec![job_id(2, 0xb2)], why: "the client left".into() },
        Effect::ResumeChildren { children: vec![job_id(2, 0xb2)], gone: vec![job_id(3, 0xb3)], note: "a slip".into() },
    ];
    let [told, started, ended, resumed] = effects.map(|effect| Entry {
        id: effect_id(1, 9),
        effect,
        wanted_at: at(1_780_000_000),
        state: State::Wanted { next_at: at(1_780_000_060) },
        tries: 2,
        frozen: None,
    });
    check(
        &told,
        expect![[r#"
        0101000000000000000000000000000001090002020000000000000000000000000000020300018094c5a10d0000f894
        c5a10d000200"#]],
    );
    check(
        &Entry { state: State::GivenUp { at: at(1_780_000_090) }, ..started },
        expect![[r#"
        010100000000000000000000000000000109000107636f6c6c6563740103646565037661740434373131010479656172
        0102d41f8094c5a10d0002b495c5a10d000200"#]],
    );
    check(
        &ended,
        expect![[r#"
        010100000000000000000000000000000109000501020000000000000000000000000000b20f74686520636c69656e74
        206c6566748094c5a10d0000f894c5a10d000200"#]],
    );
    check(
        &resumed,
        expect![[r#"
        010100000000000000000000000000000109000601020000000000000000000000000000b20103000000000000000000
        0000000000b3066120736c69708094c5a10d0000f894c5a10d000200"#]],
    );
    check(
        &Entry { state: State::Claimed { at: at(1_780_000_090) }, frozen: Some(frozen), ..told },
        expect![[r#"
        0101000000000000000000000000000001090002020000000000000000000000000000020300018094c5a10d0001b495
        c5a10d0002010d6f406578616d706c652e636f6d0d61406578616d706c652e636f6d07546f3a20610d0a"#]],
    );
}

#[test]
fn a_published_definition_is_written_as_it_was() {
    let files = BTreeMap::from([("a.rhai".into(), b"1".to_vec())]);
    check(
        &Source { id: definition_id("vat"), text: "id: vat".into(), files },
        expect!["01037661740769643a207661740106612e726861690131"],
    );
    let publication = Publication {
        id: definition_id("vat"),
        number: 3,
        hash: Hash([0xd1; 32]),
        label: Some("2026".into()),
        at: at(1_780_000_000),
        by: Actor::Operator { entered_by: "root".into() },
    };
    check(
        &publication,
        expect![[r#"
        010376617403d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d10104323032368094c5a1
        0d000304726f6f74"#]],
    );
}
