//! The command line: what stands before the verb, and what every verb shares.
//!
//! Owns: the global flags and the words of the first `--help`. Leaves each verb's own flags and examples to its file in
//! `verb`.

use std::path::PathBuf;

use clap::{Args, Parser};

use crate::exit;
use crate::verb::Verb;

const FLAGS: &str = "Everywhere";

const EXAMPLES: &str = "\
Examples:
  jobwright init my-practice              a practice folder with sample people and a first workflow
  jobwright check workflows/*.job.yaml    everything that is wrong with a definition, at once
  jobwright date \"2026-06-30, +7 days, +1 month\"
  jobwright help VERB                     what a verb does, with examples";

/// Runs the repeating work of a practice: finds the right person, says why, and survives everything.
#[derive(Debug, Parser)]
#[command(name = "jobwright", version, max_term_width = 110, after_help = after_help())]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags that every verb takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = FLAGS)]
pub struct Global {
    /// The practice's folder, with practice.yaml in it
    #[arg(short = 'C', long, value_name = "DIR", env = "JOBWRIGHT_PRACTICE", default_value = ".", global = true)]
    #[arg(hide_env_values = true)]
    pub practice: PathBuf,

    /// The store's folder, when it is not `.jobwright` in the practice's
    #[arg(long, value_name = "DIR", global = true)]
    pub store: Option<PathBuf>,

    /// Answer in JSON: one object, or one a line for lists
    #[arg(long, global = true)]
    pub json: bool,

    /// Say only what was asked for, and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Log more to standard error; twice for even more
    #[arg(short, long, action = clap::ArgAction::Count, global = true, conflicts_with = "quiet")]
    pub verbose: u8,

    /// Who acts: `pat` of the staff, or `contact:ann` for a client's contact
    #[arg(long = "as", value_name = "PERSON", env = "JOBWRIGHT_AS", global = true, hide_env_values = true)]
    pub acting: Option<String>,

    /// Why, in your own words; kept on the timeline
    #[arg(long, value_name = "TEXT", global = true)]
    pub note: Option<String>,
}

fn after_help() -> String {
    let codes = exit::ALL.iter().map(|(exit, words)| format!("  {:>2}  {words}\n", exit.code()));
    format!("{EXAMPLES}\n\nExit codes:\n{}", codes.collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_verb_says_what_it_does_and_gives_an_example() {
        for verb in Arguments::command().get_subcommands() {
            let name = verb.get_name();
            assert!(verb.get_about().is_some(), "{name} says what it does");
            let examples = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains(&format!("jobwright {name}")), "{name} has an example");
        }
    }
}
