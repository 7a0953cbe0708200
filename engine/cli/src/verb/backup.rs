//! `backup`: one file that the whole store can be made of again.
//!
//! Owns: where it goes and what is said of it. The engine works on meanwhile, its own or a running one; the copy is read
//! back before it gets its name. Leaves the file to the store.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use jobwright_core::access::{Action, Resource};
use jobwright_core::id::Hash;
use jobwright_store::backup::{self, Beside, Summary};
use jobwright_store::local::{BackupRecord, record_backup};
use serde_json::{Value as Json, json};

use super::Context;
use crate::assemble::{engine_report, store_report};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::output::counted;
use crate::plugins::KEPT;
use crate::progress::Progress;
use crate::report::{Report, Result};

/// Write a copy of the store into one file, also while an engine runs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright backup /mnt/safe/2026-11-23.backup
  jobwright -C /srv/practice backup /mnt/safe/today.backup --json
  jobwright verify --backup /mnt/safe/2026-11-23.backup     proves later that it is still whole
  jobwright restore /mnt/safe/2026-11-23.backup NEW_DIR     makes a store of it again

The file holds the store: jobs with all their events, people, definitions, documents. It does not
hold what you write yourself: practice.yaml, the workflows, the plugins that are installed, and
secrets.toml beside the store; a component that a running job began with is in it. It is read back before it gets its name, and a file that is there is never written over. Put it on another
disk.")]
pub struct Backup {
    /// The new file
    file: PathBuf,
}

impl Backup {
    pub fn run(self, ctx: &mut Context) -> Result {
        let desk = ctx.desk(Action::View, Resource::Store)?;
        let path = ctx.caller.absolute(&self.file);
        let pinned = pinned(&desk, ctx)?;
        let mut progress = Progress::of(ctx);
        let watch = &mut |now| progress.copied(now);
        let written = backup::write(desk.store.durable(), &desk.files, &pinned, &path, watch);
        progress.end();
        let summary = written.map_err(|error| backup_report("write", &self.file, error))?;
        // The journal before it may be let go now, and a damaged store finds the way to it.
        let whole = fs::canonicalize(&path).map_err(|error| Report::file("look at", &self.file, &error))?;
        let at = Timestamp::now().as_second();
        let record = BackupRecord { position: summary.position, path: whole, at, chain: Some(summary.chain) };
        // The file is whole whatever becomes of this: a store without room remembers it the next time.
        if let Err(error) = record_backup(desk.store.folder(), &record) {
            let why = Report::from(error);
            let why = why.reasons().last().unwrap_or_else(|| why.what()).to_owned();
            ctx.beside(&format!("the store cannot remember this backup, and so keeps its whole journal: {why}\n"));
        }
        if is_on_one_disk(desk.store.folder(), &path) && !ctx.global.quiet {
            ctx.beside("it lies on the store's own disk: a copy elsewhere outlives that disk\n");
        }
        say(&self.file, &summary, ctx)?;
        Ok(Exit::Done)
    }
}

/// The components that running jobs began with, which the folder of plugins may not have any more.
fn pinned(desk: &Desk, ctx: &mut Context) -> Result<Vec<Beside>> {
    let folder = desk.store.folder();
    let place = |digest: &Hash, ending: &str| format!("{KEPT}/{digest}.{ending}");
    let Some(called) = desk.engine.components_called().map_err(engine_report)? else {
        return Ok(all_components(folder));
    };
    let mut pinned = Vec::new();
    for digest in &called {
        let files = ["wasm", "toml"].map(|ending| place(digest, ending));
        let files = files.map(|place| Beside { path: folder.join(&place), place });
        if files[0].path.is_file() {
            pinned.extend(files.into_iter().filter(|file| file.path.is_file()));
        } else {
            let missing =
                format!("component {digest:.12}, which running jobs began with, is not kept and not in the backup\n");
            ctx.beside(&missing);
        }
    }
    Ok(pinned)
}

/// Every component that is kept: so many effects wait that nobody can say in a moment which are needed.
fn all_components(folder: &Path) -> Vec<Beside> {
    let Ok(entries) = fs::read_dir(folder.join(KEPT)) else { return vec![] };
    let beside = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        let is_kept = path.extension().is_some_and(|ending| ending == "wasm" || ending == "toml");
        is_kept.then(|| Beside { place: format!("{KEPT}/{name}"), path })
    };
    entries.flatten().filter_map(|entry| beside(entry.path())).collect()
}

fn say(file: &Path, summary: &Summary, ctx: &mut Context) -> Result<()> {
    if ctx.global.json {
        return Ok(ctx.out.json(&shape(file, summary))?);
    }
    let Summary { position, files, bytes, .. } = summary;
    let rows = summary.sums.rows();
    let (rows, files) = (counted(rows, "row"), counted(*files, "file"));
    ctx.say_done(&format!("{} is whole: {rows} and {files} to commit {position}, {} KiB", file.display(), bytes >> 10))
}

/// A backup as data.
pub(super) fn shape(file: &Path, summary: &Summary) -> Json {
    json!({
        "file": file.display().to_string(), "position": summary.position, "rows": summary.sums.rows(),
        "files": summary.files, "bytes": summary.bytes, "digest": summary.digest.to_string(),
    })
}

fn is_on_one_disk(store: &Path, file: &Path) -> bool {
    let disk = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    disk(store).is_some_and(|store| disk(file) == Some(store))
}

/// What is wrong with the backup's own file, which is not the store's.
pub(super) fn backup_report(doing: &str, file: &Path, error: jobwright_store::Error) -> Report {
    use jobwright_store::Error;
    match error {
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
            Report::new(Exit::No, format!("{} is there already", file.display()))
                .next("name a new one: nothing that is there is written over")
        }
        Error::Io { source, .. } => Report::file(doing, file, &source),
        Error::BackupDamaged { .. } => Report::new(Exit::No, "this backup cannot be relied on")
            .caused_by(&error)
            .next("take an earlier one; `jobwright verify --backup FILE` says which are whole"),
        error => store_report(error),
    }
}
