//! What fails: expiry, timeout, and what the definition does about it.

use super::check;
use super::plans::{approval, documents, email, manual, plan, script, wait};
use crate::plan::{Otherwise, Then};
use expect_test::expect;

#[test]
fn a_request_that_nobody_answers_expires() {
    check(
        plan([documents("papers", "payroll", &["bank"]).expires("task.active, +2 days")]),
        "
        open; day 3; day 4; answer papers bank may.pdf by ann; sent papers ann; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
            day 1  #3 TaskReady papers
            day 1  #5 RecipientsResolved papers recipient: ann
            day 1  #6 TaskActivated papers (Client)
            day 1  #7 DatesSet tasks.papers.expires day 4 00:00
            day 1  #8 LetterWritten papers recipient → ann
            day 4  #9 LetterDropped #8
            day 4  #10 TaskFailed papers: nobody acted before it expired (expired)
            day 4  answer papers bank may.pdf by ann: refused, task `papers` is failed: nobody acted before it expired (expired); `retry` tries it again, or staff may `override` or `skip` it, with a note
            day 4  #12 LetterSent #8
            job open: papers failed
        "#]],
    );
}

#[test]
fn an_expiry_can_cancel_or_complete_the_job() {
    let papers = || documents("papers", "payroll", &["bank"]).expires("task.active, +2 days");
    check(
        plan([papers().on_expired(Then::CancelJob("no answer".into()))]),
        "open; day 4",
        expect![[r#"
        day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
        day 1  #3 TaskReady papers
        day 1  #5 RecipientsResolved papers recipient: ann
        day 1  #6 TaskActivated papers (Client)
        day 1  #7 DatesSet tasks.papers.expires day 4 00:00
        day 1  #8 LetterWritten papers recipient → ann
        day 4  #9 LetterDropped #8
        day 4  #10 JobCancelled by the engine: no answer (papers: expired)
    "#]],
    );
    check(
        plan([papers().on_expired(Then::CompleteJob), manual("later").after("papers")]),
        "open; day 4",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
            day 1  #3 TaskReady papers
            day 1  #5 RecipientsResolved papers recipient: ann
            day 1  #6 TaskActivated papers (Client)
            day 1  #7 DatesSet tasks.papers.expires day 4 00:00
            day 1  #8 LetterWritten papers recipient → ann
            day 4  #9 LetterDropped #8
            day 4  #10 JobCompleted
        "#]],
    );
}

#[test]
fn an_expired_request_is_asked_once_more_when_a_person_tries_again() {
    check(
        plan([documents("papers", "payroll", &["bank"]).expires("task.active, +2 days")]),
        "
        open; sent papers ann; day 5; retry papers by pat; day 6; answer papers bank may.pdf by ann
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
            day 1  #3 TaskReady papers
            day 1  #5 RecipientsResolved papers recipient: ann
            day 1  #6 TaskActivated papers (Client)
            day 1  #7 DatesSet tasks.papers.expires day 4 00:00
            day 1  #8 LetterWritten papers recipient → ann
            day 1  #9 LetterSent #8
            day 5  #10 TaskFailed papers: nobody acted before it expired (expired)
            day 5  #12 TaskRetried papers by staff pat
            day 5  #14 TaskActivated papers (Client)
            day 5  #15 DatesSet tasks.papers.expires day 8 00:00
            day 6  #16 ItemAnswered papers bank by contact ann
            day 6  #17 TaskCompleted papers by contact ann
            day 6  #18 JobCompleted
        "#]],
    );
}

#[test]
fn an_asking_letter_that_had_not_left_when_the_request_expired_is_written_again() {
    check(
        plan([documents("papers", "payroll", &["bank"]).expires("task.active, +2 days")]),
        "
        open; busy papers ann; day 5; retry papers by pat; sent papers ann; answer papers bank may.pdf by ann
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
            day 1  #3 TaskReady papers
            day 1  #5 RecipientsResolved papers recipient: ann
            day 1  #6 TaskActivated papers (Client)
            day 1  #7 DatesSet tasks.papers.expires day 4 00:00
            day 1  #8 LetterWritten papers recipient → ann
            day 1  #9 EffectDelayed #8 after 1, until day 1 09:01
            day 5  #10 LetterDropped #8
            day 5  #11 TaskFailed papers: nobody acted before it expired (expired)
            day 5  #13 TaskRetried papers by staff pat
            day 5  #15 TaskActivated papers (Client)
            day 5  #16 DatesSet tasks.papers.expires day 8 00:00
            day 5  #17 LetterWritten papers recipient → ann
            day 5  #18 LetterSent #17
            day 5  #19 ItemAnswered papers bank by contact ann
            day 5  #20 TaskCompleted papers by contact ann
            day 5  #21 JobCompleted
        "#]],
    );
}

#[test]
fn work_that_takes_too_long_times_out_and_has_its_whole_time_again_on_a_retry() {
    check(
        plan([email("ask", "payroll").timeout("task.active, +1 day")]),
        "
        open; day 2; day 4; retry ask by pat; sent ask ann
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.timeout unknown (task.active)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 DatesSet tasks.ask.timeout day 2
            day 1  #8 LetterWritten ask recipient → ann
            day 2  #9 TaskFailed ask: it took longer than its timeout (timed-out)
            day 4  #11 TaskRetried ask by staff pat
            day 4      again #8
            day 4  #13 TaskActivated ask (Engine)
            day 4  #14 DatesSet tasks.ask.timeout day 5
            day 4  #15 LetterSent #8
            day 4  #16 TaskCompleted ask by the engine
            day 4  #17 JobCompleted
        "#]],
    );
}

#[test]
fn a_failed_task_is_skipped_where_the_definition_says_so_and_its_letters_stay_at_home() {
    check(
        plan([email("ask", "payroll").tries(1).if_failed(Otherwise::Skip), script("next").after("ask")]),
        "
        payroll: ann, ben; open; broken ask ann; sent ask ben
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann, ben
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 LetterWritten ask recipient → ben
            day 1  #8 EffectGivenUp #6: it did not work (mail)
            day 1  #9 LetterDropped #7
            day 1  #10 TaskFailed ask: it did not work (mail)
            day 1  #11 TaskSkipped ask: it failed
            day 1  #12 TaskReady next
            day 1  #13 TaskActivated next (Engine)
            day 1  #14 TaskCompleted next by the engine
            day 1  #15 JobCompleted
            day 1  #16 LetterSent #7
        "#]],
    );
}

#[test]
fn a_failed_task_is_done_by_hand_where_the_definition_says_so() {
    check(
        plan([email("ask", "payroll").tries(1).if_failed(Otherwise::Manual), script("next").after("ask")]),
        "
        payroll: ann, ben; open; broken ask ann; complete ask by pat
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann, ben
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 LetterWritten ask recipient → ben
            day 1  #8 EffectGivenUp #6: it did not work (mail)
            day 1  #9 LetterDropped #7
            day 1  #10 TaskFailed ask: it did not work (mail)
            day 1  #11 TaskTakenOver ask: it failed: it did not work (mail)
            day 1  #13 RecipientsResolved ask assign: sam
            day 1  #14 TaskCompleted ask by staff pat
            day 1  #15 TaskReady next
            day 1  #16 TaskActivated next (Engine)
            day 1  #17 TaskCompleted next by the engine
            day 1  #18 JobCompleted
        "#]],
    );
}

#[test]
fn what_is_done_by_hand_neither_expires_nor_times_out_again() {
    let slow = |task: crate::plan::Task| {
        task.timeout("job.opened, +1 day").expires("job.opened, +1 day").if_failed(Otherwise::Manual)
    };
    check(
        plan([slow(approval("check", "partner", 1)), slow(wait("pause", "job.opened, +3 days"))]),
        "
        open; day 2; day 3; day 5; state; approve check approved by sam; complete pause by sam
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.check.expires day 3 00:00, tasks.check.timeout day 2, tasks.pause.expires day 3 00:00, tasks.pause.timeout day 2, tasks.pause.until day 4
            day 1  #3 TaskReady check
            day 1  #4 TaskReady pause
            day 1  #5 TaskActivated pause (Engine)
            day 1  #6 RecipientsResolved check recipient: kim
            day 1  #7 TaskActivated check (Staff)
            day 1  #8 LetterWritten check recipient → kim
            day 2  #9 LetterDropped #8
            day 2  #10 TaskFailed check: it took longer than its timeout (timed-out)
            day 2  #11 TaskTakenOver check: it failed: it took longer than its timeout (timed-out)
            day 2  #13 TaskFailed pause: it took longer than its timeout (timed-out)
            day 2  #14 TaskTakenOver pause: it failed: it took longer than its timeout (timed-out)
            day 2  #16 RecipientsResolved check assign: sam
            day 2  #17 RecipientsResolved pause assign: sam
            job open: check active, pause active
            day 5  #18 TaskCompleted check as approved by staff sam
            day 5  #19 TaskCompleted pause by staff sam
            day 5  #20 JobCompleted
        "#]],
    );
}

#[test]
fn what_fails_even_by_hand_waits_for_a_person_and_does_not_go_round_in_circles() {
    check(
        plan([script("calc").if_failed(Otherwise::Manual)]),
        "default: !; script calc fails; open; state; default: sam; retry calc by pat; complete calc by sam",
        expect![[r#"
            day 1  #3 TaskReady calc
            day 1  #4 TaskActivated calc (Engine)
            day 1  #5 TaskFailed calc: it divides by zero (script-failed)
            day 1  #6 TaskTakenOver calc: it failed: it divides by zero (script-failed)
            day 1  #8 RecipientsResolved calc assign: error
            day 1  #9 TaskFailed calc: as listed (selector-failed)
            job open: calc failed
            day 1  #10 TaskRetried calc by staff pat
            day 1  #12 RecipientsResolved calc assign: sam
            day 1  #13 TaskActivated calc (Staff)
            day 1  #14 TaskCompleted calc by staff sam
            day 1  #15 JobCompleted
        "#]],
    );
}

#[test]
fn a_failure_can_be_an_outcome_of_its_own() {
    let tasks = [email("ask", "payroll").tries(1).continue_as("unreachable"), script("next").after("ask")];
    check(
        plan(tasks),
        "open; broken ask ann",
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 RecipientsResolved ask recipient: ann
        day 1  #5 TaskActivated ask (Engine)
        day 1  #6 LetterWritten ask recipient → ann
        day 1  #7 EffectGivenUp #6: it did not work (mail)
        day 1  #8 TaskCompleted ask as unreachable by the engine
        day 1  #9 TaskReady next
        day 1  #10 TaskActivated next (Engine)
        day 1  #11 TaskCompleted next by the engine
        day 1  #12 JobCompleted
    "#]],
    );
}

#[test]
fn a_failure_that_is_an_outcome_can_end_the_job() {
    let ask =
        email("ask", "payroll").tries(1).continue_as("lost").on("lost", Then::CancelJob("no way to reach them".into()));
    check(
        plan([ask, manual("later")]),
        "open; broken ask ann",
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 TaskReady later
        day 1  #5 RecipientsResolved ask recipient: ann
        day 1  #6 TaskActivated ask (Engine)
        day 1  #7 LetterWritten ask recipient → ann
        day 1  #8 RecipientsResolved later assign: pat
        day 1  #9 TaskActivated later (Staff)
        day 1  #10 EffectGivenUp #7: it did not work (mail)
        day 1  #11 TaskCompleted ask as lost by the engine
        day 1  #12 JobCancelled by the engine: no way to reach them (ask: lost)
    "#]],
    );
}

#[test]
fn somebody_is_told_of_a_failure_once_and_again_after_another_try() {
    check(
        plan([script("calc").tell_if_failed()]),
        "
        script calc fails; open; gone zoe; sent calc kim; retry calc by pat; script calc -; retry calc by pat
    ",
        expect![[r#"
            day 1  #3 TaskReady calc
            day 1  #4 TaskActivated calc (Engine)
            day 1  #5 TaskFailed calc: it divides by zero (script-failed)
            day 1  #6 LetterWritten calc notice → kim
            day 1  #7 LetterSent #6
            day 1  #8 TaskRetried calc by staff pat
            day 1  #10 TaskActivated calc (Engine)
            day 1  #11 TaskFailed calc: it divides by zero (script-failed)
            day 1  #12 LetterWritten calc notice → kim
            day 1  #13 TaskRetried calc by staff pat
            day 1  #15 TaskActivated calc (Engine)
            day 1  #16 TaskCompleted calc by the engine
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn somebody_is_told_of_a_failure_that_the_definition_passes_over() {
    check(
        plan([script("calc").tell_if_failed().if_failed(Otherwise::Skip)]),
        "script calc fails; open",
        expect![[r#"
        day 1  #3 TaskReady calc
        day 1  #4 TaskActivated calc (Engine)
        day 1  #5 TaskFailed calc: it divides by zero (script-failed)
        day 1  #6 TaskSkipped calc: it failed
        day 1  #7 LetterWritten calc notice → kim
        day 1  #8 JobCompleted
    "#]],
    );
    check(
        plan([script("calc").tell_if_failed().if_failed(Otherwise::Manual)]),
        "script calc fails; open; complete calc by sam",
        expect![[r#"
            day 1  #3 TaskReady calc
            day 1  #4 TaskActivated calc (Engine)
            day 1  #5 TaskFailed calc: it divides by zero (script-failed)
            day 1  #6 TaskTakenOver calc: it failed: it divides by zero (script-failed)
            day 1  #8 LetterWritten calc notice → kim
            day 1  #9 RecipientsResolved calc assign: sam
            day 1  #10 LetterDropped #8
            day 1  #11 TaskCompleted calc by staff sam
            day 1  #12 JobCompleted
        "#]],
    );
}

#[test]
fn a_failure_is_told_even_after_a_notice_that_nobody_was_found() {
    check(
        plan([email("ask", "payroll").tries(1).tell_if_nobody().tell_if_failed()]),
        "
        payroll: -; open; payroll: ann; broken ask ann
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: no_match
            day 1  #5 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #6 LetterWritten ask notice → pat
            day 1  #7 TaskMended ask
            day 1  #8 RecipientsResolved ask recipient: ann
            day 1  #9 TaskActivated ask (Engine)
            day 1  #10 LetterWritten ask recipient → ann
            day 1  #11 EffectGivenUp #10: it did not work (mail)
            day 1  #12 TaskFailed ask: it did not work (mail)
            day 1  #13 LetterWritten ask notice → kim
        "#]],
    );
}

#[test]
fn a_job_with_a_failed_task_waits_for_a_person() {
    let mut world = super::world::World::new(plan([script("calc"), manual("other")]));
    super::story::play(&mut world, "script calc fails; open; complete other by pat");
    assert!(world.job.needs_attention(), "{}", world.told);
    super::story::play(&mut world, "skip calc by pat by hand");
    assert!(!world.job.needs_attention(), "{}", world.told);
}
