//! `plugin remove`: a plugin goes out of the practice.
//!
//! Owns: taking it out of lock and grants before its file goes. Jobs that began with it can call it no more: what the files
//! do not give nothing has.

use clap::Args;
use jobwright_component::Edit;

use super::Context;
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Take a plugin out; jobs that began with it can call it no more
#[derive(Debug, Args)]
pub struct Remove {
    /// Its name
    name: String,
}

impl Remove {
    pub fn run(self, ctx: &mut Context) -> Result {
        let practice = Practice::open(&ctx.global)?;
        let folder = practice.plugins_folder();
        let missing = || {
            Report::new(Exit::NotFound, format!("there is no plugin {}", self.name))
                .next("`jobwright plugin list` names them")
        };
        if !folder.is_dir() {
            return Err(missing());
        }
        // What jobs began with is kept beside the store before the file goes, for when it is taken in again.
        practice.shelf()?;
        let gone = Edit::begin(&folder).and_then(|edit| edit.remove(&self.name));
        gone.map_err(|error| Report::file("change", &folder, &error))?.ok_or_else(missing)?;
        ctx.say_done(&format!(
            "plugin {} is removed; jobs that began with it can call it no more: such a task fails and waits for a person",
            self.name
        ))?;
        Ok(Exit::Done)
    }
}
