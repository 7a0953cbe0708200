//! `doctor`: what is wrong with this installation, and how to mend it.
//!
//! Owns: one line a finding, each with the next move. It opens the store as any verb does, so that what would hinder
//! them hinders it too. Leaves definitions to `check`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jobwright_definition::practice::Transport;
use jobwright_email::Transport as WayOut;
use jobwright_store::{meta, outbox};
use serde_json::json;

use super::Context;
use crate::assemble::{self, LETTERS};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::{Paint, visible};
use crate::practice::{FILE, Practice};
use crate::report::{Report, Result};

/// Less free room than this wants a look: the store needs some of it for itself.
const FREE_BYTES_GOOD: u64 = 1 << 30;
/// Less than this is bad: the store takes nothing any more.
const FREE_BYTES_MIN: u64 = 64 << 20;
/// A calendar whose data end sooner than this should be renewed.
const CALENDAR_YEARS_AHEAD: i16 = 1;
/// A clock before this day was never set.
const EARLIEST_NOW: &str = "2026-01-01T00:00:00Z";
/// A clock this far before the latest commit has been set back.
const CLOCK_BEHIND_MAX_SECONDS: i64 = 60;

/// Say what is wrong with this installation, and how to mend it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright doctor
  jobwright -C /srv/practice doctor --json

Exit code 1 says that something is bad; what wants a look leaves it at 0.")]
pub struct Doctor;

/// How a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
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
}

impl Finding {
    fn new(grade: Grade, what: &'static str, found: impl Into<String>) -> Self {
        Self { grade, what, found: found.into(), next: None }
    }

    fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
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
        let mut findings = vec![clock(Timestamp::now())];
        let desk = ctx.desk();
        let practice = match &desk {
            Ok(desk) => Ok(desk.practice.clone()),
            Err(_) => Practice::open(&ctx.global).map(Arc::new),
        };
        match practice {
            Err(report) => findings.push(Finding::of(FILE, &report)),
            Ok(practice) => {
                let named = format!("{}, {}, {}", practice.file.practice.name, zone(&practice), calendar(&practice));
                findings.push(Finding::new(Grade::Ok, FILE, named));
                findings.push(calendar_data(&practice));
                findings.push(room(&practice));
                findings.push(mail(&practice));
                findings.push(operator(&practice));
                findings.extend(store(desk, &practice));
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
    let (paint, Finding { grade, what, found, next }) = (ctx.out.paint(), finding);
    let word = match grade {
        Grade::Ok => "ok",
        Grade::Warn => "warn",
        Grade::Bad => "bad",
    };
    if ctx.global.json {
        return Ok(ctx.out.json(&json!({ "grade": word, "what": what, "found": found, "next": next }))?);
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

fn zone(practice: &Practice) -> &str {
    &practice.file.timezone.value
}

fn calendar(practice: &Practice) -> &str {
    &practice.file.calendar.value
}

fn clock(now: Timestamp) -> Finding {
    const WHAT: &str = "clock";
    match EARLIEST_NOW.parse::<Timestamp>() {
        Ok(earliest) if now < earliest => Finding::new(Grade::Bad, WHAT, format!("says {now}, which has long passed"))
            .next("set this machine's clock"),
        _ => Finding::new(Grade::Ok, WHAT, now.strftime("%F %H:%M UTC").to_string()),
    }
}

/// Past its data a calendar counts weekends only, and dates move without anybody having moved them.
fn calendar_data(practice: &Practice) -> Finding {
    const WHAT: &str = "calendar";
    let id = calendar(practice);
    let Ok(calendar) = practice.calendars.get(id) else {
        return Finding::new(Grade::Bad, WHAT, format!("there is no calendar {id}"));
    };
    let (year, last) = (Timestamp::now().to_zoned(practice.zone.clone()).year(), calendar.last_year);
    let found = format!("{id} knows its holidays to the end of {last}");
    match last {
        i16::MAX => Finding::new(Grade::Ok, WHAT, format!("{id} has no holidays")),
        last if last < year => Finding::new(Grade::Bad, WHAT, found).next(renew(id)),
        last if last < year + CALENDAR_YEARS_AHEAD => Finding::new(Grade::Warn, WHAT, found).next(renew(id)),
        _ => Finding::new(Grade::Ok, WHAT, found),
    }
}

fn renew(id: &str) -> String {
    format!("take a newer jobwright, or put the new years into calendars/{id}.yaml of the practice")
}

fn room(practice: &Practice) -> Finding {
    const WHAT: &str = "disk";
    let folder = if practice.store.is_dir() { &practice.store } else { &practice.folder };
    match rustix::fs::statvfs(folder) {
        Err(error) => Finding::new(Grade::Bad, WHAT, format!("cannot be looked at: {error}")),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{} MiB are free", free >> 20);
            match free {
                ..FREE_BYTES_MIN => Finding::new(Grade::Bad, WHAT, found).next("make room: nothing more is taken"),
                FREE_BYTES_MIN..FREE_BYTES_GOOD => Finding::new(Grade::Warn, WHAT, found).next("make room soon"),
                _ => Finding::new(Grade::Ok, WHAT, found),
            }
        }
    }
}

/// The settings only: whether the server takes letters is seen when one is sent.
fn mail(practice: &Practice) -> Finding {
    const WHAT: &str = "mail";
    let mail = &practice.file.mail;
    let Some(from) = mail.from.as_ref().map(|from| from.address.as_str()) else {
        let finding = Finding::new(Grade::Warn, WHAT, "letters have no sender");
        return finding.next("write `mail: { from: { name: …, address: … } }` into practice.yaml");
    };
    match &mail.transport {
        Transport::Files => {
            let found = format!("letters by {from} become files in {LETTERS}/; nobody gets them");
            Finding::new(Grade::Warn, WHAT, found)
                .next("name your mail server in practice.yaml when you begin in earnest")
        }
        Transport::None => Finding::new(Grade::Warn, WHAT, "letters go nowhere").next("set `transport:` under `mail`"),
        Transport::Smtp { host, port, .. } => match assemble::transport(practice) {
            Ok(WayOut::Unready { why }) => Finding::new(Grade::Bad, WHAT, why),
            Ok(_) => Finding::new(Grade::Ok, WHAT, format!("letters by {from} leave through {host}:{port}")),
            Err(report) => Finding::of(WHAT, &report),
        },
    }
}

fn operator(practice: &Practice) -> Finding {
    const WHAT: &str = "operator";
    match &practice.file.practice.operator {
        Some(operator) => Finding::new(Grade::Ok, WHAT, format!("{operator} acts when a command names nobody")),
        None => Finding::new(Grade::Warn, WHAT, "nobody acts when a command names nobody")
            .next("write `operator: ID` of a member of staff into practice.yaml, or use --as"),
    }
}

fn store(desk: Result<Desk>, practice: &Practice) -> Vec<Finding> {
    const WHAT: &str = "store";
    if !practice.store.exists() {
        let found = format!("{} is not there yet; the first verb that needs it makes it", practice.store.display());
        return vec![Finding::new(Grade::Ok, WHAT, found)];
    }
    let mut findings: Vec<_> = open_to_others(&practice.store).into_iter().collect();
    match desk {
        Err(report) => findings.push(Finding::of(WHAT, &report)),
        Ok(desk) => findings.extend(inside(&desk)),
    }
    findings
}

/// The store holds people's data and frozen letters.
fn open_to_others(store: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(store).ok()?.permissions().mode() & 0o777;
    let is_open = mode & 0o007 != 0;
    is_open.then(|| {
        let finding =
            Finding::new(Grade::Warn, "store's rights", format!("other accounts may look into it ({mode:03o})"));
        finding.next(format!("chmod 700 {}", store.display()))
    })
}

fn inside(desk: &Desk) -> Vec<Finding> {
    let mut findings = vec![Finding::new(Grade::Ok, "store", format!("format {}, open", jobwright_store::FORMAT))];
    match meta::seen_time(desk.engine.store()) {
        Err(error) => findings.push(Finding::of("store's time", &error.into())),
        Ok(seen) => findings.extend(seen.and_then(set_back)),
    }
    match outbox::counts(&desk.engine.reader()) {
        Err(error) => findings.push(Finding::of("effects", &error.into())),
        Ok(counts) if counts.given_up > 0 => {
            let found = format!("{} were given up and wait for a person", counts.given_up);
            findings.push(
                Finding::new(Grade::Warn, "effects", found).next("`jobwright jobs` shows them; `retry` tries again"),
            );
        }
        Ok(counts) => {
            let found = format!("{} wait, {} are on their way", counts.wanted, counts.claimed);
            findings.push(Finding::new(Grade::Ok, "effects", found));
        }
    }
    findings
}

/// Store time never runs back, so a clock that does makes the engine wait for it.
fn set_back(seen_ms: i64) -> Option<Finding> {
    let behind = seen_ms / 1_000 - Timestamp::now().as_second();
    (behind > CLOCK_BEHIND_MAX_SECONDS).then(|| {
        let found = format!("the clock is {behind} seconds behind the latest commit; it was set back");
        Finding::new(Grade::Bad, "store's time", found).next("set this machine's clock; until then moments stand still")
    })
}
