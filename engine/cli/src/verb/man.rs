//! `man`: the manual page, made from the same words as `--help`.

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;

use super::Context;
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::report::{Report, Result};

/// Print the manual page of the program, or of one verb
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright man > /usr/local/share/man/man1/jobwright.1
  jobwright man check | man -l -")]
pub struct Man {
    /// The verb; the whole program when left out
    verb: Option<String>,
}

impl Man {
    pub fn run(self, ctx: &mut Context) -> Result {
        let mut page = Vec::new();
        Page::new(command(self.verb.as_deref())?).render(&mut page)?;
        ctx.out.bytes(&page)?;
        Ok(Exit::Done)
    }
}

fn command(verb: Option<&str>) -> Result<Command> {
    let mut program = Arguments::command();
    let Some(verb) = verb else { return Ok(program) };
    program.build();
    let found = program.get_subcommands().find(|command| command.get_name() == verb).cloned();
    found.ok_or_else(|| {
        Report::new(Exit::NotFound, format!("there is no verb `{verb}`")).next("`jobwright help` lists all verbs")
    })
}
