//! `contact tick` and `untick`: a contact role, for one contact or for many.
//!
//! Owns: the preview of whom a condition names, and ticking them once it was asked for. Leaves what a condition may say to
//! the engine.

use clap::Args;
use jobwright_core::directory::{Client, Contact};
use jobwright_core::id::RoleId;
use jobwright_store::directory;
use serde_json::json;

use super::super::Context;
use super::super::client::{change, nobody};
use super::super::work::say_waiting;
use super::kept;
use crate::assemble::engine_report;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::people::{ContactPath, Known};
use crate::report::{Report, Result};

/// Clients read at once.
const PAGE: usize = 500;

/// Whom to tick.
#[derive(Debug, Args)]
pub struct Ticking {
    /// The contact, and the role; with --where the role alone
    #[arg(value_name = "CLIENT/CONTACT ROLE", num_args = 1..=2, required = true)]
    what: Vec<String>,

    /// All contacts that this holds for: an expression over `client` and `contact`
    #[arg(long = "where", id = "condition", value_name = "EXPR")]
    condition: Option<String>,

    /// With --where: do it, after you have seen the list
    #[arg(long, requires = "condition")]
    yes: bool,
}

/// How many of the contacts that the condition names came to what.
#[derive(Default)]
struct Counts {
    changed: usize,
    same: usize,
    gone: usize,
    unclear: usize,
}

impl Ticking {
    pub fn run(self, ticked: bool, ctx: &mut Context, desk: &Desk) -> Result<()> {
        match (&self.what[..], &self.condition) {
            ([contact, role], None) => one(contact, &known_role(role, ticked, desk)?, ticked, ctx, desk),
            ([role], Some(condition)) => self.many(&known_role(role, ticked, desk)?, condition, ticked, ctx, desk),
            _ => Err(Report::usage("say CLIENT/CONTACT and ROLE, or ROLE and --where EXPR")),
        }
    }

    fn many(&self, role: &RoleId, condition: &str, ticked: bool, ctx: &mut Context, desk: &Desk) -> Result<()> {
        let condition = desk.engine.contact_condition(condition).map_err(engine_report)?;
        let (mut counts, mut after) = (Counts::default(), None);
        loop {
            let page = directory::clients(&desk.engine.reader(), after.as_ref(), PAGE)?;
            for client in page.found.into_iter().map(|loaded| loaded.value) {
                let mut named = Vec::new();
                for contact in &client.contacts {
                    match condition.holds_for(&client, contact) {
                        Ok(false) => {}
                        Ok(true) if !contact.active => counts.gone += 1,
                        Ok(true) if contact.roles.contains(role) == ticked => counts.same += 1,
                        Ok(true) => named.push(contact.clone()),
                        Err(why) => {
                            counts.unclear += 1;
                            say(&client, contact, role, Some(&why), self.yes, ctx)?;
                        }
                    }
                }
                counts.changed += named.len();
                self.tick(&client, &named, role, ticked, desk)?;
                named.iter().try_for_each(|contact| say(&client, contact, role, None, self.yes, ctx))?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if !ctx.global.json {
            ctx.say_done(&self.summary(&counts, role, ticked))?;
        }
        if self.yes {
            ctx.say_woken(desk.engine.wake_for_changes()?)?;
            say_waiting(desk, ctx)?;
        }
        Ok(())
    }

    /// Ticks the contacts of one client in one change.
    fn tick(&self, client: &Client, named: &[Contact], role: &RoleId, ticked: bool, desk: &Desk) -> Result<()> {
        if named.is_empty() || !self.yes {
            return Ok(());
        }
        let who = desk.attribution(door(ticked))?;
        desk.engine.change_client(&client.id, &who, |before| {
            let mut client = before.ok_or_else(|| nobody(&client.id))?;
            // Who was removed since the list was read is not ticked.
            for contact in named.iter().filter(|one| client.contact(&one.id).is_some()).cloned().collect::<Vec<_>>() {
                kept(client.tick(&contact.id, role, ticked))?;
            }
            Ok::<_, Report>((client, ()))
        })?;
        Ok(())
    }

    fn summary(&self, counts: &Counts, role: &RoleId, ticked: bool) -> String {
        let Counts { changed, same, gone, unclear } = counts;
        let act = if ticked { "ticked" } else { "unticked" };
        let verb = if self.yes { "are" } else { "would be" };
        let mut said = format!("{changed} contacts {verb} {act} for {role}, {same} are already");
        if *gone > 0 {
            said += &format!(", {gone} have left");
        }
        if *unclear > 0 {
            said += &format!(", {unclear} cannot be decided");
        }
        if self.yes { said } else { format!("{said}; --yes does it") }
    }
}

/// What stands on the trail.
fn door(ticked: bool) -> &'static str {
    if ticked { "contact tick" } else { "contact untick" }
}

/// A role may be unticked when the practice has it no more.
fn known_role(role: &str, ticked: bool, desk: &Desk) -> Result<RoleId> {
    let known = Known::of(&desk.practice, &desk.engine)?;
    match known.role(role).filter(|_| ticked) {
        Some(fault) => Err(Report::new(Exit::NotFound, fault).next("`jobwright role list` shows all contact roles")),
        None => role.parse().map_err(|fault: jobwright_core::id::BadId| Report::usage(fault.to_string())),
    }
}

fn one(contact: &str, role: &RoleId, ticked: bool, ctx: &mut Context, desk: &Desk) -> Result<()> {
    let path: ContactPath = contact.parse().map_err(|_| {
        Report::usage(format!("`{contact}` is not a contact: write CLIENT/CONTACT, such as `4711/ann`"))
    })?;
    change(ctx, desk, (door(ticked), &path.client), |before| {
        let mut client = before.ok_or_else(|| nobody(&path.client))?;
        kept(client.tick(&path.contact, role, ticked)).map(|()| client)
    })
}

fn say(
    client: &Client,
    contact: &Contact,
    role: &RoleId,
    why: Option<&str>,
    done: bool,
    ctx: &mut Context,
) -> Result<()> {
    let id = format!("{}/{}", client.id, contact.id);
    if ctx.global.json {
        let done = done && why.is_none();
        return Ok(ctx.out.json(&json!({ "contact": id, "role": role.as_str(), "written": done, "left_out": why }))?);
    }
    let why = why.map(|why| format!(": left out, {why}")).unwrap_or_default();
    Ok(ctx.out.line(format!("{id}  {}{why}", contact.name))?)
}
