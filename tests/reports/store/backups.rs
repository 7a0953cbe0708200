//! r09, r16: a backup has a name of its own while it is made, only reads, and carries what running jobs need.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::thread;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::Running;
use crate::support::{Folder, practice};

fn names(folder: &std::path::Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn r09_two_backups_to_one_name_never_destroy_each_other() {
    let practice = Practice::open_for_business(TO_FILES);
    let running = Running::start(&practice, &[]);
    let place = Folder::new();
    let file = place.path().join("today.backup");
    let name = file.to_str().expect("text");
    let said: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| practice.run(["backup", name]))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ran")).collect()
    });
    let done = said.iter().filter(|said| said.code == Some(0)).count();
    assert_eq!(done, 1, "{said:#?}");
    for refused in said.iter().filter(|said| said.code != Some(0)) {
        refused.refuses(1, &["is there already"]);
    }
    assert_eq!(names(place.path()), ["today.backup"], "and nothing else is left");
    practice.done(["verify", "--backup", name]);
    assert_eq!(running.stop().code, Some(0));
}

#[test]
fn r09_what_is_planted_beside_a_backups_name_decides_neither_its_place_nor_its_rights() {
    let practice = Practice::open_for_business(TO_FILES);
    let place = Folder::new();
    let (file, victim) = (place.path().join("b"), place.path().join("victim"));
    fs::write(&victim, "untouched").expect("written");
    let part = place.path().join("b.part");
    fs::write(&part, "").expect("written");
    fs::set_permissions(&part, fs::Permissions::from_mode(0o666)).expect("open to all");
    practice.done(["backup", file.to_str().expect("text")]);
    let mode = fs::symlink_metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A name that leads elsewhere is a name that is taken.
    let link = place.path().join("link");
    symlink(&victim, &link).expect("planted");
    practice.run(["backup", link.to_str().expect("text")]).refuses(1, &["is there already"]);
    let nowhere = place.path().join("nowhere");
    symlink(place.path().join("not-there"), &nowhere).expect("planted");
    practice.run(["backup", nowhere.to_str().expect("text")]).refuses(1, &["is there already"]);
    assert_eq!(fs::read_to_string(&victim).expect("there"), "untouched");
    assert_eq!(names(place.path()), ["b", "b.part", "link", "nowhere", "victim"]);
}

#[test]
fn r09_a_good_backup_is_good_also_where_the_store_cannot_remember_it() {
    let practice = Practice::open_for_business(TO_FILES);
    let place = Folder::new();
    let file = place.path().join("b");
    // Nothing can be written under this name, as on a disk without room.
    fs::create_dir(practice.folder().join(".jobwright/BACKUP.new")).expect("made");
    let said = practice.run(["backup", file.to_str().expect("text")]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.errors.contains("cannot remember this backup"), "{said:?}");
    practice.done(["verify", "--backup", file.to_str().expect("text")]);
}

#[test]
fn r16_a_backup_carries_what_lies_beside_the_rows_and_restore_puts_it_back() {
    use jobwright_store::backup::{self, Beside};
    let practice = Practice::open_for_business(TO_FILES);
    let place = Folder::new();
    let (file, restored) = (place.path().join("b"), place.path().join("restored"));
    let component = practice.write("component", b"the bytes of a component".as_slice());
    {
        let own = jobwright::assemble::own_parts(&practice.opened(), std::time::Duration::from_secs(60));
        let own = own.expect("parts").expect("free");
        let beside = [Beside { place: "plugins/ab.wasm".into(), path: component }];
        backup::write(own.store.durable(), &own.files, &beside, &file, &mut |_| {}).expect("written");
    }
    practice.done(["verify", "--backup", file.to_str().expect("text")]);
    practice.done(["restore", file.to_str().expect("text"), restored.to_str().expect("text")]);
    let back = restored.join("plugins/ab.wasm");
    assert_eq!(fs::read(&back).expect("put back"), b"the bytes of a component");
    assert_eq!(fs::metadata(&back).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn r16_a_backup_whose_file_would_lie_outside_of_the_store_is_refused() {
    use jobwright_store::backup::{self, Beside};
    let practice = Practice::with_people(practice::TO_FILES);
    let place = Folder::new();
    let path = practice.write("component", "x");
    for (number, bad) in ["../outside", "/outside", "plugins/../../outside", ""].into_iter().enumerate() {
        let file = place.path().join(number.to_string());
        let own = jobwright::assemble::own_parts(&practice.opened(), std::time::Duration::from_secs(60));
        let own = own.expect("parts").expect("free");
        let beside = [Beside { place: bad.into(), path: path.clone() }];
        // It is read back before it gets its name.
        let written = backup::write(own.store.durable(), &own.files, &beside, &file, &mut |_| {});
        assert!(written.is_err() && !file.exists(), "{bad}");
    }
}
