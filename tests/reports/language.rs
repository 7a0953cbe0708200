//! The language, dates and files: rows r37 to r41, r45, r46 and r53.

mod dates;
mod files;
mod money;
mod rings;
mod tests;
mod words;

use crate::support::Folder;
use crate::support::program::{Said, run};

/// What `check` says of a definition outside of any practice.
fn checked(definition: &str) -> Said {
    let folder = Folder::new();
    std::fs::write(folder.path().join("a.job.yaml"), definition).expect("written");
    run(folder.path(), ["check", "a.job.yaml"])
}

/// What the tests of a definition say, outside of any practice.
fn tested(definition: &str) -> Said {
    let folder = Folder::new();
    std::fs::write(folder.path().join("a.job.yaml"), definition).expect("written");
    run(folder.path(), ["test", "a.job.yaml"])
}

/// That a definition has these errors, each named by its code and words.
#[track_caller]
fn refused(definition: &str, words: &[&str]) {
    let said = checked(definition);
    assert_eq!(said.code, Some(1), "{definition}\n{said:#?}");
    for word in words {
        assert!(said.out.contains(word), "`{word}` is not in:\n{}", said.out);
    }
}
