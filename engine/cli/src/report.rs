//! What could not be done, in people's words: what, why, and what to do next.
//!
//! Owns: the one form in which a verb says that it could not do as asked, how errors of other crates become that form,
//! and how it is printed. Diagnostics of people's files have their own renderer in `definition` and pass through here
//! only as text.

mod engine;

use std::error::Error;
use std::io;

use anstream::adapter::strip_str;
use serde_json::json;

use crate::exit::Exit;
use crate::output::{self, Paint};

/// What every verb answers.
pub type Result<T = Exit> = std::result::Result<T, Report>;

/// Causes of causes beyond this are not printed.
const CAUSES_MAX: usize = 8;

/// Why a verb could not do as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    exit: Exit,
    what: String,
    why: Vec<String>,
    next: Vec<String>,
    picture: Option<String>,
    diagnostics: Box<serde_json::Value>,
    is_silent: bool,
}

impl Report {
    /// Says what could not be done, as a fragment: `no client 4711`.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            why: vec![],
            next: vec![],
            picture: None,
            diagnostics: Box::new(json!([])),
            is_silent: false,
        }
    }

    /// Says that the command line does not fit together.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// Says that a file or folder could not be dealt with; one that is missing is not found, all else is the machine's.
    pub fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::NotFound { Exit::NotFound } else { Exit::Outside };
        Self::new(exit, format!("cannot {doing} {}", path.display())).because(words(error))
    }

    /// Adds a reason.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// Adds an error and what caused it, each once.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        for _ in 0..CAUSES_MAX {
            let Some(error) = next else { break };
            let words = error.to_string();
            if self.why.last() != Some(&words) && self.what != words {
                self.why.push(words);
            }
            next = error.source();
        }
        self
    }

    /// Adds the next move.
    #[must_use]
    pub fn next(mut self, move_: impl Into<String>) -> Self {
        self.next.push(move_.into());
        self
    }

    /// Adds diagnostics of a file, already drawn in colours; they stand above everything else.
    #[must_use]
    pub fn picture(mut self, picture: impl Into<String>) -> Self {
        self.picture = Some(picture.into());
        self
    }

    /// Adds the same diagnostics as data.
    #[must_use]
    pub fn diagnostics(mut self, diagnostics: serde_json::Value) -> Self {
        self.diagnostics = Box::new(diagnostics);
        self
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What could not be done.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The reasons.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.why.iter().map(String::as_str)
    }

    /// The next moves.
    pub fn moves(&self) -> impl Iterator<Item = &str> {
        self.next.iter().map(String::as_str)
    }

    /// What, why and the next move in one breath, for a place that has one line.
    pub fn sentence(&self) -> String {
        let parts: Vec<&str> =
            [self.what.as_str()].into_iter().chain(self.why.iter().chain(&self.next).map(String::as_str)).collect();
        parts.join("; ")
    }

    /// Whether there is nobody to read it: whoever read our output has closed it, as `head` does.
    pub fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// As people read it.
    pub fn human(&self, paint: Paint) -> String {
        let plain = |picture: &String| match paint.is_coloured() {
            true => format!("{picture}\n"),
            false => format!("{}\n", strip_str(picture)),
        };
        let mut text = self.picture.as_ref().map(plain).unwrap_or_default();
        text += &format!("{} {}\n", paint.bad("error:"), output::visible(&self.what));
        for why in &self.why {
            text += &format!("  {} {}\n", paint.dim("why: "), output::visible(why));
        }
        for next in &self.next {
            text += &format!("  {} {}\n", paint.dim("next:"), output::visible(next));
        }
        text
    }

    /// As programs read it.
    pub fn json(&self) -> serde_json::Value {
        let Self { exit, what, why, next, diagnostics, .. } = self;
        let exit = exit.code();
        json!({ "error": { "exit": exit, "what": what, "why": why, "next": next, "diagnostics": diagnostics } })
    }
}

/// Writing our own output failed: a closed pipe ends the program quietly, anything else is told.
impl From<io::Error> for Report {
    fn from(error: io::Error) -> Self {
        let is_silent = error.kind() == io::ErrorKind::BrokenPipe;
        let exit = if is_silent { Exit::Done } else { Exit::Outside };
        Self { is_silent, ..Self::new(exit, "cannot write the output").because(words(&error)) }
    }
}

/// The system's words without its number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("cannot read the row")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_report_says_what_why_and_what_to_do() {
        let cause = Outer(io::Error::other("the disk\u{1b}[31m sleeps"));
        let report = Report::new(Exit::Store, "cannot open the store").caused_by(&cause).next("wake the disk");
        expect![[r#"
            error: cannot open the store
              why:  cannot read the row
              why:  the disk�[31m sleeps
              next: wake the disk
        "#]]
        .assert_eq(&report.human(Paint::plain()));
    }

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
        let closed = Report::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(closed.is_silent() && closed.exit() == Exit::Done);
        let full = Report::from(io::Error::from_raw_os_error(28));
        assert_eq!((full.exit(), full.why), (Exit::Outside, vec!["No space left on device".to_owned()]));
    }

    #[test]
    fn a_missing_file_is_not_found_and_a_forbidden_one_is_the_machines() {
        let exit = |number| Report::file("read", "a".as_ref(), &io::Error::from_raw_os_error(number)).exit();
        assert_eq!((exit(2), exit(13)), (Exit::NotFound, Exit::Outside));
    }
}
