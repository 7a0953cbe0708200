//! A folder that a play makes for itself.
//!
//! Owns: finding a name that nobody has. Two plays at once get two folders, and no folder is ever written over.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::report::{Report, Result};

/// Names tried before giving up: somebody should clear away what is there.
const NAMES_MAX: usize = 10_000;

/// Makes a new folder for temporary things: `<name>-1`, or the next number.
pub fn temporary(name: &str) -> Result<PathBuf> {
    let above = std::env::temp_dir();
    for number in 1..=NAMES_MAX {
        let folder = above.join(format!("{name}-{number}"));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Report::file("make", &folder, &error)),
        }
    }
    let full = format!("{} holds {NAMES_MAX} folders named {name}", above.display());
    Err(Report::new(Exit::Outside, full).next("remove those you no longer need"))
}

/// Takes a folder that is empty, or makes it.
pub fn empty(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).map_err(|error| Report::file("make", folder, &error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| Report::file("look into", folder, &error))?;
    match entries.next() {
        None => Ok(folder.to_owned()),
        Some(_) => Err(Report::new(Exit::No, format!("{} is not empty", folder.display()))
            .next("name a new folder: nothing that is there is written over")),
    }
}
