//! Backups of a practice at work, and what is made of them.
//!
//! Owns: that a backup written beside the work is whole, that the store made of it says what the first one said, and that
//! nothing is ever written over. What a damaged backup is told by, byte by byte, is proved beside the code.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use crate::support::Folder;
use crate::support::practice::{Practice, TO_FILES};
use crate::support::program::jobwright;
use crate::support::running::Running;

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// Everything that a store says of itself.
fn told(practice: &Practice, store: &Path) -> Vec<String> {
    let verbs = ["client list --json", "staff list --json", "role list --json", "jobs --all --json"];
    let said = |line: &str| practice.done(line.split(' ').chain(["--store", text(store)]));
    let mut told: Vec<String> = verbs.map(said).into();
    let jobs: Vec<serde_json::Value> = told[3].lines().map(|line| line.parse().expect("JSON")).collect();
    for job in &jobs {
        told.push(said(&format!("show {} --json", job["job"].as_str().expect("an id"))));
    }
    told
}

#[test]
fn a_store_is_made_again_of_its_backup_and_says_the_same() {
    let practice = Practice::open_for_business(TO_FILES);
    practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    practice.done(["work"]);
    practice.write("hours.csv", [0, 159, 146, 150]);
    let answer = ["answer", "monthly-payroll/birchwood/2026-05", "changes_in", "changes"];
    practice.done([&answer[..], &["--as", "contact:ann", "--file", "hours.csv"]].concat());
    practice.done(["start", "monthly-payroll", "--client", "quentin", "--period", "2026-05"]);
    let away = Folder::new();
    let (file, store) = (away.path().join("safe.backup"), away.path().join("restored"));
    let written = practice.run(["backup", text(&file)]);
    assert_eq!(written.code, Some(0), "{written:#?}");
    assert!(
        written.out.contains("safe.backup is whole") && written.errors.contains("the store's own disk"),
        "{written:#?}"
    );
    let made = practice.done(["restore", text(&file), text(&store)]);
    assert!(made.contains("is a whole store") && made.contains("may have left since"), "{made}");
    // Letters and documents of people are for their own account alone.
    assert_eq!((mode(&file), mode(&store)), (0o600, 0o700));
    assert_eq!(told(&practice, &store), told(&practice, &practice.folder().join(".jobwright")));
    // The document too, and the store takes work up where it was.
    let document = ["show", answer[1], "--document", "changes_in/changes", "--as", "kim"];
    let mut command = jobwright(practice.folder());
    let shown = command.args(document).args(["--store", text(&store)]).output().expect("the program runs");
    assert_eq!(shown.stdout, [0, 159, 146, 150]);
    practice.done(["cancel", "monthly-payroll/quentin/2026-05", "--as", "pat", "--note", "x", "--store", text(&store)]);
    // All of it is as it must be, in both and in the file.
    let nothing = |line: &[&str]| {
        let said = practice.run(line);
        assert_eq!((said.code, said.errors.as_str()), (Some(0), ""), "{said:#?}");
        assert!(said.out.contains("nothing is wrong") || said.out.contains("is whole"), "{said:#?}");
    };
    nothing(&["verify"]);
    nothing(&["verify", "--store", text(&store)]);
    nothing(&["verify", "--backup", text(&file)]);
    // Nothing is written over, neither file nor folder.
    practice.run(["backup", text(&file)]).refuses(1, &["safe.backup is there already", "nothing that is there"]);
    practice.run(["restore", text(&file), text(&store)]).refuses(1, &["restored is there already"]);
    practice.run(["restore", "nothing.backup", "x"]).refuses(3, &["cannot read nothing.backup"]);
    let mut damaged = fs::read(&file).expect("a backup");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    practice.write("damaged.backup", damaged);
    practice.run(["restore", "damaged.backup", "x"]).refuses(1, &["this backup cannot be relied on", "is damaged"]);
    practice.run(["verify", "--backup", "damaged.backup"]).refuses(1, &["this backup cannot be relied on"]);
    assert!(!practice.folder().join("x").exists());
}

#[test]
fn letters_that_may_have_left_after_the_backup_wait_for_a_word() {
    let practice = Practice::open_for_business(TO_FILES);
    practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    let away = Folder::new();
    let (file, store) = (away.path().join("safe.backup"), away.path().join("restored"));
    practice.done(["backup", text(&file), "--quiet"]);
    practice.done(["work"]);
    let letters = || fs::read_dir(practice.folder().join("letters")).expect("letters").count();
    let left = letters();
    assert!(left > 0);
    let made = practice.done(["restore", text(&file), text(&store)]);
    assert!(made.contains("held back until `jobwright work --release-letters`"), "{made}");
    // However often it works, and whatever else is done with it.
    for _ in 0..2 {
        let held = practice.run(["work", "--store", text(&store)]);
        held.refuses(5, &["letters are held back", "may have left before", "--release-letters"]);
    }
    practice.done(["start", "monthly-payroll", "--client", "quentin", "--period", "2026-05", "--store", text(&store)]);
    practice.run(["work", "--store", text(&store)]).refuses(5, &["letters are held back"]);
    assert_eq!(letters(), left);
    practice.done(["work", "--release-letters", "--store", text(&store)]);
    practice.done(["work", "--store", text(&store)]);
    // The same letter has the same name, so that the first store's one is there once.
    assert!(letters() > left);
    assert_eq!(practice.run(["verify", "--store", text(&store)]).code, Some(0));
}

#[test]
fn what_is_wrong_with_a_store_is_told_and_nothing_is_mended() {
    let practice = Practice::open_for_business(TO_FILES);
    practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    practice.done(["work"]);
    practice.write("hours.csv", [7; 40_000]);
    let answer = ["answer", "monthly-payroll/birchwood/2026-05", "changes_in", "changes"];
    practice.done([&answer[..], &["--as", "contact:ann", "--file", "hours.csv"]].concat());
    let running = Running::start(&practice, &[]);
    practice.done(["verify"]);
    let mut folders = vec![practice.folder().join(".jobwright/blobs")];
    let mut file = None;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("files") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { file = Some(path) }
        }
    }
    let file = file.expect("the document lies there");
    fs::write(&file, [8; 40_000]).expect("damaged");
    // Through the engine or not, it is found, told and left as it is.
    let served = practice.run(["verify"]);
    assert_eq!(served.code, Some(1), "{served:#?}");
    assert!(served.out.contains("bad  files") && served.out.contains("1 thing is wrong"), "{served:#?}");
    assert_eq!(running.stop().code, Some(0));
    let alone = practice.run(["verify", "--json"]);
    assert_eq!((alone.code, alone.out.contains(r#""wrong":1"#)), (Some(1), true), "{alone:#?}");
    assert_eq!(fs::read(&file).expect("a file"), [8; 40_000]);
}

#[test]
fn a_backup_is_written_while_others_work_and_holds_a_moment_of_it() {
    let practice = Practice::open_for_business(TO_FILES);
    let running = Running::start(&practice, &[]);
    let away = Folder::new();
    let (file, store) = (away.path().join("safe.backup"), away.path().join("restored"));
    let months: Vec<String> = (1..=9).map(|month| format!("2025-0{month}")).collect();
    thread::scope(|scope| {
        let (practice, months) = (&practice, &months);
        scope.spawn(move || {
            for month in months {
                practice.done(["start", "monthly-payroll", "--client", "birchwood", "--period", month]);
            }
        });
        // From a folder of its own: the path is the caller's, whoever writes.
        let mut command = jobwright(away.path());
        let command = command.arg("-C").arg(practice.folder()).args(["backup", "safe.backup", "--quiet"]);
        let said = command.output().expect("the program runs");
        assert_eq!((said.status.code(), String::from_utf8_lossy(&said.stderr).as_ref()), (Some(0), ""));
    });
    assert_eq!(running.stop().code, Some(0));
    practice.done(["restore", text(&file), text(&store)]);
    // What it holds is a beginning of what happened: every job in it is one that was started, and whole.
    let mut restored = told(&practice, &store);
    let all = practice.done(["jobs", "--all", "--json"]);
    let jobs = restored.remove(3);
    assert!(jobs.lines().count() <= all.lines().count());
    assert_eq!(restored.len() - 3, jobs.lines().count());
}
