//! Rounds: what is done once more, and how often.

use super::check;
use super::plans::{approval, documents, email, manual, plan, reopen, script};
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
            day 1  #20 TasksReopened from prepare by check: prepare, calc, check
            day 1  #22 TaskReady prepare
            day 1  #23 RecipientsResolved prepare assign: pat
            day 1  #24 TaskActivated prepare (Staff)
            day 1  #25 TaskCompleted prepare by staff pat
            day 1  #26 TaskReady calc
            day 1  #27 TaskActivated calc (Engine)
            day 1  #28 TaskCompleted calc by the engine
            day 1  #29 TaskReady check
            day 1  #30 RecipientsResolved check recipient: kim
            day 1  #31 TaskActivated check (Staff)
            day 1  #32 LetterWritten check recipient → kim
            day 1  #33 LetterDropped #32
            day 1  #34 TaskCompleted check as changes by staff kim
            day 1  #35 TasksReopened from prepare by check: prepare, calc, check
            day 1  #37 TaskReady prepare
            day 1  #38 RecipientsResolved prepare assign: pat
            day 1  #39 TaskActivated prepare (Staff)
            day 1  #40 TaskCompleted prepare by staff pat
            day 1  #41 TaskReady calc
            day 1  #42 TaskActivated calc (Engine)
            day 1  #43 TaskCompleted calc by the engine
            day 1  #44 TaskReady check
            day 1  #45 RecipientsResolved check recipient: kim
            day 1  #46 TaskActivated check (Staff)
            day 1  #47 LetterWritten check recipient → kim
            day 1  #48 TaskFailed check: `prepare` was reopened 2 times already, as often as the definition allows (reopen-limit)
            job open: aside completed, calc completed, check failed, prepare completed
            day 1  approve check approved by kim: refused, task `check` is failed; it is not open to be worked on
            day 1  #49 LetterDropped #47
            day 1  #50 TaskSkipped check: staff kim says "we agree now"
            day 1  #51 JobCompleted
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
            day 8  #27 TaskFailed papers: `letter` was reopened 1 times already, as often as the definition allows (reopen-limit)
            job open: letter completed, papers failed
        "#]],
    );
}
