//! What becomes of a job when the one that started it ends, and of that one when its job ends.

use jobwright_core::command::{Act, Command};
use jobwright_core::event::{Actor, Event};
use jobwright_core::id::JobId;
use jobwright_runtime::Existing;

use super::{PEOPLE, cancel, children, complete};
use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

/// A job with one task by hand.
pub(super) const LEAF: &str = "
format: 1
id: leaf
name: Leaf
tasks: [{ id: do, type: manual }]
";

/// A job with a task by hand beside one that starts another job.
pub(super) fn starts(id: &str, of: &str, keys: &str) -> String {
    format!(
        "
format: 1
id: {id}
name: Starts another
tasks:
  - {{ id: other, type: start_job, job: {of}{keys} }}
  - {{ id: hand, type: manual }}
"
    )
}

/// An office where `root` starts `middle`, which starts `leaf`.
pub(super) fn three(keys: &str) -> (Office, [JobId; 3]) {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(&starts("middle", "leaf", ", wait: true"), Existing::Keep);
    office.publish(&starts("root", "middle", keys), Existing::Keep);
    let root = office.start("root", "acme");
    office.work();
    let middle = children(&office, root)[0];
    let leaf = children(&office, middle)[0];
    (office, [root, middle, leaf])
}

fn why(office: &Office, job: JobId) -> String {
    let told = office.look(job).events.into_iter().rev().find_map(|recorded| match recorded.event {
        Event::JobCancelled { by: Actor::Engine, why } => Some(why),
        _ => None,
    });
    told.expect("cancelled by the engine")
}

#[test]
fn r31_with_a_job_all_that_it_started_is_cancelled_whether_it_waits_or_not_and_across_a_restart() {
    for keys in [", wait: true", ", wait: false", ", wait: true, on_parent_end: cancel"] {
        let (mut office, [root, middle, leaf]) = three(keys);
        cancel(&office, root, "client withdrew");
        office.restart();
        office.work();
        assert_eq!([office.job(root), office.job(middle), office.job(leaf)], ["cancelled"; 3], "{keys}");
        assert!(why(&office, middle).contains("client withdrew"), "{}", why(&office, middle));
        assert!(why(&office, leaf).contains(&middle.to_string()), "{}", why(&office, leaf));
        let told = office.look(root).events.into_iter().any(|one| matches!(one.event, Event::ChildEnded { .. }));
        assert!(told, "the cancelled job hears of it");
        assert_eq!(office.verified(), Vec::<String>::new());
    }
}

#[test]
fn r31_a_job_goes_on_where_the_definition_says_so() {
    let (office, [root, middle, leaf]) = three(", wait: true, on_parent_end: keep");
    cancel(&office, root, "client withdrew");
    office.work();
    assert_eq!([office.job(root), office.job(middle), office.job(leaf)], ["cancelled", "open", "open"]);
}

#[test]
fn r31_a_job_that_was_asked_for_does_not_begin_when_who_asked_is_cancelled_first() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(&starts("root", "leaf", ", wait: true"), Existing::Keep);
    let root = office.start("root", "acme");
    cancel(&office, root, "client withdrew");
    office.work();
    assert_eq!(children(&office, root), []);
    let heads = jobwright_store::jobs::list(&office.engine().reader(), None, 9, jobwright_store::Direction::Forward);
    assert_eq!(heads.unwrap().found.len(), 1, "only the one that was cancelled");
}

#[test]
fn r31_a_job_that_was_asked_for_does_not_begin_when_its_task_is_skipped_first() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(&starts("root", "leaf", ", wait: true"), Existing::Keep);
    let root = office.start("root", "acme");
    let skip = Command::Act {
        task: "other".parse().unwrap(),
        act: Act::Skip,
        by: Actor::Staff { id: "pat".parse().unwrap(), entered_by: "test".into() },
        active: true,
        note: Some("not this year".into()),
    };
    office.engine().command(root, skip).unwrap();
    office.work();
    assert_eq!((children(&office, root), office.task(root, "other").as_str()), (vec![], "skipped"));
    complete(&office, root, "hand", &[]).unwrap();
    office.work();
    assert_eq!(office.job(root), "completed");
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r31_a_job_that_ends_by_itself_leaves_those_it_does_not_wait_for_and_takes_those_that_end_with_it() {
    for (keys, state) in [
        (", wait: false", "open"),
        (", wait: false, on_parent_end: cancel", "cancelled"),
        (", wait: false, on_parent_end: keep", "open"),
    ] {
        let (office, [root, middle, _]) = three(keys);
        complete(&office, root, "hand", &[]).unwrap();
        office.work();
        assert_eq!((office.job(root), office.job(middle)), ("completed", state), "{keys}");
    }
}

#[test]
fn r31_a_job_that_was_cancelled_fails_the_task_that_waits_for_it_and_a_retry_starts_another() {
    let (office, [root, middle, _]) = three(", wait: true");
    cancel(&office, middle, "started by mistake");
    office.work();
    assert_eq!((office.job(root), office.task(root, "other").as_str()), ("open", "failed"));
    let failure = office.look(root).job.run(&"other".parse().unwrap()).unwrap().failure.clone().unwrap();
    assert!(failure.message.contains(&middle.to_string()) && failure.message.contains("retry"), "{failure}");
    office.act(root, "other", Act::Retry, "pat").unwrap();
    office.work();
    let both = children(&office, root);
    assert_eq!((both.len(), office.job(both[1])), (2, "open"));
    // Cancelled now, it takes the second one with it, and leaves the first as it is.
    cancel(&office, root, "client withdrew");
    office.work();
    assert_eq!(office.job(both[1]), "cancelled");
}

#[test]
fn r31_a_part_that_is_done_again_cancels_the_job_of_its_earlier_round() {
    let office = Office::with(PEOPLE);
    office.publish(LEAF, Existing::Keep);
    office.publish(
        "
format: 1
id: root
name: Root
tasks:
  - { id: other, type: start_job, job: leaf, wait: false }
  - id: check
    type: approval
    depends_on: [other]
    assign: { staff: default }
    outcomes: [fine, again]
    on_outcome: { again: { reopen: other, limit: 2 } }
",
        Existing::Keep,
    );
    let root = office.start("root", "acme");
    office.work();
    office.act(root, "check", Act::Approve { outcome: "again".parse().unwrap() }, "pat").unwrap();
    office.work();
    let both = children(&office, root);
    assert_eq!(both.iter().map(|job| office.job(*job)).collect::<Vec<_>>(), ["cancelled", "open"]);
}

#[test]
fn r31_cancelling_at_the_command_line_takes_its_jobs_along_at_once_and_says_so() {
    let program = Practice::with_people(TO_FILES);
    program.write("leaf.job.yaml", LEAF);
    program.write("root.job.yaml", starts("root", "leaf", ", wait: true"));
    program.done(["publish", "leaf.job.yaml"]);
    program.done(["publish", "root.job.yaml"]);
    let root = program.json(&["start", "root", "--client", "birchwood"]);
    let root = root["job"].as_str().unwrap();
    program.done(["work"]);
    let said = program.done(["cancel", root, "--as", "pat", "--note", "client withdrew"]);
    assert!(said.contains("task other started job") && said.contains("leaf, cancelled"), "{said}");
    assert!(program.done(["jobs"]).contains("No such jobs."));
    let child = program.json(&["show", root])["children"][0]["job"].as_str().unwrap().to_owned();
    let shown = program.done(["show", &child]);
    assert!(shown.contains("which started it, was cancelled: client withdrew"), "{shown}");
    // It cannot be cancelled once more, and nothing of it is left to do.
    let again = program.run(["cancel", root, "--as", "pat", "--note", "again"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(program.done(["verify"]).contains("nothing is wrong"));
}

#[test]
fn r31_only_the_jobs_of_the_one_that_is_cancelled_go_with_it() {
    let (office, [root, middle, _]) = three(", wait: true");
    let other = office.start("root", "acme");
    office.work();
    let by = Actor::Operator { entered_by: "test".into() };
    office.engine().command(other, Command::Cancel { by, why: "another".into() }).unwrap();
    office.work();
    assert_eq!((office.job(root), office.job(middle)), ("open", "open"));
}
