//! Scripts and jobs that a job starts.

use super::check;
use super::plans::{approval, manual, plan, reopen, script, start_job};
use crate::value::Type;
use expect_test::expect;

#[test]
fn a_script_gives_what_it_declares() {
    check(
        plan([script("calc").gives("total", Type::Int), script("next").after("calc")]),
        "script calc total=5; open",
        expect![[r#"
            day 1  #3 TaskReady calc
            day 1  #4 TaskActivated calc (Engine)
            day 1  #5 TaskCompleted calc by the engine
            day 1  #6 TaskReady next
            day 1  #7 TaskActivated next (Engine)
            day 1  #8 TaskCompleted next by the engine
            day 1  #9 JobCompleted
        "#]],
    );
}

#[test]
fn a_script_that_fails_is_run_again_when_a_person_says_so() {
    check(
        plan([script("calc")]),
        "script calc fails; open; script calc -; retry calc by pat",
        expect![[r#"
        day 1  #3 TaskReady calc
        day 1  #4 TaskActivated calc (Engine)
        day 1  #5 TaskFailed calc: it divides by zero (script-failed)
        day 1  #6 TaskRetried calc by staff pat
        day 1  #8 TaskActivated calc (Engine)
        day 1  #9 TaskCompleted calc by the engine
        day 1  #10 JobCompleted
    "#]],
    );
}

#[test]
fn outputs_that_are_not_as_declared_fail_the_script_and_all_faults_are_named() {
    check(
        plan([script("calc").gives("total", Type::Int)]),
        "script calc total=many other=1; open",
        expect![[r#"
        day 1  #3 TaskReady calc
        day 1  #4 TaskActivated calc (Engine)
        day 1  #5 TaskFailed calc: outputs do not fit: `other` is no output of this task; `total` is text, where int is asked (bad-output)
    "#]],
    );
}

#[test]
fn a_job_that_is_only_started_is_not_waited_for() {
    check(
        plan([start_job("vat", false)]),
        "open; started vat; ended vat",
        expect![[r#"
        day 1  #3 TaskReady vat
        day 1  #4 TaskActivated vat (Engine)
        day 1  #5 ChildAsked vat: vat
        day 1  #6 ChildStarted #5
        day 1  #7 TaskCompleted vat by the engine
        day 1  #8 JobCompleted
        day 1  #9 ChildEnded #5 completed
    "#]],
    );
}

#[test]
fn a_job_that_is_waited_for_must_complete() {
    check(
        plan([start_job("vat", true)]),
        "open; started vat; state; ended vat",
        expect![[r#"
        day 1  #3 TaskReady vat
        day 1  #4 TaskActivated vat (Engine)
        day 1  #5 ChildAsked vat: vat
        day 1  #6 ChildStarted #5
        job open: vat active
        day 1  #7 ChildEnded #5 completed
        day 1  #8 TaskCompleted vat by the engine
        day 1  #9 JobCompleted
    "#]],
    );
}

#[test]
fn a_job_that_was_cancelled_fails_the_task_and_a_retry_starts_another() {
    check(
        plan([start_job("vat", true)]),
        "
        open; started vat; ended vat cancelled; state; retry vat by pat; started vat; ended vat
    ",
        expect![[r#"
            day 1  #3 TaskReady vat
            day 1  #4 TaskActivated vat (Engine)
            day 1  #5 ChildAsked vat: vat
            day 1  #6 ChildStarted #5
            day 1  #7 ChildEnded #5 cancelled
            day 1  #8 TaskFailed vat: the job 09090909090909090909090909090909 it started was cancelled; `retry` starts another, `skip` goes on without (job-cancelled)
            job open: vat failed
            day 1  #9 TaskRetried vat by staff pat
            day 1  #11 TaskActivated vat (Engine)
            day 1  #12 ChildAsked vat: vat
            day 1  #13 ChildStarted #12
            day 1  #14 ChildEnded #12 completed
            day 1  #15 TaskCompleted vat by the engine
            day 1  #16 JobCompleted
        "#]],
    );
}

#[test]
fn a_job_that_could_not_be_started_is_asked_for_again_under_the_same_number() {
    check(
        plan([start_job("vat", true).tries(1)]),
        "open; broken vat; retry vat by pat; started vat; ended vat",
        expect![[r#"
            day 1  #3 TaskReady vat
            day 1  #4 TaskActivated vat (Engine)
            day 1  #5 ChildAsked vat: vat
            day 1  #6 EffectGivenUp #5: it did not work (mail)
            day 1  #7 TaskFailed vat: it did not work (mail)
            day 1  #8 TaskRetried vat by staff pat
            day 1      again #5
            day 1  #10 TaskActivated vat (Engine)
            day 1  #11 ChildStarted #5
            day 1  #12 ChildEnded #5 completed
            day 1  #13 TaskCompleted vat by the engine
            day 1  #14 JobCompleted
        "#]],
    );
}

#[test]
fn a_job_that_cannot_be_named_fails_the_task() {
    check(
        plan([start_job("vat", true)]),
        "faulty vat; open; sound vat; retry vat by pat; started vat; ended vat",
        expect![[r#"
            day 1  #3 TaskReady vat
            day 1  #4 TaskActivated vat (Engine)
            day 1  #5 TaskFailed vat: there is no such field (expression-failed)
            day 1  #6 TaskRetried vat by staff pat
            day 1  #8 TaskActivated vat (Engine)
            day 1  #9 ChildAsked vat: vat
            day 1  #10 ChildStarted #9
            day 1  #11 ChildEnded #9 completed
            day 1  #12 TaskCompleted vat by the engine
            day 1  #13 JobCompleted
        "#]],
    );
}

#[test]
fn a_job_of_an_earlier_round_does_not_complete_the_next_one() {
    let tasks = [start_job("vat", true), approval("check", "partner", 1).on("changes", reopen("vat", 1))];
    check(
        plan(tasks),
        "
        open; started vat; approve check changes by kim
    ",
        expect![[r#"
            day 1  #3 TaskReady vat
            day 1  #4 TaskActivated vat (Engine)
            day 1  #5 TaskReady check
            day 1  #6 ChildAsked vat: vat
            day 1  #7 RecipientsResolved check recipient: kim
            day 1  #8 TaskActivated check (Staff)
            day 1  #9 LetterWritten check recipient → kim
            day 1  #10 ChildStarted #6
            day 1  #11 LetterDropped #9
            day 1  #12 TaskCompleted check as changes by staff kim
            day 1  #13 TasksReopened from vat by check: vat, check
            day 1  #15 TaskReady vat
            day 1  #16 TaskActivated vat (Engine)
            day 1  #17 TaskReady check
            day 1  #18 ChildAsked vat: vat
            day 1  #19 RecipientsResolved check recipient: kim
            day 1  #20 TaskActivated check (Staff)
            day 1  #21 LetterWritten check recipient → kim
        "#]],
    );
    let mut world = super::world::World::new(plan([
        start_job("vat", true),
        approval("check", "partner", 1).on("changes", reopen("vat", 1)),
        manual("last").after("vat"),
    ]));
    super::story::play(&mut world, "open; started vat");
    let first = world.effect(&"vat".parse().unwrap(), None);
    super::story::play(&mut world, "approve check changes by kim");
    let ended = crate::command::Outcome::Ended { completed: true, outputs: crate::value::Values::new() };
    world.report(first, ended).unwrap();
    assert!(!world.told.contains("TaskCompleted vat"), "{}", world.told);
}
