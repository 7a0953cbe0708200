//! `completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Context;
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::report::Result;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright completions bash > /etc/bash_completion.d/jobwright
  jobwright completions zsh > ~/.zfunc/_jobwright
  jobwright completions fish > ~/.config/fish/completions/jobwright.fish")]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub fn run(self, ctx: &mut Context) -> Result {
        // Written to memory first: the generator panics where its writer fails, as a closed pipe does.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "jobwright", &mut script);
        ctx.out.bytes(&script)?;
        Ok(Exit::Done)
    }
}
