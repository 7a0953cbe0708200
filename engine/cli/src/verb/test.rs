//! `test`: the tests of definitions, on a virtual clock.
//!
//! Owns: which files are played, and how the answers are told: to people, to programs, and to a CI server. Leaves the
//! playing to `play`.

mod junit;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use jobwright_definition::render;
use serde_json::json;

use super::Context;
use crate::caller::Own;
use crate::exit::Exit;
use crate::others::Around;
use crate::output::{Paint, visible};
use crate::play::coverage::Coverage;
use crate::play::tested::{Tested, bare, definition_of};
use crate::play::verdict::{Missed, verdict};
use crate::practice::{Practice, shown};
use crate::report::{Report, Result};

/// Run the tests that stand in definitions, on a virtual clock
#[derive(Debug, Args)]
#[command(after_help = "\
Each test runs twice: as it stands, and with a restart after each step. Both must tell the same story.

Examples:
  jobwright test workflows/*.job.yaml
  jobwright test workflows/monthly-payroll.job.yaml --coverage
  jobwright test workflows/monthly-payroll.test.yaml --only \"bank holiday\"
  jobwright test workflows/*.job.yaml --junit report.xml")]
pub struct Test {
    /// Definitions, or files of tests beside them (`<id>.test.yaml`)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Only tests with these words in their name
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,

    /// Say what no test reaches: tasks, outcomes, sides of a `when`
    #[arg(long)]
    coverage: bool,

    /// Write the answers into a file, as CI servers read them
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// The answers of one file.
struct Suite {
    name: String,
    cases: Vec<Case>,
    /// The file itself cannot be played.
    unreadable: Option<String>,
}

/// The answer of one test.
struct Case {
    name: String,
    took: Duration,
    missed: Option<Missed>,
}

impl Test {
    pub fn run(self, ctx: &mut Context) -> Result {
        let practice = Practice::open_if_there(&ctx.global)?;
        let around = practice.as_ref().map_or_else(bare, |_| Practice::open(&ctx.global))?;
        let begun = Instant::now();
        let mut suites = Vec::new();
        let definitions: Vec<PathBuf> = self.files.iter().map(|file| definition_of(file)).collect();
        let others = Around::files(&definitions, practice.as_ref(), None, &Own);
        for file in &self.files {
            match Tested::read_with(file, practice.as_ref(), &others) {
                Ok(tested) => suites.push(self.play(&tested, &around, ctx)?),
                Err(report) if self.files.len() == 1 => return Err(report),
                Err(report) => {
                    unreadable(&report, ctx)?;
                    suites.push(Suite { name: shown(file), cases: vec![], unreadable: Some(report.what().to_owned()) });
                }
            }
        }
        if let Some(path) = &self.junit {
            let written = fs::write(path, junit::report(&suites));
            written.map_err(|error| Report::file("write", path, &error))?;
        }
        summary(&suites, begun.elapsed(), ctx)
    }

    fn play(&self, tested: &Tested, practice: &Practice, ctx: &mut Context) -> Result<Suite> {
        let is_human = !ctx.global.json && !ctx.global.quiet;
        if is_human {
            let name = ctx.out.paint().bold(&visible(&tested.name));
            ctx.out.line(name)?;
        }
        let wanted = |name: &str| self.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
        let (mut cases, mut coverage) = (Vec::new(), Coverage::default());
        for scenario in tested.scenarios.iter().filter(|scenario| wanted(&scenario.name.value)) {
            let begun = Instant::now();
            let paint = if ctx.global.json { Paint::plain() } else { ctx.out.paint() };
            let verdict = verdict(tested, scenario, practice, paint)?;
            coverage.add(&verdict.events);
            let case = Case { name: scenario.name.value.clone(), took: begun.elapsed(), missed: verdict.missed };
            say(tested, &case, ctx)?;
            cases.push(case);
        }
        if is_human && cases.is_empty() {
            ctx.out.line("  no tests")?;
        }
        if self.coverage {
            say_coverage(tested, &coverage, ctx)?;
        }
        Ok(Suite { name: tested.name.clone(), cases, unreadable: None })
    }
}

fn unreadable(report: &Report, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        return Ok(ctx.out.json(&report.json())?);
    }
    ctx.out.flush()?;
    ctx.beside(&report.human(ctx.errors.paint()));
    Ok(())
}

fn say(tested: &Tested, case: &Case, ctx: &mut Context) -> Result<()> {
    let (paint, name) = (ctx.out.paint(), visible(&case.name));
    if ctx.global.json {
        let missed = case.missed.as_ref();
        let diagnostics = missed.map(|missed| render::json(&tested.sources, &missed.miss.diagnostics(&case.name)));
        let passed = missed.is_none();
        let line = json!({ "file": tested.name, "test": case.name, "passed": passed, "diagnostics": diagnostics });
        ctx.out.json(&line)?;
        return Ok(());
    }
    match &case.missed {
        None if ctx.global.quiet => {}
        None => ctx.out.line(format!("  {} {name}", paint.good("✓")))?,
        Some(missed) => {
            ctx.out.line(format!("  {} {}", paint.bad("✗"), paint.bad(&name)))?;
            ctx.out.text(format!("\n{}\n", missed.picture))?;
        }
    }
    Ok(())
}

fn say_coverage(tested: &Tested, coverage: &Coverage, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        let line = json!({ "file": tested.name, "coverage": coverage.json(&tested.plan) });
        return Ok(ctx.out.json(&line)?);
    }
    let (unreached, paint) = (coverage.unreached(&tested.plan), ctx.out.paint());
    if unreached.is_empty() {
        ctx.out.line(format!("  {}", paint.good("every task, outcome and side of a `when` is reached")))?;
    }
    for one in unreached {
        ctx.out.line(format!("  {} {one}", paint.warn("not tested:")))?;
    }
    Ok(())
}

/// The last line, and the exit code.
fn summary(suites: &[Suite], took: Duration, ctx: &mut Context) -> Result {
    let cases = || suites.iter().flat_map(|suite| &suite.cases);
    let failed = cases().filter(|case| case.missed.is_some()).count();
    let passed = cases().count() - failed;
    let unreadable = suites.iter().filter(|suite| suite.unreadable.is_some()).count();
    let exit = if failed + unreadable == 0 { Exit::Done } else { Exit::No };
    if ctx.global.json || ctx.global.quiet {
        return Ok(exit);
    }
    let took = format!("{:.1} s", took.as_secs_f64());
    let paint = ctx.out.paint();
    let tests = |number: usize| format!("{number} test{}", if number == 1 { "" } else { "s" });
    let mut line = match failed {
        0 => paint.good(&format!("{} passed", tests(passed))),
        _ => format!("{}, {passed} passed", paint.bad(&format!("{} failed", tests(failed)))),
    };
    if unreadable > 0 {
        line += &format!(", {}", paint.bad(&format!("{unreadable} files cannot be read")));
    }
    ctx.out.line(format!("\n{line} in {took}"))?;
    Ok(exit)
}
