//! `contact`: the people at a client who can be written to, by hand.

mod form;

use clap::{Args, Subcommand};
use jobwright_core::directory::{Client, Contact as Record};
use jobwright_core::id::{ClientId, RoleId};
use jobwright_definition::people::property;

use super::Context;
use super::client::{change, found, nobody};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::people::{Assignment, ContactPath, Known, contact_card, contact_json, contacts_table, set_contact};
use crate::report::{Report, Result};

/// Contacts of a client: list, show, add, set, remove, move, tick, untick; and their form
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright contact list 4711
  jobwright contact show 4711/ann
  jobwright contact add 4711/ann \"Ann Bell\" email=ann@acme.example \"roles=payroll;vat\"
  jobwright contact set 4711/ann email=ann.bell@acme.example can_sign=true
  jobwright contact move 4711/ann 1        the first contact is the primary one
  jobwright contact tick 4711/ann payroll  a waiting job takes up its work at once
  jobwright contact form                   what can be entered and ticked, tab by tab")]
pub struct Contact {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// A client's contacts in their order; the first is the primary one
    List { client: ClientId },
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
        /// What is known: email, roles, department, position, phone, offices, portal, active, can_sign, crm_opt_out
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
    /// Remove a contact; the next one in order is the primary then
    Remove {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
    },
    /// Move a contact to a place in the order; the first is the primary one
    Move {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        /// The place, counted from 1
        #[arg(value_parser = clap::value_parser!(u16).range(1..))]
        place: u16,
    },
    /// Tick a contact role
    Tick {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        role: RoleId,
    },
    /// Untick a contact role
    Untick {
        #[arg(value_name = "CLIENT/CONTACT")]
        contact: ContactPath,
        role: RoleId,
    },
    /// The contact form: its tabs, and what stands on each
    Form,
}

impl Contact {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk()?;
        match self.act {
            Act::List { client } => list(ctx, &found(&desk, &client)?)?,
            Act::Show { contact } => show(ctx, &found(&desk, &contact.client)?, &contact)?,
            Act::Form => form::show(ctx, &desk)?,
            act => act.commit(ctx, &desk)?,
        }
        Ok(Exit::Done)
    }
}

impl Act {
    /// What changes a contact.
    fn commit(self, ctx: &mut Context, desk: &Desk) -> Result<()> {
        let known = Known::of(&desk.practice, &desk.engine)?;
        let mut write = |path: &ContactPath, edit: &dyn Fn(&mut Client) -> Result<()>| {
            change(ctx, desk, &path.client, |before| {
                let mut client = before.ok_or_else(|| nobody(&path.client))?;
                edit(&mut client).map(|()| client)
            })
        };
        match &self {
            Self::List { .. } | Self::Show { .. } | Self::Form => Ok(()),
            Self::Add { contact, name, set } => write(contact, &|client| {
                let mut record = Record { name: name.clone(), ..property::new_contact(contact.contact.clone()) };
                set_contact(&mut record, set, &known)?;
                kept(client.add_contact(record))
            }),
            Self::Set { contact, set } => {
                write(contact, &|client| set_contact(kept(client.contact_mut(&contact.contact))?, set, &known))
            }
            Self::Remove { contact } => {
                write(contact, &|client| kept(client.remove_contact(&contact.contact)).map(drop))
            }
            Self::Move { contact, place } => {
                write(contact, &|client| kept(client.move_contact(&contact.contact, usize::from(*place) - 1)))
            }
            Self::Tick { contact, role } => write(contact, &|client| {
                if let Some(fault) = known.role(role.as_str()) {
                    return Err(
                        Report::new(Exit::NotFound, fault).next("`jobwright role list` shows all contact roles")
                    );
                }
                kept(client.tick(&contact.contact, role, true))
            }),
            Self::Untick { contact, role } => {
                write(contact, &|client| kept(client.tick(&contact.contact, role, false)))
            }
        }
    }
}

fn kept<T>(changed: std::result::Result<T, jobwright_core::directory::Unchanged>) -> Result<T> {
    use jobwright_core::directory::Unchanged;
    changed.map_err(|unchanged| {
        let exit = if matches!(unchanged, Unchanged::NoSuchContact(_)) { Exit::NotFound } else { Exit::No };
        Report::new(exit, unchanged.to_string())
    })
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
