//! `plugin`: what authors and admins do with plugins; one file each.
//!
//! Owns: the list of what can be done. None of it needs the store: a running engine sees a changed folder by itself.

mod add;
mod alone;
mod build;
mod check;
mod inspect;
mod list;
mod new;
mod rehearsal;
mod remove;
mod run;
mod sign;
mod template;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jobwright_component::{Manifest, digest};
use jobwright_core::id::Hash;

use super::Context;
use crate::exit::Exit;
use crate::plugins::FOLDER;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Largest component that is read.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

/// Plugins: write one, try it, add it with its grants
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jobwright plugin new vat-checks --lang rust --type vat.checks
  jobwright plugin build                                   in the new folder; makes vat-checks.wasm
  jobwright plugin check                                   runs its examples, and what every plugin must withstand
  jobwright plugin inspect vat-checks.wasm                 what it offers and what it asks for; runs nothing of it
  jobwright plugin run vat-checks.wasm vat.checks --settings boxes.json
  jobwright plugin add vat-checks.wasm                     shows what it asks for, and asks what you grant
  jobwright plugin add vat-checks.wasm --grant all
  jobwright plugin keygen my.key                           once, for whoever signs what they make
  jobwright plugin sign vat-checks.wasm --key my.key       makes vat-checks.wasm.sig, which `add` reads
  jobwright plugin list
  jobwright plugin remove vat-checks

What a plugin is granted stands in plugins/grants.toml: read it like code, and change it by hand as you like.")]
pub struct Plugin {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// A working project for a plugin, with one task type and a test
    New(new::New),
    /// Make a component of a project, with its manifest
    Build(build::Build),
    /// Run a plugin's examples, and see that it withstands what every plugin must
    Check(check::Check),
    /// A key to sign plugins with
    Keygen(sign::Keygen),
    /// Vouch for a component with your key
    Sign(sign::Sign),
    /// Take a plugin in, or a new version of it, with what it is granted
    Add(add::Add),
    /// All plugins, what they offer, and what is not in order
    List,
    /// What a component says of itself; nothing of it runs
    Inspect(inspect::Inspect),
    /// Call a component by itself, outside of any job
    Run(run::Run),
    /// Take a plugin out; jobs that began with it can call it no more
    Remove(remove::Remove),
}

impl Plugin {
    pub fn run(self, ctx: &mut Context) -> Result {
        match self.act {
            Act::New(new) => new.run(ctx),
            Act::Build(build) => build.run(ctx),
            Act::Check(check) => check.run(ctx),
            Act::Keygen(keygen) => keygen.run(ctx),
            Act::Sign(sign) => sign.run(ctx),
            Act::Add(add) => add.run(ctx),
            Act::List => list::list(ctx),
            Act::Inspect(inspect) => inspect.run(ctx),
            Act::Run(run) => run.run(ctx),
            Act::Remove(remove) => remove.run(ctx),
        }
    }
}

/// A component as a file.
struct Component {
    path: PathBuf,
    bytes: Vec<u8>,
    digest: Hash,
    manifest: Manifest,
}

impl Component {
    /// Reads a component and what it says of itself.
    fn read(path: &Path) -> Result<Self> {
        let size = std::fs::metadata(path).map_err(|error| Report::file("read", path, &error))?.len();
        if size > COMPONENT_BYTES_MAX {
            let report = Report::new(Exit::No, format!("{} cannot be a plugin", path.display()));
            return Err(report.because(format!("it has {size} bytes; {COMPONENT_BYTES_MAX} are the most")));
        }
        let bytes = std::fs::read(path).map_err(|error| Report::file("read", path, &error))?;
        let manifest = Manifest::of_component(&bytes).map_err(|fault| {
            Report::new(Exit::No, format!("{} cannot be used as a plugin", path.display()))
                .because(format!("it {fault}"))
        })?;
        Ok(Self { path: path.to_owned(), digest: digest(&bytes), bytes, manifest })
    }

    /// A component by its file, or by the name of a plugin of this practice.
    fn find(named: &Path, ctx: &Context) -> Result<Self> {
        if !named.exists()
            && let Some(name) = named.to_str()
            && let Some(practice) = Practice::open_if_there(&ctx.global)?
        {
            let path = practice.folder.join(FOLDER).join(format!("{name}.wasm"));
            if path.exists() {
                return Self::read(&path);
            }
        }
        Self::read(named)
    }
}

/// What somebody reads in a line: a name and what it is.
fn offers(manifest: &Manifest) -> String {
    let tasks = manifest.tasks.iter().map(|one| one.name.clone());
    let selectors = manifest.selectors.iter().map(|one| format!("{} (selector)", one.name));
    let checks = manifest.checks.iter().map(|one| format!("{} (check)", one.name));
    let listeners = manifest.listeners.iter().map(|one| format!("hears {}", one.events.join(", ")));
    tasks.chain(selectors).chain(checks).chain(listeners).collect::<Vec<_>>().join(", ")
}
