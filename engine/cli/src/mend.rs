//! What mends a task that nobody can complete, as a command that works.
//!
//! Owns: from the field that a letter lacks to the words that fill it in, with this job, this client, this person. Where
//! nobody can be found, the reason itself says who mends it.

use jobwright_core::{
    directory::Contact,
    id::Name,
    job::Run,
    plan::{Item, Parts, Request, Takes, Work},
    recipient::{PersonId, Reason},
    task::TaskKey,
};
use jobwright_runtime::Looked;

use crate::desk::short;

/// What mends it.
pub fn how(looked: &Looked, run: &Run, reason: &Reason) -> String {
    match reason {
        Reason::MissingField(path) => format!("fill it in: {}", filled_in(looked, run, path)),
        reason => reason.mend(),
    }
}

/// Why a task is uncompletable and what mends it, when it is.
pub fn of(looked: &Looked, run: &Run) -> Option<String> {
    run.reason.as_ref().map(|reason| format!("{reason}; {}", how(looked, run, reason)))
}

/// The command that gives a field its value.
fn filled_in(looked: &Looked, run: &Run, path: &str) -> String {
    let client = &looked.client;
    let names: Vec<&str> = path.split('.').collect();
    match names.as_slice() {
        ["client", "staff", who, field @ ..] | ["staff", who, field @ ..] => of_staff(looked, who, field),
        ["client", field @ ..] if !field.is_empty() => {
            format!("`jobwright client set {} {}=VALUE`", client.id, field.join("."))
        }
        ["recipient", field] => of_recipient(looked, run, field),
        ["tasks", task, "outputs", field] => of_task(looked, task, field),
        ["dates", _] => "`jobwright why JOB TASK date` says what the date hangs on".into(),
        ["inputs", input] => format!(
            "inputs are given at the start: `jobwright start {} --client {} --input {input}=VALUE`",
            looked.job.definition, client.id
        ),
        _ => format!("`{path}` is empty"),
    }
}

fn of_staff(looked: &Looked, who: &str, field: &[&str]) -> String {
    let of = &looked.client.staff;
    let found = match who {
        "primary" => of.primary.clone(),
        "last_interaction" => of.last.as_ref().map(|last| last.staff.clone()),
        _ => None,
    };
    let found = found.filter(|id| looked.staff().iter().any(|one| one.id == *id));
    match (found, field) {
        (Some(id), [field]) => format!("`jobwright staff set {id} {field}=VALUE`"),
        _ => format!("`jobwright client set {} staff.{who}=STAFF`", looked.client.id),
    }
}

/// The first of those written to who lacks it.
fn of_recipient(looked: &Looked, run: &Run, field: &str) -> String {
    let lacks = |person: &&PersonId| match person {
        PersonId::Contact(id) => looked.client.contact(id).is_none_or(|contact| is_empty(contact, field)),
        PersonId::Staff(_) => true,
    };
    let people: Vec<&PersonId> = run.people().map(|(_, person)| &person.id).collect();
    match people.iter().copied().find(lacks).or(people.first().copied()) {
        Some(PersonId::Contact(id)) => {
            format!("`jobwright contact set {}/{id} {field}=VALUE`", looked.client.id)
        }
        Some(PersonId::Staff(id)) if matches!(field, "email" | "name") => {
            format!("`jobwright staff set {id} {field}=VALUE`")
        }
        Some(PersonId::Staff(id)) => format!("staff have no `{field}`, and it is {id} who is written to"),
        None => format!("`recipient.{field}` is empty"),
    }
}

fn is_empty(contact: &Contact, field: &str) -> bool {
    match field {
        "email" => contact.email.is_none(),
        "department" => contact.department.is_none(),
        "position" => contact.position.is_none(),
        "phone" => contact.phone.is_none(),
        _ => true,
    }
}

/// An answer or an output of a task of the job: given while the task is open, and after it was opened again.
fn of_task(looked: &Looked, task: &str, field: &str) -> String {
    let job = short(looked.job.id);
    let known = task.parse::<TaskKey>().ok().and_then(|key| looked.job.run(&key));
    let given = match item(looked, task, field) {
        Some(Item { takes: Takes::File { .. }, .. }) => format!("`jobwright answer {job} {task} {field} --file FILE`"),
        Some(_) => format!("`jobwright answer {job} {task} {field} --value VALUE`"),
        None => format!("`jobwright complete {job} {task} --set {field}=VALUE`"),
    };
    match known {
        Some(run) if run.state.is_settled() => {
            format!("`jobwright reopen {job} {task} --note NOTE`, then {given}")
        }
        _ => given,
    }
}

fn item<'a>(looked: &'a Looked, task: &str, field: &str) -> Option<&'a Item> {
    let task: Name = task.parse().ok()?;
    let Work::Request(Request { parts, .. }) = &looked.prepared.plan.task(&task)?.work else { return None };
    match parts {
        Parts::Documents { items, .. } | Parts::Form(items) => items.iter().find(|item| item.id.as_str() == field),
        Parts::Approval { .. } | Parts::Signature { .. } | Parts::Manual { .. } => None,
    }
}
