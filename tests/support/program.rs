//! The program, run as people run it.
//!
//! Owns: its command line in a folder, without the settings of whoever runs the tests, and what it said.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Output};

/// The program in a folder; nothing of the tester's own environment reaches it.
pub fn jobwright(folder: &Path) -> Command {
    super::deadline::watched();
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("JOBWRIGHT_")) {
        command.env_remove(name);
    }
    command.env_remove("CLICOLOR_FORCE").env_remove("CACHE_DIRECTORY").current_dir(folder);
    // A debug build compiles plugins slowly, and the tester's own cache is nobody's business.
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Its exit code; none when it was killed.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub errors: String,
}

impl Said {
    /// What it said, once it has ended.
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), errors: text(output.stderr) }
    }

    /// That it ended like this, and told all of these things where errors are told, without a word of its own insides.
    #[track_caller]
    pub fn refuses(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        let missing: Vec<_> = words.iter().filter(|word| !self.errors.contains(**word)).collect();
        assert!(missing.is_empty(), "{missing:?} is not in:\n{}", self.errors);
        for insides in ["panicked", "RUST_BACKTRACE", "src/", "Error {"] {
            assert!(!self.errors.contains(insides), "`{insides}` is in:\n{}", self.errors);
        }
    }
}

/// Asks a process to end.
pub fn terminate(process: &Child) {
    signal(process, "TERM");
}

/// Sends a signal, by the shell's own `kill`, which is there where the program of that name is not.
pub fn signal(process: &Child, name: &str) {
    let kill = Command::new("sh").args(["-c", "kill -s \"$1\" \"$0\"", &process.id().to_string(), name]).status();
    assert!(kill.is_ok_and(|status| status.success()), "process {} cannot be told {name}", process.id());
}

/// Runs a command to its end.
pub fn run<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Said {
    Said::of(jobwright(folder).args(arguments).output().expect("the program runs"))
}
