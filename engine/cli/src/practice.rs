//! The practice's folder: what every verb works on.
//!
//! Owns: finding practice.yaml and reading it, the zone and the calendars it names, and where the store and the
//! workflows lie. Opens no store: that costs time, and only some verbs need it. Leaves what the keys of practice.yaml
//! mean to `definition`.

mod calendars;
mod zones;

use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jobwright_definition::code;
use jobwright_definition::diagnostic::{Diagnostic, Diagnostics, quoted};
use jobwright_definition::practice::{PracticeFile, practice};
use jobwright_definition::source::{Sources, Span, Spanned};
use jobwright_definition::{render, syntax};

pub use calendars::Calendars;
pub use zones::zone;

use crate::arguments::Global;
use crate::crash;
use crate::exit::Exit;
use crate::plugins::Installed;
use crate::report::{Report, Result};

/// The file that makes a folder a practice's.
pub const FILE: &str = "practice.yaml";
/// Where the store lies, unless `--store` says otherwise.
pub const STORE: &str = ".jobwright";
/// Where the job definitions lie.
pub const WORKFLOWS: &str = "workflows";

/// An open practice folder.
pub struct Practice {
    /// The folder.
    pub folder: PathBuf,
    /// The store's folder, which may not be there yet.
    pub store: PathBuf,
    /// What practice.yaml says.
    pub file: PracticeFile,
    /// The practice's time zone.
    pub zone: TimeZone,
    /// All calendars.
    pub calendars: Calendars,
    /// Its plugins, opened when somebody needs them.
    pub installed: Installed,
}

impl Practice {
    /// Opens the folder that the flags name.
    pub fn open(global: &Global) -> Result<Self> {
        Self::open_if_there(global)?.ok_or_else(|| missing(&global.practice))
    }

    /// Opens the folder when it is a practice's: some verbs do without one.
    pub fn open_if_there(global: &Global) -> Result<Option<Self>> {
        let folder = global.practice.clone();
        if !folder.is_dir() {
            return Err(Report::new(Exit::NotFound, format!("there is no folder {}", folder.display())));
        }
        let path = folder.join(FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Report::file("read", &path, &error)),
        };
        let store = global.store.clone().unwrap_or_else(|| folder.join(STORE));
        crash::report_beside(&store);
        let calendars = Calendars::with_those_of(&folder)?;
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
        let node = syntax::read(&mut sources, &shown(&path), &bytes, &mut diagnostics);
        let file = node.and_then(|node| practice(&node, &mut diagnostics));
        let zone = file.as_ref().and_then(|file| surroundings(file, &calendars, &mut diagnostics));
        match (file, zone) {
            (Some(file), Some(zone)) => {
                Ok(Some(Self { folder, store, file, zone, calendars, installed: Installed::default() }))
            }
            _ => Err(unusable(FILE, &sources, &diagnostics)),
        }
    }

    /// Where the job definitions lie.
    pub fn workflows(&self) -> PathBuf {
        self.folder.join(WORKFLOWS)
    }
}

/// Says that a file of the practice cannot be used, with all that is wrong with it.
pub fn unusable(name: &str, sources: &Sources, diagnostics: &Diagnostics) -> Report {
    let picture = render::human(sources, diagnostics, true);
    let report = Report::new(Exit::No, format!("{name} cannot be used: {}", render::summary(diagnostics)));
    report.picture(picture).diagnostics(render::json(sources, diagnostics))
}

/// A path as people know it, without the `./` of the current folder.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn missing(folder: &Path) -> Report {
    let place = if folder == Path::new(".") { "this folder".to_owned() } else { folder.display().to_string() };
    let report = Report::new(Exit::NotFound, format!("{place} is no practice: it has no {FILE}"));
    let above = std::path::absolute(folder).unwrap_or_default();
    match above.ancestors().skip(1).find(|folder| folder.join(FILE).is_file()) {
        Some(above) => report.next(format!("the practice {} is above it: use -C", above.display())),
        None => report.next("`jobwright init DIR` makes a new one; -C DIR names another"),
    }
}

/// The zone, when it and the practice's calendar exist; tells what does not.
fn surroundings(file: &PracticeFile, calendars: &Calendars, diagnostics: &mut Diagnostics) -> Option<TimeZone> {
    let calendar = calendars.get(&file.calendar.value);
    if let Err(report) = &calendar {
        tell(report, &file.calendar, "calendar", diagnostics);
    }
    let zone = zone(&file.timezone.value);
    if let Err(report) = &zone {
        tell(report, &file.timezone, "time zone", diagnostics);
    }
    calendar.ok().and(zone.ok())
}

fn tell(report: &Report, named: &Spanned<String>, what: &str, diagnostics: &mut Diagnostics) {
    let message = format!("there is no {what} {}", quoted(&named.value));
    let mut diagnostic = Diagnostic::error(code::NOT_THERE, message);
    // A default that is missing stands nowhere in the file.
    if named.span != Span::default() {
        diagnostic = diagnostic.at(named.span, "");
    }
    diagnostics.push(report.moves().fold(diagnostic, |diagnostic, next| diagnostic.help(next)));
}
