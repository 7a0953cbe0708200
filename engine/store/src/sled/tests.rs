//! What only a store on disk can be asked: restarts, second openers, damage, a full disk, and sudden death.

use std::io::Write as _;

use super::*;
use crate::{
    Commit, CommitError, Direction, Key, Range, Space, Store, Versioned, Write, conformance,
    conformance::{commit, put, values},
    testing::Folder as TestFolder,
};

mod death;

/// No test waits for anybody.
fn impatient() -> Options {
    Options { lock_wait: Duration::ZERO, ..Options::default() }
}

/// Opens again at once: sled's threads of the earlier opening may need a moment to let go.
pub(super) fn reopen(folder: &TestFolder) -> SledStore {
    open(folder.path(), &Options::default()).unwrap()
}

fn refused(folder: &TestFolder) -> Error {
    match open(folder.path(), &Options::default()) {
        Err(error) => error,
        Ok(_) => panic!("the folder was opened"),
    }
}

#[test]
fn the_sled_store_keeps_every_promise_of_a_store() {
    let folders = std::sync::Mutex::new(Vec::new());
    conformance::every_store(&|| {
        let folder = TestFolder::new();
        let store = open(folder.path(), &impatient()).unwrap();
        folders.lock().unwrap().push(folder);
        Box::new(store)
    });
}

#[test]
fn the_sled_view_keeps_every_promise_of_a_view() {
    let folder = TestFolder::new();
    let lock = Lock::take(folder.path(), Duration::ZERO).unwrap();
    conformance::every_view(&SledView::open(folder.path().join(FOLDER), lock, &impatient()).unwrap());
}

#[test]
fn everything_is_there_after_a_restart() {
    let folder = TestFolder::new();
    conformance::keeps_all_over_a_restart(&|| Box::new(reopen(&folder)));
}

#[test]
fn a_second_opener_is_told_who_holds_the_store_and_gets_it_afterwards() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    let second = open(folder.path(), &impatient()).err().unwrap();
    assert!(matches!(second, Error::InUse { holder: crate::Holder::Process(pid), .. } if pid == std::process::id()));
    drop(store);
    reopen(&folder);
}

#[test]
fn a_store_of_a_newer_format_is_left_alone_and_both_formats_are_named() {
    let folder = TestFolder::new();
    drop(reopen(&folder));
    fs::write(folder.path().join("FORMAT"), "jobwright store, format 2\n").unwrap();
    let told = "the store has format 2, this program knows formats up to 1; use a newer program";
    assert_eq!(refused(&folder).to_string(), told);
}

#[test]
fn a_newer_format_row_is_refused_although_the_file_was_changed() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    let row = Versioned { version: 2, value: 2_u64.to_be_bytes().to_vec() };
    store.view().apply(99, &[Write { key: crate::meta::format_key(), row: Some(row) }]).unwrap();
    drop(store);
    assert!(matches!(refused(&folder), Error::NewerFormat { found: 2, known: 1 }));
}

#[test]
fn a_folder_of_something_else_is_not_touched() {
    let folder = TestFolder::new();
    for text in ["", "another program's", "jobwright store, format one", &"x".repeat(9999)] {
        fs::write(folder.path().join("FORMAT"), text).unwrap();
        assert!(matches!(refused(&folder), Error::Foreign { .. }), "{text:?}");
        assert!(!folder.path().join(FOLDER).exists());
    }
}

#[test]
fn a_store_that_was_never_finished_is_told_and_not_taken_for_a_new_one() {
    let folder = TestFolder::new();
    drop(reopen(&folder));
    fs::remove_file(folder.path().join("FORMAT")).unwrap();
    assert!(matches!(refused(&folder), Error::Unfinished { .. }));
}

#[test]
fn a_store_whose_rows_are_gone_is_damaged_and_never_a_new_one() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    commit(&store, [put(1, "kept")]);
    drop(store);
    let data = folder.path().join(FOLDER);
    fs::remove_file(data.join("db")).unwrap();
    for left in fs::read_dir(&data).unwrap() {
        let path = left.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("snap") {
            fs::remove_file(path).unwrap();
        }
    }
    assert!(matches!(refused(&folder), Error::Damaged { .. }));
    fs::remove_dir_all(data).unwrap();
    assert!(matches!(refused(&folder), Error::Damaged { .. }));
}

#[test]
fn damage_in_sleds_file_is_an_error_and_no_panic() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    for round in 0..200 {
        commit(&store, [put(round, &"x".repeat(2000))]);
    }
    drop(store);
    let file = folder.path().join(FOLDER).join("db");
    let whole = fs::read(&file).unwrap();
    let mut other = 0;
    for at in (0..whole.len()).step_by(whole.len() / 16) {
        let mut damaged = whole.clone();
        damaged.iter_mut().skip(at).take(64).for_each(|byte| *byte ^= 0x5a);
        fs::write(&file, damaged).unwrap();
        // What sled notices is told; what it repairs or never reads is its own affair until the journal stands beside.
        match open(folder.path(), &Options::default()) {
            Err(Error::Damaged { .. } | Error::Io { .. } | Error::NewerFormat { .. }) => other += 1,
            Err(unexpected) => panic!("{unexpected}"),
            Ok(store) => drop(store.scan(&Range::all(Space::Job), None, 1000, Direction::Forward)),
        }
    }
    assert!(other > 0, "no damage was noticed at all");
}

#[test]
fn a_nearly_full_disk_refuses_the_batch_and_loses_nothing() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    commit(&store, [put(1, "kept")]);
    drop(store);
    let options = Options { free_bytes_min: u64::MAX, ..Options::default() };
    let store = open(folder.path(), &options).unwrap();
    let refused = store.commit(vec![Commit { ops: vec![put(2, "refused")], ..Commit::default() }]);
    assert!(matches!(refused, Err(Error::DiskFull { needed: u64::MAX, .. })));
    assert_eq!(values(&store), ["1.1 kept"]);
    drop(store);
    let store = reopen(&folder);
    commit(&store, [put(2, "there is room again")]);
    assert_eq!(values(&store), ["1.1 kept", "2.1 there is room again"]);
    let elsewhere = TestFolder::new();
    assert!(matches!(open(elsewhere.path(), &options), Err(Error::DiskFull { .. })));
    assert!(!elsewhere.path().join(FOLDER).exists());
}

#[test]
fn rows_that_sled_moves_to_side_files_are_found_again() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    let large = "x".repeat(60_000);
    for round in 0..8 {
        commit(&store, [put(round, &large), put(round + 100, &large)]);
    }
    let side = fs::read_dir(folder.path().join(FOLDER).join("blobs")).unwrap().count();
    assert!(side > 0, "sled keeps such leaves in its own file now: side_files.rs can go");
    drop(store);
    assert_eq!(values(&reopen(&folder)).len(), 16);
}
