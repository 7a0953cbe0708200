//! `role`: the contact roles that the practice ticks, by hand.

use clap::{Args, Subcommand};
use jobwright_core::access::{Action, Resource};
use jobwright_core::id::RoleId;
use jobwright_store::definitions;
use jobwright_store::directory::{self, ContactRole};
use serde_json::{Value as Json, json};

use super::Context;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::{Paint, counted};
use crate::report::{Report, Result};
use crate::table::{Cell, Table};

/// Clients read at once.
const CLIENTS_READ: usize = 500;
/// Most job definitions that are looked at before a role is removed.
const DEFINITIONS_READ_MAX: usize = 1_000;

/// Contact roles: list, add, remove
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright role list
  jobwright role add payroll \"Payroll contact\" --hint \"Gets our questions before each pay day\"
  jobwright role remove payroll            asks first, and shows what hangs on it")]
pub struct Role {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// All contact roles
    List,
    /// Add a contact role, or word it anew
    Add {
        role: RoleId,
        /// What is ticked
        label: String,
        /// Who should have it, in a sentence
        #[arg(long)]
        hint: Option<String>,
    },
    /// Take a contact role off the list; ticks on contacts stay. Shows what hangs on it first
    Remove {
        role: RoleId,
        /// Do it without asking
        #[arg(long)]
        yes: bool,
    },
}

impl Act {
    /// What it does with people: looking, or changing.
    fn action(&self) -> Action {
        match self {
            Self::List => Action::View,
            Self::Add { .. } | Self::Remove { .. } => Action::Edit,
        }
    }
}

impl Role {
    /// Whether it brings something in, for which a store is made where there is none.
    pub(super) fn adds(&self) -> bool {
        matches!(self.act, Act::Add { .. })
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(self.act.action(), Resource::People)?;
        match self.act {
            Act::List => list(ctx, &directory::roles(&desk.engine.reader())?)?,
            Act::Add { role, label, hint } => {
                let role = ContactRole { id: role, label, hint };
                desk.engine.put_role(&role, &desk.attribution("role add")?)?;
                ctx.say_done(&format!("contact role {} is written", role.id))?;
            }
            Act::Remove { role, yes } => {
                if directory::role(&desk.engine.reader(), &role)?.is_none() {
                    return Err(Report::new(Exit::NotFound, format!("there is no contact role {role}")));
                }
                ctx.confirmed(yes, &removal(&desk, &role)?)?;
                desk.engine.remove_role(&role, &desk.attribution("role remove")?)?;
                ctx.say_done(&format!("contact role {role} is removed"))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// What hangs on a contact role.
fn removal(desk: &Desk, role: &RoleId) -> Result<Vec<String>> {
    let reader = desk.engine.reader();
    let mut plan = vec![format!("contact role {role} is taken off the list; ticks on contacts stay")];
    let (mut ticked, mut after) = (0, None);
    loop {
        let page = directory::clients(&reader, after.as_ref(), CLIENTS_READ)?;
        let contacts = page.found.iter().flat_map(|client| &client.value.contacts);
        ticked += contacts.filter(|contact| contact.roles.contains(role)).count();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if ticked > 0 {
        plan.push(format!("  it is ticked on {}", counted(ticked as u64, "contact")));
    }
    let newest = definitions::newest(&reader, None, DEFINITIONS_READ_MAX)?.found;
    let mut names = Vec::new();
    for one in newest {
        let names_it = desk
            .engine
            .prepared(one.hash)
            .is_ok_and(|prepared| prepared.plan.roles.iter().any(|(named, _)| named == role));
        names.extend(names_it.then(|| one.id.to_string()));
    }
    if !names.is_empty() {
        plan.push(format!("  job definitions name it: {}", names.join(", ")));
    }
    Ok(plan)
}

/// A contact role as data.
pub(super) fn shape(role: &ContactRole) -> Json {
    json!({ "id": role.id.as_str(), "label": role.label, "hint": role.hint })
}

fn list(ctx: &mut Context, roles: &[ContactRole]) -> Result<()> {
    if ctx.global.json {
        return Ok(roles.iter().try_for_each(|role| ctx.out.json(&shape(role)))?);
    }
    let mut table = Table::new(["role", "label", "hint"]);
    for role in roles {
        let hint = Cell::styled(role.hint.clone().unwrap_or_default(), Paint::dim);
        table.row([role.id.as_str().into(), role.label.as_str().into(), hint]);
    }
    if table.is_empty() {
        ctx.out.line("no contact roles")?
    } else {
        ctx.out.text(table.human(ctx.out.paint()))?
    }
    Ok(())
}
