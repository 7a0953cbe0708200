//! What only a store in a folder can be asked: restarts, second openers, damage, a full disk, and sudden death.

use std::io::Write as _;

use super::*;
use crate::{
    Commit, CommitError, Key, Space, Store, Versioned, conformance,
    conformance::{commit, put, values},
    testing::Folder as TestFolder,
};

mod death;

/// No test waits for anybody.
fn impatient() -> Options {
    Options { lock_wait: Duration::ZERO, ..Options::default() }
}

/// Opens again at once: sled's threads of the earlier opening may need a moment to let go.
pub(super) fn reopen(folder: &TestFolder) -> LocalStore {
    open(folder.path(), &Options::default()).unwrap()
}

fn refused(folder: &TestFolder) -> Error {
    match open(folder.path(), &Options::default()) {
        Err(error) => error,
        Ok(_) => panic!("the folder was opened"),
    }
}

const KINDS: [ViewKind; 2] = [ViewKind::Sled, ViewKind::Redb];

#[test]
fn the_local_store_keeps_every_promise_of_a_store_with_either_view() {
    for view in KINDS {
        let folders = std::sync::Mutex::new(Vec::new());
        conformance::every_store(&|| {
            let folder = TestFolder::new();
            let store = open(folder.path(), &Options { view, ..impatient() }).unwrap();
            folders.lock().unwrap().push(folder);
            Box::new(store)
        });
    }
}

#[test]
fn the_sled_view_keeps_every_promise_of_a_view() {
    let folder = TestFolder::new();
    conformance::every_view(&SledView::open(folder.path().join(SLED), &impatient()).unwrap());
}

#[test]
fn everything_is_there_after_a_restart() {
    let folder = TestFolder::new();
    conformance::keeps_all_over_a_restart(&|| Box::new(reopen(&folder)));
    let folder = TestFolder::new();
    let options = Options { view: ViewKind::Redb, ..Options::default() };
    conformance::keeps_all_over_a_restart(&|| Box::new(open(folder.path(), &options).unwrap()));
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
    fs::write(folder.path().join("FORMAT"), "jobwright store, format 3\n").unwrap();
    let told = "the store has format 3, this program knows formats up to 2; use a newer program";
    assert_eq!(refused(&folder).to_string(), told);
}

#[test]
fn a_newer_format_row_is_refused_although_the_file_was_changed() {
    let folder = TestFolder::new();
    drop(reopen(&folder));
    {
        let view = SledView::open(folder.path().join(SLED), &impatient()).unwrap();
        let row = Versioned { version: 2, value: 3_u64.to_be_bytes().to_vec() };
        view.apply(&[(&crate::meta::format_key(), Some(&row))], None).unwrap();
        view.flush().unwrap();
    }
    assert!(matches!(refused(&folder), Error::NewerFormat { found: 3, known: 2 }));
}

#[test]
fn a_folder_of_something_else_is_not_touched() {
    let folder = TestFolder::new();
    for text in ["", "another program's", "jobwright store, format one", &"x".repeat(9999)] {
        fs::write(folder.path().join("FORMAT"), text).unwrap();
        assert!(matches!(refused(&folder), Error::Foreign { .. }), "{text:?}");
        assert!(!folder.path().join(SLED).exists() && !folder.path().join(JOURNAL).exists());
    }
}

#[test]
fn a_store_that_was_never_finished_is_told_and_not_taken_for_a_new_one() {
    let folder = TestFolder::new();
    drop(reopen(&folder));
    fs::remove_file(folder.path().join("FORMAT")).unwrap();
    assert!(matches!(refused(&folder), Error::Unfinished { .. }));
}

/// Twenty commits, closed.
fn filled(folder: &TestFolder, options: &Options) -> Vec<String> {
    let store = open(folder.path(), options).unwrap();
    for round in 0..20 {
        commit(&store, [put(round, &"x".repeat(2000)), put(round / 2, "again")]);
    }
    values(&store)
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_of(&path) } else { vec![path] }).collect()
}

#[test]
fn a_view_whose_files_are_gone_is_made_again_from_the_journal_and_said_so() {
    for view in KINDS {
        let folder = TestFolder::new();
        let options = Options { view, ..Options::default() };
        let expected = filled(&folder, &options);
        for file in files_of(&view.folder(folder.path())) {
            let copy = fs::read(&file).unwrap();
            fs::remove_file(&file).unwrap();
            let store = open(folder.path(), &options).unwrap();
            assert_eq!(values(&store), expected, "without {}", file.display());
            drop(store);
            fs::write(&file, copy).unwrap();
            let _ = fs::remove_dir_all(view.folder(folder.path()));
            let store = open(folder.path(), &options).unwrap();
            assert!(store.opening().rebuilt.is_some(), "without {}", file.display());
            assert_eq!(values(&store), expected);
        }
    }
}

#[test]
fn damage_anywhere_in_the_view_is_healed_or_harmless_and_never_a_panic() {
    for view in KINDS {
        let folder = TestFolder::new();
        let options = Options { view, ..Options::default() };
        let expected = filled(&folder, &options);
        let mut rebuilt = 0;
        for round in 0..24 {
            let files = files_of(&view.folder(folder.path()));
            let file = &files[round % files.len()];
            let mut bytes = fs::read(file).unwrap();
            let at = bytes.len() * (round / 2) / 12;
            bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte ^= 0x5a);
            fs::write(file, bytes).unwrap();
            let store = open(folder.path(), &options).unwrap();
            assert_eq!(values(&store), expected, "{} at {at}", file.display());
            rebuilt += usize::from(store.opening().rebuilt.is_some());
        }
        assert!(rebuilt > 0, "{view:?}: no damage was noticed at all");
    }
}

#[test]
fn a_row_that_was_altered_behind_our_back_is_noticed_by_the_sums() {
    let folder = TestFolder::new();
    let expected = filled(&folder, &Options::default());
    {
        let db = ::sled::open(folder.path().join(SLED)).unwrap();
        let tree = db.open_tree("10").unwrap();
        let mut row = tree.get([3]).unwrap().unwrap().to_vec();
        *row.last_mut().unwrap() ^= 1;
        tree.insert([3], row).unwrap();
        db.flush().unwrap();
    }
    let store = reopen(&folder);
    let told = store.opening().rebuilt.clone().unwrap();
    assert_eq!(told, "its rows of kind Job do not add up: 20 are there, 20 should be");
    assert_eq!(values(&store), expected);
}

#[test]
fn a_journal_that_lost_its_end_is_told_and_nothing_is_added_to_it() {
    let folder = TestFolder::new();
    filled(&folder, &Options::default());
    let file = files_of(&folder.path().join(JOURNAL)).remove(0);
    let whole = fs::read(&file).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for (at, flips) in [(used - 300, true), (used / 2, true), (70, true), (3, true), (used - 4_000, false)] {
        let mut damaged = whole.clone();
        if flips {
            damaged[at] ^= 1
        } else {
            damaged.truncate(at)
        }
        fs::write(&file, &damaged).unwrap();
        let told = refused(&folder);
        assert!(matches!(told, Error::Damaged { .. } | Error::JournalBehind { .. }), "{at}: {told}");
    }
    fs::write(&file, whole).unwrap();
    assert_eq!(values(&reopen(&folder)).len(), 20);
}

#[test]
fn a_journal_that_is_gone_is_damage_and_never_a_new_store() {
    let folder = TestFolder::new();
    filled(&folder, &Options::default());
    fs::remove_dir_all(folder.path().join(JOURNAL)).unwrap();
    assert!(refused(&folder).to_string().ends_with("journal is gone"));
}

#[test]
fn a_practice_that_chooses_the_other_view_keeps_every_row() {
    let folder = TestFolder::new();
    let expected = filled(&folder, &Options::default());
    for view in [ViewKind::Redb, ViewKind::Sled, ViewKind::Redb] {
        let store = open(folder.path(), &Options { view, ..Options::default() }).unwrap();
        assert_eq!(values(&store), expected);
        assert_eq!(store.opening().rebuilt, None);
        assert!(view.folder(folder.path()).exists() && !view.other().folder(folder.path()).exists());
    }
}

#[test]
fn a_store_of_format_1_goes_on_with_a_journal() {
    let folder = TestFolder::new();
    let expected = filled(&folder, &Options::default());
    fs::remove_dir_all(folder.path().join(JOURNAL)).unwrap();
    fs::write(folder.path().join("FORMAT"), "jobwright store, format 1\n").unwrap();
    {
        let db = ::sled::open(folder.path().join(SLED)).unwrap();
        db.open_tree("applied").unwrap().remove("sums").unwrap();
        db.flush().unwrap();
    }
    let store = reopen(&folder);
    assert_eq!(values(&store), expected);
    commit(&store, [put(99, "new")]);
    drop(store);
    assert_eq!(fs::read_to_string(folder.path().join("FORMAT")).unwrap(), "jobwright store, format 2\n");
    let store = reopen(&folder);
    assert_eq!(values(&store).len(), 21);
    assert!(store.opening().opened.closed);
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
    assert!(!elsewhere.path().join(JOURNAL).exists());
}

#[test]
fn rows_that_sled_moves_to_side_files_are_found_again() {
    let folder = TestFolder::new();
    let store = reopen(&folder);
    let large = "x".repeat(60_000);
    for round in 0..8 {
        commit(&store, [put(round, &large), put(round + 100, &large)]);
    }
    drop(store);
    let side = fs::read_dir(folder.path().join(SLED).join("blobs")).unwrap().count();
    assert!(side > 0, "sled keeps such leaves in its own file now: side_files.rs can go");
    assert_eq!(values(&reopen(&folder)).len(), 16);
}
