//! How the program ends, as scripts and schedulers see it.
//!
//! Owns: the one list of exit codes. They are for ever: a code never changes its meaning, and no verb invents another.

use std::process::ExitCode;

/// What the program's end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done as asked.
    Done = 0,
    /// The question was understood, and the answer is no: diagnostics were found, tests failed, an act was refused.
    No = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// What was named is not there.
    NotFound = 3,
    /// The store is in use by another process, or cannot be read.
    Store = 4,
    /// Something outside failed: a mail server, a disk, a file that may not be read.
    Outside = 5,
    /// A fault of ours; a report file says what happened.
    Fault = 70,
}

/// Every code with its words, as `--help` prints them.
pub const ALL: &[(Exit, &str)] = &[
    (Exit::Done, "done"),
    (Exit::No, "the answer is no: diagnostics found, tests failed, refused"),
    (Exit::Usage, "wrong usage"),
    (Exit::NotFound, "not found"),
    (Exit::Store, "the store is in use or cannot be read"),
    (Exit::Outside, "something outside failed: a mail server, a disk, a file"),
    (Exit::Fault, "a fault of jobwright itself, with a report file"),
];

impl Exit {
    /// The exit of this number.
    pub fn of(code: u8) -> Option<Self> {
        ALL.iter().map(|(exit, _)| *exit).find(|exit| exit.code() == code)
    }

    /// The number that the system sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_that_scripts_rely_on_stay_as_they_are() {
        let codes: Vec<u8> = ALL.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 70]);
    }
}
