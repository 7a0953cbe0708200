//! `staff leave`: what becomes of the work of somebody who leaves.
//!
//! Owns: the list of their open tasks with who would get each, shown before anything changes; handing them to one person
//! where the rules of each task allow it; and what came of it. Leaves asking the rules again to the engine, which does so
//! for whoever leaves by any door.

use jobwright_core::command::{Act, Command};
use jobwright_core::directory::{Client, Staff};
use jobwright_core::id::{ClientId, JobId, StaffId};
use jobwright_core::job::hangs_on_people;
use jobwright_core::recipient::{Found, Person, PersonId, Reason};
use jobwright_core::task::TaskKey;
use jobwright_runtime::{Looked, answer, facts::Scene};
use jobwright_store::directory;
use serde_json::{Value as Json, json};

use super::Context;
use crate::assemble::engine_report;
use crate::desk::{Desk, short};
use crate::exit::Exit;
use crate::people::staff_json;
use crate::report::{Report, Result};
use crate::shape;
use crate::table::Table;

/// Clients read at once.
const PAGE: usize = 500;
/// Most clients that are named of those they look after.
const CLIENTS_SHOWN_MAX: usize = 10;

/// A task on the desk of whoever leaves.
struct Lying {
    job: JobId,
    name: String,
    task: TaskKey,
    label: String,
    then: Then,
}

/// What becomes of it.
enum Then {
    /// The successor gets it.
    HandedTo(Person),
    /// Its rule gives it to these.
    AskedAgain(Vec<Person>),
    /// The others who were asked can do it without them.
    Stays,
    /// Nobody is found.
    Uncompletable(Reason),
}

/// Shows what would become of the work, and with `--yes` does it.
pub(super) fn run(ctx: &mut Context, desk: &Desk, leaver: Staff, successor: Option<Staff>, yes: bool) -> Result {
    if let Some(successor) = &successor {
        fit(&leaver, successor)?;
    }
    let jobs = desk.engine.jobs_with(&leaver.id).map_err(engine_report)?;
    let mut lying = Vec::new();
    let mut refused = Vec::new();
    for job in &jobs {
        look(desk, *job, &leaver, successor.as_ref(), &mut lying, &mut refused)?;
    }
    let clients = looked_after(desk, &leaver.id)?;
    if !ctx.global.json {
        tell(ctx, &leaver, &lying, &refused, &clients, yes || lying.is_empty())?;
    }
    if !yes && !lying.is_empty() {
        if ctx.global.json {
            ctx.out.json(&answer_of(&leaver, &lying, &refused, &clients, false))?;
        } else {
            let more = if successor.is_none() { ", or --hand-over-to STAFF to give them to one person" } else { "" };
            ctx.out.line(format!("Nothing is changed yet. Add --yes to note that {} has left{more}.", leaver.id))?;
        }
        return Ok(Exit::No);
    }
    if let Some(successor) = &successor {
        hand_over(desk, &leaver, successor, &lying)?;
    }
    let gone = Staff { active: false, ..leaver };
    desk.engine.put_staff(&gone, &desk.attribution("staff leave")?).map_err(engine_report)?;
    // Jobs of an earlier release may not have noted that they wait for their people.
    desk.engine.look_again(jobs).map_err(engine_report)?;
    if ctx.global.json {
        ctx.out.json(&answer_of(&gone, &lying, &refused, &clients, true))?;
        return Ok(Exit::Done);
    }
    ctx.say_done(&format!("member of staff {} has left", gone.id))?;
    super::say_waiting(desk, ctx)?;
    Ok(Exit::Done)
}

/// Whoever takes the work over is somebody else, and here.
fn fit(leaver: &Staff, successor: &Staff) -> Result<()> {
    if successor.id == leaver.id {
        return Err(Report::usage(format!("{} cannot take over from themselves", leaver.id)));
    }
    if !successor.active {
        let report = Report::new(Exit::No, format!("{} has left, and cannot take work over", successor.id));
        return Err(report.next("`jobwright staff list` shows who is here"));
    }
    Ok(())
}

/// The tasks of a job that lie on the desk, and why some of them cannot be handed over.
fn look(
    desk: &Desk,
    job: JobId,
    leaver: &Staff,
    successor: Option<&Staff>,
    lying: &mut Vec<Lying>,
    refused: &mut Vec<(String, TaskKey, String)>,
) -> Result<()> {
    let looked = desk.engine.look(job).map_err(engine_report)?;
    let scene = looked.scene(&desk.engine).map_err(engine_report)?;
    let mut staff = looked.staff().to_vec();
    staff.iter_mut().filter(|one| one.id == leaver.id).for_each(|one| one.active = false);
    let after = Scene { staff: &staff, ..scene };
    let person = PersonId::Staff(leaver.id.clone());
    for (key, run) in shape::in_order(&looked.job, &looked.prepared.plan) {
        let waits = looked.prepared.plan.task(&key.task).is_some_and(|task| hangs_on_people(task, run));
        if !waits || !run.doers().any(|one| one.id == person) {
            continue;
        }
        let name = name_of(&looked);
        let handed = successor.map(|successor| handed(desk, &looked, &scene, &key, leaver, successor)).transpose()?;
        let then = match handed {
            Some(Ok(to)) => Then::HandedTo(to),
            other => {
                if let Some(Err(why)) = other {
                    refused.push((name.clone(), key.clone(), why));
                }
                by_rule(&after, &key)
            }
        };
        lying.push(Lying { job, name, label: scene.label(&key), task: key, then });
    }
    Ok(())
}

/// The successor, or why the task cannot be given to them.
fn handed(
    desk: &Desk,
    looked: &Looked,
    scene: &Scene<'_>,
    key: &TaskKey,
    leaver: &Staff,
    successor: &Staff,
) -> Result<std::result::Result<Person, String>> {
    let command = give(desk, looked, key, leaver, successor)?;
    let to = person(successor);
    Ok(looked.would(scene, command).map(|_| to).map_err(|refusal| refusal.to_string()))
}

/// The act that gives the leaver's part of a task to the successor; others who were asked stay.
fn give(desk: &Desk, looked: &Looked, key: &TaskKey, leaver: &Staff, successor: &Staff) -> Result<Command> {
    let leaving = PersonId::Staff(leaver.id.clone());
    let place = looked.job.run(key).and_then(|run| run.places.get(&run.given_slot()));
    let others = place.into_iter().flat_map(|place| place.people.clone()).filter(|one| one.id != leaving);
    let mut people: Vec<Person> = others.collect();
    if !people.iter().any(|one| one.id == PersonId::Staff(successor.id.clone())) {
        people.push(person(successor));
    }
    let by = desk.actor()?;
    let act = Act::Reassign { people };
    Ok(Command::Act { task: key.clone(), act, by, active: true, note: desk.note() })
}

fn person(staff: &Staff) -> Person {
    let address = staff.email.as_deref().map(str::trim).filter(|address| !address.is_empty()).map(Into::into);
    Person { id: PersonId::Staff(staff.id.clone()), name: staff.name.clone(), address }
}

/// Who would do it once they are gone.
fn by_rule(after: &Scene<'_>, key: &TaskKey) -> Then {
    let Some(found) = answer::without(after, key) else { return Then::Stays };
    let mut people = Vec::new();
    for (_, found) in found {
        if found.found != Found::Chosen {
            return Then::Uncompletable(found.reason.unwrap_or(Reason::Deactivated));
        }
        people.extend(found.chosen);
    }
    Then::AskedAgain(people)
}

fn hand_over(desk: &Desk, leaver: &Staff, successor: &Staff, lying: &[Lying]) -> Result<()> {
    for one in lying.iter().filter(|one| matches!(one.then, Then::HandedTo(_))) {
        let looked = desk.engine.look(one.job).map_err(engine_report)?;
        let command = give(desk, &looked, &one.task, leaver, successor)?;
        desk.engine.command(one.job, command).map_err(engine_report)?;
    }
    Ok(())
}

/// The clients that name the leaver, and as what.
fn looked_after(desk: &Desk, leaver: &StaffId) -> Result<Vec<(ClientId, Vec<String>)>> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = directory::clients(&desk.engine.reader(), after.as_ref(), PAGE)?;
        for client in page.found.into_iter().map(|client| client.value) {
            let duties = duties(&client, leaver);
            if !duties.is_empty() {
                found.push((client.id, duties));
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

fn duties(client: &Client, leaver: &StaffId) -> Vec<String> {
    let primary = (client.staff.primary.as_ref() == Some(leaver)).then(|| "primary".to_owned());
    let assigned = client.staff.assigned.iter().filter(|(_, people)| people.contains(leaver));
    primary.into_iter().chain(assigned.map(|(role, _)| role.to_string())).collect()
}

fn name_of(looked: &Looked) -> String {
    let job = &looked.job;
    let period = job.period.as_ref().map_or_else(String::new, |period| format!("/{}", period.key));
    format!("{}/{}{period}", job.definition, job.client)
}

/// What lies there and who gets it, in words.
fn tell(
    ctx: &mut Context,
    leaver: &Staff,
    lying: &[Lying],
    refused: &[(String, TaskKey, String)],
    clients: &[(ClientId, Vec<String>)],
    done: bool,
) -> Result<()> {
    if ctx.global.quiet && done {
        return Ok(());
    }
    if !lying.is_empty() {
        let count = if lying.len() == 1 { "1 open task".into() } else { format!("{} open tasks", lying.len()) };
        ctx.out.line(format!("{} has {count}:", leaver.id))?;
        let mut table = Table::new(["job", "", "task", "", "then"]);
        for one in lying {
            let (name, label) = (one.name.clone(), one.label.clone());
            table.row([
                name.into(),
                short(one.job).into(),
                one.task.to_string().into(),
                label.into(),
                one.words().into(),
            ]);
        }
        ctx.out.text(table.human(ctx.out.paint()))?;
    }
    for (job, task, why) in refused {
        ctx.out.line(format!("Not handed over: {task} of {job}: {why}"))?;
    }
    if !clients.is_empty() {
        let shown = clients.iter().take(CLIENTS_SHOWN_MAX);
        let words: Vec<String> = shown.map(|(client, duties)| format!("{client} ({})", duties.join(", "))).collect();
        let more = clients.len().saturating_sub(CLIENTS_SHOWN_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let (client, duties) = &clients[0];
        let duty = duties.first().map_or("primary", String::as_str);
        ctx.out.line(format!("{} is still named by clients: {}{more}", leaver.id, words.join(", ")))?;
        ctx.out.line(format!("  next: `jobwright client set {client} staff.{duty}=STAFF` names somebody else"))?;
    }
    Ok(())
}

impl Lying {
    fn words(&self) -> String {
        let names = |people: &[Person]| people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
        match &self.then {
            Then::HandedTo(to) => format!("goes to {}", to.name),
            Then::AskedAgain(people) => format!("goes to {}, by its rule", names(people)),
            Then::Stays => "stays with the others who were asked".into(),
            Then::Uncompletable(reason) => format!("uncompletable, {reason}; {}", reason.mend()),
        }
    }

    fn json(&self, refused: &[(String, TaskKey, String)]) -> Json {
        let (then, people, reason) = match &self.then {
            Then::HandedTo(to) => ("handed_over", std::slice::from_ref(to), None),
            Then::AskedAgain(people) => ("asked_again", people.as_slice(), None),
            Then::Stays => ("stays", &[][..], None),
            Then::Uncompletable(reason) => ("uncompletable", &[][..], Some(shape::reason(reason))),
        };
        let why = refused.iter().find(|(job, task, _)| *job == self.name && *task == self.task);
        json!({
            "job": self.job.to_string(), "name": self.name, "task": self.task.to_string(), "label": self.label,
            "then": then, "people": people.iter().map(shape::person).collect::<Vec<_>>(), "reason": reason,
            "not_handed_over": why.map(|(_, _, why)| why),
        })
    }
}

fn answer_of(
    staff: &Staff,
    lying: &[Lying],
    refused: &[(String, TaskKey, String)],
    clients: &[(ClientId, Vec<String>)],
    left: bool,
) -> Json {
    let clients = clients.iter().map(|(client, duties)| json!({ "client": client.as_str(), "staff": duties }));
    json!({
        "staff": staff_json(staff), "left": left,
        "tasks": lying.iter().map(|one| one.json(refused)).collect::<Vec<_>>(),
        "named_by": clients.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::duties;
    use jobwright_definition::people::property;

    #[test]
    fn what_a_client_names_somebody_for_is_told_the_primary_first() {
        let mut client = property::new_client("acme".parse().unwrap());
        let kim = "kim".parse().unwrap();
        assert!(duties(&client, &kim).is_empty());
        client.staff.assigned.insert("clerk".parse().unwrap(), vec!["lee".parse().unwrap(), "kim".parse().unwrap()]);
        client.staff.primary = Some("kim".parse().unwrap());
        assert_eq!(duties(&client, &kim), ["primary", "clerk"]);
    }
}
