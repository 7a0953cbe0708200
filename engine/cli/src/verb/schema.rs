//! `schema`: the JSON Schemas that this binary speaks.
//!
//! Owns: listing them and printing one. Leaves the schemas to `crate::schema`.

use clap::Args;
use serde_json::json;

use super::Context;
use crate::exit::Exit;
use crate::report::{Report, Result};
use crate::schema::{self, Schema as Known};
use crate::table::Table;
use jobwright_definition::suggest::suggest;

/// Print a JSON Schema, for editors and for programs that read `--json`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright schema                       which there are
  jobwright schema job-definition > schemas/job-definition.json
  jobwright schema show                  what `jobwright show JOB --json` answers

An editor with the YAML language server completes and checks a file that begins with
  # yaml-language-server: $schema=../schemas/job-definition.json")]
pub struct Schema {
    /// Which; the list of them when left out
    name: Option<String>,
}

impl Schema {
    pub fn run(self, ctx: &mut Context) -> Result {
        match &self.name {
            Some(name) => ctx.out.text(find(name)?.text)?,
            None => list(ctx)?,
        }
        Ok(Exit::Done)
    }
}

fn find(name: &str) -> Result<Known> {
    schema::all().find(|schema| schema.name == name).ok_or_else(|| {
        let report = Report::new(Exit::NotFound, format!("there is no schema `{name}`"));
        let meant = suggest(name, schema::all().map(|schema| schema.name));
        match meant {
            Some(meant) => report.next(format!("did you mean `{meant}`?")),
            None => report.next("`jobwright schema` lists them"),
        }
    })
}

fn list(ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        for Known { name, about, .. } in schema::all() {
            ctx.out.json(&json!({ "name": name, "about": about }))?;
        }
        return Ok(());
    }
    let mut table = Table::new(["name", "of what"]);
    for Known { name, about, .. } in schema::all() {
        table.row([name.into(), about.into()]);
    }
    ctx.out.text(table.human(ctx.out.paint()))?;
    Ok(())
}
