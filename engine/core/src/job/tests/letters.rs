//! Letters: who gets one, how they come back, and what is not sent twice.

use super::check;
use super::plans::{documents, email, manual, plan};
use expect_test::expect;

#[test]
fn b020_each_person_found_gets_their_own_letter_and_the_task_completes_when_all_came_back() {
    check(
        plan([email("ask", "payroll")]),
        "
        payroll: ann, ben; open; sent ask ann; sent ask ben
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann, ben
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 LetterWritten ask recipient → ben
            day 1  #8 LetterSent #6
            day 1  #9 LetterSent #7
            day 1  #10 TaskCompleted ask by the engine
            day 1  #11 JobCompleted
        "#]],
    );
}

#[test]
fn one_refused_address_is_marked_and_the_task_completes() {
    check(
        plan([email("ask", "payroll")]),
        "
        payroll: ann, ben; open; refused ask ann; sent ask ben
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann, ben
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 LetterWritten ask recipient → ben
            day 1  #8 LetterRefused #6 ann@example.com
            day 1  #9 LetterSent #7
            day 1  #10 TaskCompleted ask by the engine
            day 1  #11 JobCompleted
        "#]],
    );
}

#[test]
fn every_address_refused_makes_the_task_uncompletable_until_an_address_changes() {
    check(
        plan([email("ask", "payroll")]),
        "
        payroll: ann, ben; open; refused ask ann; refused ask ben; address ben; sent ask ben
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann, ben
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 LetterWritten ask recipient → ben
            day 1  #8 LetterRefused #6 ann@example.com
            day 1  #9 LetterRefused #7 ben@example.com
            day 1  #10 TaskUncompletable ask recipient: email_bounced
            day 1  #11 TaskMended ask
            day 1  #12 RecipientsResolved ask recipient: ben
            day 1  #13 TaskActivated ask (Engine)
            day 1  #14 LetterWritten ask recipient → ben
            day 1  #15 LetterSent #14
            day 1  #16 TaskCompleted ask by the engine
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn a_busy_server_is_tried_again_and_given_up_after_so_many_tries() {
    check(
        plan([email("ask", "payroll").tries(2)]),
        "
        open; busy ask ann; hours 1; busy ask ann; state
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 EffectDelayed #6 after 1, until day 1 09:01
            day 1 10:00  #8 EffectGivenUp #6: it did not work (mail)
            day 1 10:00  #9 TaskFailed ask: it did not work (mail)
            job open: ask failed
        "#]],
    );
}

#[test]
fn a_letter_that_a_person_tries_again_keeps_its_number() {
    check(
        plan([email("ask", "payroll").tries(1)]),
        "
        payroll: ann, ben; open; broken ask ann; sent ask ben; retry ask by pat; sent ask ann
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann, ben
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 LetterWritten ask recipient → ben
            day 1  #8 EffectGivenUp #6: it did not work (mail)
            day 1  #9 TaskFailed ask: it did not work (mail)
            day 1  #10 LetterSent #7
            day 1  #11 TaskRetried ask by staff pat
            day 1      again #6
            day 1  #13 TaskActivated ask (Engine)
            day 1  #14 LetterSent #6
            day 1  #15 TaskCompleted ask by the engine
            day 1  #16 JobCompleted
        "#]],
    );
}

#[test]
fn a_report_that_comes_twice_counts_once() {
    check(
        plan([email("ask", "payroll"), manual("a")]),
        "open; sent ask ann; sent ask ann; broken ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady a
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 RecipientsResolved a assign: pat
            day 1  #9 TaskActivated a (Staff)
            day 1  #10 LetterSent #7
            day 1  #11 TaskCompleted ask by the engine
            day 1  sent ask ann: refused, effect 07070707070707070707070707070707-7-0 is settled already
            day 1  broken ask ann: refused, effect 07070707070707070707070707070707-7-0 is settled already
        "#]],
    );
}

#[test]
fn a_failure_that_is_told_twice_counts_once() {
    check(
        plan([email("ask", "payroll").tries(1), manual("a")]),
        "open; broken ask ann; broken ask ann; busy ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady a
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 RecipientsResolved a assign: pat
            day 1  #9 TaskActivated a (Staff)
            day 1  #10 EffectGivenUp #7: it did not work (mail)
            day 1  #11 TaskFailed ask: it did not work (mail)
            day 1  broken ask ann: refused, effect 07070707070707070707070707070707-7-0 is settled already
            day 1  busy ask ann: refused, effect 07070707070707070707070707070707-7-0 is settled already
        "#]],
    );
}

#[test]
fn nobody_for_a_copy_holds_no_letter_up() {
    check(
        plan([email("ask", "payroll").cc("director")]),
        "open; sent ask ann",
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 RecipientsResolved ask recipient: ann
        day 1  #5 RecipientsResolved ask cc: no_match
        day 1  #6 TaskActivated ask (Engine)
        day 1  #7 LetterWritten ask recipient → ann
        day 1  #8 LetterSent #7
        day 1  #9 TaskCompleted ask by the engine
        day 1  #10 JobCompleted
    "#]],
    );
}

#[test]
fn whoever_gets_the_letter_needs_no_copy() {
    check(
        plan([email("ask", "payroll").cc("director")]),
        "director: ann, dee; open; sent ask ann; sent ask dee",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 RecipientsResolved ask cc: ann, dee
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 LetterWritten ask cc → dee
            day 1  #9 LetterSent #7
            day 1  #10 TaskCompleted ask by the engine
            day 1  #11 JobCompleted
            day 1  #12 LetterSent #8
        "#]],
    );
}

#[test]
fn a_copy_is_sent_once_even_if_the_letter_itself_is_written_again() {
    check(
        plan([email("ask", "payroll").cc("director")]),
        "
        director: dee; open; sent ask dee; refused ask ann; address ann; sent ask ann
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 RecipientsResolved ask cc: dee
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 LetterWritten ask cc → dee
            day 1  #9 LetterSent #8
            day 1  #10 LetterRefused #7 ann@example.com
            day 1  #11 TaskUncompletable ask recipient: email_bounced
            day 1  #12 TaskMended ask
            day 1  #13 RecipientsResolved ask recipient: ann
            day 1  #14 TaskActivated ask (Engine)
            day 1  #15 LetterWritten ask recipient → ann
            day 1  #16 LetterSent #15
            day 1  #17 TaskCompleted ask by the engine
            day 1  #18 JobCompleted
        "#]],
    );
}

#[test]
fn a_copy_that_cannot_be_sent_fails_nothing() {
    check(
        plan([email("ask", "payroll").cc("director").tries(1)]),
        "director: dee; open; broken ask dee; sent ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 RecipientsResolved ask cc: dee
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 LetterWritten ask cc → dee
            day 1  #9 EffectGivenUp #8: it did not work (mail)
            day 1  #10 LetterSent #7
            day 1  #11 TaskCompleted ask by the engine
            day 1  #12 JobCompleted
        "#]],
    );
}

#[test]
fn a_letter_that_reads_an_empty_field_waits_for_the_field_without_flapping() {
    check(
        plan([email("ask", "payroll"), manual("a")]),
        "
        empty ask; open; gone zoe; gone yan; filled ask; sent ask ann
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady a
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 TaskUncompletable ask recipient: missing_field(client.phone)
            day 1  #8 RecipientsResolved a assign: pat
            day 1  #9 TaskActivated a (Staff)
            day 1  #10 TaskMended ask
            day 1  #11 RecipientsResolved ask recipient: ann
            day 1  #12 TaskActivated ask (Engine)
            day 1  #13 LetterWritten ask recipient → ann
            day 1  #14 LetterSent #13
            day 1  #15 TaskCompleted ask by the engine
        "#]],
    );
}

#[test]
fn somebody_else_who_does_not_lack_the_field_gets_the_letter() {
    check(
        plan([email("ask", "payroll")]),
        "empty ask; open; gone zoe; payroll: ben; gone zoe; filled ask; sent ask ben",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 TaskUncompletable ask recipient: missing_field(client.phone)
            day 1  #7 TaskMended ask
            day 1  #8 RecipientsResolved ask recipient: ben
            day 1  #9 TaskActivated ask (Engine)
            day 1  #10 TaskUncompletable ask recipient: missing_field(client.phone)
            day 1  #11 TaskMended ask
            day 1  #12 RecipientsResolved ask recipient: ben
            day 1  #13 TaskActivated ask (Engine)
            day 1  #14 LetterWritten ask recipient → ben
            day 1  #15 LetterSent #14
            day 1  #16 TaskCompleted ask by the engine
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn a_letter_whose_text_is_at_fault_fails_its_task() {
    check(
        plan([email("ask", "payroll"), manual("a")]),
        "faulty ask; open; sound ask; retry ask by pat; sent ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady a
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 TaskFailed ask: there is no such field (expression-failed)
            day 1  #8 RecipientsResolved a assign: pat
            day 1  #9 TaskActivated a (Staff)
            day 1  #10 TaskRetried ask by staff pat
            day 1  #12 RecipientsResolved ask recipient: ann
            day 1  #13 TaskActivated ask (Engine)
            day 1  #14 LetterWritten ask recipient → ann
            day 1  #15 LetterSent #14
            day 1  #16 TaskCompleted ask by the engine
        "#]],
    );
}

#[test]
fn a_letter_that_has_not_left_is_dropped_when_its_task_ends_early() {
    check(
        plan([email("ask", "payroll"), manual("a")]),
        "open; complete ask by pat; sent ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady a
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 RecipientsResolved a assign: pat
            day 1  #9 TaskActivated a (Staff)
            day 1  complete ask by pat: refused, task `ask` is done when its letter to ann is sent; `jobwright work` sends what is due; `skip` with a note lets it not be sent
            day 1  #10 LetterSent #7
            day 1  #11 TaskCompleted ask by the engine
        "#]],
    );
}

#[test]
fn a_letter_that_was_dropped_on_its_way_is_not_tried_again() {
    check(
        plan([email("ask", "payroll"), manual("a")]),
        "open; skip ask by pat by phone; busy ask ann",
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 TaskReady a
        day 1  #5 RecipientsResolved ask recipient: ann
        day 1  #6 TaskActivated ask (Engine)
        day 1  #7 LetterWritten ask recipient → ann
        day 1  #8 RecipientsResolved a assign: pat
        day 1  #9 TaskActivated a (Staff)
        day 1  #10 LetterDropped #7
        day 1  #11 TaskSkipped ask: staff pat says "by phone"
        day 1  #12 EffectGivenUp #7: it did not work (mail)
    "#]],
    );
}

#[test]
fn a_selector_that_fails_is_asked_again_when_a_person_tries_again() {
    check(
        plan([email("ask", "payroll")]),
        "payroll: !; open; payroll: ann; retry ask by pat; sent ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: error
            day 1  #5 TaskFailed ask: as listed (selector-failed)
            day 1  #6 TaskRetried ask by staff pat
            day 1  #8 RecipientsResolved ask recipient: ann
            day 1  #9 TaskActivated ask (Engine)
            day 1  #10 LetterWritten ask recipient → ann
            day 1  #11 LetterSent #10
            day 1  #12 TaskCompleted ask by the engine
            day 1  #13 JobCompleted
        "#]],
    );
}

#[test]
fn a_late_report_after_the_end_is_still_a_fact() {
    check(
        plan([email("ask", "payroll").cc("director")]),
        "director: dee; open; sent ask ann; busy ask dee; sent ask dee",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 RecipientsResolved ask cc: dee
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 LetterWritten ask cc → dee
            day 1  #9 LetterSent #7
            day 1  #10 TaskCompleted ask by the engine
            day 1  #11 JobCompleted
            day 1  #12 EffectDelayed #8 after 1, until day 1 09:01
            day 1  #13 LetterSent #8
        "#]],
    );
}

#[test]
fn two_letters_of_one_task_do_not_stop_another_task() {
    check(
        plan([email("ask", "payroll"), documents("papers", "payroll", &["bank"])]),
        "
        open; busy ask ann; answer papers bank may.pdf by ann; sent ask ann
    ",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 TaskReady papers
            day 1  #5 RecipientsResolved ask recipient: ann
            day 1  #6 TaskActivated ask (Engine)
            day 1  #7 LetterWritten ask recipient → ann
            day 1  #8 RecipientsResolved papers recipient: ann
            day 1  #9 TaskActivated papers (Client)
            day 1  #10 LetterWritten papers recipient → ann
            day 1  #11 EffectDelayed #7 after 1, until day 1 09:01
            day 1  #12 ItemAnswered papers bank by contact ann
            day 1  #13 LetterDropped #10
            day 1  #14 TaskCompleted papers by contact ann
            day 1  #15 LetterSent #7
            day 1  #16 TaskCompleted ask by the engine
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn a_letter_in_doubt_that_the_definition_holds_leaves_again_only_when_a_person_says_so() {
    let story = "payroll: ann; open; lost ask ann; retry ask by pat; sent ask ann";
    check(
        plan([email("ask", "payroll").held_in_doubt()]),
        story,
        expect![[r#"
        day 1  #3 TaskReady ask
        day 1  #4 RecipientsResolved ask recipient: ann
        day 1  #5 TaskActivated ask (Engine)
        day 1  #6 LetterWritten ask recipient → ann
        day 1  #7 EffectGivenUp #6: no answer came (in-doubt)
        day 1  #8 TaskFailed ask: no answer came (in-doubt)
        day 1  #9 TaskRetried ask by staff pat
        day 1      again #6
        day 1  #11 TaskActivated ask (Engine)
        day 1  #12 LetterSent #6
        day 1  #13 TaskCompleted ask by the engine
        day 1  #14 JobCompleted
    "#]],
    );
}
