//! Starting jobs for one client, for many, and from a job: the same checks each time.

use jobwright_runtime::{Error, Existing};

use super::{PEOPLE, children, start_with};
use crate::support::Office;
use crate::support::practice::{Practice, TO_FILES};

const JOINERS: &str = "
format: 1
id: joinery
name: Joinery
applies_to: client.id == \"birchwood\" || client.id == \"copperfield\"
schedule: { every: month, once_per: period }
tasks: [{ id: do, type: manual }]
";
/// The sample's client ids are texts, so this holds for two of them and fails for none.
const BOTH: &str = "client.id == \"birchwood\" || client.id == \"dunmore\"";

fn program() -> Practice {
    let program = Practice::with_people(TO_FILES);
    program.write("joinery.job.yaml", JOINERS);
    program.done(["publish", "joinery.job.yaml"]);
    program
}

/// The jobs of the practice.
fn count(program: &Practice) -> usize {
    program.done(["jobs", "--all", "--json"]).lines().count()
}

#[test]
fn r44_the_preview_counts_what_starting_then_does() {
    let program = program();
    let seen = program.done(["start", "joinery", "--where", BOTH]);
    assert!(seen.contains("1 client would get a job, 1 is left out. Add --yes"), "{seen}");
    assert!(seen.contains("dunmore") && seen.contains("not for this client"), "{seen}");
    assert_eq!(count(&program), 0, "a preview starts nothing");
    let done = program.done(["start", "joinery", "--where", BOTH, "--yes"]);
    assert!(done.contains("1 started, 1 left out."), "{done}");
    // A second time it says what is so: nothing is started.
    let seen = program.done(["start", "joinery", "--where", BOTH]);
    assert!(seen.contains("0 clients would get a job, 1 has it already, 1 is left out."), "{seen}");
    let done = program.done(["start", "joinery", "--where", BOTH, "--yes"]);
    assert!(done.contains("0 started, 1 has it already, 1 left out."), "{done}");
    assert_eq!(count(&program), 1);
}

#[test]
fn r44_a_condition_that_fails_is_an_error_and_starts_nothing() {
    let program = program();
    for yes in [&[][..], &["--yes"][..]] {
        for condition in ["client.staff.primary == \"lee\"", "client.servics", "client.vat.stagger_group > 1"] {
            let said = program.run([&["start", "joinery", "--where", condition][..], yes].concat());
            assert_eq!(said.code, Some(1), "{condition}: {said:?}");
            assert!(said.errors.contains("condition"), "{said:?}");
        }
    }
    assert_eq!(count(&program), 0);
}

#[test]
fn r44_the_preview_looks_at_definition_period_and_inputs() {
    let program = program();
    for yes in [&[][..], &["--yes"][..]] {
        let said = program.run([&["start", "joinry", "--where", "true"][..], yes].concat());
        assert!(said.code == Some(3) && said.errors.contains("`joinry`"), "{said:?}");
        let said = program.run([&["start", "joinery", "--where", BOTH, "--period", "2026-13"][..], yes].concat());
        assert!(said.code == Some(1) && said.out.contains("1 cannot get one"), "{said:?}");
        assert!(said.errors.contains("cannot get this job"), "{said:?}");
    }
    assert_eq!(count(&program), 0);
    let lines = program.done(["start", "joinery", "--where", BOTH, "--json"]);
    let kinds =
        ["\"would_start\":true", "\"left_out\":"].map(|kind| lines.lines().filter(|line| line.contains(kind)).count());
    assert_eq!(kinds, [1, 1], "{lines}");
}

#[test]
fn r111_no_door_starts_a_job_for_a_client_it_is_not_for() {
    let program = program();
    let said = program.run(["start", "joinery", "--client", "dunmore"]);
    assert!(said.code == Some(1) && said.errors.contains("is not for client dunmore"), "{said:?}");
    program.done(["start", "joinery", "--where", "client.id == \"dunmore\"", "--yes"]);
    assert_eq!(count(&program), 0);
    // With nothing but `applies_to`, and with inputs beside it.
    let office = Office::with(PEOPLE);
    for (id, more) in [(1, ""), (2, "inputs: { n: { type: int, default: 1 } }\n"), (3, "schedule: { every: month }\n")]
    {
        let text = format!(
            "format: 1\nid: j{id}\nname: J\napplies_to: client.name == \"Other\"\n{more}tasks: [{{ id: do, type: manual }}]\n"
        );
        office.publish(&text, Existing::Keep);
        let said = start_with(&office, &format!("j{id}"), "acme", id, &[]);
        assert!(matches!(said, Err(Error::DoesNotApply { .. })), "{said:?}");
        let parent = format!("format: 1\nid: p{id}\nname: P\ntasks: [{{ id: go, type: start_job, job: j{id} }}]\n");
        office.publish(&parent, Existing::Keep);
        let parent = start_with(&office, &format!("p{id}"), "acme", 10 + id, &[]).expect("started");
        office.work();
        assert_eq!((children(&office, parent).len(), office.task(parent, "go").as_str()), (0, "failed"));
        let failure = office.look(parent).job.run(&"go".parse().unwrap()).unwrap().failure.clone().unwrap();
        assert!(failure.message.contains("is not for client acme"), "{failure}");
    }
}
