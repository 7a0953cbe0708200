//! What people are asked for: documents, answers, an approval, work.

use super::check;
use super::plans::{approval, documents, form, manual, plan};
use crate::plan::{Asked, Request, Work};
use crate::recipient::Pick;
use crate::value::Type;
use expect_test::expect;

#[test]
fn a_document_request_is_done_when_every_item_is_in() {
    check(
        plan([documents("papers", "payroll", &["bank", "bills"])]),
        "
        open; sent papers ann
        answer papers bank may.pdf by ann; answer papers bills bills.jpg by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 1  #7 LetterSent #6
            day 1  #8 ItemAnswered papers bank by contact ann
            day 1  #9 ItemAnswered papers bills by contact ann
            day 1  #10 TaskCompleted papers by contact ann
            day 1  #11 JobCompleted
        "#]],
    );
}

#[test]
fn an_item_takes_the_files_it_names_and_no_others() {
    check(
        plan([documents("papers", "payroll", &["bank"])]),
        "
        open; answer papers bank may.exe by ann; answer papers bank empty.pdf by ann; answer papers bank 7 by ann
        answer papers other may.pdf by ann; answer papers bank may.PDF by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 1  answer papers bank may.exe by ann: refused, `bank` takes pdf, jpg, not may.exe
            day 1  answer papers bank empty.pdf by ann: refused, `bank` is an empty file: empty.pdf
            day 1  answer papers bank 7 by ann: refused, `bank` wants a file, not int
            day 1  answer papers other may.pdf by ann: refused, task `papers` has no part `other`
            day 1  #7 ItemAnswered papers bank by contact ann
            day 1  #8 LetterDropped #6
            day 1  #9 TaskCompleted papers by contact ann
            day 1  #10 JobCompleted
        "#]],
    );
}

#[test]
fn nothing_to_report_is_an_answer_where_the_request_allows_it() {
    check(
        plan([documents("papers", "payroll", &["bank"])]),
        "open; answer papers bank nothing by ann",
        expect![[r#"
        day 1  #3 TaskReady papers
        day 1  #4 RecipientsResolved papers recipient: ann
        day 1  #5 TaskActivated papers (Client)
        day 1  #6 LetterWritten papers recipient → ann
        day 1  #7 ItemAnswered papers bank by contact ann
        day 1  #8 LetterDropped #6
        day 1  #9 TaskCompleted papers by contact ann
        day 1  #10 JobCompleted
    "#]],
    );
}

#[test]
fn nothing_is_no_answer_to_a_question_that_must_be_answered() {
    check(
        plan([form("hours", "payroll", &["staff", "overtime?"])]),
        "
        open; answer hours staff nothing by ann; answer hours overtime nothing by ann; answer hours staff 4 by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady hours
            day 1  #4 RecipientsResolved hours recipient: ann
            day 1  #5 TaskActivated hours (Client)
            day 1  #6 LetterWritten hours recipient → ann
            day 1  answer hours staff nothing by ann: refused, `staff` is required: "nothing to report" is no answer here
            day 1  #7 ItemAnswered hours overtime by contact ann
            day 1  #8 ItemAnswered hours staff by contact ann
            day 1  #9 LetterDropped #6
            day 1  #10 TaskCompleted hours by contact ann
            day 1  #11 JobCompleted
        "#]],
    );
}

#[test]
fn an_answer_must_be_of_the_type_asked() {
    check(
        plan([form("hours", "payroll", &["staff"])]),
        "open; answer hours staff many by ann; answer hours staff 4 by ann",
        expect![[r#"
            day 1  #3 TaskReady hours
            day 1  #4 RecipientsResolved hours recipient: ann
            day 1  #5 TaskActivated hours (Client)
            day 1  #6 LetterWritten hours recipient → ann
            day 1  answer hours staff many by ann: refused, `staff` is text, where int is asked
            day 1  #7 ItemAnswered hours staff by contact ann
            day 1  #8 LetterDropped #6
            day 1  #9 TaskCompleted hours by contact ann
            day 1  #10 JobCompleted
        "#]],
    );
}

#[test]
fn a_contact_completes_only_what_is_answered_but_staff_may_close_it() {
    let tasks = || plan([form("hours", "payroll", &["staff", "overtime?"])]);
    check(
        tasks(),
        "open; complete hours by ann; answer hours staff 4 by ann; complete hours by ann",
        expect![[r#"
            day 1  #3 TaskReady hours
            day 1  #4 RecipientsResolved hours recipient: ann
            day 1  #5 TaskActivated hours (Client)
            day 1  #6 LetterWritten hours recipient → ann
            day 1  complete hours by ann: refused, task `hours` still needs `staff`; staff may close it without by `override`, with a note
            day 1  #7 ItemAnswered hours staff by contact ann
            day 1  #8 LetterDropped #6
            day 1  #9 TaskCompleted hours by contact ann
            day 1  #10 JobCompleted
            day 1  complete hours by ann: refused, the job has ended
        "#]],
    );
    check(
        tasks(),
        "open; complete hours by pat",
        expect![[r#"
            day 1  #3 TaskReady hours
            day 1  #4 RecipientsResolved hours recipient: ann
            day 1  #5 TaskActivated hours (Client)
            day 1  #6 LetterWritten hours recipient → ann
            day 1  complete hours by pat: refused, task `hours` still needs `staff`; staff may close it without by `override`, with a note
        "#]],
    );
}

#[test]
fn an_answer_can_be_corrected_while_the_request_is_open() {
    check(plan([form("hours", "payroll", &["staff", "overtime"])]), "
        open; answer hours staff 4 by ann; answer hours staff 5 by ann; answer hours overtime 0 by ann; answer hours staff 6 by ann
    ", expect![[r#"
        day 1  #3 TaskReady hours
        day 1  #4 RecipientsResolved hours recipient: ann
        day 1  #5 TaskActivated hours (Client)
        day 1  #6 LetterWritten hours recipient → ann
        day 1  #7 ItemAnswered hours staff by contact ann
        day 1  #8 ItemAnswered hours staff by contact ann
        day 1  #9 ItemAnswered hours overtime by contact ann
        day 1  #10 LetterDropped #6
        day 1  #11 TaskCompleted hours by contact ann
        day 1  #12 JobCompleted
        day 1  answer hours staff 6 by ann: refused, the job has ended
    "#]]);
}

#[test]
fn outputs_must_be_what_the_definition_declares() {
    check(plan([manual("count").gives("total", Type::Int)]), "
        open; complete count by pat; complete count total=many by pat; complete count other=1 total=2 by pat; complete count total=2 by pat
    ", expect![[r#"
        day 1  #3 TaskReady count
        day 1  #4 RecipientsResolved count assign: pat
        day 1  #5 TaskActivated count (Staff)
        day 1  complete count by pat: refused, `total` is missing
        day 1  complete count total=many by pat: refused, `total` is text, where int is asked
        day 1  complete count other=1 total=2 by pat: refused, `other` is no output of this task
        day 1  #6 TaskCompleted count by staff pat
        day 1  #7 JobCompleted
    "#]]);
}

#[test]
fn somebody_who_was_not_asked_is_refused_and_the_attempt_is_kept() {
    check(
        plan([documents("papers", "payroll", &["bank"])]),
        "
        open; answer papers bank may.pdf by ben; complete papers by ben; skip papers by ann not mine
    ",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 1  #7 ActRefused papers answer by contact ben: contact ben was not asked to do task `papers`; `why` says who was, `reassign` gives it to others
            day 1  answer papers bank may.pdf by ben: refused, contact ben was not asked to do task `papers`; `why` says who was, `reassign` gives it to others
            day 1  #8 ActRefused papers complete by contact ben: contact ben was not asked to do task `papers`; `why` says who was, `reassign` gives it to others
            day 1  complete papers by ben: refused, contact ben was not asked to do task `papers`; `why` says who was, `reassign` gives it to others
            day 1  #9 ActRefused papers skip by contact ann: contact ann may not do this to task `papers`: `skip` is for staff
            day 1  skip papers by ann not mine: refused, contact ann may not do this to task `papers`: `skip` is for staff
        "#]],
    );
}

#[test]
fn somebody_who_has_left_is_refused() {
    check(
        plan([manual("prepare")]),
        "open; gone pat; complete prepare by pat; complete prepare by kim",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskUncompletable prepare assign: deactivated
            day 1  #7 ActRefused prepare complete by staff pat: staff pat is no longer active
            day 1  complete prepare by pat: refused, staff pat is no longer active
            day 1  complete prepare by kim: refused, task `prepare` is uncompletable: deactivated; choose somebody who is active, or staff may `override` or `skip` it, with a note
        "#]],
    );
}

#[test]
fn the_first_act_closes_an_approval_that_needs_one() {
    check(
        plan([approval("check", "partner", 1)]),
        "partner: kim, lee; open; approve check approved by lee; approve check approved by kim",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 RecipientsResolved check recipient: kim, lee
            day 1  #5 TaskActivated check (Staff)
            day 1  #6 LetterWritten check recipient → kim
            day 1  #7 LetterWritten check recipient → lee
            day 1  #8 LetterDropped #6
            day 1  #9 LetterDropped #7
            day 1  #10 TaskCompleted check as approved by staff lee
            day 1  #11 JobCompleted
            day 1  approve check approved by kim: refused, the job has ended
        "#]],
    );
}

#[test]
fn an_approval_may_need_several_people_and_another_outcome_closes_it_at_once() {
    let tasks = || plan([approval("check", "partner", 2), manual("go").after("check")]);
    check(
        tasks(),
        "
        partner: kim, lee; open; approve check approved by kim; approve check approved by kim
        approve check approved by lee; state
    ",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 RecipientsResolved check recipient: kim, lee
            day 1  #5 TaskActivated check (Staff)
            day 1  #6 LetterWritten check recipient → kim
            day 1  #7 LetterWritten check recipient → lee
            day 1  #8 OutcomeGiven check approved by staff kim
            day 1  approve check approved by kim: refused, this was done already in task `check`
            day 1  #9 LetterDropped #6
            day 1  #10 LetterDropped #7
            day 1  #11 TaskCompleted check as approved by staff lee
            day 1  #12 TaskReady go
            day 1  #13 RecipientsResolved go assign: pat
            day 1  #14 TaskActivated go (Staff)
            job open: check completed, go active
        "#]],
    );
    check(
        tasks(),
        "partner: kim, lee; open; approve check approved by kim; approve check changes by lee; state",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 RecipientsResolved check recipient: kim, lee
            day 1  #5 TaskActivated check (Staff)
            day 1  #6 LetterWritten check recipient → kim
            day 1  #7 LetterWritten check recipient → lee
            day 1  #8 OutcomeGiven check approved by staff kim
            day 1  #9 LetterDropped #6
            day 1  #10 LetterDropped #7
            day 1  #11 TaskCompleted check as changes by staff lee
            day 1  #12 TaskReady go
            day 1  #13 RecipientsResolved go assign: pat
            day 1  #14 TaskActivated go (Staff)
            job open: check completed, go active
        "#]],
    );
}

#[test]
fn an_approval_waits_until_as_many_are_found_as_must_decide() {
    check(
        plan([approval("check", "partner", 3)]),
        "open; approve check approved by kim; partner: kim, lee, sam; approve check approved by kim; approve check approved by lee; approve check approved by sam",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 RecipientsResolved check recipient: too_few
            day 1  #5 TaskUncompletable check recipient: too_few(1 of 3)
            day 1  approve check approved by kim: refused, task `check` is uncompletable: too_few(1 of 3); 3 people must act here and 1 can; let 2 more fit the rule, or `reassign` it to 3, or staff may `override` or `skip` it, with a note
            day 1  #6 TaskMended check
            day 1  #7 RecipientsResolved check recipient: kim, lee, sam
            day 1  #8 TaskActivated check (Staff)
            day 1  #9 LetterWritten check recipient → kim
            day 1  #10 LetterWritten check recipient → lee
            day 1  #11 LetterWritten check recipient → sam
            day 1  #12 OutcomeGiven check approved by staff kim
            day 1  #13 OutcomeGiven check approved by staff lee
            day 1  #14 LetterDropped #9
            day 1  #15 LetterDropped #10
            day 1  #16 LetterDropped #11
            day 1  #17 TaskCompleted check as approved by staff sam
            day 1  #18 JobCompleted
        "#]],
    );
}

#[test]
fn an_approval_is_given_by_those_asked_with_the_outcomes_listed_and_never_completed_plainly() {
    check(plan([approval("check", "partner", 1)]), "
        open; approve check approved by pat; approve check maybe by kim; complete check by kim; answer check bank 1 by kim; sign check a by kim
    ", expect![[r#"
        day 1  #3 TaskReady check
        day 1  #4 RecipientsResolved check recipient: kim
        day 1  #5 TaskActivated check (Staff)
        day 1  #6 LetterWritten check recipient → kim
        day 1  #7 ActRefused check approve by staff pat: staff pat was not asked to do task `check`; `why` says who was, `reassign` gives it to others
        day 1  approve check approved by pat: refused, staff pat was not asked to do task `check`; `why` says who was, `reassign` gives it to others
        day 1  approve check maybe by kim: refused, task `check` has no part `maybe`
        day 1  complete check by kim: refused, task `check` is done by one of its outcomes: `approved`, `changes`; `approve` gives one, or staff may `override` or `skip` it, with a note
        day 1  answer check bank 1 by kim: refused, task `check` is of type approval; this does not apply to it
        day 1  sign check a by kim: refused, task `check` is of type approval; this does not apply to it
    "#]]);
}

#[test]
fn whoever_did_the_work_may_not_check_it() {
    let tasks = [manual("prepare"), approval("check", "partner", 1).after("prepare").not_same_as("prepare")];
    check(
        plan(tasks),
        "
        partner: pat, kim; open; complete prepare by pat; approve check approved by pat; approve check approved by kim
    ",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskCompleted prepare by staff pat
            day 1  #7 TaskReady check
            day 1  #8 RecipientsResolved check recipient: kim
            day 1  #9 TaskActivated check (Staff)
            day 1  #10 LetterWritten check recipient → kim
            day 1  #11 ActRefused check approve by staff pat: staff pat was not asked to do task `check`; `why` says who was, `reassign` gives it to others
            day 1  approve check approved by pat: refused, staff pat was not asked to do task `check`; `why` says who was, `reassign` gives it to others
            day 1  #12 LetterDropped #10
            day 1  #13 TaskCompleted check as approved by staff kim
            day 1  #14 JobCompleted
        "#]],
    );
}

#[test]
fn whoever_does_the_work_meanwhile_is_refused_when_they_act() {
    let tasks = [manual("prepare"), approval("check", "partner", 1).not_same_as("prepare")];
    check(
        plan(tasks),
        "
        partner: kim, lee; open; complete prepare by kim; approve check approved by kim; approve check approved by lee
    ",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 TaskReady check
            day 1  #5 RecipientsResolved prepare assign: pat
            day 1  #6 TaskActivated prepare (Staff)
            day 1  #7 RecipientsResolved check recipient: kim, lee
            day 1  #8 TaskActivated check (Staff)
            day 1  #9 LetterWritten check recipient → kim
            day 1  #10 LetterWritten check recipient → lee
            day 1  #11 TaskCompleted prepare by staff kim
            day 1  #12 ActRefused check approve by staff kim: task `check` must be done by somebody else than task `prepare`
            day 1  approve check approved by kim: refused, task `check` must be done by somebody else than task `prepare`
            day 1  #13 LetterDropped #9
            day 1  #14 LetterDropped #10
            day 1  #15 TaskCompleted check as approved by staff lee
            day 1  #16 JobCompleted
        "#]],
    );
}

#[test]
fn the_work_goes_to_somebody_else_than_the_one_who_did_the_other_part() {
    let tasks = [manual("prepare"), manual("check").after("prepare").not_same_as("prepare")];
    check(
        plan(tasks),
        "clerk: pat, kim; open; complete prepare by pat; complete check by pat; complete check by kim",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskCompleted prepare by staff pat
            day 1  #7 TaskReady check
            day 1  #8 RecipientsResolved check assign: kim
            day 1  #9 TaskActivated check (Staff)
            day 1  #10 ActRefused check complete by staff pat: task `check` must be done by somebody else than task `prepare`
            day 1  complete check by pat: refused, task `check` must be done by somebody else than task `prepare`
            day 1  #11 TaskCompleted check by staff kim
            day 1  #12 JobCompleted
        "#]],
    );
}

#[test]
fn work_is_given_to_somebody_else_by_staff() {
    check(plan([manual("prepare")]), "
        open; reassign prepare to kim by ann; reassign prepare to by pat; reassign prepare to kim by pat; complete prepare by kim
    ", expect![[r#"
        day 1  #3 TaskReady prepare
        day 1  #4 RecipientsResolved prepare assign: pat
        day 1  #5 TaskActivated prepare (Staff)
        day 1  #6 ActRefused prepare reassign by contact ann: contact ann may not do this to task `prepare`: `reassign` is for staff
        day 1  reassign prepare to kim by ann: refused, contact ann may not do this to task `prepare`: `reassign` is for staff
        day 1  reassign prepare to by pat: refused, task `prepare` is active; say whom it goes to
        day 1  #7 TaskReassigned prepare to kim by staff pat
        day 1  #8 TaskCompleted prepare by staff kim
        day 1  #9 JobCompleted
    "#]]);
}

#[test]
fn work_is_not_given_to_whoever_may_not_do_it() {
    let tasks = [manual("prepare"), approval("check", "partner", 1).after("prepare").not_same_as("prepare")];
    check(
        plan(tasks),
        "open; complete prepare by pat; reassign check to pat by kim; reassign check to lee by kim; approve check approved by lee",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  #6 TaskCompleted prepare by staff pat
            day 1  #7 TaskReady check
            day 1  #8 RecipientsResolved check recipient: kim
            day 1  #9 TaskActivated check (Staff)
            day 1  #10 LetterWritten check recipient → kim
            day 1  #11 ActRefused check reassign by staff kim: task `check` must be done by somebody else than task `prepare`
            day 1  reassign check to pat by kim: refused, task `check` must be done by somebody else than task `prepare`
            day 1  #12 LetterDropped #10
            day 1  #13 TaskReassigned check to lee by staff kim
            day 1  #14 LetterWritten check recipient → lee
            day 1  #15 LetterDropped #14
            day 1  #16 TaskCompleted check as approved by staff lee
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn a_request_that_changes_hands_writes_only_to_the_new_ones() {
    check(plan([documents("papers", "payroll", &["bank"])]), "
        payroll: ann, ben; open; sent papers ann; reassign papers to ann cat by pat; sent papers cat; answer papers bank may.pdf by cat
    ", expect![[r#"
        day 1  #3 TaskReady papers
        day 1  #4 RecipientsResolved papers recipient: ann, ben
        day 1  #5 TaskActivated papers (Client)
        day 1  #6 LetterWritten papers recipient → ann
        day 1  #7 LetterWritten papers recipient → ben
        day 1  #8 LetterSent #6
        day 1  #9 LetterDropped #7
        day 1  #10 TaskReassigned papers to ann, cat by staff pat
        day 1  #11 LetterWritten papers recipient → cat
        day 1  #12 LetterSent #11
        day 1  #13 ItemAnswered papers bank by contact cat
        day 1  #14 TaskCompleted papers by contact cat
        day 1  #15 JobCompleted
    "#]]);
}

#[test]
fn only_work_of_people_changes_hands() {
    check(
        plan([super::plans::script("calc"), manual("later").after("calc")]),
        "script calc fails; open; reassign calc to kim by pat",
        expect![[r#"
            day 1  #3 TaskReady calc
            day 1  #4 TaskActivated calc (Engine)
            day 1  #5 TaskFailed calc: it divides by zero (script-failed)
            day 1  reassign calc to kim by pat: refused, task `calc` is failed: it divides by zero (script-failed); `retry` tries it again, or staff may `override` or `skip` it, with a note
        "#]],
    );
}

#[test]
fn a_task_is_skipped_by_staff_and_with_a_note() {
    check(
        plan([manual("prepare")]),
        "open; skip prepare by pat; skip prepare by pat not this month; skip prepare by pat again",
        expect![[r#"
            day 1  #3 TaskReady prepare
            day 1  #4 RecipientsResolved prepare assign: pat
            day 1  #5 TaskActivated prepare (Staff)
            day 1  skip prepare by pat: refused, say why with a note
            day 1  #6 TaskSkipped prepare: staff pat says "not this month"
            day 1  #7 JobCompleted
            day 1  skip prepare by pat again: refused, the job has ended
        "#]],
    );
}

#[test]
fn only_a_failed_task_is_tried_again() {
    check(
        plan([manual("prepare")]),
        "open; retry prepare by pat; retry nothing by pat",
        expect![[r#"
        day 1  #3 TaskReady prepare
        day 1  #4 RecipientsResolved prepare assign: pat
        day 1  #5 TaskActivated prepare (Staff)
        day 1  retry prepare by pat: refused, task `prepare` is active; only a failed task is tried again
        day 1  retry nothing by pat: refused, the job has no task `nothing`
    "#]],
    );
}

#[test]
fn work_that_nobody_is_named_for_goes_to_the_default_assignee() {
    let mut task = manual("prepare");
    if let Work::Request(Request { asked, .. }) = &mut task.work {
        *asked = Asked::Assign(None);
    }
    check(
        plan([task]),
        "open; complete prepare by sam",
        expect![[r#"
        day 1  #3 TaskReady prepare
        day 1  #4 RecipientsResolved prepare assign: sam
        day 1  #5 TaskActivated prepare (Staff)
        day 1  #6 TaskCompleted prepare by staff sam
        day 1  #7 JobCompleted
    "#]],
    );
}

#[test]
fn one_of_several_takers_is_picked_when_the_rule_says_one() {
    check(
        plan([approval("check", "partner", 1).pick(Pick::One)]),
        "partner: kim, lee; open; approve check approved by lee; approve check approved by kim",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 RecipientsResolved check recipient: kim
            day 1  #5 TaskActivated check (Staff)
            day 1  #6 LetterWritten check recipient → kim
            day 1  #7 ActRefused check approve by staff lee: staff lee was not asked to do task `check`; `why` says who was, `reassign` gives it to others
            day 1  approve check approved by lee: refused, staff lee was not asked to do task `check`; `why` says who was, `reassign` gives it to others
            day 1  #8 LetterDropped #6
            day 1  #9 TaskCompleted check as approved by staff kim
            day 1  #10 JobCompleted
        "#]],
    );
}
