//! What a job gives to the job that it starts, and takes back from it.

use jobwright_core::value::Value;
use jobwright_runtime::Existing;

use super::{PEOPLE, children, complete, start_with};
use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const PRICED: &str = "
format: 1
id: priced
name: A month with a price
schedule: { every: month }
inputs: { language: { type: string } }
dates: { filing: { rule: 'period.end, +7 days' } }
tasks:
  - { id: quote, type: manual, due: filing, outputs: { price: { type: int } } }
  - { id: look, type: manual, depends_on: [quote], outputs: { note: { type: string, optional: true } } }
";

const ASKS: &str = "
format: 1
id: asks
name: Asks for a price
inputs: { by: { type: date } }
tasks:
  - id: price
    type: start_job
    job: priced
    period: 2026-02
    with: { language: de }
    dates: { filing: { expr: inputs.by } }
    wait: true
    outputs:
      amount: { type: int }
      remark: { type: string, optional: true }
    take:
      amount: tasks.quote.outputs.price
      remark: tasks.look.outputs.note
  - { id: dear, type: manual, depends_on: [price], when: tasks.price.outputs.amount > 100 }
";

fn day(text: &str) -> Value {
    Value::Date(text.parse().expect("a day"))
}

#[test]
fn r42_a_job_is_given_period_inputs_and_key_dates_and_gives_its_outputs_back() {
    let mut office = Office::with(PEOPLE);
    office.publish(PRICED, Existing::Keep);
    office.publish(ASKS, Existing::Keep);
    let parent = start_with(&office, "asks", "acme", 1, &[("by", day("2026-08-03"))]).expect("started");
    office.work();
    let child = children(&office, parent)[0];
    let looked = office.look(child);
    assert_eq!(looked.job.period.as_ref().map(|period| period.key.as_str()), Some("2026-02"));
    assert_eq!(looked.job.inputs[&"language".parse().unwrap()], Value::text("de"));
    let dates: Vec<String> = looked.job.dates.iter().map(|(key, date)| format!("{key} {:?}", date.at())).collect();
    assert!(dates.iter().all(|date| date.contains("2026-08-0")), "{dates:?}");
    office.restart();
    complete(&office, child, "quote", &[("price", Value::Int(120))]).unwrap();
    complete(&office, child, "look", &[]).unwrap();
    office.restart();
    office.work();
    let run = office.look(parent).job.run(&"price".parse().unwrap()).unwrap().clone();
    assert_eq!(run.outputs.get(&"amount".parse().unwrap()), Some(&Value::Int(120)));
    assert_eq!(office.task(parent, "dear"), "active");
    assert_eq!(office.verified(), Vec::<String>::new());
}

#[test]
fn r42_the_follower_of_a_month_is_the_month_that_is_said() {
    let office = Office::with(PEOPLE);
    let month = |period: &str| {
        format!(
            "
format: 1
id: month
name: Month
schedule: {{ every: month, once_per: period }}
tasks: [{{ id: by_hand, type: manual }}, {{ id: next, type: start_job, depends_on: [by_hand], job: month, period: {period} }}]
"
        )
    };
    // A key, a day of the month that is meant, and the period of another job.
    for (id, period, key) in [
        (1, "2027-01", "2027-01"),
        (2, "{ expr: period.end.plus_days(1) }", "2026-06"),
        (3, "{ expr: '\"2026-11\"' }", "2026-11"),
    ] {
        let (said, publish) = office.check(&month(period));
        if publish.is_none() && id == 2 {
            assert!(said.contains("plus_days"), "{said}");
            continue;
        }
        office.engine().publish(&publish.unwrap_or_else(|| panic!("{said}")), Existing::Keep).unwrap();
        let client = format!("c{id}");
        office.import(&format!("clients: [{{ id: {client}, name: C }}]"));
        let job = start_with(&office, "month", &client, id, &[]).unwrap();
        complete(&office, job, "by_hand", &[]).unwrap();
        office.work();
        let child = children(&office, job)[0];
        assert_eq!(office.look(child).job.period.unwrap().key, key);
    }
}

#[test]
fn r42_what_the_other_job_does_not_have_fails_the_task_in_words() {
    let office = Office::with(PEOPLE);
    office.publish(
        &PRICED.replace("dates: { filing", "dates: { sending").replace("due: filing", "due: sending"),
        Existing::Keep,
    );
    // Held to nothing here: the job is named by an expression, as onboarding names those of a client's services.
    let computed = ASKS.replace("job: priced", "job: { expr: '\"priced\"' }");
    office.publish(&computed, Existing::Keep);
    let parent = start_with(&office, "asks", "acme", 1, &[("by", day("2026-08-03"))]).expect("started");
    office.work();
    let failure = office.look(parent).job.run(&"price".parse().unwrap()).unwrap().failure.clone().unwrap();
    assert!(failure.message.contains("`priced` has no key date `filing`"), "{failure}");
}

#[test]
fn r42_a_definition_is_held_to_the_one_that_it_starts() {
    let office = Office::with(PEOPLE);
    office.publish(PRICED, Existing::Keep);
    let (said, plan) = office.check(ASKS);
    assert!(plan.is_some(), "{said}");
    for (from, to, words) in [
        ("language: de", "langauge: de", "`priced` has no input `langauge`"),
        ("with: { language: de }", "with: {}", "`priced` needs the input `language`"),
        ("with: { language: de }", "with: { language: [a] }", "the input `language` of `priced`"),
        ("with: { language: de }", "with: { language: { expr: inputs.by } }", "date"),
        ("dates: { filing", "dates: { filling", "`priced` has no key date `filling`"),
        ("{ expr: inputs.by }", "whenever", "`whenever` is no day"),
        ("{ expr: inputs.by }", "7", "is no day"),
        ("tasks.quote.outputs.price", "tasks.quota.outputs.price", "`priced` has no task `quota`"),
        ("tasks.quote.outputs.price", "tasks.quote.outputs.prize", "gives no `prize`"),
        ("tasks.quote.outputs.price", "quote.price", "names no output"),
        ("amount: { type: int }", "amount: { type: string }", "is declared as"),
        ("    wait: true\n", "", "only from a job that is waited for"),
        ("      remark: tasks.look.outputs.note\n", "", "nothing gives the output `remark`"),
        ("      remark: { type: string, optional: true }\n", "", "is no output of this task"),
        ("on_parent_end", "on_parent_end", ""),
        ("wait: true", "wait: true\n    on_parent_end: forget", "forget"),
    ] {
        let (said, plan) = office.check(&ASKS.replace(from, to));
        assert!(words.is_empty() || (plan.is_none() && said.contains(words)), "{to}: {said}");
    }
    let (said, plan) = office.check(&ASKS.replace("{ expr: inputs.by }", "2026-08-03"));
    assert!(plan.is_some(), "{said}");
    // A text is no date and no amount, and it says how one is written.
    let dated = PRICED.replace("language: { type: string }", "language: { type: date }");
    office.publish(&dated, Existing::Keep);
    let (said, plan) = office.check(&ASKS.replace("language: de", "language: 2026-08-03"));
    assert!(plan.is_none() && said.contains("write it as `language: { expr: 'date(\"2026-05-31\")' }`"), "{said}");
    let (said, plan) = office.check(&ASKS.replace("language: de", "language: { expr: 'date(\"2026-08-03\")' }"));
    assert!(plan.is_some(), "{said}");
    let none = PRICED.replace("schedule: { every: month }\n", "").replace("period.end", "job.opened");
    office.publish(&none, Existing::Keep);
    let (said, plan) = office.check(ASKS);
    assert!(plan.is_none() && said.contains("`priced` has no periods"), "{said}");
}

#[test]
fn r42_jobs_that_start_one_another_in_a_ring_are_found() {
    let program = Practice::with_people(TO_FILES);
    let starts = |id: &str, of: &str, wait: bool, more: &str| {
        let text = format!(
            "format: 1\nid: {id}\nname: A\ntasks:\n  - {{ id: hand, type: manual }}\n  - {{ id: go, type: start_job, job: {of}, wait: {wait}{more} }}\n"
        );
        program.write(&format!("{id}.job.yaml"), text);
    };
    starts("ping", "pong", true, ", depends_on: [hand]");
    starts("pong", "ping", true, ", depends_on: [hand]");
    let said = program.run(["check", "ping.job.yaml", "pong.job.yaml"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("ping → pong → ping") && said.out.contains("none can end"), "{}", said.out);
    starts("again", "again", false, "");
    let said = program.run(["check", "again.job.yaml"]);
    assert!(said.code == Some(1) && said.out.contains("without end: again → again"), "{said:?}");
    // A chain that a person, a condition or a period ends is none.
    for more in [", depends_on: [hand]", ", when: client.status == \"active\""] {
        starts("again", "again", false, more);
        assert_eq!(program.run(["check", "again.job.yaml"]).code, Some(0), "{more}");
    }
}

#[test]
fn r42_two_definitions_are_checked_and_tested_together_and_published_one_after_the_other() {
    let program = Practice::with_people(TO_FILES);
    program.write("priced.job.yaml", PRICED.replace("type: manual, due: filing, outputs: { price: { type: int } }", "type: script, outputs: { price: { type: int } }, source: '#{ price: 120 }'").replace("{ id: look, type: manual, depends_on: [quote], outputs: { note: { type: string, optional: true } } }", "{ id: look, type: script, depends_on: [quote], outputs: { note: { type: string, optional: true } }, source: '#{ note: inputs.language }' }"));
    let tests = "
tests:
  - name: the price of the other job decides
    start: 2026-05-04T09:00
    inputs: { by: 2026-08-03 }
    steps:
      - expect: { price: completed, dear: active }
";
    program.write("asks.job.yaml", format!("{ASKS}{tests}"));
    assert_eq!(program.run(["check", "asks.job.yaml", "priced.job.yaml"]).code, Some(0));
    assert_eq!(program.run(["check", "asks.job.yaml"]).code, Some(0), "it lies beside it");
    let tested = program.run(["test", "asks.job.yaml"]);
    assert!(tested.code == Some(0) && tested.out.contains("1 test passed"), "{tested:?}");
    // What is published finds only what is published.
    let early = program.run(["publish", "asks.job.yaml"]);
    assert!(early.code == Some(1) && early.errors.contains("no job definition `priced`"), "{early:?}");
    program.done(["publish", "priced.job.yaml"]);
    program.done(["publish", "asks.job.yaml"]);
}

#[test]
fn r42_a_test_does_what_happens_in_the_other_job_and_says_what_does_not_hold_there() {
    let program = Practice::with_people(TO_FILES);
    program.write("priced.job.yaml", PRICED);
    let tests = "
tests:
  - name: the price of the other job decides
    start: 2026-05-04T09:00
    inputs: { by: 2026-08-03 }
    steps:
      - expect: { price: active, dear: waiting }
      - in_job:
          task: price
          steps:
            - expect_dates: { filing: 2026-08-03 }
            - complete: { task: quote, outputs: { price: 120 } }
            - restart: true
            - complete: look
            - expect_job: completed
      - expect: { price: completed, dear: active }
";
    program.write("asks.job.yaml", format!("{ASKS}{tests}"));
    let tested = program.run(["test", "asks.job.yaml"]);
    assert!(tested.code == Some(0) && tested.out.contains("1 test passed"), "{tested:?}");
    for (from, to, words) in [
        ("complete: look", "expect: { look: completed }", "`look` is active, not completed"),
        ("price: 120 } }", "price: 90 } }", "`dear` is skipped (condition_false), not active"),
        ("complete: look", "complete: lock", "no task `lock`"),
        ("task: price\n", "task: dear\n", "task `dear` has started no job"),
        ("price: 120", "prize: 120", "`prize`"),
    ] {
        program.write("asks.job.yaml", format!("{ASKS}{}", tests.replace(from, to)));
        let tested = program.run(["test", "asks.job.yaml"]);
        let told = format!("{}{}", tested.out, tested.errors);
        assert!(tested.code == Some(1) && told.contains(words), "{to}: {told}");
    }
}
