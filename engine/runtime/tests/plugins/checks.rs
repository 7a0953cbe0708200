//! Values that a plugin finds fit or unfit before they count.

use super::*;

const BANKING: &str = r##"
format: 1
id: banking
name: Bank details
tasks:
  - id: ask
    type: form
    recipient: { plugin: office.least_loaded, with: { role: clerk } }
    fields:
      - { id: iban, label: The account, type: string, check: bank.iban }
      - { id: bic, label: The bank, type: string, required: false, check: bank.iban }
  - id: told
    type: manual
    outputs: { account: { type: string, check: bank.iban }, other: { type: string, check: bank.iban, optional: true } }
  - { id: found, type: script, source: "#{ account: inputs.account }", outputs: { account: { type: string, check: bank.iban } } }
inputs:
  account: { type: string, default: GB33 }
"##;

fn banking() -> Stage {
    Stage::begin(BANKING)
}

fn answer(item: &str, value: &str) -> Act {
    Act::Answer { item: item.parse().unwrap(), answer: Answered::Value(Value::text(value)) }
}

fn outputs(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), Value::text(*value))).collect()
}

#[test]
fn an_answer_that_a_check_finds_unfit_is_refused_in_its_words_and_the_attempt_stays_on_the_timeline() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let refused = stage.try_act("ask", answer("iban", "12345"));
    assert_eq!(refused.unwrap_err(), "`iban`: no IBAN begins so; too short (checked by `bank.iban`)");
    let tried = stage.events().into_iter().filter(|event| matches!(event, Event::ActRefused { .. })).count();
    assert_eq!((tried, stage.state_of("ask").is_settled()), (1, false));
}

#[test]
fn an_answer_that_passes_its_check_counts_and_the_component_that_looked_is_named() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    stage.try_act("ask", answer("iban", "GB33BUKB")).expect("taken");
    let checked = stage.events().into_iter().find_map(|event| match event {
        Event::ValueChecked { name, check, digest, .. } if name.as_str() == "iban" => Some((check, digest)),
        _ => None,
    });
    assert_eq!(checked, Some(("bank.iban".to_owned(), NEW)));
    let run = stage.job().run(&"ask".parse().unwrap()).expect("the task").clone();
    assert!(run.answers.contains_key(&"iban".parse().unwrap()));
}

#[test]
fn what_is_left_out_is_not_checked() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    stage.try_act("told", Act::Complete { outputs: outputs(&[("account", "GB1")]), awaited: None }).expect("taken");
    let checked = stage
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::ValueChecked { task, .. } if task.task.as_str() == "told"));
    assert_eq!((checked.count(), stage.state_of("told")), (1, TaskState::Completed));
}

#[test]
fn outputs_that_a_person_gives_are_checked_before_the_task_is_done() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let given = outputs(&[("account", "GB1"), ("other", "FR2")]);
    let refused = stage.try_act("told", Act::Complete { outputs: given, awaited: None }).unwrap_err();
    assert_eq!(refused, "`other`: no IBAN begins so; too short (checked by `bank.iban`)");
    assert!(!stage.state_of("told").is_settled());
}

#[test]
fn a_value_whose_check_cannot_be_asked_is_not_taken() {
    let stage = banking();
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let refused = stage.try_act("ask", answer("iban", "down")).unwrap_err();
    assert!(refused.starts_with("`iban` cannot be checked by `bank.iban`, and so it is not taken: "), "{refused}");
    assert!(refused.contains("the plugin stopped by itself"), "{refused}");
}

#[test]
fn outputs_of_a_script_that_a_check_finds_unfit_fail_the_task() {
    let stage = Stage::begin(&BANKING.replace("default: GB33", "default: XX33"));
    stage.engine.start(start(1, "banking", "4711")).expect("started");
    let run = stage.job().run(&"found".parse().unwrap()).expect("the task").clone();
    let failure = run.failure.expect("it failed");
    assert_eq!((run.state, failure.code.as_str()), (TaskState::Failed, "bad-output"));
    assert!(failure.message.contains("no IBAN begins so"), "{}", failure.message);
}
