//! r17, r124: an older journal that was put back, and a backup that was put together otherwise.

use std::fs;
use std::path::Path;

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}

/// Puts an older journal back, and has its rows made again from it.
fn put_back(practice: &Practice, older: &Path) {
    let store = practice.folder().join(".jobwright");
    fs::remove_dir_all(store.join("journal")).expect("gone");
    fs::remove_dir_all(store.join("sled")).expect("gone");
    copy(older, &store.join("journal"));
}

#[test]
fn r17_a_journal_behind_its_own_proven_backup_is_noticed_by_everybody() {
    let (practice, place) = (Practice::open_for_business(TO_FILES), Folder::new());
    let (older, file) = (place.path().join("older"), place.path().join("b"));
    let file = file.to_str().expect("text");
    copy(&practice.folder().join(".jobwright/journal"), &older);
    for client in ["birchwood", "copperfield"] {
        practice.json(&["start", "monthly-payroll", "--client", client, "--period", "2026-05"]);
    }
    practice.done(["backup", file]);
    put_back(&practice, &older);
    for typed in [&["jobs"][..], &["verify"], &["work"]] {
        practice.run(typed).refuses(4, &["an older journal was put back", "jobwright restore"]);
    }
    let doctor = practice.run(["doctor", "--quick"]);
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.out.contains("an older journal was put back"), "{}", doctor.out);
}

#[test]
fn r17_a_journal_that_went_on_from_an_older_one_is_noticed_by_verify_and_doctor() {
    let (practice, place) = (Practice::open_for_business(TO_FILES), Folder::new());
    let (older, file) = (place.path().join("older"), place.path().join("b"));
    let file = file.to_str().expect("text");
    copy(&practice.folder().join(".jobwright/journal"), &older);
    practice.json(&["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    practice.done(["backup", file]);
    let head = practice.json(&["verify"])["head"]["chain"].as_str().expect("the head of the chain").to_owned();
    assert_eq!(head.len(), 64);
    assert!(practice.done(["verify"]).contains("head of the chain: commit "));
    practice.done(["verify", "--against", file]);
    // The record of the backup is taken away while the other history grows, as somebody would who rewrites the past.
    let record = practice.folder().join(".jobwright/BACKUP");
    let kept = fs::read(&record).expect("a record");
    fs::remove_file(&record).expect("taken away");
    put_back(&practice, &older);
    for number in 0..12 {
        let status = if number % 2 == 0 { "status=former" } else { "status=active" };
        practice.done(["client", "set", "birchwood", status]);
    }
    practice.done(["verify"]);
    let against = practice.run(["verify", "--against", file]);
    assert_eq!(against.code, Some(1), "{against:?}");
    assert!(against.out.contains("is another one than in the backup"), "{against:?}");
    fs::write(&record, kept).expect("put back");
    let verified = practice.run(["verify"]);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    let doctor = practice.run(["doctor", "--quick"]);
    assert!(doctor.out.contains("is another one than in the backup"), "{}", doctor.out);
}

/// The entries of a backup: each with its head.
fn entries(backup: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let title = backup.iter().position(|byte| *byte == b'\n').expect("a title") + 1;
    let (mut at, mut entries) = (title, Vec::new());
    while at < backup.len() {
        let length = u32::from_le_bytes(backup[at + 1..at + 5].try_into().expect("four bytes")) as usize;
        entries.push(backup[at..at + 9 + length].to_vec());
        at += 9 + length;
    }
    (backup[..title].to_vec(), entries)
}

#[test]
fn r124_a_backup_whose_entries_are_all_whole_and_in_another_order_is_refused() {
    let (practice, place) = (Practice::open_for_business(TO_FILES), Folder::new());
    let file = place.path().join("b");
    practice.done(["backup", file.to_str().expect("text")]);
    let (title, mut entries) = entries(&fs::read(&file).expect("read"));
    assert!(entries.len() > 3, "rows of several kinds");
    entries.swap(0, 1);
    fs::write(&file, [title, entries.concat()].concat()).expect("written");
    let name = file.to_str().expect("text");
    practice.run(["verify", "--backup", name]).refuses(1, &["its digest does not fit its content"]);
    let restored = place.path().join("restored");
    practice.run(["restore", name, restored.to_str().expect("text")]).refuses(1, &["its digest does not fit"]);
    assert!(!restored.exists());
}
