//! Rounds: what is done once more, and how often.

use super::check;
use super::plans::{approval, documents, email, form, manual, plan, reopen, script, signature};
use crate::plan::{Required, Then};
use expect_test::expect;

#[test]
fn an_outcome_opens_everything_between_again_exactly_as_often_as_its_limit() {
    let tasks = [
        manual("prepare"),
        script("calc").after("prepare"),
        manual("aside").after("prepare"),
        approval("check", "partner", 1).after("calc").on("changes", reopen("prepare", 2)),
    ];
    check(
        plan(tasks),
        "
        open; complete prepare by pat; complete aside by pat
        approve check changes by kim; complete prepare by pat
        approve check changes by kim; complete prepare by pat
        approve check changes by kim; state
        approve check approved by kim; skip check by kim we agree now
    ",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskCompleted prepare by staff pat
            day 1  #7 TaskReady calc
            day 1  #8 TaskActivated calc (Engine)
            day 1  #9 TaskReady aside
            day 1  #10 TaskCompleted calc by the engine
            day 1  #11 TaskReady check
            day 1  #12 RecipientsResolved aside assign: pat
            day 1  #13 TaskActivated aside (Staff)
            day 1  #14 RecipientsResolved check recipient: kim
            day 1  #15 TaskActivated check (Staff)
            day 1  #16 LetterWritten check recipient → kim
            day 1  #17 TaskCompleted aside by staff pat
            day 1  #18 LetterDropped #16
            day 1  #19 TaskCompleted check as changes by staff kim
            day 1  #20 TasksReopened from prepare by check: prepare, calc, aside, check
            day 1  #22 TaskReady prepare
            day 1  #23 RecipientsResolved prepare assign: pat
            day 1  #24 TaskActivated prepare (Staff)
            day 1  #25 TaskCompleted prepare by staff pat
            day 1  #26 TaskReady calc
            day 1  #27 TaskActivated calc (Engine)
            day 1  #28 TaskReady aside
            day 1  #29 TaskCompleted calc by the engine
            day 1  #30 TaskReady check
            day 1  #31 RecipientsResolved aside assign: pat
            day 1  #32 TaskActivated aside (Staff)
            day 1  #33 RecipientsResolved check recipient: kim
            day 1  #34 TaskActivated check (Staff)
            day 1  #35 LetterWritten check recipient → kim
            day 1  #36 LetterDropped #35
            day 1  #37 TaskCompleted check as changes by staff kim
            day 1  #38 TasksReopened from prepare by check: prepare, calc, aside, check
            day 1  #40 TaskReady prepare
            day 1  #41 RecipientsResolved prepare assign: pat
            day 1  #42 TaskActivated prepare (Staff)
            day 1  #43 TaskCompleted prepare by staff pat
            day 1  #44 TaskReady calc
            day 1  #45 TaskActivated calc (Engine)
            day 1  #46 TaskReady aside
            day 1  #47 TaskCompleted calc by the engine
            day 1  #48 TaskReady check
            day 1  #49 RecipientsResolved aside assign: pat
            day 1  #50 TaskActivated aside (Staff)
            day 1  #51 RecipientsResolved check recipient: kim
            day 1  #52 TaskActivated check (Staff)
            day 1  #53 LetterWritten check recipient → kim
            day 1  #54 LetterDropped #53
            day 1  #55 ReopenLimitReached check as changes by staff kim, prepare is not opened again
            day 1  #56 TaskFailed check: `prepare` was reopened 2 times already, as often as the definition allows (reopen-limit)
            job open: aside active, calc completed, check failed, prepare completed
            day 1  approve check approved by kim: refused, task `check` is failed: `prepare` was reopened 2 times already, as often as the definition allows (reopen-limit); `retry` tries it again, or staff may `override` or `skip` it, with a note
            day 1  #57 TaskSkipped check: staff kim says "we agree now"
        "#]],
    );
}

#[test]
fn a_later_round_asks_for_everything_anew() {
    let tasks = [
        documents("papers", "payroll", &["bank"]),
        approval("check", "partner", 1).after("papers").on("changes", reopen("papers", 1)),
    ];
    check(
        plan(tasks),
        "
        open; sent papers ann; answer papers bank may.pdf by ann; payroll: ben; approve check changes by kim
        answer papers bank may.pdf by ann; answer papers bank may.pdf by ben; approve check approved by kim
    ",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 1  #7 LetterSent #6
            day 1  #8 ItemAnswered papers bank by contact ann
            day 1  #9 TaskCompleted papers by contact ann
            day 1  #10 TaskReady check
            day 1  #11 RecipientsResolved check recipient: kim
            day 1  #12 TaskActivated check (Staff)
            day 1  #13 LetterWritten check recipient → kim
            day 1  #14 LetterDropped #13
            day 1  #15 TaskCompleted check as changes by staff kim
            day 1  #16 TasksReopened from papers by check: papers, check
            day 1  #18 TaskReady papers
            day 1  #19 RecipientsResolved papers recipient: ben
            day 1  #20 TaskActivated papers (Client)
            day 1  #21 LetterWritten papers recipient → ben
            day 1  #22 ActRefused papers answer by contact ann: contact ann was not asked to do task `papers`; `why` says who was, `reassign` gives it to others
            day 1  answer papers bank may.pdf by ann: refused, contact ann was not asked to do task `papers`; `why` says who was, `reassign` gives it to others
            day 1  #23 ItemAnswered papers bank by contact ben
            day 1  #24 LetterDropped #21
            day 1  #25 TaskCompleted papers by contact ben
            day 1  #26 TaskReady check
            day 1  #27 RecipientsResolved check recipient: kim
            day 1  #28 TaskActivated check (Staff)
            day 1  #29 LetterWritten check recipient → kim
            day 1  #30 LetterDropped #29
            day 1  #31 TaskCompleted check as approved by staff kim
            day 1  #32 JobCompleted
        "#]],
    );
}

#[test]
fn a_letter_of_an_earlier_round_that_fails_late_fails_nothing() {
    let tasks = [
        email("tell", "payroll").tries(1),
        approval("check", "partner", 1).on("changes", reopen("tell", 1)),
        manual("last"),
    ];
    let mut world = super::world::World::new(plan(tasks));
    super::story::play(&mut world, "open");
    let first = world.effect(&"tell".parse().unwrap(), Some("ann"));
    super::story::play(&mut world, "approve check changes by kim");
    let failure = crate::effect::Failure::permanent("mail", "no such host");
    world.report(first, crate::command::Outcome::Failed(failure)).unwrap();
    super::story::play(&mut world, "state");
    expect![[r#"
        day 1  #3 TaskReady tell
        day 1  #4 TaskReady check
        day 1  #5 TaskReady last
        day 1  #6 RecipientsResolved tell recipient: ann
        day 1  #7 TaskActivated tell (Engine)
        day 1  #8 LetterWritten tell recipient → ann
        day 1  #9 RecipientsResolved check recipient: kim
        day 1  #10 TaskActivated check (Staff)
        day 1  #11 LetterWritten check recipient → kim
        day 1  #12 RecipientsResolved last assign: pat
        day 1  #13 TaskActivated last (Staff)
        day 1  #14 LetterDropped #11
        day 1  #15 TaskCompleted check as changes by staff kim
        day 1  #16 LetterDropped #8
        day 1  #17 TasksReopened from tell by check: tell, check
        day 1  #19 TaskReady tell
        day 1  #20 TaskReady check
        day 1  #21 RecipientsResolved tell recipient: ann
        day 1  #22 TaskActivated tell (Engine)
        day 1  #23 LetterWritten tell recipient → ann
        day 1  #24 RecipientsResolved check recipient: kim
        day 1  #25 TaskActivated check (Staff)
        day 1  #26 LetterWritten check recipient → kim
        day 1  #27 EffectGivenUp #8: no such host (mail)
        job open: check active, last active, tell active
    "#]]
    .assert_eq(&world.told);
}

#[test]
fn a_task_that_expires_can_open_the_way_again() {
    let tasks = [
        manual("letter"),
        documents("papers", "payroll", &["bank"])
            .after("letter")
            .expires("task.active, +2 days")
            .on_expired(reopen("letter", 1)),
    ];
    check(
        plan(tasks),
        "
        open; complete letter by pat; day 4; state; complete letter by pat; day 5; day 8; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
            day 1  #3 TaskReady letter
            day 1  #4 RecipientsResolved letter assign: pat
            day 1  #5 TaskActivated letter (Staff)
            day 1  #6 TaskCompleted letter by staff pat
            day 1  #7 TaskReady papers
            day 1  #9 RecipientsResolved papers recipient: ann
            day 1  #10 TaskActivated papers (Client)
            day 1  #11 DatesSet tasks.papers.expires day 4 00:00
            day 1  #12 LetterWritten papers recipient → ann
            day 4  #13 LetterDropped #12
            day 4  #14 TasksReopened from letter by papers: letter, papers
            day 4  #15 DatesSet tasks.papers.expires unknown (task.active)
            day 4  #16 TaskReady letter
            day 4  #17 RecipientsResolved letter assign: pat
            day 4  #18 TaskActivated letter (Staff)
            job open: letter active, papers waiting
            day 4  #19 TaskCompleted letter by staff pat
            day 4  #20 TaskReady papers
            day 4  #22 RecipientsResolved papers recipient: ann
            day 4  #23 TaskActivated papers (Client)
            day 4  #24 DatesSet tasks.papers.expires day 7 00:00
            day 4  #25 LetterWritten papers recipient → ann
            day 8  #26 LetterDropped #25
            day 8  #27 ReopenLimitReached papers by the engine, letter is not opened again
            day 8  #28 TaskFailed papers: `letter` was reopened 1 times already, as often as the definition allows (reopen-limit)
            job open: letter completed, papers failed
        "#]],
    );
}

#[test]
fn whatever_waits_for_reads_or_is_dated_by_what_is_reopened_goes_back_with_it() {
    let tasks = [
        manual("prepare"),
        approval("manager", "partner", 1).after("prepare"),
        script("figures").reads("prepare"),
        manual("later").start("tasks.prepare.completed, +1 day"),
        manual("checked").not_same_as("prepare"),
        manual("alone"),
        email("tell", "payroll").after("manager").after("figures"),
    ];
    check(
        plan(tasks),
        "
        clerk: pat, lee; open; complete prepare by pat; complete alone by pat; approve manager approved by kim
        day 2; state; reopen prepare by pat; reopen prepare by ann the van; reopen prepare by pat the van is missing; state
        sent tell ann
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.later.start unknown (tasks.prepare.completed)
            day 1  #3 TaskReady prepare
            day 1  #5 TaskReady figures
            day 1  #6 TaskActivated figures (Engine)
            day 1  #7 TaskReady checked
            day 1  #8 TaskReady alone
            day 1  #9 RecipientsResolved prepare assign: pat
            day 1  #10 TaskActivated prepare (Staff)
            day 1  #12 TaskCompleted figures by the engine
            day 1  #13 RecipientsResolved checked assign: lee
            day 1  #14 TaskActivated checked (Staff)
            day 1  #15 RecipientsResolved alone assign: pat
            day 1  #16 TaskActivated alone (Staff)
            day 1  #17 TaskCompleted prepare by staff pat
            day 1  #18 DatesSet tasks.later.start day 2
            day 1  #19 TaskReady manager
            day 1  #20 RecipientsResolved manager recipient: kim
            day 1  #21 TaskActivated manager (Staff)
            day 1  #22 LetterWritten manager recipient → kim
            day 1  #23 TaskCompleted alone by staff pat
            day 1  #24 LetterDropped #22
            day 1  #25 TaskCompleted manager as approved by staff kim
            day 1  #26 TaskReady tell
            day 1  #27 RecipientsResolved tell recipient: ann
            day 1  #28 TaskActivated tell (Engine)
            day 1  #29 LetterWritten tell recipient → ann
            day 2  #30 TaskReady later
            day 2  #31 RecipientsResolved later assign: pat
            day 2  #32 TaskActivated later (Staff)
            job open: alone completed, checked active, figures completed, later active, manager completed, prepare completed, tell active
            day 2  reopen prepare by pat: refused, say why with a note
            day 2  #33 ActRefused prepare reopen by contact ann: contact ann may not do this to task `prepare`: `reopen` is for staff
            day 2  reopen prepare by ann the van: refused, contact ann may not do this to task `prepare`: `reopen` is for staff
            day 2  #34 LetterDropped #29
            day 2  #35 TaskReopened prepare by staff pat "the van is missing": prepare, manager, figures, later, checked, tell
            day 2  #36 DatesSet tasks.later.start unknown (tasks.prepare.completed)
            day 2  #37 TaskReady prepare
            day 2  #39 TaskReady figures
            day 2  #40 TaskActivated figures (Engine)
            day 2  #41 TaskReady checked
            day 2  #42 RecipientsResolved prepare assign: pat
            day 2  #43 TaskActivated prepare (Staff)
            day 2  #45 TaskCompleted figures by the engine
            day 2  #46 RecipientsResolved checked assign: lee
            day 2  #47 TaskActivated checked (Staff)
            job open: alone completed, checked active, figures completed, later waiting, manager waiting, prepare active, tell waiting
            day 2  #48 LetterSent #29
        "#]],
    );
}

#[test]
fn a_signature_under_what_is_made_again_is_void_and_says_so() {
    let tasks = [
        manual("prepare"),
        signature("spouse", Required::All, &["director"]).after("prepare"),
        signature("taxpayer", Required::All, &["payroll"]).after("prepare").on("declined", reopen("prepare", 2)),
    ];
    check(
        plan(tasks),
        "
        director: dee; open; complete prepare by pat; sign spouse director by dee; decline taxpayer payroll by ann wrong; state
    ",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskCompleted prepare by staff pat
            day 1  #7 TaskReady spouse
            day 1  #8 TaskReady taxpayer
            day 1  #9 RecipientsResolved spouse signer director: dee
            day 1  #10 TaskActivated spouse (Client)
            day 1  #11 LetterWritten spouse signer director → dee
            day 1  #12 RecipientsResolved taxpayer signer payroll: ann
            day 1  #13 TaskActivated taxpayer (Client)
            day 1  #14 LetterWritten taxpayer signer payroll → ann
            day 1  #15 Signed spouse director by contact dee
            day 1  #16 LetterDropped #11
            day 1  #17 TaskCompleted spouse by contact dee
            day 1  #18 SignatureDeclined taxpayer payroll by contact ann
            day 1  #19 LetterDropped #14
            day 1  #20 TaskCompleted taxpayer as declined by contact ann
            day 1  #21 SignatureVoided spouse director by contact dee
            day 1  #22 TasksReopened from prepare by taxpayer: prepare, spouse, taxpayer
            day 1  #24 TaskReady prepare
            day 1  #25 RecipientsResolved prepare assign: pat
            day 1  #26 TaskActivated prepare (Staff)
            job open: prepare active, spouse waiting, taxpayer waiting
        "#]],
    );
}

#[test]
fn what_was_answered_is_offered_again() {
    check(
        plan([form("hours", "payroll", &["staff", "days", "rate?"]), manual("pay").after("hours")]),
        "
        open; again hours by ann; answer hours rate 5 by ann; answer hours days 20 by ann; answer hours staff 12 by ann
        reopen hours by pat wrong staff; answer hours staff 13 by ann; again hours by ann; state
        amend hours days 21 by pat; amend hours days 21 by ann no; amend hours days 21 by pat miscounted
        amend hours days many by pat no; amend hours other 1 by pat no; amend pay days 1 by pat no
    ",
        expect![[r#"
            day 1  #3 TaskReady hours
            day 1  #4 RecipientsResolved hours recipient: ann
            day 1  #5 TaskActivated hours (Client)
            day 1  #6 LetterWritten hours recipient → ann
            day 1  again hours by ann: refused, nothing was answered in task `hours` before
            day 1  #7 ItemAnswered hours rate by contact ann
            day 1  #8 ItemAnswered hours days by contact ann
            day 1  #9 ItemAnswered hours staff by contact ann
            day 1  #10 LetterDropped #6
            day 1  #11 TaskCompleted hours by contact ann
            day 1  #12 TaskReady pay
            day 1  #13 RecipientsResolved pay assign: pat
            day 1  #14 TaskActivated pay (Staff)
            day 1  #15 TaskReopened hours by staff pat "wrong staff": hours, pay
            day 1  #17 TaskReady hours
            day 1  #18 RecipientsResolved hours recipient: ann
            day 1  #19 TaskActivated hours (Client)
            day 1  #20 LetterWritten hours recipient → ann
            day 1  #21 ItemAnswered hours staff by contact ann
            day 1  #22 ItemAnswered hours days by contact ann
            day 1  #23 ItemAnswered hours rate by contact ann
            day 1  #24 LetterDropped #20
            day 1  #25 TaskCompleted hours by contact ann
            day 1  #26 TaskReady pay
            day 1  #27 RecipientsResolved pay assign: pat
            day 1  #28 TaskActivated pay (Staff)
            job open: hours completed, pay active
            day 1  amend hours days 21 by pat: refused, say why with a note
            day 1  #29 ActRefused hours amend by contact ann: contact ann may not do this to task `hours`: `amend` is for staff
            day 1  amend hours days 21 by ann no: refused, contact ann may not do this to task `hours`: `amend` is for staff
            day 1  #30 AnswerAmended hours days by staff pat; built on it: [pay]
            day 1  amend hours days many by pat no: refused, `days` is text, where int is asked
            day 1  amend hours other 1 by pat no: refused, task `hours` has no part `other`
            day 1  amend pay days 1 by pat no: refused, task `pay` has no part `days`
        "#]],
    );
}

#[test]
fn one_instance_goes_back_alone() {
    let each = form("each", "payroll", &["hours"]).for_each();
    check(
        plan([each, manual("sum").after("each")]),
        "
        items each dee, ben; open; answer each[dee] hours 1 by ann; answer each[ben] hours 2 by ann; complete sum by pat; state
        reopen each[dee] by pat the wrong month; state; again each[dee] by ann; state
    ",
        expect![[r#"
            day 1  #3 TaskReady each
            day 1  #4 TaskExpanded each: dee, ben
            day 1  #6 RecipientsResolved each[dee] recipient: ann
            day 1  #7 TaskActivated each[dee] (Client)
            day 1  #8 LetterWritten each[dee] recipient → ann
            day 1  #9 RecipientsResolved each[ben] recipient: ann
            day 1  #10 TaskActivated each[ben] (Client)
            day 1  #11 LetterWritten each[ben] recipient → ann
            day 1  #12 ItemAnswered each[dee] hours by contact ann
            day 1  #13 LetterDropped #8
            day 1  #14 TaskCompleted each[dee] by contact ann
            day 1  #15 ItemAnswered each[ben] hours by contact ann
            day 1  #16 LetterDropped #11
            day 1  #17 TaskCompleted each[ben] by contact ann
            day 1  #18 TaskCompleted each by the engine
            day 1  #19 TaskReady sum
            day 1  #20 RecipientsResolved sum assign: pat
            day 1  #21 TaskActivated sum (Staff)
            day 1  #22 TaskCompleted sum by staff pat
            day 1  #23 JobCompleted
            job completed: each completed, each[ben] completed, each[dee] completed, sum completed
            day 1  #24 TaskReopened each[dee] by staff pat "the wrong month": each[dee], sum
            day 1  #26 RecipientsResolved each[dee] recipient: ann
            day 1  #27 TaskActivated each[dee] (Client)
            day 1  #28 LetterWritten each[dee] recipient → ann
            job open: each active, each[ben] completed, each[dee] awaiting_client, sum waiting
            day 1  #29 ItemAnswered each[dee] hours by contact ann
            day 1  #30 LetterDropped #28
            day 1  #31 TaskCompleted each[dee] by contact ann
            day 1  #32 TaskCompleted each by the engine
            day 1  #33 TaskReady sum
            day 1  #34 RecipientsResolved sum assign: pat
            day 1  #35 TaskActivated sum (Staff)
            job open: each completed, each[ben] completed, each[dee] completed, sum active
        "#]],
    );
}

#[test]
fn a_job_that_has_completed_is_open_again_and_what_its_end_cut_off_with_it() {
    let tasks = [
        manual("prepare"),
        approval("check", "partner", 1).after("prepare").on("approved", Then::CompleteJob),
        documents("late", "payroll", &["bank"]),
    ];
    check(
        plan(tasks),
        "
        open; complete prepare by pat; approve check approved by kim; state
        skip late by pat no; reopen prepare by pat one more; state
        complete prepare by pat; approve check approved by kim; cancel by pat no; state
    ",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 TaskReady late
            day 1  #5 RecipientsResolved prepare assign: pat
            day 1  #6 TaskActivated prepare (Staff)
            day 1  #7 RecipientsResolved late recipient: ann
            day 1  #8 TaskActivated late (Client)
            day 1  #9 LetterWritten late recipient → ann
            day 1  #10 TaskCompleted prepare by staff pat
            day 1  #11 TaskReady check
            day 1  #12 RecipientsResolved check recipient: kim
            day 1  #13 TaskActivated check (Staff)
            day 1  #14 LetterWritten check recipient → kim
            day 1  #15 LetterDropped #14
            day 1  #16 TaskCompleted check as approved by staff kim
            day 1  #17 LetterDropped #9
            day 1  #18 JobCompleted
            job completed: check completed, late cancelled, prepare completed
            day 1  skip late by pat no: refused, the job has ended
            day 1  #19 TaskReopened prepare by staff pat "one more": prepare, check, late
            day 1  #21 TaskReady prepare
            day 1  #22 TaskReady late
            day 1  #23 RecipientsResolved prepare assign: pat
            day 1  #24 TaskActivated prepare (Staff)
            day 1  #25 RecipientsResolved late recipient: ann
            day 1  #26 TaskActivated late (Client)
            day 1  #27 LetterWritten late recipient → ann
            job open: check waiting, late awaiting_client, prepare active
            day 1  #28 TaskCompleted prepare by staff pat
            day 1  #29 TaskReady check
            day 1  #30 RecipientsResolved check recipient: kim
            day 1  #31 TaskActivated check (Staff)
            day 1  #32 LetterWritten check recipient → kim
            day 1  #33 LetterDropped #32
            day 1  #34 TaskCompleted check as approved by staff kim
            day 1  #35 LetterDropped #27
            day 1  #36 JobCompleted
            day 1  cancel by pat no: refused, the job has ended
            job completed: check completed, late cancelled, prepare completed
        "#]],
    );
}

#[test]
fn at_its_limit_an_outcome_is_recorded_and_the_definition_says_what_then() {
    let tasks = [
        manual("prepare"),
        approval("check", "partner", 1).after("prepare").on("changes", reopen("prepare", 1).or_go_on()),
        documents("papers", "payroll", &["bank"])
            .after("check")
            .expires("task.active, +2 days")
            .on_expired(reopen("check", 1).or_go_on()),
    ];
    check(
        plan(tasks),
        "
        open; complete prepare by pat; approve check changes by kim; complete prepare by pat; approve check changes by kim still wrong
        day 4; approve check approved by kim; day 8; state
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.expires unknown (task.active)
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskCompleted prepare by staff pat
            day 1  #7 TaskReady check
            day 1  #8 RecipientsResolved check recipient: kim
            day 1  #9 TaskActivated check (Staff)
            day 1  #10 LetterWritten check recipient → kim
            day 1  #11 LetterDropped #10
            day 1  #12 TaskCompleted check as changes by staff kim
            day 1  #13 TasksReopened from prepare by check: prepare, check
            day 1  #15 TaskReady prepare
            day 1  #16 RecipientsResolved prepare assign: pat
            day 1  #17 TaskActivated prepare (Staff)
            day 1  #18 TaskCompleted prepare by staff pat
            day 1  #19 TaskReady check
            day 1  #20 RecipientsResolved check recipient: kim
            day 1  #21 TaskActivated check (Staff)
            day 1  #22 LetterWritten check recipient → kim
            day 1  #23 LetterDropped #22
            day 1  #24 ReopenLimitReached check as changes by staff kim, prepare is not opened again
            day 1  #25 TaskCompleted check as changes by staff kim
            day 1  #26 TaskReady papers
            day 1  #28 RecipientsResolved papers recipient: ann
            day 1  #29 TaskActivated papers (Client)
            day 1  #30 DatesSet tasks.papers.expires day 4 00:00
            day 1  #31 LetterWritten papers recipient → ann
            day 4  #32 LetterDropped #31
            day 4  #33 TasksReopened from check by papers: check, papers
            day 4  #34 DatesSet tasks.papers.expires unknown (task.active)
            day 4  #35 TaskReady check
            day 4  #36 RecipientsResolved check recipient: kim
            day 4  #37 TaskActivated check (Staff)
            day 4  #38 LetterWritten check recipient → kim
            day 4  #39 LetterDropped #38
            day 4  #40 TaskCompleted check as approved by staff kim
            day 4  #41 TaskReady papers
            day 4  #43 RecipientsResolved papers recipient: ann
            day 4  #44 TaskActivated papers (Client)
            day 4  #45 DatesSet tasks.papers.expires day 7 00:00
            day 4  #46 LetterWritten papers recipient → ann
            day 8  #47 LetterDropped #46
            day 8  #48 ReopenLimitReached papers by the engine, check is not opened again
            day 8  #49 TaskSkipped papers: expired once too often
            day 8  #50 JobCompleted
            job completed: check completed, papers skipped, prepare completed
        "#]],
    );
}

#[test]
fn a_cancellation_is_taken_back_within_an_hour_while_nothing_has_left() {
    let tasks = || plan([email("ask", "payroll"), documents("papers", "payroll", &["bank"]), manual("prepare")]);
    check(
        tasks(),
        "
        open; uncancel by pat no; complete prepare by pat; cancel by pat the wrong one; uncancel by pat; uncancel by pat a slip; state
        cancel by pat again; hours 2; uncancel by pat too late
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady papers
            day 1  #5 TaskReady prepare
            day 1  #6 RecipientsResolved ask recipient: ann
            day 1  #7 TaskActivated ask (Engine)
            day 1  #8 LetterWritten ask recipient → ann
            day 1  #9 RecipientsResolved papers recipient: ann
            day 1  #10 TaskActivated papers (Client)
            day 1  #11 LetterWritten papers recipient → ann
            day 1  #12 RecipientsResolved prepare assign: pat
            day 1  #13 TaskActivated prepare (Staff)
            day 1  uncancel by pat no: refused, the job is not cancelled
            day 1  #14 TaskCompleted prepare by staff pat
            day 1  #15 LetterDropped #8
            day 1  #16 LetterDropped #11
            day 1  #17 JobCancelled by staff pat: the wrong one
            day 1  uncancel by pat: refused, say why with a note
            day 1  #18 JobUncancelled by staff pat: a slip
            day 1  #20 LetterWritten ask recipient → ann
            day 1  #21 LetterWritten papers recipient → ann
            job open: ask active, papers awaiting_client, prepare completed
            day 1  #22 LetterDropped #20
            day 1  #23 LetterDropped #21
            day 1  #24 JobCancelled by staff pat: again
            day 1 11:00  uncancel by pat too late: refused, the cancellation cannot be taken back: it was more than an hour ago; start the job again
        "#]],
    );
    check(
        tasks(),
        "open; cancel by pat the wrong one; sent ask ann; uncancel by pat a slip; state",
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 TaskReady papers
        day 1  #5 TaskReady prepare
        day 1  #6 RecipientsResolved ask recipient: ann
        day 1  #7 TaskActivated ask (Engine)
        day 1  #8 LetterWritten ask recipient → ann
        day 1  #9 RecipientsResolved papers recipient: ann
        day 1  #10 TaskActivated papers (Client)
        day 1  #11 LetterWritten papers recipient → ann
        day 1  #12 RecipientsResolved prepare assign: pat
        day 1  #13 TaskActivated prepare (Staff)
        day 1  #14 LetterDropped #8
        day 1  #15 LetterDropped #11
        day 1  #16 JobCancelled by staff pat: the wrong one
        day 1  #17 LetterSent #8
        day 1  uncancel by pat a slip: refused, the cancellation cannot be taken back: a letter or a call has left or come back since; start the job again
        job cancelled: ask cancelled, papers cancelled, prepare cancelled
    "#]],
    );
}
