//! Signatures: in order, all or some, declined, and mended in the middle.

use super::check;
use super::plans::{manual, plan, reopen, signature};
use crate::plan::{Required, Then};
use crate::value::Type;
use expect_test::expect;

const ALL: Required = Required::All;

#[test]
fn signers_are_asked_in_their_order_and_the_last_one_completes_it() {
    check(
        plan([signature("contract", ALL, &["director", "partner after director"]).gives("signed", Type::Text)]),
        "
        director: dee; open; sign contract partner by kim; sign contract director by ann; sign contract director by dee
        sign contract director by dee; sign contract partner by kim
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 TaskActivated contract (Client)
            day 1  #6 LetterWritten contract signer director → dee
            day 1  sign contract partner by kim: refused, it is not the turn of signer `partner` of task `contract` yet
            day 1  #7 ActRefused contract sign by contact ann: contact ann was not asked to do task `contract`; `why` says who was, `reassign` gives it to others
            day 1  sign contract director by ann: refused, contact ann was not asked to do task `contract`; `why` says who was, `reassign` gives it to others
            day 1  #8 Signed contract director by contact dee
            day 1  #9 RecipientsResolved contract signer partner: kim
            day 1  #10 LetterWritten contract signer partner → kim
            day 1  sign contract director by dee: refused, this was done already in task `contract`
            day 1  #11 Signed contract partner by staff kim
            day 1  #12 LetterDropped #6
            day 1  #13 LetterDropped #10
            day 1  #14 TaskCompleted contract by staff kim
            day 1  #15 JobCompleted
        "#]],
    );
}

#[test]
fn everybody_who_fills_a_place_must_sign_it() {
    check(plan([signature("contract", ALL, &["director"])]), "
        director: dee, eve; open; sign contract director by dee; sign contract director by dee; sign contract director by eve
    ", expect![[r#"
        day 1  #3 TaskReady contract
        day 1  #4 RecipientsResolved contract signer director: dee, eve
        day 1  #5 TaskActivated contract (Client)
        day 1  #6 LetterWritten contract signer director → dee
        day 1  #7 LetterWritten contract signer director → eve
        day 1  #8 Signed contract director by contact dee
        day 1  sign contract director by dee: refused, this was done already in task `contract`
        day 1  #9 Signed contract director by contact eve
        day 1  #10 LetterDropped #6
        day 1  #11 LetterDropped #7
        day 1  #12 TaskCompleted contract by contact eve
        day 1  #13 JobCompleted
    "#]]);
}

#[test]
fn some_of_the_signers_are_enough_where_the_definition_says_so() {
    let some = Required::AtLeast(2);
    check(plan([signature("contract", some, &["director", "payroll", "owner"])]), "
        director: dee; owner: olga; open; sign contract payroll by ann; sign contract owner by olga; sign contract director by dee
    ", expect![[r#"
        day 1  #3 TaskReady contract
        day 1  #4 RecipientsResolved contract signer director: dee
        day 1  #5 RecipientsResolved contract signer payroll: ann
        day 1  #6 RecipientsResolved contract signer owner: olga
        day 1  #7 TaskActivated contract (Client)
        day 1  #8 LetterWritten contract signer director → dee
        day 1  #9 LetterWritten contract signer owner → olga
        day 1  #10 LetterWritten contract signer payroll → ann
        day 1  #11 Signed contract payroll by contact ann
        day 1  #12 Signed contract owner by contact olga
        day 1  #13 LetterDropped #8
        day 1  #14 LetterDropped #9
        day 1  #15 LetterDropped #10
        day 1  #16 TaskCompleted contract by contact olga
        day 1  #17 JobCompleted
        day 1  sign contract director by dee: refused, the job has ended
    "#]]);
}

#[test]
fn a_signature_that_is_declined_fails_the_task() {
    check(
        plan([signature("contract", ALL, &["director"]), manual("file").after("contract")]),
        "
        director: dee; open; decline contract director by dee too dear; state
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 TaskActivated contract (Client)
            day 1  #6 LetterWritten contract signer director → dee
            day 1  #7 SignatureDeclined contract director by contact dee
            day 1  #8 LetterDropped #6
            day 1  #9 TaskFailed contract: signer `director` declined: too dear (declined)
            job open: contract failed, file waiting
        "#]],
    );
}

#[test]
fn a_declined_signature_is_an_outcome_where_the_definition_names_it() {
    let contract = signature("contract", ALL, &["director"]).after("letter").on("declined", reopen("letter", 1));
    check(
        plan([manual("letter"), contract]),
        "
        director: dee; open; complete letter by pat; decline contract director by dee too dear; state
    ",
        expect![[r#"
            day 1  #3 TaskReady letter
            day 1  #4 RecipientsResolved letter assign: pat
            day 1  #5 TaskActivated letter (Staff)
            day 1  #6 TaskCompleted letter by staff pat
            day 1  #7 TaskReady contract
            day 1  #8 RecipientsResolved contract signer director: dee
            day 1  #9 TaskActivated contract (Client)
            day 1  #10 LetterWritten contract signer director → dee
            day 1  #11 SignatureDeclined contract director by contact dee
            day 1  #12 LetterDropped #10
            day 1  #13 TaskCompleted contract as declined by contact dee
            day 1  #14 TasksReopened from letter by contract: letter, contract
            day 1  #16 TaskReady letter
            day 1  #17 RecipientsResolved letter assign: pat
            day 1  #18 TaskActivated letter (Staff)
            job open: contract waiting, letter active
        "#]],
    );
    let contract = signature("contract", ALL, &["director"]).on("declined", Then::CancelJob("not our client".into()));
    check(
        plan([contract]),
        "director: dee; open; decline contract director by dee",
        expect![[r#"
        day 1  #3 TaskReady contract
        day 1  #4 RecipientsResolved contract signer director: dee
        day 1  #5 TaskActivated contract (Client)
        day 1  #6 LetterWritten contract signer director → dee
        day 1  #7 SignatureDeclined contract director by contact dee
        day 1  #8 LetterDropped #6
        day 1  #9 TaskCompleted contract as declined by contact dee
        day 1  #10 JobCancelled by the engine: not our client (contract: declined)
    "#]],
    );
}

#[test]
fn one_signer_may_decline_where_the_others_are_enough() {
    let some = Required::AtLeast(1);
    check(plan([signature("contract", some, &["director", "payroll"])]), "
        director: dee; open; decline contract director by dee; sign contract director by dee; gone dee; sign contract payroll by ann
    ", expect![[r#"
        day 1  #3 TaskReady contract
        day 1  #4 RecipientsResolved contract signer director: dee
        day 1  #5 RecipientsResolved contract signer payroll: ann
        day 1  #6 TaskActivated contract (Client)
        day 1  #7 LetterWritten contract signer director → dee
        day 1  #8 LetterWritten contract signer payroll → ann
        day 1  #9 SignatureDeclined contract director by contact dee
        day 1  sign contract director by dee: refused, this was done already in task `contract`
        day 1  #10 Signed contract payroll by contact ann
        day 1  #11 LetterDropped #7
        day 1  #12 LetterDropped #8
        day 1  #13 TaskCompleted contract by contact ann
        day 1  #14 JobCompleted
    "#]]);
}

#[test]
fn whoever_comes_after_a_signer_who_declined_can_no_longer_sign() {
    let some = Required::AtLeast(2);
    check(
        plan([signature("contract", some, &["director", "partner after director", "payroll"])]),
        "
        director: dee; open; decline contract director by dee; state
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 RecipientsResolved contract signer payroll: ann
            day 1  #6 TaskActivated contract (Client)
            day 1  #7 LetterWritten contract signer director → dee
            day 1  #8 LetterWritten contract signer payroll → ann
            day 1  #9 SignatureDeclined contract director by contact dee
            day 1  #10 LetterDropped #7
            day 1  #11 LetterDropped #8
            day 1  #12 TaskFailed contract: signer `director` declined (declined)
            job open: contract failed
        "#]],
    );
}

#[test]
fn after_a_decline_a_person_tries_again_and_letters_that_never_left_are_written_again() {
    check(
        plan([signature("contract", ALL, &["director", "payroll"])]),
        "
        director: dee; open; sent contract dee; decline contract director by dee
        retry contract by pat; sign contract director by dee; sign contract payroll by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 RecipientsResolved contract signer payroll: ann
            day 1  #6 TaskActivated contract (Client)
            day 1  #7 LetterWritten contract signer director → dee
            day 1  #8 LetterWritten contract signer payroll → ann
            day 1  #9 LetterSent #7
            day 1  #10 SignatureDeclined contract director by contact dee
            day 1  #11 LetterDropped #8
            day 1  #12 TaskFailed contract: signer `director` declined (declined)
            day 1  #13 TaskRetried contract by staff pat
            day 1  #15 TaskActivated contract (Client)
            day 1  #16 LetterWritten contract signer payroll → ann
            day 1  #17 Signed contract director by contact dee
            day 1  #18 Signed contract payroll by contact ann
            day 1  #19 LetterDropped #16
            day 1  #20 TaskCompleted contract by contact ann
            day 1  #21 JobCompleted
        "#]],
    );
}

#[test]
fn the_second_signer_is_found_later_and_the_first_gets_no_second_letter() {
    check(
        plan([signature("contract", ALL, &["director", "partner after director"])]),
        "
        director: dee; partner: -; open; sent contract dee; sign contract director by dee; state
        partner: kim; sent contract kim; sign contract partner by kim
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 TaskActivated contract (Client)
            day 1  #6 LetterWritten contract signer director → dee
            day 1  #7 LetterSent #6
            day 1  #8 Signed contract director by contact dee
            day 1  #9 RecipientsResolved contract signer partner: no_match
            day 1  #10 TaskUncompletable contract signer partner: no_staff_with_role(partner)
            job open: contract uncompletable
            day 1  #11 TaskMended contract
            day 1  #12 RecipientsResolved contract signer partner: kim
            day 1  #13 TaskActivated contract (Client)
            day 1  #14 LetterWritten contract signer partner → kim
            day 1  #15 LetterSent #14
            day 1  #16 Signed contract partner by staff kim
            day 1  #17 TaskCompleted contract by staff kim
            day 1  #18 JobCompleted
        "#]],
    );
}

#[test]
fn a_signer_who_leaves_is_replaced_and_the_others_keep_their_letters() {
    check(
        plan([signature("contract", ALL, &["director", "payroll"])]),
        "
        director: dee; open; gone dee; state; director: eve; sent contract eve; sent contract ann
        sign contract director by eve; sign contract payroll by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 RecipientsResolved contract signer payroll: ann
            day 1  #6 TaskActivated contract (Client)
            day 1  #7 LetterWritten contract signer director → dee
            day 1  #8 LetterWritten contract signer payroll → ann
            day 1  #9 LetterDropped #7
            day 1  #10 TaskUncompletable contract signer director: deactivated
            job open: contract uncompletable
            day 1  #11 TaskMended contract
            day 1  #12 RecipientsResolved contract signer director: eve
            day 1  #13 TaskActivated contract (Client)
            day 1  #14 LetterWritten contract signer director → eve
            day 1  #15 LetterSent #14
            day 1  #16 LetterSent #8
            day 1  #17 Signed contract director by contact eve
            day 1  #18 Signed contract payroll by contact ann
            day 1  #19 TaskCompleted contract by contact ann
            day 1  #20 JobCompleted
        "#]],
    );
}

#[test]
fn two_signers_who_leave_together_are_replaced_together() {
    check(
        plan([signature("contract", ALL, &["director", "payroll"])]),
        "director: dee; open; director: dee, eve; payroll: ben; gone dee, ann; state",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 RecipientsResolved contract signer payroll: ann
            day 1  #6 TaskActivated contract (Client)
            day 1  #7 LetterWritten contract signer director → dee
            day 1  #8 LetterWritten contract signer payroll → ann
            day 1  #9 LetterDropped #7
            day 1  #10 TaskUncompletable contract signer director: deactivated
            day 1  #11 LetterDropped #8
            day 1  #12 TaskUncompletable contract signer payroll: deactivated
            day 1  #13 TaskMended contract
            day 1  #14 RecipientsResolved contract signer director: eve
            day 1  #15 RecipientsResolved contract signer payroll: ben
            day 1  #16 TaskActivated contract (Client)
            day 1  #17 LetterWritten contract signer director → eve
            day 1  #18 LetterWritten contract signer payroll → ben
            job open: contract awaiting_client
        "#]],
    );
}

#[test]
fn a_signer_whose_address_refuses_mail_is_missing_even_behind_one_who_signed() {
    check(
        plan([signature("contract", ALL, &["director", "payroll"])]),
        "
        director: dee; open; sign contract director by dee; refused contract dee; refused contract ann; state
        address ann; sign contract payroll by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 RecipientsResolved contract signer payroll: ann
            day 1  #6 TaskActivated contract (Client)
            day 1  #7 LetterWritten contract signer director → dee
            day 1  #8 LetterWritten contract signer payroll → ann
            day 1  #9 Signed contract director by contact dee
            day 1  #10 LetterRefused #7 dee@example.com
            day 1  #11 LetterRefused #8 ann@example.com
            day 1  #12 TaskUncompletable contract signer payroll: email_bounced
            job open: contract uncompletable
            day 1  #13 TaskMended contract
            day 1  #14 RecipientsResolved contract signer payroll: ann
            day 1  #15 TaskActivated contract (Client)
            day 1  #16 LetterWritten contract signer payroll → ann
            day 1  #17 Signed contract payroll by contact ann
            day 1  #18 LetterDropped #16
            day 1  #19 TaskCompleted contract by contact ann
            day 1  #20 JobCompleted
        "#]],
    );
}

#[test]
fn a_document_that_cannot_be_fixed_fails_the_signature() {
    check(plan([signature("contract", ALL, &["director"])]), "
        director: dee; faulty contract; open; sound contract; director: eve; retry contract by pat; sign contract director by eve
    ", expect![[r#"
        day 1  #3 TaskReady contract
        day 1  #4 RecipientsResolved contract signer director: dee
        day 1  #5 TaskFailed contract: there is no such field (expression-failed)
        day 1  #6 TaskRetried contract by staff pat
        day 1  #8 RecipientsResolved contract signer director: eve
        day 1  #9 TaskActivated contract (Client)
        day 1  #10 LetterWritten contract signer director → eve
        day 1  #11 Signed contract director by contact eve
        day 1  #12 LetterDropped #10
        day 1  #13 TaskCompleted contract by contact eve
        day 1  #14 JobCompleted
    "#]]);
}

#[test]
fn nobody_else_signs_for_a_signer() {
    check(plan([signature("contract", ALL, &["director"])]), "
        director: dee; open; sign contract director by pat; decline contract director by ann; sign contract witness by dee; approve contract approved by dee
    ", expect![[r#"
        day 1  #3 TaskReady contract
        day 1  #4 RecipientsResolved contract signer director: dee
        day 1  #5 TaskActivated contract (Client)
        day 1  #6 LetterWritten contract signer director → dee
        day 1  #7 ActRefused contract sign by staff pat: staff pat was not asked to do task `contract`; `why` says who was, `reassign` gives it to others
        day 1  sign contract director by pat: refused, staff pat was not asked to do task `contract`; `why` says who was, `reassign` gives it to others
        day 1  #8 ActRefused contract decline by contact ann: contact ann was not asked to do task `contract`; `why` says who was, `reassign` gives it to others
        day 1  decline contract director by ann: refused, contact ann was not asked to do task `contract`; `why` says who was, `reassign` gives it to others
        day 1  sign contract witness by dee: refused, task `contract` has no part `witness`
        day 1  approve contract approved by dee: refused, task `contract` is of type signature; this does not apply to it
    "#]]);
}

#[test]
fn a_signer_who_changes_hands_leaves_the_others_alone() {
    check(
        plan([signature("contract", ALL, &["director", "payroll"])]),
        "
        director: dee; open; reassign contract to eve by pat; sent contract ann; sent contract eve
        sign contract director by eve; sign contract payroll by ann
    ",
        expect![[r#"
            day 1  #3 TaskReady contract
            day 1  #4 RecipientsResolved contract signer director: dee
            day 1  #5 RecipientsResolved contract signer payroll: ann
            day 1  #6 TaskActivated contract (Client)
            day 1  #7 LetterWritten contract signer director → dee
            day 1  #8 LetterWritten contract signer payroll → ann
            day 1  #9 LetterDropped #7
            day 1  #10 TaskReassigned contract to eve by staff pat
            day 1  #11 LetterWritten contract signer director → eve
            day 1  #12 LetterSent #8
            day 1  #13 LetterSent #11
            day 1  #14 Signed contract director by contact eve
            day 1  #15 Signed contract payroll by contact ann
            day 1  #16 TaskCompleted contract by contact ann
            day 1  #17 JobCompleted
        "#]],
    );
}
