//! r02, r21: who listens, whose files, and a store that is not there.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::json;

use crate::support::practice::{Practice, TO_FILES};
use crate::support::running::{hear, say, socket};

/// An account that nobody of the test is.
const OTHER: u32 = 65_534;

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

/// Gives a folder and what is in it to the other account.
fn give_away(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.file_type().expect("a type").is_dir() {
            give_away(&entry.path());
        } else {
            chown(entry.path(), Some(OTHER), Some(OTHER)).expect("given away");
        }
    }
    chown(folder, Some(OTHER), Some(OTHER)).expect("given away");
}

#[test]
fn r02_an_engine_that_asks_for_files_nobody_typed_gets_none_and_makes_none() {
    let practice = Practice::with_people(TO_FILES);
    let secret = practice.write("secret", "only the owner reads this");
    let listener = UnixListener::bind(socket(practice.folder())).expect("a socket");
    let (folder, asked) = (practice.folder().to_owned(), secret.clone());
    let false_engine = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let greeting = json!({ "protocol": 1, "program": env!("CARGO_PKG_VERSION"), "process": 1, "ready": true });
        say(&mut stream, &greeting, b"").expect("greeted");
        hear(&mut stream).expect("a request");
        say(&mut stream, &json!("Taken"), b"").expect("taken");
        let mut replies = Vec::new();
        for (wish, path) in [
            ("Open", asked.to_str().expect("text").to_owned()),
            ("Open", "secret".to_owned()),
            ("Open", "../../../etc/hostname".to_owned()),
            ("Create", folder.join("planted").to_str().expect("text").to_owned()),
            ("MakeFolder", folder.join("planted.d").to_str().expect("text").to_owned()),
        ] {
            say(&mut stream, &json!(wish), path.as_bytes()).expect("asked");
            replies.push(hear(&mut stream).expect("a reply").expect("a reply").0);
        }
        say(&mut stream, &json!({ "Ended": 0 }), b"").expect("ended");
        replies
    });
    practice.run(["jobs"]);
    let replies = false_engine.join().expect("it was asked");
    assert!(replies.iter().all(|reply| reply.get("Failed").is_some()), "{replies:?}");
    assert!(!practice.folder().join("planted").exists() && !practice.folder().join("planted.d").exists());
}

#[test]
fn r02_nothing_is_said_to_a_socket_of_another_account() {
    // Only the administrator can play another account.
    if !is_root() {
        return;
    }
    let practice = Practice::with_people(TO_FILES);
    give_away(practice.folder());
    fs::set_permissions(practice.folder(), fs::Permissions::from_mode(0o755)).expect("open to look");
    let script = "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen(4)\nprint('listens',flush=True)\nc,_=s.accept()\nprint('heard',len(c.recv(1)),flush=True)";
    let python = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "python3", "-c", script])
        .arg(socket(practice.folder()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    // A machine without these has no other account to play.
    let Ok(mut python) = python else { return };
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(python.stdout.take().expect("a pipe")));
    if lines.next().is_none_or(|line| line.is_err()) {
        let _ = python.wait();
        return;
    }
    let said = practice.run(["jobs"]);
    said.refuses(4, &["runs as another account", "65534", "nothing was said to it"]);
    assert_eq!(lines.next().expect("a line").expect("text"), "heard 0", "not a byte");
    python.wait().expect("it ended");
}

#[test]
fn r02_a_lock_that_is_a_link_or_another_files_second_name_leaves_that_file_as_it_is() {
    let practice = Practice::with_people(TO_FILES);
    let victim = practice.write("victim", "what nobody may touch");
    let lock = practice.folder().join(".jobwright/LOCK");
    for plant in [symlink::<&Path, &Path>, fs::hard_link::<&Path, &Path>] {
        fs::remove_file(&lock).expect("a lock");
        plant(&victim, &lock).expect("planted");
        let said = practice.run(["jobs"]);
        assert_eq!(said.code, Some(4), "{said:?}");
        assert_eq!(fs::read_to_string(&victim).expect("there"), "what nobody may touch");
    }
    fs::remove_file(&lock).expect("a link");
    practice.done(["jobs"]);
}

#[test]
fn r02_links_in_a_folder_of_another_account_lead_nowhere() {
    if !is_root() {
        return;
    }
    let practice = Practice::with_people(TO_FILES);
    let victim = practice.write("victim", "what nobody may touch");
    symlink(&victim, practice.folder().join(".jobwright/BACKUP.new")).expect("planted");
    give_away(&practice.folder().join(".jobwright"));
    practice.run(["jobs"]).refuses(4, &["BACKUP.new is a link", "another account"]);
    assert_eq!(fs::read_to_string(&victim).expect("there"), "what nobody may touch");
}

#[test]
fn r21_a_store_that_is_not_there_is_told_and_none_is_made() {
    let practice = Practice::empty(TO_FILES);
    for typed in [
        &["jobs"][..],
        &["jobs", "--json"],
        &["work"],
        &["work", "--follow"],
        &["show", "abc"],
        &["why", "abc"],
        &["start", "monthly-payroll", "--client", "x"],
        &["client", "list"],
        &["client", "set", "x", "office=y"],
        &["contact", "list", "x"],
        &["staff", "list"],
        &["role", "list"],
        &["backup", "b"],
        &["export", "e"],
        &["verify"],
        &["cancel", "abc"],
        &["retry", "abc"],
    ] {
        let said = practice.run(typed);
        assert!(matches!(said.code, Some(3 | 4)), "{typed:?}: {said:?}");
        assert!(said.errors.contains("there is no store"), "{typed:?}: {said:?}");
        assert!(!practice.folder().join(".jobwright").exists(), "{typed:?} made one");
    }
    let said = practice.run(["--store", "mistyped", "jobs"]);
    assert_eq!(said.code, Some(4), "{said:?}");
    assert!(!practice.folder().join("mistyped").exists());
    practice.run(["doctor", "--quick"]);
    assert!(!practice.folder().join(".jobwright").exists(), "a look makes nothing");
    practice.done(["staff", "add", "pat", "Pat Quill"]);
    practice.done(["jobs"]);
}

#[test]
fn r21_a_folder_with_secrets_alone_is_no_store_and_stays_as_it_is() {
    let practice = Practice::empty(TO_FILES);
    let store = practice.folder().join(".jobwright");
    fs::create_dir(&store).expect("made");
    fs::write(store.join("secrets.toml"), "").expect("written");
    practice.run(["jobs"]).refuses(4, &["there is no store here"]);
    let names: Vec<_> = fs::read_dir(&store).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["secrets.toml"]);
}

#[test]
fn r21_a_store_that_cannot_be_written_can_be_read() {
    if !is_root() {
        return;
    }
    let practice = Practice::open_for_business(TO_FILES);
    practice.json(&["start", "monthly-payroll", "--client", "birchwood", "--period", "2026-05"]);
    let listed = practice.done(["jobs"]);
    let here = practice.folder();
    let read_only = format!(
        "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && cd \"$0\" || exit 99; \
         '{0}' jobs; echo \"$?\"; '{0}' cancel birchwood --note x >/dev/null 2>\"$1\"; echo \"$?\"; \
         '{0}' backup \"$1.backup\" >/dev/null; echo \"$?\"",
        env!("CARGO_BIN_EXE_jobwright")
    );
    let outside = crate::support::Folder::new();
    let said = Command::new("unshare")
        .args(["--mount", "sh", "-c", &read_only])
        .arg(here)
        .arg(outside.path().join("errors"))
        .output();
    let Ok(said) = said else { return };
    let out = String::from_utf8(said.stdout).expect("text");
    // A machine that lets nobody mount cannot show this.
    if said.status.code() == Some(99) || out.is_empty() {
        return;
    }
    assert_eq!(out, format!("{listed}0\n3\n0\n"), "{}", String::from_utf8_lossy(&said.stderr));
}
