//! The command line `jobwright`: the one place that knows every crate.
//!
//! Owns: reading the command line, putting the parts together, saying what happened and ending with the right code.
//! Read in this order: `arguments` is what people type, `verb` has one file a verb, `practice` is the folder they work
//! on, `reach` finds its store here or in a running engine, `output`, `table` and `report` are how they are answered.

pub mod arguments;
pub mod assemble;
mod cache;
pub mod caller;
mod clock;
mod crash;
pub mod desk;
pub mod exit;
mod graph;
pub mod import;
pub mod linked;
mod logging;
mod mend;
pub mod others;
pub mod output;
pub mod people;
pub mod play;
pub mod plugins;
pub mod practice;
mod progress;
pub mod proof;
pub mod reach;
pub mod read;
pub mod report;
pub mod schema;
pub mod shape;
mod socket;
pub mod table;
pub mod timeline;
pub mod verb;

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use caller::Own;
use exit::Exit;
use output::Output;
use reach::Reached;
use report::Report;
use verb::{Context, Verb};

/// Runs one command line and says how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    crash::install();
    // A panic has told its story in the hook; here it only becomes an exit code.
    panic::catch_unwind(AssertUnwindSafe(|| read_and_run(arguments))).unwrap_or(Exit::Fault).into()
}

fn read_and_run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let typed: Vec<OsString> = arguments.into_iter().collect();
    match Arguments::try_parse_from(&typed) {
        Ok(arguments) => run(arguments, &typed),
        Err(told) if told.use_stderr() => wrongly_used(&told, &typed),
        Err(told) => {
            // Help and version come this way too, and a closed pipe is no fault of ours.
            let _ = told.print();
            Exit::Done
        }
    }
}

/// Says what is wrong with a command line, in the form that it asks for.
fn wrongly_used(told: &clap::Error, typed: &[OsString]) -> Exit {
    let wants_json = typed.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    if !wants_json {
        let _ = told.print();
        return Exit::Usage;
    }
    let words = told.render().to_string();
    let mut lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let what = lines.next().unwrap_or_default();
    let report = Report::usage(what.strip_prefix("error: ").unwrap_or(what));
    let report = lines.fold(report, |report, line| match line.strip_prefix("tip: ") {
        Some(tip) => report.next(tip),
        None => report.because(line),
    });
    let _ = Output::standard_error().json(&report.json());
    Exit::Usage
}

fn run(arguments: Arguments, typed: &[OsString]) -> Exit {
    let Arguments { global, verb } = arguments;
    logging::begin(global.verbose, global.quiet);
    match reach::store(verb.wants(), &global, typed) {
        Reached::Here(desk) => answer(verb, &mut Context::own(global, desk)),
        Reached::Elsewhere(asked) => {
            let (out, errors) = (&mut Output::standard(), &mut Output::standard_error());
            asked.relay(&Own, out, errors).unwrap_or_else(|report| told(&report, global.json, out, errors))
        }
    }
}

/// Does what was asked, and says how it ended.
fn answer(verb: Verb, ctx: &mut Context) -> Exit {
    let ended = verb.run(ctx).and_then(|exit| Ok(ctx.out.flush().map(|()| exit)?));
    ended.unwrap_or_else(|report| told(&report, ctx.global.json, &mut ctx.out, &mut ctx.errors))
}

/// Says why a verb could not do as asked, after what it said before.
fn told(report: &Report, json: bool, out: &mut Output, errors: &mut Output) -> Exit {
    if report.is_silent() {
        return report.exit();
    }
    // If our own output is what failed, the report on it is all that is left to say.
    let _ = out.flush();
    let _ = match (report.exit(), json) {
        (Exit::Fault, _) => errors.text(crash::told(report, errors.paint())),
        (_, true) => errors.json(&report.json()),
        (_, false) => errors.text(report.human(errors.paint())),
    };
    report.exit()
}
