//! `role`: the contact roles that the practice ticks, by hand.

use clap::{Args, Subcommand};
use jobwright_core::id::RoleId;
use jobwright_store::directory::{self, ContactRole};
use serde_json::{Value as Json, json};

use super::Context;
use crate::exit::Exit;
use crate::output::Paint;
use crate::report::{Report, Result};
use crate::table::{Cell, Table};

/// Contact roles: list, add, remove
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright role list
  jobwright role add payroll \"Payroll contact\" --hint \"Gets our questions before each pay day\"
  jobwright role remove payroll")]
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
    /// Take a contact role off the list; ticks on contacts stay
    Remove { role: RoleId },
}

impl Role {
    /// Whether it brings something in, for which a store is made where there is none.
    pub(super) fn adds(&self) -> bool {
        matches!(self.act, Act::Add { .. })
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk()?;
        match self.act {
            Act::List => list(ctx, &directory::roles(&desk.engine.reader())?)?,
            Act::Add { role, label, hint } => {
                let role = ContactRole { id: role, label, hint };
                desk.engine.put_role(&role)?;
                ctx.say_done(&format!("contact role {} is written", role.id))?;
            }
            Act::Remove { role } => {
                if directory::role(&desk.engine.reader(), &role)?.is_none() {
                    return Err(Report::new(Exit::NotFound, format!("there is no contact role {role}")));
                }
                desk.engine.remove_role(&role)?;
                ctx.say_done(&format!("contact role {role} is removed"))?;
            }
        }
        Ok(Exit::Done)
    }
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
