//! Which job is whose child, whatever ids come about.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jobwright_core::event::Event;
use jobwright_core::id::JobId;
use jobwright_core::value::Value;
use jobwright_runtime::Existing;
use jobwright_store::{Direction, jobs};

use super::{PEOPLE, children, start_with};
use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const CHAIN: &str = "
format: 1
id: chain
name: A chain of jobs
inputs:
  n: { type: int, default: 7 }
tasks:
  - id: next
    type: start_job
    when: inputs.n > 0
    job: chain
    with: { n: { expr: inputs.n - 1 } }
    wait: false
";
const CLIENTS: u8 = 12;

/// Every job, with its client and the effect that asked for it.
fn all(office: &Office) -> Vec<(JobId, String, Option<jobwright_core::id::EffectId>)> {
    let reader = office.engine().reader();
    let heads = jobs::list(&reader, None, 1_000, Direction::Forward).expect("read").found;
    let told = |id| jobs::parent(&reader, id).expect("read");
    heads.into_iter().map(|head| (head.value.id, head.value.client.to_string(), told(head.value.id))).collect()
}

#[test]
fn r14_of_a_chain_of_jobs_every_job_is_there_once_and_its_own_clients() {
    let mut people = String::from("clients:\n");
    (0..CLIENTS).for_each(|number| writeln!(people, "  - {{ id: c{number:02}, name: Client {number} }}").unwrap());
    let office = Office::with(&people);
    office.publish(CHAIN, Existing::Keep);
    for number in 0..CLIENTS {
        start_with(&office, "chain", &format!("c{number:02}"), number + 1, &[]).expect("started");
    }
    office.work();
    let all = all(&office);
    assert_eq!(all.len(), usize::from(CLIENTS) * 8, "eight for each client");
    let mut seen = BTreeSet::new();
    for (job, client, _) in &all {
        for child in children(&office, *job) {
            let looked = office.look(child);
            assert_eq!(looked.job.client.as_str(), client, "{job} started a job of another client");
            assert_eq!(looked.job.parent.map(|parent| parent.job), Some(*job));
            assert!(seen.insert(child), "{child} has two parents");
        }
    }
    assert_eq!(seen.len(), usize::from(CLIENTS) * 7);
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r14_a_job_keeps_its_id_however_often_it_is_tried_and_across_a_restart() {
    let mut office = Office::with(PEOPLE);
    office.publish(CHAIN, Existing::Keep);
    let first = start_with(&office, "chain", "acme", 1, &[("n", Value::Int(3))]).expect("started");
    office.restart();
    office.work();
    office.restart();
    office.work();
    assert_eq!(children(&office, first).len(), 1);
    assert_eq!(all(&office).len(), 4);
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r14_a_job_that_somebody_else_started_is_not_taken_for_the_one_that_was_asked_for() {
    let office = Office::with(PEOPLE);
    office.publish(
        "
format: 1
id: once
name: Once
schedule: { every: month, once_per: client }
tasks: [{ id: by_hand, type: manual }]
",
        Existing::Keep,
    );
    office.publish(
        "
format: 1
id: parent
name: Parent
tasks: [{ id: other, type: start_job, job: once, wait: true }]
",
        Existing::Keep,
    );
    let stranger = office.start("once", "acme");
    let parent = office.start("parent", "acme");
    office.work();
    assert_eq!(children(&office, parent), []);
    assert_eq!(office.task(parent, "other"), "failed");
    let told = office.look(parent).job.run(&"other".parse().unwrap()).unwrap().failure.clone().unwrap();
    assert!(told.code == "has-job-already" && told.message.contains(&stranger.to_string()), "{told}");
    assert!(office.look(stranger).job.parent.is_none());
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r14_what_started_a_job_and_what_it_started_is_shown_on_both_sides() {
    let program = Practice::with_people(TO_FILES);
    program.write("leaf.job.yaml", "format: 1\nid: leaf\nname: Leaf\ntasks: [{ id: do, type: manual }]\n");
    program.write(
        "root.job.yaml",
        "format: 1\nid: root\nname: Root\ntasks: [{ id: leaf, type: start_job, job: leaf, wait: true }]\n",
    );
    program.done(["publish", "leaf.job.yaml"]);
    program.done(["publish", "root.job.yaml"]);
    let root = program.json(&["start", "root", "--client", "birchwood"]);
    let root = root["job"].as_str().unwrap();
    program.done(["work"]);
    let shown = program.json(&["show", root]);
    let child = shown["children"][0]["job"].as_str().expect("a child").to_owned();
    assert_eq!((&shown["children"][0]["task"], &shown["children"][0]["state"]), (&"leaf".into(), &"open".into()));
    assert_eq!(shown["parent"], serde_json::Value::Null);
    let shown = program.json(&["show", &child]);
    assert_eq!((&shown["parent"]["job"], &shown["parent"]["task"]), (&root.into(), &"leaf".into()));
    let words = program.done(["show", &child]);
    assert!(words.contains(&format!("started by job {root}: root, open (task leaf)")), "{words}");
    let words = program.done(["show", root]);
    assert!(words.contains(&format!("task leaf started job {child}: leaf, open")), "{words}");
    let board = program.done(["jobs"]);
    assert!(board.contains("started by") && board.contains("leaf: job "), "{board}");
    for line in program.done(["jobs", "--json"]).lines() {
        let job: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_root = job["job"] == root;
        assert_eq!(job["children"].as_array().map(Vec::len), Some(usize::from(is_root)), "{job}");
        assert_eq!(job["parent"].is_null(), is_root, "{job}");
    }
    assert!(program.done(["verify"]).contains("nothing is wrong"));
}

#[test]
fn r14_a_job_that_was_asked_for_and_not_yet_started_is_named_so() {
    let office = Office::with(PEOPLE);
    office.publish(CHAIN, Existing::Keep);
    let first = start_with(&office, "chain", "acme", 1, &[]).expect("started");
    let job = office.look(first).job;
    let linked = jobwright::linked::Linked::of(office.engine(), &job).unwrap();
    assert_eq!(linked.lines(), ["task next started no job yet: chain"]);
    assert!(matches!(
        office.look(first).events.last().unwrap().event,
        Event::ChildAsked { .. } | Event::JobCompleted | Event::TaskCompleted { .. }
    ));
}
