//! Jobs that jobs start, jobs that move to another version, and starting many.
//!
//! Owns: the words that these tests share. Leaves the rows to the files beneath.

mod back;
mod ending;
mod giving;
mod items;
mod links;
mod moving;
mod starting;

use jobwright_core::command::{Act, Command};
use jobwright_core::event::{Actor, Event};
use jobwright_core::id::{JobId, Name};
use jobwright_core::value::{Value, Values};
use jobwright_runtime::{Done, Error, Start, Started};

use crate::support::Office;

/// A practice with staff and one client.
const PEOPLE: &str = "
roles: { payroll: Payroll contact }
staff:
  - { id: pat, name: Pat Quill, email: pat@larkfield.example, roles: [payroll_clerk] }
  - { id: kim, name: Kim Osei, email: kim@larkfield.example, roles: [payroll_clerk] }
clients:
  - id: acme
    name: Acme
    contacts: [{ id: ann, name: Ann Bell, email: ann@acme.example, roles: [payroll] }]
";

/// Completes a task by hand.
fn complete(office: &Office, job: JobId, task: &str, outputs: &[(&str, Value)]) -> Result<Done, Error> {
    let name = |text: &str| text.parse::<Name>().expect("a name");
    let outputs: Values = outputs.iter().map(|(one, value)| (name(one), value.clone())).collect();
    office.act(job, task, Act::Complete { outputs, awaited: None }, "pat")
}

fn cancel(office: &Office, job: JobId, why: &str) -> Done {
    let by = Actor::Operator { entered_by: "test".into() };
    office.engine().command(job, Command::Cancel { by, why: why.into() }).expect("cancelled")
}

/// The jobs that a job started, in order.
fn children(office: &Office, job: JobId) -> Vec<JobId> {
    let started = office.look(job).events.into_iter().filter_map(|recorded| match recorded.event {
        Event::ChildStarted { job, .. } => Some(job),
        _ => None,
    });
    started.collect()
}

/// Starts a job with a number for its one input.
fn start_with(
    office: &Office,
    definition: &str,
    client: &str,
    id: u8,
    inputs: &[(&str, Value)],
) -> Result<JobId, Error> {
    let inputs = inputs.iter().map(|(name, value)| (name.parse().expect("a name"), value.clone())).collect();
    let start = Start {
        id: JobId([id; 16]),
        definition: definition.parse().expect("an id"),
        client: client.parse().expect("an id"),
        period: None,
        inputs,
        by: Actor::Operator { entered_by: "test".into() },
        parent: None,
    };
    office.engine().start(start).map(|started| match started {
        Started::New(done) => done.job,
        Started::Already(job) => panic!("job {job} was there already"),
    })
}
