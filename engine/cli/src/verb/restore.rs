//! `restore`: a store made of a backup, in a folder of its own.
//!
//! Owns: what the new store is opened with, to see that it can be, and what is said of what waits in it. The folder gets
//! its name when all of it is proven, and nothing that is there is touched. Leaves the making to the store.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use jobwright_store::{
    Blobs, Reader, backup,
    local::{self, Options},
    outbox::{self, Counts},
};

use super::Context;
use super::backup::{backup_report, shape};
use crate::assemble::store_options;
use crate::exit::Exit;
use crate::output::counted;
use crate::practice::Practice;
use crate::progress::Progress;
use crate::report::Result;

/// Make a store of a backup, in a new folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright restore /mnt/safe/2026-11-23.backup .jobwright            where the practice's store is gone
  jobwright restore /mnt/safe/2026-11-23.backup /srv/looked-at
  jobwright --store /srv/looked-at jobs                               looks into it before anything else

Everything is proven before the folder gets its name, and a folder that is there is never touched.
Letters that waited when the backup was made, or fell due since, may have left before: the new store
holds all letters back until somebody says `jobwright work --release-letters`.")]
pub struct Restore {
    /// The backup
    file: PathBuf,

    /// The new store's folder
    #[arg(value_name = "NEW_DIR")]
    folder: PathBuf,
}

impl Restore {
    pub fn run(self, ctx: &mut Context) -> Result {
        let practice = Practice::open_if_there(&ctx.global)?;
        let options = practice.map_or_else(Options::default, |practice| store_options(&practice.file));
        let at = Timestamp::now().as_second();
        let mut progress = Progress::of(ctx);
        let watch = &mut |now| progress.copied(now);
        let restored = backup::restore(&self.file, &self.folder, &options, at, watch);
        progress.end();
        let named = if self.folder.exists() && restored.is_err() { &self.folder } else { &self.file };
        let summary = restored.map_err(|error| backup_report("read", named, error))?;
        let waiting = self.opened(&options)?;
        if ctx.global.json {
            let mut json = shape(&self.file, &summary);
            json["folder"] = self.folder.display().to_string().into();
            json["letters"] = crate::shape::effects(&waiting);
            ctx.out.json(&json)?;
            return Ok(Exit::Done);
        }
        let (rows, files) = (counted(summary.sums.rows(), "row"), counted(summary.files, "file"));
        let folder = self.folder.display();
        ctx.say_done(&format!("{folder} is a whole store: {rows} and {files} to commit {}", summary.position))?;
        if waiting.wanted + waiting.claimed > 0 {
            let waiting = waiting.wanted + waiting.claimed;
            ctx.say_done(&format!(
                "{} waited when the backup was made, and may have left since",
                counted(waiting as u64, "effect")
            ))?;
        }
        ctx.say_done("its letters are held back until `jobwright work --release-letters`")?;
        ctx.say_done(&format!("look at it with `jobwright --store {folder} jobs`"))?;
        Ok(Exit::Done)
    }

    /// Opens the store as every verb will, and counts what waits in it.
    fn opened(&self, options: &Options) -> Result<Counts> {
        let store = Arc::new(local::open(&self.folder, options)?);
        let files = Blobs::open(&self.folder)?;
        Ok(outbox::counts(&Reader::new(&*store, &files))?)
    }
}
