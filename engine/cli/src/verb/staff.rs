//! `staff`: the people of the practice, by hand.

mod leave;

use clap::{Args, Subcommand};
use jobwright_core::access::{Action, Resource};
use jobwright_core::directory::Staff as Record;
use jobwright_core::directory::trail::Subject;
use jobwright_core::id::StaffId;
use jobwright_definition::people::property;
use jobwright_store::directory;

use super::work::say_waiting;
use super::{Context, history};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::people::{Assignment, Known, set_staff, staff_card, staff_json, staff_table};
use crate::report::{Report, Result};

/// Most changes that are shown.
const HISTORY_MAX: usize = 1_000;

/// Staff of the practice: list, show, add, set, leave
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright staff list
  jobwright staff add pat \"Pat Quill\" email=pat@practice.example \"roles=partner;reviewer\"
  jobwright staff set kim roles=payroll_clerk
  jobwright staff leave kim                what lies on her desk, and who gets it
  jobwright staff leave kim --yes          her open tasks are asked again by their rules at once
  jobwright staff leave kim --hand-over-to fay --yes   one person gets them, where their rules allow it")]
pub struct Staff {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// All staff in their order
    List,
    /// One member of staff
    Show { staff: StaffId },
    /// Add a member of staff
    Add {
        staff: StaffId,
        name: String,
        /// What is known: email, roles, active
        #[arg(value_name = "KEY=VALUE")]
        set: Vec<Assignment>,
    },
    /// Change what is known of a member of staff
    Set {
        staff: StaffId,
        #[arg(value_name = "KEY=VALUE", required = true)]
        set: Vec<Assignment>,
    },
    /// What was changed of a member of staff, when, by whom and how; the newest first
    History { staff: StaffId },
    /// Note that a member of staff has left; what becomes of their open tasks is shown first, and wants --yes
    Leave {
        staff: StaffId,
        /// Who gets their open tasks
        #[arg(long, value_name = "STAFF")]
        hand_over_to: Option<StaffId>,
        /// Do it
        #[arg(long)]
        yes: bool,
    },
}

impl Act {
    /// What it does with people: looking, or changing.
    fn action(&self) -> Action {
        match self {
            Self::List | Self::Show { .. } | Self::History { .. } => Action::View,
            Self::Add { .. } | Self::Set { .. } | Self::Leave { .. } => Action::Edit,
        }
    }
}

impl Staff {
    /// Whether it brings something in, for which a store is made where there is none.
    pub(super) fn adds(&self) -> bool {
        matches!(self.act, Act::Add { .. })
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(self.act.action(), Resource::People)?;
        let known = Known::of(&desk.practice, &desk.engine)?;
        let all = directory::staff(&desk.engine.reader())?.value;
        let named = |id: &StaffId| all.iter().find(|one| one.id == *id).cloned();
        let present = |id: &StaffId| {
            let nobody = || Report::new(Exit::NotFound, format!("there is no member of staff {id}"));
            named(id).ok_or_else(|| nobody().next("`jobwright staff list` shows all staff"))
        };
        match self.act {
            Act::List => list(ctx, &all)?,
            Act::Show { staff } => show(ctx, &present(&staff)?)?,
            Act::History { staff } => {
                let subject = Subject::Staff(staff);
                let changes = directory::changes_of(&desk.engine.reader(), &subject, HISTORY_MAX)?;
                history::say(ctx, &desk, &changes)?;
            }
            Act::Add { staff, .. } if named(&staff).is_some() => {
                return Err(Report::new(Exit::No, format!("member of staff {staff} is there already")));
            }
            Act::Add { staff, name, set } => {
                let mut record = Record { name, ..property::new_staff(staff) };
                set_staff(&mut record, &set, &known)?;
                write(ctx, &desk, &record, ("staff add", "is written"))?;
            }
            Act::Set { staff, set } => {
                let mut record = present(&staff)?;
                set_staff(&mut record, &set, &known)?;
                write(ctx, &desk, &record, ("staff set", "is written"))?;
            }
            Act::Leave { staff, hand_over_to, yes } => {
                let successor = hand_over_to.as_ref().map(&present).transpose()?;
                return leave::run(ctx, &desk, present(&staff)?, successor, yes);
            }
        }
        Ok(Exit::Done)
    }
}

fn write(ctx: &mut Context, desk: &Desk, staff: &Record, (door, what): (&str, &str)) -> Result<()> {
    let woken = desk.engine.put_staff(staff, &desk.attribution(door)?)?;
    if ctx.global.json {
        return Ok(ctx.out.json(&staff_json(staff))?);
    }
    ctx.say_done(&format!("member of staff {} {what}", staff.id))?;
    ctx.say_woken(woken)?;
    say_waiting(desk, ctx)
}

fn list(ctx: &mut Context, all: &[Record]) -> Result<()> {
    if ctx.global.json {
        all.iter().try_for_each(|one| ctx.out.json(&staff_json(one)))?;
    } else if all.is_empty() {
        ctx.out.line("no staff")?;
    } else {
        ctx.out.text(staff_table(all).human(ctx.out.paint()))?;
    }
    Ok(())
}

fn show(ctx: &mut Context, staff: &Record) -> Result<()> {
    if ctx.global.json {
        ctx.out.json(&staff_json(staff))?;
    } else {
        ctx.out.text(staff_card(staff, ctx.out.paint()))?;
    }
    Ok(())
}
