//! `graph`: a definition as a drawing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Context;
use crate::exit::Exit;
use crate::graph::{draw, mermaid, svg};
use crate::practice::Practice;
use crate::read::definition;
use crate::report::Result;

/// Draw a definition: its tasks, and what waits for what
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright graph workflows/vat-quarter.job.yaml
  jobwright graph workflows/vat-quarter.job.yaml --format svg > vat-quarter.svg")]
pub struct Graph {
    /// A job definition
    file: PathBuf,

    /// As text for documents, or as a picture
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Mermaid, which documents and code pages draw by themselves
    Mermaid,
    /// SVG
    Svg,
}

impl Graph {
    pub fn run(self, ctx: &mut Context) -> Result {
        let practice = Practice::open_if_there(&ctx.global)?;
        // What nobody can do yet is `check`'s to say; here it would only stand in the way of the drawing.
        ctx.global.quiet = true;
        let definition = definition(&self.file, practice.as_ref(), None, ctx)?;
        let drawing = draw(&definition.plan);
        ctx.out.text(match self.format {
            Format::Mermaid => mermaid(&drawing),
            Format::Svg => svg(&drawing),
        })?;
        Ok(Exit::Done)
    }
}
