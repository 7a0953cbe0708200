//! Calendars of working days: those that ship, and the practice's own, which stand before them.
//!
//! Owns: finding and reading them. A file `calendars/*.yaml` of the practice overrides a shipped one of the same id.
//! Leaves the keys of a calendar file to `definition` and counting to the core.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jobwright_core::calendar::Calendar;
use jobwright_definition::calendar::calendar;
use jobwright_definition::diagnostic::{Diagnostics, quoted};
use jobwright_definition::source::Sources;
use jobwright_definition::suggest::suggest;
use jobwright_definition::syntax;

use crate::exit::Exit;
use crate::practice::{shown, unusable};
use crate::report::{Report, Result};

const FOLDER: &str = "calendars";
/// More files are not looked at.
const FILES_MAX: usize = 200;

const SHIPPED: &[(&str, &str)] = &[
    ("england-and-wales.yaml", include_str!("../../../../workflows/calendars/england-and-wales.yaml")),
    ("northern-ireland.yaml", include_str!("../../../../workflows/calendars/northern-ireland.yaml")),
    ("scotland.yaml", include_str!("../../../../workflows/calendars/scotland.yaml")),
];

/// All calendars by id.
#[derive(Clone, Debug)]
pub struct Calendars {
    by_id: BTreeMap<String, Calendar>,
}

impl Calendars {
    /// Those that ship.
    pub fn shipped() -> Result<Self> {
        let mut calendars = Self { by_id: BTreeMap::new() };
        for (name, text) in SHIPPED {
            calendars.add(name, text.as_bytes())?;
        }
        Ok(calendars)
    }

    /// Those that ship, and those of a practice's folder.
    pub fn with_those_of(practice: &Path) -> Result<Self> {
        let mut calendars = Self::shipped()?;
        for path in files(&practice.join(FOLDER))? {
            let bytes = fs::read(&path).map_err(|error| Report::file("read", &path, &error))?;
            calendars.add(&shown(&path), &bytes)?;
        }
        Ok(calendars)
    }

    /// The calendar of this id.
    pub fn get(&self, id: &str) -> Result<&Calendar> {
        self.by_id.get(id).ok_or_else(|| {
            let report = Report::new(Exit::NotFound, format!("there is no calendar {}", quoted(id)));
            match suggest(id, self.by_id.keys().map(String::as_str)) {
                Some(meant) => report.next(format!("did you mean `{meant}`?")),
                None => report.next(format!("known are: {}", self.ids().collect::<Vec<_>>().join(", "))),
            }
        })
    }

    /// Their ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// All of them by id.
    pub fn by_id(&self) -> &BTreeMap<String, Calendar> {
        &self.by_id
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
        let node = syntax::read(&mut sources, name, bytes, &mut diagnostics);
        let read = node.and_then(|node| calendar(&node, &mut diagnostics));
        let calendar = read.ok_or_else(|| unusable(name, &sources, &diagnostics))?;
        self.by_id.insert(calendar.id.clone(), calendar);
        Ok(())
    }
}

/// The folder's YAML files by name, so that which of two wins does not hang on the disk.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Report::file("look into", folder, &error)),
    };
    let paths = entries.take(FILES_MAX).map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>().map_err(|error| Report::file("look into", folder, &error))?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendars_in_the_binary_can_be_read() {
        let calendars = Calendars::shipped().unwrap();
        assert_eq!(calendars.ids().collect::<Vec<_>>(), ["england-and-wales", "northern-ireland", "scotland"]);
        assert!(calendars.get("scottland").unwrap_err().moves().any(|next| next.contains("`scotland`")));
    }
}
