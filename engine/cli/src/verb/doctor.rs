//! `doctor`: what is wrong with this installation, and how to mend it.
//!
//! Owns: one line a finding, each with the next move. It opens the store as any verb does, so that what would hinder
//! them hinders it too. Leaves what is looked at to the files below, definitions to `check`, rows to `verify`.

mod counters;
mod disk;
mod inside;
mod plugins;
mod settings;

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::Context;
use crate::exit::Exit;
use crate::output::{Paint, visible};
use crate::practice::{FILE, Practice};
use crate::report::{Report, Result};

/// Say what is wrong with this installation, and how to mend it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright doctor
  jobwright -C /srv/practice doctor --json
  jobwright doctor --mail                  dials the mail server, secures the line, logs in, and sends nothing
  jobwright doctor --quick                 without the second that the test of the disk takes
  jobwright doctor --clock                 after a clock that was wrong: what taking back its time would do
  jobwright doctor --clock --yes           takes it back, when this machine's clock is right now

A running engine is asked about its store, and answers with its own counters. Exit code 1 says that
something is bad; what wants a look leaves it at 0.")]
pub struct Doctor {
    /// Leave out what takes time: the test of the disk
    #[arg(long)]
    quick: bool,

    /// Show how the store's time is taken back, when it turned out to be ahead of the right time; nothing else
    #[arg(long)]
    clock: bool,

    /// Do it, with --clock: this machine's clock is right
    #[arg(long, requires = "clock")]
    yes: bool,
    /// Try the way to the mail server: dial, secure the line, log in, take leave
    #[arg(long)]
    mail: bool,
}

/// How a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    Ok,
    Warn,
    Bad,
}

/// One line.
struct Finding {
    grade: Grade,
    what: &'static str,
    found: String,
    next: Option<String>,
    /// The numbers behind the words.
    data: Json,
}

impl Finding {
    fn new(grade: Grade, what: &'static str, found: impl Into<String>) -> Self {
        Self { grade, what, found: found.into(), next: None, data: Json::Null }
    }

    fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    fn data(self, data: Json) -> Self {
        Self { data, ..self }
    }

    /// What a verb would say.
    fn of(what: &'static str, report: &Report) -> Self {
        let why = report.reasons().next().map(|why| format!(": {why}")).unwrap_or_default();
        let next = report.moves().next().map(str::to_owned);
        Self { next, ..Self::new(Grade::Bad, what, format!("{}{why}", report.what())) }
    }
}

impl Doctor {
    pub fn run(self, ctx: &mut Context) -> Result {
        if self.clock {
            return inside::take_back(self.yes, ctx);
        }
        let mut findings = vec![settings::clock(Timestamp::now())];
        let desk = ctx.desk_unasked();
        let practice = match &desk {
            Ok(desk) => Ok(desk.practice.clone()),
            Err(_) => Practice::open(&ctx.global).map(Arc::new),
        };
        match practice {
            Err(report) => findings.push(Finding::of(FILE, &report)),
            Ok(practice) => {
                let named = [&practice.file.practice.name, settings::zone(&practice), settings::calendar(&practice)];
                findings.push(Finding::new(Grade::Ok, FILE, named.join(", ")));
                findings.push(settings::calendar_data(&practice));
                if self.mail {
                    findings.extend(settings::mail_tried(&practice));
                } else {
                    findings.push(settings::mail(&practice));
                }
                findings.push(settings::operator(&practice));
                findings.extend(plugins::plugins(&practice));
                findings.push(disk::room(&practice));
                if practice.store.is_dir() {
                    findings.extend(disk::kind(&practice.store));
                    findings.extend((!self.quick).then(|| disk::flushes(&practice.store)));
                }
                findings.extend(inside::store(desk, &practice));
            }
        }
        for finding in &findings {
            say(ctx, finding)?;
        }
        let is_bad = findings.iter().any(|finding| finding.grade == Grade::Bad);
        Ok(if is_bad { Exit::No } else { Exit::Done })
    }
}

fn say(ctx: &mut Context, finding: &Finding) -> Result<()> {
    let (paint, Finding { grade, what, found, next, data }) = (ctx.out.paint(), finding);
    let word = match grade {
        Grade::Ok => "ok",
        Grade::Warn => "warn",
        Grade::Bad => "bad",
    };
    if ctx.global.json {
        return Ok(ctx
            .out
            .json(&json!({ "grade": word, "what": what, "found": found, "next": next, "data": data }))?);
    }
    if ctx.global.quiet && *grade == Grade::Ok {
        return Ok(());
    }
    let word = format!("{word:4}");
    let mark = match grade {
        Grade::Ok => paint.good(&word),
        Grade::Warn => paint.warn(&word),
        Grade::Bad => paint.bad(&word),
    };
    ctx.out.line(format!("{mark}  {what:14}  {}", visible(found)))?;
    if let Some(next) = next {
        ctx.out.line(format!("{:22}{}", "", Paint::dim(paint, &visible(next))))?;
    }
    Ok(())
}
