//! Nobody can be found: the mark, how it passes by itself, and what is done when it does not.

use super::check;
use super::plans::{documents, email, manual, plan, script};
use crate::plan::Otherwise;
use expect_test::expect;

#[test]
fn b018_without_a_contact_that_holds_the_role_the_task_is_uncompletable_and_others_go_on() {
    check(
        plan([email("ask", "payroll"), manual("prepare"), script("next").after("ask")]),
        "
        payroll: -; open; complete prepare by pat; state
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady prepare
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 RecipientsResolved prepare assign: pat
            day 1  #8 TaskActivated prepare (Staff)
            day 1  #9 TaskCompleted prepare by staff pat
            job open: ask uncompletable, next waiting, prepare completed
        "#]],
    );
}

#[test]
fn b019_ticking_the_role_sends_the_letter_once() {
    check(
        plan([email("ask", "payroll")]),
        "payroll: -; open; gone zoe; payroll: ann; payroll: ann, ben; sent ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: no_match
            day 1  #5 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #6 TaskMended ask
            day 1  #7 RecipientsResolved ask recipient: ann
            day 1  #8 TaskActivated ask (Engine)
            day 1  #9 LetterWritten ask recipient → ann
            day 1  #10 LetterSent #9
            day 1  #11 TaskCompleted ask by the engine
            day 1  #12 JobCompleted
        "#]],
    );
}

#[test]
fn a_change_that_gives_another_reason_says_so_once() {
    check(
        plan([email("ask", "payroll")]),
        "payroll: -; open; gone ben; payroll: ben; gone zoe; back ben",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: no_match
            day 1  #5 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #6 RecipientsResolved ask recipient: filtered_out
            day 1  #7 TaskUncompletable ask recipient: deactivated
            day 1  #8 TaskMended ask
            day 1  #9 RecipientsResolved ask recipient: ben
            day 1  #10 TaskActivated ask (Engine)
            day 1  #11 LetterWritten ask recipient → ben
        "#]],
    );
}

#[test]
fn somebody_is_told_of_the_trouble_once() {
    check(
        plan([email("ask", "payroll").tell_if_nobody()]),
        "
        payroll: -; open; sent ask pat; payroll: ann; refused ask ann; address ann; sent ask ann
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: no_match
            day 1  #5 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #6 LetterWritten ask notice → pat
            day 1  #7 LetterSent #6
            day 1  #8 TaskMended ask
            day 1  #9 RecipientsResolved ask recipient: ann
            day 1  #10 TaskActivated ask (Engine)
            day 1  #11 LetterWritten ask recipient → ann
            day 1  #12 LetterRefused #11 ann@example.com
            day 1  #13 TaskUncompletable ask recipient: email_bounced
            day 1  #14 TaskMended ask
            day 1  #15 RecipientsResolved ask recipient: ann
            day 1  #16 TaskActivated ask (Engine)
            day 1  #17 LetterWritten ask recipient → ann
            day 1  #18 LetterSent #17
            day 1  #19 TaskCompleted ask by the engine
            day 1  #20 JobCompleted
        "#]],
    );
}

#[test]
fn nobody_to_tell_is_told_once_too() {
    check(
        plan([email("ask", "payroll").tell_if_nobody()]),
        "payroll: -; clerk: -; open; gone zoe; clerk: pat",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: no_match
            day 1  #5 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #6 NoticeUnsent ask: nobody was found to be told
        "#]],
    );
}

#[test]
fn it_is_skipped_when_nobody_was_found_in_time() {
    check(
        plan([
            email("ask", "payroll").gives_up("task.uncompletable, +2 days", Otherwise::Skip),
            script("next").after("ask"),
        ]),
        "
        payroll: -; open; day 2; day 3
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 DatesSet tasks.ask.on_uncompletable.after day 3
            day 3  #8 TaskSkipped ask: nobody found, no_contact_with_role(payroll)
            day 3  #10 TaskReady next
            day 3  #11 TaskActivated next (Engine)
            day 3  #12 TaskCompleted next by the engine
            day 3  #13 JobCompleted
        "#]],
    );
}

#[test]
fn it_fails_when_nobody_was_found_in_time_and_a_retry_counts_from_the_start() {
    check(
        plan([email("ask", "payroll").gives_up("task.uncompletable, +2 days", Otherwise::Fail)]),
        "
        payroll: -; open; day 4; day 5; retry ask by pat; day 6; day 8
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 DatesSet tasks.ask.on_uncompletable.after day 3
            day 4  #8 TaskFailed ask: nobody was found in time: no_contact_with_role(payroll) (nobody-found)
            day 5  #10 TaskRetried ask by staff pat
            day 5  #11 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 5  #12 RecipientsResolved ask recipient: no_match
            day 5  #13 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 5  #14 DatesSet tasks.ask.on_uncompletable.after day 7
            day 8  #15 TaskFailed ask: nobody was found in time: no_contact_with_role(payroll) (nobody-found)
        "#]],
    );
}

#[test]
fn it_is_done_by_hand_when_nobody_was_found_in_time() {
    check(
        plan([email("ask", "payroll").gives_up("task.uncompletable, +2 days", Otherwise::Manual)]),
        "
        payroll: -; open; day 3; complete ask by sam
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 DatesSet tasks.ask.on_uncompletable.after day 3
            day 3  #8 TaskTakenOver ask: nobody was found in time: no_contact_with_role(payroll)
            day 3  #9 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 3  #10 RecipientsResolved ask assign: sam
            day 3  #11 TaskCompleted ask by staff sam
            day 3  #12 JobCompleted
        "#]],
    );
}

#[test]
fn when_nobody_can_do_it_by_hand_either_it_waits_and_does_not_go_round_in_circles() {
    check(
        plan([email("ask", "payroll").gives_up("task.uncompletable, +2 days", Otherwise::Manual)]),
        "
        payroll: -; default: -; open; day 3; day 9; state; default: sam; complete ask by sam
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 DatesSet tasks.ask.on_uncompletable.after day 3
            day 3  #8 TaskTakenOver ask: nobody was found in time: no_contact_with_role(payroll)
            day 3  #9 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 3  #10 RecipientsResolved ask assign: no_match
            day 3  #11 TaskUncompletable ask assign: no_staff_with_role(default)
            day 3  #12 DatesSet tasks.ask.on_uncompletable.after day 5
            job open: ask uncompletable
            day 9  #13 TaskMended ask
            day 9  #14 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 9  #15 RecipientsResolved ask assign: sam
            day 9  #16 TaskActivated ask (Staff)
            day 9  #18 TaskCompleted ask by staff sam
            day 9  #19 JobCompleted
        "#]],
    );
}

#[test]
fn it_holds_for_ever_when_the_definition_says_nothing() {
    check(
        plan([email("ask", "payroll").gives_up("task.uncompletable, +2 days", Otherwise::Hold)]),
        "payroll: -; open; day 30; state",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 DatesSet tasks.ask.on_uncompletable.after day 3
            job open: ask uncompletable
        "#]],
    );
}

#[test]
fn the_time_to_find_somebody_counts_from_the_last_time_nobody_was_there() {
    check(
        plan([email("ask", "payroll").gives_up("task.uncompletable, +2 days", Otherwise::Skip)]),
        "
        payroll: -; open; day 2; payroll: ann; day 8; refused ask ann; day 9; day 10
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady ask
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 DatesSet tasks.ask.on_uncompletable.after day 3
            day 2  #8 TaskMended ask
            day 2  #9 DatesSet tasks.ask.on_uncompletable.after unknown (task.uncompletable)
            day 2  #10 RecipientsResolved ask recipient: ann
            day 2  #11 TaskActivated ask (Engine)
            day 2  #13 LetterWritten ask recipient → ann
            day 8  #14 LetterRefused #13 ann@example.com
            day 8  #15 TaskUncompletable ask recipient: email_bounced
            day 8  #16 DatesSet tasks.ask.on_uncompletable.after day 10
            day 10  #17 TaskSkipped ask: nobody found, email_bounced
            day 10  #18 JobCompleted
        "#]],
    );
}

#[test]
fn those_who_were_asked_keep_their_places_when_others_come() {
    check(
        plan([documents("papers", "payroll", &["bank"])]),
        "open; sent papers ann; payroll: ben; gone zoe; answer papers bank may.pdf by ann",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 1  #7 LetterSent #6
            day 1  #8 ItemAnswered papers bank by contact ann
            day 1  #9 TaskCompleted papers by contact ann
            day 1  #10 JobCompleted
        "#]],
    );
}

#[test]
fn the_last_person_who_could_act_is_lost_and_found_again() {
    check(plan([documents("papers", "payroll", &["bank"])]), "
        payroll: ann, ben; open; gone ann; state; gone ben; state; payroll: cat; sent papers cat; answer papers bank may.pdf by cat
    ", expect![[r#"
        day 1  #3 TaskReady papers
        day 1  #4 RecipientsResolved papers recipient: ann, ben
        day 1  #5 TaskActivated papers (Client)
        day 1  #6 LetterWritten papers recipient → ann
        day 1  #7 LetterWritten papers recipient → ben
        job open: papers awaiting_client
        day 1  #8 LetterDropped #6
        day 1  #9 LetterDropped #7
        day 1  #10 TaskUncompletable papers recipient: deactivated
        job open: papers uncompletable
        day 1  #11 TaskMended papers
        day 1  #12 RecipientsResolved papers recipient: cat
        day 1  #13 TaskActivated papers (Client)
        day 1  #14 LetterWritten papers recipient → cat
        day 1  #15 LetterSent #14
        day 1  #16 ItemAnswered papers bank by contact cat
        day 1  #17 TaskCompleted papers by contact cat
        day 1  #18 JobCompleted
    "#]]);
}

#[test]
fn the_last_person_asked_is_lost_and_somebody_else_is_there_already() {
    check(
        plan([documents("papers", "payroll", &["bank"])]),
        "open; payroll: ben; gone ann; sent papers ben; answer papers bank may.pdf by ben",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 1  #7 LetterDropped #6
            day 1  #8 TaskUncompletable papers recipient: deactivated
            day 1  #9 TaskMended papers
            day 1  #10 RecipientsResolved papers recipient: ben
            day 1  #11 TaskActivated papers (Client)
            day 1  #12 LetterWritten papers recipient → ben
            day 1  #13 LetterSent #12
            day 1  #14 ItemAnswered papers bank by contact ben
            day 1  #15 TaskCompleted papers by contact ben
            day 1  #16 JobCompleted
        "#]],
    );
}

#[test]
fn everybody_asked_has_an_address_that_refuses_mail() {
    check(plan([documents("papers", "payroll", &["bank"])]), "
        payroll: ann, ben; open; refused papers ann; state; refused papers ben; state; address ann; answer papers bank may.pdf by ann
    ", expect![[r#"
        day 1  #3 TaskReady papers
        day 1  #4 RecipientsResolved papers recipient: ann, ben
        day 1  #5 TaskActivated papers (Client)
        day 1  #6 LetterWritten papers recipient → ann
        day 1  #7 LetterWritten papers recipient → ben
        day 1  #8 LetterRefused #6 ann@example.com
        job open: papers awaiting_client
        day 1  #9 LetterRefused #7 ben@example.com
        day 1  #10 TaskUncompletable papers recipient: email_bounced
        job open: papers uncompletable
        day 1  #11 TaskMended papers
        day 1  #12 RecipientsResolved papers recipient: ann
        day 1  #13 TaskActivated papers (Client)
        day 1  #14 LetterWritten papers recipient → ann
        day 1  #15 ItemAnswered papers bank by contact ann
        day 1  #16 LetterDropped #14
        day 1  #17 TaskCompleted papers by contact ann
        day 1  #18 JobCompleted
    "#]]);
}

#[test]
fn a_letter_on_its_way_stays_at_home_when_the_task_is_given_up() {
    let tasks = [
        super::plans::signature("contract", crate::plan::Required::All, &["director", "payroll"])
            .gives_up("task.uncompletable, +1 day", Otherwise::Manual),
        manual("last"),
    ];
    check(
        plan(tasks),
        "
        director: dee; open; busy contract ann; gone dee; day 3; state; complete contract by sam
    ",
        expect![[r#"
            day 1  #2 DatesSet tasks.contract.on_uncompletable.after unknown (task.uncompletable)
            day 1  #3 TaskReady contract
            day 1  #5 TaskReady last
            day 1  #6 RecipientsResolved contract signer director: dee
            day 1  #7 RecipientsResolved contract signer payroll: ann
            day 1  #8 TaskActivated contract (Client)
            day 1  #10 LetterWritten contract signer director → dee
            day 1  #11 LetterWritten contract signer payroll → ann
            day 1  #12 RecipientsResolved last assign: pat
            day 1  #13 TaskActivated last (Staff)
            day 1  #14 EffectDelayed #11 after 1, until day 1 09:01
            day 1  #15 LetterDropped #10
            day 1  #16 TaskUncompletable contract signer director: deactivated
            day 1  #17 DatesSet tasks.contract.on_uncompletable.after day 2
            day 3  #18 LetterDropped #11
            day 3  #19 TaskTakenOver contract: nobody was found in time: deactivated
            day 3  #20 DatesSet tasks.contract.on_uncompletable.after unknown (task.uncompletable)
            day 3  #21 RecipientsResolved contract assign: sam
            job open: contract active, last active
            day 3  #22 TaskCompleted contract by staff sam
        "#]],
    );
}

#[test]
fn an_uncompletable_task_is_done_or_skipped_by_staff() {
    check(
        plan([email("ask", "payroll"), email("tell", "payroll")]),
        "payroll: -; open; complete ask by pat; skip tell by pat by phone",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady tell
            day 1  #5 RecipientsResolved ask recipient: no_match
            day 1  #6 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #7 RecipientsResolved tell recipient: no_match
            day 1  #8 TaskUncompletable tell recipient: no_contact_with_role(payroll)
            day 1  complete ask by pat: refused, task `ask` is uncompletable: no_contact_with_role(payroll); tick the contact role payroll on a contact of the client, or `skip` it with a note
            day 1  #9 TaskSkipped tell: staff pat says "by phone"
        "#]],
    );
}
