//! `init`: a new practice folder with something to try in it.
//!
//! Owns: which files a fresh practice has. They come from this binary; nothing is fetched. A folder with anything in it
//! is refused, and one that could not be finished is taken away again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::Context;
use crate::exit::Exit;
use crate::report::{Report, Result};
use crate::schema;

/// In this order, after the schemas: a folder is a practice once the last one is there.
const FILES: &[(&str, &str)] = &[
    ("people.yaml", include_str!("init/people.yaml")),
    ("workflows/first-job.job.yaml", include_str!("init/first-job.job.yaml")),
    ("practice.yaml", include_str!("init/practice.yaml")),
];

fn files() -> impl Iterator<Item = (String, &'static str)> {
    schema::for_practice().chain(FILES.iter().map(|(name, text)| ((*name).to_owned(), *text)))
}

/// Make a new practice folder with a first workflow and sample people
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright init my-practice
  cd my-practice && jobwright import people.yaml")]
pub struct Init {
    /// The new folder
    folder: PathBuf,
}

impl Init {
    pub fn run(self, ctx: &mut Context) -> Result {
        let folder = &self.folder;
        refuse_filled(folder)?;
        let is_new = !folder.exists();
        if let Err(report) = fill(folder) {
            take_back(folder, is_new);
            return Err(report);
        }
        if ctx.global.json {
            let files: Vec<_> = files().map(|(name, _)| name).collect();
            ctx.out.json(&json!({ "folder": folder.display().to_string(), "files": files }))?;
        } else if !ctx.global.quiet {
            say(ctx, folder)?;
        }
        Ok(Exit::Done)
    }
}

fn refuse_filled(folder: &Path) -> Result<()> {
    let first = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Report::file("look into", folder, &error)),
    };
    match first {
        None => Ok(()),
        Some(_) => {
            let report = Report::new(Exit::No, format!("{} is not empty, and was left alone", folder.display()));
            Err(report.next("name a new folder"))
        }
    }
}

fn fill(folder: &Path) -> Result<()> {
    for (name, text) in files() {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Report::file("make", parent, &error))?;
        let written = OpenOptions::new().write(true).create_new(true).open(&path);
        let written = written.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|error| Report::file("write", &path, &error))?;
    }
    Ok(())
}

/// Only what this run wrote: the folder was empty before. What cannot be removed is seen by whoever looks.
fn take_back(folder: &Path, is_new: bool) {
    for (name, _) in files() {
        let _ = fs::remove_file(folder.join(name));
    }
    let _ = fs::remove_dir(folder.join(crate::practice::WORKFLOWS));
    let _ = fs::remove_dir(folder.join(schema::FOLDER));
    if is_new {
        let _ = fs::remove_dir(folder);
    }
}

fn say(ctx: &mut Context, folder: &Path) -> Result<()> {
    let paint = ctx.out.paint();
    ctx.out.line(format!("{} is a practice now:", paint.bold(&folder.display().to_string())))?;
    ctx.out.line("  practice.yaml                  your settings")?;
    ctx.out.line("  people.yaml                    people to begin with")?;
    ctx.out.line("  workflows/first-job.job.yaml   a first job definition, with comments")?;
    ctx.out.line("  schemas/                       what your editor needs to complete and check these files")?;
    ctx.out.line("")?;
    let steps = ["import people.yaml", "publish workflows/first-job.job.yaml", "start first-job --client acme"];
    ctx.out.line(format!("Next, in {}:", folder.display()))?;
    for step in steps {
        ctx.out.line(format!("  {}", paint.good(&format!("jobwright {step}"))))?;
    }
    Ok(())
}
