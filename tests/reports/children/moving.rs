//! Running jobs and the version that comes after theirs.

use jobwright_core::command::Act;
use jobwright_core::event::{Answered, Event, Recorded};
use jobwright_core::id::JobId;
use jobwright_core::value::Value;
use jobwright_runtime::Existing;
use jobwright_store::jobs::{self, Head};

use super::{PEOPLE, complete};
use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

fn definition(tasks: &str) -> String {
    format!("format: 1\nid: mig\nname: Migration\nroles: {{ payroll: Payroll contact }}\ntasks:\n{tasks}\n")
}

/// Why a job does not move; nothing when it does. What the plan says beforehand is what happens.
fn moved(before: &str, does: impl Fn(&Office, JobId), after: &str) -> Vec<String> {
    let office = Office::with(PEOPLE);
    office.publish(&definition(before), Existing::Keep);
    let job = office.start("mig", "acme");
    does(&office, job);
    let (said, publish) = office.check(&definition(after));
    let publish = publish.unwrap_or_else(|| panic!("{said}"));
    let plans = office.engine().plans(&publish.plan).expect("plans");
    let conflicts = plans.jobs[0].1.conflicts.clone();
    let published = office.engine().publish(&publish, Existing::Update).expect("published");
    assert_eq!(published.moved.is_empty(), !conflicts.is_empty(), "{conflicts:?}");
    assert_eq!(published.kept.len(), usize::from(!conflicts.is_empty()));
    conflicts
}

const MANUAL: &str = "  - { id: a, type: manual }\n  - { id: b, type: manual, depends_on: [a] }";
const APPROVAL: &str = "  - { id: a, type: approval, recipient: { role: payroll, pick: one, order_by: [listed] }, outcomes: [ok, no] }\n  - { id: b, type: manual, depends_on: [a] }";

#[test]
fn r32_a_task_under_way_cannot_become_another_kind_of_task() {
    let told = moved(MANUAL, |_, _| {}, APPROVAL);
    assert_eq!(told, ["task `a` is under way, and the new version makes it approval instead of manual"]);
    // What has not begun takes any text, and what is done is history.
    assert_eq!(
        moved(
            MANUAL,
            |_, _| {},
            &MANUAL
                .replace("id: b, type: manual", "id: b, type: email, recipient: { role: payroll }, template: t")
                .replace(
                    "b, type: email, recipient: { role: payroll }, template: t",
                    "b, type: manual, checklist: [x]"
                )
        ),
        Vec::<String>::new()
    );
    let done = |office: &Office, job| drop(complete(office, job, "a", &[]).unwrap());
    assert_eq!(moved(MANUAL, done, APPROVAL), Vec::<String>::new());
}

#[test]
fn r32_what_a_task_gave_must_be_what_the_new_version_calls_it() {
    let gives = |outputs: &str| {
        format!(
            "  - {{ id: a, type: manual, outputs: {{ {outputs} }} }}\n  - {{ id: b, type: manual, depends_on: [a] }}"
        )
    };
    let done = |office: &Office, job| drop(complete(office, job, "a", &[("n", Value::Int(5))]).unwrap());
    let from = gives("n: { type: int }");
    for (to, words) in [
        ("n: { type: money, currency: GBP }", "its output `n` is int, where"),
        ("m: { type: int }", "its output `m` is missing"),
        ("n: { type: int, max: 3 }", "its output `n` is above 3"),
        ("n: { type: int }, m: { type: int }", "its output `m` is missing"),
    ] {
        let told = moved(&from, done, &gives(to));
        assert!(told.len() == 1 && told[0].contains(words), "{to}: {told:?}");
    }
    for to in [
        "n: { type: decimal }",
        "n: { type: int }, m: { type: int, optional: true }",
        "n: { type: int, optional: true }",
    ] {
        assert_eq!(moved(&from, done, &gives(to)), Vec::<String>::new(), "{to}");
    }
    // Not given yet: it is given under the new name.
    assert_eq!(moved(&from, |_, _| {}, &gives("m: { type: int }")), Vec::<String>::new());
}

#[test]
fn r32_what_people_were_asked_for_cannot_change_under_their_hands() {
    let form =
        |fields: &str| format!("  - {{ id: a, type: form, recipient: {{ role: payroll }}, fields: [{fields}] }}");
    let one = "{ id: hours, label: Hours, type: int }";
    let papers = |items: &str| {
        format!("  - {{ id: a, type: document_request, recipient: {{ role: payroll }}, items: [{items}] }}")
    };
    let approval = |outcomes: &str| {
        format!(
            "  - {{ id: a, type: approval, recipient: {{ role: payroll, pick: one, order_by: [listed] }}, outcomes: [{outcomes}] }}"
        )
    };
    let bank = "{ id: bank, label: Bank }";
    for (from, to, words) in [
        (form(one), form(&format!("{one}, {{ id: pay, label: Pay, type: int }}")), "adds field `pay`"),
        (form(one), form("{ id: pay, label: Pay, type: int }"), "has no field `hours`"),
        (form(one), form("{ id: hours, label: Hours, type: string }"), "takes something else for field `hours`"),
        (form(one), form("{ id: hours, label: Hours, type: int, required: false }"), "field `hours`"),
        (papers(bank), papers("{ id: bank, label: Bank, accept: [pdf] }"), "takes something else for item `bank`"),
        (papers(bank), papers("{ id: till, label: Till }"), "has no item `bank`"),
        (papers(bank), form(one), "makes it form instead of document_request"),
        (approval("ok, no"), approval("ok, wrong"), "has no outcome `no`"),
        (approval("ok, no"), approval("no, ok"), "in another order"),
        (
            "  - { id: a, type: manual }".into(),
            "  - { id: a, type: manual, for_each: { item: x, in: '[\"p\"]', key: x } }".into(),
            "for each item of a list",
        ),
        (
            "  - { id: a, type: manual, for_each: { item: x, in: '[\"p\"]', key: x } }".into(),
            "  - { id: a, type: manual }".into(),
            "has instances",
        ),
    ] {
        let told = moved(&from, |_, _| {}, &to);
        assert!(!told.is_empty() && told.iter().any(|told| told.contains(words)), "{to}: {told:?}");
    }
    // What it is called is no matter.
    assert_eq!(
        moved(&form(one), |_, _| {}, &form("{ id: hours, label: Hours of May, type: int }")),
        Vec::<String>::new()
    );
}

#[test]
fn r32_what_was_handed_in_is_not_lost_with_its_task() {
    let papers = "  - { id: a, type: document_request, recipient: { role: payroll }, items: [{ id: bank, label: Bank }, { id: till, label: Till }] }\n  - { id: b, type: manual }";
    let answered = |office: &Office, job| {
        let document = office.document("bank.pdf", "statement");
        let answer = Answered::Value(Value::Document(document));
        office.act(job, "a", Act::Answer { item: "bank".parse().unwrap(), answer }, "contact:ann").unwrap();
    };
    let told = moved(papers, answered, "  - { id: b, type: manual }");
    assert_eq!(told, ["task `a` has answers, and the new version does not have it"]);
    assert_eq!(moved(papers, |_, _| {}, "  - { id: b, type: manual }"), Vec::<String>::new());
}

#[test]
fn r32_a_job_cannot_be_given_inputs_or_a_period_after_it_began() {
    let told = |head: &str| {
        let office = Office::with(PEOPLE);
        office.publish(&definition(MANUAL), Existing::Keep);
        office.start("mig", "acme");
        let (said, publish) = office.check(&format!("{head}{}", definition(MANUAL)));
        let plans = office.engine().plans(&publish.unwrap_or_else(|| panic!("{said}")).plan).expect("plans");
        plans.jobs[0].1.conflicts.join("; ")
    };
    assert!(told("inputs: { n: { type: int, default: 1 } }\n").contains("an input `n`"));
    assert!(told("schedule: { every: month }\n").contains("has periods"));
    assert_eq!(told("inputs: { n: { type: int, optional: true } }\n"), "");
}

#[test]
fn r32_publish_shows_its_plan_before_it_moves_anything_and_wants_a_yes() {
    let program = Practice::with_people(TO_FILES);
    program.write("mig.job.yaml", definition(MANUAL));
    program.done(["publish", "mig.job.yaml"]);
    let job = program.json(&["start", "mig", "--client", "birchwood"]);
    let job = job["job"].as_str().unwrap();
    program.write(
        "mig.job.yaml",
        definition(&MANUAL.replace("id: b, type: manual", "id: b, type: manual, checklist: [x]")),
    );
    let said = program.run(["publish", "mig.job.yaml", "--existing", "update"]);
    assert!(said.code == Some(1) && said.out.contains("takes the new text for b; keeps a"), "{said:?}");
    assert!(said.errors.contains("nothing was published") && said.errors.contains("--yes"), "{said:?}");
    let hash = program.json(&["show", job])["version_hash"].clone();
    let said = program.done(["publish", "mig.job.yaml", "--existing", "update", "--yes"]);
    assert!(said.contains("takes the new text for b") && said.contains("follows it now"), "{said}");
    assert_ne!(program.json(&["show", job])["version_hash"], hash);
    // A conflict is in the plan, and the job stays.
    program.write("mig.job.yaml", definition(APPROVAL));
    let said = program.run(["publish", "mig.job.yaml", "--existing", "update"]);
    assert!(said.out.contains("cannot move: task `a` is under way"), "{said:?}");
    let said = program.json(&["publish", "mig.job.yaml", "--existing", "update", "--yes"]);
    assert!(said["moved"].as_array().is_some_and(Vec::is_empty), "{said}");
    assert!(said["kept"][0]["why"].as_str().unwrap().contains("under way"), "{said}");
}

#[test]
fn r112_a_job_that_the_definition_holds_back_stays_and_one_that_it_never_moves_too() {
    let (first, second) =
        (definition(MANUAL), MANUAL.replace("id: b, type: manual", "id: b, type: manual, checklist: [x]"));
    let run = |change: &str, existing: Existing| {
        let office = Office::with(PEOPLE);
        office.import("clients: [{ id: other, name: Other }]");
        office.publish(&first, Existing::Keep);
        let jobs = [office.start("mig", "acme"), office.start("mig", "other")];
        let (said, publish) = office.check(&format!("on_change: {change}\n{}", definition(&second)));
        let publish = publish.unwrap_or_else(|| panic!("{said}"));
        let plans = office.engine().plans(&publish.plan).expect("plans");
        let held = plans.jobs.iter().filter(|(_, preview)| !preview.conflicts.is_empty()).count();
        let published = office.engine().publish(&publish, existing).expect("published");
        let moved = jobs.map(|job| office.look(job).job.hash == published.hash);
        (moved, held, published.kept.into_iter().map(|(_, why)| why).collect::<Vec<_>>())
    };
    let unless = "{ running_jobs: auto, unless: 'client.name == \"Acme\"' }";
    for existing in [Existing::AsDefined, Existing::Update] {
        let (moved, held, kept) = run(unless, existing);
        assert_eq!((moved, held), ([false, true], 1), "{existing:?}");
        assert!(kept.len() == 1 && kept[0].contains("unless"), "{kept:?}");
    }
    assert_eq!(run("{ running_jobs: auto }", Existing::AsDefined).0, [true, true]);
    assert_eq!(run("{ running_jobs: never }", Existing::AsDefined).0, [false, false]);
    assert_eq!(run("{ running_jobs: ask }", Existing::AsDefined).0, [false, false]);
}

#[test]
fn r32_a_job_that_cannot_be_read_stays_where_it_is_and_does_not_hold_up_the_others() {
    let mut office = Office::with(PEOPLE);
    office.import("clients: [{ id: other, name: Other }]");
    office.publish(&definition(MANUAL), Existing::Keep);
    let (damaged, sound) = (office.start("mig", "acme"), office.start("mig", "other"));
    // An event that no version of the program would have written here.
    let mut loaded = jobs::load(&office.engine().reader(), damaged).unwrap().expect("a job");
    let (number, at) = (loaded.head.value.events + 1, office.engine().now());
    let event = Recorded { number, at, event: Event::TaskOverdue { task: "nowhere".parse().unwrap() } };
    let after = Head { events: number, ..loaded.head.value.clone() };
    let draft = jobs::append(Some(&loaded.head), &after, &[event], &mut loaded.tail).expect("a draft");
    office.commit_and_die(draft);
    let (said, publish) = office.check(&definition(&MANUAL.replace("id: b,", "id: b, checklist: [x],")));
    let publish = publish.unwrap_or_else(|| panic!("{said}"));
    let plans = office.engine().plans(&publish.plan).expect("plans");
    let told = |job| &plans.jobs.iter().find(|(one, _)| *one == job).expect("it runs").1.conflicts;
    assert!(told(damaged)[0].contains("nowhere") && told(sound).is_empty(), "{plans:?}");
    let published = office.engine().publish(&publish, Existing::Update).expect("published");
    assert_eq!(published.moved, [sound]);
    assert!(published.kept.len() == 1 && published.kept[0].1.contains("nowhere"), "{published:?}");
}

#[test]
fn r126_two_tasks_cannot_become_one() {
    let office = Office::with(PEOPLE);
    office.publish(&definition(MANUAL), Existing::Keep);
    let job = office.start("mig", "acme");
    let both = format!("on_change: {{ map: {{ a: c, b: c }} }}\n{}", definition("  - { id: c, type: manual }"));
    let (said, publish) = office.check(&both);
    assert!(publish.is_none() && said.contains("`c`"), "{said}");
    // The engine holds to it by itself, whoever hands in a plan.
    let (_, publish) = office.check(&both.replace(", b: c", ""));
    let mut publish = publish.expect("one name each");
    publish.plan.on_change.map.insert("b".parse().unwrap(), "c".parse().unwrap());
    let published = office.engine().publish(&publish, Existing::Update).expect("published");
    assert!(published.moved.is_empty() && published.kept[0].1.contains("another task of the job"), "{published:?}");
    assert_eq!(office.task(job, "a"), "active");
}
