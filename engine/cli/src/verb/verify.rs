//! `verify`: the evidence, checked.
//!
//! Owns: what is said of a whole store or of a backup, and how it ends. Mends nothing. Leaves what must be true to the
//! store.

use std::path::PathBuf;

use clap::Args;
use jobwright_core::access::{Action, Resource};
use jobwright_core::id::Hash;
use jobwright_store::{
    JournalState, backup,
    local::BackupRecord,
    verify::{self, Finding, Seen, Watch},
};
use serde_json::{Value as Json, json};

use super::Context;
use super::backup::{backup_report, shape as backup_shape};
use crate::exit::Exit;
use crate::output::{counted, visible};
use crate::progress::Progress;
use crate::report::Result;

/// Check everything that is kept: each commit, row, file, job and effect; or a backup
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright verify
  jobwright verify --backup /mnt/safe/2026-11-23.backup
  jobwright verify --against /mnt/safe/2026-11-23.backup     was its past put back or rewritten?
  jobwright verify --json

Reads the journal with the hash that links each commit to the one before, counts the rows against
their sums, reads every file against its name, replays every job and holds its head, its index rows
and its effects against what comes out. The journal must hold what the last proven backup held. Printed
is also the head of the chain: the hash that knows every commit before it. It mends nothing. Exit code 1 says that something is wrong,
4 that the store cannot be read.

A running engine checks its own store; commands that change something wait while it reads its
journal.")]
pub struct Verify {
    /// A backup, instead of the store
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,

    /// Also hold the store against a backup of it that somebody has kept: its journal must go on from there
    #[arg(long, value_name = "FILE", conflicts_with = "backup")]
    against: Option<PathBuf>,
}

/// Counts on a terminal, and keeps what was found.
struct Watching<'a> {
    progress: Progress<'a>,
    found: Vec<Finding>,
}

impl Watch for Watching<'_> {
    fn seen(&mut self, seen: &Seen) {
        self.progress.say(|| format!("{} clients, {} jobs", seen.clients, seen.jobs));
    }

    fn found(&mut self, finding: Finding) {
        self.found.push(finding);
    }
}

impl Verify {
    /// Whether it is about a backup, for which no store is needed.
    pub(super) fn is_of_backup(&self) -> bool {
        self.backup.is_some()
    }

    pub fn run(self, ctx: &mut Context) -> Result {
        match &self.backup {
            Some(file) => of_backup(file, ctx),
            None => self.of_store(ctx),
        }
    }
}

impl Verify {
    fn of_store(&self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Store)?;
        let against = self.against.as_ref().map(|file| kept(file, ctx)).transpose()?;
        let mut watching = Watching { progress: Progress::of(ctx), found: Vec::new() };
        let seen = verify::whole(&desk.store, &desk.files, &mut watching);
        let Watching { progress, mut found } = watching;
        progress.end();
        let mut seen = seen?;
        let speaks = against.as_ref().map(|backup| desk.store.behind(backup)).transpose()?.flatten();
        if let Some(words) = speaks {
            seen.findings += 1;
            found.push(Finding { what: "journal", found: words });
        }
        let head = desk.store.journal()?;
        say(&seen, &found, &head, ctx)?;
        if let (Some(backup), 0) = (&against, seen.findings) {
            let (position, path) = (backup.position, backup.path.display());
            ctx.say_done(&format!("the journal goes on from {path}, which ends at commit {position}"))?;
        }
        Ok(if seen.findings > 0 { Exit::No } else { Exit::Done })
    }
}

/// A backup that was kept, proven now, as what the journal is held against.
fn kept(file: &std::path::Path, ctx: &mut Context) -> Result<BackupRecord> {
    let path = ctx.caller.absolute(file);
    let mut progress = Progress::of(ctx);
    let verified = backup::verify(&path, &mut |now| progress.copied(now));
    progress.end();
    let summary = verified.map_err(|error| backup_report("read", file, error))?;
    Ok(BackupRecord { position: summary.position, path: file.to_owned(), at: 0, chain: Some(summary.chain) })
}

fn say(seen: &Seen, found: &[Finding], head: &JournalState, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        return Ok(ctx.out.json(&shape(seen, found, head))?);
    }
    let paint = ctx.out.paint();
    for Finding { what, found } in found {
        ctx.out.line(format!("{}  {what:8}  {}", paint.bad("bad"), visible(found)))?;
    }
    let told = found.len() as u64;
    if seen.findings > told {
        ctx.out.line(format!("and {} more", seen.findings - told))?;
    }
    let (commits, rows) = (counted(seen.commits, "commit"), counted(seen.rows, "row"));
    ctx.say_done(&format!("read: {commits}, {rows}, {}", counted(seen.files, "file")))?;
    ctx.say_done(&format!("head of the chain: commit {}, {}", head.last, Hash(head.chain)))?;
    let (jobs, events) = (counted(seen.jobs, "job"), counted(seen.events, "event"));
    let (effects, clients) = (counted(seen.effects, "effect"), counted(seen.clients, "client"));
    ctx.say_done(&format!("replayed: {jobs} with {events}; looked at: {effects}, {clients}"))?;
    if !seen.is_counted {
        ctx.beside("others went on writing, so that index rows were not counted; verify again at a quieter time\n");
    }
    match seen.findings {
        0 => ctx.say_done(&paint.good("nothing is wrong")),
        1 => ctx.say_done(&paint.bad("1 thing is wrong; keep a copy of the folder before anything else")),
        many => ctx
            .say_done(&paint.bad(&format!("{many} things are wrong; keep a copy of the folder before anything else"))),
    }
}

fn shape(seen: &Seen, found: &[Finding], head: &JournalState) -> Json {
    let found = found.iter().map(|one| json!({ "what": one.what, "found": one.found }));
    json!({
        "commits": seen.commits, "rows": seen.rows, "files": seen.files, "jobs": seen.jobs, "events": seen.events,
        "effects": seen.effects, "clients": seen.clients, "indexes_counted": seen.is_counted,
        "wrong": seen.findings, "findings": found.collect::<Json>(),
        "head": { "position": head.last, "chain": Hash(head.chain).to_string() },
    })
}

fn of_backup(file: &std::path::Path, ctx: &mut Context) -> Result {
    let mut progress = Progress::of(ctx);
    let verified = backup::verify(file, &mut |now| progress.copied(now));
    progress.end();
    let summary = verified.map_err(|error| backup_report("read", file, error))?;
    if ctx.global.json {
        ctx.out.json(&backup_shape(file, &summary))?;
        return Ok(Exit::Done);
    }
    let (rows, files) = (counted(summary.sums.rows(), "row"), counted(summary.files, "file"));
    let position = summary.position;
    ctx.say_done(&format!("{} is whole: {rows} and {files} to commit {position}", file.display()))?;
    Ok(Exit::Done)
}
