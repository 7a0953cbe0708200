//! The program as people meet it: every transcript in `tests/cli`, typed again.
//!
//! Owns: that each says what it said. A new transcript is found by itself. `UPDATE_EXPECT=1` writes what is said now.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use expect_test::expect_file;

use crate::support::replay;

fn transcripts() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let entries = fs::read_dir(folder).expect("the transcripts are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension() == Some(OsStr::new("txt"))).collect();
    paths.sort();
    paths
}

#[test]
fn every_transcript_says_what_it_said() {
    let paths = transcripts();
    assert!(!paths.is_empty());
    let replayed = std::thread::scope(|scope| {
        let typed = paths
            .iter()
            .map(|path| scope.spawn(move || replay(&fs::read_to_string(path).expect("a transcript is text"))));
        let typed: Vec<_> = typed.collect();
        typed.into_iter().map(|one| one.join().expect("a transcript can be typed")).collect::<Vec<_>>()
    });
    for (path, said) in paths.iter().zip(replayed) {
        expect_file![path].assert_eq(&said);
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_fault() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    let mut program =
        program.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(program.stdout.take());
    let ended = program.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn a_full_disk_under_the_output_is_told() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let mut program = Command::new(env!("CARGO_BIN_EXE_jobwright"));
    let ended = program.args(["completions", "bash"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(5), "{said}");
    assert!(said.contains("cannot write the output") && said.contains("No space left"), "{said}");
}
