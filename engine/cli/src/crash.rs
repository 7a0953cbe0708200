//! A fault of ours: no stack trace for people, a report file instead.
//!
//! Owns: the panic hook and the file it writes, beside the store when one is known, else in the temporary folder. The
//! file holds the place of the fault and the way there, no arguments and no people's data beyond the fault's own words.

use std::backtrace::Backtrace;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::output::Paint;
use crate::report::Report;

/// Where the store lies, once that is known.
static BESIDE: OnceLock<PathBuf> = OnceLock::new();

/// Reports of one process are numbered up to this; a fault that repeats itself tells nothing new.
const REPORTS_MAX: u32 = 20;

/// From now on a fault of ours ends in a report file.
pub fn install() {
    panic::set_hook(Box::new(|info| {
        // What the store's libraries panic about, it makes an error of.
        if !jobwright_store::panics_are_caught() {
            tell(&words(info));
        }
    }));
}

/// From now on report files lie in this folder, if it exists when they are written.
pub fn report_beside(store: &Path) {
    // The first practice opened is the one this process works on.
    let _ = BESIDE.set(store.to_owned());
}

/// Writes a fault down that was met without a panic, and gives what to say of it.
pub fn told(report: &Report, paint: Paint) -> String {
    written(&report.human(Paint::plain()), paint)
}

fn tell(words: &str) {
    // Standard error may be closed too, and there is nobody left to tell.
    let _ = io::stderr().write_all(written(words, Paint::of_errors()).as_bytes());
}

fn written(words: &str, paint: Paint) -> String {
    let mut text = format!("{} jobwright met a fault of its own and stopped this step\n", paint.bad("error:"));
    text += &match write(words) {
        Ok(path) => format!("  {} send us the report: {}\n", paint.dim("next:"), path.display()),
        Err(error) => format!("  {} no report could be written ({error}): {words}\n", paint.dim("why: ")),
    };
    text += &format!("  {} what was committed is safe; run the same command again\n", paint.dim("next:"));
    text
}

fn words(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let said = info.payload_as_str().unwrap_or("no words");
    format!("{said}\nat {place}\n\n{}", Backtrace::force_capture())
}

fn write(words: &str) -> io::Result<PathBuf> {
    let folder = BESIDE.get().filter(|folder| folder.is_dir()).cloned().unwrap_or_else(std::env::temp_dir);
    let now = jiff::Timestamp::now();
    for number in 0..REPORTS_MAX {
        let path = folder.join(format!("jobwright-fault-{}-{}-{number}.txt", now.as_second(), std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                writeln!(file, "jobwright {} at {now}\n\n{words}", env!("CARGO_PKG_VERSION"))?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many faults in one second"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_file_says_what_and_where_and_never_replaces_another() {
        let (first, second) = (write("the plan has no task").unwrap(), write("the plan has no task").unwrap());
        assert_ne!(first, second);
        let text = std::fs::read_to_string(&first).unwrap();
        assert!(text.contains("the plan has no task") && text.contains(env!("CARGO_PKG_VERSION")), "{text}");
        for path in [first, second] {
            std::fs::remove_file(path).unwrap();
        }
    }
}
