//! The command line `jobwright`: the one place that knows every crate.
//!
//! Owns: reading the command line, putting the parts together, saying what happened and ending with the right code.
//! Read in this order: `arguments` is what people type, `verb` has one file a verb, `practice` is the folder they work
//! on, `output`, `table` and `report` are how they are answered.

pub mod arguments;
pub mod assemble;
mod crash;
pub mod desk;
pub mod exit;
mod graph;
mod import;
mod logging;
pub mod output;
mod people;
pub mod play;
pub mod practice;
pub mod proof;
pub mod read;
pub mod report;
pub mod schema;
pub mod shape;
pub mod table;
pub mod timeline;
pub mod verb;

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use exit::Exit;
use output::{Output, Paint};
use report::Report;
use verb::Context;

/// Runs one command line and says how it ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    crash::install();
    // A panic has told its story in the hook; here it only becomes an exit code.
    panic::catch_unwind(AssertUnwindSafe(|| read_and_run(arguments))).unwrap_or(Exit::Fault).into()
}

fn read_and_run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => run(arguments),
        Err(told) => {
            // Help and version come this way too, and a closed pipe is nobody's fault.
            let _ = told.print();
            if told.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    }
}

fn run(arguments: Arguments) -> Exit {
    let Arguments { global, verb } = arguments;
    logging::begin(global.verbose, global.quiet);
    let json = global.json;
    let mut context = Context { global, out: Output::standard() };
    let ended = verb.run(&mut context).and_then(|exit| Ok(context.out.flush().map(|()| exit)?));
    ended.unwrap_or_else(|report| told(&report, json, &mut context.out))
}

/// Says why a verb could not do as asked, after what it said before.
fn told(report: &Report, json: bool, out: &mut Output) -> Exit {
    if report.is_silent() {
        return report.exit();
    }
    // If our own output is what failed, the report on it is all that is left to say.
    let _ = out.flush();
    if report.exit() == Exit::Fault {
        crash::tell_report(report);
        return Exit::Fault;
    }
    let text = if json { format!("{}\n", report.json()) } else { report.human(Paint::of_errors()) };
    let _ = io::stderr().write_all(text.as_bytes());
    report.exit()
}
