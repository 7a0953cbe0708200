//! `plugin build`: from an author's project to a component with its manifest.
//!
//! Owns: looking for what the language needs and saying what is missing before anything is run, the language's own
//! commands, and putting the manifest in. What came out is held to the contract at once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use jobwright_component::{Manifest, digest};

use super::alone::Alone;
use super::template::{self, Build as Plan, Need};
use super::{Component, Context, offers};
use crate::exit::Exit;
use crate::report::{Report, Result};

/// The author's own description of the plugin.
const MANIFEST: &str = "plugin.toml";

/// Make a component of a project, with its manifest
#[derive(Debug, Args)]
pub struct Build {
    /// The project's folder
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// Do not build: take this component, which has no manifest yet
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,

    /// Where the plugin goes; NAME.wasm in the project's folder when left out
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Build {
    pub fn run(self, ctx: &mut Context) -> Result {
        let (manifest, language) = authored(&self.folder)?;
        let bare = match &self.component {
            Some(component) => component.clone(),
            None => self.built(&manifest, language.as_deref(), ctx)?,
        };
        let bytes = std::fs::read(&bare).map_err(|error| Report::file("read", &bare, &error))?;
        let bytes = manifest.embed(&bytes).map_err(|fault| {
            Report::new(Exit::No, format!("{} cannot become a plugin", bare.display())).because(format!("it {fault}"))
        })?;
        let out = self.out.clone().unwrap_or_else(|| self.folder.join(format!("{}.wasm", manifest.name)));
        let component = Component { path: out.clone(), digest: digest(&bytes), bytes, manifest };
        // What would not be taken in is not written.
        drop(Alone::with(&component, Default::default(), &ctx.global)?);
        std::fs::write(&out, &component.bytes).map_err(|error| Report::file("write", &out, &error))?;
        ctx.say_done(&format!(
            "{} is built: {} {}, {} bytes, sha256:{:.12}…",
            out.display(),
            component.manifest.name,
            component.manifest.version,
            component.bytes.len(),
            component.digest
        ))?;
        ctx.say_done(&format!("it offers {}", offers(&component.manifest)))?;
        Ok(Exit::Done)
    }

    /// Runs what the language needs, and gives what it made.
    fn built(&self, manifest: &Manifest, language: Option<&str>, ctx: &mut Context) -> Result<PathBuf> {
        let language = language.ok_or_else(|| {
            Report::new(Exit::No, format!("{MANIFEST} does not say how the plugin is built"))
                .next("write `[build]`, then `language = \"rust\"` (or js, python, zig, c), or give `--component FILE`")
        })?;
        let plan = template::build(language)?;
        let path = search_path(&self.folder, &plan)?;
        for need in &plan.needs {
            if !is_there(need, &self.folder, &path) {
                return Err(Report::new(Exit::Outside, format!("{} is missing", need.name)).next(format!(
                    "in {}: {}",
                    self.folder.display(),
                    need.install
                )));
            }
        }
        let build = self.folder.join("build");
        std::fs::create_dir_all(&build).map_err(|error| Report::file("make", &build, &error))?;
        for words in &plan.commands {
            let words: Vec<String> = words.iter().map(|word| fill(word, manifest, language)).collect();
            ctx.beside(&format!("{}\n", words.join(" ")));
            // The tools' own words go where errors go: what is said here is ours.
            let ended = command(&words, &self.folder, &path).stdout(Stdio::null()).status();
            let ended = ended.map_err(|error| {
                Report::new(Exit::Outside, format!("cannot run {}", words.first().map_or("", String::as_str)))
                    .caused_by(&error)
            })?;
            if !ended.success() {
                return Err(
                    Report::new(Exit::No, "the plugin was not built").because(format!("`{}` failed", words.join(" ")))
                );
            }
        }
        Ok(self.folder.join(fill(&plan.makes, manifest, language)))
    }
}

/// What the author says of the plugin, and the language it is built from.
pub fn authored(folder: &Path) -> Result<(Manifest, Option<String>)> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Report::file("read", &path, &error).next("`jobwright plugin new NAME --lang rust` writes a project with one")
    })?;
    let table = text.parse::<toml::Table>();
    let manifest = Manifest::from_author(&text, &|name| std::fs::read_to_string(folder.join(name)));
    let manifest = manifest.map_err(|faults| {
        let report = Report::new(Exit::No, format!("{} is wrong", path.display()));
        faults.0.iter().fold(report, |report, fault| report.because(fault.to_string()))
    })?;
    let language = table.ok().and_then(|table| Some(table.get("build")?.get("language")?.as_str()?.to_owned()));
    Ok((manifest, language))
}

fn fill(word: &str, manifest: &Manifest, language: &str) -> String {
    template::filled(word, &manifest.name, "", language)
}

/// The project's own programs first.
fn search_path(folder: &Path, plan: &Plan) -> Result<OsString> {
    let folder = std::path::absolute(folder).map_err(|error| Report::file("find", folder, &error))?;
    let own = plan.path.iter().map(|below| folder.join(below));
    let theirs = std::env::var_os("PATH").unwrap_or_default();
    let all = own.chain(std::env::split_paths(&theirs));
    std::env::join_paths(all).map_err(|error| Report::usage("PATH cannot be used").caused_by(&error))
}

fn command(words: &[String], folder: &Path, path: &OsString) -> Command {
    // The first word is looked for on the path that the command gets.
    let mut command = Command::new("env");
    command.args(words).current_dir(folder).env("PATH", path).stdin(Stdio::null());
    command
}

fn is_there(need: &Need, folder: &Path, path: &OsString) -> bool {
    let Ok(said) = command(&need.look, folder, path).stderr(Stdio::null()).output() else { return false };
    let says = |wanted: &String| String::from_utf8_lossy(&said.stdout).lines().any(|line| line.trim() == wanted);
    said.status.success() && need.says.as_ref().is_none_or(says)
}
