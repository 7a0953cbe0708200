//! What a letter lacks: it is named with the command that fills it in, and goes on by itself when it comes by whatever
//! door (r34).

use jobwright_core::command::{Act, Command};
use jobwright_core::event::{Actor, Answered};
use jobwright_core::id::JobId;
use jobwright_core::value::Value;
use jobwright_runtime::Existing;

use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

/// A definition with a letter that reads a field.
fn letter(body: &str) -> String {
    format!(
        "format: 1
id: tell
name: Tell
tasks:
  - {{ id: tell, type: email, recipient: primary_contact, template: t }}
templates:
  t: {{ subject: S, body: \"Dear {{{{ recipient.first_name }}}}, {body}\" }}
"
    )
}

const PEOPLE: &str = "
staff:
  - { id: pat, name: Pat, email: pat@practice.example }
clients:
  - id: acme
    name: Acme
    contacts: [{ id: ann, name: Ann, email: ann@acme.example }]
";

fn office_with(definition: &str) -> (Office, JobId) {
    let office = Office::with(PEOPLE);
    office.publish(definition, Existing::Keep);
    let job = office.start("tell", "acme");
    office.work();
    (office, job)
}

/// A way in which a value comes, for the job that waits for it.
type Door<'a> = &'a dyn Fn(&str);

#[test]
fn r34_a_field_of_the_person_written_to_heals_when_it_is_set() {
    let (office, job) = office_with(&letter("we ring {{ recipient.phone }}"));
    assert_eq!(office.task(job, "tell"), "uncompletable, missing_field(recipient.phone)");
    office.change("acme", |acme| acme.contacts[0].phone = Some("0113 4960000".into()));
    office.work();
    assert_eq!(office.job(job), "completed");
    assert!(office.letter(job, "tell").text.contains("0113 4960000"));
}

#[test]
fn r34_an_answer_that_comes_later_in_the_same_job_heals_the_letter_that_reads_it() {
    let definition = "format: 1
id: tell
name: Tell
tasks:
  - { id: ask, type: form, recipient: primary_contact, template: q, fields: [{ id: day, label: Day, type: string }] }
  - { id: tell, type: email, recipient: primary_contact, template: t, depends_on: [ask] }
  - id: ok
    type: approval
    assign: { staff: default }
    depends_on: [ask]
    outcomes: [fine, again]
    on_outcome: { again: { reopen: ask, limit: 2 } }
templates:
  t: { subject: S, body: \"On {{ tasks.ask.outputs.day }}\" }
  q: { subject: Q, body: Please answer. }
";
    let (office, job) = office_with(definition);
    let by = || Actor::Staff { id: "pat".parse().unwrap(), entered_by: "test".into() };
    let note = Some("told by telephone: Monday".to_owned());
    let skip = Command::Act { task: "ask".parse().unwrap(), act: Act::Skip, by: by(), active: true, note };
    office.engine().command(job, skip).expect("skipped");
    assert_eq!(office.task(job, "tell"), "uncompletable, missing_field(tasks.ask.outputs.day)");
    office.act(job, "ok", Act::Approve { outcome: "again".parse().unwrap() }, "pat").expect("asked once more");
    let monday = Act::Answer { item: "day".parse().unwrap(), answer: Answered::Value(Value::text("Monday")) };
    office.act(job, "ask", monday, "contact:ann").expect("answered");
    office.work();
    assert_eq!(office.task(job, "tell"), "completed");
    assert_eq!(office.letter(job, "tell").text, "On Monday");
}

#[test]
fn r34_each_door_of_the_program_heals_it_and_the_advice_is_a_command_that_works() {
    let definition = letter("paid on the {{ client.payroll.pay_day }}");
    let practice = Practice::with_people(TO_FILES);
    practice.write("tell.job.yaml", &definition);
    practice.done(["publish", "tell.job.yaml"]);
    practice.write("pay.csv", "client_id,client_name,payroll.pay_day\nquill,Quill Ltd,27\n");
    practice.write(
        "set.job.yaml",
        "format: 1\nid: fill\nname: Fill\ntasks:\n  - { id: it, type: update_client, set: { payroll.pay_day: 26 } }\n",
    );
    practice.done(["publish", "set.job.yaml"]);
    let doors: [(&str, Door<'_>); 3] = [
        ("by the advice", &|job| {
            let said = practice.done(["why", job, "tell"]);
            assert!(said.contains("missing_field(client.payroll.pay_day)"), "{said}");
            let advice = said.split('`').find(|words| words.starts_with("jobwright ")).expect("a command");
            let words: Vec<String> = advice.replace("VALUE", "28").split(' ').skip(1).map(ToOwned::to_owned).collect();
            practice.done(words);
        }),
        ("by import", &|_| drop(practice.done(["import", "pay.csv"]))),
        ("by another job", &|_| {
            practice.done(["start", "fill", "--client", "quill"]);
        }),
    ];
    for (door, fill) in doors {
        if door == "by the advice" {
            practice.done(["client", "add", "quill", "Quill Ltd"]);
            practice.done(["contact", "add", "quill/ann", "Ann Quill", "email=ann@quill.example"]);
        } else {
            practice.done(["client", "set", "quill", "payroll.pay_day="]);
        }
        let started = practice.json(&["start", "tell", "--client", "quill"]);
        let job = started["job"].as_str().expect("a job").to_owned();
        practice.done(["work"]);
        let tell = |job: &str| {
            let shown = practice.json(&["show", job]);
            let tasks = shown["tasks"].as_array().expect("tasks").clone();
            let tell = tasks.into_iter().find(|one| one["id"] == "tell").expect("the task");
            tell["state"].as_str().expect("a state").to_owned()
        };
        assert_eq!(tell(&job), "uncompletable", "{door}");
        let all = practice.done(["why", job.as_str()]);
        assert!(all.contains("client.payroll.pay_day"), "{door}: {all}");
        fill(&job);
        practice.done(["work"]);
        assert_eq!(tell(&job), "completed", "{door}");
    }
}
