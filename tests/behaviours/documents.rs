//! Tasks and documents that belong to contacts with certain roles.

use jobwright_core::command::{Act, Refusal};
use jobwright_core::event::Answered;
use jobwright_core::id::JobId;
use jobwright_core::value::{Value, Values};
use jobwright_runtime::{Error, Existing, Unseen, Viewer};

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

/// Three contacts, of whom two have a role; and another client with a contact of the same id and the same roles.
const PEOPLE: &str = "
roles: { payroll: Payroll contact, director: Director }
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example }
  - { id: old, name: Olaf Dean, active: false }
clients:
  - id: 4711
    name: Acme
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example, roles: [payroll] }
      - { id: bob, name: Bob Cole, email: bob@acme.example }
      - { id: dee, name: Dee Foster, roles: [director] }
      - { id: eve, name: Eve Gray, email: eve@acme.example, roles: [director], active: false }
  - id: 4712
    name: Other
    contacts:
      - { id: ann, name: Ann Bell, email: ann@acme.example, roles: [payroll, director] }
      - { id: dee, name: Dee Foster, email: dee@other.example, roles: [payroll, director] }
";

/// A request for two documents, one of them for directors only.
const RECORDS: &str = r#"
format: 1
id: records
name: Records
tasks:
  - id: records
    type: document_request
    recipient: { role: payroll }
    template: ask
    items:
      - { id: accounts, label: Accounts, visible_to: { role: director } }
      - { id: hours, label: Hours }
templates:
  ask: { subject: Records, body: "Dear {{ recipient.first_name }}" }
"#;

fn contact(client: &str, id: &str) -> Viewer {
    Viewer::Contact(client.parse().unwrap(), id.parse().unwrap())
}

/// Hands a file in.
fn hand_in(office: &Office, job: JobId, item: &str, who: &str) {
    let answer = Answered::Value(Value::Document(office.document(&format!("{item}.pdf"), item)));
    office.act(job, "records", Act::Answer { item: item.parse().unwrap(), answer }, who).unwrap();
}

/// What somebody is shown of a document: its bytes, or why not.
fn shown(office: &Office, job: JobId, item: &str, viewer: &Viewer) -> Result<String, Unseen> {
    let looked = office.look(job);
    let scene = looked.scene(office.engine()).unwrap();
    let document = scene.document_for(&"records".parse().unwrap(), &item.parse().unwrap(), viewer)?;
    let bytes = office.engine().document(document).unwrap().expect("the bytes are kept");
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn b022_a_document_is_shown_to_staff_to_whoever_handed_it_in_and_to_whom_its_rule_finds() {
    let office = Office::with(PEOPLE);
    office.publish(RECORDS, Existing::Keep);
    let job = office.start("records", "4711");
    office.work();
    hand_in(&office, job, "accounts", "contact:ann");
    hand_in(&office, job, "hours", "contact:ann");

    // Without a rule: every active contact of the client. With one: whom it finds, an address or none.
    let cases = [
        (Viewer::Practice, true, true),
        (Viewer::Staff("pat".parse().unwrap()), true, true),
        (Viewer::Staff("old".parse().unwrap()), false, false),
        (Viewer::Staff("nobody".parse().unwrap()), false, false),
        (contact("4711", "ann"), true, true),
        (contact("4711", "bob"), false, true),
        (contact("4711", "dee"), true, true),
        (contact("4711", "eve"), false, false),
        (contact("4711", "zoe"), false, false),
        // The same ids and roles at another client open no door here, not even those of whoever handed it in.
        (contact("4712", "ann"), false, false),
        (contact("4712", "dee"), false, false),
        (contact("4713", "ann"), false, false),
    ];
    for (viewer, accounts, hours) in cases {
        for (item, expected) in [("accounts", accounts), ("hours", hours)] {
            let seen = shown(&office, job, item, &viewer);
            assert_eq!(seen.is_ok(), expected, "{viewer:?}, {item}: {seen:?}");
            assert!(seen.is_err() || seen.as_deref() == Ok(item), "the bytes that were handed in");
        }
    }

    // The answer follows the directory as it is: a tick opens, an untick closes, and who handed in and left is out.
    office.tick("4711/bob", "director", true);
    assert!(shown(&office, job, "accounts", &contact("4711", "bob")).is_ok());
    office.tick("4711/dee", "director", false);
    let refused = shown(&office, job, "accounts", &contact("4711", "dee")).unwrap_err();
    let words = "contact dee may not see document `accounts`: it is for role director, and for whoever handed it in";
    assert_eq!(refused.to_string(), words);
    office.change("4711", |client| client.contact_mut(&"ann".parse().unwrap()).unwrap().active = false);
    assert!(shown(&office, job, "accounts", &contact("4711", "ann")).is_err());
}

#[test]
fn b022_the_door_writes_a_document_out_or_refuses_with_words() {
    let program = Practice::empty(TO_FILES);
    program.done(["staff", "add", "pat", "Pat Quill"]);
    for role in ["payroll", "director"] {
        program.done(["role", "add", role, role]);
    }
    for client in ["4711", "4712"] {
        program.done(["client", "add", client, "Acme"]);
        let ann = format!("{client}/ann");
        program.done(["contact", "add", &ann, "Ann Bell", "email=ann@acme.example", "roles=payroll"]);
    }
    program.done(["contact", "add", "4711/bob", "Bob Cole", "email=bob@acme.example"]);
    program.write("records.job.yaml", RECORDS);
    program.done(["publish", "records.job.yaml"]);
    program.done(["start", "records", "--client", "4711"]);
    program.write("accounts.pdf", "figures");
    let job = "records/4711";
    program.done(["answer", job, "records", "accounts", "--file", "accounts.pdf", "--as", "contact:ann"]);

    let door = |more: &[&str]| program.run([&["show", job, "--document", "records/accounts"], more].concat());
    assert_eq!(door(&[]).out, "figures");
    assert_eq!(door(&["--as", "contact:ann"]).out, "figures");
    assert_eq!(door(&["--as", "contact:4711/ann"]).out, "figures");
    let said = door(&["--to", "out.pdf"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "accounts.pdf, 7 bytes, is in out.pdf\n"), "{said:?}");
    assert_eq!(std::fs::read_to_string(program.folder().join("out.pdf")).unwrap(), "figures");
    assert_eq!(door(&["--to", "out.pdf"]).code, Some(1), "a file that is there is not written over");

    let refusals = [
        ("contact:bob", 1, "contact bob may not see document `accounts`"),
        ("contact:4712/ann", 1, "contact ann of client 4712 may see no document of another client"),
        ("contact:zoe", 1, "client 4711 has no active contact `zoe`"),
        ("kim", 3, "there is no member of staff `kim`"),
    ];
    for (who, code, words) in refusals {
        let said = door(&["--as", who, "--to", "stolen.pdf"]);
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{who}: {said:?}");
        assert!(said.errors.contains(words), "{who}: {}", said.errors);
        assert!(!program.folder().join("stolen.pdf").exists(), "{who}");
    }
    assert_eq!(program.run(["show", job, "--document", "records/hours"]).code, Some(3), "not handed in");

    // Bytes that are not the ones handed in are never an answer.
    let blobs = walk(&program.folder().join(".jobwright/blobs"));
    let [kept] = blobs.as_slice() else { panic!("one file was handed in: {blobs:?}") };
    std::fs::write(kept, "forged!").unwrap();
    let damaged = door(&[]);
    assert_eq!((damaged.code, damaged.out.as_str()), (Some(4), ""), "{damaged:?}");
}

/// Every file below a folder.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn b023_a_task_that_a_client_does_is_given_to_contacts_with_a_role_and_to_nobody_else() {
    let office = Office::with(PEOPLE);
    office.publish(
        r#"
format: 1
id: asked
name: Asked by role
tasks:
  - id: records
    type: document_request
    recipient: { role: payroll }
    template: ask
    items: [{ id: hours, label: Hours }]
  - id: details
    type: form
    recipient: { role: payroll }
    template: ask
    fields: [{ id: heads, label: Heads, type: int }]
  - id: approve
    type: approval
    recipient: { role: payroll, pick: one, order_by: [listed] }
    template: ask
    outcomes: [approved, rejected]
  - { id: file, type: manual, outputs: { record: { type: document } } }
  - id: sign
    type: signature
    depends_on: [file]
    document: { expr: tasks.file.outputs.record }
    template: ask
    signers: [{ id: payroll, recipient: { role: payroll, pick: one, order_by: [listed] } }]
templates:
  ask: { subject: Records, body: "Dear {{ recipient.first_name }}" }
"#,
        Existing::Keep,
    );
    let job = office.start("asked", "4711");
    let record = Value::Document(office.document("record.pdf", "record"));
    let outputs = Values::from([("record".parse().unwrap(), record)]);
    office.act(job, "file", Act::Complete { outputs, awaited: None }, "pat").unwrap();
    office.work();
    let name = |name: &str| name.parse().unwrap();
    let hours = || Answered::Value(Value::Document(office.document("hours.pdf", "40")));
    let acts = || {
        [
            ("records", Act::Answer { item: name("hours"), answer: hours() }),
            ("details", Act::Answer { item: name("heads"), answer: Answered::Value(Value::Int(12)) }),
            ("approve", Act::Approve { outcome: name("approved") }),
            ("sign", Act::Sign { signer: name("payroll") }),
        ]
    };
    for (task, act) in acts() {
        assert_eq!(office.asked(job, task), ["ann"], "{task}");
        let refused = office.act(job, task, act, "contact:bob").unwrap_err();
        assert!(matches!(refused, Error::Refused(Refusal::NotAsked(..))), "{task}: {refused}");
    }
    for (task, act) in acts() {
        office.act(job, task, act, "contact:ann").unwrap_or_else(|error| panic!("{task}: {error}"));
        assert_eq!(office.task(job, task), "completed", "{task}");
    }
    assert_eq!(office.job(job), "completed");
}

#[test]
fn two_signers_of_one_document_cannot_share_an_address() {
    let people = PEOPLE
        .replace("{ id: dee, name: Dee Foster, roles", "{ id: dee, name: Dee Foster, email: ANN@acme.example, roles");
    for after in ["", ", after: payroll"] {
        let office = Office::with(&people);
        office.publish(&two_signers(after), Existing::Keep);
        let job = office.start("signed", "4711");
        let record = Value::Document(office.document("record.pdf", "record"));
        let outputs = Values::from([("record".parse().unwrap(), record)]);
        office.act(job, "file", Act::Complete { outputs, awaited: None }, "pat").unwrap();
        if !after.is_empty() {
            // The first place is chosen, and has signed, before the second is looked for.
            office.act(job, "sign", Act::Sign { signer: "payroll".parse().unwrap() }, "contact:ann").unwrap();
        }
        assert_eq!(office.task(job, "sign"), "uncompletable, shared_address(dee and ann)", "{after}");
        let (_, refused) = office.resolutions(job, "sign").pop().unwrap();
        let words = "role director, all: dee and ann, who signs as `payroll`, cannot both sign from one address";
        assert_eq!(refused.tree.rule, words);

        // An address of one's own heals it.
        office.change("4711", |client| {
            client.set_email(&"dee".parse().unwrap(), Some("dee@acme.example".into())).unwrap();
        });
        office.work();
        if after.is_empty() {
            office.act(job, "sign", Act::Sign { signer: "payroll".parse().unwrap() }, "contact:ann").unwrap();
        }
        office.act(job, "sign", Act::Sign { signer: "director".parse().unwrap() }, "contact:dee").unwrap();
        assert_eq!(office.job(job), "completed", "{after}");
    }
}

/// A document with two signers, the second of them perhaps after the first.
fn two_signers(after: &str) -> String {
    format!(
        r#"
format: 1
id: signed
name: Signed twice
tasks:
  - {{ id: file, type: manual, outputs: {{ record: {{ type: document }} }} }}
  - id: sign
    type: signature
    depends_on: [file]
    document: {{ expr: tasks.file.outputs.record }}
    template: ask
    signers:
      - {{ id: payroll, recipient: {{ role: payroll, pick: all }} }}
      - {{ id: director, recipient: {{ role: director, pick: all }}{after} }}
templates:
  ask: {{ subject: Sign, body: "Dear {{{{ recipient.first_name }}}}" }}
"#
    )
}
