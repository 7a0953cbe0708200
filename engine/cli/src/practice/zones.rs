//! Time zones by name, from the data in this binary: the same on every machine.

use jiff::tz::{TimeZone, db};
use jobwright_definition::diagnostic::quoted;
use jobwright_definition::suggest::suggest;

use crate::exit::Exit;
use crate::report::{Report, Result};

/// The zone of this name.
pub fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| {
        let report = Report::new(Exit::NotFound, format!("there is no time zone {}", quoted(name)));
        let names: Vec<_> = db().available().map(|name| name.as_str().to_owned()).collect();
        match suggest(name, names.iter().map(String::as_str)) {
            Some(meant) => report.next(format!("did you mean `{meant}`?")),
            None => report.next("write a region and a city, such as `Europe/London`"),
        }
    })
}
