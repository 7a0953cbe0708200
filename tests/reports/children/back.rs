//! A cancellation that is taken back, and the jobs that ended with it; parts that staff have done again.

use jobwright_core::command::{Act, Command, Outcome};
use jobwright_core::event::{Actor, Event};
use jobwright_core::id::{EffectId, JobId};
use jobwright_core::value::Value;
use jobwright_runtime::{Error, Existing};

use super::ending::{LEAF, starts, three};
use super::{PEOPLE, cancel, children, complete, start_with};
use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

/// Jobs that one job starts: more than a commit has room for.
const MANY: usize = 300;

/// Takes a cancellation back; what is refused, in its words.
fn uncancel(office: &Office, job: JobId) -> Result<(), String> {
    let by = Actor::Operator { entered_by: "test".into() };
    let command = Command::Uncancel { by, note: "the wrong client".into(), with_parent: false };
    match office.engine().command(job, command) {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal.to_string()),
        Err(error) => panic!("{error}"),
    }
}

fn states(office: &Office, jobs: [JobId; 3]) -> [&'static str; 3] {
    jobs.map(|job| office.job(job))
}

/// Staff have a task done once more.
fn reopen(office: &Office, job: JobId, task: &str) {
    let command = Command::Act {
        task: task.parse().unwrap(),
        act: Act::Reopen,
        by: Actor::Staff { id: "pat".parse().unwrap(), entered_by: "test".into() },
        active: true,
        note: Some("once more".into()),
    };
    office.engine().command(job, command).unwrap();
}

#[test]
fn r31_what_was_cancelled_with_a_job_comes_back_with_it_and_goes_on() {
    for (keys, is_waited_for) in [(", wait: true", true), (", wait: false", false)] {
        let (mut office, jobs) = three(keys);
        let [root, middle, leaf] = jobs;
        cancel(&office, root, "client withdrew");
        office.work();
        assert_eq!(states(&office, jobs), ["cancelled"; 3]);
        uncancel(&office, root).unwrap();
        office.restart();
        office.work();
        assert_eq!(states(&office, jobs), ["open"; 3], "{keys}");
        let why = office.look(leaf).events.into_iter().rev().find_map(|recorded| match recorded.event {
            Event::JobUncancelled { by: Actor::Engine, note } => Some(note),
            _ => None,
        });
        assert!(why.is_some_and(|why| why.contains("the wrong client") && why.contains(&middle.to_string())));
        // Each hears of the end of what it started, as if nothing had been.
        complete(&office, leaf, "do", &[]).unwrap();
        complete(&office, middle, "hand", &[]).unwrap();
        complete(&office, root, "hand", &[]).unwrap();
        if is_waited_for {
            assert_eq!(office.job(root), "open", "it waits for the other");
        }
        office.work();
        assert_eq!(states(&office, jobs), ["completed"; 3], "{keys}");
        assert_eq!(office.verified(), Vec::<String>::new());
    }
}

#[test]
fn r31_a_cancellation_may_be_taken_back_before_what_goes_with_it_has_gone_and_be_made_again() {
    let (office, jobs) = three(", wait: true");
    for _ in 0..3 {
        cancel(&office, jobs[0], "client withdrew");
        uncancel(&office, jobs[0]).unwrap();
        office.work();
        assert_eq!(states(&office, jobs), ["open"; 3]);
    }
    cancel(&office, jobs[0], "client withdrew");
    office.work();
    assert_eq!(states(&office, jobs), ["cancelled"; 3]);
    // Cancelled once more before they are back.
    uncancel(&office, jobs[0]).unwrap();
    cancel(&office, jobs[0], "client withdrew");
    office.work();
    assert_eq!(states(&office, jobs), ["cancelled"; 3]);
    uncancel(&office, jobs[0]).unwrap();
    office.work();
    assert_eq!(states(&office, jobs), ["open"; 3]);
    cancel(&office, jobs[0], "client withdrew");
    office.work();
    office.wait(2);
    assert!(uncancel(&office, jobs[0]).unwrap_err().contains("more than an hour ago"));
}

#[test]
fn r31_when_something_has_left_of_a_job_that_ended_with_it_nothing_is_taken_back_and_that_job_is_named() {
    let office = Office::with(PEOPLE);
    let writes = "
format: 1
id: leaf
name: Leaf
tasks: [{ id: do, type: manual }, { id: tell, type: email, depends_on: [do], recipient: primary_contact, template: l }]
templates: { l: { subject: S, body: B } }
";
    office.publish(writes, Existing::Keep);
    office.publish(&starts("middle", "leaf", ", wait: true"), Existing::Keep);
    office.publish(&starts("root", "middle", ", wait: true"), Existing::Keep);
    let root = office.start("root", "acme");
    office.work();
    let middle = children(&office, root)[0];
    let leaf = children(&office, middle)[0];
    complete(&office, leaf, "do", &[]).unwrap();
    let letter = office.look(leaf).events.into_iter().find_map(|recorded| match recorded.event {
        Event::LetterWritten { .. } => Some(EffectId { job: leaf, event: recorded.number, index: 0 }),
        _ => None,
    });
    cancel(&office, root, "client withdrew");
    office.engine().settle_children().unwrap();
    assert_eq!(states(&office, [root, middle, leaf]), ["cancelled"; 3]);
    // The server's answer to a letter that was under way comes in late.
    let sent = Command::Record { effect: letter.expect("a letter"), outcome: Outcome::Sent { reply: "250".into() } };
    office.engine().command(leaf, sent).unwrap();
    let why = uncancel(&office, root).unwrap_err();
    assert!(why.contains(&format!("job {leaf} (leaf), which ended with it: a letter")), "{why}");
    office.work();
    assert_eq!(states(&office, [root, middle, leaf]), ["cancelled"; 3]);
}

#[test]
fn r31_when_a_job_cannot_come_back_after_all_whoever_waits_for_it_hears_that_it_has_ended() {
    let office = Office::with(PEOPLE);
    let only = LEAF.replace("tasks:", "schedule: { every: month, once_per: client }\ntasks:");
    office.publish(&only, Existing::Keep);
    office.publish(&starts("root", "leaf", ", wait: true"), Existing::Keep);
    let root = office.start("root", "acme");
    office.work();
    cancel(&office, root, "client withdrew");
    office.work();
    // Its place is taken between the look and the deed.
    uncancel(&office, root).unwrap();
    office.start("leaf", "acme");
    office.work();
    assert_eq!((office.job(root), office.task(root, "other").as_str()), ("open", "failed"));
    assert_eq!(office.job(children(&office, root)[0]), "cancelled");
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r31_hundreds_of_jobs_go_with_one_and_come_back_with_it() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(
        "
format: 1
id: root
name: Root
inputs: { all: { type: list, of: string } }
tasks: [{ id: other, type: start_job, job: leaf, wait: true, for_each: { item: x, in: inputs.all, key: x } }]
",
        Existing::Keep,
    );
    let all = Value::List((0..MANY).map(|number| Value::text(number.to_string())).collect());
    let root = start_with(&office, "root", "acme", 1, &[("all", all)]).expect("started");
    office.work();
    let states = |state: &str| children(&office, root).iter().filter(|job| office.job(**job) == state).count();
    assert_eq!(states("open"), MANY);
    cancel(&office, root, "client withdrew");
    office.work();
    assert_eq!(states("cancelled"), MANY);
    uncancel(&office, root).unwrap();
    office.work();
    assert_eq!(states("open"), MANY);
    // They are told in a few lines.
    let lines = jobwright::linked::Linked::of(office.engine(), &office.look(root).job).unwrap().lines();
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (21, "and 280 more: 280 open"));
}

#[test]
fn r31_a_job_that_went_with_another_comes_back_only_with_that_one() {
    let (office, jobs) = three(", wait: true");
    cancel(&office, jobs[0], "client withdrew");
    office.work();
    let why = uncancel(&office, jobs[1]).unwrap_err();
    assert!(why.contains(&jobs[0].to_string()) && why.contains("take that job's own cancellation back"), "{why}");
    assert_eq!(states(&office, jobs), ["cancelled"; 3]);
}

#[test]
fn r31_a_job_that_was_cancelled_by_itself_before_stays_so() {
    let (office, [root, middle, leaf]) = three(", wait: true");
    cancel(&office, middle, "started by mistake");
    office.work();
    cancel(&office, root, "client withdrew");
    office.work();
    uncancel(&office, root).unwrap();
    office.work();
    assert_eq!(states(&office, [root, middle, leaf]), ["open", "cancelled", "cancelled"]);
    assert_eq!(office.task(root, "other"), "failed");
}

#[test]
fn r31_a_job_that_was_not_started_yet_is_started_once_when_the_cancellation_is_taken_back() {
    for works_between in [false, true] {
        let office = Office::with(PEOPLE);
        office.publish(LEAF, Existing::Keep);
        office.publish(&starts("root", "leaf", ", wait: true"), Existing::Keep);
        let root = office.start("root", "acme");
        cancel(&office, root, "client withdrew");
        if works_between {
            office.work();
        }
        uncancel(&office, root).unwrap();
        office.work();
        let started = children(&office, root);
        assert_eq!(started.len(), 1, "{works_between}");
        assert_eq!((office.job(started[0]), office.task(root, "other").as_str()), ("open", "active"));
        complete(&office, started[0], "do", &[]).unwrap();
        office.work();
        assert_eq!(office.task(root, "other"), "completed");
        assert_eq!(office.verified(), Vec::<String>::new());
    }
}

#[test]
fn r121_a_cancellation_is_not_taken_back_when_another_job_has_the_only_place_by_now() {
    let office = Office::with(PEOPLE);
    let only = LEAF.replace("tasks:", "schedule: { every: month, once_per: client }\ntasks:");
    office.publish(&only, Existing::Keep);
    office.publish(&starts("root", "leaf", ", wait: true"), Existing::Keep);
    let root = office.start("root", "acme");
    office.work();
    let leaf = children(&office, root)[0];
    cancel(&office, root, "client withdrew");
    office.work();
    let second = office.start("leaf", "acme");
    let why = uncancel(&office, root).unwrap_err();
    assert!(why.contains(&leaf.to_string()) && why.contains(&second.to_string()), "{why}");
    // Of the job itself it is said the same way.
    cancel(&office, second, "another one is right");
    let third = office.start("leaf", "acme");
    let why = uncancel(&office, second).unwrap_err();
    assert!(why.contains("only once") && why.contains(&third.to_string()), "{why}");
    cancel(&office, third, "the first is right");
    uncancel(&office, root).unwrap();
    office.work();
    assert_eq!(states(&office, [root, leaf, third]), ["open", "open", "cancelled"]);
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r31_what_staff_have_done_again_cancels_the_job_of_the_earlier_round_and_of_one_instance_only_its_own() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(
        "
format: 1
id: root
name: Root
tasks:
  - { id: other, type: start_job, job: leaf, wait: true, for_each: { item: x, in: '[\"a\", \"b\"]', key: x } }
  - { id: hand, type: manual }
",
        Existing::Keep,
    );
    let root = office.start("root", "acme");
    office.work();
    let of = |office: &Office| children(office, root).into_iter().map(|job| office.job(job)).collect::<Vec<_>>();
    assert_eq!(of(&office), ["open", "open"]);
    let instance = office.look(root).job.run(&"other[a]".parse().unwrap()).and_then(|run| run.child).unwrap();
    reopen(&office, root, "other[a]");
    office.work();
    assert_eq!(office.job(instance), "cancelled");
    assert_eq!(of(&office).iter().filter(|state| **state == "open").count(), 2, "{:?}", of(&office));
    // The end of the earlier one is no news for the round that runs.
    assert_eq!(office.task(root, "other[a]"), "active");
    reopen(&office, root, "other");
    office.work();
    assert_eq!(of(&office).iter().filter(|state| **state == "open").count(), 2, "{:?}", of(&office));
    assert_eq!(children(&office, root).len(), 5);
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r31_a_job_that_is_open_again_after_its_end_leaves_what_ended_with_it() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(&starts("root", "leaf", ", wait: false, on_parent_end: cancel"), Existing::Keep);
    let root = office.start("root", "acme");
    office.work();
    complete(&office, root, "hand", &[]).unwrap();
    office.work();
    let leaf = children(&office, root)[0];
    assert_eq!((office.job(root), office.job(leaf)), ("completed", "cancelled"));
    reopen(&office, root, "hand");
    office.work();
    // A later cancellation that is taken back does not bring it back either.
    cancel(&office, root, "client withdrew");
    office.work();
    uncancel(&office, root).unwrap();
    office.work();
    assert_eq!((office.job(root), office.job(leaf)), ("open", "cancelled"));
}

#[test]
fn r32_a_job_that_was_asked_for_is_not_started_when_the_new_version_does_not_ask_for_it() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(&starts("root", "leaf", ", wait: true"), Existing::Keep);
    let root = office.start("root", "acme");
    let published =
        office.publish("format: 1\nid: root\nname: Root\ntasks: [{ id: hand, type: manual }]\n", Existing::Update);
    assert_eq!(published.moved, [root]);
    office.work();
    assert_eq!(children(&office, root), []);
    complete(&office, root, "hand", &[]).unwrap();
    assert_eq!(office.job(root), "completed");
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r31_taking_a_cancellation_back_at_the_command_line_says_what_came_back() {
    let program = Practice::with_people(TO_FILES);
    program.write("leaf.job.yaml", LEAF);
    program.write("root.job.yaml", starts("root", "leaf", ", wait: true"));
    program.done(["publish", "leaf.job.yaml"]);
    program.done(["publish", "root.job.yaml"]);
    let root = program.json(&["start", "root", "--client", "birchwood"]);
    let root = root["job"].as_str().unwrap();
    program.done(["work"]);
    program.done(["cancel", root, "--as", "pat", "--note", "client withdrew"]);
    let said = program.done(["uncancel", root, "--as", "pat", "--note", "the wrong one"]);
    assert!(said.contains("task other started job") && said.contains("leaf, open"), "{said}");
    let child = program.json(&["show", root])["children"][0]["job"].as_str().unwrap().to_owned();
    let shown = program.done(["show", &child]);
    assert!(shown.contains("which started it, was taken back: the wrong one"), "{shown}");
    assert!(program.done(["verify"]).contains("nothing is wrong"));
}
