//! `start`: one job, or one for each matching client after a preview.
//!
//! Owns: which clients, and what is said of each. Leaves periods, inputs and the first turn to the engine.

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    directory::Client,
    id::{ClientId, DefinitionId, JobId, Name},
    value::{Type, Values},
};
use jobwright_definition::typed::{self, LIST_SEPARATOR};
use jobwright_runtime::{Error, Start as Wish, Started};
use jobwright_store::{definitions, directory};
use serde_json::json;

use super::Context;
use crate::assemble::{engine_report, store_report};
use crate::desk::{Desk, new_job, short};
use crate::exit::Exit;
use crate::output::one_line;
use crate::report::{Report, Result};

/// Clients read at once.
const CLIENTS_PAGE: usize = 500;
/// Most clients named for whom a condition fails.
const FAULTS_SHOWN_MAX: usize = 10;

/// Start a job for a client, or one for each client that a condition names
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright start monthly-payroll --client 4711
  jobwright start monthly-payroll --client 4711 --period 2026-05
  jobwright start monthly-payroll --where 'client.services.contains(\"payroll\")'          who would get one
  jobwright start monthly-payroll --where 'client.services.contains(\"payroll\")' --yes    starts them")]
pub struct Start {
    /// The definition's id
    definition: String,

    /// The client
    #[arg(long, value_name = "ID", required_unless_present = "condition")]
    client: Option<String>,

    /// Every client for whom this holds, an expression over `client`
    #[arg(long = "where", id = "condition", value_name = "EXPR", conflicts_with = "client")]
    condition: Option<String>,

    /// The period, as `2026-05`; the one that opened last when left out
    #[arg(long, value_name = "KEY")]
    period: Option<String>,

    /// An input, which else comes from the client's record; values of a list with `;` between them
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,

    /// With --where: start them, after you have seen the list
    #[arg(long)]
    yes: bool,
}

impl Start {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::Edit, Resource::Jobs)?;
        let definition: DefinitionId =
            self.definition.parse().map_err(|_| Report::usage(format!("`{}` is no id", self.definition)))?;
        let inputs = self.inputs(&desk, &definition)?;
        match (&self.client, &self.condition) {
            (Some(client), _) => self.one(&desk, &definition, client, inputs, ctx),
            (None, Some(condition)) => self.many(&desk, &definition, condition, &inputs, ctx),
            (None, None) => Err(Report::usage("say for whom: --client ID, or --where EXPR")),
        }
    }

    fn one(&self, desk: &Desk, definition: &DefinitionId, client: &str, inputs: Values, ctx: &mut Context) -> Result {
        let client: ClientId = client.parse().map_err(|_| Report::usage(format!("`{client}` is no client's id")))?;
        let wish = self.wish(desk, definition, &client, &inputs)?;
        let started = desk.engine.start(wish).map_err(engine_report)?;
        say(started.job(), matches!(started, Started::Already(_)), &client, ctx)?;
        super::work::say_waiting(desk, ctx)?;
        Ok(Exit::Done)
    }

    /// The preview first: who gets a job, who does not, and why, by the same checks as starting it. A client that has the
    /// job already is no error, so that a command cut off in the middle is simply given again; a condition that fails is
    /// one, and then nothing is started.
    fn many(
        &self,
        desk: &Desk,
        definition: &DefinitionId,
        condition: &str,
        inputs: &Values,
        ctx: &mut Context,
    ) -> Result {
        let known = definitions::latest(&desk.engine.reader(), definition).map_err(store_report)?;
        if known.is_none() {
            return Err(engine_report(jobwright_runtime::Error::NoSuchDefinition(definition.clone())));
        }
        let clients = meant(desk, condition)?;
        let mut count = Count::default();
        for client in &clients {
            let wish = self.wish(desk, definition, &client.id, inputs)?;
            let came = if self.yes {
                desk.engine.start(wish).map(|started| {
                    let job = started.job();
                    (job, matches!(started, Started::Already(_)))
                })
            } else {
                let would = desk.engine.would_start(&wish);
                would.map(|already| (already.unwrap_or(wish.id), already.is_some()))
            };
            match came {
                Ok((job, true)) => {
                    count.already += 1;
                    say(job, true, &client.id, ctx)?;
                }
                Ok((job, false)) => {
                    count.started += 1;
                    if self.yes { say(job, false, &client.id, ctx)? } else { would(client, ctx)? }
                }
                Err(Error::DoesNotApply { why, .. }) => {
                    count.left_out += 1;
                    not_started(client, "left_out", &format!("not for this client: {why}"), ctx)?;
                }
                Err(error @ (Error::Inputs(_) | Error::Period(_) | Error::KeyDates(_) | Error::Refused(_))) => {
                    count.failed += 1;
                    not_started(client, "failed", &error.to_string(), ctx)?;
                }
                Err(error) => return Err(engine_report(error)),
            }
        }
        if !ctx.global.json {
            ctx.out.line(count.words(self.yes))?;
        }
        super::work::say_waiting(desk, ctx)?;
        if count.failed > 0 {
            let what = format!("{} cannot get this job", clients_words(count.failed));
            return Err(Report::new(Exit::No, what).next("each is listed with the reason; the others are not affected"));
        }
        Ok(Exit::Done)
    }

    fn wish(&self, desk: &Desk, definition: &DefinitionId, client: &ClientId, inputs: &Values) -> Result<Wish> {
        Ok(Wish {
            id: new_job(&desk.engine),
            definition: definition.clone(),
            client: client.clone(),
            period: self.period.clone(),
            inputs: inputs.clone(),
            by: desk.actor()?,
            parent: None,
        })
    }

    /// Inputs by the types that the newest version declares.
    fn inputs(&self, desk: &Desk, definition: &DefinitionId) -> Result<Values> {
        if self.inputs.is_empty() {
            return Ok(Values::new());
        }
        let latest = definitions::latest(&desk.engine.reader(), definition).map_err(store_report)?;
        let unknown = || engine_report(jobwright_runtime::Error::NoSuchDefinition(definition.clone()));
        let prepared = desk.engine.prepared(latest.ok_or_else(unknown)?.hash).map_err(engine_report)?;
        let currency = desk.practice.file.practice.currency;
        let one = |given: &String| {
            let (name, text) =
                given.split_once('=').ok_or_else(|| Report::usage(format!("`{given}` is not NAME=VALUE")))?;
            let none = || Report::usage(format!("`{name}` is no input of {definition}"));
            let name: Name = name.parse().map_err(|_| none())?;
            let input = prepared.plan.inputs.iter().find(|input| input.name == name).ok_or_else(none)?;
            let is_list = matches!(&input.field.of, Type::List(_));
            if is_list && text.contains(',') && !text.contains([LIST_SEPARATOR, '[']) {
                let report = Report::usage(format!("`{given}`: several values stand with `;` between them"));
                return Err(report.next(format!(
                    "write '{name}={}'; one value with a comma is '{name}=[\"{text}\"]'",
                    text.replace(',', ";")
                )));
            }
            let value = typed::typed(text, &input.field, currency);
            Ok((name, value.map_err(|why| Report::usage(format!("`{given}`: {why}")))?))
        };
        self.inputs.iter().map(one).collect()
    }
}

/// Every client for whom the condition holds. When it fails for one, nobody knows whom it means.
fn meant(desk: &Desk, condition: &str) -> Result<Vec<Client>> {
    let condition = desk.engine.condition(condition).map_err(engine_report)?;
    let (mut meant, mut faults, mut failed, mut after) = (Vec::new(), Vec::new(), 0, None);
    loop {
        let page = directory::clients(&desk.engine.reader(), after.as_ref(), CLIENTS_PAGE).map_err(store_report)?;
        for client in page.found.into_iter().map(|loaded| loaded.value) {
            match condition.holds(&client) {
                Ok(true) => meant.push(client),
                Ok(false) => {}
                Err(why) => {
                    failed += 1;
                    if faults.len() < FAULTS_SHOWN_MAX {
                        faults.push(format!("client {}: {why}", client.id));
                    }
                }
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if failed == 0 {
        return Ok(meant);
    }
    let more = failed - faults.len();
    if more > 0 {
        faults.push(format!("and {more} more"));
    }
    let what = format!("the condition fails for {}: {}", clients_words(failed), faults.join("; "));
    Err(Report::new(Exit::No, what).next("nothing was started; a field that may be empty needs `??` or a test for it"))
}

/// What became of the clients that were meant.
#[derive(Default)]
struct Count {
    started: usize,
    already: usize,
    left_out: usize,
    failed: usize,
}

impl Count {
    fn words(&self, yes: bool) -> String {
        let mut parts = vec![match (yes, self.started) {
            (true, started) => format!("{started} started"),
            (false, 1) => "1 client would get a job".to_owned(),
            (false, started) => format!("{started} clients would get a job"),
        }];
        if self.already > 0 {
            parts.push(format!("{} {} it already", self.already, if self.already == 1 { "has" } else { "have" }));
        }
        let are = if yes {
            "left out"
        } else if self.left_out == 1 {
            "is left out"
        } else {
            "are left out"
        };
        parts.push(format!("{} {are}", self.left_out));
        if self.failed > 0 {
            parts.push(format!("{} cannot get one", self.failed));
        }
        let words = parts.join(", ");
        let is_done = yes || self.started == 0;
        if is_done { format!("{words}.") } else { format!("{words}. Add --yes to start them.") }
    }
}

fn clients_words(number: usize) -> String {
    if number == 1 { "1 client".to_owned() } else { format!("{number} clients") }
}

fn say(job: JobId, already: bool, client: &ClientId, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        ctx.out.json(&json!({ "job": job.to_string(), "client": client.as_str(), "already": already }))?;
    } else if already {
        ctx.out.line(format!("client {client} has this job already: {job}"))?;
    } else {
        ctx.out.line(format!("started job {job} for client {client} (…{})", short(job)))?;
    }
    Ok(())
}

fn would(client: &Client, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        ctx.out.json(&json!({ "client": client.id.as_str(), "would_start": true }))?;
    } else {
        ctx.out.line(one_line(&format!("{}  {}", client.id, client.name)))?;
    }
    Ok(())
}

/// A client that gets no job: the definition is not for it, or the job cannot be begun.
fn not_started(client: &Client, how: &str, why: &str, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        ctx.out.json(&json!({ "client": client.id.as_str(), how: why }))?;
    } else {
        let words = if how == "failed" { "cannot get one" } else { "left out" };
        ctx.out.line(one_line(&format!("{}  {}: {words}, {why}", client.id, client.name)))?;
    }
    Ok(())
}
