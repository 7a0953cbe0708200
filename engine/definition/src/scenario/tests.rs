//! Scenarios read from text: what each step becomes, and what is told of those that cannot be read.

use expect_test::{Expect, expect};

use super::*;
use crate::definition;
use crate::render;
use crate::source::Sources;
use crate::surroundings::Surroundings;

const PAYROLL: &str = "format: 1
id: payroll
name: Payroll
inputs: { pay_day: { type: int, default: 28 } }
roles: { payroll: Payroll contact }
dates: { pay_date: 'job.opened, +5 working days' }
tasks:
  - { id: ask, type: email, recipient: { role: payroll }, template: ask, due: pay_date }
  - { id: changes, type: form, depends_on: [ask], fields: [{ id: hours, label: Hours, type: int }, { id: note, label: Note, type: string }] }
  - id: prepare
    type: manual
    depends_on: [changes]
    assign: { staff: clerk, or: { staff: manager } }
    outputs: { net: { type: money, currency: GBP }, file: { type: document } }
  - { id: approve, type: approval, depends_on: [prepare], recipient: primary_contact, outcomes: [yes_please, rejected] }
  - id: sign
    type: signature
    depends_on: [approve]
    document: { expr: tasks.prepare.outputs.file }
    signers: [{ id: client, recipient: primary_contact }]
templates: { ask: { subject: Changes, body: Any changes? } }
tests:
";

/// The scenarios of a test, and what was said about it.
fn read(test: &str) -> (Vec<Scenario>, String) {
    let text = format!("{PAYROLL}{test}");
    let mut sources = Sources::default();
    let files: crate::Files<'_> = &|_| Err("no files".to_owned());
    let mut checked =
        definition::read(&mut sources, "payroll.job.yaml", text.as_bytes(), files, &Surroundings::default());
    assert!(checked.plan.is_some(), "{}", render::human(&sources, &checked.diagnostics, false));
    let tests = checked.tests.expect("tests");
    checked.diagnostics = Diagnostics::new();
    let scenarios = scenarios(&tests, checked.plan.as_ref(), None, &mut checked.diagnostics);
    (scenarios, render::human(&sources, &checked.diagnostics, false))
}

fn one(test: &str) -> Scenario {
    let (scenarios, picture) = read(test);
    assert_eq!(picture, "");
    assert_eq!(scenarios.len(), 1);
    scenarios.into_iter().next().expect("one")
}

fn refused(test: &str, expected: Expect) {
    let (scenarios, picture) = read(test);
    assert_eq!(scenarios, []);
    expected.assert_eq(&picture);
}

#[test]
fn a_test_that_says_nothing_has_an_active_client_and_one_member_of_staff_with_every_staff_role() {
    let scenario = one("  - { name: empty, start: 2026-05-04, steps: [restart] }\n");
    assert_eq!((scenario.client.id.as_str(), scenario.client.name.as_str()), ("acme", "Acme Ltd"));
    assert_eq!(scenario.client.status, jobwright_core::directory::ClientStatus::Active);
    assert_eq!(scenario.client.contacts, []);
    let [pat] = scenario.staff.as_slice() else { panic!("one member of staff") };
    assert_eq!(pat.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(), ["clerk", "manager"]);
    assert_eq!(
        (scenario.client.staff.primary.as_ref(), scenario.default_assignee.as_ref()),
        (Some(&pat.id), Some(&pat.id))
    );
    assert_eq!(scenario.start.value.to_string(), "2026-05-04T09:00:00");
}

#[test]
fn people_of_a_test_are_filled_up_and_never_given_what_matters() {
    let scenario = one("
  - name: people
    client: { name: Bell Ltd, vat: { scheme: cash, rate: 12.5 }, contacts: [{ id: ann }] }
    staff: [{ id: lee, roles: [clerk] }, { id: ida, primary: true }]
    start: 2026-05-04T08:00
    steps: [restart]
");
    let ann = &scenario.client.contacts[0];
    assert_eq!((ann.name.as_str(), ann.email.as_deref(), ann.roles.len(), ann.active), ("Ann", None, 0, true));
    assert_eq!(scenario.staff[0].email.as_deref(), Some("lee@practice.example"));
    assert_eq!(scenario.client.staff.primary.as_ref().map(StaffId::as_str), Some("ida"));
    assert_eq!(scenario.client.fields.to_string(), "vat: rate: 12.5, scheme: cash");
}

#[test]
fn every_step_is_read_with_its_place_and_typed_values() {
    let scenario = one("
  - name: all
    client: { contacts: [{ id: ann, email: ann@a.example, roles: [payroll] }] }
    period: 2026-05
    inputs: { pay_day: 3 }
    start: 2026-05-04T08:00
    steps:
      - advance: 3 working days
      - advance: 1 month
      - advance_to: 2026-05-20T09:00
      - advance_to: pay_date, -1 working day
      - complete: ask
      - complete: { task: prepare, outputs: { net: 12.50, file: may.pdf }, as: pat, note: Done., refused: true }
      - answer: { task: changes, item: hours, value: 12, as: contact:ann }
      - answer: { task: changes, item: note, nothing: true }
      - sign: sign
      - decline: { task: sign, note: Too dear. }
      - approve: { task: approve, outcome: yes_please }
      - outcome: { task: approve, outcome: rejected, as: contact:ann }
      - skip: { task: ask, note: Not now. }
      - reassign: { task: prepare, to: [pat] }
      - retry: ask
      - cancel: { as: pat, note: Enough. }
      - change: { contact: ann, set: { email: '', active: false }, untick: [payroll], primary: true }
      - change: { client: acme, set: { status: former, vat: { scheme: cash }, staff: { clerk: pat } } }
      - change: { staff: pat, set: { active: false } }
      - add_contact: { id: bob, email: bob@a.example }
      - bounce: bob
      - refuse: { contact: ann, reply: 550 gone }
      - publish: { file: next.job.yaml, existing: keep }
      - restart
      - expect: { ask: completed, prepare: { state: uncompletable, reason: no_email, sent_to: [ann, staff.pat], assigned_to: [pat], outputs: { net: 12.50 } } }
      - expect_message: { to: staff.primary, task: ask, kind: notice, contains: [tick, payroll] }
      - expect_messages: { count: 0 }
      - expect_dates: { pay_date: 2026-05-11, tasks.ask.due: 2026-05-11T12:00 }
      - expect_open: { task: sign, signers: [client] }
      - expect_job: completed
      - expect_explain: { task: ask, contains: payroll }
");
    assert_eq!(scenario.steps.len(), 31);
    assert_eq!(scenario.inputs[0].1, Value::Int(3));
    assert_eq!(scenario.steps[0].what, What::Advance { count: 3, unit: Unit::WorkingDay });
    let What::Act(complete) = &scenario.steps[5].what else { panic!("an act") };
    let Act::Complete { outputs, awaited: None } = &complete.act else { panic!("a completion") };
    let shown: Vec<_> = outputs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    assert_eq!(shown, ["file = may.pdf", "net = 12.50 GBP"]);
    assert!(complete.refused && complete.by.is_some());
    let What::Act(sign) = &scenario.steps[8].what else { panic!("an act") };
    assert!(matches!(&sign.act, Act::Sign { signer } if signer.as_str() == "client"));
    let places: Vec<_> = scenario.steps.iter().map(|step| step.span).collect();
    assert!(places.is_sorted());
}

#[test]
fn a_change_is_made_as_any_other_change_of_the_directory() {
    let scenario = one("
  - name: changes
    client: { contacts: [{ id: ann, email: ann@a.example, portal: active, roles: [payroll] }, { id: bob }] }
    start: 2026-05-04
    steps:
      - change: { contact: ann, set: { email: ann@b.example }, untick: [payroll] }
      - change: { contact: bob, tick: [payroll], primary: true }
      - change: { client: acme, set: { status: former, vat.scheme: cash, staff: { primary: pat } } }
      - change: { staff: pat, set: { active: false }, tick: [partner] }
");
    let (mut client, mut staff) = (scenario.client, scenario.staff);
    for step in &scenario.steps {
        let What::Change(change) = &step.what else { panic!("a change") };
        assert_eq!(change.apply(&mut client, &mut staff), Ok(()));
    }
    let contacts: Vec<_> = client.contacts.iter().map(|contact| (contact.id.as_str(), contact.roles.len())).collect();
    assert_eq!(contacts, [("bob", 1), ("ann", 0)]);
    assert_eq!(client.contacts[1].portal, jobwright_core::directory::Portal::Stale);
    assert_eq!(client.status, jobwright_core::directory::ClientStatus::Former);
    assert_eq!(client.fields.to_string(), "vat: scheme: cash");
    assert!(!staff[0].active && staff[0].roles.iter().any(|role| role.as_str() == "partner"));
}

#[test]
fn everything_a_test_names_is_looked_up() {
    refused(
        "
  - name: slips
    client: { contacts: [{ id: ann, roles: [payrol] }] }
    start: 4 May
    steps: [restart]
  - name: more slips
    client: { contacts: [{ id: ann }] }
    start: 2026-05-04
    steps:
      - complete: prepar
      - complete: { task: prepare, outputs: { nett: 1 } }
      - complete: { task: prepare, outputs: { net: lots } }
      - approve: { task: approve, outcome: approved }
      - answer: { task: changes, item: hours, value: twelve }
      - change: { contact: anne, set: { email: x@a.example } }
      - change: { contact: ann, tick: [payrol] }
      - sign: { task: sign, as: ann }
      - expect: { ask: done, prepare: { reason: no_mail } }
      - expect_dates: { paydate: 2026-05-11 }
",
        expect![[r#"
            error[WF0340]: there is no contact role `payrol`
              --> payroll.job.yaml:25:45
               |
            25 |     client: { contacts: [{ id: ann, roles: [payrol] }] }
               |                                             ^^^^^^ did you mean `payroll`?
               |
               = help: known are: payroll

            error[WF0205]: `4 May` is no moment like `2026-05-04T09:00`
              --> payroll.job.yaml:26:12
               |
            26 |     start: 4 May
               |            ^^^^^

            error[WF0340]: there is no task `prepar`
              --> payroll.job.yaml:32:19
               |
            32 |       - complete: prepar
               |                   ^^^^^^ did you mean `prepare`?
               |
               = help: known are: ask, changes, prepare, approve, sign

            error[WF0340]: there is no output `nett`
              --> payroll.job.yaml:33:47
               |
            33 |       - complete: { task: prepare, outputs: { nett: 1 } }
               |                                               ^^^^ did you mean `net`?
               |
               = help: known are: file, net

            error[WF0205]: `lots` is not an amount of money like `1200.00`, without signs and commas
              --> payroll.job.yaml:34:52
               |
            34 |       - complete: { task: prepare, outputs: { net: lots } }
               |                                                    ^^^^

            error[WF0340]: there is no outcome `approved`
              --> payroll.job.yaml:35:44
               |
            35 |       - approve: { task: approve, outcome: approved }
               |                                            ^^^^^^^^
               |
               = help: known are: yes_please, rejected

            error[WF0205]: `twelve` is not a whole number
              --> payroll.job.yaml:36:54
               |
            36 |       - answer: { task: changes, item: hours, value: twelve }
               |                                                      ^^^^^^

            error[WF0340]: there is no contact `anne`
              --> payroll.job.yaml:37:28
               |
            37 |       - change: { contact: anne, set: { email: x@a.example } }
               |                            ^^^^ did you mean `ann`?
               |
               = help: known are: ann

            error[WF0340]: there is no contact role `payrol`
              --> payroll.job.yaml:38:40
               |
            38 |       - change: { contact: ann, tick: [payrol] }
               |                                        ^^^^^^ did you mean `payroll`?
               |
               = help: known are: payroll

            error[WF0340]: there is no person `ann`
              --> payroll.job.yaml:39:33
               |
            39 |       - sign: { task: sign, as: ann }
               |                                 ^^^
               |
               = help: known are: pat, contact:ann

            error[WF0206]: `done` is not possible here
              --> payroll.job.yaml:40:24
               |
            40 |       - expect: { ask: done, prepare: { reason: no_mail } }
               |                        ^^^^
               |
               = help: possible are: waiting, ready, active, awaiting_client, awaiting_external, uncompletable, completed, skipped, failed, cancelled

            error[WF0206]: `no_mail` is not possible here
              --> payroll.job.yaml:40:49
               |
            40 |       - expect: { ask: done, prepare: { reason: no_mail } }
               |                                                 ^^^^^^^ did you mean `no_email`?
               |
               = help: possible are: no_contact, no_contact_with_role, no_staff_with_role, no_primary_staff, no_email, email_bounced, opted_out, portal_not_active, activation_stale, no_right, deactivated, missing_field, ambiguous, date_unknown, too_few, shared_address, signs_twice, condition_false, unreachable, nothing_to_do, nobody_found, failed, person

            error[WF0340]: there is no key date `paydate`
              --> payroll.job.yaml:41:25
               |
            41 |       - expect_dates: { paydate: 2026-05-11 }
               |                         ^^^^^^^ did you mean `pay_date`?
               |
               = help: known are: pay_date
        "#]],
    );
}

#[test]
fn what_cannot_run_yet_is_refused_as_such_and_a_slip_as_a_slip() {
    refused(
        "
  - name: later
    plugins: { vat.file: {} }
    start: 2026-05-04
    steps:
      - upload: { task: changes, item: hours }
      - advanced: 3 days
      - advance: soon
      - complete: ask
        skip: ask
",
        expect![[r#"
            error[WF0340]: the definition uses nothing of a plugin that is called `vat.file`
              --> payroll.job.yaml:25:16
               |
            25 |     plugins: { vat.file: {} }
               |                ^^^^^^^^

            error[WF0210]: `upload` cannot run yet
              --> payroll.job.yaml:28:9
               |
            28 |       - upload: { task: changes, item: hours }
               |         ^^^^^^ not supported yet
               |
               = help: there is no portal yet; write `answer` with a `file`

            error[WF0206]: `advanced` is no step of a test
              --> payroll.job.yaml:29:9
               |
            29 |       - advanced: 3 days
               |         ^^^^^^^^ did you mean `advance`?
               |
               = help: possible are: advance, advance_to, complete, answer, sign, decline, approve, outcome, skip, reassign, retry, override, reopen, amend, cancel, uncancel, change, add_contact, bounce, refuse, publish, plugin_reply, in_job, restart, expect, expect_message, expect_messages, expect_dates, expect_open, expect_job, expect_explain

            error[WF0205]: `soon` is no length of time; write a number of minutes, hours, days, working days, weeks or months
              --> payroll.job.yaml:30:18
               |
            30 |       - advance: soon
               |                  ^^^^

            error[WF0205]: a step is one word and what belongs to it; write a step of its own
              --> payroll.job.yaml:31:9
               |
            31 |         - complete: ask
               |  _________^
            32 | |         skip: ask
               | |_________________^
        "#]],
    );
}

#[test]
fn a_file_of_tests_names_its_definition() {
    let (_, picture) =
        crate::syntax::testing::decoded("format: 1\ndefinition: payroll\ntests: []\n", |node, diagnostics| {
            let file = test_file(node, diagnostics)?;
            assert_eq!((file.definition.as_str(), file.tests), ("payroll", node.get("tests")?));
            Some(())
        });
    assert_eq!(picture, "");
}

#[test]
fn what_stands_for_plugins_must_be_something_that_the_definition_uses() {
    refused(
        "  - name: wrong stubs
    start: 2026-05-04
    plugins: { vat.file: { gives: {} } }
    steps:
      - plugin_reply: { task: prepare, gives: {} }
      - plugin_reply: { task: prepare }
",
        expect![[r#"
            error[WF0340]: the definition uses nothing of a plugin that is called `vat.file`
              --> payroll.job.yaml:25:16
               |
            25 |     plugins: { vat.file: { gives: {} } }
               |                ^^^^^^^^

            error[WF0201]: task `prepare` calls no plugin
              --> payroll.job.yaml:27:25
               |
            27 |       - plugin_reply: { task: prepare, gives: {} }
               |                         ^^^^

            error[WF0201]: task `prepare` calls no plugin
              --> payroll.job.yaml:28:25
               |
            28 |       - plugin_reply: { task: prepare }
               |                         ^^^^

            error[WF0209]: what it answers: one of `gives`, `fails` and `later`
              --> payroll.job.yaml:28:25
               |
            28 |       - plugin_reply: { task: prepare }
               |                         ^^^^
        "#]],
    );
}

#[test]
fn a_reply_of_a_plugin_is_done_failed_or_later() {
    let text = "format: 1\ndefinition: filing\ntests:\n  - name: replies\n    start: 2026-05-04\n    plugins:\n      vat.file: { later: request-77 }\n      bank.iban: { finds: [too short] }\n    steps:\n      - plugin_reply: { task: file, fails: { code: away, kind: busy } }\n      - plugin_reply: { task: file, gives: { receipt: R1 }, note: filed }\n";
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
    let root = crate::syntax::read(&mut sources, "t.yaml", text.as_bytes(), &mut diagnostics).expect("YAML");
    let file = test_file(&root, &mut diagnostics).expect("a file of tests");
    let all = scenarios(file.tests, None, None, &mut diagnostics);
    assert_eq!(render::human(&sources, &diagnostics, false), "");
    let [scenario] = all.as_slice() else { panic!("one test") };
    assert_eq!(scenario.plugins[0].says, Says::Reply(Reply::Later("request-77".into())));
    assert_eq!(scenario.plugins[1].says, Says::Finds(vec!["too short".into()]));
    let What::Reply(Replied { reply: Reply::Fails(failure), .. }) = &scenario.steps[0].what else {
        panic!("a failure")
    };
    assert_eq!((failure.code.as_str(), failure.kind), ("away", jobwright_core::retry::FailureKind::Busy));
}
