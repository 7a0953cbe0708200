//! Tests of the copy, run with one bug switched on.
//!
//! Owns: building the copy, finding its test binaries by short names, how long a run may take, and what counts as caught:
//! a test that fails, and fails again alone, or tests that do not come to their end. Leaves what is planted to `tree`.
//!
//! A test binary is called by its crate (`core`, `email`; `cli` is the root's own), those beside a crate by both names
//! (`email/wire`), and the suite `suite`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;

use super::tree::{SWITCH, folder};
use super::{Bug, each};
use crate::support::size::SIZE;

/// Tests that take longer do not come to their end.
const TIME_MAX: Duration = Duration::from_secs(180);
/// Variables of the caller that the copy's tests need.
const KEPT: [&str; 1] = ["JOBWRIGHT_TEST_SMTPD"];

/// The test binaries of the copy.
pub struct Trials {
    binaries: BTreeMap<String, Binary>,
}

/// A test binary, and the folder that its tests are run in.
struct Binary {
    executable: PathBuf,
    folder: PathBuf,
}

/// By what a bug was caught.
#[derive(Debug)]
pub enum Caught {
    /// The first test that failed.
    Failed(String),
    /// These did not come to their end.
    Hang(String),
    /// The tests' own process ended.
    Fell(String),
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(test) => f.write_str(test),
            Self::Hang(tests) => write!(f, "{tests}, which did not end within {} s", TIME_MAX.as_secs()),
            Self::Fell(tests) => write!(f, "{tests}, whose process ended"),
        }
    }
}

/// How a run ended.
enum Ended {
    Well,
    /// With these tests failed.
    Badly(Vec<String>),
    Fallen,
    OutOfTime,
}

impl Trials {
    /// Builds the copy.
    pub fn prepared(tree: &Path) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["test", "--profile", "gates", "--workspace", "--all-features", "--no-run"]);
        command.args(["--message-format", "json-render-diagnostics"]);
        command.current_dir(tree).env("CARGO_TARGET_DIR", folder().join("target")).stderr(Stdio::inherit());
        let built = command.output().expect("cargo runs");
        assert!(built.status.success(), "the copy with the planted bugs does not compile: see above which");
        let told = String::from_utf8_lossy(&built.stdout);
        let artifacts = told.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        Self { binaries: artifacts.filter_map(|artifact| binary(tree, &artifact)).collect() }
    }

    /// That all tests that the bugs name are there, and pass while no bug is switched on.
    pub fn must_pass_without(&self, bugs: &[Bug]) {
        let mut named: Vec<Bug> = Vec::new();
        for tests in bugs.iter().flat_map(|bug| &bug.caught_by) {
            if !named.iter().any(|one| one.caught_by[0] == *tests) {
                named.push(Bug { caught_by: vec![tests.clone()], ..bugs[0].clone() });
            }
        }
        let faults = each(&named, |one| {
            let tests = &one.caught_by[0];
            match self.run(tests, None) {
                Ok(Ended::Well) => None,
                Ok(Ended::Badly(failed)) => Some(format!("{tests}: {} fail without a bug", failed.join(", "))),
                Ok(Ended::Fallen) => Some(format!("{tests}: their process ended without a bug")),
                Ok(Ended::OutOfTime) => Some(format!("{tests}: take longer than {} s", TIME_MAX.as_secs())),
                Err(fault) => Some(fault),
            }
        });
        let faults: Vec<String> = faults.into_iter().flatten().collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// By what this bug is caught, if it is.
    pub fn caught(&self, bug: &Bug) -> Option<Caught> {
        bug.caught_by.iter().find_map(|tests| match self.run(tests, Some(&bug.name)) {
            Ok(Ended::Badly(failed)) => self.fails_alone(tests, &failed, &bug.name).map(Caught::Failed),
            Ok(Ended::Fallen) => Some(Caught::Fell(tests.clone())),
            Ok(Ended::OutOfTime) => Some(Caught::Hang(tests.clone())),
            Ok(Ended::Well) | Err(_) => None,
        })
    }

    /// The first that fails once more: what failed for another reason has noticed nothing.
    fn fails_alone(&self, tests: &str, failed: &[String], bug: &str) -> Option<String> {
        let of = tests.split(' ').next().unwrap_or_default();
        let fails = |test: &&String| {
            let ended = self.run(&format!("{of} {test} --exact"), Some(bug));
            !matches!(ended, Ok(Ended::Well) | Err(_))
        };
        failed.iter().find(fails).map(|test| format!("{of} {test}"))
    }

    /// Runs some tests of a binary: its name, then what libtest is to choose by.
    fn run(&self, tests: &str, bug: Option<&str>) -> Result<Ended, String> {
        let mut words = tests.split_whitespace();
        let name = words.next().unwrap_or_default();
        let Some(binary) = self.binaries.get(name) else {
            let known: Vec<&str> = self.binaries.keys().map(String::as_str).collect();
            return Err(format!("there is no test binary `{name}`; there are {}", known.join(", ")));
        };
        let mut command = Command::new(&binary.executable);
        command
            .args(words)
            .current_dir(&binary.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let of_tester = |name: &str| name.starts_with("JOBWRIGHT_") && !KEPT.contains(&name);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_tester)) {
            command.env_remove(name);
        }
        match bug {
            Some(bug) => command.env(SWITCH, bug),
            None => command.env_remove(SWITCH),
        };
        // A group of its own, so that programs it has started end with it.
        command.env(SIZE, "quick").process_group(0);
        let (told, is_whole) = told(command);
        let failed = told.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
        let failed: Vec<String> = failed.map(str::to_owned).collect();
        Ok(match () {
            () if !failed.is_empty() => Ended::Badly(failed),
            () if !is_whole => Ended::OutOfTime,
            () if told.contains("\nrunning 0 tests") => return Err(format!("{tests}: there are no such tests")),
            () if told.contains("\ntest result: ok.") => Ended::Well,
            () => Ended::Fallen,
        })
    }
}

/// What a command says until it ends, and whether it did within its time.
fn told(mut command: Command) -> (String, bool) {
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut out = child.stdout.take().expect("it is piped");
    let (to, from) = channel();
    let reading = thread::spawn(move || {
        let mut said = Vec::new();
        let _ = out.read_to_end(&mut said);
        let _ = to.send(());
        said
    });
    let is_whole = !matches!(from.recv_timeout(TIME_MAX), Err(RecvTimeoutError::Timeout));
    // Also after a good end: what its tests have left behind is in the way of others.
    let group = format!("-{}", child.id());
    let _ = Command::new("sh").args(["-c", "kill -s KILL -- \"$0\"", &group]).stderr(Stdio::null()).status();
    let _ = child.wait();
    let said = reading.join().unwrap_or_default();
    (String::from_utf8_lossy(&said).into_owned(), is_whole)
}

/// The name of a test binary, when it is one, and the binary.
fn binary(tree: &Path, artifact: &Json) -> Option<(String, Binary)> {
    let executable = PathBuf::from(artifact["executable"].as_str()?);
    let is_test = artifact["profile"]["test"].as_bool()?;
    let (target, kind) = (artifact["target"]["name"].as_str()?, artifact["target"]["kind"][0].as_str()?);
    let folder = Path::new(artifact["manifest_path"].as_str()?).parent()?.to_owned();
    let of = folder.strip_prefix(tree).ok()?.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = match (kind, of) {
        ("test", None) => target.to_owned(),
        ("test", Some(of)) => format!("{of}/{target}"),
        ("lib", None) => "cli".to_owned(),
        ("lib", Some(of)) => of,
        _ => return None,
    };
    is_test.then_some((name, Binary { executable, folder }))
}
