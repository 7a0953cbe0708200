//! Waits in a ring, and rules that cannot have an effect (r37).

use super::{checked, refused};

fn definition(rest: &str) -> String {
    format!("format: 1\nid: ring\nname: Ring\n{rest}")
}

#[test]
fn r37_tasks_that_wait_for_one_another_through_dates_are_found_with_the_ring_written_out() {
    for (rest, ring) in [
        (
            "tasks:\n  - { id: a, type: manual, start: \"tasks.b.completed, +1 day\" }\n  - { id: b, type: manual, start: \"tasks.a.completed, +1 day\" }\n",
            "WF0601]: tasks and dates wait for one another: a → b → a",
        ),
        (
            "dates: { go: \"tasks.z.completed, +2 days\" }\ntasks:\n  - { id: w, type: manual, start: go }\n  - { id: z, type: manual, depends_on: [w] }\n",
            "WF0601]: tasks and dates wait for one another: w → go → z → w",
        ),
        (
            "dates: { x: \"tasks.a.due, +1 day\" }\ntasks:\n  - { id: a, type: manual, due: \"x, +1 day\" }\n",
            "WF0606]: dates hang on one another: tasks.a.due → x → tasks.a.due",
        ),
        (
            "tasks:\n  - { id: a, type: manual, due: \"tasks.b.due, +1 day\" }\n  - { id: b, type: manual, due: \"tasks.a.due, +1 day\" }\n",
            "WF0606]: dates hang on one another: tasks.a.due → tasks.b.due → tasks.a.due",
        ),
        (
            "tasks:\n  - { id: a, type: manual, expires: \"tasks.b.expires, +1 day\" }\n  - { id: b, type: manual, expires: \"tasks.a.expires, +1 day\" }\n",
            "WF0606]: dates hang on one another: tasks.a.expires → tasks.b.expires → tasks.a.expires",
        ),
        // Three links of three kinds, and waits among them.
        (
            "dates: { k: \"tasks.c.active, +1 day\" }\ntasks:\n  - { id: a, type: wait, until: k }\n  - { id: b, type: manual, start: \"tasks.a.completed\" }\n  - { id: c, type: manual, start: \"tasks.b.completed\" }\n",
            "tasks and dates wait for one another",
        ),
        // A task that is waited for to be overdue, by a date that comes of the one that waits.
        (
            "tasks:\n  - { id: a, type: manual, due: \"tasks.b.completed, +1 day\" }\n  - { id: b, type: manual, depends_on: [{ task: a, is: overdue }] }\n",
            "tasks and dates wait for one another",
        ),
        (
            "tasks:\n  - { id: w, type: wait, until: \"tasks.z.completed, +1 day\" }\n  - { id: z, type: manual, depends_on: [w] }\n",
            "WF0603]: `w` waits for `tasks.z.completed`, which comes only after it",
        ),
        (
            "tasks:\n  - { id: a, type: manual, when: 'tasks.b.state == \"completed\"' }\n  - { id: b, type: manual, when: 'tasks.a.state == \"completed\"' }\n",
            "WF0601]: tasks and their conditions hang on one another: a → b → a",
        ),
        (
            "tasks:\n  - { id: a, type: manual, when: 'tasks.b.state != \"completed\"' }\n  - { id: b, type: manual, depends_on: [a] }\n",
            "WF0601]: tasks and their conditions hang on one another: a → b → a",
        ),
    ] {
        refused(&definition(rest), &[ring]);
    }
}

#[test]
fn r37_dates_that_hang_on_what_comes_before_are_left_alone() {
    let said = checked(&definition(
        "dates:\n  done: tasks.a.completed, +2 days\n  later: done, +1 day\ntasks:\n  - { id: a, type: manual, due: \"job.opened, +1 day\" }\n  - { id: b, type: manual, start: done, due: \"task.active, +2 days\" }\n  - { id: c, type: manual, depends_on: [a], start: \"tasks.a.completed, +1 day\", expires: \"due, +3 days\", due: \"tasks.b.due, +1 day\" }\n  - { id: d, type: wait, until: \"tasks.c.due\" }\n  - { id: e, type: manual, due: later }\n",
    ));
    assert!(said.code == Some(0) && said.out.contains("nothing is wrong"), "{said:#?}");
}

#[test]
fn r37_a_due_date_that_is_known_only_when_its_task_has_ended_is_told() {
    let said = checked(&definition(
        "tasks:\n  - { id: a, type: manual, due: \"tasks.b.completed, +1 day\" }\n  - { id: b, type: manual, depends_on: [a] }\n",
    ));
    assert!(said.out.contains("warning[WF0607]: `due` of `a` is known only when `a` has ended"), "{said:#?}");
    let said = checked(&definition("tasks:\n  - { id: a, type: manual, expires: \"task.completed, +1 day\" }\n"));
    assert!(said.out.contains("warning[WF0607]: `expires` of `a`"), "{said:#?}");
}

#[test]
fn r37_not_same_as_a_later_task_or_the_task_itself_is_found() {
    let other = |rest: &str| definition(&format!("tasks:\n{rest}"));
    refused(
        &other("  - { id: a, type: manual, assign: { staff: clerk, not_same_as: tasks.a } }\n"),
        &["WF0603]: `a` cannot be done by somebody else than whoever does `a`"],
    );
    refused(
        &other(
            "  - { id: b, type: manual, assign: { staff: clerk, not_same_as: tasks.c } }\n  - { id: c, type: manual, assign: { staff: clerk }, depends_on: [b] }\n",
        ),
        &["WF0607]: `not_same_as: tasks.c` has no effect: `c` comes after `b`", "write `not_same_as: tasks.b` at `c`"],
    );
    // Later by a date alone.
    refused(
        &other(
            "  - { id: b, type: manual, assign: { staff: clerk, not_same_as: tasks.c } }\n  - { id: c, type: manual, assign: { staff: clerk }, start: \"tasks.b.completed, +1 day\" }\n",
        ),
        &["`not_same_as: tasks.c` has no effect"],
    );
    let said = checked(&other(
        "  - { id: b, type: manual, assign: { staff: clerk } }\n  - { id: c, type: manual, assign: { staff: clerk, not_same_as: tasks.b }, depends_on: [b] }\n",
    ));
    assert_eq!(said.code, Some(0), "{said:#?}");
}
