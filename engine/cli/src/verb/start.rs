//! `start`: one job, or one for each matching client after a preview.
//!
//! Owns: which clients, and what is said of each. Leaves periods, inputs and the first turn to the engine.

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::{
    directory::Client,
    id::{ClientId, DefinitionId, Name},
    value::{Type, Values},
};
use jobwright_definition::typed::{self, LIST_SEPARATOR};
use jobwright_runtime::{Start as Wish, Started};
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
        let started = self.start(desk, definition, &client, &inputs)?;
        say(&started, &client, ctx)?;
        super::work::say_waiting(desk, ctx)?;
        Ok(Exit::Done)
    }

    /// The preview first: who gets a job, who does not, and why. A client that has the job already is no error, so
    /// that a command cut off in the middle is simply given again.
    fn many(
        &self,
        desk: &Desk,
        definition: &DefinitionId,
        condition: &str,
        inputs: &Values,
        ctx: &mut Context,
    ) -> Result {
        let condition = desk.engine.condition(condition).map_err(engine_report)?;
        let (mut started, mut left) = (0, 0);
        let mut after = None;
        loop {
            let page = directory::clients(&desk.engine.reader(), after.as_ref(), CLIENTS_PAGE).map_err(store_report)?;
            for client in page.found.into_iter().map(|loaded| loaded.value) {
                match condition.holds(&client) {
                    Ok(true) if !self.yes => {
                        started += 1;
                        ctx.out.line(one_line(&format!("{}  {}", client.id, client.name)))?;
                    }
                    Ok(true) => match self.start(desk, definition, &client.id, inputs) {
                        Ok(new) => {
                            started += 1;
                            say(&new, &client.id, ctx)?;
                        }
                        Err(report) if report.exit() == Exit::No => {
                            left += 1;
                            not_started(&client, report.what(), ctx)?;
                        }
                        Err(report) => return Err(report),
                    },
                    Ok(false) => {}
                    Err(why) => {
                        left += 1;
                        not_started(&client, &why, ctx)?;
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if !ctx.global.json {
            let summary = if self.yes {
                format!("{started} started, {left} left out.")
            } else {
                format!("{started} clients would get a job, {left} are left out. Add --yes to start them.")
            };
            ctx.out.line(summary)?;
        }
        super::work::say_waiting(desk, ctx)?;
        Ok(Exit::Done)
    }

    fn start(&self, desk: &Desk, definition: &DefinitionId, client: &ClientId, inputs: &Values) -> Result<Started> {
        let wish = Wish {
            id: new_job(&desk.engine),
            definition: definition.clone(),
            client: client.clone(),
            period: self.period.clone(),
            inputs: inputs.clone(),
            by: desk.actor()?,
            parent: None,
        };
        desk.engine.start(wish).map_err(engine_report)
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

fn say(started: &Started, client: &ClientId, ctx: &mut Context) -> Result<()> {
    let (job, already) = (started.job(), matches!(started, Started::Already(_)));
    if ctx.global.json {
        ctx.out.json(&json!({ "job": job.to_string(), "client": client.as_str(), "already": already }))?;
    } else if already {
        ctx.out.line(format!("client {client} has this job already: {job}"))?;
    } else {
        ctx.out.line(format!("started job {job} for client {client} (…{})", short(job)))?;
    }
    Ok(())
}

fn not_started(client: &Client, why: &str, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        ctx.out.json(&json!({ "client": client.id.as_str(), "left_out": why }))?;
    } else {
        ctx.out.line(one_line(&format!("{}  {}: left out, {why}", client.id, client.name)))?;
    }
    Ok(())
}
