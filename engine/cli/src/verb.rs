//! What can be asked of the program: one file a verb.
//!
//! Owns: the list of verbs. A verb is a struct of its arguments, whose first line of documentation is its help, with
//! examples in `after_help`, and a `run`. To add one: a file in `verb/`, its line and its variant here, and a transcript
//! in `tests/cli/`.

mod acts;
mod check;
mod client;
mod completions;
mod contact;
mod date;
mod demo;
mod doctor;
mod graph;
mod import;
mod init;
mod jobs;
mod man;
mod publish;
mod role;
mod run;
mod schema;
mod show;
mod staff;
mod start;
mod test;
mod why;
mod work;

use clap::Subcommand;
use jobwright_runtime::Woken;

use crate::arguments::Global;
use crate::output::Output;
use crate::report::Result;

/// What every verb is run with.
pub struct Context {
    /// The flags that every verb shares.
    pub global: Global,
    /// Where it answers.
    pub out: Output,
}

impl Context {
    /// Says what was done, when nobody asked for silence.
    pub fn say_done(&mut self, words: &str) -> Result<()> {
        if !self.global.quiet && !self.global.json {
            self.out.line(words)?;
        }
        Ok(())
    }

    /// Says which jobs took up their work because of a change.
    pub fn say_woken(&mut self, woken: Woken) -> Result<()> {
        match woken.jobs {
            0 => {}
            1 => self.say_done("1 job looked again")?,
            jobs => self.say_done(&format!("{jobs} jobs looked again"))?,
        }
        if woken.set_aside > 0 {
            self.say_done(&format!("{} jobs were set aside; `jobwright jobs` says why", woken.set_aside))?;
        }
        Ok(())
    }
}

macro_rules! verbs {
    ($($verb:ident($module:ident),)+) => {
        /// One of the verbs, with its arguments.
        #[derive(Debug, Subcommand)]
        pub enum Verb {
            $($verb($module::$verb),)+
        }

        impl Verb {
            /// Does what was asked.
            pub fn run(self, ctx: &mut Context) -> Result {
                match self {
                    $(Self::$verb(verb) => verb.run(ctx),)+
                }
            }
        }
    };
}

// In the order in which people meet them.
verbs! {
    Demo(demo),
    Init(init),
    Check(check),
    Import(import),
    Client(client),
    Contact(contact),
    Staff(staff),
    Role(role),
    Test(test),
    Run(run),
    Publish(publish),
    Start(start),
    Work(work),
    Jobs(jobs),
    Show(show),
    Why(why),
    Complete(acts),
    Answer(acts),
    Approve(acts),
    Sign(acts),
    Skip(acts),
    Reassign(acts),
    Retry(acts),
    Cancel(acts),
    Graph(graph),
    Date(date),
    Doctor(doctor),
    Schema(schema),
    Completions(completions),
    Man(man),
}
