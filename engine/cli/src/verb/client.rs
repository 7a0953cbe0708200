//! `client`: whom the practice serves, by hand.

use clap::{Args, Subcommand};
use jobwright_core::directory::Client as Record;
use jobwright_core::id::ClientId;
use jobwright_definition::people::property;
use jobwright_store::directory;

use super::Context;
use super::work::say_waiting;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::people::{Assignment, Known, client_card, client_json, clients_table, set_client};
use crate::report::{Report, Result};

/// Clients read at once.
const PAGE: usize = 500;
/// Most clients that a search shows.
const SEARCHED_MAX: usize = 100;

/// Clients: list, show, add, set, remove
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright client list --search smith
  jobwright client show 4711
  jobwright client add 4711 \"Acme Foundry Ltd\" \"services=payroll;vat\" staff.primary=pat
  jobwright client set 4711 status=former payroll.pay_day=28 staff.payroll_clerk=kim
  jobwright client remove 4711")]
pub struct Client {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// All clients, or those that a word is found in
    List {
        /// A word of the client's or a contact's name, or of an address
        #[arg(long, value_name = "WORD")]
        search: Option<String>,
    },
    /// One client with its contacts
    Show { client: ClientId },
    /// Add a client
    Add {
        client: ClientId,
        name: String,
        /// What is known: name, type, status, services, office, staff.ROLE or a field of practice.yaml
        #[arg(value_name = "KEY=VALUE")]
        set: Vec<Assignment>,
    },
    /// Change what is known of a client
    Set {
        client: ClientId,
        #[arg(value_name = "KEY=VALUE", required = true)]
        set: Vec<Assignment>,
    },
    /// Remove a client with its contacts; its jobs stay, and find nobody
    Remove { client: ClientId },
}

impl Client {
    /// Whether it brings something in, for which a store is made where there is none.
    pub(super) fn adds(&self) -> bool {
        matches!(self.act, Act::Add { .. })
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk()?;
        match self.act {
            Act::List { search: None } => list(ctx, &desk)?,
            Act::List { search: Some(word) } => {
                let hits = directory::search(&desk.engine.reader(), &word, SEARCHED_MAX)?;
                show_all(ctx, hits.into_iter().map(|hit| hit.client).collect(), true)?;
            }
            Act::Show { client } => show(ctx, &found(&desk, &client)?)?,
            Act::Add { client, name, set } => {
                let known = Known::of(&desk.practice, &desk.engine)?;
                let make = |before: Option<Record>| match before {
                    Some(_) => Err(Report::new(Exit::No, format!("client {client} is there already"))),
                    None => {
                        let mut record = Record { name: name.clone(), ..property::new_client(client.clone()) };
                        set_client(&mut record, &set, &known).map(|()| record)
                    }
                };
                change(ctx, &desk, &client, make)?;
            }
            Act::Set { client, set } => {
                let known = Known::of(&desk.practice, &desk.engine)?;
                let make = |before: Option<Record>| {
                    let mut record = before.ok_or_else(|| nobody(&client))?;
                    set_client(&mut record, &set, &known).map(|()| record)
                };
                change(ctx, &desk, &client, make)?;
            }
            Act::Remove { client } => {
                desk.engine.remove_client(&client)?;
                ctx.say_done(&format!("client {client} is removed"))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Changes a client, commits, and says what came of it.
pub(super) fn change(
    ctx: &mut Context,
    desk: &Desk,
    id: &ClientId,
    make: impl FnOnce(Option<Record>) -> Result<Record>,
) -> Result<()> {
    let (client, woken) = desk.engine.change_client(id, |before| make(before).map(|after| (after.clone(), after)))?;
    if ctx.global.json {
        return Ok(ctx.out.json(&client_json(&client))?);
    }
    ctx.say_done(&format!("client {id} is written"))?;
    ctx.say_woken(woken)?;
    say_waiting(desk, ctx)
}

/// The client of this id.
pub(super) fn found(desk: &Desk, id: &ClientId) -> Result<Record> {
    directory::client(&desk.engine.reader(), id)?.value.ok_or_else(|| nobody(id))
}

pub(super) fn nobody(id: &ClientId) -> Report {
    Report::new(Exit::NotFound, format!("there is no client {id}")).next("`jobwright client list` shows all clients")
}

fn list(ctx: &mut Context, desk: &Desk) -> Result<()> {
    let (mut after, mut clients) = (None, Vec::new());
    loop {
        let page = directory::clients(&desk.engine.reader(), after.as_ref(), PAGE)?;
        clients.extend(page.found.into_iter().map(|client| client.value));
        after = page.next;
        let is_last = after.is_none();
        // A practice of many clients is shown page by page: columns line up within each.
        if is_last || clients.len() >= PAGE {
            show_all(ctx, std::mem::take(&mut clients), is_last)?;
        }
        if is_last {
            return Ok(());
        }
    }
}

fn show_all(ctx: &mut Context, clients: Vec<Record>, is_last: bool) -> Result<()> {
    if ctx.global.json {
        clients.iter().try_for_each(|client| ctx.out.json(&client_json(client)))?;
    } else if !clients.is_empty() {
        ctx.out.text(clients_table(&clients).human(ctx.out.paint()))?;
    } else if is_last && !ctx.global.quiet {
        ctx.out.line("no clients")?;
    }
    Ok(())
}

fn show(ctx: &mut Context, client: &Record) -> Result<()> {
    if ctx.global.json {
        ctx.out.json(&client_json(client))?;
    } else {
        ctx.out.text(client_card(client, ctx.out.paint()))?;
    }
    Ok(())
}
