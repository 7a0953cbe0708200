//! How long a definition takes from its bytes to its plan.
//!
//! The editor checks on every key and `publish` for every file, so a definition of 200 tasks has 20 ms. Every task waits
//! for the one before, reads its outputs, writes a letter or asks somebody, and so meets every rule.

use std::fmt::Write;

use divan::{Bencher, black_box};
use jobwright_definition::definition;
use jobwright_definition::source::Sources;
use jobwright_definition::surroundings::{Practice, Surroundings};

fn main() {
    divan::main();
}

#[divan::bench(args = [20, 200, 500])]
fn bytes_to_plan(bencher: Bencher, tasks: usize) {
    let text = definition_of(tasks);
    let practice = Practice { contact_roles: ["payroll".parse().expect("a role")].into(), ..Practice::default() };
    let surroundings = Surroundings { practice: Some(practice), ..Surroundings::default() };
    bencher.bench_local(|| {
        let none = |_: &str| Err("no files".to_owned());
        let checked =
            definition::read(&mut Sources::default(), "a.job.yaml", black_box(text.as_bytes()), &none, &surroundings);
        assert!(checked.plan.is_some());
        checked
    });
}

#[divan::bench(args = [200])]
fn canonical_to_plan(bencher: Bencher, tasks: usize) {
    let text = definition_of(tasks);
    let none = |_: &str| Err("no files".to_owned());
    let around = Surroundings::default();
    let checked = definition::read(&mut Sources::default(), "a.job.yaml", text.as_bytes(), &none, &around);
    bencher.bench_local(|| definition::recompile(black_box(&checked.canonical)).expect("a plan"));
}

fn definition_of(tasks: usize) -> String {
    let mut text = "format: 1\nid: long\nname: A long one\nroles: { payroll: Payroll }\n\
                    dates: { pay_date: \"period.end, previous working day\" }\nschedule: { every: month }\ntasks:\n"
        .to_owned();
    for task in 0..tasks {
        let before = task.saturating_sub(1);
        writeln!(text, "  - id: task_{task}\n    name: Step {task} for {{{{ period.label }}}}").unwrap();
        if task > 0 {
            writeln!(text, "    depends_on: [task_{before}]").unwrap();
        }
        match task % 3 {
            0 => text.push_str(MANUAL),
            1 => {
                write!(text, "    when: tasks.task_{before}.outputs.total > 3 && client.name != \"\"\n{EMAIL}").unwrap()
            }
            _ => text.push_str(APPROVAL),
        }
    }
    text.push_str("templates:\n  hello:\n    subject: About {{ period.label }}\n");
    text.push_str("    body: Dear {{ recipient.first_name }}, we pay on {{ dates.pay_date | date }}.\n");
    text
}

const MANUAL: &str = "    type: manual\n    assign: { staff: primary }\n    due: pay_date, -3 working days\n    \
                      outputs: { total: { type: int, min: 0 } }\n";
const EMAIL: &str = "    type: email\n    recipient: { role: payroll, or: primary_contact }\n    template: hello\n";
const APPROVAL: &str = "    type: approval\n    recipient: { role: payroll, pick: one, order_by: [listed] }\n    \
                        outcomes: [approved, rejected]\n    on_outcome: { rejected: { cancel_job: Rejected } }\n";
