//! `plugin remove`: a plugin goes out of the practice.
//!
//! Owns: taking it out of lock and grants before its file goes. Its component stays beside the store for the jobs that
//! began with it.

use clap::Args;
use jobwright_component::{GRANTS, Grants, LOCK, Lock};

use super::Context;
use crate::exit::Exit;
use crate::practice::Practice;
use crate::report::{Report, Result};

/// Take a plugin out; jobs that began with it end with it
#[derive(Debug, Args)]
pub struct Remove {
    /// Its name
    name: String,
}

impl Remove {
    pub fn run(self, ctx: &mut Context) -> Result {
        let practice = Practice::open(&ctx.global)?;
        let folder = practice.plugins_folder();
        let (lock_path, grants_path) = (folder.join(LOCK), folder.join(GRANTS));
        let mut lock = Lock::read(&lock_path).map_err(|error| Report::file("read", &lock_path, &error))?;
        let Some(at) = lock.plugins.iter().position(|locked| locked.name == self.name) else {
            return Err(Report::new(Exit::NotFound, format!("there is no plugin {}", self.name))
                .next("`jobwright plugin list` names them"));
        };
        // Whatever jobs began with is kept beside the store before the file goes.
        practice.shelf()?;
        let gone = lock.plugins.remove(at);
        lock.write(&lock_path).map_err(|error| Report::file("write", &lock_path, &error))?;
        let mut grants = Grants::read(&grants_path).map_err(|error| Report::file("read", &grants_path, &error))?;
        if grants.0.remove(&self.name).is_some() {
            grants.write(&grants_path).map_err(|error| Report::file("write", &grants_path, &error))?;
        }
        let file = folder.join(&gone.file);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Report::file("remove", &file, &error));
            }
            _ => {}
        }
        ctx.say_done(&format!("plugin {} is removed; jobs that began with it end with it", self.name))?;
        Ok(Exit::Done)
    }
}
