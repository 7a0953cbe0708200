//! What can be asked of the program: one file a verb.
//!
//! Owns: the list of verbs. A verb is a struct of its arguments, whose first line of documentation is its help, with
//! examples in `after_help`, and a `run`. To add one: a file in `verb/`, its line and its variant here, and a transcript
//! in `tests/cli/`.

mod acts;
mod completions;
mod date;
mod jobs;
mod man;
mod publish;
mod show;
mod start;
mod why;
mod work;

use clap::Subcommand;

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
    Date(date),
    Completions(completions),
    Man(man),
}
