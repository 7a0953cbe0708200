//! What staff close by their own decision, and what nobody closes but in its own way.

use super::check;
use super::plans::{
    approval, documents, email, form, manual, plan, plugin, script, signature, start_job, update_client, wait,
};
use crate::plan::{Required, Task};
use crate::value::Type;
use alloc::{string::String, vec::Vec};
use expect_test::expect;

/// A task of every kind.
fn kinds() -> [Task; 11] {
    [
        manual("manual"),
        documents("documents", "payroll", &["bank"]),
        form("form", "payroll", &["hours"]),
        approval("approval", "partner", 1),
        signature("signature", Required::All, &["director"]),
        email("email", "payroll"),
        script("script"),
        update_client("update"),
        start_job("child", true),
        plugin("plugin"),
        wait("wait", "job.opened, +3 days"),
    ]
}

/// Completes each of them, and tells what was said.
fn complete_each(tasks: Vec<Task>, before: &str) -> String {
    let ids: Vec<String> = tasks.iter().map(|task| task.id.as_str().into()).collect();
    let mut world = super::world::World::new(plan(tasks));
    super::story::play(&mut world, before);
    world.told.clear();
    for id in ids.iter().filter(|id| *id != "first") {
        super::story::play(&mut world, &alloc::format!("complete {id} by pat"));
    }
    world.told
}

#[test]
fn nothing_is_completed_before_its_turn() {
    let later = kinds().map(|task| task.after("first"));
    let tasks = [manual("first")].into_iter().chain(later).collect();
    expect![[r#"
        day 1  complete manual by pat: refused, task `manual` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete documents by pat: refused, task `documents` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete form by pat: refused, task `form` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete approval by pat: refused, task `approval` waits for `first` (active); do that first; staff may `skip` it with a note
        day 1  complete signature by pat: refused, task `signature` waits for `first` (active); do that first; staff may `skip` it with a note
        day 1  complete email by pat: refused, task `email` waits for `first` (active); do that first, or `skip` it with a note
        day 1  complete script by pat: refused, task `script` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete update by pat: refused, task `update` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete child by pat: refused, task `child` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete plugin by pat: refused, task `plugin` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
        day 1  complete wait by pat: refused, task `wait` waits for `first` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
    "#]].assert_eq(&complete_each(tasks, "director: dee; open"));
}

#[test]
fn what_sends_computes_waits_approves_or_signs_is_done_by_that_alone() {
    let told = complete_each(kinds().into(), "director: dee; script script fails; open");
    expect![[r#"
        day 1  #41 TaskCompleted manual by staff pat
        day 1  complete documents by pat: refused, task `documents` still needs `bank`; staff may close it without by `override`, with a note
        day 1  complete form by pat: refused, task `form` still needs `hours`; staff may close it without by `override`, with a note
        day 1  complete approval by pat: refused, task `approval` is done by one of its outcomes: `approved`, `changes`; `approve` gives one, or staff may `override` or `skip` it, with a note
        day 1  complete signature by pat: refused, task `signature` is done by its signatures and by nothing else; `sign`, or `skip` it with a note
        day 1  complete email by pat: refused, task `email` is done when its letter to ann is sent; `jobwright work` sends what is due; `skip` with a note lets it not be sent
        day 1  complete script by pat: refused, task `script` is failed: it divides by zero (script-failed); `retry` tries it again, or staff may `override` or `skip` it, with a note
        day 1  complete update by pat: refused, task `update` is completed by the engine; `reopen` has it done once more, `amend` corrects one answer
        day 1  complete child by pat: refused, task `child` waits for the job that it started; staff may `override` or `skip` it, with a note
        day 1  complete plugin by pat: refused, task `plugin` is done by `vat.file`, which is at work; staff may `override` or `skip` it, with a note
        day 1  complete wait by pat: refused, task `wait` only waits until 2026-06-04; staff may `override` or `skip` it, with a note
    "#]].assert_eq(&told);
}

#[test]
fn nothing_is_completed_while_nobody_can_do_it_or_once_it_is_done() {
    let tasks = [manual("a"), form("form", "payroll", &["hours"]), manual("last")];
    check(
        plan(tasks),
        "
        payroll: -; open; complete form by pat; complete a by pat; complete a by pat; answer form hours 1 by ann
        skip form by pat no hours; complete form by pat; sign a b by ann; approve a b by pat
    ",
        expect![[r#"
            day 1  #3 TaskReady a
            day 1  #4 TaskReady form
            day 1  #5 TaskReady last
            day 1  #6 RecipientsResolved a assign: pat
            day 1  #7 TaskActivated a (Staff)
            day 1  #8 RecipientsResolved form recipient: no_match
            day 1  #9 TaskUncompletable form recipient: no_contact_with_role(payroll)
            day 1  #10 RecipientsResolved last assign: pat
            day 1  #11 TaskActivated last (Staff)
            day 1  complete form by pat: refused, task `form` is uncompletable: no_contact_with_role(payroll); tick the contact role payroll on a contact of the client, or staff may `override` or `skip` it, with a note
            day 1  #12 TaskCompleted a by staff pat
            day 1  complete a by pat: refused, task `a` is completed by staff pat; `reopen` has it done once more, `amend` corrects one answer
            day 1  answer form hours 1 by ann: refused, task `form` is uncompletable: no_contact_with_role(payroll); tick the contact role payroll on a contact of the client, or staff may `override` or `skip` it, with a note
            day 1  #13 TaskSkipped form: staff pat says "no hours"
            day 1  complete form by pat: refused, task `form` is skipped; `reopen` has it done after all
            day 1  sign a b by ann: refused, task `a` is of type manual; this does not apply to it
            day 1  approve a b by pat: refused, task `a` is of type manual; this does not apply to it
        "#]],
    );
}

#[test]
fn staff_complete_out_of_turn_with_a_note_what_people_could_do() {
    let tasks = [
        manual("first"),
        manual("file").after("first").gives("receipt", Type::Text),
        form("form", "payroll", &["hours"]).after("first"),
        approval("check", "partner", 1).after("first"),
        signature("sign", Required::All, &["director"]).after("first"),
        email("tell", "payroll").after("first"),
        manual("last").after("file").after("form"),
    ];
    check(
        plan(tasks),
        "
        open; early file by pat; early file by ann so; early file receipt=R1 by pat filed by hand; early form by pat no hours
        early check by pat so; early sign by pat so; early tell by pat so; early first by pat not early; state
    ",
        expect![[r#"
            day 1  #3 TaskReady first
            day 1  #4 RecipientsResolved first assign: pat
            day 1  #5 TaskActivated first (Staff)
            day 1  early file by pat: refused, say why with a note
            day 1  #6 ActRefused file complete out of turn by contact ann: contact ann may not do this to task `file`: `complete out of turn` is for staff
            day 1  early file by ann so: refused, contact ann may not do this to task `file`: `complete out of turn` is for staff
            day 1  #7 TaskDoneOutOfTurn file as out_of_turn by staff pat "filed by hand"
            day 1  #8 TaskDoneOutOfTurn form as out_of_turn by staff pat "no hours", missing hours
            day 1  #9 TaskReady last
            day 1  #10 RecipientsResolved last assign: pat
            day 1  #11 TaskActivated last (Staff)
            day 1  early check by pat so: refused, task `check` waits for `first` (active); do that first; staff may `skip` it with a note
            day 1  early sign by pat so: refused, task `sign` waits for `first` (active); do that first; staff may `skip` it with a note
            day 1  early tell by pat so: refused, task `tell` waits for `first` (active); do that first, or `skip` it with a note
            day 1  #12 TaskCompleted first by staff pat
            day 1  #13 TaskReady check
            day 1  #14 TaskReady sign
            day 1  #15 TaskReady tell
            day 1  #16 RecipientsResolved check recipient: kim
            day 1  #17 TaskActivated check (Staff)
            day 1  #18 LetterWritten check recipient → kim
            day 1  #19 RecipientsResolved sign signer director: no_match
            day 1  #20 TaskUncompletable sign signer director: no_contact_with_role(director)
            day 1  #21 RecipientsResolved tell recipient: ann
            day 1  #22 TaskActivated tell (Engine)
            day 1  #23 LetterWritten tell recipient → ann
            job open: check active, file completed, first completed, form completed, last active, sign uncompletable, tell active
        "#]],
    );
}

#[test]
fn staff_override_what_is_open_with_a_note_and_say_what_is_missing() {
    let tasks = [
        form("form", "payroll", &["hours", "days", "rate?"]),
        approval("check", "partner", 1).not_same_as("prepare").on("changes", super::plans::reopen("form", 1)),
        approval("other", "partner", 1),
        manual("prepare").gives("total", Type::Int),
        signature("sign", Required::All, &["director"]),
        email("tell", "payroll"),
        script("calc").gives("sum", Type::Int),
        manual("last").after("tell"),
    ];
    check(
        plan(tasks),
        "
        director: dee; script calc fails; open; override form by pat; override form by ann so; override last by pat so
        override form hours=4 by pat by telephone; override form by pat again; override calc sum=3 by pat by hand
        override sign by pat so; override tell by pat so; override prepare total=x by pat so; override prepare by lee so
        override check as changes by lee so; override other by pat so; override other as maybe by pat so
        amend form days 5 by pat she rang; state
    ",
        expect![[r#"
            day 1  #3 TaskReady form
            day 1  #4 TaskReady check
            day 1  #5 TaskReady other
            day 1  #6 TaskReady prepare
            day 1  #7 TaskReady sign
            day 1  #8 TaskReady tell
            day 1  #9 TaskReady calc
            day 1  #10 TaskActivated calc (Engine)
            day 1  #11 RecipientsResolved form recipient: ann
            day 1  #12 TaskActivated form (Client)
            day 1  #13 LetterWritten form recipient → ann
            day 1  #14 RecipientsResolved check recipient: kim
            day 1  #15 TaskActivated check (Staff)
            day 1  #16 LetterWritten check recipient → kim
            day 1  #17 RecipientsResolved other recipient: kim
            day 1  #18 TaskActivated other (Staff)
            day 1  #19 LetterWritten other recipient → kim
            day 1  #20 RecipientsResolved prepare assign: pat
            day 1  #21 TaskActivated prepare (Staff)
            day 1  #22 RecipientsResolved sign signer director: dee
            day 1  #23 TaskActivated sign (Client)
            day 1  #24 LetterWritten sign signer director → dee
            day 1  #25 RecipientsResolved tell recipient: ann
            day 1  #26 TaskActivated tell (Engine)
            day 1  #27 LetterWritten tell recipient → ann
            day 1  #28 TaskFailed calc: it divides by zero (script-failed)
            day 1  override form by pat: refused, say why with a note
            day 1  #29 ActRefused form override by contact ann: contact ann may not do this to task `form`: `override` is for staff
            day 1  override form by ann so: refused, contact ann may not do this to task `form`: `override` is for staff
            day 1  override last by pat so: refused, task `last` waits for `tell` (active); do that first; staff may `complete --out-of-turn` or `skip` it, with a note
            day 1  #30 LetterDropped #13
            day 1  #31 TaskOverridden form as overridden by staff pat "by telephone", missing days
            day 1  override form by pat again: refused, task `form` is completed by staff pat; `reopen` has it done once more, `amend` corrects one answer
            day 1  #32 TaskOverridden calc as overridden by staff pat "by hand"
            day 1  override sign by pat so: refused, task `sign` is done by its signatures and by nothing else; `sign`, or `skip` it with a note
            day 1  override tell by pat so: refused, task `tell` is done when its letter to ann is sent; `jobwright work` sends what is due; `skip` with a note lets it not be sent
            day 1  override prepare total=x by pat so: refused, `total` is text, where int is asked
            day 1  #33 TaskOverridden prepare as overridden by staff lee "so", missing total
            day 1  #34 ActRefused check override by staff lee: task `check` must be done by somebody else than task `prepare`
            day 1  override check as changes by lee so: refused, task `check` must be done by somebody else than task `prepare`
            day 1  #35 LetterDropped #19
            day 1  #36 TaskOverridden other as overridden by staff pat "so"
            day 1  override other as maybe by pat so: refused, task `other` is completed by staff pat; `reopen` has it done once more, `amend` corrects one answer
            day 1  #37 AnswerAmended form days by staff pat; built on it: []
            job open: calc completed, check active, form completed, last waiting, other completed, prepare completed, sign awaiting_client, tell active
        "#]],
    );
}

#[test]
fn staff_enter_what_a_contact_said_but_never_a_signature() {
    let tasks = [
        form("form", "payroll", &["hours"]),
        approval("agree", "payroll", 1).not_same_as("prepare"),
        signature("sign", Required::All, &["payroll"]),
        manual("prepare"),
        manual("check").after("form").not_same_as("form"),
    ];
    check(
        plan(tasks),
        "
        clerk: pat, kim; open; answer form hours 4 by pat; answer form hours 4 by ben/pat; answer form hours 4 by ann/pat
        complete prepare by pat; approve agree approved by ann/pat; approve agree approved by ann/kim
        sign sign payroll by ann/pat; decline sign payroll by ann/pat; skip sign by ann/pat so; complete check by pat; complete check by kim; state
    ",
        expect![[r#"
            day 1  #3 TaskReady form
            day 1  #4 TaskReady agree
            day 1  #5 TaskReady sign
            day 1  #6 TaskReady prepare
            day 1  #7 RecipientsResolved form recipient: ann
            day 1  #8 TaskActivated form (Client)
            day 1  #9 LetterWritten form recipient → ann
            day 1  #10 RecipientsResolved agree recipient: ann
            day 1  #11 TaskActivated agree (Client)
            day 1  #12 LetterWritten agree recipient → ann
            day 1  #13 RecipientsResolved sign signer payroll: ann
            day 1  #14 TaskActivated sign (Client)
            day 1  #15 LetterWritten sign signer payroll → ann
            day 1  #16 RecipientsResolved prepare assign: pat
            day 1  #17 TaskActivated prepare (Staff)
            day 1  #18 ActRefused form answer by staff pat: staff pat was not asked to do task `form`; `why` says who was, `reassign` gives it to others
            day 1  answer form hours 4 by pat: refused, staff pat was not asked to do task `form`; `why` says who was, `reassign` gives it to others
            day 1  #19 ActRefused form answer by contact ben, entered by staff pat: contact ben, entered by staff pat was not asked to do task `form`; `why` says who was, `reassign` gives it to others
            day 1  answer form hours 4 by ben/pat: refused, contact ben, entered by staff pat was not asked to do task `form`; `why` says who was, `reassign` gives it to others
            day 1  #20 ItemAnswered form hours by contact ann, entered by staff pat
            day 1  #21 LetterDropped #9
            day 1  #22 TaskCompleted form by contact ann, entered by staff pat
            day 1  #23 TaskReady check
            day 1  #24 RecipientsResolved check assign: kim
            day 1  #25 TaskActivated check (Staff)
            day 1  #26 TaskCompleted prepare by staff pat
            day 1  #27 ActRefused agree approve by contact ann, entered by staff pat: task `agree` must be done by somebody else than task `prepare`
            day 1  approve agree approved by ann/pat: refused, task `agree` must be done by somebody else than task `prepare`
            day 1  #28 LetterDropped #12
            day 1  #29 TaskCompleted agree as approved by contact ann, entered by staff kim
            day 1  #30 ActRefused sign sign by contact ann, entered by staff pat: a signature is never entered for somebody (contact ann, entered by staff pat): who signs task `sign` does it themselves
            day 1  sign sign payroll by ann/pat: refused, a signature is never entered for somebody (contact ann, entered by staff pat): who signs task `sign` does it themselves
            day 1  #31 ActRefused sign decline by contact ann, entered by staff pat: a signature is never entered for somebody (contact ann, entered by staff pat): who signs task `sign` does it themselves
            day 1  decline sign payroll by ann/pat: refused, a signature is never entered for somebody (contact ann, entered by staff pat): who signs task `sign` does it themselves
            day 1  #32 ActRefused sign skip by contact ann, entered by staff pat: contact ann, entered by staff pat may not do this to task `sign`: `skip` is for staff
            day 1  skip sign by ann/pat so: refused, contact ann, entered by staff pat may not do this to task `sign`: `skip` is for staff
            day 1  #33 ActRefused check complete by staff pat: task `check` must be done by somebody else than task `form`
            day 1  complete check by pat: refused, task `check` must be done by somebody else than task `form`
            day 1  #34 TaskCompleted check by staff kim
            job open: agree completed, check completed, form completed, prepare completed, sign awaiting_client
        "#]],
    );
}

#[test]
fn what_may_be_left_out_holds_nothing_up_and_may_come_late() {
    check(
        plan([
            documents("papers", "payroll", &["bank", "bills?", "other?"]),
            form("wish", "payroll", &["a?", "b?"]),
            manual("last"),
        ]),
        "
        open; answer papers bills b.pdf by ann; answer papers bank a.pdf by ann; answer papers other nothing by ann
        answer papers other c.pdf by ann; answer papers bank d.pdf by ann
        answer wish a 1 by ann; state; answer wish b nothing by ann; state
    ",
        expect![[r#"
            day 1  #3 TaskReady papers
            day 1  #4 TaskReady wish
            day 1  #5 TaskReady last
            day 1  #6 RecipientsResolved papers recipient: ann
            day 1  #7 TaskActivated papers (Client)
            day 1  #8 LetterWritten papers recipient → ann
            day 1  #9 RecipientsResolved wish recipient: ann
            day 1  #10 TaskActivated wish (Client)
            day 1  #11 LetterWritten wish recipient → ann
            day 1  #12 RecipientsResolved last assign: pat
            day 1  #13 TaskActivated last (Staff)
            day 1  #14 ItemAnswered papers bills by contact ann
            day 1  #15 ItemAnswered papers bank by contact ann
            day 1  #16 LetterDropped #8
            day 1  #17 TaskCompleted papers by contact ann
            day 1  #18 ItemAnswered papers other by contact ann
            day 1  answer papers other c.pdf by ann: refused, task `papers` is completed by contact ann; `reopen` has it done once more, `amend` corrects one answer
            day 1  answer papers bank d.pdf by ann: refused, task `papers` is completed by contact ann; `reopen` has it done once more, `amend` corrects one answer
            day 1  #19 ItemAnswered wish a by contact ann
            job open: last active, papers completed, wish awaiting_client
            day 1  #20 ItemAnswered wish b by contact ann
            day 1  #21 LetterDropped #11
            day 1  #22 TaskCompleted wish by contact ann
            job open: last active, papers completed, wish completed
        "#]],
    );
}
