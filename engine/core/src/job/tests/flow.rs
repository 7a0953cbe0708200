//! What a task waits for: other tasks, its start, its condition.

use super::check;
use super::plans::{approval, documents, email, is, manual, plan, reopen, script, update_client, wait};
use crate::plan::{Dependency, Is, Then};
use alloc::vec;
use expect_test::expect;

#[test]
fn a_task_follows_the_one_it_depends_on_and_the_job_completes() {
    check(
        plan([manual("first"), manual("second").after("first")]),
        "
        open; complete first by pat; complete second by kim; state
    ",
        expect![[r#"
            day 1  #3 TaskReady first
            day 1  #4 RecipientsResolved first assign: pat
            day 1  #5 TaskActivated first (Staff)
            day 1  #6 TaskCompleted first by staff pat
            day 1  #7 TaskReady second
            day 1  #8 RecipientsResolved second assign: pat
            day 1  #9 TaskActivated second (Staff)
            day 1  #10 TaskCompleted second by staff kim
            day 1  #11 JobCompleted
            job completed: first completed, second completed
        "#]],
    );
}

#[test]
fn b013_two_tasks_of_one_job_go_to_different_people() {
    check(
        plan([email("ask", "payroll"), email("tell", "director")]),
        "
        director: dee; open; sent ask ann; sent tell dee
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady tell
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 RecipientsResolved tell recipient: dee
            day 1  #9 TaskActivated tell (Engine)
            day 1  #10 LetterWritten tell recipient → dee
            day 1  #11 LetterSent #7
            day 1  #12 TaskCompleted ask by the engine
            day 1  #13 LetterSent #10
            day 1  #14 TaskCompleted tell by the engine
            day 1  #15 JobCompleted
        "#]],
    );
}

#[test]
fn a_skipped_task_counts_as_done_for_a_plain_name() {
    check(
        plan([script("a").when(), script("b").after("a")]),
        "when a no; open",
        expect![[r#"
        day 1  #3 TaskSkipped a: its condition is false
        day 1  #4 TaskReady b
        day 1  #5 TaskActivated b (Engine)
        day 1  #6 TaskCompleted b by the engine
        day 1  #7 JobCompleted
    "#]],
    );
}

#[test]
fn what_asks_for_completed_is_unreachable_behind_a_skipped_task() {
    let tasks = [
        script("a").when(),
        script("b").depends(is("a", Is::Completed)),
        script("c").depends(is("b", Is::Completed)),
        script("d").depends(is("a", Is::Skipped)),
    ];
    check(
        plan(tasks),
        "when a no; open",
        expect![[r#"
        day 1  #3 TaskSkipped a: its condition is false
        day 1  #4 TaskSkipped b: unreachable
        day 1  #5 TaskSkipped c: unreachable
        day 1  #6 TaskReady d
        day 1  #7 TaskActivated d (Engine)
        day 1  #8 TaskCompleted d by the engine
        day 1  #9 JobCompleted
    "#]],
    );
}

#[test]
fn what_asks_for_skipped_is_unreachable_behind_a_completed_task() {
    check(
        plan([script("a"), script("b").depends(is("a", Is::Skipped))]),
        "open",
        expect![[r#"
        day 1  #3 TaskReady a
        day 1  #4 TaskActivated a (Engine)
        day 1  #5 TaskCompleted a by the engine
        day 1  #6 TaskSkipped b: unreachable
        day 1  #7 JobCompleted
    "#]],
    );
}

#[test]
fn a_failed_task_holds_its_followers_until_a_person_mends_it() {
    let tasks = [
        script("a"),
        script("b").after("a"),
        script("c").depends(is("a", Is::Failed)),
        script("d").depends(is("a", Is::Settled)),
    ];
    check(
        plan(tasks),
        "
        script a fails; open; state
        skip a by pat not this month; state
    ",
        expect![[r#"
            day 1  #3 TaskReady a
            day 1  #4 TaskActivated a (Engine)
            day 1  #5 TaskFailed a: it divides by zero (script-failed)
            day 1  #6 TaskReady c
            day 1  #7 TaskActivated c (Engine)
            day 1  #8 TaskReady d
            day 1  #9 TaskActivated d (Engine)
            day 1  #10 TaskCompleted c by the engine
            day 1  #11 TaskCompleted d by the engine
            job open: a failed, b waiting, c completed, d completed
            day 1  #12 TaskSkipped a: staff pat says "not this month"
            day 1  #13 TaskReady b
            day 1  #14 TaskActivated b (Engine)
            day 1  #15 TaskCompleted b by the engine
            day 1  #16 JobCompleted
            job completed: a skipped, b completed, c completed, d completed
        "#]],
    );
}

#[test]
fn one_of_several_is_enough() {
    let any = Dependency::AnyOf(vec![is("a", Is::Completed), is("b", Is::Completed)]);
    check(
        plan([manual("a"), manual("b"), manual("c").depends(any)]),
        "
        open; complete b by pat; state
    ",
        expect![[r#"
            day 1  #3 TaskReady a
            day 1  #4 TaskReady b
            day 1  #5 RecipientsResolved a assign: pat
            day 1  #6 TaskActivated a (Staff)
            day 1  #7 RecipientsResolved b assign: pat
            day 1  #8 TaskActivated b (Staff)
            day 1  #9 TaskCompleted b by staff pat
            day 1  #10 TaskReady c
            day 1  #11 RecipientsResolved c assign: pat
            day 1  #12 TaskActivated c (Staff)
            job open: a active, b completed, c active
        "#]],
    );
}

#[test]
fn one_of_several_dead_branches_is_unreachable() {
    let any = Dependency::AnyOf(vec![is("a", Is::Completed), is("b", Is::Failed)]);
    check(
        plan([script("a").when(), script("b"), script("c").depends(any)]),
        "when a no; open",
        expect![[r#"
        day 1  #3 TaskReady b
        day 1  #4 TaskActivated b (Engine)
        day 1  #5 TaskSkipped a: its condition is false
        day 1  #6 TaskCompleted b by the engine
        day 1  #7 TaskSkipped c: unreachable
        day 1  #8 JobCompleted
    "#]],
    );
}

#[test]
fn a_task_may_follow_the_lateness_of_another() {
    let tasks =
        [manual("books").due("job.opened, +3 days"), email("nudge", "payroll").depends(is("books", Is::Overdue))];
    check(
        plan(tasks),
        "open; day 4; day 5; complete books by pat; sent nudge ann",
        expect![[r#"
        day 1  #2 DatesSet tasks.books.due day 5 00:00
        day 1  #3 TaskReady books
        day 1  #4 RecipientsResolved books assign: pat
        day 1  #5 TaskActivated books (Staff)
        day 5  #6 TaskOverdue books
        day 5  #7 TaskReady nudge
        day 5  #8 RecipientsResolved nudge recipient: ann
        day 5  #9 TaskActivated nudge (Engine)
        day 5  #10 LetterWritten nudge recipient → ann
        day 5  #11 TaskCompleted books by staff pat
        day 5  #12 LetterSent #10
        day 5  #13 TaskCompleted nudge by the engine
        day 5  #14 JobCompleted
    "#]],
    );
}

#[test]
fn what_follows_lateness_is_not_needed_when_the_work_is_in_time() {
    let tasks =
        [manual("books").due("job.opened, +3 days"), email("nudge", "payroll").depends(is("books", Is::Overdue))];
    check(
        plan(tasks),
        "open; day 2; complete books by pat",
        expect![[r#"
        day 1  #2 DatesSet tasks.books.due day 5 00:00
        day 1  #3 TaskReady books
        day 1  #4 RecipientsResolved books assign: pat
        day 1  #5 TaskActivated books (Staff)
        day 2  #6 TaskCompleted books by staff pat
        day 2  #7 TaskSkipped nudge: unreachable
        day 2  #8 JobCompleted
    "#]],
    );
}

#[test]
fn what_follows_lateness_still_waits_while_a_failed_task_can_be_tried_again() {
    let tasks = [script("books").due("job.opened, +3 days"), script("nudge").depends(is("books", Is::Overdue))];
    check(
        plan(tasks),
        "script books fails; open; state; retry books by pat; day 5; state",
        expect![[r#"
        day 1  #2 DatesSet tasks.books.due day 5 00:00
        day 1  #3 TaskReady books
        day 1  #4 TaskActivated books (Engine)
        day 1  #5 TaskFailed books: it divides by zero (script-failed)
        job open: books failed, nudge waiting
        day 1  #6 TaskRetried books by staff pat
        day 1  #8 TaskActivated books (Engine)
        day 1  #9 TaskFailed books: it divides by zero (script-failed)
        job open: books failed, nudge waiting
    "#]],
    );
}

#[test]
fn a_condition_is_asked_once_when_dependencies_hold_and_the_start_has_come() {
    let tasks = [manual("a"), manual("b").after("a").when().start("job.opened, +5 days")];
    check(
        plan(tasks),
        "open; complete a by pat; day 3; day 6; when b no; day 9",
        expect![[r#"
        day 1  #2 DatesSet tasks.b.start day 6
        day 1  #3 TaskReady a
        day 1  #4 RecipientsResolved a assign: pat
        day 1  #5 TaskActivated a (Staff)
        day 1  #6 TaskCompleted a by staff pat
        day 6  #7 TaskReady b
        day 6  #8 RecipientsResolved b assign: pat
        day 6  #9 TaskActivated b (Staff)
    "#]],
    );
}

#[test]
fn a_false_condition_skips_the_task() {
    check(
        plan([manual("a").when()]),
        "when a no; open",
        expect![[r#"
        day 1  #3 TaskSkipped a: its condition is false
        day 1  #4 JobCompleted
    "#]],
    );
}

#[test]
fn a_condition_that_cannot_be_said_fails_the_task_and_never_skips_it() {
    check(
        plan([manual("a").when(), manual("b").after("a")]),
        "when a error; open; state; skip a by pat no need; state",
        expect![[r#"
            day 1  #3 TaskFailed a: there is no such field (condition-failed)
            job open: a failed, b waiting
            day 1  #4 TaskSkipped a: staff pat says "no need"
            day 1  #5 TaskReady b
            day 1  #6 RecipientsResolved b assign: pat
            day 1  #7 TaskActivated b (Staff)
            job open: a skipped, b active
        "#]],
    );
}

#[test]
fn a_start_that_lies_ahead_of_a_dependency_wakes_nobody() {
    check(
        plan([manual("a"), manual("b").after("a").start("job.opened, +2 days")]),
        "
        open; day 10; state; complete a by pat; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.b.start day 3
            day 1  #3 TaskReady a
            day 1  #4 RecipientsResolved a assign: pat
            day 1  #5 TaskActivated a (Staff)
            job open: a active, b waiting
            day 10  #6 TaskCompleted a by staff pat
            day 10  #7 TaskReady b
            day 10  #8 RecipientsResolved b assign: pat
            day 10  #9 TaskActivated b (Staff)
            job open: a completed, b active
        "#]],
    );
}

#[test]
fn a_start_without_an_anchor_keeps_waiting_until_it_has_one() {
    check(
        plan([manual("a"), manual("b").start("tasks.a.completed, +2 days")]),
        "
        open; day 3; complete a by pat; day 4; day 5
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.b.start unknown (tasks.a.completed)
            day 1  #3 TaskReady a
            day 1  #5 RecipientsResolved a assign: pat
            day 1  #6 TaskActivated a (Staff)
            day 3  #8 TaskCompleted a by staff pat
            day 3  #9 DatesSet tasks.b.start day 5
            day 5  #10 TaskReady b
            day 5  #11 RecipientsResolved b assign: pat
            day 5  #12 TaskActivated b (Staff)
        "#]],
    );
}

#[test]
fn lateness_is_a_mark_told_once() {
    check(
        plan([manual("a").due("job.opened, +1 day")]),
        "open; day 2; day 3; day 4; complete a by pat",
        expect![[r#"
        day 1  #2 DatesSet tasks.a.due day 3 00:00
        day 1  #3 TaskReady a
        day 1  #4 RecipientsResolved a assign: pat
        day 1  #5 TaskActivated a (Staff)
        day 3  #6 TaskOverdue a
        day 4  #7 TaskCompleted a by staff pat
        day 4  #8 JobCompleted
    "#]],
    );
}

#[test]
fn a_wait_ends_at_its_moment_and_not_before() {
    check(
        plan([wait("pause", "task.active, +3 days"), script("b").after("pause")]),
        "open; day 3; day 4",
        expect![[r#"
            day 1  #2 DatesSet tasks.pause.until unknown (task.active)
            day 1  #3 TaskReady pause
            day 1  #5 TaskActivated pause (Engine)
            day 1  #6 DatesSet tasks.pause.until day 4
            day 4  #7 TaskCompleted pause by the engine
            day 4  #9 TaskReady b
            day 4  #10 TaskActivated b (Engine)
            day 4  #11 TaskCompleted b by the engine
            day 4  #12 JobCompleted
        "#]],
    );
}

#[test]
fn a_change_of_the_client_is_told_with_what_it_sets() {
    check(
        plan([update_client("record")]),
        "open",
        expect![[r#"
        day 1  #3 TaskReady record
        day 1  #4 TaskActivated record (Engine)
        day 1  #5 ClientUpdated record: status = live
        day 1  #6 TaskCompleted record by the engine
        day 1  #7 JobCompleted
    "#]],
    );
}

#[test]
fn a_change_of_the_client_that_cannot_be_worked_out_fails() {
    check(
        plan([update_client("record")]),
        "faulty record; open; sound record; retry record by pat",
        expect![[r#"
        day 1  #3 TaskReady record
        day 1  #4 TaskActivated record (Engine)
        day 1  #5 TaskFailed record: there is no such field (expression-failed)
        day 1  #6 TaskRetried record by staff pat
        day 1  #8 TaskActivated record (Engine)
        day 1  #9 ClientUpdated record: status = live
        day 1  #10 TaskCompleted record by the engine
        day 1  #11 JobCompleted
    "#]],
    );
}

#[test]
fn an_outcome_can_cancel_the_job_and_its_letters() {
    let check_it = approval("check", "partner", 1).on("changes", Then::CancelJob("Client declined".into()));
    check(
        plan([email("ask", "payroll"), check_it]),
        "open; approve check changes by kim",
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 TaskReady check
        day 1  #5 RecipientsResolved ask recipient: ann
        day 1  #6 TaskActivated ask (Engine)
        day 1  #7 LetterWritten ask recipient → ann
        day 1  #8 RecipientsResolved check recipient: kim
        day 1  #9 TaskActivated check (Staff)
        day 1  #10 LetterWritten check recipient → kim
        day 1  #11 LetterDropped #10
        day 1  #12 TaskCompleted check as changes by staff kim
        day 1  #13 LetterDropped #7
        day 1  #14 JobCancelled by the engine: Client declined (check: changes)
    "#]],
    );
}

#[test]
fn an_outcome_can_complete_the_job_before_its_other_tasks() {
    let check_it = approval("check", "partner", 1).on("approved", Then::CompleteJob);
    let tasks = [documents("papers", "payroll", &["bank"]), check_it, manual("later").after("papers")];
    check(
        plan(tasks),
        "open; approve check approved by kim; state; sent papers ann",
        expect![[r#"
        day 1  #3 TaskReady papers
        day 1  #4 TaskReady check
        day 1  #5 RecipientsResolved papers recipient: ann
        day 1  #6 TaskActivated papers (Client)
        day 1  #7 LetterWritten papers recipient → ann
        day 1  #8 RecipientsResolved check recipient: kim
        day 1  #9 TaskActivated check (Staff)
        day 1  #10 LetterWritten check recipient → kim
        day 1  #11 LetterDropped #10
        day 1  #12 TaskCompleted check as approved by staff kim
        day 1  #13 LetterDropped #7
        day 1  #14 JobCompleted
        job completed: check completed, later cancelled, papers cancelled
        day 1  #15 LetterSent #7
    "#]],
    );
}

#[test]
fn a_person_may_do_a_task_before_its_turn() {
    check(
        plan([manual("a"), manual("b").after("a")]),
        "open; complete b by pat; complete a by pat",
        expect![[r#"
            day 1  #3 TaskReady a
            day 1  #4 RecipientsResolved a assign: pat
            day 1  #5 TaskActivated a (Staff)
            day 1  complete b by pat: refused, task `b` waits for `a` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
            day 1  #6 TaskCompleted a by staff pat
            day 1  #7 TaskReady b
            day 1  #8 RecipientsResolved b assign: pat
            day 1  #9 TaskActivated b (Staff)
        "#]],
    );
}

#[test]
fn a_job_is_cancelled_with_a_reason_and_its_letters_stay_at_home() {
    check(
        plan([email("ask", "payroll"), manual("a")]),
        "
        open; cancel by pat; cancel by pat client left; state; sent ask ann; complete a by pat
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady a
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 RecipientsResolved a assign: pat
            day 1  #9 TaskActivated a (Staff)
            day 1  cancel by pat: refused, say why with a note
            day 1  #10 LetterDropped #7
            day 1  #11 JobCancelled by staff pat: client left
            job cancelled: a cancelled, ask cancelled
            day 1  #12 LetterSent #7
            day 1  complete a by pat: refused, the job has ended
        "#]],
    );
}

#[test]
fn a_job_without_tasks_is_complete_at_once() {
    check(
        plan([]),
        "open",
        expect![[r#"
        day 1  #2 JobCompleted
    "#]],
    );
}

#[test]
fn a_loop_is_worked_out_anew_with_its_dates() {
    let tasks = [
        manual("prepare").start("job.opened, +1 day").due("job.opened, +3 days"),
        approval("check", "partner", 1).after("prepare").on("changes", reopen("prepare", 2)),
    ];
    check(
        plan(tasks),
        "
        open; day 2; complete prepare by pat; approve check changes by kim; state; day 5
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.prepare.start day 2, tasks.prepare.due day 5 00:00
            day 2  #3 TaskReady prepare
            day 2  #4 RecipientsResolved prepare assign: pat
            day 2  #5 TaskActivated prepare (Staff)
            day 2  #6 TaskCompleted prepare by staff pat
            day 2  #7 TaskReady check
            day 2  #8 RecipientsResolved check recipient: kim
            day 2  #9 TaskActivated check (Staff)
            day 2  #10 LetterWritten check recipient → kim
            day 2  #11 LetterDropped #10
            day 2  #12 TaskCompleted check as changes by staff kim
            day 2  #13 TasksReopened from prepare by check: prepare, check
            day 2  #14 DatesSet tasks.prepare.start day 2, tasks.prepare.due day 5 00:00
            day 2  #15 TaskReady prepare
            day 2  #16 RecipientsResolved prepare assign: pat
            day 2  #17 TaskActivated prepare (Staff)
            job open: check waiting, prepare active
            day 5  #18 TaskOverdue prepare
        "#]],
    );
}
