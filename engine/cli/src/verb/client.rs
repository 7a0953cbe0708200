//! `client`: whom the practice serves, by hand.

use clap::{Args, Subcommand};
use jobwright_core::access::{Action, Resource};
use jobwright_core::directory::trail::Subject;
use jobwright_core::directory::{Client as Record, Interaction};
use jobwright_core::id::{ClientId, StaffId};
use jobwright_core::job::JobState;
use jobwright_definition::people::property;
use jobwright_store::{directory, jobs};

use super::work::say_waiting;
use super::{Context, history};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::counted;
use crate::people::{Assignment, Known, client_card, client_json, clients_table, set_client};
use crate::report::{Report, Result};

/// Clients read at once.
const PAGE: usize = 500;
/// Most clients that a search shows.
const SEARCHED_MAX: usize = 100;
/// Longest words for a dealing.
const DEALING_BYTES_MAX: usize = 200;

/// Clients: list, show, add, set, remove; dealings with them, and what was changed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright client list --search smith
  jobwright client show 4711
  jobwright client add 4711 \"Acme Foundry Ltd\" \"services=payroll;vat\" staff.primary=pat
  jobwright client set 4711 status=former payroll.pay_day=28 staff.payroll_clerk=kim
  jobwright client dealing 4711 kim \"invoice 2026-118\" --at 2026-05-04
  jobwright client history 4711
  jobwright client remove 4711             asks first, and shows what hangs on it")]
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
    /// Remove a client with its contacts; its jobs stay, and find no one. Shows what hangs on it first
    Remove {
        client: ClientId,
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Note a dealing of a member of staff with a client: an appointment, a call, an invoice
    Dealing {
        client: ClientId,
        staff: StaffId,
        /// What it was, with its number where it has one: the same dealing twice counts once
        what: String,
        /// When it was, as a day or an instant; now when left out
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
    },
    /// What was changed of a client and its contacts, when, by whom and how; the newest first
    History {
        client: ClientId,
        /// So many changes at the most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
}

impl Act {
    /// What it does with people: looking, or changing.
    fn action(&self) -> Action {
        match self {
            Self::List { .. } | Self::Show { .. } | Self::History { .. } => Action::View,
            Self::Add { .. } | Self::Set { .. } | Self::Remove { .. } | Self::Dealing { .. } => Action::Edit,
        }
    }
}

impl Client {
    /// Whether it brings something in, for which a store is made where there is none.
    pub(super) fn adds(&self) -> bool {
        matches!(self.act, Act::Add { .. })
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(self.act.action(), Resource::Clients)?;
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
                change(ctx, &desk, ("client add", &client), make)?;
            }
            Act::Set { client, set } => {
                let known = Known::of(&desk.practice, &desk.engine)?;
                let make = |before: Option<Record>| {
                    let mut record = before.ok_or_else(|| nobody(&client))?;
                    set_client(&mut record, &set, &known).map(|()| record)
                };
                change(ctx, &desk, ("client set", &client), make)?;
            }
            Act::Dealing { client, staff, what, at } => {
                let known = Known::of(&desk.practice, &desk.engine)?;
                let dealing = dealing(&desk, &known, staff, what, at.as_deref())?;
                let make = |before: Option<Record>| {
                    let mut record = before.ok_or_else(|| nobody(&client))?;
                    record.note_interaction(dealing);
                    Ok(record)
                };
                change(ctx, &desk, ("client dealing", &client), make)?;
            }
            Act::History { client, limit } => {
                let changes = directory::changes_of(&desk.engine.reader(), &Subject::Client(client.clone()), limit)?;
                if changes.is_empty() {
                    found(&desk, &client)?;
                }
                history::say(ctx, &desk, &changes)?;
            }
            Act::Remove { client, yes } => {
                let plan = removal(&desk, &found(&desk, &client)?)?;
                ctx.confirmed(yes, &plan)?;
                desk.engine.remove_client(&client, &desk.attribution("client remove")?)?;
                ctx.say_done(&format!("client {client} is removed"))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Most open jobs that are counted before a client is removed.
const OPEN_JOBS_COUNTED_MAX: usize = 1_000;

/// What goes with a client that is removed, in a sentence a line.
fn removal(desk: &Desk, client: &Record) -> Result<Vec<String>> {
    let mut plan = vec![format!("client {} ({}) is removed for good", client.id, client.name)];
    if !client.contacts.is_empty() {
        let names: Vec<&str> = client.contacts.iter().map(|contact| contact.name.as_str()).collect();
        plan.push(format!("  with its {}: {}", counted(names.len() as u64, "contact"), names.join(", ")));
    }
    let page = jobs::of_client(&desk.engine.reader(), &client.id, None, None, OPEN_JOBS_COUNTED_MAX)?;
    let open = page.found.iter().filter(|head| head.value.state == JobState::Open).count();
    if open > 0 {
        let more = if page.next.is_some() { " and more" } else { "" };
        plan.push(format!(
            "  {}{more} stay open, and find no one to write to; `cancel` ends them",
            counted(open as u64, "job")
        ));
    }
    plan.push(format!("  `client set {} status=former` keeps what is known of it", client.id));
    Ok(plan)
}

/// A dealing as it was typed.
fn dealing(desk: &Desk, known: &Known<'_>, staff: StaffId, what: String, at: Option<&str>) -> Result<Interaction> {
    if let Some(fault) = known.member(staff.as_str()) {
        return Err(Report::new(Exit::NotFound, fault).next("`jobwright staff list` shows all staff"));
    }
    let what = what.trim().to_owned();
    if what.is_empty() || what.len() > DEALING_BYTES_MAX {
        return Err(Report::usage(format!("say what the dealing was, in at most {DEALING_BYTES_MAX} bytes")));
    }
    let now = desk.engine.now();
    let zone = &desk.practice.zone;
    let at = match at {
        // A day is its noon, which is the same day wherever it is read; of today so much as is over.
        Some(text) => {
            let at = super::moment(text, zone, jiff::civil::time(12, 0, 0, 0))?;
            let is_today = at.to_zoned(zone.clone()).date() == now.to_zoned(zone.clone()).date();
            if is_today { at.min(now) } else { at }
        }
        None => now,
    };
    if at > now {
        return Err(Report::new(Exit::No, "a dealing that is still to come has not happened yet"));
    }
    Ok(Interaction { staff, at, what })
}

/// Changes a client, commits, and says what came of it.
pub(super) fn change(
    ctx: &mut Context,
    desk: &Desk,
    (door, id): (&str, &ClientId),
    make: impl FnOnce(Option<Record>) -> Result<Record>,
) -> Result<()> {
    let (client, woken) = desk
        .engine
        .change_client(id, &desk.attribution(door)?, |before| make(before).map(|after| (after.clone(), after)))?;
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
