//! One instance for each item of a list that is frozen once.

use super::check;
use super::plans::{approval, documents, email, manual, plan, reopen, script};
use crate::plan::Otherwise;
use expect_test::expect;

#[test]
fn each_item_has_its_own_instance_and_the_task_is_done_when_all_are() {
    check(plan([documents("identity", "item", &["photo"]).for_each(), manual("next").after("identity")]), "
        items identity dee, eve; open; answer identity[dee] photo dee.jpg by eve; answer identity[dee] photo dee.jpg by dee; state
        answer identity[eve] photo eve.jpg by eve; state
    ", expect![[r#"
        day 1  #3 TaskReady identity
        day 1  #4 TaskExpanded identity: dee, eve
        day 1  #6 RecipientsResolved identity[dee] recipient: dee
        day 1  #7 TaskActivated identity[dee] (Client)
        day 1  #8 LetterWritten identity[dee] recipient → dee
        day 1  #9 RecipientsResolved identity[eve] recipient: eve
        day 1  #10 TaskActivated identity[eve] (Client)
        day 1  #11 LetterWritten identity[eve] recipient → eve
        day 1  #12 ActRefused identity[dee] answer by contact eve: contact eve was not asked to do task `identity[dee]`; `why` says who was, `reassign` gives it to others
        day 1  answer identity[dee] photo dee.jpg by eve: refused, contact eve was not asked to do task `identity[dee]`; `why` says who was, `reassign` gives it to others
        day 1  #13 ItemAnswered identity[dee] photo by contact dee
        day 1  #14 LetterDropped #8
        day 1  #15 TaskCompleted identity[dee] by contact dee
        job open: identity active, identity[dee] completed, identity[eve] awaiting_client, next waiting
        day 1  #16 ItemAnswered identity[eve] photo by contact eve
        day 1  #17 LetterDropped #11
        day 1  #18 TaskCompleted identity[eve] by contact eve
        day 1  #19 TaskCompleted identity by the engine
        day 1  #20 TaskReady next
        day 1  #21 RecipientsResolved next assign: pat
        day 1  #22 TaskActivated next (Staff)
        job open: identity completed, identity[dee] completed, identity[eve] completed, next active
    "#]]);
}

#[test]
fn an_empty_list_is_nothing_to_do() {
    check(
        plan([email("tell", "item").for_each(), script("next").after("tell")]),
        "items tell -; open",
        expect![[r#"
        day 1  #3 TaskReady tell
        day 1  #4 TaskSkipped tell: nothing to do
        day 1  #5 TaskReady next
        day 1  #6 TaskActivated next (Engine)
        day 1  #7 TaskCompleted next by the engine
        day 1  #8 JobCompleted
    "#]],
    );
}

#[test]
fn a_list_that_cannot_be_read_fails_the_task_and_is_read_again_on_a_retry() {
    check(
        plan([email("tell", "item").for_each()]),
        "
        items tell error; open; items tell dee; retry tell by pat; sent tell[dee] dee
    ",
        expect![[r#"
            day 1  #3 TaskReady tell
            day 1  #4 TaskFailed tell: it is no list (list-failed)
            day 1  #5 TaskRetried tell by staff pat
            day 1  #7 TaskExpanded tell: dee
            day 1  #9 RecipientsResolved tell[dee] recipient: dee
            day 1  #10 TaskActivated tell[dee] (Engine)
            day 1  #11 LetterWritten tell[dee] recipient → dee
            day 1  #12 LetterSent #11
            day 1  #13 TaskCompleted tell[dee] by the engine
            day 1  #14 TaskCompleted tell by the engine
            day 1  #15 JobCompleted
        "#]],
    );
}

#[test]
fn the_list_stays_as_it_was_when_it_was_frozen() {
    check(
        plan([manual("check").for_each(), manual("other")]),
        "
        items check dee, eve; open; items check dee, eve, fay; complete other by pat; complete check[fay] by pat; state
    ",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 TaskReady other
            day 1  #5 TaskExpanded check: dee, eve
            day 1  #7 RecipientsResolved check[dee] assign: pat
            day 1  #8 TaskActivated check[dee] (Staff)
            day 1  #9 RecipientsResolved check[eve] assign: pat
            day 1  #10 TaskActivated check[eve] (Staff)
            day 1  #11 RecipientsResolved other assign: pat
            day 1  #12 TaskActivated other (Staff)
            day 1  #13 TaskCompleted other by staff pat
            day 1  complete check[fay] by pat: refused, the job has no task `check[fay]`
            job open: check active, check[dee] active, check[eve] active, other completed
        "#]],
    );
}

#[test]
fn one_failed_instance_holds_the_task_until_a_person_mends_it() {
    check(plan([email("tell", "item").for_each().tries(1), script("next").after("tell")]), "
        items tell dee, eve; open; broken tell[dee] dee; sent tell[eve] eve; state; retry tell[dee] by pat; sent tell[dee] dee; state
    ", expect![[r#"
        day 1  #3 TaskReady tell
        day 1  #4 TaskExpanded tell: dee, eve
        day 1  #6 RecipientsResolved tell[dee] recipient: dee
        day 1  #7 TaskActivated tell[dee] (Engine)
        day 1  #8 LetterWritten tell[dee] recipient → dee
        day 1  #9 RecipientsResolved tell[eve] recipient: eve
        day 1  #10 TaskActivated tell[eve] (Engine)
        day 1  #11 LetterWritten tell[eve] recipient → eve
        day 1  #12 EffectGivenUp #8: it did not work (mail)
        day 1  #13 TaskFailed tell[dee]: it did not work (mail)
        day 1  #14 LetterSent #11
        day 1  #15 TaskCompleted tell[eve] by the engine
        job open: next waiting, tell active, tell[dee] failed, tell[eve] completed
        day 1  #16 TaskRetried tell[dee] by staff pat
        day 1      again #8
        day 1  #18 TaskActivated tell[dee] (Engine)
        day 1  #19 LetterSent #8
        day 1  #20 TaskCompleted tell[dee] by the engine
        day 1  #21 TaskCompleted tell by the engine
        day 1  #22 TaskReady next
        day 1  #23 TaskActivated next (Engine)
        day 1  #24 TaskCompleted next by the engine
        day 1  #25 JobCompleted
        job completed: next completed, tell completed, tell[dee] completed, tell[eve] completed
    "#]]);
}

#[test]
fn one_instance_that_nobody_can_do_lets_the_others_go_on() {
    check(
        plan([email("tell", "item").for_each()]),
        "
        items tell dee, eve; gone dee; open; sent tell[eve] eve; state; back dee; sent tell[dee] dee
    ",
        expect![[r#"
            day 1  #3 TaskReady tell
            day 1  #4 TaskExpanded tell: dee, eve
            day 1  #6 RecipientsResolved tell[dee] recipient: filtered_out
            day 1  #7 TaskUncompletable tell[dee] recipient: deactivated
            day 1  #8 RecipientsResolved tell[eve] recipient: eve
            day 1  #9 TaskActivated tell[eve] (Engine)
            day 1  #10 LetterWritten tell[eve] recipient → eve
            day 1  #11 LetterSent #10
            day 1  #12 TaskCompleted tell[eve] by the engine
            job open: tell active, tell[dee] uncompletable, tell[eve] completed
            day 1  #13 TaskMended tell[dee]
            day 1  #14 RecipientsResolved tell[dee] recipient: dee
            day 1  #15 TaskActivated tell[dee] (Engine)
            day 1  #16 LetterWritten tell[dee] recipient → dee
            day 1  #17 LetterSent #16
            day 1  #18 TaskCompleted tell[dee] by the engine
            day 1  #19 TaskCompleted tell by the engine
            day 1  #20 JobCompleted
        "#]],
    );
}

#[test]
fn completing_the_task_completes_every_open_instance() {
    check(
        plan([manual("check").for_each()]),
        "
        items check dee, eve; open; complete check[dee] by pat; complete check by kim
    ",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 TaskExpanded check: dee, eve
            day 1  #6 RecipientsResolved check[dee] assign: pat
            day 1  #7 TaskActivated check[dee] (Staff)
            day 1  #8 RecipientsResolved check[eve] assign: pat
            day 1  #9 TaskActivated check[eve] (Staff)
            day 1  #10 TaskCompleted check[dee] by staff pat
            day 1  #11 TaskCompleted check[eve] by staff kim
            day 1  #12 TaskCompleted check by the engine
            day 1  #13 JobCompleted
        "#]],
    );
}

#[test]
fn skipping_the_task_skips_every_open_instance_and_its_letters() {
    check(
        plan([email("tell", "item").for_each()]),
        "
        items tell dee, eve; open; sent tell[dee] dee; skip tell by pat no need
    ",
        expect![[r#"
            day 1  #3 TaskReady tell
            day 1  #4 TaskExpanded tell: dee, eve
            day 1  #6 RecipientsResolved tell[dee] recipient: dee
            day 1  #7 TaskActivated tell[dee] (Engine)
            day 1  #8 LetterWritten tell[dee] recipient → dee
            day 1  #9 RecipientsResolved tell[eve] recipient: eve
            day 1  #10 TaskActivated tell[eve] (Engine)
            day 1  #11 LetterWritten tell[eve] recipient → eve
            day 1  #12 LetterSent #8
            day 1  #13 TaskCompleted tell[dee] by the engine
            day 1  #14 LetterDropped #11
            day 1  #15 TaskSkipped tell[eve]: staff pat says "no need"
            day 1  #16 TaskSkipped tell: staff pat says "no need"
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn every_instance_has_dates_of_its_own() {
    check(
        plan([documents("identity", "item", &["photo"])
            .for_each()
            .due("job.opened, +2 days")
            .expires("job.opened, +4 days")]),
        "
        items identity dee, eve; open; day 3; answer identity[dee] photo dee.jpg by dee; day 4; day 6; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.identity.due day 4 00:00, tasks.identity.expires day 6 00:00
            day 1  #3 TaskReady identity
            day 1  #4 TaskExpanded identity: dee, eve
            day 1  #5 DatesSet tasks.identity[dee].due day 4 00:00, tasks.identity[dee].expires day 6 00:00, tasks.identity[eve].due day 4 00:00, tasks.identity[eve].expires day 6 00:00
            day 1  #6 RecipientsResolved identity[dee] recipient: dee
            day 1  #7 TaskActivated identity[dee] (Client)
            day 1  #8 LetterWritten identity[dee] recipient → dee
            day 1  #9 RecipientsResolved identity[eve] recipient: eve
            day 1  #10 TaskActivated identity[eve] (Client)
            day 1  #11 LetterWritten identity[eve] recipient → eve
            day 3  #12 ItemAnswered identity[dee] photo by contact dee
            day 3  #13 LetterDropped #8
            day 3  #14 TaskCompleted identity[dee] by contact dee
            day 4  #15 TaskOverdue identity
            day 4  #16 TaskOverdue identity[eve]
            day 6  #17 LetterDropped #11
            day 6  #18 TaskFailed identity[eve]: nobody acted before it expired (expired)
            job open: identity active, identity[dee] completed, identity[eve] failed
        "#]],
    );
}

#[test]
fn an_instance_that_expired_is_tried_again_without_asking_the_others_again() {
    check(
        plan([documents("identity", "item", &["photo"]).for_each().expires("task.active, +2 days")]),
        "
        items identity dee, eve; open; sent identity[eve] eve; answer identity[eve] photo e.jpg by eve; day 4; state
        retry identity[dee] by pat; answer identity[dee] photo d.jpg by dee; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.identity.expires unknown (task.active)
            day 1  #3 TaskReady identity
            day 1  #5 TaskExpanded identity: dee, eve
            day 1  #6 DatesSet tasks.identity.expires day 4 00:00, tasks.identity[dee].expires unknown (task.active), tasks.identity[eve].expires unknown (task.active)
            day 1  #7 RecipientsResolved identity[dee] recipient: dee
            day 1  #8 TaskActivated identity[dee] (Client)
            day 1  #9 DatesSet tasks.identity[dee].expires day 4 00:00
            day 1  #10 LetterWritten identity[dee] recipient → dee
            day 1  #11 RecipientsResolved identity[eve] recipient: eve
            day 1  #12 TaskActivated identity[eve] (Client)
            day 1  #13 DatesSet tasks.identity[eve].expires day 4 00:00
            day 1  #14 LetterWritten identity[eve] recipient → eve
            day 1  #15 LetterSent #14
            day 1  #16 ItemAnswered identity[eve] photo by contact eve
            day 1  #17 TaskCompleted identity[eve] by contact eve
            day 4  #19 LetterDropped #10
            day 4  #20 TaskFailed identity[dee]: nobody acted before it expired (expired)
            job open: identity active, identity[dee] failed, identity[eve] completed
            day 4  #22 TaskRetried identity[dee] by staff pat
            day 4  #24 TaskActivated identity[dee] (Client)
            day 4  #25 DatesSet tasks.identity[dee].expires day 7 00:00
            day 4  #26 LetterWritten identity[dee] recipient → dee
            day 4  #27 ItemAnswered identity[dee] photo by contact dee
            day 4  #28 LetterDropped #26
            day 4  #29 TaskCompleted identity[dee] by contact dee
            day 4  #31 TaskCompleted identity by the engine
            day 4  #32 JobCompleted
            job completed: identity completed, identity[dee] completed, identity[eve] completed
        "#]],
    );
}

#[test]
fn the_practice_does_by_hand_what_one_instance_could_not() {
    check(
        plan([email("tell", "item").for_each().tries(1).if_failed(Otherwise::Manual)]),
        "
        items tell dee, eve; open; broken tell[dee] dee; sent tell[eve] eve; complete tell[dee] by sam
    ",
        expect![[r#"
            day 1  #3 TaskReady tell
            day 1  #4 TaskExpanded tell: dee, eve
            day 1  #6 RecipientsResolved tell[dee] recipient: dee
            day 1  #7 TaskActivated tell[dee] (Engine)
            day 1  #8 LetterWritten tell[dee] recipient → dee
            day 1  #9 RecipientsResolved tell[eve] recipient: eve
            day 1  #10 TaskActivated tell[eve] (Engine)
            day 1  #11 LetterWritten tell[eve] recipient → eve
            day 1  #12 EffectGivenUp #8: it did not work (mail)
            day 1  #13 TaskFailed tell[dee]: it did not work (mail)
            day 1  #14 TaskTakenOver tell[dee]: it failed: it did not work (mail)
            day 1  #16 RecipientsResolved tell[dee] assign: sam
            day 1  #17 LetterSent #11
            day 1  #18 TaskCompleted tell[eve] by the engine
            day 1  #19 TaskCompleted tell[dee] by staff sam
            day 1  #20 TaskCompleted tell by the engine
            day 1  #21 JobCompleted
        "#]],
    );
}

#[test]
fn a_task_that_is_reopened_reads_its_list_anew_and_drops_the_old_letters() {
    let tasks = [
        email("tell", "item").for_each().due("job.opened, +3 days"),
        approval("check", "partner", 1).on("changes", reopen("tell", 1)),
    ];
    check(
        plan(tasks),
        "
        items tell dee, eve; open; sent tell[dee] dee; items tell eve, fay; approve check changes by kim
        busy tell[eve] eve; day 6; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.tell.due day 5 00:00
            day 1  #3 TaskReady tell
            day 1  #4 TaskReady check
            day 1  #5 TaskExpanded tell: dee, eve
            day 1  #6 DatesSet tasks.tell[dee].due day 5 00:00, tasks.tell[eve].due day 5 00:00
            day 1  #7 RecipientsResolved tell[dee] recipient: dee
            day 1  #8 TaskActivated tell[dee] (Engine)
            day 1  #9 LetterWritten tell[dee] recipient → dee
            day 1  #10 RecipientsResolved tell[eve] recipient: eve
            day 1  #11 TaskActivated tell[eve] (Engine)
            day 1  #12 LetterWritten tell[eve] recipient → eve
            day 1  #13 RecipientsResolved check recipient: kim
            day 1  #14 TaskActivated check (Staff)
            day 1  #15 LetterWritten check recipient → kim
            day 1  #16 LetterSent #9
            day 1  #17 TaskCompleted tell[dee] by the engine
            day 1  #18 LetterDropped #15
            day 1  #19 TaskCompleted check as changes by staff kim
            day 1  #20 LetterDropped #12
            day 1  #21 TasksReopened from tell by check: tell, check
            day 1  #22 DatesSet tasks.tell.due day 5 00:00
            day 1  #23 TaskReady tell
            day 1  #24 TaskReady check
            day 1  #25 TaskExpanded tell: eve, fay
            day 1  #26 DatesSet tasks.tell[eve].due day 5 00:00, tasks.tell[fay].due day 5 00:00
            day 1  #27 RecipientsResolved tell[eve] recipient: eve
            day 1  #28 TaskActivated tell[eve] (Engine)
            day 1  #29 LetterWritten tell[eve] recipient → eve
            day 1  #30 RecipientsResolved tell[fay] recipient: fay
            day 1  #31 TaskActivated tell[fay] (Engine)
            day 1  #32 LetterWritten tell[fay] recipient → fay
            day 1  #33 RecipientsResolved check recipient: kim
            day 1  #34 TaskActivated check (Staff)
            day 1  #35 LetterWritten check recipient → kim
            day 1  #36 EffectDelayed #29 after 1, until day 1 09:01
            day 6  #37 TaskOverdue tell
            day 6  #38 TaskOverdue tell[eve]
            day 6  #39 TaskOverdue tell[fay]
            job open: check active, tell active, tell[eve] active, tell[fay] active
        "#]],
    );
}
