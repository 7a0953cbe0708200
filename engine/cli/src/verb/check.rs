//! `check`: everything that is wrong with definitions and their tests, at once.
//!
//! Owns: the forms of the answer. Leaves what is wrong to `definition`. Looks into the store when there is one, and does
//! without when somebody else has it: a check must not wait for a long `work`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jobwright_definition::diagnostic::Diagnostics;
use jobwright_definition::render;
use jobwright_definition::source::Sources;
use serde_json::Value;

use super::Context;
use crate::exit::Exit;
use crate::others::Around;
use crate::practice::Practice;
use crate::read::{look, tests};
use crate::report::Result;

/// Say everything that is wrong with definitions
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright check workflows/*.job.yaml
  jobwright check vat.job.yaml --format sarif > check.sarif
  jobwright check vat.job.yaml --json | jq .

A definition that starts another job is held to that job's definition: one that is given with it, lies beside it, or is
published.

What cannot be read in a definition's tests, or names what is not there, is an error too; `jobwright test` runs them.

Exit code 1 says that there are errors; warnings and notes alone leave it at 0.")]
pub struct Check {
    /// Job definitions
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// For people, for scripts, or for code review pages
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Pictures and words
    Human,
    /// One list of all diagnostics
    Json,
    /// SARIF 2.1.0
    Sarif,
}

impl Check {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk_unasked().ok();
        let own = if desk.is_none() { Practice::open_if_there(&ctx.global)? } else { None };
        let practice = desk.as_ref().map(|desk| &*desk.practice).or(own.as_ref());
        let engine = desk.as_ref().map(|desk| &*desk.engine);
        let others = Around::files(&self.files, practice, engine, &*ctx.caller);
        let looked = self.files.iter().map(|path| {
            let (mut sources, mut checked) = look(path, practice, engine, &*ctx.caller, &others)?;
            tests(path, &mut sources, &mut checked, practice, &*ctx.caller, &others)?;
            Ok((sources, checked.diagnostics))
        });
        let looked = looked.collect::<Result<Vec<_>>>()?;
        match if ctx.global.json { Format::Json } else { self.format } {
            Format::Human => human(ctx, &looked)?,
            Format::Json => {
                let all = looked.iter().map(|(sources, diagnostics)| render::json(sources, diagnostics));
                let all: Vec<Value> = all.filter_map(|list| list.as_array().cloned()).flatten().collect();
                ctx.out.json(&all.into())?;
            }
            Format::Sarif => ctx.out.json(&sarif(&looked))?,
        }
        let has_errors = looked.iter().any(|(_, diagnostics)| diagnostics.has_errors());
        Ok(if has_errors { Exit::No } else { Exit::Done })
    }
}

fn human(ctx: &mut Context, looked: &[(Sources, Diagnostics)]) -> Result<()> {
    let (mut errors, mut warnings) = (0, 0);
    for (sources, diagnostics) in looked.iter().filter(|(_, diagnostics)| !diagnostics.is_empty()) {
        ctx.out.line(render::human(sources, diagnostics, ctx.out.paint().is_coloured()))?;
        errors += diagnostics.errors();
        warnings += diagnostics.warnings();
    }
    let files = if looked.len() == 1 { "1 definition".to_owned() } else { format!("{} definitions", looked.len()) };
    let count = |number, word| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let found = match (errors, warnings) {
        (0, 0) => ctx.out.paint().good("nothing is wrong"),
        (0, warnings) => ctx.out.paint().warn(&count(warnings, "warning")),
        (errors, 0) => ctx.out.paint().bad(&count(errors, "error")),
        (errors, warnings) => {
            ctx.out.paint().bad(&format!("{}, {}", count(errors, "error"), count(warnings, "warning")))
        }
    };
    ctx.say_done(&format!("{files}: {found}"))
}

/// One log with a run for each file: places in different files never mix.
fn sarif(looked: &[(Sources, Diagnostics)]) -> Value {
    let mut logs = looked.iter().map(|(sources, diagnostics)| render::sarif(sources, diagnostics));
    let mut first = logs.next().unwrap_or_default();
    for mut log in logs {
        if let (Some(runs), Some(more)) = (first["runs"].as_array_mut(), log["runs"].as_array_mut()) {
            runs.append(more);
        }
    }
    first
}
