//! `contact`: the people at a client who can be written to, by hand.

mod form;
mod tick;

use clap::{Args, Subcommand};
use jobwright_core::access::{Action, Resource};
use jobwright_core::directory::{Client, Contact as Record};
use jobwright_core::id::{ClientId, RoleId};
use jobwright_core::recipient::PersonId;
use jobwright_definition::people::property;
use jobwright_store::{directory, jobs};

use super::Context;
use super::client::{change, found, nobody};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::counted;
use crate::people::{Assignment, ContactPath, Known, contact_card, contact_json, contacts_table, set_contact};
use crate::report::{Report, Result};

/// Clients read at once.
const CLIENTS_READ: usize = 500;
/// Most jobs of a client that are looked at before a contact is removed.
const OPEN_JOBS_READ_MAX: usize = 1_000;

/// Contacts of a client: list, show, add, set, remove, move, tick, untick; and their form
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright contact list 4711
  jobwright contact list --search smith    across all clients
  jobwright contact show 4711/ann
  jobwright contact add 4711/ann \"Ann Bell\" email=ann@acme.example \"roles=payroll;vat\"
  jobwright contact set 4711/ann email=ann.bell@acme.example can_sign=true
  jobwright contact set 4711/ann refuses_mail=false    a server was wrong: write to this address again
  jobwright contact move 4711/ann 1        the first contact is the primary one
  jobwright contact tick 4711/ann payroll  a waiting job takes up its work at once
  jobwright contact tick payroll --where 'contact.position == \"Bookkeeper\"'   who would get the tick; --yes ticks
  jobwright contact form                   what can be entered and ticked, tab by tab")]
pub struct Contact {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// A client's contacts in their order, the first is the primary one; without a client all contacts, page by page
    List {
        client: Option<ClientId>,
        /// Those in whose name or address a word begins so
        #[arg(long, value_name = "WORD", conflicts_with = "client")]
        search: Option<String>,
    },
    /// One contact
    Show {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
    },
    /// Add a contact, last in order
    Add {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        name: String,
        /// What is known: greeting, email, roles, department, position, phone, offices, portal, active, can_sign,
        /// crm_opt_out, refuses_mail
        #[arg(value_name = "KEY=VALUE")]
        set: Vec<Assignment>,
    },
    /// Change what is known of a contact
    Set {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        #[arg(value_name = "KEY=VALUE", required = true)]
        set: Vec<Assignment>,
    },
    /// Remove a contact; the next one in order is the primary then. Shows what hangs on it first
    Remove {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Move a contact to a place in the order; the first is the primary one
    Move {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        /// The place, counted from 1
        #[arg(value_parser = clap::value_parser!(u16).range(1..))]
        place: u16,
    },
    /// Tick a contact role, for one contact or for all that a condition names
    Tick(tick::Ticking),
    /// Untick a contact role, for one contact or for all that a condition names
    Untick(tick::Ticking),
    /// The contact form: its tabs, and what stands on each
    Form,
}

impl Contact {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(self.act.action(), Resource::Clients)?;
        match self.act {
            Act::List { client: Some(client), .. } => list(ctx, &found(&desk, &client)?)?,
            Act::List { client: None, search } => list_all(ctx, &desk, search.as_deref())?,
            Act::Show { contact } => show(ctx, &found(&desk, &contact.client)?, &contact)?,
            Act::Form => form::show(ctx, &desk)?,
            Act::Remove { contact, yes } => {
                let client = found(&desk, &contact.client)?;
                ctx.confirmed(yes, &removal(&desk, &client, &contact)?)?;
                Act::Remove { contact, yes }.commit(ctx, &desk)?;
            }
            Act::Tick(ticking) => ticking.run(true, ctx, &desk)?,
            Act::Untick(ticking) => ticking.run(false, ctx, &desk)?,
            act => act.commit(ctx, &desk)?,
        }
        Ok(Exit::Done)
    }
}

impl Act {
    /// What it does with people: looking, or changing.
    fn action(&self) -> Action {
        match self {
            Self::List { .. } | Self::Show { .. } | Self::Form => Action::View,
            Self::Add { .. }
            | Self::Set { .. }
            | Self::Remove { .. }
            | Self::Move { .. }
            | Self::Tick(_)
            | Self::Untick(_) => Action::Edit,
        }
    }

    /// What changes a contact.
    fn commit(self, ctx: &mut Context, desk: &Desk) -> Result<()> {
        let known = Known::of(&desk.practice, &desk.engine)?;
        let door = match &self {
            Self::List { .. } => "contact list",
            Self::Show { .. } => "contact show",
            Self::Form => "contact form",
            Self::Add { .. } => "contact add",
            Self::Set { .. } => "contact set",
            Self::Remove { .. } => "contact remove",
            Self::Move { .. } => "contact move",
            Self::Tick(_) => "contact tick",
            Self::Untick(_) => "contact untick",
        };
        let mut write = |path: &ContactPath, edit: &dyn Fn(&mut Client) -> Result<()>| {
            change(ctx, desk, (door, &path.client), |before| {
                let mut client = before.ok_or_else(|| nobody(&path.client))?;
                edit(&mut client).map(|()| client)
            })
        };
        match &self {
            Self::List { .. } | Self::Show { .. } | Self::Form | Self::Tick(_) | Self::Untick(_) => Ok(()),
            Self::Add { contact, name, set } => write(contact, &|client| {
                let mut record = Record { name: name.clone(), ..property::new_contact(contact.contact.clone()) };
                set_contact(&mut record, set, &known)?;
                kept(client.add_contact(record))
            }),
            Self::Set { contact, set } => {
                write(contact, &|client| set_contact(kept(client.contact_mut(&contact.contact))?, set, &known))
            }
            Self::Remove { contact, .. } => {
                write(contact, &|client| kept(client.remove_contact(&contact.contact)).map(drop))
            }
            Self::Move { contact, place } => {
                write(contact, &|client| kept(client.move_contact(&contact.contact, usize::from(*place) - 1)))
            }
        }
    }
}

/// What goes with a contact that is removed.
fn removal(desk: &Desk, client: &Client, path: &ContactPath) -> Result<Vec<String>> {
    let Some(contact) = client.contact(&path.contact) else { return Ok(vec![]) };
    let mut plan = vec![format!("contact {}/{} ({}) is removed for good", client.id, contact.id, contact.name)];
    if client.primary_contact().is_some_and(|primary| primary.id == contact.id) {
        let next = client.contacts.get(1).map_or("no one".to_owned(), |next| next.name.clone());
        plan.push(format!("  they are the primary contact; {next} is the primary contact then"));
    }
    let sole = contact
        .roles
        .iter()
        .filter(|role| !client.contacts.iter().any(|other| other.id != contact.id && other.roles.contains(role)));
    let sole: Vec<&str> = sole.map(RoleId::as_str).collect();
    if !sole.is_empty() {
        plan.push(format!("  no other contact has the role {}", sole.join(", ")));
    }
    let page = jobs::of_client(&desk.engine.reader(), &client.id, None, None, OPEN_JOBS_READ_MAX)?;
    let person = PersonId::Contact(contact.id.clone());
    let asked = page.found.iter().flat_map(|head| &head.value.tasks).filter(|task| task.people.contains(&person));
    let asked = asked.count();
    if asked > 0 {
        plan.push(format!(
            "  {} of open jobs ask them, and are asked of others or wait",
            counted(asked as u64, "task")
        ));
    }
    plan.push(format!("  `contact set {}/{} active=false` keeps what is known of them", client.id, contact.id));
    Ok(plan)
}

fn kept<T>(changed: std::result::Result<T, jobwright_core::directory::Unchanged>) -> Result<T> {
    use jobwright_core::directory::Unchanged;
    changed.map_err(|unchanged| {
        let exit = if matches!(unchanged, Unchanged::NoSuchContact(_)) { Exit::NotFound } else { Exit::No };
        Report::new(exit, unchanged.to_string())
    })
}

/// Contacts of all clients (b066): those that words find, or all of them, page by page.
fn list_all(ctx: &mut Context, desk: &Desk, search: Option<&str>) -> Result<()> {
    let reader = desk.engine.reader();
    if let Some(word) = search {
        let hits = directory::search(&reader, word, CLIENTS_READ)?;
        let found = hits.iter().flat_map(|hit| {
            let all = hit.client.contacts.iter().enumerate();
            all.filter(|(_, one)| hit.contacts.contains(&one.id)).map(|(place, one)| (&hit.client, place, one))
        });
        return say_contacts(ctx, &found.collect::<Vec<_>>(), true);
    }
    let (mut after, mut is_first) = (None, true);
    loop {
        let page = directory::clients(&reader, after.as_ref(), CLIENTS_READ)?;
        after = page.next;
        let clients: Vec<Client> = page.found.into_iter().map(|client| client.value).collect();
        let all = clients.iter().flat_map(|client| {
            client.contacts.iter().enumerate().map(move |(place, contact)| (client, place, contact))
        });
        say_contacts(ctx, &all.collect::<Vec<_>>(), is_first && after.is_none())?;
        is_first = false;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn say_contacts(ctx: &mut Context, contacts: &[(&Client, usize, &Record)], is_all: bool) -> Result<()> {
    if ctx.global.json {
        let shapes = contacts.iter().map(|(client, place, one)| contact_json(client, *place, one));
        shapes.into_iter().try_for_each(|one| ctx.out.json(&one))?;
    } else if contacts.is_empty() && is_all {
        ctx.out.line("no such contacts")?;
    } else if !contacts.is_empty() {
        let table = contacts_table(contacts.iter().map(|(client, place, contact)| (Some(*client), *place, *contact)));
        ctx.out.text(table.human(ctx.out.paint()))?;
    }
    Ok(())
}

fn list(ctx: &mut Context, client: &Client) -> Result<()> {
    let contacts = client.contacts.iter().enumerate();
    if ctx.global.json {
        contacts.map(|(place, one)| contact_json(client, place, one)).try_for_each(|one| ctx.out.json(&one))?;
    } else if client.contacts.is_empty() {
        ctx.out.line(format!("client {} has no contacts", client.id))?;
    } else {
        let table = contacts_table(contacts.map(|(place, contact)| (Some(client), place, contact)));
        ctx.out.text(table.human(ctx.out.paint()))?;
    }
    Ok(())
}

fn show(ctx: &mut Context, client: &Client, path: &ContactPath) -> Result<()> {
    let place = client.contacts.iter().position(|contact| contact.id == path.contact);
    let no_such = || Report::new(Exit::NotFound, format!("client {} has no contact {}", path.client, path.contact));
    let place = place.ok_or_else(no_such)?;
    let contact = &client.contacts[place];
    if ctx.global.json {
        ctx.out.json(&contact_json(client, place, contact))?;
    } else {
        ctx.out.text(contact_card(client, contact, ctx.out.paint()))?;
    }
    Ok(())
}
