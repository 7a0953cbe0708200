//! Moving a running job to another version of its definition.

use super::plans::{documents, email, manual, plan, script, signature, version};
use super::story::{move_to, play};
use super::world::World;
use crate::job::preview;
use crate::plan::{Plan, Required, Task};
use alloc::{format, string::String};
use expect_test::{Expect, expect};

/// Plays `before` under the first version, moves, and plays `after` under the second.
#[expect(clippy::needless_pass_by_value, reason = "an expectation reads best where it is used")]
fn check(from: Plan, before: &str, to: Plan, renamed: &[(&str, &str)], after: &str, expected: Expect) {
    let mut world = World::new(from);
    play(&mut world, before);
    move_to(&mut world, to, renamed);
    play(&mut world, after);
    expected.assert_eq(&world.told);
}

fn two(first: Task, second: Task) -> [Task; 2] {
    [first, second]
}

#[test]
fn b016_an_email_not_yet_sent_goes_to_the_new_recipient_and_one_sent_is_not_sent_again() {
    check(
        plan(two(email("first", "primary"), email("second", "primary").after("first"))),
        "payroll: ben; open; sent first ann; state",
        version(2, two(email("first", "payroll"), email("second", "payroll").after("first"))),
        &[],
        "state",
        expect![[r#"
            day 1  #3 TaskReady first
            day 1  #4 RecipientsResolved first recipient: ann
            day 1  #5 TaskActivated first (Engine)
            day 1  #6 LetterWritten first recipient → ann
            day 1  #7 LetterSent #6
            day 1  #8 TaskCompleted first by the engine
            day 1  #9 TaskReady second
            day 1  #10 RecipientsResolved second recipient: ann
            day 1  #11 TaskActivated second (Engine)
            day 1  #12 LetterWritten second recipient → ann
            job open: first completed, second active
            day 1  #13 JobMoved: added [], removed [], renamed []
            job open: first completed, second active
        "#]],
    );
    check(
        plan(two(email("first", "primary"), email("second", "primary").after("first"))),
        "payroll: ben; open",
        version(2, two(email("first", "payroll"), email("second", "payroll").after("first"))),
        &[],
        "sent first ann; sent second ben",
        expect![[r#"
            day 1  #3 TaskReady first
            day 1  #4 RecipientsResolved first recipient: ann
            day 1  #5 TaskActivated first (Engine)
            day 1  #6 LetterWritten first recipient → ann
            day 1  #7 JobMoved: added [], removed [], renamed []
            day 1  #9 LetterSent #6
            day 1  #10 TaskCompleted first by the engine
            day 1  #11 TaskReady second
            day 1  #12 RecipientsResolved second recipient: ben
            day 1  #13 TaskActivated second (Engine)
            day 1  #14 LetterWritten second recipient → ben
            day 1  #15 LetterSent #14
            day 1  #16 TaskCompleted second by the engine
            day 1  #17 JobCompleted
        "#]],
    );
}

#[test]
fn b016_a_task_that_nobody_could_do_is_asked_again_under_the_new_text() {
    check(
        plan([email("ask", "payroll")]),
        "payroll: -; open",
        version(2, [email("ask", "primary")]),
        &[],
        "sent ask ann",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: no_match
            day 1  #5 TaskUncompletable ask recipient: no_contact_with_role(payroll)
            day 1  #6 JobMoved: added [], removed [], renamed []
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
fn b016_a_letter_that_lacked_a_field_goes_to_whom_the_new_text_names() {
    check(
        plan([email("ask", "payroll")]),
        "empty ask; open",
        version(2, [email("ask", "director")]),
        &[],
        "director: dee; filled ask; sent ask dee",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 TaskUncompletable ask recipient: missing_field(client.phone)
            day 1  #7 JobMoved: added [], removed [], renamed []
            day 1  #9 RecipientsResolved ask recipient: no_match
            day 1  #10 TaskUncompletable ask recipient: no_contact_with_role(director)
            day 1  #11 TaskMended ask
            day 1  #12 RecipientsResolved ask recipient: dee
            day 1  #13 TaskActivated ask (Engine)
            day 1  #14 TaskUncompletable ask recipient: missing_field(client.phone)
            day 1  #15 TaskMended ask
            day 1  #16 RecipientsResolved ask recipient: dee
            day 1  #17 TaskActivated ask (Engine)
            day 1  #18 LetterWritten ask recipient → dee
            day 1  #19 LetterSent #18
            day 1  #20 TaskCompleted ask by the engine
            day 1  #21 JobCompleted
        "#]],
    );
}

#[test]
fn b017_a_job_that_is_not_moved_keeps_its_version() {
    let mut world = World::new(plan([manual("a")]));
    play(&mut world, "open");
    assert_eq!(world.job.hash, world.plan.hash);
    move_to(&mut world, plan([manual("a")]), &[]);
    assert_eq!(world.job.events, world.log.len() as u64);
    assert!(!world.told.contains("JobMoved"), "the same version is no move: {}", world.told);
}

#[test]
fn new_tasks_are_done_and_removed_ones_are_not_waited_for() {
    check(
        plan(two(manual("old"), manual("stays"))),
        "open; complete stays by pat",
        version(2, two(manual("stays"), manual("new").after("stays"))),
        &[],
        "state; complete new by pat; state",
        expect![[r#"
            day 1  #3 TaskReady old
            day 1  #4 TaskReady stays
            day 1  #5 RecipientsResolved old assign: pat
            day 1  #6 TaskActivated old (Staff)
            day 1  #7 RecipientsResolved stays assign: pat
            day 1  #8 TaskActivated stays (Staff)
            day 1  #9 TaskCompleted stays by staff pat
            day 1  #10 JobMoved: added [new], removed [old], renamed []
            day 1  #12 TaskReady new
            day 1  #13 RecipientsResolved new assign: pat
            day 1  #14 TaskActivated new (Staff)
            job open: new active, old cancelled, stays completed
            day 1  #15 TaskCompleted new by staff pat
            day 1  #16 JobCompleted
            job completed: new completed, old cancelled, stays completed
        "#]],
    );
}

#[test]
fn a_removed_task_takes_its_unsent_letters_with_it() {
    check(
        plan(two(email("old", "payroll"), manual("stays"))),
        "open",
        version(2, [manual("stays")]),
        &[],
        "sent old ann; complete stays by pat",
        expect![[r#"
            day 1  #3 TaskReady old
            day 1  #4 TaskReady stays
            day 1  #5 RecipientsResolved old recipient: ann
            day 1  #6 TaskActivated old (Engine)
            day 1  #7 LetterWritten old recipient → ann
            day 1  #8 RecipientsResolved stays assign: pat
            day 1  #9 TaskActivated stays (Staff)
            day 1  #10 LetterDropped #7
            day 1  #11 JobMoved: added [], removed [old], renamed []
            day 1  #13 LetterSent #7
            day 1  #14 TaskCompleted stays by staff pat
            day 1  #15 JobCompleted
        "#]],
    );
}

#[test]
fn a_task_that_was_removed_and_comes_back_is_new() {
    let mut world = World::new(plan(two(manual("a"), manual("b"))));
    play(&mut world, "open");
    move_to(&mut world, version(2, [manual("a")]), &[]);
    move_to(&mut world, version(3, two(manual("a"), manual("b"))), &[]);
    play(&mut world, "state");
    expect![[r#"
        day 1  #3 TaskReady a
        day 1  #4 TaskReady b
        day 1  #5 RecipientsResolved a assign: pat
        day 1  #6 TaskActivated a (Staff)
        day 1  #7 RecipientsResolved b assign: pat
        day 1  #8 TaskActivated b (Staff)
        day 1  #9 JobMoved: added [], removed [b], renamed []
        day 1  #11 JobMoved: added [b], removed [], renamed []
        day 1  #13 TaskReady b
        day 1  #14 RecipientsResolved b assign: pat
        day 1  #15 TaskActivated b (Staff)
        job open: a active, b active
    "#]]
    .assert_eq(&world.told);
}

#[test]
fn a_renamed_task_goes_on_under_its_new_name_with_its_letters() {
    check(
        plan(two(email("ask", "payroll"), script("next").after("ask"))),
        "open",
        version(2, two(email("ask_for_changes", "payroll"), script("next").after("ask_for_changes"))),
        &[("ask", "ask_for_changes")],
        "sent ask ann; state",
        expect![[r#"
            day 1  #3 TaskReady ask
            day 1  #4 RecipientsResolved ask recipient: ann
            day 1  #5 TaskActivated ask (Engine)
            day 1  #6 LetterWritten ask recipient → ann
            day 1  #7 JobMoved: added [], removed [], renamed [ask → ask_for_changes]
            day 1  #9 LetterSent #6
            day 1  #10 TaskCompleted ask_for_changes by the engine
            day 1  #11 TaskReady next
            day 1  #12 TaskActivated next (Engine)
            day 1  #13 TaskCompleted next by the engine
            day 1  #14 JobCompleted
            job completed: ask_for_changes completed, next completed
        "#]],
    );
}

#[test]
fn two_tasks_can_change_names() {
    check(
        plan(two(email("a", "payroll"), manual("b"))),
        "open",
        version(2, two(email("b", "payroll"), manual("a"))),
        &[("a", "b"), ("b", "a")],
        "complete a by pat; state",
        expect![[r#"
            day 1  #3 TaskReady a
            day 1  #4 TaskReady b
            day 1  #5 RecipientsResolved a recipient: ann
            day 1  #6 TaskActivated a (Engine)
            day 1  #7 LetterWritten a recipient → ann
            day 1  #8 RecipientsResolved b assign: pat
            day 1  #9 TaskActivated b (Staff)
            day 1  #10 JobMoved: added [], removed [], renamed [a → b, b → a]
            day 1  #12 TaskCompleted a by staff pat
            job open: a completed, b active
        "#]],
    );
}

#[test]
fn the_name_that_a_task_gave_up_may_be_that_of_a_new_one() {
    check(
        plan([manual("a")]),
        "open",
        version(2, two(manual("a"), manual("b"))),
        &[("a", "b")],
        "complete b by pat; state",
        expect![[r#"
            day 1  #3 TaskReady a
            day 1  #4 RecipientsResolved a assign: pat
            day 1  #5 TaskActivated a (Staff)
            day 1  #6 JobMoved: added [a], removed [], renamed [a → b]
            day 1  #8 TaskReady a
            day 1  #9 RecipientsResolved a assign: pat
            day 1  #10 TaskActivated a (Staff)
            day 1  #11 TaskCompleted b by staff pat
            job open: a active, b completed
        "#]],
    );
}

#[test]
fn a_task_cannot_take_the_name_of_another_or_one_that_does_not_exist() {
    let before = || plan(two(manual("a"), manual("b")));
    check(
        before(),
        "open",
        version(2, [manual("b")]),
        &[("a", "b")],
        "state",
        expect![[r#"
        day 1  #3 TaskReady a
        day 1  #4 TaskReady b
        day 1  #5 RecipientsResolved a assign: pat
        day 1  #6 TaskActivated a (Staff)
        day 1  #7 RecipientsResolved b assign: pat
        day 1  #8 TaskActivated b (Staff)
        day 1  move: refused, the job cannot move to that version: task `a` is to be called `b`, which is the name of another task of the job
        job open: a active, b active
    "#]],
    );
    check(
        before(),
        "open",
        version(2, two(manual("a"), manual("b"))),
        &[("a", "c")],
        "state",
        expect![[r#"
        day 1  #3 TaskReady a
        day 1  #4 TaskReady b
        day 1  #5 RecipientsResolved a assign: pat
        day 1  #6 TaskActivated a (Staff)
        day 1  #7 RecipientsResolved b assign: pat
        day 1  #8 TaskActivated b (Staff)
        day 1  move: refused, the job cannot move to that version: task `a` is to be called `c`, which the new version does not have
        job open: a active, b active
    "#]],
    );
}

#[test]
fn a_document_that_somebody_signed_is_not_replaced() {
    let signers = ["director", "partner after director"];
    let contract = || signature("contract", Required::All, &signers);
    check(
        plan([contract()]),
        "director: dee; open; sign contract director by dee",
        version(2, [contract()]),
        &[],
        "sign contract partner by kim",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 TaskActivated contract (Client)
            day 1  #6 LetterWritten contract signer director → dee
            day 1  #7 Signed contract director by contact dee
            day 1  #8 RecipientsResolved contract signer partner: kim
            day 1  #9 LetterWritten contract signer partner → kim
            day 1  move: refused, the job cannot move to that version: task `contract` has signatures and is not finished
            day 1  #10 Signed contract partner by staff kim
            day 1  #11 LetterDropped #6
            day 1  #12 LetterDropped #9
            day 1  #13 TaskCompleted contract by staff kim
            day 1  #14 JobCompleted
        "#]],
    );
    check(
        plan([contract()]),
        "director: dee; partner: -; open; sign contract director by dee; state",
        version(2, [contract()]),
        &[],
        "partner: kim",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 TaskActivated contract (Client)
            day 1  #6 LetterWritten contract signer director → dee
            day 1  #7 Signed contract director by contact dee
            day 1  #8 RecipientsResolved contract signer partner: no_match
            day 1  #9 TaskUncompletable contract signer partner: no_staff_with_role(partner)
            job open: contract uncompletable
            day 1  move: refused, the job cannot move to that version: task `contract` has signatures and is not finished
            day 1  #10 TaskMended contract
            day 1  #11 RecipientsResolved contract signer partner: kim
            day 1  #12 TaskActivated contract (Client)
            day 1  #13 LetterWritten contract signer partner → kim
        "#]],
    );
}

#[test]
fn instances_are_not_thrown_away() {
    check(
        plan([manual("check").for_each()]),
        "items check dee; open",
        version(2, [manual("check")]),
        &[],
        "complete check[dee] by pat",
        expect![[r#"
            day 1  #3 TaskReady check
            day 1  #4 TaskExpanded check: dee
            day 1  #6 RecipientsResolved check[dee] assign: pat
            day 1  #7 TaskActivated check[dee] (Staff)
            day 1  move: refused, the job cannot move to that version: task `check` has instances, and the new version has none
            day 1  #8 TaskCompleted check[dee] by staff pat
            day 1  #9 TaskCompleted check by the engine
            day 1  #10 JobCompleted
        "#]],
    );
}

#[test]
fn dates_follow_the_new_text() {
    check(
        plan([documents("papers", "payroll", &["bank"]).due("job.opened, +9 days")]),
        "open; day 5",
        version(2, [documents("papers", "payroll", &["bank"]).due("job.opened, +2 days")]),
        &[],
        "answer papers bank may.pdf by ann",
        expect![[r#"
            day 1  #2 DatesSet tasks.papers.due day 11 00:00
            day 1  #3 TaskReady papers
            day 1  #4 RecipientsResolved papers recipient: ann
            day 1  #5 TaskActivated papers (Client)
            day 1  #6 LetterWritten papers recipient → ann
            day 5  #7 JobMoved: added [], removed [], renamed []
            day 5  #8 DatesSet tasks.papers.due day 4 00:00
            day 5  #9 TaskOverdue papers
            day 5  #10 ItemAnswered papers bank by contact ann
            day 5  #11 LetterDropped #6
            day 5  #12 TaskCompleted papers by contact ann
            day 5  #13 JobCompleted
        "#]],
    );
}

#[test]
fn another_definition_is_no_version_of_this_one() {
    let other = Plan { id: "vat".parse().unwrap(), ..version(2, [manual("a")]) };
    check(
        plan([manual("a")]),
        "open",
        other,
        &[],
        "complete a by pat",
        expect![[r#"
        day 1  #3 TaskReady a
        day 1  #4 RecipientsResolved a assign: pat
        day 1  #5 TaskActivated a (Staff)
        day 1  move: refused, the job cannot move to that version: it follows `payroll`, not `vat`
        day 1  #6 TaskCompleted a by staff pat
        day 1  #7 JobCompleted
    "#]],
    );
}

#[test]
fn a_move_is_shown_before_it_is_made() {
    let mut world = World::new(plan([manual("a"), manual("b").after("a"), manual("c")]));
    play(&mut world, "open; complete c by pat");
    let shown = preview(&world.job, &world.plan, &version(2, [manual("a"), manual("b").after("a"), manual("d")]), &[]);
    let text: String = format!("{shown:#?}");
    expect![[r#"
        Preview {
            updated: [
                TaskKey {
                    task: Name(
                        "b",
                    ),
                    item: None,
                },
            ],
            kept: [
                TaskKey {
                    task: Name(
                        "a",
                    ),
                    item: None,
                },
                TaskKey {
                    task: Name(
                        "c",
                    ),
                    item: None,
                },
            ],
            added: [
                Name(
                    "d",
                ),
            ],
            removed: [],
            conflicts: [],
        }"#]]
    .assert_eq(&text);
}
