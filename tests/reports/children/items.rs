//! Two tasks that go through one list, item by item.

use jobwright_core::command::Act;
use jobwright_core::id::JobId;
use jobwright_core::recipient::{Person, PersonId};
use jobwright_runtime::{Error, Existing};

use super::{PEOPLE, complete};
use crate::support::Office;

const TRANSLATION: &str = "
format: 1
id: translation
name: Translation
inputs: { languages: { type: list, of: string, default: [de, fr] } }
tasks:
  - id: translate
    type: manual
    for_each: { item: lang, in: inputs.languages, key: lang }
    assign: { staff: payroll_clerk, pick: one, order_by: [listed] }
  - id: revise
    type: manual
    for_each: { item: language, in: inputs.languages, key: language }
    depends_on: [{ task: translate, item: same }]
    assign: { staff: payroll_clerk, not_same_as: tasks.translate, pick: one, order_by: [listed] }
  - { id: deliver, type: manual, depends_on: [revise] }
";

fn office() -> (Office, JobId) {
    let office = Office::with(PEOPLE);
    office.publish(TRANSLATION, Existing::Keep);
    let job = office.start("translation", "acme");
    (office, job)
}

fn to(id: &str) -> Act {
    let id = PersonId::Staff(id.parse().unwrap());
    Act::Reassign { people: vec![Person { id, name: "Kim Osei".into(), address: None }] }
}

#[test]
fn r43_a_revision_waits_for_the_translation_of_its_own_language_alone() {
    let (office, job) = office();
    let states = || ["revise[de]", "revise[fr]"].map(|task| office.task(job, task));
    assert_eq!(states(), ["waiting", "waiting"]);
    complete(&office, job, "translate[de]", &[]).unwrap();
    assert_eq!(states(), ["active", "waiting"]);
    assert_eq!(office.asked(job, "revise[de]"), ["kim"]);
    office.act(job, "revise[de]", Act::Complete { outputs: Default::default(), awaited: None }, "kim").unwrap();
    assert_eq!((office.task(job, "revise").as_str(), office.task(job, "deliver").as_str()), ("active", "waiting"));
    complete(&office, job, "translate[fr]", &[]).unwrap();
    assert_eq!(states(), ["completed", "active"]);
    office.act(job, "revise[fr]", Act::Complete { outputs: Default::default(), awaited: None }, "kim").unwrap();
    assert_eq!(office.task(job, "deliver"), "active");
}

#[test]
fn r43_whoever_translated_one_language_may_revise_another_and_not_their_own() {
    let (office, job) = office();
    // Kim translates German, Pat French: each revises what the other did.
    office.act(job, "translate[de]", to("kim"), "pat").unwrap();
    office.act(job, "translate[de]", Act::Complete { outputs: Default::default(), awaited: None }, "kim").unwrap();
    complete(&office, job, "translate[fr]", &[]).unwrap();
    assert_eq!(
        (office.asked(job, "revise[de]"), office.asked(job, "revise[fr]")),
        (vec!["pat".into()], vec!["kim".into()])
    );
    let own = office.act(job, "revise[de]", to("kim"), "pat");
    assert!(matches!(own, Err(Error::Refused(_))), "{own:?}");
}

#[test]
fn r43_a_language_whose_translation_is_skipped_goes_on_and_the_job_survives_a_restart() {
    let (mut office, job) = office();
    office.restart();
    let skip = jobwright_core::command::Command::Act {
        task: "translate[de]".parse().unwrap(),
        act: Act::Skip,
        by: jobwright_core::event::Actor::Staff { id: "pat".parse().unwrap(), entered_by: "test".into() },
        active: true,
        note: Some("was there already".into()),
    };
    office.engine().command(job, skip).unwrap();
    assert_eq!((office.task(job, "revise[de]"), office.task(job, "revise[fr]")), ("active".into(), "waiting".into()));
}

#[test]
fn r43_two_lists_that_differ_have_no_same_items_and_check_says_so() {
    let office = Office::with(PEOPLE);
    for (from, to, words) in [
        (
            "{ item: language, in: inputs.languages, key: language }",
            "{ item: language, in: '[\"de\"]', key: language }",
            "go through different lists",
        ),
        ("    for_each: { item: language, in: inputs.languages, key: language }\n", "", "`revise` has no items"),
        ("    for_each: { item: lang, in: inputs.languages, key: lang }\n", "", "`translate` has no items"),
        ("item: same", "item: other", "other"),
        ("task: translate, item", "task: translated, item", "translated"),
    ] {
        let (said, plan) = office.check(&TRANSLATION.replace(from, to));
        assert!(plan.is_none() && said.contains(words), "{from}: {said}");
    }
    let (said, plan) = office.check(&TRANSLATION.replace("item: same }", "item: same, is: completed }"));
    assert!(plan.is_some(), "{said}");
}
